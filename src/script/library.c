/* Finds and loads libpython. It stays loaded for the process's life. */
#include "script/internal.h"

#include <dlfcn.h>
#include <stdlib.h>

static struct python loaded;

static error symbols_resolve(void *handle, const char *path)
{
#define RESOLVE(returns, name, args)                                                               \
    *(void **)&loaded.name = dlsym(handle, #name);                                                 \
    if (!loaded.name) return fail(ERR_UNSUPPORTED, "%s has no function " #name, path);
    PYTHON_FUNCTIONS(RESOLVE)
#undef RESOLVE
#define RESOLVE(name)                                                                              \
    *(void **)&loaded.name = dlsym(handle, #name);                                                 \
    if (!loaded.name) return fail(ERR_UNSUPPORTED, "%s has no variable " #name, path);
    PYTHON_EXCEPTIONS(RESOLVE)
#undef RESOLVE
#define RESOLVE(name) *(void **)&loaded.name = dlsym(handle, #name); /* goes with a later Python */
    PYTHON_FLAGS(RESOLVE)
#undef RESOLVE
    return OK;
}

error python_load(const struct python **out)
{
    static const char *const names[] = {
        "libpython3.11.so.1.0", "libpython3.12.so.1.0", "libpython3.13.so.1.0",
        "libpython3.10.so.1.0", "libpython3.9.so.1.0",
    };
    const char *path = getenv("SLUICE_PYTHON");
    void *handle = NULL;
    if (path && *path) {
        handle = dlopen(path, RTLD_NOW | RTLD_GLOBAL); /* global: extension modules look there */
        if (!handle) return fail(ERR_UNSUPPORTED, "load Python: %s", dlerror());
    }
    for (size_t i = 0; !handle && i < sizeof names / sizeof *names; i++) {
        path = names[i];
        handle = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
    }
    if (!handle)
        return fail(ERR_UNSUPPORTED,
                    "Python scripts need libpython, which is not installed: run `apt-get install "
                    "libpython3.11', or name libpython3.x.so in SLUICE_PYTHON; job documents run "
                    "without it");
    TRY(symbols_resolve(handle, path));
    *out = &loaded;
    return OK;
}

const char *python_home(struct arena *arena)
{
    Dl_info info;
    char *path = NULL, *lib = NULL;
    if (dladdr(*(void **)&loaded.Py_InitializeEx, &info)) path = realpath(info.dli_fname, NULL);
    if (path) lib = strstr(path, "/lib/");
    const char *home = lib ? arena_text(arena, (span){path, (size_t)(lib - path)}) : "/usr";
    free(path);
    return home;
}
