#include "base/library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static error functions_find(struct library *l)
{
    void *handle = dlopen(l->file, RTLD_LAZY | RTLD_LOCAL);
    if (!handle) return fail(ERR_UNSUPPORTED, "load a library: %s", dlerror());
    for (size_t i = 0; l->names[i]; i++) {
        void *function = dlsym(handle, l->names[i]);
        if (!function) return fail(ERR_UNSUPPORTED, "%s has no function %s", l->file, l->names[i]);
        memcpy((char *)l->table + i * sizeof function, &function, sizeof function);
    }
    return OK;
}

error library_load(struct library *l)
{
    pthread_mutex_lock(&lock);
    error e = l->loaded ? OK : functions_find(l);
    l->loaded = e == OK;
    pthread_mutex_unlock(&lock);
    return e;
}

void library_need(struct library *l)
{
    if (library_load(l) == OK) return;
    fprintf(stderr, "sluice: %s\n", error_text());
    abort();
}
