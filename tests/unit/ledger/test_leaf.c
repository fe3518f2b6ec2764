/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/leaf.h"

#include "test.h"
#include "xrpl/digest.h"

TEST(every_length_hashes_as_alone)
{
    static uint8_t bytes[3000];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 131 + i / 256);
    struct leaf_list l = {0};
    struct hash256 key = HASH256_ZERO;
    for (size_t n = 0; n < sizeof bytes; n = n < 600 ? n + 1 : n + 97) {
        key.b[n % 32]++;
        leaf_list_add(&l, key.b, slice_of(bytes + n % 7, n - (n > 7 ? n % 7 : 0)));
    }
    /* mixed lengths side by side, too */
    for (size_t i = 0; i < 300; i++) {
        key.b[i % 32]++;
        leaf_list_add(&l, key.b, slice_of(bytes + i, (i * 7919) % 2500));
    }
    leaf_list_hash(&l);
    for (size_t i = 0; i < l.n; i++) {
        struct hash256 want = digest_state_leaf(l.items[i].object, &l.items[i].key);
        ASSERT(hash256_eq(&want, &l.items[i].hash));
    }
    leaf_list_clear(&l);
    leaf_list_hash(&l);
    leaf_list_deinit(&l);
}
