/* SPDX-License-Identifier: Apache-2.0 */
#include "web/weight.h"

#include "base/mem.h"
#include "rpc/rpc_request.h"
#include "test.h"
#include "web/web_core.h"

static uint32_t weigh_as(enum rpc_transport transport, const char *text)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct rpc_request q = {.transport = transport};
    static struct web_weight list[] = {{"ledger", 7, 20, -1}, {"ping", 0, -1, 3}};
    struct web web = {.opts = {.default_weight = 2, .n_weights = 2}, .weight_list = list};
    weight_init(&web);
    rpc_request_parse(&q, slice_str(text), a);
    uint32_t weight = weight_of(&web, &q);
    weight_deinit(&web);
    return weight;
}

static uint32_t weigh(const char *text)
{
    return weigh_as(strstr(text, "\"method\"") ? RPC_HTTP : RPC_WS, text);
}

TEST(methods_have_their_own_weight_over_both_transports)
{
    ASSERT_INT(7, weigh("{\"method\":\"ledger\",\"params\":[{}]}"));
    ASSERT_INT(7, weigh("{\"command\":\"ledger\"}"));
    ASSERT_INT(0, weigh("{\"command\":\"ping\"}"));
    ASSERT_INT(2, weigh("{\"command\":\"fee\"}"));
}

TEST(named_ledgers_may_weigh_differently)
{
    ASSERT_INT(20, weigh("{\"method\":\"ledger\",\"params\":[{\"ledger_index\":\"current\"}]}"));
    ASSERT_INT(7, weigh("{\"command\":\"ledger\",\"ledger_index\":\"validated\"}"));
    ASSERT_INT(3, weigh("{\"command\":\"ping\",\"ledger_index\":\"validated\"}"));
}

TEST(what_cannot_be_read_weighs_the_default)
{
    ASSERT_INT(2, weigh("{"));
    ASSERT_INT(2, weigh("{\"command\":5}"));
    ASSERT_INT(
        2, weigh("{\"command\":\"a_name_that_is_longer_than_any_method_that_there_is_anywhere\"}"));
}
