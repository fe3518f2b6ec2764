/* SPDX-License-Identifier: Apache-2.0 */
/* Who helps with a repair while no server runs: the configured sources, on a core of their own, and
 * the state mirror. */
#pragma once
#include "app/config.h"
#include "base/arena.h"

struct core;
struct ledgers;
struct sources;
struct store;

struct repair_help {
    struct core *core;
    struct sources *sources; /* NULL: none is configured, or none answers */
    struct ledgers *ledgers; /* NULL: the mirror cannot be used */
    struct arena *arena;
};

/* What there is; waits some seconds for sources. What cannot help is said on standard error. */
void repair_help_start(struct repair_help *h, const struct config *config, struct store *store);
void repair_help_stop(struct repair_help *h);
