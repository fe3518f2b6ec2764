/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/apply.h"

#include "base/mem.h"
#include "ledger/disk.h"
#include "ledger/guard.h"
#include "ledger/mirror_follow.h"
#include "ledger/repair.h"
#include "ledger/stage.h"
#include "ledger/successor.h"
#include "rt/clock.h"

#include <stdio.h>
#include <stdlib.h>

/* One ledger of the batch, as the history is to get it. */
struct applied {
    struct store_ledger ledger;
    struct successor_list successors;
    struct store_object *objects; /* those that really changed; NULL: all of the source's did */
    struct hash256 *unnamed;
};

struct apply {
    struct ledgers *l;
    struct stage *stage;
    struct applied *items;
    size_t n, cap;
};

static void applied_deinit(struct applied *a)
{
    successor_list_deinit(&a->successors);
    free(a->objects);
    free(a->unnamed);
}

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

/* --- what no hash covers is computed here --- */

/* Of the objects only those that change the state: the root says nothing about the others. */
static void keep_changes(struct applied *a, const struct undo_run *run)
{
    size_t n = undo_run_count(run), at = 0, n_unnamed = 0;
    const struct store_ledger *in = &a->ledger;
    if (n == in->n_objects)
        return;
    a->objects = xmalloc((n + 1) * sizeof *a->objects);
    a->unnamed = xmalloc((n + 1) * sizeof *a->unnamed);
    for (size_t i = 0, u = 0; i < n; i++) {
        const struct hash256 *key = undo_run_key(run, i);
        while (!hash256_eq(&in->objects[at].key, key))
            at++;
        a->objects[i] = in->objects[at];
        while (u < in->n_unnamed && hash256_cmp(&in->unnamed[u], key) < 0)
            u++;
        if (u < in->n_unnamed && hash256_eq(&in->unnamed[u], key))
            a->unnamed[n_unnamed++] = *key;
    }
    a->ledger.objects = a->objects;
    a->ledger.n_objects = n;
    a->ledger.unnamed = a->unnamed;
    a->ledger.n_unnamed = n_unnamed;
}

/* Keys that were created or deleted; objects and records go in step. */
static size_t list_changes(const struct applied *a, const struct undo_run *run,
                           struct successor_change *ret)
{
    size_t n = 0;
    for (size_t i = 0; i < undo_run_count(run); i++) {
        struct slice before = undo_run_before(run, i);
        struct slice after = a->ledger.objects[i].data;
        if (before.n && after.n)
            continue;
        bool book = successor_is_book(before.n ? before : after);
        ret[n++] = (struct successor_change){*undo_run_key(run, i), before.n == 0, book};
    }
    return n;
}

struct find {
    struct apply *b;
    struct applied *a;
    const struct successor_change *changes;
    size_t n;
};

static err find_guarded(void *arg)
{
    struct find *f = arg;
    return successor_of_changes(f->b->l->mirror, f->b->stage->txn, f->changes, f->n,
                                &f->a->successors);
}

static err find_successors(struct apply *b, struct applied *a, const struct undo_run *run)
{
    CLEANUP(mem_freep)
    struct successor_change *changes = xmalloc((undo_run_count(run) + 1) * sizeof *changes);
    struct find f = {b, a, changes, list_changes(a, run, changes)};
    err e = guard_run(find_guarded, &f, b->l->mirror->path);
    if (e.code == ERR_CORRUPT)
        b->stage->txn = NULL;
    TRY(e);
    a->ledger.successors = a->successors.rows;
    a->ledger.n_successors = a->successors.n;
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
    const struct undo_run *run = b->stage->items[b->stage->n - 1].run;
    keep_changes(item, run);
    err e = repair_note(b->l, find_successors(b, item, run));
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

ERR apply_check(struct ledgers *l, int64_t budget_ns, bool *ret_more)
{
    return repair_scrub(l, clock_now_ns() + budget_ns, ret_more);
}
