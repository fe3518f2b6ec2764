/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rocks_tidy.h"

#include "rt/clock.h"

#include "store/rocks_iter.h"
#include "store/rocks_options.h"

#include <stdlib.h>

#define PERIOD_NS (20 * CLOCK_S)
#define MAX_SMALL_FILES 40 /* more are merged, full or not */

struct file {
    struct rocks_key first, last;
    uint64_t bytes;
};

struct files {
    struct file *p;
    size_t n;
};

static void files_deinit(struct files *f)
{
    free(f->p);
}

static struct rocks_key key_of(const char *p, size_t n)
{
    struct rocks_key key = {.n = 0};
    rocks_key_put(&key, p, MIN(n, (size_t)ROCKS_MAX_KEY));
    return key;
}

static int compare(const void *a, const void *b)
{
    const struct rocks_key *ka = &((const struct file *)a)->first,
                           *kb = &((const struct file *)b)->first;
    return slice_cmp(slice_of(ka->b, ka->n), slice_of(kb->b, kb->n));
}

/* Files of a family below level 0, by key. */
static void list_files(struct rocks *r, enum rocks_cf cf, struct files *ret)
{
    const rocksdb_livefiles_t *live = rocksdb_livefiles(r->db);
    int n = rocksdb_livefiles_count(live);
    ret->p = xcalloc((size_t)n + 1, sizeof *ret->p);
    for (int i = 0; i < n; i++) {
        size_t n_first, n_last;
        const char *first = rocksdb_livefiles_smallestkey(live, i, &n_first);
        const char *last = rocksdb_livefiles_largestkey(live, i, &n_last);
        const char *family = rocksdb_livefiles_column_family_name(live, i);
        if (rocksdb_livefiles_level(live, i) == 0 || rocks_options_cf_by_name(family) != cf)
            continue;
        ret->p[ret->n++] = (struct file){key_of(first, n_first), key_of(last, n_last),
                                         rocksdb_livefiles_size(live, i)};
    }
    rocksdb_livefiles_destroy(live);
    qsort(ret->p, ret->n, sizeof *ret->p, compare);
}

/* What fails here the next write says. */
static void merge(struct rocks *r, enum rocks_cf cf, const struct file *first,
                  const struct file *last)
{
    rocksdb_compactoptions_t *o = rocksdb_compactoptions_create();
    rocksdb_compactoptions_set_exclusive_manual_compaction(o, 0);
    rocksdb_compactoptions_set_bottommost_level_compaction(o, 2); /* those that lie there, too */
    rocksdb_compact_range_cf_opt(r->db, r->cf[cf], o, (const char *)first->first.b, first->first.n,
                                 (const char *)last->last.b, last->last.n);
    rocksdb_compactoptions_destroy(o);
}

/* Groups of neighbours, each smaller than half of what is aimed at, from the oldest on. */
static size_t merge_family(struct rocks *r, enum rocks_cf cf, uint64_t bytes, size_t max_files)
{
    CLEANUP(files_deinit) struct files files = {0};
    list_files(r, cf, &files);
    uint64_t sum = 0;
    size_t n = 0, n_merged = 0;
    for (size_t i = 0; i < files.n && !rocks_thread_pause(&r->tidy, 0); i++) {
        bool small = files.p[i].bytes < bytes / 2;
        sum = small ? sum + files.p[i].bytes : 0;
        n = small ? n + 1 : 0;
        if (n < 2 || (sum < bytes && n < max_files))
            continue;
        merge(r, cf, &files.p[i + 1 - n], &files.p[i]);
        n_merged++;
        n = 0;
        sum = 0;
    }
    return n_merged;
}

size_t rocks_tidy_once(struct rocks *r, uint64_t bytes, size_t max_files)
{
    static const enum rocks_cf ascending[] = {ROCKS_CF_TX, ROCKS_CF_HEADER};
    size_t n = 0;
    pthread_rwlock_rdlock(&r->db_lock);
    for (size_t i = 0; i < ARRAY_LEN(ascending) && r->db; i++)
        if (!r->damaged[ascending[i]])
            n += merge_family(r, ascending[i], bytes, max_files);
    if (r->db)
        rocks_iter_pools_refresh(r);
    pthread_rwlock_unlock(&r->db_lock);
    return n;
}

static void tidy_main(struct rocks *r)
{
    while (!rocks_thread_pause(&r->tidy, PERIOD_NS))
        rocks_tidy_once(r, r->file_bytes, MAX_SMALL_FILES);
}

ERR rocks_tidy_start(struct rocks *r)
{
    return rocks_thread_start(&r->tidy, "tidy", tidy_main, r);
}

void rocks_tidy_stop(struct rocks *r)
{
    rocks_thread_tell(&r->tidy);
    if (r->db)
        rocksdb_disable_manual_compaction(r->db);
    rocks_thread_stop(&r->tidy);
}
