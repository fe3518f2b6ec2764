/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/applied.h"

#include "base/mem.h"
#include "ledger/guard.h"

#include <stdlib.h>

void applied_deinit(struct applied *a)
{
    successor_list_deinit(&a->successors);
    free(a->objects);
    free(a->unnamed);
}

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
    struct stage *stage;
    struct applied *a;
    const struct successor_change *changes;
    size_t n;
};

static err find_guarded(void *arg)
{
    struct find *f = arg;
    struct ledgers *l = f->stage->l;
    return successor_of_changes(l->mirror, undo_versions(l->undo), f->stage->txn, f->changes, f->n,
                                &f->a->successors);
}

static err find_successors(struct applied *a, struct stage *s, const struct undo_run *run)
{
    CLEANUP(mem_freep)
    struct successor_change *changes = xmalloc((undo_run_count(run) + 1) * sizeof *changes);
    struct find f = {s, a, changes, list_changes(a, run, changes)};
    err e = guard_run(find_guarded, &f, s->l->mirror->path);
    if (e.code == ERR_CORRUPT)
        s->txn = NULL;
    TRY(e);
    a->ledger.successors = a->successors.rows;
    a->ledger.n_successors = a->successors.n;
    return OK;
}

ERR applied_complete(struct applied *a, struct stage *s)
{
    const struct undo_run *run = s->items[s->n - 1].run;
    keep_changes(a, run);
    return find_successors(a, s, run);
}
