/* Documents (JSON) by account, region, kind and name in one embedded store (LMDB), shared by all
 * processes of a data directory. Every commit is durable; changes of one transaction are all or
 * nothing. Names sort by bytes. */
#pragma once

#include "base/base.h"

struct state;
struct state_txn;

enum { STATE_KEY_MAX = 480 }; /* account + region + kind + name, with separators; longer names
                                 are hashed inside, the document keeps the full name */

error state_open(const char *folder, struct state **) MUST_CHECK;
void state_close(struct state *);

struct state_key { const char *account, *region, *kind, *name; };

/* A read transaction must be short. `write` waits for the one writer. One thread. */
error state_begin(struct state *, bool write, struct state_txn **) MUST_CHECK;
error state_commit(struct state_txn *) MUST_CHECK; /* frees it, whatever happens */
void state_abort(struct state_txn *);

/* New reference; ERR_NOT_FOUND. */
error state_get(struct state_txn *, struct state_key, json_t **out) MUST_CHECK;
error state_put(struct state_txn *, struct state_key, const json_t *) MUST_CHECK;
error state_delete(struct state_txn *, struct state_key) MUST_CHECK; /* ERR_NOT_FOUND */
/* Calls `each` for names that start with prefix and are > after, in order, until it returns false.
 * The document is borrowed. */
error state_scan(struct state_txn *, struct state_key prefix, const char *after,
                 bool (*each)(void *context, const char *name, json_t *document), void *context) MUST_CHECK;
/* The same with the documents as they are kept, compact JSON: for json_pick, where many of them are
 * looked at. The text is good until the store is written. */
error state_scan_texts(struct state_txn *, struct state_key prefix, const char *after,
                       bool (*each)(void *context, const char *name, span text),
                       void *context) MUST_CHECK;

/* One-operation conveniences. */
error state_get_one(struct state *, struct state_key, json_t **out) MUST_CHECK;
error state_put_one(struct state *, struct state_key, const json_t *) MUST_CHECK;
