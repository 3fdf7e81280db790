/* The local catalog: databases, tables and partitions as documents of the state store, in the
 * member names of the AWS Glue API (2017-03-31), with Glue's rules and words. Here: what all
 * operations share, databases, opening. */
#include "catalog/internal.h"

#include <ctype.h>
#include <stdlib.h>

enum { NAME_MAX_BYTES = 1020 }; /* 255 characters */

const char kind_database[] = "glue-database";
const char kind_table[] = "glue-table";
const char kind_version[] = "glue-table-version";
const char kind_partition[] = "glue-partition";
const char kind_typed[] = "glue-partition-typed";
const char kind_index[] = "glue-partition-index";
const char kind_statistics[] = "glue-statistics";
const char kind_function[] = "glue-function";

static struct local *local_of(struct catalog *c)
{
    return (struct local *)c;
}

error call_begin(struct call *c, struct catalog *catalog, bool write)
{
    *c = (struct call){.local = local_of(catalog),
                       .need = write ? PERMISSION_ALTER : PERMISSION_DESCRIBE};
    return state_begin(c->local->state, write, &c->txn);
}

/* Ends the call: commits when all went well. */
error call_end(struct call *c, error e)
{
    arena_release(&c->arena);
    if (e == OK) return state_commit(c->txn);
    state_abort(c->txn);
    return e;
}

struct state_key key_of(const struct call *c, const char *kind, const char *name)
{
    return (struct state_key){c->local->account, c->local->region, kind, name};
}

/* ---- names ---- */

error name_fold(struct call *c, const char *what, const char *name, const char **out)
{
    size_t size = name ? strlen(name) : 0;
    if (size == 0 || size > NAME_MAX_BYTES || utf8_valid_prefix(span_of(name)) != size)
        return fail(ERR_INVALID_INPUT, "%s name must have 1 to 255 characters", what);
    char *folded = arena_text(&c->arena, span_of(name));
    for (char *p = folded; *p; p++) {
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            return fail(ERR_INVALID_INPUT, "%s name must be printable", what);
        *p = (char)tolower((unsigned char)*p);
    }
    *out = folded;
    return OK;
}

/* "a", "b" -> "a/b", each encoded; ends at the first NULL. */
const char *path_of(struct call *c, const char *a, const char *b, bool open_end)
{
    struct buffer path = {0};
    percent_encode(&path, span_of(a), false);
    if (b) {
        buffer_append_byte(&path, '/');
        percent_encode(&path, span_of(b), false);
    }
    if (open_end) buffer_append_byte(&path, '/');
    const char *kept = arena_text(&c->arena, buffer_span(&path));
    buffer_release(&path);
    return kept;
}

error table_name_fold(struct call *c, const char *database, const char *table,
                      struct table_name *out)
{
    TRY(name_fold(c, "Database", database, &out->database));
    TRY(name_fold(c, "Table", table, &out->table));
    out->path = path_of(c, out->database, out->table, false);
    out->prefix = path_of(c, out->database, out->table, true);
    return OK;
}

/* ---- reading ---- */

error database_read(struct call *c, const char *database, json_t **out)
{
    error e = state_get(c->txn, key_of(c, kind_database, path_of(c, database, NULL, false)), out);
    return e == ERR_NOT_FOUND ? fail(ERR_ENTITY_NOT_FOUND, "Database %s not found.", database) : e;
}

error database_require(struct call *c, const char *database)
{
    json_t *document;
    TRY(database_read(c, database, &document));
    json_decref(document);
    return OK;
}

error table_read(struct call *c, const struct table_name *name, json_t **out)
{
    json_t *found;
    error e = state_get(c->txn, key_of(c, kind_table, name->path), &found);
    if (e == OK) {
        e = guard(c, c->need, name->database, name->table);
        if (e == OK) *out = found;
        else json_decref(found);
        return e;
    }
    if (e != ERR_NOT_FOUND) return e;
    TRY(database_require(c, name->database));
    return fail(ERR_ENTITY_NOT_FOUND, "Table %s not found.", name->table);
}

error table_require(struct call *c, const struct table_name *name)
{
    json_t *document;
    TRY(table_read(c, name, &document));
    json_decref(document);
    return OK;
}

static error local_get_database(struct catalog *catalog, const char *database, json_t **out)
{
    struct call c;
    TRY(call_begin(&c, catalog, false));
    const char *name;
    error e = name_fold(&c, "Database", database, &name);
    json_t *found = NULL;
    if (e == OK) e = database_read(&c, name, &found);
    if (e == OK) e = guard(&c, PERMISSION_DESCRIBE, name, NULL);
    if (e == OK) *out = found;
    else json_decref(found);
    return call_end(&c, e);
}

/* ---- writing documents ---- */

error catalog_document_put(struct call *c, const char *kind, const char *path, json_t *document)
{
    return state_put(c->txn, key_of(c, kind, path), document);
}

/* A copy of the input's members. */
error input_copy(const json_t *input, json_t **out)
{
    if (!json_is_object(input)) return fail(ERR_INVALID_INPUT, "the input must be a structure");
    *out = json_deep_copy(input);
    CHECK(*out);
    return OK;
}

static error database_write(struct call *c, const json_t *input, const char *name,
                            const json_t *old)
{
    json_t *document = NULL;
    TRY(input_copy(input, &document));
    member_set_text(document, "Name", name);
    member_set_text(document, "CatalogId", c->local->account);
    member_set(document, "CreateTime", json_timestamp(now_us()));
    member_keep(document, old, "CreateTime");
    if (!json_object_get(document, "CreateTableDefaultPermissions"))
        member_keep(document, old, "CreateTableDefaultPermissions");
    error e = json_object_get(document, "TargetDatabase") ? OK : guard_table_defaults(c, document);
    if (e == OK)
        e = catalog_document_put(c, kind_database, path_of(c, name, NULL, false), document);
    json_decref(document);
    return e;
}

static error create_database_in(struct call *c, const json_t *input)
{
    const char *name;
    json_t *old;
    TRY(name_fold(c, "Database", json_text(input, "Name"), &name));
    error e = database_read(c, name, &old);
    if (e == OK) {
        json_decref(old);
        return fail(ERR_ALREADY_EXISTS, "Database already exists.");
    }
    if (e != ERR_ENTITY_NOT_FOUND) return e;
    TRY(guard(c, PERMISSION_CREATE_DATABASE, NULL, NULL));
    TRY(database_write(c, input, name, NULL));
    return guard_created(c, name, NULL, NULL);
}

static error local_create_database(struct catalog *catalog, const json_t *input)
{
    struct call c;
    TRY(call_begin(&c, catalog, true));
    return call_end(&c, create_database_in(&c, input));
}

/* An update names its object twice; the names must agree. */
error same_name_check(struct call *c, const char *what, const char *name,
                      const json_t *input)
{
    const char *other;
    if (!json_text(input, "Name")) return OK;
    TRY(name_fold(c, what, json_text(input, "Name"), &other));
    if (strcmp(name, other) == 0) return OK;
    return fail(ERR_INVALID_INPUT, "%s %s cannot be renamed to %s.", what, name, other);
}

static error update_database_in(struct call *c, const char *database, const json_t *input)
{
    const char *name;
    json_t *old;
    TRY(name_fold(c, "Database", database, &name));
    TRY(same_name_check(c, "Database", name, input));
    TRY(database_read(c, name, &old));
    error allowed = guard(c, PERMISSION_ALTER, name, NULL);
    if (allowed != OK) {
        json_decref(old);
        return allowed;
    }
    error e = database_write(c, input, name, old);
    json_decref(old);
    return e;
}

error catalog_update_database(struct catalog *catalog, const char *database, const json_t *input)
{
    struct call c;
    TRY(call_begin(&c, catalog, true));
    return call_end(&c, update_database_in(&c, database, input));
}

/* ---- deleting and listing ---- */

struct deletion {
    struct call *call;
    const char *kind;
    error e;
};

static bool delete_one(void *context, const char *name, json_t *document)
{
    struct deletion *d = context;
    (void)document;
    d->e = state_delete(d->call->txn, key_of(d->call, d->kind, name));
    return d->e == OK;
}

error documents_delete(struct call *c, const char *kind, const char *prefix)
{
    struct deletion d = {c, kind, OK};
    TRY(state_scan(c->txn, key_of(c, kind, prefix), NULL, delete_one, &d));
    return d.e;
}

error documents_scan(struct call *c, const char *kind, const char *prefix, const char *after,
                     catalog_each *each, void *context)
{
    return state_scan(c->txn, key_of(c, kind, prefix), after, each, context);
}

static error delete_database_in(struct call *c, const char *database)
{
    const char *name;
    TRY(name_fold(c, "Database", database, &name));
    TRY(database_require(c, name));
    TRY(guard(c, PERMISSION_DROP, name, NULL));
    const char *prefix = path_of(c, name, NULL, true);
    static const char *const kinds[] = {kind_partition, kind_typed, kind_version, kind_index,
                                        kind_statistics, kind_function, kind_table};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        TRY(documents_delete(c, kinds[i], prefix));
    return state_delete(c->txn, key_of(c, kind_database, path_of(c, name, NULL, false)));
}

error catalog_delete_database(struct catalog *catalog, const char *database)
{
    struct call c;
    TRY(call_begin(&c, catalog, true));
    return call_end(&c, delete_database_in(&c, database));
}


error catalog_scan_databases(struct catalog *catalog, const char *after, catalog_each *each,
                             void *context)
{
    struct call c;
    TRY(call_begin(&c, catalog, false));
    return call_end(&c, guard_scan(&c, false, "", after, each, context));
}

/* ---- as any catalog ---- */

struct all_tables {
    bool (*each)(void *context, json_t *table);
    void *context;
};

static bool each_table(void *context, const char *name, json_t *document)
{
    const struct all_tables *all = context;
    (void)name;
    return all->each(all->context, document);
}

static error local_tables(struct catalog *catalog, bool (*each)(void *context, json_t *table),
                          void *context)
{
    struct all_tables all = {each, context};
    return catalog_scan_all_tables(catalog, NULL, each_table, &all);
}

static void keep_failure(void *context, const json_t *item, error e, json_t *document)
{
    (void)item, (void)document;
    if (e != OK && e != ERR_ENTITY_NOT_FOUND) *(error *)context = e;
}

static error local_remove_partition(struct catalog *catalog, const char *database,
                                    const char *table, const json_t *values)
{
    error failure = OK;
    json_t *items = json_pack("[{s:O}]", "Values", values);
    error e = catalog_change_partitions(catalog, database, table, PARTITION_DELETE, items,
                                        keep_failure, &failure);
    json_decref(items);
    return e == OK ? failure : e;
}

/* ---- opening ---- */

static void local_close(struct catalog *catalog)
{
    struct local *l = local_of(catalog);
    if (l->borrowed) return;
    free((char *)l->account);
    free((char *)l->region);
    free(l);
}

const struct catalog_ops local_ops = {
    .get_database = local_get_database,
    .get_table = local_get_table,
    .create_database = local_create_database,
    .create_table = local_create_table,
    .update_table = local_update_table,
    .add_partitions = local_add_partitions,
    .partitions = local_partitions,
    .tables = local_tables,
    .remove_partition = local_remove_partition,
    .move_partition = local_move_partition,
    .close = local_close,
};

error catalog_open_local(struct state *state, const char *account, const char *region,
                         struct catalog **out)
{
    struct local *l = must_alloc(sizeof *l);
    *l = (struct local){{&local_ops}, state, must_strdup(account), must_strdup(region), NULL,
                        false};
    *out = &l->catalog;
    return OK;
}

struct catalog *catalog_local_in(struct arena *arena, struct state *state, const char *account,
                                 const char *region)
{
    struct local *l = ARENA_NEW(arena, struct local);
    *l = (struct local){{&local_ops}, state, account, region, NULL, true};
    return &l->catalog;
}
