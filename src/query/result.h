/* Result files in OutputLocation (Athena User Guide, "Work with query results"):
 *
 *   ID.csv   SELECT: header and values in double quotes, NULL is nothing, lines end in LF
 *   ID.txt   everything else that has lines: they are joined by LF
 *   *.metadata  beside it: a message of Protocol Buffers: 1 the query's id, 2 what was updated,
 *            3 how many rows, 4 per column { 1 catalog, 4 name, 5 label, 6 type, 7 precision,
 *            8 scale, 9 nullable, 10 case-sensitive }
 *
 * Nothing is visible before the query has succeeded. */
#pragma once

#include "query/internal.h"

struct result_file {
    struct object_store *objects;
    const char *location;        /* s3://BUCKET/FOLDER/ID.csv or .txt */
    bool csv;
    bool header;                 /* a text that begins with its column's name */
    struct arena *arena;
    struct upload *upload;       /* begun with the first bytes */
    const char *bucket, *key;
    struct buffer text;          /* not yet written */
    json_t *columns;             /* ColumnInfo of each */
    int64_t rows, bytes;
    error failure;
    char *reason;                /* text of the failure */
};

/* A sink that writes the file. */
struct query_sink result_sink(struct result_file *);
/* Makes the file and its metadata visible. `update` NULL: nothing was updated. */
error result_publish(struct result_file *, const char *id, const char *update,
                     int64_t updated) MUST_CHECK;
void result_release(struct result_file *); /* what is not published goes */
