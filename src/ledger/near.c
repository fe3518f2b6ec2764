/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/near.h"

#include "ledger/guard.h"
#include "ledger/ledgers_impl.h"
#include "ledger/merged.h"

struct near {
    struct merged merged;
    const struct hash256 *key;
    bool before;
    size_t n, got;
    struct hash256 *ret;
};

static err walk(void *arg)
{
    struct near *w = arg;
    struct merged_entry entry;
    struct hash256 at = *w->key;
    if (!w->before)
        merged_seek(&w->merged, w->key, true);
    while (w->got < w->n) {
        err e =
            w->before ? merged_before(&w->merged, &at, &entry) : merged_next(&w->merged, &entry);
        if (e.code == ERR_NOT_FOUND)
            break;
        TRY(e);
        w->ret[w->got++] = at = hash256_of(entry.key);
    }
    return OK;
}

static err walk_snapshot(struct ledgers *l, uint32_t slot, struct near *w)
{
    struct snap *snap;
    TRY(snap_acquire(&l->snaps, slot, &snap));
    w->merged = (struct merged){l->mirror, undo_versions(l->undo), snap->cursor, snap->header.seq};
    err e = snap->complete ? guard_run(walk, w, l->mirror->path) : OK;
    snap_release(&l->snaps, slot, snap);
    return e;
}

size_t near_keys(void *arg, const struct hash256 *key, bool before, size_t n, struct hash256 *ret)
{
    struct ledgers *l = arg;
    struct versions *versions = undo_versions(l->undo);
    uint32_t slot;
    struct epochs_pin pin;
    struct near w = {.key = key, .before = before, .n = n, .ret = ret};
    if (err_failed(ledgers_slot_index(l, &slot)))
        return 0; /* a guess less */
    epochs_pin(versions_epochs(versions), slot, &pin);
    err e = walk_snapshot(l, slot, &w);
    epochs_unpin(versions_epochs(versions), slot, &pin);
    return err_failed(e) ? 0 : w.got;
}
