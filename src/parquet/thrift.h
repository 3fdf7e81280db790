/* Thrift compact protocol (apache/thrift, thrift-compact-protocol.md): the form of Parquet's page
 * headers, indexes and footer. Writing appends to a buffer; reading checks every length. */
#pragma once

#include "base/base.h"

enum thrift_type {
    THRIFT_STOP = 0,
    THRIFT_TRUE = 1,
    THRIFT_FALSE = 2,
    THRIFT_BYTE = 3,
    THRIFT_I16 = 4,
    THRIFT_I32 = 5,
    THRIFT_I64 = 6,
    THRIFT_DOUBLE = 7,
    THRIFT_BINARY = 8,
    THRIFT_LIST = 9,
    THRIFT_SET = 10,
    THRIFT_MAP = 11,
    THRIFT_STRUCT = 12,
    THRIFT_UUID = 13
};

enum { THRIFT_DEPTH = 16 };

/* ---- writing: fields in rising order of id; structs nest by begin/end ---- */
struct thrift_out {
    struct buffer *out;
    int depth;
    int16_t last[THRIFT_DEPTH]; /* id of the last field, per open struct */
};

void thrift_open(struct thrift_out *, struct buffer *out); /* the outermost struct */
void thrift_close(struct thrift_out *);
void thrift_bool(struct thrift_out *, int16_t id, bool);
void thrift_int(struct thrift_out *, int16_t id, enum thrift_type, int64_t); /* BYTE..I64 */
void thrift_binary(struct thrift_out *, int16_t id, span);
void thrift_struct_begin(struct thrift_out *, int16_t id);
void thrift_struct_end(struct thrift_out *);
/* Fields of the open struct that were written elsewhere; `last` is the id of the last of them. */
void thrift_fields(struct thrift_out *, span fields, int16_t last);
/* A list's elements follow: `count` items of the type. */
void thrift_list(struct thrift_out *, int16_t id, enum thrift_type, size_t count);
void thrift_item_bool(struct thrift_out *, bool);
void thrift_item_int(struct thrift_out *, int64_t);
void thrift_item_binary(struct thrift_out *, span);
void thrift_item_begin(struct thrift_out *); /* a struct */
void thrift_item_end(struct thrift_out *);

static inline void thrift_i32(struct thrift_out *t, int16_t id, int64_t v)
{
    thrift_int(t, id, THRIFT_I32, v);
}

static inline void thrift_i64(struct thrift_out *t, int16_t id, int64_t v)
{
    thrift_int(t, id, THRIFT_I64, v);
}

/* ---- reading: the first malformed byte sets `bad` for good; every later read then gives zeros and
 * every loop ends, so callers check once ---- */
struct thrift_in {
    const uint8_t *at, *end;
    int depth; /* of thrift_skip */
    bool bad;
};

struct thrift_field {
    int16_t id;
    uint8_t type;
};

/* for (struct thrift_field f = {0}; thrift_next(in, &f);) switch (f.id) ... */
bool thrift_next(struct thrift_in *, struct thrift_field *);
int64_t thrift_read_int(struct thrift_in *, struct thrift_field); /* any integer type */
int32_t thrift_read_i32(struct thrift_in *, struct thrift_field); /* bad when it does not fit */
span thrift_read_binary(struct thrift_in *, struct thrift_field); /* a view */
void thrift_enter(struct thrift_in *, struct thrift_field); /* expects a struct */
/* Number of items, each of which takes at least item_bytes: a count that the rest of the input
 * cannot hold is bad, so memory asked for by count is bounded by the input. */
size_t thrift_read_list(struct thrift_in *, struct thrift_field, enum thrift_type, size_t item_bytes);
int64_t thrift_read_item_int(struct thrift_in *);
span thrift_read_item_binary(struct thrift_in *);
void thrift_skip(struct thrift_in *, uint8_t type);
