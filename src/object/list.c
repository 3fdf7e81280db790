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
    const char *folder;
    struct object_page *page;
    json_t *unsettled; /* with `paths`: those at which the bytes may not be yet */
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

static bool add_version(struct walk *w, const struct object_version *version)
{
    struct object_item *item = item_new(w);
    if (item) item->version = *version;
    return item != NULL;
}

/* ---- newest versions ---- */

static bool unsettled_look(void *context, const char *token, span todo)
{
    struct walk *w = context;
    struct json_pick at = {.name = SPAN("path")};
    (void)token;
    w->e = json_pick(todo, &at, 1);
    const char *path = w->e == OK ? json_picked_text(w->arena, at.value) : NULL;
    if (path) json_object_set_new(w->unsettled, path, json_true());
    return w->e == OK;
}

/* Work left by commits names its path: what no record names is in its place. */
static error unsettled_read(struct walk *w)
{
    if (!w->query->paths) return OK;
    w->unsettled = json_object();
    TRY(state_scan_texts(w->txn, record_key("todo", ""), NULL, unsettled_look, w));
    return w->e;
}

static const char *path_where(struct walk *w, const char *path)
{
    if (!path || json_object_get(w->unsettled, path)) return NULL;
    size_t folder = strlen(w->folder), size = strlen(path) + 1;
    char *full = arena_alloc(w->arena, folder + 1 + size);
    memcpy(full, w->folder, folder);
    full[folder] = '/';
    memcpy(full + folder + 1, path, size);
    return full;
}

static bool look_current(void *context, const char *key, span entry)
{
    struct walk *w = context;
    struct object_version version;
    w->e = version_pick(w->arena, key, entry, &version);
    if (w->e != OK) return false;
    if (version.delete_marker) return true;
    char *prefix = common_prefix(w, key);
    if (prefix) return roll_up(w, prefix);
    version.latest = true;
    version.info.path = w->unsettled ? path_where(w, version.info.path) : NULL;
    return add_version(w, &version);
}

/* ---- all versions ---- */

/* Whether it stands behind the marker. */
static bool is_listed(struct walk *w, const struct object_version *version)
{
    bool skipped = w->skip;
    if (skipped) w->skip = strcmp(version->version_id, w->query->after_version) != 0;
    return !skipped;
}

static bool look_older(void *context, const char *name, json_t *entry)
{
    struct walk *w = context;
    struct object_version version;
    (void)name;
    version_fill(w->arena, w->key, entry, false, &version);
    version.attributes = NULL;
    return !is_listed(w, &version) || add_version(w, &version);
}

static bool add_all(struct walk *w, const char *key, span entry)
{
    struct object_version version;
    w->e = version_pick(w->arena, key, entry, &version);
    if (w->e != OK) return false;
    version.latest = true;
    if (is_listed(w, &version) && !add_version(w, &version)) return false;
    w->key = version.info.key;
    w->e = version_scan(w->txn, w->bucket, key, look_older, w);
    w->skip = false;
    return w->e == OK && !w->page->more;
}

static bool look_versions(void *context, const char *key, span entry)
{
    struct walk *w = context;
    char *prefix = common_prefix(w, key);
    return prefix ? roll_up(w, prefix) : add_all(w, key, entry);
}

static bool look_marked(void *context, const char *key, span entry)
{
    struct walk *w = context;
    w->skip = true;
    if (strcmp(key, w->query->after) == 0) add_all(w, key, entry);
    return false;
}

/* The rest of the marker's own key, which the walk behind it does not see. */
static error finish_marked_key(struct walk *w)
{
    const struct object_query *q = w->query;
    if (!q->after || !q->after_version || !*q->after_version) return OK;
    if (!span_starts(span_of(q->after), q->prefix) || common_prefix(w, q->after)) return OK;
    TRY(state_scan_texts(w->txn, object_state_key(w->bucket, q->after), NULL, look_marked, w));
    w->skip = false;
    return w->e;
}

/* ---- uploads ---- */

static bool look_upload(void *context, const char *name, span record)
{
    enum { KEY, ID, BEGAN, COUNT };
    struct json_pick at[COUNT] = {
        [KEY] = {.name = SPAN("key")}, [ID] = {.name = SPAN("id")}, [BEGAN] = {.name = SPAN("began")}};
    struct walk *w = context;
    (void)name;
    w->e = json_pick(record, at, COUNT);
    if (w->e != OK) return false;
    const char *key = json_picked_text(w->arena, at[KEY].value);
    const char *id = json_picked_text(w->arena, at[ID].value);
    if (!key || !id || !span_starts(span_of(key), w->query->prefix)) return true;
    if (w->query->after && w->query->after_version && strcmp(w->query->after, key) == 0 &&
        strcmp(id, w->query->after_version) <= 0)
        return true;
    char *prefix = common_prefix(w, key);
    if (prefix) return roll_up(w, prefix);
    struct object_version upload = {
        .info = {.key = key, .modified_us = json_picked_integer(at[BEGAN].value, 0)},
        .version_id = id,
    };
    return add_version(w, &upload);
}

/* ---- the walk ---- */

static error walk_run(struct walk *w, struct state_key key, const char *after,
                      bool (*look)(void *, const char *, span))
{
    do {
        w->jump = NULL;
        TRY(state_scan_texts(w->txn, key, after, look, w));
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
        TRY(unsettled_read(w));
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
    struct walk w = {.bucket = bucket, .query = query, .arena = arena, .page = page,
                     .folder = local_of(s)->folder};
    *page = (struct object_page){0};
    TRY(state_begin(local_of(s)->index, false, &w.txn));
    error e = walk_start(&w, what);
    state_abort(w.txn);
    json_decref(w.unsettled);
    return e;
}
