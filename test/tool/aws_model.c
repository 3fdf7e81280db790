/* Prints the operations' tables as JSON, to be compared with AWS's own service model:
 * {"OPERATION": {"served": true, "input": [{"name", "type", "required", "min", "max", "pattern",
 * "values", "of", "keys"}, ...]}, ...} for the service whose X-Amz-Target
 * prefix or signing name is the argument. */
#include "aws/internal.h"

#include <stdio.h>

static json_t *rows_json(const struct member *rows);

static json_t *row_json(const struct member *row)
{
    static const char *const types[] = {"string", "integer", "double", "boolean", "timestamp",
                                        "blob", "list", "map", "structure", "any"};
    json_t *out = json_pack("{s:s, s:b}", "type", types[row->type], "required",
                            row->flags & MEMBER_REQUIRED);
    if (row->name) json_object_set_new(out, "name", json_string(row->name));
    if (row->min != 0 || row->max != 0) {
        json_object_set_new(out, "min", json_real(row->min));
        json_object_set_new(out, "max", json_real(row->max));
    }
    const char *pattern = row->told ? row->told : row->pattern;
    if (pattern) json_object_set_new(out, "pattern", json_string(pattern));
    json_t *values = json_array();
    for (const char *const *v = row->values; v && *v; v++)
        json_array_append_new(values, json_string(*v));
    json_object_set_new(out, "values", values);
    if (row->keys) json_object_set_new(out, "keys", row_json(row->keys));
    if (row->of && row->type == MEMBER_STRUCTURE)
        json_object_set_new(out, "of", rows_json(row->of));
    else if (row->of) json_object_set_new(out, "of", row_json(row->of));
    return out;
}

static json_t *rows_json(const struct member *rows)
{
    json_t *out = json_array();
    for (const struct member *row = rows; row && row->name; row++)
        json_array_append_new(out, row_json(row));
    return out;
}

int main(int count, char **arguments)
{
    const struct service *s = count > 1 ? service_by_target(span_of(arguments[1])) : NULL;
    if (count > 1 && !s) s = service_by_signing_name(span_of(arguments[1]));
    if (!s || !s->operations) return 2;
    json_t *out = json_object();
    for (const struct operation *const *table = s->operations; *table; table++)
        for (const struct operation *o = *table; o->name; o++)
            json_object_set_new(out, o->name, json_pack("{s:b, s:o}", "served", o->run != NULL,
                                                        "input", rows_json(o->input)));
    struct buffer text = {0};
    json_print_pretty(&text, out);
    fwrite(text.data, 1, text.size, stdout);
    buffer_release(&text);
    json_decref(out);
    return 0;
}
