/* What is shown to people on stderr: a progress line on a terminal, colours unless NO_COLOR
 * (no-color.org) is set, numbers with their thousands grouped. */
#include "cli/internal.h"

#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

static int64_t shown_us; /* when the line was last written; 0: there is none */

static bool coloured(FILE *file)
{
    const char *no_color = getenv("NO_COLOR");
    return isatty(fileno(file)) == 1 && (!no_color || !*no_color);
}

const char *bold(FILE *file)
{
    return coloured(file) ? "\033[1m" : "";
}

const char *plain(FILE *file)
{
    return coloured(file) ? "\033[0m" : "";
}

void progress(const char *format, ...)
{
    enum { EVERY_US = 50 * US_PER_MS };
    int64_t at = monotonic_us();
    if (isatty(STDERR_FILENO) != 1 || (shown_us && at - shown_us < EVERY_US)) return;
    shown_us = at;
    fputs("\r\033[K", stderr);
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fflush(stderr);
}

void progress_end(void)
{
    if (shown_us) fputs("\r\033[K", stderr);
    shown_us = 0;
}

const char *grouped(int64_t value)
{
    static _Thread_local char texts[8][32];
    static _Thread_local unsigned next;
    char digits[24], *text = texts[next++ % 8], *to = text;
    int n = snprintf(digits, sizeof digits, "%lld", (long long)value);
    for (int i = 0; i < n; i++) {
        *to++ = digits[i];
        int left = n - 1 - i;
        if (left > 0 && left % 3 == 0 && digits[i] != '-') *to++ = ',';
    }
    *to = '\0';
    return text;
}

void print_json_line(const json_t *value)
{
    struct buffer line = {0};
    json_print(&line, value);
    buffer_append_byte(&line, '\n');
    fwrite(line.data, 1, line.size, stdout);
    fflush(stdout);
    buffer_release(&line);
}
