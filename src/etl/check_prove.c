/* SPDX-License-Identifier: Apache-2.0 */
/* Objects that were put count when the root of their ledger's whole state says so. */
#include "etl/check_impl.h"

#include "base/mem.h"

#include <stdlib.h>

static ERR take_out(struct check *c, struct check_put *p)
{
    struct store_object o = {p->key, p->before};
    struct store_ledger l = {.objects = &o, .n_objects = 1};
    struct store_repair back = {.put = &l, .at = p->at};
    struct store_repair drop = {.at = p->at, .drop_objects = &o.key, .n_drop_objects = 1};
    check_root_touch(c, &p->key);
    TRY(store_repair(c->s, p->over ? &back : &drop));
    p->done = true;
    c->result.n_mended -= !p->unsaid && c->result.n_mended > 0;
    return OK;
}

void check_prove_later(struct check *c, uint32_t seq)
{
    if (c->n_later > 0 && c->later[c->n_later - 1] == seq)
        return;
    if (c->n_later == c->cap_later) {
        c->cap_later = c->cap_later ? 2 * c->cap_later : 64;
        c->later = xrealloc(c->later, c->cap_later * sizeof *c->later);
    }
    c->later[c->n_later++] = seq;
}

static ERR is_proven(struct check *c, bool *ret)
{
    uint64_t n_wrong = c->result.n_wrong - c->result.n_mended;
    TRY(check_state(c));
    *ret = c->result.n_wrong - c->result.n_mended <= n_wrong;
    return OK;
}

static ERR prove(struct check *c, uint32_t seq)
{
    struct check_result before = c->result;
    bool proven, others = false;
    arena_clear(c->arena);
    c->was_fetched = c->is_fetched = false;
    err e = store_header_get(c->s, seq, &c->header);
    if (check_is_damage(c, e))
        return OK; /* it has been said */
    TRY(e);
    TRY(is_proven(c, &proven));
    if (!proven)
        TRY(check_mend_changes(c, &others));
    if (others) {
        c->result = before;
        TRY(is_proven(c, &proven));
    }
    /* the last first: what a key had before the first of them is what stays */
    for (size_t i = c->n_put; i-- > 0;) {
        if (c->put[i].seq != seq || c->put[i].done)
            continue;
        if (!proven)
            TRY(take_out(c, &c->put[i]));
        c->put[i].done = true;
    }
    return OK;
}

static int ascending(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static ERR prove_others(struct check *c, uint32_t newest, size_t *ret_n)
{
    for (size_t i = 0; i < c->n_put; i++)
        check_prove_later(c, c->put[i].seq);
    if (c->n_later)
        qsort(c->later, c->n_later, sizeof *c->later, ascending);
    for (size_t i = 0; i < c->n_later; i++) {
        if (c->later[i] == newest || (i > 0 && c->later[i] == c->later[i - 1]))
            continue;
        TRY(check_patiently(c, prove, c->later[i]));
        ++*ret_n;
    }
    return OK;
}

/* The newest state first: what it lacks, older ones may lack, too. If it has what an older one
 * disproves and puts right, it is looked at again. */
ERR check_prove_all(struct check *c)
{
    uint32_t newest = c->n_later ? c->later[c->n_later - 1] : 0;
    struct check_result before = c->result;
    size_t n_others = 0;
    if (newest)
        TRY(check_patiently(c, prove, newest));
    struct check_result after = c->result;
    bool failed = after.n_wrong - after.n_mended > before.n_wrong - before.n_mended;
    TRY(prove_others(c, newest, &n_others));
    if (!failed || n_others == 0)
        return OK;
    c->result.n_wrong -= after.n_wrong - before.n_wrong;
    c->result.n_mended += before.n_mended - after.n_mended;
    return check_patiently(c, prove, newest);
}

void check_prove_forget(struct check *c)
{
    for (size_t i = c->n_put; i-- > 0;)
        if (!c->put[i].done && err_failed(take_out(c, &c->put[i])))
            check_say(c, false, "ledger %u: an object that is not proven stays: %s", c->put[i].at,
                      err_text());
}
