/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hex.h"

#include "test.h"

TEST(every_byte_survives_encoding_and_decoding)
{
    for (int i = 0; i < 256; i++) {
        uint8_t in = (uint8_t)i, out = 0;
        char text[3] = "";
        hex_encode(slice_of(&in, 1), text);
        ASSERT(hex_decode(slice_str(text), &out, 1) && out == in);
        hex_encode_lower(slice_of(&in, 1), text);
        ASSERT(hex_decode(slice_str(text), &out, 1) && out == in);
    }
}

TEST(output_is_upper_case_unless_asked_otherwise)
{
    char text[5] = "";
    hex_encode(SLICE_LIT("\xab\x0f"), text);
    ASSERT_STR("AB0F", text);
    hex_encode_lower(SLICE_LIT("\xab\x0f"), text);
    ASSERT_STR("ab0f", text);
}

TEST(only_digits_of_the_exact_number_decode)
{
    uint8_t out[2];
    ASSERT(hex_decode(SLICE_LIT("aB0f"), out, 2));
    ASSERT(!hex_decode(SLICE_LIT("aB0"), out, 2));
    ASSERT(!hex_decode(SLICE_LIT("aB0f0"), out, 2));
    ASSERT(!hex_decode(SLICE_LIT("aB0g"), out, 2));
    ASSERT(hex_decode(SLICE_EMPTY, out, 0));
}

TEST(exactly_22_characters_are_digits)
{
    int n = 0;
    for (int c = 0; c < 256; c++)
        n += hex_digit((uint8_t)c) >= 0;
    ASSERT_INT(22, n);
    ASSERT_INT(15, hex_digit('F'));
    ASSERT_INT(-1, hex_digit('G'));
    ASSERT_INT(-1, hex_digit(0x10));
}
