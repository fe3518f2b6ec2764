/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rocks_read.h"

#include "rt/clock.h"
#include "rt/fiber.h"
#include "rt/offload.h"
#include "store/rocks_options.h"
#include "store/rocks_status.h"

#define POOL_SLICE_NS ((int64_t)20 * 1000 * 1000)

static ERR locked_step(struct rocks_read *rd)
{
    pthread_rwlock_rdlock(&rd->r->db_lock); /* a step does not yield */
    err e = rd->r->db ? rd->step(rd)
                      : FAIL(ERR_IO, "store: %s: not open after a disk error", rd->r->path);
    pthread_rwlock_unlock(&rd->r->db_lock);
    return e;
}

/* The rest of the read, as long as somebody waits for it; a bound leaves the pool to others. */
static err steps_on_pool(void *arg)
{
    int64_t end_ns = clock_now_ns() + POOL_SLICE_NS;
    for (;;) {
        err e = locked_step(arg);
        if (e.code != ROCKS_MORE || clock_now_ns() > end_ns)
            return e;
        if (offload_unwanted())
            return err_plain(ERR_CANCELLED);
    }
}

static ERR run_step(struct rocks_read *rd)
{
    rd->disk = fiber_current() == NULL;
    err e = locked_step(rd);
    if (e.code != ROCKS_COLD)
        return e;
    atomic_fetch_add_explicit(&rd->r->n_offloaded, 1, memory_order_relaxed);
    rd->disk = true;
    return offload_run(steps_on_pool, rd);
}

static ERR run_steps(struct rocks_read *rd)
{
    for (;;) {
        err e = run_step(rd);
        if (e.code != ROCKS_MORE)
            return e;
        TRY(fiber_breathe());
        if (clock_now_ns() > fiber_deadline())
            return err_plain(ERR_TIMEOUT);
    }
}

ERR rocks_read_run(struct rocks_read *rd)
{
    struct rocks *r = rd->r;
    atomic_fetch_add_explicit(&r->n_reads, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&r->n_pending, 1, memory_order_relaxed);
    err e = run_steps(rd);
    atomic_fetch_sub_explicit(&r->n_pending, 1, memory_order_relaxed);
    if (__builtin_expect(e.code == ERR_CORRUPT, 0))
        atomic_store(&r->scrub.met, true);
    return e;
}

ERR rocks_read_get(const struct rocks_read *rd, enum rocks_cf cf, const struct rocks_key *key,
                   struct rocks_value *ret)
{
    char *text = NULL;
    rocks_read_release(ret);
    ret->pin = rocksdb_get_pinned_cf(rd->r->db, rd->r->get_opts[rd->disk], rd->r->cf[cf],
                                     (const char *)key->b, key->n, &text);
    TRY(rocks_status(rd->r->path, rocks_options_cf_name(cf), text));
    if (ret->pin) {
        size_t n;
        const char *p = rocksdb_pinnableslice_value(ret->pin, &n);
        ret->bytes = slice_of(p, n);
        /* From memory RocksDB "finds" an empty value wherever a table that it has not opened yet
         * may have the key: it means "perhaps". */
        if (n == 0 && !rd->disk) {
            rocks_read_release(ret);
            return (err){ROCKS_COLD};
        }
    }
    return OK;
}

void rocks_read_release(struct rocks_value *v)
{
    if (v->pin)
        rocksdb_pinnableslice_destroy(v->pin);
    *v = (struct rocks_value){0};
}

ERR rocks_read_check_budget(const struct arena *a)
{
    if (arena_over_budget(a))
        return FAIL(ERR_LIMIT, "store: the reply needs more memory than it may");
    return OK;
}
