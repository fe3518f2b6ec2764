/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/tx_json.h"

#include "small_world.h"
#include "rpc/server_impl.h"
#include "test.h"

static struct store_tx payment(struct small_world *w, struct arena *a)
{
    struct store_tx tx;
    ASSERT_OK(store_tx_find(w->store, &w->txs[2], a, &tx));
    return tx;
}

TEST(a_transaction_gets_what_is_asked_for_beside_its_fields)
{
    struct small_world *w = small_world_new();
    struct arena *a = arena_new(0);
    struct store_tx tx = payment(w, a);
    struct buf out = {0};
    struct jw writer = jw_to(&out);
    struct txmeta_show show = {.api_version = 2, .ledger_seq = 20, .close_time = 77};
    struct tx_json_extra all = {true, true, 21338, true, true, true};
    ASSERT_OK(tx_json_put_tx(&writer, &tx, &w->txs[2], &show, &all));
    buf_put_u8(&out, 0);
    const char *text = (const char *)out.p;
    ASSERT_AT("\"C00000140000535A\"", text, "ctid");
    ASSERT_AT("77", text, "date");
    ASSERT_AT("20", text, "ledger_index");
    ASSERT_AT("20", text, "inLedger");
    ASSERT_AT("\"1234\"", text, "DeliverMax");
    ASSERT_AT("", text, "Amount");
    ASSERT_INT(66, strlen(client_at(text, "hash")));
    buf_deinit(&out);
    arena_free(a);
}

TEST(a_ledger_that_is_not_held_is_unknown)
{
    struct small_world *w = small_world_new();
    struct call c = {.server = w->server, .ledgers = w->ledgers};
    struct tx_json_ledger l = {0};
    ASSERT_OK(tx_json_ledger_at(&c, 20, &l));
    ASSERT(l.known);
    ASSERT_INT(FAKE_CLOSE_TIME(20), l.close_time);
    ASSERT_OK(tx_json_ledger_at(&c, 5, &l));
    ASSERT(!l.known);
    struct buf out = {0};
    struct jw writer = jw_to(&out);
    tx_json_put_ledger(&writer, &l);
    ASSERT_INT(0, out.n);
}
