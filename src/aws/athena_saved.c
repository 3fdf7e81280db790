/* Named queries and prepared statements.
 *
 *   athena-named     ID                 NamedQuery
 *   athena-named-in  WORKGROUP/ID       {}
 *   athena-prepared  WORKGROUP/NAME     PreparedStatement */
#include "aws/athena.h"

static const char kind_named[] = "athena-named", kind_named_in[] = "athena-named-in",
                  kind_prepared[] = "athena-prepared";

static struct state_key key_of(const struct call *c, const char *kind, const char *name)
{
    return (struct state_key){c->account, c->region, kind, name};
}

/* ---- named queries ---- */

static error named_unknown(const char *id)
{
    return fail(ERR_ATHENA_INPUT, "NamedQuery %s was not found", id);
}

/* The same request again is the same named query: its id comes of the token. */
static const char *named_id(const struct call *c)
{
    const char *token = json_text(c->input, "ClientRequestToken");
    uint8_t d[SHA256_SIZE];
    if (!token) return athena_uuid(c->arena);
    sha256(d, span_of(arena_printf(c->arena, "%s/%s", c->principal.arn, token)));
    return athena_uuid_of(c->arena, d);
}

static error create_named_in(struct call *c, struct state_txn *txn, const char *id)
{
    const char *group;
    json_t *there;
    TRY(athena_workgroup_name(c, txn, &group));
    json_t *named = json_pack(
        "{s:O, s:O*, s:O, s:O, s:s, s:s}", "Name", json_object_get(c->input, "Name"), "Description",
        json_object_get(c->input, "Description"), "Database", json_object_get(c->input, "Database"),
        "QueryString", json_object_get(c->input, "QueryString"), "NamedQueryId", id, "WorkGroup",
        group);
    json_t *nothing = json_object();
    error e = state_get(txn, key_of(c, kind_named, id), &there);
    if (e == OK) {
        if (!json_equal(there, named))
            e = fail(ERR_ATHENA_TOKEN, "Idempotent parameters do not match");
        json_decref(there);
    } else if (e == ERR_NOT_FOUND) {
        e = state_put(txn, key_of(c, kind_named, id), named);
        if (e == OK)
            e = state_put(txn, key_of(c, kind_named_in, arena_printf(c->arena, "%s/%s", group, id)),
                          nothing);
    }
    json_decref(named);
    json_decref(nothing);
    return e;
}

static error create_named_query(struct call *c)
{
    struct state_txn *txn;
    const char *id = named_id(c);
    TRY(glue_begin(c, true, &txn));
    TRY(glue_end(txn, create_named_in(c, txn, id)));
    c->output = json_pack("{s:s}", "NamedQueryId", id);
    return OK;
}

static error named_read(struct call *c, struct state_txn *txn, const char *id, json_t **out)
{
    error e = state_get(txn, key_of(c, kind_named, id), out);
    return e == ERR_NOT_FOUND ? named_unknown(id) : e;
}

static error get_named_query(struct call *c)
{
    struct state_txn *txn;
    json_t *named;
    TRY(glue_begin(c, false, &txn));
    error e = named_read(c, txn, json_text(c->input, "NamedQueryId"), &named);
    state_abort(txn);
    if (e == OK) c->output = json_pack("{s:o}", "NamedQuery", named);
    return e;
}

static error batch_get_named_query(struct call *c)
{
    struct state_txn *txn;
    json_t *found = json_array(), *missing = json_array(), *id, *named;
    size_t i;
    error e = glue_begin(c, false, &txn);
    if (e == OK) {
        json_array_foreach(json_object_get(c->input, "NamedQueryIds"), i, id) {
            e = named_read(c, txn, json_string_value(id), &named);
            if (e == OK) json_array_append_new(found, named);
            if (e == ERR_ATHENA_INPUT)
                json_array_append_new(missing,
                                      json_pack("{s:O, s:s, s:s}", "NamedQueryId", id, "ErrorCode",
                                                "INTERNAL_FAILURE", "ErrorMessage", error_text()));
        }
        state_abort(txn);
        e = OK;
    }
    c->output = json_pack("{s:o, s:o}", "NamedQueries", found, "UnprocessedNamedQueryIds", missing);
    return e;
}

static error update_named_query(struct call *c)
{
    static const char *const members[] = {"Name", "Description", "QueryString"};
    struct state_txn *txn;
    json_t *named;
    const char *id = json_text(c->input, "NamedQueryId");
    TRY(glue_begin(c, true, &txn));
    error e = named_read(c, txn, id, &named);
    if (e == OK) {
        for (size_t i = 0; i < sizeof members / sizeof *members; i++)
            if (json_object_get(c->input, members[i]))
                json_object_set(named, members[i], json_object_get(c->input, members[i]));
        e = state_put(txn, key_of(c, kind_named, id), named);
        json_decref(named);
    }
    TRY(glue_end(txn, e));
    c->output = json_object();
    return OK;
}

static error delete_named_query(struct call *c)
{
    struct state_txn *txn;
    json_t *named;
    const char *id = json_text(c->input, "NamedQueryId");
    TRY(glue_begin(c, true, &txn));
    error e = named_read(c, txn, id, &named);
    if (e == OK) {
        e = state_delete(txn, key_of(c, kind_named, id));
        if (e == OK)
            e = state_delete(txn, key_of(c, kind_named_in,
                                         arena_printf(c->arena, "%s/%s",
                                                      json_text(named, "WorkGroup"), id)));
        json_decref(named);
    }
    TRY(glue_end(txn, e));
    c->output = json_object();
    return OK;
}

static error list_named_queries(struct call *c)
{
    return athena_workgroup_list(c, kind_named_in, "NamedQueryIds", athena_take_id);
}

/* ---- prepared statements ---- */

static const char *prepared_name(struct call *c, const char *name)
{
    return arena_printf(c->arena, "%s/%s", json_text(c->input, "WorkGroup"), name);
}

static error prepared_read(struct call *c, struct state_txn *txn, const char *name, json_t **out)
{
    error e = state_get(txn, key_of(c, kind_prepared, prepared_name(c, name)), out);
    if (e != ERR_NOT_FOUND) return e;
    return fail(ERR_RESOURCE_NOT_FOUND, "Statement is not found: %s", name);
}

static json_t *prepared_make(const struct call *c)
{
    return json_pack("{s:O, s:O, s:O, s:O*, s:o}", "StatementName",
                     json_object_get(c->input, "StatementName"), "QueryStatement",
                     json_object_get(c->input, "QueryStatement"), "WorkGroupName",
                     json_object_get(c->input, "WorkGroup"), "Description",
                     json_object_get(c->input, "Description"), "LastModifiedTime",
                     json_timestamp(now_us()));
}

static error prepared_put(struct call *c, struct state_txn *txn, bool new)
{
    const char *group, *name = json_text(c->input, "StatementName");
    json_t *there;
    TRY(athena_workgroup_name(c, txn, &group));
    error e = prepared_read(c, txn, name, &there);
    if (e == OK) json_decref(there);
    if (new && e == OK)
        return fail(ERR_ATHENA_INPUT, "PreparedStatement %s already exists in WorkGroup %s", name,
                    group);
    if (e != OK && !(new && e == ERR_RESOURCE_NOT_FOUND)) return e;
    json_t *prepared = prepared_make(c);
    e = state_put(txn, key_of(c, kind_prepared, prepared_name(c, name)), prepared);
    json_decref(prepared);
    return e;
}

static error put_prepared_statement(struct call *c)
{
    struct state_txn *txn;
    bool new = strcmp(c->operation->name, "CreatePreparedStatement") == 0;
    TRY(glue_begin(c, true, &txn));
    TRY(glue_end(txn, prepared_put(c, txn, new)));
    c->output = json_object();
    return OK;
}

static error get_prepared_statement(struct call *c)
{
    struct state_txn *txn;
    json_t *prepared;
    const char *group;
    TRY(glue_begin(c, false, &txn));
    error e = athena_workgroup_name(c, txn, &group);
    if (e == OK) e = prepared_read(c, txn, json_text(c->input, "StatementName"), &prepared);
    state_abort(txn);
    if (e == OK) c->output = json_pack("{s:o}", "PreparedStatement", prepared);
    return e;
}

static error batch_get_prepared_statement(struct call *c)
{
    struct state_txn *txn;
    json_t *found = json_array(), *missing = json_array(), *name, *prepared;
    size_t i;
    error e = glue_begin(c, false, &txn);
    if (e == OK) {
        json_array_foreach(json_object_get(c->input, "PreparedStatementNames"), i, name) {
            e = prepared_read(c, txn, json_string_value(name), &prepared);
            if (e == OK) json_array_append_new(found, prepared);
            else
                json_array_append_new(missing, json_pack("{s:O, s:s, s:s}", "StatementName", name,
                                                         "ErrorCode", "STATEMENT_NOT_FOUND",
                                                         "ErrorMessage", error_text()));
        }
        state_abort(txn);
        e = OK;
    }
    c->output = json_pack("{s:o, s:o}", "PreparedStatements", found,
                          "UnprocessedPreparedStatementNames", missing);
    return e;
}

static error delete_prepared_statement(struct call *c)
{
    struct state_txn *txn;
    json_t *prepared;
    const char *name = json_text(c->input, "StatementName");
    TRY(glue_begin(c, true, &txn));
    error e = prepared_read(c, txn, name, &prepared);
    if (e == OK) {
        json_decref(prepared);
        e = state_delete(txn, key_of(c, kind_prepared, prepared_name(c, name)));
    }
    TRY(glue_end(txn, e));
    c->output = json_object();
    return OK;
}

static bool take_summary(void *page, const char *name, json_t *document)
{
    json_t *summary = json_pack("{s:O, s:O}", "StatementName",
                                json_object_get(document, "StatementName"), "LastModifiedTime",
                                json_object_get(document, "LastModifiedTime"));
    bool more = glue_page_take(page, name, summary);
    json_decref(summary);
    return more;
}

static error list_prepared_statements(struct call *c)
{
    return athena_workgroup_list(c, kind_prepared, "PreparedStatements", take_summary);
}

/* ---- rows ---- */

#define NAMED_ID_ROW ID_ROW("NamedQueryId", MEMBER_REQUIRED)
#define STATEMENT_TEXT(text) TEXT_ROW(text, MEMBER_REQUIRED, 1, 262144, NULL)
#define STATEMENT_NAME                                                                             \
    TEXT_ROW("StatementName", MEMBER_REQUIRED, 1, 256, "[a-zA-Z_][a-zA-Z0-9_@:]{1,256}")
static const struct member named_create_rows[] = {
    TEXT_ROW("Name", MEMBER_REQUIRED, 1, 128, NULL),
    TEXT_ROW("Description", MEMBER_OPTIONAL, 1, 1024, NULL),
    TEXT_ROW("Database", MEMBER_REQUIRED, 1, 255, NULL), STATEMENT_TEXT("QueryString"),
    TEXT_ROW("ClientRequestToken", MEMBER_OPTIONAL, 32, 128, NULL), WORKGROUP_ROW(MEMBER_OPTIONAL),
    ROWS_END,
};
static const struct member named_rows[] = {NAMED_ID_ROW, ROWS_END};
static const struct member named_id_row[] = {ID_ROW(NULL, MEMBER_OPTIONAL)};
static const struct member named_batch_rows[] = {
    LIST_ROW("NamedQueryIds", MEMBER_REQUIRED, 1, 50, named_id_row), ROWS_END,
};
static const struct member named_update_rows[] = {
    NAMED_ID_ROW,
    TEXT_ROW("Name", MEMBER_REQUIRED, 1, 128, NULL),
    TEXT_ROW("Description", MEMBER_OPTIONAL, 0, 1024, NULL),
    STATEMENT_TEXT("QueryString"),
    ROWS_END,
};
static const struct member named_list_rows[] = {
    ATHENA_TOKEN_ROW, PAGE_ROW(0, 50), WORKGROUP_ROW(MEMBER_OPTIONAL), ROWS_END,
};
static const struct member prepared_put_rows[] = {
    STATEMENT_NAME, WORKGROUP_ROW(MEMBER_REQUIRED), STATEMENT_TEXT("QueryStatement"),
    TEXT_ROW("Description", MEMBER_OPTIONAL, 1, 1024, NULL), ROWS_END,
};
static const struct member prepared_rows[] = {
    STATEMENT_NAME, WORKGROUP_ROW(MEMBER_REQUIRED), ROWS_END,
};
static const struct member statement_name_row[] = {
    TEXT_ROW(NULL, MEMBER_OPTIONAL, 1, 256, "[a-zA-Z_][a-zA-Z0-9_@:]{1,256}")};
static const struct member prepared_batch_rows[] = {
    LIST_ROW("PreparedStatementNames", MEMBER_REQUIRED, 0, 0, statement_name_row),
    WORKGROUP_ROW(MEMBER_REQUIRED), ROWS_END,
};
static const struct member prepared_list_rows[] = {
    WORKGROUP_ROW(MEMBER_REQUIRED), ATHENA_TOKEN_ROW, PAGE_ROW(1, 50), ROWS_END,
};

const struct operation athena_saved_operations[] = {
    {.name = "CreateNamedQuery", .run = create_named_query, .input = named_create_rows},
    {.name = "GetNamedQuery", .run = get_named_query, .input = named_rows},
    {.name = "BatchGetNamedQuery", .run = batch_get_named_query, .input = named_batch_rows},
    {.name = "ListNamedQueries", .run = list_named_queries, .input = named_list_rows},
    {.name = "UpdateNamedQuery", .run = update_named_query, .input = named_update_rows},
    {.name = "DeleteNamedQuery", .run = delete_named_query, .input = named_rows},
    {.name = "CreatePreparedStatement", .run = put_prepared_statement, .input = prepared_put_rows},
    {.name = "GetPreparedStatement", .run = get_prepared_statement, .input = prepared_rows},
    {.name = "BatchGetPreparedStatement",
     .run = batch_get_prepared_statement,
     .input = prepared_batch_rows},
    {.name = "ListPreparedStatements",
     .run = list_prepared_statements,
     .input = prepared_list_rows},
    {.name = "UpdatePreparedStatement", .run = put_prepared_statement, .input = prepared_put_rows},
    {.name = "DeletePreparedStatement", .run = delete_prepared_statement, .input = prepared_rows},
    {0},
};
