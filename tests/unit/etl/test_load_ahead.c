/* SPDX-License-Identifier: Apache-2.0 */
#include "etl/load_ahead.h"

#include "etl/ledger_spool.h"
#include "world.h"

struct rig {
    struct world *world;
    struct ledger_spool *spool;
    struct load_ahead_opts opts;
    struct fiber_group fibers;
    err result;
    bool ended;
};

static YIELDS void run(void *arg)
{
    struct rig *r = arg;
    r->result = load_ahead_run(&r->opts);
    r->ended = true;
}

/* The sources of a world whose server does nothing, and the ledgers after `seq`. */
static struct rig *rig_start(uint64_t seed, uint32_t n_sources, uint32_t seq)
{
    struct rig *r = xcalloc(1, sizeof *r);
    char path[300];
    r->world = world_new(seed, 50, 8, n_sources);
    r->world->opts.read_only = true;
    world_follow(r->world);
    snprintf(path, sizeof path, "%s/load", test_dir());
    ASSERT_OK(ledger_spool_open(path, &r->spool));
    r->opts = (struct load_ahead_opts){.sources = r->world->sources,
                                       .closed = r->spool,
                                       .seq = seq,
                                       .hash = chain_at(&r->world->chain, seq)->header.hash,
                                       .max_bytes = 1 << 20};
    fiber_group_init(&r->fibers);
    return r;
}

static void go(struct rig *r)
{
    r->ended = false;
    fiber_group_spawn(&r->fibers, "ahead", run, r);
}

static YIELDS void rig_stop(struct rig *r)
{
    fiber_group_cancel(&r->fibers);
    ledger_spool_close(r->spool);
    world_free(r->world);
    free(r);
}

static bool has_up_to(struct rig *r, uint32_t last)
{
    uint32_t first, l;
    return ledger_spool_span(r->spool, &first, &l) && first == r->opts.seq + 1 && l == last;
}

WORLD_TEST(ledgers_are_kept_as_they_close)
{
    struct rig *r = rig_start(1, 1, 103);
    (void)arg;
    go(r);
    EVENTUALLY(has_up_to(r, 107));
    world_extend(r->world);
    world_extend(r->world);
    EVENTUALLY(has_up_to(r, 109));
    ASSERT(!r->ended);
    rig_stop(r);
}

WORLD_TEST(after_a_restart_it_goes_on_behind_those_that_are_there)
{
    struct rig *r = rig_start(2, 1, 103);
    (void)arg;
    go(r);
    EVENTUALLY(has_up_to(r, 107));
    fiber_group_cancel(&r->fibers);
    ASSERT(r->ended && r->result.code == ERR_CANCELLED);
    uint32_t n = r->world->s[0].n_ledgers;
    world_extend(r->world);
    go(r);
    EVENTUALLY(has_up_to(r, 108));
    ASSERT_INT(n + 1, r->world->s[0].n_ledgers);
    rig_stop(r);
}

WORLD_TEST(the_bound_ends_it)
{
    struct rig *r = rig_start(3, 1, 103);
    (void)arg;
    r->opts.max_bytes = 10;
    go(r);
    EVENTUALLY(r->ended);
    ASSERT_OK(r->result);
    ASSERT(has_up_to(r, 104));
    rig_stop(r);
}

WORLD_TEST(a_ledger_that_does_not_continue_is_asked_of_another)
{
    struct rig *r = rig_start(4, 2, 103);
    (void)arg;
    for (int i = 0; i < 2; i++) {
        r->world->s[i].bad = i ? WORLD_BAD_HEADER : WORLD_BAD_PARENT;
        r->world->s[i].bad_seq = i ? 106 : 105;
    }
    go(r);
    EVENTUALLY(has_up_to(r, 107));
    rig_stop(r);
}
