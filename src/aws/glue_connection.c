/* Glue connections: kept for jobs that name them, documents of the kind "glue-connection". */
#include "aws/glue.h"

enum { PAGE = 100 };

static const char kind_connection[] = "glue-connection";

static error not_found(const char *name)
{
    return fail(ERR_ENTITY_NOT_FOUND, "Connection %.255s not found.", name);
}

static error catalog_check(struct call *c)
{
    struct catalog *catalog;
    return glue_catalog(c, &catalog);
}

static error connection_read(struct call *c, struct state_txn *txn, const char *name, json_t **out)
{
    error e = state_get(txn, glue_key(c, kind_connection, name), out);
    return e == ERR_NOT_FOUND ? not_found(name) : e;
}

static const struct member connection_input[];

/* Writes what the request says; `old` NULL: a new one. */
static error connection_write(struct call *c, struct state_txn *txn, const json_t *old)
{
    json_t *connection = member_copy(connection_input, json_object_get(c->input, "ConnectionInput"));
    const char *name = json_text(connection, "Name");
    json_t *now = json_timestamp(now_us());
    json_object_set(connection, "CreationTime", old ? json_object_get(old, "CreationTime") : now);
    json_object_set_new(connection, "LastUpdatedTime", now);
    json_object_set_new(connection, "LastUpdatedBy", json_string(c->principal.arn));
    error e = state_put(txn, glue_key(c, kind_connection, name), connection);
    json_decref(connection);
    return e;
}

static error create_in(struct call *c, struct state_txn *txn, const char *name)
{
    json_t *old;
    error e = connection_read(c, txn, name, &old);
    if (e == OK) {
        json_decref(old);
        return fail(ERR_ALREADY_EXISTS, "Connection already exists.");
    }
    if (e != ERR_ENTITY_NOT_FOUND) return e;
    TRY(connection_write(c, txn, NULL));
    return glue_tags_add(c, txn, arena_printf(c->arena, "connection/%s", name),
                         json_object_get(c->input, "Tags"));
}

static error create_connection(struct call *c)
{
    struct state_txn *txn;
    const char *name = json_text(json_object_get(c->input, "ConnectionInput"), "Name");
    TRY(catalog_check(c));
    TRY(glue_begin(c, true, &txn));
    TRY(glue_end(txn, create_in(c, txn, name)));
    c->output = json_pack("{s:s}", "CreateConnectionStatus", "READY");
    return OK;
}

static error update_in(struct call *c, struct state_txn *txn, const char *name)
{
    json_t *old;
    TRY(connection_read(c, txn, name, &old));
    error e = connection_write(c, txn, old);
    json_decref(old);
    return e;
}

static error update_connection(struct call *c)
{
    struct state_txn *txn;
    const char *name = json_text(c->input, "Name");
    const char *other = json_text(json_object_get(c->input, "ConnectionInput"), "Name");
    TRY(catalog_check(c));
    if (strcmp(name, other) != 0)
        return fail(ERR_INVALID_INPUT, "The name of a connection cannot be changed.");
    TRY(glue_begin(c, true, &txn));
    TRY(glue_end(txn, update_in(c, txn, name)));
    c->output = json_object();
    return OK;
}

static void password_hide(const struct call *c, json_t *connection)
{
    if (json_is_set(c->input, "HidePassword"))
        json_object_del(json_object_get(connection, "ConnectionProperties"), "PASSWORD");
}

static error get_connection(struct call *c)
{
    struct state_txn *txn;
    json_t *connection = NULL;
    TRY(catalog_check(c));
    TRY(glue_begin(c, false, &txn));
    TRY(glue_end(txn, connection_read(c, txn, json_text(c->input, "Name"), &connection)));
    password_hide(c, connection);
    c->output = json_pack("{s:o}", "Connection", connection);
    return OK;
}

static bool list_one(void *context, const char *name, json_t *connection)
{
    struct glue_page *page = context;
    const json_t *filter = json_object_get(page->call->input, "Filter");
    const char *type = json_text(filter, "ConnectionType");
    const json_t *wanted = json_object_get(filter, "MatchCriteria");
    const json_t *criteria = json_object_get(connection, "MatchCriteria");
    if (type && strcmp(type, json_text(connection, "ConnectionType")) != 0) return true;
    for (size_t i = 0; i < json_array_size(wanted); i++) {
        bool found = false;
        for (size_t j = 0; j < json_array_size(criteria); j++)
            found = found || json_equal(json_array_get(wanted, i), json_array_get(criteria, j));
        if (!found) return true;
    }
    password_hide(page->call, connection);
    return glue_page_take(page, name, connection);
}

static error get_connections(struct call *c)
{
    struct state_txn *txn;
    struct glue_page page;
    TRY(catalog_check(c));
    TRY(glue_page_open(c, "", PAGE, &page));
    error e = glue_begin(c, false, &txn);
    if (e == OK)
        e = glue_end(txn, state_scan(txn, glue_key(c, kind_connection, ""), page.after, list_one, &page));
    return glue_page_close(&page, "ConnectionList", e);
}

static error delete_in(struct call *c, struct state_txn *txn, const char *name)
{
    error e = state_delete(txn, glue_key(c, kind_connection, name));
    if (e == ERR_NOT_FOUND) return not_found(name);
    TRY(e);
    return glue_tags_drop(c, txn, arena_printf(c->arena, "connection/%s", name));
}

static error delete_connection(struct call *c)
{
    struct state_txn *txn;
    TRY(catalog_check(c));
    TRY(glue_begin(c, true, &txn));
    TRY(glue_end(txn, delete_in(c, txn, json_text(c->input, "ConnectionName"))));
    c->output = json_object();
    return OK;
}

/* ---- rows ---- */

static const char *const types[] = {"JDBC", "SFTP", "MONGODB", "KAFKA", "NETWORK", "MARKETPLACE",
                                    "CUSTOM", NULL};
static const char *const keys[] = {
    "HOST", "PORT", "USERNAME", "PASSWORD", "ENCRYPTED_PASSWORD", "JDBC_DRIVER_JAR_URI",
    "JDBC_DRIVER_CLASS_NAME", "JDBC_ENGINE", "JDBC_ENGINE_VERSION", "CONFIG_FILES", "INSTANCE_ID",
    "JDBC_CONNECTION_URL", "JDBC_ENFORCE_SSL", "CUSTOM_JDBC_CERT", "SKIP_CUSTOM_JDBC_CERT_VALIDATION",
    "CUSTOM_JDBC_CERT_STRING", "CONNECTION_URL", "KAFKA_BOOTSTRAP_SERVERS", "KAFKA_SSL_ENABLED",
    "KAFKA_CUSTOM_CERT", "KAFKA_SKIP_CUSTOM_CERT_VALIDATION", "KAFKA_CLIENT_KEYSTORE",
    "KAFKA_CLIENT_KEYSTORE_PASSWORD", "KAFKA_CLIENT_KEY_PASSWORD",
    "ENCRYPTED_KAFKA_CLIENT_KEYSTORE_PASSWORD", "ENCRYPTED_KAFKA_CLIENT_KEY_PASSWORD", "SECRET_ID",
    "CONNECTOR_URL", "CONNECTOR_TYPE", "CONNECTOR_CLASS_NAME", NULL};
static const struct member key_row[] = {ENUM_ROW(NULL, MEMBER_OPTIONAL, keys)};
static const struct member value_row[] = {TEXT_ROW(NULL, MEMBER_OPTIONAL, 0, 1024, NULL)};
static const struct member requirements[] = {
    NAME_ROW("SubnetId", MEMBER_OPTIONAL),
    LIST_ROW("SecurityGroupIdList", MEMBER_OPTIONAL, 0, 50, glue_name),
    NAME_ROW("AvailabilityZone", MEMBER_OPTIONAL), ROWS_END};
static const struct member connection_input[] = {
    NAME_ROW("Name", MEMBER_REQUIRED), DESCRIPTION_ROW,
    ENUM_ROW("ConnectionType", MEMBER_REQUIRED, types),
    LIST_ROW("MatchCriteria", MEMBER_OPTIONAL, 0, 10, glue_name),
    {.name = "ConnectionProperties", .type = MEMBER_MAP, .flags = MEMBER_REQUIRED, .min = 0, .max = 100,
     .of = value_row, .keys = key_row},
    STRUCTURE_ROW("PhysicalConnectionRequirements", MEMBER_OPTIONAL, requirements), ROWS_END};
#define CONNECTION_ROW STRUCTURE_ROW("ConnectionInput", MEMBER_REQUIRED, connection_input)
static const struct member filter[] = {
    LIST_ROW("MatchCriteria", MEMBER_OPTIONAL, 0, 10, glue_name),
    ENUM_ROW("ConnectionType", MEMBER_OPTIONAL, types), ROWS_END};
static const struct member create_input[] = {CATALOG_ROW, CONNECTION_ROW,
                                             TAGS_ROW_OF("Tags", MEMBER_OPTIONAL), ROWS_END};
static const struct member update_input[] = {CATALOG_ROW, NAME_ROW("Name", MEMBER_REQUIRED),
                                             CONNECTION_ROW, ROWS_END};
static const struct member get_input[] = {CATALOG_ROW, NAME_ROW("Name", MEMBER_REQUIRED),
                                          BOOLEAN_ROW("HidePassword"), ROWS_END};
static const struct member get_many_input[] = {
    CATALOG_ROW, STRUCTURE_ROW("Filter", MEMBER_OPTIONAL, filter), BOOLEAN_ROW("HidePassword"),
    NEXT_TOKEN, MAX_RESULTS(1000), ROWS_END};
static const struct member delete_input[] = {CATALOG_ROW, NAME_ROW("ConnectionName", MEMBER_REQUIRED),
                                             ROWS_END};

const struct operation glue_connection_operations[] = {
    {.name = "CreateConnection", .run = create_connection, .input = create_input,
     .note = "kept; nothing is connected to"},
    {.name = "GetConnection", .run = get_connection, .input = get_input},
    {.name = "GetConnections", .run = get_connections, .input = get_many_input},
    {.name = "UpdateConnection", .run = update_connection, .input = update_input},
    {.name = "DeleteConnection", .run = delete_connection, .input = delete_input},
    {0},
};
