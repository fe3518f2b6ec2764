/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/refill.h"

#include "base/log.h"
#include "base/mem.h"
#include "rt/clock.h"

#include <stdlib.h>

static void run_freep(struct undo_run **r)
{
    undo_run_free(*r);
}

/* The run of ledger `seq`: its changed keys, as they were in the ledger before. */
static err read_run(struct ledgers *l, uint32_t seq, struct undo_run **ret)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    CLEANUP(run_freep) struct undo_run *run = NULL;
    struct ledger_header before;
    struct hash256 *keys = NULL;
    size_t n = 0;
    TRY(store_header_get(l->store, seq - 1, &before));
    TRY(store_diff(l->store, seq, a, &keys, &n));
    if (n)
        qsort(keys, n, sizeof *keys, hash256_order);
    struct slice *objects = arena_array(a, struct slice, n + 1);
    TRY(store_objects_get(l->store, seq - 1, keys, n, a, objects, NULL));
    run = undo_run_new(l->undo, &before);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || !hash256_eq(&keys[i - 1], &keys[i]))
            undo_run_add(run, &keys[i], objects[i]);
    *ret = TAKE_PTR(run);
    return OK;
}

void refill_window(struct ledgers *l, uint32_t first, int64_t deadline_ns)
{
    uint32_t newest = l->meta.header.seq, n = 0, max = undo_max_ledgers(l->undo);
    struct undo_run **runs = xcalloc(max, sizeof(struct undo_run *));
    while (n < max && newest - n > first && clock_now_ns() < deadline_ns) {
        err e = read_run(l, newest - n, &runs[n]);
        if (e.code) {
            LOG_WARN("ledger: undo window: ledger %u: %s, the history answers for it", newest - n,
                     err_text());
            break;
        }
        n++;
    }
    undo_rewind(l->undo, newest - n);
    while (n)
        undo_publish(l->undo, runs[--n]);
    free(runs);
}
