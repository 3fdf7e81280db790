/* Results that are lines of text. */
#include "query/internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void lines_add(struct lines *l, const char *format, ...)
{
    char line[4096];
    va_list args;
    va_start(args, format);
    int size = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (size >= (int)sizeof line) { /* long ones are rare */
        char *longer = must_alloc((size_t)size + 1);
        va_start(args, format);
        vsnprintf(longer, (size_t)size + 1, format, args);
        va_end(args);
        buffer_append(&l->text, longer, (size_t)size + 1);
        free(longer);
    } else {
        buffer_append(&l->text, line, (size_t)size + 1);
    }
    l->count++;
}

static const struct query_column *columns_told(struct arena *arena, const char *const *names,
                                               int *count)
{
    for (*count = 0; names[*count];) ++*count;
    struct query_column *told = ARENA_ARRAY(arena, struct query_column, (size_t)*count + 1);
    for (int i = 0; i < *count; i++)
        told[i] = (struct query_column){.name = names[i], .type = "string"};
    return told;
}

void lines_send(struct lines *l, const char *const *names)
{
    struct arena *arena = l->run->arena;
    struct field *field = ARENA_NEW(arena, struct field);
    struct schema *schema = ARENA_NEW(arena, struct schema);
    struct query_columns columns = {.schema = schema};
    struct batch_builder builder = {0};
    *field = (struct field){.name = names[0], .type = type_of(TYPE_STRING)};
    *schema = (struct schema){.field_count = 1, .fields = field};
    columns.told = columns_told(arena, names, &columns.told_count);
    l->run->sink->columns(l->run->sink->context, &columns);
    if (l->count) {
        batch_begin(&builder, schema);
        for (const char *p = l->text.data, *end = p + l->text.size; p < end; p += strlen(p) + 1) {
            builder_bytes(&builder.columns[0], span_of(p));
            batch_row_done(&builder);
        }
        l->run->sink->rows(l->run->sink->context, batch_finish(&builder, arena));
        batch_builder_release(&builder);
    }
    buffer_release(&l->text);
}
