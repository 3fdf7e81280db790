/* Puts a series of records into a stream over HTTP, in PutRecords calls, and counts exactly what
 * was acknowledged. */
#pragma once

#include "cli/ventilator.h"

struct http_client;

enum { PRODUCER_BATCH_MAX = 500 }; /* PutRecords: "up to 500 records" */

struct producer {
    /* given */
    struct http_client *client;
    const char *endpoint_url, *region, *stream;
    struct ventilator_series series;
    /* counted */
    uint64_t next;         /* index of the next record of the series */
    int64_t acknowledged;  /* records that got a sequence number */
    int64_t malformed;     /* acknowledged records that were broken on purpose */
    int64_t resent;        /* times a record was refused and sent again */
};

/* Sends the next `count` records (1..PRODUCER_BATCH_MAX); those that are refused are sent again
 * with growing pauses, until all are acknowledged or *stop is set. */
error producer_put(struct producer *, int count, const volatile int *stop) MUST_CHECK;
