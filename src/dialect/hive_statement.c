/* One statement of Hive's dialect: which it is, and whether Athena has it. */
#include "dialect/hive_internal.h"

enum { STATEMENT_MAX = 262144 };

static const struct {
    const char *word;
    error (*read)(struct reader *, struct hive_statement *);
} statements[] = {
    {"CREATE", read_create}, {"ALTER", read_alter}, {"DROP", read_drop},
    {"MSCK", read_repair},   {"SHOW", read_show},   {"DESCRIBE", read_describe},
    {"DESC", read_describe},
};

/* Hive has them, Athena has not. */
static const char *const refused[] = {
    "GRANT",  "REVOKE", "LOAD", "TRUNCATE", "LOCK",   "UNLOCK",   "EXPORT",
    "IMPORT", "USE",    "SET",  "START",    "COMMIT", "ROLLBACK", "ABORT",
    "RELOAD", "REPL",   "KILL", "CACHE",    "CALL",   "ANALYZE",  NULL};

static error read_statement(struct reader *r, struct hive_statement *s)
{
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) {
        if (!peek_is(r, 0, statements[i].word)) continue;
        clause_begin(r, "ddl statement");
        TRY(statements[i].read(r, s));
        clause_end(r);
        return OK;
    }
    for (int i = 0; refused[i]; i++)
        if (peek_is(r, 0, refused[i]))
            return fail(ERR_UNSUPPORTED, "%s is not supported", refused[i]);
    return no_alternative(r, 0);
}

/* What the grammar lets pass. */
static error judge(const struct hive_statement *s)
{
    if (s->kind == HIVE_REPAIR_TABLE && !s->table)
        return fail(ERR_USAGE, "FAILED: SemanticException MSCK REPAIR TABLE needs a table's name");
    bool values = s->kind == HIVE_ADD_PARTITIONS || s->kind == HIVE_RENAME_PARTITION ||
                  s->kind == HIVE_SET_LOCATION;
    for (size_t i = 0; values && i < s->partition_count; i++)
        for (size_t k = 0; k < s->partitions[i].count; k++)
            if (!s->partitions[i].items[k].operator)
                return fail(ERR_USAGE, "FAILED: SemanticException partition column %s has no value",
                            s->partitions[i].items[k].column);
    return OK;
}

error hive_parse(struct arena *arena, span text, struct hive_statement *out)
{
    struct reader r = {.arena = arena};
    struct token *tokens;
    *out = (struct hive_statement){0};
    if (text.size > STATEMENT_MAX)
        return fail(ERR_LIMIT, "the statement has %zu bytes, limit %d", text.size, STATEMENT_MAX);
    if (utf8_valid_prefix(text) != text.size)
        return fail(ERR_USAGE, "FAILED: ParseException the statement is not valid UTF-8");
    const char *complaint = hive_scan(arena, text, &tokens, &r.count);
    while (r.count && tokens[r.count - 1].kind == TOKEN_OTHER &&
           span_is(tokens[r.count - 1].text, ";"))
        tokens[r.count - 1] = tokens[r.count], r.count--;
    r.tokens = tokens;
    TRY(read_statement(&r, out));
    if (complaint) return fail(ERR_USAGE, "%s", complaint);
    TRY(expect_end(&r));
    return judge(out);
}

/* ---- whose dialect it is ---- */

static bool reads_query(const struct reader *r)
{
    for (size_t k = 0; k + 1 < r->count; k++)
        if (peek_is(r, k, "AS") && peek_in(r, k + 1, "SELECT WITH VALUES TABLE (")) return true;
    return false;
}

static bool is_hive(const struct reader *r)
{
    if (peek_is(r, 0, "CREATE"))
        return !peek_in(r, 1, "VIEW OR PROTECTED") && !(peek_is(r, 1, "TABLE") && reads_query(r));
    if (peek_is(r, 0, "DROP")) return !peek_is(r, 1, "VIEW");
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++)
        if (peek_is(r, 0, statements[i].word)) return true;
    for (int i = 0; refused[i]; i++)
        if (peek_is(r, 0, refused[i])) return true;
    return false;
}

bool hive_is_statement(span text)
{
    struct arena arena = {0};
    struct token *tokens;
    struct reader r = {.arena = &arena};
    hive_scan(&arena, text, &tokens, &r.count);
    r.tokens = tokens;
    bool hive = is_hive(&r);
    arena_release(&arena);
    return hive;
}
