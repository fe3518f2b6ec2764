/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/stage.h"

#include "base/mem.h"
#include "chain.h"
#include "store/memory.h"
#include "test.h"

struct fixture {
    struct chain chain;
    struct store *store;
    struct ledgers *ledgers;
};

static void fixture_init(struct fixture *f)
{
    chain_init(&f->chain, 91, 10, 200);
    for (int i = 0; i < 6; i++)
        chain_extend(&f->chain, 40);
    f->store = memory_new();
    f->ledgers = chain_open(f->store, "mirror");
    chain_load(&f->chain, f->ledgers, 4);
}

static void fixture_deinit(struct fixture *f)
{
    ledgers_close(f->ledgers);
    store_close(f->store);
    chain_deinit(&f->chain);
}

static err add(struct fixture *f, struct stage *s, uint32_t seq)
{
    const struct chain_ledger *l = chain_at(&f->chain, seq);
    return stage_add(s, &l->header, l->diff, l->n_diff);
}

TEST(a_ledger_that_does_not_verify_leaves_the_others)
{
    struct fixture f;
    fixture_init(&f);
    struct stage *s = NULL;
    struct ledger_header tip;
    ASSERT_OK(stage_begin(f.ledgers, &s));
    ASSERT_OK(add(&f, s, 11));
    ASSERT_ERR(ERR_VERIFY, add(&f, s, 13)); /* not the next */
    const struct chain_ledger *l = chain_at(&f.chain, 12);
    ASSERT_ERR(ERR_VERIFY, stage_add(s, &l->header, l->diff, l->n_diff - 1));
    ASSERT(strstr(err_text(), "state root") != NULL);
    ASSERT_OK(add(&f, s, 12));
    ASSERT_INT(2, s->n);
    ASSERT(ledgers_tip(f.ledgers, &tip) && tip.seq == 10);
    ASSERT_INT(12, s->newest.seq);
    stage_free(s);
    ASSERT_OK(stage_begin(f.ledgers, &s)); /* nothing is left of it */
    ASSERT_OK(add(&f, s, 11));
    stage_free(s);
    fixture_deinit(&f);
}

TEST(only_what_changes_is_in_the_run)
{
    struct fixture f;
    fixture_init(&f);
    const struct chain_ledger *l = chain_at(&f.chain, 10);
    struct store_object objects[] = {
        l->objects[3], l->objects[5], {l->objects[9].key, SLICE_EMPTY}};
    objects[2].key.b[31] ^= 1; /* nobody has it */
    struct ledger_header next = l->header;
    next.seq++;
    next.parent_hash = l->header.hash;
    next.hash = digest_ledger(&next);
    struct stage *s = NULL;
    ASSERT_OK(stage_begin(f.ledgers, &s));
    ASSERT_OK(stage_add(s, &next, objects, 3));
    ASSERT_INT(0, undo_run_count(s->items[0].run));
    stage_free(s);
    fixture_deinit(&f);
}
