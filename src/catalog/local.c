/* The local catalog: databases, tables and partitions as documents of the state store, in the
 * member names of the AWS Glue API (2017-03-31), with Glue's rules and words.
 *
 *   glue-database         DB                     the Database object
 *   glue-table            DB/TABLE               the Table object
 *   glue-partition        DB/TABLE/V1/V2...      the Partition object
 *   glue-partition-typed  DB/TABLE/C1/C2...      {"Values": [...]} of the partition whose values,
 *                                                integer keys read as numbers, are C1, C2...
 *
 * Names are percent-encoded, so that '/' separates. */
#include "catalog/catalog.h"
#include "state/state.h"

#include <ctype.h>
#include <stdlib.h>

enum { NAME_MAX_BYTES = 255, VALUE_MAX_BYTES = 1024 };

struct local {
    struct catalog catalog; /* first: the door's handle */
    struct state *state;
    const char *account, *region;
    bool borrowed; /* of an arena: close frees nothing */
};

/* One operation: a transaction and the memory for its names. */
struct call {
    struct local *local;
    struct state_txn *txn;
    struct arena arena;
};

static const char kind_database[] = "glue-database";
static const char kind_table[] = "glue-table";
static const char kind_partition[] = "glue-partition";
static const char kind_typed[] = "glue-partition-typed";

static struct local *local_of(struct catalog *c)
{
    return (struct local *)c;
}

static error call_begin(struct call *c, struct catalog *catalog, bool write)
{
    *c = (struct call){.local = local_of(catalog)};
    return state_begin(c->local->state, write, &c->txn);
}

/* Ends the call: commits when all went well. */
static error call_end(struct call *c, error e)
{
    arena_release(&c->arena);
    if (e == OK) return state_commit(c->txn);
    state_abort(c->txn);
    return e;
}

static struct state_key key_of(const struct call *c, const char *kind, const char *name)
{
    return (struct state_key){c->local->account, c->local->region, kind, name};
}

/* ---- names ---- */

static error name_fold(struct call *c, const char *what, const char *name, const char **out)
{
    size_t size = name ? strlen(name) : 0;
    if (size == 0 || size > NAME_MAX_BYTES || utf8_valid_prefix(span_of(name)) != size)
        return fail(ERR_INVALID_INPUT, "%s name must have 1 to %d bytes", what, NAME_MAX_BYTES);
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
static const char *path_of(struct call *c, const char *a, const char *b, bool open_end)
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

struct table_name {
    const char *database, *table;
    const char *path;   /* DB/TABLE */
    const char *prefix; /* DB/TABLE/ */
};

static error table_name_fold(struct call *c, const char *database, const char *table,
                             struct table_name *out)
{
    TRY(name_fold(c, "Database", database, &out->database));
    TRY(name_fold(c, "Table", table, &out->table));
    out->path = path_of(c, out->database, out->table, false);
    out->prefix = path_of(c, out->database, out->table, true);
    return OK;
}

/* ---- reading ---- */

static error database_read(struct call *c, const char *database, json_t **out)
{
    error e = state_get(c->txn, key_of(c, kind_database, path_of(c, database, NULL, false)), out);
    return e == ERR_NOT_FOUND ? fail(ERR_ENTITY_NOT_FOUND, "Database %s not found.", database) : e;
}

static error database_require(struct call *c, const char *database)
{
    json_t *document;
    TRY(database_read(c, database, &document));
    json_decref(document);
    return OK;
}

static error table_read(struct call *c, const struct table_name *name, json_t **out)
{
    error e = state_get(c->txn, key_of(c, kind_table, name->path), out);
    if (e != ERR_NOT_FOUND) return e;
    TRY(database_require(c, name->database));
    return fail(ERR_ENTITY_NOT_FOUND, "Table %s not found.", name->table);
}

static error local_get_database(struct catalog *catalog, const char *database, json_t **out)
{
    struct call c;
    TRY(call_begin(&c, catalog, false));
    const char *name;
    error e = name_fold(&c, "Database", database, &name);
    if (e == OK) e = database_read(&c, name, out);
    return call_end(&c, e);
}

static error local_get_table(struct catalog *catalog, const char *database, const char *table,
                             json_t **out)
{
    struct call c;
    TRY(call_begin(&c, catalog, false));
    struct table_name name;
    error e = table_name_fold(&c, database, table, &name);
    if (e == OK) e = table_read(&c, &name, out);
    return call_end(&c, e);
}

/* ---- writing documents ---- */

static error document_put(struct call *c, const char *kind, const char *path, json_t *document)
{
    return state_put(c->txn, key_of(c, kind, path), document);
}

/* A copy of the input's members. */
static error input_copy(const json_t *input, json_t **out)
{
    if (!json_is_object(input)) return fail(ERR_INVALID_INPUT, "the input must be a structure");
    *out = json_deep_copy(input);
    CHECK(*out);
    return OK;
}

static void set(json_t *object, const char *member, json_t *value)
{
    CHECK(json_object_set_new(object, member, value) == 0);
}

static void set_text(json_t *object, const char *member, const char *text)
{
    set(object, member, json_string(text));
}

/* The member of the document that is replaced lives on. */
static void keep(json_t *document, const json_t *old, const char *member)
{
    json_t *value = json_object_get(old, member);
    if (value) CHECK(json_object_set(document, member, value) == 0);
}

static error database_write(struct call *c, const json_t *input, const char *name,
                            const json_t *old)
{
    json_t *document = NULL;
    TRY(input_copy(input, &document));
    set_text(document, "Name", name);
    set_text(document, "CatalogId", c->local->account);
    set(document, "CreateTime", json_timestamp(now_us()));
    keep(document, old, "CreateTime");
    error e = document_put(c, kind_database, path_of(c, name, NULL, false), document);
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
    return e == ERR_ENTITY_NOT_FOUND ? database_write(c, input, name, NULL) : e;
}

static error local_create_database(struct catalog *catalog, const json_t *input)
{
    struct call c;
    TRY(call_begin(&c, catalog, true));
    return call_end(&c, create_database_in(&c, input));
}

/* An update names its object twice; the names must agree. */
static error same_name_check(struct call *c, const char *what, const char *name,
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

/* ---- tables ---- */

static error table_write(struct call *c, const struct table_name *name, const json_t *input,
                         const json_t *old)
{
    json_t *document = NULL;
    int64_t now = now_us();
    const char *version = json_text(old, "VersionId");
    TRY(input_copy(input, &document));
    set_text(document, "Name", name->table);
    set_text(document, "DatabaseName", name->database);
    set(document, "CreateTime", json_timestamp(now));
    set(document, "UpdateTime", json_timestamp(now));
    set_text(document, "CreatedBy",
             arena_printf(&c->arena, "arn:aws:iam::%s:root", c->local->account));
    set(document, "IsRegisteredWithLakeFormation", json_false());
    set_text(document, "CatalogId", c->local->account);
    set_text(document, "VersionId",
             old ? arena_printf(&c->arena, "%lld", version ? atoll(version) + 1 : 1) : "0");
    keep(document, old, "CreateTime");
    keep(document, old, "CreatedBy");
    keep(document, old, "IsRegisteredWithLakeFormation");
    error e = document_put(c, kind_table, name->path, document);
    json_decref(document);
    return e;
}

static error create_table_in(struct call *c, const char *database, const json_t *input)
{
    struct table_name name;
    json_t *old;
    TRY(table_name_fold(c, database, json_text(input, "Name"), &name));
    TRY(database_require(c, name.database));
    error e = table_read(c, &name, &old);
    if (e == OK) {
        json_decref(old);
        return fail(ERR_ALREADY_EXISTS, "Table already exists.");
    }
    return e == ERR_ENTITY_NOT_FOUND ? table_write(c, &name, input, NULL) : e;
}

static error local_create_table(struct catalog *catalog, const char *database, const json_t *input)
{
    struct call c;
    TRY(call_begin(&c, catalog, true));
    return call_end(&c, create_table_in(&c, database, input));
}

static error update_table_in(struct call *c, const char *database, const char *table,
                             const json_t *input)
{
    struct table_name name;
    json_t *old;
    TRY(table_name_fold(c, database, table, &name));
    TRY(same_name_check(c, "Table", name.table, input));
    TRY(table_read(c, &name, &old));
    error e = table_write(c, &name, input, old);
    json_decref(old);
    return e;
}

static error local_update_table(struct catalog *catalog, const char *database, const char *table,
                                const json_t *input)
{
    struct call c;
    TRY(call_begin(&c, catalog, true));
    return call_end(&c, update_table_in(&c, database, table, input));
}

/* ---- partitions ---- */

static bool type_is_integer(const char *type)
{
    static const char *const names[] = {"tinyint", "smallint", "int", "integer", "bigint",
                                        "byte", "short", "long"};
    for (size_t i = 0; type && i < sizeof names / sizeof *names; i++)
        if (span_equal_nocase(span_of(type), span_of(names[i]))) return true;
    return false;
}

/* "007" -> "7", "-0" -> "0"; anything that is not an integer stays as it is. */
static void value_canonical(struct buffer *out, span value)
{
    span digits = value;
    bool negative = value.size && value.data[0] == '-';
    if (value.size && (negative || value.data[0] == '+')) digits.data++, digits.size--;
    for (size_t i = 0; i < digits.size; i++)
        if (!isdigit((unsigned char)digits.data[i])) digits.size = 0;
    if (digits.size == 0) {
        percent_encode(out, value, false);
        return;
    }
    while (digits.size > 1 && digits.data[0] == '0') digits.data++, digits.size--;
    if (negative && !span_is(digits, "0")) buffer_append_byte(out, '-');
    buffer_append_span(out, digits);
}

struct partition_name {
    const char *path;  /* DB/TABLE/values as they are */
    const char *typed; /* DB/TABLE/values, integer keys as numbers */
    const char *shown; /* "2023, 01": for messages */
};

static error value_check(const json_t *value)
{
    size_t size = json_string_length(value);
    if (!json_is_string(value) || size == 0 || size > VALUE_MAX_BYTES)
        return fail(ERR_INVALID_INPUT, "a partition value must be a text of 1 to %d bytes",
                    VALUE_MAX_BYTES);
    if (strlen(json_string_value(value)) != size)
        return fail(ERR_INVALID_INPUT, "a partition value must not contain NUL");
    return OK;
}

static error values_append(const json_t *keys, const json_t *values, struct buffer *path,
                           struct buffer *typed, struct buffer *shown)
{
    size_t i;
    json_t *value;
    json_array_foreach(values, i, value) {
        TRY(value_check(value));
        span text = {json_string_value(value), json_string_length(value)};
        if (i) buffer_append_byte(path, '/'), buffer_append_byte(typed, '/');
        percent_encode(path, text, false);
        if (type_is_integer(json_text(json_array_get(keys, i), "Type")))
            value_canonical(typed, text);
        else percent_encode(typed, text, false);
        buffer_printf(shown, i ? ", %s" : "%s", text.data);
    }
    return OK;
}

static error partition_name_of(struct call *c, const struct table_name *table, const json_t *keys,
                               const json_t *values, struct partition_name *out)
{
    struct buffer path = {0}, typed = {0}, shown = {0};
    if (!json_is_array(values) || json_array_size(values) != json_array_size(keys))
        return fail(ERR_INVALID_INPUT, "The number of partition keys do not match the number of "
                                       "partition values");
    if (json_array_size(keys) == 0)
        return fail(ERR_INVALID_INPUT, "Table %s is not partitioned.", table->table);
    buffer_append_text(&path, table->prefix);
    buffer_append_text(&typed, table->prefix);
    error e = values_append(keys, values, &path, &typed, &shown);
    if (e == OK)
        *out = (struct partition_name){arena_text(&c->arena, buffer_span(&path)),
                                       arena_text(&c->arena, buffer_span(&typed)),
                                       arena_text(&c->arena, buffer_span(&shown))};
    buffer_release(&path);
    buffer_release(&typed);
    buffer_release(&shown);
    return e;
}

static error partition_write(struct call *c, const struct table_name *table,
                             const struct partition_name *name, const json_t *input,
                             const json_t *old)
{
    json_t *document = NULL;
    TRY(input_copy(input, &document));
    json_t *typed = json_object();
    set_text(document, "DatabaseName", table->database);
    set_text(document, "TableName", table->table);
    set_text(document, "CatalogId", c->local->account);
    set(document, "CreationTime", json_timestamp(now_us()));
    keep(document, old, "CreationTime");
    keep(typed, document, "Values");
    error e = document_put(c, kind_partition, name->path, document);
    if (e == OK) e = document_put(c, kind_typed, name->typed, typed);
    json_decref(document);
    json_decref(typed);
    return e;
}

/* "1" where "01" stands, under an integer key: both would name the same rows. */
static error twin_refuse(struct call *c, const struct partition_name *name, json_t *typed)
{
    struct buffer values = {0};
    size_t i;
    json_t *value;
    json_array_foreach(json_object_get(typed, "Values"), i, value)
        buffer_printf(&values, i ? ", %s" : "%s", json_string_value(value));
    const char *existing = arena_text(&c->arena, buffer_span(&values));
    buffer_release(&values);
    return fail(ERR_ALREADY_EXISTS,
                "Partition already exists: [%s] equals [%s], which the table has, in the types of "
                "its partition keys; both would read the same rows.", name->shown, existing);
}

static error partition_add(struct call *c, const struct table_name *table, const json_t *keys,
                           const json_t *input, bool *existed)
{
    struct partition_name name;
    json_t *old;
    TRY(partition_name_of(c, table, keys, json_object_get(input, "Values"), &name));
    error e = state_get(c->txn, key_of(c, kind_partition, name.path), &old);
    *existed = e == OK;
    if (e == OK) json_decref(old);
    if (e != ERR_NOT_FOUND) return e;
    e = state_get(c->txn, key_of(c, kind_typed, name.typed), &old);
    if (e == OK) {
        e = twin_refuse(c, &name, old);
        json_decref(old);
        return e;
    }
    return e == ERR_NOT_FOUND ? partition_write(c, table, &name, input, NULL) : e;
}

static error add_partitions_in(struct call *c, const char *database, const char *table,
                               const json_t *inputs, int *added, int *existed)
{
    struct table_name name;
    json_t *document, *input;
    size_t i;
    TRY(table_name_fold(c, database, table, &name));
    if (!json_is_array(inputs)) return fail(ERR_INVALID_INPUT, "partitions must be a list");
    TRY(table_read(c, &name, &document));
    error e = OK;
    json_array_foreach(inputs, i, input) {
        bool is_there = false;
        e = partition_add(c, &name, json_object_get(document, "PartitionKeys"), input, &is_there);
        if (e != OK) break;
        ++*(is_there ? existed : added);
    }
    json_decref(document);
    return e;
}

static error local_add_partitions(struct catalog *catalog, const char *database, const char *table,
                                  const json_t *inputs, int *added, int *existed)
{
    struct call c;
    int new = 0, old = 0;
    TRY(call_begin(&c, catalog, true));
    TRY(call_end(&c, add_partitions_in(&c, database, table, inputs, &new, &old)));
    if (added) *added = new;
    if (existed) *existed = old;
    return OK;
}

static bool collect(void *array, const char *name, json_t *document)
{
    (void)name;
    CHECK(json_array_append(array, document) == 0);
    return true;
}

static error partitions_in(struct call *c, const char *database, const char *table, json_t *array)
{
    struct table_name name;
    json_t *document;
    TRY(table_name_fold(c, database, table, &name));
    TRY(table_read(c, &name, &document));
    json_decref(document);
    return state_scan(c->txn, key_of(c, kind_partition, name.prefix), NULL, collect, array);
}

/* Collects first: `each` may take its time, or call the catalog, without a transaction open. */
static error local_partitions(struct catalog *catalog, const char *database, const char *table,
                              bool (*each)(void *context, json_t *partition), void *context)
{
    struct call c;
    json_t *array = json_array(), *partition;
    size_t i;
    error e = call_begin(&c, catalog, false);
    if (e == OK) e = call_end(&c, partitions_in(&c, database, table, array));
    if (e == OK)
        json_array_foreach(array, i, partition)
            if (!each(context, partition)) break;
    json_decref(array);
    return e;
}

/* Table, keys and an existing partition; a new reference to its document. */
static error partition_find(struct call *c, const char *database, const char *table,
                            const json_t *values, struct table_name *table_name,
                            json_t **table_document, struct partition_name *name, json_t **out)
{
    TRY(table_name_fold(c, database, table, table_name));
    TRY(table_read(c, table_name, table_document));
    error e = partition_name_of(c, table_name, json_object_get(*table_document, "PartitionKeys"),
                                values, name);
    if (e == OK) {
        e = state_get(c->txn, key_of(c, kind_partition, name->path), out);
        if (e == ERR_NOT_FOUND) e = fail(ERR_ENTITY_NOT_FOUND, "Partition not found.");
    }
    if (e != OK) json_decref(*table_document);
    return e;
}

error catalog_get_partition(struct catalog *catalog, const char *database, const char *table,
                            const json_t *values, json_t **out)
{
    struct call c;
    struct table_name table_name;
    struct partition_name name;
    json_t *document;
    TRY(call_begin(&c, catalog, false));
    error e = partition_find(&c, database, table, values, &table_name, &document, &name, out);
    if (e == OK) json_decref(document);
    return call_end(&c, e);
}

static error partition_delete(struct call *c, const struct partition_name *name)
{
    TRY(state_delete(c->txn, key_of(c, kind_partition, name->path)));
    error e = state_delete(c->txn, key_of(c, kind_typed, name->typed));
    return e == ERR_NOT_FOUND ? OK : e; /* the key's type was another when it was added */
}

error catalog_delete_partition(struct catalog *catalog, const char *database, const char *table,
                               const json_t *values)
{
    struct call c;
    struct table_name table_name;
    struct partition_name name;
    json_t *document, *old;
    TRY(call_begin(&c, catalog, true));
    error e = partition_find(&c, database, table, values, &table_name, &document, &name, &old);
    if (e == OK) {
        json_decref(document);
        json_decref(old);
        e = partition_delete(&c, &name);
    }
    return call_end(&c, e);
}

/* Replaces `old`, whose entries are gone, by the input under its own values. */
static error partition_replace(struct call *c, const struct table_name *table, const json_t *keys,
                               const json_t *input, const json_t *old)
{
    struct partition_name name;
    json_t *other;
    TRY(partition_name_of(c, table, keys, json_object_get(input, "Values"), &name));
    error e = state_get(c->txn, key_of(c, kind_typed, name.typed), &other);
    if (e == OK) {
        e = twin_refuse(c, &name, other);
        json_decref(other);
        return e;
    }
    return e == ERR_NOT_FOUND ? partition_write(c, table, &name, input, old) : e;
}

error catalog_update_partition(struct catalog *catalog, const char *database, const char *table,
                               const json_t *values, const json_t *input)
{
    struct call c;
    struct table_name table_name;
    struct partition_name name;
    json_t *document, *old;
    TRY(call_begin(&c, catalog, true));
    error e = partition_find(&c, database, table, values, &table_name, &document, &name, &old);
    if (e == OK) {
        e = partition_delete(&c, &name);
        if (e == OK)
            e = partition_replace(&c, &table_name, json_object_get(document, "PartitionKeys"),
                                  input, old);
        json_decref(document);
        json_decref(old);
    }
    return call_end(&c, e);
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

static error delete_all(struct call *c, const char *kind, const char *prefix)
{
    struct deletion d = {c, kind, OK};
    TRY(state_scan(c->txn, key_of(c, kind, prefix), NULL, delete_one, &d));
    return d.e;
}

static error delete_table_in(struct call *c, const char *database, const char *table)
{
    struct table_name name;
    json_t *document;
    TRY(table_name_fold(c, database, table, &name));
    TRY(table_read(c, &name, &document));
    json_decref(document);
    TRY(delete_all(c, kind_partition, name.prefix));
    TRY(delete_all(c, kind_typed, name.prefix));
    return state_delete(c->txn, key_of(c, kind_table, name.path));
}

error catalog_delete_table(struct catalog *catalog, const char *database, const char *table)
{
    struct call c;
    TRY(call_begin(&c, catalog, true));
    return call_end(&c, delete_table_in(&c, database, table));
}

static error delete_database_in(struct call *c, const char *database)
{
    const char *name;
    TRY(name_fold(c, "Database", database, &name));
    TRY(database_require(c, name));
    const char *prefix = path_of(c, name, NULL, true);
    TRY(delete_all(c, kind_partition, prefix));
    TRY(delete_all(c, kind_typed, prefix));
    TRY(delete_all(c, kind_table, prefix));
    return state_delete(c->txn, key_of(c, kind_database, path_of(c, name, NULL, false)));
}

error catalog_delete_database(struct catalog *catalog, const char *database)
{
    struct call c;
    TRY(call_begin(&c, catalog, true));
    return call_end(&c, delete_database_in(&c, database));
}

static error list_in(struct call *c, const char *kind, const char *database, json_t *array)
{
    const char *prefix = "";
    if (database) {
        const char *name;
        TRY(name_fold(c, "Database", database, &name));
        TRY(database_require(c, name));
        prefix = path_of(c, name, NULL, true);
    }
    return state_scan(c->txn, key_of(c, kind, prefix), NULL, collect, array);
}

static error list(struct catalog *catalog, const char *kind, const char *database, json_t **out)
{
    struct call c;
    TRY(call_begin(&c, catalog, false));
    json_t *array = json_array();
    error e = call_end(&c, list_in(&c, kind, database, array));
    if (e == OK) *out = array;
    else json_decref(array);
    return e;
}

error catalog_list_databases(struct catalog *catalog, json_t **array)
{
    return list(catalog, kind_database, NULL, array);
}

error catalog_list_tables(struct catalog *catalog, const char *database, json_t **array)
{
    return list(catalog, kind_table, database ? database : "", array);
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

static const struct catalog_ops local_ops = {
    .get_database = local_get_database,
    .get_table = local_get_table,
    .create_database = local_create_database,
    .create_table = local_create_table,
    .update_table = local_update_table,
    .add_partitions = local_add_partitions,
    .partitions = local_partitions,
    .close = local_close,
};

error catalog_open_local(struct state *state, const char *account, const char *region,
                         struct catalog **out)
{
    struct local *l = must_alloc(sizeof *l);
    *l = (struct local){{&local_ops}, state, must_strdup(account), must_strdup(region),
                        false};
    *out = &l->catalog;
    return OK;
}

struct catalog *catalog_local_in(struct arena *arena, struct state *state, const char *account,
                                 const char *region)
{
    struct local *l = ARENA_NEW(arena, struct local);
    *l = (struct local){{&local_ops}, state, account, region, true};
    return &l->catalog;
}
