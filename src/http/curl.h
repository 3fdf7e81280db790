/* libcurl, loaded when the first client is opened: it brings some twenty libraries with it
 * (Kerberos, LDAP, SSH, ...), which cost a server that calls nobody half of its start. */
#pragma once

#include "base/base.h"

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

#define CURL_FUNCTIONS(F)                                                                          \
    F(curl_global_init) F(curl_easy_init) F(curl_easy_cleanup) F(curl_easy_reset)                  \
    F(curl_easy_setopt) F(curl_easy_getinfo) F(curl_easy_perform) F(curl_easy_strerror)            \
    F(curl_slist_append) F(curl_slist_free_all)

LIBRARY_TABLE(curl_library, CURL_FUNCTIONS);
extern struct curl_library libcurl;

/* Before any other call, by any thread. ERR_UNSUPPORTED: there is none on this machine. */
error curl_library_load(void) MUST_CHECK;
