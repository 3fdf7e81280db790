/* What stands in the way of destroying stacks, looked for before anything is deleted: stacks that
 * need them, objects in the bucket, runs of the job, tables in the database that no stack made. */
#include "cli/destroy.h"

#include "object/object.h"

#include <stdarg.h>

enum { OBJECTS_PAGE = 1000 };

struct obstacles {
    struct stack_door *door;
    const struct stack_state *states;
    int count;
};

static void tell(struct obstacles *o, const char *stack, const char *format, ...) PRINTF(3, 4);

static void tell(struct obstacles *o, const char *stack, const char *format, ...)
{
    progress_end();
    fprintf(stderr, "sluice destroy: %s: ", stack);
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    o->count++;
}

/* What the deployed stack itself says, whatever the project's file says by now. */
static const char *output_of(const struct stack_state *state, const char *key)
{
    const struct xml_element *one = xml_child(xml_child(state->stack, "Outputs"), "member");
    for (; one; one = xml_again(one)) {
        const char *name = xml_child_value(one, "OutputKey");
        if (name && strcmp(name, key) == 0) return xml_child_value(one, "OutputValue");
    }
    return NULL;
}

/* ---- stacks that need it ---- */

static void check_needs(struct obstacles *o, int stack)
{
    const char *name = project_stacks[stack].name;
    for (int i = 0; i < PROJECT_STACKS; i++)
        for (int k = 0; project_stacks[i].needs[k]; k++)
            if (strcmp(project_stacks[i].needs[k], name) == 0 && !o->door->chosen[i] &&
                o->states[i].status)
                tell(o, name, "%s needs it and is deployed: destroy that too, or --all",
                     project_stacks[i].name);
}

/* ---- objects of the bucket ---- */

static const char *bucket_of(const struct stack_state *state)
{
    return output_of(state, "GlueStreamingSinkToS3PathS3Bucket");
}

struct walk {
    struct stack_door *door;
    struct object_store *store;
    const char *bucket;
    int64_t objects, bytes; /* seen so far */
    bool remove;            /* them as well */
};

static error walk_page(struct walk *w, const char **after, bool *more)
{
    struct object_info *page;
    size_t count = 0;
    error e = w->store->ops->list(w->store, w->bucket, "", *after, OBJECTS_PAGE, &w->door->arena,
                                  &page, &count, more);
    if (e == ERR_NO_SUCH_BUCKET) *more = false; /* somebody removed it by hand */
    if (e != OK) return e == ERR_NO_SUCH_BUCKET ? OK : e;
    for (size_t i = 0; i < count; i++) {
        if (w->remove) TRY(w->store->ops->remove(w->store, w->bucket, page[i].key));
        w->objects++;
        w->bytes += page[i].size;
        progress("%s: %s objects%s", w->bucket, grouped(w->objects), w->remove ? " removed" : "");
    }
    if (count) *after = page[count - 1].key;
    return OK;
}

static error walk_bucket(struct walk *w)
{
    struct stack_door *door = w->door;
    const char *after = NULL;
    error e = OK;
    TRY(object_open_s3(door->client, stack_url(door, "s3"), door->region, &w->store));
    for (bool more = true; e == OK && more;) e = walk_page(w, &after, &more);
    w->store->ops->close(w->store);
    progress_end();
    return e;
}

static error check_objects(struct obstacles *o, const struct stack_state *state, const char *stack)
{
    struct walk w = {.door = o->door, .bucket = bucket_of(state)};
    if (!w.bucket || o->door->options->empty_buckets) return OK;
    TRY(walk_bucket(&w));
    if (w.objects)
        tell(o, stack, "bucket %s has %s object%s, %.1f MB: remove them, or --empty-buckets",
             w.bucket, grouped(w.objects), w.objects == 1 ? "" : "s", (double)w.bytes / 1e6);
    return OK;
}

error destroy_empty_bucket(struct stack_door *door, const struct stack_state *state)
{
    struct walk w = {.door = door, .bucket = bucket_of(state), .remove = true};
    if (!w.bucket) return OK;
    TRY(walk_bucket(&w));
    if (w.objects) stack_note(door, "%s objects of %s removed", grouped(w.objects), w.bucket);
    return OK;
}

/* ---- runs of the job ---- */

static error check_runs(struct obstacles *o, const struct stack_state *state, const char *stack)
{
    const char *job = output_of(state, "GlueStreamingSinkToS3JobGlueJobName");
    json_t *output, *run;
    size_t i;
    if (!job) return OK;
    error e = stack_call(o->door, "glue", "AWSGlue.GetJobRuns", json_pack("{s:s}", "JobName", job),
                         &output);
    if (e == ERR_ENTITY_NOT_FOUND) return OK;
    if (e != OK) return e;
    json_array_foreach(json_object_get(output, "JobRuns"), i, run)
        if (!json_object_get(run, "CompletedOn"))
            tell(o, stack, "run %s of job %s goes on: stop it first, sluice job stop %s",
                 json_text(run, "Id"), job, job);
    json_decref(output);
    return OK;
}

/* ---- tables of the database ---- */

/* The stack's own table is part of its template. */
static error own_table(struct stack_door *door, const char *stack, const char **name)
{
    json_t *template;
    TRY(formation_template(door, stack, &template));
    const json_t *at = template;
    static const char *const path[] = {"Resources", "GlueCfnTable", "Properties", "TableInput"};
    for (size_t i = 0; i < sizeof path / sizeof *path; i++) at = json_object_get(at, path[i]);
    const char *text = json_text(at, "Name");
    *name = text ? arena_text(&door->arena, span_of(text)) : "";
    json_decref(template);
    return OK;
}

static error check_tables(struct obstacles *o, const struct stack_state *state, const char *stack)
{
    const char *database = output_of(state, "GlueSchemaOnKinesisStreamGlueDatabaseName"), *own;
    json_t *output, *table;
    const char *token = NULL;
    size_t i;
    if (!database || o->door->options->drop_tables) return OK;
    TRY(own_table(o->door, stack, &own));
    do {
        error e = stack_call(o->door, "glue", "AWSGlue.GetTables",
                             json_pack("{s:s, s:s*}", "DatabaseName", database, "NextToken", token),
                             &output);
        if (e == ERR_ENTITY_NOT_FOUND) return OK;
        if (e != OK) return e;
        json_array_foreach(json_object_get(output, "TableList"), i, table) {
            const char *name = json_text(table, "Name");
            if (name && !span_equal_nocase(span_of(name), span_of(own)))
                tell(o, stack, "table %s.%s was made by no stack and would be lost with the "
                               "database: drop it, or --drop-tables", database, name);
        }
        token = json_text(output, "NextToken");
        if (token) token = arena_text(&o->door->arena, span_of(token));
        json_decref(output);
    } while (token);
    return OK;
}

/* ---- all of it ---- */

static const struct {
    const char *stack;
    error (*check)(struct obstacles *, const struct stack_state *, const char *stack);
} checks[] = {
    {"GlueStreamingSinkToS3Job", check_runs},
    {"GlueSchemaOnKinesisStream", check_tables},
    {"GlueStreamingSinkToS3Path", check_objects},
};

error destroy_check(struct stack_door *door, const struct stack_state *states)
{
    struct obstacles o = {door, states, 0};
    for (int i = PROJECT_STACKS - 1; i >= 0; i--)
        if (door->chosen[i] && states[i].status) check_needs(&o, i);
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        int stack = project_stack_find(checks[i].stack);
        if (door->chosen[stack] && states[stack].status)
            TRY(checks[i].check(&o, &states[stack], checks[i].stack));
    }
    progress_end();
    return o.count ? fail(ERR_INVALID_INPUT, "nothing was destroyed: %d thing%s in the way",
                          o.count, o.count == 1 ? " is" : "s are")
                   : OK;
}
