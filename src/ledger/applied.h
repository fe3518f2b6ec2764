/* SPDX-License-Identifier: Apache-2.0 */
/* A ledger that was changed in the mirror's transaction, as the history is to get it: what no hash
 * covers (which of its objects really change the state, the order of keys) is computed here. The
 * writer's. */
#pragma once
#include "ledger/stage.h"
#include "ledger/successor.h"

struct applied {
    struct store_ledger ledger;
    struct successor_list successors;
    struct store_object *objects; /* those that really changed; NULL: all of the source's did */
    struct hash256 *unnamed;
};

/* The ledger that was added to the stage last, its objects and unnamed keys as given: leave out
 * those that change nothing, add the successors. Errors: ERR_IO, ERR_CORRUPT (the mirror's; the
 * stage is of no use any more). */
ERR applied_complete(struct applied *a, struct stage *s);
void applied_deinit(struct applied *a);
