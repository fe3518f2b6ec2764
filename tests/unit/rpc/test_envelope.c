/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/envelope.h"

#include "test.h"

static const char *with_load_warning(const char *reply)
{
    static struct buf out;
    buf_clear(&out);
    buf_put_str(&out, "earlier");
    buf_put_str(&out, reply);
    rpc_add_load_warning(&out, 7);
    buf_put_u8(&out, 0);
    return (const char *)out.p + 7;
}

TEST(the_load_warning_joins_the_others_or_stands_alone)
{
#define LOAD "{\"id\":2003,\"message\":\"You are about to be rate limited\"}"
    ASSERT_STR("{\"a\":1,\"warnings\":[{}," LOAD "],\"warning\":\"load\"}",
               with_load_warning("{\"a\":1,\"warnings\":[{}]}"));
    ASSERT_STR("{\"request\":{\"params\":[{}]},\"warnings\":[" LOAD "],\"warning\":\"load\"}",
               with_load_warning("{\"request\":{\"params\":[{}]}}"));
    ASSERT_STR("Null method", with_load_warning("Null method"));
    ASSERT_STR("", with_load_warning(""));
}

TEST(a_bare_error_has_nothing_around_it)
{
    struct buf out = {0};
    rpc_put_bare_error(&out, RPC_TOO_BUSY);
    ASSERT_SLICE("{\"error\":\"tooBusy\",\"error_code\":9,\"error_message\":\"The server is too "
                 "busy to help you now.\","
                 "\"status\":\"error\",\"type\":\"response\"}",
                 buf_slice(&out));
    buf_deinit(&out);
}

TEST(a_refusal_echoes_the_id_and_nothing_else)
{
#define SLOW_DOWN                                                                                  \
    "{\"error\":\"slowDown\",\"error_code\":10,\"error_message\":\"You are placing too much load " \
    "on the server.\",\"status\":\"error\",\"type\":\"response\""
    struct buf out = {0};
    rpc_put_refusal(&out, RPC_SLOW_DOWN, SLICE_LIT("{\"command\":\"ping\",\"id\": 5 }"));
    ASSERT_SLICE(SLOW_DOWN ",\"id\":5}", buf_slice(&out));
    static const char *const nothing[] = {"{\"id", "{\"id\":{}}", "{\"id\":[1]}", "[5]", ""};
    for (int i = 0; i < 5; i++) {
        buf_clear(&out);
        rpc_put_refusal(&out, RPC_SLOW_DOWN, slice_str(nothing[i]));
        ASSERT_SLICE(SLOW_DOWN "}", buf_slice(&out));
    }
    char long_id[400];
    snprintf(long_id, sizeof long_id, "{\"id\":\"%0300d\"}", 1);
    buf_clear(&out);
    rpc_put_refusal(&out, RPC_SLOW_DOWN, slice_str(long_id));
    ASSERT_SLICE(SLOW_DOWN "}", buf_slice(&out));
    buf_deinit(&out);
}

TEST(error_members_take_token_message_and_extra_from_the_fault)
{
    struct buf out = {0};
    struct call_fault f = {RPC_TXN_NOT_FOUND, "transactionNotFound", "a \"b\"",
                           "\"searched_all\":true"};
    envelope_put_error_members(&out, &f);
    ASSERT_SLICE("\"error\":\"transactionNotFound\",\"error_code\":29,\"error_message\":\"a "
                 "\\\"b\\\"\",\"status\":"
                 "\"error\",\"type\":\"response\",\"searched_all\":true",
                 buf_slice(&out));
    buf_deinit(&out);
}
