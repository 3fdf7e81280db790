/* The files of one folder -> few larger ones, staged. A merged file has the rows of whole sources, in
 * the order of their names, which is that of jobs and batches; its footer says what theirs said:
 *
 *   sluice.merged  {"version": 1, "folder": KEY, "sources": [ {"name", "rows", "bytes", "job",
 *                   "checkpoint", "batch", "wall_us", "ranges", "counts"} ]}
 *
 * so that the table is audited as if they were still there. */
#include "job/compact.h"

enum { PROVENANCE_MAX_BYTES = 8 << 20, SOURCE_BYTES = 256 };

/* ---- which sources become one file ---- */

static size_t provenance_bytes(const struct audit_file *f)
{
    return SOURCE_BYTES + parquet_footer_value(f->footer, "sluice.ranges").size;
}

/* The end of the group that begins at `from`. */
static size_t group_end(const struct compact_options *o, const struct audit *files, size_t from)
{
    const struct audit_file *first = &files->files[from];
    size_t bytes = (size_t)first->size, provenance = provenance_bytes(first), at = from + 1;
    for (; at < files->file_count; at++) {
        const struct audit_file *f = &files->files[at];
        bytes += (size_t)f->size;
        provenance += provenance_bytes(f);
        if (bytes > o->file_bytes || provenance > PROVENANCE_MAX_BYTES ||
            !schema_equal(first->footer->schema, f->footer->schema))
            break;
    }
    return at;
}

void compact_measure(const struct compact_options *o, struct unit *u, const struct audit *files)
{
    u->sources = (int64_t)files->file_count;
    u->files = u->rows = u->source_bytes = 0;
    for (size_t i = 0; i < files->file_count; i++) {
        u->rows += files->files[i].rows;
        u->source_bytes += files->files[i].size;
    }
    for (size_t at = 0; at < files->file_count; u->files++) at = group_end(o, files, at);
}

/* ---- footers ---- */

struct provenance {
    const char *folder;
    const struct audit_file *sources;
    size_t count;
};

static void footer_pairs(void *context, struct arena *arena, struct parquet_key_value **pairs,
                         size_t *count)
{
    const struct provenance *p = context;
    json_t *sources = json_array();
    for (size_t i = 0; i < p->count; i++) {
        const struct audit_file *f = &p->sources[i];
        json_array_append_new(sources, json_pack("{s:s, s:I, s:I, s:s, s:s, s:I, s:I, s:O, s:O*}", "name",
                                                 f->key + strlen(p->folder), "rows", (json_int_t)f->rows,
                                                 "bytes", (json_int_t)f->size, "job", f->job, "checkpoint",
                                                 f->checkpoint, "batch", (json_int_t)f->batch, "wall_us",
                                                 (json_int_t)f->wall_us, "ranges", f->ranges, "counts",
                                                 f->counts));
    }
    json_t *document = json_pack("{s:i, s:s, s:o}", "version", 1, "folder", p->folder, "sources", sources);
    struct buffer text = {0};
    json_print(&text, document);
    json_decref(document);
    *pairs = ARENA_NEW(arena, struct parquet_key_value);
    **pairs = (struct parquet_key_value){SPAN("sluice.merged"), arena_span(arena, buffer_span(&text))};
    *count = 1;
    buffer_release(&text);
}

/* ---- rows ---- */

/* Files of this machine that hold the sources; of a remote store copies, which go with *copies. */
static error local_paths(struct object_store *objects, struct arena *arena, const struct audit_file *sources,
                         size_t count, const char **paths, struct object_store **copies)
{
    for (size_t i = 0; i < count; i++) {
        struct object_store *from = *copies ? *copies : objects;
        error e = from->ops->local_path(from, sources[i].bucket, sources[i].key, arena, &paths[i]);
        if (e == ERR_UNSUPPORTED && !*copies) {
            TRY(object_open_copies(objects, copies));
            e = (*copies)->ops->local_path(*copies, sources[i].bucket, sources[i].key, arena, &paths[i]);
        }
        TRY(e);
    }
    return OK;
}

static error merge_rows(const struct compact_options *o, struct table_writer *writer,
                        const struct audit_file *sources, size_t count)
{
    struct arena arena = {0};
    struct object_store *copies = NULL;
    const char **paths = ARENA_ARRAY(&arena, const char *, count);
    int64_t rows = 0, expected = 0;
    for (size_t i = 0; i < count; i++) expected += sources[i].rows;
    error e = local_paths(o->objects, &arena, sources, count, paths, &copies);
    if (e == OK)
        e = table_write_files(writer, o->engine, sources[0].footer->schema, paths, count, &rows);
    if (copies) copies->ops->close(copies);
    arena_release(&arena);
    TRY(e);
    return rows == expected ? OK
                            : fail(ERR_CORRUPT, "the files of %s have %lld rows, their footers say %lld",
                                   sources[0].key, (long long)rows, (long long)expected);
}

/* ---- one partition ---- */

static bool has_int96(const struct parquet_footer *footer)
{
    for (int g = 0; g < footer->group_count; g++)
        for (int i = 0; i < footer->groups[g].chunk_count; i++)
            if (footer->groups[g].chunks[i].is_int96) return true;
    return false;
}

/* Names of merged files begin with it: of this folder's, whoever makes them. */
static const char *stem_begin(struct arena *arena, const char *folder)
{
    enum { DIGITS = 16 };
    uint8_t hash[SHA256_SIZE];
    char hex[2 * SHA256_SIZE];
    sha256(hash, span_of(folder));
    hex_encode(hex, hash, sizeof hash);
    return arena_printf(arena, "compact-%.*s-", DIGITS, hex);
}

static const char *stem_new(struct arena *arena, const char *folder)
{
    uint8_t random[4];
    char hex[2 * sizeof random + 1];
    world->random(random, sizeof random);
    hex_encode(hex, random, sizeof random);
    return arena_printf(arena, "%s%.*s", stem_begin(arena, folder), (int)(2 * sizeof random), hex);
}

static error open_writer(const struct compact_options *o, const struct unit *u, const struct audit *files,
                         struct arena *arena, struct provenance *provenance, struct table_writer **out)
{
    const struct audit_file *last = &files->files[files->file_count - 1];
    struct table_layout layout = {
        .bucket = u->bucket,
        .prefix = arena_text(arena, (span){u->merged_folder, strlen(u->merged_folder) - 1}),
        .stem = stem_new(arena, u->folder),
        .parquet = {.codec = table_codec_of(last->key),
                    .timestamps = has_int96(last->footer) ? PARQUET_INT96 : PARQUET_INT64_MICROS,
                    .delta = o->delta},
        .memory_bytes = o->memory_bytes,
        .file_bytes = SIZE_MAX, /* sources are not cut */
        .footer = footer_pairs,
        .footer_context = provenance,
    };
    return table_writer_open(o->objects, &layout, out);
}

static error merge_groups(const struct compact_options *o, const struct audit *files,
                          struct provenance *provenance, struct table_writer *writer)
{
    for (size_t at = 0; at < files->file_count;) {
        size_t end = group_end(o, files, at);
        provenance->sources = &files->files[at];
        provenance->count = end - at;
        TRY(merge_rows(o, writer, provenance->sources, provenance->count));
        TRY(table_writer_cut(writer));
        at = end;
    }
    return OK;
}

error compact_sweep(const struct compact_options *o, const struct unit *u, struct arena *arena)
{
    return o->objects->ops->upload_sweep(o->objects, u->bucket, stem_begin(arena, u->folder), now_us(), NULL,
                                         0);
}

error compact_merge(const struct compact_options *o, const struct unit *u, const struct audit *files,
                    struct arena *arena, struct data_file **merged, size_t *count)
{
    struct provenance provenance = {.folder = u->folder};
    struct table_writer *writer;
    TRY(compact_sweep(o, u, arena));
    TRY(open_writer(o, u, files, arena, &provenance, &writer));
    error e = merge_groups(o, files, &provenance, writer);
    if (e == OK) return table_writer_finish(writer, arena, merged, count);
    table_writer_abandon(writer);
    return e;
}
