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
    py_object *arguments = py->Py_BuildValue("(LL)", (long long)window->batch,
                                             (long long)window->wall_us);
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
}

static error run_loop(const json_t *source, const json_t *options, py_object *function)
{
    static const struct job_program program = {.run = run_window};
    struct job_options job;
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

static py_object *count_object(const struct rows *rows)
{
    int64_t count = 0;
    for (size_t i = 0; i < rows->count; i++) count += rows->batches[i]->rows;
    return script.py->PyLong_FromLongLong(count);
}

static py_object *schema_object(const struct rows *rows)
{
    struct buffer type = {0};
    json_t *list = json_array();
    for (int i = 0; i < rows->schema->field_count; i++) {
        buffer_reset(&type);
        type_print(&type, rows->schema->fields[i].type);
        json_array_append_new(list, json_pack("[s, o]", rows->schema->fields[i].name,
                                              json_from_span(buffer_span(&type))));
    }
    buffer_release(&type);
    return document_object(list);
}

/* Evaluates the plan that is the first argument and makes an object of its rows. */
static py_object *with_rows(py_object *arguments, py_object *(*make)(const struct rows *))
{
    struct arena arena = {0};
    struct rows rows;
    json_t *plan = NULL;
    py_object *out = NULL;
    error e = document_at(arguments, 0, &plan);
    if (e == OK) e = frame_rows(&arena, plan, &rows);
    if (e == OK) out = make(&rows);
    else raise_error(e);
    json_decref(plan);
    arena_release(&arena);
    return out;
}

static py_object *builtin_count(py_object *self, py_object *arguments)
{
    (void)self;
    return with_rows(arguments, count_object);
}

static py_object *builtin_rows(py_object *self, py_object *arguments)
{
    (void)self;
    return with_rows(arguments, value_rows);
}

static py_object *builtin_schema(py_object *self, py_object *arguments)
{
    (void)self;
    return with_rows(arguments, schema_object);
}

static py_object *builtin_write(py_object *self, py_object *arguments)
{
    json_t *plan = NULL, *target = NULL;
    (void)self;
    error e = document_at(arguments, 0, &plan);
    if (e == OK) e = document_at(arguments, 1, &target);
    if (e == OK) e = frame_write(plan, target);
    json_decref(plan);
    json_decref(target);
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
