#include "base/log.h"

#include "base/date.h"
#include "base/world.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

static enum log_level limit = LOG_INFO;

void log_set_level(enum log_level level)
{
    limit = level;
}

void log_line(enum log_level level, const char *area, const char *format, ...)
{
    static const char *const names[] = {"ERROR", "WARN", "INFO", "DEBUG"};
    if (level > limit) return;
    struct civil c = civil_from_us(now_us());
    char line[2048]; /* one write per line, so lines of threads and processes do not mix */
    int n = snprintf(line, sizeof line, "%04lld-%02d-%02dT%02d:%02d:%02d.%03dZ %s %s: ",
                     (long long)c.year, c.month, c.day, c.hour, c.minute, c.second, c.us / 1000,
                     names[level], area);
    va_list args;
    va_start(args, format);
    int m = vsnprintf(line + n, sizeof line - (size_t)n - 1, format, args);
    va_end(args);
    if (m < 0) m = 0;
    size_t size = (size_t)n + (size_t)m;
    if (size > sizeof line - 1) size = sizeof line - 1;
    line[size++] = '\n';
    ssize_t ignored = write(STDERR_FILENO, line, size);
    (void)ignored;
}
