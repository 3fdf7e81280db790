/* Errors: whatever can fail returns `error` (OK is 0) and must be checked.
 *
 * The place that knows words it: `return fail(ERR_LIMIT, "record of %zu bytes, limit %d", n, max)`.
 * The text stays with the thread until its next fail(); callers above add nothing or wrap it with
 * fail_context(). Bad input never asserts; our own fault always does, in release too. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

typedef enum error {
    OK = 0,
#define ERROR(code, name, status, retry) code,
#include "base/error.def"
#undef ERROR
    ERROR_COUNT
} error;

enum retry { RETRY_NEVER, RETRY_BACKOFF, RETRY_REFRESH };

struct error_row {
    const char *code; /* "ERR_LIMIT" */
    const char *name; /* AWS's name: "LimitExceededException" */
    int status;       /* HTTP */
    enum retry retry;
};

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF(f, a) __attribute__((format(printf, f, a)))

/* Return early with the callee's error. */
#define TRY(call)                   \
    do {                            \
        error try_ = (call);        \
        if (try_ != OK) return try_; \
    } while (0)

/* Words the error for this thread (at most 1,023 bytes kept) and returns `code`. */
error fail(error code, const char *format, ...) PRINTF(2, 3);

/* Puts "context: " in front of the thread's current text; returns `code`. */
error fail_context(error code, const char *format, ...) PRINTF(2, 3);

/* Words an errno: "open /x: No space left on device"; ENOSPC becomes ERR_NO_SPACE. */
error fail_errno(const char *format, ...) PRINTF(1, 2);

const char *error_text(void);
const struct error_row *error_row(error code);

/* AWS error name -> code (for replies of remote services); ERR_INTERNAL when unknown. */
error error_by_name(const char *name);

/* Our own fault: prints where and aborts, in every build. */
#define CHECK(condition) \
    ((condition) ? (void)0 : check_failed(#condition, __FILE__, __LINE__))
void check_failed(const char *condition, const char *file, int line) __attribute__((noreturn));
