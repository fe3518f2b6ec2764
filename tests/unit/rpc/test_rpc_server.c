/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/rpc_server.h"

#include "fake_ledger.h"
#include "rpc/server_impl.h"
#include "rt/clock.h"
#include "test.h"

static uint32_t close_time;

static uint32_t last_close(void *arg)
{
    return close_time;
}

static bool known(void *arg, uint32_t *ret)
{
    *ret = 21338;
    return true;
}

TEST(options_have_defaults)
{
    struct rpc_server_opts opts = {.ledgers = fake_ledgers_new(1, 2)};
    struct rpc_server *s = rpc_server_new(&opts);
    const struct rpc_server_opts *o = rpc_server_get_opts(s);
    uint32_t id;
    ASSERT_INT(1, o->api_min);
    ASSERT_INT(3, o->api_max);
    ASSERT_INT(1, o->api_default);
    ASSERT_INT(60 * CLOCK_S, o->deadline_ns);
    ASSERT_INT(16 << 20, o->max_reply_bytes);
    ASSERT_STR("unknown", o->version);
    ASSERT_STR("unknown", o->protocol_version);
    ASSERT(!rpc_server_network_id(s, &id));
    ASSERT(rpc_server_free(s) == NULL);
    ASSERT(rpc_server_free(NULL) == NULL);
}

TEST(the_server_is_stale_a_minute_after_the_newest_published_ledger)
{
    int64_t now = 0;
    clock_test_set(&now, (CLOCK_LEDGER_EPOCH_S + 10000) * CLOCK_S);
    struct rpc_server_opts opts = {
        .ledgers = fake_ledgers_new(1, 2), .last_close = last_close, .network_id = known};
    struct rpc_server *s = rpc_server_new(&opts);
    uint32_t id = 0;
    ASSERT(server_impl_is_stale(s)); /* nothing published yet */
    close_time = 9941;
    ASSERT(!server_impl_is_stale(s));
    close_time = 9940;
    ASSERT(server_impl_is_stale(s));
    close_time = 20000;
    ASSERT(!server_impl_is_stale(s));
    ASSERT(rpc_server_network_id(s, &id));
    ASSERT_INT(21338, id);
    rpc_server_free(s);
}

TEST(calls_are_counted_by_what_became_of_them)
{
    struct rpc_server_opts opts = {.ledgers = fake_ledgers_new(1, 2)};
    struct client c = fake_client(rpc_server_new(&opts), RPC_HTTP);
    struct buf out = {0};
    client_ask(&c, "{\"method\":\"ping\"}");
    client_ask(&c, "{\"method\":\"account_info\"}");
    client_ask(&c, "{\"method\":\"fee\"}");
    client_ask(&c, "{\"method\":\"nope\"}");
    client_ask(&c, "{");
    client_ask(&c, "{\"method\":\"subscribe\"}");
    rpc_server_render_counters(c.server, &out);
    buf_put_u8(&out, 0);
    const char *text = (const char *)out.p;
    ASSERT(strstr(text, "{method=\"ping\",status=\"finished\"} 1\n"));
    ASSERT(strstr(text, "{method=\"account_info\",status=\"errored\"} 1\n"));
    ASSERT(strstr(text, "{method=\"fee\",status=\"failed_forward\"} 1\n"));
    ASSERT(strstr(text, "{error_type=\"unknown_command\"} 1\n"));
    ASSERT(strstr(text, "{error_type=\"bad_syntax\"} 2\n"));
    buf_deinit(&out);
}
