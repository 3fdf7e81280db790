/* Frames copied from the log's file. A page of the map costs more to find than its bytes to copy, and
 * copies stay in the processor's cache until they are decoded. The file and the map are one: LMDB
 * writes with pwrite, and never where a transaction still reads. */
#include "stream/store.h"

enum { PAGE_HEADER = 16, FRAME_MAX = 256 * 1024, PROBE = 64 };

static bool read_whole(int file, char *to, size_t size, int64_t offset)
{
    while (size) {
        int64_t n = world->read(file, to, size, offset);
        if (n <= 0) return false;
        to += n, offset += n, size -= (size_t)n;
    }
    return true;
}

/* A frame that is not small has pages of its own, and a page of LMDB's begins with its number. */
bool copies_begin(struct frame_copies *c, const struct stream_store *s, const struct frame *f)
{
    MDB_stat pages;
    mdb_filehandle_t file;
    char probe[PROBE];
    const char *page = f->stored.data - PAGE_HEADER;
    if (mdb_env_stat(s->env, &pages) != MDB_SUCCESS || mdb_env_get_fd(s->env, &file) != MDB_SUCCESS)
        return false;
    if ((uintptr_t)page % pages.ms_psize || f->stored.size < PROBE) return false;
    uint64_t offset = get_le64(page) * pages.ms_psize;
    if (offset > s->map_bytes) return false;
    c->map = page - offset;
    c->file = file;
    return read_whole(file, probe, PROBE, (int64_t)offset + PAGE_HEADER) &&
           memcmp(probe, f->stored.data, PROBE) == 0;
}

MDB_val copies_take(struct frame_copies *c, MDB_val value)
{
    char *to = c->bytes + c->used;
    int64_t offset = (const char *)value.mv_data - c->map;
    if (value.mv_size > FRAME_MAX || value.mv_size > COPIES_BYTES - c->used) return value;
    if (!read_whole(c->file, to, value.mv_size, offset)) return value;
    c->used += value.mv_size;
    return (MDB_val){value.mv_size, to};
}
