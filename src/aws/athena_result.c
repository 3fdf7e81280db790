/* GetQueryResults: rows read back from the result file, page by page. A token says how far into the
 * file the next page begins. */
#include "aws/athena.h"

enum { PAGE_MOST = 1000 };

struct page {
    struct call *call;
    json_t *document;   /* of the query */
    const char *id;
    int64_t offset;     /* into the file */
    size_t limit;
    bool csv;
    json_t *rows;
    struct buffer text;
};

/* ---- reading the file's own form ---- */

/* One value of a CSV line; moves behind it. NULL is nothing; false: the line goes on outside. */
static bool csv_value(const char **at, const char *end, struct buffer *value, bool *null)
{
    const char *p = *at;
    buffer_reset(value);
    *null = p == end || *p != '"';
    if (!*null)
        for (p++;;) {
            const char *quote = memchr(p, '"', (size_t)(end - p));
            if (!quote) return false;
            buffer_append(value, p, (size_t)(quote - p));
            p = quote + 1;
            if (p == end || *p != '"') break;
            buffer_append_byte(value, '"');
            p++;
        }
    *at = p;
    return true;
}

static json_t *datum(const struct buffer *value, bool null)
{
    return null ? json_object()
                : json_pack("{s:s%}", "VarCharValue", value->size ? value->data : "", value->size);
}

/* The line at the text's beginning as {Data: [...]}; its length, or 0: it is not complete. */
static size_t csv_line(span text, struct buffer *value, json_t *data)
{
    const char *p = text.data, *end = p + text.size;
    bool null;
    for (;;) {
        if (!csv_value(&p, end, value, &null) || p == end) return 0;
        json_array_append_new(data, datum(value, null));
        if (*p == '\n') return (size_t)(p + 1 - text.data);
        p++; /* a comma */
    }
}

static size_t text_line(span text, bool last, struct buffer *value, json_t *data)
{
    const char *line = memchr(text.data, '\n', text.size);
    if (!line && !last) return 0;
    size_t size = line ? (size_t)(line - text.data) : text.size;
    buffer_reset(value);
    buffer_append(value, text.data, size);
    json_array_append_new(data, datum(value, false));
    return size + (line != NULL);
}

/* ---- pages ---- */

/* Rows from the text read so far; returns the bytes they took. */
static size_t rows_take(struct page *p, bool last)
{
    struct buffer value = {0};
    size_t taken = 0;
    while (json_array_size(p->rows) < p->limit && taken < p->text.size) {
        span rest = {p->text.data + taken, p->text.size - taken};
        json_t *data = json_array();
        size_t size = p->csv ? csv_line(rest, &value, data) : text_line(rest, last, &value, data);
        if (size) json_array_append_new(p->rows, json_pack("{s:O}", "Data", data));
        json_decref(data);
        if (!size) break;
        taken += size;
    }
    buffer_release(&value);
    return taken;
}

static error page_read(struct page *p, const char *location)
{
    enum { STEP = 1 << 20 };
    struct object_store *objects = p->call->gateway->options.objects;
    const char *bucket, *key;
    size_t taken = 0, step = STEP;
    TRY(object_url_parse(p->call->arena, location, &bucket, &key));
    for (bool last = false; !last && json_array_size(p->rows) < p->limit;) {
        buffer_reset(&p->text);
        error e = objects->ops->get_range(objects, bucket, key, p->offset, step, &p->text);
        if (e == ERR_INVALID_RANGE) return OK;
        if (e != OK)
            return fail(ERR_ATHENA_INPUT, "Could not find results: %s", error_text());
        last = p->text.size < step;
        taken = rows_take(p, last);
        p->offset += (int64_t)taken;
        if (taken == 0) step *= 2; /* a row larger than what was read */
    }
    return OK;
}

static error token_look(struct page *p)
{
    int64_t sealed;
    json_t *document;
    const char *token = json_text(p->call->input, "NextToken");
    if (!token) return OK;
    if (!call_token_read(p->call, TOKEN_ATHENA, token, &sealed, &document))
        return fail(ERR_ATHENA_INPUT, "Malformed NextToken: %s", token);
    bool same_query = strcmp(json_text(document, "id"), p->id) == 0;
    p->offset = json_integer_or(document, "offset", 0);
    json_decref(document);
    return same_query ? OK : fail(ERR_ATHENA_INPUT, "Malformed NextToken: %s", token);
}

static error state_check(const struct page *p)
{
    const char *state = query_state(p->document);
    if (strcmp(state, "SUCCEEDED") == 0) return OK;
    bool ended = strcmp(state, "FAILED") == 0 || strcmp(state, "CANCELLED") == 0;
    return fail(ERR_ATHENA_QUERY_STATE,
                ended ? "Query did not finish successfully. Final query state: %s"
                      : "Query has not yet finished. Current state: %s", state);
}

static void page_reply(struct page *p)
{
    struct call *c = p->call;
    bool full = json_array_size(p->rows) == p->limit;
    json_t *columns = json_object_get(p->document, "Columns");
    c->output = json_pack("{s:{s:O, s:{s:o}}, s:I}", "ResultSet", "Rows", p->rows,
                          "ResultSetMetadata", "ColumnInfo",
                          columns ? json_incref(columns) : json_array(), "UpdateCount",
                          (json_int_t)json_integer_or(p->document, "Updated", 0));
    if (!full) return;
    json_t *token = json_pack("{s:s, s:I}", "id", p->id, "offset", (json_int_t)p->offset);
    json_object_set_new(c->output, "NextToken",
                        json_string(call_token_make(c, TOKEN_ATHENA, token)));
}

static error results_read(struct page *p)
{
    struct call *c = p->call;
    p->limit = (size_t)json_integer_or(c->input, "MaxResults", PAGE_MOST);
    TRY(state_check(p));
    TRY(token_look(p));
    const json_t *x = json_object_get(p->document, "Execution");
    const char *location = json_text(json_object_get(x, "ResultConfiguration"), "OutputLocation");
    size_t size = location ? strlen(location) : 0;
    p->csv = size > 4 && strcmp(location + size - 4, ".csv") == 0;
    bool text = size > 4 && strcmp(location + size - 4, ".txt") == 0;
    if (p->csv || text) TRY(page_read(p, location));
    page_reply(p);
    return OK;
}

static error get_query_results(struct call *c)
{
    struct state_txn *txn;
    struct page p = {.call = c, .id = json_text(c->input, "QueryExecutionId")};
    TRY(state_begin(c->gateway->options.state, false, &txn));
    error e = query_get(txn, (struct query_key){c->account, c->region, p.id}, &p.document);
    state_abort(txn);
    if (e == ERR_NOT_FOUND)
        return fail(ERR_ATHENA_UNKNOWN_QUERY, "QueryExecution %s was not found", p.id);
    if (e != OK) return e;
    p.rows = json_array();
    e = results_read(&p);
    buffer_release(&p.text);
    json_decref(p.rows);
    json_decref(p.document);
    return e;
}

static const struct member result_rows[] = {
    QUERY_ID_ROW, ATHENA_TOKEN_ROW, PAGE_ROW(1, PAGE_MOST), ROWS_END,
};

const struct operation athena_result_operations[] = {
    {.name = "GetQueryResults", .run = get_query_results, .input = result_rows},
    {0},
};
