/* Names of objects: s3:// URLs, and the rules of Amazon S3 for buckets ("Bucket naming rules") and
 * keys ("Creating object key names"). */
#include "object/internal.h"

error object_url_parse(struct arena *arena, const char *url, const char **bucket, const char **key)
{
    static const char *const schemes[] = {"s3://", "s3a://", "s3n://"};
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        if (strncmp(url, schemes[i], strlen(schemes[i])) != 0) continue;
        const char *name = url + strlen(schemes[i]);
        size_t size = strcspn(name, "/");
        if (size == 0) return fail(ERR_USAGE, "no bucket in \"%s\"", url);
        *bucket = arena_text(arena, (span){name, size});
        *key = arena_text(arena, span_of(name[size] ? name + size + 1 : ""));
        return OK;
    }
    return fail(ERR_USAGE, "\"%s\" is not an s3:// URL", url);
}

static bool looks_like_ipv4(const char *name)
{
    int parts = 0;
    for (const char *p = name;; p++) {
        size_t digits = strspn(p, "0123456789");
        if (digits < 1 || digits > 3) return false;
        parts++;
        p += digits;
        if (*p == '\0') return parts == 4;
        if (*p != '.') return false;
    }
}

error bucket_name_check(const char *bucket)
{
    static const char *const prefixes[] = {"xn--", "sthree-", "amzn-s3-demo-"};
    static const char *const suffixes[] = {"-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"};
    static const char alphanumeric[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    size_t size = strlen(bucket);
    bool good = size >= 3 && size <= 63 &&
                strspn(bucket, "abcdefghijklmnopqrstuvwxyz0123456789.-") == size &&
                strchr(alphanumeric, bucket[0]) && strchr(alphanumeric, bucket[size - 1]) &&
                !strstr(bucket, "..") && !looks_like_ipv4(bucket);
    for (size_t i = 0; good && i < sizeof prefixes / sizeof *prefixes; i++)
        good = strncmp(bucket, prefixes[i], strlen(prefixes[i])) != 0;
    for (size_t i = 0; good && i < sizeof suffixes / sizeof *suffixes; i++) {
        size_t n = strlen(suffixes[i]);
        good = size < n || strcmp(bucket + size - n, suffixes[i]) != 0;
    }
    if (good) return OK;
    return fail(ERR_INVALID_BUCKET_NAME, "The specified bucket is not valid: \"%.80s\"", bucket);
}

error object_key_check(const char *key)
{
    size_t size = strlen(key);
    if (size == 0) return fail(ERR_INVALID_ARGUMENT, "an object key must not be empty");
    if (size > OBJECT_KEY_MAX)
        return fail(ERR_KEY_TOO_LONG, "Your key is too long: %zu bytes, limit %d", size,
                    OBJECT_KEY_MAX);
    if (utf8_valid_prefix(span_of(key)) != size)
        return fail(ERR_INVALID_ARGUMENT, "an object key must be valid UTF-8");
    return OK;
}
