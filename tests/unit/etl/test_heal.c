/* SPDX-License-Identifier: Apache-2.0 */
/* With sources and damaged files: tests/system/test_repair. */
#include "etl/heal.h"

#include "check_world.h"

static struct check_result heal(struct check_world *w)
{
    struct heal_opts opts = {
        .check = {.store = w->s, .state_every = 1, .arg = w, .say = check_world_say}};
    struct check_result r;
    bool copied, taken;
    w->said[0] = 0;
    ASSERT_OK(heal_run(&opts, &r, &copied, &taken));
    ASSERT(!copied && !taken);
    return r;
}

TEST(heal_without_help_mends_what_can_be_derived)
{
    struct check_world *w = check_world_new();
    struct store_repair r = {.at = 11, .drop_objects = &w->keys[1], .n_drop_objects = 1};
    ASSERT_INT(0, heal(w).n_wrong);
    ASSERT_OK(store_repair(w->s, &r));
    ASSERT(heal(w).n_mended > 0);
    ASSERT_INT(0, heal(w).n_wrong);
    check_world_free(w);
}

TEST(heal_without_help_leaves_what_cannot)
{
    struct check_world *w = check_world_new();
    struct store_repair r = {.at = 11, .drop_objects = &w->keys[3], .n_drop_objects = 1};
    ASSERT_OK(store_repair(w->s, &r));
    struct check_result got = heal(w);
    ASSERT(got.n_wrong > got.n_mended);
    check_world_free(w);
}
