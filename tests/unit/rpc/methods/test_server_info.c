/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/clock.h"
#include "small_world.h"
#include "test.h"

static err answer_info(void *arg, const struct rpc_forward *request, int64_t deadline_ns,
                       struct arena *a, struct json *ret_reply, enum rpc_code *ret_code)
{
    (*(int *)arg)++;
    if (deadline_ns > clock_now_ns() + CLOCK_S) /* more than it should ever be waited for */
        return FAIL(ERR_TIMEOUT, "test");
    return json_parse(
        SLICE_LIT("{\"result\":{\"info\":{\"load_factor\":2.5,\"validation_quorum\":28,"
                  "\"build_version\":\"2.6.1\","
                  "\"network_id\":7}}}"),
        NULL, a, ret_reply, NULL);
}

TEST(server_info_tells_what_is_held)
{
    int64_t now = 100 * CLOCK_S;
    clock_test_set(&now, (CLOCK_LEDGER_EPOCH_S + FAKE_CLOSE_TIME(30) + 5) * CLOCK_S + 123456789);
    struct small_world *w = small_world_new();
    const char *reply = small_world_ask(w, "server_info", "%s", "");
    ASSERT_AT("\"10-30\"", reply, "result.info.complete_ledgers");
    ASSERT_AT("1", reply, "result.info.load_factor");
    ASSERT_AT("\"2025-May-08 06:18:25.123456 UTC\"", reply, "result.info.time");
    ASSERT_AT("100", reply, "result.info.uptime");
    ASSERT_AT("\"9.9\"", reply, "result.info.clio_version");
    ASSERT_AT("5", reply, "result.info.validated_ledger.age");
    ASSERT_AT("30", reply, "result.info.validated_ledger.seq");
    ASSERT_AT("5.0", reply, "result.info.validated_ledger.reserve_base_xrp");
    ASSERT_AT("true", reply, "result.info.cache.is_full");
    ASSERT_AT("", reply, "result.info.rippled_version");
    /* both are known without a rippled: client libraries look for them */
    ASSERT_AT("\"3.1\"", reply, "result.info.build_version");
    ASSERT_AT("21338", reply, "result.info.network_id");
    ASSERT_AT("", reply, "result.info.counters");
    ASSERT_AT("true", reply, "result.validated");
}

TEST(server_info_shows_counters_to_admins)
{
    struct small_world *w = small_world_new();
    w->http.request.is_admin = true;
    const char *reply = small_world_ask(w, "server_info", "\"backend_counters\":true");
    ASSERT_AT("\"0\"", reply, "result.info.counters.unknown_command_errors");
    ASSERT_AT("{}", reply, "result.info.etl");
    ASSERT(*client_at(reply, "result.info.backend_counters.read_async_completed"));
    ASSERT_AT("", small_world_ask(w, "server_info", "\"backend_counters\":1"),
              "result.info.backend_counters");
}

/* Beside a rippled that counts how often it is asked, with a cache. */
static struct small_world *world_with_source(int *asked)
{
    struct small_world *w = small_world_new();
    struct rpc_server_opts opts = *rpc_server_get_opts(w->server);
    opts.forward = answer_info;
    opts.arg = asked;
    opts.rpc_cache_ns = CLOCK_S;
    opts.network_id = NULL;
    w->http.server = rpc_server_new(&opts);
    return w;
}

TEST(server_info_takes_some_figures_from_rippled_and_is_cached)
{
    int64_t now = 100 * CLOCK_S;
    clock_test_set(&now, 0);
    int asked = 0;
    struct small_world *w = world_with_source(&asked);
    const char *reply = small_world_ask(w, "server_info", "%s", "");
    ASSERT_AT("2.5", reply, "result.info.load_factor");
    ASSERT_AT("28", reply, "result.info.validation_quorum");
    ASSERT_AT("\"2.6.1\"", reply, "result.info.rippled_version");
    ASSERT_AT("\"2.6.1\"", reply, "result.info.build_version");
    ASSERT_AT("7", reply, "result.info.network_id");
    small_world_ask(w, "server_info", "%s", "");
    ASSERT_INT(1, asked);
    small_world_ask(w, "server_info", "\"api_version\":1"); /* another key: not from the cache */
    ASSERT_INT(2, asked);
    clock_test_advance(CLOCK_S);
    small_world_ask(w, "server_info", "%s", "");
    ASSERT_INT(3, asked);
}

TEST(server_info_for_admins_comes_from_no_cache_and_goes_into_none)
{
    int64_t now = 100 * CLOCK_S;
    clock_test_set(&now, 0);
    int asked = 0;
    struct small_world *w = world_with_source(&asked);
    w->http.request.is_admin = true;
    for (int i = 1; i <= 2; i++) {
        ASSERT_AT("{}", small_world_ask(w, "server_info", "%s", ""), "result.info.etl");
        ASSERT_INT(i, asked);
    }
    w->http.request.is_admin = false; /* what admins alone may see has not been kept */
    ASSERT_AT("", small_world_ask(w, "server_info", "%s", ""), "result.info.etl");
    ASSERT_AT("", small_world_ask(w, "server_info", "%s", ""), "result.info.counters");
    ASSERT_INT(3, asked);
    w->http.request.is_admin = true; /* nor is what guests see all that there is */
    ASSERT_AT("{}", small_world_ask(w, "server_info", "%s", ""), "result.info.etl");
    ASSERT_INT(4, asked);
}
