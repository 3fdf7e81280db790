/* The text of the last error of each thread, and the table of errors. */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 1024 };

static _Thread_local char text[TEXT_MAX];

static const struct error_row rows[] = {
    {"OK", "", 200, RETRY_NEVER},
#define ERROR(code, name, status, retry) {#code, name, status, RETRY_##retry},
#include "base/error.def"
#undef ERROR
};

/* A text cut by the buffer's end must not end within a UTF-8 character: clients get it as JSON. */
static void end_whole(void)
{
    size_t size = strlen(text);
    if (size < TEXT_MAX - 1) return;
    size_t start = size;
    while (start > 0 && size - start < 4 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
        start--;
    if (start > 0 && (unsigned char)text[start - 1] >= 0xC0) start--;
    if (start < size) text[start] = '\0'; /* a whole character may go too */
}

error fail(error code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char next[TEXT_MAX]; /* the arguments may point into `text` */
    vsnprintf(next, sizeof next, format, args);
    va_end(args);
    memcpy(text, next, sizeof text);
    end_whole();
    return code;
}

error fail_context(error code, const char *format, ...)
{
    char next[TEXT_MAX];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(next, sizeof next, format, args);
    va_end(args);
    if (n >= 0 && (size_t)n < sizeof next)
        snprintf(next + n, sizeof next - (size_t)n, ": %s", text);
    memcpy(text, next, sizeof text);
    end_whole();
    return code;
}

error fail_errno(const char *format, ...)
{
    int number = errno;
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (n >= 0 && (size_t)n < sizeof text)
        snprintf(text + n, sizeof text - (size_t)n, ": %s", strerror(number));
    end_whole();
    if (number == ENOSPC || number == EDQUOT) return ERR_NO_SPACE;
    return number == ENOENT ? ERR_NOT_FOUND : ERR_IO;
}

const char *error_text(void)
{
    return text;
}

const struct error_row *error_row(error code)
{
    CHECK((size_t)code < sizeof rows / sizeof *rows);
    return &rows[code];
}

error error_by_name(const char *name)
{
    /* From the end: the services' own rows stand behind the generic ones of the same name. */
    for (size_t i = sizeof rows / sizeof *rows - 1; i > 0; i--)
        if (strcmp(rows[i].name, name) == 0) return (error)i;
    return ERR_INTERNAL;
}

void check_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr, "sluice: internal fault: %s (%s:%d)\n", condition, file, line);
    abort();
}
