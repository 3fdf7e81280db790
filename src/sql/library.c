/* Finds and loads libduckdb.so. It stays loaded for the process's life: its threads and thread
 * locals do not survive dlclose. */
#include "sql/internal.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

#ifdef __SANITIZE_THREAD__
/* The library is not instrumented: what ThreadSanitizer sees of it are no races. */
const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void)
{
    return "race:duckdb::\nrace:libduckdb.so\nrace:libstdc++.so\ncalled_from_lib:libduckdb.so\n"
           "deadlock:libduckdb.so\nmutex:libduckdb.so\n";
}
#endif

static pthread_mutex_t load_lock = PTHREAD_MUTEX_INITIALIZER;
static struct duck loaded;
static bool is_loaded;

static error symbols_resolve(void *handle, const char *path)
{
#define DUCK_RESOLVE(returns, name, args)                                                          \
    *(void **)&loaded.name = dlsym(handle, "duckdb_" #name);                                       \
    if (!loaded.name) return fail(ERR_UNSUPPORTED, "%s has no function duckdb_" #name, path);
    DUCK_FUNCTIONS(DUCK_RESOLVE)
#undef DUCK_RESOLVE
    const char *version = loaded.library_version();
    if (!span_starts(span_of(version), "v1."))
        return fail(ERR_UNSUPPORTED, "%s is DuckDB %s; version 1 is needed", path, version);
    return OK;
}

static error library_open(const char *path)
{
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!handle) return fail(ERR_UNSUPPORTED, "load the SQL engine: %s", dlerror());
    error e = symbols_resolve(handle, path);
    if (e != OK) dlclose(handle);
    is_loaded = e == OK;
    return e;
}

/* Beside the binary, in its installation, in its build tree. */
static error library_find(struct buffer *path)
{
    static const char *const places[] = {
        "libduckdb.so",
        "../lib/sluice/libduckdb.so",
        "../deps/engine/node_modules/@duckdb/node-bindings-linux-x64/libduckdb.so",
    };
    char binary[4096];
    ssize_t size = readlink("/proc/self/exe", binary, sizeof binary - 1);
    binary[size > 0 ? size : 0] = '\0';
    char *slash = strrchr(binary, '/');
    if (slash) slash[1] = '\0';
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        buffer_reset(path);
        buffer_printf(path, "%s%s", binary, places[i]);
        if (access(buffer_text(path), R_OK) == 0) return OK;
    }
    return fail(ERR_UNSUPPORTED,
                "the SQL engine is not installed: run `npm ci --omit=dev --ignore-scripts` in "
                "deps/engine, or name libduckdb.so in SLUICE_DUCKDB (looked beside %s)", binary);
}

error library_load(const char *path, const struct duck **out)
{
    struct buffer found = {0};
    error e = OK;
    pthread_mutex_lock(&load_lock);
    if (!is_loaded) {
        if (!path) path = getenv("SLUICE_DUCKDB");
        if (!path || !*path) {
            e = library_find(&found);
            path = e == OK ? buffer_text(&found) : NULL;
        }
        if (e == OK) e = library_open(path);
    }
    pthread_mutex_unlock(&load_lock);
    buffer_release(&found);
    *out = &loaded;
    return e;
}
