/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/near.h"

#include "chain.h"
#include "store/memory.h"
#include "test.h"

/* From any key, both ways, as the whole state says. */
TEST(keys_near_a_key_are_those_of_the_newest_state)
{
    struct chain c;
    struct store *s = memory_new();
    chain_init(&c, 5, 100, 300);
    struct ledgers *l = chain_open(s, "m");
    chain_load(&c, l, 16);
    const struct chain_ledger *at = chain_at(&c, 100);
    for (int round = 0; round < 200; round++) {
        struct hash256 key = chain_key(&c), got[7];
        size_t first = 0; /* greater than the key */
        while (first < at->n && hash256_cmp(&at->objects[first].key, &key) <= 0)
            first++;
        size_t n = near_keys(l, &key, false, 7, got);
        ASSERT_INT(at->n - first < 7 ? at->n - first : 7, n);
        for (size_t i = 0; i < n; i++)
            ASSERT(hash256_eq(&at->objects[first + i].key, &got[i]));
        size_t before = 0; /* smaller */
        while (before < at->n && hash256_cmp(&at->objects[before].key, &key) < 0)
            before++;
        n = near_keys(l, &key, true, 7, got);
        ASSERT_INT(before < 7 ? before : 7, n);
        for (size_t i = 0; i < n; i++)
            ASSERT(hash256_eq(&at->objects[before - 1 - i].key, &got[i]));
    }
    ledgers_close(l);
    store_close(s);
    chain_deinit(&c);
}

TEST(an_empty_mirror_knows_no_keys)
{
    struct store *s = memory_new();
    struct ledgers *l = chain_open(s, "m");
    struct hash256 got;
    ASSERT_INT(0, near_keys(l, &HASH256_ZERO, false, 1, &got));
    ledgers_close(l);
    store_close(s);
}
