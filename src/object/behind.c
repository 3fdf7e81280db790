/* Large files of jobs are written beside the thread that makes them, and past the system's cache: who
 * makes gigabytes for later readers would have the system look for a free page for each few records,
 * and throw out what is read now. Blocks go from hand to hand: some are filled while others are
 * written. A row group comes at once, much faster than a disk takes it, and then nothing for a while:
 * there is room for one. */
#include "object/internal.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { BLOCK_BYTES = 512 * 1024, BLOCKS = 8, ALL_BLOCKS = (1 << BLOCKS) - 1 };

struct behind {
    int file;
    const char *name;
    int64_t offset;       /* of the next block in the file; the thread's until it has ended */
    char *blocks;         /* memory is touched no further than the disk lags behind */
    int filling;          /* which of them; the caller's */
    size_t filled;        /* of it; the caller's */
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    unsigned put, written; /* how many blocks so far */
    int queue[BLOCKS];     /* which block was put as number i, at i % BLOCKS */
    unsigned used;         /* a bit for each block that is filling or queued */
    bool ended;
    error failed;
    char failure[256];
};

static char *block_of(const struct behind *b, int number)
{
    return b->blocks + (size_t)number * BLOCK_BYTES;
}

/* A file system may take the mode and then not the write. */
static error block_write(struct behind *b, span block)
{
    error e = file_write_all(b->file, b->name, block, b->offset);
    if (e != OK && world->direct(b->file, false) == 0)
        e = file_write_all(b->file, b->name, block, b->offset);
    b->offset += (int64_t)block.size;
    return e;
}

static void *behind_run(void *argument)
{
    struct behind *b = argument;
    pthread_mutex_lock(&b->lock);
    while (b->written != b->put || !b->ended) {
        if (b->written == b->put) {
            pthread_cond_wait(&b->changed, &b->lock);
            continue;
        }
        int number = b->queue[b->written % BLOCKS];
        bool skip = b->failed != OK;
        pthread_mutex_unlock(&b->lock);
        error e = skip ? OK : block_write(b, (span){block_of(b, number), BLOCK_BYTES});
        pthread_mutex_lock(&b->lock);
        if (e != OK) {
            b->failed = e;
            snprintf(b->failure, sizeof b->failure, "%s", error_text());
        }
        b->written++;
        b->used &= ~(1U << number);
        pthread_cond_signal(&b->changed);
    }
    pthread_mutex_unlock(&b->lock);
    return NULL;
}

static void behind_free(struct behind *b)
{
    pthread_mutex_destroy(&b->lock);
    pthread_cond_destroy(&b->changed);
    free(b->blocks);
    free(b);
}

struct behind *behind_open(int file, const char *name, int64_t offset)
{
    CHECK(offset % BEHIND_ALIGN == 0);
    if (world->direct(file, true) != 0) return NULL;
    struct behind *b = must_calloc(1, sizeof *b);
    *b = (struct behind){.file = file, .name = name, .offset = offset, .used = 1};
    b->blocks = aligned_alloc(BEHIND_ALIGN, (size_t)BLOCKS * BLOCK_BYTES);
    CHECK(b->blocks);
    pthread_mutex_init(&b->lock, NULL);
    pthread_cond_init(&b->changed, NULL);
    if (pthread_create(&b->thread, NULL, behind_run, b) == 0) return b;
    behind_free(b);
    world->direct(file, false);
    return NULL;
}

/* The filled block is the thread's; the first free one is next. */
static error block_put(struct behind *b)
{
    pthread_mutex_lock(&b->lock);
    b->queue[b->put++ % BLOCKS] = b->filling;
    pthread_cond_signal(&b->changed);
    while (b->used == ALL_BLOCKS) pthread_cond_wait(&b->changed, &b->lock);
    b->filling = __builtin_ctz(~b->used);
    b->used |= 1U << b->filling;
    b->filled = 0;
    error failed = b->failed;
    pthread_mutex_unlock(&b->lock);
    return failed == OK ? OK : fail(failed, "%s", b->failure);
}

error behind_write(struct behind *b, span data)
{
    while (data.size) {
        size_t room = BLOCK_BYTES - b->filled, size = data.size < room ? data.size : room;
        memcpy(block_of(b, b->filling) + b->filled, data.data, size);
        b->filled += size;
        data = (span){data.data + size, data.size - size};
        if (b->filled == BLOCK_BYTES) TRY(block_put(b));
    }
    return OK;
}

/* The last block is seldom whole: it goes by way of the cache. */
static error last_write(struct behind *b)
{
    if (b->failed) return fail(b->failed, "%s", b->failure);
    if (world->direct(b->file, false) != 0) return fail_errno("write %s", b->name);
    return file_write_all(b->file, b->name, (span){block_of(b, b->filling), b->filled}, b->offset);
}

error behind_close(struct behind *b)
{
    pthread_mutex_lock(&b->lock);
    b->ended = true;
    pthread_cond_signal(&b->changed);
    pthread_mutex_unlock(&b->lock);
    CHECK(pthread_join(b->thread, NULL) == 0);
    error e = last_write(b);
    behind_free(b);
    return e;
}
