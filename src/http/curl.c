/* Loads libcurl and sets it up, once in a process. */
#include "http/curl.h"

#include <dlfcn.h>
#include <pthread.h>

#define CURL_FILE "libcurl.so.4"

struct curl_library curl_library;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool loaded;

static error library_load(void)
{
    void *handle = dlopen(CURL_FILE, RTLD_NOW | RTLD_LOCAL);
    if (!handle) return fail(ERR_UNSUPPORTED, "load the HTTP client's library: %s", dlerror());
#define CURL_RESOLVE(returns, name, args)                                                          \
    *(void **)&curl_library.name = dlsym(handle, "curl_" #name);                                   \
    if (!curl_library.name) return fail(ERR_UNSUPPORTED, CURL_FILE " has no curl_" #name);
    CURL_FUNCTIONS(CURL_RESOLVE)
#undef CURL_RESOLVE
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
        return fail(ERR_UNSUPPORTED, CURL_FILE " cannot be set up");
    return OK;
}

error curl_library_load(void)
{
    pthread_mutex_lock(&lock);
    error e = loaded ? OK : library_load();
    loaded = e == OK;
    pthread_mutex_unlock(&lock);
    return e;
}
