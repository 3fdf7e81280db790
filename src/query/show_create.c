/* SHOW CREATE TABLE and SHOW CREATE VIEW: a statement that makes the same again, line by line. */
#include "query/internal.h"

static const char *member(const json_t *object, const char *name)
{
    const char *text = json_text(object, name);
    return text ? text : "";
}

/* 'text', with what needs it escaped. */
static const char *quoted(struct arena *arena, const char *text)
{
    struct buffer out = {0};
    buffer_append_byte(&out, '\'');
    for (; *text; text++) {
        uint8_t c = (uint8_t)*text;
        if (c == '\'' || c == '\\') buffer_append_byte(&out, '\\');
        if (c == '\n' || c == '\t' || c == '\r')
            buffer_printf(&out, "\\%c", c == '\n' ? 'n' : c == '\t' ? 't' : 'r');
        else if (c < 0x20) buffer_printf(&out, "\\u%04X", c);
        else buffer_append_byte(&out, c);
    }
    buffer_append_byte(&out, '\'');
    text = arena_text(arena, buffer_span(&out));
    buffer_release(&out);
    return text;
}

static void add_columns_lines(struct lines *l, const json_t *columns, const char *last)
{
    struct arena *arena = l->run->arena;
    size_t count = json_array_size(columns);
    for (size_t i = 0; i < count; i++) {
        const json_t *c = json_array_get(columns, i);
        const char *comment = json_text(c, "Comment");
        lines_add(l, "  `%s` %s%s%s%s", member(c, "Name"), member(c, "Type"),
                  comment ? " COMMENT " : "", comment ? quoted(arena, comment) : "",
                  i + 1 < count ? ", " : last);
    }
}

static void add_map_lines(struct lines *l, const json_t *map)
{
    const char *key;
    json_t *value;
    size_t left = json_object_size(map);
    json_object_foreach((json_t *)(uintptr_t)map, key, value)
        lines_add(l, "  %s=%s%s", quoted(l->run->arena, key),
                  quoted(l->run->arena, json_string_value(value)), --left ? ", " : ") ");
}

static void table_lines(struct lines *l, const json_t *table)
{
    struct arena *arena = l->run->arena;
    const json_t *descriptor = json_object_get(table, "StorageDescriptor");
    const json_t *serde = json_object_get(descriptor, "SerdeInfo");
    const json_t *keys = json_object_get(table, "PartitionKeys");
    const json_t *parameters = json_object_get(table, "Parameters");
    const json_t *serde_parameters = json_object_get(serde, "Parameters");
    lines_add(l, "CREATE EXTERNAL TABLE `%s.%s`(", member(table, "DatabaseName"),
              member(table, "Name"));
    add_columns_lines(l, json_object_get(descriptor, "Columns"), ")");
    if (json_text(table, "Description"))
        lines_add(l, "COMMENT %s", quoted(arena, member(table, "Description")));
    if (json_array_size(keys)) {
        lines_add(l, "PARTITIONED BY ( ");
        add_columns_lines(l, keys, ")");
    }
    lines_add(l, "ROW FORMAT SERDE ");
    lines_add(l, "  %s ", quoted(arena, member(serde, "SerializationLibrary")));
    bool plain = json_object_size(serde_parameters) == 1 &&
                 strcmp(member(serde_parameters, "serialization.format"), "1") == 0;
    if (json_object_size(serde_parameters) && !plain) {
        lines_add(l, "WITH SERDEPROPERTIES ( ");
        add_map_lines(l, serde_parameters);
    }
    lines_add(l, "STORED AS INPUTFORMAT ");
    lines_add(l, "  %s ", quoted(arena, member(descriptor, "InputFormat")));
    lines_add(l, "OUTPUTFORMAT ");
    lines_add(l, "  %s", quoted(arena, member(descriptor, "OutputFormat")));
    lines_add(l, "LOCATION");
    lines_add(l, "  %s", quoted(arena, member(descriptor, "Location")));
    json_t *shown = json_copy((json_t *)(uintptr_t)parameters);
    json_object_del(shown, "EXTERNAL"); /* the first line says it */
    if (json_object_size(shown)) {
        lines_add(l, "TBLPROPERTIES (");
        add_map_lines(l, shown);
    }
    json_decref(shown);
}

error show_create_table(struct run *run, const struct hive_statement *s)
{
    static const char *const columns[] = {"createtab_stmt", NULL};
    struct lines lines = {.run = run};
    json_t *table;
    TRY(table_document(run, s, &table));
    table_lines(&lines, table);
    lines_send(&lines, columns);
    json_decref(table);
    return OK;
}

error show_create_view(struct run *run, const struct hive_statement *s)
{
    static const char *const columns[] = {"Create View", NULL};
    struct lines lines = {.run = run};
    struct dialect_relation view = {.database = database_of(run, s), .name = s->table};
    json_t *table;
    TRY(table_document(run, s, &table));
    const char *text = json_text(table, "ViewOriginalText");
    error e = text ? view_read(run->arena, text, &view)
                   : execution_error(ERR_USAGE, "%s.%s is no view", view.database, s->table);
    if (e == OK) {
        lines_add(&lines, "CREATE VIEW %s.%s AS", view.database, s->table);
        lines_add(&lines, "%s", view.view);
        lines_send(&lines, columns);
    }
    json_decref(table);
    return e;
}
