/* The control plane of the local log: streams, their shards' rows, attributes and consumers.
 * Names come in, documents and rows change in one transaction; texts are AWS's. */
#include "stream/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    ON_DEMAND_SHARDS = 4, /* kinesis developer guide: 4 MB/s at the start */
    CONSUMERS_MAX = 20,
    RETENTION_HOURS_DEFAULT = 24,
    RECORD_KIB_DEFAULT = 1024,
};

error fail_no_stream(struct stream_key key)
{
    return fail(ERR_RESOURCE_NOT_FOUND, "Stream %s under account %s not found.", key.name,
                key.account);
}

error fail_no_shard(struct stream_key key, const char *shard)
{
    return fail(ERR_RESOURCE_NOT_FOUND, "Shard %s in stream %s under account %s does not exist",
                shard, key.name, key.account);
}

static error fail_shard_not_found(struct stream_key key, const char *shard)
{
    return fail(ERR_RESOURCE_NOT_FOUND, "Could not find shard %s in stream %s under account %s.",
                shard, key.name, key.account);
}

/* ---- rows ---- */

struct document_key {
    char bytes[DOCUMENT_KEY_MAX];
    size_t size;
};

static error document_key_of(struct stream_key key, struct document_key *out)
{
    int size = snprintf(out->bytes, sizeof out->bytes, "%s%c%s%c%s", key.account, 0, key.region, 0,
                        key.name);
    if (size < 0 || (size_t)size >= sizeof out->bytes)
        return fail(ERR_VALIDATION, "Stream name of %zu bytes is too long.", strlen(key.name));
    out->size = (size_t)size;
    return OK;
}

error document_get(struct stream_store *s, MDB_txn *txn, struct stream_key key, json_t **out,
                   uint32_t *id)
{
    struct document_key k;
    TRY(document_key_of(key, &k));
    MDB_val name = {k.size, k.bytes}, value;
    int code = mdb_get(txn, s->streams, &name, &value);
    if (code == MDB_NOTFOUND) return fail_no_stream(key);
    TRY(store_fail(s, code, "read stream"));
    error e = json_read((span){value.mv_data, value.mv_size}, out);
    if (e != OK) return fail_context(ERR_CORRUPT, "stream log: %s", key.name);
    *id = (uint32_t)json_integer_or(*out, "id", 0);
    return OK;
}

error document_put(struct stream_store *s, MDB_txn *txn, struct stream_key key,
                   const json_t *document)
{
    struct document_key k;
    struct buffer text = {0};
    TRY(document_key_of(key, &k));
    json_print(&text, document);
    MDB_val name = {k.size, k.bytes}, value = {text.size, text.data};
    error e = store_fail(s, mdb_put(txn, s->streams, &name, &value, 0), "write stream");
    buffer_release(&text);
    return e;
}

error shard_row_get(struct stream_store *s, MDB_txn *txn, uint32_t stream, uint32_t ordinal,
                    struct shard_row *row, bool *found)
{
    struct shard_key k = shard_key_of(stream, ordinal);
    MDB_val key = {sizeof k, &k}, value;
    int code = mdb_get(txn, s->shards, &key, &value);
    *found = code == MDB_SUCCESS;
    if (code == MDB_NOTFOUND) return OK;
    TRY(store_fail(s, code, "read shard"));
    return shard_row_decode((span){value.mv_data, value.mv_size}, ordinal, row);
}

error shard_row_put(struct stream_store *s, MDB_txn *txn, uint32_t stream,
                    const struct shard_row *row)
{
    uint8_t bytes[SHARD_ROW_SIZE];
    struct shard_key k = shard_key_of(stream, row->ordinal);
    MDB_val key = {sizeof k, &k}, value = {sizeof bytes, bytes};
    shard_row_encode(bytes, row);
    return store_fail(s, mdb_put(txn, s->shards, &key, &value, 0), "write shard");
}

static error collect_row(struct shard_set *set, MDB_val key, MDB_val value)
{
    struct shard_row row;
    TRY(shard_row_decode((span){value.mv_data, value.mv_size}, get_be32((char *)key.mv_data + 4),
                         &row));
    if (set->count == set->capacity) {
        set->capacity = set->capacity ? 2 * set->capacity : 16;
        set->rows = must_realloc(set->rows, set->capacity * sizeof *set->rows);
    }
    set->rows[set->count++] = row;
    return OK;
}

error shard_rows(struct stream_store *s, MDB_txn *txn, uint32_t stream, struct shard_set *set)
{
    MDB_cursor *cursor;
    struct shard_key start = shard_key_of(stream, 0);
    MDB_val key = {sizeof start, &start}, value;
    TRY(store_fail(s, mdb_cursor_open(txn, s->shards, &cursor), "read shards"));
    error e = OK;
    int code = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
    while (e == OK && code == MDB_SUCCESS && key.mv_size == sizeof start &&
           memcmp(key.mv_data, start.bytes, 4) == 0) {
        e = collect_row(set, key, value);
        code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
    }
    mdb_cursor_close(cursor);
    if (e == OK && code != MDB_NOTFOUND) e = store_fail(s, code, "read shards");
    return e;
}

static error rows_put(struct stream_store *s, MDB_txn *txn, uint32_t stream,
                      const struct shard_set *set)
{
    for (size_t i = 0; i < set->count; i++) TRY(shard_row_put(s, txn, stream, &set->rows[i]));
    return OK;
}

/* ---- changes: one function inside one write transaction ---- */

struct change {
    struct stream_store *store;
    MDB_txn *txn;
    struct stream_key key;
    const void *input;
    void *output;
};

static error change_run(struct stream_store *s, struct stream_key key,
                        error (*body)(struct change *), const void *input, void *output)
{
    struct change c = {.store = s, .key = key, .input = input, .output = output};
    TRY(txn_begin(s, true, &c.txn));
    error e = body(&c);
    if (e == OK) return txn_commit(s, c.txn);
    mdb_txn_abort(c.txn);
    return e;
}

/* The same for changes of the stream's document alone. */
struct edit {
    error (*body)(struct change *, json_t *document);
    const void *input;
    void *output;
};

static error edit_body(struct change *c)
{
    const struct edit *edit = c->input;
    json_t *document;
    uint32_t id;
    TRY(document_get(c->store, c->txn, c->key, &document, &id));
    struct change inner = *c;
    inner.input = edit->input;
    inner.output = edit->output;
    error e = edit->body(&inner, document);
    if (e == OK) e = document_put(c->store, c->txn, c->key, document);
    json_decref(document);
    return e;
}

static error edit_run(struct stream_store *s, struct stream_key key,
                      error (*body)(struct change *, json_t *), const void *input, void *output)
{
    struct edit edit = {body, input, output};
    return change_run(s, key, edit_body, &edit, NULL);
}

/* And for reading. */
static error view_document(struct stream_store *s, struct stream_key key, json_t **out,
                           struct shard_set *set)
{
    MDB_txn *txn;
    uint32_t id;
    TRY(txn_begin(s, false, &txn));
    error e = document_get(s, txn, key, out, &id);
    if (e == OK && set) {
        e = shard_rows(s, txn, id, set);
        if (e != OK) json_decref(*out);
    }
    mdb_txn_abort(txn);
    return e;
}

/* ---- create, delete, describe, list ---- */

struct creation {
    int shards;
    bool on_demand;
};

static error create_check(struct change *c)
{
    struct document_key k;
    TRY(document_key_of(c->key, &k));
    MDB_val name = {k.size, k.bytes}, value;
    int code = mdb_get(c->txn, c->store->streams, &name, &value);
    if (code == MDB_NOTFOUND) return OK;
    TRY(store_fail(c->store, code, "read stream"));
    return fail(ERR_RESOURCE_IN_USE, "Stream %s under account %s already exists.", c->key.name,
                c->key.account);
}

static error create_body(struct change *c)
{
    const struct creation *in = c->input;
    int64_t now = now_us();
    uint64_t id;
    TRY(create_check(c));
    TRY(meta_get(c->store, c->txn, "next_id", &id));
    if (++id > UINT32_MAX) return fail(ERR_LIMIT_EXCEEDED, "The log has run out of stream ids.");
    TRY(meta_set(c->store, c->txn, "next_id", id));
    int count = in->on_demand ? ON_DEMAND_SHARDS : in->shards;
    struct shard_set set = {0};
    error e = shard_set_begin(&set, (size_t)count, now);
    if (e == OK) e = rows_put(c->store, c->txn, (uint32_t)id, &set);
    shard_set_release(&set);
    TRY(e);
    json_t *document = json_pack("{s:I,s:I,s:i,s:i,s:{s:s},s:[]}", "id", (json_int_t)id,
                                 "created_us", (json_int_t)now, "retention_hours",
                                 RETENTION_HOURS_DEFAULT, "next_ordinal", count, "attributes",
                                 "mode", in->on_demand ? "ON_DEMAND" : "PROVISIONED", "consumers");
    CHECK(document);
    e = document_put(c->store, c->txn, c->key, document);
    json_decref(document);
    TRY(e);
    return meta_changed(c->store, c->txn);
}

error stream_create(struct stream_store *s, struct stream_key key, int shards, bool on_demand)
{
    struct creation in = {shards, on_demand};
    if (!on_demand && (shards < 1 || shards > 10000))
        return fail(ERR_VALIDATION, "ShardCount %d is not between 1 and 10000.", shards);
    return change_run(s, key, create_body, &in, NULL);
}

static error delete_rows(struct change *c, uint32_t id)
{
    struct shard_set set = {0};
    error e = shard_rows(c->store, c->txn, id, &set);
    for (size_t i = 0; e == OK && i < set.count; i++) {
        struct shard_key k = shard_key_of(id, set.rows[i].ordinal);
        MDB_val key = {sizeof k, &k};
        e = store_fail(c->store, mdb_del(c->txn, c->store->shards, &key, NULL), "delete shard");
    }
    shard_set_release(&set);
    return e;
}

static error delete_body(struct change *c)
{
    json_t *document;
    uint32_t id;
    struct document_key k;
    uint8_t doomed[4];
    TRY(document_get(c->store, c->txn, c->key, &document, &id));
    json_decref(document);
    TRY(document_key_of(c->key, &k));
    MDB_val name = {k.size, k.bytes}, key = {sizeof doomed, doomed}, none = {0, ""};
    TRY(store_fail(c->store, mdb_del(c->txn, c->store->streams, &name, NULL), "delete stream"));
    TRY(delete_rows(c, id));
    put_be32(doomed, id);
    TRY(store_fail(c->store, mdb_put(c->txn, c->store->doomed, &key, &none, 0), "delete stream"));
    return meta_changed(c->store, c->txn);
}

error stream_delete(struct stream_store *s, struct stream_key key)
{
    TRY(change_run(s, key, delete_body, NULL, NULL));
    /* It is gone; what cannot be freed now is freed by the next trim. */
    if (collect_doomed(s) != OK) log_line(LOG_WARN, "stream", "%s", error_text());
    return OK;
}

static const json_t *attribute_of(const json_t *document, const char *name)
{
    return json_object_get(json_object_get(document, "attributes"), name);
}

static const char *stream_arn(struct arena *a, struct stream_key key)
{
    return arena_printf(a, "arn:aws:kinesis:%s:%s:stream/%s", key.region, key.account, key.name);
}

static const char *text_or(struct arena *a, const char *text, const char *otherwise)
{
    return text ? arena_text(a, span_of(text)) : otherwise;
}

error stream_describe(struct stream_store *s, struct stream_key key, struct arena *a,
                      struct stream_info *out)
{
    json_t *document;
    struct shard_set set = {0};
    error e = view_document(s, key, &document, &set);
    int open = (int)shard_set_open(&set);
    shard_set_release(&set);
    TRY(e);
    const json_t *encryption = attribute_of(document, "encryption");
    const char *mode = json_string_value(attribute_of(document, "mode"));
    const char *key_id = json_text(encryption, "key_id");
    const json_t *kib = attribute_of(document, "max_record_kib");
    *out = (struct stream_info){
        .name = text_or(a, key.name, NULL),
        .arn = stream_arn(a, key),
        .status = "ACTIVE",
        .on_demand = mode && strcmp(mode, "ON_DEMAND") == 0,
        .open_shards = open,
        .retention_hours = (int)json_integer_or(document, "retention_hours", 0),
        .created_us = json_integer_or(document, "created_us", 0),
        .max_record_kib = json_is_integer(kib) ? (int)json_integer_value(kib) : RECORD_KIB_DEFAULT,
        .encryption_type = text_or(a, json_text(encryption, "type"), "NONE"),
        .key_id = text_or(a, key_id, NULL),
        .consumers = (int)json_array_size(json_object_get(document, "consumers")),
    };
    json_decref(document);
    return OK;
}

struct listing {
    struct arena *arena;
    struct buffer names; /* of const char * */
    size_t max, count;
    bool more;
};

static error list_in(struct stream_store *s, MDB_cursor *cursor, const char *account,
                     const char *region, const char *after, struct listing *l)
{
    struct document_key prefix, from;
    TRY(document_key_of((struct stream_key){account, region, ""}, &prefix));
    TRY(document_key_of((struct stream_key){account, region, after ? after : ""}, &from));
    MDB_val key = {from.size, from.bytes}, value;
    int code = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
    for (; code == MDB_SUCCESS; code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
        if (key.mv_size < prefix.size || memcmp(key.mv_data, prefix.bytes, prefix.size) != 0)
            return OK;
        span name = {(char *)key.mv_data + prefix.size, key.mv_size - prefix.size};
        if (after && span_is(name, after)) continue;
        if (l->count == l->max) {
            l->more = true;
            return OK;
        }
        const char *copy = arena_text(l->arena, name);
        buffer_append(&l->names, &copy, sizeof copy);
        l->count++;
    }
    return code == MDB_NOTFOUND ? OK : store_fail(s, code, "list streams");
}

error stream_list(struct stream_store *s, const char *account, const char *region,
                  const char *after, size_t max, struct arena *a, const char ***names,
                  size_t *count, bool *more)
{
    MDB_txn *txn;
    MDB_cursor *cursor;
    struct listing l = {.arena = a, .max = max};
    TRY(txn_begin(s, false, &txn));
    error e = store_fail(s, mdb_cursor_open(txn, s->streams, &cursor), "list streams");
    if (e == OK) {
        e = list_in(s, cursor, account, region, after, &l);
        mdb_cursor_close(cursor);
    }
    mdb_txn_abort(txn);
    *names = arena_copy(a, l.names.data, l.names.size);
    *count = l.count;
    *more = l.more;
    buffer_release(&l.names);
    return e;
}

/* ---- attributes ---- */

static error retention_body(struct change *c, json_t *document)
{
    const int *hours = c->input;
    json_object_set_new(document, "retention_hours", json_integer(*hours));
    return OK;
}

error stream_set_retention(struct stream_store *s, struct stream_key key, int hours)
{
    json_t *document;
    TRY(view_document(s, key, &document, NULL));
    uint32_t id = (uint32_t)json_integer_or(document, "id", 0);
    int64_t old_hours = json_integer_or(document, "retention_hours", RETENTION_HOURS_DEFAULT);
    json_decref(document);
    /* What has expired under the old retention does not come back. */
    TRY(trim_stream(s, id, now_us() - old_hours * 3600 * US_PER_SECOND));
    return edit_run(s, key, retention_body, &hours, NULL);
}

struct attribute {
    const char *name;
    const json_t *value;
};

static error attribute_body(struct change *c, json_t *document)
{
    const struct attribute *in = c->input;
    json_t *attributes = json_object_get(document, "attributes");
    if (in->value) json_object_set_new(attributes, in->name, json_deep_copy(in->value));
    else json_object_del(attributes, in->name);
    return OK;
}

error stream_set_attribute(struct stream_store *s, struct stream_key key, const char *name,
                           const json_t *value)
{
    struct attribute in = {name, value};
    return edit_run(s, key, attribute_body, &in, NULL);
}

error stream_attribute(struct stream_store *s, struct stream_key key, const char *name,
                       json_t **out)
{
    json_t *document;
    TRY(view_document(s, key, &document, NULL));
    *out = json_incref(json_object_get(json_object_get(document, "attributes"), name));
    json_decref(document);
    return OK;
}

/* ---- resharding ---- */

struct reshard {
    error (*body)(struct change *, struct shard_set *);
    const void *input;
    void *output;
};

static error reshard_in(struct change *c, json_t *document, uint32_t id, struct shard_set *set)
{
    const struct reshard *reshard = c->input;
    struct change inner = *c;
    inner.input = reshard->input;
    inner.output = reshard->output;
    const char *mode = json_string_value(attribute_of(document, "mode"));
    if (mode && strcmp(mode, "ON_DEMAND") == 0)
        return fail(ERR_VALIDATION,
                    "Request is invalid. Stream %s under account %s is in On-Demand mode.",
                    c->key.name, c->key.account);
    TRY(shard_rows(c->store, c->txn, id, set));
    set->next_ordinal = (uint32_t)json_integer_or(document, "next_ordinal", 0);
    TRY(reshard->body(&inner, set));
    TRY(rows_put(c->store, c->txn, id, set));
    json_object_set_new(document, "next_ordinal", json_integer(set->next_ordinal));
    TRY(document_put(c->store, c->txn, c->key, document));
    return meta_changed(c->store, c->txn);
}

static error reshard_body(struct change *c)
{
    json_t *document;
    uint32_t id;
    struct shard_set set = {0};
    TRY(document_get(c->store, c->txn, c->key, &document, &id));
    error e = reshard_in(c, document, id, &set);
    shard_set_release(&set);
    json_decref(document);
    return e;
}

static error reshard_run(struct stream_store *s, struct stream_key key,
                         error (*body)(struct change *, struct shard_set *), const void *input,
                         void *output)
{
    struct reshard reshard = {body, input, output};
    return change_run(s, key, reshard_body, &reshard, NULL);
}

static error find_open(struct change *c, struct shard_set *set, const char *id,
                       struct shard_row **out)
{
    uint32_t ordinal;
    *out = shard_id_parse(id, &ordinal) ? shard_set_find(set, ordinal) : NULL;
    if (!*out) return fail_shard_not_found(c->key, id);
    if ((*out)->closed)
        return fail(ERR_INVALID_ARGUMENT,
                    "Shard %s in stream %s under account %s has already been merged or split, and "
                    "thus is not eligible for merging or splitting.",
                    id, c->key.name, c->key.account);
    return OK;
}

struct split {
    const char *shard;
    struct hash_key at;
};

static error split_body(struct change *c, struct shard_set *set)
{
    const struct split *in = c->input;
    struct shard_row *row;
    TRY(find_open(c, set, in->shard, &row));
    u128 at = hash_number(in->at), start = hash_number(row->start), end = hash_number(row->end);
    if (at < start || at - start < 2 || at >= end) {
        char at_text[HASH_TEXT_MAX], start_text[HASH_TEXT_MAX], end_text[HASH_TEXT_MAX];
        hash_print(at_text, in->at);
        hash_print(start_text, row->start);
        hash_print(end_text, row->end);
        return fail(ERR_INVALID_ARGUMENT,
                    "NewStartingHashKey %s used in SplitShard() on shard %s in stream %s under "
                    "account %s is not both greater than one plus the shard's StartingHashKey %s "
                    "and less than the shard's EndingHashKey %s.",
                    at_text, in->shard, c->key.name, c->key.account, start_text, end_text);
    }
    return shard_set_split(set, row->ordinal, in->at, now_us());
}

error stream_split(struct stream_store *s, struct stream_key key, const char *shard,
                   struct hash_key at)
{
    struct split in = {shard, at};
    return reshard_run(s, key, split_body, &in, NULL);
}

struct merge {
    const char *shard, *adjacent;
};

static error merge_body(struct change *c, struct shard_set *set)
{
    const struct merge *in = c->input;
    struct shard_row *a, *b;
    TRY(find_open(c, set, in->shard, &a));
    TRY(find_open(c, set, in->adjacent, &b));
    if (!shard_touches(a, b) && !shard_touches(b, a))
        return fail(ERR_INVALID_ARGUMENT,
                    "Shards %s and %s in stream %s under account %s are not an adjacent pair of "
                    "shards eligible for merging",
                    in->shard, in->adjacent, c->key.name, c->key.account);
    return shard_set_merge(set, a->ordinal, b->ordinal, now_us());
}

error stream_merge(struct stream_store *s, struct stream_key key, const char *shard,
                   const char *adjacent)
{
    struct merge in = {shard, adjacent};
    return reshard_run(s, key, merge_body, &in, NULL);
}

struct scaling {
    int target;
};

static error scale_body(struct change *c, struct shard_set *set)
{
    const struct scaling *in = c->input;
    int64_t open = (int64_t)shard_set_open(set), target = in->target;
    if (target > 2 * open)
        return fail(ERR_LIMIT_EXCEEDED,
                    "UpdateShardCount cannot scale up over double your current open shard count. "
                    "Current open shard count: %" PRId64 " Target shard count: %" PRId64,
                    open, target);
    if (2 * target < open)
        return fail(ERR_LIMIT_EXCEEDED,
                    "UpdateShardCount cannot scale down below half your current open shard count. "
                    "Current open shard count: %" PRId64 " Target shard count: %" PRId64,
                    open, target);
    *(int *)c->output = (int)open;
    return shard_set_uniform(set, (size_t)target, now_us());
}

error stream_update_shard_count(struct stream_store *s, struct stream_key key, int target,
                                int *current)
{
    struct scaling in = {target};
    if (target < 1 || target > 10000)
        return fail(ERR_VALIDATION, "TargetShardCount %d is not between 1 and 10000.", target);
    return reshard_run(s, key, scale_body, &in, current);
}

/* ---- consumers ---- */

static struct stream_consumer consumer_of(struct arena *a, struct stream_key key, const json_t *row)
{
    int64_t created = json_integer_or(row, "created_us", 0);
    const char *name = json_text(row, "name");
    return (struct stream_consumer){
        .name = text_or(a, name, ""),
        .arn = arena_printf(a, "%s/consumer/%s:%" PRId64, stream_arn(a, key), name,
                            floor_div(created, US_PER_SECOND)),
        .status = "ACTIVE",
        .created_us = created,
    };
}

static size_t consumer_find(const json_t *rows, const char *name)
{
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row) if (strcmp(json_text(row, "name"), name) == 0) return i;
    return SIZE_MAX;
}

struct registration {
    const char *name;
    struct arena *arena;
};

static error register_body(struct change *c, json_t *document)
{
    const struct registration *in = c->input;
    json_t *rows = json_object_get(document, "consumers");
    if (consumer_find(rows, in->name) != SIZE_MAX)
        return fail(ERR_RESOURCE_IN_USE, "Consumer %s under stream %s already exists.", in->name,
                    c->key.name);
    if (json_array_size(rows) >= CONSUMERS_MAX)
        return fail(ERR_LIMIT_EXCEEDED, "Stream %s under account %s has %d consumers already.",
                    c->key.name, c->key.account, CONSUMERS_MAX);
    json_t *row = json_pack("{s:s,s:I}", "name", in->name, "created_us", (json_int_t)now_us());
    if (!row) return fail(ERR_VALIDATION, "Consumer name is not valid UTF-8.");
    json_array_append_new(rows, row);
    *(struct stream_consumer *)c->output = consumer_of(in->arena, c->key, row);
    return OK;
}

error stream_register_consumer(struct stream_store *s, struct stream_key key, const char *consumer,
                               struct arena *a, struct stream_consumer *out)
{
    struct registration in = {consumer, a};
    return edit_run(s, key, register_body, &in, out);
}

static error deregister_body(struct change *c, json_t *document)
{
    const char *name = c->input;
    json_t *rows = json_object_get(document, "consumers");
    size_t i = consumer_find(rows, name);
    if (i == SIZE_MAX)
        return fail(ERR_RESOURCE_NOT_FOUND, "Consumer %s under stream %s not found.", name,
                    c->key.name);
    json_array_remove(rows, i);
    return OK;
}

error stream_deregister_consumer(struct stream_store *s, struct stream_key key,
                                 const char *consumer)
{
    return edit_run(s, key, deregister_body, consumer, NULL);
}

error stream_consumers(struct stream_store *s, struct stream_key key, struct arena *a,
                       struct stream_consumer **out, size_t *count)
{
    json_t *document;
    TRY(view_document(s, key, &document, NULL));
    const json_t *rows = json_object_get(document, "consumers");
    *count = json_array_size(rows);
    *out = ARENA_ARRAY(a, struct stream_consumer, *count);
    for (size_t i = 0; i < *count; i++) (*out)[i] = consumer_of(a, key, json_array_get(rows, i));
    json_decref(document);
    return OK;
}
