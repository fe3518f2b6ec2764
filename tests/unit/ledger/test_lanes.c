/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/lanes.h"

#include "base/mem.h"
#include "test.h"

#include <stdlib.h>

TEST(every_lane_and_length_gives_the_digest)
{
    if (!lanes_usable())
        return;
    struct lanes *l = NULL;
    ASSERT_INT(0, posix_memalign((void **)&l, 64, sizeof *l));
    memset(l->n_blocks, 0, sizeof l->n_blocks);
    static uint8_t bytes[LANES_MAX_BYTES];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 197 + i / 256);
    for (size_t n = 0; n + LANES * 61 < sizeof bytes; n += 5) {
        struct hash256 got[LANES], want;
        for (uint32_t lane = 0; lane < LANES; lane++) { /* of different lengths */
            size_t len = n + lane * 61, cut = len / 3;
            struct slice parts[] = {slice_of(bytes, cut), slice_of(bytes + cut, len - cut)};
            lanes_set(l, lane, parts, 2);
        }
        lanes_hash(l, got);
        for (uint32_t lane = 0; lane < LANES; lane++) {
            struct slice whole = slice_of(bytes, n + lane * 61);
            want = hash_sha512half(&whole, 1);
            ASSERT(hash256_eq(&want, &got[lane]));
        }
    }
    struct hash256 got[LANES], want;
    struct slice longest = slice_of(bytes, sizeof bytes);
    lanes_set(l, 3, &longest, 1); /* alone */
    lanes_hash(l, got);
    want = hash_sha512half(&longest, 1);
    ASSERT(hash256_eq(&want, &got[3]));
    free(l);
}
