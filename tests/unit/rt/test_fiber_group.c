/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/clock.h"
#include "rt/core.h"
#include "rt/fiber.h"
#include "test.h"

static int n_ended;
static struct fiber_group group;

static void yield_some(void *arg)
{
    for (int i = 0; i < *(int *)arg; i++)
        ASSERT_OK(fiber_yield());
    n_ended++;
}

static void join_main(void *arg)
{
    int turns[3] = {0, 5, 2};
    fiber_group_init(&group);
    for (int i = 0; i < 3; i++)
        fiber_group_spawn(&group, "child", yield_some, &turns[i]);
    fiber_group_join(&group);
    ASSERT_INT(3, n_ended);
    ASSERT_INT(0, group.n_running);
    fiber_group_join(&group); /* nothing to wait for */
}

TEST(join_waits_for_all_members)
{
    ASSERT_OK(core_run_fiber("test", join_main, NULL));
}

static void note_birth(void *arg)
{
    ASSERT(fiber_cancelled());
    n_ended++;
}

static void until_cancelled(void *arg)
{
    ASSERT_ERR(ERR_CANCELLED, fiber_park(CLOCK_NEVER));
    fiber_group_spawn(&group, "grandchild", note_birth, NULL);
    n_ended++;
}

static void cancel_main(void *arg)
{
    fiber_group_init(&group);
    for (int i = 0; i < 4; i++)
        fiber_group_spawn(&group, "child", until_cancelled, NULL);
    ASSERT_OK(fiber_yield());
    fiber_group_cancel(&group);
    ASSERT_INT(8, n_ended);
    ASSERT(!fiber_cancelled());
}

TEST(cancel_ends_all_members_and_those_they_start)
{
    ASSERT_OK(core_run_fiber("test", cancel_main, NULL));
}

static void wait_then_end(void *arg)
{
    ASSERT_OK(fiber_park_uncancellable());
    n_ended++;
}

static void join_while_cancelled(void *arg)
{
    fiber_group_init(&group);
    struct fiber *child = fiber_group_spawn(&group, "child", wait_then_end, NULL);
    *(struct fiber **)arg = child;
    fiber_group_join(&group);
    ASSERT_INT(1, n_ended); /* the cancellation did not end the join */
    n_ended++;
}

static void uncancellable_main(void *arg)
{
    struct fiber *child = NULL;
    struct fiber *parent = fiber_spawn("parent", join_while_cancelled, &child);
    ASSERT_OK(fiber_yield());
    fiber_cancel(parent);
    ASSERT_OK(fiber_yield());
    ASSERT_INT(0, n_ended);
    fiber_wake(child);
    ASSERT_OK(fiber_yield());
    ASSERT_OK(fiber_yield());
    ASSERT_INT(2, n_ended);
}

TEST(a_join_is_not_interrupted_by_cancellation)
{
    ASSERT_OK(core_run_fiber("test", uncancellable_main, NULL));
}

static void check_deadline(void *arg)
{
    n_ended++;
    ASSERT_INT(*(int64_t *)arg, fiber_deadline());
}

static void deadline_main(void *arg)
{
    int64_t never = CLOCK_NEVER, some = 4711;
    fiber_group_init(&group);
    ASSERT(fiber_deadline() == never);
    fiber_set_deadline(some);
    fiber_group_spawn(&group, "child", check_deadline, &some);
    fiber_group_join(&group);
    fiber_spawn_now("another", check_deadline, &never);
    ASSERT_INT(2, n_ended);
}

TEST(members_inherit_the_deadline_and_others_do_not)
{
    ASSERT_OK(core_run_fiber("test", deadline_main, NULL));
    ASSERT(fiber_deadline() == CLOCK_NEVER); /* not on a fiber */
}
