/* What the lake holds -> the catalog: the table a target writes and the partitions of its files.
 * Documents are Glue's TableInput and PartitionInput for Parquet, as Athena's DDL makes them. */
#include "table/table.h"

#define INPUT_FORMAT "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat"
#define OUTPUT_FORMAT "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat"
#define SERDE "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"

static json_t *columns_document(const struct schema *schema)
{
    json_t *columns = json_array();
    struct buffer type = {0}, name = {0};
    for (int i = 0; i < schema->field_count; i++) {
        buffer_reset(&type);
        buffer_reset(&name);
        type_print(&type, schema->fields[i].type);
        for (const char *c = schema->fields[i].name; *c; c++) /* the catalog's names are lower case */
            buffer_append_byte(&name, (uint8_t)(*c >= 'A' && *c <= 'Z' ? *c + 32 : *c));
        json_array_append_new(columns, json_pack("{s:s, s:s}", "Name", buffer_text(&name), "Type",
                                                 buffer_text(&type)));
    }
    buffer_release(&type);
    buffer_release(&name);
    return columns;
}

static json_t *descriptor_document(const struct table_target *target, const char *location)
{
    return json_pack("{s:o, s:s, s:s, s:s, s:b, s:i, s:{s:s, s:{s:s}}}",
                     "Columns", columns_document(target->schema),
                     "Location", location,
                     "InputFormat", INPUT_FORMAT,
                     "OutputFormat", OUTPUT_FORMAT,
                     "Compressed", 0,
                     "NumberOfBuckets", -1,
                     "SerdeInfo",
                     "SerializationLibrary", SERDE,
                     "Parameters", "serialization.format", "1");
}

static error create_table(struct catalog *catalog, const struct table_target *target)
{
    json_t *input = json_pack(
        "{s:s, s:s, s:{s:s, s:s, s:s}, s:o, s:o}",
        "Name", target->table,
        "TableType", "EXTERNAL_TABLE",
        "Parameters", "classification", "parquet", "EXTERNAL", "TRUE", "compressionType", target->codec,
        "StorageDescriptor", descriptor_document(target, target->location),
        "PartitionKeys", columns_document(&target->partition_keys));
    error e = catalog->ops->create_table(catalog, target->database, input);
    json_decref(input);
    if (e == ERR_ALREADY_EXISTS) return OK; /* another run was first */
    if (e == OK) log_line(LOG_INFO, "catalog", "created table %s.%s", target->database, target->table);
    return e;
}

json_t *table_input_of(const json_t *table)
{
    static const char *const members[] = {
        "Name", "Description", "Owner", "LastAccessTime", "LastAnalyzedTime", "Retention",
        "StorageDescriptor", "PartitionKeys", "ViewOriginalText", "ViewExpandedText", "TableType",
        "Parameters", "TargetTable", NULL};
    json_t *input = json_object();
    for (int i = 0; members[i]; i++) {
        json_t *value = json_object_get(table, members[i]);
        if (value) json_object_set_new(input, members[i], json_deep_copy(value));
    }
    return input;
}

/* Columns the target writes and the table lacks; type differences are named in the log. */
static error add_missing_columns(struct catalog *catalog, const struct table_target *target,
                                 const json_t *document, const struct table *table)
{
    json_t *input = table_input_of(document);
    json_t *columns = json_object_get(json_object_get(input, "StorageDescriptor"), "Columns");
    json_t *written = columns_document(target->schema);
    int added = 0;
    for (int i = 0; i < target->schema->field_count; i++) {
        const struct field *field = &target->schema->fields[i];
        int at = schema_find(table->schema, span_of(field->name));
        if (at < 0) {
            json_array_append(columns, json_array_get(written, (size_t)i));
            added++;
        } else if (!type_equal(table->schema->fields[at].type, field->type)) {
            log_line(LOG_WARN, "catalog",
                     "table %s.%s declares column '%s' with another type than the job writes (%s)",
                     target->database, target->table, field->name,
                     json_text(json_array_get(written, (size_t)i), "Type"));
        }
    }
    error e = OK;
    if (added && target->update_schema)
        e = catalog->ops->update_table(catalog, target->database, target->table, input);
    else if (added)
        log_line(LOG_WARN, "catalog", "table %s.%s lacks %d columns that the job writes",
                 target->database, target->table, added);
    json_decref(written);
    json_decref(input);
    return e;
}

error table_ensure(struct catalog *catalog, const struct table_target *target)
{
    json_t *document;
    error e = catalog->ops->get_table(catalog, target->database, target->table, &document);
    if (e == ERR_ENTITY_NOT_FOUND && target->update_schema) return create_table(catalog, target);
    if (e != OK) return e;
    struct arena arena = {0};
    struct table table;
    e = table_parse(&arena, document, &table);
    if (e == OK && table.partition_keys->field_count != target->partition_keys.field_count)
        e = fail(ERR_INVALID_INPUT, "table %s.%s has %d partition keys, the job writes %d",
                 target->database, target->table, table.partition_keys->field_count,
                 target->partition_keys.field_count);
    if (e == OK) e = add_missing_columns(catalog, target, document, &table);
    arena_release(&arena);
    json_decref(document);
    return e;
}

/* s3://bucket/prefix/a=1/b=2/ of a data file. */
static const char *file_folder(struct arena *arena, const struct data_file *file)
{
    const char *slash = strrchr(file->key, '/');
    int length = slash ? (int)(slash - file->key) + 1 : 0;
    return arena_printf(arena, "s3://%s/%.*s", file->bucket, length, file->key);
}

error table_register(struct catalog *catalog, const struct table_target *target,
                     const struct data_file *files, size_t count, int *added)
{
    *added = 0;
    if (target->partition_keys.field_count == 0 || count == 0) return OK;
    struct arena arena = {0};
    json_t *inputs = json_array(), *seen = json_object();
    for (size_t i = 0; i < count; i++) {
        const char *folder = file_folder(&arena, &files[i]);
        if (json_object_get(seen, folder)) continue;
        json_object_set_new(seen, folder, json_null());
        json_t *values = json_array();
        for (int p = 0; p < files[i].partition_count; p++) {
            const char *value = files[i].partition[p].value;
            json_array_append_new(values, json_string(value ? value : HIVE_NULL));
        }
        json_array_append_new(inputs, json_pack("{s:o, s:o}", "Values", values, "StorageDescriptor",
                                                descriptor_document(target, folder)));
    }
    int existed = 0;
    error e = catalog->ops->add_partitions(catalog, target->database, target->table, inputs, added,
                                           &existed);
    json_decref(inputs);
    json_decref(seen);
    arena_release(&arena);
    return e;
}
