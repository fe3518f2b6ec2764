/* SPDX-License-Identifier: Apache-2.0 */
/* A small network for tests of ingestion: a chain of ledgers, sources that serve it (and misbehave
 * as told), and a server of ours that follows them into a store in memory. All on the current core.
 */
#pragma once
#include "../ledger/chain.h"
#include "../rippled/fake_source.h"
#include "base/counter.h"
#include "base/mem.h"
#include "etl/etl.h"
#include "rt/clock.h"
#include "rt/core.h"
#include "rt/fiber.h"

#include <stdatomic.h>

#define WORLD_SOURCES 3
#define WORLD_MAX_PUBLISHED 256

/* What a source does wrong, at ledger `bad_seq`. */
enum world_bad {
    WORLD_BAD_NONE = 0,
    WORLD_BAD_HEADER,  /* a bit of the header */
    WORLD_BAD_TX,      /* a transaction too many */
    WORLD_BAD_OBJECT,  /* a bit of a changed object */
    WORLD_BAD_MISSING, /* a changed object is left out */
    WORLD_BAD_ORDER,   /* objects in descending order: harmless */
    WORLD_BAD_TWICE,   /* an object comes twice */
    WORLD_BAD_PARENT,  /* a ledger of a fork: right in itself, with another parent */
    WORLD_BAD_PAGE,    /* a bit of an object of the state */
    WORLD_BAD_CIRCLE,  /* pages that do not lead on */
    WORLD_BAD_EMPTY,   /* pages without objects that lead on a little */
    WORLD_BAD_ENDLESS, /* pages of made-up objects, without an end */
    WORLD_BAD_SILENT,  /* no page after the first bad_left */
    WORLD_BAD_ERROR    /* an error for each call, bad_left times */
};

struct world_source {
    struct fake_source fake;
    struct world *world;
    enum world_bad bad;
    uint32_t bad_seq;
    uint32_t bad_left;  /* WORLD_BAD_ERROR, WORLD_BAD_SILENT */
    uint32_t first;     /* ledgers before it are gone; 0 = none are */
    uint32_t n_pages;   /* served */
    uint32_t n_ledgers; /* served */
    uint32_t delay_ms;  /* answers take up to this long, by chance */
    bool ignores_end;   /* of a page */
    char held[32];
};

struct world {
    struct chain chain;
    struct world_source s[WORLD_SOURCES];
    uint32_t n_sources;
    uint32_t page_size;
    uint32_t n_running, max_running; /* GetLedger calls at a time */
    struct store *store;
    struct ledgers *ledgers;
    struct sources *sources;
    struct counter_registry *counters;
    struct etl *etl;
    struct etl_opts opts; /* changed by a test before world_follow */
    _Atomic uint32_t n_published;
    uint32_t published[WORLD_MAX_PUBLISHED];
};

/* n_ledgers from 100 on; n_sources that hold all of them. Nothing is followed yet. */
struct world *world_new(uint64_t seed, size_t n_objects, uint32_t n_ledgers, uint32_t n_sources);
YIELDS void world_free(struct world *w);
/* Connect to the sources and follow them. */
YIELDS void world_follow(struct world *w);
/* Stop following; the store and the sources stay. */
YIELDS void world_stop_following(struct world *w);
/* As a restart: the mirror is closed and opened again, then world_follow. */
YIELDS void world_restart(struct world *w);
/* One more ledger; all sources say so. */
void world_extend(struct world *w);
/* No source has ledgers before `first` any more, and all say so. */
void world_forget(struct world *w, uint32_t first);
uint32_t world_last(const struct world *w);

/* Newest ledger that we hold; 0 = none. */
uint32_t world_tip(struct world *w);
enum etl_state world_state(struct world *w);
/* Everything up to the last ledger is there, was published once, in order from `first` on, and
 * reads as it should. */
YIELDS void world_check(struct world *w, uint32_t first);
/* Sum of the counters of this name. */
int64_t world_count(struct world *w, const char *name);

/* Run fn(NULL) on a fiber of a core; the offload pool runs. */
#define WORLD_TEST(test_name)                                                                      \
    static void fiber_##test_name(void *arg);                                                      \
    TEST(test_name)                                                                                \
    {                                                                                              \
        world_run(fiber_##test_name);                                                              \
    }                                                                                              \
    static void fiber_##test_name(void *arg)
void world_run(void (*fn)(void *arg));
