/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of a view, for the files that read with it. */
#pragma once
#include "ledger/ledgers_impl.h"
#include "ledger/view.h"

/* Where the state of the view's ledger is read. */
enum view_from {
    VIEW_FROM_MIRROR = 0, /* the newest ledger when the view was opened: file and what waits */
    VIEW_FROM_UNDO,       /* a recent one: these, corrected by the undo window */
    VIEW_FROM_HISTORY
};

struct view {
    struct ledgers *ledgers;
    enum view_from from; /* may turn to HISTORY while the view is open */
    bool pinned;         /* what is in memory of recent ledgers stays */
    uint32_t slot;
    struct snap *snap; /* NULL: history only */
    struct epochs_pin pin;
    const struct ledger_header *header; /* the snapshot's, or own_header */
    struct ledger_header own_header;
    struct view *next_free;
};

void view_pool_free(struct view **pool);
