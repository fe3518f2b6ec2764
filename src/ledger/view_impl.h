/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of a view, for the files that read with it. */
#pragma once
#include "ledger/ledgers_impl.h"
#include "ledger/view.h"

/* Where the state of the view's ledger is read. */
enum view_from {
    VIEW_FROM_MIRROR = 0, /* the newest ledger when the view was opened */
    VIEW_FROM_UNDO,       /* a recent one: the mirror, corrected */
    VIEW_FROM_HISTORY
};

struct view {
    struct ledgers *ledgers;
    enum view_from from; /* may turn from UNDO to HISTORY while the view is open */
    bool pinned;         /* the undo window's memory stays */
    uint32_t slot;
    struct snap *snap; /* NULL: history only */
    struct undo_pin pin;
    const struct ledger_header *header; /* the snapshot's, or own_header */
    struct ledger_header own_header;
    struct view *next_free;
};

void view_pool_free(struct view **pool);

/* The entries after `key` at a recent ledger: at most n. False: the window has moved past the
 * ledger; ask the history. (Errors only of the mirror.) */
ERR view_undo_walk(struct view *v, const struct hash256 *key, size_t n, struct view_entry *ret,
                   size_t *ret_n);
/* Object at a recent ledger; empty = absent. */
ERR view_undo_get(struct view *v, const struct hash256 *key, struct slice *ret);
