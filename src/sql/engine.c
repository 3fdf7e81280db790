/* Sessions: a query gets an in-memory database of its own, in which its tables are views and
 * which, before the query runs, is locked to exactly the files of those tables. */
#include "sql/function.h"

#include <stdio.h>
#include <stdlib.h>

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

static bool reads_columns(const struct sql_statement *statement, size_t i)
{
    return !statement->reads_columns || statement->reads_columns[i];
}

/* Allows the files, forbids everything else, creates the views, and locks. The order is DuckDB's:
 * paths can be allowed only while access is open. */
static void setup_print(struct buffer *sql, const struct sql_statement *statement)
{
    int paths = 0;
    buffer_append_text(sql, "SET TimeZone='UTC'; SET errors_as_json=false; SET allowed_paths=[");
    for (size_t i = 0; i < statement->table_count; i++) {
        if (view_is_counted(&statement->tables[i], reads_columns(statement, i))) continue;
        for (size_t s = 0; s < statement->tables[i].file_sets; s++)
            for (size_t p = 0; p < statement->tables[i].files[s].path_count; p++) {
                if (paths++) buffer_append_byte(sql, ',');
                quote_text(sql, statement->tables[i].files[s].paths[p]);
            }
    }
    buffer_append_text(sql, "]; SET enable_external_access=false; CREATE SCHEMA scan;");
    for (size_t i = 0; i < statement->table_count; i++) {
        view_create(sql, i, &statement->tables[i], reads_columns(statement, i),
                    !statement->reads_keys || statement->reads_keys[i]);
        buffer_append_byte(sql, ';');
    }
    buffer_append_text(sql, "SET lock_configuration=true;");
}

/* One SELECT or EXPLAIN: whatever the text is, nothing else runs. */
static error statement_prepare(struct session *s, const char *text, duck_prepared *out)
{
    const struct duck *duck = s->duck;
    duck_statements all = NULL;
    error e = OK;
    *out = NULL;
    duck_index count = duck->extract_statements(s->connection, text, &all);
    if (count != 1)
        e = count ? fail(ERR_USAGE, "a query is one statement, not %d", (int)count)
                  : duck_fail_text(duck->extract_statements_error(all));
    if (e == OK && duck->prepare_extracted_statement(s->connection, all, 0, out) != DUCK_SUCCESS)
        e = duck_fail_text(duck->prepare_error(*out));
    duck->destroy_extracted(&all);
    TRY(e);
    enum duck_statement_type type = duck->prepared_statement_type(*out);
    if (type != DUCK_STATEMENT_EXPLAIN && type != DUCK_STATEMENT_SELECT)
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

static error session_query(struct sql_engine *engine, struct session *s, const char *text,
                           const char *setup, struct sql_result **out)
{
    duck_prepared prepared = NULL;
    running_set(engine, s->connection);
    error e = session_run(s, setup);
    if (e == OK) e = statement_prepare(s, text, &prepared);
    if (e == OK) return result_open(engine, s, prepared, out);
    running_set(engine, NULL);
    if (prepared) engine->duck->destroy_prepare(&prepared);
    session_close(s);
    return e;
}

error sql_prepare(struct sql_engine *engine)
{
    struct session *s = &engine->ready;
    if (s->database) return OK;
    TRY(session_open(engine, s));
    error e = functions_register(engine->duck, s->connection);
    if (e != OK) session_close(s);
    return e;
}

error sql_query(struct sql_engine *engine, const struct sql_statement *statement,
                struct sql_result **out)
{
    struct session session;
    struct buffer setup = {0};
    for (size_t i = 0; i < statement->table_count; i++) TRY(paths_check(&statement->tables[i]));
    TRY(sql_prepare(engine));
    session = engine->ready;
    engine->ready = (struct session){0};
    setup_print(&setup, statement);
    error e = session_query(engine, &session, statement->text, buffer_text(&setup), out);
    buffer_release(&setup);
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
    TRY(duck_load(chosen.library, &duck));
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
    session_close(&engine->ready);
    pthread_mutex_destroy(&engine->lock);
    free(engine);
}
