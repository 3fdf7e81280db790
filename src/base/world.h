/* The one seam to clock, randomness and the file system: real by default, swapped whole by the
 * simulator (before any thread starts) so that a seed replays a run to the byte. */
#pragma once

#include "base/bytes.h"

/* What stands at a path; the last component is not followed when it is a symbolic link. */
struct world_stat {
    bool is_file, is_folder;
    int64_t size, modified_us;
};

struct world {
    int64_t (*now_us)(void);       /* wall clock, UTC */
    int64_t (*monotonic_us)(void); /* never goes back */
    void (*sleep_us)(int64_t us);
    void (*random)(void *out, size_t size); /* cryptographic in the real world */
    /* Files, as POSIX: return -1 with errno. */
    int (*open)(const char *path, int flags, unsigned mode);
    int64_t (*write)(int file, const void *data, size_t size, int64_t offset); /* pwrite */
    int64_t (*read)(int file, void *data, size_t size, int64_t offset);        /* pread */
    int (*sync)(int file);                                                     /* fdatasync */
    /* Begins to bring written bytes to the disk and does not wait: makes a later sync short. */
    void (*write_out)(int file, int64_t offset, int64_t size);
    /* From now on writes pass by the system's cache, where that can be, or no longer. They are whole
     * pages then, at whole pages and from memory that begins at one. -1: it cannot be. */
    int (*direct)(int file, bool on);
    int (*close)(int file);
    int (*rename)(const char *from, const char *to);
    int (*unlink)(const char *path);
    int (*mkdir)(const char *path, unsigned mode);
    int (*rmdir)(const char *path);
    int (*stat)(const char *path, struct world_stat *out);
    /* Opens a path relative to a folder, following no symbolic link and never leaving it. */
    int (*open_beneath)(const char *folder, const char *path, int flags);
    /* Exclusive lock of an open file, freed by its close or the process's end; does not wait
     * (EWOULDBLOCK). */
    int (*lock)(int file);
    /* Names in a folder without "." and "..", in no order. */
    int (*list)(const char *folder, void (*each)(void *context, const char *name), void *context);
};

extern const struct world *world; /* the current one */
extern const struct world real_world;

static inline int64_t now_us(void) { return world->now_us(); }
static inline int64_t monotonic_us(void) { return world->monotonic_us(); }

/* Whole-file helpers over the world; errors name the path. */
error file_write_all(int file, const char *path, span data, int64_t offset) MUST_CHECK;
error file_read_whole(const char *path, struct buffer *out, size_t max) MUST_CHECK;
/* Temporary name, write, sync, rename, sync the folder: all or nothing. */
error file_replace(const char *path, span data) MUST_CHECK;
error file_sync_folder(const char *folder) MUST_CHECK;
error folder_make(const char *path) MUST_CHECK; /* with parents, like mkdir -p; 0700 */
