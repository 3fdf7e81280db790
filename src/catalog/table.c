/* In: a Table document of the catalog. Out: its names, location and schemas. Type texts are stored
 * unchecked by Glue, so this is where a bad one is found. */
#include "catalog/catalog.h"

static bool name_is_taken(const struct schema *s, int count, const char *name)
{
    for (int i = 0; i < count; i++)
        if (span_equal_nocase(span_of(s->fields[i].name), span_of(name))) return true;
    return false;
}

static error column_parse(struct arena *arena, const json_t *column, const struct schema *others,
                          int count, struct field *out)
{
    const char *name = json_text(column, "Name"), *type = json_text(column, "Type");
    if (!name || !*name) return fail(ERR_INVALID_INPUT, "column %d has no name", count + 1);
    if (!type) return fail(ERR_INVALID_INPUT, "column %s has no type", name);
    if (name_is_taken(others, count, name))
        return fail(ERR_INVALID_INPUT, "column %s is there twice", name);
    *out = (struct field){.name = arena_text(arena, span_of(name))};
    error e = type_parse(arena, span_of(type), &out->type);
    return e == OK ? OK : fail_context(e, "column %s of type %.100s", name, type);
}

/* `before`: columns whose names these must not repeat, or NULL. */
static error columns_parse(struct arena *arena, const json_t *columns, const struct schema *before,
                           const struct schema **out)
{
    size_t count = json_array_size(columns);
    if (columns && !json_is_array(columns)) return fail(ERR_INVALID_INPUT, "columns are no list");
    if (count > TYPE_FIELDS_MAX)
        return fail(ERR_LIMIT, "%zu columns, limit %d", count, TYPE_FIELDS_MAX);
    struct field *fields = ARENA_ARRAY(arena, struct field, count);
    struct schema *schema = ARENA_NEW(arena, struct schema);
    schema->fields = fields;
    for (size_t i = 0; i < count; i++) {
        TRY(column_parse(arena, json_array_get(columns, i), schema, (int)i, &fields[i]));
        if (before && name_is_taken(before, before->field_count, fields[i].name))
            return fail(ERR_INVALID_INPUT, "partition key %s is a column too", fields[i].name);
    }
    schema->field_count = (int)count;
    *out = schema;
    return OK;
}

static const char *text_in(struct arena *arena, const json_t *object, const char *member)
{
    const char *text = json_text(object, member);
    return text ? arena_text(arena, span_of(text)) : NULL;
}

static error parts_parse(struct arena *arena, const json_t *document, struct table *out)
{
    const json_t *descriptor = json_object_get(document, "StorageDescriptor");
    out->location = text_in(arena, descriptor, "Location");
    out->input_format = text_in(arena, descriptor, "InputFormat");
    out->serde = text_in(arena, json_object_get(descriptor, "SerdeInfo"), "SerializationLibrary");
    out->parameters = json_object_get(document, "Parameters");
    out->descriptor_parameters = json_object_get(descriptor, "Parameters");
    TRY(columns_parse(arena, json_object_get(descriptor, "Columns"), NULL, &out->schema));
    return columns_parse(arena, json_object_get(document, "PartitionKeys"), out->schema,
                         &out->partition_keys);
}

error table_parse(struct arena *arena, const json_t *document, struct table *out)
{
    *out = (struct table){.database = text_in(arena, document, "DatabaseName"),
                          .name = text_in(arena, document, "Name")};
    if (!out->name) return fail(ERR_INVALID_INPUT, "a table document without a name");
    error e = parts_parse(arena, document, out);
    return e == OK ? OK : fail_context(e, "table %s.%s", out->database ? out->database : "",
                                       out->name);
}

error partition_moved(const json_t *partition, const char *from, const char *to, json_t **input)
{
    static const char *const members[] = {"Values", "LastAccessTime", "StorageDescriptor",
                                          "Parameters", "LastAnalyzedTime", NULL};
    const json_t *descriptor = json_object_get(partition, "StorageDescriptor");
    const char *location = json_text(descriptor, "Location");
    *input = NULL;
    if (location && strcmp(location, to) == 0) return OK;
    if (!location || strcmp(location, from) != 0)
        return fail(ERR_CONFLICT, "the partition's location is %s, not %s", location ? location : "none",
                    from);
    *input = json_object();
    for (int i = 0; members[i]; i++) {
        json_t *value = json_object_get(partition, members[i]);
        if (value) json_object_set_new(*input, members[i], json_deep_copy(value));
    }
    json_object_set_new(json_object_get(*input, "StorageDescriptor"), "Location", json_string(to));
    return OK;
}
