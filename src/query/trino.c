/* Statements of Trino's dialect: which function runs each. */
#include "query/internal.h"

static trino_action *const actions[] = {
    [DIALECT_SELECT] = select_rows,  [DIALECT_EXPLAIN] = select_rows,
    [DIALECT_INSERT] = insert_into,  [DIALECT_CREATE_TABLE_AS] = create_table_as,
    [DIALECT_UNLOAD] = unload,       [DIALECT_CREATE_VIEW] = create_view,
    [DIALECT_DROP_VIEW] = drop_view, [DIALECT_PREPARE] = prepare,
    [DIALECT_EXECUTE] = execute,     [DIALECT_DEALLOCATE] = deallocate,
};

error trino_run(struct run *run)
{
    struct dialect_statement statement;
    TRY(dialect_parse(&dialect_trino, run->request->text, run->arena, &statement));
    if (statement.verb != DIALECT_SELECT && statement.verb != DIALECT_EXPLAIN &&
        !run->engine->state)
        return fail(ERR_UNSUPPORTED, "only a query can be run over stores that are not a data "
                                     "directory's");
    return actions[statement.verb](run, &statement);
}

error query_check(const char *text)
{
    struct arena arena = {0};
    struct dialect_statement statement;
    error e = hive_is_statement(span_of(text))
                  ? OK
                  : dialect_parse(&dialect_trino, text, &arena, &statement);
    arena_release(&arena);
    return e == ERR_PARSE ? e : OK;
}
