/* Job document -> graph: ids resolved, order settled, one streaming source. */
#include "job/job.h"

static error read_node(const char *id, json_t *body, struct node *node)
{
    if (!json_is_object(body) || json_object_size(body) != 1)
        return fail(ERR_INVALID_INPUT, "node '%s' must have exactly one member, its type (it has %zu)",
                    id, json_object_size(body));
    void *only = json_object_iter(body);
    const char *type = json_object_iter_key(only);
    bool known;
    node->type = node_type_find(type, &known);
    if (!node->type)
        return fail(ERR_UNSUPPORTED, known ? "node '%s': %s is not supported yet"
                                           : "node '%s': there is no node type '%s'", id, type);
    node->id = id;
    node->config = json_object_iter_value(only);
    if (!json_is_object(node->config))
        return fail(ERR_INVALID_INPUT, "node '%s': %s is not an object", id, type);
    node->name = json_text(node->config, "Name");
    return OK;
}

static struct node *find_node(struct graph *graph, const char *id)
{
    for (int i = 0; i < graph->count; i++)
        if (strcmp(graph->nodes[i].id, id) == 0) return &graph->nodes[i];
    return NULL;
}

static error link_inputs(struct arena *arena, struct graph *graph, struct node *node)
{
    const json_t *inputs = json_object_get(node->config, "Inputs");
    node->input_count = (int)json_array_size(inputs);
    node->inputs = ARENA_ARRAY(arena, struct node *, (size_t)node->input_count);
    for (int i = 0; i < node->input_count; i++) {
        const char *id = json_string_value(json_array_get(inputs, (size_t)i));
        struct node *input = id ? find_node(graph, id) : NULL;
        if (!input)
            return fail(ERR_INVALID_INPUT, "node '%s' takes its input from '%s', which does not exist",
                        node->id, id ? id : "");
        if (input->type->role == NODE_TARGET)
            return fail(ERR_INVALID_INPUT, "node '%s' takes its input from the target '%s'", node->id, id);
        node->inputs[i] = input;
    }
    return OK;
}

static bool inputs_placed(const struct node *node, struct node *const *order, int placed)
{
    for (int i = 0; i < node->input_count; i++) {
        bool found = false;
        for (int k = 0; k < placed; k++) found |= order[k] == node->inputs[i];
        if (!found) return false;
    }
    return true;
}

/* Inputs before consumers; a cycle is named by one of its nodes. */
static error topological_order(struct arena *arena, struct graph *graph)
{
    struct node **order = ARENA_ARRAY(arena, struct node *, (size_t)graph->count);
    bool *done = ARENA_ARRAY(arena, bool, (size_t)graph->count);
    for (int placed = 0; placed < graph->count;) {
        int before = placed;
        for (int i = 0; i < graph->count; i++) {
            if (done[i] || !inputs_placed(&graph->nodes[i], order, placed)) continue;
            order[placed++] = &graph->nodes[i];
            done[i] = true;
        }
        if (placed > before) continue;
        for (int i = 0; i < graph->count; i++)
            if (!done[i])
                return fail(ERR_INVALID_INPUT, "node '%s' is part of a cycle", graph->nodes[i].id);
    }
    /* Move the nodes into order; links follow by their old place. */
    struct node *sorted = ARENA_ARRAY(arena, struct node, (size_t)graph->count);
    for (int i = 0; i < graph->count; i++) sorted[i] = *order[i];
    for (int i = 0; i < graph->count; i++)
        for (int k = 0; k < sorted[i].input_count; k++)
            for (int j = 0; j < graph->count; j++)
                if (order[j] == sorted[i].inputs[k]) {
                    sorted[i].inputs[k] = &sorted[j];
                    break;
                }
    graph->nodes = sorted;
    return OK;
}

static void link_consumers(struct arena *arena, struct graph *graph)
{
    for (int i = 0; i < graph->count; i++)
        graph->nodes[i].consumers = ARENA_ARRAY(arena, struct node *, (size_t)graph->count);
    for (int i = 0; i < graph->count; i++)
        for (int k = 0; k < graph->nodes[i].input_count; k++) {
            struct node *input = graph->nodes[i].inputs[k];
            input->consumers[input->consumer_count++] = &graph->nodes[i];
        }
}

static error check_shape(struct graph *graph)
{
    int targets = 0;
    for (int i = 0; i < graph->count; i++) {
        struct node *node = &graph->nodes[i];
        if (node->type->role == NODE_SOURCE) {
            if (graph->source)
                return fail(ERR_UNSUPPORTED, "two streaming sources ('%s' and '%s'): a job reads one",
                            graph->source->id, node->id);
            graph->source = node;
        } else if (node->type->role == NODE_TARGET) {
            targets++;
        }
        if (node->type->role != NODE_TARGET && node->consumer_count == 0)
            return fail(ERR_INVALID_INPUT, "nothing uses the output of node '%s'", node->id);
    }
    if (!graph->source) return fail(ERR_INVALID_INPUT, "the job has no source");
    if (!targets) return fail(ERR_INVALID_INPUT, "the job has no target");
    return OK;
}

static error read_nodes(struct arena *arena, const json_t *document, struct graph *graph)
{
    json_t *nodes = json_object_get(document, "CodeGenConfigurationNodes");
    if (!nodes) nodes = (json_t *)document;
    if (!json_is_object(nodes) || json_object_size(nodes) == 0)
        return fail(ERR_INVALID_INPUT, "the job document has no CodeGenConfigurationNodes");
    if (json_object_size(nodes) > GRAPH_NODES_MAX)
        return fail(ERR_LIMIT, "%zu nodes, at most %d are allowed", json_object_size(nodes),
                    GRAPH_NODES_MAX);
    *graph = (struct graph){0};
    graph->nodes = ARENA_ARRAY(arena, struct node, json_object_size(nodes));
    const char *id;
    json_t *body;
    json_object_foreach(nodes, id, body) TRY(read_node(id, body, &graph->nodes[graph->count++]));
    for (int i = 0; i < graph->count; i++) TRY(link_inputs(arena, graph, &graph->nodes[i]));
    TRY(topological_order(arena, graph));
    link_consumers(arena, graph);
    return OK;
}

error graph_read(struct arena *arena, const json_t *document, struct graph *graph)
{
    TRY(read_nodes(arena, document, graph));
    return check_shape(graph);
}

error graph_read_source(struct arena *arena, const json_t *document, struct graph *graph)
{
    TRY(read_nodes(arena, document, graph));
    if (graph->count != 1 || graph->nodes[0].type->role != NODE_SOURCE)
        return fail(ERR_INVALID_INPUT, "a program's graph is one source, not %d nodes", graph->count);
    graph->source = &graph->nodes[0];
    return OK;
}

error graph_open(struct graph *graph, struct node_context *context)
{
    for (int i = 0; i < graph->count; i++) TRY(node_open(&graph->nodes[i], context));
    return OK;
}
