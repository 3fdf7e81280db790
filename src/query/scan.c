/* Names -> relations of the catalog; scans of a translated query -> their files, without the
 * partitions that its conditions rule out, with row counts where nothing but those is asked. */
#include "query/internal.h"
#include "query/lint_internal.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TAIL_FIRST = 8192 };

/* ---- relations ---- */

static const char *view_row(struct arena *arena, const json_t *columns)
{
    struct buffer text = {0};
    const json_t *column;
    size_t i;
    json_array_foreach(columns, i, column) {
        const char *name = json_text(column, "name"), *type = json_text(column, "type");
        buffer_printf(&text, "%sCAST(NULL AS %s) AS \"", i ? ", " : "SELECT ", type ? type : "?");
        for (; name && *name; name++) {
            if (*name == '"') buffer_append_byte(&text, '"');
            buffer_append_byte(&text, (uint8_t)*name);
        }
        buffer_append_byte(&text, '"');
    }
    const char *row = text.size ? arena_text(arena, buffer_span(&text)) : NULL;
    buffer_release(&text);
    return row;
}

/* What Presto and Athena keep for a view: a comment around base64 of JSON. */
error view_read(struct arena *arena, const char *text, struct dialect_relation *r)
{
    static const char mark[] = "/* Presto View: ";
    if (strncmp(text, mark, sizeof mark - 1) != 0) {
        r->view = arena_text(arena, span_of(text));
        return OK;
    }
    const char *start = text + sizeof mark - 1, *end = strstr(start, " */");
    span coded = {start, end ? (size_t)(end - start) : strlen(start)};
    char *bytes = arena_alloc(arena, base64_decoded_max(coded.size) + 1);
    size_t size;
    json_error_t problem;
    TRY(base64_decode(bytes, &size, coded));
    json_t *view = json_loadb(bytes, size, 0, &problem);
    const char *sql = json_text(view, "originalSql"), *schema = json_text(view, "schema");
    if (sql) r->view = arena_text(arena, span_of(sql));
    if (schema) r->view_database = arena_text(arena, span_of(schema));
    r->view_row = view_row(arena, json_object_get(view, "columns"));
    json_decref(view);
    return sql ? OK
               : fail(ERR_CORRUPT, "INVALID_VIEW: the view %s.%s holds no statement", r->database,
                      r->name);
}

static error relation_read(struct arena *arena, const json_t *document, struct dialect_relation *r)
{
    const char *type = json_text(document, "TableType");
    const char *text = json_text(document, "ViewOriginalText");
    if (type && strcmp(type, "VIRTUAL_VIEW") == 0 && text) return view_read(arena, text, r);
    struct table table;
    TRY(table_parse(arena, document, &table));
    r->schema = schema_copy(arena, table.schema);
    r->partition_keys = schema_copy(arena, table.partition_keys);
    return OK;
}

static error database_check(struct run *run, const char *name)
{
    json_t *document;
    TRY(run->engine->catalog->ops->get_database(run->engine->catalog, name, &document));
    json_decref(document);
    return OK;
}

error query_relation_digest(struct catalog *catalog, const char *database, const char *name,
                            struct arena *arena, const char **digest)
{
    json_t *document;
    TRY(catalog_require(catalog, PERMISSION_SELECT, database, name));
    TRY(catalog->ops->get_table(catalog, database, name, &document));
    *digest = json_digest(arena, document);
    json_decref(document);
    return OK;
}

error relation_find(void *state, const struct dialect_name *name, struct arena *arena,
                    const struct dialect_relation **out, bool *missing_database)
{
    struct run *run = state;
    struct catalog *catalog = run->engine->catalog;
    json_t *document;
    error e = catalog_require(catalog, PERMISSION_SELECT, name->database, name->name);
    if (e == OK) e = catalog->ops->get_table(catalog, name->database, name->name, &document);
    if (e == ERR_ENTITY_NOT_FOUND || e == ERR_NOT_FOUND) {
        *missing_database = database_check(run, name->database) != OK;
        return ERR_NOT_FOUND;
    }
    TRY(e);
    struct dialect_relation *r = ARENA_NEW(arena, struct dialect_relation);
    r->database = arena_text(arena, span_of(name->database));
    r->name = arena_text(arena, span_of(name->name));
    e = relation_read(arena, document, r);
    if (run->request->relations)
        json_array_append_new(run->request->relations,
                              json_pack("[s, s, s]", r->database, r->name,
                                        json_digest(arena, document)));
    json_decref(document);
    *out = r;
    return e;
}

/* ---- footers: row counts, types, bytes: one look at each file ---- */

struct footers {
    struct run *run;
    const struct dialect_scan *scan;
    struct buffer tail;
    struct arena arena; /* of one file */
};

/* The whole footer, or, with `rows`, the number of rows alone. */
static error footer_look(struct footers *f, const char *path, struct parquet_footer **out,
                         int64_t *rows)
{
    struct stat st;
    size_t need = TAIL_FIRST;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return fail_errno("HIVE_CANNOT_OPEN_SPLIT: Error opening Hive split %s", path);
    error e = fstat(fd, &st) == 0 ? ERR_TOO_LARGE : fail_errno("stat %s", path);
    for (int turn = 0; turn < 2 && e == ERR_TOO_LARGE; turn++) { /* a large footer is read twice */
        size_t size = (size_t)st.st_size < need ? (size_t)st.st_size : need;
        buffer_reset(&f->tail);
        buffer_reserve(&f->tail, size);
        ssize_t got = pread(fd, f->tail.data, size, st.st_size - (off_t)size);
        if (got < 0) e = fail_errno("read %s", path);
        else if (rows)
            e = parquet_footer_rows((span){f->tail.data, (size_t)got}, st.st_size, rows, &need);
        else
            e = parquet_footer_read(&f->arena, (span){f->tail.data, (size_t)got}, st.st_size, out,
                                    &need);
    }
    close(fd);
    return e == OK ? OK : fail_context(e, "HIVE_CANNOT_OPEN_SPLIT: %s", path);
}

/* Columns that the query reads, as the file has them; values are judged when they are read. */
static error file_check(struct footers *f, const struct parquet_footer *footer, const char *path)
{
    const struct schema *declared = f->scan->relation->schema;
    for (int i = 0; footer->schema && i < declared->field_count; i++) {
        const struct field *field = &declared->fields[i];
        int at = f->scan->columns[i] ? schema_find(footer->schema, span_of(field->name)) : -1;
        if (at < 0 || !type_is_incompatible(footer->schema->fields[at].type, field->type)) continue;
        struct buffer written = {0}, wanted = {0};
        type_print(&written, footer->schema->fields[at].type);
        dialect_type_print(&wanted, dialect_type_of(&f->arena, field->type));
        error e = fail(ERR_USAGE,
                       "HIVE_BAD_DATA: Field %s's type %s in parquet file %s is incompatible "
                       "with type %s defined in table schema",
                       field->name, buffer_text(&written), path, buffer_text(&wanted));
        buffer_release(&written);
        buffer_release(&wanted);
        return e;
    }
    return OK;
}

static bool is_read(const struct dialect_scan *scan, span path)
{
    const char *dot = memchr(path.data, '.', path.size);
    span top = {path.data, dot ? (size_t)(dot - path.data) : path.size};
    int at = schema_find(scan->relation->schema, top);
    return at >= 0 && scan->columns[at];
}

/* The column chunks that the query reads, as they lie in the file. */
static int64_t footer_bytes(const struct parquet_footer *footer, const struct dialect_scan *scan)
{
    int64_t bytes = 0;
    for (int g = 0; g < footer->group_count; g++)
        for (int i = 0; i < footer->groups[g].chunk_count; i++)
            if (is_read(scan, footer->groups[g].chunks[i].path))
                bytes += footer->groups[g].chunks[i].compressed_bytes;
    return bytes;
}

static error files_check(struct footers *f, struct sql_table *table)
{
    int64_t *scanned = &f->run->outcome->scanned_bytes;
    struct sql_files *sets = (struct sql_files *)(void *)table->files; /* made for this query */
    for (size_t s = 0; s < table->file_sets; s++) {
        sets[s].is_counted = true;
        for (size_t i = 0; i < sets[s].path_count; i++) {
            struct parquet_footer *footer;
            arena_reset(&f->arena);
            TRY(footer_look(f, sets[s].paths[i], &footer, NULL));
            TRY(file_check(f, footer, sets[s].paths[i]));
            sets[s].rows += footer->rows;
            if (!table->held) *scanned += footer_bytes(footer, f->scan);
        }
    }
    return OK;
}

static bool any(const bool *flags, const struct schema *schema)
{
    for (int i = 0; schema && i < schema->field_count; i++)
        if (flags[i]) return true;
    return false;
}

/* ---- counting: a scan that reads no column needs rows alone, which two threads collect ---- */

enum { COUNT_TASK_FILES = 32, COUNT_THREADS = 2 };

struct count_task {
    struct sql_files *set;
    size_t first, count;
    int64_t rows; /* -1: some file could not be read */
};

static error task_count(struct count_task *t)
{
    struct footers f = {0};
    int64_t rows;
    error e = OK;
    t->rows = 0;
    for (size_t i = t->first; i < t->first + t->count && e == OK; i++) {
        e = footer_look(&f, t->set->paths[i], NULL, &rows);
        if (e == OK) t->rows += rows;
    }
    if (e != OK) t->rows = -1;
    buffer_release(&f.tail);
    return e;
}

static void task_run(void *context, int task, int worker)
{
    (void)worker;
    if (task_count((struct count_task *)context + task) != OK)
        return; /* asked again for its words */
}

static error rows_count(struct sql_table *table)
{
    struct sql_files *sets = (struct sql_files *)(void *)table->files; /* made for this query */
    struct buffer tasks = {0};
    struct pool *pool;
    for (size_t s = 0; s < table->file_sets; s++) {
        sets[s].is_counted = true;
        for (size_t i = 0; i < sets[s].path_count; i += COUNT_TASK_FILES) {
            size_t left = sets[s].path_count - i;
            struct count_task t = {&sets[s], i, left < COUNT_TASK_FILES ? left : COUNT_TASK_FILES,
                                   0};
            buffer_append(&tasks, &t, sizeof t);
        }
    }
    struct pool_job job = {.run = task_run, .context = tasks.data,
                           .count = (int)(tasks.size / sizeof(struct count_task))};
    error e = pool_open(&pool, job.count > COUNT_THREADS ? COUNT_THREADS : 1);
    if (e == OK) {
        pool_run(pool, &job);
        pool_close(pool);
    }
    struct count_task *all = (struct count_task *)(void *)tasks.data;
    for (int i = 0; i < job.count && e == OK; i++) {
        if (all[i].rows < 0) e = task_count(&all[i]);
        if (e == OK) all[i].set->rows += all[i].rows;
    }
    buffer_release(&tasks);
    return e;
}

static error footers_look(struct run *run, const struct dialect_scan *scan, struct sql_table *table)
{
    struct footers f = {.run = run, .scan = scan};
    run->outcome->scanned_bytes += table->text_bytes;
    if (!any(scan->columns, scan->relation->schema)) return rows_count(table);
    error e = files_check(&f, table);
    buffer_release(&f.tail);
    arena_release(&f.arena);
    return e;
}

static error bytes_check(const struct run *run)
{
    int64_t most = run->request->bytes_most;
    if (!most || run->outcome->scanned_bytes <= most) return OK;
    return fail(ERR_LIMIT, "Query cancelled! : Bytes scanned limit was exceeded (%lld, limit %lld)",
                (long long)run->outcome->scanned_bytes, (long long)most);
}

/* ---- scans ---- */

static bool partition_matches(void *context, const char *const *values)
{
    return dialect_may_match(context, values);
}

static bool key_values(void *context, int key, struct arena *arena, const char *const **out,
                       size_t *count)
{
    return dialect_key_values(context, key, arena, out, count);
}

error scans_open(struct run *run, const struct dialect_query *query, struct sql_statement *out)
{
    size_t count = (size_t)query->scan_count;
    struct sql_table *tables = ARENA_ARRAY(run->arena, struct sql_table, count + 1);
    bool *columns = ARENA_ARRAY(run->arena, bool, count + 1);
    bool *keys = ARENA_ARRAY(run->arena, bool, count + 1);
    *out = (struct sql_statement){query->sql, tables, count, columns, keys};
    for (size_t i = 0; i < count; i++) {
        const struct dialect_scan *scan = &query->scans[i];
        struct table_filter filter = {partition_matches, key_values, (void *)(uintptr_t)scan};
        TRY(table_scan(run->engine->catalog, run->engine->objects, run->arena,
                       scan->relation->database, scan->relation->name, &filter, &tables[i]));
        columns[i] = any(scan->columns, scan->relation->schema);
        keys[i] = any(scan->keys, scan->relation->partition_keys);
        TRY(footers_look(run, scan, &tables[i]));
    }
    return bytes_check(run);
}
