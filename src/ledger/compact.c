/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/compact.h"

#include "base/log.h"
#include "base/mem.h"
#include "ledger/disk.h"
#include "ledger/guard.h"
#include "ledger/mirror_follow.h"
#include "ledger/repair.h"
#include "ledger/retree.h"
#include "rt/clock.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOOK_NS (60 * CLOCK_S)
/* After it did not come about. */
#define AGAIN_NS (600 * CLOCK_S)
#define MIN_FREE_BYTES ((uint64_t)256 << 20)
#define TXN_BYTES ((uint64_t)32 << 20)
#define VIEWS_END_MS 5000
/* A view that has seen so many commits come and go. */
#define LONG_OPEN 500

struct compact {
    struct mirror *from;
    struct mirror *to;
    char *path;
    pthread_t thread;
    _Atomic bool stop;
    _Atomic bool done;
    err result; /* when done, */
    char text[240];
    uint64_t bytes_before;
    int64_t begun_ns;

    MDB_txn *reading; /* the copying thread's, like the next ones */
    MDB_txn *writing;
    MDB_cursor *cursor;
    MDB_dbi dbi_from, dbi_to;
    uint64_t txn_bytes;
};

/* --- copying --- */

static err next_txn(struct compact *c)
{
    if (c->writing && c->txn_bytes < TXN_BYTES)
        return OK;
    if (c->writing)
        TRY(mirror_write_commit(c->to, TAKE_PTR(c->writing)));
    c->txn_bytes = 0;
    return mirror_write_begin(c->to, &c->writing);
}

static err copy_some(void *arg)
{
    struct compact *c = arg;
    MDB_val key, value;
    TRY(next_txn(c));
    int rc = mdb_cursor_get(c->cursor, &key, &value, MDB_NEXT);
    for (int i = 0; rc == 0; i++) {
        rc = mdb_put(c->writing, c->dbi_to, &key, &value, MDB_APPEND);
        c->txn_bytes += key.mv_size + value.mv_size;
        if (rc != 0 || i == 1000)
            return mirror_check(c->to, rc, "copy");
        rc = mdb_cursor_get(c->cursor, &key, &value, MDB_NEXT);
    }
    return rc == MDB_NOTFOUND ? (err){ERR_NOT_FOUND} : mirror_check(c->from, rc, "copy");
}

static err copy_database(struct compact *c, MDB_dbi from, MDB_dbi to)
{
    c->dbi_from = from;
    c->dbi_to = to;
    TRY(mirror_check(c->from, mdb_cursor_open(c->reading, from, &c->cursor), "open cursor"));
    err e = OK;
    while (!e.code && !atomic_load(&c->stop))
        e = guard_run(copy_some, c, c->from->path);
    mdb_cursor_close(c->cursor);
    if (atomic_load(&c->stop))
        return FAIL(ERR_CANCELLED, "mirror: the copy was stopped");
    return e.code == ERR_NOT_FOUND ? OK : e;
}

/* The record that makes it a mirror is copied last. */
static err copy_all(struct compact *c)
{
    const struct mirror *from = c->from, *to = c->to;
    TRY(copy_database(c, from->state, to->state));
    TRY(copy_database(c, from->tree, to->tree));
    TRY(copy_database(c, from->meta, to->meta));
    return mirror_write_commit(c->to, TAKE_PTR(c->writing));
}

static err copy(struct compact *c)
{
    int rc = mdb_txn_begin(c->from->env, NULL, MDB_RDONLY, &c->reading);
    TRY(mirror_check(c->from, rc, "begin reading"));
    err e = copy_all(c);
    if (c->writing)
        mdb_txn_abort(c->writing);
    mdb_txn_abort(c->reading);
    return e;
}

static void *run(void *arg)
{
    struct compact *c = arg;
    c->result = copy(c);
    snprintf(c->text, sizeof c->text, "%s", err_text());
    atomic_store(&c->done, true);
    return NULL;
}

static void remove_copy(const char *path)
{
    static const char *const names[] = {"data.mdb", "lock.mdb", "LOCK", "DOUBT"};
    char file[2048];
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        snprintf(file, sizeof file, "%s/%s", path, names[i]);
        unlink(file);
    }
    rmdir(path);
}

static struct compact *compact_free(struct compact *c)
{
    if (!c)
        return NULL;
    mirror_close(c->to);
    if (c->path)
        remove_copy(c->path);
    free(c->path);
    free(c);
    return NULL;
}

static void compact_freep(struct compact **c)
{
    compact_free(*c);
}

static err begin(struct ledgers *l)
{
    CLEANUP(compact_freep) struct compact *c = xcalloc(1, sizeof *c);
    c->from = l->mirror;
    c->begun_ns = clock_now_ns();
    c->bytes_before = mirror_bytes(l->mirror);
    c->path = xasprintf("%s/compact", l->mirror->path);
    remove_copy(c->path);
    struct mirror_opts opts = {
        .path = c->path, .map_bytes = l->mirror->map_bytes, .max_readers = 2};
    TRY(mirror_open(&opts, &c->to));
    if (pthread_create(&c->thread, NULL, run, c) != 0)
        return FAIL(ERR_IO, "mirror: cannot start a thread");
    pthread_setname_np(c->thread, "compact");
    l->compact = TAKE_PTR(c);
    return OK;
}

void compact_stop(struct ledgers *l)
{
    struct compact *c = TAKE_PTR(l->compact);
    if (!c)
        return;
    atomic_store(&c->stop, true);
    pthread_join(c->thread, NULL);
    compact_free(c);
}

/* --- taking its place --- */

/* Views are gone and none is opened. The window begins anew, with the ledgers that the copy lacks.
 */
static err adopt(struct ledgers *l, struct compact *c)
{
    struct mirror_meta meta;
    MDB_txn *txn = NULL;
    uint32_t newest = l->meta.header.seq;
    c->to = mirror_close(c->to);
    TRY(mirror_adopt(l->mirror, c->path));
    TRY(mirror_write_begin(l->mirror, &txn));
    err e = mirror_meta_get(l->mirror, txn, &meta);
    mdb_txn_abort(txn);
    TRY(e);
    if (memcmp(meta.dataset, l->meta.dataset, sizeof meta.dataset) != 0 || meta.header.seq > newest)
        return FAIL(ERR_CORRUPT, "mirror: %s: the copy is of another ledger", c->path);
    l->meta = meta;
    ledgers_from_file(l);
    TRY(retree(l));
    return mirror_follow(l, 0);
}

static err take_place(struct ledgers *l, struct compact *c)
{
    snap_set_shut(&l->snaps);
    if (!snap_set_clear(&l->snaps, VIEWS_END_MS)) {
        snap_set_unshut(&l->snaps);
        return FAIL(ERR_BUSY, "mirror: %s: an open view keeps a smaller copy from taking its place",
                    l->mirror->path);
    }
    err e = adopt(l, c);
    if (e.code && !atomic_load(&l->doubtful))
        e = repair_doubt(l, err_text());
    TRY(e);
    snap_set_unshut(&l->snaps);
    uint64_t bytes = mirror_bytes(l->mirror);
    atomic_store_explicit(&l->mirror_bytes, bytes, memory_order_relaxed);
    LOG_INFO("mirror: %s: %llu MiB, were %llu: copied into a new file in %.1f s", l->mirror->path,
             (unsigned long long)(bytes >> 20), (unsigned long long)(c->bytes_before >> 20),
             (double)(clock_now_ns() - c->begun_ns) / 1e9);
    return OK;
}

static err finish(struct ledgers *l)
{
    CLEANUP(compact_freep) struct compact *c = TAKE_PTR(l->compact);
    pthread_join(c->thread, NULL);
    if (c->result.code == ERR_CORRUPT)
        return repair_doubt(l, c->text);
    if (c->result.code)
        return FAIL(c->result.code == ERR_IO ? ERR_BUSY : c->result.code, "%s", c->text);
    return take_place(l, c);
}

/* --- when --- */

static int note_reader(const char *line, void *arg)
{
    unsigned long long pid, thread, txn;
    uint64_t *oldest = arg;
    if (sscanf(line, "%llu %llx %llu", &pid, &thread, &txn) == 3)
        *oldest = MIN(*oldest, (uint64_t)txn);
    return 0;
}

static void warn_of_old_views(const struct mirror *m)
{
    MDB_envinfo info;
    uint64_t oldest = UINT64_MAX;
    if (mdb_env_info(m->env, &info) != 0 || mdb_reader_list(m->env, note_reader, &oldest) < 0)
        return;
    if (oldest < info.me_last_txnid && info.me_last_txnid - oldest > LONG_OPEN)
        LOG_WARN("mirror: %s: a view has been open for %llu changes: its file grows until it is "
                 "closed",
                 m->path, (unsigned long long)(info.me_last_txnid - oldest));
}

static err look(struct ledgers *l)
{
    uint64_t is_free = 0, all = mirror_bytes(l->mirror);
    uint64_t least = l->compact_min_bytes ? l->compact_min_bytes : MIN_FREE_BYTES;
    if (all < least)
        return OK;
    TRY(mirror_free_bytes(l->mirror, &is_free));
    if (is_free < least || is_free < all / 2)
        return OK;
    warn_of_old_views(l->mirror);
    TRY(disk_check(l->mirror->path,
                   all - is_free +
                       (l->min_free_bytes == DISK_MIN_FREE_DEFAULT ? least : l->min_free_bytes)));
    return begin(l);
}

void compact_hurry(struct ledgers *l)
{
    l->compact_look_ns = 0;
}

ERR compact_tend(struct ledgers *l)
{
    int64_t now = clock_now_ns();
    err e = OK;
    if (!l->complete || atomic_load(&l->doubtful) || l->load)
        return OK;
    if (l->compact && !atomic_load(&l->compact->done))
        return OK;
    if (l->compact) {
        e = finish(l);
    } else if (now >= l->compact_look_ns) {
        l->compact_look_ns = now + LOOK_NS;
        e = look(l);
    }
    if (e.code == 0 || atomic_load(&l->doubtful))
        return e;
    l->compact_look_ns = clock_now_ns() + AGAIN_NS;
    LOG_WARN("%s: its file is copied later", err_text());
    return OK;
}
