/* Plans to rows. Plans of nodes run as in a job document, slice by slice. */
#include "script/internal.h"

void frame_engine_close(void)
{
}

void frame_batch_end(void)
{
}

/* ---- leaves ---- */

static error leaf_rows(struct arena *arena, const char *name, struct rows *out)
{
    const struct window *window = script.window;
    if (strcmp(name, "stream") != 0) return fail(ERR_NOT_FOUND, "there is no table %s", name);
    if (!window)
        return fail(ERR_USAGE, "a streaming frame has rows only within its batch function");
    *out = (struct rows){
        .schema = window->schema,
        .batches = arena_copy(arena, window->slices, window->slice_count * sizeof *window->slices),
        .count = window->slice_count,
    };
    return OK;
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

static error step_apply(struct arena *arena, const json_t *step, struct rows *rows)
{
    struct node *node = ARENA_NEW(arena, struct node);
    TRY(step_open(arena, step, rows->schema, node));
    for (size_t i = 0; i < rows->count; i++) {
        struct node_output output = {0};
        TRY(node->type->apply(node, rows->batches[i], arena, &output));
        rows->batches[i] = output.batch;
    }
    rows->schema = node->schema;
    return OK;
}

error frame_rows(struct arena *arena, const json_t *plan, struct rows *out)
{
    const json_t *steps = json_object_get(plan, "steps");
    const char *leaf = json_text(plan, "leaf");
    if (!leaf) return fail(ERR_INTERNAL, "a plan without leaf");
    TRY(leaf_rows(arena, leaf, out));
    for (size_t i = 0; i < json_array_size(steps); i++)
        TRY(step_apply(arena, json_array_get(steps, i), out));
    return OK;
}
