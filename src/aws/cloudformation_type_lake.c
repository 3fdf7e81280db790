/* AWS::LakeFormation types over the operations of Lake Formation. */
#include "aws/cloudformation.h"

static error run(struct resource *r, const char *operation, json_t *input)
{
    return resource_call(r, "lakeformation", operation, input, NULL);
}

static void carry_as(json_t *to, const json_t *from, const char *property, const char *member)
{
    json_t *value = json_object_get(from, property);
    if (value) json_object_set(to, member, value);
}

/* ---- settings of the data lake ---- */

static const struct { const char *property, *member; } settings[] = {
    {"Admins", "DataLakeAdmins"},
    {"CreateDatabaseDefaultPermissions", "CreateDatabaseDefaultPermissions"},
    {"CreateTableDefaultPermissions", "CreateTableDefaultPermissions"},
    {"Parameters", "Parameters"},
    {"TrustedResourceOwners", "TrustedResourceOwners"},
    {"AllowExternalDataFiltering", "AllowExternalDataFiltering"},
    {"AllowFullTableExternalDataAccess", "AllowFullTableExternalDataAccess"},
    {"ExternalDataFilteringAllowList", "ExternalDataFilteringAllowList"},
    {"AuthorizedSessionTagValueList", "AuthorizedSessionTagValueList"},
};

static error settings_get(struct resource *r, json_t **out)
{
    json_t *output;
    TRY(resource_call(r, "lakeformation", "GetDataLakeSettings", json_object(), &output));
    *out = json_deep_copy(json_object_get(output, "DataLakeSettings"));
    json_decref(output);
    return OK;
}

static bool list_has(const json_t *list, const json_t *wanted)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (json_equal(json_array_get(list, i), wanted)) return true;
    return false;
}

static json_t *without(const json_t *list, const json_t *gone)
{
    json_t *out = json_array();
    for (size_t i = 0; i < json_array_size(list); i++)
        if (!list_has(gone, json_array_get(list, i))) json_array_append(out, json_array_get(list, i));
    return out;
}

/* The administrators without `gone` and with `more`. */
static json_t *admins_of(const json_t *now, const json_t *gone, const json_t *more)
{
    json_t *out = without(now, gone);
    for (size_t i = 0; i < json_array_size(more); i++)
        if (!list_has(out, json_array_get(more, i))) json_array_append(out, json_array_get(more, i));
    return out;
}

static error put_settings(struct resource *r)
{
    const char *mutation = resource_text(r, "MutationType");
    json_t *now;
    r->made = true;
    TRY(settings_get(r, &now));
    json_t *admins = admins_of(json_object_get(now, "DataLakeAdmins"),
                               json_object_get(r->before, "Admins"),
                               json_object_get(r->properties, "Admins"));
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        carry_as(now, r->properties, settings[i].property, settings[i].member);
    if (mutation && strcmp(mutation, "APPEND") == 0) json_object_set(now, "DataLakeAdmins", admins);
    json_decref(admins);
    return run(r, "PutDataLakeSettings", json_pack("{s:o}", "DataLakeSettings", now));
}

/* Takes its administrators out; everything else stays as it is. */
static error remove_settings(struct resource *r)
{
    json_t *now;
    TRY(settings_get(r, &now));
    json_object_set_new(now, "DataLakeAdmins", admins_of(json_object_get(now, "DataLakeAdmins"),
                                                         json_object_get(r->properties, "Admins"), NULL));
    return run(r, "PutDataLakeSettings", json_pack("{s:o}", "DataLakeSettings", now));
}

/* ---- permissions of a principal ---- */

static void identify_permissions(struct resource *r)
{
    r->id = arena_printf(r->call->arena, "%s|%s",
                         resource_document(r, json_object_get(r->properties, "Resource")),
                         resource_document(r, json_object_get(r->properties, "Principal")));
}

static json_t *grant_of(const struct resource *r)
{
    json_t *input = json_object();
    static const char *const members[] = {"Principal", "Resource", "Permissions",
                                          "PermissionsWithGrantOption"};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        carry_as(input, r->properties, members[i], members[i]);
    carry_as(input, r->properties, "Catalog", "CatalogId");
    return input;
}

static error grant(struct resource *r)
{
    TRY(run(r, "GrantPermissions", grant_of(r)));
    r->made = true;
    resource_set(r, "PrincipalIdentifier", "%s",
                 resource_document(r, json_object_get(r->properties, "Principal")));
    resource_set(r, "ResourceIdentifier", "%s",
                 resource_document(r, json_object_get(r->properties, "Resource")));
    return OK;
}

/* What somebody took back before is as good. */
static error revoke_input(struct resource *r, json_t *input)
{
    error e = run(r, "RevokePermissions", input);
    return e == ERR_INVALID_INPUT && strstr(error_text(), "o permissions") ? OK : e;
}

static error revoke(struct resource *r)
{
    return revoke_input(r, grant_of(r));
}

/* Takes back what `input`, a grant of the properties as they are to be, no longer gives. */
static error revoke_gone(struct resource *r, json_t *input)
{
    static const char *const lists[] = {"Permissions", "PermissionsWithGrantOption"};
    size_t gone = 0;
    for (int i = 0; i < 2; i++) {
        json_t *left = without(json_object_get(r->before, lists[i]), json_object_get(r->properties, lists[i]));
        gone += json_array_size(left);
        json_object_set_new(input, lists[i], left);
    }
    if (gone) return revoke_input(r, input);
    json_decref(input);
    return OK;
}

static error regrant(struct resource *r)
{
    TRY(grant(r));
    return revoke_gone(r, grant_of(r));
}

/* ---- the older form of permissions ---- */

static json_t *older_of(const struct resource *r)
{
    static const struct { const char *ours, *member; } kinds[] = {
        {"DatabaseResource", "Database"}, {"TableResource", "Table"},
        {"TableWithColumnsResource", "TableWithColumns"}, {"DataLocationResource", "DataLocation"}};
    const json_t *given = json_object_get(r->properties, "Resource");
    json_t *input = json_object(), *resource = json_object();
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        carry_as(resource, given, kinds[i].ours, kinds[i].member);
    json_t *location = json_object_get(resource, "DataLocation");
    if (location) {
        json_t *copy = json_object();
        carry_as(copy, location, "S3Resource", "ResourceArn");
        carry_as(copy, location, "CatalogId", "CatalogId");
        json_object_set_new(resource, "DataLocation", copy);
    }
    json_object_set_new(input, "Resource", resource);
    carry_as(input, r->properties, "DataLakePrincipal", "Principal");
    carry_as(input, r->properties, "Permissions", "Permissions");
    carry_as(input, r->properties, "PermissionsWithGrantOption", "PermissionsWithGrantOption");
    return input;
}

static error grant_older(struct resource *r)
{
    TRY(run(r, "GrantPermissions", older_of(r)));
    r->made = true;
    return OK;
}

static error regrant_older(struct resource *r)
{
    TRY(grant_older(r));
    return revoke_gone(r, older_of(r));
}

static error revoke_older(struct resource *r)
{
    return revoke_input(r, older_of(r));
}

/* ---- registered locations ---- */

static json_t *located(const struct resource *r)
{
    return json_pack("{s:s}", "ResourceArn", r->id);
}

static error register_location(struct resource *r)
{
    TRY(run(r, "RegisterResource", json_deep_copy(r->properties)));
    r->made = true;
    return OK;
}

static error update_location(struct resource *r)
{
    json_t *input = located(r);
    carry_as(input, r->properties, "RoleArn", "RoleArn");
    carry_as(input, r->properties, "WithFederation", "WithFederation");
    carry_as(input, r->properties, "HybridAccessEnabled", "HybridAccessEnabled");
    return run(r, "UpdateResource", input);
}

static error deregister_location(struct resource *r)
{
    return run(r, "DeregisterResource", located(r));
}

static error read_location(struct resource *r)
{
    return run(r, "DescribeResource", located(r));
}

/* ---- rows ---- */

#define TEXT(name, flag) TEXT_ROW(name, flag, 0, 0, NULL)
static const struct member text_row[] = {TEXT(NULL, MEMBER_OPTIONAL)};
static const struct member principal[] = {TEXT("DataLakePrincipalIdentifier", MEMBER_REQUIRED), ROWS_END};
static const struct member principal_row[] = {STRUCTURE_ROW(NULL, MEMBER_OPTIONAL, principal)};
static const struct member default_rows[] = {
    STRUCTURE_ROW("Principal", MEMBER_REQUIRED, principal),
    LIST_ROW("Permissions", MEMBER_REQUIRED, 0, 0, text_row), ROWS_END};
static const struct member default_row[] = {STRUCTURE_ROW(NULL, MEMBER_OPTIONAL, default_rows)};
static const struct member any_rows[] = {{.name = NULL, .type = MEMBER_ANY}};
static const struct member settings_rows[] = {
    LIST_ROW("Admins", MEMBER_OPTIONAL, 0, 0, principal_row),
    LIST_ROW("CreateDatabaseDefaultPermissions", MEMBER_OPTIONAL, 0, 0, default_row),
    LIST_ROW("CreateTableDefaultPermissions", MEMBER_OPTIONAL, 0, 0, default_row),
    MAP_ROW("Parameters", MEMBER_OPTIONAL, 0, 0, any_rows),
    LIST_ROW("TrustedResourceOwners", MEMBER_OPTIONAL, 0, 0, text_row),
    BOOLEAN_ROW("AllowExternalDataFiltering"), BOOLEAN_ROW("AllowFullTableExternalDataAccess"),
    LIST_ROW("ExternalDataFilteringAllowList", MEMBER_OPTIONAL, 0, 0, principal_row),
    LIST_ROW("AuthorizedSessionTagValueList", MEMBER_OPTIONAL, 0, 0, text_row),
    TEXT("MutationType", MEMBER_OPTIONAL), ROWS_END};

static const struct member nothing[] = {ROWS_END};
#define CATALOG TEXT("CatalogId", MEMBER_OPTIONAL)
static const struct member database[] = {CATALOG, TEXT("Name", MEMBER_REQUIRED), ROWS_END};
static const struct member table[] = {
    CATALOG, TEXT("DatabaseName", MEMBER_REQUIRED), TEXT("Name", MEMBER_OPTIONAL),
    STRUCTURE_ROW("TableWildcard", MEMBER_OPTIONAL, nothing), ROWS_END};
static const struct member wildcard[] = {
    LIST_ROW("ExcludedColumnNames", MEMBER_OPTIONAL, 0, 0, text_row), ROWS_END};
static const struct member columns[] = {
    CATALOG, TEXT("DatabaseName", MEMBER_REQUIRED), TEXT("Name", MEMBER_REQUIRED),
    LIST_ROW("ColumnNames", MEMBER_OPTIONAL, 0, 0, text_row),
    STRUCTURE_ROW("ColumnWildcard", MEMBER_OPTIONAL, wildcard), ROWS_END};
static const struct member location[] = {CATALOG, TEXT("ResourceArn", MEMBER_REQUIRED), ROWS_END};
static const struct member older_location[] = {CATALOG, TEXT("S3Resource", MEMBER_REQUIRED), ROWS_END};
static const struct member resource_rows[] = {
    STRUCTURE_ROW("Catalog", MEMBER_OPTIONAL, nothing),
    STRUCTURE_ROW("Database", MEMBER_OPTIONAL, database),
    STRUCTURE_ROW("Table", MEMBER_OPTIONAL, table),
    STRUCTURE_ROW("TableWithColumns", MEMBER_OPTIONAL, columns),
    STRUCTURE_ROW("DataLocation", MEMBER_OPTIONAL, location), ROWS_END};
static const struct member permissions_rows[] = {
    TEXT("Catalog", MEMBER_OPTIONAL), STRUCTURE_ROW("Principal", MEMBER_REQUIRED, principal),
    STRUCTURE_ROW("Resource", MEMBER_REQUIRED, resource_rows),
    LIST_ROW("Permissions", MEMBER_REQUIRED, 0, 0, text_row),
    LIST_ROW("PermissionsWithGrantOption", MEMBER_REQUIRED, 0, 0, text_row), ROWS_END};
static const struct member older_resource[] = {
    STRUCTURE_ROW("DatabaseResource", MEMBER_OPTIONAL, database),
    STRUCTURE_ROW("TableResource", MEMBER_OPTIONAL, table),
    STRUCTURE_ROW("TableWithColumnsResource", MEMBER_OPTIONAL, columns),
    STRUCTURE_ROW("DataLocationResource", MEMBER_OPTIONAL, older_location), ROWS_END};
static const struct member older_rows[] = {
    STRUCTURE_ROW("DataLakePrincipal", MEMBER_REQUIRED, principal),
    STRUCTURE_ROW("Resource", MEMBER_REQUIRED, older_resource),
    LIST_ROW("Permissions", MEMBER_OPTIONAL, 0, 0, text_row),
    LIST_ROW("PermissionsWithGrantOption", MEMBER_OPTIONAL, 0, 0, text_row), ROWS_END};
static const struct member location_rows[] = {
    TEXT("ResourceArn", MEMBER_REQUIRED), TEXT("RoleArn", MEMBER_OPTIONAL),
    {.name = "UseServiceLinkedRole", .type = MEMBER_BOOLEAN, .flags = MEMBER_REQUIRED},
    BOOLEAN_ROW("WithFederation"), BOOLEAN_ROW("HybridAccessEnabled"), ROWS_END};
static const char *const permissions_attributes[] = {"PrincipalIdentifier", "ResourceIdentifier", NULL};
static const char *const permissions_replaced[] = {"Catalog", "Principal", "Resource", NULL};
static const char *const older_replaced[] = {"DataLakePrincipal", "Resource", NULL};
static const char *const location_replaced[] = {"ResourceArn", "UseServiceLinkedRole", NULL};

const struct resource_type lake_types[] = {
    {.name = "AWS::LakeFormation::DataLakeSettings", .properties = settings_rows,
     .create = put_settings, .update = put_settings, .remove = remove_settings},
    {.name = "AWS::LakeFormation::PrincipalPermissions", .properties = permissions_rows,
     .attributes = permissions_attributes, .identify = identify_permissions,
     .replaced_by = permissions_replaced, .create = grant, .update = regrant, .remove = revoke},
    {.name = "AWS::LakeFormation::Permissions", .properties = older_rows,
     .replaced_by = older_replaced, .create = grant_older, .update = regrant_older,
     .remove = revoke_older},
    {.name = "AWS::LakeFormation::Resource", .properties = location_rows, .named_by = "ResourceArn",
     .replaced_by = location_replaced, .create = register_location, .update = update_location,
     .remove = deregister_location, .read = read_location},
    {0},
};
