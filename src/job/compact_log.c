/* The log of a partition's compaction (see compact_log.h). Its plans decide who comes first: a
 * compaction that replaces a folder's files, or a job that adds to them. */
#include "job/compact_log.h"

#include "job/ledger.h"

static const char *entry_key(struct arena *arena, const struct compact_log *log, const char *kind,
                             int64_t number)
{
    return arena_printf(arena, "compact/%s%s/%06lld", log->folder, kind, (long long)number);
}

/* ---- reading ---- */

struct reading {
    struct arena *arena;
    struct object_store *objects;
    struct compact_log *log;
    const char *prefix;
    json_t *done;                    /* number -> document, of done/ */
};

static error read_entry(void *context, const struct object_info *object)
{
    struct reading *r = context;
    struct compact_log *log = r->log;
    const char *name = object->key + strlen(r->prefix);
    bool plan = strncmp(name, "plan/", 5) == 0, done = strncmp(name, "done/", 5) == 0;
    int64_t number;
    json_t *document;
    if (strcmp(name, "begun") == 0) log->begun = true;
    if (!plan && !done) return OK; /* "begun", or the log of a folder below this one */
    if (!parse_int64(span_of(name + 5), &number)) return OK;
    TRY(ledger_read(r->objects, log->bucket, object->key, &document));
    if (done) {
        json_object_set_new(r->done, name + 5, document);
        return OK;
    }
    if (number >= log->next) log->next = number + 1;
    const json_t *end = json_object_get(r->done, name + 5);
    if (json_object_get(document, "claimed_by") || json_is_set(end, "taken_back")) {
        json_decref(document);
        return OK;
    }
    json_decref(log->plan);
    log->plan = document;
    log->number = number;
    log->done = end != NULL;
    return OK;
}

/* The ends of plans come before them in the order of names. */
error compact_log_read(struct arena *arena, struct object_store *objects, const char *bucket,
                       const char *folder, struct compact_log *log)
{
    *log = (struct compact_log){.bucket = bucket, .folder = folder};
    struct reading r = {arena, objects, log, arena_printf(arena, "compact/%s", folder), json_object()};
    error e = ledger_list(objects, bucket, r.prefix, arena, read_entry, &r);
    json_decref(r.done);
    if (e != OK) compact_log_close(log);
    return e;
}

void compact_log_close(struct compact_log *log)
{
    json_decref(log->plan);
    log->plan = NULL;
}

/* ---- writing ---- */

static error create(struct object_store *objects, const char *bucket, const char *key,
                    json_t *document /* stolen */)
{
    error e = ledger_create(objects, bucket, key, document);
    json_decref(document);
    return e;
}

error compact_log_begin(struct arena *arena, struct object_store *objects, const struct compact_log *log)
{
    if (log->begun) return OK;
    error e = create(objects, log->bucket, arena_printf(arena, "compact/%sbegun", log->folder),
                     json_pack("{s:i}", "version", 1));
    return e == ERR_PRECONDITION ? OK : e;
}

error compact_log_plan(struct arena *arena, struct object_store *objects, struct compact_log *log,
                       json_t *plan)
{
    error e = ledger_create(objects, log->bucket, entry_key(arena, log, "plan", log->next), plan);
    if (e == ERR_PRECONDITION)
        return fail(ERR_FENCED, "a job claimed the partition meanwhile, or another compaction planned it");
    TRY(e);
    log->number = log->next++;
    log->plan = json_incref(plan);
    return OK;
}

error compact_log_done(struct arena *arena, struct object_store *objects, const struct compact_log *log,
                       bool taken_back)
{
    error e = create(objects, log->bucket, entry_key(arena, log, "done", log->number),
                     json_pack("{s:b, s:I}", "taken_back", taken_back, "time_us", (json_int_t)now_us()));
    return e == ERR_PRECONDITION ? OK : e;
}

/* ---- claims ---- */

static const char *folder_of(struct arena *arena, const char *key)
{
    const char *slash = strrchr(key, '/');
    return arena_text(arena, (span){key, slash ? (size_t)(slash - key) + 1 : 0});
}

/* "t/ingest_year=2023/.../ingest_hour=06/" of a key below it; NULL: no ingest time in it. */
static const char *ingest_folder(struct arena *arena, const char *key)
{
    const char *last = NULL;
    for (const char *at = key; (at = strstr(at, "ingest_")) != NULL; at++)
        if ((at == key || at[-1] == '/') && strchr(at, '/')) last = at;
    return last ? arena_text(arena, (span){key, (size_t)(strchr(last, '/') - key) + 1}) : NULL;
}

/* Most folders were never compacted: one listing tells so for all partitions of an ingest time. */
static error has_log(struct arena *arena, struct object_store *objects, const char *bucket,
                     const char *ingest, bool *out)
{
    struct object_info *page;
    size_t count = 0;
    bool more;
    TRY(objects->ops->list(objects, bucket, arena_printf(arena, "compact/%s", ingest), NULL, 1, arena,
                           &page, &count, &more));
    *out = count > 0;
    return OK;
}

static error claim_folder(struct arena *arena, struct object_store *objects, const char *by,
                          const struct data_file *file, bool *closed)
{
    for (error e = ERR_PRECONDITION; e == ERR_PRECONDITION;) {
        struct compact_log log;
        TRY(compact_log_read(arena, objects, file->bucket, folder_of(arena, file->key), &log));
        *closed = log.plan != NULL;
        bool begun = log.begun;
        compact_log_close(&log);
        if (*closed || !begun) return OK;
        e = create(objects, log.bucket, entry_key(arena, &log, "plan", log.next),
                   json_pack("{s:s, s:I}", "claimed_by", by, "time_us", (json_int_t)now_us()));
        if (e != ERR_PRECONDITION) return e;
    }
    return OK;
}

static bool same_folder(struct arena *arena, const struct data_file *a, const struct data_file *b)
{
    return strcmp(a->bucket, b->bucket) == 0 &&
           strcmp(folder_of(arena, a->key), folder_of(arena, b->key)) == 0;
}

error compact_claim(struct arena *arena, struct object_store *objects, const char *by,
                    const struct staged_file *files, size_t count, const struct data_file **closed)
{
    const struct data_file *before = NULL;
    const char *ingest_before = NULL;
    bool found = false, is_closed = false;
    *closed = NULL;
    for (size_t i = 0; i < count; before = &files[i++].file) {
        const struct data_file *file = &files[i].file;
        const char *ingest = ingest_folder(arena, file->key);
        bool known = ingest && ingest_before && strcmp(ingest, ingest_before) == 0 &&
                     strcmp(file->bucket, before->bucket) == 0;
        if (ingest && !known) TRY(has_log(arena, objects, file->bucket, ingest, &found));
        ingest_before = ingest;
        if (!ingest || !found || (before && same_folder(arena, before, file))) continue;
        TRY(claim_folder(arena, objects, by, file, &is_closed));
        if (is_closed) {
            *closed = file;
            return OK;
        }
    }
    return OK;
}
