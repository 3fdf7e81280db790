/* Inside decode/: records that are alike, decoded a block at a time.
 *
 * A producer writes the same bytes between the values of every record. Those bytes are a template:
 * for each value, in order, the lead in front of it, and a tail behind the last one. Records that
 * have them are read side by side: the first value of all, then the second, each in one loop over the
 * block.
 *
 * Whatever is not so plain (other keys, an array, a value that is a fault) is left to the walk over
 * one record. A template is learned from a record that was walked to its end. */
#pragma once

#include "decode/json_walk.h"

enum {
    BLOCK_RECORDS = 64,
    BLOCK_RECORD_MAX = 32 * 1024, /* that a block stays in a processor's cache */
    BLOCK_COPY_BYTES = 64 * 1024, /* of records that must not be read where they are */
    TEMPLATE_VALUES_MAX = 256,
};

/* Whose values stand at one place of the template. */
struct slot {
    enum direct direct;
    int32_t column; /* top-level, or KEY_UNMAPPED */
    struct walk_node *node;
    struct builder *to; /* NULL: no column takes it */
};

/* Member [k] of an array is value k's. Behind the last value the tail is its next lead. */
struct template {
    int count; /* of values; 0: there is no template */
    struct slot slots[TEMPLATE_VALUES_MAX];
    char leads[TEMPLATE_VALUES_MAX + 1][LEAD_MAX];
    int32_t lead_size[TEMPLATE_VALUES_MAX + 1];
    struct buffer structs; /* struct builder *: a row each, with every record */
    struct buffer missing; /* struct builder *: a NULL each */
};

/* The records that are being decoded, and how far. */
struct block {
    struct template template;
    size_t record_max;                 /* longer ones are not taken */
    const char *record[BLOCK_RECORDS]; /* RECORD_PADDING bytes behind it can be read */
    const char *end[BLOCK_RECORDS];
    const char **at;    /* what is to be read next */
    const char **after; /* room for what comes behind that */
    const char *places[2][BLOCK_RECORDS];
    struct buffer copies;          /* of records whose padding cannot be read */
    struct buffer bad_rows;        /* uint32_t per entry of the walk's `bad`: its record here */
};

struct block *block_open(size_t record_max);
void block_close(struct block *); /* NULL too */
/* The template, from the keys' order as they were walked last, in this record. */
void block_learn(struct block *, struct walk_node *root, struct builder *columns, span record);
/* Takes as many of the records as a block holds. */
size_t block_fill(struct block *, const span *records, size_t count);
/* Value k of record r, which is at p, by the general walk into its builder. Returns what is behind
 * it; NULL: it is a fault, or no scalar. */
const char *block_walk(struct block *, struct walk *, int k, size_t r, const char *p);
