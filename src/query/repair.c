/* MSCK REPAIR TABLE: folders "k=v/k2=v2/" below a table's location that hold objects and that the
 * catalog does not know become partitions, all in one transaction. Nothing is removed.
 *
 * Only new folders cost anything beyond the listing. Folders whose values are equal as numbers
 * ("01/" and "1/" under an integer key) hold different rows, so both become partitions. */
#include "query/internal.h"

enum { PAGE = 1000 };

struct repair {
    struct run *run;
    const json_t *table;
    const char *bucket, *prefix; /* of the location, with a '/' at its end */
    json_t *known;               /* names of partitions: those of the catalog, not seen yet */
    json_t *found;               /* every folder found */
    json_t *inputs;
    struct buffer missing, added, gone; /* lines */
};

/* ---- folders ---- */

/* The value of "key=value" in a path's part, escapes resolved. */
static bool part_value(span part, const char *key, struct buffer *out)
{
    size_t size = strlen(key);
    buffer_reset(out);
    if (part.size <= size + 1 || memcmp(part.data, key, size) != 0 || part.data[size] != '=')
        return false;
    span value = {part.data + size + 1, part.size - size - 1};
    if (percent_decode(out, value, false) != OK) {
        buffer_reset(out);
        buffer_append_span(out, value);
    }
    return utf8_valid_prefix(buffer_span(out)) == out->size && !memchr(out->data, '\0', out->size);
}

/* The folder of a partition at the beginning of a key behind the prefix: its length, or 0. */
static size_t folder_read(const struct repair *r, const char *path, json_t *values)
{
    const json_t *keys = json_object_get(r->table, "PartitionKeys");
    struct buffer value = {0};
    const char *at = path;
    for (size_t i = 0; i < json_array_size(keys) && at; i++) {
        const char *slash = strchr(at, '/');
        span part = {at, slash ? (size_t)(slash - at) : 0};
        bool good = slash && part_value(part, json_text(json_array_get(keys, i), "Name"), &value);
        if (good) json_array_append_new(values, json_stringn(value.data, value.size));
        at = good ? slash + 1 : NULL;
    }
    buffer_release(&value);
    return at ? (size_t)(at - path) : 0;
}

static void folder_add(struct repair *r, span folder, json_t *values)
{
    const char *name = partition_name(r->run->arena, r->table, values);
    const char *table = json_text(r->table, "Name");
    if (json_object_get(r->found, name)) return;
    json_object_set_new(r->found, name, json_true());
    if (json_object_del(r->known, name) == 0) return;
    buffer_printf(&r->missing, "\t%s:%s", table, name);
    buffer_printf(&r->added, "Repair: Added partition to metastore %s:%s\n", table, name);
    const char *location = arena_printf(r->run->arena, "s3://%s/%s%.*s", r->bucket, r->prefix,
                                        (int)folder.size, folder.data);
    json_array_append_new(r->inputs, partition_input(r->table, json_incref(values), location));
}

/* One page of keys; *after is where the next one begins: behind the last folder, when it is one. */
static error page_read(struct repair *r, const char **after, bool *more)
{
    struct object_info *page;
    struct object_store *objects = r->run->engine->objects;
    size_t count, skip = strlen(r->prefix), length = 0;
    const char *last = NULL; /* the folder just read */
    TRY(objects->ops->list(objects, r->bucket, r->prefix, *after, PAGE, r->run->arena, &page,
                           &count, more));
    for (size_t i = 0; i < count; i++) {
        const char *path = page[i].key + skip;
        *after = page[i].key;
        if (last && strncmp(path, last, length) == 0) continue;
        json_t *values = json_array();
        length = folder_read(r, path, values);
        last = length ? path : NULL;
        if (length) folder_add(r, (span){path, length}, values);
        json_decref(values);
    }
    if (last) *after = arena_printf(r->run->arena, "%s%.*s\xf7", r->prefix, (int)length, last);
    *more = *more && count;
    return OK;
}

/* ---- the catalog ---- */

static bool known_one(void *context, json_t *partition)
{
    struct repair *r = context;
    const char *name =
        partition_name(r->run->arena, r->table, json_object_get(partition, "Values"));
    json_object_set_new(r->known, name, json_true());
    return true;
}

/* A job may have registered one meanwhile. */
static void added_one(void *context, const json_t *item, error e, json_t *document)
{
    (void)item;
    (void)document;
    if (e != OK && e != ERR_ALREADY_EXISTS) *(error *)context = e;
}

static error partitions_add(struct repair *r)
{
    error one = OK;
    const char *database = json_text(r->table, "DatabaseName"), *name = json_text(r->table, "Name");
    if (json_array_size(r->inputs) == 0) return OK;
    error e = catalog_change_partitions(r->run->engine->catalog, database, name, PARTITION_CREATE,
                                        r->inputs, added_one, &one);
    if (e == OK) e = one;
    return e == OK ? OK : catalog_error(e, database, name);
}

/* ---- the statement ---- */

static error folders_find(struct repair *r)
{
    const char *location = json_text(json_object_get(r->table, "StorageDescriptor"), "Location");
    const char *name = json_text(r->table, "Name"), *after = NULL;
    struct catalog *catalog = r->run->engine->catalog;
    if (!location) return execution_error(ERR_USAGE, "Table %s has no location", name);
    TRY(location_check(r->run, location));
    TRY(object_url_parse(r->run->arena, location, &r->bucket, &r->prefix));
    size_t size = strlen(r->prefix);
    if (size && r->prefix[size - 1] != '/')
        r->prefix = arena_printf(r->run->arena, "%s/", r->prefix);
    TRY(catalog->ops->partitions(catalog, json_text(r->table, "DatabaseName"), name, NULL,
                                 known_one, r));
    for (bool more = true; more;) TRY(page_read(r, &after, &more));
    return OK;
}

static void report(struct repair *r)
{
    static const char *const columns[] = {"result", NULL};
    struct lines lines = {.run = r->run};
    const char *name, *table = json_text(r->table, "Name");
    json_t *value;
    if (r->missing.size)
        lines_add(&lines, "Partitions not in metastore:%s", buffer_text(&r->missing));
    json_object_foreach(r->known, name, value) buffer_printf(&r->gone, "\t%s:%s", table, name);
    if (r->gone.size)
        lines_add(&lines, "Partitions missing from filesystem:%s", buffer_text(&r->gone));
    for (char *line = r->added.size ? r->added.data : NULL, *end; line && *line; line = end + 1) {
        end = memchr(line, '\n', (size_t)(r->added.data + r->added.size - line));
        if (!end) break;
        lines_add(&lines, "%.*s", (int)(end - line), line);
        if (end + 1 == r->added.data + r->added.size) break;
    }
    lines_send(&lines, columns);
}

error repair_table(struct run *run, const struct hive_statement *s)
{
    json_t *table;
    TRY(table_document(run, s, &table));
    struct repair r = {.run = run,
                       .table = table,
                       .known = json_object(),
                       .found = json_object(),
                       .inputs = json_array()};
    error e = OK;
    if (json_array_size(json_object_get(table, "PartitionKeys"))) e = folders_find(&r);
    if (e == OK) e = partitions_add(&r);
    if (e == OK) report(&r);
    json_decref(r.known);
    json_decref(r.found);
    json_decref(r.inputs);
    buffer_release(&r.missing);
    buffer_release(&r.added);
    buffer_release(&r.gone);
    json_decref(table);
    return e;
}
