/* In: a table's columns, partitions and files. Out: the view that stands for it.
 *
 * One read_parquet per partition, with the partition's values as constants (so that a condition on
 * a partition column removes whole branches when the query is planned), joined by UNION ALL; a
 * branch costs the planner 0.2 ms, so a statement that names no partition column gets one scan. The
 * `schema` argument matches a file's columns by name whatever their case, gives them the declared
 * type by an exact cast (a value out of range is an error that names file and column), and NULL
 * where the file has no such column. */
#include "sql/internal.h"

void quote_name(struct buffer *out, const char *name)
{
    buffer_append_byte(out, '"');
    for (; *name; name++) {
        if (*name == '"') buffer_append_byte(out, '"');
        buffer_append_byte(out, (uint8_t)*name);
    }
    buffer_append_byte(out, '"');
}

void quote_text(struct buffer *out, const char *text)
{
    buffer_append_byte(out, '\'');
    for (; *text; text++) {
        if (*text == '\'') buffer_append_byte(out, '\'');
        buffer_append_byte(out, (uint8_t)*text);
    }
    buffer_append_byte(out, '\'');
}

static void duck_type_print(struct buffer *out, const struct type *t)
{
    static const char *const names[TYPE_KINDS] = {
        [TYPE_BOOLEAN] = "BOOLEAN", [TYPE_TINYINT] = "TINYINT", [TYPE_SMALLINT] = "SMALLINT",
        [TYPE_INT] = "INTEGER",     [TYPE_BIGINT] = "BIGINT",   [TYPE_FLOAT] = "FLOAT",
        [TYPE_DOUBLE] = "DOUBLE",   [TYPE_STRING] = "VARCHAR",  [TYPE_CHAR] = "VARCHAR",
        [TYPE_VARCHAR] = "VARCHAR", [TYPE_BINARY] = "BLOB",     [TYPE_DATE] = "DATE",
        [TYPE_TIMESTAMP] = "TIMESTAMP",
    };
    switch (t->kind) {
    case TYPE_DECIMAL:
        buffer_printf(out, "DECIMAL(%d,%d)", t->precision, t->scale);
        break;
    case TYPE_ARRAY:
        duck_type_print(out, t->children[0].type);
        buffer_append_text(out, "[]");
        break;
    case TYPE_MAP:
        buffer_append_text(out, "MAP(");
        duck_type_print(out, t->children[0].type);
        buffer_append_byte(out, ',');
        duck_type_print(out, t->children[1].type);
        buffer_append_byte(out, ')');
        break;
    case TYPE_STRUCT:
        buffer_append_text(out, "STRUCT(");
        for (int i = 0; i < t->child_count; i++) {
            if (i) buffer_append_byte(out, ',');
            quote_name(out, t->children[i].name);
            buffer_append_byte(out, ' ');
            duck_type_print(out, t->children[i].type);
        }
        buffer_append_byte(out, ')');
        break;
    default:
        buffer_append_text(out, names[t->kind]);
    }
}

static bool type_has_binary(const struct type *t)
{
    for (int i = 0; i < t->child_count; i++)
        if (type_has_binary(t->children[i].type)) return true;
    return t->kind == TYPE_BINARY;
}

/* Arguments of read_parquet that are the same for all partitions. */
static void parquet_options_print(struct buffer *out, const struct schema *schema)
{
    struct buffer type = {0};
    bool binary = false;
    buffer_append_text(out, ", hive_partitioning=false");
    for (int i = 0; i < schema->field_count; i++) {
        const struct field *f = &schema->fields[i];
        buffer_append_text(out, i ? ", " : ", schema=MAP {");
        quote_text(out, f->name);
        buffer_append_text(out, ": {name: ");
        quote_text(out, f->name);
        buffer_append_text(out, ", type: ");
        buffer_reset(&type);
        duck_type_print(&type, f->type);
        quote_text(out, buffer_text(&type));
        buffer_append_text(out, ", default_value: NULL}");
        binary = binary || type_has_binary(f->type);
    }
    if (schema->field_count) buffer_append_byte(out, '}');
    /* Old writers leave text unmarked; where no column is declared binary, all of it is text. */
    if (!binary) buffer_append_text(out, ", binary_as_string=true");
    buffer_release(&type);
}

static void column_print(struct buffer *out, const struct field *f)
{
    if (f->type->kind == TYPE_CHAR || f->type->kind == TYPE_VARCHAR) {
        bool padded = f->type->kind == TYPE_CHAR; /* blanks at the end are no part of it */
        buffer_append_text(out, padded ? "rtrim(left(" : "left(");
        quote_name(out, f->name);
        buffer_printf(out, padded ? ", %d), ' ') AS " : ", %d) AS ", f->type->length);
    }
    quote_name(out, f->name);
}

static void constant_print(struct buffer *out, const struct field *f, const char *value)
{
    buffer_append_text(out, "CAST(");
    if (value) quote_text(out, value);
    else buffer_append_text(out, "NULL");
    buffer_append_text(out, " AS ");
    duck_type_print(out, f->type);
    buffer_append_text(out, ") AS ");
    quote_name(out, f->name);
}

/* As many rows as the files hold, with nothing read from them. */
static void counted_print(struct buffer *out, const struct sql_table *table,
                          const struct sql_files *set)
{
    const struct schema *keys = table->partition_keys;
    int columns = table->schema->field_count, key_count = keys ? keys->field_count : 0;
    buffer_append_text(out, "(SELECT ");
    for (int i = 0; i < columns + key_count; i++) {
        if (i) buffer_append_text(out, ", ");
        if (i < columns) constant_print(out, &table->schema->fields[i], NULL);
        else constant_print(out, &keys->fields[i - columns], set->values[i - columns]);
    }
    buffer_printf(out, " FROM range(%lld))", (long long)set->rows);
}

/* One scan of the files of these sets; with more than one, partition columns read NULL. */
static void scan_print(struct buffer *out, const struct sql_table *table,
                       const struct sql_files *const *sets, size_t count, span options)
{
    const struct schema *keys = table->partition_keys;
    int paths = 0, columns = table->schema->field_count, key_count = keys ? keys->field_count : 0;
    buffer_append_text(out, "(SELECT ");
    for (int i = 0; i < columns; i++) {
        if (i) buffer_append_text(out, ", ");
        column_print(out, &table->schema->fields[i]);
    }
    for (int i = 0; i < key_count; i++) {
        if (i + columns) buffer_append_text(out, ", ");
        constant_print(out, &keys->fields[i], count == 1 ? sets[0]->values[i] : NULL);
    }
    buffer_append_text(out, " FROM read_parquet([");
    for (size_t s = 0; s < count; s++)
        for (size_t i = 0; i < sets[s]->path_count; i++) {
            if (paths++) buffer_append_text(out, ", ");
            quote_text(out, sets[s]->paths[i]);
        }
    buffer_append_byte(out, ']');
    buffer_append_span(out, options);
    buffer_append_text(out, "))");
}

/* A balanced tree: the planner walks it by recursion. */
static void union_print(struct buffer *out, const struct sql_table *table,
                        const struct sql_files *const *sets, size_t count, span options)
{
    if (count == 1) {
        if (options.size) scan_print(out, table, sets, 1, options);
        else counted_print(out, table, sets[0]);
        return;
    }
    buffer_append_byte(out, '(');
    union_print(out, table, sets, count / 2, options);
    buffer_append_text(out, " UNION ALL ");
    union_print(out, table, sets + count / 2, count - count / 2, options);
    buffer_append_byte(out, ')');
}

static void empty_print(struct buffer *out, const struct sql_table *table)
{
    const struct schema *schemas[] = {table->schema, table->partition_keys};
    int printed = 0;
    buffer_append_text(out, "SELECT ");
    for (int s = 0; s < 2; s++)
        for (int i = 0; schemas[s] && i < schemas[s]->field_count; i++) {
            if (printed++) buffer_append_text(out, ", ");
            constant_print(out, &schemas[s]->fields[i], NULL);
        }
    buffer_append_text(out, " WHERE false");
}

bool view_is_counted(const struct sql_table *table, bool columns)
{
    if (columns) return false;
    for (size_t i = 0; i < table->file_sets; i++)
        if (table->files[i].path_count && !table->files[i].is_counted) return false;
    return true;
}

/* Rows of all sets as if they were one, when their partition values do not matter. */
static struct sql_files sets_merge(const struct sql_files *const *sets, size_t count)
{
    struct sql_files all = *sets[0];
    for (size_t i = 1; i < count; i++) all.rows += sets[i]->rows;
    return all;
}

void view_create(struct buffer *out, size_t index, const struct sql_table *table, bool columns,
                 bool keys)
{
    struct buffer options = {0}, kept = {0};
    for (size_t i = 0; i < table->file_sets; i++) {
        const struct sql_files *files = &table->files[i];
        if (files->path_count) buffer_append(&kept, &files, sizeof files);
    }
    const struct sql_files *const *sets = (const struct sql_files *const *)(void *)kept.data;
    size_t count = kept.size / sizeof *sets;
    buffer_printf(out, "CREATE VIEW scan.\"%zu\" AS ", index);
    bool counted = view_is_counted(table, columns);
    if (!counted) parquet_options_print(&options, table->schema);
    if (count == 0) {
        empty_print(out, table);
    } else if (counted && !keys) {
        struct sql_files all = sets_merge(sets, count);
        counted_print(out, table, &all);
    } else if (counted || keys) {
        union_print(out, table, sets, count, buffer_span(&options));
    } else {
        scan_print(out, table, sets, count, buffer_span(&options));
    }
    buffer_release(&options);
    buffer_release(&kept);
}
