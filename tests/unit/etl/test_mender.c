/* SPDX-License-Identifier: Apache-2.0 */
#include "etl/mender.h"

#include "world.h"

/* Ledger `seq` of the chain, with an object that is not as it should be, as another server might
 * write it. */
static void write_wrong(struct world *w, uint32_t seq)
{
    struct apply_ledger in = chain_apply_ledger(chain_at(&w->chain, seq));
    struct store_object *objects = arena_array(w->chain.arena, struct store_object, in.n_objects);
    size_t n = 0;
    memcpy(objects, in.objects, in.n_objects * sizeof *objects);
    while (objects[n].data.n == 0)
        n++;
    objects[n].data.n--;
    struct store_ledger l = {.header = in.header,
                             .objects = objects,
                             .n_objects = in.n_objects,
                             .unnamed = in.unnamed,
                             .n_unnamed = in.n_unnamed};
    ASSERT_OK(store_write(w->store, &l, 1));
}

WORLD_TEST(a_ledger_that_the_history_has_wrong_is_put_right_from_a_source)
{
    struct world *w = world_new(1, 200, 10, 2);
    (void)arg;
    w->opts.start_sequence = 100;
    world_follow(w);
    world_check(w, 100);
    world_stop_following(w);
    world_extend(w);
    write_wrong(w, world_last(w));
    w->s[0].bad = WORLD_BAD_OBJECT; /* this source has it wrong, too */
    w->s[0].bad_seq = world_last(w);
    world_follow(w);
    world_check(w, 100);
    ASSERT(world_count(w, "kleio_history_wrong_rows_total") >= 1);
    ASSERT(world_count(w, "kleio_history_rows_put_right_total") >= 1);
    world_free(w);
}

WORLD_TEST(without_a_source_that_has_it_following_waits)
{
    struct world *w = world_new(2, 200, 10, 1);
    (void)arg;
    w->opts.start_sequence = 100;
    world_follow(w);
    world_check(w, 100);
    world_stop_following(w);
    world_extend(w);
    uint32_t last = world_last(w);
    write_wrong(w, last);
    w->s[0].bad = WORLD_BAD_OBJECT;
    w->s[0].bad_seq = last;
    world_follow(w);
    EVENTUALLY(world_state(w) == ETL_STATE_HISTORY);
    ASSERT(etl_state_is_bad(world_state(w)));
    ASSERT_INT(last - 1, world_tip(w));
    ASSERT_INT(last, ledgers_suspect(w->ledgers));
    w->s[0].bad = WORLD_BAD_NONE;
    EVENTUALLY(world_tip(w) == last);
    EVENTUALLY(world_state(w) != ETL_STATE_HISTORY);
    world_free(w);
}
