/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/reply_cache.h"

#include "rt/clock.h"
#include "test.h"

TEST(a_kept_reply_is_given_until_its_time_is_over)
{
    int64_t now = 100 * CLOCK_S;
    clock_test_set(&now, 0);
    struct reply_cache *c = reply_cache_new(3, CLOCK_S);
    struct arena *a = arena_new(0);
    struct slice text;
    ASSERT(!reply_cache_get(c, 1, a, &text));
    reply_cache_put(c, 1, SLICE_LIT("first"));
    reply_cache_put(c, 1, SLICE_LIT("second"));
    ASSERT(reply_cache_get(c, 1, a, &text));
    ASSERT_SLICE("second", text);
    ASSERT(!reply_cache_get(c, 2, a, &text));
    clock_test_advance(CLOCK_S);
    ASSERT(!reply_cache_get(c, 1, a, &text));
    arena_free(a);
    reply_cache_free(c);
}

TEST(clearing_forgets_all_replies)
{
    struct reply_cache *c = reply_cache_new(1, 100 * CLOCK_S);
    struct arena *a = arena_new(0);
    struct slice text;
    reply_cache_put(c, 0, SLICE_LIT("x"));
    reply_cache_clear(c);
    ASSERT(!reply_cache_get(c, 0, a, &text));
    arena_free(a);
    reply_cache_free(c);
}

TEST(a_cache_without_time_keeps_nothing)
{
    struct reply_cache *c = reply_cache_new(1, 0);
    struct arena *a = arena_new(0);
    struct slice text;
    reply_cache_put(c, 0, SLICE_LIT("x"));
    ASSERT(!reply_cache_get(c, 0, a, &text));
    arena_free(a);
    reply_cache_free(c);
}

TEST(hits_and_misses_are_counted)
{
    struct reply_cache *c = reply_cache_new(1, 100 * CLOCK_S);
    struct arena *a = arena_new(0);
    struct slice text;
    uint64_t hits, misses;
    ASSERT(!reply_cache_get(c, 0, a, &text));
    reply_cache_put(c, 0, SLICE_LIT("x"));
    ASSERT(reply_cache_get(c, 0, a, &text) && reply_cache_get(c, 0, a, &text));
    reply_cache_counts(c, &hits, &misses);
    ASSERT_INT(2, hits);
    ASSERT_INT(1, misses);
    arena_free(a);
    reply_cache_free(c);
}
