/* Lake Formation: granting, revoking and listing permissions; the settings of the data lake. */
#include "aws/lakeformation.h"

enum { BATCH_MAX = 20, PAGE = 100 };

error lakeformation_begin(struct call *c, bool write, struct grant_scope *s)
{
    const char *catalog = json_text(c->input, "CatalogId");
    if (catalog && strcmp(catalog, c->account) != 0)
        return fail(ERR_NOT_IMPLEMENTED, "Sluice does not serve catalogs of other accounts");
    *s = (struct grant_scope){.arena = c->arena, .account = c->account, .region = c->region,
                              .principal = c->principal.iam_arn};
    return state_begin(c->gateway->options.state, write, &s->txn);
}

error lakeformation_end(struct grant_scope *s, bool write, error e)
{
    if (write && e == OK) return state_commit(s->txn);
    state_abort(s->txn);
    return e;
}

/* ---- granting and revoking ---- */

static error change(struct call *c, error (*run)(const struct grant_scope *, const json_t *),
                    const json_t *entry)
{
    struct grant_scope s;
    if (json_text(json_object_get(entry, "Condition"), "Expression"))
        return fail(ERR_NOT_IMPLEMENTED, "Sluice does not serve conditions of grants yet");
    TRY(lakeformation_begin(c, true, &s));
    return lakeformation_end(&s, true, run(&s, entry));
}

static error grant_permissions(struct call *c)
{
    return change(c, grant_give, c->input);
}

static error revoke_permissions(struct call *c)
{
    return change(c, grant_take, c->input);
}

/* Each entry alone; those that failed are told. */
static error batch(struct call *c, error (*run)(const struct grant_scope *, const json_t *))
{
    json_t *failures = json_array(), *entry;
    const json_t *entries = json_object_get(c->input, "Entries");
    size_t i;
    c->output = json_pack("{s:o}", "Failures", failures);
    if (json_array_size(entries) > BATCH_MAX)
        return fail(ERR_INVALID_INPUT, "A batch may have %d entries.", BATCH_MAX);
    json_array_foreach(entries, i, entry) {
        error e = change(c, run, entry);
        if (e == OK) continue;
        if (error_row(e)->status >= 500 && e != ERR_NOT_IMPLEMENTED) return e;
        json_array_append_new(failures, json_pack("{s:O, s:{s:s, s:s}}", "RequestEntry", entry,
                                                  "Error", "ErrorCode", error_row(e)->name,
                                                  "ErrorMessage", error_text()));
    }
    return OK;
}

static error batch_grant(struct call *c) { return batch(c, grant_give); }
static error batch_revoke(struct call *c) { return batch(c, grant_take); }

/* ---- listing ---- */

error lakeformation_page(struct call *c, const char *list, json_t *all)
{
    const char *text = json_text(c->input, "NextToken");
    size_t from = 0, size = (size_t)json_integer_or(c->input, "MaxResults", PAGE);
    json_t *page = json_array(), *token = NULL;
    int64_t sealed_us;
    c->output = json_pack("{s:o}", list, page);
    if (text && *text && !call_token_read(c, TOKEN_PERMISSIONS, text, &sealed_us, &token)) {
        json_decref(all);
        return fail(ERR_INVALID_INPUT, "Invalid NextToken.");
    }
    if (token) from = (size_t)json_integer_or(token, "from", 0);
    json_decref(token);
    size_t i = from;
    for (; i < json_array_size(all) && i < from + size; i++)
        json_array_append(page, json_array_get(all, i));
    if (i < json_array_size(all))
        json_object_set_new(c->output, "NextToken",
                            json_string(call_token_make(c, TOKEN_PERMISSIONS,
                                                        json_pack("{s:I}", "from", (json_int_t)i))));
    json_decref(all);
    return OK;
}

/* What a listing asks for. */
struct wanted {
    const char *principal, *type, *path;
    bool effective; /* principal and resource: what all tables give counts as well */
    bool own;       /* the caller sees only itself */
};

static bool type_matches(const char *type, const char *path)
{
    static const struct { const char *type, *kind; } kinds[] = {
        {"CATALOG", "catalog"}, {"DATABASE", "database/"}, {"TABLE", "table/"},
        {"TABLE", "columns/"},  {"DATA_LOCATION", "location/"}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(type, kinds[i].type) == 0 &&
            strncmp(path, kinds[i].kind, strlen(kinds[i].kind)) == 0)
            return true;
    return false;
}

/* "table/DB/T" also stands for "columns/DB/T/..". */
static bool path_is(const char *wanted, const char *path)
{
    if (strcmp(wanted, path) == 0) return true;
    if (strncmp(wanted, "table/", 6) != 0 || strncmp(path, "columns/", 8) != 0) return false;
    size_t size = strlen(wanted + 6);
    return strncmp(wanted + 6, path + 8, size) == 0 && path[8 + size] == '/';
}

static bool path_matches(const struct call *c, const struct wanted *w, const char *path)
{
    if (path_is(w->path, path)) return true;
    if (!w->effective || strncmp(w->path, "table/", 6) != 0) return false;
    const char *table = strrchr(w->path, '/');
    return path_is(arena_printf(c->arena, "%.*s/*", (int)(table - w->path), w->path), path);
}

static bool item_wanted(const struct call *c, const struct wanted *w, const json_t *item)
{
    const char *path = json_text(item, "Path");
    const char *principal = json_text(json_object_get(item, "Principal"),
                                      "DataLakePrincipalIdentifier");
    if (w->own && strcmp(principal, c->principal.iam_arn) != 0) return false;
    if (w->principal && strcmp(principal, w->principal) != 0) return false;
    if (w->type && !type_matches(w->type, path)) return false;
    return !w->path || path_matches(c, w, path);
}

static error wanted_read(struct call *c, struct grant_scope *s, struct wanted *w)
{
    const json_t *resource = json_object_get(c->input, "Resource");
    bool read_only;
    *w = (struct wanted){
        .principal = json_text(json_object_get(c->input, "Principal"), "DataLakePrincipalIdentifier"),
        .type = json_text(c->input, "ResourceType")};
    if (w->type && strncmp(w->type, "LF_TAG", 6) == 0)
        return fail(ERR_NOT_IMPLEMENTED, "Sluice does not serve LF-tags yet");
    if (resource) TRY(grant_resource_path(s, resource, &w->path));
    w->effective = w->principal && w->path;
    w->own = !grant_is_admin(s, &read_only) && !read_only;
    return OK;
}

static error list_in(struct call *c, struct grant_scope *s, json_t **out)
{
    struct wanted w;
    json_t *all, *item;
    size_t i;
    TRY(wanted_read(c, s, &w));
    TRY(grant_list(s, &all));
    *out = json_array();
    json_array_foreach(all, i, item) {
        if (!item_wanted(c, &w, item)) continue;
        json_object_del(item, "Path");
        json_array_append(*out, item);
    }
    json_decref(all);
    return OK;
}

static error list_permissions(struct call *c)
{
    struct grant_scope s;
    json_t *all = NULL;
    TRY(lakeformation_begin(c, false, &s));
    TRY(lakeformation_end(&s, false, list_in(c, &s, &all)));
    return lakeformation_page(c, "PrincipalResourcePermissions", all);
}

/* ---- settings ---- */

static error get_data_lake_settings(struct call *c)
{
    struct grant_scope s;
    json_t *settings = NULL;
    TRY(lakeformation_begin(c, false, &s));
    TRY(lakeformation_end(&s, false, grant_settings(&s, &settings)));
    c->output = json_pack("{s:o}", "DataLakeSettings", settings);
    return OK;
}

static error default_check(const json_t *entry)
{
    const char *principal = json_text(json_object_get(entry, "Principal"),
                                      "DataLakePrincipalIdentifier");
    const json_t *permissions = json_object_get(entry, "Permissions");
    const char *only = json_string_value(json_array_get(permissions, 0));
    if (principal && strcmp(principal, IAM_ALLOWED) == 0 && json_array_size(permissions) == 1 &&
        only && strcmp(only, "ALL") == 0)
        return OK;
    return fail(ERR_INVALID_INPUT, "Default permissions may give ALL to IAM_ALLOWED_PRINCIPALS, "
                                   "or nothing.");
}

static error defaults_check(const json_t *settings, const char *member)
{
    const json_t *list = json_object_get(settings, member);
    for (size_t i = 0; i < json_array_size(list); i++)
        TRY(default_check(json_array_get(list, i)));
    return OK;
}

static error put_data_lake_settings(struct call *c)
{
    struct grant_scope s;
    const json_t *settings = json_object_get(c->input, "DataLakeSettings");
    TRY(defaults_check(settings, "CreateDatabaseDefaultPermissions"));
    TRY(defaults_check(settings, "CreateTableDefaultPermissions"));
    TRY(lakeformation_begin(c, true, &s));
    return lakeformation_end(&s, true, grant_settings_put(&s, settings));
}

/* ---- rows ---- */

static const char *const permissions[] = {
    "ALL", "SELECT", "ALTER", "DROP", "DELETE", "INSERT", "DESCRIBE", "CREATE_DATABASE",
    "CREATE_TABLE", "DATA_LOCATION_ACCESS", "CREATE_LF_TAG", "ASSOCIATE",
    "GRANT_WITH_LF_TAG_EXPRESSION", "CREATE_LF_TAG_EXPRESSION", "CREATE_CATALOG", "SUPER_USER",
    "CREATE_TAG", NULL};
static const char *const resource_types[] = {
    "CATALOG", "DATABASE", "TABLE", "DATA_LOCATION", "LF_TAG", "LF_TAG_POLICY",
    "LF_TAG_POLICY_DATABASE", "LF_TAG_POLICY_TABLE", "LF_NAMED_TAG_EXPRESSION", NULL};
static const char *const policy_types[] = {"DATABASE", "TABLE", NULL};

#define NAMED(name, flag) TEXT_ROW(name, flag, 1, 255, NULL)

static const struct member principal[] = {
    TEXT_ROW("DataLakePrincipalIdentifier", MEMBER_OPTIONAL, 1, 255, NULL), ROWS_END};
static const struct member principal_row[] = {STRUCTURE_ROW(NULL, MEMBER_OPTIONAL, principal)};
static const struct member permission_row[] = {ENUM_ROW(NULL, MEMBER_OPTIONAL, permissions)};
static const struct member name_row[] = {TEXT_ROW(NULL, MEMBER_OPTIONAL, 1, 255, NULL)};
static const struct member parameter_row[] = {TEXT_ROW(NULL, MEMBER_OPTIONAL, 0, 512000, NULL)};

static const struct member nothing[] = {ROWS_END};
static const struct member catalog[] = {ACCOUNT_ROW("Id"), ROWS_END};
static const struct member database[] = {ACCOUNT_ROW("CatalogId"), NAMED("Name", MEMBER_REQUIRED),
                                         ROWS_END};
static const struct member table[] = {
    ACCOUNT_ROW("CatalogId"), NAMED("DatabaseName", MEMBER_REQUIRED), NAMED("Name", MEMBER_OPTIONAL),
    STRUCTURE_ROW("TableWildcard", MEMBER_OPTIONAL, nothing), ROWS_END};
static const struct member wildcard[] = {
    LIST_ROW("ExcludedColumnNames", MEMBER_OPTIONAL, 0, 0, name_row), ROWS_END};
static const struct member columns[] = {
    ACCOUNT_ROW("CatalogId"), NAMED("DatabaseName", MEMBER_REQUIRED), NAMED("Name", MEMBER_REQUIRED),
    LIST_ROW("ColumnNames", MEMBER_OPTIONAL, 0, 0, name_row),
    STRUCTURE_ROW("ColumnWildcard", MEMBER_OPTIONAL, wildcard), ROWS_END};
static const struct member location[] = {
    ACCOUNT_ROW("CatalogId"), TEXT_ROW("ResourceArn", MEMBER_REQUIRED, 0, 0, NULL), ROWS_END};
static const struct member cells[] = {
    ACCOUNT_ROW("TableCatalogId"), NAMED("DatabaseName", MEMBER_OPTIONAL),
    NAMED("TableName", MEMBER_OPTIONAL), NAMED("Name", MEMBER_OPTIONAL), ROWS_END};
static const struct member tag_value_row[] = {TEXT_ROW(NULL, MEMBER_OPTIONAL, 0, 256, NULL)};
static const struct member tag[] = {
    ACCOUNT_ROW("CatalogId"), NAMED("TagKey", MEMBER_REQUIRED),
    LIST_ROW("TagValues", MEMBER_REQUIRED, 1, 50, tag_value_row), ROWS_END};
static const struct member expression[] = {
    TEXT_ROW("TagKey", MEMBER_REQUIRED, 1, 128, NULL),
    LIST_ROW("TagValues", MEMBER_REQUIRED, 1, 50, tag_value_row), ROWS_END};
static const struct member expression_row[] = {STRUCTURE_ROW(NULL, MEMBER_OPTIONAL, expression)};
static const struct member policy[] = {
    ACCOUNT_ROW("CatalogId"), ENUM_ROW("ResourceType", MEMBER_REQUIRED, policy_types),
    LIST_ROW("Expression", MEMBER_OPTIONAL, 0, 0, expression_row),
    NAMED("ExpressionName", MEMBER_OPTIONAL), ROWS_END};
static const struct member tag_expression[] = {ACCOUNT_ROW("CatalogId"),
                                               NAMED("Name", MEMBER_REQUIRED), ROWS_END};
static const struct member resource[] = {
    STRUCTURE_ROW("Catalog", MEMBER_OPTIONAL, catalog),
    STRUCTURE_ROW("Database", MEMBER_OPTIONAL, database),
    STRUCTURE_ROW("Table", MEMBER_OPTIONAL, table),
    STRUCTURE_ROW("TableWithColumns", MEMBER_OPTIONAL, columns),
    STRUCTURE_ROW("DataLocation", MEMBER_OPTIONAL, location),
    STRUCTURE_ROW("DataCellsFilter", MEMBER_OPTIONAL, cells),
    STRUCTURE_ROW("LFTag", MEMBER_OPTIONAL, tag),
    STRUCTURE_ROW("LFTagPolicy", MEMBER_OPTIONAL, policy),
    STRUCTURE_ROW("LFTagExpression", MEMBER_OPTIONAL, tag_expression),
    ROWS_END,
};

static const struct member condition[] = {
    TEXT_ROW("Expression", MEMBER_OPTIONAL, 0, 3000, NULL), ROWS_END};

#define GRANT_ROWS(flag)                                                                          \
    STRUCTURE_ROW("Principal", flag, principal), STRUCTURE_ROW("Resource", flag, resource),       \
        LIST_ROW("Permissions", flag, 0, 0, permission_row),                                      \
        LIST_ROW("PermissionsWithGrantOption", MEMBER_OPTIONAL, 0, 0, permission_row),            \
        STRUCTURE_ROW("Condition", MEMBER_OPTIONAL, condition)

static const struct member grant_input[] = {ACCOUNT_ROW("CatalogId"), GRANT_ROWS(MEMBER_REQUIRED),
                                            ROWS_END};
static const struct member entry[] = {NAMED("Id", MEMBER_REQUIRED), GRANT_ROWS(MEMBER_OPTIONAL),
                                      ROWS_END};
static const struct member entry_row[] = {STRUCTURE_ROW(NULL, MEMBER_OPTIONAL, entry)};
static const struct member batch_input[] = {
    ACCOUNT_ROW("CatalogId"), LIST_ROW("Entries", MEMBER_REQUIRED, 0, 0, entry_row), ROWS_END};
static const struct member list_input[] = {
    ACCOUNT_ROW("CatalogId"),
    STRUCTURE_ROW("Principal", MEMBER_OPTIONAL, principal),
    ENUM_ROW("ResourceType", MEMBER_OPTIONAL, resource_types),
    STRUCTURE_ROW("Resource", MEMBER_OPTIONAL, resource),
    PAGE_ROWS,
    TEXT_ROW("IncludeRelated", MEMBER_OPTIONAL, 1, 5, NULL),
    ROWS_END,
};

static const struct member default_permission[] = {
    STRUCTURE_ROW("Principal", MEMBER_OPTIONAL, principal),
    LIST_ROW("Permissions", MEMBER_OPTIONAL, 0, 0, permission_row), ROWS_END};
static const struct member default_row[] = {
    STRUCTURE_ROW(NULL, MEMBER_OPTIONAL, default_permission)};
static const struct member settings[] = {
    LIST_ROW("DataLakeAdmins", MEMBER_OPTIONAL, 0, 30, principal_row),
    LIST_ROW("ReadOnlyAdmins", MEMBER_OPTIONAL, 0, 30, principal_row),
    LIST_ROW("CreateDatabaseDefaultPermissions", MEMBER_OPTIONAL, 0, 0, default_row),
    LIST_ROW("CreateTableDefaultPermissions", MEMBER_OPTIONAL, 0, 0, default_row),
    MAP_ROW("Parameters", MEMBER_OPTIONAL, 0, 0, parameter_row),
    LIST_ROW("TrustedResourceOwners", MEMBER_OPTIONAL, 0, 0, name_row),
    BOOLEAN_ROW("AllowExternalDataFiltering"),
    BOOLEAN_ROW("AllowFullTableExternalDataAccess"),
    LIST_ROW("ExternalDataFilteringAllowList", MEMBER_OPTIONAL, 0, 30, principal_row),
    LIST_ROW("AuthorizedSessionTagValueList", MEMBER_OPTIONAL, 0, 0, name_row),
    ROWS_END,
};
static const struct member put_settings_input[] = {
    ACCOUNT_ROW("CatalogId"), STRUCTURE_ROW("DataLakeSettings", MEMBER_REQUIRED, settings),
    ROWS_END};
static const struct member get_settings_input[] = {ACCOUNT_ROW("CatalogId"), ROWS_END};

const struct operation lakeformation_operations[] = {
    {.name = "GrantPermissions", .run = grant_permissions, .input = grant_input,
     .note = "catalog, databases, tables, columns, locations; principals are not looked up; the "
             "root user is an administrator"},
    {.name = "RevokePermissions", .run = revoke_permissions, .input = grant_input},
    {.name = "BatchGrantPermissions", .run = batch_grant, .input = batch_input},
    {.name = "BatchRevokePermissions", .run = batch_revoke, .input = batch_input},
    {.name = "ListPermissions", .run = list_permissions, .input = list_input,
     .note = "IncludeRelated is ignored"},
    {.name = "GetDataLakeSettings", .run = get_data_lake_settings, .input = get_settings_input},
    {.name = "PutDataLakeSettings", .run = put_data_lake_settings, .input = put_settings_input,
     .note = "every caller may, as identity policies are not evaluated"},
    {0},
};
