/* The builtin module `_sluice`: what the Python side asks of the engine. Arguments and answers are
 * texts, documents as JSON texts, and Python objects only for collected rows. */
#include "script/internal.h"

/* ---- arguments and answers ---- */

static error text_at(py_object *arguments, int at, const char **out)
{
    const struct python *py = script.py;
    ptrdiff_t size;
    *out = NULL;
    if (at < py->PyTuple_Size(arguments))
        *out = py->PyUnicode_AsUTF8AndSize(py->PyTuple_GetItem(arguments, at), &size);
    return *out ? OK : fail(ERR_INTERNAL, "argument %d is no text", at + 1);
}

static error document_at(py_object *arguments, int at, json_t **out)
{
    *out = NULL;
    const char *text;
    TRY(text_at(arguments, at, &text));
    return json_read(span_of(text), out);
}

static py_object *nothing(void)
{
    return script.py->Py_BuildValue("");
}

static py_object *text_object(span text)
{
    return script.py->PyUnicode_FromStringAndSize(text.data, (ptrdiff_t)text.size);
}

/* Takes over the document. */
static py_object *document_object(json_t *document)
{
    struct buffer text = {0};
    json_print(&text, document);
    py_object *object = text_object(buffer_span(&text));
    buffer_release(&text);
    json_decref(document);
    return object;
}

static py_object *raise_error(error e)
{
    const struct python *py = script.py;
    if (py->PyErr_Occurred()) return NULL; /* what Python itself said */
    py->PyErr_SetString(e == ERR_UNSUPPORTED ? *py->PyExc_NotImplementedError
                                             : *py->PyExc_RuntimeError,
                        error_text());
    return NULL;
}

static json_t *schema_document(const struct schema *schema)
{
    struct buffer type = {0};
    json_t *list = json_array();
    for (int i = 0; i < schema->field_count; i++) {
        buffer_reset(&type);
        type_print(&type, schema->fields[i].type);
        json_array_append_new(list, json_pack("[s, o]", schema->fields[i].name,
                                              json_from_span(buffer_span(&type))));
    }
    buffer_release(&type);
    return list;
}

/* ---- small things ---- */

static py_object *builtin_log(py_object *self, py_object *arguments)
{
    const char *level, *text;
    (void)self;
    error e = text_at(arguments, 0, &level);
    if (e == OK) e = text_at(arguments, 1, &text);
    if (e != OK) return raise_error(e);
    log_line(*level == 'E'   ? LOG_ERROR
             : *level == 'W' ? LOG_WARN
             : *level == 'D' ? LOG_DEBUG
                             : LOG_INFO,
             "script", "%s", text);
    return nothing();
}

static py_object *builtin_source(py_object *self, py_object *arguments)
{
    const char *name;
    bool package = false;
    (void)self;
    error e = text_at(arguments, 0, &name);
    if (e != OK) return raise_error(e);
    span text = source_find(name, &package);
    if (!text.data) return nothing();
    return script.py->Py_BuildValue("(NN)", text_object(text), script.py->PyBool_FromLong(package));
}

static py_object *builtin_facts(py_object *self, py_object *arguments)
{
    const struct script_options *o = script.options;
    (void)self, (void)arguments;
    return document_object(json_pack("{s:s*, s:s*, s:s*}", "job", o->job.name, "region", o->region,
                                     "account", o->account));
}

static py_object *builtin_table(py_object *self, py_object *arguments)
{
    const char *database, *name;
    json_t *document = NULL;
    struct catalog *catalog = script.options->job.catalog;
    (void)self;
    error e = text_at(arguments, 0, &database);
    if (e == OK) e = text_at(arguments, 1, &name);
    if (e == OK) e = catalog->ops->get_table(catalog, database, name, &document);
    return e == OK ? document_object(document) : raise_error(e);
}

/* ---- the batch loop ---- */

static error run_window(void *context, const struct window *window, struct pipeline *pipeline)
{
    (void)context;
    script.window = window;
    script.pipeline = pipeline;
    script.py->PyEval_RestoreThread(script.thread);
    error e = builtin_call_batch(window);
    script.thread = script.py->PyEval_SaveThread();
    script.window = NULL;
    script.pipeline = NULL;
    frame_batch_end();
    return e;
}

/* The function answers None, or (whether to try again, what went wrong). */
static error batch_answer(py_object *answer)
{
    const struct python *py = script.py;
    ptrdiff_t size;
    if (py->PyTuple_Size(answer) != 2) {
        py->PyErr_SetString(*py->PyExc_RuntimeError, "");
        py->PyErr_Print();
        return fail(ERR_INTERNAL, "the batch's caller gave no answer");
    }
    bool again = py->PyLong_AsLongLong(py->PyTuple_GetItem(answer, 0)) != 0;
    const char *text = py->PyUnicode_AsUTF8AndSize(py->PyTuple_GetItem(answer, 1), &size);
    if (!text) return fail(ERR_INTERNAL, "the batch's caller gave no text");
    return *text ? fail(again ? ERR_SCRIPT : ERR_STOPPED, "%s", text) : OK;
}

error builtin_call_batch(const struct window *window)
{
    const struct python *py = script.py;
    py_object *arguments = py->Py_BuildValue("(LLN)", (long long)window->batch,
                                             (long long)window->wall_us,
                                             document_object(schema_document(window->schema)));
    py_object *answer = arguments ? py->PyObject_Call(script.function, arguments, NULL) : NULL;
    if (arguments) py->Py_DecRef(arguments);
    if (!answer) {
        py->PyErr_Print();
        return fail(ERR_INTERNAL, "the batch's caller failed");
    }
    error e = batch_answer(answer);
    py->Py_DecRef(answer);
    return e;
}

/* What the run says comes before what the script says. */
static void loop_options(const json_t *options, const struct job_program *program,
                         struct job_options *out)
{
    *out = script.options->job;
    out->program = program;
    if (!out->checkpoint) out->checkpoint = json_text(options, "checkpoint");
    if (out->window_us < 0) out->window_us = json_integer_or(options, "window_us", -1);
    out->retries = (int)json_integer_or(options, "retries", out->retries);
    out->drain = out->drain || json_is_set(options, "drain");
}

static error run_loop(json_t *source, const json_t *options, py_object *function)
{
    struct job_program program = {.run = run_window, .raw = json_is_set(source, "raw")};
    struct job_options job;
    json_object_del(source, "raw");
    if (script.function)
        return fail(ERR_UNSUPPORTED, "a second streaming query: a run has one; start the other as a "
                                     "job of its own");
    loop_options(options, &program, &job);
    script.function = function;
    script.thread = script.py->PyEval_SaveThread();
    error e = job_run(source, &job);
    script.py->PyEval_RestoreThread(script.thread);
    script.function = NULL;
    return e;
}

/* for_each_batch(source node, options, function) -> whether the run was told to stop */
static py_object *builtin_for_each_batch(py_object *self, py_object *arguments)
{
    json_t *source = NULL, *options = NULL;
    (void)self;
    error e = document_at(arguments, 0, &source);
    if (e == OK) e = document_at(arguments, 1, &options);
    if (e == OK) e = run_loop(source, options, script.py->PyTuple_GetItem(arguments, 2));
    json_decref(source);
    json_decref(options);
    if (e != OK) return raise_error(e);
    const atomic_bool *stop = script.options->job.stop;
    return script.py->PyBool_FromLong(stop && atomic_load(stop));
}

/* ---- frames ---- */

/* The answer's rows are the arena's. */
static error plan_rows(py_object *arguments, struct arena *arena, struct sql_rows *rows)
{
    json_t *plan;
    TRY(document_at(arguments, 0, &plan));
    error e = frame_rows(arena, plan, rows);
    json_decref(plan);
    return e;
}

static py_object *builtin_count(py_object *self, py_object *arguments)
{
    struct arena arena = {0};
    struct sql_rows rows;
    int64_t count = 0;
    (void)self;
    error e = plan_rows(arguments, &arena, &rows);
    for (size_t i = 0; e == OK && i < rows.count; i++) count += rows.batches[i]->rows;
    arena_release(&arena);
    return e == OK ? script.py->PyLong_FromLongLong(count) : raise_error(e);
}

static py_object *builtin_rows(py_object *self, py_object *arguments)
{
    struct arena arena = {0};
    struct sql_rows rows;
    (void)self;
    error e = plan_rows(arguments, &arena, &rows);
    py_object *out = e == OK ? value_rows(&rows) : raise_error(e);
    arena_release(&arena);
    return out;
}

static py_object *builtin_schema(py_object *self, py_object *arguments)
{
    struct arena arena = {0};
    const struct schema *schema;
    json_t *plan;
    (void)self;
    error e = document_at(arguments, 0, &plan);
    if (e != OK) return raise_error(e);
    e = frame_schema(&arena, plan, &schema);
    py_object *out = e == OK ? document_object(schema_document(schema)) : raise_error(e);
    json_decref(plan);
    arena_release(&arena);
    return out;
}

static py_object *builtin_keep(py_object *self, py_object *arguments)
{
    json_t *schema = NULL, *lines = NULL;
    int64_t id = 0;
    (void)self;
    error e = document_at(arguments, 0, &schema);
    if (e == OK) e = document_at(arguments, 1, &lines);
    if (e == OK) e = leaf_keep(schema, lines, &id);
    json_decref(schema);
    json_decref(lines);
    return e == OK ? script.py->PyLong_FromLongLong(id) : raise_error(e);
}

static error object_found(const char *url, bool *found)
{
    struct arena arena = {0};
    const char *bucket, *key;
    struct object_info *page;
    size_t count = 0;
    bool more;
    struct object_store *objects = script.options->job.objects;
    error e = object_url_parse(&arena, url, &bucket, &key);
    if (e == OK) e = objects->ops->list(objects, bucket, key, NULL, 1, &arena, &page, &count, &more);
    *found = count > 0;
    arena_release(&arena);
    return e;
}

static py_object *builtin_exists(py_object *self, py_object *arguments)
{
    const char *url;
    bool found = false;
    (void)self;
    error e = text_at(arguments, 0, &url);
    if (e == OK) e = object_found(url, &found);
    return e == OK ? script.py->PyBool_FromLong(found) : raise_error(e);
}

static py_object *builtin_write(py_object *self, py_object *arguments)
{
    json_t *plan = NULL, *target = NULL, *form = NULL;
    (void)self;
    error e = document_at(arguments, 0, &plan);
    if (e == OK) e = document_at(arguments, 1, &target);
    if (e == OK) e = document_at(arguments, 2, &form);
    if (e == OK) e = frame_write(plan, target, form);
    json_decref(plan);
    json_decref(target);
    json_decref(form);
    return e == OK ? nothing() : raise_error(e);
}

/* ---- the table ---- */

static struct py_method methods[] = {
    {"log", builtin_log, PY_VARARGS, NULL},
    {"source", builtin_source, PY_VARARGS, NULL},
    {"facts", builtin_facts, PY_VARARGS, NULL},
    {"table", builtin_table, PY_VARARGS, NULL},
    {"for_each_batch", builtin_for_each_batch, PY_VARARGS, NULL},
    {"count", builtin_count, PY_VARARGS, NULL},
    {"rows", builtin_rows, PY_VARARGS, NULL},
    {"schema", builtin_schema, PY_VARARGS, NULL},
    {"keep", builtin_keep, PY_VARARGS, NULL},
    {"exists", builtin_exists, PY_VARARGS, NULL},
    {"write", builtin_write, PY_VARARGS, NULL},
};

error builtin_install(void)
{
    const struct python *py = script.py;
    py_object *module = py->PyImport_AddModule("_sluice"); /* borrowed: sys.modules has it */
    py_object *names = module ? py->PyModule_GetDict(module) : NULL;
    for (size_t i = 0; names && i < sizeof methods / sizeof *methods; i++) {
        py_object *function = py->PyCFunction_NewEx(&methods[i], NULL, NULL);
        if (!function || py->PyDict_SetItemString(names, methods[i].name, function) != 0)
            names = NULL;
        if (function) py->Py_DecRef(function);
    }
    return names ? OK : fail(ERR_INTERNAL, "Python took no builtin module");
}
