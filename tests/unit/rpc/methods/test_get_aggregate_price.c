/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/view.h"
#include "small_world.h"
#include "sto_build.h"
#include "store/memory.h"
#include "test.h"
#include "xrpl/digest.h"
#include "xrpl/keylet.h"

#include <stdlib.h>

/* Ledgers 10..14 with oracles of alice. A transaction in each of 11..14 can be what an oracle came
 * from. */
struct oracle_world {
    struct small_world w;
    struct account alice;
    struct store_tx txs[15];
    struct hash256 tx_ids[15];
};

struct price {
    const char *base;
    uint64_t price; /* 0: none */
    uint8_t scale;
};

static void put_currency(struct buf *b, field_id id, const char *text)
{
    struct currency c;
    ASSERT(currency_from_text(slice_str(text), &c));
    sto_build_field(b, id, slice_of(c.b, sizeof c.b));
}

/* The fields of an oracle that a search looks at. */
static void put_oracle(struct buf *b, uint32_t time, struct price p)
{
    struct buf series = {0}, element = {0};
    sto_build_u32(b, FIELD_LastUpdateTime, time);
    if (p.price)
        sto_build_u64(&element, FIELD_AssetPrice, p.price);
    if (p.scale)
        sto_build_u8(&element, FIELD_Scale, p.scale);
    put_currency(&element, FIELD_BaseAsset, p.base);
    put_currency(&element, FIELD_QuoteAsset, "USD");
    sto_build_nest(&series, FIELD_PriceData, &element);
    sto_build_nest(b, FIELD_PriceDataSeries, &series);
}

/* The transaction of ledger `seq`: an oracle became `p`; before it, what `prev` made of it. */
static void add_tx(struct oracle_world *o, uint32_t seq, const struct hash256 *prev, bool created,
                   struct price p)
{
    struct buf tx = {0}, meta = {0}, nodes = {0}, node = {0}, fields = {0};
    sto_build_u16(&tx, FIELD_TransactionType, TX_OracleSet);
    sto_build_u32(&tx, FIELD_Sequence, seq);
    sto_build_u16(&node, FIELD_LedgerEntryType, ENTRY_AccountRoot); /* stands in the way */
    sto_build_nest(&nodes, FIELD_ModifiedNode, &node);
    sto_build_u16(&node, FIELD_LedgerEntryType, ENTRY_Oracle);
    if (prev)
        sto_build_field(&node, FIELD_PreviousTxnID, hash256_slice(prev));
    put_oracle(&fields, 1000 + seq, p);
    sto_build_nest(&node, created ? FIELD_NewFields : FIELD_FinalFields, &fields);
    sto_build_nest(&nodes, created ? FIELD_CreatedNode : FIELD_ModifiedNode, &node);
    sto_build_nest(&meta, FIELD_AffectedNodes, &nodes);
    o->txs[seq] = (struct store_tx){{seq, 0}, buf_slice(&tx), buf_slice(&meta)};
    o->tx_ids[seq] = digest_tx_id(buf_slice(&tx));
    fake_keep(tx.p);
    fake_keep(meta.p);
}

static void add_oracle(struct oracle_world *o, uint32_t id, uint32_t time, struct price p,
                       const struct hash256 *tx_id)
{
    struct buf b = {0};
    struct hash256 key = keylet_oracle(&o->alice, id);
    sto_build_u16(&b, FIELD_LedgerEntryType, ENTRY_Oracle);
    if (tx_id)
        sto_build_field(&b, FIELD_PreviousTxnID, hash256_slice(tx_id));
    put_oracle(&b, time, p);
    fake_put(o->w.ledgers, &key, buf_slice(&b), 10, 14);
    fake_keep(b.p);
}

static struct oracle_world *world_new(void)
{
    struct oracle_world *o = fake_keep(calloc(1, sizeof *o));
    memset(o->alice.b, ALICE_BYTE, 20);
    account_to_text(&o->alice, o->w.alice);
    o->w.ledgers = fake_ledgers_new(10, 14);
    o->w.store = memory_new();
    fake_set_store(o->w.ledgers, o->w.store);
    return o;
}

static void world_open(struct oracle_world *o)
{
    for (uint32_t seq = 10; seq <= 14; seq++) {
        struct view *v = NULL;
        ASSERT_OK(view_open(o->w.ledgers, seq, &v));
        struct store_ledger l = {.header = *view_header(v),
                                 .txs = &o->txs[seq],
                                 .tx_hashes = &o->tx_ids[seq],
                                 .n_txs = o->txs[seq].tx.n > 0};
        view_close(v);
        if (seq == 10) {
            ASSERT_OK(store_load_begin(o->w.store, seq, 1));
            ASSERT_OK(store_load_commit(o->w.store, &l));
        } else {
            ASSERT_OK(store_write(o->w.store, &l, 1));
        }
    }
    struct rpc_server_opts opts = {.ledgers = o->w.ledgers, .n_cores = 1, .version = "9.9"};
    o->w.server = rpc_server_new(&opts);
    o->w.http = fake_client(o->w.server, RPC_HTTP);
}

/* Asks the oracles 1..n. */
static const char *ask(struct oracle_world *o, int n, const char *more)
{
    struct buf list = {0};
    for (int i = 1; i <= n; i++)
        buf_printf(&list, "%s{\"account\":\"%s\",\"oracle_document_id\":%d}", i > 1 ? "," : "",
                   o->w.alice, i);
    buf_put_u8(&list, 0);
    const char *reply =
        small_world_ask(&o->w, "get_aggregate_price",
                        "\"base_asset\":\"XRP\",\"quote_asset\":\"USD\",\"oracles\":[%s]%s",
                        (const char *)list.p, more);
    buf_deinit(&list);
    return reply;
}

TEST(prices_of_several_oracles_are_put_together)
{
    struct oracle_world *o = world_new();
    add_oracle(o, 1, 500, (struct price){"XRP", 100, 1}, NULL);
    add_oracle(o, 2, 900, (struct price){"XRP", 20, 0}, NULL);
    add_oracle(o, 3, 700, (struct price){"XRP", 3, 0}, NULL);
    add_oracle(o, 4, 700, (struct price){"EUR", 3, 0}, NULL);
    world_open(o);
    const char *reply = ask(o, 2, "");
    ASSERT_AT("\"15\"", reply, "result.median");
    ASSERT_AT("\"7.071067811865475245\"", reply, "result.entire_set.standard_deviation");
    ASSERT_AT("900", reply, "result.time");
    ASSERT_AT("", reply, "result.trimmed_set");
    reply = ask(o, 5, ",\"trim\":25"); /* the fourth tells of something else, the fifth is none */
    ASSERT_AT("3", reply, "result.entire_set.size");
    ASSERT_AT("\"11\"", reply, "result.entire_set.mean");
    ASSERT_AT("3", reply, "result.trimmed_set.size"); /* a quarter of three is none */
    reply = ask(o, 3, ",\"time_threshold\":200");
    ASSERT_AT("2", reply, "result.entire_set.size");
    reply = ask(o, 3, ",\"time_threshold\":0");
    ASSERT_AT("\"20\"", reply, "result.entire_set.mean");
    ASSERT_AT("3", ask(o, 3, ",\"time_threshold\":1000"), "result.entire_set.size");
}

TEST(a_price_is_looked_for_in_three_transactions_back)
{
    struct oracle_world *o = world_new();
    struct price none = {"EUR", 1, 0};
    add_tx(o, 11, NULL, true, (struct price){"XRP", 44, 0});
    add_tx(o, 12, &o->tx_ids[11], false, (struct price){"XRP", 33, 0});
    add_tx(o, 13, &o->tx_ids[12], false, none);
    add_tx(o, 14, &o->tx_ids[13], false, none);
    add_oracle(o, 1, 2000, none, &o->tx_ids[14]); /* 14, 13, 12 */
    world_open(o);
    const char *reply = ask(o, 1, "");
    ASSERT_AT("\"33\"", reply, "result.median");
    ASSERT_AT("1012", reply, "result.time");
}

TEST(the_first_price_found_looking_back_is_the_only_one)
{
    struct oracle_world *o = world_new();
    add_tx(o, 11, NULL, true, (struct price){"XRP", 44, 0});
    add_tx(o, 12, &o->tx_ids[11], false, (struct price){"XRP", 33, 0});
    add_tx(o, 13, &o->tx_ids[12], false, (struct price){"EUR", 1, 0});
    add_oracle(o, 1, 2000, (struct price){"EUR", 1, 0}, &o->tx_ids[13]);
    world_open(o);
    const char *reply = ask(o, 1, "");
    ASSERT_AT("1", reply, "result.entire_set.size");
    ASSERT_AT("\"33\"", reply, "result.median");
}

/* Named twice, in whatever way: it counts once. */
TEST(an_oracle_named_twice_counts_once)
{
    struct oracle_world *o = world_new();
    add_oracle(o, 1, 500, (struct price){"XRP", 100, 0}, NULL);
    add_oracle(o, 2, 500, (struct price){"XRP", 10, 0}, NULL);
    world_open(o);
    const char *reply =
        small_world_ask(&o->w, "get_aggregate_price",
                        "\"base_asset\":\"XRP\",\"quote_asset\":\"USD\",\"oracles\":["
                        "{\"account\":\"%s\",\"oracle_document_id\":1},{\"account\":\"%s\","
                        "\"oracle_document_id\":2},"
                        "{\"account\":\"%s\",\"oracle_document_id\":\"1\"}]",
                        o->w.alice, o->w.alice, o->w.alice);
    ASSERT_AT("2", reply, "result.entire_set.size");
    ASSERT_AT("\"55\"", reply, "result.entire_set.mean");
}

TEST(a_price_farther_back_is_not_found)
{
    struct oracle_world *o = world_new();
    struct price none = {"EUR", 1, 0};
    add_tx(o, 11, NULL, true, (struct price){"XRP", 44, 0});
    add_tx(o, 12, &o->tx_ids[11], false, none);
    add_tx(o, 13, &o->tx_ids[12], false, none);
    add_tx(o, 14, &o->tx_ids[13], false, none);
    add_oracle(o, 1, 2000, none, &o->tx_ids[14]);
    world_open(o);
    ASSERT_AT("\"objectNotFound\"", ask(o, 1, ""), "result.error");
}

TEST(the_transaction_that_made_an_oracle_says_nothing_new)
{
    struct oracle_world *o = world_new();
    struct hash256 lost = {{9}};
    add_tx(o, 11, NULL, true, (struct price){"XRP", 44, 0});
    add_tx(o, 12, &o->tx_ids[11], false, (struct price){"EUR", 1, 0});
    add_oracle(o, 1, 2000, (struct price){"EUR", 1, 0}, &o->tx_ids[11]);
    add_oracle(o, 2, 2000, (struct price){"EUR", 1, 0}, &lost);
    add_oracle(o, 3, 2000, (struct price){"XRP", 0, 0}, &o->tx_ids[12]); /* no price now */
    world_open(o);
    ASSERT_AT("\"objectNotFound\"", ask(o, 2, ""), "result.error");
    ASSERT_AT("\"44\"", ask(o, 3, ""), "result.median");
}

TEST(oracles_to_ask_have_to_be_named_rightly)
{
    struct oracle_world *o = world_new();
    world_open(o);
#define ASK(oracles)                                                                               \
    small_world_ask(&o->w, "get_aggregate_price",                                                  \
                    "\"base_asset\":\"XRP\",\"quote_asset\":\"USD\",\"oracles\":" oracles)
    ASSERT_AT("\"oracleMalformed\"", ASK("[]"), "result.error");
    ASSERT_AT("\"oracleMalformed\"", ASK("{}"), "result.error");
    ASSERT_AT("\"oracleMalformed\"", ASK("[1]"), "result.error");
    ASSERT_AT("\"oracleMalformed\"", ASK("[{\"account\":\"x\"}]"), "result.error");
    ASSERT_AT("\"invalidParams\"", ASK("[{\"account\":\"x\",\"oracle_document_id\":1}]"),
              "result.error");
    ASSERT_AT("\"invalidParams\"", ASK("[{\"account\":\"x\",\"oracle_document_id\":\"-1\"}]"),
              "result.error");
    ASSERT_AT("\"objectNotFound\"", ask(o, 200, ""), "result.error");
    ASSERT_AT("\"oracleMalformed\"", ask(o, 201, ""), "result.error");
    ASSERT_AT("\"invalidParams\"", ask(o, 1, ",\"trim\":0"), "result.error");
    ASSERT_AT("\"invalidParams\"", ask(o, 1, ",\"trim\":26"), "result.error");
    ASSERT_AT("\"invalidParams\"", ask(o, 1, ",\"time_threshold\":\"1\""), "result.error");
    ASSERT_AT("\"Required field 'base_asset' missing\"",
              small_world_ask(&o->w, "get_aggregate_price", " "), "result.error_message");
}
