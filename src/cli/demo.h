/* Where a demo plays: its data directory and the shipped example's documents. */
#pragma once

#include "project/project.h"

struct http_client;

struct demo_place {
    const char *binary;     /* path of this binary, as it may be typed */
    const char *directory;  /* the data directory */
    bool temporary;
    const char *log;        /* stderr of the processes */
    char *context, *job;    /* paths of cdk.context.json and job.json */
    const char *files;      /* folder of the lake table's objects */
    const char *lake_table; /* database.table */
    struct project project; /* what the stacks make */
    json_t *lake_table_input;
};

/* A new or empty `keep`, or a temporary directory; `example` NULL: the shipped one. */
error demo_place_open(struct arena *, const char *keep, const char *example,
                      struct demo_place *) MUST_CHECK;
/* Creates the lake table through the endpoints: what no stack makes. */
error demo_place_create(struct demo_place *, struct http_client *,
                        const char *endpoint_url) MUST_CHECK;
/* Removes a temporary directory; before, shows the end of the log when `failed`. */
void demo_place_close(struct demo_place *, bool failed);
