/* ALTER TABLE ... PARTITION and SHOW PARTITIONS. Values are texts and stay as they are written;
 * under an integer key "1" and "01" are one partition, so that no row is ever counted twice. */
#include "query/internal.h"

/* ---- specifications ---- */

static error column_index(const json_t *table, const char *column, size_t *out)
{
    const json_t *keys = json_object_get(table, "PartitionKeys");
    for (*out = 0; *out < json_array_size(keys); ++*out)
        if (span_equal_nocase(span_of(json_text(json_array_get(keys, *out), "Name")),
                              span_of(column)))
            return OK;
    return fail(ERR_USAGE,
                "FAILED: SemanticException Partition spec {%s=...} contains non-partition "
                "columns",
                column);
}

static error partitioned_check(const json_t *table, const struct hive_partition *p)
{
    struct buffer spec = {0};
    if (json_array_size(json_object_get(table, "PartitionKeys"))) return OK;
    for (size_t i = 0; i < p->count; i++)
        buffer_printf(&spec, "%s%s=%s", i ? ", " : "", p->items[i].column,
                      p->items[i].value ? p->items[i].value : "null");
    error e = fail(ERR_USAGE,
                   "FAILED: SemanticException table is not partitioned but partition "
                   "spec exists: {%s}",
                   buffer_text(&spec));
    buffer_release(&spec);
    return e;
}

error partition_values(struct run *run, const json_t *table, const struct hive_partition *p,
                       json_t **out)
{
    const json_t *keys = json_object_get(table, "PartitionKeys");
    size_t count = json_array_size(keys), at;
    const char **values = ARENA_ARRAY(run->arena, const char *, count + 1);
    TRY(partitioned_check(table, p));
    for (size_t i = 0; i < p->count; i++) {
        TRY(column_index(table, p->items[i].column, &at));
        values[at] = p->items[i].value && *p->items[i].value ? p->items[i].value : HIVE_NULL;
    }
    for (size_t i = 0; i < count; i++)
        if (!values[i])
            return fail(ERR_USAGE,
                        "FAILED: SemanticException partition spec doesn't contain all "
                        "(%zu) partition columns",
                        count);
    *out = json_array();
    for (size_t i = 0; i < count; i++) json_array_append_new(*out, json_string(values[i]));
    return OK;
}

static bool is_number(const char *text)
{
    int64_t number;
    return parse_int64(span_of(text), &number);
}

/* Of the keys given; under integer keys as numbers. */
error partition_expression(struct run *run, const json_t *table, const struct hive_partition *p,
                           const char **out)
{
    struct buffer text = {0};
    size_t at;
    error e = partitioned_check(table, p);
    for (size_t i = 0; e == OK && i < p->count; i++) {
        const struct hive_condition *c = &p->items[i];
        e = column_index(table, c->column, &at);
        if (e != OK || !c->operator) continue;
        const char *type =
            json_text(json_array_get(json_object_get(table, "PartitionKeys"), at), "Type");
        const char *value = c->value ? c->value : HIVE_NULL;
        bool number = is_number(value) && strstr("tinyint smallint int integer bigint", type);
        buffer_printf(&text, "%s\"%s\" %s ", text.size ? " AND " : "", c->column, c->operator);
        if (number) buffer_append_text(&text, value);
        else buffer_append_byte(&text, '\'');
        for (const char *v = number ? "" : value; *v; v++) {
            if (*v == '\'') buffer_append_byte(&text, '\'');
            buffer_append_byte(&text, (uint8_t)*v);
        }
        if (!number) buffer_append_byte(&text, '\'');
    }
    *out = arena_text(run->arena, buffer_span(&text));
    buffer_release(&text);
    return e;
}

json_t *partition_input(const json_t *table, json_t *values, const char *location)
{
    json_t *descriptor = json_deep_copy(json_object_get(table, "StorageDescriptor"));
    json_object_set_new(descriptor, "Location", json_string(location));
    return json_pack("{s:o, s:o, s:{s:s}}", "Values", values, "StorageDescriptor", descriptor,
                     "Parameters", "transient_lastDdlTime", "0");
}

static const char *folder_name(struct arena *arena, const json_t *table, const json_t *values,
                               const char *before)
{
    const json_t *keys = json_object_get(table, "PartitionKeys");
    struct buffer path = {0};
    buffer_append_text(&path, before);
    for (size_t i = 0; i < json_array_size(values); i++)
        hive_append(&path, json_text(json_array_get(keys, i), "Name"),
                    span_of(json_string_value(json_array_get(values, i))));
    if (path.size && path.data[path.size - 1] == '/') path.size--;
    const char *text = arena_text(arena, buffer_span(&path));
    buffer_release(&path);
    return text;
}

const char *partition_name(struct arena *arena, const json_t *table, const json_t *values)
{
    return folder_name(arena, table, values, "");
}

static const char *default_location(struct run *run, const json_t *table, const json_t *values)
{
    const char *base = json_text(json_object_get(table, "StorageDescriptor"), "Location");
    size_t size = base ? strlen(base) : 0;
    const char *slash = size && base[size - 1] == '/' ? "" : "/";
    return folder_name(run->arena, table, values,
                       arena_printf(run->arena, "%s%s", base ? base : "", slash));
}

/* ---- finding ---- */

struct found {
    json_t *list;
};

static bool find_one(void *context, const char *name, json_t *partition)
{
    struct found *f = context;
    (void)name;
    json_array_append(f->list, partition);
    return true;
}

/* Partitions that match, as an array. */
static error partitions_find(struct run *run, const struct hive_statement *s, const json_t *table,
                             const struct hive_partition *p, json_t **out)
{
    struct partition_filter filter = {0};
    struct found found = {json_array()};
    error e = p ? partition_expression(run, table, p, &filter.expression) : OK;
    if (e == OK)
        e = catalog_scan_partitions(run->engine->catalog, database_of(run, s), s->table, &filter,
                                    NULL, find_one, &found);
    if (e == OK) *out = found.list;
    else json_decref(found.list);
    return e;
}

/* ---- ADD ---- */

static error add_one(struct run *run, const struct hive_statement *s, const json_t *table,
                     const struct hive_partition *p, json_t *inputs)
{
    json_t *values, *there;
    TRY(partition_values(run, table, p, &values));
    error e = partitions_find(run, s, table, p, &there);
    if (e != OK) {
        json_decref(values);
        return e;
    }
    size_t count = json_array_size(there);
    json_decref(there);
    const char *location = p->location ? p->location : default_location(run, table, values);
    if (count && !s->lenient) {
        e = execution_error(ERR_ALREADY_EXISTS,
                            "AlreadyExistsException(message:Partition already exists. Partition "
                            "spec: %s)",
                            partition_name(run->arena, table, values));
    } else if (count == 0) {
        e = location_check(run, location);
        if (e == OK)
            json_array_append_new(inputs, partition_input(table, json_incref(values), location));
    }
    json_decref(values);
    return e;
}

error add_partitions(struct run *run, const struct hive_statement *s)
{
    json_t *table, *inputs = json_array();
    struct catalog *catalog = run->engine->catalog;
    int added, existed;
    error e = table_document(run, s, &table);
    if (e != OK) {
        json_decref(inputs);
        return e;
    }
    for (size_t i = 0; e == OK && i < s->partition_count; i++)
        e = add_one(run, s, table, &s->partitions[i], inputs);
    if (e == OK && json_array_size(inputs)) {
        e = catalog->ops->add_partitions(catalog, database_of(run, s), s->table, inputs, &added,
                                         &existed);
        if (e == ERR_ALREADY_EXISTS) e = execution_error(e, "%s", error_text());
        else if (e != OK) e = catalog_error(e, database_of(run, s), s->table);
    }
    json_decref(inputs);
    json_decref(table);
    return e;
}

/* ---- DROP ---- */

static error drop_matching(struct run *run, const struct hive_statement *s, const json_t *table,
                           const struct hive_partition *p)
{
    json_t *found, *items = json_array();
    error e = partitions_find(run, s, table, p, &found);
    if (e != OK) {
        json_decref(items);
        return e;
    }
    if (json_array_size(found) == 0 && !s->lenient)
        e = fail(ERR_ENTITY_NOT_FOUND,
                 "FAILED: SemanticException [Error 10006]: Partition not "
                 "found (%s %s '%s')",
                 p->items[0].column, p->items[0].operator,
                 p->items[0].value ? p->items[0].value : "");
    for (size_t i = 0; i < json_array_size(found); i++)
        json_array_append_new(
            items,
            json_pack("{s:O}", "Values", json_object_get(json_array_get(found, i), "Values")));
    if (e == OK && json_array_size(items)) {
        e = catalog_change_partitions(run->engine->catalog, database_of(run, s), s->table,
                                      PARTITION_DELETE, items, NULL, NULL);
        if (e != OK) e = catalog_error(e, database_of(run, s), s->table);
    }
    json_decref(found);
    json_decref(items);
    return e;
}

error drop_partitions(struct run *run, const struct hive_statement *s)
{
    json_t *table;
    error e = OK;
    TRY(table_document(run, s, &table));
    for (size_t i = 0; e == OK && i < s->partition_count; i++)
        e = drop_matching(run, s, table, &s->partitions[i]);
    json_decref(table);
    return e;
}

/* ---- RENAME ---- */

/* The data stays where it is, as external tables have it. */
static error rename_one(struct run *run, const struct hive_statement *s, const json_t *table,
                        json_t *old, json_t *new)
{
    json_t *found, *there = NULL;
    error e = partitions_find(run, s, table, &s->partitions[1], &there);
    if (e == OK && json_array_size(there))
        e = execution_error(ERR_ALREADY_EXISTS,
                            "Unable to rename partition: partition %s already "
                            "exists",
                            partition_name(run->arena, table, new));
    if (e == OK) e = partitions_find(run, s, table, &s->partitions[0], &found);
    json_decref(there);
    if (e != OK) return e;
    json_t *partition = json_array_get(found, 0);
    if (!partition)
        e = fail(ERR_ENTITY_NOT_FOUND,
                 "FAILED: SemanticException [Error 10006]: Partition not "
                 "found {%s}",
                 partition_name(run->arena, table, old));
    if (e == OK) {
        const char *location =
            json_text(json_object_get(partition, "StorageDescriptor"), "Location");
        json_t *items =
            json_pack("[{s:O, s:o}]", "PartitionValueList", json_object_get(partition, "Values"),
                      "PartitionInput", partition_input(table, json_incref(new), location));
        e = catalog_change_partitions(run->engine->catalog, database_of(run, s), s->table,
                                      PARTITION_UPDATE, items, NULL, NULL);
        json_decref(items);
        if (e != OK) e = catalog_error(e, database_of(run, s), s->table);
    }
    json_decref(found);
    return e;
}

error rename_partition(struct run *run, const struct hive_statement *s)
{
    json_t *table, *old = NULL, *new = NULL;
    TRY(table_document(run, s, &table));
    error e = partition_values(run, table, &s->partitions[0], &old);
    if (e == OK) e = partition_values(run, table, &s->partitions[1], &new);
    if (e == OK) e = rename_one(run, s, table, old, new);
    json_decref(old);
    json_decref(new);
    json_decref(table);
    return e;
}

/* ---- SHOW ---- */

static bool projected(const json_t *table)
{
    const char *enabled = json_text(json_object_get(table, "Parameters"), "projection.enabled");
    return enabled && span_equal_nocase(span_of(enabled), SPAN("true"));
}

error show_partitions(struct run *run, const struct hive_statement *s)
{
    static const char *const columns[] = {"partition", NULL};
    struct lines lines = {.run = run};
    json_t *table, *found = NULL;
    TRY(table_document(run, s, &table));
    error e = OK;
    if (json_array_size(json_object_get(table, "PartitionKeys")) == 0)
        e = fail(ERR_USAGE,
                 "FAILED: Execution Error, return code 1 from "
                 "org.apache.hadoop.hive.ql.exec.DDLTask. Table %s is not a partitioned "
                 "table",
                 s->table);
    if (e == OK && !projected(table))
        e = partitions_find(run, s, table, s->partition_count ? s->partitions : NULL, &found);
    for (size_t i = 0; i < json_array_size(found); i++)
        lines_add(
            &lines, "%s",
            partition_name(run->arena, table, json_object_get(json_array_get(found, i), "Values")));
    if (e == OK) lines_send(&lines, columns);
    json_decref(found);
    json_decref(table);
    return e;
}
