/* SPDX-License-Identifier: Apache-2.0 */
/* What other servers write into a shared history is looked at before it is served: each ledger that
 * the apply thread takes from the history must have the header's roots, and all rows that follow
 * from it. What is wrong is named, counted, and written right: from the ledger itself where it is
 * derived (indexes, the list of keys), from a source where it is not. Without a source following
 * stops there. On the core of ingestion; a part of it on the apply thread. */
#pragma once
#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct applier;
struct counter_registry;
struct ledgers;
struct mender;
struct sources;
struct store;

struct mender_opts {
    struct store *store; /* borrowed, like the rest */
    struct ledgers *ledgers;
    struct sources *sources;
    struct counter_registry *counters;
    bool read_only; /* name it and wait until another server has put it right */
};

/* Before the applier starts: what it takes from a history that others write is looked at from now
 * on. */
struct mender *mender_new(const struct mender_opts *opts);
/* Begin to ask sources for what is wrong. */
void mender_start(struct mender *m, struct applier *applier);
/* End that: before the applier stops. */
YIELDS void mender_quit(struct mender *m);
/* After the applier has stopped. Accepts NULL, returns NULL. */
struct mender *mender_free(struct mender *m);

/* The ledger that is wrong in the history and has not been put right for some seconds; 0 = none.
 * Any thread. */
uint32_t mender_stuck(const struct mender *m);
