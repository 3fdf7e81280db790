/* In: documents by (account, region, kind, name). Out: durable entries of one LMDB environment.
 *
 * Key:    account NUL region NUL kind NUL name, at most STATE_KEY_MAX bytes.
 *         A longer one is stored as its first STATE_KEY_MAX bytes and 31 bytes of SHA-256 of all
 *         of it: 511 bytes, LMDB's limit, so that the length alone tells the two forms apart.
 * Value:  compact JSON; under a hashed key the full name and a NUL stand before it.
 *
 * Hashed keys of one head lie side by side in the order of their hashes; a scan gathers such a
 * group and sorts it by name, so that the order seen outside is always that of the names. */
#include "state/state.h"

#include <errno.h>
#include <lmdb.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    HASH_BYTES = 31,
    HASHED_KEY = STATE_KEY_MAX + HASH_BYTES, /* LMDB's longest key */
    SCOPE_MAX = 200,                         /* account, region, kind with their NULs */
    READERS_MAX = 1024,
};
static const size_t map_bytes = (size_t)16 << 30; /* address space; the file grows as it fills */

struct state {
    struct state *next; /* of `opened` */
    char *folder;
    dev_t device;
    ino_t inode;
    pid_t process; /* a fork's copy is of no use to it */
    int users;
    MDB_env *env;
    MDB_dbi documents;
};

struct state_txn {
    struct state *state;
    MDB_txn *txn;
    bool write;
};

/* LMDB's locks belong to the process: opening an environment twice in one would break them, so
 * all openers of a folder share one handle. */
static struct state *opened;
static pthread_mutex_t opened_lock = PTHREAD_MUTEX_INITIALIZER;

static error lmdb_fail(int code, const char *folder, const char *what)
{
    switch (code) {
    case MDB_MAP_FULL:
        return fail(ERR_NO_SPACE, "state store %s is full: %zu GiB are its limit", folder,
                    map_bytes >> 30);
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INVALID:
    case MDB_PANIC:
        return fail(ERR_CORRUPT, "state store %s: %s: %s", folder, what, mdb_strerror(code));
    case MDB_VERSION_MISMATCH:
        return fail(ERR_CORRUPT, "state store %s was written by another version of LMDB", folder);
    case MDB_READERS_FULL:
        return fail(ERR_LIMIT, "state store %s: more than %d readers at once", folder, READERS_MAX);
    case ENOMEM:
        return fail(ERR_MEMORY, "state store %s: %s: no memory", folder, what);
    case EACCES:
    case EROFS:
        return fail(ERR_IO, "state store %s is not writable: %s", folder, mdb_strerror(code));
    }
    if (code < 0)
        return fail(ERR_INTERNAL, "state store %s: %s: %s", folder, what, mdb_strerror(code));
    errno = code;
    return fail_errno("state store %s: %s", folder, what);
}

/* ---- opening ---- */

static int env_prepare(struct state *s)
{
    int code = mdb_env_create(&s->env);
    if (code) return code;
    if ((code = mdb_env_set_mapsize(s->env, map_bytes))) return code;
    if ((code = mdb_env_set_maxreaders(s->env, READERS_MAX))) return code;
    /* NOTLS: a read transaction belongs to its handle and not to a thread of a pool. */
    if ((code = mdb_env_open(s->env, s->folder, MDB_NOTLS, 0600))) return code;
    int dead;
    if ((code = mdb_reader_check(s->env, &dead))) return code; /* readers of killed processes */
    MDB_txn *txn;
    if ((code = mdb_txn_begin(s->env, NULL, 0, &txn))) return code;
    if ((code = mdb_dbi_open(txn, NULL, 0, &s->documents))) {
        mdb_txn_abort(txn);
        return code;
    }
    return mdb_txn_commit(txn);
}

static error state_open_new(const char *folder, const struct stat *st, struct state **out)
{
    struct state *s = must_calloc(1, sizeof *s);
    *s = (struct state){.folder = must_strdup(folder),
                        .device = st->st_dev,
                        .inode = st->st_ino,
                        .process = getpid(),
                        .users = 1,
                        .next = opened};
    int code = env_prepare(s);
    if (code) {
        error e = lmdb_fail(code, folder, "open");
        if (s->env) mdb_env_close(s->env);
        free(s->folder);
        free(s);
        return e;
    }
    *out = opened = s;
    return OK;
}

/* LMDB syncs its files, not their names: those of a new store, and of the folders made for it. */
static error sync_names(const char *folder)
{
    enum { LEVELS = 3 };
    char *path = must_strdup(folder);
    error e = OK;
    for (int i = 0; e == OK && i < LEVELS && *path; i++) {
        e = file_sync_folder(path);
        char *slash = strrchr(path, '/');
        if (slash) *slash = '\0';
        else *path = '\0';
    }
    free(path);
    return e;
}

error state_open(const char *folder, struct state **out)
{
    struct stat st;
    bool is_new = access(folder, F_OK) != 0;
    TRY(folder_make(folder));
    if (stat(folder, &st) != 0) return fail_errno("state store %s", folder);
    pthread_mutex_lock(&opened_lock);
    struct state *s = opened;
    while (s && (s->device != st.st_dev || s->inode != st.st_ino || s->process != getpid()))
        s = s->next;
    error e = OK;
    if (s) {
        s->users++;
        *out = s;
    } else {
        e = state_open_new(folder, &st, out);
    }
    pthread_mutex_unlock(&opened_lock);
    if (e != OK || !is_new) return e;
    e = sync_names(folder);
    if (e != OK) state_close(*out);
    return e;
}

void state_close(struct state *s)
{
    if (!s) return;
    pthread_mutex_lock(&opened_lock);
    if (--s->users == 0) {
        struct state **link = &opened;
        while (*link != s) link = &(*link)->next;
        *link = s->next;
        mdb_env_close(s->env);
        free(s->folder);
        free(s);
    }
    pthread_mutex_unlock(&opened_lock);
}

/* ---- transactions ---- */

error state_begin(struct state *s, bool write, struct state_txn **out)
{
    MDB_txn *txn;
    int code = mdb_txn_begin(s->env, NULL, write ? 0 : MDB_RDONLY, &txn);
    if (code) return lmdb_fail(code, s->folder, "begin");
    struct state_txn *t = must_alloc(sizeof *t);
    *t = (struct state_txn){s, txn, write};
    *out = t;
    return OK;
}

error state_commit(struct state_txn *t)
{
    int code = mdb_txn_commit(t->txn);
    error e = code ? lmdb_fail(code, t->state->folder, "commit") : OK;
    free(t);
    return e;
}

void state_abort(struct state_txn *t)
{
    if (!t) return;
    mdb_txn_abort(t->txn);
    free(t);
}

/* ---- keys ---- */

/* The full key, without limit of length. */
static error key_make(struct state_key k, struct buffer *out)
{
    const char *const scope[] = {k.account, k.region, k.kind};
    for (int i = 0; i < 3; i++) {
        buffer_append_text(out, scope[i] ? scope[i] : "");
        buffer_append_byte(out, 0);
    }
    if (out->size > SCOPE_MAX)
        return fail(ERR_LIMIT, "state: account, region and kind of %zu bytes, limit %d", out->size,
                    SCOPE_MAX);
    buffer_append_text(out, k.name ? k.name : "");
    return OK;
}

/* The full key as it is stored: cut and hashed when long. */
static MDB_val key_stored(struct buffer *key)
{
    if (key->size > STATE_KEY_MAX) {
        uint8_t hash[SHA256_SIZE];
        sha256(hash, buffer_span(key));
        key->size = STATE_KEY_MAX;
        buffer_append(key, hash, HASH_BYTES);
    }
    return (MDB_val){key->size, key->data};
}

static bool key_is_hashed(const MDB_val *key)
{
    return key->mv_size == HASHED_KEY;
}

/* Splits a stored value; name.data is NULL when the key itself ends in the name. */
static error value_split(const struct state *s, const MDB_val *key, const MDB_val *value,
                         span *name, span *text)
{
    *text = (span){value->mv_data, value->mv_size};
    *name = (span){0};
    if (!key_is_hashed(key)) return OK;
    const char *end = memchr(text->data, 0, text->size);
    if (!end) return fail(ERR_CORRUPT, "state store %s: entry without its name", s->folder);
    *name = (span){text->data, (size_t)(end - text->data)};
    *text = (span){end + 1, text->size - name->size - 1};
    return OK;
}

static error document_read(const struct state *s, span text, json_t **out)
{
    if (json_read(text, out) == OK) return OK;
    return fail(ERR_CORRUPT, "state store %s: unreadable document: %s", s->folder,
                error_text());
}

/* ---- one document ---- */

error state_get(struct state_txn *t, struct state_key k, json_t **out)
{
    struct buffer key = {0};
    error e = key_make(k, &key);
    if (e == OK) {
        MDB_val stored = key_stored(&key), value;
        span name, text;
        int code = mdb_get(t->txn, t->state->documents, &stored, &value);
        if (code == MDB_NOTFOUND) e = fail(ERR_NOT_FOUND, "no %s named %s", k.kind, k.name);
        else if (code) e = lmdb_fail(code, t->state->folder, "read");
        else e = value_split(t->state, &stored, &value, &name, &text);
        if (e == OK) e = document_read(t->state, text, out);
    }
    buffer_release(&key);
    return e;
}

error state_put(struct state_txn *t, struct state_key k, const json_t *document)
{
    struct buffer key = {0}, value = {0};
    error e = key_make(k, &key);
    if (e == OK) {
        MDB_val stored = key_stored(&key);
        if (key_is_hashed(&stored)) {
            buffer_append_text(&value, k.name);
            buffer_append_byte(&value, 0);
        }
        e = json_print_kept(&value, document);
        MDB_val data = {value.size, value.data};
        int code = e == OK ? mdb_put(t->txn, t->state->documents, &stored, &data, 0) : 0;
        if (code) e = lmdb_fail(code, t->state->folder, "write");
    }
    buffer_release(&key);
    buffer_release(&value);
    return e;
}

error state_delete(struct state_txn *t, struct state_key k)
{
    struct buffer key = {0};
    error e = key_make(k, &key);
    if (e == OK) {
        MDB_val stored = key_stored(&key);
        int code = mdb_del(t->txn, t->state->documents, &stored, NULL);
        if (code == MDB_NOTFOUND) e = fail(ERR_NOT_FOUND, "no %s named %s", k.kind, k.name);
        else if (code) e = lmdb_fail(code, t->state->folder, "delete");
    }
    buffer_release(&key);
    return e;
}

error state_get_one(struct state *s, struct state_key k, json_t **out)
{
    struct state_txn *t;
    TRY(state_begin(s, false, &t));
    error e = state_get(t, k, out);
    state_abort(t);
    return e;
}

error state_put_one(struct state *s, struct state_key k, const json_t *document)
{
    struct state_txn *t;
    TRY(state_begin(s, true, &t));
    error e = state_put(t, k, document);
    if (e == OK) return state_commit(t);
    state_abort(t);
    return e;
}

/* ---- scanning ---- */

struct hashed { /* one member of a group of hashed keys with the same head */
    char *name; /* with the text behind its NUL */
    span text;
};

struct scan {
    struct state_txn *txn;
    MDB_cursor *cursor;
    struct buffer prefix; /* full key of the prefix */
    size_t scope;         /* bytes of it before the name */
    const char *after;
    bool (*each)(void *context, const char *name, span text);
    void *context;
    bool done;
    struct buffer current; /* the entry at hand: a write by `each` may move its page */
    struct buffer name;
};

/* Whether a name, seen whole, is asked for. */
static bool scan_wants(const struct scan *s, const char *name)
{
    size_t n = s->prefix.size - s->scope;
    return strncmp(name, s->prefix.data + s->scope, n) == 0 &&
           (!s->after || strcmp(name, s->after) > 0);
}

static void scan_give(struct scan *s, const char *name, span text)
{
    if (!s->done && scan_wants(s, name)) s->done = !s->each(s->context, name, text);
}

static int hashed_compare(const void *a, const void *b)
{
    return strcmp(((const struct hashed *)a)->name, ((const struct hashed *)b)->name);
}

/* Moves to the next key after `current`. In a write transaction by a new search, because `each`
 * may have put or deleted. */
static int scan_step(struct scan *s, MDB_val *key, MDB_val *value)
{
    if (!s->txn->write) return mdb_cursor_get(s->cursor, key, value, MDB_NEXT);
    *key = (MDB_val){s->current.size, s->current.data};
    int code = mdb_cursor_get(s->cursor, key, value, MDB_SET_RANGE);
    if (code == 0 && key->mv_size == s->current.size &&
        memcmp(key->mv_data, s->current.data, s->current.size) == 0)
        code = mdb_cursor_get(s->cursor, key, value, MDB_NEXT);
    return code;
}

static error group_add(struct scan *s, struct buffer *group, const MDB_val *key,
                       const MDB_val *value)
{
    span name, text;
    TRY(value_split(s->txn->state, key, value, &name, &text));
    char *copy = must_alloc(value->mv_size);
    memcpy(copy, value->mv_data, value->mv_size);
    struct hashed one = {copy, {copy + name.size + 1, text.size}};
    buffer_append(group, &one, sizeof one);
    return OK;
}

/* Reads all hashed keys with the head of *key, gives them in order of name, and leaves the
 * cursor's next entry in key and value. */
static error scan_group(struct scan *s, MDB_val *key, MDB_val *value, int *code)
{
    struct buffer group = {0}, head = {0};
    error e = OK;
    buffer_append(&head, key->mv_data, STATE_KEY_MAX);
    while (e == OK && *code == 0 && key_is_hashed(key) &&
           memcmp(key->mv_data, head.data, STATE_KEY_MAX) == 0) {
        e = group_add(s, &group, key, value);
        buffer_reset(&s->current);
        buffer_append(&s->current, key->mv_data, key->mv_size);
        *code = mdb_cursor_get(s->cursor, key, value, MDB_NEXT);
    }
    struct hashed *members = (struct hashed *)group.data;
    size_t count = group.size / sizeof *members;
    if (count) qsort(members, count, sizeof *members, hashed_compare);
    for (size_t i = 0; i < count; i++) {
        if (e == OK) scan_give(s, members[i].name, members[i].text);
        free(members[i].name);
    }
    if (s->txn->write && e == OK && !s->done) *code = scan_step(s, key, value);
    buffer_release(&group);
    buffer_release(&head);
    return e;
}

/* One plain key: gives it and steps on. */
static void scan_single(struct scan *s, MDB_val *key, MDB_val *value, int *code)
{
    buffer_reset(&s->name);
    buffer_append(&s->name, (const char *)key->mv_data + s->scope, key->mv_size - s->scope);
    buffer_reset(&s->current);
    buffer_append(&s->current, key->mv_data, key->mv_size);
    scan_give(s, buffer_text(&s->name), (span){value->mv_data, value->mv_size});
    *code = scan_step(s, key, value);
}

static error scan_run(struct scan *s, struct buffer *start)
{
    if (start->size > STATE_KEY_MAX) start->size = STATE_KEY_MAX; /* the group's head */
    size_t head = s->prefix.size < STATE_KEY_MAX ? s->prefix.size : STATE_KEY_MAX;
    MDB_val key = {start->size, start->data}, value;
    int code = mdb_cursor_get(s->cursor, &key, &value, MDB_SET_RANGE);
    while (code == 0 && !s->done) {
        if (key.mv_size < head || memcmp(key.mv_data, s->prefix.data, head) != 0) return OK;
        if (!key_is_hashed(&key)) scan_single(s, &key, &value, &code);
        else TRY(scan_group(s, &key, &value, &code));
    }
    if (code && code != MDB_NOTFOUND) return lmdb_fail(code, s->txn->state->folder, "scan");
    return OK;
}

error state_scan_texts(struct state_txn *t, struct state_key prefix, const char *after,
                       bool (*each)(void *context, const char *name, span text), void *context)
{
    struct scan s = {.txn = t, .after = after, .each = each, .context = context};
    struct buffer start = {0};
    struct state_key from = prefix;
    if (!prefix.name) prefix.name = "";
    from.name = after && strcmp(after, prefix.name) > 0 ? after : prefix.name;
    error e = key_make(prefix, &s.prefix);
    if (e == OK) {
        s.scope = s.prefix.size - strlen(prefix.name);
        e = key_make(from, &start);
    }
    if (e == OK) {
        int code = mdb_cursor_open(t->txn, t->state->documents, &s.cursor);
        e = code ? lmdb_fail(code, t->state->folder, "scan") : scan_run(&s, &start);
        if (!code) mdb_cursor_close(s.cursor);
    }
    buffer_release(&s.prefix);
    buffer_release(&s.current);
    buffer_release(&s.name);
    buffer_release(&start);
    return e;
}

struct document_scan {
    const struct state *state;
    bool (*each)(void *context, const char *name, json_t *document);
    void *context;
    error failure;
};

static bool document_give(void *context, const char *name, span text)
{
    struct document_scan *s = context;
    json_t *document;
    s->failure = document_read(s->state, text, &document);
    if (s->failure != OK) return false;
    bool more = s->each(s->context, name, document);
    json_decref(document);
    return more;
}

error state_scan(struct state_txn *t, struct state_key prefix, const char *after,
                 bool (*each)(void *context, const char *name, json_t *document), void *context)
{
    struct document_scan s = {.state = t->state, .each = each, .context = context};
    TRY(state_scan_texts(t, prefix, after, document_give, &s));
    return s.failure;
}
