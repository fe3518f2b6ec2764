/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/apply.h"

#include "base/mem.h"
#include "ledger/applied.h"
#include "ledger/compact.h"
#include "ledger/disk.h"
#include "ledger/mirror_follow.h"
#include "ledger/repair.h"
#include "ledger/retree.h"
#include "ledger/stage.h"
#include "rt/clock.h"

#include <stdio.h>
#include <stdlib.h>

struct apply {
    struct ledgers *l;
    struct stage *stage;
    struct applied *items;
    size_t n, cap;
};

struct apply *apply_abort(struct apply *b)
{
    if (b == NULL)
        return NULL;
    stage_free(b->stage);
    for (size_t i = 0; i < b->n; i++)
        applied_deinit(&b->items[i]);
    free(b->items);
    free(b);
    return NULL;
}

static void apply_abortp(struct apply **b)
{
    apply_abort(*b);
}

ERR apply_begin(struct ledgers *l, struct apply **ret)
{
    if (!l->complete)
        return FAIL(ERR_INVALID, "apply: no ledger is held yet, it needs an initial load");
    err_ignore(retree_due(l)); /* doubt that it gives rise to is met at once */
    TRY(mirror_follow(l, 0));
    TRY(disk_check(l->mirror->path, l->min_free_bytes));
    CLEANUP(apply_abortp) struct apply *b = xcalloc(1, sizeof *b);
    b->l = l;
    TRY(repair_note(l, stage_begin(l, &b->stage)));
    *ret = TAKE_PTR(b);
    return OK;
}

size_t apply_count(const struct apply *b)
{
    return b->n;
}

static err check_order(const struct apply_ledger *in)
{
    for (size_t i = 1; i < in->n_objects; i++)
        if (hash256_cmp(&in->objects[i - 1].key, &in->objects[i].key) >= 0)
            return FAIL(ERR_VERIFY, "apply: ledger %u: keys of objects do not ascend",
                        in->header.seq);
    for (size_t i = 1; i < in->n_unnamed; i++)
        if (hash256_cmp(&in->unnamed[i - 1], &in->unnamed[i]) >= 0)
            return FAIL(ERR_VERIFY, "apply: ledger %u: keys of unnamed objects do not ascend",
                        in->header.seq);
    return OK;
}

/* --- the batch --- */

static struct applied *push_item(struct apply *b, const struct apply_ledger *in)
{
    if (b->n == b->cap) {
        b->cap = b->cap ? b->cap * 2 : 8;
        b->items = xrealloc(b->items, b->cap * sizeof *b->items);
    }
    struct applied *item = &b->items[b->n];
    *item = (struct applied){.ledger = {
                                 .header = in->header,
                                 .txs = in->txs,
                                 .tx_hashes = in->tx_hashes,
                                 .n_txs = in->n_txs,
                                 .objects = in->objects,
                                 .n_objects = in->n_objects,
                                 .unnamed = in->unnamed,
                                 .n_unnamed = in->n_unnamed,
                                 .index_rows = in->index_rows,
                                 .n_index_rows = in->n_index_rows,
                             }};
    return item;
}

/* A root that does not match: the source's data are wrong, unless the mirror is. */
static err wrong_root(struct apply *b)
{
    struct err_slot text;
    snprintf(text.text, sizeof text.text, "%s", err_text());
    TRY(repair_acquit(b->l));
    return FAIL(ERR_VERIFY, "%s", text.text);
}

ERR apply_add(struct apply *b, const struct apply_ledger *in)
{
    TRY(check_order(in));
    err added = repair_note(b->l, stage_add(b->stage, &in->header, in->objects, in->n_objects));
    if (added.code == ERR_VERIFY && b->stage->root_differs)
        return wrong_root(b);
    TRY(added);
    struct applied *item = push_item(b, in);
    err e = repair_note(b->l, applied_complete(item, b->stage));
    b->n++;
    b->stage->broken = e.code != 0;
    return e;
}

static err write_history(struct apply *b)
{
    CLEANUP(mem_freep) struct store_ledger *ledgers = xmalloc(b->n * sizeof *ledgers);
    for (size_t i = 0; i < b->n; i++)
        ledgers[i] = b->items[i].ledger;
    return store_write(b->l->store, ledgers, b->n);
}

ERR apply_commit(struct apply *batch)
{
    CLEANUP(apply_abortp) struct apply *b = batch;
    if (b->stage->broken)
        return FAIL(ERR_IO, "apply: the batch failed at an earlier ledger");
    if (b->n == 0)
        return OK;
    TRY(write_history(b)); /* what it has got in spite of an error, the next batch begins with */
    b->l->stage = TAKE_PTR(b->stage);
    return mirror_follow(b->l, b->items[b->n - 1].ledger.header.seq);
}

ERR apply_prove(struct ledgers *l, const struct apply_ledger *in, apply_proven_fn fn, void *arg)
{
    CLEANUP(apply_abortp) struct apply *b = xcalloc(1, sizeof *b);
    b->l = l;
    if (!l->complete || atomic_load(&l->doubtful))
        return FAIL(ERR_BUSY, "apply: there is no mirror to hold ledger %u against",
                    in->header.seq);
    TRY(repair_note(l, stage_begin(l, &b->stage)));
    TRY(apply_add(b, in));
    return fn(arg, &b->items[0].ledger);
}

ERR apply_ready(struct ledgers *l)
{
    return retree_due(l);
}

ERR apply_check(struct ledgers *l, int64_t budget_ns, bool *ret_more)
{
    TRY(repair_scrub(l, clock_now_ns() + budget_ns, ret_more));
    return compact_tend(l);
}
