/* The main path of a script: an interpreter of its own, the builtin module, then sluice_boot.py,
 * which runs the script. Batch loops that the script starts are jobs (builtin.c calls job_run). */
#include "script/internal.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

struct script script;

/* ---- keeping a script from hurting the machine ---- */

/* Memory of its own is limited, and the kernel, when it runs out, ends this process first. */
static void limit_process(void)
{
    const rlim_t memory = (rlim_t)4 << 30;
    struct rlimit limit;
#ifdef __SANITIZE_ADDRESS__ /* which takes more than that for its shadow */
    if (false)
#endif
    if (getrlimit(RLIMIT_DATA, &limit) == 0 && memory < limit.rlim_max) {
        limit.rlim_cur = memory;
        setrlimit(RLIMIT_DATA, &limit);
    }
    FILE *file = fopen("/proc/self/oom_score_adj", "we");
    if (file) {
        fputs("500", file);
        fclose(file);
    }
}

/* ---- stopping ----
 * A batch loop looks at the stop mark itself. What a script does outside of one is ended by an
 * exception that a thread of its own throws into it. */

struct watch {
    pthread_t thread;
    unsigned long ident;        /* of the script's thread, as Python counts */
    py_object *exception;
    atomic_bool over;
};

static void *watch_stop(void *context)
{
    enum { LOOK_US = 50 * 1000 };
    struct watch *watch = context;
    const struct python *py = script.py;
    while (!atomic_load(&watch->over)) {
        world->sleep_us(LOOK_US);
        if (!atomic_load(script.options->job.stop)) continue;
        int state = py->PyGILState_Ensure();
        if (!script.function && !atomic_load(&watch->over))
            py->PyThreadState_SetAsyncExc(watch->ident, watch->exception);
        py->PyGILState_Release(state);
        if (!script.function) break;
    }
    return NULL;
}

static bool watch_begin(struct watch *watch, py_object *exception)
{
    *watch = (struct watch){.ident = script.py->PyThread_get_thread_ident(), .exception = exception};
    return script.options->job.stop && exception &&
           pthread_create(&watch->thread, NULL, watch_stop, watch) == 0;
}

/* It may wait for the interpreter, which is given up meanwhile. */
static void watch_end(struct watch *watch)
{
    atomic_store(&watch->over, true);
    void *thread = script.py->PyEval_SaveThread();
    pthread_join(watch->thread, NULL);
    script.py->PyEval_RestoreThread(thread);
}

/* ---- the interpreter ---- */

static error start_python(void)
{
    const struct python *py = script.py;
    int *const flags[] = {py->Py_IgnoreEnvironmentFlag, py->Py_NoSiteFlag,
                          py->Py_NoUserSiteDirectory, py->Py_IsolatedFlag,
                          py->Py_DontWriteBytecodeFlag, py->Py_UTF8Mode};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (flags[i]) *flags[i] = 1;
    wchar_t *home = py->Py_DecodeLocale(python_home(&script.arena), NULL);
    if (!home) return fail(ERR_INTERNAL, "the path of Python's library has no text");
    py->Py_SetPythonHome(home); /* kept by Python; else it asks the first python3 in PATH */
    py->Py_InitializeEx(0);     /* signals are the job's */
    return builtin_install();
}

static py_object *list_of(char *const *texts, int count)
{
    const struct python *py = script.py;
    py_object *list = py->PyList_New(0);
    for (int i = 0; i < count; i++) {
        py_object *text = py->PyUnicode_FromStringAndSize(texts[i], (ptrdiff_t)strlen(texts[i]));
        if (!text) return NULL; /* not UTF-8 */
        py->PyList_Append(list, text);
        py->Py_DecRef(text);
    }
    return list;
}

/* sluice_boot: its functions, by name. */
static error boot(py_object **functions)
{
    const struct python *py = script.py;
    bool package;
    py_object *module = py->PyImport_AddModule("sluice_boot");
    py_object *code = py->Py_CompileString(source_find("sluice_boot", &package).data,
                                           "<sluice>/sluice_boot.py", PY_FILE_INPUT);
    *functions = module ? py->PyModule_GetDict(module) : NULL;
    if (*functions)
        py->PyDict_SetItemString(*functions, "__builtins__", py->PyEval_GetBuiltins());
    py_object *done = code && *functions ? py->PyEval_EvalCode(code, *functions, *functions) : NULL;
    if (code) py->Py_DecRef(code);
    if (!done) {
        py->PyErr_Print();
        return fail(ERR_INTERNAL, "Python did not start: is its standard library installed "
                                  "(`apt-get install libpython3.11-stdlib')?");
    }
    py->Py_DecRef(done);
    return OK;
}

/* Calls a function of sluice_boot with a path and texts; its answer is a text, or None. */
static error call_boot(const char *function, const char *path, char *const *texts, int count,
                       struct buffer *answer, bool *none)
{
    const struct python *py = script.py;
    py_object *functions, *list = list_of(texts, count), *result = NULL;
    ptrdiff_t size;
    TRY(boot(&functions));
    if (!list) return fail(ERR_USAGE, "an argument of the script is not UTF-8");
    py_object *call = py->PyDict_GetItemString(functions, function);
    py_object *arguments = py->Py_BuildValue("(sO)", path, list);
    struct watch watch;
    bool watched = watch_begin(&watch, py->PyDict_GetItemString(functions, "Stopped"));
    if (arguments) result = py->PyObject_Call(call, arguments, NULL);
    if (watched) watch_end(&watch);
    if (!result) {
        py->PyErr_Print();
        return fail(ERR_INTERNAL, "sluice_boot.%s failed", function);
    }
    *none = result == py->PyDict_GetItemString(functions, "NOTHING");
    const char *text = *none ? "" : py->PyUnicode_AsUTF8AndSize(result, &size);
    if (text && !*none) buffer_append(answer, text, (size_t)size);
    return text ? OK : fail(ERR_INTERNAL, "sluice_boot.%s gave no text", function);
}

static error call_script(const struct script_options *options, const char *function,
                         struct buffer *answer, bool *none)
{
    script.options = options;
    TRY(python_load(&script.py));
    TRY(start_python());
    return call_boot(function, options->path, options->arguments, options->argument_count, answer,
                     none);
}

error script_run(const struct script_options *options)
{
    struct buffer message = {0};
    bool none = true;
    if (access(options->path, R_OK) != 0) return fail_errno("script %s", options->path);
    limit_process();
    error e = call_script(options, "run", &message, &none);
    if (e == OK && !none) e = fail(ERR_SCRIPT, "%s", buffer_text(&message));
    buffer_release(&message);
    frame_close();
    arena_release(&script.arena);
    return e;
}

error script_check(const char *path, json_t **problems)
{
    struct script_options options = {.path = path};
    struct buffer answer = {0};
    bool none = true;
    error e = call_script(&options, "check", &answer, &none);
    if (e == OK) e = json_read(buffer_span(&answer), problems);
    buffer_release(&answer);
    return e;
}
