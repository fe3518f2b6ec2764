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

TEST(ledger_entry_takes_a_key_before_an_object_and_index_first)
{
    struct small_world *w = small_world_new();
    struct account alice = of_byte(ALICE_BYTE), bob = of_byte(BOB_BYTE);
    char fee[65];
    snprintf(fee, sizeof fee, "%s", hex_key(keylet_fees()));
    const char *reply =
        small_world_ask(w, "ledger_entry", "\"account_root\":\"%s\",\"fee\":\"%s\"", w->bob, fee);
    expect_key(reply, keylet_fees());
    reply = small_world_ask(w, "ledger_entry", "\"fee\":\"%s\",\"index\":\"%s\"", fee,
                            hex_key(keylet_account(&alice)));
    expect_key(reply, keylet_account(&alice));
    reply = small_world_ask(w, "ledger_entry", OFFER ",\"account_root\":\"%s\"", w->alice, w->bob);
    expect_key(reply, keylet_account(&bob));
}

TEST(ledger_entry_without_selector_is_an_error_of_the_version)
{
    struct small_world *w = small_world_new();
    ASSERT_AT("\"unknownOption\"",
              small_world_ask(w, "ledger_entry", "\"bridge_account\":\"%s\"", w->bob),
              "result.error");
    ASSERT_AT("\"No ledger_entry params provided.\"",
              small_world_ask(w, "ledger_entry", "\"api_version\":2"), "result.error_message");
    ASSERT_AT("\"entryNotFound\"", small_world_ask(w, "ledger_entry", "\"index\":\"0\""),
              "result.error");
    ASSERT_AT("\"ledgerNotFound\"",
              small_world_ask(w, "ledger_entry", "\"did\":\"%s\",\"ledger_index\":5", w->bob),
              "result.error_message");
}

/* Every object form: what is asked, and the key it must lead to. */
TEST(ledger_entry_derives_the_key_of_every_object_form)
{
    struct small_world *w = small_world_new();
    struct account a = of_byte(ALICE_BYTE), b = of_byte(BOB_BYTE);
    struct hash256 root = keylet_owner_dir(&a), id = {{1}};
    struct mpt_id mpt = keylet_mpt_id(3, &a);
    struct hash256 issuance = keylet_mpt_issuance(&mpt);
    struct currency usd;
    ASSERT(currency_from_text(SLICE_LIT("USD"), &usd));
    struct asset xrp = {0}, iou = {.kind = ASSET_IOU, .currency = usd, .issuer = b};
    struct keylet_bridge_sides sides = {a, xrp, b, iou};
    struct keylet_credential credential = {b, SLICE_LIT("KYC")};
    char mpt_hex[49] = {0}, zeros[65], one[65];
    hex_encode(slice_of(mpt.b, 24), mpt_hex);
    snprintf(one, sizeof one, "%s", hex_key(id));
    snprintf(zeros, sizeof zeros, "%s", hex_key(root));
#define BRIDGE                                                                                     \
    "\"LockingChainDoor\":\"ALICE\",\"IssuingChainDoor\":\"BOB\",\"LockingChainIssue\":{"          \
    "\"currency\":\"XRP\"},"                                                                       \
    "\"IssuingChainIssue\":{\"currency\":\"USD\",\"issuer\":\"BOB\"}"
    const struct {
        const char *params;
        struct hash256 key;
    } cases[] = {
        {"\"did\":\"ALICE\"", keylet_did(&a)},
        {"\"mpt_issuance\":\"MPT\"", issuance},
        {"\"directory\":{\"owner\":\"ALICE\"}", root},
        {"\"directory\":{\"dir_root\":\"ROOT\",\"sub_index\":4}", keylet_dir_page(&root, 4)},
        {"\"escrow\":{\"owner\":\"ALICE\",\"seq\":4}", keylet_escrow(&a, 4)},
        {"\"ticket\":{\"account\":\"ALICE\",\"ticket_seq\":4}", keylet_ticket(&a, 4)},
        {"\"ripple_state\":{\"accounts\":[\"BOB\",\"ALICE\"],\"currency\":\"USD\"}",
         keylet_line(&a, &b, &usd)},
        {"\"deposit_preauth\":{\"owner\":\"ALICE\",\"authorized\":\"BOB\"}",
         keylet_deposit_preauth(&a, &b)},
        {"\"deposit_preauth\":{\"owner\":\"ALICE\",\"authorized_credentials\":[{\"issuer\":\"BOB\","
         "\"credential_type\":"
         "\"4B5943\"}]}",
         keylet_deposit_preauth_credentials(&a, &credential, 1)},
        {"\"amm\":{\"asset\":{\"currency\":\"USD\",\"issuer\":\"BOB\"},\"asset2\":{\"currency\":"
         "\"XRP\"}}",
         keylet_amm(&xrp, &iou)},
        {"\"bridge\":{" BRIDGE "},\"bridge_account\":\"ALICE\"", keylet_bridge(&a, &xrp.currency)},
        {"\"bridge\":{" BRIDGE "},\"bridge_account\":\"BOB\"", keylet_bridge(&b, &usd)},
        {"\"xchain_owned_claim_id\":{" BRIDGE ",\"xchain_owned_claim_id\":9}",
         keylet_xchain_claim_id(&sides, 9)},
        {"\"xchain_owned_create_account_claim_id\":{" BRIDGE
         ",\"xchain_owned_create_account_claim_id\":4294967295}",
         keylet_xchain_create_account_claim_id(&sides, 4294967295u)},
        {"\"oracle\":{\"account\":\"ALICE\",\"oracle_document_id\":\"34\"}", keylet_oracle(&a, 34)},
        {"\"credential\":{\"subject\":\"ALICE\",\"issuer\":\"BOB\",\"credential_type\":\"4b5943\"}",
         keylet_credential(&a, &b, SLICE_LIT("KYC"))},
        {"\"mptoken\":{\"account\":\"BOB\",\"mpt_issuance_id\":\"MPT\"}",
         keylet_mptoken(&issuance, &b)},
        {"\"permissioned_domain\":{\"account\":\"ALICE\",\"seq\":4}",
         keylet_permissioned_domain(&a, 4)},
        {"\"vault\":{\"owner\":\"ALICE\",\"seq\":4}", keylet_vault(&a, 4)},
        {"\"loan_broker\":{\"owner\":\"ALICE\",\"seq\":4}", keylet_loan_broker(&a, 4)},
        {"\"loan\":{\"loan_broker_id\":\"ONE\",\"loan_seq\":4}", keylet_loan(&id, 4)},
        {"\"delegate\":{\"account\":\"ALICE\",\"authorize\":\"BOB\"}", keylet_delegate(&a, &b)},
    };
    const char *names[][2] = {
        {"ALICE", w->alice}, {"BOB", w->bob}, {"MPT", mpt_hex}, {"ROOT", zeros}, {"ONE", one}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf params = {0};
        for (const char *p = cases[i].params; *p;) {
            size_t k = 0;
            while (k < 5 && strncmp(p, names[k][0], strlen(names[k][0])) != 0)
                k++;
            buf_put_str(&params, k < 5 ? names[k][1] : (char[]){*p, 0});
            p += k < 5 ? strlen(names[k][0]) : 1;
        }
        buf_put_u8(&params, 0);
        fake_keep(params.p);
        fake_put(w->ledgers, &cases[i].key, SLICE_LIT("\x11\x00\x6F"), 10, 30);
        expect_key(small_world_ask(w, "ledger_entry", "%s,\"binary\":true", (char *)params.p),
                   cases[i].key);
    }
}
