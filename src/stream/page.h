/* How the values of GetRecords' reply are read: one table for each form that a service may answer
 * in (page_json.c, page_cbor.c). What the values mean is page.c's. */
#pragma once

#include "stream/shard.h"

struct page_reader {
    const char *at, *end; /* JSON: what is left */
    struct arena *arena;
    struct cbor_reader cbor;
};

/* Each takes what it is named for; false: it is not that, and the reply is damaged. */
struct page_functions {
    bool (*open)(struct page_reader *, bool list); /* of an object, or of a list of objects */
    bool (*member)(struct page_reader *, bool first, span *name);  /* data NULL: the object's end */
    bool (*element)(struct page_reader *, bool first, bool *more); /* opens it; or the list's end */
    bool (*text)(struct page_reader *, span *);                    /* data NULL: null */
    bool (*blob)(struct page_reader *, span *);
    bool (*time)(struct page_reader *, int64_t *us);
    bool (*number)(struct page_reader *, double *); /* null is 0 */
    bool (*skip)(struct page_reader *);
    bool (*end)(struct page_reader *); /* nothing follows */
};
extern const struct page_functions page_json, page_cbor;

bool page_time(double seconds, int64_t *us); /* to the millisecond */
bool page_base64(struct page_reader *, span text, span *out);
