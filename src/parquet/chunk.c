/* One column of a row group: slices in, sealed pages out, and what footer and page index say of
 * them. Pages end between records, at the option's rows or bytes. */
#include "parquet/internal.h"

enum {
    EARLY_VALUES = 1024   /* enough of a first page to see that a dictionary cannot pay */
};

void chunk_begin(struct chunk *k, const struct leaf *leaf, const struct parquet_options *options)
{
    *k = (struct chunk){.leaf = leaf, .options = options};
    k->dictionary.leaf = leaf;
    chunk_reset(k);
}

static enum encoding dictionary_name(const struct chunk *k)
{
    return k->options->data_page_v2 ? ENCODING_RLE_DICTIONARY : ENCODING_PLAIN_DICTIONARY;
}

static bool has_dictionary_page(const struct chunk *k)
{
    return k->pages_by_encoding[dictionary_name(k)] > 0;
}

/* ---- cutting a slice at the page's limits ---- */

/* Bytes that a value adds to the open page, by the measure of page_bytes. */
static size_t value_bytes(const struct chunk *k)
{
    if (k->use_dictionary) return 2;
    return k->leaf->store == STORE_BYTES ? sizeof(uint32_t) : (size_t)k->leaf->store;
}

/* Rows are entries and all values have one size: no look at them is needed. */
static struct cut cut_flat(const struct slice *s, const struct cut *from, int64_t rows,
                           int64_t values)
{
    struct cut c = *from;
    int64_t left = s->entries - c.from;
    c.entries = left < rows ? left : rows;
    if (c.entries > values) c.entries = values;
    c.rows = c.entries;
    c.values = c.entries;
    if (!s->definition) return c;
    c.values = 0; /* in a flat column a definition level is 0 or 1 */
    for (int64_t i = 0; i < c.entries; i++) c.values += s->definition[c.from + i];
    return c;
}

/* All entries of a flat column of strings without NULLs, where they fit. */
static bool cut_strings(const struct slice *s, const struct cut *from, int64_t rows, size_t room,
                        struct cut *out)
{
    int64_t count = s->entries - from->from, first = s->first + from->value;
    if (s->definition || s->positions || count > rows) return false;
    const int32_t *offsets = s->column->offsets;
    size_t bytes = (size_t)(offsets[first + count] - offsets[first]);
    if (bytes + (size_t)count * sizeof(uint32_t) > room) return false;
    *out = *from;
    out->entries = out->rows = out->values = count;
    return true;
}

static struct cut cut_walk(const struct chunk *k, const struct slice *s, const struct cut *from,
                           int64_t rows, size_t room)
{
    struct cut c = *from;
    bool strings = k->leaf->store == STORE_BYTES && !k->use_dictionary;
    size_t each = value_bytes(k), used = 0;
    int most = k->leaf->max_definition;
    for (int64_t i = c.from; i < s->entries; i++) {
        if (!s->repetition || s->repetition[i] == 0) {
            if (c.rows == rows || used >= room) break;
            c.rows++;
        }
        c.entries++;
        if (s->definition && s->definition[i] != most) continue;
        if (strings) {
            int64_t v = c.value + c.values, at = s->positions ? s->positions[v] : s->first + v;
            used += (size_t)(s->column->offsets[at + 1] - s->column->offsets[at]);
        }
        c.values++;
        used += each;
    }
    return c;
}

/* The next entries that fit the open page: at least one record. */
static struct cut cut_next(const struct chunk *k, const struct slice *s, const struct cut *done)
{
    struct cut from = {.from = done->from + done->entries, .value = done->value + done->values};
    int64_t rows = k->options->page_rows - k->page.rows;
    size_t used = page_bytes(k);
    size_t room = used < k->options->page_bytes ? k->options->page_bytes - used : 1;
    bool strings = k->leaf->store == STORE_BYTES && !k->use_dictionary;
    bool flat = !s->repetition && (k->leaf->max_definition <= 1 || !s->definition);
    struct cut all;
    if (strings && flat && cut_strings(s, &from, rows, room, &all)) return all;
    if (strings || !flat) return cut_walk(k, s, &from, rows, room);
    return cut_flat(s, &from, rows, (int64_t)(room / value_bytes(k)) + 1);
}

/* ---- values in ---- */

/* A first page of mostly distinct values: the dictionary is given up before it grows further. */
static void dictionary_judge(struct chunk *k)
{
    const struct page *p = &k->page;
    if (!k->use_dictionary || has_dictionary_page(k) || p->values < EARLY_VALUES) return;
    size_t plain = p->byte_count + (size_t)p->values * (k->leaf->store == STORE_BYTES
                                                            ? sizeof(uint32_t)
                                                            : leaf_plain_bytes(k->leaf));
    if (dictionary_bytes(&k->dictionary) < plain - plain / 4) return;
    page_drop_dictionary(k);
    k->skip_dictionary = SKIP_GROUPS + 1;
}

/* Values that the dictionary cannot take go to a page of their own kind. */
static error dictionary_end(struct chunk *k, struct workspace *w)
{
    TRY(page_seal(k, w, false));
    k->use_dictionary = false;
    if (has_dictionary_page(k)) return OK;
    dictionary_reset(&k->dictionary);
    k->skip_dictionary = SKIP_GROUPS + 1;
    return OK;
}

error chunk_append(struct chunk *k, struct workspace *w, const struct slice *s)
{
    for (struct cut c = {0}; c.from + c.entries < s->entries;) {
        struct cut next = cut_next(k, s, &c);
        bool full;
        TRY(page_append(k, w, s, &next, &full));
        if (full) {
            TRY(dictionary_end(k, w));
            continue;
        }
        c = next;
        dictionary_judge(k);
        if (k->page.rows >= k->options->page_rows || page_bytes(k) >= k->options->page_bytes)
            TRY(page_seal(k, w, false));
    }
    return OK;
}

error chunk_finish(struct chunk *k, struct workspace *w)
{
    bool tried = k->use_dictionary;
    TRY(page_seal(k, w, true));
    if (has_dictionary_page(k)) return page_write_dictionary(k, w);
    if (tried && k->entries > k->nulls) k->skip_dictionary = SKIP_GROUPS + 1;
    return OK;
}

error chunk_emit(const struct chunk *k, error (*write)(void *, span), void *context)
{
    const struct page_index *x = (const struct page_index *)(const void *)k->index.data;
    const struct page_index *end = x + k->index.size / sizeof *x;
    TRY(write(context, buffer_span(&k->dictionary_page)));
    if (k->page.start == 0) return write(context, buffer_span(&k->bytes));
    const char *head = k->bytes.data, *tail = k->page.data.data;
    for (; x < end; x++) {
        size_t size = (size_t)x->bytes - x->tail;
        TRY(write(context, (span){head, size}));
        TRY(write(context, (span){tail, x->tail}));
        head += size;
        tail += x->tail;
    }
    return OK;
}

/* ---- life ---- */

size_t chunk_encoded_bytes(const struct chunk *k)
{
    size_t dictionary = k->dictionary.count ? dictionary_bytes(&k->dictionary) : 0;
    return chunk_data_bytes(k) + page_bytes(k) + dictionary;
}

size_t chunk_memory(const struct chunk *k)
{
    return k->bytes.capacity + k->dictionary_page.capacity + k->index.capacity +
           k->index_bounds.capacity + dictionary_memory(&k->dictionary) + page_memory(&k->page);
}

void chunk_reset(struct chunk *k)
{
    if (k->skip_dictionary) k->skip_dictionary--;
    k->use_dictionary = k->leaf->store != STORE_1 && k->skip_dictionary == 0;
    if (k->skip_codec) k->skip_codec--;
    if (k->keep_light) k->keep_light--;
    k->codec = k->skip_codec ? PARQUET_NONE : k->options->codec;
    k->codec_decided = false;
    k->entries = k->nulls = k->rows = k->raw_bytes = 0;
    memset(k->pages_by_encoding, 0, sizeof k->pages_by_encoding);
    k->bounds = (struct bounds){.state = BOUNDS_EMPTY};
    k->indexable = leaf_has_bounds(k->leaf);
    buffer_reset(&k->bytes);
    buffer_reset(&k->dictionary_page);
    buffer_reset(&k->index);
    buffer_reset(&k->index_bounds);
    dictionary_reset(&k->dictionary);
    page_reset(&k->page);
}

void chunk_shrink(struct chunk *k)
{
    buffer_release(&k->bytes);
    buffer_release(&k->dictionary_page);
    buffer_release(&k->index);
    buffer_release(&k->index_bounds);
    dictionary_release(&k->dictionary);
    page_release(&k->page);
}

void chunk_release(struct chunk *k)
{
    chunk_shrink(k);
}

/* ---- metadata ---- */

static void statistics_write(const struct chunk *k, struct thrift_out *t)
{
    const struct bounds *b = &k->bounds;
    thrift_struct_begin(t, 12);
    thrift_i64(t, 3, k->nulls);
    if (b->state == BOUNDS_KNOWN) {
        thrift_binary(t, 5, (span){(const char *)b->max, b->max_size});
        thrift_binary(t, 6, (span){(const char *)b->min, b->min_size});
        thrift_bool(t, 7, !b->max_cut);
        thrift_bool(t, 8, !b->min_cut);
    }
    thrift_struct_end(t);
}

static void encodings_write(const struct chunk *k, struct thrift_out *t)
{
    bool listed[ENCODINGS] = {[ENCODING_RLE] = true}; /* levels */
    size_t count = 0;
    for (int e = 0; e < ENCODINGS; e++) listed[e] |= k->pages_by_encoding[e] > 0;
    if (listed[ENCODING_RLE_DICTIONARY]) listed[ENCODING_PLAIN] = true; /* the dictionary itself */
    for (int e = 0; e < ENCODINGS; e++) count += listed[e];
    thrift_list(t, 2, THRIFT_I32, count);
    for (int e = 0; e < ENCODINGS; e++)
        if (listed[e]) thrift_item_int(t, e);
}

static void encoding_count_write(struct thrift_out *t, int page, int encoding, int64_t count)
{
    thrift_item_begin(t);
    thrift_i32(t, 1, page);
    thrift_i32(t, 2, encoding);
    thrift_i32(t, 3, count);
    thrift_item_end(t);
}

/* Tells readers whether all pages are of the dictionary, so that it can answer for them. */
static void encoding_counts_write(const struct chunk *k, struct thrift_out *t)
{
    bool v2 = k->options->data_page_v2, dictionary = has_dictionary_page(k);
    size_t count = dictionary;
    for (int e = 0; e < ENCODINGS; e++) count += k->pages_by_encoding[e] > 0;
    thrift_list(t, 13, THRIFT_STRUCT, count);
    if (dictionary)
        encoding_count_write(t, PAGE_DICTIONARY, v2 ? ENCODING_PLAIN : ENCODING_PLAIN_DICTIONARY,
                             1);
    for (int e = 0; e < ENCODINGS; e++)
        if (k->pages_by_encoding[e])
            encoding_count_write(t, v2 ? PAGE_DATA_V2 : PAGE_DATA_V1, e, k->pages_by_encoding[e]);
}

void chunk_metadata(const struct chunk *k, struct thrift_out *t, int16_t id, int64_t offset)
{
    int64_t dictionary = (int64_t)k->dictionary_page.size;
    thrift_struct_begin(t, id);
    thrift_i32(t, 1, k->leaf->physical);
    encodings_write(k, t);
    thrift_list(t, 3, THRIFT_BINARY, (size_t)k->leaf->path_count);
    for (int i = 0; i < k->leaf->path_count; i++) thrift_item_binary(t, k->leaf->path[i]);
    thrift_i32(t, 4, codec_number(k->codec));
    thrift_i64(t, 5, k->entries);
    thrift_i64(t, 6, k->raw_bytes);
    thrift_i64(t, 7, dictionary + (int64_t)chunk_data_bytes(k));
    thrift_i64(t, 9, offset + dictionary);
    if (dictionary) thrift_i64(t, 11, offset);
    statistics_write(k, t);
    encoding_counts_write(k, t);
    thrift_struct_end(t);
}

/* ---- page index ---- */

enum { UNORDERED, ASCENDING, DESCENDING };

static span page_min(const struct chunk *k, const struct page_index *x)
{
    return (span){k->index_bounds.data + x->bounds, x->min_size};
}

static span page_max(const struct chunk *k, const struct page_index *x)
{
    return (span){k->index_bounds.data + x->bounds + x->min_size, x->max_size};
}

static int order(const struct chunk *k, span a, span b)
{
    return bound_compare(k->leaf, (const uint8_t *)a.data, a.size, (const uint8_t *)b.data,
                         b.size);
}

static int boundary_order(const struct chunk *k, const struct page_index *x, size_t count)
{
    bool up = true, down = true;
    const struct page_index *before = NULL;
    for (size_t i = 0; i < count; i++) {
        if (x[i].empty) continue;
        if (before) {
            int min = order(k, page_min(k, before), page_min(k, &x[i]));
            int max = order(k, page_max(k, before), page_max(k, &x[i]));
            up = up && min <= 0 && max <= 0;
            down = down && min >= 0 && max >= 0;
        }
        before = &x[i];
    }
    return up ? ASCENDING : down ? DESCENDING : UNORDERED;
}

bool chunk_column_index(const struct chunk *k, struct buffer *out)
{
    const struct page_index *x = (const struct page_index *)k->index.data;
    size_t count = k->index.size / sizeof *x;
    struct thrift_out t;
    if (!k->indexable || count == 0) return false;
    thrift_open(&t, out);
    thrift_list(&t, 1, THRIFT_TRUE, count);
    for (size_t i = 0; i < count; i++) thrift_item_bool(&t, x[i].empty);
    thrift_list(&t, 2, THRIFT_BINARY, count);
    for (size_t i = 0; i < count; i++) thrift_item_binary(&t, page_min(k, &x[i]));
    thrift_list(&t, 3, THRIFT_BINARY, count);
    for (size_t i = 0; i < count; i++) thrift_item_binary(&t, page_max(k, &x[i]));
    thrift_i32(&t, 4, boundary_order(k, x, count));
    thrift_list(&t, 5, THRIFT_I64, count);
    for (size_t i = 0; i < count; i++) thrift_item_int(&t, x[i].nulls);
    thrift_close(&t);
    return true;
}

void chunk_offset_index(const struct chunk *k, struct buffer *out, int64_t offset)
{
    const struct page_index *x = (const struct page_index *)k->index.data;
    size_t count = k->index.size / sizeof *x;
    struct thrift_out t;
    offset += (int64_t)k->dictionary_page.size;
    thrift_open(&t, out);
    thrift_list(&t, 1, THRIFT_STRUCT, count);
    for (size_t i = 0; i < count; i++) {
        thrift_item_begin(&t);
        thrift_i64(&t, 1, offset + x[i].offset);
        thrift_i32(&t, 2, x[i].bytes);
        thrift_i64(&t, 3, x[i].first_row);
        thrift_item_end(&t);
    }
    thrift_close(&t);
}
