/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "store/cass.h"
#include "unit/store/cass_fixture.h"
#include "unit/store/cass_ledgers.h"
#include "unit/test.h"

/* What a killed load left would be served wherever a key exists in it only. */
TEST(rows_of_a_killed_load_are_dropped_by_the_next)
{
    if (!cass_fixture_is_there())
        return;
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct store *s = cass_fixture_open();
    struct store_object object = {cass_ledgers_key(0x30, 1), SLICE_LIT("old")};
    struct slice got;
    ASSERT_OK(store_load_begin(s, 9, 1));
    ASSERT_OK(store_load_add(s, 0, &object, 1, NULL, 0, NULL, 0));
    store_close(s);
    s = cass_fixture_open_again();
    cass_ledgers_load(s);
    ASSERT_OK(store_objects_get(s, 10, &object.key, 1, a, &got, NULL));
    ASSERT_INT(0, got.n);
    store_close(s);
    cass_fixture_drop();
}

TEST(a_reader_refuses_to_write)
{
    if (!cass_fixture_is_there())
        return;
    struct store *s = cass_fixture_open();
    struct store_ledger l = cass_ledgers_make(11, 0);
    cass_ledgers_load(s);
    store_close(s);
    struct cass_opts opts = cass_fixture_opts(false);
    opts.read_only = true;
    ASSERT_OK(cass_open(&opts, &s));
    ASSERT_ERR(ERR_UNSUPPORTED, store_write(s, &l, 1));
    ASSERT_ERR(ERR_UNSUPPORTED, store_load_begin(s, 9, 1));
    ASSERT_ERR(ERR_UNSUPPORTED, store_meta_put(s, "x", SLICE_LIT("y")));
    ASSERT_ERR(ERR_UNSUPPORTED, store_repair(s, &(struct store_repair){.at = 10}));
    store_close(s);
    cass_fixture_drop();
}
