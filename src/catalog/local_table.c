/* Tables of the local catalog, and the versions that updates leave behind. */
#include "catalog/internal.h"

#include <stdlib.h>

#define VERSION_NUMBERS 9999999999LL /* names of versions have ten digits */

error local_get_table(struct catalog *catalog, const char *database, const char *table,
                      json_t **out)
{
    struct call c;
    TRY(call_begin(&c, catalog, false));
    struct table_name name;
    error e = table_name_fold(&c, database, table, &name);
    json_t *found = NULL;
    if (e == OK) e = table_read(&c, &name, &found);
    if (e == OK) e = guard_columns(&c, found);
    if (e == OK) *out = found;
    else json_decref(found);
    return call_end(&c, e);
}

/* ---- writing ---- */

static error table_write(struct call *c, const struct table_name *name, const json_t *input,
                         const json_t *old)
{
    json_t *document = NULL;
    int64_t now = now_us();
    const char *version = json_text(old, "VersionId");
    TRY(input_copy(input, &document));
    member_set_text(document, "Name", name->table);
    member_set_text(document, "DatabaseName", name->database);
    member_set(document, "CreateTime", json_timestamp(now));
    member_set(document, "UpdateTime", json_timestamp(now));
    member_set_text(document, "CreatedBy",
                    c->local->principal
                        ? c->local->principal
                        : arena_printf(&c->arena, "arn:aws:iam::%s:root", c->local->account));
    member_set(document, "IsRegisteredWithLakeFormation", json_false());
    member_set_text(document, "CatalogId", c->local->account);
    member_set_text(document, "VersionId",
                    old ? arena_printf(&c->arena, "%lld", version ? atoll(version) + 1 : 1) : "0");
    member_keep(document, old, "CreateTime");
    member_keep(document, old, "CreatedBy");
    member_keep(document, old, "IsRegisteredWithLakeFormation");
    error e = catalog_document_put(c, kind_table, name->path, document);
    json_decref(document);
    return e;
}

static error table_add(struct call *c, const struct table_name *name, const json_t *input,
                       const json_t *database)
{
    json_t *old;
    c->need = 0; /* of the table that may stand there already */
    error e = table_read(c, name, &old);
    if (e == OK) {
        json_decref(old);
        return fail(ERR_ALREADY_EXISTS, "Table already exists.");
    }
    if (e != ERR_ENTITY_NOT_FOUND) return e;
    TRY(guard(c, PERMISSION_CREATE_TABLE, name->database, NULL));
    TRY(guard_location(c, input));
    TRY(table_write(c, name, input, NULL));
    return guard_created(c, name->database, name->table, database);
}

static error create_table_in(struct call *c, const char *database, const json_t *input)
{
    struct table_name name;
    json_t *document;
    TRY(table_name_fold(c, database, json_text(input, "Name"), &name));
    TRY(database_read(c, name.database, &document));
    error e = table_add(c, &name, input, document);
    json_decref(document);
    return e;
}

static error create_with_indexes(struct call *c, const char *database, const json_t *input,
                                 const json_t *indexes)
{
    size_t i;
    json_t *index;
    TRY(create_table_in(c, database, input));
    json_array_foreach(indexes, i, index)
        TRY(index_create(c, database, json_text(input, "Name"), index));
    return OK;
}

error catalog_create_table(struct catalog *catalog, const char *database, const json_t *input,
                           const json_t *indexes)
{
    struct call c;
    TRY(call_begin(&c, catalog, true));
    return call_end(&c, create_with_indexes(&c, database, input, indexes));
}

error local_create_table(struct catalog *catalog, const char *database, const json_t *input)
{
    return catalog_create_table(catalog, database, input, NULL);
}

/* DB/TABLE/N, counting down. */
static const char *version_path(struct call *c, const struct table_name *name, const char *version)
{
    return arena_printf(&c->arena, "%s%010lld", name->prefix, VERSION_NUMBERS - atoll(version));
}

struct table_update {
    const char *version; /* that must be the current one; NULL: any */
    bool archive;
};

static error table_replace(struct call *c, const struct table_name *name, const json_t *input,
                           json_t *old, struct table_update update)
{
    const char *current = json_text(old, "VersionId");
    if (update.version && strcmp(update.version, current) != 0)
        return fail(ERR_CONCURRENT_MODIFICATION,
                    "Update table failed due to concurrent modifications.");
    if (update.archive)
        TRY(catalog_document_put(c, kind_version, version_path(c, name, current), old));
    TRY(partitions_retype(c, name, json_object_get(old, "PartitionKeys"),
                          json_object_get(input, "PartitionKeys")));
    return table_write(c, name, input, old);
}

static error update_table_in(struct call *c, const char *database, const char *table,
                             const json_t *input, struct table_update update)
{
    struct table_name name;
    json_t *old;
    TRY(table_name_fold(c, database, table, &name));
    TRY(same_name_check(c, "Table", name.table, input));
    TRY(table_read(c, &name, &old));
    error e = table_replace(c, &name, input, old, update);
    json_decref(old);
    return e;
}

error catalog_update_table(struct catalog *catalog, const char *database, const char *table,
                           const json_t *input, const char *version, bool archive)
{
    struct call c;
    TRY(call_begin(&c, catalog, true));
    return call_end(&c, update_table_in(&c, database, table, input,
                                        (struct table_update){version, archive}));
}

error local_update_table(struct catalog *catalog, const char *database, const char *table,
                         const json_t *input)
{
    return catalog_update_table(catalog, database, table, input, NULL, true);
}

/* ---- deleting ---- */

static error delete_table_in(struct call *c, const char *database, const char *table)
{
    static const char *const kinds[] = {kind_partition, kind_typed, kind_version, kind_index,
                                        kind_statistics};
    struct table_name name;
    c->need = PERMISSION_DROP;
    TRY(table_name_fold(c, database, table, &name));
    TRY(table_require(c, &name));
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        TRY(documents_delete(c, kinds[i], name.prefix));
    return state_delete(c->txn, key_of(c, kind_table, name.path));
}

error catalog_delete_table(struct catalog *catalog, const char *database, const char *table)
{
    struct call c;
    TRY(call_begin(&c, catalog, true));
    return call_end(&c, delete_table_in(&c, database, table));
}

/* ---- listing ---- */

static error scan_tables_in(struct call *c, const char *database, const char *after,
                            catalog_each *each, void *context)
{
    const char *name;
    TRY(name_fold(c, "Database", database, &name));
    TRY(database_require(c, name));
    return guard_scan(c, true, path_of(c, name, NULL, true), after, each, context);
}

error catalog_scan_tables(struct catalog *catalog, const char *database, const char *after,
                          catalog_each *each, void *context)
{
    struct call c;
    TRY(call_begin(&c, catalog, false));
    return call_end(&c, scan_tables_in(&c, database, after, each, context));
}

error catalog_scan_all_tables(struct catalog *catalog, const char *after, catalog_each *each,
                              void *context)
{
    struct call c;
    TRY(call_begin(&c, catalog, false));
    return call_end(&c, guard_scan(&c, true, "", after, each, context));
}

/* ---- versions ---- */

static error version_unknown(const char *version)
{
    return fail(ERR_ENTITY_NOT_FOUND, "Table version %s not found.", version);
}

static error version_check(const char *version)
{
    int64_t number;
    if (parse_int64(span_of(version), &number) && number >= 0 && number <= VERSION_NUMBERS)
        return OK;
    return fail(ERR_INVALID_INPUT, "version ID %s must be an integer of at least 0", version);
}

static error version_read(struct call *c, const struct table_name *name, const char *version,
                          json_t **out)
{
    json_t *table;
    TRY(table_read(c, name, &table));
    if (!version || strcmp(json_text(table, "VersionId"), version) == 0) {
        *out = table;
        return OK;
    }
    json_decref(table);
    TRY(version_check(version));
    error e = state_get(c->txn, key_of(c, kind_version, version_path(c, name, version)), out);
    return e == ERR_NOT_FOUND ? version_unknown(version) : e;
}

error catalog_get_version(struct catalog *catalog, const char *database, const char *table,
                          const char *version, json_t **out)
{
    struct call c;
    struct table_name name;
    TRY(call_begin(&c, catalog, false));
    error e = table_name_fold(&c, database, table, &name);
    if (e == OK) e = version_read(&c, &name, version, out);
    return call_end(&c, e);
}

static error delete_version_in(struct call *c, const char *database, const char *table,
                               const char *version)
{
    struct table_name name;
    json_t *current;
    TRY(table_name_fold(c, database, table, &name));
    TRY(table_read(c, &name, &current));
    bool same = strcmp(json_text(current, "VersionId"), version) == 0;
    json_decref(current);
    if (same) return fail(ERR_INVALID_INPUT, "The current version of a table cannot be deleted.");
    TRY(version_check(version));
    error e = state_delete(c->txn, key_of(c, kind_version, version_path(c, &name, version)));
    return e == ERR_NOT_FOUND ? version_unknown(version) : e;
}

error catalog_delete_version(struct catalog *catalog, const char *database, const char *table,
                             const char *version)
{
    struct call c;
    TRY(call_begin(&c, catalog, true));
    return call_end(&c, delete_version_in(&c, database, table, version));
}

/* The current one stands before all others: its name is its number's, as if it were archived. */
static error scan_versions_in(struct call *c, const struct table_name *name, const char *after,
                              catalog_each *each, void *context)
{
    json_t *current;
    bool more = true;
    TRY(table_read(c, name, &current));
    const char *path = version_path(c, name, json_text(current, "VersionId"));
    if (!after || strcmp(after, path) < 0) more = each(context, path, current);
    json_decref(current);
    return more ? documents_scan(c, kind_version, name->prefix, after, each, context) : OK;
}

error catalog_scan_versions(struct catalog *catalog, const char *database, const char *table,
                            const char *after, catalog_each *each, void *context)
{
    struct call c;
    struct table_name name;
    TRY(call_begin(&c, catalog, false));
    error e = table_name_fold(&c, database, table, &name);
    if (e == OK) e = scan_versions_in(&c, &name, after, each, context);
    return call_end(&c, e);
}
