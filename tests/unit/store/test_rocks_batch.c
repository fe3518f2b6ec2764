/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rocks_batch.h"

#include "unit/store/fixture.h"

TEST(rocks_batch_is_empty_after_a_commit)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct store *s = fixture_open(test_dir());
    struct slice got;
    CLEANUP(rocks_batch_deinit) struct rocks_batch b = rocks_batch_of(rocks_of(s));
    rocks_batch_put_meta(&b, "a", SLICE_EMPTY);
    rocks_batch_put_meta(&b, "b", SLICE_LIT("value"));
    ASSERT_INT(2, rocksdb_writebatch_count(b.wb));
    ASSERT_ERR(ERR_NOT_FOUND, store_meta_get(s, "b", a, &got)); /* nothing before the commit */
    ASSERT_OK(rocks_batch_commit(&b));
    ASSERT_INT(0, rocksdb_writebatch_count(b.wb));
    ASSERT_OK(store_meta_get(s, "a", a, &got));
    ASSERT_INT(0, got.n);
    ASSERT_OK(store_meta_get(s, "b", a, &got));
    ASSERT_SLICE("value", got);
    store_close(s);
}
