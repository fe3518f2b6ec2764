/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/hashed_txs.h"

#include "small_world.h"
#include "test.h"

static size_t read_at(struct small_world *w, uint32_t seq, struct hashed_tx **ret)
{
    struct call c = {.arena = fake_keep(arena_new(0))};
    size_t n = 99;
    ASSERT_OK(view_open(w->ledgers, seq, &c.view));
    ASSERT_OK(hashed_txs_read(&c, ret, &n));
    view_close(c.view);
    return n;
}

TEST(transactions_come_by_hash_whatever_their_index)
{
    struct small_world *w = small_world_new();
    struct hashed_tx *txs;
    ASSERT_INT(2, read_at(w, 12, &txs));
    bool first = hash256_cmp(&w->txs[0], &w->txs[1]) < 0;
    for (int i = 0; i < 2; i++) {
        ASSERT(hash256_eq(&txs[i].hash, &w->txs[first ? i : !i]));
        ASSERT_INT(first ? i : !i, txs[i].tx->pos.index);
    }
    ASSERT_INT(0, read_at(w, 13, &txs));
}
