/* What a type in files means for a type in the table: Athena's Parquet reader (Trino's), type by
 * type. The order of the rules is the order of their looking. */
#include "query/lint_internal.h"

enum verdict { READS, RISKS, FAILS };

static bool is_integer(const struct type *t)
{
    return t->kind >= TYPE_TINYINT && t->kind <= TYPE_BIGINT;
}

static const char *text_of(struct arena *arena, const struct type *t)
{
    struct buffer out = {0};
    type_print(&out, t);
    const char *text = arena_text(arena, buffer_span(&out));
    buffer_release(&out);
    return text;
}

static enum verdict decimals(const struct type *written, const struct type *declared)
{
    if (is_integer(written)) return declared->scale == 0 ? RISKS : FAILS;
    if (written->kind != TYPE_DECIMAL) return FAILS;
    bool fits = declared->scale >= written->scale &&
                declared->precision - declared->scale >= written->precision - written->scale;
    return fits ? READS : RISKS;
}

/* Kinds that are not nested. */
static enum verdict judge(const struct type *written, const struct type *declared)
{
    if (declared->kind == TYPE_DECIMAL) return decimals(written, declared);
    if (is_integer(written) && is_integer(declared))
        return written->kind <= declared->kind ? READS : RISKS;
    if (kind_is_text(written->kind) && kind_is_text(declared->kind)) return READS;
    if (written->kind == declared->kind) return READS;
    if (written->kind == TYPE_FLOAT && declared->kind == TYPE_DOUBLE) return READS;
    if (written->kind == TYPE_BINARY && kind_is_text(declared->kind)) return READS;
    if (written->kind == TYPE_TIMESTAMP && declared->kind == TYPE_BIGINT) return RISKS;
    return FAILS;
}

bool type_is_incompatible(const struct type *written, const struct type *declared)
{
    bool nested = type_is_nested(written) || type_is_nested(declared);
    return nested ? written->kind != declared->kind : judge(written, declared) == FAILS;
}

static void tell(struct lint *l, enum verdict v, const char *column, const struct type *written,
                 const struct type *declared, const char *where)
{
    const char *w = text_of(l->arena, written), *d = text_of(l->arena, declared);
    bool narrow = is_integer(written) && is_integer(declared);
    const char *why =
        v == FAILS
            ? "HIVE_BAD_DATA: its type in the files is incompatible with the type defined in "
              "the table schema"
        : narrow
            ? "a value that does not fit fails the query (GENERIC_INTERNAL_ERROR: Value exceeds "
              "MAX_INT)"
        : written->kind == TYPE_TIMESTAMP ? "microseconds are read as plain numbers"
                                          : "values that do not fit fail the query";
    lint_tell(
        l, (struct finding){
               v == FAILS ? LINT_ERROR : LINT_WARNING, narrow ? "narrower integer" : "type", column,
               arena_printf(l->arena, "column %s is %s in %s and %s in the table: %s", column, w,
                            where, d, why),
               arena_printf(l->arena, "declare %s as %s (ALTER TABLE %s.%s REPLACE COLUMNS ...)",
                            column, w, l->table->database, l->table->name),
               arena_printf(l->arena, "write %s as %s (ToType \"%s\" in the job's mapping)", column,
                            d, d)});
}

static void structs(struct lint *l, const char *column, const struct type *written,
                    const struct type *declared, const char *where)
{
    for (int i = 0; i < declared->child_count; i++) {
        const struct field *f = &declared->children[i];
        const char *path = arena_printf(l->arena, "%s.%s", column, f->name);
        for (int k = 0; k < written->child_count; k++)
            if (span_equal_nocase(span_of(written->children[k].name), span_of(f->name)))
                lint_types(l, path, written->children[k].type, f->type, where);
    }
}

void lint_types(struct lint *l, const char *column, const struct type *written,
                const struct type *declared, const char *where)
{
    if (!type_is_nested(written) && !type_is_nested(declared)) {
        enum verdict v = judge(written, declared);
        if (v != READS) tell(l, v, column, written, declared, where);
    } else if (written->kind != declared->kind) {
        tell(l, FAILS, column, written, declared, where);
    } else if (declared->kind == TYPE_STRUCT) {
        structs(l, column, written, declared, where);
    } else {
        for (int i = 0; i < declared->child_count; i++)
            lint_types(l, arena_printf(l->arena, "%s.%s", column, declared->children[i].name),
                       written->children[i].type, declared->children[i].type, where);
    }
}

void lint_range(struct lint *l, const struct field *f, const struct parquet_footer *footer,
                const char *where)
{
    static const int bits[] = {[TYPE_TINYINT] = 8, [TYPE_SMALLINT] = 16, [TYPE_INT] = 32};
    if (f->type->kind < TYPE_TINYINT || f->type->kind > TYPE_INT) return;
    int64_t most = ((int64_t)1 << (bits[f->type->kind] - 1)) - 1, least = -most - 1;
    for (int g = 0; g < footer->group_count; g++)
        for (int i = 0; i < footer->groups[g].chunk_count; i++) {
            const struct parquet_chunk *c = &footer->groups[g].chunks[i];
            if (!span_equal_nocase(c->path, span_of(f->name)) || c->max.size != 8 ||
                c->min.size != 8)
                continue;
            int64_t max = (int64_t)get_le64(c->max.data), min = (int64_t)get_le64(c->min.data);
            if (max <= most && min >= least) continue;
            lint_tell(l, (struct finding){
                             LINT_ERROR, "value out of range", f->name,
                             arena_printf(
                                 l->arena,
                                 "column %s has the value %lld in %s, which its type in the table "
                                 "cannot hold: every query that reads it fails",
                                 f->name, (long long)(max > most ? max : min), where),
                             arena_printf(l->arena, "declare %s as bigint", f->name), NULL});
        }
}
