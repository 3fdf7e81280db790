/* Random schemas and batches, from a seed, written by our Parquet writer, beside what a reader must
 * find in them: the judge is test/conformance/parquet_readers.mjs.
 *
 *   parquet_generate SEED FIRST COUNT FOLDER
 *
 * writes FOLDER/N.parquet for N in [FIRST, FIRST + COUNT) and one line per file to standard output:
 *   {"file": N, "options": text, "columns": [[name, type]...], "rows": [[value...]...]}
 * type:  kind | ["decimal", p, s] | ["array", t] | ["map", k, v] | ["struct", [name, t]...]
 * value: null | true | false | "integer" (integers, unscaled decimals, days, microseconds)
 *        | "hex of the bits" or "nan" (float, double) | "text" | "hex" (binary)
 *        | [element...] | [[key, value]...] | [field...] */
#include "batch/batch.h"
#include "parquet/parquet.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { DEPTH = 4, COLUMNS = 6, LARGE = 18000 };

/* ---- chance ---- */

static uint64_t state;

static uint64_t chance(void) /* splitmix64 */
{
    uint64_t z = state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

static int64_t below(int64_t n)
{
    return (int64_t)(chance() % (uint64_t)n);
}

static bool one_in(int n)
{
    return below(n) == 0;
}

/* ---- schema: each node has its own habits ---- */

enum habit { FEW, DISTINCT, RISING, CONSTANT, EXTREME, TURNING, HABITS };
enum nulls { NEVER, SOME, MOST, ALWAYS, BURSTS, NULLS };

struct shape {
    enum habit habit;
    enum nulls nulls;
    int64_t count;  /* values so far */
    uint64_t salt;
    bool burst, long_lists;
    struct shape *children;
};

static const char *name_make(struct arena *a, int number)
{
    static const char *const odd[] = {"Upper", "with space", "\xC3\xA9t\xC3\xA9", "a.b", "\"q\"",
                                      "list", "key_value", "element"};
    if (one_in(8)) return arena_printf(a, "%s%d", odd[below(8)], number);
    return arena_printf(a, "c%d", number);
}

static const struct type *type_random(struct arena *a, int depth, bool key);

static const struct type *nested_random(struct arena *a, enum type_kind kind, int depth)
{
    struct type *t = ARENA_NEW(a, struct type);
    t->kind = kind;
    t->child_count = kind == TYPE_ARRAY ? 1 : kind == TYPE_MAP ? 2 : 1 + (int)below(3);
    struct field *f = ARENA_ARRAY(a, struct field, (size_t)t->child_count);
    for (int i = 0; i < t->child_count; i++) {
        bool key = kind == TYPE_MAP && i == 0;
        f[i].type = type_random(a, depth - 1, key);
        f[i].required = key || one_in(20);
        f[i].name = kind == TYPE_STRUCT  ? name_make(a, i)
                    : kind == TYPE_ARRAY ? "element"
                    : key                ? "key"
                                         : "value";
    }
    t->children = f;
    return t;
}

static const struct type *type_random(struct arena *a, int depth, bool key)
{
    if (depth > 1 && !key && one_in(2))
        return nested_random(a, (enum type_kind)(TYPE_ARRAY + below(3)), depth);
    struct type *t = ARENA_NEW(a, struct type);
    t->kind = (enum type_kind)below(TYPE_ARRAY);
    if (t->kind == TYPE_DECIMAL) {
        t->precision = 1 + (int)below(38);
        t->scale = (int)below(t->precision + 1);
    }
    if (t->kind == TYPE_CHAR) t->length = 1 + (int)below(255);
    if (t->kind == TYPE_VARCHAR) t->length = 1 + (int)below(1000);
    return t;
}

static void shape_make(struct arena *a, struct shape *s, const struct field *f)
{
    *s = (struct shape){.habit = (enum habit)below(HABITS), .salt = chance()};
    s->nulls = f->required ? NEVER : (enum nulls)below(NULLS);
    if (s->nulls == ALWAYS && !one_in(3)) s->nulls = SOME;
    s->long_lists = one_in(6);
    s->children = ARENA_ARRAY(a, struct shape, (size_t)f->type->child_count);
    for (int i = 0; i < f->type->child_count; i++)
        shape_make(a, &s->children[i], &f->type->children[i]);
}

/* ---- values ---- */

static uint64_t raw_next(struct shape *s)
{
    int64_t n = s->count++;
    switch (s->habit) {
    case FEW: return s->salt * (uint64_t)(1 + below(5));
    case RISING: return (uint64_t)(n * 3 + below(3)) + (s->salt & 0xFFFFF);
    case CONSTANT: return s->salt;
    case TURNING: return n < 1500 ? (uint64_t)below(3) : chance(); /* a dictionary's worst case */
    default: return chance();
    }
}

static __int128 power_of_ten(int n)
{
    __int128 v = 1;
    while (n--) v *= 10;
    return v;
}

/* An integer of [-most - less, most]. */
static __int128 integer_next(struct shape *s, __int128 most, int less)
{
    unsigned __int128 range = (unsigned __int128)most * 2 + 1 + (unsigned)less;
    if (s->habit == EXTREME && !one_in(3)) {
        const __int128 edges[] = {most, -most - less, 0, -1, 1, most - 1};
        return edges[below(6)];
    }
    uint64_t raw = raw_next(s);
    if (s->habit == RISING) return (__int128)(raw % ((uint64_t)(most > INT32_MAX ? INT32_MAX : most) + 1));
    unsigned __int128 wide = (unsigned __int128)raw * UINT64_C(0x9E3779B97F4A7C15) << 40 ^ raw;
    return (__int128)(wide % range - (unsigned __int128)(most + less)); /* wraps below zero */
}

static double real_next(struct shape *s, bool narrow)
{
    static const double edges[] = {0.0, -0.0, INFINITY, -INFINITY, NAN, 1.0, -1.0, 5e-324, 1e-45,
                                   3.4028234663852886e38, 1.7976931348623157e308};
    if (s->habit == EXTREME) {
        double v = edges[below(11)];
        return narrow ? (double)(float)v : v;
    }
    uint64_t raw = raw_next(s);
    double v;
    float f;
    memcpy(&v, &raw, sizeof v);
    memcpy(&f, &raw, sizeof f);
    if (s->habit == RISING) return (double)raw / 4;
    if (s->habit == DISTINCT && isnan(narrow ? (double)f : v)) return 0.25;
    return narrow ? (double)f : v;
}

static void text_next(struct shape *s, struct buffer *out, const struct type *t)
{
    static const char *const parts[] = {"\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\"", "\\",
                                        "\n", "\x01", "\x7F", "\xEF\xBF\xBF", "\xF4\x8F\xBF\xBF"};
    uint64_t raw = raw_next(s);
    int64_t limit = t->length ? t->length : 6000, n;
    buffer_reset(out);
    n = one_in(4) ? 0 : (int64_t)(raw % 24);
    if (s->habit == EXTREME) n = one_in(8) ? 60 + below(10) : one_in(20) ? below(5000) : n;
    if (s->habit == FEW || s->habit == CONSTANT) n = (int64_t)(raw % (s->long_lists ? 300 : 12));
    if (n > limit) n = limit;
    if (s->habit == EXTREME && s->count < 2000 && one_in(500) && !t->length)
        n = 300000 + below(300000); /* more than a page, and soon more than a dictionary */
    for (int64_t i = 0; i < n; i++) {
        raw = raw * UINT64_C(6364136223846793005) + 1442695040888963407;
        if (s->habit == EXTREME && raw >> 62 == 0) {
            buffer_append_text(out, raw >> 60 & 1 ? parts[9] : parts[(raw >> 33) % 10]);
        } else {
            buffer_append_byte(out, (uint8_t)('a' + (raw >> 33) % 26));
        }
    }
}

static void binary_next(struct shape *s, struct buffer *out)
{
    uint64_t raw = raw_next(s);
    buffer_reset(out);
    int64_t n = (int64_t)(raw % (s->long_lists ? 150 : 12));
    for (int64_t i = 0; i < n; i++) {
        raw = raw * UINT64_C(6364136223846793005) + 1442695040888963407;
        buffer_append_byte(out, s->habit == EXTREME ? 0xFF : (uint8_t)(raw >> 33));
    }
}

static bool null_next(struct shape *s)
{
    if (s->nulls == BURSTS && one_in(12)) s->burst = !s->burst;
    return s->nulls == SOME     ? one_in(5)
           : s->nulls == MOST   ? !one_in(6)
           : s->nulls == ALWAYS ? true
           : s->nulls == BURSTS ? s->burst
                                : false;
}

static void value_append(struct builder *b, struct shape *s, struct buffer *scratch);

static void nested_append(struct builder *b, struct shape *s, struct buffer *scratch)
{
    const struct type *t = b->type;
    if (t->kind == TYPE_STRUCT) {
        builder_struct(b);
        for (int i = 0; i < t->child_count; i++)
            value_append(&b->children[i], &s->children[i], scratch);
        return;
    }
    int64_t n = one_in(4) ? 0 : s->long_lists && one_in(6) ? below(30) : 1 + below(3);
    builder_list(b, n);
    for (int c = 0; c < t->child_count; c++)
        for (int64_t i = 0; i < n; i++) value_append(&b->children[c], &s->children[c], scratch);
}

/* Dates and timestamps stay within what every reader has (DuckDB keeps the ends for infinity). */
static void value_append(struct builder *b, struct shape *s, struct buffer *scratch)
{
    const struct type *t = b->type;
    if (null_next(s)) {
        builder_null(b);
        return;
    }
    switch (t->kind) {
    case TYPE_BOOLEAN: builder_bool(b, raw_next(s) >> 40 & 1); break;
    case TYPE_TINYINT: builder_int(b, (int64_t)integer_next(s, INT8_MAX, 1)); break;
    case TYPE_SMALLINT: builder_int(b, (int64_t)integer_next(s, INT16_MAX, 1)); break;
    case TYPE_INT: builder_int(b, (int64_t)integer_next(s, INT32_MAX, 1)); break;
    case TYPE_BIGINT: builder_int(b, (int64_t)integer_next(s, INT64_MAX, 1)); break;
    case TYPE_DATE: builder_int(b, (int64_t)integer_next(s, 2000000, 0)); break;
    case TYPE_TIMESTAMP:
        builder_int(b, (int64_t)integer_next(s, one_in(4) ? INT64_C(9200000000000000000)
                                                          : INT64_C(9200000000000000), 0));
        break;
    case TYPE_FLOAT: builder_double(b, real_next(s, true)); break;
    case TYPE_DOUBLE: builder_double(b, real_next(s, false)); break;
    case TYPE_DECIMAL: builder_decimal(b, integer_next(s, power_of_ten(t->precision) - 1, 0)); break;
    case TYPE_STRING:
    case TYPE_CHAR:
    case TYPE_VARCHAR:
        text_next(s, scratch, t);
        builder_bytes(b, buffer_span(scratch));
        break;
    case TYPE_BINARY:
        binary_next(s, scratch);
        builder_bytes(b, buffer_span(scratch));
        break;
    default: nested_append(b, s, scratch);
    }
}

/* ---- what a reader must find ---- */

static void print_type(struct buffer *out, const struct type *t)
{
    static const char *const names[] = {"boolean", "tinyint", "smallint", "int", "bigint", "float",
                                        "double", "decimal", "string", "string", "string",
                                        "binary", "date", "timestamp", "array", "map", "struct"};
    if (t->kind < TYPE_ARRAY && t->kind != TYPE_DECIMAL) {
        buffer_printf(out, "\"%s\"", names[t->kind]);
        return;
    }
    buffer_printf(out, "[\"%s\"", names[t->kind]);
    if (t->kind == TYPE_DECIMAL) buffer_printf(out, ",%d,%d", t->precision, t->scale);
    for (int i = 0; i < t->child_count; i++) {
        buffer_append_text(out, ",");
        if (t->kind == TYPE_STRUCT) {
            buffer_append_text(out, "[\"");
            json_escape(out, span_of(t->children[i].name));
            buffer_append_text(out, "\",");
        }
        print_type(out, t->children[i].type);
        if (t->kind == TYPE_STRUCT) buffer_append_text(out, "]");
    }
    buffer_append_text(out, "]");
}

static void print_integer(struct buffer *out, __int128 v)
{
    char digits[48];
    size_t at = sizeof digits;
    unsigned __int128 u = v < 0 ? -(unsigned __int128)v : (unsigned __int128)v;
    do digits[--at] = (char)('0' + (int)(u % 10));
    while (u /= 10);
    if (v < 0) digits[--at] = '-';
    buffer_append_text(out, "\"");
    buffer_append(out, digits + at, sizeof digits - at);
    buffer_append_text(out, "\"");
}

static void print_hex(struct buffer *out, span v)
{
    buffer_append_text(out, "\"");
    for (size_t i = 0; i < v.size; i++) buffer_printf(out, "%02x", (uint8_t)v.data[i]);
    buffer_append_text(out, "\"");
}

static void print_value(struct buffer *out, const struct column *c, int64_t row);

static void print_list(struct buffer *out, const struct column *c, int64_t row)
{
    bool map = c->type->kind == TYPE_MAP;
    buffer_append_text(out, "[");
    for (int32_t i = c->offsets[row]; i < c->offsets[row + 1]; i++) {
        if (i > c->offsets[row]) buffer_append_text(out, ",");
        if (map) buffer_append_text(out, "[");
        print_value(out, &c->children[0], i);
        if (map) buffer_append_text(out, ",");
        if (map) print_value(out, &c->children[1], i);
        if (map) buffer_append_text(out, "]");
    }
    buffer_append_text(out, "]");
}

static void print_struct(struct buffer *out, const struct column *c, int64_t row)
{
    buffer_append_text(out, "[");
    for (int i = 0; i < c->type->child_count; i++) {
        if (i) buffer_append_text(out, ",");
        print_value(out, &c->children[i], row);
    }
    buffer_append_text(out, "]");
}

static void print_value(struct buffer *out, const struct column *c, int64_t row)
{
    const void *v = c->values;
    if (!column_valid(c, row)) {
        buffer_append_text(out, "null");
        return;
    }
    switch (c->type->kind) {
    case TYPE_BOOLEAN: buffer_append_text(out, bit_get(v, row) ? "true" : "false"); break;
    case TYPE_TINYINT: print_integer(out, ((const int8_t *)v)[row]); break;
    case TYPE_SMALLINT: print_integer(out, ((const int16_t *)v)[row]); break;
    case TYPE_INT:
    case TYPE_DATE: print_integer(out, ((const int32_t *)v)[row]); break;
    case TYPE_BIGINT:
    case TYPE_TIMESTAMP: print_integer(out, ((const int64_t *)v)[row]); break;
    case TYPE_DECIMAL: print_integer(out, ((const __int128 *)v)[row]); break;
    case TYPE_FLOAT:
        if (isnan(((const float *)v)[row])) buffer_append_text(out, "\"nan\"");
        else buffer_printf(out, "\"%08" PRIx32 "\"", ((const uint32_t *)v)[row]);
        break;
    case TYPE_DOUBLE:
        if (isnan(((const double *)v)[row])) buffer_append_text(out, "\"nan\"");
        else buffer_printf(out, "\"%016" PRIx64 "\"", ((const uint64_t *)v)[row]);
        break;
    case TYPE_BINARY: print_hex(out, column_span(c, row)); break;
    case TYPE_ARRAY:
    case TYPE_MAP: print_list(out, c, row); break;
    case TYPE_STRUCT: print_struct(out, c, row); break;
    default:
        buffer_append_text(out, "\"");
        json_escape(out, column_span(c, row));
        buffer_append_text(out, "\"");
    }
}

static void print_rows(struct buffer *out, const struct batch *b, bool first)
{
    for (int64_t row = 0; row < b->rows; row++) {
        buffer_append_text(out, first && row == 0 ? "[" : ",[");
        for (int i = 0; i < b->schema->field_count; i++) {
            if (i) buffer_append_text(out, ",");
            print_value(out, &b->columns[i], row);
        }
        buffer_append_text(out, "]");
    }
}

/* ---- files ---- */

static void must(error e)
{
    if (e == OK) return;
    fprintf(stderr, "parquet_generate: %s\n", error_text());
    exit(1);
}

static error to_buffer(void *context, span bytes)
{
    buffer_append_span(context, bytes);
    return OK;
}

static void save(const char *folder, int number, const struct buffer *bytes)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%d.parquet", folder, number);
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(bytes->data, 1, bytes->size, f) != bytes->size || fclose(f) != 0) {
        perror(path);
        exit(1);
    }
}

static struct schema *schema_random(struct arena *a)
{
    struct schema *s = ARENA_NEW(a, struct schema);
    s->field_count = 1 + (int)below(COLUMNS);
    struct field *f = ARENA_ARRAY(a, struct field, (size_t)s->field_count);
    for (int i = 0; i < s->field_count; i++)
        f[i] = (struct field){name_make(a, i), type_random(a, DEPTH, false), one_in(20)};
    s->fields = f;
    return s;
}

static struct parquet_options options_random(void)
{
    return (struct parquet_options){
        .codec = (enum parquet_codec)below(5),
        .level = (int)below(4),
        .timestamps = (enum parquet_timestamps)below(2),
        .row_group_bytes = one_in(2) ? 0 : (size_t)(100 + below(8000)),
        .page_bytes = one_in(2) ? 0 : (size_t)(16 + below(2000)),
        .page_rows = one_in(2) ? 0 : 1 + below(50),
        .delta = one_in(2),
        .data_page_v2 = one_in(2),
    };
}

static int64_t rows_random(const struct schema *s)
{
    bool flat = true;
    for (int i = 0; i < s->field_count; i++) flat &= !type_is_nested(s->fields[i].type);
    if (flat && one_in(40)) return LARGE + below(LARGE); /* past a dictionary's and a page's limits */
    if (flat && one_in(20)) return below(3000);
    return one_in(40) ? 0 : below(flat ? 100 : 30);
}

static void rows_append(struct batch_builder *b, struct shape *shapes, int64_t rows)
{
    struct buffer scratch = {0};
    for (int64_t row = 0; row < rows; row++) {
        for (int i = 0; i < b->schema->field_count; i++)
            value_append(&b->columns[i], &shapes[i], &scratch);
        batch_row_done(b);
    }
    buffer_release(&scratch);
}

static void generate(int number, const char *folder)
{
    struct arena arena = {0};
    struct buffer file = {0}, line = {0};
    struct schema *schema = schema_random(&arena);
    struct shape *shapes = ARENA_ARRAY(&arena, struct shape, (size_t)schema->field_count);
    int64_t rows = rows_random(schema);
    struct parquet_options o = options_random();
    if (rows >= LARGE) o.row_group_bytes = o.page_bytes = 0;
    if (rows >= LARGE && o.page_rows) o.page_rows = 1000;
    struct parquet_writer *w;
    struct batch_builder builder = {0};
    buffer_printf(&line, "{\"file\":%d,\"options\":\"codec %d level %d int96 %d group %zu page %zu "
                  "rows %lld delta %d v2 %d\",\"int96\":%s,\"columns\":[", number, o.codec, o.level,
                  o.timestamps == PARQUET_INT96, o.row_group_bytes, o.page_bytes,
                  (long long)o.page_rows, o.delta, o.data_page_v2,
                  o.timestamps == PARQUET_INT96 ? "true" : "false");
    for (int i = 0; i < schema->field_count; i++) {
        shape_make(&arena, &shapes[i], &schema->fields[i]);
        if (rows >= LARGE && one_in(2)) shapes[i].habit = TURNING;
        buffer_append_text(&line, i ? ",[\"" : "[\"");
        json_escape(&line, span_of(schema->fields[i].name));
        buffer_append_text(&line, "\",");
        print_type(&line, schema->fields[i].type);
        buffer_append_text(&line, "]");
    }
    buffer_append_text(&line, "],\"rows\":[");
    must(parquet_open(&w, schema, &o, (struct parquet_sink){&file, to_buffer}));
    batch_begin(&builder, schema);
    for (int64_t row = 0; row < rows;) {
        int64_t n = one_in(2) ? rows - row : 1 + below(rows - row);
        batch_reset(&builder);
        rows_append(&builder, shapes, n);
        const struct batch *b = batch_finish(&builder, &arena);
        print_rows(&line, b, row == 0);
        must(parquet_write(w, b));
        if (one_in(10)) must(parquet_flush(w));
        row += n;
    }
    must(parquet_close(w, NULL, 0, NULL, NULL));
    batch_builder_release(&builder);
    buffer_append_text(&line, "]}\n");
    fwrite(line.data, 1, line.size, stdout);
    save(folder, number, &file);
    buffer_release(&file);
    buffer_release(&line);
    arena_release(&arena);
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: parquet_generate SEED FIRST COUNT FOLDER\n");
        return 2;
    }
    int first = atoi(argv[2]), count = atoi(argv[3]);
    for (int n = first; n < first + count; n++) {
        state = strtoull(argv[1], NULL, 10) * UINT64_C(1000003) + (uint64_t)n;
        generate(n, argv[4]);
    }
    return 0;
}
