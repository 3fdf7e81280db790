/* Small objects: a put keeps their bytes in the index too, so that the one commit makes them
 * durable and their files need no sync of their own. Files are synced many at a time; then the
 * index forgets the bytes. After a power failure a file may lack its bytes, or be missing: the next
 * open compares, and writes it anew under the index's write lock.
 *
 *   young, -, T      path, bytes (base64)
 *
 * The rename into place has its todo record as every object's; it needs no sync of the folder. */
#include "object/internal.h"

#include <errno.h>
#include <fcntl.h>

enum { SETTLE_AT = 64 };

struct young {
    const char *token, *path;
    span bytes;
    int file; /* open and right, or -1 */
};

struct young_list {
    struct arena arena;
    struct buffer memory; /* of the rows */
    struct young *rows;
    size_t count;
};

error young_add(struct state_txn *t, const char *token, const char *path, span bytes)
{
    struct buffer text = {0};
    buffer_reserve(&text, base64_encoded_size(bytes.size) + 1);
    base64_encode(text.data, bytes);
    text.size = base64_encoded_size(bytes.size);
    json_t *document = json_pack("{s:s, s:s}", "path", path, "bytes", buffer_text(&text));
    buffer_release(&text);
    CHECK(document);
    error e = state_put(t, record_key("young", token), document);
    json_decref(document);
    return e;
}

error young_forget(struct state_txn *t, const char *token)
{
    error e = state_delete(t, record_key("young", token));
    return e == ERR_NOT_FOUND ? OK : e;
}

static bool collect(void *context, const char *token, json_t *document)
{
    struct young_list *list = context;
    const char *path = json_text(document, "path"), *text = json_text(document, "bytes");
    if (!path || !text || !strchr(path, '/')) return true;
    span coded = span_of(text);
    char *bytes = arena_alloc(&list->arena, base64_decoded_max(coded.size) + 1);
    size_t size;
    if (base64_decode(bytes, &size, coded) != OK) return true;
    struct young row = {arena_text(&list->arena, span_of(token)),
                        arena_text(&list->arena, span_of(path)), {bytes, size}, -1};
    buffer_append(&list->memory, &row, sizeof row);
    return true;
}

static error list_open(struct local *l, struct young_list *list)
{
    struct state_txn *t;
    *list = (struct young_list){0};
    TRY(state_begin(l->index, false, &t));
    error e = state_scan(t, record_key("young", ""), NULL, collect, list);
    state_abort(t);
    list->rows = (struct young *)(void *)list->memory.data;
    list->count = list->memory.size / sizeof *list->rows;
    return e;
}

static void list_close(struct young_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->rows[i].file >= 0) world->close(list->rows[i].file);
    buffer_release(&list->memory);
    arena_release(&list->arena);
}

/* The file in its place with the right bytes, or -1. */
static int right_file(const struct local *l, const struct young *y)
{
    char found[YOUNG_BYTES_MAX + 1];
    size_t size = 0;
    int file = world->open_beneath(l->folder, y->path, O_RDONLY);
    if (file < 0) return -1;
    for (int64_t n = 1; n > 0 && size < sizeof found;) {
        n = world->read(file, found + size, sizeof found - size, (int64_t)size);
        if (n < 0 && errno == EINTR) n = 1;
        else if (n > 0) size += (size_t)n;
    }
    if (span_equal((span){found, size}, y->bytes)) return file;
    world->close(file);
    return -1;
}

/* ---- many files made durable ---- */

/* Writing begins for all before the first is waited for. */
static void sync_files(const struct local *l, struct young_list *list)
{
    struct buffer folders = {0};
    for (size_t i = 0; i < list->count; i++) {
        struct young *y = &list->rows[i];
        y->file = right_file(l, y);
        if (y->file >= 0) world->write_out(y->file, 0, (int64_t)y->bytes.size);
    }
    for (size_t i = 0; i < list->count; i++) {
        struct young *y = &list->rows[i];
        bool durable = y->file >= 0 && world->sync(y->file) == 0 &&
                       place_sync(l, y->path, &folders) == OK;
        if (durable || y->file < 0) continue;
        world->close(y->file);
        y->file = -1; /* stays for the next time */
    }
    buffer_release(&folders);
}

static error forget_durable(struct local *l, const struct young_list *list)
{
    struct state_txn *t;
    TRY(state_begin(l->index, true, &t));
    error e = OK;
    for (size_t i = 0; e == OK && i < list->count; i++)
        if (list->rows[i].file >= 0) e = young_forget(t, list->rows[i].token);
    if (e == OK) return state_commit(t);
    state_abort(t);
    return e;
}

void young_settle(struct local *l)
{
    struct young_list list;
    error e = list_open(l, &list);
    if (e == OK && list.count) {
        sync_files(l, &list);
        e = forget_durable(l, &list);
    }
    if (e != OK) log_line(LOG_WARN, "object", "left for later: %s", error_text());
    list_close(&list);
}

void young_count(struct local *l)
{
    if (atomic_fetch_add(&l->young, 1) + 1 < SETTLE_AT) return;
    if (atomic_exchange(&l->young, 0) >= SETTLE_AT) young_settle(l); /* one thread alone */
}

/* ---- after a power failure ---- */

static error write_durable(int file, span bytes)
{
    TRY(file_write_all(file, "a staged file", bytes, 0));
    return world->sync(file) == 0 ? OK : fail_errno("sync a staged file");
}

/* The staged bytes may be torn: they go first, so that nobody moves them to the path behind this.
 * Where something stands in the way the object is read where it was staged. */
static error rewritten_place(const struct local *l, const char *token, const struct young *y)
{
    struct buffer from = {0}, staged = {0};
    error e = OK;
    staging_full(l, token, &from);
    staging_full(l, y->token, &staged);
    if (place_look(l, y->path) == PATH_BLOCKED) {
        log_line(LOG_WARN, "object", "left where it is staged: %s", y->path);
        if (world->rename(from.data, staged.data) != 0) e = fail_errno("rename to %s", staged.data);
    } else {
        if (world->unlink(staged.data) != 0 && errno != ENOENT) e = fail_errno("remove %s", staged.data);
        if (e == OK) e = place_move(l, token, y->path);
    }
    buffer_release(&from);
    buffer_release(&staged);
    return e;
}

/* Whole or not at all, under a name of its own until it is durable: what stands at the path may be
 * right, and only could not be read. */
static error file_rewrite(const struct local *l, const struct young *y)
{
    char token[TOKEN_SIZE + 1];
    int file;
    TRY(staged_create(l, token, &file));
    error e = write_durable(file, y->bytes);
    if (e == OK) e = rewritten_place(l, token, y);
    if (e != OK) staged_remove(l, token);
    world->close(file);
    return e;
}

/* Under the write lock nobody moves or drops files: what is wrong now is wrong. */
static error recover_one(const struct local *l, struct state_txn *t, struct young *y)
{
    json_t *record;
    error e = state_get(t, record_key("young", y->token), &record);
    if (e == ERR_NOT_FOUND) return OK; /* dropped meanwhile */
    TRY(e);
    json_decref(record);
    e = place_move(l, y->token, y->path); /* its process may have died before */
    y->file = right_file(l, y);
    return y->file < 0 ? file_rewrite(l, y) : e;
}

error young_recover(struct local *l)
{
    struct young_list list;
    struct state_txn *t = NULL;
    error e = list_open(l, &list);
    for (size_t i = 0; e == OK && i < list.count; i++) {
        struct young *y = &list.rows[i];
        y->file = right_file(l, y);
        if (y->file >= 0) continue;
        if (!t) e = state_begin(l->index, true, &t);
        if (e == OK) e = recover_one(l, t, y);
    }
    if (t) state_abort(t);
    list_close(&list);
    return e;
}
