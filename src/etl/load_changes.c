/* SPDX-License-Identifier: Apache-2.0 */
#include "etl/load_changes.h"

#include "base/mem.h"
#include "etl/decode.h"
#include "rippled/fetch.h"

#include <stdlib.h>

struct change {
    struct hash256 key;
    uint32_t seq;
    uint32_t n;  /* bytes; 0 = deleted */
    uint64_t at; /* in the ledger's file */
};

struct load_changes {
    struct ledger_spool *spool;
    struct change *v; /* ascending keys */
    size_t n, cap;
};

static void add(struct load_changes *c, const struct change *change)
{
    if (c->n == c->cap)
        c->v = xrealloc(c->v, (c->cap = c->cap ? 2 * c->cap : 1024) * sizeof *c->v);
    c->v[c->n++] = *change;
}

static err read_ledger(struct load_changes *c, uint32_t seq)
{
    CLEANUP(buf_deinit) struct buf bytes = {0};
    CLEANUP(decode_ledger_freep) struct decode_ledger *d = NULL;
    struct fetch_reply *reply = NULL;
    const char *what;
    uint64_t source;
    err e = ledger_spool_read(c->spool, seq, &source, &bytes);
    if (e.code == ERR_NOT_FOUND)
        return FAIL(ERR_CORRUPT, "load: ledger %u is missing in the spool", seq);
    TRY(e);
    const uint8_t *begin = bytes.p;
    TRY(fetch_reply_of_ledger(&bytes, 0, seq, &reply));
    TRY(decode_ledger(reply, true, &d, &what));
    for (size_t i = 0; i < d->ledger.n_objects; i++) {
        const struct store_object *o = &d->ledger.objects[i];
        struct change change = {o->key, seq, (uint32_t)o->data.n,
                                o->data.n ? (uint64_t)(o->data.p - begin) : 0};
        add(c, &change);
    }
    return OK;
}

static int by_key_newest_first(const void *a, const void *b)
{
    const struct change *x = a, *y = b;
    int order = hash256_cmp(&x->key, &y->key);
    return order ? order : x->seq > y->seq ? -1 : x->seq < y->seq;
}

ERR load_changes_read(struct ledger_spool *s, uint32_t oldest, uint32_t newest,
                      struct load_changes **ret)
{
    CLEANUP(load_changes_freep) struct load_changes *c = xcalloc(1, sizeof *c);
    size_t n = 0;
    c->spool = s;
    for (uint32_t seq = oldest + 1; seq <= newest; seq++)
        TRY(read_ledger(c, seq));
    if (c->n)
        qsort(c->v, c->n, sizeof *c->v, by_key_newest_first);
    for (size_t i = 0; i < c->n; i++)
        if (n == 0 || !hash256_eq(&c->v[n - 1].key, &c->v[i].key))
            c->v[n++] = c->v[i];
    c->n = n;
    *ret = TAKE_PTR(c);
    return OK;
}

struct load_changes *load_changes_free(struct load_changes *c)
{
    if (c)
        free(c->v);
    free(c);
    return NULL;
}

void load_changes_freep(struct load_changes **c)
{
    *c = load_changes_free(*c);
}

/* The first whose key is greater than `key`. */
static size_t after_key(const struct load_changes *c, const struct hash256 *key)
{
    size_t from = 0, to = c->n;
    while (from < to) {
        size_t middle = (from + to) / 2;
        if (hash256_cmp(&c->v[middle].key, key) <= 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

static err value_of(struct load_changes *c, const struct change *change, struct arena *a,
                    struct slice *ret)
{
    CLEANUP(buf_deinit) struct buf bytes = {0};
    TRY(ledger_spool_read_part(c->spool, change->seq, change->at, change->n, &bytes));
    *ret = arena_dup(a, buf_slice(&bytes));
    return OK;
}

ERR load_changes_merge(struct load_changes *c, uint32_t seq, const struct hash256 *after,
                       const struct hash256 *upto, struct store_object *objects, size_t n,
                       struct arena *a, struct store_object **ret, size_t *ret_n)
{
    size_t at = after ? after_key(c, after) : 0, end = after_key(c, upto), i = 0, n_out = 0;
    struct store_object *out = arena_array(a, struct store_object, n + (end - at) + 1);
    for (; at < end; at++) {
        const struct change *change = &c->v[at];
        if (change->seq <= seq)
            continue;
        while (i < n && hash256_cmp(&objects[i].key, &change->key) < 0)
            out[n_out++] = objects[i++];
        if (i < n && hash256_eq(&objects[i].key, &change->key))
            i++;
        if (change->n == 0)
            continue;
        out[n_out].key = change->key;
        TRY(value_of(c, change, a, &out[n_out].data));
        n_out++;
    }
    while (i < n)
        out[n_out++] = objects[i++];
    *ret = out;
    *ret_n = n_out;
    return OK;
}
