/* The real local object store on a disk that fails: writes that are slow, short or refused, syncs that
 * fail, a full disk, processes that die at any call, and power that goes: what was not synced is then
 * undone from some point on, the bytes of files in pieces. Whatever the store said was done must be
 * there; what it was doing may have happened or not, but nothing in between.
 *
 * Calls go through to a folder of the machine; what is not durable yet is kept to be undone:
 * a file's bytes as of its last sync, and the changes of folders in order. The index (LMDB) syncs by
 * itself and counts as durable. */
#include "sim.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILES_MAX = 256, CHANGES_MAX = 4096, KEYS = 6, STAGED_MAX = 32, BYTES_MAX = 3000,
       SMALL_BYTES = 16 << 10 };

/* A file with bytes that are not synced. */
struct dirty {
    dev_t device;
    ino_t inode;
    int file;           /* of our own */
    struct buffer old;  /* as of the last sync */
};

/* A change of a folder that is not synced. */
struct change {
    enum change_kind { MADE, MADE_FOLDER, REMOVED, RENAMED } kind;
    char *path, *from;  /* from: of a rename; of a removal the link that keeps the file */
};

static struct {
    char folder[64], graves[80];
    struct dirty dirty[FILES_MAX];
    int dirty_count;
    struct change changes[CHANGES_MAX];
    int change_count, grave_count;
    bool wild, dead;    /* faults may come; the process has died */
    int fault_permille;
    long calls, die_at;
    int cuts;
    struct world world;
} disk;

/* ---- faults ---- */

/* True: the call fails, errno says how. */
static bool refuse(bool writes)
{
    sim.true_us += 1 + sim_below(sim.calm ? 1 : 3000); /* slow */
    if (disk.wild && ++disk.calls == disk.die_at) {
        sim_say("the process dies");
        disk.dead = true;
    }
    errno = EIO;
    if (disk.dead) return true;
    bool full = disk.wild && writes && sim.true_us < sim.full_until_us;
    if (full) errno = ENOSPC;
    if (full) return true;
    if (!disk.wild || !sim_chance(disk.fault_permille)) return false;
    sim_say("a fault");
    sim.faults++;
    if (writes && sim_chance(500)) errno = ENOSPC;
    return true;
}

/* ---- what is not durable ---- */

static struct dirty *dirty_of(int file)
{
    struct stat st;
    CHECK(fstat(file, &st) == 0);
    for (int i = 0; i < disk.dirty_count; i++)
        if (disk.dirty[i].device == st.st_dev && disk.dirty[i].inode == st.st_ino) return &disk.dirty[i];
    return NULL;
}

static void read_all(int file, struct buffer *out)
{
    char block[4096];
    ssize_t n;
    while ((n = pread(file, block, sizeof block, (off_t)out->size)) > 0) buffer_append(out, block, (size_t)n);
}

static void dirty_drop(struct dirty *d)
{
    close(d->file);
    buffer_release(&d->old);
    *d = disk.dirty[--disk.dirty_count];
}

/* The machine writes some by itself when there is much. */
static void note_write(int file)
{
    struct stat st;
    char path[32];
    if (dirty_of(file)) return;
    if (disk.dirty_count == FILES_MAX) dirty_drop(&disk.dirty[0]);
    CHECK(fstat(file, &st) == 0);
    struct dirty *d = &disk.dirty[disk.dirty_count++];
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    *d = (struct dirty){.device = st.st_dev, .inode = st.st_ino, .file = open(path, O_RDWR | O_CLOEXEC)};
    CHECK(d->file >= 0);
    read_all(d->file, &d->old);
}

static void change_drop(int at)
{
    free(disk.changes[at].path);
    free(disk.changes[at].from);
    memmove(&disk.changes[at], &disk.changes[at + 1], (size_t)(--disk.change_count - at) * sizeof *disk.changes);
}

static void note_change(enum change_kind kind, const char *path, const char *from)
{
    if (disk.change_count == CHANGES_MAX) change_drop(0);
    disk.changes[disk.change_count++] = (struct change){kind, must_strdup(path), from ? must_strdup(from) : NULL};
}

static bool lies_in(const char *path, const char *folder)
{
    size_t size = strlen(folder);
    return strncmp(path, folder, size) == 0 && path[size] == '/' && !strchr(path + size + 1, '/');
}

static void sync_folder(const char *folder)
{
    for (int i = disk.change_count; i-- > 0;)
        if (lies_in(disk.changes[i].path, folder)) change_drop(i);
}

/* ---- the power goes ---- */

static void undo(const struct change *c)
{
    sim_say("undone: %s", c->path + strlen(disk.folder));
    struct stat st;
    switch (c->kind) {
    case MADE: unlink(c->path); break;
    case MADE_FOLDER: rmdir(c->path); break; /* stays when something durable is in it */
    case REMOVED: if (lstat(c->path, &st) != 0 && link(c->from, c->path) != 0) { /* its folder is gone */ } break;
    case RENAMED: if (lstat(c->from, &st) != 0) rename(c->path, c->from); break;
    }
}

/* Of the bytes written since the last sync some have arrived, 512 at a time. */
static void tear(struct dirty *d)
{
    enum { SECTOR = 512 };
    struct buffer now = {0}, torn = {0};
    read_all(d->file, &now);
    size_t size = sim_chance(500) ? now.size : sim_chance(500) ? d->old.size : (size_t)sim_below((int)now.size + 1);
    for (size_t at = 0; at < size; at += SECTOR) {
        size_t end = at + SECTOR < size ? at + SECTOR : size;
        const struct buffer *from = sim_chance(500) ? &now : &d->old;
        for (size_t i = at; i < end; i++) buffer_append_byte(&torn, i < from->size ? (uint8_t)from->data[i] : 0);
    }
    CHECK(ftruncate(d->file, 0) == 0);
    CHECK(pwrite(d->file, torn.data ? torn.data : "", torn.size, 0) == (ssize_t)torn.size);
    buffer_release(&now);
    buffer_release(&torn);
}

static void power_goes(void)
{
    disk.cuts++;
    sim_say("the power goes: %d files and %d changes of folders were not synced", disk.dirty_count,
            disk.change_count);
    for (int i = 0; i < disk.dirty_count; i++) tear(&disk.dirty[i]);
    for (int keep = sim_below(disk.change_count + 1); disk.change_count > keep;) {
        undo(&disk.changes[disk.change_count - 1]);
        change_drop(disk.change_count - 1);
    }
}

/* What is left of a power cut, or of a machine that went on, is durable in the end. */
static void all_durable(void)
{
    while (disk.dirty_count) dirty_drop(&disk.dirty[0]);
    while (disk.change_count) change_drop(0);
}

/* ---- the calls ---- */

static int disk_open(const char *path, int flags, unsigned mode)
{
    bool makes = (flags & O_CREAT) && access(path, F_OK) != 0;
    if (refuse(makes)) return -1;
    int file = real_world.open(path, flags, mode);
    if (file >= 0 && makes) note_change(MADE, path, NULL);
    return file;
}

static int64_t disk_write(int file, const void *data, size_t size, int64_t offset)
{
    if (refuse(true)) return -1;
    note_write(file);
    if (disk.wild && size > 1 && sim_chance(100)) size = 1 + (size_t)sim_below((int)size); /* short */
    return real_world.write(file, data, size, offset);
}

static void disk_write_out(int file, int64_t offset, int64_t size)
{
    (void)file, (void)offset, (void)size; /* a hint: nothing is durable */
}

static int disk_direct(int file, bool on)
{
    (void)file, (void)on;
    errno = EINVAL; /* it would take a thread */
    return -1;
}

static int64_t disk_read(int file, void *data, size_t size, int64_t offset)
{
    return refuse(false) ? -1 : real_world.read(file, data, size, offset);
}

static int disk_sync(int file)
{
    struct stat st;
    char link_path[32], path[512] = "";
    if (refuse(false)) return -1;
    CHECK(fstat(file, &st) == 0);
    if (S_ISDIR(st.st_mode)) {
        snprintf(link_path, sizeof link_path, "/proc/self/fd/%d", file);
        CHECK(readlink(link_path, path, sizeof path - 1) > 0);
        sync_folder(path);
    } else if (dirty_of(file)) {
        dirty_drop(dirty_of(file));
    }
    return 0;
}

static int disk_rename(const char *from, const char *to)
{
    if (refuse(true)) return -1;
    int result = real_world.rename(from, to); /* the store never renames onto a file */
    sim_say("rename to %s%s", to + strlen(disk.folder), result ? ": fails" : "");
    if (result == 0) note_change(RENAMED, to, from);
    return result;
}

static int disk_unlink(const char *path)
{
    char grave[128];
    if (refuse(false)) return -1;
    snprintf(grave, sizeof grave, "%s/%d", disk.graves, disk.grave_count++);
    bool kept = link(path, grave) == 0;
    int result = real_world.unlink(path);
    sim_say("unlink %s%s", path + strlen(disk.folder), result ? ": fails" : "");
    if (result == 0 && kept) note_change(REMOVED, path, grave);
    return result;
}

static int disk_mkdir(const char *path, unsigned mode)
{
    if (refuse(true)) return -1;
    int result = real_world.mkdir(path, mode);
    if (result == 0) note_change(MADE_FOLDER, path, NULL);
    return result;
}

static int disk_rmdir(const char *path)
{
    return refuse(false) ? -1 : real_world.rmdir(path); /* empty: making it again loses nothing */
}

static int disk_stat(const char *path, struct world_stat *out)
{
    return refuse(false) ? -1 : real_world.stat(path, out);
}

static int disk_open_beneath(const char *folder, const char *path, int flags)
{
    return refuse(false) ? -1 : real_world.open_beneath(folder, path, flags);
}

static int disk_list(const char *folder, void (*each)(void *context, const char *name), void *context)
{
    return refuse(false) ? -1 : real_world.list(folder, each, context);
}

static struct world disk_world(void)
{
    struct world w = sim_world;
    w.open = disk_open;
    w.write = disk_write;
    w.write_out = disk_write_out;
    w.direct = disk_direct;
    w.read = disk_read;
    w.sync = disk_sync;
    w.close = real_world.close;
    w.rename = disk_rename;
    w.unlink = disk_unlink;
    w.mkdir = disk_mkdir;
    w.rmdir = disk_rmdir;
    w.stat = disk_stat;
    w.open_beneath = disk_open_beneath;
    w.lock = real_world.lock;
    w.list = disk_list;
    return w;
}

/* ---- what the store must hold ---- */

static const char *const keys[KEYS] = {"a/part.parquet", "a/b/part.parquet", "plain", "odd//key", "a/", "a"};

/* Which bytes: 0 none, else their number. Two, while a call that failed may have been done. */
struct known { int value, other; };

struct staged_bytes { char token[64]; int key, value; bool tried; };

static struct {
    struct known of[KEYS];
    struct staged_bytes staged[STAGED_MAX];
    int staged_count, values;
} model;

static span bytes_of(int value)
{
    struct buffer out = {0};
    int size = (value * 7919) % BYTES_MAX + (value % 2 ? 0 : SMALL_BYTES); /* the store has ways for both */
    for (int i = size; i >= 0; i--) buffer_append_byte(&out, (uint8_t)('a' + (i * value) % 23));
    buffer_printf(&out, "#%d", value);
    span copy = arena_span(&sim.memory, buffer_span(&out));
    buffer_release(&out);
    return copy;
}

static void settle_known(struct object_store *s, int key)
{
    struct buffer found = {0};
    struct known *k = &model.of[key];
    error e = s->ops->get(s, BUCKET, keys[key], 1 << 20, &found);
    int candidates[] = {k->value, k->other};
    bool good = false;
    for (int i = 0; i < 2 && !good; i++) {
        int value = candidates[i];
        good = value == 0 ? e == ERR_NO_SUCH_KEY
                          : e == OK && span_equal(buffer_span(&found), bytes_of(value));
        if (good) *k = (struct known){value, value};
    }
    if (!good)
        sim_fail("disk: %s holds %zu bytes (%s), not number %d or %d", keys[key], found.size,
                 e == OK ? "OK" : error_text(), k->value, k->other);
    buffer_release(&found);
}

static void settle_all(struct object_store *s)
{
    for (int i = 0; i < KEYS && !sim.failed; i++) settle_known(s, i);
    for (int i = model.staged_count; i-- > 0;) { /* a completion that failed may have been done */
        struct staged_bytes *staged = &model.staged[i];
        bool completed = staged->tried && model.of[staged->key].value == staged->value;
        staged->tried = false;
        if (completed) *staged = model.staged[--model.staged_count];
    }
}

/* ---- what is asked of it ---- */

static void done(int key, int value, error e)
{
    sim_say("%s is to be number %d: %s", keys[key], value, e == OK ? "OK" : error_row(e)->code);
    if (e == OK) model.of[key] = (struct known){value, value};
    else model.of[key].other = value;
}

static void put_some(struct object_store *s)
{
    int key = sim_below(KEYS), value = ++model.values;
    bool if_absent = sim_chance(400), there = model.of[key].value != 0;
    error e = s->ops->put(s, BUCKET, keys[key], bytes_of(value), "t/t",
                          (struct object_condition){.if_absent = if_absent});
    if (e == OK && if_absent && there) sim_fail("disk: %s was put although it was there", keys[key]);
    if (e != ERR_PRECONDITION) done(key, value, e);
    else if (!there) sim_fail("disk: %s was refused although it was not there", keys[key]);
}

static void stage_some(struct object_store *s)
{
    struct upload *u;
    struct arena arena = {0};
    const char *token;
    int key = sim_below(KEYS), value = ++model.values;
    span bytes = bytes_of(value);
    if (model.staged_count == STAGED_MAX) return;
    if (s->ops->upload_begin(s, BUCKET, keys[key], "t/t", &u) != OK) return;
    error e = OK;
    while (e == OK && bytes.size) {
        size_t piece = 1 + (size_t)sim_below((int)bytes.size);
        e = s->ops->upload_write(u, (span){bytes.data, piece});
        bytes.data += piece;
        bytes.size -= piece;
    }
    if (e != OK) s->ops->upload_abandon(u);
    else if (s->ops->upload_finish(u, &arena, &token) == OK) {
        struct staged_bytes *staged = &model.staged[model.staged_count++];
        *staged = (struct staged_bytes){.key = key, .value = value};
        snprintf(staged->token, sizeof staged->token, "%s", token);
    }
    arena_release(&arena);
}

static void complete_some(struct object_store *s)
{
    if (!model.staged_count) return;
    struct staged_bytes *staged = &model.staged[sim_below(model.staged_count)];
    error e = s->ops->upload_complete(s, BUCKET, keys[staged->key], staged->token);
    if (e == ERR_NO_SUCH_UPLOAD && !disk.dead) sim_fail("disk: staged bytes of %s are gone", keys[staged->key]);
    done(staged->key, staged->value, e);
    staged->tried = true;
    if (e == OK) *staged = model.staged[--model.staged_count];
}

static void remove_some(struct object_store *s)
{
    int key = sim_below(KEYS);
    done(key, 0, s->ops->remove(s, BUCKET, keys[key]));
}

/* One life of a process: until it dies or has done enough. */
static void live(struct object_store *s)
{
    static void (*const asks[])(struct object_store *) = {put_some, put_some, stage_some, complete_some,
                                                          remove_some};
    for (int n = 1 + sim_below(20); n > 0 && !disk.dead && !sim.failed; n--) {
        bool uncertain = false;
        asks[sim_below(5)](s);
        for (int i = 0; i < KEYS; i++) uncertain |= model.of[i].value != model.of[i].other;
        if (!uncertain || disk.dead) continue;
        disk.wild = false; /* a look at what became of a call that failed */
        settle_all(s);
        disk.wild = true;
    }
}

static int files_staged(void)
{
    char path[128];
    int count = 0;
    snprintf(path, sizeof path, "%s/lake/.staging", disk.folder);
    DIR *folder = opendir(path);
    for (struct dirent *entry; folder && (entry = readdir(folder));) count += entry->d_name[0] != '.';
    if (folder) closedir(folder);
    return count;
}

/* Objects may stay where they were staged when a power cut brought back what stands in their way. */
static int blocked(void)
{
    int count = 0;
    for (int i = 0; i < KEYS && disk.cuts; i++) count += model.of[i].value != 0;
    return count;
}

error disk_store_open(struct object_store **out)
{
    char path[128];
    snprintf(path, sizeof path, "%s/lake", disk.folder);
    return object_open_local(path, out);
}

/* Opened on a good machine: everything is there, and no more. */
static void look(void)
{
    struct object_store *s;
    disk.wild = disk.dead = false;
    if (disk_store_open(&s) != OK) {
        sim_fail("disk: the store does not open: %s", error_text());
        return;
    }
    settle_all(s);
    if (!sim.failed && (files_staged() < model.staged_count || files_staged() > model.staged_count + blocked()))
        sim_fail("disk: %d files are staged, %d were finished", files_staged(), model.staged_count);
    while (model.staged_count && !sim.failed && sim_chance(500)) complete_some(s);
    if (!sim.failed) settle_all(s);
    s->ops->close(s);
}

/* The machine is back, but its disk is hardly: the store opens with everything right, or not at all. */
static void open_roughly(void)
{
    enum { ROUGH_PERMILLE = 40 }; /* so that most of an opening is done, and some of it not */
    struct object_store *s;
    for (int tries = sim_below(10); tries > 0 && !sim.failed; tries--) {
        disk.wild = true;
        disk.dead = false;
        disk.calls = 0;
        disk.die_at = sim_chance(300) ? 1 + sim_below(40) : 0;
        disk.fault_permille = ROUGH_PERMILLE;
        if (disk_store_open(&s) != OK) continue;
        disk.wild = disk.dead = false;
        settle_all(s);
        s->ops->close(s);
    }
    disk.fault_permille = sim.fault_permille;
}

static void disk_life(void)
{
    struct object_store *s;
    disk.wild = true;
    disk.calls = 0;
    disk.die_at = sim_chance(700) ? 1 + sim_below(150) : 0;
    if (disk_store_open(&s) == OK) {
        live(s);
        s->ops->close(s);
    }
    sim.kills += disk.dead;
    if (sim_chance(500)) power_goes();
    all_durable();
    open_roughly();
    if (!sim.failed) look();
}

static void folder_remove(const char *path)
{
    char command[160];
    snprintf(command, sizeof command, "rm -rf %s", path);
    CHECK(system(command) == 0);
}

void disk_begin(void)
{
    disk.world = disk_world();
    snprintf(disk.folder, sizeof disk.folder, "%s/sluice-sim-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    CHECK(mkdtemp(disk.folder));
    snprintf(disk.graves, sizeof disk.graves, "%s/graves", disk.folder);
    CHECK(mkdir(disk.graves, 0700) == 0);
    disk.wild = disk.dead = false;
    disk.grave_count = disk.cuts = 0;
    disk.calls = disk.die_at = 0;
    disk.fault_permille = sim.fault_permille;
    world = &disk.world;
}

void disk_end(void)
{
    all_durable();
    world = &sim_world;
    folder_remove(disk.folder);
}

void disk_story(void)
{
    struct object_store *s;
    disk_begin();
    memset(&model, 0, sizeof model);
    CHECK(disk_store_open(&s) == OK && object_bucket_create(s, BUCKET, "us-east-1") == OK);
    s->ops->close(s);
    all_durable();
    for (int lives = 2 + sim_below(5); lives > 0 && !sim.failed; lives--) disk_life();
    disk_end();
}

/* ---- under jobs (lake.c) ---- */

struct disk_mood disk_calm(void)
{
    struct disk_mood before = {disk.wild, disk.dead};
    disk.wild = disk.dead = false;
    return before;
}

void disk_mood_set(struct disk_mood mood)
{
    disk.wild = mood.wild;
    disk.dead = mood.dead;
}

void disk_process(bool dead)
{
    disk.wild = !sim.calm;
    disk.dead = dead;
}

bool disk_died(void)
{
    return disk.dead;
}

void disk_die_at(long calls)
{
    disk.calls = 0;
    disk.die_at = calls;
    disk.fault_permille = sim.fault_permille / 5; /* a call of the store makes many of the disk */
}

void disk_settle(bool cut)
{
    if (cut) power_goes();
    if (cut || sim_chance(500)) all_durable();
}

int disk_files_staged(void)
{
    return files_staged();
}
