/* What the files of parquet/ share. The order of the data:
 *
 *   batch --shred--> slice (levels, value positions) --page--> open page --seal--> chunk bytes
 *         --file--> row group --> sink
 *
 * One `workspace` serves one thread; everything in it is scratch whose memory is kept. */
#pragma once

#include "parquet/parquet.h"
#include "parquet/thrift.h"

/* Numbers of parquet.thrift. */
enum physical {
    PHYSICAL_BOOLEAN,
    PHYSICAL_INT32,
    PHYSICAL_INT64,
    PHYSICAL_INT96,
    PHYSICAL_FLOAT,
    PHYSICAL_DOUBLE,
    PHYSICAL_BYTE_ARRAY,
    PHYSICAL_FIXED
};

enum encoding {
    ENCODING_PLAIN = 0,
    ENCODING_PLAIN_DICTIONARY = 2, /* the name of RLE_DICTIONARY with v1 pages */
    ENCODING_RLE = 3,
    ENCODING_DELTA_BINARY_PACKED = 5,
    ENCODING_DELTA_BYTE_ARRAY = 7,
    ENCODING_RLE_DICTIONARY = 8,
    ENCODINGS
};

enum { PAGE_DATA_V1 = 0, PAGE_DICTIONARY = 2, PAGE_DATA_V2 = 3 };

/* How values wait in an open page or a dictionary: in the width that the encoders read. INT96
 * waits as int64 microseconds, long decimals as __int128. */
enum store { STORE_1 = 1, STORE_4 = 4, STORE_8 = 8, STORE_16 = 16, STORE_BYTES = 0 };

/* A loop in a form for AVX2 too; which one runs is decided when the process starts. */
#if defined(__x86_64__) && !defined(__clang__) && !defined(__SANITIZE_THREAD__) && \
    !defined(__SANITIZE_ADDRESS__)
#define VECTORIZED __attribute__((target_clones("avx2", "default"), optimize("O3")))
#else
#define VECTORIZED
#endif

enum {
    LEVEL_MAX = 255,     /* definition levels are held in a byte */
    STATISTIC_MAX = 64,  /* longer minima and maxima are cut */
    INT96_BYTES = 12
};

/* ---- schema.c: catalog types <-> Parquet's flat list of schema elements ---- */

/* From a row to a leaf's value, one step per level and descent. */
struct step {
    enum { STEP_OPTIONAL, STEP_REQUIRED, STEP_REPEAT, STEP_CHILD } kind;
    int child; /* of STEP_CHILD */
};

struct leaf {
    const struct type *type;
    enum physical physical;
    enum store store;
    int type_length;            /* PHYSICAL_FIXED: bytes */
    int field;                  /* column of the batch */
    int max_definition, max_repetition;
    int step_count;
    const struct step *steps;
    int path_count;
    const span *path;
};

struct layout {
    int leaf_count;
    const struct leaf *leaves;
};

error layout_make(struct layout *, struct arena *, const struct schema *, enum parquet_timestamps)
    MUST_CHECK;
/* FileMetaData.schema */
void schema_write(struct thrift_out *, int16_t id, const struct schema *, enum parquet_timestamps);
/* Bytes of the smallest big-endian two's complement that holds `precision` digits. */
int decimal_bytes(int precision);

struct element { /* one SchemaElement as read */
    int physical;       /* -1: a group */
    int repetition;     /* 0 required, 1 optional, 2 repeated; -1 absent (root) */
    int children;
    int converted;      /* -1: none */
    int logical;        /* field id in the LogicalType union; 0: none */
    int bit_width;      /* INTEGER */
    bool is_signed;
    int type_length, precision, scale;
    span name;
};

/* NULL in *out: well formed but not a schema of catalog types. */
error schema_from_elements(struct arena *, const struct element *, size_t count,
                           const struct schema **out, size_t *leaf_count) MUST_CHECK;

/* ---- level.c: RLE / bit-packing hybrid ---- */
int bit_width(uint64_t max);
size_t hybrid_bound(int64_t count, int width);
uint8_t *hybrid_encode_levels(uint8_t *out, const uint8_t *levels, int64_t count, int width);
uint8_t *hybrid_encode_indices(uint8_t *out, const uint16_t *indices, int64_t count, int width);
uint8_t *hybrid_encode_run(uint8_t *out, uint32_t value, int64_t count, int width);

/* ---- encode.c: PLAIN and delta encodings; out must have room for the bound ---- */
size_t leaf_plain_bytes(const struct leaf *); /* of a value that is not a byte string; boolean: 1 */
void plain_encode(struct buffer *out, const struct leaf *, const void *values, int64_t count);
void plain_encode_bytes(struct buffer *out, const uint32_t *lengths, int64_t count,
                        const char *data);
void delta_encode_32(struct buffer *out, const int32_t *values, int64_t count);
void delta_encode_64(struct buffer *out, const int64_t *values, int64_t count);
/* What stands in front of the bytes in DELTA_BYTE_ARRAY: no value shares a prefix with the one before
 * it, then the lengths. */
void delta_encode_lengths(struct buffer *out, const uint32_t *lengths, int64_t count);
void int96_encode(uint8_t *out, const int64_t *us, int64_t count);
void decimal_encode(uint8_t *out, int size, const __int128 *values, int64_t count);

/* ---- compress.c ---- */
struct compressor;
error compressor_open(struct compressor **, enum parquet_codec, int level) MUST_CHECK;
void compressor_close(struct compressor *);
/* Replaces out by the compressed form of in. light: where there is such a form, by hardly looking for
 * repetitions; their search is most of the work on text that has none, such as ids. */
error compressor_run(struct compressor *, struct buffer *out, span in, bool light) MUST_CHECK;
bool compressor_has_light(const struct compressor *);
int codec_number(enum parquet_codec);
bool codec_from_number(int64_t number, enum parquet_codec *out);

/* ---- shred.c: rows of a column -> levels and positions of values ---- */
struct slice {
    int64_t entries;            /* values, NULLs and empty lists */
    const uint8_t *repetition;  /* NULL: all 0 */
    const uint8_t *definition;  /* NULL: every entry has a value */
    int64_t values;
    const int32_t *positions;   /* of the values in `column`; NULL: first, first + 1, ... */
    int64_t first;
    const struct column *column;
};

static inline int64_t slice_position(const struct slice *s, int64_t value)
{
    return s->positions ? s->positions[value] : s->first + value;
}

struct levels { /* one stage of the shredding */
    struct buffer repetition, definition, position;
};

struct workspace {
    struct levels levels[2];
    struct buffer positions;
    struct buffer values;       /* dense values of a slice */
    struct buffer lengths;
    struct buffer encoded, compressed, header; /* parts of a page */
    struct buffer seen;         /* byte per dictionary entry */
    struct buffer indices;      /* the seen ones */
    struct compressor *compressor;
};

error shred(struct workspace *, const struct leaf *, const struct batch *, int64_t row, int64_t rows,
            struct slice *out) MUST_CHECK;

/* ---- statistics.c ---- */
struct bounds {
    enum { BOUNDS_EMPTY, BOUNDS_KNOWN, BOUNDS_UNKNOWN } state; /* unknown: NaN, INT96, no short cut */
    bool min_cut, max_cut; /* shorter than the value */
    uint8_t min_size, max_size;
    uint8_t min[STATISTIC_MAX], max[STATISTIC_MAX]; /* physical encoding */
};

bool leaf_has_bounds(const struct leaf *);
struct bounds bounds_of(const struct leaf *, const void *values, int64_t count);
struct bounds bounds_of_bytes(const struct leaf *, const uint32_t *lengths, int64_t count,
                              const char *data);
/* Order of two values in their physical encoding. */
int bound_compare(const struct leaf *, const uint8_t *a, size_t a_size, const uint8_t *b,
                  size_t b_size);
/* Those of integers; false: these are none, or not known. */
bool bounds_integers(const struct leaf *, const struct bounds *, int64_t *min, int64_t *max);
void bounds_merge(const struct leaf *, struct bounds *into, const struct bounds *more);

/* ---- dictionary.c ---- */
enum { DICTIONARY_KNOWN = 2048 };

struct text_ends {
    uint64_t prefix, suffix; /* first and last eight bytes; all and zeros behind where there are fewer */
    uint32_t size;
};

struct text_entry {
    struct text_ends ends;
    uint32_t start; /* in dictionary.values */
};

struct dictionary {
    const struct leaf *leaf;
    bool windowed;          /* what `known` holds: integers from `window` on, or guesses */
    uint64_t window;
    uint16_t known[DICTIONARY_KNOWN]; /* entries by their values' distance or bits */
    uint32_t count, slots;  /* slots: power of two, or 0 */
    uint64_t *table;        /* hash << 32 | index + 1; 0 is free */
    struct buffer values;   /* dense values, or bytes */
    struct buffer lengths;  /* STORE_BYTES: uint32 of each */
    struct buffer entries;  /* STORE_BYTES: struct text_entry of each */
};

/* Indices of the values, whose bounds are given; the number done is less than `count` when the
 * dictionary is full or the values collide too much. */
int64_t dictionary_add(struct dictionary *, const void *values, int64_t count,
                       const struct bounds *, uint16_t *indices);
int64_t dictionary_add_bytes(struct dictionary *, const struct slice *, int64_t from, int64_t count,
                             uint16_t *indices);
size_t dictionary_bytes(const struct dictionary *); /* PLAIN */
void dictionary_reset(struct dictionary *);
void dictionary_release(struct dictionary *);
size_t dictionary_memory(const struct dictionary *);

/* ---- page.c: the open page of a chunk ---- */
struct page {
    int64_t rows, entries, values;
    struct buffer repetition; /* a byte per entry */
    struct buffer definition; /* the same; empty as long as every entry has a value */
    struct buffer data;       /* dense values; in front of them, tails of the chunk's other pages */
    size_t start;             /* of the values in data */
    struct buffer lengths;    /* uint32 per value of STORE_BYTES */
    struct buffer indices;    /* uint16 per value while the chunk has a dictionary */
    size_t byte_count;        /* of the byte strings behind the indices */
    struct bounds bounds;     /* of values that are no byte strings */
};

struct page_index { /* what ColumnIndex and OffsetIndex say of a page */
    int64_t offset, first_row, nulls; /* offset from the chunk's first data page */
    int32_t bytes;                    /* with the header */
    uint32_t tail;                    /* how many of them, the last, lie in page.data */
    bool empty;                       /* no values */
    uint8_t min_size, max_size;
    uint32_t bounds;                  /* offset of min, then max, in the chunk's bounds */
};

/* ---- chunk.c: one column of a row group ---- */
enum { SKIP_GROUPS = 7 }; /* row groups that do not try what did not pay */

struct chunk {
    const struct leaf *leaf;
    const struct parquet_options *options;
    bool use_dictionary;     /* values still go there */
    bool codec_decided;
    enum parquet_codec codec;
    bool light;              /* the codec's form */
    int skip_dictionary, skip_codec; /* row groups to come that do not try one */
    int keep_light;          /* row groups to come for which `light` is decided */
    int64_t entries, nulls, rows;
    int64_t raw_bytes;       /* of sealed pages, headers included, before compression */
    int64_t pages_by_encoding[ENCODINGS];
    struct dictionary dictionary;
    struct page page;
    struct buffer bytes;             /* sealed data pages without their tails */
    struct buffer dictionary_page;   /* made by chunk_finish */
    struct buffer index, index_bounds; /* struct page_index per page */
    struct bounds bounds;
    bool indexable;          /* every page's bounds are known */
};

void chunk_begin(struct chunk *, const struct leaf *, const struct parquet_options *);
error chunk_append(struct chunk *, struct workspace *, const struct slice *) MUST_CHECK;
error chunk_finish(struct chunk *, struct workspace *) MUST_CHECK;
/* Calls `write` for the finished chunk's bytes, in their order. */
error chunk_emit(const struct chunk *, error (*write)(void *context, span), void *context) MUST_CHECK;
size_t chunk_encoded_bytes(const struct chunk *); /* estimate of what chunk_finish leads to */
/* Of sealed data pages. */
static inline size_t chunk_data_bytes(const struct chunk *k)
{
    return k->bytes.size + k->page.start;
}
size_t chunk_memory(const struct chunk *);
void chunk_reset(struct chunk *);   /* for the next row group; memory is kept */
void chunk_shrink(struct chunk *);  /* after a reset: memory is given back */
void chunk_release(struct chunk *);
/* Thrift ColumnMetaData as a struct field; offset: of the chunk's first byte in the file. */
void chunk_metadata(const struct chunk *, struct thrift_out *, int16_t id, int64_t offset);
/* Whole structs; false: this chunk has none. */
bool chunk_column_index(const struct chunk *, struct buffer *out);
void chunk_offset_index(const struct chunk *, struct buffer *out, int64_t offset);

/* A run of a slice's entries that goes to one page. */
struct cut {
    int64_t from, entries; /* [from, from + entries) of the slice's entries */
    int64_t value, values; /* the same of its values */
    int64_t rows;
};

/* *full: the dictionary could not take the values and nothing was appended. */
error page_append(struct chunk *, struct workspace *, const struct slice *, const struct cut *,
                  bool *full) MUST_CHECK;
size_t page_bytes(const struct chunk *); /* estimate of the open page before compression */
/* Encodes, compresses and puts the open page behind the chunk's others; byte strings that are stored
 * as they are (the page's tail) stay where they lie. `last`: none follows. */
error page_seal(struct chunk *, struct workspace *, bool last) MUST_CHECK;
error page_write_dictionary(struct chunk *, struct workspace *) MUST_CHECK;
/* Puts the values themselves in the place of the open page's indices, and forgets the dictionary. */
void page_drop_dictionary(struct chunk *);
void page_reset(struct page *);
void page_release(struct page *);
size_t page_memory(const struct page *);
