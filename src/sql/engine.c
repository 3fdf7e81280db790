/* Sessions: a query gets an in-memory database of its own, in which its tables are views and
 * which, before the query runs, is locked to exactly the files of those tables. */
#include "sql/internal.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- errors ---- */

static error code_of(enum duck_error_type type)
{
    switch (type) {
    case DUCK_ERROR_OUT_OF_RANGE:
    case DUCK_ERROR_CONVERSION:
        return ERR_PARSE;
    case DUCK_ERROR_NOT_IMPLEMENTED:
        return ERR_UNSUPPORTED;
    case DUCK_ERROR_IO:
        return ERR_IO;
    case DUCK_ERROR_INTERRUPT:
        return ERR_STOPPED;
    case DUCK_ERROR_FATAL:
    case DUCK_ERROR_INTERNAL:
        return ERR_INTERNAL;
    case DUCK_ERROR_OUT_OF_MEMORY:
        return ERR_MEMORY;
    case DUCK_ERROR_PERMISSION:
        return ERR_ACCESS_DENIED;
    }
    return ERR_USAGE;
}

error duck_fail_text(const char *text)
{
    return fail(ERR_USAGE, "%s", text ? text : "the SQL engine gave no reason");
}

error duck_fail(const struct duck *duck, struct duck_result *result)
{
    const char *text = duck->result_error(result);
    error code = code_of(duck->result_error_type(result));
    return fail(code, "%s", text ? text : "the SQL engine gave no reason");
}

/* ---- sessions ---- */

static error config_fill(const struct sql_engine *engine, duck_config config)
{
    char threads[16], memory[32];
    size_t bytes = engine->options.memory_bytes ? engine->options.memory_bytes : (size_t)256 << 20;
    snprintf(threads, sizeof threads, "%d", engine->options.threads);
    snprintf(memory, sizeof memory, "%zuKiB", bytes / 1024);
    const char *const settings[][2] = {
        {"autoinstall_known_extensions", "false"}, /* else s3:// paths try the network */
        {"autoload_known_extensions", "false"},
        {"allow_community_extensions", "false"},
        {"extension_directory", "/dev/null"}, /* else ~/.duckdb is made */
        {"allow_persistent_secrets", "false"},
        {"temp_directory", ""},
        {"max_memory", memory},
        {"threads", threads},
    };
    size_t count = sizeof settings / sizeof *settings - (engine->options.threads <= 0);
    for (size_t i = 0; i < count; i++)
        if (engine->duck->set_config(config, settings[i][0], settings[i][1]) != DUCK_SUCCESS)
            return fail(ERR_UNSUPPORTED, "the SQL engine has no setting %s", settings[i][0]);
    return OK;
}

static error database_open(const struct sql_engine *engine, struct session *s)
{
    duck_config config;
    char *text = NULL;
    if (engine->duck->create_config(&config) != DUCK_SUCCESS)
        return fail(ERR_MEMORY, "the SQL engine made no configuration");
    error e = config_fill(engine, config);
    if (e == OK && engine->duck->open_ext(NULL, &s->database, config, &text) != DUCK_SUCCESS)
        e = fail(ERR_INTERNAL, "open the SQL engine: %s", text ? text : "no reason given");
    if (text) engine->duck->free(text);
    engine->duck->destroy_config(&config);
    if (e == OK && engine->duck->connect(s->database, &s->connection) != DUCK_SUCCESS)
        e = fail(ERR_INTERNAL, "connect to the SQL engine");
    return e;
}

error session_open(const struct sql_engine *engine, struct session *s)
{
    *s = (struct session){.duck = engine->duck};
    error e = database_open(engine, s);
    if (e != OK) session_close(s);
    return e;
}

void session_close(struct session *s)
{
    if (s->connection) s->duck->disconnect(&s->connection);
    if (s->database) s->duck->close(&s->database);
    *s = (struct session){0};
}

error session_run(struct session *s, const char *sql)
{
    struct duck_result result;
    bool good = s->duck->query(s->connection, sql, &result) == DUCK_SUCCESS;
    error e = good ? OK : duck_fail(s->duck, &result);
    s->duck->destroy_result(&result);
    return e;
}

static error text_take(struct session *s, struct duck_result *result, struct buffer *out)
{
    duck_chunk chunk = s->duck->fetch_chunk(*result);
    if (!chunk || s->duck->data_chunk_get_size(chunk) == 0)
        return fail(ERR_INTERNAL, "the SQL engine gave no row");
    const union duck_string *text =
        s->duck->vector_get_data(s->duck->data_chunk_get_vector(chunk, 0));
    buffer_append(out, duck_string_data(text), text->inlined.length);
    s->duck->destroy_data_chunk(&chunk);
    return OK;
}

error session_text(struct session *s, const char *sql, struct buffer *out)
{
    struct duck_result result;
    error e = s->duck->query(s->connection, sql, &result) == DUCK_SUCCESS
                  ? text_take(s, &result, out)
                  : duck_fail(s->duck, &result);
    s->duck->destroy_result(&result);
    return e;
}

/* ---- a query ---- */

/* The engine takes some characters of a path for a pattern, which would match other files. */
static error paths_check(const struct sql_table *table)
{
    for (size_t s = 0; s < table->file_sets; s++)
        for (size_t i = 0; i < table->files[s].path_count; i++)
            if (strpbrk(table->files[s].paths[i], "*?["))
                return fail(ERR_UNSUPPORTED, "a file of table %s has one of *?[ in its path: %s",
                            table->name, table->files[s].paths[i]);
    return OK;
}

/* The tables a statement names, as the caller gave them. */
static error tables_match(const struct statement *statement, const struct sql_table *tables,
                          size_t count, const char *database, const struct sql_table **used)
{
    for (size_t i = 0; i < statement->table_count; i++) {
        struct sql_name name = statement->tables[i];
        const char *in = name.database ? name.database : database;
        used[i] = NULL;
        for (size_t k = 0; k < count && !used[i]; k++)
            if (span_equal_nocase(span_of(tables[k].database), span_of(in)) &&
                span_equal_nocase(span_of(tables[k].name), span_of(name.table)))
                used[i] = &tables[k];
        if (!used[i])
            return fail(ERR_NOT_FOUND,
                        "TABLE_NOT_FOUND: Table 'awsdatacatalog.%s.%s' does not exist",
                        in ? in : "default", name.table);
        TRY(paths_check(used[i]));
    }
    return OK;
}

static const char *schema_of(const char *database)
{
    return database && *database ? database : "main";
}

/* Whether the statement may read one of the table's partition columns. */
static bool partitions_matter(const struct statement *statement, const struct sql_table *table)
{
    if (statement->has_star) return true;
    for (int k = 0; table->partition_keys && k < table->partition_keys->field_count; k++)
        for (size_t i = 0; i < statement->word_count; i++)
            if (span_equal_nocase(span_of(statement->words[i]),
                                  span_of(table->partition_keys->fields[k].name)))
                return true;
    return false;
}

/* Allows the files, creates the databases, forbids everything else, creates the views, and locks.
 * The order is DuckDB's: paths can be allowed only while access is open. */
static void setup_print(struct buffer *sql, const struct statement *statement,
                        const struct sql_table *const *used, const char *database)
{
    size_t count = statement->table_count;
    int paths = 0;
    buffer_append_text(sql, "SET TimeZone='UTC'; SET allowed_paths=[");
    for (size_t i = 0; i < count; i++)
        for (size_t s = 0; s < used[i]->file_sets; s++)
            for (size_t p = 0; p < used[i]->files[s].path_count; p++) {
                if (paths++) buffer_append_byte(sql, ',');
                quote_text(sql, used[i]->files[s].paths[p]);
            }
    buffer_append_text(sql, "]; ATTACH ':memory:' AS awsdatacatalog; USE awsdatacatalog;"
                            "SET enable_external_access=false;");
    for (size_t i = 0; i <= count; i++) {
        buffer_append_text(sql, "CREATE SCHEMA IF NOT EXISTS ");
        quote_name(sql, schema_of(i < count ? used[i]->database : database));
        buffer_append_byte(sql, ';');
    }
    for (size_t i = 0; i < count; i++) {
        size_t k = 0;
        while (used[k] != used[i]) k++;
        if (k < i) continue; /* named with and without its database */
        view_create(sql, schema_of(used[i]->database), used[i],
                    partitions_matter(statement, used[i]));
        buffer_append_byte(sql, ';');
    }
    buffer_append_text(sql, "USE awsdatacatalog.");
    quote_name(sql, schema_of(database));
    buffer_append_text(sql, "; SET lock_configuration=true;");
}

/* The text was judged already; this keeps a second lock on the same door. */
static error statement_prepare(struct session *s, const struct statement *statement,
                               duck_prepared *out)
{
    const struct duck *duck = s->duck;
    duck_statements all = NULL;
    error e = OK;
    *out = NULL;
    duck_index count = duck->extract_statements(s->connection, statement->text, &all);
    if (count != 1)
        e = count ? fail(ERR_USAGE, "a query is one statement, not %d", (int)count)
                  : duck_fail_text(duck->extract_statements_error(all));
    if (e == OK && duck->prepare_extracted_statement(s->connection, all, 0, out) != DUCK_SUCCESS)
        e = duck_fail_text(duck->prepare_error(*out));
    duck->destroy_extracted(&all);
    TRY(e);
    enum duck_statement_type type = duck->prepared_statement_type(*out);
    if (type != (statement->explains ? DUCK_STATEMENT_EXPLAIN : DUCK_STATEMENT_SELECT))
        return fail(ERR_USAGE, "a query is one SELECT, WITH, VALUES or EXPLAIN");
    if (duck->nparams(*out))
        return fail(ERR_USAGE, "the statement has parameters (?), but no values were given");
    return OK;
}

static void running_set(struct sql_engine *engine, duck_connection connection)
{
    pthread_mutex_lock(&engine->lock);
    engine->running = connection;
    pthread_mutex_unlock(&engine->lock);
}

static error session_query(struct sql_engine *engine, struct session *s,
                           const struct statement *statement, const char *setup,
                           struct sql_result **out)
{
    duck_prepared prepared = NULL;
    running_set(engine, s->connection);
    error e = session_run(s, setup);
    if (e == OK) e = statement_prepare(s, statement, &prepared);
    if (e == OK) return result_open(engine, s, prepared, statement, out);
    running_set(engine, NULL);
    if (prepared) engine->duck->destroy_prepare(&prepared);
    session_close(s);
    return e;
}

static error query_in(struct sql_engine *engine, struct arena *arena, const char *text,
                      const struct sql_table *tables, size_t count, const char *database,
                      struct sql_result **out)
{
    struct statement statement;
    struct session session;
    struct buffer setup = {0};
    TRY(statement_read(engine, text, arena, &statement));
    const struct sql_table **used =
        ARENA_ARRAY(arena, const struct sql_table *, statement.table_count);
    TRY(tables_match(&statement, tables, count, database, used));
    TRY(session_open(engine, &session));
    setup_print(&setup, &statement, used, database);
    error e = session_query(engine, &session, &statement, buffer_text(&setup), out);
    buffer_release(&setup);
    return e;
}

error sql_query(struct sql_engine *engine, const char *text, const struct sql_table *tables,
                size_t table_count, const char *default_database, struct sql_result **out)
{
    struct arena arena = {0};
    error e = query_in(engine, &arena, text, tables, table_count, default_database, out);
    arena_release(&arena);
    return e;
}

void sql_interrupt(struct sql_engine *engine)
{
    pthread_mutex_lock(&engine->lock);
    if (engine->running) engine->duck->interrupt(engine->running);
    pthread_mutex_unlock(&engine->lock);
}

/* ---- opening ---- */

error sql_open(const struct sql_options *options, struct sql_engine **out)
{
    const struct duck *duck;
    struct sql_options chosen = options ? *options : (struct sql_options){0};
    TRY(library_load(chosen.library, &duck));
    struct sql_engine *engine = must_calloc(1, sizeof *engine);
    engine->duck = duck;
    engine->options = chosen;
    engine->options.library = NULL;
    pthread_mutex_init(&engine->lock, NULL);
    *out = engine;
    return OK;
}

void sql_close(struct sql_engine *engine)
{
    if (!engine) return;
    session_close(&engine->parser);
    pthread_mutex_destroy(&engine->lock);
    free(engine);
}
