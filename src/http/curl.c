/* Loads libcurl and sets it up, once in a process. */
#include "http/curl.h"

#include <pthread.h>

struct curl_library libcurl;
static struct library library = LIBRARY_FILE("libcurl.so.4", libcurl, CURL_FUNCTIONS);
static pthread_once_t once = PTHREAD_ONCE_INIT;
static CURLcode set_up;

static void curl_set_up(void)
{
    set_up = libcurl.curl_global_init(CURL_GLOBAL_DEFAULT);
}

error curl_library_load(void)
{
    TRY(library_load(&library));
    pthread_once(&once, curl_set_up);
    return set_up == CURLE_OK ? OK : fail(ERR_UNSUPPORTED, "libcurl cannot be set up");
}
