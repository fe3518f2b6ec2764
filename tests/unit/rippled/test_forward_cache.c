/* SPDX-License-Identifier: Apache-2.0 */
#include "rippled/forward_cache.h"

#include "base/arena.h"
#include "json/json.h"
#include "rt/clock.h"
#include "test.h"

static struct json parsed(struct arena *a, const char *text)
{
    struct json v;
    ASSERT_OK(json_parse(slice_str(text), NULL, a, &v, NULL));
    return v;
}

TEST(only_bare_requests_of_some_commands_have_a_slot)
{
    struct forward_cache c = {.timeout_ns = 1}, off = {0};
    struct arena *a = arena_new(0);
    struct json fee = parsed(a, "{\"command\":\"fee\",\"id\":7,\"method\":\"fee\"}");
    struct json submit = parsed(a, "{\"command\":\"submit\"}");
    struct json with = parsed(a, "{\"command\":\"fee\",\"api_version\":1}");
    ASSERT(forward_cache_slot(&c, &fee, false) >= 0);
    ASSERT_INT(-1, forward_cache_slot(&c, &fee, true));
    ASSERT_INT(-1, forward_cache_slot(&off, &fee, false));
    ASSERT_INT(-1, forward_cache_slot(&c, &submit, false));
    ASSERT_INT(-1, forward_cache_slot(&c, &with, false));
    arena_free(a);
}

TEST(a_reply_is_kept_without_the_id_of_its_request)
{
    struct forward_cache c = {.timeout_ns = CLOCK_S};
    struct arena *a = arena_new(0);
    struct slice kept;
    struct json reply = parsed(a, "{\"id\":7,\"result\":{\"x\":1.50},\"status\":\"success\"}");
    int64_t now = 5 * CLOCK_S;
    clock_test_set(&now, 0);
    ASSERT(!forward_cache_get(&c, 2, 1, &kept));
    forward_cache_put(&c, 2, 1, &reply);
    ASSERT(forward_cache_get(&c, 2, 1, &kept));
    ASSERT_SLICE("{\"result\":{\"x\":1.50},\"status\":\"success\"}", kept);
    ASSERT(!forward_cache_get(&c, 2, 2, &kept)); /* a ledger closed */
    ASSERT(!forward_cache_get(&c, 3, 1, &kept));
    clock_test_advance(CLOCK_S);
    ASSERT(!forward_cache_get(&c, 2, 1, &kept));
    clock_test_set(NULL, 0);
    forward_cache_deinit(&c);
    arena_free(a);
}

TEST(errors_are_not_kept)
{
    struct forward_cache c = {.timeout_ns = CLOCK_S};
    struct arena *a = arena_new(0);
    struct slice kept;
    struct json reply = parsed(a, "{\"error\":\"noNetwork\"}");
    forward_cache_put(&c, 0, 1, &reply);
    ASSERT(!forward_cache_get(&c, 0, 1, &kept));
    forward_cache_deinit(&c);
    arena_free(a);
}
