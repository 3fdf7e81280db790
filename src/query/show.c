/* SHOW and DESCRIBE: lines as Hive formats them (MetaDataFormatUtils: fields padded to 20
 * characters, a tabulator between them). */
#include "query/internal.h"

#include <ctype.h>

/* ---- patterns: '*' is any text, '|' is or; case does not matter ---- */

static bool wild(const char *pattern, const char *end, const char *name)
{
    if (pattern == end) return *name == '\0';
    if (*pattern == '*') {
        for (const char *rest = name;; rest++) {
            if (wild(pattern + 1, end, rest)) return true;
            if (*rest == '\0') return false;
        }
    }
    bool same = *name && (*pattern == '.' || tolower((unsigned char)*pattern) ==
                                                 tolower((unsigned char)*name));
    return same && wild(pattern + 1, end, name + 1);
}

static bool matches(const char *pattern, const char *name)
{
    enum { STARS_MAX = 8 };
    int stars = 0;
    for (const char *p = pattern; p && *p; p++) stars += *p == '*';
    if (!pattern) return true;
    if (stars > STARS_MAX) return false;
    for (const char *at = pattern;;) {
        const char *end = at + strcspn(at, "|");
        if (wild(at, end, name)) return true;
        if (!*end) return false;
        at = end + 1;
    }
}

/* ---- names ---- */

struct listing { struct lines lines; const char *pattern; bool views_only; };

static bool list_one(void *context, const char *path, json_t *document)
{
    struct listing *l = context;
    const char *name = json_text(document, "Name"), *type = json_text(document, "TableType");
    (void)path;
    if (l->views_only && (!type || strcmp(type, "VIRTUAL_VIEW") != 0)) return true;
    if (matches(l->pattern, name)) lines_add(&l->lines, "%s", name);
    return true;
}

error show_databases(struct run *run, const struct hive_statement *s)
{
    static const char *const columns[] = {"database_name", NULL};
    struct listing l = {.lines.run = run, .pattern = s->pattern};
    error e = catalog_scan_databases(run->engine->catalog, NULL, list_one, &l);
    if (e == OK) lines_send(&l.lines, columns);
    return e;
}

static error show_names(struct run *run, const struct hive_statement *s, bool views,
                        const char *const *columns)
{
    const char *database = database_of(run, s);
    struct listing l = {.lines.run = run, .pattern = s->pattern, .views_only = views};
    error e = catalog_scan_tables(run->engine->catalog, database, NULL, list_one, &l);
    if (e != OK) return catalog_error(e, database, NULL);
    lines_send(&l.lines, columns);
    return OK;
}

error show_tables(struct run *run, const struct hive_statement *s)
{
    static const char *const columns[] = {"tab_name", NULL};
    return show_names(run, s, false, columns);
}

error show_views(struct run *run, const struct hive_statement *s)
{
    static const char *const columns[] = {"views", NULL};
    return show_names(run, s, true, columns);
}

/* ---- columns ---- */

static const json_t *columns_of(const json_t *table, bool keys)
{
    return keys ? json_object_get(table, "PartitionKeys")
                : json_object_get(json_object_get(table, "StorageDescriptor"), "Columns");
}

static const char *member(const json_t *object, const char *name)
{
    const char *text = json_text(object, name);
    return text ? text : "";
}

error show_columns(struct run *run, const struct hive_statement *s)
{
    static const char *const columns[] = {"field", NULL};
    struct lines lines = {.run = run};
    json_t *table;
    TRY(table_document(run, s, &table));
    for (int keys = 0; keys < 2; keys++)
        for (size_t i = 0; i < json_array_size(columns_of(table, keys)); i++)
            lines_add(&lines, "%-20s", member(json_array_get(columns_of(table, keys), i), "Name"));
    lines_send(&lines, columns);
    json_decref(table);
    return OK;
}

error show_properties(struct run *run, const struct hive_statement *s)
{
    static const char *const columns[] = {"prpt_name", "prpt_value", NULL};
    struct lines lines = {.run = run};
    json_t *table, *value;
    const char *key;
    TRY(table_document(run, s, &table));
    const char *one = s->property ? json_text(json_object_get(table, "Parameters"), s->property)
                                  : NULL;
    if (one) lines_add(&lines, "%s", one);
    else if (s->property)
        lines_add(&lines, "Table %s.%s does not have property: %s", database_of(run, s), s->table,
                  s->property);
    else json_object_foreach(json_object_get(table, "Parameters"), key, value)
        lines_add(&lines, "%s\t%s", key, json_string_value(value));
    lines_send(&lines, columns);
    json_decref(table);
    return OK;
}

/* ---- DESCRIBE ---- */

static void describe_line(struct lines *l, const char *name, const char *type, const char *comment)
{
    lines_add(l, "%-20s\t%-20s\t%-20s", name, type, comment);
}

static void describe_columns(struct lines *l, const json_t *columns)
{
    for (size_t i = 0; i < json_array_size(columns); i++) {
        const json_t *c = json_array_get(columns, i);
        describe_line(l, member(c, "Name"), member(c, "Type"), member(c, "Comment"));
    }
}

static error describe_column(struct lines *l, const json_t *table, const char *column)
{
    for (int keys = 0; keys < 2; keys++)
        for (size_t i = 0; i < json_array_size(columns_of(table, keys)); i++) {
            const json_t *c = json_array_get(columns_of(table, keys), i);
            if (!span_equal_nocase(span_of(member(c, "Name")), span_of(column))) continue;
            describe_line(l, member(c, "Name"), member(c, "Type"),
                          *member(c, "Comment") ? member(c, "Comment") : "from deserializer");
            return OK;
        }
    return execution_error(ERR_USAGE, "cannot find field %s", column);
}

static void describe_map(struct lines *l, const json_t *map)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)map, key, value)
        lines_add(l, "%-20s\t%-20s\t%-20s", "", key, json_string_value(value));
}

/* FORMATTED: what Hive's getTableInformation prints of an external table. */
static void describe_formatted(struct lines *l, const json_t *table)
{
    const json_t *descriptor = json_object_get(table, "StorageDescriptor");
    const json_t *serde = json_object_get(descriptor, "SerdeInfo");
    const char *const rows[][2] = {
        {"Database:", member(table, "DatabaseName")}, {"Owner:", member(table, "Owner")},
        {"Location:", member(descriptor, "Location")}, {"Table Type:", member(table, "TableType")}};
    const char *const storage[][2] = {
        {"SerDe Library:", member(serde, "SerializationLibrary")},
        {"InputFormat:", member(descriptor, "InputFormat")},
        {"OutputFormat:", member(descriptor, "OutputFormat")}};
    lines_add(l, "\t \t ");
    lines_add(l, "# Detailed Table Information\t \t ");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        lines_add(l, "%-20s\t%-20s\t ", rows[i][0], rows[i][1]);
    lines_add(l, "Table Parameters:\t \t ");
    describe_map(l, json_object_get(table, "Parameters"));
    lines_add(l, "\t \t ");
    lines_add(l, "# Storage Information\t \t ");
    for (size_t i = 0; i < sizeof storage / sizeof *storage; i++)
        lines_add(l, "%-20s\t%-20s\t ", storage[i][0], storage[i][1]);
    lines_add(l, "Storage Desc Params:\t \t ");
    describe_map(l, json_object_get(serde, "Parameters"));
}

/* EXTENDED: the Table as one text. */
static void describe_extended(struct lines *l, const json_t *table)
{
    struct buffer text = {0};
    json_print(&text, table);
    lines_add(l, "\t \t ");
    lines_add(l, "Detailed Table Information\t%s\t ", buffer_text(&text));
    buffer_release(&text);
}

static void describe_table(struct lines *l, const struct hive_statement *s, const json_t *table)
{
    describe_columns(l, columns_of(table, false));
    describe_columns(l, columns_of(table, true));
    if (json_array_size(columns_of(table, true))) {
        lines_add(l, "\t \t ");
        lines_add(l, "# Partition Information\t \t ");
        describe_line(l, "# col_name", "data_type", "comment");
        lines_add(l, "\t \t ");
        describe_columns(l, columns_of(table, true));
    }
    if (s->formatted) describe_formatted(l, table);
    if (s->extended) describe_extended(l, table);
}

error describe(struct run *run, const struct hive_statement *s)
{
    static const char *const columns[] = {"col_name", "data_type", "comment", NULL};
    struct lines lines = {.run = run};
    json_t *table;
    TRY(table_document(run, s, &table));
    error e = OK;
    if (s->column) e = describe_column(&lines, table, s->column);
    else describe_table(&lines, s, table);
    if (e == OK) lines_send(&lines, columns);
    json_decref(table);
    return e;
}
