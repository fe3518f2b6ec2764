/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hex.h"
#include "small_world.h"
#include "test.h"
#include "xrpl/keylet.h"

static const char *hex_key(struct hash256 key)
{
    static char text[65];
    hex_encode(hash256_slice(&key), text);
    return text;
}

static struct account of_byte(uint8_t byte)
{
    struct account a;
    memset(a.b, byte, sizeof a.b);
    return a;
}

static void expect_key(const char *reply, struct hash256 key)
{
    char text[80];
    snprintf(text, sizeof text, "\"%s\"", hex_key(key));
    ASSERT_AT(text, reply, "result.index");
}

TEST(ledger_entry_finds_by_key_and_by_name)
{
    struct small_world *w = small_world_new();
    struct account bob = of_byte(BOB_BYTE);
    const char *reply = small_world_ask(w, "ledger_entry", "\"account_root\":\"%s\"", w->bob);
    expect_key(reply, keylet_account(&bob));
    ASSERT_AT("\"AccountRoot\"", reply, "result.node.LedgerEntryType");
    reply = small_world_ask(w, "ledger_entry", "\"index\":\"%s\",\"binary\":true",
                            hex_key(keylet_account(&bob)));
    ASSERT(strncmp(client_at(reply, "result.node_binary"), "\"110061", 7) == 0);
    ASSERT_AT("", reply, "result.node");
    reply = small_world_ask(w, "ledger_entry", "\"fee\":\"%s\"", hex_key(keylet_fees()));
    ASSERT_AT("\"FeeSettings\"", reply, "result.node.LedgerEntryType");
    reply = small_world_ask(w, "ledger_entry", "\"signer_list\":\"%s\"",
                            hex_key(keylet_signer_list(&bob)));
    ASSERT_AT("2", reply, "result.node.SignerQuorum");
    reply =
        small_world_ask(w, "ledger_entry",
                        "\"offer\":{\"account\":\"%s\",\"seq\":7},\"ledger_index\":15", w->alice);
    ASSERT_AT("\"Offer\"", reply, "result.node.LedgerEntryType");
}

TEST(ledger_entry_expects_the_type_that_the_selector_names)
{
    struct small_world *w = small_world_new();
    ASSERT_AT("\"unexpectedLedgerType\"",
              small_world_ask(w, "ledger_entry", "\"check\":\"%s\"", hex_key(keylet_fees())),
              "result.error");
}

TEST(ledger_entry_shows_what_was_deleted_when_asked)
{
    struct small_world *w = small_world_new();
#define OFFER "\"offer\":{\"account\":\"%s\",\"seq\":7}"
    ASSERT_AT("\"entryNotFound\"", small_world_ask(w, "ledger_entry", OFFER, w->alice),
              "result.error");
    const char *reply =
        small_world_ask(w, "ledger_entry", OFFER ",\"include_deleted\":true", w->alice);
    ASSERT_AT("20", reply, "result.deleted_ledger_index");
    ASSERT_AT("30", reply, "result.ledger_index");
    ASSERT_AT("7", reply, "result.node.Sequence");
    reply = small_world_ask(w, "ledger_entry",
                            OFFER ",\"include_deleted\":true,\"ledger_index\":12", w->alice);
    ASSERT_AT("\"entryNotFound\"", reply, "result.error");
    reply = small_world_ask(w, "ledger_entry",
                            OFFER ",\"include_deleted\":true,\"ledger_index\":17", w->alice);
    ASSERT_AT("", reply, "result.deleted_ledger_index");
}
