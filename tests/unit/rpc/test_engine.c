/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/engine.h"

#include "fake_ledger.h"
#include "rt/clock.h"
#include "test.h"

#define CLIO                                                                                       \
    "{\"id\":2001,\"message\":\"This is a clio server. clio only serves validated data. If you "   \
    "want to talk "                                                                                \
    "to rippled, include 'ledger_index':'current' in your request\"}"
#define STALE "{\"id\":2002,\"message\":\"This server may be out of date\"}"

/* Ledgers 10..30, the newest of which closed `age` seconds ago. */
static struct rpc_server *server_of_age(uint32_t age)
{
    int64_t now = 1000 * CLOCK_S;
    clock_test_set(&now, (CLOCK_LEDGER_EPOCH_S + FAKE_CLOSE_TIME(30) + age) * CLOCK_S);
    struct rpc_server_opts opts = {.ledgers = fake_ledgers_new(10, 30), .n_cores = 1};
    return rpc_server_new(&opts);
}

static struct client http(void)
{
    return fake_client(server_of_age(1), RPC_HTTP);
}

static struct client ws(void)
{
    return fake_client(server_of_age(1), RPC_WS);
}

TEST(http_success_has_status_inside_and_echoes_what_json_rpc_wants)
{
    struct client c = http();
    ASSERT_STR("{\"result\":{\"status\":\"success\"},\"warnings\":[" CLIO "]}",
               client_ask(&c, "{\"method\":\"ping\",\"params\":[{\"id\":7}],\"id\":null}"));
    ASSERT_STR(
        "{\"result\":{\"status\":\"success\"},\"id\":7,\"jsonrpc\":\"2.0\",\"ripplerpc\":\"3.0\","
        "\"warnings\":[" CLIO "]}",
        client_ask(&c, "{\"jsonrpc\":\"2.0\",\"ripplerpc\":\"3.0\",\"method\":\"ping\","
                       "\"params\":[{}],\"id\":7}"));
    ASSERT_INT(200, c.status);
    ASSERT_STR("application/json", c.content_type);
}

TEST(ws_success_echoes_id_and_version)
{
    struct client c = ws();
    ASSERT_STR(
        "{\"result\":{},\"id\":{\"a\":[1,null]},\"api_version\":2,\"status\":\"success\",\"type\":"
        "\"response\","
        "\"warnings\":[" CLIO "]}",
        client_ask(&c, "{\"command\":\"ping\", \"id\":{\"a\": [1, null]},\"api_version\":2}"));
    ASSERT_STR("{\"result\":{},\"status\":\"success\",\"type\":\"response\",\"warnings\":[" CLIO
               "]}",
               client_ask(&c, "{\"method\":\"ping\",\"id\":null}"));
}

TEST(a_server_whose_newest_ledger_is_a_minute_old_says_so)
{
    struct client c = fake_client(server_of_age(60), RPC_HTTP);
    ASSERT_STR("{\"result\":{\"status\":\"success\"},\"warnings\":[" CLIO "," STALE "]}",
               client_ask(&c, "{\"method\":\"ping\"}"));
    c = fake_client(server_of_age(59), RPC_HTTP);
    ASSERT_AT("", client_ask(&c, "{\"method\":\"ping\"}"), "warnings.1");
}

TEST(empty_params_of_every_kind_count_as_one_empty_object)
{
    struct client c = http();
    const char *empties[] = {"null",   "\"\"",   "{}",       "[]",
                             "[null]", "[\"\"]", "[null,5]", "[\"\",{}]"};
    char text[128];
    for (size_t i = 0; i < sizeof empties / sizeof *empties; i++) {
        snprintf(text, sizeof text, "{\"method\":\"ping\",\"params\":%s}", empties[i]);
        ASSERT_AT("\"success\"", client_ask(&c, text), "result.status");
        snprintf(text, sizeof text, "{\"params\":%s,\"id\":1,\"method\":\"nope\"}", empties[i]);
        ASSERT_AT("{\"id\":1,\"method\":\"nope\",\"params\":[{}]}", client_ask(&c, text),
                  "result.request");
    }
    ASSERT_AT("{\"method\":\"nope\",\"params\":[{}]}", client_ask(&c, "{\"method\":\"nope\"}"),
              "result.request");
}

TEST(unusable_http_requests_get_a_line_of_text)
{
    static const struct {
        const char *request, *reply;
    } cases[] = {
        {"", "Unable to parse JSON from the request"},
        {"{", "Unable to parse JSON from the request"},
        {"[]", "Unable to parse JSON from the request"},
        {"null", "Unable to parse JSON from the request"},
        {"{}", "Null method"},
        {"{\"command\":\"ping\"}", "Null method"},
        {"{\"method\":5}", "method is not string"},
        {"{\"method\":null}", "method is not string"},
        {"{\"method\":\"\"}", "method is empty"},
        {"{\"method\":\"ping\",\"params\":[[]]}", "params unparsable"},
        {"{\"method\":\"ping\",\"params\":[\"x\"]}", "params unparsable"},
        {"{\"method\":\"ping\",\"params\":[{},{}]}", "params unparsable"},
        {"{\"method\":\"ping\",\"params\":{\"a\":1}}", "params unparsable"},
        {"{\"method\":\"ping\",\"params\":\"x\"}", "params unparsable"},
        {"{\"method\":\"ping\",\"params\":[{\"api_version\":0}]}", "invalid_API_version"},
        {"{\"method\":\"ping\",\"params\":[{\"api_version\":4}]}", "invalid_API_version"},
        {"{\"method\":\"ping\",\"params\":[{\"api_version\":\"1\"}]}", "invalid_API_version"},
    };
    struct client c = http();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ASSERT_STR(cases[i].reply, client_ask(&c, cases[i].request));
        ASSERT_INT(400, c.status);
        ASSERT_STR("text/html", c.content_type);
    }
}

TEST(subscribing_over_http_is_refused)
{
    struct client c = http();
    ASSERT_STR("{\"result\":{\"error\":\"badSyntax\",\"error_code\":1,\"error_message\":"
               "\"Subscribe and unsubscribe are "
               "only allowed for "
               "websocket.\",\"status\":\"error\",\"type\":\"response\",\"id\":3,\"request\":"
               "{\"method\":\"subscribe\",\"id\":3,\"params\":[{}]}},\"id\":3}",
               client_ask(&c, "{\"method\":\"subscribe\",\"params\":[],\"id\":3}"));
    ASSERT_INT(400, c.status);
}

TEST(http_errors_carry_id_and_request_inside_the_result_and_id_beside_it)
{
    struct client c = http();
    ASSERT_STR("{\"result\":{\"error\":\"unknownCmd\",\"error_code\":32,\"error_message\":"
               "\"Unknown method.\","
               "\"status\":\"error\",\"type\":\"response\",\"id\":\"a\",\"request\":{\"method\":"
               "\"nope\",\"params\":"
               "[{\"x\":1.50}],\"id\":\"a\"}},\"id\":\"a\",\"warnings\":[" CLIO "]}",
               client_ask(&c, "{\"method\":\"nope\", \"params\":[{\"x\":1.50}],\"id\":\"a\"}"));
    ASSERT_INT(200, c.status);
}

TEST(ws_errors_are_flat)
{
    struct client c = ws();
    ASSERT_STR(
        "{\"error\":\"unknownCmd\",\"error_code\":32,\"error_message\":\"Unknown "
        "method.\",\"status\":\"error\","
        "\"type\":\"response\",\"id\":4,\"api_version\":1,\"request\":{\"command\":\"\",\"id\":4,"
        "\"api_version\":1},\"warnings\":[" CLIO "]}",
        client_ask(&c, "{\"command\":\"\",\"id\":4,\"api_version\":1}"));
}

TEST(ws_envelope_errors_have_no_warnings)
{
    struct client c = ws();
    ASSERT_STR("{\"error\":\"badSyntax\",\"error_code\":1,\"error_message\":\"Syntax "
               "error.\",\"status\":\"error\","
               "\"type\":\"response\"}",
               client_ask(&c, "[1]"));
    const char *missing[] = {"{\"id\":1}", "{\"id\":1,\"command\":5}",
                             "{\"id\":1,\"command\":\"ping\",\"method\":\"ping\"}"};
    for (int i = 0; i < 3; i++) {
        const char *reply = client_ask(&c, missing[i]);
        ASSERT_AT("\"missingCommand\"", reply, "error");
        ASSERT_AT("6001", reply, "error_code");
        ASSERT_AT("\"Method/Command is not specified or is not a string.\"", reply,
                  "error_message");
        ASSERT_AT("1", reply, "id");
        ASSERT_AT("", reply, "warnings");
    }
}

TEST(api_versions_out_of_range_are_named)
{
    static const struct {
        const char *version, *message;
    } cases[] = {
        {"0", "\"Requested API version is lower than minimum supported (1)\""},
        {"4", "\"Requested API version is higher than maximum supported (3)\""},
        {"-1", "\"Requested API version is lower than minimum supported (1)\""},
        {"4294967298", "\"Requested API version is higher than maximum supported (3)\""},
        {"1.0", "\"API version must be an integer\""},
        {"\"2\"", "\"API version must be an integer\""},
        {"null", "\"API version must be an integer\""},
        {"18446744073709551615", "\"API version must be an integer\""},
    };
    struct client c = ws();
    char text[128];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(text, sizeof text, "{\"command\":\"ping\",\"api_version\":%s}", cases[i].version);
        const char *reply = client_ask(&c, text);
        ASSERT_AT("\"invalid_API_version\"", reply, "error");
        ASSERT_AT(cases[i].message, reply, "error_message");
        ASSERT_AT("", reply, "warnings");
    }
}

TEST(a_server_without_ledgers_is_not_ready_before_anything_else)
{
    struct rpc_server_opts opts = {.ledgers = fake_ledgers_new(0, 0), .n_cores = 1};
    struct rpc_server *s = rpc_server_new(&opts);
    struct client h = fake_client(s, RPC_HTTP), w = fake_client(s, RPC_WS);
    ASSERT_STR(
        "{\"result\":{\"error\":\"notReady\",\"error_code\":13,\"error_message\":\"Not ready to "
        "handle this "
        "request.\",\"status\":\"error\",\"type\":\"response\",\"request\":{\"params\":[{}]}}}",
        client_ask(&h, "{}"));
    ASSERT_INT(200, h.status);
    ASSERT_AT("\"notReady\"", client_ask(&w, "{\"id\":1}"), "error");
    ASSERT_STR("Unable to parse JSON from the request", client_ask(&h, "x"));
}

static void put_state(void *arg, struct jw *w)
{
    jw_kv_lit(w, "state", "waiting");
}

TEST(whether_it_lives_is_answered_before_there_is_a_ledger)
{
    struct rpc_server_opts opts = {
        .ledgers = fake_ledgers_new(0, 0), .n_cores = 1, .put_flags = put_state};
    struct rpc_server *s = rpc_server_new(&opts);
    struct client w = fake_client(s, RPC_WS);
    ASSERT_AT("\"success\"", client_ask(&w, "{\"command\":\"ping\"}"), "status");
    const char *info = client_ask(&w, "{\"command\":\"server_info\"}");
    ASSERT_AT("\"empty\"", info, "result.info.complete_ledgers");
    ASSERT_AT("\"waiting\"", info, "result.info.state");
    ASSERT_AT("", info, "result.info.validated_ledger");
    ASSERT_AT("", info, "result.validated");
    w.request.is_admin = true;
    info = client_ask(&w, "{\"command\":\"server_info\",\"backend_counters\":true}");
    ASSERT_AT("{}", info, "result.info.etl");
    ASSERT_AT("\"notReady\"", client_ask(&w, "{\"command\":\"ledger\"}"), "error");
}

TEST(deprecated_fields_come_first_among_the_warnings)
{
    struct client c = ws();
    const char *reply =
        client_ask(&c, "{\"command\":\"account_info\",\"strict\":1,\"ledger\":null}");
    ASSERT_AT("\"Missing field 'account'.\"", reply, "error_message");
    ASSERT_AT("2004", reply, "warnings.0.id");
    ASSERT_AT("\"Some fields from your request are deprecated. Please check the documentation at "
              "https://xrpl.org/docs/references/http-websocket-apis/ and update your request. "
              "Field 'ledger' is "
              "deprecated. Field 'strict' is deprecated.\"",
              reply, "warnings.0.message");
    ASSERT_AT("2001", reply, "warnings.1.id");
}

TEST(errors_of_ours_are_internal_or_too_busy)
{
    struct rpc_server *s = server_of_age(1);
    struct client c = fake_client(s, RPC_HTTP);
    const char *ask = "{\"method\":\"account_info\",\"params\":[{\"account\":"
                      "\"rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh\","
                      "\"strict\":true}]}";
    struct ledgers *l = rpc_server_get_opts(s)->ledgers;
    fake_fail_reads(l, ERR_CORRUPT);
    const char *reply = client_ask(&c, ask);
    ASSERT_AT("\"internal\"", reply, "result.error");
    ASSERT_AT("2001", reply, "warnings.0.id");
    int busy[] = {ERR_TIMEOUT, ERR_BUSY, ERR_LIMIT};
    for (int i = 0; i < 3; i++) {
        fake_fail_reads(l, busy[i]);
        ASSERT_AT("\"tooBusy\"", client_ask(&c, ask), "result.error");
    }
    fake_fail_reads(l, 0);
    ASSERT_AT("\"actNotFound\"", client_ask(&c, ask), "result.error");
}

TEST(a_cancelled_request_leaves_no_reply)
{
    struct rpc_server *s = server_of_age(1);
    fake_fail_reads(rpc_server_get_opts(s)->ledgers, ERR_CANCELLED);
    struct rpc_request r = {.transport = RPC_WS};
    struct arena *a = arena_new(0);
    rpc_request_parse(&r,
                      SLICE_LIT("{\"command\":\"account_info\",\"account\":"
                                "\"rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh\"}"),
                      a);
    struct buf out = {0};
    int status;
    const char *type;
    buf_put_str(&out, "before");
    ASSERT_ERR(ERR_CANCELLED, rpc_handle(s, &r, a, &out, &status, &type));
    ASSERT_SLICE("before", buf_slice(&out));
    rpc_server_free(s);
    arena_free(a);
    buf_deinit(&out);
}

static bool overloaded(void *arg)
{
    return true;
}

TEST(an_overloaded_database_refuses_everything)
{
    struct rpc_server_opts opts = {
        .ledgers = fake_ledgers_new(1, 2), .n_cores = 1, .is_overloaded = overloaded};
    struct client c = fake_client(rpc_server_new(&opts), RPC_HTTP);
    ASSERT_AT("\"tooBusy\"", client_ask(&c, "{\"method\":\"ping\"}"), "result.error");
    ASSERT_AT("\"tooBusy\"", client_ask(&c, "{\"method\":\"nope\"}"), "result.error");
}
