/* SPDX-License-Identifier: Apache-2.0 */
#include "net/grpc.h"
#include "base/mem.h"
#include "test.h"

TEST(timeouts_have_at_most_eight_digits_and_round_trip)
{
    static const struct {
        int64_t ns;
        const char *text;
    } cases[] = {{1, "1n"},
                 {99999999, "99999999n"},
                 {100000000, "100000u"},
                 {5000000000, "5000000u"},
                 {100000000000000, "100000S"},
                 {INT64_MAX, "2562047H"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[16];
        int64_t back;
        grpc_timeout_format(cases[i].ns, text);
        if (strcmp(text, cases[i].text) != 0 && i < 2)
            ASSERT_STR(cases[i].text, text);
        ASSERT(strlen(text) <= 9);
        ASSERT(grpc_timeout_parse(slice_str(text), &back));
        ASSERT(back <= cases[i].ns && back >= cases[i].ns - cases[i].ns / 1000000);
    }
    int64_t ns;
    ASSERT(grpc_timeout_parse(slice_str("99999999H"), &ns));
    ASSERT(!grpc_timeout_parse(slice_str("S"), &ns));
    ASSERT(!grpc_timeout_parse(slice_str("5"), &ns));
    ASSERT(!grpc_timeout_parse(slice_str("5x"), &ns));
    ASSERT(!grpc_timeout_parse(slice_str("-5S"), &ns));
    ASSERT(!grpc_timeout_parse(slice_str("123456789S"), &ns));
    ASSERT(!grpc_timeout_parse(SLICE_EMPTY, &ns));
}

TEST(status_texts_are_percent_coded)
{
    struct buf b = {0};
    grpc_text_encode("50% of \xc3\xa9\n", &b);
    ASSERT_SLICE("50%25 of %C3%A9%0A", buf_slice(&b));
    char out[64];
    grpc_text_decode(buf_slice(&b), out, sizeof out);
    ASSERT_STR("50% of \xc3\xa9\n", out);
    grpc_text_decode(slice_str("a%zzb%4"), out, sizeof out);
    ASSERT_STR("a%zzb%4", out);
    grpc_text_decode(slice_str("a%00b"), out, sizeof out);
    ASSERT_STR("a?b", out);
    grpc_text_decode(slice_str("too long"), out, 4);
    ASSERT_STR("too", out);
    buf_deinit(&b);
}

TEST(status_codes_are_read_or_unknown)
{
    ASSERT_INT(5, grpc_code_parse(slice_str("5")));
    ASSERT_INT(2, grpc_code_parse(slice_str("x")));
    ASSERT_INT(2, grpc_code_parse(SLICE_EMPTY));
    ASSERT_INT(14, grpc_code_of_http(503));
    ASSERT_STR("NOT_FOUND", grpc_code_name(5));
    ASSERT_STR("UNKNOWN", grpc_code_name(99));
    ASSERT_STR("UNKNOWN", grpc_code_name(-1));
}

TEST(a_message_is_put_together_from_any_pieces)
{
    for (size_t split = 0; split <= 9; split++) {
        struct grpc_message m;
        grpc_message_init(&m, 4);
        struct slice in = SLICE_LIT("\0\0\0\0\4abcd");
        ASSERT_OK(grpc_message_feed(&m, slice_of(in.p, split)));
        ASSERT(grpc_message_complete(&m) == (split == 9));
        ASSERT_OK(grpc_message_feed(&m, slice_from(in, split)));
        ASSERT(grpc_message_complete(&m));
        ASSERT_SLICE("abcd", buf_slice(&m.payload));
        ASSERT_ERR(ERR_PROTOCOL, grpc_message_feed(&m, SLICE_LIT("e")));
        grpc_message_deinit(&m);
    }
}

TEST(bad_messages_are_refused_before_memory_is_taken)
{
    struct grpc_message m;
    grpc_message_init(&m, 100);
    ASSERT_ERR(ERR_LIMIT, grpc_message_feed(&m, SLICE_LIT("\0\0\0\0\145")));
    ASSERT_INT(0, m.payload.cap);
    grpc_message_init(&m, 100);
    ASSERT_ERR(ERR_UNSUPPORTED, grpc_message_feed(&m, SLICE_LIT("\1\0\0\0\1x")));
    grpc_message_init(&m, SIZE_MAX);
    ASSERT_OK(grpc_message_feed(&m, SLICE_LIT("\0\xff\xff\xff\xffx")));
    ASSERT(m.payload.cap < 200000);
    grpc_message_deinit(&m);
}
