/* One of Athena's queries from request to reply. */
#include "query/result.h"

struct work {
    const json_t *request;
    struct arena arena;
    struct query_engine *engine;
    struct sql_engine *ready;
    struct query_kind kind;
    struct query_outcome outcome;
    struct result_file file;
    json_t *relations; /* that were read */
};

/* Where Athena puts the results of such a statement. */
static const char *file_location(struct work *w)
{
    const char *output = json_text(w->request, "Output"), *id = json_text(w->request, "Id");
    if (!output) return NULL;
    bool creates = w->kind.writes && w->kind.class == QUERY_DDL;
    const char *slash = output[strlen(output) - 1] == '/' ? "" : "/";
    const char *ending = w->kind.writes ? "" : w->file.csv ? ".csv" : ".txt";
    return arena_printf(&w->arena, "%s%s%s%s%s", output, slash, creates ? "tables/" : "", id,
                        ending);
}

static void parameters_read(struct work *w, struct query_request *q)
{
    const json_t *list = json_object_get(w->request, "Parameters");
    const char **texts = ARENA_ARRAY(&w->arena, const char *, json_array_size(list) + 1);
    for (size_t i = 0; i < json_array_size(list); i++)
        texts[i] = json_string_value(json_array_get(list, i));
    q->parameters = texts;
    q->parameter_count = json_array_size(list);
}

/* Names of the files written, one a line. */
static error manifest_put(struct work *w)
{
    struct buffer text = {0};
    const char *bucket, *key;
    for (size_t i = 0; i < w->outcome.file_count; i++)
        buffer_printf(&text, "%s\n", w->outcome.files[i]);
    const char *location = arena_printf(&w->arena, "%s-manifest.csv", w->file.location);
    error e = object_url_parse(&w->arena, location, &bucket, &key);
    if (e == OK)
        e = w->file.objects->ops->put(w->file.objects, bucket, key, buffer_span(&text),
                                      "application/octet-stream", (struct object_condition){0});
    buffer_release(&text);
    return e;
}

static error statement_run(struct work *w)
{
    const char *text = json_text(w->request, "Query"), *id = json_text(w->request, "Id");
    struct query_request q = {.text = text, .database = json_text(w->request, "Database"),
                              .work_group = json_text(w->request, "WorkGroup"),
                              .output = json_text(w->request, "Output"), .id = id,
                              .bytes_most = json_integer_or(w->request, "BytesMost", 0),
                              .relations = w->relations};
    struct query_sink sink = result_sink(&w->file);
    query_kind_of(span_of(text), &w->kind);
    w->file.csv = w->kind.has_header && !w->kind.plan;
    w->file.header = w->kind.plan;
    w->file.arena = &w->arena;
    w->file.objects = w->engine->objects;
    w->file.location = file_location(w);
    parameters_read(w, &q);
    TRY(query_run(w->engine, &q, &sink, &w->arena, &w->outcome));
    if (!w->file.location) return OK;
    if (w->outcome.file_count) TRY(manifest_put(w));
    return result_publish(&w->file, id, w->kind.writes ? w->kind.substatement : NULL,
                          w->outcome.updated);
}

static error work_in(struct work *w)
{
    TRY(query_open(json_text(w->request, "Directory"), json_text(w->request, "Account"),
                   json_text(w->request, "Region"), &w->engine));
    w->engine->sql = w->ready;
    w->ready = NULL;
    query_act_as(w->engine, json_text(w->request, "Principal"));
    return statement_run(w);
}

static json_t *failed(error e)
{
    struct query_failure f = query_judge(e, error_text());
    return json_pack("{s:s, s:s, s:i, s:i, s:b}", "State", "FAILED", "Reason", error_text(),
                     "Category", f.category, "Type", f.type, "Retryable", f.retryable);
}

static json_t *succeeded(const struct work *w)
{
    json_t *reply = json_pack(
        "{s:s, s:O*, s:O, s:b, s:I, s:s*}", "State", "SUCCEEDED", "Columns", w->file.columns,
        "Relations", w->relations, "Header", w->kind.has_header, "Rows", (json_int_t)w->file.rows, "Output", w->file.location);
    if (w->outcome.updated >= 0)
        json_object_set_new(reply, "Updated", json_integer(w->outcome.updated));
    if (w->outcome.file_count && w->file.location)
        json_object_set_new(reply, "Manifest", json_sprintf("%s-manifest.csv", w->file.location));
    return reply;
}

void query_work(const json_t *request, struct sql_engine *ready, json_t **reply)
{
    int64_t begun = monotonic_us();
    struct work w = {.request = request, .ready = ready, .relations = json_array()};
    error e = work_in(&w);
    if (e != OK) locations_told(json_text(request, "Directory"), e);
    *reply = e == OK ? succeeded(&w) : failed(e);
    json_object_set_new(*reply, "Scanned", json_integer(w.outcome.scanned_bytes));
    json_object_set_new(*reply, "EngineMs", json_integer((monotonic_us() - begun) / US_PER_MS));
    result_release(&w.file);
    json_decref(w.relations);
    if (w.engine) query_close(w.engine);
    sql_close(w.ready);
    arena_release(&w.arena);
}
