/* A catalog table -> the files that hold it now, with their partition values. */
#include "table/internal.h"

#include <stdlib.h>
#include <unistd.h>

enum { LIST_PAGE = 1000 };

struct scan {
    struct object_store *objects;
    struct arena *arena;
    const struct table *table;
    struct sql_files *sets;
    size_t count, capacity;
    json_t *seen; /* partitions by their values as the keys' types read them, and location */
    error failure;
    const struct table_filter *filter;
    const char **texts; /* of the partition that is looked at */
};

/* As Athena: hidden names and empty markers are not data. */
static bool is_data(const struct object_info *object)
{
    const char *slash = strrchr(object->key, '/');
    const char *base = slash ? slash + 1 : object->key;
    return object->size > 0 && base[0] != '\0' && base[0] != '_' && base[0] != '.';
}

/* All data objects below an s3:// folder, as local paths. */
static error folder_paths(struct scan *scan, const char *location, struct sql_files *out)
{
    const char *bucket, *key;
    TRY(object_url_parse(scan->arena, location, &bucket, &key));
    size_t length = strlen(key);
    if (length && key[length - 1] != '/') key = arena_printf(scan->arena, "%s/", key);
    const char **paths = NULL, *after = NULL;
    size_t count = 0, capacity = 0;
    for (bool more = true; more;) {
        struct object_info *page;
        size_t found;
        TRY(scan->objects->ops->list(scan->objects, bucket, key, after, LIST_PAGE, scan->arena, &page,
                                     &found, &more));
        for (size_t i = 0; i < found; i++) {
            after = page[i].key;
            if (!is_data(&page[i])) continue;
            if (count == capacity) {
                capacity = capacity ? 2 * capacity : 16;
                const char **larger = ARENA_ARRAY(scan->arena, const char *, capacity);
                if (count) memcpy(larger, paths, count * sizeof *paths);
                paths = larger;
            }
            paths[count] = page[i].path;
            if (!paths[count])
                TRY(scan->objects->ops->local_path(scan->objects, bucket, page[i].key, scan->arena,
                                                   &paths[count]));
            count++;
        }
        if (found == 0) break;
    }
    out->paths = paths;
    out->path_count = count;
    return OK;
}

static void add_set(struct scan *scan, struct sql_files set)
{
    if (scan->count == scan->capacity) {
        scan->capacity = scan->capacity ? 2 * scan->capacity : 16;
        struct sql_files *larger = ARENA_ARRAY(scan->arena, struct sql_files, scan->capacity);
        if (scan->count) memcpy(larger, scan->sets, scan->count * sizeof *scan->sets);
        scan->sets = larger;
    }
    scan->sets[scan->count++] = set;
}

/* "1" and "01" under an integer key, of one folder: two entries of one partition, which is read
 * once. */
static bool is_twin(struct scan *scan, const char *const *values, const char *location)
{
    const struct schema *keys = scan->table->partition_keys;
    struct buffer name = {0};
    int64_t number;
    size_t size = strlen(location);
    for (int i = 0; i < keys->field_count; i++) {
        bool integer = values[i] && keys->fields[i].type->kind >= TYPE_TINYINT &&
                       keys->fields[i].type->kind <= TYPE_BIGINT &&
                       parse_int64(span_of(values[i]), &number);
        if (integer) buffer_printf(&name, "%lld/", (long long)number);
        else percent_encode(&name, span_of(values[i] ? values[i] : HIVE_NULL), false);
        buffer_append_byte(&name, '/');
    }
    buffer_append(&name, location, size - (size && location[size - 1] == '/'));
    bool twin = json_object_get(scan->seen, buffer_text(&name)) != NULL;
    if (!twin) json_object_set_new(scan->seen, buffer_text(&name), json_true());
    buffer_release(&name);
    return twin;
}

static error partition_files(struct scan *scan, json_t *partition)
{
    const json_t *values = json_object_get(partition, "Values");
    const char *location = json_text(json_object_get(partition, "StorageDescriptor"), "Location");
    int keys = scan->table->partition_keys->field_count;
    if (!location || (int)json_array_size(values) != keys)
        return fail(ERR_CORRUPT, "table %s.%s: a partition without location or with %zu of %d values",
                    scan->table->database, scan->table->name, json_array_size(values), keys);
    const char **texts = ARENA_ARRAY(scan->arena, const char *, (size_t)keys);
    for (int i = 0; i < keys; i++) {
        const char *text = json_string_value(json_array_get(values, (size_t)i));
        bool null = !text || strcmp(text, HIVE_NULL) == 0;
        texts[i] = null ? NULL : arena_text(scan->arena, span_of(text));
    }
    if (is_twin(scan, texts, location)) return OK;
    struct sql_files set = {.values = texts};
    TRY(folder_paths(scan, location, &set));
    if (set.path_count) add_set(scan, set);
    return OK;
}

static error projected_files(struct scan *scan, const struct projected_partition *partitions,
                             size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct sql_files set = {.values = partitions[i].values};
        if (scan->filter && !scan->filter->wants(scan->filter->context, set.values)) continue;
        TRY(folder_paths(scan, partitions[i].location, &set));
        if (set.path_count) add_set(scan, set);
    }
    return OK;
}

/* Text files are read into Parquet files; *out: their descriptors, behind their count. */
static error texts_read(struct scan *scan, const json_t *document, int **out, int64_t *bytes)
{
    const struct text_format *format;
    TRY(text_format_of(scan->arena, document, scan->table, &format));
    if (!format) return OK;
    int *held = must_calloc(scan->count + 1, sizeof *held);
    error e = OK;
    for (size_t i = 0; e == OK && i < scan->count; i++) {
        e = text_read(scan->arena, scan->table, format, &scan->sets[i], &held[1 + i],
                      bytes);
        held[0] += held[1 + i] > 0;
    }
    *out = held;
    return e;
}

void table_release(struct sql_table *table)
{
    for (int i = 0; table->held && i < table->held[0]; i++) close(table->held[1 + i]);
    free(table->held);
    table->held = NULL;
}

/* Before a partition is read; what is odd about it is told when it is. */
static bool wanted(void *context, const json_t *values)
{
    const struct scan *scan = context;
    size_t keys = (size_t)scan->table->partition_keys->field_count;
    if (json_array_size(values) != keys) return true;
    for (size_t i = 0; i < keys; i++) {
        const char *text = json_string_value(json_array_get(values, i));
        scan->texts[i] = !text || strcmp(text, HIVE_NULL) == 0 ? NULL : text;
    }
    return scan->filter->wants(scan->filter->context, scan->texts);
}

static bool each_partition(void *context, json_t *partition)
{
    struct scan *scan = context;
    scan->failure = partition_files(scan, partition);
    return scan->failure == OK;
}

static error table_check(const struct table *table)
{
    if (!table->location)
        return fail(ERR_INVALID_INPUT, "table %s.%s has no location", table->database, table->name);
    if (strncmp(table->location, "s3", 2) != 0)
        return fail(ERR_INVALID_INPUT,
                    "table %s.%s is not in the lake: its location is '%s' (a stream's table describes "
                    "records, query the table that a job writes)",
                    table->database, table->name, table->location);
    return OK;
}

static error table_files(struct scan *scan, struct catalog *catalog, const json_t *document)
{
    const struct table *table = scan->table;
    struct projected_partition *projected;
    struct sql_files set = {0};
    bool enabled;
    size_t count;
    if (table->partition_keys->field_count == 0) {
        TRY(folder_paths(scan, table->location, &set));
        if (set.path_count) add_set(scan, set);
        return OK;
    }
    TRY(projection_list(scan->arena, document, table, scan->filter, &enabled, &projected, &count));
    if (enabled) return projected_files(scan, projected, count);
    scan->seen = json_object();
    scan->texts = ARENA_ARRAY(scan->arena, const char *, (size_t)table->partition_keys->field_count);
    error e = catalog->ops->partitions(catalog, table->database, table->name,
                                       scan->filter ? wanted : NULL, each_partition, scan);
    json_decref(scan->seen);
    return e == OK ? scan->failure : e;
}

error table_scan(struct catalog *catalog, struct object_store *objects, struct arena *arena,
                 const char *database, const char *name, const struct table_filter *filter,
                 struct sql_table *out)
{
    json_t *document;
    int *held = NULL;
    int64_t bytes = 0;
    TRY(catalog->ops->get_table(catalog, database, name, &document));
    struct table *table = ARENA_NEW(arena, struct table);
    struct scan scan = {.objects = objects, .arena = arena, .table = table, .filter = filter};
    error e = table_parse(arena, document, table);
    if (e == OK) e = table_check(table);
    if (e == OK) e = table_files(&scan, catalog, document);
    if (e == OK) e = texts_read(&scan, document, &held, &bytes);
    json_decref(document);
    *out = (struct sql_table){
        .database = arena_text(arena, span_of(database)),
        .name = arena_text(arena, span_of(name)),
        .schema = table->schema,
        .partition_keys = table->partition_keys,
        .files = scan.sets,
        .file_sets = scan.count,
        .held = held,
        .text_bytes = bytes,
    };
    if (e != OK) table_release(out);
    return e;
}
