/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rocks.h"

#include "store/memo.h"
#include "store/rocks_batch.h"
#include "store/rocks_iter.h"
#include "store/rocks_damage.h"
#include "store/rocks_load.h"
#include "store/rocks_manifest.h"
#include "store/rocks_ops.h"
#include "store/rocks_options.h"
#include "store/rocks_repair.h"
#include "store/rocks_salvage.h"
#include "store/rocks_scrub.h"
#include "store/rocks_status.h"
#include "store/rocks_tidy.h"

#define LOG_CHANNEL LOG_CHANNEL_BACKEND
#include "base/log.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

char *rocks_path(const struct rocks *r, const char *fmt, ...)
{
    struct buf b = {0};
    va_list ap;
    va_start(ap, fmt);
    buf_printf(&b, "%s/", r->path);
    buf_vprintf(&b, fmt, ap);
    va_end(ap);
    buf_put_u8(&b, 0);
    return (char *)b.p;
}

#define MIN_FREE_BYTES ((uint64_t)2 << 20)

struct range_set rocks_ranges(struct rocks *r)
{
    pthread_mutex_lock(&r->ranges_lock);
    struct range_set ranges = r->ranges;
    pthread_mutex_unlock(&r->ranges_lock);
    return ranges;
}

void rocks_publish(struct rocks *r, const struct range_set *ranges)
{
    /* first this: who sees the new span must not get an iterator from before it */
    rocks_iter_pools_refresh(r);
    pthread_mutex_lock(&r->ranges_lock);
    r->ranges = *ranges;
    pthread_mutex_unlock(&r->ranges_lock);
    atomic_store(&r->newest, ranges->r[ranges->n - 1].last);
    atomic_store(&r->ready, true);
    atomic_fetch_add_explicit(&r->n_writes, 1, memory_order_relaxed);
}

static void op_ranges(struct store *s, struct store_range *ret, size_t *ret_n)
{
    struct rocks *r = rocks_of(s);
    pthread_mutex_lock(&r->ranges_lock); /* each request asks: only those that there are */
    memcpy(ret, r->ranges.r, r->ranges.n * sizeof *ret);
    *ret_n = r->ranges.n;
    pthread_mutex_unlock(&r->ranges_lock);
}

/* Of all families. */
static uint64_t sum_property(struct rocks *r, const char *name)
{
    uint64_t sum = 0;
    for (enum rocks_cf cf = 0; cf < ROCKS_N_CFS; cf++) {
        uint64_t n = 0;
        if (r->cf[cf])
            rocksdb_property_int_cf(r->db, r->cf[cf], name, &n);
        sum += n;
    }
    return sum;
}

static uint64_t property(struct rocks *r, const char *name)
{
    uint64_t n = 0;
    rocksdb_property_int(r->db, name, &n);
    return n;
}

/* The database is open. */
static void add_properties(struct rocks *r, struct store_stats *s)
{
    s->disk_bytes = sum_property(r, "rocksdb.total-sst-files-size") +
                    sum_property(r, "rocksdb.cur-size-all-mem-tables");
    s->debt_bytes = sum_property(r, "rocksdb.estimate-pending-compaction-bytes");
    s->throttled = property(r, "rocksdb.is-write-stopped") != 0 ||
                   property(r, "rocksdb.actual-delayed-write-rate") != 0;
}

static void op_stats(struct store *s, struct store_stats *ret)
{
    struct rocks *r = rocks_of(s);
    *ret = (struct store_stats){
        .n_reads = atomic_load(&r->n_reads),
        .n_offloaded = atomic_load(&r->n_offloaded),
        .n_pending = atomic_load(&r->n_pending),
        .n_writes = atomic_load(&r->n_writes),
        .n_scrubbed_bytes = atomic_load(&r->scrub.n_bytes),
        .n_scrub_rounds = atomic_load(&r->scrub.n_rounds),
        .n_damaged =
            atomic_load(&r->scrub.n_damaged) + rocks_damage_count(r) + atomic_load(&r->scrub.met),
    };
    pthread_rwlock_rdlock(&r->db_lock);
    if (r->db)
        add_properties(r, ret);
    pthread_rwlock_unlock(&r->db_lock);
}

/* So that the next open has no log to replay. What fails here is replayed. */
static void flush_all(struct rocks *r)
{
    rocksdb_flushoptions_t *o = rocksdb_flushoptions_create();
    for (enum rocks_cf cf = 0; cf < ROCKS_N_CFS; cf++) {
        char *text = NULL;
        if (r->cf[cf])
            rocksdb_flush_cf(r->db, o, r->cf[cf], &text);
        rocksdb_free(text);
    }
    rocksdb_flushoptions_destroy(o);
}

void rocks_close_db(struct rocks *r)
{
    if (r->db == NULL)
        return;
    rocks_iter_pools_purge(r);
    for (size_t i = 0; i < ROCKS_N_CFS; i++)
        if (r->cf[i])
            rocksdb_column_family_handle_destroy(TAKE_PTR(r->cf[i]));
    rocksdb_close(TAKE_PTR(r->db));
}

static void rocks_free(struct rocks *r)
{
    rocks_tidy_stop(r);
    rocks_scrub_stop(r);
    rocks_load_forget(r);
    if (r->db && !r->fast_close && !r->read_only && !r->failed)
        flush_all(r);
    rocks_close_db(r);
    rocks_iter_pools_deinit(r);
    rocks_options_deinit(r);
    pthread_mutex_destroy(&r->ranges_lock);
    pthread_mutex_destroy(&r->write_lock);
    pthread_rwlock_destroy(&r->db_lock);
    free(r->path);
    free(r);
}

static void rocks_freep(struct rocks **r)
{
    if (*r)
        rocks_free(*r);
}

static void op_close(struct store *s)
{
    rocks_free(rocks_of(s));
}

static const struct store_ops ops = {
    .close = op_close,
    .meta_get = rocks_meta_get,
    .meta_put = rocks_meta_put,
    .ranges = op_ranges,
    .load_begin = rocks_load_begin,
    .load_add = rocks_load_add,
    .load_commit = rocks_load_commit,
    .write = rocks_write,
    .repair = rocks_repair,
    .salvage = rocks_salvage,
    .salvage_end = rocks_salvage_end,
    .index_lack = rocks_index_lack,
    .index_add = rocks_index_add,
    .header_get = rocks_tx_header_get,
    .seq_by_hash = rocks_tx_seq_by_hash,
    .objects_get = rocks_state_objects_get,
    .next = rocks_next,
    .page = rocks_page,
    .state = store_state_by_pages,
    .diff = rocks_diff,
    .txs_get = rocks_tx_get,
    .tx_types = rocks_tx_types,
    .ledger_txs = rocks_ledger_txs,
    .tx_find = rocks_tx_find,
    .scan = rocks_scan,
    .scan_typed = rocks_scan_typed,
    .stats = op_stats,
};

struct rocks *rocks_of(struct store *s)
{
    assert(s->ops == &ops);
    return container_of(s, struct rocks, base);
}

ERR rocks_sync_directory(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return FAIL(ERR_IO, "store: %s: %s", path, strerror(errno));
    bool ok = fsync(fd) == 0 || errno == EINVAL; /* some file systems have no such sync */
    close(fd);
    return ok ? OK : FAIL(ERR_IO, "store: %s: sync: %s", path, strerror(errno));
}

static ERR make_one(const char *path)
{
    CLEANUP(mem_freep) char *above = xstrdup(path);
    if (mkdir(path, 0755) != 0)
        return errno == EEXIST ? OK : FAIL(ERR_IO, "store: %s: %s", path, strerror(errno));
    char *slash = strrchr(above, '/');
    if (slash)
        slash[slash == above] = 0;
    return rocks_sync_directory(slash ? above : ".");
}

/* mkdir -p */
static ERR make_directory(const char *path)
{
    CLEANUP(mem_freep) char *copy = xstrdup(path);
    for (char *p = copy + 1;; p++) {
        char c = *p;
        if (c != 0 && c != '/')
            continue;
        *p = 0;
        TRY(make_one(copy));
        if (c == 0)
            return OK;
        *p = c;
    }
}

/* A column family from the future tells it before any of its rows could be misread. */
static ERR check_column_families(const struct rocks *r)
{
    CLEANUP(mem_freep) char *file = rocks_path(r, "CURRENT");
    char *text = NULL, unknown[64] = "";
    size_t n = 0;
    if (access(file, F_OK) != 0)
        return OK; /* a new store */
    char **names = rocksdb_list_column_families(r->db_opts, r->path, &n, &text);
    err e = rocks_status(r->path, "open", text);
    if (e.code == ERR_CORRUPT) {
        CLEANUP(mem_freep) char *why = xstrdup(err_text());
        e = FAIL(ERR_CORRUPT, "store: %s: " ROCKS_MANIFEST_ADVICE ": %s", r->path, why);
    }
    for (size_t i = 0; i < n && !err_failed(e); i++)
        if (rocks_options_cf_by_name(names[i]) == ROCKS_N_CFS)
            snprintf(unknown, sizeof unknown, "%s", names[i]);
    rocksdb_list_column_families_destroy(names, n);
    TRY(e);
    if (unknown[0])
        return FAIL(ERR_VERSION, "store: %s: written by a newer version (it has \"%s\")", r->path,
                    unknown);
    return OK;
}

static ERR open_once(struct rocks *r)
{
    const char *names[ROCKS_N_CFS];
    const rocksdb_options_t *opts[ROCKS_N_CFS];
    char *text = NULL;
    for (enum rocks_cf cf = 0; cf < ROCKS_N_CFS; cf++) {
        names[cf] = rocks_options_cf_name(cf);
        opts[cf] = r->cf_opts[cf];
    }
    if (r->read_only)
        r->db = rocksdb_open_for_read_only_column_families(r->db_opts, r->path, ROCKS_N_CFS, names,
                                                           opts, r->cf, 0, &text);
    else
        r->db = rocksdb_open_column_families(r->db_opts, r->path, ROCKS_N_CFS, names, opts, r->cf,
                                             &text);
    return rocks_status(r->path, "open", text);
}

/* Table files that are gone: empty ones stand for them, so that they can be linked and found bad.
 */
static void make_missing(struct rocks *r)
{
    const rocksdb_livefiles_t *live = rocksdb_livefiles(r->db);
    for (int i = 0; i < rocksdb_livefiles_count(live); i++) {
        CLEANUP(mem_freep) char *path = rocks_path(r, "%s", rocksdb_livefiles_name(live, i) + 1);
        int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
        if (fd >= 0)
            close(fd);
    }
    rocksdb_livefiles_destroy(live);
}

/* A table file that is gone, cut off, or has no end that can be read: without its checks RocksDB
 * opens the others. What is in the file is refused when it is read, until it is repaired. */
static ERR open_lax(struct rocks *r, const char *why)
{
    rocksdb_options_set_paranoid_checks(r->db_opts, 0);
    err e = open_once(r);
    rocksdb_options_set_paranoid_checks(r->db_opts, 1);
    TRY(e);
    if (!r->read_only)
        make_missing(r);
    r->lax = true;
    snprintf(r->failure, sizeof r->failure, "%s", why);
    atomic_fetch_add(&r->scrub.n_damaged, 1);
    LOG_ERROR("%s: opened without what is in that file", why);
    return OK;
}

/* A log that is damaged anywhere, other than cut short, is not passed over without a word: what it
 * holds behind the damage is lost, and comes from the network again. */
static ERR open_db(struct rocks *r)
{
    rocksdb_options_set_wal_recovery_mode(r->db_opts,
                                          rocksdb_tolerate_corrupted_tail_records_recovery);
    err e = open_once(r);
    if (e.code != ERR_CORRUPT)
        return e;
    CLEANUP(mem_freep) char *first = xstrdup(err_text());
    rocksdb_options_set_wal_recovery_mode(r->db_opts, rocksdb_point_in_time_recovery);
    e = open_once(r);
    if (e.code == ERR_CORRUPT)
        return open_lax(r, first);
    TRY(e);
    LOG_ERROR(
        "%s: the write-ahead log is damaged (a bad disk, or a power cut): the ledgers behind the "
        "damage are lost and will be fetched again",
        first);
    return OK;
}

/* The store's own meta; *ret in `a`, empty when not set. */
static ERR own_meta(struct rocks *r, const char *name, struct arena *a, struct slice *ret)
{
    CLEANUP(rocks_read_release) struct rocks_value v = {0};
    struct rocks_read rd = {r, true, NULL};
    struct rocks_key key = {.n = 0};
    rocks_key_put(&key, name, strlen(name));
    TRY(rocks_read_get(&rd, ROCKS_CF_META, &key, &v));
    *ret = v.pin ? arena_dup(a, v.bytes) : SLICE_EMPTY;
    return OK;
}

/* *ret_version is 0 when it is not set. */
static ERR check_version(struct rocks *r, const char *name, uint32_t ours, struct arena *a,
                         uint32_t *ret_version)
{
    struct slice v;
    TRY(own_meta(r, name, a, &v));
    if (v.n != 0 && v.n != 4)
        return FAIL(ERR_CORRUPT, "store: %s: %s of %zu bytes", r->path, name + 1, v.n);
    *ret_version = v.n ? bits_load32(v.p) : 0;
    if (*ret_version > ours)
        return FAIL(ERR_VERSION, "store: %s: %s %u is newer than %u, which this program knows",
                    r->path, name + 1, *ret_version, ours);
    return OK;
}

static void index_meta_name(enum store_index index, char out[32])
{
    snprintf(out, 32, ".index.%s", index_shape(index)->name);
}

static void put_index_version(struct rocks_batch *b, enum store_index index)
{
    uint8_t version[4];
    char name[32];
    bits_store32(version, ROCKS_INDEX_VERSION);
    index_meta_name(index, name);
    rocks_batch_put_meta(b, name, slice_of(version, 4));
}

static void put_format(struct rocks_batch *b)
{
    uint8_t version[4];
    bits_store32(version, ROCKS_FORMAT);
    rocks_batch_put_meta(b, ".format", slice_of(version, 4));
}

static ERR make_meta(struct rocks *r)
{
    CLEANUP(rocks_batch_deinit) struct rocks_batch b = rocks_batch_of(r);
    uint8_t dataset[16];
    if (r->read_only)
        return FAIL(ERR_CORRUPT, "store: %s: has no format version", r->path);
    if (getrandom(dataset, sizeof dataset, 0) != sizeof dataset)
        return FAIL(ERR_IO, "store: getrandom: %s", strerror(errno));
    for (enum store_index i = 1; i < STORE_N_INDEXES; i++)
        put_index_version(&b, i);
    put_format(&b);
    rocks_batch_put_meta(&b, "dataset_id", slice_of(dataset, sizeof dataset));
    return rocks_batch_commit(&b);
}

/* An index that is younger than the dataset lacks all ledgers that are there. */
static ERR check_index(struct rocks *r, enum store_index index, struct rocks_batch *b,
                       struct arena *a)
{
    char name[32];
    uint32_t version;
    index_meta_name(index, name);
    TRY(check_version(r, name, ROCKS_INDEX_VERSION, a, &version));
    if (version == ROCKS_INDEX_VERSION)
        return OK;
    struct store_range all = {0};
    if (r->ranges.n > 0)
        all = (struct store_range){r->ranges.r[0].first, r->ranges.r[r->ranges.n - 1].last};
    if (r->read_only)
        r->young[index] = all;
    else if (all.first > 0)
        rocks_repair_put_lack(b, index, &all);
    put_index_version(b, index);
    return OK;
}

static ERR check_meta(struct rocks *r)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    CLEANUP(rocks_batch_deinit) struct rocks_batch b = rocks_batch_of(r);
    uint32_t version;
    TRY(check_version(r, ".format", ROCKS_FORMAT, a, &version));
    if (version == 0)
        return make_meta(r);
    if (version < ROCKS_FORMAT) /* rows of the older ones are read as they are */
        put_format(&b);
    for (enum store_index i = 1; i < STORE_N_INDEXES; i++)
        TRY(check_index(r, i, &b, a));
    return r->read_only || rocksdb_writebatch_count(b.wb) == 0 ? OK : rocks_batch_commit(&b);
}

static ERR read_ranges(struct rocks *r, struct range_set *ret)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct slice bytes;
    TRY(own_meta(r, ".ranges", a, &bytes));
    if (!range_set_decode(bytes, ret))
        return FAIL(ERR_CORRUPT, "store: %s: the spans of ledgers are damaged", r->path);
    return OK;
}

ERR rocks_reopen(struct rocks *r)
{
    struct range_set ranges;
    rocks_close_db(r);
    memo_clear(r->memo); /* a write may be there now that nobody published */
    TRY(rocks_manifest_require(r->path));
    TRY(open_db(r));
    TRY(read_ranges(r, &ranges));
    if (ranges.n > 0)
        rocks_publish(r, &ranges);
    return OK;
}

/* RocksDB may abort when the disk is full from the start (see make_db); say it instead. */
static ERR check_space(const struct rocks *r)
{
    struct statvfs v;
    if (statvfs(r->path, &v) != 0)
        return FAIL(ERR_IO, "store: %s: %s", r->path, strerror(errno));
    if ((uint64_t)v.f_bavail * v.f_frsize < MIN_FREE_BYTES)
        return FAIL(ERR_IO, "store: %s: no space left on the disk", r->path);
    return OK;
}

/* The spans that are held and the format: without them nothing else can be believed. */
static ERR read_own(struct rocks *r)
{
    err e = read_ranges(r, &r->ranges);
    if (e.code == 0)
        e = check_meta(r);
    if (e.code != ERR_CORRUPT)
        return e;
    CLEANUP(mem_freep) char *why = xstrdup(err_text());
    return FAIL(ERR_CORRUPT,
                "store: %s: what it says of itself cannot be read: " ROCKS_ADVICE ": %s", r->path,
                why);
}

static ERR open_checked(struct rocks *r)
{
    if (!r->read_only) {
        TRY(make_directory(r->path));
        TRY(check_space(r));
        TRY(rocks_manifest_require(r->path));
    }
    TRY(check_column_families(r));
    TRY(open_db(r));
    TRY(read_own(r));
    if (r->ranges.n > 0)
        atomic_store(&r->newest, r->ranges.r[r->ranges.n - 1].last);
    atomic_store(&r->ready, r->ranges.n > 0);
    if (r->read_only)
        return OK;
    rocks_salvage_forget(r);
    rocks_load_forget(r);
    TRY(rocks_load_drop(r));
    TRY(rocks_damage_meet(r, r->lax ? r->failure : NULL));
    TRY(rocks_tidy_start(r));
    return rocks_scrub_start(r);
}

ERR rocks_open(const struct rocks_opts *opts, struct store **ret)
{
    CLEANUP(rocks_freep) struct rocks *r = xcalloc(1, sizeof *r);
    r->base.ops = &ops;
    r->path = xstrdup(opts->path);
    r->read_only = opts->read_only;
    r->fast_close = opts->fast_close;
    rocks_scrub_set(r, opts->scrub_percent, opts->scrub_interval_s);
    pthread_mutex_init(&r->ranges_lock, NULL);
    pthread_mutex_init(&r->write_lock, NULL);
    pthread_rwlock_init(&r->db_lock, NULL);
    rocks_options_init(r, opts->cache_bytes, opts->file_bytes);
    rocks_iter_pools_init(r);
    if (opts->path[0] == 0)
        return FAIL(ERR_INVALID, "store: no path");
    err e = open_checked(r);
    if (e.code) {
        CLEANUP(mem_freep) char *why = xstrdup(err_text());
        rocks_freep(&r); /* which may fail in its own way */
        r = NULL;
        return FAIL(e.code, "%s", why);
    }
    *ret = &TAKE_PTR(r)->base;
    return OK;
}

ERR rocks_compact(struct store *s)
{
    struct rocks *r = rocks_of(s);
    rocksdb_compactoptions_t *o = rocksdb_compactoptions_create();
    rocksdb_compactoptions_set_bottommost_level_compaction(
        o, 2); /* force, that old files get the dictionary, too */
    flush_all(r);
    for (enum rocks_cf cf = 0; cf < ROCKS_N_CFS; cf++)
        rocksdb_compact_range_cf_opt(r->db, r->cf[cf], o, NULL, 0, NULL, 0);
    rocksdb_compactoptions_destroy(o);
    return OK;
}
