/* The local catalog asks before it acts: what the principal of a handle needs, operation by
 * operation. A handle without a principal may do everything. */
#include "catalog/internal.h"

void catalog_act_as(struct catalog *catalog, const char *principal)
{
    if (catalog->ops == &local_ops) ((struct local *)catalog)->principal = principal;
}

static struct grant_scope scope_of(struct call *c)
{
    const struct local *l = c->local;
    return (struct grant_scope){.txn = c->txn, .arena = &c->arena, .account = l->account,
                                .region = l->region, .principal = l->principal};
}

error guard(struct call *c, unsigned permissions, const char *database, const char *table)
{
    struct grant_scope scope = scope_of(c);
    if (!permissions || !scope.principal) return OK;
    return grant_require(&scope, permissions,
                         &(struct grant_object){.database = database, .table = table});
}

static error location_require(struct call *c, const char *location)
{
    struct grant_scope scope = scope_of(c);
    if (!location || !scope.principal) return OK;
    return grant_require(&scope, PERMISSION_LOCATION, &(struct grant_object){.location = location});
}

error guard_location(struct call *c, const json_t *table_input)
{
    return location_require(c, json_text(json_object_get(table_input, "StorageDescriptor"),
                                         "Location"));
}

error guard_created(struct call *c, const char *database, const char *table,
                    const json_t *database_document)
{
    struct grant_scope scope = scope_of(c);
    return grant_created(&scope, &(struct grant_object){.database = database, .table = table},
                         database_document);
}

error guard_table_defaults(struct call *c, json_t *database)
{
    struct grant_scope scope = scope_of(c);
    json_t *settings;
    if (json_object_get(database, "CreateTableDefaultPermissions")) return OK;
    TRY(grant_settings(&scope, &settings));
    member_keep(database, settings, "CreateTableDefaultPermissions");
    json_decref(settings);
    return OK;
}

/* ---- tables as the principal may see them ---- */

static bool named(const json_t *names, const char *name)
{
    for (size_t i = 0; name && i < json_array_size(names); i++)
        if (strcmp(json_string_value(json_array_get(names, i)), name) == 0) return true;
    return false;
}

static json_t *column_names(const json_t *table)
{
    const json_t *lists[] = {
        json_object_get(json_object_get(table, "StorageDescriptor"), "Columns"),
        json_object_get(table, "PartitionKeys")};
    json_t *names = json_array();
    for (size_t l = 0; l < 2; l++)
        for (size_t i = 0; i < json_array_size(lists[l]); i++)
            json_array_append(names, json_object_get(json_array_get(lists[l], i), "Name"));
    return names;
}

static void columns_keep(json_t *columns, const json_t *visible)
{
    for (size_t i = json_array_size(columns); i-- > 0;)
        if (!named(visible, json_text(json_array_get(columns, i), "Name")))
            json_array_remove(columns, i);
}

error guard_columns(struct call *c, json_t *table)
{
    struct grant_scope scope = scope_of(c);
    json_t *visible = NULL;
    if (!scope.principal) return OK;
    /* whoever may alter the table must see what is there */
    if (guard(c, PERMISSION_ALTER, json_text(table, "DatabaseName"), json_text(table, "Name")) == OK)
        return OK;
    json_t *names = column_names(table);
    error e = grant_columns(&scope, json_text(table, "DatabaseName"), json_text(table, "Name"),
                            names, &visible);
    json_decref(names);
    if (e == ERR_ACCESS_DENIED) return OK; /* another permission shows the whole table */
    if (e != OK || !visible) return e;
    columns_keep(json_object_get(json_object_get(table, "StorageDescriptor"), "Columns"), visible);
    columns_keep(json_object_get(table, "PartitionKeys"), visible);
    json_decref(visible);
    return OK;
}

/* ---- listings leave out what the principal may not see ---- */

struct showing {
    struct call *call;
    const char *database_member, *table_member; /* of the document: the names */
    catalog_each *each;
    void *context;
    error e;
};

static bool show_one(void *context, const char *name, json_t *document)
{
    struct showing *s = context;
    s->e = guard(s->call, PERMISSION_DESCRIBE, json_text(document, s->database_member),
                 s->table_member ? json_text(document, s->table_member) : NULL);
    if (s->e == ERR_ACCESS_DENIED) {
        s->e = OK;
        return true;
    }
    if (s->e == OK && s->table_member) s->e = guard_columns(s->call, document);
    return s->e == OK && s->each(s->context, name, document);
}

error guard_scan(struct call *c, bool tables, const char *prefix, const char *after,
                 catalog_each *each, void *context)
{
    struct showing s = {c, tables ? "DatabaseName" : "Name", tables ? "Name" : NULL, each, context,
                        OK};
    const char *kind = tables ? kind_table : kind_database;
    if (!c->local->principal) return documents_scan(c, kind, prefix, after, each, context);
    TRY(documents_scan(c, kind, prefix, after, show_one, &s));
    return s.e;
}

/* ---- for engines: reading and writing the rows ---- */

static bool anyone(const struct catalog *catalog)
{
    return !catalog || catalog->ops != &local_ops || !((const struct local *)catalog)->principal;
}

error catalog_require(struct catalog *catalog, unsigned permissions, const char *database,
                      const char *table)
{
    struct call c;
    struct table_name name;
    if (anyone(catalog)) return OK;
    TRY(call_begin(&c, catalog, false));
    error e = table_name_fold(&c, database, table, &name);
    if (e == OK) e = guard(&c, permissions, name.database, name.table);
    return call_end(&c, e);
}

static error target_require(struct call *c, const char *database, const char *table)
{
    struct table_name name;
    json_t *document;
    TRY(table_name_fold(c, database, table, &name));
    c->need = PERMISSION_ALTER | PERMISSION_INSERT;
    error e = table_read(c, &name, &document);
    if (e == OK) json_decref(document);
    if (e != ERR_ENTITY_NOT_FOUND) return e;
    return guard(c, PERMISSION_CREATE_TABLE, name.database, NULL);
}

error catalog_require_target(struct catalog *catalog, const char *database, const char *table,
                             const char *location)
{
    struct call c;
    if (anyone(catalog)) return OK;
    TRY(call_begin(&c, catalog, false));
    error e = location_require(&c, location);
    if (e == OK && table) e = target_require(&c, database, table);
    return call_end(&c, e);
}
