/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rocks_salvage.h"

#include "base/bits.h"
#include "store/rocks_damage.h"
#include "store/rocks_manifest.h"
#include "store/rocks_options.h"
#include "store/rocks_scrub.h"
#include "store/rocks_status.h"
#include "store/rocks_write.h"

#define LOG_CHANNEL LOG_CHANNEL_BACKEND
#include "base/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MAX_ROUNDS 32 /* of reading everything: one bad file may hide another */
#define COPY_CACHE_BYTES ((uint64_t)64 << 20)

/* A bad file, and where what could be read of it is. */
struct bad {
    struct rocks_manifest_file file;
    enum rocks_cf cf;
    struct rocks_key first, last;
    char *rows; /* path of a table file; NULL: nothing could be read */
};

struct bads {
    struct bad v[ROCKS_DAMAGE_MAX];
    size_t n;
};

static void bads_freep(struct bads **b)
{
    for (size_t i = 0; i < (*b)->n; i++)
        free((*b)->v[i].rows);
    free(*b);
}

/* --- the directory of the copy --- */

static char *copy_path(const struct rocks *r)
{
    return xasprintf("%s.repair", r->path);
}

/* A database's directory has no directories but those of loads, which are empty. */
static void remove_directory(const char *path)
{
    DIR *d = opendir(path);
    for (struct dirent *e; d && (e = readdir(d));) {
        CLEANUP(mem_freep) char *file = xasprintf("%s/%s", path, e->d_name);
        if (unlink(file) != 0 && e->d_name[0] != '.')
            (void)rmdir(file);
    }
    if (d)
        closedir(d);
    (void)rmdir(path);
}

/* It looks for damage itself: no scrub. */
static ERR open_copy(const char *path, struct store **ret)
{
    return rocks_open(
        &(struct rocks_opts){.path = path, .cache_bytes = COPY_CACHE_BYTES, .scrub_percent = -1},
        ret);
}

void rocks_salvage_forget(const struct rocks *r)
{
    CLEANUP(mem_freep) char *path = copy_path(r);
    remove_directory(path);
}

/* --- what can be read of a bad file --- */

struct reader {
    struct rocks *r;
    const struct bad *bad;
    rocksdb_readoptions_t *opts;
    rocksdb_sstfilewriter_t *writer;
    struct store_lost *lost;
    uint64_t n;
};

static struct rocks_key key_of(const char *p, size_t n)
{
    struct rocks_key key = {.n = 0};
    rocks_key_put(&key, p, MIN(n, (size_t)ROCKS_MAX_KEY - 1));
    return key;
}

static int compare(const struct rocks_key *a, const char *p, size_t n)
{
    return slice_cmp(slice_of(a->b, a->n), slice_of(p, n));
}

/* Rows with keys from `from` to `to` are lost; both may be cut off. */
static void note_lost(struct store_lost *l, enum rocks_cf cf, const struct rocks_key *from,
                      const struct rocks_key *to)
{
    struct hash256 first = HASH256_ZERO, last = {{[0 ... 31] = 0xFF}};
    memcpy(first.b, from->b, MIN(from->n, sizeof first.b));
    memcpy(last.b, to->b, MIN(to->n, sizeof last.b));
    l->hashes |= cf == ROCKS_CF_HASH || cf == ROCKS_CF_TXHASH;
    l->rows |= cf == ROCKS_CF_ACCOUNT_TX || cf == ROCKS_CF_INDEX;
    if (cf == ROCKS_CF_HEADER || cf == ROCKS_CF_TX) {
        uint32_t seq = bits_load32(first.b);
        l->first = l->last == 0 ? seq : MIN(l->first, seq);
        l->last = MAX(l->last, bits_load32(last.b));
    }
    if (cf != ROCKS_CF_OBJECT && cf != ROCKS_CF_SUCCESSOR)
        return;
    bool any = l->objects || l->successors;
    if (!any || hash256_cmp(&first, &l->key_first) < 0)
        l->key_first = first;
    if (!any || hash256_cmp(&last, &l->key_last) > 0)
        l->key_last = last;
    l->objects |= cf == ROCKS_CF_OBJECT;
    l->successors |= cf == ROCKS_CF_SUCCESSOR;
}

/* Copy rows from `at` to the end of the bad file's keys, or to where reading fails: `at` is behind
 * the last row then. RocksDB's text of the failure; NULL: all is read. */
static char *copy_rows(struct reader *rd, struct rocks_key *at, char **ret_write_error)
{
    char *text = NULL;
    rocksdb_iterator_t *it =
        rocksdb_create_iterator_cf(rd->r->db, rd->opts, rd->r->cf[rd->bad->cf]);
    rocksdb_iter_seek(it, (const char *)at->b, at->n);
    for (; rocksdb_iter_valid(it) && *ret_write_error == NULL; rocksdb_iter_next(it)) {
        size_t key_n, value_n;
        const char *key = rocksdb_iter_key(it, &key_n), *value = rocksdb_iter_value(it, &value_n);
        if (compare(&rd->bad->last, key, key_n) < 0)
            break;
        rocksdb_sstfilewriter_put(rd->writer, key, key_n, value, value_n, ret_write_error);
        rd->n++;
        *at = key_of(key, key_n);
        at->b[at->n++] = 0;
    }
    rocksdb_iter_get_error(it, &text);
    rocksdb_iter_destroy(it);
    return text;
}

static bool is_readable(rocksdb_iterator_t *it, const uint8_t *key)
{
    char *text = NULL;
    rocksdb_iter_seek(it, (const char *)key, ROCKS_MAX_KEY);
    rocksdb_iter_get_error(it, &text);
    bool ok = text == NULL;
    rocksdb_free(text);
    return ok;
}

/* (a + b) / 2, as big-endian numbers. */
static void middle(const uint8_t *a, const uint8_t *b, uint8_t *ret)
{
    unsigned carry = 0;
    uint8_t sum[ROCKS_MAX_KEY + 1];
    for (size_t i = ROCKS_MAX_KEY; i-- > 0;) {
        carry += (unsigned)a[i] + b[i];
        sum[i + 1] = (uint8_t)carry;
        carry >>= 8;
    }
    sum[0] = (uint8_t)carry;
    for (size_t i = 0; i < ROCKS_MAX_KEY; i++)
        ret[i] = (uint8_t)(sum[i] << 7 | sum[i + 1] >> 1);
}

/* From `at`, where reading fails, to the next key from which it does not. False: there is none. */
static bool leave_damage(struct reader *rd, struct rocks_key *at)
{
    uint8_t bad[ROCKS_MAX_KEY] = {0}, good[ROCKS_MAX_KEY] = {0}, mid[ROCKS_MAX_KEY];
    memcpy(bad, at->b, at->n);
    memcpy(good, rd->bad->last.b, rd->bad->last.n);
    good[rd->bad->last.n] = 1;
    rocksdb_iterator_t *it =
        rocksdb_create_iterator_cf(rd->r->db, rd->opts, rd->r->cf[rd->bad->cf]);
    bool found = is_readable(it, good);
    for (middle(bad, good, mid); found && memcmp(mid, bad, sizeof mid) != 0; middle(bad, good, mid))
        memcpy(is_readable(it, mid) ? good : bad, mid, sizeof mid);
    rocksdb_iter_destroy(it);
    *at = key_of((const char *)good, ROCKS_MAX_KEY);
    return found;
}

static ERR copy_bad(struct reader *rd)
{
    struct rocks_key at = rd->bad->first;
    char *failed = NULL, *text;
    while ((text = copy_rows(rd, &at, &failed)) != NULL && failed == NULL) {
        struct rocks_key from = at;
        rocksdb_free(text);
        bool found = leave_damage(rd, &at);
        note_lost(rd->lost, rd->bad->cf, &from, found ? &at : &rd->bad->last);
        if (!found)
            return OK;
    }
    rocksdb_free(text);
    return rocks_status(rd->r->path, "salvage", failed);
}

static ERR copy_to(struct rocks *r, struct bad *bad, rocksdb_sstfilewriter_t *writer,
                   struct store_lost *lost)
{
    char *text = NULL;
    struct reader rd = {r, bad, rocks_options_new_walk(), writer, lost, 0};
    rocksdb_readoptions_set_fill_cache(rd.opts, 0);
    rocksdb_readoptions_set_total_order_seek(rd.opts, 1);
    rocksdb_sstfilewriter_open(writer, bad->rows, &text);
    err e = text ? rocks_status(r->path, "salvage", text) : copy_bad(&rd);
    rocksdb_readoptions_destroy(rd.opts);
    TRY(e);
    LOG_INFO("store: %s: %06llu.sst of \"%s\": %llu rows of its keys can be read", r->path,
             (unsigned long long)bad->file.number, rocks_options_cf_name(bad->cf),
             (unsigned long long)rd.n);
    if (rd.n == 0)
        free(TAKE_PTR(bad->rows));
    else
        rocksdb_sstfilewriter_finish(writer, &text);
    return rocks_status(r->path, "salvage", text);
}

static ERR save_rows(struct rocks *r, struct bad *bad, struct store_lost *lost)
{
    rocksdb_envoptions_t *env = rocksdb_envoptions_create();
    rocksdb_options_t *opts = rocks_options_new_load(r, bad->cf);
    rocksdb_sstfilewriter_t *writer = rocksdb_sstfilewriter_create(env, opts);
    bad->rows = rocks_path(r, "salvaged-%llu", (unsigned long long)bad->file.number);
    err e = copy_to(r, bad, writer, lost);
    rocksdb_sstfilewriter_destroy(writer);
    rocksdb_options_destroy(opts);
    rocksdb_envoptions_destroy(env);
    return e;
}

/* --- without the bad files --- */

static ERR find_bad(struct rocks *r, struct bads *ret)
{
    uint64_t numbers[ROCKS_DAMAGE_MAX];
    size_t n = 0;
    TRY(rocks_damage_list(r, numbers, &n));
    const rocksdb_livefiles_t *live = rocksdb_livefiles(r->db);
    for (int i = 0; i < rocksdb_livefiles_count(live); i++) {
        uint64_t number = rocks_damage_file(rocksdb_livefiles_name(live, i));
        enum rocks_cf cf = rocks_options_cf_by_name(rocksdb_livefiles_column_family_name(live, i));
        size_t n_first, n_last;
        const char *first = rocksdb_livefiles_smallestkey(live, i, &n_first),
                   *last = rocksdb_livefiles_largestkey(live, i, &n_last);
        for (size_t k = 0; k < n && cf != ROCKS_N_CFS; k++)
            if (numbers[k] == number)
                ret->v[ret->n++] =
                    (struct bad){{rocksdb_column_family_handle_get_id(r->cf[cf]),
                                  (uint32_t)rocksdb_livefiles_level(live, i), number},
                                 cf,
                                 key_of(first, n_first),
                                 key_of(last, n_last),
                                 NULL};
    }
    rocksdb_livefiles_destroy(live);
    if (ret->n == 0)
        return FAIL(ERR_CORRUPT, "store: %s: damage that no file can be found for", r->path);
    return OK;
}

static ERR take_in(struct rocks *r, const struct bad *bad)
{
    char *text = NULL;
    const char *paths[] = {bad->rows};
    if (bad->rows == NULL)
        return OK;
    rocksdb_ingestexternalfileoptions_t *o = rocksdb_ingestexternalfileoptions_create();
    rocksdb_ingestexternalfileoptions_set_move_files(o, 1);
    rocksdb_ingest_external_file_cf(r->db, r->cf[bad->cf], paths, 1, o, &text);
    rocksdb_ingestexternalfileoptions_destroy(o);
    return rocks_status(r->path, "salvage", text);
}

/* One round: the bad files that are known are replaced by what can be read of them. */
static ERR replace_bad(struct store **copy, struct store_lost *lost)
{
    CLEANUP(bads_freep) struct bads *bads = xcalloc(1, sizeof *bads);
    struct rocks_manifest_file files[ROCKS_DAMAGE_MAX];
    struct rocks *r = rocks_of(*copy);
    CLEANUP(mem_freep) char *path = xstrdup(r->path);
    TRY(find_bad(r, bads));
    for (size_t i = 0; i < bads->n; i++) {
        if (bads->v[i].cf == ROCKS_CF_META)
            return FAIL(ERR_CORRUPT,
                        "store: %s: the store's own notes are damaged: nothing else "
                        "has them; restore a backup or load anew",
                        path);
        TRY(save_rows(r, &bads->v[i], lost));
        files[i] = bads->v[i].file;
    }
    store_close(TAKE_PTR(*copy));
    TRY(rocks_manifest_drop(path, files, bads->n));
    TRY(open_copy(path, copy));
    for (size_t i = 0; i < bads->n; i++)
        TRY(take_in(rocks_of(*copy), &bads->v[i]));
    return OK;
}

static ERR make_copy(struct rocks *r, struct store **ret)
{
    CLEANUP(mem_freep) char *path = copy_path(r);
    char *text = NULL;
    remove_directory(path);
    rocksdb_checkpoint_t *c = rocksdb_checkpoint_object_create(r->db, &text);
    TRY(rocks_status(r->path, "salvage", text));
    rocksdb_checkpoint_create(c, path, 0, &text);
    rocksdb_checkpoint_object_destroy(c);
    TRY(rocks_status(r->path, "salvage", text));
    return open_copy(path, ret);
}

static ERR salvage_copy(struct store **copy, struct store_lost *lost)
{
    for (int round = 0; rocks_scrub_round(rocks_of(*copy)) > 0; round++) {
        if (round == MAX_ROUNDS)
            return FAIL(ERR_CORRUPT, "store: %s: too much is damaged", rocks_of(*copy)->path);
        TRY(replace_bad(copy, lost));
    }
    return OK;
}

/* --- the operations --- */

static ERR reserve(struct rocks *r)
{
    pthread_mutex_lock(&r->write_lock);
    err e = rocks_write_check(r);
    if (e.code == 0)
        r->salvaging = true;
    pthread_mutex_unlock(&r->write_lock);
    return e;
}

static void release(struct rocks *r)
{
    pthread_mutex_lock(&r->write_lock);
    r->salvaging = false;
    pthread_mutex_unlock(&r->write_lock);
}

err rocks_salvage(struct store *s, struct store **ret, struct store_lost *ret_lost)
{
    struct rocks *r = rocks_of(s);
    struct store *copy = NULL;
    *ret_lost = (struct store_lost){0};
    atomic_store(&r->scrub.met, false);
    if (rocks_damage_count(r) == 0 && rocks_scrub_round(r) == 0)
        return (err){ERR_NOT_FOUND};
    TRY(reserve(r));
    err e = make_copy(r, &copy);
    if (e.code == 0)
        e = salvage_copy(&copy, ret_lost);
    if (e.code == 0) {
        *ret = copy;
        return OK;
    }
    store_close(copy);
    rocks_salvage_forget(r);
    release(r);
    return e;
}

/* Both directories change their names at once. */
static ERR exchange(const struct rocks *r, const char *copy)
{
    if (renameat2(AT_FDCWD, copy, AT_FDCWD, r->path, RENAME_EXCHANGE) != 0)
        return FAIL(ERR_IO, "store: %s: %s", copy, strerror(errno));
    CLEANUP(mem_freep) char *parent = xasprintf("%s/..", r->path);
    err_ignore(rocks_sync_directory(parent)); /* else the damaged one is back after a power cut */
    return OK;
}

static ERR take_copy(struct rocks *r)
{
    CLEANUP(mem_freep) char *path = copy_path(r);
    pthread_rwlock_wrlock(&r->db_lock);
    rocks_close_db(r); /* it removes files by their names */
    err e = exchange(r, path);
    err opened = rocks_reopen(r);
    if (err_failed(opened)) {
        snprintf(r->failure, sizeof r->failure, "%s", err_text());
        atomic_store(&r->failed, true); /* the next write opens it again */
    }
    if (e.code == 0)
        e = opened;
    if (e.code == 0)
        e = rocks_damage_meet(r, NULL);
    pthread_rwlock_unlock(&r->db_lock);
    if (e.code == 0)
        atomic_store(&r->scrub.n_damaged, 0);
    return e;
}

err rocks_salvage_end(struct store *s, struct store *copy, bool take)
{
    struct rocks *r = rocks_of(s);
    store_close(copy);
    err e = take ? take_copy(r) : OK;
    rocks_salvage_forget(r);
    release(r);
    return e;
}
