/* CREATE, DROP and ALTER DATABASE. */
#include "query/internal.h"

static json_t *properties_document(const struct hive_properties *properties)
{
    json_t *map = json_object();
    for (size_t i = 0; i < properties->count; i++)
        json_object_set_new(map, properties->items[i].key, json_string(properties->items[i].value));
    return map;
}

error create_database(struct run *run, const struct hive_statement *s)
{
    struct catalog *catalog = run->engine->catalog;
    if (s->location) TRY(location_check(run, s->location));
    json_t *input = json_pack("{s:s, s:s*, s:s*}", "Name", s->database, "Description", s->comment,
                              "LocationUri", s->location);
    if (s->properties.count)
        json_object_set_new(input, "Parameters", properties_document(&s->properties));
    error e = catalog->ops->create_database(catalog, input);
    json_decref(input);
    if (e == ERR_ALREADY_EXISTS && s->lenient) return OK;
    return e == OK ? OK : catalog_error(e, s->database, NULL);
}

static bool count_one(void *context, const char *name, json_t *document)
{
    (void)name;
    (void)document;
    *(bool *)context = true;
    return false;
}

error drop_database(struct run *run, const struct hive_statement *s)
{
    bool filled = false;
    struct catalog *catalog = run->engine->catalog;
    error e = OK;
    if (!s->cascade) e = catalog_scan_tables(catalog, s->database, NULL, count_one, &filled);
    if (filled)
        return execution_error(ERR_INVALID_INPUT,
                               "InvalidOperationException(message:Database %s is not empty. One or "
                               "more tables exist.)", s->database);
    if (e == OK) e = catalog_delete_database(catalog, s->database);
    if (e == ERR_ENTITY_NOT_FOUND && s->lenient) return OK;
    return e == OK ? OK : catalog_error(e, s->database, NULL);
}

error alter_database(struct run *run, const struct hive_statement *s)
{
    static const char *const kept[] = {"Name", "Description", "LocationUri",
                                       "CreateTableDefaultPermissions", NULL};
    struct catalog *catalog = run->engine->catalog;
    json_t *document;
    error e = catalog->ops->get_database(catalog, s->database, &document);
    if (e != OK) return catalog_error(e, s->database, NULL);
    json_t *input = json_object(), *map = properties_document(&s->properties);
    for (int i = 0; kept[i]; i++)
        if (json_object_get(document, kept[i]))
            json_object_set(input, kept[i], json_object_get(document, kept[i]));
    json_object_update_missing(map, json_object_get(document, "Parameters"));
    json_object_set_new(input, "Parameters", map);
    e = catalog_update_database(catalog, s->database, input);
    json_decref(input);
    json_decref(document);
    return e == OK ? OK : catalog_error(e, s->database, NULL);
}
