/* Compactions while jobs run, fault and die: sluice compact over the simulated lake and catalog. They die at
 * any call, two may be at work at once, and hours are over earlier for some clocks than for others. */
#include "sim.h"

#include "batch/build.h"

#include <stdlib.h>

error compact_work(struct process *p)
{
    json_t *report = NULL;
    bool calm = sim.calm; /* of one that starts in peace more is asked */
    struct compact_options options = {
        .catalog = &p->catalog.base,
        .objects = &p->store.base,
        .database = "db",
        .table = "rows",
        .file_bytes = sim_chance(300) ? 2 << 10 : 64 << 20,
        .grace_us = sim_below(3) * (int64_t)US_PER_SECOND,
        .memory_bytes = 1 << 20,
    };
    error e = job_compact(&options, &report);
    size_t i;
    json_t *partition;
    json_array_foreach(json_object_get(report, "partitions"), i, partition) {
        const char *state = json_text(partition, "state"), *reason = json_text(partition, "reason");
        sim_say("p%d %s: %s %s", p->number, json_text(partition, "location"), state, reason ? reason : "");
        bool settled = strcmp(state, "nothing") == 0 || strcmp(state, "compacted") == 0 ||
                       (strcmp(state, "open") == 0 && strstr(reason, "still open"));
        if (calm && !settled) sim_fail("in peace a partition is %s: %s", state, reason ? reason : "");
        if (strcmp(state, "refused") == 0 && !strstr(reason, "simulated fault"))
            sim_fail("a partition is refused: %s", reason);
    }
    json_decref(report);
    return e;
}

void compact_check(const struct process *p)
{
    error e = p->result;
    bool fine = e == OK || e == ERR_ENTITY_NOT_FOUND; /* the table is not there yet */
    if (!sim.calm) fine |= e == ERR_STOPPED || error_row(e)->retry == RETRY_BACKOFF;
    if (p->overlapped) fine |= e == ERR_NO_SUCH_KEY || e == ERR_CONFLICT || e == ERR_NO_SUCH_UPLOAD;
    fine |= strstr(p->text, "simulated fault") != NULL; /* of before peace came */
    if (!fine) sim_fail("p%d ended with %s: %s", p->number, error_row(e)->code, p->text);
}

/* ---- in the place of table/files.c: by a reader that shares no code with the SQL engine ---- */

static void column_build(struct builder *b, const struct row_column *c, const struct type *type, int64_t row)
{
    if (c->nulls[row]) builder_null(b);
    else if (type->kind == TYPE_STRING) builder_bytes(b, c->texts[row]);
    else builder_int(b, c->ints[row]);
}

static error file_write(struct arena *arena, struct table_writer *w, const struct schema *schema,
                        span bytes, int64_t *rows)
{
    int64_t count;
    struct row_column *columns = ARENA_ARRAY(arena, struct row_column, (size_t)schema->field_count);
    for (int i = 0; i < schema->field_count; i++)
        columns[i] = (struct row_column){.name = schema->fields[i].name,
                                         .is_int = schema->fields[i].type->kind != TYPE_STRING};
    if (!rows_read(arena, bytes, columns, schema->field_count, &count)) return fail(ERR_CORRUPT, "a bad file");
    struct batch_builder builder = {0};
    batch_begin(&builder, schema);
    for (int64_t row = 0; row < count; row++) {
        for (int i = 0; i < schema->field_count; i++)
            column_build(&builder.columns[i], &columns[i], schema->fields[i].type, row);
        batch_row_done(&builder);
    }
    *rows += count;
    error e = table_write(w, batch_finish(&builder, arena));
    batch_builder_release(&builder);
    return e;
}

error table_write_files(struct table_writer *w, struct sql_engine *engine, const struct schema *schema,
                        const char *const *paths, size_t count, int64_t *rows)
{
    struct arena arena = {0};
    error e = OK;
    (void)engine;
    *rows = 0;
    for (size_t i = 0; e == OK && i < count; i++) {
        const struct sim_object *o = sim_object_find(paths[i]);
        e = o ? file_write(&arena, w, schema, o->bytes, rows) : fail(ERR_NO_SUCH_KEY, "no object %s", paths[i]);
    }
    arena_release(&arena);
    return e;
}
