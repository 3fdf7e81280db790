/* The catalog: the tables of one database and their partitions; each change is atomic. */
#include "sim.h"

static struct process *process_of(struct catalog *c)
{
    return ((struct sim_catalog *)c)->process;
}

/* The stream's table, which the job's source names. */
void sim_catalog_reset(void)
{
    json_decref(sim.database_tables);
    json_decref(sim.partitions);
    sim.partitions = json_object();
    sim.database_tables = json_pack(
        "{s:{s:s, s:s, s:{s:[{s:s, s:s}, {s:s, s:s}, {s:s, s:s}], s:{s:s, s:s}}, s:[], s:{s:s}}}",
        "events", "DatabaseName", "db", "Name", "events", "StorageDescriptor", "Columns", "Name",
        "id", "Type", "bigint", "Name", "k", "Type", "string", "Name", "n", "Type", "int",
        "Parameters", "typeOfData", "kinesis", "streamName", "events", "PartitionKeys", "Parameters",
        "classification", "json");
    CHECK(sim.database_tables);
}

static error get_database(struct catalog *base, const char *database, json_t **out)
{
    (void)base;
    *out = json_pack("{s:s}", "Name", database);
    return OK;
}

static error get_table(struct catalog *base, const char *database, const char *table, json_t **out)
{
    (void)database;
    enum fate fate = sim_step(process_of(base), "get_table", table);
    if (fate != FATE_GOOD) return fate == FATE_DEAD ? sim_dead() : sim_fault();
    json_t *found = json_object_get(sim.database_tables, table);
    if (!found) return fail(ERR_ENTITY_NOT_FOUND, "no table %s", table);
    *out = json_deep_copy(found);
    return OK;
}

static error create_database(struct catalog *base, const json_t *input)
{
    (void)base, (void)input;
    return fail(ERR_UNSUPPORTED, "the job creates no database");
}

static error create_table(struct catalog *base, const char *database, const json_t *input)
{
    const char *name = json_text(input, "Name");
    enum fate fate = sim_step(process_of(base), "create_table", name);
    if (fate == FATE_DEAD) return sim_dead();
    if (fate == FATE_FAULT) return sim_fault();
    if (json_object_get(sim.database_tables, name)) return fail(ERR_ALREADY_EXISTS, "table %s", name);
    json_t *document = json_deep_copy(input);
    json_object_set_new(document, "DatabaseName", json_string(database));
    json_object_set_new(sim.database_tables, name, document);
    return fate == FATE_LOST ? sim_fault() : OK;
}

static error update_table(struct catalog *base, const char *database, const char *table,
                          const json_t *input)
{
    enum fate fate = sim_step(process_of(base), "update_table", table);
    if (fate == FATE_DEAD) return sim_dead();
    if (fate == FATE_FAULT) return sim_fault();
    if (!sim.detected) sim_fail("the job updates table %s, whose columns never change", table);
    if (!json_object_get(sim.database_tables, table)) return fail(ERR_ENTITY_NOT_FOUND, "%s", table);
    json_t *document = json_deep_copy(input);
    json_object_set_new(document, "DatabaseName", json_string(database));
    json_object_set_new(sim.database_tables, table, document);
    return fate == FATE_LOST ? sim_fault() : OK;
}

/* Of the partition with these values; NULL: there is none. */
static const char *location_of(json_t *of, const json_t *values)
{
    const char *location;
    json_t *known;
    json_object_foreach(of, location, known)
        if (json_equal(known, values)) return location;
    return NULL;
}

static error add_partitions(struct catalog *base, const char *database, const char *table,
                            const json_t *inputs, int *added, int *existed)
{
    (void)database;
    *added = *existed = 0;
    enum fate fate = sim_step(process_of(base), "add_partitions", table);
    if (fate == FATE_DEAD) return sim_dead();
    if (fate == FATE_FAULT) return sim_fault();
    if (!json_object_get(sim.database_tables, table)) return fail(ERR_ENTITY_NOT_FOUND, "%s", table);
    json_t *of = json_object_get(sim.partitions, table);
    if (!of) json_object_set_new(sim.partitions, table, of = json_object());
    size_t i;
    json_t *input;
    json_array_foreach((json_t *)inputs, i, input) {
        const char *location = json_text(json_object_get(input, "StorageDescriptor"), "Location");
        json_t *values = json_object_get(input, "Values");
        bool known = location_of(of, values) != NULL;
        if (!known) json_object_set_new(of, location, json_deep_copy(values));
        ++*(known ? existed : added);
    }
    return fate == FATE_LOST ? sim_fault() : OK;
}

static error partitions(struct catalog *base, const char *database, const char *table,
                        partition_wanted *wants, bool (*each)(void *context, json_t *partition), void *context)
{
    (void)database;
    enum fate fate = sim_step(process_of(base), "partitions", table);
    if (fate != FATE_GOOD) return fate == FATE_DEAD ? sim_dead() : sim_fault();
    const char *location;
    json_t *values;
    json_object_foreach(json_object_get(sim.partitions, table), location, values) {
        if (wants && !wants(context, values)) continue;
        json_t *partition = json_pack("{s:O, s:{s:s}}", "Values", values, "StorageDescriptor", "Location", location);
        bool more = each(context, partition);
        json_decref(partition);
        if (!more) break;
    }
    return OK;
}

static error move_partition(struct catalog *base, const char *database, const char *table,
                            const json_t *values, const char *from, const char *to)
{
    (void)database;
    enum fate fate = sim_step(process_of(base), "move_partition", to);
    if (fate == FATE_DEAD) return sim_dead();
    if (fate == FATE_FAULT) return sim_fault();
    json_t *of = json_object_get(sim.partitions, table);
    const char *location = location_of(of, values);
    if (!location) return fail(ERR_ENTITY_NOT_FOUND, "no partition at %s", from);
    if (strcmp(location, to) != 0) {
        if (strcmp(location, from) != 0) return fail(ERR_CONFLICT, "the partition is at %s", location);
        oracle_swapped(from, to);
        json_object_del(of, location);
        json_object_set_new(of, to, json_deep_copy(values));
    }
    return fate == FATE_LOST ? sim_fault() : OK;
}

static error tables(struct catalog *base, bool (*each)(void *context, json_t *table), void *context)
{
    enum fate fate = sim_step(process_of(base), "tables", "");
    if (fate != FATE_GOOD) return fate == FATE_DEAD ? sim_dead() : sim_fault();
    const char *name;
    json_t *table;
    json_object_foreach(sim.database_tables, name, table)
        if (!each(context, table)) break;
    return OK;
}

static error remove_partition(struct catalog *base, const char *database, const char *table,
                              const json_t *values)
{
    (void)database;
    enum fate fate = sim_step(process_of(base), "remove_partition", table);
    if (fate == FATE_DEAD) return sim_dead();
    if (fate == FATE_FAULT) return sim_fault();
    json_t *of = json_object_get(sim.partitions, table), *found;
    const char *location;
    void *next;
    json_object_foreach_safe(of, next, location, found)
        if (json_equal(found, values)) json_object_del(of, location);
    return fate == FATE_LOST ? sim_fault() : OK;
}

static void close_catalog(struct catalog *base)
{
    (void)base;
}

const struct catalog_ops sim_catalog_ops = {
    .get_database = get_database,
    .get_table = get_table,
    .create_database = create_database,
    .create_table = create_table,
    .update_table = update_table,
    .add_partitions = add_partitions,
    .partitions = partitions,
    .tables = tables,
    .remove_partition = remove_partition,
    .move_partition = move_partition,
    .close = close_catalog,
};
