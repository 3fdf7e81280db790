/* Shared libraries that are loaded when something first needs them: linked to the binary, they and
 * what they bring along (a C++ runtime, a second TLS) would take most of a short command's time.
 *
 *     #define SNAPPY_FUNCTIONS(F) F(snappy_compress) F(snappy_max_compressed_length)
 *     LIBRARY_TABLE(snappy_library, SNAPPY_FUNCTIONS);    a type: pointers to the functions
 *     static struct snappy_library snappy;
 *     static struct library library = LIBRARY_FILE("libsnappy.so.1", snappy, SNAPPY_FUNCTIONS);
 *
 *     TRY(library_load(&library));
 *     snappy.snappy_compress(...);
 *
 * The types of the functions are those of the library's own header. */
#pragma once

#include "base/error.h"

struct library {
    const char *file;
    void *table;              /* the pointers, in the order of the names */
    const char *const *names; /* ends in NULL */
    bool loaded;
};

#define LIBRARY_POINTER(function) __typeof__(function) *function;
#define LIBRARY_NAME(function) #function,
#define LIBRARY_TABLE(type, FUNCTIONS) struct type { FUNCTIONS(LIBRARY_POINTER) }
#define LIBRARY_FILE(file, table, FUNCTIONS)                                                       \
    {file, &(table), (const char *const[]){FUNCTIONS(LIBRARY_NAME) NULL}, false}

/* Before any of its functions is called; by any thread, as often as one likes. It stays loaded.
 * ERR_UNSUPPORTED: it is not on this machine, or lacks one of the functions. */
error library_load(struct library *) MUST_CHECK;
/* The same for those who cannot fail: says what is missing and aborts. */
void library_need(struct library *);
