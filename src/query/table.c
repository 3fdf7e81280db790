/* CREATE EXTERNAL TABLE, DROP TABLE and the changes of ALTER TABLE: TableInputs as Athena makes
 * them (Athena User Guide, "CREATE TABLE", "Choose a SerDe for your data"). */
#include "query/internal.h"

#include <ctype.h>

/* ---- formats ---- */

#define HIVE_IO "org.apache.hadoop.hive.ql.io."
#define TEXT_INPUT "org.apache.hadoop.mapred.TextInputFormat"
#define TEXT_OUTPUT HIVE_IO "HiveIgnoreKeyTextOutputFormat"
#define LAZY_SIMPLE "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"

static const struct table_format formats[] = {
    {"textfile", TEXT_INPUT, TEXT_OUTPUT, LAZY_SIMPLE},
    {"parquet", HIVE_IO "parquet.MapredParquetInputFormat",
     HIVE_IO "parquet.MapredParquetOutputFormat", HIVE_IO "parquet.serde.ParquetHiveSerDe"},
    {"orc", HIVE_IO "orc.OrcInputFormat", HIVE_IO "orc.OrcOutputFormat", HIVE_IO "orc.OrcSerde"},
    {"avro", HIVE_IO "avro.AvroContainerInputFormat", HIVE_IO "avro.AvroContainerOutputFormat",
     "org.apache.hadoop.hive.serde2.avro.AvroSerDe"},
    {"sequencefile", "org.apache.hadoop.mapred.SequenceFileInputFormat",
     HIVE_IO "HiveSequenceFileOutputFormat", LAZY_SIMPLE},
    {"rcfile", HIVE_IO "RCFileInputFormat", HIVE_IO "RCFileOutputFormat",
     "org.apache.hadoop.hive.serde2.columnar.LazyBinaryColumnarSerDe"},
    {"ion", "com.amazon.ionhiveserde.formats.IonInputFormat",
     "com.amazon.ionhiveserde.formats.IonOutputFormat", "com.amazon.ionhiveserde.IonHiveSerDe"},
};

const struct table_format *table_format_find(const char *word)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strcmp(word, formats[i].word) == 0) return &formats[i];
    return NULL;
}

/* The words of STORED AS, and what explicit classes take the place of. */
static error format_of(const struct hive_statement *s, struct table_format *out)
{
    const struct table_format *format = table_format_find(s->format ? s->format : "textfile");
    if (!format)
        return fail(ERR_USAGE,
                    "FAILED: SemanticException Unrecognized file format in STORED AS "
                    "clause: '%s'",
                    s->format);
    *out = *format;
    if (s->input_format) out->input = s->input_format, out->output = s->output_format;
    if (s->serde) out->serde = s->serde;
    return OK;
}

/* ---- documents ---- */

static json_t *columns_document(const struct hive_columns *columns)
{
    json_t *list = json_array();
    for (size_t i = 0; i < columns->count; i++)
        json_array_append_new(list, json_pack("{s:s, s:s, s:s*}", "Name", columns->items[i].name,
                                              "Type", columns->items[i].type, "Comment",
                                              columns->items[i].comment));
    return list;
}

static void properties_add(json_t *map, const struct hive_properties *properties)
{
    for (size_t i = 0; i < properties->count; i++)
        json_object_set_new(map, properties->items[i].key, json_string(properties->items[i].value));
}

static json_t *descriptor_document(const struct hive_statement *s, const struct table_format *format)
{
    json_t *parameters = json_object(), *buckets = json_array();
    properties_add(parameters, &s->serde_properties);
    if (!json_object_get(parameters, "serialization.format"))
        json_object_set_new(parameters, "serialization.format", json_string("1"));
    for (size_t i = 0; i < s->bucket_column_count; i++)
        json_array_append_new(buckets, json_string(s->bucket_columns[i]));
    return json_pack("{s:o, s:s, s:s, s:s, s:b, s:I, s:{s:s, s:o}, s:o, s:[], s:{}, s:b}",
                     "Columns", columns_document(&s->columns), "Location", s->location,
                     "InputFormat", format->input, "OutputFormat", format->output, "Compressed", 0,
                     "NumberOfBuckets", (json_int_t)(s->buckets ? s->buckets : -1), "SerdeInfo",
                     "SerializationLibrary", format->serde, "Parameters", parameters,
                     "BucketColumns", buckets, "SortColumns", "Parameters",
                     "StoredAsSubDirectories", 0);
}

static json_t *table_input(const struct hive_statement *s, const struct table_format *format)
{
    json_t *parameters = json_object();
    properties_add(parameters, &s->properties);
    json_object_set_new(parameters, "EXTERNAL", json_string("TRUE"));
    json_object_set_new(parameters, "transient_lastDdlTime",
                        json_sprintf("%lld", (long long)(now_us() / US_PER_SECOND)));
    if (s->comment) json_object_set_new(parameters, "comment", json_string(s->comment));
    return json_pack("{s:s, s:s*, s:s, s:s, s:i, s:o, s:o, s:o}", "Name", s->table, "Description",
                     s->comment, "Owner", "hadoop", "TableType", "EXTERNAL_TABLE", "Retention", 0,
                     "Parameters", parameters, "StorageDescriptor", descriptor_document(s, format),
                     "PartitionKeys", columns_document(&s->partition_keys));
}

/* ---- CREATE ---- */

static error duplicates_check(const struct hive_statement *s)
{
    const struct hive_columns *lists[] = {&s->columns, &s->partition_keys};
    for (size_t n = 0; n < s->columns.count + s->partition_keys.count; n++) {
        const struct hive_columns *list = lists[n >= s->columns.count];
        const char *name = list->items[n >= s->columns.count ? n - s->columns.count : n].name;
        for (size_t k = 0; k < n; k++) {
            const struct hive_columns *before = lists[k >= s->columns.count];
            size_t at = k >= s->columns.count ? k - s->columns.count : k;
            if (strcmp(before->items[at].name, name) != 0) continue;
            if (before == list)
                return fail(ERR_USAGE,
                            "FAILED: SemanticException [Error 10036]: Duplicate column "
                            "name: %s",
                            name);
            return fail(ERR_USAGE, "FAILED: SemanticException [Error 10035]: Column repeated in "
                                   "partitioning columns");
        }
    }
    return OK;
}

static error create_check(struct run *run, const struct hive_statement *s)
{
    if (!s->external)
        return fail(ERR_UNSUPPORTED,
                    "FAILED: SemanticException CREATE TABLE without EXTERNAL makes "
                    "managed tables, which are not supported: say CREATE EXTERNAL "
                    "TABLE");
    if (s->columns.count == 0)
        return fail(ERR_USAGE, "FAILED: SemanticException [Error 10043]: Either list of columns or "
                               "a custom serializer should be specified");
    TRY(duplicates_check(s));
    if (!s->location)
        return execution_error(ERR_USAGE, "MetaException(message:No location: the statement needs "
                                          "LOCATION 's3://BUCKET/FOLDER/')");
    return location_check(run, s->location);
}

error create_table(struct run *run, const struct hive_statement *s)
{
    struct table_format format = {0};
    struct catalog *catalog = run->engine->catalog;
    const char *database = database_of(run, s);
    TRY(create_check(run, s));
    TRY(format_of(s, &format));
    json_t *input = table_input(s, &format);
    error e = catalog->ops->create_table(catalog, database, input);
    json_decref(input);
    if (e == ERR_ALREADY_EXISTS && s->lenient) return OK;
    return e == OK ? OK : catalog_error(e, database, s->table);
}

error drop_table(struct run *run, const struct hive_statement *s)
{
    const char *database = database_of(run, s);
    json_t *document;
    struct catalog *catalog = run->engine->catalog;
    error e = catalog->ops->get_table(catalog, database, s->table, &document);
    if (e == OK) {
        const char *type = json_text(document, "TableType");
        bool view = type && strcmp(type, "VIRTUAL_VIEW") == 0;
        json_decref(document);
        if (view)
            return execution_error(ERR_USAGE, "%s.%s is a view: use DROP VIEW", database, s->table);
        e = catalog_delete_table(catalog, database, s->table);
    }
    if (e == ERR_ENTITY_NOT_FOUND && s->lenient) return OK;
    return e == OK ? OK : catalog_error(e, database, s->table);
}

/* ---- ALTER ---- */

static error update(struct run *run, const struct hive_statement *s, json_t *input)
{
    const char *database = database_of(run, s);
    struct catalog *catalog = run->engine->catalog;
    json_object_set_new(json_object_get(input, "Parameters"), "transient_lastDdlTime",
                        json_sprintf("%lld", (long long)(now_us() / US_PER_SECOND)));
    error e = catalog->ops->update_table(catalog, database, s->table, input);
    return e == OK ? OK : catalog_error(e, database, s->table);
}

static error input_read(struct run *run, const struct hive_statement *s, json_t **out)
{
    json_t *document;
    TRY(table_document(run, s, &document));
    *out = table_input_of(document);
    if (!json_object_get(*out, "Parameters"))
        json_object_set_new(*out, "Parameters", json_object());
    json_decref(document);
    return OK;
}

error set_properties(struct run *run, const struct hive_statement *s)
{
    json_t *input;
    TRY(input_read(run, s, &input));
    properties_add(json_object_get(input, "Parameters"), &s->properties);
    error e = update(run, s, input);
    json_decref(input);
    return e;
}

static error set_partition_location(struct run *run, const struct hive_statement *s)
{
    json_t *table, *values;
    TRY(table_document(run, s, &table));
    error e = partition_values(run, table, &s->partitions[0], &values);
    if (e == OK) {
        json_t *items = json_pack("[{s:O, s:o}]", "PartitionValueList", values, "PartitionInput",
                                  partition_input(table, values, s->location));
        e = catalog_change_partitions(run->engine->catalog, database_of(run, s), s->table,
                                      PARTITION_UPDATE, items, NULL, NULL);
        json_decref(items);
        if (e != OK) e = catalog_error(e, database_of(run, s), s->table);
    }
    json_decref(table);
    return e;
}

error set_location(struct run *run, const struct hive_statement *s)
{
    json_t *input;
    TRY(location_check(run, s->location));
    if (s->partition_count) return set_partition_location(run, s);
    TRY(input_read(run, s, &input));
    json_object_set_new(json_object_get(input, "StorageDescriptor"), "Location",
                        json_string(s->location));
    error e = update(run, s, input);
    json_decref(input);
    return e;
}

static error column_check(const json_t *columns, const char *name)
{
    for (size_t i = 0; i < json_array_size(columns); i++) {
        const char *other = json_text(json_array_get(columns, i), "Name");
        if (other && span_equal_nocase(span_of(other), span_of(name)))
            return fail(ERR_USAGE,
                        "FAILED: SemanticException [Error 10036]: Duplicate column "
                        "name: %s",
                        name);
    }
    return OK;
}

static error change_columns(struct run *run, const struct hive_statement *s, bool replace)
{
    json_t *input;
    error e = OK;
    TRY(input_read(run, s, &input));
    json_t *descriptor = json_object_get(input, "StorageDescriptor");
    json_t *columns = json_object_get(descriptor, "Columns");
    json_t *added = columns_document(&s->columns);
    for (size_t i = 0; e == OK && i < s->columns.count; i++) {
        e = column_check(json_object_get(input, "PartitionKeys"), s->columns.items[i].name);
        if (e == OK && !replace) e = column_check(columns, s->columns.items[i].name);
    }
    if (e == OK && replace) json_object_set(descriptor, "Columns", added);
    else if (e == OK) json_array_extend(columns, added);
    json_decref(added);
    if (e == OK) e = update(run, s, input);
    json_decref(input);
    return e;
}

error add_columns(struct run *run, const struct hive_statement *s)
{
    return change_columns(run, s, false);
}

error replace_columns(struct run *run, const struct hive_statement *s)
{
    return change_columns(run, s, true);
}
