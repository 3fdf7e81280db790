/* What a checkpoint says, read without taking part in it: for audits and for the commands that show
 * and change checkpoints. Private to job/. */
#pragma once

#include "job/internal.h"

struct ledger_batch {
    int64_t number;
    json_t *plan, *commit;           /* NULL: not there (any more) */
};

struct ledger {
    const char *bucket, *prefix;
    json_t *metadata;                /* NULL: there is no checkpoint */
    const char *job, *id;            /* of the metadata */
    struct ledger_batch *batches;    /* by number; those kept: the last hundred or so */
    size_t count;
    int64_t planned, committed;      /* highest numbers, -1: none */
};

/* `url`: s3://bucket/prefix. A checkpoint that does not exist has no metadata. */
error ledger_open(struct arena *, struct object_store *, const char *url, struct ledger *) MUST_CHECK;
void ledger_close(struct ledger *);
/* Every checkpoint below cp/ of the bucket; `each` takes the ledger over. */
error ledger_each(struct arena *, struct object_store *, const char *bucket,
                  error (*each)(void *context, struct ledger *), void *context) MUST_CHECK;
struct ledger_batch *ledger_find(const struct ledger *, int64_t number); /* NULL: not kept */
const char *ledger_key(struct arena *, const struct ledger *, const char *kind, int64_t number);
/* The plan that keeps the job from running while batches are being taken back; NULL: none. */
const json_t *ledger_rewinding(const struct ledger *);

/* Whole JSON object; ERR_NO_SUCH_KEY. */
error ledger_read(struct object_store *, const char *bucket, const char *key, json_t **) MUST_CHECK;
/* Created only if absent: ERR_PRECONDITION. */
error ledger_create(struct object_store *, const char *bucket, const char *key,
                    const json_t *) MUST_CHECK;

/* Every object with the prefix. `each` may fail, which ends the listing. */
error ledger_list(struct object_store *, const char *bucket, const char *prefix, struct arena *,
                  error (*each)(void *context, const struct object_info *), void *context) MUST_CHECK;
