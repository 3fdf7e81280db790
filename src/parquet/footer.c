/* The tail of a Parquet file -> struct parquet_footer (parquet.thrift, FileMetaData). The bytes may
 * come from anyone: counts are bounded by the input, sizes and offsets by the file. */
#include "parquet/internal.h"

enum { TAIL = 8, MAGIC = 4 };
/* Least bytes of a well-formed item, so that a count cannot ask for much more memory than the input
 * itself takes. */
enum { ELEMENT_LEAST = 4, GROUP_LEAST = 7, CHUNK_LEAST = 20, PAIR_LEAST = 3, TEXT_LEAST = 1 };

struct file { /* what the parts are checked against */
    struct arena *arena;
    int64_t data_end; /* where the footer begins */
};

/* ---- schema ---- */

static void integer_read(struct thrift_in *in, struct element *e)
{
    for (struct thrift_field f = {0}; thrift_next(in, &f);) {
        if (f.id == 1) e->bit_width = thrift_read_i32(in, f);
        else if (f.id == 2) e->is_signed = f.type == THRIFT_TRUE;
        else thrift_skip(in, f.type);
    }
}

static void decimal_read(struct thrift_in *in, struct element *e)
{
    for (struct thrift_field f = {0}; thrift_next(in, &f);) {
        if (f.id == 1) e->scale = thrift_read_i32(in, f);
        else if (f.id == 2) e->precision = thrift_read_i32(in, f);
        else thrift_skip(in, f.type);
    }
}

static void logical_read(struct thrift_in *in, struct element *e)
{
    for (struct thrift_field f = {0}; thrift_next(in, &f);) {
        e->logical = f.id;
        if (f.type == THRIFT_STRUCT && f.id == 5) decimal_read(in, e);
        else if (f.type == THRIFT_STRUCT && f.id == 10) integer_read(in, e);
        else thrift_skip(in, f.type);
    }
}

static void element_read(struct thrift_in *in, struct element *e)
{
    *e = (struct element){.physical = -1, .repetition = -1, .converted = -1};
    for (struct thrift_field f = {0}; thrift_next(in, &f);) {
        switch (f.id) {
        case 1: e->physical = thrift_read_i32(in, f); break;
        case 2: e->type_length = thrift_read_i32(in, f); break;
        case 3: e->repetition = thrift_read_i32(in, f); break;
        case 4: e->name = thrift_read_binary(in, f); break;
        case 5: e->children = thrift_read_i32(in, f); break;
        case 6: e->converted = thrift_read_i32(in, f); break;
        case 7: e->scale = thrift_read_i32(in, f); break;
        case 8: e->precision = thrift_read_i32(in, f); break;
        case 10:
            thrift_enter(in, f);
            logical_read(in, e);
            break;
        default: thrift_skip(in, f.type);
        }
    }
    if (!e->name.data || e->physical < -1 || e->physical > PHYSICAL_FIXED || e->repetition > 2 ||
        e->repetition < -1 || e->children < 0)
        in->bad = true;
}

static error schema_read(struct thrift_in *in, struct thrift_field f, struct file *file,
                         const struct schema **out, size_t *leaf_count)
{
    size_t count = thrift_read_list(in, f, THRIFT_STRUCT, ELEMENT_LEAST);
    struct element *elements = ARENA_ARRAY(file->arena, struct element, count);
    for (size_t i = 0; i < count && !in->bad; i++) element_read(in, &elements[i]);
    if (in->bad) return OK; /* the caller words it */
    return schema_from_elements(file->arena, elements, count, out, leaf_count);
}

/* ---- row groups ---- */

static void statistics_read(struct thrift_in *in, struct parquet_chunk *k)
{
    for (struct thrift_field f = {0}; thrift_next(in, &f);) {
        switch (f.id) {
        case 3: k->nulls = thrift_read_int(in, f); break;
        case 5: k->max = thrift_read_binary(in, f); break;
        case 6: k->min = thrift_read_binary(in, f); break;
        default: thrift_skip(in, f.type); /* 1 and 2: the old bounds, of unclear order */
        }
    }
    if (k->nulls < 0) in->bad = true;
}

static span path_read(struct thrift_in *in, struct thrift_field f, struct file *file)
{
    struct buffer path = {0};
    size_t count = thrift_read_list(in, f, THRIFT_BINARY, TEXT_LEAST);
    for (size_t i = 0; i < count && !in->bad; i++) {
        if (i) buffer_append_byte(&path, '.');
        buffer_append_span(&path, thrift_read_item_binary(in));
    }
    span out = arena_span(file->arena, buffer_span(&path));
    buffer_release(&path);
    return out;
}

static uint32_t encodings_read(struct thrift_in *in, struct thrift_field f)
{
    uint32_t bits = 0;
    size_t count = thrift_read_list(in, f, THRIFT_I32, 1);
    for (size_t i = 0; i < count && !in->bad; i++) {
        int64_t e = thrift_read_item_int(in);
        if (e >= 0 && e < 32) bits |= UINT32_C(1) << e;
    }
    return bits;
}

/* Bounds of the wrong size are no bounds. */
static void bounds_check(struct parquet_chunk *k, int physical, struct file *file)
{
    static const size_t sizes[] = {[PHYSICAL_BOOLEAN] = 1, [PHYSICAL_INT32] = 4,
                                   [PHYSICAL_INT64] = 8,   [PHYSICAL_INT96] = 12,
                                   [PHYSICAL_FLOAT] = 4,   [PHYSICAL_DOUBLE] = 8,
                                   [PHYSICAL_BYTE_ARRAY] = 0, [PHYSICAL_FIXED] = 0};
    size_t size = sizes[physical];
    span *both[] = {&k->min, &k->max};
    for (int i = 0; i < 2; i++) {
        if (!both[i]->data || (size && both[i]->size != size)) *both[i] = (span){NULL, 0};
        else *both[i] = arena_span(file->arena, *both[i]);
    }
}

static void metadata_read(struct thrift_in *in, struct parquet_chunk *k, struct file *file)
{
    int64_t codec = -1, pages = -1, dictionary = 0;
    int physical = -1;
    for (struct thrift_field f = {0}; thrift_next(in, &f);) {
        switch (f.id) {
        case 1: physical = thrift_read_i32(in, f); break;
        case 2: k->encodings = encodings_read(in, f); break;
        case 3: k->path = path_read(in, f, file); break;
        case 4: codec = thrift_read_int(in, f); break;
        case 5: k->values = thrift_read_int(in, f); break;
        case 6: k->uncompressed_bytes = thrift_read_int(in, f); break;
        case 7: k->compressed_bytes = thrift_read_int(in, f); break;
        case 9: pages = thrift_read_int(in, f); break;
        case 11: dictionary = thrift_read_int(in, f); break;
        case 12:
            thrift_enter(in, f);
            statistics_read(in, k);
            break;
        default: thrift_skip(in, f.type);
        }
    }
    if (in->bad) return;
    k->is_int96 = physical == PHYSICAL_INT96;
    k->file_offset = dictionary > 0 && dictionary < pages ? dictionary : pages;
    in->bad = physical < 0 || physical > PHYSICAL_FIXED || !codec_from_number(codec, &k->codec) ||
              k->values < 0 || k->uncompressed_bytes < 0 || k->compressed_bytes < 0 ||
              k->nulls > k->values || k->file_offset < MAGIC ||
              k->file_offset > file->data_end ||
              k->compressed_bytes > file->data_end - k->file_offset;
    if (!in->bad) bounds_check(k, physical, file);
}

static void chunk_read(struct thrift_in *in, struct parquet_chunk *k, struct file *file)
{
    bool found = false;
    k->nulls = -1;
    for (struct thrift_field f = {0}; thrift_next(in, &f);) {
        if (f.id != 3) {
            thrift_skip(in, f.type);
            continue;
        }
        thrift_enter(in, f);
        if (found) in->bad = true;
        else metadata_read(in, k, file);
        found = true;
    }
    if (!found) in->bad = true;
}

static void group_read(struct thrift_in *in, struct parquet_group *g, struct file *file)
{
    g->rows = -1;
    for (struct thrift_field f = {0}; thrift_next(in, &f);) {
        switch (f.id) {
        case 1: {
            size_t count = thrift_read_list(in, f, THRIFT_STRUCT, CHUNK_LEAST);
            struct parquet_chunk *chunks = ARENA_ARRAY(file->arena, struct parquet_chunk, count);
            for (size_t i = 0; i < count && !in->bad; i++) chunk_read(in, &chunks[i], file);
            g->chunks = chunks;
            g->chunk_count = (int)count;
            break;
        }
        case 2: g->bytes = thrift_read_int(in, f); break;
        case 3: g->rows = thrift_read_int(in, f); break;
        default: thrift_skip(in, f.type);
        }
    }
    if (g->rows < 0 || g->bytes < 0) in->bad = true;
}

static void groups_read(struct thrift_in *in, struct thrift_field f, struct parquet_footer *footer,
                        struct file *file)
{
    size_t count = thrift_read_list(in, f, THRIFT_STRUCT, GROUP_LEAST);
    struct parquet_group *groups = ARENA_ARRAY(file->arena, struct parquet_group, count);
    for (size_t i = 0; i < count && !in->bad; i++) group_read(in, &groups[i], file);
    footer->groups = groups;
    footer->group_count = (int)count;
}

/* ---- the footer ---- */

static void pairs_read(struct thrift_in *in, struct thrift_field f, struct parquet_footer *footer,
                       struct file *file)
{
    size_t count = thrift_read_list(in, f, THRIFT_STRUCT, PAIR_LEAST);
    struct parquet_key_value *pairs = ARENA_ARRAY(file->arena, struct parquet_key_value, count);
    for (size_t i = 0; i < count && !in->bad; i++) {
        span key = {NULL, 0}, value = {"", 0};
        for (struct thrift_field p = {0}; thrift_next(in, &p);) {
            if (p.id == 1) key = thrift_read_binary(in, p);
            else if (p.id == 2) value = thrift_read_binary(in, p);
            else thrift_skip(in, p.type);
        }
        if (in->bad || !key.data) in->bad = true;
        else pairs[i] = (struct parquet_key_value){arena_span(file->arena, key),
                                                   arena_span(file->arena, value)};
    }
    footer->key_values = pairs;
    footer->key_value_count = (int)count;
}

/* The parts must tell the same story. */
static bool agrees(const struct parquet_footer *footer, size_t leaf_count)
{
    int64_t rows = 0;
    for (int i = 0; i < footer->group_count; i++) {
        const struct parquet_group *g = &footer->groups[i];
        if ((size_t)g->chunk_count != leaf_count) return false;
        if (__builtin_add_overflow(rows, g->rows, &rows)) return false;
    }
    return rows == footer->rows;
}

static error metadata_file_read(span bytes, struct file *file, struct parquet_footer *footer)
{
    struct thrift_in in = {.at = (const uint8_t *)bytes.data,
                           .end = (const uint8_t *)bytes.data + bytes.size};
    size_t leaf_count = 0;
    bool has_schema = false;
    footer->rows = -1;
    for (struct thrift_field f = {0}; thrift_next(&in, &f);) {
        switch (f.id) {
        case 2:
            if (has_schema) in.bad = true;
            has_schema = true;
            TRY(schema_read(&in, f, file, &footer->schema, &leaf_count));
            break;
        case 3: footer->rows = thrift_read_int(&in, f); break;
        case 4: groups_read(&in, f, footer, file); break;
        case 5: pairs_read(&in, f, footer, file); break;
        case 6: footer->created_by = arena_span(file->arena, thrift_read_binary(&in, f)); break;
        default: thrift_skip(&in, f.type);
        }
    }
    if (in.bad) return fail(ERR_CORRUPT, "Parquet footer: malformed metadata");
    if (!has_schema || footer->rows < 0 || !agrees(footer, leaf_count))
        return fail(ERR_CORRUPT, "Parquet footer: schema, rows and row groups disagree");
    return OK;
}

/* The metadata in the file's tail. */
static error metadata_find(span tail, int64_t file_size, span *out, size_t *need)
{
    if (file_size < MAGIC + TAIL) return fail(ERR_CORRUPT, "too short for a Parquet file");
    if ((uint64_t)file_size < tail.size) return fail(ERR_CORRUPT, "a tail longer than its file");
    if (tail.size < TAIL) {
        *need = TAIL;
        return fail(ERR_TOO_LARGE, "the Parquet footer is longer than %zu bytes", tail.size);
    }
    const char *end = tail.data + tail.size;
    if (memcmp(end - MAGIC, "PARE", MAGIC) == 0)
        return fail(ERR_UNSUPPORTED, "the Parquet file is encrypted");
    if (memcmp(end - MAGIC, "PAR1", MAGIC) != 0) return fail(ERR_CORRUPT, "not a Parquet file");
    size_t size = get_le32(end - TAIL);
    if ((int64_t)size > file_size - TAIL - MAGIC)
        return fail(ERR_CORRUPT, "Parquet footer: longer than its file");
    if (size + TAIL > tail.size) {
        *need = size + TAIL;
        return fail(ERR_TOO_LARGE, "the Parquet footer is longer than %zu bytes", tail.size);
    }
    *out = (span){end - TAIL - size, size};
    return OK;
}

error parquet_footer_read(struct arena *arena, span tail, int64_t file_size,
                          struct parquet_footer **out, size_t *need)
{
    span metadata;
    TRY(metadata_find(tail, file_size, &metadata, need));
    struct file file = {.arena = arena, .data_end = file_size - TAIL - (int64_t)metadata.size};
    struct parquet_footer *footer = ARENA_NEW(arena, struct parquet_footer);
    TRY(metadata_file_read(metadata, &file, footer));
    *out = footer;
    return OK;
}

error parquet_footer_rows(span tail, int64_t file_size, int64_t *rows, size_t *need)
{
    span metadata;
    *rows = -1;
    TRY(metadata_find(tail, file_size, &metadata, need));
    struct thrift_in in = {.at = (const uint8_t *)metadata.data,
                           .end = (const uint8_t *)metadata.data + metadata.size};
    for (struct thrift_field f = {0}; *rows < 0 && thrift_next(&in, &f);) {
        if (f.id == 3) *rows = thrift_read_int(&in, f);
        else thrift_skip(&in, f.type);
    }
    return !in.bad && *rows >= 0 ? OK : fail(ERR_CORRUPT, "Parquet footer: malformed metadata");
}

span parquet_footer_value(const struct parquet_footer *footer, const char *key)
{
    for (int i = 0; i < footer->key_value_count; i++)
        if (span_is(footer->key_values[i].key, key)) return footer->key_values[i].value;
    return (span){NULL, 0};
}
