/* SPDX-License-Identifier: Apache-2.0 */
/* Adding ledgers at the tip, and meta. */
#include "store/rocks_write.h"

#include "store/rocks_batch.h"
#include "store/rocks_hashes.h"
#include "store/rocks_heal.h"
#include "store/rocks_memo.h"
#include "store/rocks_ops.h"
#include "store/rocks_read.h"

ERR rocks_write_check(struct rocks *r)
{
    if (r->read_only)
        return FAIL(ERR_UNSUPPORTED, "store: %s: opened for reading only", r->path);
    if (r->salvaging)
        return FAIL(ERR_BUSY, "store: %s: is being repaired", r->path);
    return rocks_heal(r);
}

static ERR put_ledger(struct rocks_batch *b, const struct store_ledger *l)
{
    TRY(rocks_hashes_prepare(b->r, l->header.seq));
    rocks_batch_put_ledger(b, l);
    rocks_batch_put_objects(b, l->header.seq, l->objects, l->n_objects);
    rocks_hashes_add(b->r, &l->header);
    rocks_batch_put_successors(b, l->header.seq, l->successors, l->n_successors);
    return rocks_batch_put_index_rows(b, l->index_rows, l->n_index_rows);
}

static err write_ledgers(struct rocks *r, const struct store_ledger *ledgers, size_t n)
{
    CLEANUP(rocks_batch_deinit) struct rocks_batch b = rocks_batch_of(r);
    TRY(rocks_write_check(r));
    struct range_set ranges = rocks_ranges(r); /* after that: a healed write may have been done */
    TRY(range_set_check_append(&ranges, ledgers, n));
    for (size_t i = 0; i < n; i++)
        TRY(put_ledger(&b, &ledgers[i]));
    ranges.r[ranges.n - 1].last = ledgers[n - 1].header.seq;
    rocks_batch_put_ranges(&b, &ranges);
    TRY(rocks_batch_commit(&b));
    rocks_publish(r, &ranges);
    for (size_t i = 0; i < n; i++)
        rocks_memo_drop_rows(r, ledgers[i].index_rows, ledgers[i].n_index_rows);
    return OK;
}

err rocks_write(struct store *s, const struct store_ledger *ledgers, size_t n)
{
    struct rocks *r = rocks_of(s);
    pthread_mutex_lock(&r->write_lock);
    err e = write_ledgers(r, ledgers, n);
    pthread_mutex_unlock(&r->write_lock);
    return e;
}

static ERR check_name(const char *name)
{
    size_t n = strlen(name);
    if (n == 0 || n > ROCKS_MAX_KEY || name[0] == '.')
        return FAIL(ERR_INVALID, "store: meta name \"%s\"", name);
    return OK;
}

static err put_meta(struct rocks *r, const char *name, struct slice value)
{
    CLEANUP(rocks_batch_deinit) struct rocks_batch b = rocks_batch_of(r);
    TRY(rocks_write_check(r));
    TRY(check_name(name));
    rocks_batch_put_meta(&b, name, value);
    return rocks_batch_commit(&b);
}

err rocks_meta_put(struct store *s, const char *name, struct slice value)
{
    struct rocks *r = rocks_of(s);
    pthread_mutex_lock(&r->write_lock);
    err e = put_meta(r, name, value);
    pthread_mutex_unlock(&r->write_lock);
    return e;
}

struct meta_read {
    struct rocks_read rd;
    struct rocks_key key;
    struct arena *arena;
    struct slice *ret;
};

static err meta_step(struct rocks_read *rd)
{
    struct meta_read *m = container_of(rd, struct meta_read, rd);
    CLEANUP(rocks_read_release) struct rocks_value v = {0};
    TRY(rocks_read_get(rd, ROCKS_CF_META, &m->key, &v));
    if (v.pin == NULL)
        return FAIL(ERR_NOT_FOUND, "store: meta \"%.*s\": not set", (int)m->key.n,
                    (char *)m->key.b);
    *m->ret = arena_dup(m->arena, v.bytes);
    return OK;
}

err rocks_meta_get(struct store *s, const char *name, struct arena *a, struct slice *ret)
{
    struct meta_read m = {{rocks_of(s), false, meta_step}, {.n = 0}, a, ret};
    TRY(check_name(name));
    rocks_key_put(&m.key, name, strlen(name));
    return rocks_read_run(&m.rd);
}
