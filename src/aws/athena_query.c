/* Starting queries, stopping them, and telling of them. */
#include "aws/athena.h"
#include "query/query.h"

enum { REUSE_LOOK = 200 };

static error unknown_query(const char *id)
{
    return fail(ERR_ATHENA_UNKNOWN_QUERY, "QueryExecution %s was not found", id);
}

static error read_query(struct call *c, const char *id, json_t **out)
{
    struct state_txn *txn;
    TRY(state_begin(c->gateway->options.state, false, &txn));
    error e = query_get(txn, (struct query_key){c->account, c->region, id}, out);
    state_abort(txn);
    return e == ERR_NOT_FOUND ? unknown_query(id) : e;
}

/* ---- StartQueryExecution ---- */

struct start {
    struct call *call;
    json_t *group;             /* the WorkGroup */
    const char *output;        /* folder, with a '/' at its end */
    struct query_kind kind;
    json_t *document;
    const char *id;
    bool known;                /* the request came before: `id` is that query's */
};

static error runner_of(const struct call *c, struct athena_runner **out)
{
    *out = c->gateway->queries;
    if (!*out) return fail(ERR_NOT_IMPLEMENTED, "this gateway runs no queries");
    if (athena_runner_full(*out))
        return fail(ERR_TOO_MANY_REQUESTS, "You have exceeded the limit for the number of queries "
                                           "you can run concurrently. Please reduce the number of "
                                           "concurrent queries submitted by this account.");
    return OK;
}

/* S3 lets any caller of the account write; where Lake Formation guards a location, it decides. */
static error output_check(struct call *c, const char *output, const char *owner)
{
    struct catalog *catalog;
    if (owner && strcmp(owner, c->account) != 0)
        return fail(ERR_ATHENA_INPUT,
                    "The S3 location provided to save your query results is not owned by the "
                    "expected bucket owner %s", owner);
    TRY(glue_catalog(c, &catalog));
    error e = catalog_require_target(catalog, NULL, NULL, output);
    if (e != ERR_ACCESS_DENIED) return e;
    return fail(ERR_ATHENA_INPUT, "Access denied when writing to location: %s", output);
}

static error output_find(struct start *s)
{
    struct call *c = s->call;
    const char *bucket, *key;
    bool there;
    const json_t *config = json_object_get(s->group, "Configuration");
    const char *own = json_text(json_object_get(c->input, "ResultConfiguration"), "OutputLocation");
    const char *group = json_text(json_object_get(config, "ResultConfiguration"), "OutputLocation");
    const char *chosen = json_is_set(config, "EnforceWorkGroupConfiguration") && group ? group
                         : own                                                         ? own
                                                                                       : group;
    if (!chosen || !*chosen)
        return fail(ERR_ATHENA_INPUT,
                    "No output location provided. An output location is required "
                    "either through the Workgroup result configuration setting or "
                    "as an API input.");
    if (object_url_parse(c->arena, chosen, &bucket, &key) != OK)
        return fail(ERR_ATHENA_INPUT, "outputLocation is not a valid S3 path.");
    TRY(object_bucket_exists(c->gateway->options.objects, bucket, &there));
    if (!there)
        return fail(ERR_ATHENA_INPUT, "Unable to verify/create output bucket %s", bucket);
    const char *slash = chosen[strlen(chosen) - 1] == '/' ? "" : "/";
    s->output = arena_printf(c->arena, "%s%s", chosen, slash);
    const json_t *from = json_object_get(chosen == own ? c->input : config, "ResultConfiguration");
    return output_check(c, s->output, json_text(from, "ExpectedBucketOwner"));
}

static error context_check(const struct call *c)
{
    const char *catalog =
        json_text(json_object_get(c->input, "QueryExecutionContext"), "Catalog");
    if (catalog && !span_equal_nocase(span_of(catalog), SPAN("awsdatacatalog")))
        return fail(ERR_ATHENA_INPUT, "Catalog %s is not found: queries read AwsDataCatalog",
                    catalog);
    return OK;
}

static json_t *execution_make(const struct start *s)
{
    const struct call *c = s->call;
    static const char *const classes[] = {[QUERY_DDL] = "DDL", [QUERY_DML] = "DML",
                                          [QUERY_UTILITY] = "UTILITY"};
    const char *ending = s->kind.writes                        ? ""
                         : s->kind.has_header && !s->kind.plan ? ".csv"
                                                               : ".txt";
    bool creates = s->kind.writes && s->kind.class == QUERY_DDL;
    json_t *result = json_copy(json_object_get(c->input, "ResultConfiguration"));
    if (!result) result = json_object();
    json_object_set_new(
        result, "OutputLocation",
        json_sprintf("%s%s%s%s", s->output, creates ? "tables/" : "", s->id, ending));
    json_t *x = json_pack(
        "{s:s, s:s, s:s, s:s*, s:o, s:O*, s:{s:s, s:o}, s:{}, s:s, s:{s:s, s:s}}",
        "QueryExecutionId", s->id, "Query", json_text(c->input, "QueryString"), "StatementType",
        classes[s->kind.class], "SubstatementType", s->kind.substatement, "ResultConfiguration",
        result, "QueryExecutionContext", json_object_get(c->input, "QueryExecutionContext"),
        "Status", "State", "QUEUED", "SubmissionDateTime", json_timestamp(now_us()), "Statistics",
        "WorkGroup", json_text(s->group, "Name"), "EngineVersion", "SelectedEngineVersion", "AUTO",
        "EffectiveEngineVersion", "Athena engine version 3");
    static const char *const kept[] = {"ExecutionParameters", "ResultReuseConfiguration"};
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        if (json_object_get(c->input, kept[i]))
            json_object_set(x, kept[i], json_object_get(c->input, kept[i]));
    if (!json_object_get(x, "QueryExecutionContext"))
        json_object_set_new(x, "QueryExecutionContext", json_object());
    return x;
}

/* ---- the same request again ---- */

static struct state_key token_key(const struct call *c)
{
    const char *token = json_text(c->input, "ClientRequestToken");
    return query_token_key((struct query_key){c->account, c->region, NULL},
                           arena_printf(c->arena, "%s/%s", c->principal.arn, token));
}

/* Of all that makes two requests the same. */
static const char *request_digest(const struct call *c)
{
    json_t *copy = json_copy(c->input);
    json_object_del(copy, "ClientRequestToken");
    const char *digest = json_digest(c->arena, copy);
    json_decref(copy);
    return digest;
}

static error token_look(struct start *s, struct state_txn *txn)
{
    struct call *c = s->call;
    json_t *before;
    if (!json_text(c->input, "ClientRequestToken")) return OK;
    error e = state_get(txn, token_key(c), &before);
    if (e == ERR_NOT_FOUND) {
        json_t *document = json_pack("{s:s, s:s}", "Id", s->id, "Digest", request_digest(c));
        e = state_put(txn, token_key(c), document);
        json_decref(document);
        return e;
    }
    if (e != OK) return e;
    s->known = strcmp(json_text(before, "Digest"), request_digest(c)) == 0;
    if (s->known) s->id = arena_text(c->arena, span_of(json_text(before, "Id")));
    json_decref(before);
    return s->known ? OK
                    : fail(ERR_ATHENA_TOKEN, "Idempotent parameters do not match");
}

/* ---- results of before ---- */

struct reuse {
    struct start *start;
    struct state_txn *txn;
    int64_t after_us; /* younger ones only */
    int looked;
    json_t *found;
};

static bool same(const json_t *a, const json_t *b, const char *member)
{
    const json_t *x = json_object_get(a, member), *y = json_object_get(b, member);
    return x && y ? json_equal(x, y) : !x && !y;
}

/* Tables and views are defined as they were then, and still the caller's to read. */
static bool relations_same(struct call *c, const json_t *relations)
{
    struct catalog *catalog;
    const char *digest;
    const json_t *one;
    size_t i;
    if (!relations || glue_catalog(c, &catalog) != OK) return false;
    json_array_foreach(relations, i, one) {
        const char *database = json_string_value(json_array_get(one, 0)),
                   *name = json_string_value(json_array_get(one, 1)),
                   *then = json_string_value(json_array_get(one, 2));
        if (query_relation_digest(catalog, database, name, c->arena, &digest) != OK) return false;
        if (strcmp(digest, then) != 0) return false;
    }
    return true;
}

static bool result_there(struct call *c, const json_t *execution)
{
    struct object_store *objects = c->gateway->options.objects;
    struct object_info info;
    const char *bucket, *key,
        *location = json_text(json_object_get(execution, "ResultConfiguration"), "OutputLocation");
    return location && object_url_parse(c->arena, location, &bucket, &key) == OK &&
           objects->ops->head(objects, bucket, key, c->arena, &info) == OK;
}

static bool reuse_one(void *context, const char *name, json_t *ignored)
{
    struct reuse *r = context;
    struct call *c = r->start->call;
    json_t *document;
    (void)ignored;
    if (r->looked++ == REUSE_LOOK) return false;
    const char *id = strrchr(name, '/') + 1;
    if (query_get(r->txn, (struct query_key){c->account, c->region, id}, &document) != OK)
        return true;
    const json_t *x = json_object_get(document, "Execution");
    const json_t *own = json_object_get(r->start->document, "Execution");
    double done = json_number_value(
        json_object_get(json_object_get(x, "Status"), "CompletionDateTime"));
    bool young = done * US_PER_SECOND >= (double)r->after_us;
    bool fits = young && strcmp(query_state(document), "SUCCEEDED") == 0 &&
                same(x, own, "Query") && same(x, own, "QueryExecutionContext") &&
                same(x, own, "ExecutionParameters") &&
                same(document, r->start->document, "Principal") &&
                same(document, r->start->document, "Output") && result_there(c, x) &&
                relations_same(c, json_object_get(document, "Relations"));
    if (fits) r->found = document;
    else json_decref(document);
    return !fits;
}

/* The document of a query whose result is one that is there already. */
static void reuse_take(struct start *s, const json_t *found)
{
    static const char *const kept[] = {"Columns", "Relations", "Header", "Rows"};
    json_t *x = json_object_get(s->document, "Execution");
    const json_t *old = json_object_get(found, "Execution");
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        if (json_object_get(found, kept[i]))
            json_object_set(s->document, kept[i], json_object_get(found, kept[i]));
    json_object_set(json_object_get(x, "ResultConfiguration"), "OutputLocation",
                    json_object_get(json_object_get(old, "ResultConfiguration"), "OutputLocation"));
    query_change(s->document, "SUCCEEDED", NULL);
    json_object_set_new(x, "Statistics",
                        json_pack("{s:i, s:i, s:i, s:{s:b}}", "EngineExecutionTimeInMillis", 0,
                                  "DataScannedInBytes", 0, "TotalExecutionTimeInMillis", 0,
                                  "ResultReuseInformation", "ReusedPreviousResult", 1));
}

static error reuse_look(struct start *s, struct state_txn *txn)
{
    const struct call *c = s->call;
    const json_t *by_age = json_object_get(json_object_get(c->input, "ResultReuseConfiguration"),
                                           "ResultReuseByAgeConfiguration");
    const char *substatement = s->kind.substatement;
    if (!json_is_set(by_age, "Enabled") || !substatement || strcmp(substatement, "SELECT") != 0)
        return OK;
    int64_t minutes = json_integer_or(by_age, "MaxAgeInMinutes", 60);
    struct reuse r = {.start = s, .txn = txn,
                      .after_us = now_us() - minutes * 60 * (int64_t)US_PER_SECOND};
    const char *prefix = arena_printf(c->arena, "%s/", json_text(s->group, "Name"));
    TRY(state_scan(txn, (struct state_key){c->account, c->region, "athena-history", prefix}, NULL,
                   reuse_one, &r));
    if (!r.found) return OK;
    reuse_take(s, r.found);
    json_decref(r.found);
    return OK;
}

/* ---- beginning ---- */

static error start_in(struct start *s, struct state_txn *txn)
{
    struct call *c = s->call;
    TRY(athena_workgroup_read(c, txn, json_text(c->input, "WorkGroup"), &s->group));
    if (strcmp(json_text(s->group, "State"), "ENABLED") != 0)
        return fail(ERR_ATHENA_INPUT, "WorkGroup %s is disabled.", json_text(s->group, "Name"));
    TRY(context_check(c));
    TRY(output_find(s));
    TRY(token_look(s, txn));
    if (s->known) return OK;
    s->document = json_pack(
        "{s:o, s:s*, s:s*, s:s, s:O*}", "Execution", execution_make(s), "Principal",
        c->principal.iam_arn, "Token",
        json_text(c->input, "ClientRequestToken") ? token_key(c).name : NULL, "Output", s->output,
        "BytesMost",
        json_object_get(json_object_get(s->group, "Configuration"), "BytesScannedCutoffPerQuery"));
    TRY(reuse_look(s, txn));
    return query_begin(txn, (struct query_key){c->account, c->region, s->id}, s->document);
}

static error start_query_execution(struct call *c)
{
    struct athena_runner *runner;
    struct state_txn *txn;
    struct start s = {.call = c, .id = athena_uuid(c->arena)};
    TRY(runner_of(c, &runner));
    if (query_check(json_text(c->input, "QueryString")) != OK)
        return fail(ERR_ATHENA_QUERY, "%s", call_error_text(c->arena));
    query_kind_of(span_of(json_text(c->input, "QueryString")), &s.kind);
    TRY(state_begin(c->gateway->options.state, true, &txn));
    error e = start_in(&s, txn);
    if (e == OK) e = state_commit(txn);
    else state_abort(txn);
    if (e == OK && !s.known && strcmp(query_state(s.document), "QUEUED") == 0)
        athena_runner_begin(runner, (struct query_key){c->account, c->region, s.id});
    if (e == OK) c->output = json_pack("{s:s}", "QueryExecutionId", s.id);
    json_decref(s.document);
    json_decref(s.group);
    return e;
}

/* ---- StopQueryExecution ---- */

static error stop_query_execution(struct call *c)
{
    struct state_txn *txn;
    json_t *document;
    const char *id = json_text(c->input, "QueryExecutionId");
    struct query_key k = {c->account, c->region, id};
    TRY(state_begin(c->gateway->options.state, true, &txn));
    error e = query_get(txn, k, &document);
    if (e == OK) {
        if (query_change(document, "CANCELLED", "Query cancelled by user"))
            e = query_finish(txn, k, document);
        json_decref(document);
    }
    if (e == OK) e = state_commit(txn);
    else state_abort(txn);
    if (e == ERR_NOT_FOUND) return unknown_query(id);
    if (e == OK && c->gateway->queries) athena_runner_stop(c->gateway->queries, id);
    if (e == OK) c->output = json_object();
    return e;
}

/* ---- reading ---- */

static error get_query_execution(struct call *c)
{
    json_t *document;
    TRY(read_query(c, json_text(c->input, "QueryExecutionId"), &document));
    c->output = json_pack("{s:O}", "QueryExecution", json_object_get(document, "Execution"));
    json_decref(document);
    return OK;
}

static error batch_get_query_execution(struct call *c)
{
    json_t *found = json_array(), *missing = json_array(), *id, *document;
    size_t i;
    error e = OK;
    json_array_foreach(json_object_get(c->input, "QueryExecutionIds"), i, id) {
        e = read_query(c, json_string_value(id), &document);
        if (e == OK) {
            json_array_append(found, json_object_get(document, "Execution"));
            json_decref(document);
        } else if (e == ERR_ATHENA_UNKNOWN_QUERY) {
            json_array_append_new(
                missing, json_pack("{s:O, s:s, s:s}", "QueryExecutionId", id, "ErrorCode",
                                   "QUERY_EXECUTION_NOT_FOUND", "ErrorMessage", error_text()));
            e = OK;
        }
        if (e != OK) break;
    }
    c->output = json_pack("{s:o, s:o}", "QueryExecutions", found, "UnprocessedQueryExecutionIds",
                          missing);
    return e;
}

static error list_query_executions(struct call *c)
{
    return athena_workgroup_list(c, "athena-history", "QueryExecutionIds", athena_take_id);
}

static error get_query_runtime_statistics(struct call *c)
{
    static const char *const times[] = {
        "QueryQueueTimeInMillis", "QueryPlanningTimeInMillis", "EngineExecutionTimeInMillis",
        "ServiceProcessingTimeInMillis", "TotalExecutionTimeInMillis"};
    json_t *document, *timeline = json_object();
    error e = read_query(c, json_text(c->input, "QueryExecutionId"), &document);
    if (e != OK) {
        json_decref(timeline);
        return e;
    }
    const json_t *s = json_object_get(json_object_get(document, "Execution"), "Statistics");
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        json_object_set_new(timeline, times[i], json_integer(json_integer_or(s, times[i], 0)));
    c->output = json_pack("{s:{s:o, s:{s:I, s:I}}}", "QueryRuntimeStatistics", "Timeline", timeline,
                          "Rows", "InputBytes",
                          (json_int_t)json_integer_or(s, "DataScannedInBytes", 0), "OutputRows",
                          (json_int_t)json_integer_or(document, "Rows", 0));
    json_decref(document);
    return OK;
}

/* ---- rows ---- */

static const struct member context_rows[] = {
    TEXT_ROW("Database", MEMBER_OPTIONAL, 1, 255, NULL),
    CATALOG_NAME_ROW("Catalog", MEMBER_OPTIONAL), ROWS_END,
};
static const struct member parameter[] = {TEXT_ROW(NULL, MEMBER_OPTIONAL, 1, 1024, NULL)};
static const struct member by_age_rows[] = {
    {.name = "Enabled", .type = MEMBER_BOOLEAN, .flags = MEMBER_REQUIRED},
    INTEGER_ROW("MaxAgeInMinutes", MEMBER_OPTIONAL, 0, 10080), ROWS_END,
};
static const struct member reuse_rows[] = {
    STRUCTURE_ROW("ResultReuseByAgeConfiguration", MEMBER_OPTIONAL, by_age_rows), ROWS_END,
};
static const struct member start_rows[] = {
    TEXT_ROW("QueryString", MEMBER_REQUIRED, 1, 262144, NULL),
    TEXT_ROW("ClientRequestToken", MEMBER_OPTIONAL, 32, 128, NULL),
    STRUCTURE_ROW("QueryExecutionContext", MEMBER_OPTIONAL, context_rows),
    STRUCTURE_ROW("ResultConfiguration", MEMBER_OPTIONAL, athena_result_configuration),
    WORKGROUP_ROW(MEMBER_OPTIONAL),
    LIST_ROW("ExecutionParameters", MEMBER_OPTIONAL, 1, COUNT_MAX, parameter),
    STRUCTURE_ROW("ResultReuseConfiguration", MEMBER_OPTIONAL, reuse_rows), ROWS_END,
};
static const struct member id_rows[] = {QUERY_ID_ROW, ROWS_END};
static const struct member id_row[] = {
    ID_ROW(NULL, MEMBER_OPTIONAL)};
static const struct member batch_rows[] = {
    LIST_ROW("QueryExecutionIds", MEMBER_REQUIRED, 1, 50, id_row), ROWS_END,
};
static const struct member list_rows[] = {
    ATHENA_TOKEN_ROW, PAGE_ROW(0, 50), WORKGROUP_ROW(MEMBER_OPTIONAL), ROWS_END,
};

const struct operation athena_query_operations[] = {
    {.name = "StartQueryExecution", .run = start_query_execution, .input = start_rows,
     .note = "SELECT, DDL and utility statements; see sluice sql"},
    {.name = "StopQueryExecution", .run = stop_query_execution, .input = id_rows},
    {.name = "GetQueryExecution", .run = get_query_execution, .input = id_rows},
    {.name = "BatchGetQueryExecution", .run = batch_get_query_execution, .input = batch_rows},
    {.name = "ListQueryExecutions", .run = list_query_executions, .input = list_rows},
    {.name = "GetQueryRuntimeStatistics", .run = get_query_runtime_statistics, .input = id_rows,
     .note = "timeline and rows; no stages"},
    {0},
};
