/* Text files -> rows as the table's SerDe reads them -> a Parquet file, which the SQL engine reads.
 *
 *   OpenX JSON SerDe, Hive JSON SerDe   decode/ under the OpenX policy; what does not fit is an error
 *   OpenCSVSerDe    every field a text; then the column's type, and what does not fit is an error;
 *                   dates are days and timestamps milliseconds since 1970
 *   LazySimpleSerDe fields between delimiters; what does not fit its column is NULL
 *
 * Source: the SerDes' own; Athena User Guide, "Choose a SerDe for your data". */
#include "table/internal.h"

#include "decode/decode.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { ROWS = 4096 };

/* ---- which format ---- */

static const char *property(const json_t *document, const char *name)
{
    const json_t *serde =
        json_object_get(json_object_get(document, "StorageDescriptor"), "SerdeInfo");
    const char *of_serde = json_text(json_object_get(serde, "Parameters"), name);
    return of_serde ? of_serde : json_text(json_object_get(document, "Parameters"), name);
}

static bool is_true(const char *text)
{
    return text && span_equal_nocase(span_of(text), SPAN("true"));
}

static char character(const json_t *document, const char *name, char otherwise)
{
    const char *text = property(document, name);
    int64_t code;
    if (!text || !*text) return otherwise;
    if (text[1] && parse_int64(span_of(text), &code)) return (char)code; /* "1" is \001 in Hive */
    return text[0] == '1' && !text[1] ? '\001' : text[0];
}

static error json_format(const json_t *document, const struct table *t, struct text_format *f)
{
    const char *key;
    json_t *value;
    const json_t *serde =
        json_object_get(json_object_get(document, "StorageDescriptor"), "SerdeInfo");
    f->json = true;
    f->ignore_malformed = is_true(property(document, "ignore.malformed.json"));
    json_object_foreach(json_object_get(serde, "Parameters"), key, value)
    {
        bool off = strcmp(key, "case.insensitive") == 0 && !is_true(json_string_value(value));
        if (strncmp(key, "mapping.", 8) == 0 || off ||
            (strcmp(key, "dots.in.keys") == 0 && is_true(json_string_value(value))))
            return fail(ERR_UNSUPPORTED, "table %s.%s: the SerDe property '%s' is not supported",
                        t->database, t->name, key);
    }
    return OK;
}

static error delimited_format(const json_t *document, const struct table *t, struct text_format *f)
{
    const char *null_text = property(document, "serialization.null.format");
    char first = character(document, "serialization.format", '\001');
    f->delimiter = character(document, "field.delim", first);
    f->escape = character(document, "escape.delim", 0);
    f->null_text = null_text ? null_text : "\\N";
    for (int i = 0; i < t->schema->field_count; i++)
        if (type_is_nested(t->schema->fields[i].type))
            return fail(ERR_UNSUPPORTED,
                        "table %s.%s: column %s is nested, which text files with "
                        "delimiters are not read for",
                        t->database, t->name, t->schema->fields[i].name);
    return OK;
}

static error quoted_format(const json_t *document, const struct table *t, struct text_format *f)
{
    TRY(delimited_format(document, t, f));
    f->quoted = true;
    f->delimiter = character(document, "separatorChar", ',');
    f->quote = character(document, "quoteChar", '"');
    f->escape = character(document, "escapeChar", '\\');
    f->null_text = NULL;
    return OK;
}

static const struct {
    const char *serde;
    error (*read)(const json_t *, const struct table *, struct text_format *); /* NULL: Parquet */
} serdes[] = {
    {"org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe", NULL},
    {"org.openx.data.jsonserde.JsonSerDe", json_format},
    {"org.apache.hive.hcatalog.data.JsonSerDe", json_format},
    {"org.apache.hadoop.hive.serde2.JsonSerDe", json_format},
    {"org.apache.hadoop.hive.serde2.OpenCSVSerde", quoted_format},
    {"org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe", delimited_format},
};

error text_format_of(struct arena *arena, const json_t *document, const struct table *t,
                     const struct text_format **out)
{
    const char *header = property(document, "skip.header.line.count");
    struct text_format *f = ARENA_NEW(arena, struct text_format);
    size_t k = 0, count = sizeof serdes / sizeof *serdes;
    *out = NULL;
    while (t->serde && k < count && strcmp(t->serde, serdes[k].serde) != 0) k++;
    if (k == count)
        return fail(ERR_UNSUPPORTED,
                    "table %s.%s has the SerDe %s, which is not read: Parquet, JSON "
                    "and CSV are",
                    t->database, t->name, t->serde);
    if (!t->serde || !serdes[k].read) return OK;
    TRY(serdes[k].read(document, t, f));
    if (header && (!parse_int64(span_of(header), &f->header_lines) || f->header_lines < 0))
        return fail(ERR_INVALID_INPUT, "HIVE_INVALID_METADATA: skip.header.line.count is '%s'",
                    header);
    *out = f;
    return OK;
}

/* ---- reading a file line by line ---- */

struct reading {
    const struct table *table;
    const struct text_format *format;
    const char *path;
    struct parquet_writer *writer;
    struct arena arena;      /* of one group of rows */
    struct decoder *decoder; /* JSON */
    struct schema texts;     /* delimited: every column as text */
    struct batch_builder builder;
    char *fields; /* where the text of the line's next field goes */
    span lines[ROWS];
    size_t count;
    int64_t line;  /* number of the first of them */
    int64_t bytes; /* of all files */
};

static error bad_data(const struct reading *r, int64_t line, const char *column, const char *what)
{
    return fail(ERR_PARSE,
                "HIVE_BAD_DATA: Error parsing field value for field %s: %s (line %lld of %s)",
                column, what, (long long)line, r->path);
}

/* ---- JSON ---- */

static error json_fault(const struct reading *r, const struct decode_fault *f)
{
    int64_t line = r->line + f->record;
    if (f->reason == DECODE_BAD_VALUE)
        return bad_data(r, line, r->table->schema->fields[f->column].name,
                        "it does not fit its type");
    return fail(ERR_PARSE,
                "HIVE_CURSOR_ERROR: Row is not a valid JSON Object - JSONException: %s at "
                "%u (line %lld of %s)",
                decode_reason_text(f->reason), f->offset, (long long)line, r->path);
}

/* Lines that are no documents become empty ones, whose row is of NULLs. */
static error json_rows(struct reading *r, const struct batch **out)
{
    struct decoded decoded;
    for (size_t i = 0; i < r->count; i++) {
        char first = r->lines[i].size ? span_trim(r->lines[i]).data[0] : 0;
        if (span_trim(r->lines[i]).size == 0 || (first != '{' && first != '['))
            r->lines[i] = SPAN("{}");
    }
    TRY(decoder_run(r->decoder, r->lines, r->count, &r->arena, &decoded));
    if (decoded.fault_count) {
        for (size_t i = 0; i < decoded.fault_count; i++) {
            const struct decode_fault *f = &decoded.faults[i];
            if (!r->format->ignore_malformed || f->reason == DECODE_BAD_VALUE)
                return json_fault(r, f);
            r->lines[f->record] = SPAN("{}");
        }
        TRY(decoder_run(r->decoder, r->lines, r->count, &r->arena, &decoded));
        CHECK(decoded.fault_count == 0);
    }
    *out = decoded.batch;
    return OK;
}

/* ---- delimited fields ---- */

/* The next field of a line; escapes and quotes are resolved. *null: as written it stands for NULL.
 */
static span field_next(struct reading *r, const char **at, const char *end, bool *null)
{
    const struct text_format *f = r->format;
    char *text = r->fields, *out = text;
    bool inside = false;
    const char *p = *at;
    for (; p < end && (inside || *p != f->delimiter); p++) {
        if (f->escape && *p == f->escape && p + 1 < end && f->escape != f->quote) *out++ = *++p;
        else if (f->quoted && *p == f->quote) {
            bool doubled = inside && p + 1 < end && p[1] == f->quote;
            if (doubled) *out++ = *p++;
            else inside = !inside;
        } else *out++ = *p;
    }
    *null = f->null_text && span_is((span){*at, (size_t)(p - *at)}, f->null_text);
    *at = p < end ? p + 1 : NULL;
    r->fields = out;
    return (span){text, (size_t)(out - text)};
}

static void line_fields(struct reading *r, span line)
{
    const char *at = line.data, *end = at + line.size;
    r->fields = arena_alloc(&r->arena, line.size + 1);
    for (int i = 0; i < r->texts.field_count; i++) {
        struct builder *b = &r->builder.columns[i];
        if (!at) {
            builder_null(b);
            continue;
        }
        bool null;
        span text = field_next(r, &at, end, &null);
        if (null) builder_null(b);
        else builder_bytes(b, text);
    }
    batch_row_done(&r->builder);
}

/* OpenCSVSerDe's dates and timestamps are numbers. */
static error quoted_numbers(struct reading *r, const struct column *in, const struct type *to,
                            const struct column **out, struct cast_report *report)
{
    const struct column *numbers;
    bool date = to->kind == TYPE_DATE;
    TRY(column_cast(&r->arena, in, type_of(date ? TYPE_INT : TYPE_BIGINT), &numbers, report));
    struct column *c = arena_copy(&r->arena, numbers, sizeof *numbers);
    c->type = to;
    if (!date) {
        int64_t *us = arena_copy(&r->arena, c->values, (size_t)c->length * sizeof *us);
        for (int64_t i = 0; i < c->length; i++) us[i] *= US_PER_MS;
        c->values = us;
    }
    *out = c;
    return OK;
}

static error column_read(struct reading *r, const struct column *in, int index, struct column *out)
{
    const struct field *f = &r->table->schema->fields[index];
    const struct column *cast;
    struct cast_report report = {.failed = arena_calloc(&r->arena, (size_t)in->length / 8 + 16, 1)};
    bool number =
        r->format->quoted && (f->type->kind == TYPE_DATE || f->type->kind == TYPE_TIMESTAMP);
    TRY(number ? quoted_numbers(r, in, f->type, &cast, &report)
               : column_cast(&r->arena, in, f->type, &cast, &report));
    for (int64_t i = 0; r->format->quoted && report.failures && i < in->length; i++)
        if (bit_get(report.failed, i)) {
            span text = column_span(in, i);
            return bad_data(r, r->line + i, f->name,
                            arena_printf(&r->arena, "For input string: \"%.*s\"",
                                         (int)(text.size < 80 ? text.size : 80), text.data));
        }
    *out = *cast;
    return OK;
}

static error delimited_rows(struct reading *r, const struct batch **out)
{
    struct batch *batch = ARENA_NEW(&r->arena, struct batch);
    int count = r->texts.field_count;
    struct column *columns = ARENA_ARRAY(&r->arena, struct column, (size_t)count + 1);
    batch_begin(&r->builder, &r->texts);
    for (size_t i = 0; i < r->count; i++) line_fields(r, r->lines[i]);
    const struct batch *texts = batch_finish(&r->builder, &r->arena);
    for (int i = 0; i < count; i++) TRY(column_read(r, &texts->columns[i], i, &columns[i]));
    *batch = (struct batch){.schema = r->table->schema, .rows = texts->rows, .columns = columns};
    *out = batch;
    return OK;
}

/* ---- from file to file ---- */

static error lines_write(struct reading *r)
{
    const struct batch *batch = NULL;
    if (r->count == 0) return OK;
    TRY(r->format->json ? json_rows(r, &batch) : delimited_rows(r, &batch));
    error e = parquet_write(r->writer, batch);
    r->line += (int64_t)r->count;
    r->count = 0;
    arena_reset(&r->arena);
    return e;
}

/* The lines of a text; they stay there until they are written. */
static error text_lines(struct reading *r, span text)
{
    int64_t number = 0;
    r->line = 1 + r->format->header_lines;
    for (const char *p = text.data, *end = p + text.size; p < end;) {
        const char *line = memchr(p, '\n', (size_t)(end - p)), *next = line ? line + 1 : end;
        size_t size = (size_t)((line ? line : end) - p);
        if (size && p[size - 1] == '\r') size--;
        if (number++ >= r->format->header_lines) r->lines[r->count++] = (span){p, size};
        if (r->count == ROWS) TRY(lines_write(r));
        p = next;
    }
    return lines_write(r);
}

static error file_read(struct reading *r)
{
    static const char *const packed[] = {".gz", ".bz2", ".zst", ".snappy", ".lz4", ".deflate"};
    size_t size = strlen(r->path);
    for (size_t i = 0; i < sizeof packed / sizeof *packed; i++)
        if (size > strlen(packed[i]) && strcmp(r->path + size - strlen(packed[i]), packed[i]) == 0)
            return fail(ERR_UNSUPPORTED, "%s: compressed text is not read", r->path);
    int file = world->open(r->path, O_RDONLY | O_CLOEXEC, 0);
    if (file < 0) return fail_errno("open %s", r->path);
    off_t length = lseek(file, 0, SEEK_END);
    void *map = length > 0 ? mmap(NULL, (size_t)length, PROT_READ, MAP_PRIVATE, file, 0) : NULL;
    error e = map == MAP_FAILED ? fail_errno("map %s", r->path) : OK;
    if (e == OK && map) {
        r->bytes += length;
        e = text_lines(r, (span){map, (size_t)length});
        munmap(map, (size_t)length);
    }
    world->close(file);
    return e;
}

static error sink_write(void *context, span bytes)
{
    int file = *(int *)context;
    while (bytes.size) {
        ssize_t n = write(file, bytes.data, bytes.size);
        if (n < 0) return fail_errno("write rows read from text");
        bytes = (span){bytes.data + n, bytes.size - (size_t)n};
    }
    return OK;
}

static error reading_open(struct reading *r)
{
    const struct schema *s = r->table->schema;
    struct field *fields = must_calloc((size_t)s->field_count + 1, sizeof *fields);
    for (int i = 0; i < s->field_count; i++)
        fields[i] = (struct field){.name = s->fields[i].name, .type = type_of(TYPE_STRING)};
    r->texts = (struct schema){.field_count = s->field_count, .fields = fields};
    if (!r->format->json) return OK;
    return decoder_open(&r->decoder, s,
                        &(struct decode_options){.policy = DECODE_OPENX, .strict = true});
}

static void reading_close(struct reading *r)
{
    if (r->decoder) decoder_close(r->decoder);
    batch_builder_release(&r->builder);
    arena_release(&r->arena);
    free((void *)(uintptr_t)r->texts.fields);
    free(r);
}

static error set_read(struct reading *r, const struct sql_files *set, int *file)
{
    struct parquet_options options = {.codec = PARQUET_NONE, .timestamps = PARQUET_INT64_MICROS};
    TRY(reading_open(r));
    TRY(parquet_open(&r->writer, r->table->schema, &options,
                     (struct parquet_sink){file, sink_write}));
    error e = OK;
    for (size_t i = 0; e == OK && i < set->path_count; i++) {
        r->path = set->paths[i];
        e = file_read(r);
    }
    if (e == OK) return parquet_close(r->writer, NULL, 0, NULL, NULL);
    parquet_abandon(r->writer);
    return e;
}

error text_read(struct arena *arena, const struct table *table, const struct text_format *format,
                struct sql_files *set, int *file, int64_t *bytes)
{
    const char *folder = getenv("TMPDIR");
    *file = open(folder && *folder ? folder : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (*file < 0) *file = memfd_create("rows", MFD_CLOEXEC);
    if (*file < 0) return fail_errno("make a file for rows read from text");
    struct reading *r = must_calloc(1, sizeof *r);
    r->table = table;
    r->format = format;
    error e = set_read(r, set, file);
    *bytes += r->bytes;
    reading_close(r);
    const char **paths = ARENA_NEW(arena, const char *);
    paths[0] = arena_printf(arena, "/proc/self/fd/%d", *file);
    set->paths = paths;
    set->path_count = 1;
    return e;
}
