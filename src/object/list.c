/* Listing: the keys of a bucket in byte order, in pages, with common prefixes rolled up; of every
 * key the newest version, all versions, or the multipart uploads under way. One read transaction,
 * so that a page shows one moment. */
#include "object/internal.h"

#include <stdlib.h>

struct walk {
    struct state_txn *txn;
    const char *bucket;
    const struct object_query *query;
    struct arena *arena;
    struct object_page *page;
    size_t capacity;
    const char *jump; /* set: this scan ends and goes on behind it */
    const char *key;  /* versions: of which key */
    bool skip;        /* versions: those before the marker */
    error e;
};

/* Room for one more item; false: the page is full. */
static struct object_item *item_new(struct walk *w)
{
    struct object_page *page = w->page;
    if (page->count == w->query->max) {
        page->more = true;
        return NULL;
    }
    if (page->count == w->capacity) {
        size_t capacity = w->capacity ? w->capacity * 2 : 64;
        struct object_item *grown = ARENA_ARRAY(w->arena, struct object_item, capacity);
        if (page->count) memcpy(grown, page->items, page->count * sizeof *grown);
        page->items = grown;
        w->capacity = capacity;
    }
    return &page->items[page->count++];
}

/* The common prefix a key rolls up into, or NULL. */
static char *common_prefix(const struct walk *w, const char *key)
{
    const char *delimiter = w->query->delimiter;
    if (!delimiter || !*delimiter) return NULL;
    const char *at = strstr(key + strlen(w->query->prefix), delimiter);
    return at ? arena_text(w->arena, (span){key, (size_t)(at - key) + strlen(delimiter)}) : NULL;
}

/* A key that rolls up: names its prefix once and jumps behind everything that has it. No key holds
 * the byte 0xff. */
static bool roll_up(struct walk *w, char *prefix)
{
    const char *after = w->query->after;
    w->jump = arena_printf(w->arena, "%s\xff", prefix);
    if (after && strcmp(after, prefix) == 0) return false; /* the last page named it */
    struct object_item *item = item_new(w);
    if (item) item->prefix = prefix;
    else w->jump = NULL;
    return false;
}

static bool add_version(struct walk *w, const char *key, json_t *entry, bool latest)
{
    struct object_item *item = item_new(w);
    if (!item) return false;
    version_fill(w->arena, key, entry, latest, &item->version);
    item->version.attributes = NULL;
    return true;
}

/* ---- newest versions ---- */

static bool look_current(void *context, const char *key, json_t *entry)
{
    struct walk *w = context;
    if (json_is_set(entry, "marker")) return true;
    char *prefix = common_prefix(w, key);
    return prefix ? roll_up(w, prefix) : add_version(w, key, entry, true);
}

/* ---- all versions ---- */

static bool look_older(void *context, const char *name, json_t *entry)
{
    struct walk *w = context;
    (void)name;
    if (w->skip) {
        w->skip = strcmp(entry_version(entry), w->query->after_version) != 0;
        return true;
    }
    return add_version(w, w->key, entry, false);
}

static bool add_all(struct walk *w, const char *key, json_t *entry)
{
    if (w->skip) w->skip = strcmp(entry_version(entry), w->query->after_version) != 0;
    else if (!add_version(w, key, entry, true)) return false;
    w->key = key;
    w->e = version_scan(w->txn, w->bucket, key, look_older, w);
    w->skip = false;
    return w->e == OK && !w->page->more;
}

static bool look_versions(void *context, const char *key, json_t *entry)
{
    struct walk *w = context;
    char *prefix = common_prefix(w, key);
    return prefix ? roll_up(w, prefix) : add_all(w, key, entry);
}

/* The rest of the marker's own key, which the walk behind it does not see. */
static error finish_marked_key(struct walk *w)
{
    const struct object_query *q = w->query;
    json_t *entry;
    if (!q->after || !q->after_version || !*q->after_version) return OK;
    if (!span_starts(span_of(q->after), q->prefix) || common_prefix(w, q->after)) return OK;
    error e = state_get(w->txn, object_state_key(w->bucket, q->after), &entry);
    if (e == ERR_NOT_FOUND) return OK;
    TRY(e);
    w->skip = true;
    add_all(w, arena_text(w->arena, span_of(q->after)), entry);
    json_decref(entry);
    return w->e;
}

/* ---- uploads ---- */

static bool look_upload(void *context, const char *name, json_t *record)
{
    struct walk *w = context;
    const char *key = json_text(record, "key"), *id = json_text(record, "id");
    if (!key || !id || !span_starts(span_of(key), w->query->prefix)) return true;
    if (w->query->after && w->query->after_version && strcmp(w->query->after, key) == 0 &&
        strcmp(id, w->query->after_version) <= 0)
        return true;
    (void)name;
    char *prefix = common_prefix(w, key);
    if (prefix) return roll_up(w, prefix);
    struct object_item *item = item_new(w);
    if (!item) return false;
    item->version = (struct object_version){
        .info = {.key = arena_text(w->arena, span_of(key)),
                 .modified_us = json_integer_or(record, "began", 0)},
        .version_id = arena_text(w->arena, span_of(id)),
    };
    return true;
}

/* ---- the walk ---- */

static error walk_run(struct walk *w, struct state_key key, const char *after,
                      bool (*look)(void *, const char *, json_t *))
{
    do {
        w->jump = NULL;
        TRY(state_scan(w->txn, key, after, look, w));
        TRY(w->e);
        after = w->jump;
    } while (w->jump && !w->page->more);
    return OK;
}

static error walk_start(struct walk *w, enum object_listing what)
{
    const struct object_query *q = w->query;
    const char *after = q->after && *q->after ? q->after : NULL;
    TRY(bucket_require(w->txn, w->bucket));
    if (w->query->max == 0) return OK;
    switch (what) {
    case LIST_OBJECTS:
        return walk_run(w, object_state_key(w->bucket, q->prefix), after, look_current);
    case LIST_VERSIONS:
        TRY(finish_marked_key(w));
        if (w->page->more) return OK;
        return walk_run(w, object_state_key(w->bucket, q->prefix), after, look_versions);
    case LIST_UPLOADS:
        break;
    }
    /* Names are KEY 0x01 ID: with an id the key's own uploads are looked at again. */
    if (after) after = arena_printf(w->arena, q->after_version ? "%s" : "%s\x01\xff", after);
    return walk_run(w, multipart_state_key(w->bucket, q->prefix), after, look_upload);
}

error object_list(struct object_store *s, enum object_listing what, const char *bucket,
                  const struct object_query *query, struct arena *arena, struct object_page *page)
{
    struct walk w = {.bucket = bucket, .query = query, .arena = arena, .page = page};
    *page = (struct object_page){0};
    TRY(state_begin(local_of(s)->index, false, &w.txn));
    error e = walk_start(&w, what);
    state_abort(w.txn);
    return e;
}
