/* Finds and loads libduckdb.so. It stays loaded for the process's life: its threads and thread
 * locals do not survive dlclose. */
#include "sql/internal.h"

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

#define DUCK_NAME(returns, name, args) "duckdb_" #name,

static pthread_mutex_t load_lock = PTHREAD_MUTEX_INITIALIZER;
static struct duck loaded;
static struct library library = {
    .table = &loaded, .names = (const char *const[]){DUCK_FUNCTIONS(DUCK_NAME) NULL}};

static error library_open(const char *path)
{
    library.file = path;
    TRY(library_load(&library));
    const char *version = loaded.library_version();
    if (span_starts(span_of(version), "v1.")) return OK;
    library.loaded = false;
    return fail(ERR_UNSUPPORTED, "%s is DuckDB %s; version 1 is needed", path, version);
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

error duck_load(const char *path, const struct duck **out)
{
    struct buffer found = {0};
    error e = OK;
    pthread_mutex_lock(&load_lock);
    if (!library.loaded) {
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
