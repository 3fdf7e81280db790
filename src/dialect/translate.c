/* A statement's query -> DuckDB's SQL, the result's columns, the tables it reads. */
#include "dialect/internal.h"

static const char *column_name(struct arena *arena, const struct attribute *c, int i)
{
    return c->name ? arena_text(arena, span_of(c->name)) : arena_printf(arena, "_col%d", i);
}

/* The query with what the catalog has no type for as text. */
static error result_present(struct analyzer *a, const struct node *at, struct relation *r)
{
    const char *name = new_name(a, "r");
    const struct code **codes = ARENA_ARRAY(a->arena, const struct code *, (size_t)r->count + 1);
    bool same = true;
    for (int i = 0; i < r->count; i++) {
        struct value v = {r->attributes[i].type, code_of(a->arena, "%s.c%d", name, i), at};
        const struct code *before = v.code;
        TRY(present(a, at, &v));
        same = same && v.code == before;
        codes[i] = code_of(a->arena, "%c AS c%d", v.code, i);
    }
    if (!same)
        r->code = code_of(a->arena, "SELECT %c FROM (%c) AS %s",
                          code_join(a->arena, codes, r->count, ", "), r->code, name);
    return OK;
}

static void scans_take(struct analyzer *a, struct dialect_query *out)
{
    struct scan_state **states = (struct scan_state **)(void *)a->scans.data;
    out->scan_count = (int)(a->scans.size / sizeof *states);
    struct dialect_scan *scans =
        ARENA_ARRAY(a->arena, struct dialect_scan, (size_t)out->scan_count + 1);
    for (int i = 0; i < out->scan_count; i++) {
        struct buffer *p = &states[i]->predicates;
        scans[i] = states[i]->scan;
        scans[i].columns = states[i]->columns;
        scans[i].keys = states[i]->keys;
        scans[i].predicate_count = p->size / sizeof(struct predicate);
        scans[i].predicates = arena_copy(a->arena, p->data, p->size);
    }
    out->scans = scans;
}

static bool is_count(const struct node *n)
{
    bool star = n->kind == NODE_CALL &&
                (n->count == 0 || (n->count == 1 && n->items[0]->kind == NODE_STAR));
    if (!star || n->flag || !span_equal_nocase(span_of(n->text), SPAN("count"))) return false;
    for (int i = 0; i < CALL_PARTS; i++)
        if (n->parts[i]) return false;
    return true;
}

/* SELECT count(*) FROM table [WHERE condition], the condition noted as the scan's predicate. */
static bool only_counts(const struct analyzer *a, const struct node *n,
                        const struct dialect_query *q)
{
    static const int absent[] = {SELECT_GROUP, SELECT_HAVING};
    const struct node *select = n->parts[QUERY_BODY];
    if (a->has_view || q->scan_count != 1 || select->kind != NODE_SELECT || select->flag)
        return false;
    for (int i = 0; i < QUERY_PARTS; i++)
        if (i != QUERY_BODY && n->parts[i]) return false;
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++)
        if (select->parts[absent[i]]) return false;
    const struct node *from = select->parts[SELECT_FROM], *items = select->parts[SELECT_ITEMS];
    if (!from || from->count != 1 || items->count != 1 || !is_count(items->items[0]->items[0]))
        return false;
    const struct node *table = from->items[0];
    if (table->kind == NODE_ALIAS && table->count == 1) table = table->items[0];
    return table->kind == NODE_TABLE &&
           q->scans[0].predicate_count == (select->parts[SELECT_WHERE] != NULL);
}

static error translate(struct analyzer *a, const struct dialect_statement *s,
                       struct dialect_query *out)
{
    struct relation r;
    TRY(analyze_query(a, NULL, s->query, &r));
    if (!a->context->stored) TRY(result_present(a, s->query, &r));
    if (r.code->size >= CODE_MAX)
        return refuse(s->query, ERR_LIMIT, "STATEMENT_TOO_LARGE", "the statement is too complex");
    struct dialect_column *columns =
        ARENA_ARRAY(a->arena, struct dialect_column, (size_t)r.count + 1);
    for (int i = 0; i < r.count; i++)
        columns[i] = (struct dialect_column){column_name(a->arena, &r.attributes[i], i),
                                             r.attributes[i].type};
    out->columns = columns;
    out->column_count = r.count;
    out->sql = code_text(a->arena, r.code);
    scans_take(a, out);
    out->counts = only_counts(a, s->query, out);
    return OK;
}

error dialect_translate(const struct dialect_statement *s, const struct dialect_context *context,
                        struct arena *arena, struct dialect_query *out)
{
    struct analyzer a = {.dialect = s->dialect, .context = context, .arena = arena,
                         .database = context->database ? context->database : "default",
                         .now = context->now_us};
    *out = (struct dialect_query){0};
    if (!s->query) return fail(ERR_USAGE, "the statement holds no query");
    if (s->placeholders != context->parameter_count)
        return refuse(s->query, ERR_USAGE, "INVALID_PARAMETER_USAGE",
                      "Incorrect number of parameters: expected %d but found %d", s->placeholders,
                      context->parameter_count);
    if (!a.now) a.now = now_us();
    error e = translate(&a, s, out);
    struct scan_state **states = (struct scan_state **)(void *)a.scans.data;
    for (size_t i = 0; i < a.scans.size / sizeof *states; i++)
        buffer_release(&states[i]->predicates);
    buffer_release(&a.scans);
    return e;
}
