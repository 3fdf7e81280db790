/* A digest that runs beside its caller: the first bytes are summed up at once, and when there turns
 * out to be more, a thread takes the rest through a ring. MD5 is the slowest thing on the way of a
 * large object; so it is not in the way. */
#include "base/digest.h"

#include <pthread.h>
#include <stdlib.h>

enum { ALONE_BYTES = 512 * 1024, RING_BYTES = 256 * 1024 };

struct digest_apart {
    struct digest *digest; /* the thread's once there is one */
    uint64_t seen;
    bool tried, running;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t filled, freed;
    bool ended;
    size_t first, size; /* of what waits in the ring */
    char *ring;
};

struct digest_apart *digest_apart_open(enum digest_kind kind)
{
    struct digest_apart *a = must_calloc(1, sizeof *a);
    a->digest = digest_open(kind);
    return a;
}

static void *digest_run(void *argument)
{
    struct digest_apart *a = argument;
    pthread_mutex_lock(&a->lock);
    while (a->size || !a->ended) {
        if (!a->size) {
            pthread_cond_wait(&a->filled, &a->lock);
            continue;
        }
        size_t whole = a->size, size = RING_BYTES - a->first < whole ? RING_BYTES - a->first : whole;
        pthread_mutex_unlock(&a->lock);
        digest_update(a->digest, (span){a->ring + a->first, size});
        pthread_mutex_lock(&a->lock);
        a->first = (a->first + size) % RING_BYTES;
        a->size -= size;
        pthread_cond_signal(&a->freed);
    }
    pthread_mutex_unlock(&a->lock);
    return NULL;
}

/* Without a thread all goes on as before. */
static void thread_start(struct digest_apart *a)
{
    a->tried = true;
    a->ring = must_alloc(RING_BYTES);
    pthread_mutex_init(&a->lock, NULL);
    pthread_cond_init(&a->filled, NULL);
    pthread_cond_init(&a->freed, NULL);
    a->running = pthread_create(&a->thread, NULL, digest_run, a) == 0;
}

static void ring_put(struct digest_apart *a, span data)
{
    pthread_mutex_lock(&a->lock);
    while (data.size) {
        while (a->size == RING_BYTES) pthread_cond_wait(&a->freed, &a->lock);
        size_t at = (a->first + a->size) % RING_BYTES, room = RING_BYTES - a->size;
        size_t size = RING_BYTES - at < room ? RING_BYTES - at : room;
        if (size > data.size) size = data.size;
        pthread_mutex_unlock(&a->lock);
        memcpy(a->ring + at, data.data, size); /* the thread reads elsewhere */
        pthread_mutex_lock(&a->lock);
        a->size += size;
        pthread_cond_signal(&a->filled);
        data.data += size;
        data.size -= size;
    }
    pthread_mutex_unlock(&a->lock);
}

void digest_apart_update(struct digest_apart *a, span data)
{
    a->seen += data.size;
    if (a->seen > ALONE_BYTES && !a->tried) thread_start(a);
    if (a->running) ring_put(a, data);
    else digest_update(a->digest, data);
}

size_t digest_apart_close(struct digest_apart *a, uint8_t out[SHA256_SIZE])
{
    if (a->running) {
        pthread_mutex_lock(&a->lock);
        a->ended = true;
        pthread_cond_signal(&a->filled);
        pthread_mutex_unlock(&a->lock);
        CHECK(pthread_join(a->thread, NULL) == 0);
    }
    if (a->tried) {
        pthread_mutex_destroy(&a->lock);
        pthread_cond_destroy(&a->filled);
        pthread_cond_destroy(&a->freed);
        free(a->ring);
    }
    size_t size = digest_close(a->digest, out);
    free(a);
    return size;
}
