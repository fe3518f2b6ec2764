/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rocks_iter.h"

#include "base/mem.h"
#include "store/rocks_tidy.h"
#include "unit/store/fixture.h"

static size_t n_idle(struct store *s)
{
    size_t n = 0;
    for (size_t kind = 0; kind < ROCKS_N_ITERS; kind++)
        n += rocks_of(s)->iters[kind].n;
    return n;
}

/* Without the thread that lets go of idle iterators now and then. */
static struct store *open_alone(void)
{
    struct store *s = fixture_open(test_dir());
    rocks_tidy_stop(rocks_of(s));
    return s;
}

TEST(rocks_iter_is_kept_for_the_next_read_but_not_past_a_commit)
{
    CLEANUP(mem_freep) struct model *m = model_new(1);
    struct store *s = open_alone();
    struct hash256 next;
    model_load(m, s);
    ASSERT_OK(store_next(s, m->seq, &HASH256_ZERO, &next));
    size_t n = n_idle(s);
    ASSERT(n > 0);
    ASSERT_OK(store_next(s, m->seq, &HASH256_ZERO, &next));
    ASSERT_INT(n, n_idle(s));
    model_write(m, s, 1);
    ASSERT_INT(0, n_idle(s));
    store_close(s);
}

TEST(rocks_iter_from_before_a_commit_is_not_kept)
{
    CLEANUP(mem_freep) struct model *m = model_new(1);
    struct store *s = fixture_open(test_dir());
    model_load(m, s);
    struct rocks_read rd = {rocks_of(s), true, NULL};
    struct rocks_iter it = rocks_iter_take(&rd, ROCKS_ITER_OBJECT);
    model_write(m, s, 1);
    rocks_iter_put(&it);
    ASSERT_INT(0, n_idle(s));
    store_close(s);
}

TEST(rocks_iter_pool_is_bounded)
{
    CLEANUP(mem_freep) struct model *m = model_new(1);
    struct store *s = open_alone();
    struct rocks_iter its[2 * ROCKS_ITER_IDLE];
    model_load(m, s);
    struct rocks_read rd = {rocks_of(s), true, NULL};
    for (size_t i = 0; i < ARRAY_LEN(its); i++)
        its[i] = rocks_iter_take(&rd, ROCKS_ITER_OBJECT);
    for (size_t i = 0; i < ARRAY_LEN(its); i++)
        rocks_iter_put(&its[i]);
    ASSERT_INT(ROCKS_ITER_IDLE, n_idle(s));
    store_close(s);
}
