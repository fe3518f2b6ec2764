/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/forward.h"

#include "fake_ledger.h"
#include "rt/clock.h"
#include "test.h"

/* What the fake rippled was asked, and what it answers. */
struct rippled {
    const char *reply; /* NULL: fails with `code` */
    enum rpc_code code;
    int error;
    char asked[512];
    bool admin;
    const char *ip;
    int n_asked;
};

static err ask_fake(void *arg, const struct rpc_forward *request, int64_t deadline_ns,
                    struct arena *a, struct json *ret_reply, enum rpc_code *ret_code)
{
    struct rippled *r = arg;
    snprintf(r->asked, sizeof r->asked, "%.*s", SLICE_FMT(request->text));
    r->admin = request->is_admin;
    r->ip = request->client_ip;
    r->n_asked++;
    if (!r->reply) {
        *ret_code = r->code;
        return FAIL(r->error, "fake: told to fail");
    }
    struct json_opts opts = {.keep_depth = request->keep_depth};
    return json_parse(slice_str(r->reply), &opts, a, ret_reply, NULL);
}

static struct client client_of(struct rippled *r, enum rpc_transport transport, int64_t cache_ns)
{
    struct rpc_server_opts opts = {.ledgers = fake_ledgers_new(10, 30),
                                   .n_cores = 1,
                                   .forward_cache_ns = cache_ns,
                                   .forward = ask_fake,
                                   .arg = r};
    return fake_client(rpc_server_new(&opts), transport);
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

TEST(http_passes_all_members_and_adds_status_to_the_result)
{
    struct rippled r = {.reply = "{\"result\":{\"a\":1.50,\"status\":\"odd\"},\"status\":"
                                 "\"success\",\"type\":\"response\","
                                 "\"warnings\":[5],\"id\":3}"};
    struct client c = client_of(&r, RPC_HTTP, 0);
    const char *reply = client_ask(&c, "{\"method\":\"fee\",\"params\":[{\"x\":[1]}],\"id\":9}");
    ASSERT_STR("{\"command\":\"fee\",\"x\":[1]}", r.asked);
    ASSERT_STR("192.0.2.7", r.ip);
    ASSERT(begins(reply, "{\"result\":{\"a\":1.50,\"status\":\"success\"},\"forwarded\":true,"
                         "\"id\":9,\"warnings\":[{\"id\":2001,"));
    ASSERT_INT(200, c.status);
}

TEST(http_keeps_an_error_inside_the_result_as_it_is)
{
    struct rippled r = {
        .reply = "{\"result\":{\"error\":\"x\",\"status\":\"error\"},\"type\":\"response\"}"};
    struct client c = client_of(&r, RPC_HTTP, 0);
    const char *reply = client_ask(&c, "{\"method\":\"manifest\"}");
    ASSERT_AT("{\"error\":\"x\",\"status\":\"error\"}", reply, "result");
    ASSERT_AT("true", reply, "forwarded");
    ASSERT_AT("", reply, "type");
    r.reply = "{\"result\":{\"error\":\"x\"},\"status\":\"error\"}";
    reply = client_ask(&c, "{\"method\":\"manifest\"}");
    ASSERT_AT("{\"error\":\"x\",\"status\":\"error\"}", reply, "result");
    ASSERT_AT("", reply, "status");
}

TEST(http_wraps_a_reply_without_result)
{
    struct rippled r = {.reply = "{\"error\":\"noCurrent\",\"id\":1}"};
    struct client c = client_of(&r, RPC_HTTP, 0);
    const char *reply = client_ask(&c, "{\"method\":\"fee\"}");
    ASSERT_AT("{\"error\":\"noCurrent\",\"id\":1}", reply, "result");
    ASSERT_AT("", reply, "error");
    ASSERT_AT("true", reply, "forwarded");
}

TEST(ws_takes_id_and_version_of_the_request)
{
    struct rippled r = {.reply = "{\"result\":{\"a\":1},\"id\":\"theirs\",\"status\":\"success\","
                                 "\"type\":\"response\"}"};
    struct client c = client_of(&r, RPC_WS, 0);
    const char *reply = client_ask(&c, "{\"command\":\"fee\",\"id\":\"mine\",\"api_version\":2}");
    ASSERT_STR("{\"command\":\"fee\",\"id\":\"mine\",\"api_version\":2}", r.asked);
    ASSERT(begins(reply,
                  "{\"result\":{\"a\":1},\"forwarded\":true,\"id\":\"mine\",\"api_version\":2,"
                  "\"status\":\"success\","
                  "\"type\":\"response\",\"warnings\":["));
    ASSERT_AT("\"theirs\"", client_ask(&c, "{\"command\":\"fee\"}"), "id");
}

TEST(ws_keeps_the_status_of_an_error)
{
    struct rippled r = {.reply =
                            "{\"error\":\"noCurrent\",\"status\":\"error\",\"type\":\"response\"}"};
    struct client c = client_of(&r, RPC_WS, 0);
    const char *reply = client_ask(&c, "{\"command\":\"fee\",\"id\":1}");
    ASSERT_AT("\"error\"", reply, "status");
    ASSERT_AT("\"noCurrent\"", reply, "error");
    ASSERT_AT("true", reply, "forwarded");
}

TEST(failures_of_forwarding_have_their_own_codes)
{
    struct rippled r = {.code = RPC_TIMEOUT, .error = ERR_TIMEOUT};
    struct client c = client_of(&r, RPC_HTTP, 0);
    const char *reply = client_ask(&c, "{\"method\":\"fee\"}");
    ASSERT_AT("\"timeout\"", reply, "result.error");
    ASSERT_AT("7002", reply, "result.error_code");
    ASSERT_AT("2001", reply, "warnings.0.id");
    r.code = RPC_INVALID_RESPONSE;
    r.error = ERR_PARSE;
    ASSERT_AT("\"invalidResponse\"", client_ask(&c, "{\"method\":\"fee\"}"), "result.error");
}

TEST(without_any_rippled_there_is_no_connection)
{
    struct rpc_server_opts opts = {.ledgers = fake_ledgers_new(10, 30), .n_cores = 1};
    struct client c = fake_client(rpc_server_new(&opts), RPC_HTTP);
    ASSERT_AT("\"connectionError\"", client_ask(&c, "{\"method\":\"fee\"}"), "result.error");
}

static bool is_forwarded(struct client *c, const char *text)
{
    return strcmp(client_at(client_ask(c, text), "forwarded"), "true") == 0;
}

TEST(what_is_forwarded_follows_the_rules_in_order)
{
    struct rippled r = {.reply = "{\"result\":{}}"};
    struct client c = client_of(&r, RPC_WS, 0);
    ASSERT(is_forwarded(&c, "{\"command\":\"submit\"}"));
    ASSERT(is_forwarded(&c, "{\"command\":\"ping\",\"ledger_index\":\"current\"}"));
    ASSERT(is_forwarded(&c, "{\"command\":\"account_info\",\"queue\":true}"));
    ASSERT(is_forwarded(&c, "{\"command\":\"ledger\",\"queue\":true}"));
    ASSERT(!is_forwarded(&c, "{\"command\":\"account_info\",\"queue\":1}"));
    ASSERT(!is_forwarded(&c, "{\"command\":\"ping\",\"queue\":true}"));
    ASSERT(!is_forwarded(&c, "{\"command\":\"ping\",\"ledger_index\":\"Current\"}"));
    ASSERT(!is_forwarded(&c, "{\"command\":\"ping\",\"ledger\":\"current\"}"));
    ASSERT(!is_forwarded(&c, "{\"command\":\"ledger_index\",\"ledger_index\":\"current\"}"));
    ASSERT(!is_forwarded(&c, "{\"command\":\"ping\",\"force_forward\":true}"));
    c.request.is_admin = true;
    ASSERT(is_forwarded(&c, "{\"command\":\"ping\",\"force_forward\":true}"));
    ASSERT(r.admin);
    ASSERT(!is_forwarded(&c, "{\"command\":\"ping\",\"force_forward\":1}"));
    ASSERT(!is_forwarded(&c, "{\"command\":\"ledger_index\",\"force_forward\":true}"));
}

/* Everything that rippled has for its admins, and some that nobody has. */
static const char *const never[] = {"stop",
                                    "can_delete",
                                    "connect",
                                    "consensus_info",
                                    "crawl_shards",
                                    "download_shard",
                                    "fetch_info",
                                    "get_counts",
                                    "json",
                                    "ledger_accept",
                                    "ledger_cleaner",
                                    "ledger_request",
                                    "log_level",
                                    "logrotate",
                                    "node_to_shard",
                                    "peers",
                                    "peer_reservations_add",
                                    "peer_reservations_del",
                                    "peer_reservations_list",
                                    "print",
                                    "unl_list",
                                    "validation_create",
                                    "validator_info",
                                    "validator_list_sites",
                                    "validators",
                                    "wallet_propose",
                                    "sign",
                                    "sign_for",

                                    "path_find",
                                    "owner_info",
                                    "blacklist",
                                    "no such",
                                    "STOP",
                                    "stop\\u0000",
                                    ""};

TEST(what_rippled_has_for_its_admins_never_reaches_it)
{
    struct rippled r = {.reply = "{\"result\":{}}"};
    for (int i = 0; i < 4; i++) {
        enum rpc_transport transport = i & 1 ? RPC_WS : RPC_HTTP;
        struct client c = client_of(&r, transport, 0);
        c.request.is_admin = (i & 2) != 0;
        for (size_t k = 0; k < sizeof never / sizeof *never; k++) {
            static const char *const more[] = {"\"ledger_index\":\"closed\"",
                                               "\"ledger_index\":\"current\"",
                                               "\"force_forward\":true", "\"queue\":true"};
            for (int m = 0; m < 4; m++) {
                char text[256];
                if (transport == RPC_WS)
                    snprintf(text, sizeof text, "{\"command\":\"%s\",%s}", never[k], more[m]);
                else
                    snprintf(text, sizeof text, "{\"method\":\"%s\",\"params\":[{%s}]}", never[k],
                             more[m]);
                client_ask(&c, text);
            }
        }
    }
    ASSERT_INT(0, r.n_asked);
}

TEST(no_second_name_of_a_command_is_passed_on)
{
    struct rippled r = {.reply = "{\"result\":{}}"};
    struct client c = client_of(&r, RPC_HTTP, 0);
    client_ask(&c, "{\"method\":\"fee\",\"params\":[{\"method\":\"stop\",\"command\":\"stop\"}]}");
    ASSERT_STR("{\"command\":\"fee\"}", r.asked);
    c = client_of(&r, RPC_WS, 0);
    client_ask(&c, "{\"method\":\"fee\",\"id\":1}");
    ASSERT_STR("{\"command\":\"fee\",\"id\":1}", r.asked);
}

TEST(what_needs_an_admin_of_rippled_is_refused)
{
    struct rippled r = {.reply = "{\"result\":{}}"};
    struct client c = client_of(&r, RPC_WS, 0);
    c.request.is_admin = true;
    const char *refused[] = {
        "{\"command\":\"ledger\",\"ledger_index\":\"current\",\"full\":true}",
        "{\"command\":\"ledger\",\"ledger_index\":\"current\",\"accounts\":\"x\"}",
        "{\"command\":\"feature\",\"ledger_index\":\"current\",\"vetoed\":null}"};
    for (int i = 0; i < 3; i++)
        ASSERT_AT("\"noPermission\"", client_ask(&c, refused[i]), "error");
    ASSERT_AT("2001", client_ask(&c, refused[0]), "warnings.0.id");
    ASSERT_INT(0, r.n_asked);
    ASSERT(
        is_forwarded(&c, "{\"command\":\"ledger\",\"ledger_index\":\"current\",\"full\":false}"));
}

TEST(some_replies_are_kept_for_a_while)
{
    int64_t now = 1000 * CLOCK_S;
    clock_test_set(&now, 0);
    struct rippled r = {.reply = "{\"result\":{}}"};
    struct client c = client_of(&r, RPC_HTTP, CLOCK_S);
    ASSERT(is_forwarded(&c, "{\"method\":\"fee\"}") && is_forwarded(&c, "{\"method\":\"fee\"}"));
    ASSERT_INT(1, r.n_asked);
    ASSERT(is_forwarded(&c, "{\"method\":\"fee\",\"params\":[{\"x\":1}]}"));
    ASSERT_INT(2, r.n_asked);
    ASSERT(is_forwarded(&c, "{\"method\":\"manifest\"}") &&
           is_forwarded(&c, "{\"method\":\"manifest\"}"));
    ASSERT_INT(4, r.n_asked);
    c.request.is_admin = true;
    ASSERT(is_forwarded(&c, "{\"method\":\"fee\"}"));
    ASSERT_INT(5, r.n_asked);
    c.request.is_admin = false;
    rpc_server_ledger_closed(c.server);
    ASSERT(is_forwarded(&c, "{\"method\":\"fee\"}"));
    ASSERT_INT(6, r.n_asked);
    clock_test_advance(CLOCK_S);
    ASSERT(is_forwarded(&c, "{\"method\":\"fee\"}"));
    ASSERT_INT(7, r.n_asked);
}

TEST(error_replies_are_not_kept)
{
    struct rippled r = {.reply = "{\"error\":\"noNetwork\"}"};
    struct client c = client_of(&r, RPC_HTTP, 100 * CLOCK_S);
    client_ask(&c, "{\"method\":\"fee\"}");
    client_ask(&c, "{\"method\":\"fee\"}");
    ASSERT_INT(2, r.n_asked);
}
