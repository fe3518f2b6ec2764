/* SPDX-License-Identifier: Apache-2.0 */
#include "base/crc32c.h"

#include "test.h"

#include <stdlib.h>
#include <string.h>

/* RFC 3720, appendix B.4. */
TEST(crc32c_is_the_one_of_the_standard)
{
    uint8_t b[32];
    ASSERT_INT(0xE3069283, crc32c(0, "123456789", 9));
    memset(b, 0, 32);
    ASSERT_INT(0x8A9136AA, crc32c(0, b, 32));
    memset(b, 0xFF, 32);
    ASSERT_INT(0x62A8AB43, crc32c(0, b, 32));
    for (int i = 0; i < 32; i++)
        b[i] = (uint8_t)i;
    ASSERT_INT(0x46DD794E, crc32c(0, b, 32));
    ASSERT_INT(0, crc32c(0, b, 0));
}

TEST(crc32c_is_the_same_everywhere_and_in_parts)
{
    uint8_t b[300];
    srandom(7);
    for (size_t i = 0; i < sizeof b; i++)
        b[i] = (uint8_t)random();
    for (size_t n = 0; n <= sizeof b; n++) {
        uint32_t whole = crc32c(0, b, n);
        ASSERT_INT(whole, crc32c_portable(0, b, n));
        ASSERT_INT(whole, crc32c(crc32c(0, b, n / 3), b + n / 3, n - n / 3));
    }
}
