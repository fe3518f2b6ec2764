/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/rpc_request.h"

#include "base/mem.h"
#include "test.h"

#include <stdlib.h>

static struct rpc_request parsed(enum rpc_transport transport, const char *text)
{
    static struct arena *a;
    if (a == NULL)
        a = arena_new(0);
    struct rpc_request q = {.transport = transport};
    rpc_request_parse(&q, slice_str(text), a);
    return q;
}

static struct slice command_of(enum rpc_transport transport, const char *text)
{
    struct rpc_request q = parsed(transport, text);
    return rpc_request_command(&q);
}

TEST(the_command_is_the_one_that_the_engine_would_answer)
{
    ASSERT_SLICE("ping", command_of(RPC_HTTP, "{\"method\":\"ping\"}"));
    ASSERT_SLICE("ping", command_of(RPC_HTTP, "{\"method\":\"ping\",\"command\":\"x\"}"));
    ASSERT_SLICE("", command_of(RPC_HTTP, "{\"command\":\"ping\"}"));
    ASSERT_SLICE("ping", command_of(RPC_WS, "{\"command\":\"ping\"}"));
    ASSERT_SLICE("ping", command_of(RPC_WS, "{\"method\":\"ping\"}"));
    ASSERT_SLICE("", command_of(RPC_WS, "{\"method\":\"ping\",\"command\":\"ping\"}"));
    ASSERT_SLICE("", command_of(RPC_WS, "{\"command\":5}"));
    ASSERT_SLICE("", command_of(RPC_WS, "[\"command\"]"));
    ASSERT_SLICE("", command_of(RPC_WS, "{\"command\":\"ping\""));
}

static bool has_x(enum rpc_transport transport, const char *text)
{
    struct rpc_request q = parsed(transport, text);
    return json_get(rpc_request_params(&q), "x") != NULL;
}

TEST(parameters_stand_in_the_first_of_params_or_in_the_message_itself)
{
    ASSERT(has_x(RPC_HTTP, "{\"params\":[{\"x\":1}]}"));
    ASSERT(!has_x(RPC_HTTP, "{\"x\":1,\"params\":[]}"));
    ASSERT(!has_x(RPC_HTTP, "{\"params\":{\"x\":1}}"));
    ASSERT(has_x(RPC_WS, "{\"x\":1}"));
    ASSERT(!has_x(RPC_WS, "[{\"x\":1}]"));
}

TEST(a_request_of_very_many_values_is_not_read_and_takes_little)
{
    size_t n = (size_t)1 << 20;
    char *text = malloc(n + 1);
    for (size_t i = 0; i < n; i += 2)
        memcpy(text + i, "0,", 2);
    memcpy(text, "{\"a\":[", 6);
    memcpy(text + n - 3, "0]}", 4);
    struct arena *a = arena_new(0);
    struct rpc_request q = {.transport = RPC_WS};
    rpc_request_parse(&q, slice_of(text, n), a);
    ASSERT_INT(JSON_NONE, q.root.type);
    ASSERT(arena_used(a) < 4096);
    arena_free(a);
    free(text);
}
