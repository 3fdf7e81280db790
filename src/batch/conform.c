/* A batch in another schema: columns by name, cast where the type differs. */
#include "batch/internal.h"

error batch_conform(struct arena *arena, const struct batch *in, const struct schema *to,
                    const struct batch **out)
{
    *out = in;
    if (in->schema == to || schema_equal(in->schema, to)) return OK;
    struct column *columns = ARENA_ARRAY(arena, struct column, (size_t)to->field_count);
    for (int i = 0; i < to->field_count; i++) {
        const struct field *field = &to->fields[i];
        int at = schema_find(in->schema, span_of(field->name));
        const struct column *cast;
        struct cast_report report = {0};
        if (at < 0) {
            columns[i] = column_nulls(arena, field->type, in->rows);
            continue;
        }
        TRY(column_cast(arena, &in->columns[at], field->type, &cast, &report));
        columns[i] = *cast;
    }
    struct batch *batch = ARENA_NEW(arena, struct batch);
    *batch = (struct batch){.schema = to, .rows = in->rows, .columns = columns, .origin = in->origin};
    *out = batch;
    return OK;
}
