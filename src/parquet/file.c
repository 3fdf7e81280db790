/* Batches -> row groups -> the file (see parquet.h for its shape). A row group's pages wait in
 * memory until it is closed; of closed groups only the footer's and the page indexes' bytes stay. */
#include "parquet/internal.h"

#include <stdlib.h>

enum {
    ROW_GROUP_BYTES = 4 * 1024 * 1024, /* stays in a processor's cache until it is written */
    ROW_GROUP_COLUMN_BYTES = 128 * 1024,
    PAGE_BYTES = 256 * 1024,
    PAGE_ROWS = 20000,
    PAGE_BYTES_LIMIT = 1024 * 1024 * 1024,
    PAGE_ROWS_LIMIT = 1024 * 1024 * 1024,
    STEP_ROWS = 4096,   /* rows of a column that are shredded at a time */
    STEP_SHARE = 4      /* rows that make this part of a group go through all columns before its size
                           is looked at */
};

/* Consecutive rows of a batch. */
struct piece {
    const struct batch *batch;
    int64_t row, rows;
};

struct column_failure {
    error code;
    char *text;
};

static const span magic = {"PAR1", 4};

struct chunk_record { /* what the footer needs to point at a closed chunk's parts */
    size_t metadata_bytes, column_index_bytes, offset_index_bytes; /* column index 0: none */
};

struct group_record {
    int64_t rows, raw_bytes, bytes, offset;
};

struct parquet_writer {
    struct arena arena;
    const struct schema *schema;
    struct parquet_options options;
    struct parquet_sink sink;
    struct layout layout;
    struct workspace *workspaces; /* one per thread of the pool */
    struct chunk *chunks;         /* one per leaf */
    struct column_failure *failures; /* the same */
    struct buffer pieces;         /* struct piece: those on their way through the columns */
    int64_t group_rows;   /* of the open group */
    int64_t rows, offset; /* of the file so far */
    struct buffer groups, records;  /* struct group_record, struct chunk_record */
    struct buffer metadata;         /* first fields of each closed ColumnChunk */
    struct buffer column_indexes, offset_indexes;
    error failed;         /* the first failure: the file is lost from then on */
};

static void row_group_resolve(struct parquet_options *o, int leaf_count)
{
    size_t by_columns = (size_t)leaf_count * ROW_GROUP_COLUMN_BYTES;
    if (o->row_group_bytes) return;
    o->row_group_bytes = by_columns > ROW_GROUP_BYTES ? by_columns : ROW_GROUP_BYTES;
}

static error options_resolve(struct parquet_options *o)
{
    if (!o->page_bytes) o->page_bytes = PAGE_BYTES;
    if (!o->page_rows) o->page_rows = PAGE_ROWS;
    if (o->page_bytes > PAGE_BYTES_LIMIT) o->page_bytes = PAGE_BYTES_LIMIT;
    if (o->page_rows > PAGE_ROWS_LIMIT) o->page_rows = PAGE_ROWS_LIMIT;
    if (o->page_rows < 0) return fail(ERR_USAGE, "negative rows of a Parquet page");
    if ((unsigned)o->timestamps > PARQUET_INT64_MICROS)
        return fail(ERR_USAGE, "Parquet timestamps %d", (int)o->timestamps);
    return OK;
}

error parquet_open(struct parquet_writer **out, const struct schema *schema,
                   const struct parquet_options *options, struct parquet_sink sink)
{
    struct parquet_writer *w = must_calloc(1, sizeof *w);
    w->options = *options;
    w->sink = sink;
    w->schema = schema_copy(&w->arena, schema);
    error e = options_resolve(&w->options);
    int threads = pool_threads(w->options.pool);
    w->workspaces = ARENA_ARRAY(&w->arena, struct workspace, (size_t)threads);
    for (int i = 0; i < threads && e == OK; i++)
        e = compressor_open(&w->workspaces[i].compressor, w->options.codec, w->options.level);
    if (e == OK) e = layout_make(&w->layout, &w->arena, w->schema, w->options.timestamps);
    if (e != OK) {
        parquet_abandon(w);
        return e;
    }
    w->chunks = ARENA_ARRAY(&w->arena, struct chunk, (size_t)w->layout.leaf_count);
    row_group_resolve(&w->options, w->layout.leaf_count);
    w->failures = ARENA_ARRAY(&w->arena, struct column_failure, (size_t)w->layout.leaf_count);
    for (int i = 0; i < w->layout.leaf_count; i++)
        chunk_begin(&w->chunks[i], &w->layout.leaves[i], &w->options);
    *out = w;
    return OK;
}

static void workspace_release(struct workspace *s)
{
    for (int i = 0; i < 2; i++) {
        buffer_release(&s->levels[i].repetition);
        buffer_release(&s->levels[i].definition);
        buffer_release(&s->levels[i].position);
    }
    buffer_release(&s->positions);
    buffer_release(&s->values);
    buffer_release(&s->lengths);
    buffer_release(&s->indices);
    buffer_release(&s->encoded);
    buffer_release(&s->compressed);
    buffer_release(&s->header);
    buffer_release(&s->seen);
}

static size_t workspace_memory(const struct workspace *s)
{
    size_t sum = s->positions.capacity + s->values.capacity + s->lengths.capacity +
                 s->indices.capacity + s->encoded.capacity +
                 s->compressed.capacity + s->header.capacity + s->seen.capacity;
    for (int i = 0; i < 2; i++)
        sum += s->levels[i].repetition.capacity + s->levels[i].definition.capacity +
               s->levels[i].position.capacity;
    return sum;
}

void parquet_abandon(struct parquet_writer *w)
{
    if (!w) return;
    for (int i = 0; w->chunks && i < w->layout.leaf_count; i++) chunk_release(&w->chunks[i]);
    for (int i = 0; w->workspaces && i < pool_threads(w->options.pool); i++) {
        workspace_release(&w->workspaces[i]);
        compressor_close(w->workspaces[i].compressor);
    }
    buffer_release(&w->pieces);
    buffer_release(&w->groups);
    buffer_release(&w->records);
    buffer_release(&w->metadata);
    buffer_release(&w->column_indexes);
    buffer_release(&w->offset_indexes);
    arena_release(&w->arena);
    free(w);
}

size_t parquet_memory(const struct parquet_writer *w)
{
    size_t sum = w->arena.held + w->groups.capacity + w->records.capacity + w->metadata.capacity +
                 w->column_indexes.capacity + w->offset_indexes.capacity + w->pieces.capacity;
    for (int i = 0; i < pool_threads(w->options.pool); i++)
        sum += workspace_memory(&w->workspaces[i]);
    for (int i = 0; i < w->layout.leaf_count; i++) sum += chunk_memory(&w->chunks[i]);
    return sum;
}

/* ---- columns, each by itself ---- */

static error column_append(struct parquet_writer *w, int leaf, struct workspace *space)
{
    const struct piece *piece = (const struct piece *)(const void *)w->pieces.data;
    const struct piece *end = piece + w->pieces.size / sizeof *piece;
    for (; piece < end; piece++)
        for (int64_t done = 0, rows; done < piece->rows; done += rows) {
            struct slice s;
            rows = piece->rows - done < STEP_ROWS ? piece->rows - done : STEP_ROWS;
            TRY(shred(space, &w->layout.leaves[leaf], piece->batch, piece->row + done, rows, &s));
            TRY(chunk_append(&w->chunks[leaf], space, &s));
        }
    return OK;
}

static error column_finish(struct parquet_writer *w, int leaf, struct workspace *space)
{
    return chunk_finish(&w->chunks[leaf], space);
}

struct columns {
    struct parquet_writer *writer;
    error (*run)(struct parquet_writer *, int leaf, struct workspace *);
};

static void column_task(void *context, int leaf, int worker)
{
    struct columns *c = context;
    struct column_failure *failure = &c->writer->failures[leaf];
    failure->code = c->run(c->writer, leaf, &c->writer->workspaces[worker]);
    if (failure->code) failure->text = must_strdup(error_text());
}

/* Of several failures the first column's counts, whichever came first. */
static error columns_run(struct parquet_writer *w,
                         error (*run)(struct parquet_writer *, int, struct workspace *))
{
    struct columns columns = {w, run};
    error e = OK;
    pool_run(w->options.pool, &(struct pool_job){.run = column_task,
                                                 .context = &columns,
                                                 .count = w->layout.leaf_count});
    for (int i = 0; i < w->layout.leaf_count; i++) {
        struct column_failure *f = &w->failures[i];
        if (f->code && e == OK) e = fail(f->code, "%s", f->text);
        free(f->text);
        f->text = NULL;
    }
    return e;
}

/* ---- row groups ---- */

static error emit(void *writer, span bytes)
{
    struct parquet_writer *w = writer;
    if (bytes.size == 0) return OK;
    TRY(w->sink.write(w->sink.context, bytes));
    w->offset += (int64_t)bytes.size;
    return OK;
}

/* The file begins with its first row group or, when it has none, at its end. */
static error emit_magic(struct parquet_writer *w)
{
    return w->offset == 0 ? emit(w, magic) : OK;
}

static void chunk_record(struct parquet_writer *w, const struct chunk *k, int64_t offset)
{
    size_t metadata = w->metadata.size, column_index = w->column_indexes.size;
    size_t offset_index = w->offset_indexes.size;
    struct thrift_out t;
    thrift_open(&t, &w->metadata); /* goes on in footer_chunk */
    thrift_i64(&t, 2, offset);
    chunk_metadata(k, &t, 3, offset);
    (void)chunk_column_index(k, &w->column_indexes);
    chunk_offset_index(k, &w->offset_indexes, offset);
    struct chunk_record r = {.metadata_bytes = w->metadata.size - metadata,
                             .column_index_bytes = w->column_indexes.size - column_index,
                             .offset_index_bytes = w->offset_indexes.size - offset_index};
    buffer_append(&w->records, &r, sizeof r);
}

static error group_close(struct parquet_writer *w)
{
    if (w->group_rows == 0) return OK;
    TRY(emit_magic(w));
    TRY(columns_run(w, column_finish));
    struct group_record g = {.rows = w->group_rows, .offset = w->offset};
    for (int i = 0; i < w->layout.leaf_count; i++) {
        struct chunk *k = &w->chunks[i];
        int64_t offset = w->offset;
        CHECK(k->rows == w->group_rows);
        TRY(chunk_emit(k, emit, w));
        chunk_record(w, k, offset);
        g.raw_bytes += k->raw_bytes;
        chunk_reset(k);
    }
    g.bytes = w->offset - g.offset;
    buffer_append(&w->groups, &g, sizeof g);
    w->group_rows = 0;
    return OK;
}

static size_t group_bytes(const struct parquet_writer *w)
{
    size_t sum = 0;
    for (int i = 0; i < w->layout.leaf_count; i++) sum += chunk_encoded_bytes(&w->chunks[i]);
    return sum;
}

/* Rows of the batch that make up `bytes` of its values. */
static int64_t rows_in(const struct batch *b, size_t batch_size, size_t bytes)
{
    size_t rows = bytes / (batch_size / (size_t)b->rows + 1);
    return rows < 1 ? 1 : rows > (size_t)b->rows ? b->rows : (int64_t)rows;
}

/* Takes the pieces through all columns. */
static error pieces_write(struct parquet_writer *w)
{
    const struct piece *pieces = (const struct piece *)(const void *)w->pieces.data;
    size_t count = w->pieces.size / sizeof *pieces;
    TRY(columns_run(w, column_append));
    for (size_t i = 0; i < count; i++) {
        w->group_rows += pieces[i].rows;
        w->rows += pieces[i].rows;
    }
    buffer_reset(&w->pieces);
    return group_bytes(w) >= w->options.row_group_bytes ? group_close(w) : OK;
}

static error batches_write(struct parquet_writer *w, const struct batch *const *batches,
                           size_t count)
{
    size_t share = w->options.row_group_bytes / STEP_SHARE, held = 0;
    for (size_t i = 0; i < count; i++) {
        const struct batch *b = batches[i];
        size_t size = b->rows ? batch_bytes(b) : 0;
        for (int64_t row = 0, rows; row < b->rows; row += rows) {
            rows = rows_in(b, size, held < share ? share - held : 0);
            if (rows > b->rows - row) rows = b->rows - row;
            struct piece piece = {b, row, rows};
            buffer_append(&w->pieces, &piece, sizeof piece);
            held += size / (size_t)b->rows * (size_t)rows + 1;
            if (row + rows == b->rows && held < share) continue; /* more of the next batch */
            TRY(pieces_write(w));
            held = 0;
        }
    }
    return w->pieces.size ? pieces_write(w) : OK;
}

static error failed_before(const struct parquet_writer *w)
{
    return fail(w->failed, "the Parquet file could not be written before");
}

error parquet_write_all(struct parquet_writer *w, const struct batch *const *batches, size_t count)
{
    if (w->failed) return failed_before(w);
    for (size_t i = 0; i < count; i++) {
        const struct batch *b = batches[i];
        if (!schema_equal(b->schema, w->schema))
            return fail(ERR_USAGE, "a batch of another schema than its Parquet file");
        if (b->rows > INT32_MAX)
            return fail(ERR_TOO_LARGE, "a batch of %lld rows", (long long)b->rows);
    }
    return w->failed = batches_write(w, batches, count);
}

error parquet_write(struct parquet_writer *w, const struct batch *b)
{
    return parquet_write_all(w, &b, 1);
}

error parquet_flush(struct parquet_writer *w)
{
    if (w->failed) return failed_before(w);
    w->failed = group_close(w);
    for (int i = 0; i < w->layout.leaf_count && w->failed == OK; i++) chunk_shrink(&w->chunks[i]);
    for (int i = 0; i < pool_threads(w->options.pool) && w->failed == OK; i++)
        workspace_release(&w->workspaces[i]);
    return w->failed;
}

/* ---- footer ---- */

struct positions { /* of the next chunk's parts, while the footer is made */
    const struct chunk_record *record;
    size_t metadata;
    int64_t column_index, offset_index;
};

static void footer_chunk(const struct parquet_writer *w, struct thrift_out *t, struct positions *p)
{
    const struct chunk_record *r = p->record++;
    thrift_item_begin(t);
    thrift_fields(t, (span){w->metadata.data + p->metadata, r->metadata_bytes}, 3);
    thrift_i64(t, 4, p->offset_index);
    thrift_i32(t, 5, (int64_t)r->offset_index_bytes);
    if (r->column_index_bytes) {
        thrift_i64(t, 6, p->column_index);
        thrift_i32(t, 7, (int64_t)r->column_index_bytes);
    }
    thrift_item_end(t);
    p->metadata += r->metadata_bytes;
    p->column_index += (int64_t)r->column_index_bytes;
    p->offset_index += (int64_t)r->offset_index_bytes;
}

static void footer_groups(const struct parquet_writer *w, struct thrift_out *t, struct positions p)
{
    const struct group_record *g = (const struct group_record *)w->groups.data;
    size_t count = w->groups.size / sizeof *g;
    thrift_list(t, 4, THRIFT_STRUCT, count);
    for (size_t i = 0; i < count; i++, g++) {
        thrift_item_begin(t);
        thrift_list(t, 1, THRIFT_STRUCT, (size_t)w->layout.leaf_count);
        for (int k = 0; k < w->layout.leaf_count; k++) footer_chunk(w, t, &p);
        thrift_i64(t, 2, g->raw_bytes);
        thrift_i64(t, 3, g->rows);
        thrift_i64(t, 5, g->offset);
        thrift_i64(t, 6, g->bytes);
        if (i <= INT16_MAX) thrift_int(t, 7, THRIFT_I16, (int64_t)i);
        thrift_item_end(t);
    }
}

static void footer_make(const struct parquet_writer *w, struct buffer *out, struct positions p,
                        const struct parquet_key_value *pairs, size_t count)
{
    struct thrift_out t;
    thrift_open(&t, out);
    thrift_i32(&t, 1, 1); /* version */
    schema_write(&t, 2, w->schema, w->options.timestamps);
    thrift_i64(&t, 3, w->rows);
    footer_groups(w, &t, p);
    if (count) thrift_list(&t, 5, THRIFT_STRUCT, count);
    for (size_t i = 0; i < count; i++) {
        thrift_item_begin(&t);
        thrift_binary(&t, 1, pairs[i].key);
        thrift_binary(&t, 2, pairs[i].value);
        thrift_item_end(&t);
    }
    thrift_binary(&t, 6, SPAN("sluice version " SLUICE_VERSION));
    thrift_list(&t, 7, THRIFT_STRUCT, (size_t)w->layout.leaf_count);
    for (int i = 0; i < w->layout.leaf_count; i++) { /* union ColumnOrder: 1 TYPE_ORDER */
        thrift_item_begin(&t);
        thrift_struct_begin(&t, 1);
        thrift_struct_end(&t);
        thrift_item_end(&t);
    }
    thrift_close(&t);
}

static error file_finish(struct parquet_writer *w, const struct parquet_key_value *pairs,
                         size_t count)
{
    TRY(group_close(w));
    TRY(emit_magic(w));
    struct positions p = {.record = (const struct chunk_record *)w->records.data,
                          .column_index = w->offset,
                          .offset_index = w->offset + (int64_t)w->column_indexes.size};
    TRY(emit(w, buffer_span(&w->column_indexes)));
    TRY(emit(w, buffer_span(&w->offset_indexes)));
    struct buffer footer = {0};
    footer_make(w, &footer, p, pairs, count);
    size_t size = footer.size;
    error e = OK;
    if (size > INT32_MAX) e = fail(ERR_TOO_LARGE, "a Parquet footer of %zu bytes", size);
    uint8_t tail[4];
    put_le32(tail, (uint32_t)size);
    buffer_append(&footer, tail, sizeof tail);
    buffer_append_span(&footer, magic);
    if (e == OK) e = emit(w, buffer_span(&footer));
    buffer_release(&footer);
    return e;
}

error parquet_close(struct parquet_writer *w, const struct parquet_key_value *pairs, size_t count,
                    int64_t *rows, int64_t *bytes)
{
    error e = w->failed ? failed_before(w) : file_finish(w, pairs, count);
    if (rows) *rows = w->rows;
    if (bytes) *bytes = w->offset;
    parquet_abandon(w);
    return e;
}
