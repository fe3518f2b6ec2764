/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rocks_repair.h"

#include "base/mem.h"
#include "store/rocks_ops.h"
#include "unit/store/fixture.h"
#include "unit/store/model.h"

/* As a program that does not know the index yet leaves the store. */
static void forget_index(const char *index)
{
    struct store *s = fixture_open(test_dir());
    struct rocks_batch b = rocks_batch_of(rocks_of(s));
    struct rocks_key key = {.n = 0};
    rocks_key_put(&key, ".index.", 7);
    rocks_key_put(&key, index, strlen(index));
    rocks_batch_delete(&b, ROCKS_CF_META, &key);
    ASSERT_OK(rocks_batch_commit(&b));
    rocks_batch_deinit(&b);
    store_close(s);
}

static void expect_lack(struct store *s, enum store_index index, uint32_t first, uint32_t last)
{
    struct store_range got;
    size_t n;
    ASSERT_OK(store_index_lack(s, index, &got, &n));
    ASSERT_INT(first ? 1 : 0, n);
    if (n) {
        ASSERT_INT(first, got.first);
        ASSERT_INT(last, got.last);
    }
}

static void make_with_young_index(struct model *m)
{
    struct store *s = fixture_open(test_dir());
    model_load(m, s);
    model_write(m, s, 20);
    store_close(s);
    forget_index("mpt_tx");
}

static struct store *open_with_young_index(struct model *m)
{
    make_with_young_index(m);
    return fixture_open(test_dir());
}

TEST(rocks_index_that_is_younger_than_the_store_lacks_its_ledgers)
{
    CLEANUP(mem_freep) struct model *m = model_new(3);
    struct store *s = open_with_young_index(m);
    expect_lack(s, STORE_INDEX_MPT_TX, MODEL_FIRST, MODEL_FIRST + 20);
    expect_lack(s, STORE_INDEX_ACCOUNT_TX, 0, 0);
    model_write(m, s, 5); /* which have its rows */
    store_close(s);
    s = fixture_open(test_dir());
    expect_lack(s, STORE_INDEX_MPT_TX, MODEL_FIRST, MODEL_FIRST + 20);
    store_close(s);
}

TEST(rocks_index_that_is_younger_lacks_them_for_who_may_not_write_it_down)
{
    CLEANUP(mem_freep) struct model *m = model_new(3);
    make_with_young_index(m);
    struct rocks_opts opts = {.path = test_dir(), .read_only = true};
    struct store *s;
    ASSERT_OK(rocks_open(&opts, &s));
    expect_lack(s, STORE_INDEX_MPT_TX, MODEL_FIRST, MODEL_FIRST + 20);
    expect_lack(s, STORE_INDEX_ACCOUNT_TX, 0, 0);
    store_close(s);
}

TEST(rocks_index_is_built_from_the_newest_ledger_back)
{
    CLEANUP(mem_freep) struct model *m = model_new(3);
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct store *s = open_with_young_index(m);
    uint8_t id[24] = {9}, suffix[8] = {0}, value[STORE_TX_VALUE_BYTES] = {0};
    struct store_index_row row = {STORE_INDEX_MPT_TX, slice_of(id, 24), slice_of(suffix, 8),
                                  slice_of(value, sizeof value)};
    struct store_scan scan = {.index = STORE_INDEX_MPT_TX, .prefix = row.prefix, .limit = 9};
    struct store_rows got;
    ASSERT_ERR(ERR_INVALID, store_index_add(s, STORE_INDEX_MPT_TX, &row, 1, MODEL_FIRST + 21));
    ASSERT_OK(store_index_add(s, STORE_INDEX_MPT_TX, &row, 1, MODEL_FIRST + 7));
    expect_lack(s, STORE_INDEX_MPT_TX, MODEL_FIRST, MODEL_FIRST + 6);
    ASSERT_OK(store_scan(s, &scan, a, &got));
    ASSERT_INT(1, got.n);
    store_close(s);
    s = fixture_open(test_dir());
    expect_lack(s, STORE_INDEX_MPT_TX, MODEL_FIRST, MODEL_FIRST + 6);
    ASSERT_OK(store_index_add(s, STORE_INDEX_MPT_TX, NULL, 0, MODEL_FIRST));
    expect_lack(s, STORE_INDEX_MPT_TX, 0, 0);
    ASSERT_ERR(ERR_INVALID, store_index_add(s, STORE_INDEX_MPT_TX, NULL, 0, MODEL_FIRST));
    store_close(s);
}
