/* FROM: tables, views, WITH names, subqueries, joins, UNNEST -> attributes and code. */
#include "dialect/spark.h"

#include <stdio.h>

enum { VIEW_DEPTH_MAX = 32 };

const char *new_name(struct analyzer *a, const char *prefix)
{
    return arena_printf(a->arena, "%s%d", prefix, a->names++);
}

static const char *lower(struct arena *arena, const char *text)
{
    char *copy = arena_text(arena, span_of(text));
    for (char *c = copy; *c; c++)
        if (*c >= 'A' && *c <= 'Z') *c = (char)(*c - 'A' + 'a');
    return copy;
}

/* ---- tables ---- */

static int scan_open(struct analyzer *a, const struct dialect_relation *r)
{
    struct scan_state *s = ARENA_NEW(a->arena, struct scan_state);
    int keys = r->partition_keys ? r->partition_keys->field_count : 0;
    s->scan.relation = r;
    s->columns = ARENA_ARRAY(a->arena, bool, (size_t)r->schema->field_count + 1);
    s->keys = ARENA_ARRAY(a->arena, bool, (size_t)keys + 1);
    buffer_append(&a->scans, &s, sizeof s);
    return (int)(a->scans.size / sizeof s) - 1;
}

static error table_relation(struct analyzer *a, const struct dialect_relation *r,
                            struct relation *out)
{
    const struct schema *schemas[] = {r->schema, r->partition_keys};
    int scan = scan_open(a, r), count = 0;
    const char *name = new_name(a, "r");
    int most =
        r->schema->field_count + 1 + (r->partition_keys ? r->partition_keys->field_count : 0);
    out->attributes = ARENA_ARRAY(a->arena, struct attribute, (size_t)most);
    for (int s = 0; s < 2; s++)
        for (int i = 0; schemas[s] && i < schemas[s]->field_count; i++) {
            const struct field *f = &schemas[s]->fields[i];
            out->attributes[count] =
                (struct attribute){.name = f->name,
                                   .relation = r->name,
                                   .database = r->database,
                                   .type = dialect_type_of(a->arena, f->type),
                                   .scan = scan,
                                   .source = count,
                                   .code = code_of(a->arena, "%s.%n", name, f->name),
                                   .filters = s == 1};
            count++;
        }
    out->count = count;
    out->code = code_of(a->arena, "scan.\"%d\" AS %s", scan, name);
    return OK;
}

/* A query's result under a new name, its attributes with code and the relation's name. */
static void relation_name(struct analyzer *a, struct relation *r, const char *relation,
                          const char *code_name)
{
    for (int i = 0; i < r->count; i++) {
        r->attributes[i].relation = relation;
        r->attributes[i].database = NULL;
        r->attributes[i].code = code_of(a->arena, "%s.c%d", code_name, i);
    }
}

/* A view's text, by the names of its own database. */
static error view_analyze(struct analyzer *a, const struct node *n,
                          const struct dialect_relation *r, const char *text, struct relation *out)
{
    struct dialect_statement s;
    const char *outer = a->database;
    const struct with_name *withs = a->withs;
    bool aggregate = a->in_aggregate;
    TRY(dialect_parse(a->dialect, text, a->arena, &s));
    if (s.verb != DIALECT_SELECT)
        return refuse(n, ERR_USAGE, "INVALID_VIEW", "View '%s' is no query", r->name);
    a->database = r->view_database ? r->view_database : r->database;
    a->withs = NULL;
    a->in_aggregate = false;
    a->depth++;
    error e = analyze_query(a, NULL, s.query, out);
    a->depth--;
    a->database = outer;
    a->withs = withs;
    a->in_aggregate = aggregate;
    return e;
}

static error view_stale(const struct node *n, const struct dialect_relation *r, const char *why)
{
    return refuse(n, ERR_USAGE, "INVALID_VIEW",
                  "View 'awsdatacatalog.%s.%s' is stale or in invalid state: %s", r->database,
                  r->name, why);
}

/* Its columns must still be what they were when it was made, in Trino's words for what is not. */
static error view_column_check(struct analyzer *a, const struct node *n,
                               const struct dialect_relation *r, int i, const struct attribute *was,
                               struct attribute *is)
{
    const char *now = type_name(a->arena, is->type), *then = type_name(a->arena, was->type);
    if (!is->name || !span_equal_nocase(span_of(is->name), span_of(was->name)))
        return view_stale(n, r, arena_printf(a->arena,
                                             "column [%s] of type %s projected from query view at "
                                             "position %d has a different name from column [%s] of "
                                             "type %s stored in view definition",
                                             is->name ? is->name : "", now, i, was->name, then));
    if (same_type(is->type, was->type)) return OK;
    if (!can_coerce(a->arena, is->type, was->type))
        return view_stale(n, r, arena_printf(a->arena,
                                             "column [%s] of type %s projected from query view at "
                                             "position %d cannot be coerced to column [%s] of type "
                                             "%s stored in view definition",
                                             is->name, now, i, was->name, then));
    struct value value = {is->type, is->code, n};
    TRY(coerce(a, &value, was->type));
    is->type = value.type;
    is->code = value.code;
    return OK;
}

static error view_check(struct analyzer *a, const struct node *n, const struct dialect_relation *r,
                        struct relation *is)
{
    struct relation was;
    if (!r->view_row || view_analyze(a, n, r, r->view_row, &was) != OK) return OK;
    if (was.count != is->count)
        return view_stale(n, r, arena_printf(a->arena,
                                             "stored view column count (%d) does not match column "
                                             "count derived from the view query analysis (%d)",
                                             was.count, is->count));
    for (int i = 0; i < is->count; i++)
        TRY(view_column_check(a, n, r, i, &was.attributes[i], &is->attributes[i]));
    return OK;
}

static error view_failed(struct analyzer *a, const struct node *n, const struct dialect_relation *r,
                         error e)
{
    const char *why = arena_text(a->arena, span_of(error_text())), *line = strstr(why, "line ");
    return refuse(n, e, "INVALID_VIEW", "Failed analyzing stored view 'awsdatacatalog.%s.%s': %s",
                  r->database, r->name, line ? line : why);
}

static error view_relation(struct analyzer *a, const struct node *n,
                           const struct dialect_relation *r, struct relation *out)
{
    if (a->depth > VIEW_DEPTH_MAX)
        return refuse(n, ERR_USAGE, "INVALID_VIEW", "View '%s' is nested too deeply", r->name);
    error e = view_analyze(a, n, r, r->view, out);
    if (e != OK) return view_failed(a, n, r, e);
    const char *name = new_name(a, "r");
    out->code = code_of(a->arena, "(%c) AS %s", out->code, name);
    relation_name(a, out, r->name, name);
    for (int i = 0; i < out->count; i++) out->attributes[i].database = r->database;
    return view_check(a, n, r, out);
}

static error with_relation(struct analyzer *a, const struct with_name *w, struct relation *out)
{
    const char *name = new_name(a, "r");
    out->attributes = arena_copy(a->arena, w->columns, (size_t)w->count * sizeof *w->columns);
    out->count = w->count;
    out->code = code_of(a->arena, "%c AS %s", w->code, name);
    relation_name(a, out, w->name, name);
    return OK;
}

static error named_relation(struct analyzer *a, const struct node *n, struct relation *out)
{
    const struct dialect_relation *r = NULL;
    struct dialect_name name = {
        .line = n->at.line, .column = n->at.column, .name = lower(a->arena, n->text)};
    bool missing_database = false;
    for (const struct with_name *w = a->withs; w && !n->count; w = w->outer)
        if (span_equal_nocase(span_of(w->name), span_of(n->text))) return with_relation(a, w, out);
    name.database = n->count ? lower(a->arena, n->items[n->count - 1]->text) : a->database;
    if (n->count > 1) name.catalog = lower(a->arena, n->items[0]->text);
    if (n->count > 2)
        return refuse(n, ERR_PARSE, "SYNTAX_ERROR", "Too many dots in table name: %s", n->text);
    if (name.catalog && strcmp(name.catalog, "awsdatacatalog") != 0)
        return refuse(n, ERR_NOT_FOUND, "CATALOG_NOT_FOUND", "Catalog '%s' does not exist",
                      name.catalog);
    error e = a->context->find
                  ? a->context->find(a->context->state, &name, a->arena, &r, &missing_database)
                  : ERR_NOT_FOUND;
    if (e == ERR_NOT_FOUND && missing_database)
        return refuse(n, e, "SCHEMA_NOT_FOUND", "Schema '%s' does not exist", name.database);
    if (e == ERR_NOT_FOUND)
        return refuse(n, e, "TABLE_NOT_FOUND", "Table 'awsdatacatalog.%s.%s' does not exist",
                      name.database, name.name);
    TRY(e);
    a->has_view = a->has_view || r->view;
    TRY(r->view ? view_relation(a, n, r, out) : table_relation(a, r, out));
    for (int i = 0; i < out->count && !n->count; i++) out->attributes[i].database = NULL;
    return OK;
}

/* ---- aliases ---- */

static error aliased_relation(struct analyzer *a, const struct scope *outer, const struct node *n,
                              const struct relation *left, struct relation *out)
{
    int named = n->count - 1;
    TRY(analyze_relation(a, outer, n->items[0], left, out));
    if (named && named != out->count)
        return refuse(n, ERR_USAGE, "MISMATCHED_COLUMN_ALIASES",
                      "Column alias list has %d entries but '%s' has %d columns available", named,
                      n->text, out->count);
    struct attribute *copy =
        arena_copy(a->arena, out->attributes, (size_t)out->count * sizeof *copy);
    for (int i = 0; i < out->count; i++) {
        copy[i].relation = n->text;
        copy[i].database = NULL;
        if (named) copy[i].name = n->items[i + 1]->text;
    }
    out->attributes = copy;
    return OK;
}

/* ---- UNNEST ---- */

static error unnest_argument(struct analyzer *a, const struct node *n, const struct value *v,
                             const char *name, int *columns, struct relation *out,
                             struct buffer *codes)
{
    struct arena *arena = a->arena;
    const struct dialect_type *t = v->type;
    const struct code *parts[2] = {v->code, NULL};
    int count = 1;
    if (t->kind != DIALECT_ARRAY && t->kind != DIALECT_MAP)
        return refuse(n, ERR_USAGE, "INVALID_FUNCTION_ARGUMENT", "Cannot unnest type: %s",
                      type_name(arena, t));
    if (t->kind == DIALECT_MAP) {
        parts[0] = code_of(arena, "map_keys(%c)", v->code);
        parts[1] = code_of(arena, "map_values(%c)", v->code);
        count = 2;
    }
    for (int i = 0; i < count; i++) {
        const struct dialect_type *element = t->fields[i].type;
        const struct code *column = code_of(arena, "unnest(%c) AS c%d", parts[i], *columns);
        bool row = t->kind == DIALECT_ARRAY && element->kind == DIALECT_ROW;
        buffer_append(codes, &column, sizeof column);
        for (int k = 0; k < (row ? element->field_count : 1); k++)
            out->attributes[out->count++] = (struct attribute){
                .type = row ? element->fields[k].type : element,
                .name = row ? element->fields[k].name : NULL,
                .scan = -1,
                .code = row ? code_of(arena, "struct_extract(%s.c%d, %t)", name, *columns,
                                      row_field_name(arena, element, k))
                            : code_of(arena, "%s.c%d", name, *columns)};
        ++*columns;
    }
    return OK;
}

static int unnest_width(const struct dialect_type *t)
{
    if (t->kind != DIALECT_ARRAY || t->fields[0].type->kind != DIALECT_ROW) return 2;
    return t->fields[0].type->field_count + 1;
}

static error unnest_relation(struct analyzer *a, const struct scope *outer, const struct node *n,
                             const struct relation *left, struct relation *out)
{
    struct arena *arena = a->arena;
    struct scope sight = {
        .outer = outer, .columns = left ? left->attributes : NULL, .count = left ? left->count : 0};
    struct value *values = ARENA_ARRAY(arena, struct value, (size_t)n->count);
    struct buffer codes = {0};
    const char *name = new_name(a, "r");
    int columns = 0, width = 1;
    error e = OK;
    for (int i = 0; i < n->count; i++) {
        TRY(analyze(a, &sight, n->items[i], &values[i]));
        width += unnest_width(values[i].type);
    }
    out->count = 0;
    out->attributes = ARENA_ARRAY(arena, struct attribute, (size_t)width);
    for (int i = 0; i < n->count && e == OK; i++)
        e = unnest_argument(a, n, &values[i], name, &columns, out, &codes);
    if (n->flag && e == OK) { /* ordinality: as long as the longest */
        const struct code *lengths[128];
        int count = n->count < 128 ? n->count : 128;
        for (int i = 0; i < count; i++)
            lengths[i] = code_of(arena, "coalesce(%s(%c), 0)",
                                 values[i].type->kind == DIALECT_MAP ? "cardinality" : "len",
                                 values[i].code);
        const struct code *column = code_of(arena, "unnest(range(1, 1 + greatest(%c))) AS c%d",
                                            code_join(arena, lengths, count, ", "), columns);
        buffer_append(&codes, &column, sizeof column);
        out->attributes[out->count++] = (struct attribute){
            .type = &type_bigint, .scan = -1, .code = code_of(arena, "%s.c%d", name, columns)};
    }
    if (e == OK)
        out->code = code_of(arena, "LATERAL (SELECT %c) AS %s",
                            code_join(arena, (const struct code *const *)(void *)codes.data,
                                      (int)(codes.size / sizeof(void *)), ", "),
                            name);
    buffer_release(&codes);
    return e;
}

/* ---- joins ---- */

static int find_column(const struct relation *r, const char *name)
{
    for (int i = 0; i < r->count; i++)
        if (r->attributes[i].name &&
            span_equal_nocase(span_of(r->attributes[i].name), span_of(name)))
            return i;
    return -1;
}

/* Columns of USING come first and once, without a relation's name. */
static error join_using(struct analyzer *a, const struct node *n, const struct relation *left,
                        const struct relation *right, struct relation *out,
                        const struct code **condition)
{
    const struct node *names = n->parts[JOIN_USING];
    const struct code **equal = ARENA_ARRAY(a->arena, const struct code *, (size_t)names->count);
    struct attribute *all = ARENA_ARRAY(a->arena, struct attribute,
                                        (size_t)(left->count + right->count + names->count));
    bool *used_left = ARENA_ARRAY(a->arena, bool, (size_t)left->count + 1);
    bool *used_right = ARENA_ARRAY(a->arena, bool, (size_t)right->count + 1);
    bool full = strcmp(n->text, "FULL") == 0, take_right = strcmp(n->text, "RIGHT") == 0;
    int count = 0;
    for (int i = 0; i < names->count; i++) {
        const struct node *name = names->items[i];
        int l = find_column(left, name->text), r = find_column(right, name->text);
        if (l < 0 || r < 0)
            return refuse(name, ERR_NOT_FOUND, "COLUMN_NOT_FOUND",
                          "Column '%s' is missing from %s side of join", name->text,
                          l < 0 ? "left" : "right");
        const struct attribute *x = &left->attributes[l], *y = &right->attributes[r];
        struct value v = {x->type, x->code, NULL}, w = {y->type, y->code, NULL};
        TRY(compare(a, name, "=", v, w, &equal[i]));
        attribute_read(a, x);
        attribute_read(a, y);
        const struct dialect_type *type = shared_type(a, x->type, y->type);
        TRY(coerce(a, &v, type));
        TRY(coerce(a, &w, type));
        all[count] = take_right ? *y : *x;
        all[count].type = type;
        if (!a->dialect->spark || full) all[count].relation = NULL; /* Spark's s.* has it */
        all[count].database = NULL;
        all[count].filters = all[count].filters && !full;
        all[count].code = full         ? code_of(a->arena, "coalesce(%c, %c)", v.code, w.code)
                          : take_right ? w.code
                                       : v.code;
        count++;
        used_left[l] = used_right[r] = true;
    }
    for (int i = 0; i < left->count; i++)
        if (!used_left[i]) all[count++] = left->attributes[i];
    for (int i = 0; i < right->count; i++)
        if (!used_right[i]) all[count++] = right->attributes[i];
    *out = (struct relation){all, count, NULL};
    *condition = code_join(a->arena, equal, names->count, " AND ");
    return OK;
}

static void no_filters(struct relation *r)
{
    for (int i = 0; i < r->count; i++) r->attributes[i].filters = false;
}

static const struct node *unaliased(const struct node *n)
{
    while (n->kind == NODE_ALIAS) n = n->items[0];
    return n;
}

/* NATURAL: USING the names that both sides have. */
static const struct node *join_natural(struct analyzer *a, const struct node *n,
                                       const struct relation *left, const struct relation *right)
{
    struct parser p = {.dialect = a->dialect, .arena = a->arena};
    struct node *join = arena_copy(a->arena, n, sizeof *n);
    join->parts = arena_copy(a->arena, n->parts, JOIN_PARTS * sizeof *n->parts);
    join->parts[JOIN_USING] = node_new(&p, NODE_LIST, n->at);
    for (int i = 0; i < left->count; i++) {
        if (!left->attributes[i].name || find_column(right, left->attributes[i].name) < 0) continue;
        struct node *name = node_new(&p, NODE_NAME, n->at);
        name->text = left->attributes[i].name;
        node_add(&p, join->parts[JOIN_USING], name);
    }
    return join;
}

static error join_relation(struct analyzer *a, const struct scope *outer, const struct node *n,
                           const struct relation *before, struct relation *out)
{
    struct arena *arena = a->arena;
    struct relation left, right;
    const struct code *condition = NULL;
    bool cross = strcmp(n->text, "CROSS") == 0;
    bool left_null = *n->text == 'R' || *n->text == 'F',
         right_null = *n->text == 'L' || *n->text == 'F';
    if (n->flag && !a->dialect->spark) return unmapped(n, "NATURAL JOIN");
    TRY(analyze_relation(a, outer, n->parts[JOIN_LEFT], before, &left));
    TRY(analyze_relation(a, outer, n->parts[JOIN_RIGHT], &left, &right));
    if (left_null) no_filters(&left);
    if (right_null) no_filters(&right);
    if (n->flag) n = join_natural(a, n, &left, &right);
    if (n->parts[JOIN_USING]) {
        TRY(join_using(a, n, &left, &right, out, &condition));
    } else {
        out->count = left.count + right.count;
        out->attributes = ARENA_ARRAY(arena, struct attribute, (size_t)out->count + 1);
        memcpy(out->attributes, left.attributes, (size_t)left.count * sizeof *out->attributes);
        memcpy(out->attributes + left.count, right.attributes,
               (size_t)right.count * sizeof *out->attributes);
    }
    if (n->parts[JOIN_ON]) {
        const struct scope sight = {
            .outer = outer, .columns = out->attributes, .count = out->count};
        TRY(analyze_boolean(a, &sight, n->parts[JOIN_ON], "JOIN ON clause", &condition));
        if (unaliased(n->parts[JOIN_RIGHT])->kind == NODE_UNNEST && !cross &&
            n->parts[JOIN_ON]->kind != NODE_BOOLEAN)
            return refuse(n, ERR_USAGE, "NOT_SUPPORTED",
                          "%s JOIN involving UNNEST is only supported with condition ON TRUE",
                          n->text);
    }
    if (*n->text == 'S' || *n->text == 'A')
        out->count = left.count; /* SEMI, ANTI: the left side alone */
    out->code =
        cross ? code_of(arena, "(%c CROSS JOIN %c)", left.code, right.code)
              : code_of(arena, "(%c %s JOIN %c ON %c)", left.code, n->text, right.code, condition);
    return OK;
}

static error subquery_relation(struct analyzer *a, const struct scope *outer, const struct node *n,
                               const struct relation *left, struct relation *out)
{
    struct scope sight = {
        .outer = outer, .columns = left ? left->attributes : NULL, .count = left ? left->count : 0};
    const char *name = new_name(a, "r");
    TRY(analyze_query(a, n->flag ? &sight : outer, n->items[0], out));
    out->code = code_of(a->arena, "%s(%c) AS %s", n->flag ? "LATERAL " : "", out->code, name);
    relation_name(a, out, NULL, name);
    return OK;
}

error analyze_relation(struct analyzer *a, const struct scope *outer, const struct node *n,
                       const struct relation *left, struct relation *out)
{
    *out = (struct relation){0};
    switch (n->kind) {
    case NODE_TABLE:
        return named_relation(a, n, out);
    case NODE_ALIAS:
        return aliased_relation(a, outer, n, left, out);
    case NODE_SUBQUERY:
        return subquery_relation(a, outer, n, left, out);
    case NODE_UNNEST:
        return n->text ? spark_generator(a, outer, n, left, out)
                       : unnest_relation(a, outer, n, left, out);
    default:
        return join_relation(a, outer, n, left, out);
    }
}
