/* Plans to rows. Plans of nodes run as in a job document, slice by slice; SQL runs on the SQL engine,
 * over the rows of its leaves. */
#include "script/internal.h"

static struct sql_engine *engine;
static struct sql_memory *memory;

error frame_engine(struct sql_engine **out)
{
    if (!engine) TRY(sql_open(NULL, &engine));
    *out = engine;
    return OK;
}

void frame_batch_end(void)
{
    leaf_batch_end();
}

void frame_close(void)
{
    leaf_close();
    sql_memory_close(memory);
    sql_close(engine);
    memory = NULL;
    engine = NULL;
}

/* ---- nodes ---- */

static error step_open(struct arena *arena, const json_t *step, const struct schema *schema,
                       struct node *node)
{
    struct node *input = ARENA_NEW(arena, struct node);
    struct node **inputs = ARENA_ARRAY(arena, struct node *, 1);
    void *only = json_object_iter((json_t *)step);
    bool known;
    input->id = "frame";
    input->schema = schema;
    inputs[0] = input;
    *node = (struct node){
        .type = node_type_find(json_object_iter_key(only), &known),
        .id = json_object_iter_key(only),
        .config = json_object_iter_value(only),
        .inputs = inputs,
        .input_count = 1,
    };
    if (!node->type || node->type->role != NODE_TRANSFORM)
        return fail(ERR_INTERNAL, "a plan has no step %s", node->id);
    struct node_context context = {
        .arena = arena,
        .catalog = script.options->job.catalog,
        .timestamps = script.options->job.timestamps,
    };
    return node_open(node, &context);
}

static error step_apply(struct arena *arena, const json_t *step, struct sql_rows *rows)
{
    struct node *node = ARENA_NEW(arena, struct node);
    const struct batch **out = ARENA_ARRAY(arena, const struct batch *, rows->count);
    TRY(step_open(arena, step, rows->schema, node));
    for (size_t i = 0; i < rows->count; i++) {
        struct node_output output = {0};
        TRY(node->type->apply(node, rows->batches[i], arena, &output));
        out[i] = output.batch;
    }
    *rows = (struct sql_rows){node->schema, out, rows->count};
    return OK;
}

static error native_rows(struct arena *arena, const json_t *plan, bool with_rows,
                         struct sql_rows *out)
{
    const json_t *steps = json_object_get(plan, "steps");
    TRY(leaf_rows(arena, json_object_get(plan, "leaf"), with_rows, out));
    for (size_t i = 0; i < json_array_size(steps); i++)
        TRY(step_apply(arena, json_array_get(steps, i), out));
    return OK;
}

/* ---- SQL ---- */

static int64_t frozen_now(void)
{
    return script.window ? script.window->wall_us : now_us();
}

/* Rows as the translation names and types them; the engine calls its columns c0, c1... */
static error rows_conform(struct arena *arena, const struct schema *schema, struct sql_rows *rows)
{
    const struct batch **out = ARENA_ARRAY(arena, const struct batch *, rows->count);
    struct schema *places = schema_copy(arena, schema); /* the types, by the engine's names */
    struct field *fields = arena_copy(arena, schema->fields, (size_t)schema->field_count * sizeof *fields);
    for (int i = 0; i < schema->field_count; i++) fields[i].name = rows->schema->fields[i].name;
    places->fields = fields;
    for (size_t i = 0; i < rows->count; i++) {
        const struct batch *placed;
        TRY(batch_conform(arena, rows->batches[i], places, &placed));
        struct batch *named = arena_copy(arena, placed, sizeof *placed);
        named->schema = schema;
        out[i] = named;
    }
    *rows = (struct sql_rows){schema, out, rows->count};
    return OK;
}

static error sql_rows_of(struct arena *arena, const json_t *plan, bool with_rows,
                         struct sql_rows *out)
{
    const json_t *tables = json_object_get(plan, "tables");
    size_t count = json_object_size(tables), at = 0;
    struct sql_rows *rows = ARENA_ARRAY(arena, struct sql_rows, count);
    struct spark_table *named = ARENA_ARRAY(arena, struct spark_table, count);
    struct spark_query query;
    const char *name;
    json_t *native;
    json_object_foreach((json_t *)tables, name, native)
    {
        TRY(native_rows(arena, native, with_rows, &rows[at]));
        named[at] = (struct spark_table){name, rows[at].schema};
        at++;
    }
    TRY(spark_translate(arena, json_text(plan, "sql"), named, count, frozen_now(), &query));
    if (query.schema && !with_rows) {
        *out = (struct sql_rows){.schema = query.schema};
        return OK;
    }
    struct sql_rows *scans = ARENA_ARRAY(arena, struct sql_rows, (size_t)query.scan_count);
    for (int i = 0; i < query.scan_count; i++) scans[i] = rows[query.scans[i]];
    struct sql_engine *own;
    TRY(frame_engine(&own));
    if (!memory) TRY(sql_memory_open(own, &memory));
    const char *sql = with_rows ? query.sql
                                : arena_printf(arena, "SELECT * FROM (%s) LIMIT 0", query.sql);
    TRY(sql_memory_query(memory, sql, scans, (size_t)query.scan_count, arena, out));
    return query.schema ? rows_conform(arena, query.schema, out) : OK;
}

static error plan_rows(struct arena *arena, const json_t *plan, bool with_rows, struct sql_rows *out)
{
    return json_object_get(plan, "sql") ? sql_rows_of(arena, plan, with_rows, out)
                                        : native_rows(arena, plan, with_rows, out);
}

error frame_rows(struct arena *arena, const json_t *plan, struct sql_rows *out)
{
    return plan_rows(arena, plan, true, out);
}

error frame_schema(struct arena *arena, const json_t *plan, const struct schema **out)
{
    struct sql_rows rows;
    TRY(plan_rows(arena, plan, false, &rows));
    *out = rows.schema;
    return OK;
}
