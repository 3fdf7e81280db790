/* The remote catalog: the AWS Glue Data Catalog (API 2017-03-31), or anything that speaks it, as
 * struct catalog_ops.
 *
 * BatchCreatePartition takes 100 partitions at once and tells per partition what went wrong; there
 * is no more atomic way. A table's partitions under integer keys are read once, before the first
 * of them is added, to know twins ("1" where "01" stands); what others add later is not seen. */
#include "catalog/catalog.h"
#include "catalog/value.h"
#include "http/http.h"

#include <stdlib.h>

enum { CREATE_CHUNK = 100, ATTEMPTS = 8 };

struct remote {
    struct catalog catalog; /* first: the door's handle */
    struct http_client *client;
    char *endpoint, *region;
    json_t *known; /* "database/table" -> { typed values -> the values' text } */
};

static struct remote *remote_of(struct catalog *c)
{
    return (struct remote *)c;
}

/* ---- calls ---- */

/* Takes the input's reference. */
static error call(struct remote *r, const char *operation, json_t *input, json_t **output)
{
    struct arena arena = {0};
    json_t *ignored = NULL;
    CHECK(input);
    error e = http_aws_json(r->client, r->endpoint, "glue", r->region,
                            arena_printf(&arena, "AWSGlue.%s", operation), input, ATTEMPTS,
                            output ? output : &ignored);
    json_decref(ignored);
    json_decref(input);
    arena_release(&arena);
    return e == OK ? OK : fail_context(e, "Glue %s", operation);
}

/* The member of a reply, as a reference of one's own. */
static error reply_member(const char *operation, json_t *reply, const char *name, json_t **out)
{
    json_t *member = json_object_get(reply, name);
    error e = json_is_object(member)
                  ? OK
                  : fail(ERR_NETWORK, "Glue %s: the reply has no %s", operation, name);
    if (e == OK) *out = json_incref(member);
    json_decref(reply);
    return e;
}

static error remote_get_database(struct catalog *c, const char *database, json_t **out)
{
    json_t *reply;
    TRY(call(remote_of(c), "GetDatabase", json_pack("{s:s}", "Name", database), &reply));
    return reply_member("GetDatabase", reply, "Database", out);
}

static error remote_get_table(struct catalog *c, const char *database, const char *table,
                              json_t **out)
{
    json_t *reply;
    TRY(call(remote_of(c), "GetTable",
             json_pack("{s:s, s:s}", "DatabaseName", database, "Name", table), &reply));
    return reply_member("GetTable", reply, "Table", out);
}

static error remote_create_database(struct catalog *c, const json_t *input)
{
    return call(remote_of(c), "CreateDatabase", json_pack("{s:O}", "DatabaseInput", input), NULL);
}

static error remote_create_table(struct catalog *c, const char *database, const json_t *input)
{
    return call(remote_of(c), "CreateTable",
                json_pack("{s:s, s:O}", "DatabaseName", database, "TableInput", input), NULL);
}

static error remote_update_table(struct catalog *c, const char *database, const char *table,
                                 const json_t *input)
{
    json_t *named = json_deep_copy(input); /* the API takes the table's name from the input */
    CHECK(named && json_object_set_new(named, "Name", json_string(table)) == 0);
    return call(remote_of(c), "UpdateTable",
                json_pack("{s:s, s:o}", "DatabaseName", database, "TableInput", named), NULL);
}

/* ---- reading partitions ---- */

static json_t *partitions_input(const char *database, const char *table, const char *token)
{
    json_t *input = json_pack("{s:s, s:s}", "DatabaseName", database, "TableName", table);
    if (token) json_object_set_new(input, "NextToken", json_string(token));
    return input;
}

/* All pages into one array. */
static error partitions_read(struct remote *r, const char *database, const char *table,
                             bool columns, json_t *all)
{
    char *token = NULL;
    error e;
    do {
        json_t *input = partitions_input(database, table, token), *reply = NULL;
        if (!columns) json_object_set_new(input, "ExcludeColumnSchema", json_true());
        free(token);
        token = NULL;
        e = call(r, "GetPartitions", input, &reply);
        if (e != OK) break;
        const char *next = json_text(reply, "NextToken");
        if (next && *next) token = must_strdup(next);
        json_array_extend(all, json_object_get(reply, "Partitions"));
        json_decref(reply);
    } while (token);
    return e;
}

static int values_compare(const void *a, const void *b)
{
    const json_t *x = json_object_get(*(json_t *const *)a, "Values");
    const json_t *y = json_object_get(*(json_t *const *)b, "Values");
    for (size_t i = 0; i < json_array_size(x) && i < json_array_size(y); i++) {
        const char *p = json_string_value(json_array_get(x, i));
        const char *q = json_string_value(json_array_get(y, i));
        int order = strcmp(p ? p : "", q ? q : "");
        if (order) return order;
    }
    return 0;
}

static error remote_partitions(struct catalog *c, const char *database, const char *table,
                               partition_wanted *wants,
                               bool (*each)(void *context, json_t *partition), void *context)
{
    json_t *all = json_array();
    error e = partitions_read(remote_of(c), database, table, true, all);
    size_t count = json_array_size(all);
    json_t **sorted = must_calloc(count + 1, sizeof *sorted);
    for (size_t i = 0; i < count; i++) sorted[i] = json_array_get(all, i);
    qsort(sorted, count, sizeof *sorted, values_compare);
    for (size_t i = 0; e == OK && i < count; i++) {
        if (wants && !wants(context, json_object_get(sorted[i], "Values"))) continue;
        if (!each(context, sorted[i])) break;
    }
    free(sorted);
    json_decref(all);
    return e;
}

/* ---- twins ---- */

/* The values as their keys' types read them, or false when no key is an integer. */
static bool values_typed(const json_t *keys, const json_t *values, struct buffer *typed,
                         struct buffer *shown)
{
    bool integers = false;
    buffer_reset(typed);
    buffer_reset(shown);
    for (size_t i = 0; i < json_array_size(values); i++) {
        const char *value = json_string_value(json_array_get(values, i));
        bool integer = type_is_integer(json_text(json_array_get(keys, i), "Type"));
        if (i) buffer_append_byte(typed, '/');
        if (integer) value_canonical(typed, span_of(value ? value : ""));
        else percent_encode(typed, span_of(value ? value : ""), false);
        buffer_printf(shown, i ? ", %s" : "%s", value ? value : "");
        integers |= integer;
    }
    return integers;
}

static void known_add(json_t *known, const struct buffer *typed, struct buffer *shown)
{
    CHECK(json_object_setn_new(known, typed->data, typed->size,
                               json_string(buffer_text(shown))) == 0);
}

/* What the table has, from the first time on; borrowed. */
static error known_partitions(struct remote *r, const char *database, const char *table,
                              const json_t *keys, json_t **out)
{
    struct buffer name = {0}, typed = {0}, shown = {0};
    buffer_printf(&name, "%s/%s", database, table);
    *out = json_object_get(r->known, buffer_text(&name));
    error e = OK;
    if (!*out) {
        json_t *all = json_array(), *known = json_object(), *partition;
        size_t i;
        e = partitions_read(r, database, table, false, all);
        json_array_foreach(all, i, partition)
        {
            (void)values_typed(keys, json_object_get(partition, "Values"), &typed, &shown);
            known_add(known, &typed, &shown);
        }
        if (e == OK) {
            CHECK(json_object_set(r->known, buffer_text(&name), known) == 0);
            *out = known;
        }
        json_decref(known);
        json_decref(all);
    }
    buffer_release(&name);
    buffer_release(&typed);
    buffer_release(&shown);
    return e;
}

static error twin_check(json_t *known, const struct buffer *typed, struct buffer *shown)
{
    const char *there = json_string_value(json_object_getn(known, typed->data, typed->size));
    if (!there || strcmp(there, buffer_text(shown)) == 0) return OK;
    return fail(ERR_ALREADY_EXISTS,
                "Partition already exists: [%s] equals [%s], which the table has, in the types of "
                "its partition keys; both would read the same rows.",
                buffer_text(shown), there);
}

/* Refuses twins among the inputs and of what the table has; remembers the inputs. */
static error twins_refuse(struct remote *r, const char *database, const char *table,
                          const json_t *keys, const json_t *inputs)
{
    struct buffer typed = {0}, shown = {0};
    json_t *known, *input;
    size_t i;
    error e = OK;
    json_array_foreach(inputs, i, input)
    {
        if (!values_typed(keys, json_object_get(input, "Values"), &typed, &shown)) break;
        e = known_partitions(r, database, table, keys, &known);
        if (e == OK) e = twin_check(known, &typed, &shown);
        if (e != OK) break;
        known_add(known, &typed, &shown);
    }
    buffer_release(&typed);
    buffer_release(&shown);
    return e;
}

/* ---- adding partitions ---- */

/* Partitions that exist are none of a failure. */
static error chunk_errors(const json_t *reply, int *existed)
{
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(reply, "Errors"), i, row)
    {
        const json_t *detail = json_object_get(row, "ErrorDetail");
        const char *name = json_text(detail, "ErrorCode");
        const char *text = json_text(detail, "ErrorMessage");
        error e = http_aws_error(400, name);
        if (e != ERR_ALREADY_EXISTS)
            return fail(e, "Glue BatchCreatePartition: %s: %s", name ? name : "error",
                        text ? text : "");
        ++*existed;
    }
    return OK;
}

static error chunk_add(struct remote *r, const char *database, const char *table,
                       const json_t *inputs, size_t from, int *added, int *existed)
{
    json_t *chunk = json_array(), *reply = NULL;
    size_t count = json_array_size(inputs) - from;
    int there = 0;
    if (count > CREATE_CHUNK) count = CREATE_CHUNK;
    for (size_t i = 0; i < count; i++) json_array_append(chunk, json_array_get(inputs, from + i));
    error e = call(r, "BatchCreatePartition",
                   json_pack("{s:s, s:s, s:o}", "DatabaseName", database, "TableName", table,
                             "PartitionInputList", chunk),
                   &reply);
    if (e == OK) e = chunk_errors(reply, &there);
    json_decref(reply);
    TRY(e);
    *added += (int)count - there;
    *existed += there;
    return OK;
}

static error remote_add_partitions(struct catalog *c, const char *database, const char *table,
                                   const json_t *inputs, int *added, int *existed)
{
    struct remote *r = remote_of(c);
    json_t *document = NULL;
    int new = 0, old = 0;
    if (!json_is_array(inputs)) return fail(ERR_INVALID_INPUT, "partitions must be a list");
    TRY(remote_get_table(c, database, table, &document));
    error e = twins_refuse(r, database, table, json_object_get(document, "PartitionKeys"), inputs);
    json_decref(document);
    for (size_t i = 0; e == OK && i < json_array_size(inputs); i += CREATE_CHUNK)
        e = chunk_add(r, database, table, inputs, i, &new, &old);
    if (e != OK) { /* what was remembered may not be there */
        json_object_clear(r->known);
        return e;
    }
    if (added) *added = new;
    if (existed) *existed = old;
    return OK;
}

static error remote_remove_partition(struct catalog *c, const char *database, const char *table,
                                     const json_t *values)
{
    json_object_clear(remote_of(c)->known);
    error e = call(remote_of(c), "DeletePartition",
                   json_pack("{s:s, s:s, s:O}", "DatabaseName", database, "TableName", table,
                             "PartitionValues", values),
                   NULL);
    return e == ERR_ENTITY_NOT_FOUND ? OK : e;
}

/* The service compares nothing: between the two calls the partition may be moved by another. */
static error remote_move_partition(struct catalog *c, const char *database, const char *table,
                                   const json_t *values, const char *from, const char *to)
{
    json_t *reply, *input = NULL;
    TRY(call(remote_of(c), "GetPartition",
             json_pack("{s:s, s:s, s:O}", "DatabaseName", database, "TableName", table,
                       "PartitionValues", values),
             &reply));
    error e = partition_moved(json_object_get(reply, "Partition"), from, to, &input);
    json_decref(reply);
    if (e != OK || !input) return e;
    return call(remote_of(c), "UpdatePartition",
                json_pack("{s:s, s:s, s:O, s:o}", "DatabaseName", database, "TableName", table,
                          "PartitionValueList", values, "PartitionInput", input),
                NULL);
}

/* ---- all tables ---- */

/* All pages of a listing into one array. */
static error list_all(struct remote *r, const char *operation, const char *member,
                      const char *database, json_t *all)
{
    char *token = NULL;
    error e;
    do {
        json_t *input = json_pack("{s:s*, s:s*}", "DatabaseName", database, "NextToken", token);
        json_t *reply = NULL;
        free(token);
        token = NULL;
        e = call(r, operation, input, &reply);
        if (e != OK) break;
        const char *next = json_text(reply, "NextToken");
        if (next && *next) token = must_strdup(next);
        json_array_extend(all, json_object_get(reply, member));
        json_decref(reply);
    } while (token);
    return e;
}

static error remote_tables(struct catalog *c, bool (*each)(void *context, json_t *table),
                           void *context)
{
    json_t *databases = json_array(), *tables = json_array(), *row;
    size_t i;
    error e = list_all(remote_of(c), "GetDatabases", "DatabaseList", NULL, databases);
    json_array_foreach(databases, i, row)
    {
        const char *name = json_text(row, "Name");
        if (e == OK && name) e = list_all(remote_of(c), "GetTables", "TableList", name, tables);
    }
    if (e == OK)
        json_array_foreach(tables, i, row)
        {
            if (!each(context, row)) break;
        }
    json_decref(databases);
    json_decref(tables);
    return e;
}

/* ---- opening ---- */

static void remote_close(struct catalog *c)
{
    struct remote *r = remote_of(c);
    json_decref(r->known);
    free(r->endpoint);
    free(r->region);
    free(r);
}

static const struct catalog_ops remote_ops = {
    .get_database = remote_get_database,
    .get_table = remote_get_table,
    .create_database = remote_create_database,
    .create_table = remote_create_table,
    .update_table = remote_update_table,
    .add_partitions = remote_add_partitions,
    .partitions = remote_partitions,
    .tables = remote_tables,
    .remove_partition = remote_remove_partition,
    .move_partition = remote_move_partition,
    .close = remote_close,
};

error catalog_open_glue(struct http_client *client, const char *endpoint_url, const char *region,
                        struct catalog **out)
{
    struct remote *r = must_calloc(1, sizeof *r);
    r->catalog.ops = &remote_ops;
    r->client = client;
    r->endpoint = must_strdup(endpoint_url);
    r->region = must_strdup(region);
    r->known = json_object();
    *out = &r->catalog;
    return OK;
}
