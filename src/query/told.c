/* Errors name files as the lake does. Who asks through the API knows s3://BUCKET/KEY and nothing of
 * this machine; the stores and the SQL engine, which opens files by path, know both. */
#include "query/internal.h"

#include <stdlib.h>

enum { VARIANT_DIGITS = 16 }; /* KEY~<hex>: the file of a key that was overwritten (object/) */

/* The rest of a file's path below the objects' folder, as its key. */
static const char *key_told(struct buffer *out, const char *at)
{
    static const char unsafe[] = ".keys/";
    buffer_append_text(out, "s3://");
    if (strncmp(at, unsafe, sizeof unsafe - 1) == 0) at += sizeof unsafe - 1;
    for (; *at && !strchr("\"' \n", *at); at++) {
        if (*at == '~' && strspn(at + 1, "0123456789abcdef") >= VARIANT_DIGITS) at += VARIANT_DIGITS;
        else buffer_append_byte(out, (uint8_t)*at);
    }
    return at;
}

static void told(struct buffer *out, const char *text, const char *directory)
{
    size_t size = strlen(directory);
    const char *found;
    while ((found = strstr(text, directory))) {
        static const char objects[] = "/objects/";
        buffer_append(out, text, (size_t)(found - text));
        text = found + size;
        if (strncmp(text, objects, sizeof objects - 1) == 0)
            text = key_told(out, text + sizeof objects - 1);
        else if (*text == '/') text++;
    }
    buffer_append_text(out, text);
}

error locations_told(const char *directory, error e)
{
    struct buffer given = {0}, resolved = {0};
    char *real = realpath(directory, NULL); /* what the stores call it */
    told(&given, error_text(), directory);
    told(&resolved, buffer_text(&given), real ? real : directory);
    if (!span_is(buffer_span(&resolved), error_text())) fail(e, "%s", buffer_text(&resolved));
    free(real);
    buffer_release(&given);
    buffer_release(&resolved);
    return e;
}
