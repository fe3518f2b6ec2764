/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/mirror.h"

#include "base/buf.h"
#include "base/cursor.h"
#include "base/log.h"
#include "base/mem.h"
#include "ledger/guard.h"
#include "ledger/mirror_object.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define FORMAT 4 /* 3, where objects, too, may be those of older ledgers */
#define FORMAT_OLDEST                                                                              \
    2 /* objects with checksums; nodes of the newest ledger (3: of older ones)                     \
       */
#define META_KEY SLICE_LIT("ledger")
#define MAP_LARGEST ((uint64_t)1 << 40)
#define MAP_SMALLEST ((uint64_t)1 << 30)

ERR mirror_check(const struct mirror *m, int rc, const char *what)
{
    switch (rc) {
    case MDB_SUCCESS: return OK;
    case MDB_MAP_FULL:
        return FAIL(ERR_LIMIT, "mirror: %s: %s: the map of %llu MiB is full", m->path, what,
                    (unsigned long long)(m->map_bytes >> 20));
    case MDB_READERS_FULL:
        return FAIL(ERR_BUSY, "mirror: %s: %s: too many open views", m->path, what);
    case MDB_VERSION_MISMATCH:
        return FAIL(ERR_VERSION, "mirror: %s: %s: %s", m->path, what, mdb_strerror(rc));
    case ENOSPC:
    case EDQUOT: return FAIL(ERR_FULL, "mirror: %s: %s: %s", m->path, what, mdb_strerror(rc));
    default: break;
    }
    /* LMDB's own codes: nothing that a sound file gives rise to */
    if (rc < 0)
        return FAIL(ERR_CORRUPT, "mirror: %s: %s: %s", m->path, what, mdb_strerror(rc));
    return FAIL(ERR_IO, "mirror: %s: %s: %s", m->path, what, mdb_strerror(rc));
}

static err take_lock(struct mirror *m)
{
    char path[2048];
    if (snprintf(path, sizeof path, "%s/LOCK", m->path) >= (int)sizeof path)
        return FAIL(ERR_INVALID, "mirror: path too long");
    if (mkdir(m->path, 0755) != 0 && errno != EEXIST)
        return FAIL(ERR_IO, "mirror: %s: %s", m->path, strerror(errno));
    m->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (m->lock_fd < 0)
        return FAIL(ERR_IO, "mirror: %s: %s", path, strerror(errno));
    if (flock(m->lock_fd, LOCK_EX | LOCK_NB) == 0)
        return OK;
    if (errno == EWOULDBLOCK)
        return FAIL(ERR_LOCKED, "mirror: %s is in use by another process", m->path);
    return FAIL(ERR_IO, "mirror: %s: %s", path, strerror(errno));
}

static err remove_file(const struct mirror *m, const char *name)
{
    char path[2048];
    snprintf(path, sizeof path, "%s/%s", m->path, name);
    if (unlink(path) != 0 && errno != ENOENT)
        return FAIL(ERR_IO, "mirror: %s: %s", path, strerror(errno));
    return OK;
}

/* Pages that the newest meta page counts on are there. Beyond the file's end the map is no memory.
 */
static err check_size(const struct mirror *m)
{
    MDB_envinfo info;
    MDB_stat stat;
    struct stat file;
    mdb_filehandle_t fd;
    if (mdb_env_info(m->env, &info) != 0 || mdb_env_stat(m->env, &stat) != 0 ||
        mdb_env_get_fd(m->env, &fd) != 0 || fstat(fd, &file) != 0)
        return FAIL(ERR_IO, "mirror: %s: no size of the file", m->path);
    uint64_t needed = ((uint64_t)info.me_last_pgno + 1) * stat.ms_psize;
    if ((uint64_t)file.st_size < needed)
        return FAIL(ERR_CORRUPT, "mirror: %s: data.mdb has %lld bytes, should have %llu", m->path,
                    (long long)file.st_size, (unsigned long long)needed);
    return OK;
}

static void env_close(struct mirror *m)
{
    if (m->env)
        mdb_env_close(m->env);
    if (m->table_fd >= 0)
        close(m->table_fd);
    m->env = NULL;
    m->table_fd = -1;
}

static void on_assert(MDB_env *env, const char *text)
{
    guard_abort(text);
    (void)env;
}

/* We hold the directory alone, so the table of readers needs no file. On a disk it would be one
 * more map that is SIGBUS where copy on write finds no room. */
static err table_in_memory(struct mirror *m)
{
    char name[64], path[2048];
    m->table_fd = memfd_create("lmdb readers", MFD_CLOEXEC);
    if (m->table_fd < 0)
        return OK; /* an old kernel: a file, then */
    snprintf(name, sizeof name, "/proc/self/fd/%d", m->table_fd);
    snprintf(path, sizeof path, "%s/lock.mdb", m->path);
    if (symlink(name, path) != 0)
        return FAIL(errno == ENOSPC ? ERR_FULL : ERR_IO, "mirror: %s: %s", path, strerror(errno));
    return OK;
}

static err env_open(struct mirror *m, uint64_t map_bytes)
{
    TRY(remove_file(m, "lock.mdb"));
    TRY(table_in_memory(m));
    TRY(mirror_check(m, mdb_env_create(&m->env), "create"));
    m->map_bytes = map_bytes;
    int rc = mdb_env_set_assert(m->env, on_assert);
    if (rc == 0)
        rc = mdb_env_set_maxdbs(m->env, 3);
    if (rc == 0)
        rc = mdb_env_set_maxreaders(m->env, m->max_readers);
    if (rc == 0)
        rc = mdb_env_set_mapsize(m->env, map_bytes);
    if (rc == 0)
        rc = mdb_env_open(m->env, m->path, MDB_NOTLS | MDB_NORDAHEAD, 0644);
    MDB_envinfo info;
    if (rc == 0)
        rc = mdb_env_info(m->env, &info);
    if (rc == 0) {
        m->map_bytes = info.me_mapsize; /* not less than the file has */
        return check_size(m);
    }
    env_close(m);
    if (rc == ENOMEM)
        return FAIL(ERR_LIMIT, "mirror: %s: no address space for a map of %llu MiB", m->path,
                    (unsigned long long)(map_bytes >> 20));
    return mirror_check(m, rc, "open");
}

/* The map only takes addresses, no memory; where even those are limited, a smaller one has to do.
 */
static err env_open_largest(struct mirror *m, uint64_t map_bytes)
{
    if (map_bytes)
        return env_open(m, map_bytes);
    uint64_t bytes = sizeof(void *) == 8 ? MAP_LARGEST : MAP_SMALLEST;
    err e = env_open(m, bytes);
    while (e.code == ERR_LIMIT && bytes > MAP_SMALLEST) {
        bytes /= 4;
        e = env_open(m, bytes);
    }
    return e;
}

/* The file's name, and the directory's: without them a power cut loses both. */
static void sync_names(const struct mirror *m)
{
    char parent[2048];
    snprintf(parent, sizeof parent, "%s/..", m->path);
    const char *const paths[] = {m->path, parent};
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        int fd = open(paths[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
            continue;
        (void)!fsync(fd); /* not every file system can; then the mirror is made anew */
        close(fd);
    }
}

static err open_databases(struct mirror *m)
{
    int n_dead = 0;
    TRY(mirror_check(m, mdb_reader_check(m->env, &n_dead), "reader check"));
    MDB_txn *txn = NULL;
    TRY(mirror_write_begin(m, &txn));
    int rc = mdb_dbi_open(txn, "state", MDB_CREATE, &m->state);
    if (rc == 0)
        rc = mdb_dbi_open(txn, "tree", MDB_CREATE, &m->tree);
    if (rc == 0)
        rc = mdb_dbi_open(txn, "meta", MDB_CREATE, &m->meta);
    if (rc != 0) {
        mdb_txn_abort(txn);
        return mirror_check(m, rc, "open databases");
    }
    TRY(mirror_write_commit(m, txn));
    sync_names(m);
    return OK;
}

static void mirror_freep(struct mirror **m)
{
    mirror_close(*m);
}

static err begin_files(struct mirror *m, uint64_t map_bytes)
{
    env_close(m);
    TRY(remove_file(m, "data.mdb"));
    TRY(remove_file(m, "DOUBT"));
    TRY(env_open_largest(m, map_bytes));
    return open_databases(m);
}

static err open_guarded(void *arg)
{
    struct mirror *m = arg;
    TRY(env_open_largest(m, m->map_bytes));
    return open_databases(m);
}

/* What is there, unless it ended the process that used it last. */
static err open_files(struct mirror *m)
{
    char path[2048];
    snprintf(path, sizeof path, "%s/DOUBT", m->path);
    bool marked = access(path, F_OK) == 0;
    m->mark = guard_watch(path);
    if (marked)
        return FAIL(ERR_CORRUPT, "mirror: %s: a page of it ended the last process", m->path);
    return guard_run(open_guarded, m, m->path);
}

ERR mirror_reset(struct mirror *m)
{
    err e = begin_files(m, m->map_bytes);
    if (e.code)
        env_close(m);
    return e;
}

ERR mirror_open(const struct mirror_opts *opts, struct mirror **ret)
{
    CLEANUP(mirror_freep) struct mirror *m = xcalloc(1, sizeof *m);
    m->lock_fd = m->table_fd = -1;
    m->path = xstrdup(opts->path);
    m->max_readers = opts->max_readers;
    m->map_bytes = opts->map_bytes;
    TRY(take_lock(m));
    err e = open_files(m);
    if (e.code == ERR_CORRUPT || e.code == ERR_VERSION) {
        LOG_ERROR("%s: thrown away", err_text());
        e = begin_files(m, opts->map_bytes);
    }
    TRY(e);
    *ret = TAKE_PTR(m);
    return OK;
}

struct mirror *mirror_close(struct mirror *m)
{
    if (m == NULL)
        return NULL;
    env_close(m);
    guard_unwatch(m->mark);
    if (m->lock_fd >= 0)
        close(m->lock_fd);
    free(m->path);
    free(m);
    return NULL;
}

/* Of format 3, the objects are newer than it says: no harm is done. */
static bool read_turn(struct cursor *c, uint32_t format, struct mirror_meta *ret)
{
    uint32_t seq = ret->header.seq;
    struct mirror_turn *turn = &ret->turn;
    *turn = mirror_turn_whole(format == FORMAT_OLDEST ? seq : cursor_be32(c));
    if (format == FORMAT) {
        turn->next = cursor_be32(c);
        turn->begun = cursor_be32(c);
    }
    return !c->failed && cursor_done(c) && turn->since <= turn->begun && turn->begun <= seq;
}

ERR mirror_meta_get(const struct mirror *m, MDB_txn *txn, struct mirror_meta *ret)
{
    MDB_val key = mirror_val(META_KEY), value;
    int rc = mdb_get(txn, m->meta, &key, &value);
    if (rc == MDB_NOTFOUND)
        return (err){ERR_NOT_FOUND};
    TRY(mirror_check(m, rc, "read meta"));
    struct cursor c = cursor_of(mirror_slice(value));
    uint32_t format = cursor_be32(&c);
    if (!c.failed && (format < FORMAT_OLDEST || format > FORMAT))
        return FAIL(ERR_VERSION, "mirror: %s: format %u, this program knows %u", m->path, format,
                    FORMAT);
    struct slice dataset = cursor_take(&c, MIRROR_DATASET_BYTES);
    struct slice bytes = cursor_take(&c, LEDGER_HEADER_BYTES);
    struct mirror_meta meta = {0};
    if (!digest_header_decode(bytes, &meta.header) || !read_turn(&c, format, &meta))
        return FAIL(ERR_CORRUPT, "mirror: %s: damaged meta record", m->path);
    struct hash256 hash = digest_ledger(&meta.header);
    if (!hash256_eq(&hash, &meta.header.hash))
        return FAIL(ERR_CORRUPT, "mirror: %s: the meta record's header does not have its hash",
                    m->path);
    memcpy(meta.dataset, dataset.p, dataset.n);
    *ret = meta;
    return OK;
}

ERR mirror_meta_put(const struct mirror *m, MDB_txn *txn, const struct mirror_meta *meta)
{
    uint8_t bytes[4 + MIRROR_DATASET_BYTES + LEDGER_HEADER_BYTES + 12];
    uint8_t *turn = bytes + sizeof bytes - 12;
    bits_store32(bytes, FORMAT);
    memcpy(bytes + 4, meta->dataset, MIRROR_DATASET_BYTES);
    digest_header_encode(&meta->header, bytes + 4 + MIRROR_DATASET_BYTES);
    bits_store32(turn, meta->turn.since);
    bits_store32(turn + 4, meta->turn.next);
    bits_store32(turn + 8, meta->turn.begun);
    MDB_val key = mirror_val(META_KEY), value = {sizeof bytes, bytes};
    return mirror_check(m, mdb_put(txn, m->meta, &key, &value, 0), "write meta");
}

ERR mirror_write_begin(const struct mirror *m, MDB_txn **ret)
{
    if (m->env == NULL)
        return FAIL(ERR_IO, "mirror: %s: not open", m->path);
    return mirror_check(m, mdb_txn_begin(m->env, NULL, 0, ret), "begin");
}

ERR mirror_write_commit(const struct mirror *m, MDB_txn *txn)
{
    int rc = mdb_txn_commit(txn);
    MDB_txn *probe = NULL;
    if (rc == 0 || rc == MDB_MAP_FULL)
        return mirror_check(m, rc, "commit");
    /* a failed write of data is as if it had not been; of the meta page nobody knows */
    int state = mdb_txn_begin(m->env, NULL, MDB_RDONLY, &probe);
    if (state == 0)
        mdb_txn_abort(probe);
    if (state == MDB_PANIC)
        return FAIL(ERR_CORRUPT, "mirror: %s: commit: %s", m->path, mdb_strerror(rc));
    return mirror_check(m, rc, "commit");
}

ERR mirror_clear(const struct mirror *m)
{
    MDB_txn *txn = NULL;
    TRY(mirror_write_begin(m, &txn));
    int rc = mdb_drop(txn, m->meta, 0);
    if (rc == 0)
        rc = mdb_drop(txn, m->tree, 0);
    if (rc == 0)
        rc = mdb_drop(txn, m->state, 0);
    if (rc != 0) {
        mdb_txn_abort(txn);
        return mirror_check(m, rc, "clear");
    }
    return mirror_write_commit(m, txn);
}

struct get {
    const struct mirror *m;
    MDB_cursor *cursor;
    const struct hash256 *key;
    struct slice *ret;
};

static err get_guarded(void *arg)
{
    struct get *g = arg;
    MDB_val key = mirror_val(hash256_slice(g->key)), value;
    int rc = mdb_cursor_get(g->cursor, &key, &value, MDB_SET_RANGE);
    if (rc == 0 && key.mv_size == 32 && memcmp(key.mv_data, g->key->b, 32) == 0)
        return mirror_object_read(g->m, &key, &value, g->ret);
    TRY(mirror_object_absent(g->m, g->cursor, rc, &key, &value, g->key));
    return (err){ERR_NOT_FOUND};
}

ERR mirror_get(const struct mirror *m, MDB_cursor *cursor, const struct hash256 *key,
               struct slice *ret)
{
    struct get g = {m, cursor, key, ret};
    return guard_run(get_guarded, &g, m->path);
}

ERR mirror_grow(struct mirror *m)
{
    int rc = mdb_env_set_mapsize(m->env, m->map_bytes * 2);
    if (rc != 0)
        return FAIL(ERR_LIMIT, "mirror: %s: no address space for a map of %llu MiB: %s", m->path,
                    (unsigned long long)(m->map_bytes >> 19), mdb_strerror(rc));
    m->map_bytes *= 2;
    return OK;
}

struct free_pages {
    const struct mirror *m;
    MDB_txn *txn;
    uint64_t n;
};

/* LMDB's own database 0: transaction -> the number of pages it left free, and which. */
static err count_free_guarded(void *arg)
{
    struct free_pages *f = arg;
    MDB_cursor *cursor = NULL;
    MDB_val key, value;
    TRY(mirror_check(f->m, mdb_txn_begin(f->m->env, NULL, MDB_RDONLY, &f->txn), "begin"));
    TRY(mirror_check(f->m, mdb_cursor_open(f->txn, 0, &cursor), "open cursor"));
    int rc = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
    for (; rc == 0; rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
        size_t n = 0;
        if (value.mv_size >= sizeof n)
            memcpy(&n, value.mv_data, sizeof n);
        f->n += n;
    }
    mdb_cursor_close(cursor);
    return rc == MDB_NOTFOUND ? OK : mirror_check(f->m, rc, "count free pages");
}

ERR mirror_free_bytes(const struct mirror *m, uint64_t *ret)
{
    struct free_pages f = {.m = m};
    MDB_stat stat;
    err e = guard_run(count_free_guarded, &f, m->path);
    if (f.txn)
        mdb_txn_abort(f.txn);
    TRY(e);
    TRY(mirror_check(m, mdb_env_stat(m->env, &stat), "stat"));
    *ret = f.n * stat.ms_psize;
    return OK;
}

ERR mirror_adopt(struct mirror *m, const char *path)
{
    CLEANUP(mem_freep) char *from = xasprintf("%s/data.mdb", path);
    CLEANUP(mem_freep) char *to = xasprintf("%s/data.mdb", m->path);
    env_close(m);
    if (rename(from, to) != 0)
        return FAIL(ERR_IO, "mirror: %s: %s", from, strerror(errno));
    return guard_run(open_guarded, m, m->path);
}

uint64_t mirror_bytes(const struct mirror *m)
{
    MDB_envinfo info;
    MDB_stat stat;
    if (m->env == NULL || mdb_env_info(m->env, &info) != 0 || mdb_env_stat(m->env, &stat) != 0)
        return 0;
    return ((uint64_t)info.me_last_pgno + 1) * stat.ms_psize;
}
