/* libcurl, loaded when the first client is opened: it brings some twenty libraries with it
 * (Kerberos, LDAP, SSH, ...), which cost a server that calls nobody half of its start. Its functions
 * have their own names here. */
#pragma once

#include "base/base.h"

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

#define CURL_FUNCTIONS(X)                                                                          \
    X(CURLcode, global_init, (long))                                                               \
    X(CURL *, easy_init, (void))                                                                   \
    X(void, easy_cleanup, (CURL *))                                                                \
    X(void, easy_reset, (CURL *))                                                                  \
    X(CURLcode, easy_setopt, (CURL *, CURLoption, ...))                                            \
    X(CURLcode, easy_getinfo, (CURL *, CURLINFO, ...))                                             \
    X(CURLcode, easy_perform, (CURL *))                                                            \
    X(const char *, easy_strerror, (CURLcode))                                                     \
    X(struct curl_slist *, slist_append, (struct curl_slist *, const char *))                      \
    X(void, slist_free_all, (struct curl_slist *))

struct curl_library {
#define CURL_POINTER(returns, name, args) returns(*name) args;
    CURL_FUNCTIONS(CURL_POINTER)
#undef CURL_POINTER
};
extern struct curl_library curl_library;

/* Before any other call, by any thread. ERR_UNSUPPORTED: there is none on this machine. */
error curl_library_load(void) MUST_CHECK;

#define curl_global_init curl_library.global_init
#define curl_easy_init curl_library.easy_init
#define curl_easy_cleanup curl_library.easy_cleanup
#define curl_easy_reset curl_library.easy_reset
#undef curl_easy_setopt
#define curl_easy_setopt curl_library.easy_setopt
#undef curl_easy_getinfo
#define curl_easy_getinfo curl_library.easy_getinfo
#define curl_easy_perform curl_library.easy_perform
#define curl_easy_strerror curl_library.easy_strerror
#define curl_slist_append curl_library.slist_append
#define curl_slist_free_all curl_library.slist_free_all
