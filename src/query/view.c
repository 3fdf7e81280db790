/* Views: a table without files whose text is a query, as Athena keeps them (a comment around base64
 * of JSON: the query, its schema and its columns). */
#include "query/internal.h"

static const char *view_text(struct run *run, const struct dialect_statement *s,
                             const struct dialect_query *q)
{
    json_t *columns = json_array();
    struct buffer text = {0}, type = {0};
    for (int i = 0; i < q->column_count; i++) {
        buffer_reset(&type);
        dialect_type_print(&type, q->columns[i].type);
        json_array_append_new(columns, json_pack("{s:s, s:s}", "name", q->columns[i].name, "type",
                                                 buffer_text(&type)));
    }
    json_t *view = json_pack("{s:s, s:s, s:s, s:o, s:s*, s:b}", "originalSql", s->query_text,
                             "catalog", "awsdatacatalog", "schema", run->database, "columns",
                             columns, "comment", s->comment, "runAsInvoker", 0);
    json_print(&text, view);
    json_decref(view);
    char *coded = arena_calloc(run->arena, 1, base64_encoded_size(text.size) + 1);
    base64_encode(coded, buffer_span(&text));
    buffer_release(&text);
    buffer_release(&type);
    return arena_printf(run->arena, "/* Presto View: %s */", coded);
}

static error view_columns(struct run *run, const struct dialect_query *q, json_t **out)
{
    *out = json_array();
    for (int i = 0; i < q->column_count; i++) {
        const struct type *type = type_of(TYPE_STRING);
        struct buffer text = {0};
        if (dialect_type_catalog(run->arena, q->columns[i].type, &type) != OK)
            type = type_of(TYPE_STRING); /* json, time and the like are texts to Hive */
        type_print(&text, type);
        json_array_append_new(
            *out, json_pack("{s:s, s:s}", "Name", q->columns[i].name, "Type", buffer_text(&text)));
        buffer_release(&text);
    }
    return OK;
}

static error view_put(struct run *run, const struct dialect_statement *s, const json_t *input)
{
    const char *database = s->target.database ? s->target.database : run->database;
    struct catalog *catalog = run->engine->catalog;
    json_t *old;
    error e = catalog->ops->get_table(catalog, database, s->target.name, &old);
    if (e == ERR_ENTITY_NOT_FOUND) {
        e = catalog->ops->create_table(catalog, database, input);
    } else if (e == OK) {
        const char *type = json_text(old, "TableType");
        bool view = type && strcmp(type, "VIRTUAL_VIEW") == 0;
        json_decref(old);
        if (!view || !s->or_replace)
            return fail(ERR_ALREADY_EXISTS,
                        "%s: line 1:1: %s already exists: 'awsdatacatalog.%s.%s'",
                        view ? "ALREADY_EXISTS" : "TABLE_ALREADY_EXISTS", view ? "View" : "Table",
                        database, s->target.name);
        e = catalog->ops->update_table(catalog, database, s->target.name, input);
    }
    return e == OK ? OK : catalog_error(e, database, s->target.name);
}

error create_view(struct run *run, const struct dialect_statement *s)
{
    struct dialect_context context = {
        .database = run->database, .find = relation_find, .state = run};
    struct dialect_query query;
    json_t *columns;
    TRY(dialect_translate(s, &context, run->arena, &query));
    TRY(view_columns(run, &query, &columns));
    json_t *input = json_pack(
        "{s:s, s:s, s:s, s:s, s:{s:s, s:s}, s:[], s:{s:o, s:s, s:b, s:i, s:{}}}", "Name",
        s->target.name, "TableType", "VIRTUAL_VIEW", "ViewOriginalText", view_text(run, s, &query),
        "ViewExpandedText", "/* Presto View */", "Parameters", "presto_view", "true", "comment",
        "Presto View", "PartitionKeys", "StorageDescriptor", "Columns", columns, "Location", "",
        "Compressed", 0, "NumberOfBuckets", 0, "SerdeInfo");
    error e = view_put(run, s, input);
    json_decref(input);
    return e;
}

error drop_view(struct run *run, const struct dialect_statement *s)
{
    const char *database = s->target.database ? s->target.database : run->database;
    struct catalog *catalog = run->engine->catalog;
    json_t *document;
    error e = catalog->ops->get_table(catalog, database, s->target.name, &document);
    if (e == ERR_ENTITY_NOT_FOUND)
        return s->if_exists
                   ? OK
                   : fail(e,
                          "TABLE_NOT_FOUND: line 1:1: View 'awsdatacatalog.%s.%s' does not "
                          "exist",
                          database, s->target.name);
    if (e != OK) return catalog_error(e, database, s->target.name);
    const char *type = json_text(document, "TableType");
    bool view = type && strcmp(type, "VIRTUAL_VIEW") == 0;
    json_decref(document);
    if (!view)
        return fail(ERR_USAGE,
                    "NOT_SUPPORTED: 'awsdatacatalog.%s.%s' is a table, not a view: use DROP "
                    "TABLE",
                    database, s->target.name);
    e = catalog_delete_table(catalog, database, s->target.name);
    return e == OK ? OK : catalog_error(e, database, s->target.name);
}
