/* What hangs on tables, partitions and databases of the local catalog: partition indexes, column
 * statistics, user-defined functions. They vanish with what they hang on. */
#include "catalog/internal.h"

enum { INDEXES_MAX = 3 };

/* The entry of a list whose Name is this one, whatever its case. */
static const json_t *named_in(const json_t *list, const char *name)
{
    size_t i;
    json_t *entry;
    json_array_foreach(list, i, entry)
        if (span_equal_nocase(span_of(json_text(entry, "Name")), span_of(name))) return entry;
    return NULL;
}

/* ---- partition indexes ---- */

/* KeySchemaElements of the index's keys: each a partition key of the table, none twice. */
static error index_keys(const json_t *table, const json_t *index, json_t *out)
{
    size_t i;
    json_t *name;
    json_array_foreach(json_object_get(index, "Keys"), i, name) {
        const char *text = json_string_value(name);
        const json_t *key = named_in(json_object_get(table, "PartitionKeys"), text);
        if (!key)
            return fail(ERR_INVALID_INPUT, "Index key %s is not a partition key of the table.",
                        text);
        if (named_in(out, text))
            return fail(ERR_INVALID_INPUT, "Index key %s is there twice.", text);
        json_array_append_new(out, json_pack("{s:O, s:O*}", "Name", json_object_get(key, "Name"),
                                             "Type", json_object_get(key, "Type")));
    }
    return OK;
}

static bool count_one(void *count, const char *name, json_t *document)
{
    (void)name;
    (void)document;
    ++*(int *)count;
    return true;
}

static error index_write(struct call *c, const struct table_name *table, const json_t *document,
                         const json_t *index)
{
    const char *name = json_text(index, "IndexName");
    const char *path =
        arena_printf(&c->arena, "%s%s", table->prefix, path_of(c, name, NULL, false));
    int count = 0;
    json_t *old;
    error e = state_get(c->txn, key_of(c, kind_index, path), &old);
    if (e == OK) {
        json_decref(old);
        return fail(ERR_ALREADY_EXISTS, "Index %s already exists.", name);
    }
    if (e != ERR_NOT_FOUND) return e;
    TRY(documents_scan(c, kind_index, table->prefix, NULL, count_one, &count));
    if (count >= INDEXES_MAX)
        return fail(ERR_RESOURCE_LIMIT, "A table may have at most %d partition indexes.",
                    INDEXES_MAX);
    json_t *keys = json_array();
    e = index_keys(document, index, keys);
    json_t *entry = json_pack("{s:s, s:o, s:s}", "IndexName", name, "Keys", keys, "IndexStatus",
                              "ACTIVE");
    if (e == OK) e = catalog_document_put(c, kind_index, path, entry);
    json_decref(entry);
    return e;
}

error index_create(struct call *c, const char *database, const char *table, const json_t *index)
{
    struct table_name name;
    json_t *document;
    TRY(table_name_fold(c, database, table, &name));
    TRY(table_read(c, &name, &document));
    error e = index_write(c, &name, document, index);
    json_decref(document);
    return e;
}

error catalog_create_index(struct catalog *catalog, const char *database, const char *table,
                           const json_t *index)
{
    struct call c;
    TRY(call_begin(&c, catalog, true));
    return call_end(&c, index_create(&c, database, table, index));
}

static error delete_index_in(struct call *c, const char *database, const char *table,
                             const char *index)
{
    struct table_name name;
    TRY(table_name_fold(c, database, table, &name));
    TRY(table_require(c, &name));
    const char *path = arena_printf(&c->arena, "%s%s", name.prefix, path_of(c, index, NULL, false));
    error e = state_delete(c->txn, key_of(c, kind_index, path));
    return e == ERR_NOT_FOUND ? fail(ERR_ENTITY_NOT_FOUND, "Index %s not found.", index) : e;
}

error catalog_delete_index(struct catalog *catalog, const char *database, const char *table,
                           const char *index)
{
    struct call c;
    TRY(call_begin(&c, catalog, true));
    return call_end(&c, delete_index_in(&c, database, table, index));
}

error catalog_scan_indexes(struct catalog *catalog, const char *database, const char *table,
                           const char *after, catalog_each *each, void *context)
{
    struct call c;
    struct table_name name;
    TRY(call_begin(&c, catalog, false));
    error e = table_name_fold(&c, database, table, &name);
    if (e == OK) e = table_require(&c, &name);
    if (e == OK) e = documents_scan(&c, kind_index, name.prefix, after, each, context);
    return call_end(&c, e);
}

/* ---- column statistics ---- */

struct place { /* of the statistics of one table or partition */
    struct call call;
    const char *prefix;
    json_t *table;
};

static error place_find(struct place *p, const struct statistics_of *of)
{
    struct table_name table;
    struct partition_name partition;
    TRY(table_name_fold(&p->call, of->database, of->table, &table));
    TRY(table_read(&p->call, &table, &p->table));
    p->prefix = table.prefix;
    if (!of->values) return OK;
    TRY(partition_name_of(&p->call, &table, json_object_get(p->table, "PartitionKeys"), of->values,
                          &partition));
    TRY(partition_require(&p->call, &partition));
    p->prefix = arena_printf(&p->call.arena, "%s/", partition.path);
    return OK;
}

static error place_begin(struct place *p, struct catalog *catalog, bool write,
                         const struct statistics_of *of)
{
    *p = (struct place){0};
    TRY(call_begin(&p->call, catalog, write));
    error e = place_find(p, of);
    if (e == OK) return OK;
    json_decref(p->table);
    return call_end(&p->call, e);
}

static error place_end(struct place *p, error e)
{
    json_decref(p->table);
    return call_end(&p->call, e);
}

static error column_path(struct place *p, const char *column, const char **out)
{
    const char *folded;
    TRY(name_fold(&p->call, "Column", column, &folded));
    *out = arena_printf(&p->call.arena, "%s%s", p->prefix, path_of(&p->call, folded, NULL, false));
    return OK;
}

static error column_unknown(const char *column)
{
    return fail(ERR_ENTITY_NOT_FOUND, "Column %s not found.", column);
}

static error statistics_put(struct place *p, json_t *statistics)
{
    const char *column = json_text(statistics, "ColumnName"), *path;
    const json_t *descriptor = json_object_get(p->table, "StorageDescriptor");
    TRY(column_path(p, column, &path));
    if (!named_in(json_object_get(descriptor, "Columns"), column) &&
        !named_in(json_object_get(p->table, "PartitionKeys"), column))
        return column_unknown(column);
    return catalog_document_put(&p->call, kind_statistics, path, statistics);
}

static bool is_refusal(error e)
{
    return e == ERR_INVALID_INPUT || e == ERR_ENTITY_NOT_FOUND;
}

error catalog_put_statistics(struct catalog *catalog, const struct statistics_of *of,
                             const json_t *list, statistics_outcome *outcome, void *context)
{
    struct place p;
    size_t i;
    json_t *item;
    TRY(place_begin(&p, catalog, true, of));
    json_array_foreach(list, i, item) {
        error e = statistics_put(&p, item);
        if (e != OK && !is_refusal(e)) return place_end(&p, e);
        outcome(context, item, e, NULL);
    }
    return place_end(&p, OK);
}

static error statistics_get(struct place *p, const char *column, json_t **out)
{
    const char *path;
    TRY(column_path(p, column, &path));
    error e = state_get(p->call.txn, key_of(&p->call, kind_statistics, path), out);
    return e == ERR_NOT_FOUND
               ? fail(ERR_ENTITY_NOT_FOUND, "Column statistics of %s not found.", column)
               : e;
}

error catalog_get_statistics(struct catalog *catalog, const struct statistics_of *of,
                             const json_t *names, statistics_outcome *outcome, void *context)
{
    struct place p;
    size_t i;
    json_t *name;
    TRY(place_begin(&p, catalog, false, of));
    json_array_foreach(names, i, name) {
        json_t *document = NULL;
        error e = statistics_get(&p, json_string_value(name), &document);
        if (e != OK && !is_refusal(e)) return place_end(&p, e);
        outcome(context, name, e, document);
        json_decref(document);
    }
    return place_end(&p, OK);
}

static error statistics_delete(struct place *p, const char *column)
{
    const char *path;
    TRY(column_path(p, column, &path));
    error e = state_delete(p->call.txn, key_of(&p->call, kind_statistics, path));
    return e == ERR_NOT_FOUND
               ? fail(ERR_ENTITY_NOT_FOUND, "Column statistics of %s not found.", column)
               : e;
}

error catalog_delete_statistics(struct catalog *catalog, const struct statistics_of *of,
                                const char *column)
{
    struct place p;
    TRY(place_begin(&p, catalog, true, of));
    return place_end(&p, statistics_delete(&p, column));
}

/* ---- user-defined functions ---- */

struct function_name { const char *database, *function, *path; };

static error function_name_fold(struct call *c, const char *database, const char *function,
                                struct function_name *out)
{
    TRY(name_fold(c, "Database", database, &out->database));
    TRY(name_fold(c, "Function", function, &out->function));
    out->path = path_of(c, out->database, out->function, false);
    return OK;
}

static error function_read(struct call *c, const struct function_name *name, json_t **out)
{
    error e = state_get(c->txn, key_of(c, kind_function, name->path), out);
    if (e != ERR_NOT_FOUND) return e;
    TRY(database_require(c, name->database));
    return fail(ERR_ENTITY_NOT_FOUND, "Function %s not found.", name->function);
}

static error function_write(struct call *c, const struct function_name *name, const json_t *input,
                            const json_t *old)
{
    json_t *document;
    TRY(input_copy(input, &document));
    member_set_text(document, "FunctionName", name->function);
    member_set_text(document, "DatabaseName", name->database);
    member_set_text(document, "CatalogId", c->local->account);
    member_set(document, "CreateTime", json_timestamp(now_us()));
    member_keep(document, old, "CreateTime");
    error e = catalog_document_put(c, kind_function, name->path, document);
    json_decref(document);
    return e;
}

static error create_function_in(struct call *c, const char *database, const json_t *input)
{
    struct function_name name;
    json_t *old;
    TRY(function_name_fold(c, database, json_text(input, "FunctionName"), &name));
    TRY(database_require(c, name.database));
    error e = function_read(c, &name, &old);
    if (e == OK) {
        json_decref(old);
        return fail(ERR_ALREADY_EXISTS, "Function already exists.");
    }
    return e == ERR_ENTITY_NOT_FOUND ? function_write(c, &name, input, NULL) : e;
}

error catalog_create_function(struct catalog *catalog, const char *database, const json_t *input)
{
    struct call c;
    TRY(call_begin(&c, catalog, true));
    return call_end(&c, create_function_in(&c, database, input));
}

static error update_function_in(struct call *c, const char *database, const char *function,
                                const json_t *input)
{
    struct function_name name;
    json_t *old;
    TRY(function_name_fold(c, database, function, &name));
    const char *other = json_text(input, "FunctionName");
    if (other && !span_equal_nocase(span_of(other), span_of(name.function)))
        return fail(ERR_INVALID_INPUT, "Function %s cannot be renamed to %s.", name.function,
                    other);
    TRY(function_read(c, &name, &old));
    error e = function_write(c, &name, input, old);
    json_decref(old);
    return e;
}

error catalog_update_function(struct catalog *catalog, const char *database, const char *function,
                              const json_t *input)
{
    struct call c;
    TRY(call_begin(&c, catalog, true));
    return call_end(&c, update_function_in(&c, database, function, input));
}

error catalog_get_function(struct catalog *catalog, const char *database, const char *function,
                           json_t **out)
{
    struct call c;
    struct function_name name;
    TRY(call_begin(&c, catalog, false));
    error e = function_name_fold(&c, database, function, &name);
    if (e == OK) e = function_read(&c, &name, out);
    return call_end(&c, e);
}

static error delete_function_in(struct call *c, const char *database, const char *function)
{
    struct function_name name;
    json_t *old;
    TRY(function_name_fold(c, database, function, &name));
    TRY(function_read(c, &name, &old));
    json_decref(old);
    return state_delete(c->txn, key_of(c, kind_function, name.path));
}

error catalog_delete_function(struct catalog *catalog, const char *database, const char *function)
{
    struct call c;
    TRY(call_begin(&c, catalog, true));
    return call_end(&c, delete_function_in(&c, database, function));
}

static error scan_functions_in(struct call *c, const char *database, const char *after,
                               catalog_each *each, void *context)
{
    const char *name, *prefix = "";
    if (database) {
        TRY(name_fold(c, "Database", database, &name));
        TRY(database_require(c, name));
        prefix = path_of(c, name, NULL, true);
    }
    return documents_scan(c, kind_function, prefix, after, each, context);
}

error catalog_scan_functions(struct catalog *catalog, const char *database, const char *after,
                             catalog_each *each, void *context)
{
    struct call c;
    TRY(call_begin(&c, catalog, false));
    return call_end(&c, scan_functions_in(&c, database, after, each, context));
}
