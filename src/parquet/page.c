/* The open page of a column chunk: levels and values come in, slice by slice; a sealed page (header
 * and body) goes behind the chunk's others.
 *
 * Body, v1:  u32 size, repetition levels | u32 size, definition levels | values     all compressed
 *       v2:  repetition levels | definition levels | values                 only values compressed
 * A section of levels is there when the leaf has such levels (README, "Data Pages"). */
#include "parquet/internal.h"

enum {
    PAGE_BYTES_MAX = 0x7E000000, /* the least of the codecs' limits, just under 2 GiB */
    CODEC_SAMPLE = 1024,         /* a page from which the codec can be judged */
    LIGHT_SAMPLE = 64 * 1024     /* bytes of it that are compressed in both forms */
};

/* ---- values in ---- */

#define GATHER(type, expression)                                                                   \
    do {                                                                                           \
        type *restrict to = (type *)w->values.data;                                                \
        for (int64_t i = 0; i < count; i++) {                                                      \
            int64_t at = positions ? positions[i] : first + i;                                     \
            to[i] = (type)(expression);                                                            \
        }                                                                                          \
    } while (0)

#define COPY(type) GATHER(type, ((const type *)values)[at])

static bool as_it_is(enum type_kind kind)
{
    return kind == TYPE_INT || kind == TYPE_BIGINT || kind == TYPE_FLOAT || kind == TYPE_DOUBLE ||
           kind == TYPE_DATE || kind == TYPE_TIMESTAMP;
}

static void gather(struct workspace *w, const struct leaf *leaf, const void *values,
                   const int32_t *positions, int64_t first, int64_t count)
{
    buffer_reset(&w->values);
    buffer_reserve(&w->values, (size_t)count * sizeof(__int128));
    switch (leaf->type->kind) {
    case TYPE_BOOLEAN: GATHER(uint8_t, bit_get(values, at)); break;
    case TYPE_TINYINT: GATHER(int32_t, ((const int8_t *)values)[at]); break;
    case TYPE_SMALLINT: GATHER(int32_t, ((const int16_t *)values)[at]); break;
    case TYPE_DECIMAL:
        if (leaf->store == STORE_4) GATHER(int32_t, ((const __int128 *)values)[at]);
        else if (leaf->store == STORE_8) GATHER(int64_t, ((const __int128 *)values)[at]);
        else COPY(__int128);
        break;
    default:
        if (leaf->store == STORE_4) COPY(uint32_t);
        else COPY(uint64_t);
    }
}

/* The cut's values, dense, in the leaf's store. */
static const void *dense(struct workspace *w, const struct leaf *leaf, const struct slice *s,
                         const struct cut *c)
{
    const char *values = s->column->values;
    int64_t first = s->first + c->value;
    if (!s->positions && as_it_is(leaf->type->kind)) return values + first * (int64_t)leaf->store;
    gather(w, leaf, values, s->positions ? s->positions + c->value : NULL, first, c->values);
    return w->values.data;
}

VECTORIZED static void lengths_of(uint32_t *restrict lengths, const int32_t *restrict offsets,
                                  int64_t count)
{
    for (int64_t i = 0; i < count; i++) lengths[i] = (uint32_t)(offsets[i + 1] - offsets[i]);
}

static void append_strings(struct page *p, const struct slice *s, const struct cut *c)
{
    buffer_reserve(&p->lengths, (size_t)c->values * sizeof(uint32_t));
    buffer_reserve(&p->data, 1); /* never NULL, even when all are empty */
    uint32_t *restrict lengths = (uint32_t *)(p->lengths.data + p->lengths.size);
    const int32_t *restrict offsets = s->column->offsets;
    p->lengths.size += (size_t)c->values * sizeof(uint32_t);
    if (!s->positions) {
        const int32_t *at = offsets + s->first + c->value;
        lengths_of(lengths, at, c->values);
        buffer_append(&p->data, (const char *)s->column->values + at[0],
                      (size_t)(at[c->values] - at[0]));
        return;
    }
    for (int64_t i = 0; i < c->values; i++) {
        span v = column_span(s->column, s->positions[c->value + i]);
        lengths[i] = (uint32_t)v.size;
        buffer_append_span(&p->data, v);
    }
}

static void append_values(struct chunk *k, struct workspace *w, const struct slice *s,
                          const struct cut *c)
{
    if (c->values == 0) return;
    if (k->leaf->store == STORE_BYTES) {
        append_strings(&k->page, s, c);
        return;
    }
    const void *values = dense(w, k->leaf, s, c);
    struct bounds b = bounds_of(k->leaf, values, c->values);
    bounds_merge(k->leaf, &k->page.bounds, &b);
    buffer_append(&k->page.data, values, (size_t)c->values * (size_t)k->leaf->store);
}

/* Bytes of the slice's byte strings. */
static size_t slice_bytes(const struct slice *s, int64_t from, int64_t count)
{
    const int32_t *offsets = s->column->offsets;
    if (!s->positions) {
        const int32_t *first = offsets + s->first + from;
        return (size_t)(first[count] - first[0]);
    }
    size_t sum = 0;
    for (int64_t i = from; i < from + count; i++)
        sum += (size_t)(offsets[s->positions[i] + 1] - offsets[s->positions[i]]);
    return sum;
}

static bool append_indices(struct chunk *k, struct workspace *w, const struct slice *s,
                           const struct cut *c)
{
    struct buffer *out = &k->page.indices;
    buffer_reserve(out, (size_t)c->values * sizeof(uint16_t));
    uint16_t *indices = (uint16_t *)(out->data + out->size);
    if (c->values == 0) return true;
    if (k->leaf->store == STORE_BYTES) {
        if (dictionary_add_bytes(&k->dictionary, s, c->value, c->values, indices) < c->values)
            return false;
        k->page.byte_count += slice_bytes(s, c->value, c->values);
    } else {
        const void *values = dense(w, k->leaf, s, c);
        struct bounds b = bounds_of(k->leaf, values, c->values);
        if (dictionary_add(&k->dictionary, values, c->values, &b, indices) < c->values)
            return false;
        bounds_merge(k->leaf, &k->page.bounds, &b);
    }
    out->size += (size_t)c->values * sizeof(uint16_t);
    return true;
}

static void append_levels(struct chunk *k, const struct slice *s, const struct cut *c)
{
    struct page *p = &k->page;
    size_t n = (size_t)c->entries;
    if (k->leaf->max_repetition) buffer_append(&p->repetition, s->repetition + c->from, n);
    if (s->definition && p->definition.size == 0) { /* the first NULL: now they must be told */
        buffer_reserve(&p->definition, (size_t)p->entries + n);
        memset(p->definition.data, k->leaf->max_definition, (size_t)p->entries);
        p->definition.size = (size_t)p->entries;
    }
    if (s->definition) {
        buffer_append(&p->definition, s->definition + c->from, n);
    } else if (p->definition.size) {
        buffer_reserve(&p->definition, n);
        memset(p->definition.data + p->definition.size, k->leaf->max_definition, n);
        p->definition.size += n;
    }
}

error page_append(struct chunk *k, struct workspace *w, const struct slice *s, const struct cut *c,
                  bool *full)
{
    struct page *p = &k->page;
    if (p->entries + c->entries > INT32_MAX)
        return fail(ERR_TOO_LARGE, "more than 2,147,483,647 values of a column in one row");
    *full = k->use_dictionary && !append_indices(k, w, s, c);
    if (*full) return OK;
    if (!k->use_dictionary) append_values(k, w, s, c);
    append_levels(k, s, c);
    p->rows += c->rows;
    p->entries += c->entries;
    p->values += c->values;
    return OK;
}

/* The open page's own. */
static span page_data(const struct page *p)
{
    return (span){p->data.data + p->start, p->data.size - p->start};
}

size_t page_bytes(const struct chunk *k)
{
    const struct page *p = &k->page;
    size_t levels = (p->repetition.size + p->definition.size) / 8;
    if (k->use_dictionary) return levels + p->indices.size;
    return levels + page_data(p).size + p->lengths.size;
}

/* ---- the dictionary's part ---- */

static void take_fixed(struct buffer *out, const struct dictionary *d, const uint16_t *indices,
                       size_t count)
{
    size_t width = (size_t)d->leaf->store;
    buffer_reserve(out, count * width);
    for (size_t i = 0; i < count; i++)
        memcpy(out->data + out->size + i * width, d->values.data + indices[i] * width, width);
    out->size += count * width;
}

static void take_bytes(struct buffer *out, struct buffer *out_lengths, const struct dictionary *d,
                       const uint16_t *indices, size_t count)
{
    const struct text_entry *entries = (const struct text_entry *)(const void *)d->entries.data;
    buffer_reserve(out, 1);
    for (size_t i = 0; i < count; i++) {
        const struct text_entry *e = &entries[indices[i]];
        buffer_append(out, d->values.data + e->start, e->ends.size);
        buffer_append(out_lengths, &e->ends.size, sizeof e->ends.size);
    }
}

static void take(struct buffer *out, struct buffer *out_lengths, const struct dictionary *d,
                 const struct buffer *indices)
{
    const uint16_t *at = (const uint16_t *)indices->data;
    size_t count = indices->size / sizeof *at;
    buffer_reset(out);
    buffer_reset(out_lengths);
    if (d->leaf->store == STORE_BYTES) take_bytes(out, out_lengths, d, at, count);
    else take_fixed(out, d, at, count);
}

void page_drop_dictionary(struct chunk *k)
{
    take(&k->page.data, &k->page.lengths, &k->dictionary, &k->page.indices);
    buffer_reset(&k->page.indices);
    dictionary_reset(&k->dictionary);
    k->use_dictionary = false;
}

static void encode_indices(struct chunk *k, struct buffer *out)
{
    const struct buffer *indices = &k->page.indices;
    int64_t count = (int64_t)(indices->size / sizeof(uint16_t));
    int width = bit_width(k->dictionary.count - 1);
    if (width == 0) width = 1; /* some readers have no width of zero */
    buffer_append_byte(out, (uint8_t)width);
    buffer_reserve(out, hybrid_bound(count, width));
    uint8_t *end = hybrid_encode_indices((uint8_t *)out->data + out->size,
                                         (const uint16_t *)indices->data, count, width);
    out->size = (size_t)((char *)end - out->data);
}

/* ---- values out ---- */

/* What a page's values became: bytes in workspace.encoded, then `tail` as it lies in the page. */
struct form {
    enum encoding encoding;
    span tail;
};

/* The leaf's delta form of dense values, or its name only when it has none. */
static struct form encode_delta(const struct leaf *leaf, struct buffer *out,
                                span data, const struct buffer *lengths)
{
    const struct form packed = {ENCODING_DELTA_BINARY_PACKED, {"", 0}};
    if (leaf->physical == PHYSICAL_INT32) {
        delta_encode_32(out, (const int32_t *)(const void *)data.data, (int64_t)(data.size / 4));
        return packed;
    }
    if (leaf->physical == PHYSICAL_INT64) {
        delta_encode_64(out, (const int64_t *)(const void *)data.data, (int64_t)(data.size / 8));
        return packed;
    }
    if (leaf->physical == PHYSICAL_BYTE_ARRAY) {
        delta_encode_lengths(out, (const uint32_t *)lengths->data, (int64_t)(lengths->size / 4));
        return (struct form){ENCODING_DELTA_BYTE_ARRAY, data};
    }
    return (struct form){ENCODING_PLAIN, {"", 0}};
}

/* Booleans of a v2 page: u32 size | hybrid of width 1. */
static void encode_boolean_runs(struct buffer *out, span data)
{
    int64_t count = (int64_t)data.size;
    buffer_reserve(out, 4 + hybrid_bound(count, 1));
    uint8_t *size = (uint8_t *)out->data + out->size;
    uint8_t *end = hybrid_encode_levels(size + 4, (const uint8_t *)data.data, count, 1);
    put_le32(size, (uint32_t)(end - size - 4));
    out->size = (size_t)((char *)end - out->data);
}

static struct form encode_plain(const struct leaf *leaf, struct buffer *out, const struct page *p)
{
    if (leaf->store == STORE_BYTES)
        plain_encode_bytes(out, (const uint32_t *)p->lengths.data, p->values,
                           page_data(p).data);
    else plain_encode(out, leaf, page_data(p).data, p->values);
    return (struct form){ENCODING_PLAIN, {"", 0}};
}

static size_t plain_size(const struct leaf *leaf, const struct page *p)
{
    size_t n = (size_t)p->values;
    if (leaf->physical == PHYSICAL_BOOLEAN) return (n + 7) / 8;
    if (leaf->store != STORE_BYTES) return n * leaf_plain_bytes(leaf);
    return page_data(p).size + n * sizeof(uint32_t);
}

/* Encodes dense values in the smallest of the forms the options allow. */
static struct form encode_dense(const struct chunk *k, struct buffer *out)
{
    const struct page *p = &k->page;
    struct form form = {.encoding = ENCODING_PLAIN};
    size_t before = out->size;
    if (p->values && k->leaf->physical == PHYSICAL_BOOLEAN && k->options->data_page_v2) {
        encode_boolean_runs(out, page_data(p));
        form = (struct form){ENCODING_RLE, {"", 0}};
    } else if (p->values && k->options->delta) {
        form = encode_delta(k->leaf, out, page_data(p), &p->lengths);
    }
    bool smaller = out->size - before + form.tail.size < plain_size(k->leaf, p);
    if (form.encoding != ENCODING_PLAIN && smaller) return form;
    out->size = before;
    return encode_plain(k->leaf, out, p);
}

/* Whether dictionary and indices are smaller than the values themselves. */
static bool dictionary_pays(const struct chunk *k, struct workspace *w, size_t index_bytes)
{
    const struct page *p = &k->page;
    size_t cost = index_bytes + dictionary_bytes(&k->dictionary);
    size_t plain = k->leaf->store == STORE_BYTES
                       ? p->byte_count + (size_t)p->values * sizeof(uint32_t)
                       : (size_t)p->values * leaf_plain_bytes(k->leaf);
    if (cost >= plain) return false;
    if (!k->options->delta || plain > 4 * cost) return true; /* delta rarely wins by as much */
    take(&w->values, &w->lengths, &k->dictionary, &p->indices);
    size_t before = w->encoded.size;
    struct form form = encode_delta(k->leaf, &w->encoded, buffer_span(&w->values), &w->lengths);
    size_t delta = w->encoded.size - before + form.tail.size;
    w->encoded.size = before;
    return form.encoding == ENCODING_PLAIN || cost < delta;
}

static struct form encode_values(struct chunk *k, struct workspace *w)
{
    enum encoding name =
        k->options->data_page_v2 ? ENCODING_RLE_DICTIONARY : ENCODING_PLAIN_DICTIONARY;
    if (k->use_dictionary && k->page.values) {
        size_t before = w->encoded.size;
        encode_indices(k, &w->encoded);
        if (k->pages_by_encoding[name] || dictionary_pays(k, w, w->encoded.size - before))
            return (struct form){name, {"", 0}};
        w->encoded.size = before;
        page_drop_dictionary(k);
    }
    return encode_dense(k, &w->encoded);
}

/* ---- statistics ---- */

static void mark(char *restrict seen, const uint16_t *restrict indices, int64_t count)
{
#pragma GCC unroll 4
    for (int64_t i = 0; i < count; i++) seen[indices[i]] = 1;
}

static struct bounds page_bounds(const struct chunk *k, struct workspace *w)
{
    const struct page *p = &k->page;
    const struct buffer *lengths = &p->lengths;
    span values = page_data(p);
    int64_t count = p->values;
    if (!leaf_has_bounds(k->leaf)) return (struct bounds){.state = BOUNDS_UNKNOWN};
    if (k->leaf->store != STORE_BYTES) return p->bounds;
    if (k->use_dictionary && count) { /* each value of the dictionary that the page has, once */
        const uint16_t *indices = (const uint16_t *)p->indices.data;
        buffer_reset(&w->seen);
        buffer_reset(&w->indices);
        buffer_reserve(&w->seen, k->dictionary.count);
        memset(w->seen.data, 0, k->dictionary.count);
        mark(w->seen.data, indices, count);
        for (uint16_t i = 0; i < k->dictionary.count; i++)
            if (w->seen.data[i]) buffer_append(&w->indices, &i, sizeof i);
        take(&w->values, &w->lengths, &k->dictionary, &w->indices);
        values = buffer_span(&w->values);
        lengths = &w->lengths;
        count = (int64_t)(w->indices.size / sizeof *indices);
    }
    return bounds_of_bytes(k->leaf, (const uint32_t *)lengths->data, count, values.data);
}

/* ---- page out ---- */

struct sections { /* sizes before compression; `all` with the form's tail */
    size_t repetition, definition, all;
    struct form form;
};

/* Size in front in v1 pages only; levels NULL: all are `max`. */
static size_t encode_levels(struct buffer *out, const uint8_t *levels, int64_t count, int max,
                            bool with_size)
{
    if (max == 0) return 0;
    int width = bit_width((uint64_t)max);
    size_t before = out->size;
    buffer_reserve(out, 4 + hybrid_bound(count, width));
    uint8_t *start = (uint8_t *)out->data + before + (with_size ? 4 : 0);
    uint8_t *end = levels ? hybrid_encode_levels(start, levels, count, width)
                          : hybrid_encode_run(start, (uint32_t)max, count, width);
    if (with_size) put_le32(out->data + before, (uint32_t)(end - start));
    out->size = (size_t)((char *)end - out->data);
    return out->size - before;
}

static error encode_page(struct chunk *k, struct workspace *w, struct sections *s)
{
    const struct page *p = &k->page;
    bool v1 = !k->options->data_page_v2;
    if (page_data(p).size + p->lengths.size > PAGE_BYTES_MAX)
        return fail(ERR_TOO_LARGE, "%zu bytes of a column in one row", page_data(p).size);
    buffer_reset(&w->encoded);
    s->repetition = encode_levels(&w->encoded, (const uint8_t *)p->repetition.data, p->entries,
                                  k->leaf->max_repetition, v1);
    s->definition = encode_levels(
        &w->encoded, p->definition.size ? (const uint8_t *)p->definition.data : NULL, p->entries,
        k->leaf->max_definition, v1);
    s->form = encode_values(k, w);
    s->all = w->encoded.size + s->form.tail.size;
    if (s->all > PAGE_BYTES_MAX) return fail(ERR_TOO_LARGE, "a page of %zu bytes", s->all);
    return OK;
}

/* Byte strings as they are get the light form where it is no larger. */
static error light_judge(struct chunk *k, struct workspace *w, span raw)
{
    if (k->keep_light || raw.size < CODEC_SAMPLE || !compressor_has_light(w->compressor)) return OK;
    span sample = {raw.data, raw.size < LIGHT_SAMPLE ? raw.size : LIGHT_SAMPLE};
    TRY(compressor_run(w->compressor, &w->compressed, sample, false));
    size_t size = w->compressed.size;
    TRY(compressor_run(w->compressor, &w->compressed, sample, true));
    k->light = w->compressed.size <= size;
    k->keep_light = SKIP_GROUPS + 1;
    return OK;
}

/* Compresses `raw` by the chunk's codec; the first page decides whether it keeps one. */
static error page_compress(struct chunk *k, struct workspace *w, span raw, bool last, span *out)
{
    *out = raw;
    if (k->codec == PARQUET_NONE) return OK;
    TRY(compressor_run(w->compressor, &w->compressed, raw, k->light));
    if (!k->codec_decided && (last || raw.size >= CODEC_SAMPLE) &&
        w->compressed.size >= raw.size - raw.size / 8) {
        k->codec = PARQUET_NONE;
        if (w->compressed.size >= raw.size - raw.size / 32) k->skip_codec = SKIP_GROUPS + 1;
        return OK;
    }
    k->codec_decided = true;
    *out = buffer_span(&w->compressed);
    return OK;
}

static void data_header_v1(const struct chunk *k, struct thrift_out *t, const struct sections *s)
{
    thrift_struct_begin(t, 5);
    thrift_i32(t, 1, k->page.entries);
    thrift_i32(t, 2, s->form.encoding);
    thrift_i32(t, 3, ENCODING_RLE);
    thrift_i32(t, 4, ENCODING_RLE);
    thrift_struct_end(t);
}

static void data_header_v2(const struct chunk *k, struct thrift_out *t, const struct sections *s,
                           bool compressed)
{
    thrift_struct_begin(t, 8);
    thrift_i32(t, 1, k->page.entries);
    thrift_i32(t, 2, k->page.entries - k->page.values);
    thrift_i32(t, 3, k->page.rows);
    thrift_i32(t, 4, s->form.encoding);
    thrift_i32(t, 5, (int64_t)s->definition);
    thrift_i32(t, 6, (int64_t)s->repetition);
    thrift_bool(t, 7, compressed);
    thrift_struct_end(t);
}

static void header_begin(struct workspace *w, struct thrift_out *t, int type, size_t raw_size,
                         const span parts[3])
{
    size_t size = 0;
    uint32_t crc = 0;
    for (int i = 0; i < 3; i++) {
        size += parts[i].size;
        crc = crc32_of(crc, parts[i]);
    }
    buffer_reset(&w->header);
    thrift_open(t, &w->header);
    thrift_i32(t, 1, type);
    thrift_i32(t, 2, (int64_t)raw_size);
    thrift_i32(t, 3, (int64_t)size);
    thrift_i32(t, 4, (int32_t)crc);
}

/* What the page indexes will say. */
static void index_append(struct chunk *k, const struct bounds *b, size_t bytes, size_t tail)
{
    const struct page *p = &k->page;
    struct page_index x = {.offset = (int64_t)chunk_data_bytes(k),
                           .first_row = k->rows,
                           .nulls = p->entries - p->values,
                           .bytes = (int32_t)bytes,
                           .tail = (uint32_t)tail,
                           .empty = p->values == 0,
                           .min_size = b->min_size,
                           .max_size = b->max_size,
                           .bounds = (uint32_t)k->index_bounds.size};
    buffer_append(&k->index_bounds, b->min, b->min_size);
    buffer_append(&k->index_bounds, b->max, b->max_size);
    buffer_append(&k->index, &x, sizeof x);
    if (b->state == BOUNDS_UNKNOWN) k->indexable = false;
    bounds_merge(k->leaf, &k->bounds, b);
}

/* The page's body is its parts, one behind the other; the last is where it stays. */
static void page_emit(struct chunk *k, struct workspace *w, const struct sections *s,
                      const span parts[3], bool compressed)
{
    struct thrift_out t;
    size_t tail = parts[2].size;
    header_begin(w, &t, k->options->data_page_v2 ? PAGE_DATA_V2 : PAGE_DATA_V1, s->all, parts);
    if (k->options->data_page_v2) data_header_v2(k, &t, s, compressed);
    else data_header_v1(k, &t, s);
    thrift_close(&t);
    k->raw_bytes += (int64_t)(w->header.size + s->all);
    struct bounds b = page_bounds(k, w);
    index_append(k, &b, w->header.size + parts[0].size + parts[1].size + tail, tail);
    buffer_append_span(&k->bytes, buffer_span(&w->header));
    buffer_append_span(&k->bytes, parts[0]);
    buffer_append_span(&k->bytes, parts[1]);
    k->page.start += tail;
}

/* What is kept of `data` is tails. */
static void page_next(struct page *p)
{
    p->rows = p->entries = p->values = 0;
    p->byte_count = 0;
    p->bounds = (struct bounds){.state = BOUNDS_EMPTY};
    p->data.size = p->start;
    buffer_reset(&p->repetition);
    buffer_reset(&p->definition);
    buffer_reset(&p->lengths);
    buffer_reset(&p->indices);
}

error page_seal(struct chunk *k, struct workspace *w, bool last)
{
    struct page *p = &k->page;
    if (p->rows == 0) return OK;
    struct sections s = {0};
    TRY(encode_page(k, w, &s));
    size_t apart = k->options->data_page_v2 ? s.repetition + s.definition : 0;
    bool compressed = k->codec != PARQUET_NONE;
    if (compressed) buffer_append_span(&w->encoded, s.form.tail); /* one piece for the codec */
    span levels = {w->encoded.data, apart};
    span values = {w->encoded.data + apart, w->encoded.size - apart};
    span tail = compressed ? (span){"", 0} : s.form.tail, body;
    if (compressed && s.form.tail.size) TRY(light_judge(k, w, values));
    TRY(page_compress(k, w, values, last, &body));
    compressed = k->codec != PARQUET_NONE;
    if (k->options->data_page_v2 && body.size >= values.size) { /* v2 pages choose one by one */
        body = values;
        compressed = false;
    }
    page_emit(k, w, &s, (const span[3]){levels, body, tail}, compressed);
    k->pages_by_encoding[s.form.encoding]++;
    k->rows += p->rows;
    k->entries += p->entries;
    k->nulls += p->entries - p->values;
    page_next(p);
    return OK;
}

error page_write_dictionary(struct chunk *k, struct workspace *w)
{
    const struct dictionary *d = &k->dictionary;
    buffer_reset(&w->encoded);
    if (k->leaf->store == STORE_BYTES)
        plain_encode_bytes(&w->encoded, (const uint32_t *)d->lengths.data, d->count,
                           d->values.data);
    else plain_encode(&w->encoded, k->leaf, d->values.data, d->count);
    span body = buffer_span(&w->encoded);
    if (k->codec != PARQUET_NONE) {
        TRY(compressor_run(w->compressor, &w->compressed, body, false));
        body = buffer_span(&w->compressed);
    }
    struct thrift_out t;
    header_begin(w, &t, PAGE_DICTIONARY, w->encoded.size, (const span[3]){body, {"", 0}, {"", 0}});
    thrift_struct_begin(&t, 7);
    thrift_i32(&t, 1, d->count);
    thrift_i32(&t, 2, k->options->data_page_v2 ? ENCODING_PLAIN : ENCODING_PLAIN_DICTIONARY);
    thrift_struct_end(&t);
    thrift_close(&t);
    buffer_append_span(&k->dictionary_page, buffer_span(&w->header));
    buffer_append_span(&k->dictionary_page, body);
    k->raw_bytes += (int64_t)(w->header.size + w->encoded.size);
    return OK;
}

/* ---- life ---- */

void page_reset(struct page *p)
{
    p->start = 0;
    page_next(p);
}

void page_release(struct page *p)
{
    buffer_release(&p->repetition);
    buffer_release(&p->definition);
    buffer_release(&p->data);
    buffer_release(&p->lengths);
    buffer_release(&p->indices);
    *p = (struct page){0};
}

size_t page_memory(const struct page *p)
{
    return p->repetition.capacity + p->definition.capacity + p->data.capacity +
           p->lengths.capacity + p->indices.capacity;
}
