/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bits.h"

#include "test.h"

TEST(numbers_are_big_endian_at_any_alignment)
{
    uint8_t b[12] = {0};
    bits_store16(b + 1, 0x0102);
    ASSERT(b[1] == 1 && b[2] == 2);
    ASSERT_INT(0x0102, bits_load16(b + 1));
    bits_store32(b + 1, 0x01020304);
    ASSERT(b[1] == 1 && b[4] == 4);
    ASSERT(bits_load32(b + 1) == 0x01020304);
    bits_store64(b + 3, 0x0102030405060708);
    ASSERT(b[3] == 1 && b[10] == 8);
    ASSERT(bits_load64(b + 3) == 0x0102030405060708);
}
