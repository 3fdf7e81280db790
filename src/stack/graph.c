/* What refers to what: the order of a template's resources. */
#include "stack/internal.h"

#include <stdlib.h>

/* ---- references within a value ---- */

struct walk {
    struct arena *arena;
    template_reference *each;
    void *context;
};

static error walk_value(const struct walk *w, const struct place *p, const json_t *value);

static error told(const struct walk *w, const struct place *p, const char *id, const char *attribute)
{
    return w->each(w->context, place_text(w->arena, p), id, attribute);
}

/* "A" or "A.b". */
static error told_dotted(const struct walk *w, const struct place *p, const char *text)
{
    const char *dot = strchr(text, '.');
    if (!dot) return told(w, p, text, NULL);
    return told(w, p, arena_text(w->arena, (span){text, (size_t)(dot - text)}), dot + 1);
}

static error walk_sub(const struct walk *w, const struct place *p, const json_t *in)
{
    const json_t *format = json_is_array(in) ? json_array_get(in, 0) : in;
    const json_t *variables = json_is_array(in) ? json_array_get(in, 1) : NULL;
    span before, name, rest = {json_string_value(format), json_string_length(format)};
    while (rest.size && template_sub_next(w->arena, &rest, &before, &name)) {
        const char *id = arena_text(w->arena, name);
        if (!json_object_get(variables, id)) TRY(told_dotted(w, p, id));
    }
    return walk_value(w, p, variables);
}

static error walk_get_att(const struct walk *w, const struct place *p, const json_t *in)
{
    const char *text = json_string_value(in), *id = json_string_value(json_array_get(in, 0));
    const char *attribute = json_string_value(json_array_get(in, 1));
    if (text && strchr(text, '.')) return told_dotted(w, p, text);
    if (!id || json_array_size(in) != 2)
        return fail(ERR_VALIDATION, "Template error: [%.300s] every Fn::GetAtt object requires two "
                                    "non-empty parameters, the resource name and the resource "
                                    "attribute", place_text(w->arena, p));
    TRY(told(w, p, id, attribute ? attribute : ""));
    return walk_value(w, p, json_array_get(in, 1));
}

static error walk_value(const struct walk *w, const struct place *p, const json_t *value)
{
    const char *name;
    json_t *inner, *argument;
    size_t i;
    const char *function = json_is_object(value) ? template_function(value, &argument) : NULL;
    struct place own = {p, function, 0};
    if (function && strcmp(function, "Ref") == 0)
        return json_is_string(argument) ? told(w, &own, json_string_value(argument), NULL)
               : fail(ERR_VALIDATION, "Template error: [%.300s] every Ref object must have a single "
                                      "String value.", place_text(w->arena, &own));
    if (function && strcmp(function, "Fn::GetAtt") == 0) return walk_get_att(w, &own, argument);
    if (function && strcmp(function, "Fn::Sub") == 0) return walk_sub(w, &own, argument);
    json_object_foreach((json_t *)value, name, inner) {
        struct place member = {p, name, 0};
        TRY(walk_value(w, &member, inner));
    }
    json_array_foreach(value, i, inner) {
        struct place element = {p, NULL, i};
        TRY(walk_value(w, &element, inner));
    }
    return OK;
}

error template_references(struct arena *arena, const char *path, const json_t *value,
                          template_reference *each, void *context)
{
    const struct walk w = {arena, each, context};
    const struct place root = {NULL, path, 0};
    return walk_value(&w, &root, value);
}

/* ---- order: depth first, what a resource needs before itself ---- */

enum mark { NEW, OPEN, DONE };

struct node {
    const char *name;
    const json_t *resource;
    enum mark mark;
};

struct graph {
    struct arena *arena;
    struct node *nodes;
    size_t count;
    const char **order;
    size_t placed;
    const char **path; /* the nodes that are open, in their order */
    size_t depth;
};

static struct node *node_of(struct graph *g, const char *name)
{
    for (size_t i = 0; i < g->count; i++)
        if (strcmp(g->nodes[i].name, name) == 0) return &g->nodes[i];
    return NULL;
}

static error cycle(const struct graph *g, const char *name)
{
    struct buffer text = {0};
    size_t from = 0;
    while (strcmp(g->path[from], name) != 0) from++;
    for (size_t i = from; i < g->depth; i++)
        buffer_printf(&text, "%s%.255s", i > from ? ", " : "", g->path[i]);
    error e = fail(ERR_VALIDATION, "Circular dependency between resources: [%.900s]",
                   buffer_text(&text));
    buffer_release(&text);
    return e;
}

static error visit(struct graph *g, struct node *n);

static error needs(void *context, const char *path, const char *id, const char *attribute)
{
    struct graph *g = context;
    struct node *n = node_of(g, id);
    (void)path, (void)attribute;
    return n ? visit(g, n) : OK; /* a parameter, or a pseudo parameter */
}

static error visit(struct graph *g, struct node *n)
{
    if (n->mark == DONE) return OK;
    if (n->mark == OPEN) return cycle(g, n->name);
    n->mark = OPEN;
    g->path[g->depth++] = n->name;
    const json_t *depends = json_object_get(n->resource, "DependsOn");
    if (json_is_string(depends)) TRY(needs(g, "", json_string_value(depends), NULL));
    for (size_t i = 0; i < json_array_size(depends); i++)
        TRY(needs(g, "", json_string_value(json_array_get(depends, i)), NULL));
    TRY(template_references(g->arena, "", json_object_get(n->resource, "Properties"), needs, g));
    g->depth--;
    n->mark = DONE;
    g->order[g->placed++] = n->name;
    return OK;
}

error template_order(const json_t *document, struct arena *arena, const char ***names, size_t *count)
{
    json_t *resources = json_object_get(document, "Resources"), *resource;
    size_t size = json_object_size(resources), i = 0;
    struct graph g = {.arena = arena, .count = size,
                      .nodes = ARENA_ARRAY(arena, struct node, size + 1),
                      .order = ARENA_ARRAY(arena, const char *, size + 1),
                      .path = ARENA_ARRAY(arena, const char *, size + 1)};
    const char *name;
    json_object_foreach(resources, name, resource)
        g.nodes[i++] = (struct node){arena_text(arena, span_of(name)), resource, NEW};
    for (i = 0; i < size; i++) TRY(visit(&g, &g.nodes[i]));
    *names = g.order;
    *count = g.placed;
    return OK;
}
