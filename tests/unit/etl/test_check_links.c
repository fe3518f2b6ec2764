/* SPDX-License-Identifier: Apache-2.0 */
/* The list of keys at what a ledger changed, with a store on disk: the one in memory has no list.
 * Damaged files: tests/system/test_damage. */
#include "check_world.h"
#include "store/rocks.h"

static struct check_world *on_disk(void)
{
    struct store *s = NULL;
    ASSERT_OK(rocks_open(&(struct rocks_opts){.path = test_dir()}, &s));
    return check_world_new_in(s);
}

static void drop_row(struct check_world *w, uint32_t at, const struct hash256 *key)
{
    struct store_repair r = {.at = at, .drop_successors = key, .n_drop_successors = 1};
    ASSERT_OK(store_repair(w->s, &r));
}

static void is_mended(struct check_world *w, uint32_t at, const struct hash256 *key)
{
    struct hash256 before, after;
    ASSERT_OK(store_next(w->s, 11, key, &before));
    drop_row(w, at, key);
    struct check_result r = check_world_run(w, false);
    ASSERT(r.n_wrong > 0);
    r = check_world_run(w, true);
    ASSERT_INT((int64_t)r.n_wrong, (int64_t)r.n_mended);
    r = check_world_run(w, false);
    if (r.n_wrong)
        test_fail(__FILE__, __LINE__, "after mending: %s", w->said);
    ASSERT_OK(store_next(w->s, 11, key, &after));
    ASSERT(hash256_eq(&before, &after));
    check_world_free(w);
}

TEST(check_links_mends_the_row_before_a_deleted_object)
{
    struct check_world *w = on_disk();
    is_mended(w, 11, &w->keys[0]);
}

TEST(check_links_mends_the_row_before_a_created_object)
{
    struct check_world *w = on_disk();
    is_mended(w, 11, &w->keys[2]);
}

TEST(check_links_mends_the_list_of_the_first_ledger)
{
    struct check_world *w = on_disk();
    is_mended(w, 0, &HASH256_ZERO);
}
