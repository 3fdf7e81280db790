/* The objects of a checkpoint -> documents by batch (see ledger.h). */
#include "job/ledger.h"

#include <stdlib.h>

enum { DOCUMENT_MAX = 64 << 20, PAGE = 1000 };

error ledger_read(struct object_store *objects, const char *bucket, const char *key, json_t **out)
{
    struct buffer bytes = {0};
    error e = objects->ops->get(objects, bucket, key, DOCUMENT_MAX, &bytes);
    if (e == OK) e = json_read(buffer_span(&bytes), out);
    buffer_release(&bytes);
    return e == OK ? OK : fail_context(e, "s3://%s/%s", bucket, key);
}

error ledger_create(struct object_store *objects, const char *bucket, const char *key,
                    const json_t *document)
{
    struct buffer bytes = {0};
    error e = json_print_kept(&bytes, document);
    if (e == OK)
        e = objects->ops->put(objects, bucket, key, buffer_span(&bytes), "application/json",
                              (struct object_condition){.if_absent = true});
    buffer_release(&bytes);
    return e;
}

error ledger_list(struct object_store *objects, const char *bucket, const char *prefix,
                  struct arena *arena, error (*each)(void *, const struct object_info *),
                  void *context)
{
    const char *after = NULL;
    for (bool more = true; more;) {
        struct object_info *page;
        size_t count;
        TRY(objects->ops->list(objects, bucket, prefix, after, PAGE, arena, &page, &count, &more));
        for (size_t i = 0; i < count; i++) {
            after = page[i].key;
            TRY(each(context, &page[i]));
        }
        if (count == 0) break;
    }
    return OK;
}

const char *ledger_key(struct arena *arena, const struct ledger *l, const char *kind, int64_t number)
{
    return arena_printf(arena, "%s/%s/%012lld", l->prefix, kind, (long long)number);
}

struct ledger_batch *ledger_find(const struct ledger *l, int64_t number)
{
    for (size_t i = l->count; i-- > 0;)
        if (l->batches[i].number == number) return &l->batches[i];
    return NULL;
}

const json_t *ledger_rewinding(const struct ledger *l)
{
    const struct ledger_batch *last = ledger_find(l, l->planned);
    bool begun = last && json_object_get(last->plan, "rewind_to");
    return begun && !last->commit ? last->plan : NULL;
}

struct reading {
    struct object_store *objects;
    struct ledger *ledger;
    const char *directory; /* PREFIX/plan/ */
    bool plan;
};

static struct ledger_batch *place_of(struct reading *r, int64_t number)
{
    struct ledger_batch *found = ledger_find(r->ledger, number);
    if (found) return found;
    struct ledger *l = r->ledger;
    l->batches = must_realloc(l->batches, (l->count + 1) * sizeof *l->batches);
    size_t at = l->count++; /* listings come in order: this is short */
    while (at > 0 && l->batches[at - 1].number > number) {
        l->batches[at] = l->batches[at - 1];
        at--;
    }
    l->batches[at] = (struct ledger_batch){.number = number};
    return &l->batches[at];
}

static error read_entry(void *context, const struct object_info *object)
{
    struct reading *r = context;
    struct ledger *l = r->ledger;
    int64_t number;
    json_t *document;
    if (!parse_int64(span_of(object->key + strlen(r->directory)), &number) || number < 0)
        return fail(ERR_CORRUPT, "checkpoint s3://%s/%s is not a batch of Sluice's", l->bucket,
                    object->key);
    error e = ledger_read(r->objects, l->bucket, object->key, &document);
    if (e == ERR_NO_SUCH_KEY) return OK; /* the job goes on and forgets its oldest batches */
    TRY(e);
    struct ledger_batch *batch = place_of(r, number);
    if (r->plan) batch->plan = document;
    else batch->commit = document;
    int64_t *highest = r->plan ? &l->planned : &l->committed;
    if (number > *highest) *highest = number;
    return OK;
}

/* replan/N/K takes the place of plan N and of those with a lower K: listings come in order. */
static error read_replan(void *context, const struct object_info *object)
{
    struct reading *r = context;
    struct ledger *l = r->ledger;
    const char *number_text = object->key + strlen(r->directory), *slash = strchr(number_text, '/');
    int64_t number;
    if (!slash || !parse_int64((span){number_text, (size_t)(slash - number_text)}, &number))
        return fail(ERR_CORRUPT, "checkpoint s3://%s/%s is not a batch of Sluice's", l->bucket,
                    object->key);
    struct ledger_batch *batch = ledger_find(l, number);
    json_t *document;
    if (!batch || !batch->plan) return OK;
    error e = ledger_read(r->objects, l->bucket, object->key, &document);
    if (e == ERR_NO_SUCH_KEY) return OK;
    TRY(e);
    json_decref(batch->plan);
    batch->plan = document;
    return OK;
}

/* Commits first: a batch committed meanwhile shows as pending, never as committed without plan. */
static error read_batches(struct arena *arena, struct object_store *objects, struct ledger *l)
{
    static const char *const kinds[] = {"commit", "plan"};
    for (int i = 0; i < 2; i++) {
        struct reading r = {.objects = objects, .ledger = l, .plan = i == 1,
                            .directory = arena_printf(arena, "%s/%s/", l->prefix, kinds[i])};
        TRY(ledger_list(objects, l->bucket, r.directory, arena, read_entry, &r));
    }
    struct reading again = {.objects = objects, .ledger = l,
                            .directory = arena_printf(arena, "%s/replan/", l->prefix)};
    return ledger_list(objects, l->bucket, again.directory, arena, read_replan, &again);
}

error ledger_open(struct arena *arena, struct object_store *objects, const char *url,
                  struct ledger *l)
{
    *l = (struct ledger){.planned = -1, .committed = -1};
    const char *prefix;
    TRY(object_url_parse(arena, url, &l->bucket, &prefix));
    size_t length = strlen(prefix);
    while (length && prefix[length - 1] == '/') length--;
    if (length == 0) return fail(ERR_INVALID_INPUT, "checkpoint '%s' needs a prefix in its bucket", url);
    l->prefix = arena_text(arena, (span){prefix, length});
    error e = ledger_read(objects, l->bucket, arena_printf(arena, "%s/metadata", l->prefix),
                          &l->metadata);
    if (e == ERR_NO_SUCH_KEY) {
        l->metadata = NULL;
        return OK;
    }
    TRY(e);
    l->job = json_text(l->metadata, "job");
    l->id = json_text(l->metadata, "id");
    e = l->job && l->id ? read_batches(arena, objects, l)
                        : fail(ERR_CORRUPT, "checkpoint s3://%s/%s/metadata is not of this version",
                               l->bucket, l->prefix);
    if (e != OK) ledger_close(l);
    return e;
}

void ledger_close(struct ledger *l)
{
    for (size_t i = 0; i < l->count; i++) {
        json_decref(l->batches[i].plan);
        json_decref(l->batches[i].commit);
    }
    free(l->batches);
    json_decref(l->metadata);
    l->batches = NULL;
    l->metadata = NULL;
    l->count = 0;
}

struct each_ledger {
    struct arena *arena;
    struct object_store *objects;
    const char *bucket;
    error (*each)(void *context, struct ledger *);
    void *context;
};

static error open_one(void *context, const struct object_info *object)
{
    const struct each_ledger *all = context;
    size_t length = strlen(object->key), tail = strlen("/metadata");
    if (length <= tail || strcmp(object->key + length - tail, "/metadata") != 0) return OK;
    struct ledger ledger;
    const char *url =
        arena_printf(all->arena, "s3://%s/%.*s", all->bucket, (int)(length - tail), object->key);
    TRY(ledger_open(all->arena, all->objects, url, &ledger));
    return all->each(all->context, &ledger);
}

error ledger_each(struct arena *arena, struct object_store *objects, const char *bucket,
                  error (*each)(void *context, struct ledger *), void *context)
{
    struct each_ledger all = {arena, objects, bucket, each, context};
    return ledger_list(objects, bucket, "cp/", arena, open_one, &all);
}
