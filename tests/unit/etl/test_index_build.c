/* SPDX-License-Identifier: Apache-2.0 */
#include "etl/index_build.h"

#include "base/hex.h"
#include "base/mem.h"
#include "store/store.h"
#include "test.h"

/* A store of two hundred ledgers with a transaction that names an issuance each, and of which the
 * indexes lack ledgers; only what the build needs. */
#define FIRST 10u
#define LAST 209u

struct young {
    struct store base;
    struct store_range lack[STORE_N_INDEXES];
    uint32_t n_rows[STORE_N_INDEXES], n_calls;
    int fail_add_at; /* 0 = never */
};

static struct slice tx_bytes(void)
{
    static uint8_t tx[64];
    static size_t n;
    const char *hex = "12003801150000000200112233445566778899AABBCCDDEEFF00112233";
    if (n == 0) {
        n = strlen(hex) / 2;
        ASSERT(hex_decode(slice_str(hex), tx, n));
    }
    return slice_of(tx, n);
}

/* tesSUCCESS; one node that names an account. */
static struct slice meta_bytes(void)
{
    static uint8_t meta[128];
    static size_t n;
    const char *hex =
        "201C00000000F8E5110061560000000000000000000000000000000000000000000000000000000000"
        "000001E7811401020304050607080910111213141516171819 20E1E1F1031000";
    char packed[300];
    size_t k = 0;
    if (n)
        return slice_of(meta, n);
    for (; *hex; hex++)
        if (*hex != ' ')
            packed[k++] = *hex;
    n = k / 2;
    ASSERT(hex_decode(slice_of(packed, k), meta, n));
    return slice_of(meta, n);
}

static err op_lack(struct store *s, enum store_index index, struct store_range *ret, size_t *ret_n)
{
    struct young *y = (struct young *)s;
    *ret = y->lack[index];
    *ret_n = ret->last != 0;
    return OK;
}

static err op_add(struct store *s, enum store_index index, const struct store_index_row *rows,
                  size_t n, uint32_t from)
{
    struct young *y = (struct young *)s;
    struct store_range *lack = &y->lack[index];
    if (y->fail_add_at && --y->fail_add_at == 0)
        return FAIL(ERR_IO, "test: no");
    ASSERT(from >= lack->first && from <= lack->last);
    for (size_t i = 0; i < n; i++)
        ASSERT_INT(index, rows[i].index);
    ASSERT_INT(lack->last - from + 1, n); /* a row a ledger */
    y->n_rows[index] += (uint32_t)n;
    if (from == lack->first)
        *lack = (struct store_range){0};
    else
        lack->last = from - 1;
    return OK;
}

static err op_txs(struct store *s, const struct store_txs_query *q, struct arena *a,
                  struct store_tx **ret, size_t *ret_n)
{
    ((struct young *)s)->n_calls++;
    *ret_n = q->last - q->first + 1;
    *ret = arena_array(a, struct store_tx, *ret_n);
    for (size_t i = 0; i < *ret_n; i++)
        (*ret)[i] = (struct store_tx){
            .pos = {q->first + (uint32_t)i, 0}, .tx = tx_bytes(), .meta = meta_bytes()};
    return OK;
}

static const struct store_ops ops = {
    .index_lack = op_lack, .index_add = op_add, .ledger_txs = op_txs};

static void run_until_done(struct young *y)
{
    bool done = false;
    for (int i = 0; !done && i < 100; i++)
        ASSERT_OK(index_build_step(&y->base, &done));
    ASSERT(done);
}

TEST(both_indexes_are_built_to_the_first_ledger)
{
    struct young y = {.base.ops = &ops};
    y.lack[STORE_INDEX_MPT_TX] = y.lack[STORE_INDEX_ACCOUNT_MPT_TX] =
        (struct store_range){FIRST, LAST};
    run_until_done(&y);
    ASSERT_INT(LAST - FIRST + 1, y.n_rows[STORE_INDEX_MPT_TX]);
    ASSERT_INT(LAST - FIRST + 1, y.n_rows[STORE_INDEX_ACCOUNT_MPT_TX]);
    ASSERT_INT(2, y.n_calls); /* the transactions are read once for both */
}

TEST(one_that_is_further_is_waited_for_and_a_failure_goes_on_where_it_was)
{
    struct young y = {.base.ops = &ops, .fail_add_at = 2};
    y.lack[STORE_INDEX_MPT_TX] = (struct store_range){FIRST, LAST};
    y.lack[STORE_INDEX_ACCOUNT_MPT_TX] = (struct store_range){FIRST, 100};
    bool done;
    ASSERT_OK(index_build_step(&y.base, &done));
    ASSERT_INT(81, y.lack[STORE_INDEX_MPT_TX].last);
    ASSERT_INT(100, y.lack[STORE_INDEX_ACCOUNT_MPT_TX].last);
    ASSERT_ERR(ERR_IO, index_build_step(&y.base, &done));
    run_until_done(&y);
    ASSERT_INT(LAST - FIRST + 1, y.n_rows[STORE_INDEX_MPT_TX]);
    ASSERT_INT(100 - FIRST + 1, y.n_rows[STORE_INDEX_ACCOUNT_MPT_TX]);
}

TEST(nothing_lacking_is_done_at_once)
{
    struct young y = {.base.ops = &ops};
    index_build_run(&y.base);
    ASSERT_INT(0, y.n_calls);
}
