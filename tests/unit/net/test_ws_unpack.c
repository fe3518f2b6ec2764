/* SPDX-License-Identifier: Apache-2.0 */
#include "net/ws_unpack.h"

#include "net/ws_deflate.h"
#include "ws_fixture.h"

/* A message of so many steps; *ret is what it was. */
static err unpack(struct ws_unpack **spare, struct slice packed, size_t max, bool text,
                  struct buf *ret, int *ret_steps)
{
    struct buf own = {0};
    buf_put_slice(&own, packed);
    struct ws_unpack *u = ws_unpack_begin(spare, &own, max, text);
    ASSERT(own.p == NULL && ws_unpack_is_text(u) == text);
    bool done = false;
    err e = OK;
    for (*ret_steps = 0; !done && !err_failed(e); ++*ret_steps)
        e = ws_unpack_step(u, &done);
    buf_clear(ret);
    if (!err_failed(e))
        buf_put_slice(ret, ws_unpack_plain(u));
    ws_unpack_end(u, spare);
    return e;
}

TEST(packed_messages_come_back_and_each_stands_alone)
{
    struct ws_deflate *d = ws_deflate_new();
    struct ws_unpack **spare = ws_deflate_spare(d);
    struct buf got = {0}, copy = {0};
    int steps;
    for (uint8_t bits = 9; bits <= 15; bits++)
        for (int i = 0; i < 2; i++) {
            struct ws_deflate_terms terms = {bits};
            struct buf text = text_of(60000);
            struct slice packed;
            ASSERT(ws_deflate_pack(d, &terms, buf_slice(&text), &packed));
            ASSERT(packed.n < text.n / 3);
            buf_clear(&copy);
            buf_put_slice(&copy, packed);
            ASSERT_OK(unpack(spare, buf_slice(&copy), 60000, true, &got, &steps));
            ASSERT(slice_eq(buf_slice(&text), buf_slice(&got)));
            ASSERT(*spare && steps >= 4);
            ASSERT_ERR(ERR_LIMIT, unpack(spare, buf_slice(&copy), 59999, true, &got, &steps));
            copy.p[0] |= 6; /* a kind of block that there is not */
            ASSERT_ERR(ERR_PARSE, unpack(spare, buf_slice(&copy), 60000, true, &got, &steps));
            buf_deinit(&text);
        }
    buf_deinit(&got);
    buf_deinit(&copy);
    ws_deflate_free(d);
}

TEST(a_bomb_stops_at_the_bound_and_takes_many_small_steps)
{
    struct ws_deflate *d = ws_deflate_new();
    struct buf zeros = {0}, got = {0};
    struct slice packed;
    int steps;
    memset(buf_reserve(&zeros, 200000), 0, 200000);
    buf_advance(&zeros, 200000);
    ASSERT(ws_deflate_pack(d, &(struct ws_deflate_terms){15}, buf_slice(&zeros), &packed));
    ASSERT(packed.n < 1500);
    ASSERT_ERR(ERR_LIMIT, unpack(ws_deflate_spare(d), packed, 1000, false, &got, &steps));
    ASSERT_INT(1, steps);
    ASSERT_OK(unpack(ws_deflate_spare(d), packed, 200000, false, &got, &steps));
    ASSERT(got.n == 200000 && steps >= 200000 / 16384);
    buf_deinit(&zeros);
    buf_deinit(&got);
    ws_deflate_free(d);
}

/* Blocks without content: nothing comes out, and yet it is work. */
TEST(much_input_for_nothing_takes_many_small_steps)
{
    struct ws_unpack *spare = NULL;
    struct buf in = {0}, got = {0};
    int steps;
    for (int i = 0; i < 50000; i++)
        buf_put(&in, "\x02\x00", 2); /* fixed tables, nothing, not the last */
    err e = unpack(&spare, buf_slice(&in), 100, false, &got, &steps);
    ASSERT(err_failed(e) ? e.code == ERR_PARSE : got.n == 0);
    buf_clear(&in);
    for (int i = 0; i < 50000; i++)
        buf_put(&in, "\x00\x00\x00\xff\xff", 5); /* stored, nothing, not the last */
    ASSERT_OK(unpack(&spare, buf_slice(&in), 100, false, &got, &steps));
    ASSERT(got.n == 0 && steps >= 250000 / 512);
    ws_unpack_free(spare);
    buf_deinit(&in);
    buf_deinit(&got);
}

TEST(text_that_is_not_utf8_fails)
{
    struct ws_unpack *spare = NULL;
    struct buf got = {0};
    int steps;
    struct slice bad = SLICE_LIT("\x00\x02\x00\xfd\xff"
                                 "a\xff"); /* stored */
    struct slice cut = SLICE_LIT("\x00\x02\x00\xfd\xff"
                                 "a\xc3");
    ASSERT_ERR(ERR_PARSE, unpack(&spare, bad, 100, true, &got, &steps));
    ASSERT_ERR(ERR_PARSE, unpack(&spare, cut, 100, true, &got, &steps));
    ASSERT_OK(unpack(&spare, cut, 100, false, &got, &steps));
    ASSERT_INT(2, got.n);
    ws_unpack_free(spare);
    buf_deinit(&got);
}
