/* SPDX-License-Identifier: Apache-2.0 */
#include "small_world.h"
#include "test.h"

static const char *ask(struct small_world *w, const char *params)
{
    return small_world_ask(w, "tx_history", "%s", params);
}

TEST(tx_history_begins_with_the_newest)
{
    struct small_world *w = small_world_new();
    const char *reply = ask(w, "\"start\":0");
    static const int order[] = {3, 2, 1, 0};
    for (int i = 0; i < 4; i++) {
        char path[64], quoted[80];
        snprintf(path, sizeof path, "result.txs.%d.hash", i);
        snprintf(quoted, sizeof quoted, "\"%s\"", w->tx_hex[order[i]]);
        ASSERT_AT(quoted, reply, path);
    }
    ASSERT_AT("", reply, "result.txs.4");
    ASSERT_AT("0", reply, "result.index");
    ASSERT_AT("30", reply, "result.txs.0.inLedger");
    ASSERT_AT("30", reply, "result.txs.0.ledger_index");
    ASSERT_AT("", reply, "result.txs.0.date");
    ASSERT_AT("", reply, "result.txs.0.meta");
}

TEST(tx_history_leaves_out_as_many_as_asked)
{
    struct small_world *w = small_world_new();
    const char *reply = ask(w, "\"start\":3");
    ASSERT_AT("12", reply, "result.txs.0.ledger_index");
    ASSERT_AT("", reply, "result.txs.1");
    ASSERT_AT("3", reply, "result.index");
    ASSERT_AT("[]", ask(w, "\"start\":4"), "result.txs");
}

TEST(tx_history_is_of_api_1)
{
    struct small_world *w = small_world_new();
    ASSERT_AT("\"invalidParams\"", ask(w, ""), "result.error");
    ASSERT_AT("\"Invalid parameters.\"", ask(w, ""), "result.error_message");
    ASSERT_AT("\"invalidParams\"", ask(w, "\"start\":-1"), "result.error");
    ASSERT_AT("\"unknownCmd\"", ask(w, "\"api_version\":2"), "result.error");
    ASSERT_AT("\"unknownCmd\"", ask(w, "\"start\":0,\"api_version\":3"), "result.error");
}

TEST(tx_history_goes_far_back_for_admins_only)
{
    struct small_world *w = small_world_new();
    ASSERT_AT("[]", ask(w, "\"start\":10000"), "result.txs");
    ASSERT_AT("\"noPermission\"", ask(w, "\"start\":10001"), "result.error");
    w->http.request.is_admin = true;
    ASSERT_AT("[]", ask(w, "\"start\":10001"), "result.txs");
}
