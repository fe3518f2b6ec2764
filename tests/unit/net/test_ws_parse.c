/* SPDX-License-Identifier: Apache-2.0 */
#include "net/ws_parse.h"
#include "base/mem.h"
#include "test.h"

static const uint8_t mask[4] = {1, 2, 3, 4};

static void frame(struct buf *b, uint8_t first, const char *payload)
{
    uint8_t head[WS_FRAME_MAX_HEAD];
    size_t n = strlen(payload);
    size_t n_head =
        ws_frame_head(head, (enum ws_frame_op)(first & 0x0f), (first & 0x80) != 0, n, mask);
    head[0] = first;
    buf_put(b, head, n_head);
    for (size_t i = 0; i < n; i++)
        buf_put_u8(b, (uint8_t)(payload[i] ^ mask[i & 3]));
}

static void describe(struct slice in, size_t split, size_t max, struct buf *out)
{
    static const char *const names[] = {"",     "text",  "binary", "ping",
                                        "pong", "close", "",       "failed"};
    struct ws_parse p;
    ws_parse_init(&p, true, max);
    struct slice pieces[2] = {slice_of(in.p, split), slice_from(in, split)};
    for (int i = 0; i < 2; i++) {
        ws_parse_input(&p, pieces[i]);
        for (enum ws_parse_result r; (r = ws_parse_next(&p)) != WS_PARSE_NONE;) {
            if (r == WS_PARSE_MORE)
                continue;
            buf_printf(out, "%s", names[r]);
            if (r == WS_PARSE_FAILED || r == WS_PARSE_CLOSE)
                buf_printf(out, " %u", p.code);
            bool data = r == WS_PARSE_TEXT || r == WS_PARSE_BINARY;
            buf_printf(out, "(%.*s);",
                       SLICE_FMT(data ? buf_slice(&p.message) : buf_slice(&p.control)));
            if (r == WS_PARSE_FAILED || r == WS_PARSE_CLOSE) {
                ws_parse_deinit(&p);
                return;
            }
        }
    }
    ws_parse_deinit(&p);
}

static void expect(struct buf *in, const char *want)
{
    for (size_t split = 0; split <= in->n; split++) {
        struct buf got = {0};
        describe(buf_slice(in), split, 20, &got);
        if (!slice_is(buf_slice(&got), want))
            test_fail(__FILE__, __LINE__, "split %zu: want %s, got %.*s", split, want,
                      SLICE_FMT(buf_slice(&got)));
        buf_deinit(&got);
    }
    buf_deinit(in);
}

TEST(messages_are_the_same_however_they_are_cut)
{
    struct buf in = {0};
    frame(&in, 0x81, "hello");
    frame(&in, 0x82, "bytes");
    frame(&in, 0x81, "");
    frame(&in, 0x89, "are you there");
    frame(&in, 0x8a, "");
    expect(&in, "text(hello);binary(bytes);text();ping(are you there);pong();");
}

TEST(fragments_make_one_message_with_control_frames_between)
{
    struct buf in = {0};
    frame(&in, 0x01, "he\xc3");
    frame(&in, 0x89, "p");
    frame(&in, 0x00, "");
    frame(&in, 0x80, "\xa9llo");
    frame(&in, 0x82, "x");
    expect(&in, "ping(p);text(he\xc3\xa9llo);binary(x);");
}

TEST(close_frames_carry_a_code)
{
    struct buf in = {0};
    frame(&in, 0x88,
          "\x03\xe8"
          "bye");
    expect(&in, "close 1000(bye);");
    frame(&in, 0x88, "");
    expect(&in, "close 1005();");
    frame(&in, 0x88, "\x03");
    expect(&in, "failed 1002(\x03);");
    frame(&in, 0x88, "\x03\xed"); /* 1005 is never on the wire */
    expect(&in, "failed 1002(\x03\xed);");
    frame(&in, 0x88, "\x03\xe8\xff");
    expect(&in, "failed 1007(\xff);");
}

TEST(broken_frames_fail_with_the_right_code)
{
    struct buf in = {0};
    frame(&in, 0x81, "\xff");
    expect(&in, "failed 1007();");
    frame(&in, 0xc1, "rsv1 set");
    expect(&in, "failed 1002();");
    frame(&in, 0x83, "opcode 3");
    expect(&in, "failed 1002();");
    frame(&in, 0x8b, "opcode 11");
    expect(&in, "failed 1002();");
    frame(&in, 0x80, "nothing to continue");
    expect(&in, "failed 1002();");
    frame(&in, 0x01, "a");
    frame(&in, 0x81, "b"); /* in the middle of a message */
    expect(&in, "failed 1002();");
    frame(&in, 0x09, "fragmented ping");
    expect(&in, "failed 1002();");
    frame(&in, 0x81, "more than twenty bytes");
    expect(&in, "failed 1009();");
    frame(&in, 0x01, "twelve bytes");
    frame(&in, 0x80, "and nine.");
    expect(&in, "failed 1009();");
    buf_put(&in, "\x81\x02hi", 4); /* not masked */
    expect(&in, "failed 1002();");
}

TEST(a_message_announced_as_huge_allocates_nothing)
{
    struct ws_parse p;
    ws_parse_init(&p, true, SIZE_MAX / 2);
    const uint8_t in[] = {0x82, 0xff, 0x3f, 0xff, 0xff, 0xff, 0xff, 0xff,
                          0xff, 0xff, 1,    2,    3,    4,    'x'};
    ws_parse_input(&p, slice_of(in, sizeof in));
    ASSERT_INT(WS_PARSE_NONE, ws_parse_next(&p));
    ASSERT(p.message.cap < 100000);
    ws_parse_deinit(&p);
}
