/* SPDX-License-Identifier: Apache-2.0 */
#include "net/ws_frame.h"
#include "test.h"

TEST(frame_heads_have_the_shortest_length_form)
{
    uint8_t h[WS_FRAME_MAX_HEAD];
    ASSERT_INT(2, ws_frame_head(h, WS_FRAME_TEXT, true, 125, NULL));
    ASSERT(h[0] == 0x81 && h[1] == 125);
    ASSERT_INT(4, ws_frame_head(h, WS_FRAME_BINARY, false, 126, NULL));
    ASSERT(h[0] == 0x02 && h[1] == 126 && h[2] == 0 && h[3] == 126);
    ASSERT_INT(4, ws_frame_head(h, WS_FRAME_TEXT, true, 65535, NULL));
    ASSERT_INT(10, ws_frame_head(h, WS_FRAME_TEXT, true, 65536, NULL));
    ASSERT(h[1] == 127 && h[7] == 1);
    ASSERT_INT(14, ws_frame_head(h, WS_FRAME_TEXT, true, 65536, (const uint8_t *)"abcd"));
    ASSERT(h[1] == 255 && memcmp(h + 10, "abcd", 4) == 0);
}

TEST(the_accept_key_is_that_of_the_rfc)
{
    char out[29];
    ws_frame_accept_key(slice_str("dGhlIHNhbXBsZSBub25jZQ=="), out); /* RFC 6455, 1.3 */
    ASSERT_STR("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", out);
    char a[25], b[25];
    ws_frame_new_key(a);
    ws_frame_new_key(b);
    ASSERT_INT(24, strlen(a));
    ASSERT(strcmp(a, b) != 0);
}

TEST(utf8_is_checked_strictly)
{
    static const char *good[] = {"",
                                 "ascii, long enough for eight at a time",
                                 "\xc2\x80",
                                 "h\xc3\xa9llo w\xc3\xb6rld!",
                                 "\xe0\xa0\x80",
                                 "\xed\x9f\xbf",
                                 "\xef\xbf\xbf",
                                 "\xf0\x90\x80\x80",
                                 "\xf4\x8f\xbf\xbf"};
    static const char *bad[] = {
        "\x80",         "\xc0\x80",         "\xc1\xbf",         "\xe0\x9f\xbf",
        "\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
        "\xff",         "abcdefg\xc3",      "\xe2\x82",         "\xf0\x9f\x98",
        "\xc3(",        "1234567\xff"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        ASSERT(ws_frame_utf8_valid(slice_str(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ASSERT(!ws_frame_utf8_valid(slice_str(bad[i])));
}

TEST(only_some_close_codes_may_be_sent)
{
    static const uint16_t good[] = {1000, 1001, 1002, 1003, 1007, 1011, 1014, 3000, 4999};
    static const uint16_t bad[] = {0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        ASSERT(ws_frame_code_valid(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ASSERT(!ws_frame_code_valid(bad[i]));
}
