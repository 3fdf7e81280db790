/* In: rows of function tables. Out: DuckDB scalar functions, overloads of a name as one set. One
 * driver reads the vectors of a chunk, calls the row's kernel and writes what it gives. */
#include "sql/function.h"

#include <stdlib.h>

enum { ARGUMENTS_MAX = 5, DECIMAL_WIDTH = 38 };

static const struct function_row *const tables[] = {text_functions, number_functions,
                                                    time_functions, json_functions,
                                                    spark_functions_of_sql, spark_time_functions};

static const struct duck *library; /* a kernel is called with nothing that leads to it */

/* What a function's extra info points to. */
struct registered {
    const struct duck *duck;
    const struct function_row *row;
};

/* ---- signatures ---- */

static const struct { char letter; enum duck_type type; } letters[] = {
    {'s', DUCK_VARCHAR}, {'b', DUCK_BLOB}, {'i', DUCK_INTEGER}, {'l', DUCK_BIGINT},
    {'d', DUCK_DOUBLE}, {'f', DUCK_FLOAT}, {'q', DUCK_BOOLEAN}, {'D', DUCK_DATE},
    {'t', DUCK_TIMESTAMP}, {'z', DUCK_TIMESTAMP_TZ}, {'m', DUCK_TIME}, {'v', DUCK_INTERVAL},
    {'h', DUCK_HUGEINT}, {'y', DUCK_TINYINT}, {'w', DUCK_SMALLINT}, {'x', DUCK_ANY},
};

static duck_logical_type type_make(const struct duck *duck, char letter, int scale)
{
    if (letter == 'X') return duck->create_decimal_type(DECIMAL_WIDTH, (uint8_t)scale);
    if (letter == 'S' || letter == 'Q') {
        duck_logical_type element =
            duck->create_logical_type(letter == 'S' ? DUCK_VARCHAR : DUCK_BOOLEAN);
        duck_logical_type list = duck->create_list_type(element);
        duck->destroy_logical_type(&element);
        return list;
    }
    size_t i = 0;
    while (letters[i].letter != letter) i++;
    return duck->create_logical_type(letters[i].type);
}

/* ---- arguments ---- */

struct input {
    char letter;
    duck_vector vector;
    const void *data;
    const uint64_t *validity;
    enum duck_type internal; /* x */
    int scale;
    struct arena *arena;     /* lists of one row */
    const struct duck *duck;
};

static bool is_valid(const uint64_t *validity, duck_index row)
{
    return !validity || (validity[row >> 6] >> (row & 63) & 1);
}

static span text_at(const void *data, duck_index row)
{
    const union duck_string *s = (const union duck_string *)data + row;
    return (span){duck_string_data(s), s->inlined.length};
}

static void list_take(const struct input *in, duck_index row, struct argument *a)
{
    const struct duck_list_entry *e = (const struct duck_list_entry *)in->data + row;
    duck_vector child = in->duck->list_vector_get_child(in->vector);
    const void *data = in->duck->vector_get_data(child);
    const uint64_t *validity = in->duck->vector_get_validity(child);
    span *texts = in->letter == 'S' ? ARENA_ARRAY(in->arena, span, e->length + 1) : NULL;
    int8_t *truths = in->letter == 'Q' ? ARENA_ARRAY(in->arena, int8_t, e->length + 1) : NULL;
    for (uint64_t i = 0; i < e->length; i++) {
        bool valid = is_valid(validity, e->offset + i);
        if (texts && valid) texts[i] = text_at(data, e->offset + i);
        if (truths) truths[i] = valid ? ((const int8_t *)data)[e->offset + i] != 0 : -1;
    }
    a->texts = texts;
    a->truths = truths;
    a->count = e->length;
}

static void decimal_take(const struct input *in, duck_index row, struct argument *a)
{
    a->scale = in->scale;
    switch (in->internal) {
    case DUCK_SMALLINT: a->big = ((const int16_t *)in->data)[row]; break;
    case DUCK_INTEGER: a->big = ((const int32_t *)in->data)[row]; break;
    case DUCK_BIGINT: a->big = ((const int64_t *)in->data)[row]; break;
    default: memcpy(&a->big, (const char *)in->data + row * 16, 16);
    }
}

static void argument_take(const struct input *in, duck_index row, struct argument *a)
{
    switch (in->letter) {
    case 's':
    case 'b': a->text = text_at(in->data, row); break;
    case 'i':
    case 'D': a->number = ((const int32_t *)in->data)[row]; break;
    case 'l':
    case 't':
    case 'z':
    case 'm': a->number = ((const int64_t *)in->data)[row]; break;
    case 'q': a->number = ((const int8_t *)in->data)[row]; break;
    case 'd': a->real = ((const double *)in->data)[row]; break;
    case 'f': a->real = (double)((const float *)in->data)[row]; break;
    case 'v': a->interval = ((const struct duck_interval *)in->data)[row]; break;
    case 'h': memcpy(&a->big, (const char *)in->data + row * 16, 16); break;
    case 'x': decimal_take(in, row, a); break;
    default: list_take(in, row, a); break;
    }
}

static error input_open(const struct duck *duck, char letter, duck_vector vector,
                        struct arena *arena, struct input *in)
{
    *in = (struct input){letter, vector, duck->vector_get_data(vector),
                         duck->vector_get_validity(vector), 0, 0, arena, duck};
    if (letter != 'x') return OK;
    duck_logical_type type = duck->vector_get_column_type(vector);
    bool decimal = duck->get_type_id(type) == DUCK_DECIMAL;
    if (decimal) {
        in->internal = duck->decimal_internal_type(type);
        in->scale = duck->decimal_scale(type);
    }
    duck->destroy_logical_type(&type);
    return decimal ? OK : fail(ERR_INTERNAL, "a decimal was expected");
}

/* ---- results ---- */

struct output {
    const struct duck *duck;
    char letter;
    duck_vector vector;
    void *data;
    uint64_t items; /* S: written so far */
};

void result_text(struct result *r, span text)
{
    buffer_append_span(&r->text, text);
}

void result_item(struct result *r, span text)
{
    buffer_append_span(&r->text, text);
    buffer_append(&r->ends, &r->text.size, sizeof r->text.size);
}

error no_result(struct result *r)
{
    r->null = true;
    return OK;
}

static void null_put(struct output *out, duck_index row)
{
    out->duck->vector_ensure_validity_writable(out->vector);
    uint64_t *validity = out->duck->vector_get_validity(out->vector);
    validity[row >> 6] &= ~((uint64_t)1 << (row & 63));
    if (out->letter == 'S')
        ((struct duck_list_entry *)out->data)[row] = (struct duck_list_entry){out->items, 0};
}

static void list_put(struct output *out, duck_index row, const struct result *r)
{
    uint64_t count = r->ends.size / sizeof(size_t), from = out->items;
    const size_t *ends = (const size_t *)(const void *)r->ends.data;
    out->duck->list_vector_reserve(out->vector, from + count);
    out->duck->list_vector_set_size(out->vector, from + count);
    duck_vector child = out->duck->list_vector_get_child(out->vector);
    for (uint64_t i = 0; i < count; i++) {
        size_t start = i ? ends[i - 1] : 0;
        out->duck->vector_assign_string_element_len(
            child, from + i, r->text.data ? r->text.data + start : "", ends[i] - start);
    }
    ((struct duck_list_entry *)out->data)[row] = (struct duck_list_entry){from, count};
    out->items = from + count;
}

static void result_put(struct output *out, duck_index row, const struct result *r)
{
    switch (out->letter) {
    case 's':
    case 'b':
        out->duck->vector_assign_string_element_len(out->vector, row,
                                                    r->text.data ? r->text.data : "", r->text.size);
        break;
    case 'i':
    case 'D': ((int32_t *)out->data)[row] = (int32_t)r->number; break;
    case 'y': ((int8_t *)out->data)[row] = (int8_t)r->number; break;
    case 'w': ((int16_t *)out->data)[row] = (int16_t)r->number; break;
    case 'l':
    case 't':
    case 'z':
    case 'm': ((int64_t *)out->data)[row] = r->number; break;
    case 'q': ((int8_t *)out->data)[row] = r->number != 0; break;
    case 'd': ((double *)out->data)[row] = r->real; break;
    case 'f': ((float *)out->data)[row] = (float)r->real; break;
    case 'v': ((struct duck_interval *)out->data)[row] = r->interval; break;
    case 'h':
    case 'X': memcpy((char *)out->data + row * 16, &r->big, 16); break;
    default: list_put(out, row, r);
    }
}

/* ---- the driver ---- */

static error row_run(const struct function_row *f, const struct input *inputs, size_t count,
                     duck_index row, struct result *r)
{
    struct argument arguments[ARGUMENTS_MAX] = {0};
    r->null = false;
    buffer_reset(&r->text);
    buffer_reset(&r->ends);
    for (size_t i = 0; i < count; i++) {
        if (!is_valid(inputs[i].validity, row)) return no_result(r);
        argument_take(&inputs[i], row, &arguments[i]);
    }
    return f->kernel(arguments, r, f->detail);
}

static error chunk_run(const struct registered *g, duck_chunk chunk, struct output *out)
{
    const struct duck *duck = g->duck;
    struct input inputs[ARGUMENTS_MAX];
    struct result r = {0};
    struct arena arena = {0};
    duck_index rows = duck->data_chunk_get_size(chunk);
    size_t count = 0;
    error e = OK;
    for (; g->row->signature[count] != '>' && e == OK; count++)
        e = input_open(duck, g->row->signature[count], duck->data_chunk_get_vector(chunk, count),
                       &arena, &inputs[count]);
    out->letter = g->row->signature[count + 1];
    for (duck_index row = 0; row < rows && e == OK; row++) {
        e = row_run(g->row, inputs, count, row, &r);
        if (e == OK && r.null) null_put(out, row);
        else if (e == OK) result_put(out, row, &r);
        arena_reset(&arena);
    }
    buffer_release(&r.text);
    buffer_release(&r.ends);
    arena_release(&arena);
    return e;
}

static void kernel_run(duck_function_info info, duck_chunk chunk, duck_vector vector)
{
    const struct registered *g = library->scalar_function_get_extra_info(info);
    struct output out = {g->duck, 0, vector, g->duck->vector_get_data(vector), 0};
    if (chunk_run(g, chunk, &out) != OK) g->duck->scalar_function_set_error(info, error_text());
}

/* ---- registering ---- */

static duck_function function_make(const struct duck *duck, const struct function_row *row)
{
    struct registered *g = must_alloc(sizeof *g);
    *g = (struct registered){duck, row};
    duck_function f = duck->create_scalar_function();
    duck->scalar_function_set_name(f, row->name);
    const char *p = row->signature;
    for (; *p != '>'; p++) {
        duck_logical_type type = type_make(duck, *p, 0);
        duck->scalar_function_add_parameter(f, type);
        duck->destroy_logical_type(&type);
    }
    duck_logical_type type = type_make(duck, p[1], row->number);
    duck->scalar_function_set_return_type(f, type);
    duck->destroy_logical_type(&type);
    duck->scalar_function_set_extra_info(f, g, free);
    duck->scalar_function_set_function(f, kernel_run);
    return f;
}

static error set_register(const struct duck *duck, duck_connection connection,
                          const struct function_row *rows, size_t count)
{
    duck_function set = duck->create_scalar_function_set(rows->name);
    bool good = true;
    for (size_t i = 0; i < count; i++) {
        duck_function f = function_make(duck, &rows[i]);
        good = duck->add_scalar_function_to_set(set, f) == DUCK_SUCCESS && good;
        duck->destroy_scalar_function(&f);
    }
    good = good && duck->register_scalar_function_set(connection, set) == DUCK_SUCCESS;
    duck->destroy_scalar_function_set(&set);
    return good ? OK : fail(ERR_INTERNAL, "the SQL engine takes no function %s", rows->name);
}

error functions_register(const struct duck *duck, duck_connection connection)
{
    library = duck;
    for (size_t t = 0; t < sizeof tables / sizeof *tables; t++)
        for (const struct function_row *row = tables[t]; row->name;) {
            size_t count = 1;
            while (row[count].name && strcmp(row[count].name, row->name) == 0) count++;
            TRY(set_register(duck, connection, row, count));
            row += count;
        }
    return OK;
}
