/* Statements of Hive's dialect: which function runs each, and the words their errors have in Hive.
 */
#include "query/internal.h"

#include <stdarg.h>
#include <stdio.h>

static hive_action *const actions[] = {
    [HIVE_CREATE_DATABASE] = create_database,
    [HIVE_DROP_DATABASE] = drop_database,
    [HIVE_ALTER_DATABASE] = alter_database,
    [HIVE_CREATE_TABLE] = create_table,
    [HIVE_DROP_TABLE] = drop_table,
    [HIVE_REPAIR_TABLE] = repair_table,
    [HIVE_ADD_PARTITIONS] = add_partitions,
    [HIVE_DROP_PARTITIONS] = drop_partitions,
    [HIVE_RENAME_PARTITION] = rename_partition,
    [HIVE_SET_LOCATION] = set_location,
    [HIVE_SET_PROPERTIES] = set_properties,
    [HIVE_ADD_COLUMNS] = add_columns,
    [HIVE_REPLACE_COLUMNS] = replace_columns,
    [HIVE_SHOW_DATABASES] = show_databases,
    [HIVE_SHOW_TABLES] = show_tables,
    [HIVE_SHOW_VIEWS] = show_views,
    [HIVE_SHOW_PARTITIONS] = show_partitions,
    [HIVE_SHOW_COLUMNS] = show_columns,
    [HIVE_SHOW_CREATE_TABLE] = show_create_table,
    [HIVE_SHOW_CREATE_VIEW] = show_create_view,
    [HIVE_SHOW_PROPERTIES] = show_properties,
    [HIVE_DESCRIBE] = describe,
};

error hive_run(struct run *run)
{
    struct hive_statement statement;
    TRY(hive_parse(run->arena, span_of(run->request->text), &statement));
    return actions[statement.kind](run, &statement);
}

/* ---- names and words ---- */

const char *database_of(const struct run *run, const struct hive_statement *s)
{
    return s->database ? s->database : run->database;
}

#define DDL_TASK                                                                                   \
    "FAILED: Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. "

error execution_error(error code, const char *format, ...)
{
    char text[800];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return fail(code, DDL_TASK "%s", text);
}

error catalog_error(error e, const char *database, const char *table)
{
    char text[800];
    snprintf(text, sizeof text, "%s", error_text());
    if (e == ERR_ENTITY_NOT_FOUND && strstr(text, "Database"))
        return fail(e, "FAILED: SemanticException [Error 10072]: Database does not exist: %s",
                    database);
    if (e == ERR_ENTITY_NOT_FOUND && table)
        return fail(e, "FAILED: SemanticException [Error 10001]: Table not found %s.%s", database,
                    table);
    if (e == ERR_ALREADY_EXISTS)
        return execution_error(e, "AlreadyExistsException(message:%s %s already exists)",
                               table ? "Table" : "Database", table ? table : database);
    if (e == ERR_ACCESS_DENIED || e == ERR_INVALID_INPUT)
        return execution_error(e,
                               "%s (Service: AmazonDataCatalog; Status Code: 400; Error Code: "
                               "%s; Request ID: null; Proxy: null)",
                               text, error_row(e)->name);
    return e;
}

error table_document(struct run *run, const struct hive_statement *s, json_t **out)
{
    const char *database = database_of(run, s);
    struct catalog *catalog = run->engine->catalog;
    error e = catalog->ops->get_table(catalog, database, s->table, out);
    return e == OK ? OK : catalog_error(e, database, s->table);
}

error location_check(struct run *run, const char *location)
{
    const char *bucket, *key;
    if (object_url_parse(run->arena, location, &bucket, &key) != OK)
        return execution_error(ERR_USAGE,
                               "MetaException(message:Got exception: "
                               "java.lang.IllegalArgumentException '%s' is not an "
                               "s3://BUCKET/FOLDER/ location)",
                               location);
    if (strpbrk(key, "*?"))
        return execution_error(ERR_USAGE,
                               "MetaException(message:the location '%s' has a pattern; "
                               "name the folder itself)",
                               location);
    error e = catalog_require_target(run->engine->catalog, NULL, NULL, location);
    return e == OK ? OK : catalog_error(e, NULL, NULL);
}
