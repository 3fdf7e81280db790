/* What is shown to people on stderr: a progress line on a terminal, colours unless NO_COLOR
 * (no-color.org) is set, numbers with their thousands grouped. */
#include "cli/internal.h"

#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

static bool shown;

bool terminal_shown(void)
{
    return isatty(STDERR_FILENO) == 1;
}

static bool coloured(void)
{
    const char *no_color = getenv("NO_COLOR");
    return terminal_shown() && (!no_color || !*no_color);
}

const char *bold(void)
{
    return coloured() ? "\033[1m" : "";
}

const char *plain(void)
{
    return coloured() ? "\033[0m" : "";
}

void progress(const char *format, ...)
{
    if (!terminal_shown()) return;
    fputs("\r\033[K", stderr);
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fflush(stderr);
    shown = true;
}

void progress_end(void)
{
    if (shown) fputs("\r\033[K", stderr);
    shown = false;
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
