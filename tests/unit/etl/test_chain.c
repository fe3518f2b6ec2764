/* SPDX-License-Identifier: Apache-2.0 */
#include "etl/chain.h"
#include "test.h"

static bool holds(const struct chain_range *r, const struct hash256 *key)
{
    return (!r->has_after || hash256_cmp(key, &r->after) > 0) &&
           (!r->has_upto || hash256_cmp(key, &r->upto) <= 0);
}

static void in_exactly_one(const struct hash256 *key, uint32_t n)
{
    uint32_t found = 0;
    for (uint32_t i = 0; i < n; i++) {
        struct chain_range r = chain_range_of(i, n);
        found += holds(&r, key);
    }
    ASSERT_INT(1, found);
}

TEST(every_key_is_in_exactly_one_range)
{
    for (uint32_t n = 1; n <= CHAIN_MAX; n = n < 20                       ? n + 1
                                             : n * 2 - 3 > 256 && n < 256 ? 256
                                                                          : n * 2 - 3)
        for (uint32_t first = 0; first < 256; first++)
            for (int last = 0; last < 3; last++) {
                struct hash256 key = {{0}};
                memset(key.b, last == 2 ? 0xFF : 0, 32);
                key.b[0] = (uint8_t)first;
                key.b[31] = (uint8_t)(last == 2 ? 0xFF : last);
                in_exactly_one(&key, n);
            }
}

TEST(progress_goes_from_nothing_to_all)
{
    struct chain_range r = chain_range_of(1, 4); /* 40.. to 7F.. */
    struct hash256 key = {{0x40}};
    ASSERT_INT(0, chain_fraction(&r, &key) * 1000);
    key.b[0] = 0x60;
    ASSERT_INT(500, chain_fraction(&r, &key) * 1000 + 0.5);
    ASSERT_INT(999, chain_fraction(&r, &r.upto) * 1000);
    struct chain_range all = chain_range_of(0, 1);
    key.b[0] = 0x80;
    ASSERT_INT(500, chain_fraction(&all, &key) * 1000);
}
