/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rocks_iter.h"

#include "store/rocks_options.h"

#include "store/rocks_status.h"

static const struct {
    enum rocks_cf cf;
    bool within_prefix; /* moves stay within the prefix of the last seek, whose bloom filter is
                           asked */
    const char *what;
} kinds[ROCKS_N_ITERS] = {
    [ROCKS_ITER_OBJECT] = {ROCKS_CF_OBJECT, true, "objects"},
    [ROCKS_ITER_OBJECT_ALL] = {ROCKS_CF_OBJECT, false, "objects"},
    [ROCKS_ITER_SUCCESSOR] = {ROCKS_CF_SUCCESSOR, true, "successors"},
    [ROCKS_ITER_HEADER] = {ROCKS_CF_HEADER, false, "headers"},
    [ROCKS_ITER_TX] = {ROCKS_CF_TX, false, "transactions"},
    [ROCKS_ITER_TXHASH] = {ROCKS_CF_TXHASH, true, "transaction hashes"},
    [ROCKS_ITER_ACCOUNT_TX] = {ROCKS_CF_ACCOUNT_TX, true, "account_tx"},
    [ROCKS_ITER_INDEX] = {ROCKS_CF_INDEX, false, "indexes"},
};

static rocksdb_readoptions_t *make_options(size_t kind)
{
    rocksdb_readoptions_t *o = rocks_options_new_walk();
    rocksdb_readoptions_set_prefix_same_as_start(o, kinds[kind].within_prefix);
    rocksdb_readoptions_set_total_order_seek(o, !kinds[kind].within_prefix);
    /* an iterator may die on a core: files that go with it are deleted elsewhere */
    rocksdb_readoptions_set_background_purge_on_iterator_cleanup(o, 1);
    return o;
}

void rocks_iter_pools_init(struct rocks *r)
{
    for (size_t kind = 0; kind < ROCKS_N_ITERS; kind++) {
        pthread_mutex_init(&r->iters[kind].lock, NULL);
        r->iters[kind].opts = make_options(kind);
    }
}

static void purge(struct rocks_iter_pool *p)
{
    rocksdb_iterator_t *drop[ROCKS_ITER_IDLE];
    pthread_mutex_lock(&p->lock);
    size_t n = p->n;
    memcpy(drop, p->idle, n * sizeof *drop);
    p->n = 0;
    pthread_mutex_unlock(&p->lock);
    for (size_t i = 0; i < n; i++)
        rocksdb_iter_destroy(drop[i]);
}

void rocks_iter_pools_purge(struct rocks *r)
{
    for (size_t kind = 0; kind < ROCKS_N_ITERS; kind++)
        purge(&r->iters[kind]);
}

void rocks_iter_pools_refresh(struct rocks *r)
{
    atomic_fetch_add(&r->generation, 1);
    rocks_iter_pools_purge(r);
}

void rocks_iter_pools_deinit(struct rocks *r)
{
    rocks_iter_pools_purge(r);
    for (size_t kind = 0; kind < ROCKS_N_ITERS; kind++) {
        rocksdb_readoptions_destroy(r->iters[kind].opts);
        pthread_mutex_destroy(&r->iters[kind].lock);
    }
}

struct rocks_iter rocks_iter_take(const struct rocks_read *rd, enum rocks_iter_kind kind)
{
    struct rocks *r = rd->r;
    struct rocks_iter_pool *p = &r->iters[kind];
    struct rocks_iter it = {
        .r = r, .kind = kind, .disk = rd->disk, .generation = atomic_load(&r->generation)};
    if (!rd->disk) /* its seeks are cold */
        return it;
    pthread_mutex_lock(&p->lock);
    if (p->n > 0 && p->generation == it.generation)
        it.it = p->idle[--p->n];
    pthread_mutex_unlock(&p->lock);
    if (it.it == NULL)
        it.it = rocksdb_create_iterator_cf(r->db, p->opts, r->cf[kinds[kind].cf]);
    return it;
}

static bool keep(struct rocks_iter *it)
{
    struct rocks_iter_pool *p = &it->r->iters[it->kind];
    bool kept = false;
    pthread_mutex_lock(&p->lock);
    /* checked under the lock: who purges has moved the generation on before */
    if (!it->broken && it->generation == atomic_load(&it->r->generation) &&
        p->n < ROCKS_ITER_IDLE && (p->n == 0 || p->generation == it->generation)) {
        p->idle[p->n++] = it->it;
        p->generation = it->generation;
        kept = true;
    }
    pthread_mutex_unlock(&p->lock);
    return kept;
}

void rocks_iter_put(struct rocks_iter *it)
{
    if (it->it && !keep(it))
        rocksdb_iter_destroy(it->it);
    it->it = NULL;
}

static ERR landed(struct rocks_iter *it, bool *ret_valid)
{
    *ret_valid = rocksdb_iter_valid(it->it);
    if (*ret_valid)
        return OK;
    char *text = NULL;
    rocksdb_iter_get_error(it->it, &text);
    it->broken = text != NULL;
    return rocks_status(it->r->path, kinds[it->kind].what, text);
}

/* An iterator that may only look into memory cannot be believed: where it meets a block that is not
 * there, RocksDB 7.8 goes on with the rows of other tables, as if there were none between, and says
 * nothing. So such a read is cold at once. */
ERR rocks_iter_seek(struct rocks_iter *it, const struct rocks_key *at, bool *ret_valid)
{
    if (!it->disk)
        return (err){ROCKS_COLD};
    rocksdb_iter_seek(it->it, (const char *)at->b, at->n);
    return landed(it, ret_valid);
}

ERR rocks_iter_seek_back(struct rocks_iter *it, const struct rocks_key *at, bool *ret_valid)
{
    if (!it->disk)
        return (err){ROCKS_COLD};
    rocksdb_iter_seek_for_prev(it->it, (const char *)at->b, at->n);
    return landed(it, ret_valid);
}

ERR rocks_iter_step(struct rocks_iter *it, bool backward, bool *ret_valid)
{
    if (backward)
        rocksdb_iter_prev(it->it);
    else
        rocksdb_iter_next(it->it);
    return landed(it, ret_valid);
}

struct slice rocks_iter_key(const struct rocks_iter *it)
{
    size_t n;
    const char *p = rocksdb_iter_key(it->it, &n);
    return slice_of(p, n);
}

struct slice rocks_iter_value(const struct rocks_iter *it)
{
    size_t n;
    const char *p = rocksdb_iter_value(it->it, &n);
    return slice_of(p, n);
}
