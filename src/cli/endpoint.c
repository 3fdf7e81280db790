/* Which endpoint a command talks to, and with whose access key. */
#include "cli/internal.h"
#include "http/http.h"

#include <stdlib.h>

static const char local_endpoint[] = "http://127.0.0.1:4566";

static bool is_set(const char *name)
{
    const char *value = getenv(name);
    return value && *value;
}

/* Somebody chose an identity: that one is used, even if it turns out not to work. */
static bool identity_chosen(void)
{
    return is_set("AWS_ACCESS_KEY_ID") || is_set("AWS_PROFILE") ||
           is_set("AWS_SHARED_CREDENTIALS_FILE");
}

/* http on a loopback address, written as such: a name that merely starts like one is not. */
static bool is_local(const char *url)
{
    if (strncmp(url, "http://", 7) != 0) return false;
    url += 7;
    if (strncmp(url, "[::1]", 5) == 0) return strchr(":/", url[5]) != NULL; /* or the end */
    span host = {url, strcspn(url, ":/")};
    if (span_is(host, "localhost")) return true;
    return span_starts(host, "127.") && strspn(url, "0123456789.") == host.size;
}

static error client_of_directory(struct arena *arena, const char *dir, struct http_client **client)
{
    const char *path, *access_key, *secret_key;
    TRY(directory_path(arena, dir, &path));
    TRY(credentials_read(arena, path, &access_key, &secret_key));
    struct credentials credentials = {
        .access_key = span_of(access_key), .secret_key = span_of(secret_key)};
    return http_client_open(&credentials, client);
}

error endpoint_client(struct arena *arena, const char *given, const char *dir, const char **url,
                      struct http_client **client)
{
    *url = given ? given : is_set("AWS_ENDPOINT_URL") ? getenv("AWS_ENDPOINT_URL") : local_endpoint;
    if (dir) return client_of_directory(arena, dir, client);
    bool local = !identity_chosen() && is_local(*url);
    if (local && client_of_directory(arena, NULL, client) == OK) return OK;
    error e = http_client_open(NULL, client);
    if (e != OK && local)
        fail_context(e, "%s: no `sluice up' has served the user's data directory yet: start one, or "
                        "give --dir; or else", *url);
    return e;
}
