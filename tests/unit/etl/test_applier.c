/* SPDX-License-Identifier: Apache-2.0 */
#include "etl/applier.h"

#include "store/memory.h"
#include "world.h"

#define MAX_HOME 64

struct rig {
    struct chain chain;
    struct store *store;
    struct ledgers *ledgers;
    struct counter_registry *counters;
    struct applier *applier;
    uint32_t n_home; /* work that came home: */
    enum applier_result results[MAX_HOME];
    uint32_t seqs[MAX_HOME];
    _Atomic uint32_t n_published;
};

static void on_published(void *arg, const struct ledger_header *header)
{
    struct rig *r = arg;
    (void)header;
    atomic_fetch_add(&r->n_published, 1);
}

static struct rig *rig_start(uint32_t n_ledgers)
{
    struct rig *r = xcalloc(1, sizeof *r);
    chain_init(&r->chain, 5, 100, 100);
    while (r->chain.n < n_ledgers)
        chain_extend(&r->chain, 30);
    r->store = memory_new();
    r->ledgers = chain_open(r->store, "mirror");
    chain_load(&r->chain, r->ledgers, 4);
    r->counters = counter_registry_new();
    ledgers_on_published(r->ledgers, on_published, r);
    struct applier_opts opts = {.ledgers = r->ledgers, .counters = r->counters};
    ASSERT_OK(applier_start(&opts, &r->applier));
    return r;
}

static void rig_stop(struct rig *r)
{
    r->applier = applier_stop(r->applier);
    ledgers_close(r->ledgers);
    store_close(r->store);
    counter_registry_free(r->counters);
    chain_deinit(&r->chain);
    free(r);
}

static void on_done(struct applier_work *w)
{
    struct rig *r = w->owner;
    ASSERT(r->n_home < MAX_HOME);
    r->results[r->n_home] = w->result;
    r->seqs[r->n_home++] = w->ledger ? w->ledger->ledger.header.seq : 0;
    if (w->result == APPLIER_RESULT_WRONG)
        ASSERT(w->what && w->text[0]);
    applier_work_free(w);
}

static struct decode_ledger *decoded(struct rig *r, uint32_t seq)
{
    struct decode_ledger *d = xcalloc(1, sizeof *d);
    d->arena = arena_new(0);
    d->ledger = chain_apply_ledger(chain_at(&r->chain, seq));
    return d;
}

static struct decode_ledger *push(struct rig *r, uint32_t seq)
{
    struct applier_work *w = applier_work_new(APPLIER_LEDGER, on_done, r);
    struct decode_ledger *d = w->ledger = decoded(r, seq);
    applier_push(r->applier, w);
    return d;
}

static uint32_t tip_of(struct rig *r)
{
    struct ledger_header h;
    ASSERT(ledgers_tip(r->ledgers, &h));
    return h.seq;
}

WORLD_TEST(work_comes_home_in_order_when_it_is_done)
{
    struct rig *r = rig_start(21);
    (void)arg;
    for (uint32_t seq = 101; seq <= 120; seq++)
        push(r, seq);
    ASSERT_INT(20, applier_outstanding(r->applier));
    EVENTUALLY(r->n_home == 20);
    for (uint32_t i = 0; i < 20; i++) {
        ASSERT_INT(APPLIER_RESULT_DONE, r->results[i]);
        ASSERT_INT(101 + i, r->seqs[i]);
    }
    ASSERT_INT(20, atomic_load(&r->n_published));
    ASSERT_INT(120, tip_of(r));
    ASSERT(applier_last_publish_ns(r->applier) > 0);
    rig_stop(r);
}

WORLD_TEST(only_the_next_ledger_is_taken)
{
    struct rig *r = rig_start(5);
    (void)arg;
    push(r, 103);
    push(r, 100);
    push(r, 101);
    push(r, 101);
    EVENTUALLY(r->n_home == 4);
    ASSERT_INT(APPLIER_RESULT_SKIPPED, r->results[0]);
    ASSERT_INT(APPLIER_RESULT_HELD, r->results[1]);
    ASSERT_INT(APPLIER_RESULT_DONE, r->results[2]);
    ASSERT_INT(APPLIER_RESULT_HELD, r->results[3]);
    ASSERT_INT(101, tip_of(r));
    rig_stop(r);
}

WORLD_TEST(what_comes_before_a_wrong_ledger_is_kept)
{
    struct rig *r = rig_start(8);
    (void)arg;
    /* in one mail's time, so that they can be one batch */
    for (uint32_t seq = 101; seq <= 103; seq++)
        push(r, seq);
    struct applier_work *w = applier_work_new(APPLIER_LEDGER, on_done, r);
    w->ledger = decoded(r, 104);
    w->ledger->ledger.n_objects--;
    applier_push(r->applier, w);
    push(r, 105);
    EVENTUALLY(r->n_home == 5);
    for (uint32_t i = 0; i < 3; i++)
        ASSERT_INT(APPLIER_RESULT_DONE, r->results[i]);
    ASSERT_INT(APPLIER_RESULT_WRONG, r->results[3]);
    ASSERT_INT(APPLIER_RESULT_SKIPPED, r->results[4]);
    ASSERT_INT(103, tip_of(r));
    rig_stop(r);
}

static err nothing(struct applier_work *w)
{
    (void)w;
    return OK;
}

WORLD_TEST(everything_comes_home_before_the_stop)
{
    struct rig *r = rig_start(30);
    (void)arg;
    for (uint32_t seq = 101; seq <= 125; seq++)
        push(r, seq);
    struct applier_work *last = applier_work_new(APPLIER_CALL, on_done, r);
    last->call = nothing;
    applier_push(r->applier, last);
    r->applier = applier_stop(r->applier);
    ASSERT_INT(26, r->n_home);
    ASSERT_INT(100 + atomic_load(&r->n_published), tip_of(r));
    rig_stop(r);
}

/* On the apply thread: the history in memory knows one at a time. */
static err write_as_another(struct applier_work *w)
{
    struct rig *r = w->owner;
    struct ledgers *other = chain_open(r->store, "other");
    chain_apply(&r->chain, other, 102, 1);
    ledgers_close(other);
    return OK;
}

WORLD_TEST(a_ledger_that_another_server_wrote_is_told_from_ours)
{
    struct rig *r = rig_start(5);
    (void)arg;
    push(r, 101);
    EVENTUALLY(r->n_home == 1);
    ASSERT_INT(0, applier_n_foreign(r->applier));
    struct applier_work *other = applier_work_new(APPLIER_CALL, on_done, r);
    other->call = write_as_another;
    applier_push(r->applier, other);
    EVENTUALLY(applier_n_foreign(r->applier) == 1);
    push(r, 103);
    EVENTUALLY(r->n_home == 3);
    ASSERT_INT(103, tip_of(r));
    ASSERT_INT(1, applier_n_foreign(r->applier));
    ASSERT_INT(0, applier_n_conflicts(r->applier));
    rig_stop(r);
}
