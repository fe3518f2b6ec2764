/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/tx_texts.h"

#include "base/mem.h"
#include "rt/core.h"
#include "test.h"

#include <malloc.h>

#define MINUTE_NS (60 * INT64_C(1000000000))

static struct tx_texts_key key_of(uint32_t seq, uint32_t index)
{
    return (struct tx_texts_key){.pos = {seq, index}, .form = 3, .network_id = 7};
}

static bool get(struct tx_texts *t, struct tx_texts_key key, struct slice *ret)
{
    return tx_texts_get(t, &key, ret);
}

/* As a text that was asked for twice. */
static void put_twice(struct tx_texts *t, struct tx_texts_key key, struct slice text)
{
    tx_texts_put(t, &key, text);
    tx_texts_put(t, &key, text);
}

/* Run `fn` with texts of `max_bytes` as its argument. */
static void on_core(size_t max_bytes, void (*fn)(void *))
{
    struct tx_texts *t = tx_texts_new(1, max_bytes);
    ASSERT_OK(core_run_fiber("test", fn, t));
    tx_texts_free(t);
}

static void keep(void *arg)
{
    struct tx_texts *t = arg;
    struct slice text;
    struct tx_texts_key a = key_of(5, 1);
    tx_texts_put(t, &a, SLICE_LIT("first"));
    ASSERT(!get(t, a, &text)); /* once is not often enough */
    tx_texts_put(t, &a, SLICE_LIT("first"));
    ASSERT(get(t, a, &text) && slice_is(text, "first"));
    put_twice(t, key_of(5, 2), SLICE_LIT("second"));
    ASSERT(get(t, a, &text) && slice_is(text, "first"));
    ASSERT(get(t, key_of(5, 2), &text) && slice_is(text, "second"));
}

TEST(what_was_asked_for_twice_is_remembered)
{
    on_core(0, keep);
}

static void differ(void *arg)
{
    struct tx_texts *t = arg;
    struct slice text;
    struct tx_texts_key a = key_of(5, 1), other[] = {a, a, a, a, a};
    put_twice(t, a, SLICE_LIT("text"));
    other[0].pos.ledger_seq++;
    other[1].pos.index++;
    other[2].form++;
    other[3].network_id++;
    other[4].names = (const struct tables *)t;
    for (size_t i = 0; i < 5; i++)
        ASSERT(!get(t, other[i], &text));
    ASSERT(get(t, a, &text));
}

TEST(each_part_of_the_key_counts)
{
    on_core(0, differ);
}

/* Two whole ledgers of 200 transactions, asked for in turns: wherever they are in history. */
static void fill(void *arg)
{
    struct tx_texts *t = arg;
    struct slice text;
    int n_missing = 0;
    for (uint32_t seq = 1; seq < UINT32_MAX - UINT32_MAX / 64; seq += UINT32_MAX / 64) {
        for (int round = 0; round < 2; round++)
            for (uint32_t i = 0; i < 400; i++) {
                struct tx_texts_key key = key_of(seq + i / 200, i % 200);
                tx_texts_put(t, &key, SLICE_LIT("text"));
            }
        for (uint32_t i = 0; i < 400; i++)
            n_missing += !get(t, key_of(seq + i / 200, i % 200), &text);
    }
    ASSERT(n_missing < 64);
}

TEST(texts_of_a_page_do_not_drive_each_other_out)
{
    struct tx_texts *t = tx_texts_new(1, 0);
    ASSERT_OK(core_run_fiber("test", fill, t));
    tx_texts_free(t);
}

static void forget(void *arg)
{
    struct tx_texts *t = arg;
    struct slice text;
    tx_texts_begin(t, 1000);
    put_twice(t, key_of(5, 1), SLICE_LIT("text"));
    tx_texts_begin(t, 1000 + MINUTE_NS - 1);
    ASSERT(get(t, key_of(5, 1), &text));
    tx_texts_begin(t, 1000 + MINUTE_NS);
    ASSERT(!get(t, key_of(5, 1), &text));
    put_twice(t, key_of(5, 1), SLICE_LIT("mended"));
    ASSERT(get(t, key_of(5, 1), &text) && slice_is(text, "mended"));
}

TEST(all_is_forgotten_after_a_minute)
{
    on_core(0, forget);
}

/* 3 MiB through a MiB, in texts of many lengths: what is found is whole, and the newest is. */
static void turn_round(void *arg)
{
    struct tx_texts *t = arg;
    static uint8_t bytes[65536];
    struct slice text;
    uint32_t n_found = 0, n_texts = 600;
    for (uint32_t i = 1; i <= n_texts; i++) {
        size_t n = 1000 + i * 7919 % 9000;
        memset(bytes, (int)i, n);
        put_twice(t, key_of(i, 0), slice_of(bytes, n));
        for (uint32_t k = 1; k <= i; k++) {
            if (!get(t, key_of(k, 0), &text))
                continue;
            ASSERT_INT(1000 + k * 7919 % 9000, text.n);
            for (size_t b = 0; b < text.n; b += text.n - 1)
                ASSERT_INT((uint8_t)k, text.p[b]);
            n_found += i == n_texts;
        }
        ASSERT(get(t, key_of(i, 0), &text));
    }
    ASSERT(n_found > 100 && n_found < 250);
    put_twice(t, key_of(1, 1), slice_of(bytes, sizeof bytes + 1)); /* a sixteenth at most */
    ASSERT(!get(t, key_of(1, 1), &text));
    put_twice(t, key_of(1, 2), slice_of(bytes, sizeof bytes));
    ASSERT(get(t, key_of(1, 2), &text));
}

TEST(the_oldest_texts_give_way)
{
    on_core((size_t)1 << 20, turn_round);
}

static size_t heap_bytes(void)
{
    struct mallinfo2 m = mallinfo2();
    return MEM_ASAN || MEM_TSAN ? 0 : m.uordblks + m.hblkhd;
}

TEST(memory_of_texts_is_given_back)
{
    size_t before = heap_bytes();
    for (int i = 0; i < 10; i++)
        on_core((size_t)1 << 20, keep);
    ASSERT(heap_bytes() < before + ((size_t)4 << 20));
}

TEST(off_the_cores_no_text_is_remembered)
{
    struct tx_texts *t = tx_texts_new(1, 0);
    struct slice text;
    tx_texts_begin(t, 0);
    put_twice(t, key_of(5, 1), SLICE_LIT("text"));
    ASSERT(!get(t, key_of(5, 1), &text));
    tx_texts_free(t);
}
