/* SPDX-License-Identifier: Apache-2.0 */
#include "store/memo.h"

#include "base/mem.h"
#include "unit/test.h"

#include <pthread.h>

#define MANY ((size_t)1 << 20)

static void expect(struct memo *m, const char *key, uint32_t at, const char *value)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct slice got;
    uint32_t low;
    bool found = memo_get(m, slice_str(key), at, a, &got, &low);
    ASSERT_INT(value != NULL, found);
    if (found)
        ASSERT_SLICE(value, got);
}

static void put(struct memo *m, const char *key, uint32_t low, uint32_t high, const char *value)
{
    memo_put(m, memo_epoch(m, slice_str(key)), slice_str(key), low, high, slice_str(value));
}

TEST(memo_values_are_true_for_their_span)
{
    struct memo *m = memo_new(MANY);
    put(m, "a", 3, 5, "three");
    put(m, "a", 7, 7, "seven");
    expect(m, "a", 2, NULL);
    expect(m, "a", 3, "three");
    expect(m, "a", 5, "three");
    expect(m, "a", 6, NULL);
    expect(m, "a", 7, "seven");
    expect(m, "b", 3, NULL);
    put(m, "a", 3, 6, "three");
    put(m, "a", 3, 4, "three"); /* spans do not shrink */
    expect(m, "a", 6, "three");
    memo_drop(m, SLICE_LIT("a"));
    expect(m, "a", 3, NULL);
    expect(m, "a", 7, NULL);
    put(m, "a", 0, 9, "");
    expect(m, "a", 9, "");
    memo_clear(m);
    expect(m, "a", 9, NULL);
    memo_free(m);
}

TEST(memo_takes_nothing_that_was_read_before_a_drop)
{
    struct memo *m = memo_new(MANY);
    uint32_t epoch = memo_epoch(m, SLICE_LIT("a"));
    memo_drop(m, SLICE_LIT("a"));
    memo_put(m, epoch, SLICE_LIT("a"), 1, 1, SLICE_LIT("stale"));
    expect(m, "a", 1, NULL);
    epoch = memo_epoch(m, SLICE_LIT("a"));
    memo_clear(m);
    memo_put(m, epoch, SLICE_LIT("a"), 1, 1, SLICE_LIT("stale"));
    expect(m, "a", 1, NULL);
    memo_free(m);
}

TEST(memo_keeps_what_is_asked_for_within_its_bound)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct memo *m = memo_new(256 << 10);
    static uint8_t large[MEMO_MAX_BYTES];
    size_t n_kept = 0;
    put(m, "hot", 1, 1, "hot");
    for (int i = 0; i < 4000; i++) {
        put(m, arena_printf(a, "key %d", i), 1, 1, arena_printf(a, "%200d", i));
        expect(m, "hot", 1, "hot");
    }
    for (int i = 0; i < 4000; i++) {
        struct slice got;
        uint32_t low;
        n_kept += memo_get(m, slice_str(arena_printf(a, "key %d", i)), 1, a, &got, &low);
    }
    ASSERT(n_kept > 400 && n_kept < 1100); /* 256 KiB of some 280 bytes, by shards */
    memo_put(m, memo_epoch(m, SLICE_LIT("x")), SLICE_LIT("x"), 1, 1, slice_of(large, sizeof large));
    expect(m, "x", 1, NULL);
    memo_free(m);
}

static void *hammer(void *arg)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct memo *m = arg;
    for (uint32_t i = 0; i < 30000; i++) {
        char *key = arena_printf(a, "key %u", i * 7919 % 900);
        struct slice got;
        uint32_t low;
        if (i % 11 == 0)
            memo_drop(m, slice_str(key));
        else if (memo_get(m, slice_str(key), 1, a, &got, &low))
            ASSERT_SLICE(key, got);
        else
            put(m, key, 1, 1, key);
        if (i % 100 == 0)
            arena_clear(a);
    }
    return NULL;
}

TEST(memo_serves_several_threads)
{
    struct memo *m = memo_new(64 << 10);
    pthread_t threads[3];
    for (int i = 0; i < 3; i++)
        ASSERT_INT(0, pthread_create(&threads[i], NULL, hammer, m));
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    memo_free(m);
}
