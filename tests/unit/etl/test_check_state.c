/* SPDX-License-Identifier: Apache-2.0 */
/* Objects, states and lists of keys that are wrong. */
#include "check_world.h"

static void put_object(struct check_world *w, uint32_t at, size_t i, struct slice data)
{
    struct store_object o = {w->keys[i], data};
    struct store_ledger l = {.objects = &o, .n_objects = 1};
    ASSERT_OK(store_repair(w->s, &(struct store_repair){.put = &l, .at = at}));
}

static void drop_object(struct check_world *w, uint32_t at, size_t i)
{
    ASSERT_OK(store_repair(
        w->s, &(struct store_repair){.at = at, .drop_objects = &w->keys[i], .n_drop_objects = 1}));
}

TEST(check_sees_an_object_that_is_not_what_the_metadata_says)
{
    struct check_world *w = check_world_new();
    drop_object(w, 11, 0); /* the version before shows */
    check_world_expect(w, "ledger 11: object 20000000", false);
    ASSERT(strstr(w->said, "not what the metadata says") != NULL);
    ASSERT(strstr(w->said, "ledger 12: its state") != NULL);
    check_world_free(w);
}

TEST(check_sees_a_missing_object)
{
    struct check_world *w = check_world_new();
    drop_object(w, 11, 3);
    check_world_expect(w, "ledger 11: object 80000000", false);
    ASSERT(strstr(w->said, "is missing") != NULL);
    check_world_free(w);
}

TEST(check_mends_a_lost_deletion)
{
    struct check_world *w = check_world_new();
    drop_object(w, 11, 1);
    check_world_expect(w, "was deleted, but is there", true);
    check_world_free(w);
}

TEST(check_sees_a_changed_object_by_the_root)
{
    struct check_world *w = check_world_new();
    put_object(w, 12, 2, check_world_object(w, 2, 9));
    struct check_result r = check_world_run(w, false);
    ASSERT_STR("ledger 12: its state (3 objects) does not have the header's root\n", w->said);
    ASSERT_INT(1, r.n_wrong);
    check_world_free(w);
}
