/* Partitions of the local catalog. Values are texts, kept as they are; the typed entries find those
 * that are equal in the types of the keys and carry the values that expressions are asked of. */
#include "catalog/internal.h"
#include "catalog/value.h"

enum { VALUE_MAX = 1024 }; /* characters */

/* ---- names ---- */

static error value_check(const json_t *value)
{
    span text = {json_string_value(value), json_string_length(value)};
    if (!json_is_string(value) || text.size == 0 || utf8_count(text) > VALUE_MAX)
        return fail(ERR_INVALID_INPUT, "a partition value must be a text of 1 to %d characters",
                    VALUE_MAX);
    if (memchr(text.data, '\0', text.size))
        return fail(ERR_INVALID_INPUT, "a partition value must not contain NUL");
    return OK;
}

struct name_texts { struct buffer path, typed, shown; };

static error values_append(const json_t *keys, const json_t *values, struct name_texts *t)
{
    size_t i;
    json_t *value;
    json_array_foreach(values, i, value) {
        TRY(value_check(value));
        span text = {json_string_value(value), json_string_length(value)};
        if (i) buffer_append_byte(&t->path, '/'), buffer_append_byte(&t->typed, '/');
        percent_encode(&t->path, text, false);
        if (type_is_integer(json_text(json_array_get(keys, i), "Type")))
            value_canonical(&t->typed, text);
        else percent_encode(&t->typed, text, false);
        buffer_printf(&t->shown, i ? ", %s" : "%s", text.data);
    }
    return OK;
}

error partition_name_of(struct call *c, const struct table_name *table, const json_t *keys,
                        const json_t *values, struct partition_name *out)
{
    struct name_texts t = {0};
    if (!json_is_array(values) || json_array_size(values) != json_array_size(keys))
        return fail(ERR_INVALID_INPUT, "The number of partition keys do not match the number of "
                                       "partition values");
    if (json_array_size(keys) == 0)
        return fail(ERR_INVALID_INPUT, "Table %s is not partitioned.", table->table);
    error e = values_append(keys, values, &t);
    if (e == OK) {
        const char *raw = buffer_text(&t.path), *typed = buffer_text(&t.typed);
        out->path = arena_printf(&c->arena, "%s%s", table->prefix, raw);
        out->typed = arena_printf(&c->arena, "%s%s//", table->prefix, typed);
        out->own = strcmp(raw, typed) == 0 ? out->typed
                                           : arena_printf(&c->arena, "%s%s", out->typed, raw);
        out->shown = arena_text(&c->arena, buffer_span(&t.shown));
    }
    buffer_release(&t.path);
    buffer_release(&t.typed);
    buffer_release(&t.shown);
    return e;
}

/* ---- one partition ---- */

static error partition_read(struct call *c, const struct partition_name *name, json_t **out)
{
    error e = state_get(c->txn, key_of(c, kind_partition, name->path), out);
    return e == ERR_NOT_FOUND ? fail(ERR_ENTITY_NOT_FOUND, "Partition not found.") : e;
}

error partition_require(struct call *c, const struct partition_name *name)
{
    json_t *document;
    TRY(partition_read(c, name, &document));
    json_decref(document);
    return OK;
}

static error partition_write(struct call *c, const struct table_name *table,
                             const struct partition_name *name, const json_t *input,
                             const json_t *old)
{
    json_t *document = NULL;
    TRY(input_copy(input, &document));
    json_t *typed = json_object();
    member_set_text(document, "DatabaseName", table->database);
    member_set_text(document, "TableName", table->table);
    member_set_text(document, "CatalogId", c->local->account);
    member_set(document, "CreationTime", json_timestamp(now_us()));
    member_keep(document, old, "CreationTime");
    member_keep(typed, document, "Values");
    error e = catalog_document_put(c, kind_partition, name->path, document);
    if (e == OK) e = catalog_document_put(c, kind_typed, name->own, typed);
    json_decref(document);
    json_decref(typed);
    return e;
}

static error partition_delete(struct call *c, const struct partition_name *name)
{
    TRY(documents_delete(c, kind_statistics, arena_printf(&c->arena, "%s/", name->path)));
    TRY(state_delete(c->txn, key_of(c, kind_partition, name->path)));
    error e = state_delete(c->txn, key_of(c, kind_typed, name->own));
    return e == ERR_NOT_FOUND ? OK : e; /* the key's type was another when it was added */
}

/* ---- the engine's way: add what is missing, refuse what reads the same rows ---- */

static bool first_only(void *first, const char *name, json_t *document)
{
    (void)name;
    *(json_t **)first = json_incref(document);
    return false;
}

/* "1" where "01" stands, under an integer key: both would name the same rows. */
static error twin_refuse(struct call *c, const struct partition_name *name)
{
    struct buffer values = {0};
    json_t *twin = NULL, *value;
    size_t i;
    TRY(documents_scan(c, kind_typed, name->typed, NULL, first_only, &twin));
    if (!twin) return OK;
    json_array_foreach(json_object_get(twin, "Values"), i, value)
        buffer_printf(&values, i ? ", %s" : "%s", json_string_value(value));
    error e = fail(ERR_ALREADY_EXISTS,
                   "Partition already exists: [%s] equals [%s], which the table has, in the types "
                   "of its partition keys; both would read the same rows.",
                   name->shown, buffer_text(&values));
    buffer_release(&values);
    json_decref(twin);
    return e;
}

static error partition_add(struct call *c, const struct table_name *table, const json_t *keys,
                           const json_t *input, bool *existed)
{
    struct partition_name name;
    TRY(partition_name_of(c, table, keys, json_object_get(input, "Values"), &name));
    error e = partition_require(c, &name);
    *existed = e == OK;
    if (e != ERR_ENTITY_NOT_FOUND) return e;
    TRY(twin_refuse(c, &name));
    return partition_write(c, table, &name, input, NULL);
}

static error add_partitions_in(struct call *c, const char *database, const char *table,
                               const json_t *inputs, int *added, int *existed)
{
    struct table_name name;
    json_t *document, *input;
    size_t i;
    c->need = PERMISSION_ALTER | PERMISSION_INSERT;
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

error local_add_partitions(struct catalog *catalog, const char *database, const char *table,
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

/* ---- Glue's way: each item by itself ---- */

struct change {
    struct call call;
    struct table_name table;
    json_t *document; /* of the table */
    enum partition_change what;
    partition_outcome *outcome;
    void *context;
};

static error item_name(struct change *ch, const json_t *values, struct partition_name *out)
{
    return partition_name_of(&ch->call, &ch->table, json_object_get(ch->document, "PartitionKeys"),
                             values, out);
}

static error not_there(struct change *ch, const struct partition_name *name)
{
    error e = partition_require(&ch->call, name);
    if (e == OK) return fail(ERR_ALREADY_EXISTS, "Partition already exists.");
    return e == ERR_ENTITY_NOT_FOUND ? OK : e;
}

static error item_create(struct change *ch, const json_t *item)
{
    struct partition_name name;
    TRY(item_name(ch, json_object_get(item, "Values"), &name));
    TRY(not_there(ch, &name));
    return partition_write(&ch->call, &ch->table, &name, item, NULL);
}

/* All checks come before the first change. An input without values keeps the old ones. */
static error item_update(struct change *ch, const json_t *item)
{
    struct partition_name from, to;
    json_t *input = json_deep_copy(json_object_get(item, "PartitionInput")), *old = NULL;
    json_t *values = json_object_get(item, "PartitionValueList");
    if (!json_object_get(input, "Values")) json_object_set(input, "Values", values);
    error e = item_name(ch, values, &from);
    if (e == OK) e = item_name(ch, json_object_get(input, "Values"), &to);
    if (e == OK) e = partition_read(&ch->call, &from, &old);
    bool moves = e == OK && strcmp(from.path, to.path) != 0;
    if (moves) e = not_there(ch, &to);
    if (e == OK && moves) e = partition_delete(&ch->call, &from);
    if (e == OK) e = partition_write(&ch->call, &ch->table, &to, input, old);
    json_decref(old);
    json_decref(input);
    return e;
}

static error item_delete(struct change *ch, const json_t *item)
{
    struct partition_name name;
    TRY(item_name(ch, json_object_get(item, "Values"), &name));
    TRY(partition_require(&ch->call, &name));
    return partition_delete(&ch->call, &name);
}

static error item_get(struct change *ch, const json_t *item, json_t **out)
{
    struct partition_name name;
    TRY(item_name(ch, json_object_get(item, "Values"), &name));
    return partition_read(&ch->call, &name, out);
}

static error item_do(struct change *ch, const json_t *item, json_t **out)
{
    switch (ch->what) {
    case PARTITION_CREATE: return item_create(ch, item);
    case PARTITION_UPDATE: return item_update(ch, item);
    case PARTITION_DELETE: return item_delete(ch, item);
    case PARTITION_GET: return item_get(ch, item, out);
    }
    return OK;
}

static bool is_refusal(error e)
{
    return e == ERR_INVALID_INPUT || e == ERR_ALREADY_EXISTS || e == ERR_ENTITY_NOT_FOUND;
}

static error change_all(struct change *ch, const json_t *items)
{
    size_t i;
    json_t *item;
    json_array_foreach(items, i, item) {
        json_t *document = NULL;
        error e = item_do(ch, item, &document);
        if (e != OK && !(ch->outcome && is_refusal(e))) return e;
        if (ch->outcome) ch->outcome(ch->context, item, e, document);
        json_decref(document);
    }
    return OK;
}

error catalog_change_partitions(struct catalog *catalog, const char *database, const char *table,
                                enum partition_change what, const json_t *items,
                                partition_outcome *outcome, void *context)
{
    struct change ch = {.what = what, .outcome = outcome, .context = context};
    TRY(call_begin(&ch.call, catalog, what != PARTITION_GET));
    if (what == PARTITION_CREATE) ch.call.need = PERMISSION_ALTER | PERMISSION_INSERT;
    error e = table_name_fold(&ch.call, database, table, &ch.table);
    if (e == OK) e = table_read(&ch.call, &ch.table, &ch.document);
    if (e == OK) e = change_all(&ch, items);
    json_decref(ch.document);
    return call_end(&ch.call, e);
}

static error move_in(struct change *ch, const json_t *values, const char *from, const char *to)
{
    struct partition_name name;
    json_t *old, *input = NULL;
    TRY(item_name(ch, values, &name));
    TRY(partition_read(&ch->call, &name, &old));
    error e = partition_moved(old, from, to, &input);
    if (e == OK && input) e = partition_write(&ch->call, &ch->table, &name, input, old);
    json_decref(input);
    json_decref(old);
    return e;
}

error local_move_partition(struct catalog *catalog, const char *database, const char *table,
                           const json_t *values, const char *from, const char *to)
{
    struct change ch = {0};
    TRY(call_begin(&ch.call, catalog, true));
    error e = table_name_fold(&ch.call, database, table, &ch.table);
    if (e == OK) e = table_read(&ch.call, &ch.table, &ch.document);
    if (e == OK) e = move_in(&ch, values, from, to);
    json_decref(ch.document);
    return call_end(&ch.call, e);
}

/* ---- a table whose keys change ---- */

struct retyping {
    struct call *call;
    const struct table_name *table;
    const json_t *keys;
    error failure;
};

static bool retype_one(void *context, const char *path, json_t *partition)
{
    struct retyping *r = context;
    struct partition_name name;
    (void)path;
    json_t *typed = json_object();
    member_keep(typed, partition, "Values");
    r->failure = partition_name_of(r->call, r->table, r->keys, json_object_get(partition, "Values"),
                                   &name);
    if (r->failure == OK) r->failure = catalog_document_put(r->call, kind_typed, name.own, typed);
    json_decref(typed);
    return r->failure == OK;
}

error partitions_retype(struct call *c, const struct table_name *table, const json_t *old,
                        const json_t *new)
{
    struct retyping r = {c, table, new, OK};
    if (json_equal(old, new) || json_array_size(old) == 0) return OK;
    TRY(documents_delete(c, kind_typed, table->prefix));
    TRY(documents_scan(c, kind_partition, table->prefix, NULL, retype_one, &r));
    return r.failure;
}

/* ---- listing ---- */

struct listing {
    struct call call;
    struct table_name table;
    json_t *document; /* of the table */
    const struct expression *expression;
    int segment, segments;
    partition_wanted *wants; /* NULL: all */
    catalog_each *each;
    void *context;
    error failure;
};

/* Every partition is in one segment, always the same. */
static int segment_of(const char *name, int segments)
{
    return (int)(crc32_of(0, span_of(name)) % (uint32_t)segments);
}

static bool list_one(void *context, const char *name, json_t *typed)
{
    struct listing *l = context;
    const json_t *values = json_object_get(typed, "Values");
    struct partition_name found;
    json_t *partition;
    if (l->segments && segment_of(name, l->segments) != l->segment) return true;
    if (l->expression && !expression_matches(l->expression, values)) return true;
    if (l->wants && !l->wants(l->context, values)) return true;
    l->failure = partition_name_of(&l->call, &l->table,
                                   json_object_get(l->document, "PartitionKeys"), values, &found);
    if (l->failure == OK) l->failure = partition_read(&l->call, &found, &partition);
    if (l->failure != OK) return false;
    bool more = l->each(l->context, name, partition);
    json_decref(partition);
    return more;
}

static error list_in(struct listing *l, const char *database, const char *table,
                     const char *expression, const char *after)
{
    TRY(table_name_fold(&l->call, database, table, &l->table));
    TRY(table_read(&l->call, &l->table, &l->document));
    if (expression && *expression)
        TRY(expression_parse(&l->call.arena, span_of(expression),
                             json_object_get(l->document, "PartitionKeys"), &l->expression));
    TRY(documents_scan(&l->call, kind_typed, l->table.prefix, after, list_one, l));
    return l->failure;
}

error catalog_scan_partitions(struct catalog *catalog, const char *database, const char *table,
                              const struct partition_filter *filter, const char *after,
                              catalog_each *each, void *context)
{
    struct listing l = {.segment = filter->segment, .segments = filter->segments, .each = each,
                        .context = context};
    TRY(call_begin(&l.call, catalog, false));
    error e = list_in(&l, database, table, filter->expression, after);
    json_decref(l.document);
    return call_end(&l.call, e);
}

/* ---- for the engine ---- */

struct collection {
    partition_wanted *wants;
    void *context;
    json_t *array;
};

static bool collect(void *context, const char *name, json_t *document)
{
    (void)name;
    CHECK(json_array_append(((struct collection *)context)->array, document) == 0);
    return true;
}

static bool collect_wanted(void *context, const json_t *values)
{
    const struct collection *all = context;
    return all->wants(all->context, values);
}

static error partitions_in(struct listing *l, const char *database, const char *table)
{
    if (l->wants) return list_in(l, database, table, NULL, NULL);
    TRY(table_name_fold(&l->call, database, table, &l->table));
    TRY(table_require(&l->call, &l->table));
    return documents_scan(&l->call, kind_partition, l->table.prefix, NULL, l->each, l->context);
}

/* Collects first: `each` may take its time, or call the catalog, without a transaction open. */
error local_partitions(struct catalog *catalog, const char *database, const char *table,
                       partition_wanted *wants, bool (*each)(void *context, json_t *partition),
                       void *context)
{
    struct collection all = {wants, context, json_array()};
    struct listing l = {.wants = wants ? collect_wanted : NULL, .each = collect, .context = &all};
    json_t *partition;
    size_t i;
    error e = call_begin(&l.call, catalog, false);
    if (e == OK) e = call_end(&l.call, partitions_in(&l, database, table));
    if (e == OK)
        json_array_foreach(all.array, i, partition)
            if (!each(context, partition)) break;
    json_decref(l.document);
    json_decref(all.array);
    return e;
}
