/* Spark's generators in FROM: explode and its like, stack, range, time windows -> one lateral
 * relation whose columns are named as Spark names them (col, pos, key, value, the fields of a
 * struct). */
#include "dialect/spark.h"

#include <stdlib.h>

enum { COLUMNS_MAX = 256 };

struct generator {
    struct analyzer *a;
    const struct node *node;
    const char *name;                /* of the relation */
    struct value *values;
    int count;
    struct relation *out;
    const struct code *selects[COLUMNS_MAX]; /* what unnests, a column each */
    int select_count;
};

/* A column that unnests a list; returns its code outside. */
static const struct code *unnested(struct generator *g, const struct code *list)
{
    struct arena *arena = g->a->arena;
    g->selects[g->select_count] = code_of(arena, "unnest(%c) AS c%d", list, g->select_count);
    return code_of(arena, "%s.c%d", g->name, g->select_count++);
}

static void column_add(struct generator *g, const char *name, const struct dialect_type *type,
                       const struct code *code)
{
    g->out->attributes[g->out->count++] =
        (struct attribute){.name = name, .type = type, .code = code, .scan = -1};
}

static void position_add(struct generator *g, const char *length, const struct code *list)
{
    column_add(g, "pos", &type_integer,
               unnested(g, code_of(g->a->arena, "CAST(range(%s(%c)) AS INTEGER[])", length, list)));
}

static error refuse_argument(const struct generator *g, const char *what)
{
    return refuse(g->node, ERR_USAGE, "DATATYPE_MISMATCH", "%s takes %s", g->node->text, what);
}

static error explode(struct generator *g, bool position)
{
    struct arena *arena = g->a->arena;
    const struct value *v = &g->values[0];
    if (g->count != 1) return refuse_argument(g, "one argument");
    if (v->type->kind == DIALECT_MAP) {
        const struct code *keys = code_of(arena, "map_keys(%c)", v->code);
        if (position) position_add(g, "len", keys);
        column_add(g, "key", v->type->fields[0].type, unnested(g, keys));
        column_add(g, "value", v->type->fields[1].type,
                   unnested(g, code_of(arena, "map_values(%c)", v->code)));
        return OK;
    }
    if (v->type->kind != DIALECT_ARRAY) return refuse_argument(g, "an array or a map");
    if (position) position_add(g, "len", v->code);
    column_add(g, "col", v->type->fields[0].type, unnested(g, v->code));
    return OK;
}

static error inline_rows(struct generator *g)
{
    const struct dialect_type *row;
    if (g->count != 1 || g->values[0].type->kind != DIALECT_ARRAY ||
        g->values[0].type->fields[0].type->kind != DIALECT_ROW)
        return refuse_argument(g, "an array of structs");
    row = g->values[0].type->fields[0].type;
    const struct code *column = unnested(g, g->values[0].code);
    for (int i = 0; i < row->field_count && i < COLUMNS_MAX; i++)
        column_add(g, row->fields[i].name, row->fields[i].type,
                   code_of(g->a->arena, "struct_extract(%c, %t)", column,
                           row_field_name(g->a->arena, row, i)));
    return OK;
}

/* stack(rows, values...) */
static error stack(struct generator *g)
{
    int64_t rows = 0;
    const struct node *n = g->node->items[0];
    if (n->kind != NODE_INTEGER || !parse_int64(span_of(n->text), &rows) || rows < 1 ||
        rows > g->count)
        return refuse_argument(g, "a number of rows that is a literal");
    int width = (int)((g->count - 1 + rows - 1) / rows);
    for (int c = 0; c < width && c < COLUMNS_MAX; c++) {
        struct value *column = ARENA_ARRAY(g->a->arena, struct value, (size_t)rows);
        const struct code **codes = ARENA_ARRAY(g->a->arena, const struct code *, (size_t)rows);
        const struct dialect_type *type;
        for (int r = 0; r < rows; r++) {
            int i = 1 + r * width + c;
            column[r] = i < g->count
                            ? g->values[i]
                            : zero_value(g->node, &type_unknown, code_of(g->a->arena, "NULL"));
        }
        TRY(values_unify(g->a, column, (int)rows, "a column of stack differs", &type));
        for (int r = 0; r < rows; r++) codes[r] = column[r].code;
        column_add(g, arena_printf(g->a->arena, "col%d", c), type,
                   unnested(g, code_of(g->a->arena, "[%c]",
                                       code_join(g->a->arena, codes, (int)rows, ", "))));
    }
    return OK;
}

static error range(struct generator *g)
{
    struct arena *arena = g->a->arena;
    if (g->count < 1 || g->count > 3) return refuse_argument(g, "one to three numbers");
    for (int i = 0; i < g->count; i++) TRY(coerce(g->a, &g->values[i], &type_bigint));
    const struct code *from = g->count > 1 ? g->values[0].code : code_of(arena, "0");
    const struct code *step = g->count > 2 ? g->values[2].code : code_of(arena, "1");
    column_add(
        g, "id", &type_bigint,
        unnested(g, code_of(arena, "range(%c, %c, %c)", from, g->values[g->count > 1].code, step)));
    return OK;
}

/* "10 minutes" in microseconds; -1: no such length. */
static int64_t duration_us(const char *text)
{
    static const struct { const char *name; int64_t us; } units[] = {
        {"microsecond", 1}, {"millisecond", US_PER_MS}, {"second", US_PER_SECOND},
        {"minute", 60 * (int64_t)US_PER_SECOND}, {"hour", 3600 * (int64_t)US_PER_SECOND},
        {"day", US_PER_DAY}, {"week", 7 * US_PER_DAY}};
    char *end;
    span word = span_trim(span_of(text));
    if (word.size > 8 && span_equal_nocase((span){word.data, 8}, SPAN("interval")))
        text = word.data + 8;
    long long count = strtoll(text, &end, 10);
    word = span_trim(span_of(end));
    if (word.size && (word.data[word.size - 1] | 32) == 's') word.size--;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (count > 0 && count < 1000000 && span_equal_nocase(word, span_of(units[i].name)))
            return count * units[i].us;
    return -1;
}

/* window(time, length[, slide[, start]]): every window that the time lies in. */
static error time_window(struct generator *g)
{
    struct arena *arena = g->a->arena;
    int64_t lengths[3] = {0, 0, 0}; /* length, slide, start */
    if (g->count < 2 || g->count > 4) return refuse_argument(g, "a time and one to three lengths");
    for (int i = 1; i < g->count; i++) {
        const struct node *n = g->node->items[i];
        lengths[i - 1] = n->kind == NODE_STRING ? duration_us(n->text) : -1;
        if (lengths[i - 1] < 0 || (i == 1 && !lengths[0]))
            return refuse_argument(g, "lengths of time that are literals, as '10 minutes'");
    }
    if (!lengths[1]) lengths[1] = lengths[0];
    if (lengths[1] > lengths[0])
        return refuse_argument(g, "a slide that is no longer than the window");
    TRY(coerce(g->a, &g->values[0], &type_timestamp));
    struct dialect_field *fields = ARENA_ARRAY(arena, struct dialect_field, 2);
    fields[0] = (struct dialect_field){"start", &type_timestamp};
    fields[1] = (struct dialect_field){"end", &type_timestamp};
    const char *length = arena_printf(arena, "%lld", (long long)lengths[0]),
               *slide = arena_printf(arena, "%lld", (long long)lengths[1]),
               *start = arena_printf(arena, "%lld", (long long)lengths[2]);
    /* starts between time - length (not with it) and time */
    const struct code *last =
        code_of(arena, "(CAST(floor((epoch_us(%c) - %s) / %s) AS BIGINT) * %s + %s)",
                g->values[0].code, start, slide, slide, start);
    const struct code *list = code_of(
        arena,
        "list_transform(list_filter(list_transform(range(%s), lambda wi: %c - wi * %s), lambda ws: "
        "ws + %s > epoch_us(%c)), "
        "lambda ws: struct_pack(\"start\" := make_timestamp(ws), \"end\" := make_timestamp(ws + "
        "%s)))",
        arena_printf(arena, "%lld", (long long)((lengths[0] + lengths[1] - 1) / lengths[1])), last,
        slide, length, g->values[0].code, length);
    list = code_of(arena, "CASE WHEN %c IS NOT NULL THEN %c END", g->values[0].code, list);
    column_add(g, "window", type_row(arena, fields, 2), unnested(g, list));
    return OK;
}

static error generate(struct generator *g)
{
    span name = span_of(g->node->text);
    const span outer = SPAN("_outer");
    if (name.size > outer.size &&
        span_equal_nocase((span){name.data + name.size - outer.size, outer.size}, outer))
        name.size -= outer.size;
    if (span_equal_nocase(name, SPAN("explode"))) return explode(g, false);
    if (span_equal_nocase(name, SPAN("posexplode"))) return explode(g, true);
    if (span_equal_nocase(name, SPAN("inline"))) return inline_rows(g);
    if (span_equal_nocase(name, SPAN("stack"))) return stack(g);
    if (span_equal_nocase(name, SPAN("window"))) return time_window(g);
    return range(g);
}

error spark_generator(struct analyzer *a, const struct scope *outer, const struct node *n,
                      const struct relation *left, struct relation *out)
{
    struct scope sight = {
        .outer = outer, .columns = left ? left->attributes : NULL, .count = left ? left->count : 0};
    struct generator g = {
        .a = a, .node = n, .name = new_name(a, "r"), .count = n->count, .out = out};
    g.values = ARENA_ARRAY(a->arena, struct value, (size_t)n->count + 1);
    /* the arguments as columns of their own: a lambda cannot look past a LATERAL */
    const char *arguments = new_name(a, "a");
    const struct code **codes = ARENA_ARRAY(a->arena, const struct code *, (size_t)n->count + 1);
    for (int i = 0; i < n->count; i++) {
        TRY(analyze(a, &sight, n->items[i], &g.values[i]));
        codes[i] = code_of(a->arena, "%c AS p%d", g.values[i].code, i);
        g.values[i].code = code_of(a->arena, "%s.p%d", arguments, i);
    }
    out->count = 0;
    out->attributes = ARENA_ARRAY(a->arena, struct attribute, COLUMNS_MAX);
    TRY(generate(&g));
    out->code = code_of(a->arena, "LATERAL (SELECT %c FROM (SELECT %c) AS %s) AS %s",
                        code_join(a->arena, g.selects, g.select_count, ", "),
                        code_join(a->arena, codes, n->count, ", "), arguments, g.name);
    return OK;
}
