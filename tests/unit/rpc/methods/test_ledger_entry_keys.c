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

#define OFFER "\"offer\":{\"account\":\"%s\",\"seq\":7}"

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
        {"\"offer\":{\"account\":\"ALICE\",\"seq\":4}", keylet_offer(&a, 4)},
        {"\"escrow\":{\"owner\":\"ALICE\",\"seq\":4}", keylet_escrow(&a, 4)},
        {"\"ticket\":{\"account\":\"ALICE\",\"ticket_seq\":4}", keylet_ticket(&a, 4)},
        {"\"ripple_state\":{\"accounts\":[\"BOB\",\"ALICE\"],\"currency\":\"USD\"}",
         keylet_line(&a, &b, &usd)},
        {"\"state\":{\"accounts\":[\"BOB\",\"ALICE\"],\"currency\":\"USD\"}",
         keylet_line(&a, &b, &usd)},
        {"\"account\":\"ALICE\"", keylet_account(&a)},
        {"\"amendments\":true", keylet_amendments()},
        {"\"fee\":true", keylet_fees()},
        {"\"nunl\":true", keylet_negative_unl()},
        {"\"hashes\":true", keylet_hashes_recent()},
        {"\"hashes\":70000", keylet_hashes(70000)},
        {"\"index\":\"amendments\",\"api_version\":3", keylet_amendments()},
        {"\"index\":\"fee\",\"api_version\":3", keylet_fees()},
        {"\"index\":\"nunl\",\"api_version\":3", keylet_negative_unl()},
        {"\"index\":\"hashes\",\"api_version\":3", keylet_hashes_recent()},
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
        {"\"credential\":{\"subject\":\"ALICE\",\"issuer\":\"BOB\",\"credential_type\":\"b5943\"}",
         keylet_credential(&a, &b, SLICE_LIT("\x0bYC"))},
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

/* Of two selectors the one named first here is taken, in whatever order they come. */
TEST(ledger_entry_takes_one_of_several_selectors_in_a_fixed_order)
{
    struct small_world *w = small_world_new();
    struct account a = of_byte(ALICE_BYTE), b = of_byte(BOB_BYTE);
    struct currency usd;
    ASSERT(currency_from_text(SLICE_LIT("USD"), &usd));
    struct hash256 line = keylet_line(&a, &b, &usd), owner = keylet_owner_dir(&a);
#define LINE "{\"accounts\":[\"%s\",\"%s\"],\"currency\":\"USD\"}"
    fake_put(w->ledgers, &line, SLICE_LIT("\x11\x00\x72"), 10, 30);
    fake_put(w->ledgers, &owner, SLICE_LIT("\x11\x00\x64"), 10, 30);
    expect_key(small_world_ask(w, "ledger_entry",
                               "\"binary\":true,\"escrow\":{\"owner\":\"%s\",\"seq\":7},"
                               "\"ripple_state\":" LINE,
                               w->alice, w->alice, w->bob),
               line);
    expect_key(small_world_ask(w, "ledger_entry",
                               "\"binary\":true,\"ripple_state\":" LINE
                               ",\"directory\":{\"owner\":\"%s\"}",
                               w->alice, w->bob, w->alice),
               owner);
    expect_key(small_world_ask(w, "ledger_entry", "\"binary\":true,\"state\":" LINE ",\"fee\":true",
                               w->alice, w->bob),
               keylet_fees());
}

/* Clio does not know the field: it must not spoil a request that names an object otherwise. */
TEST(ledger_entry_looks_at_account_only_when_nothing_else_is_there)
{
    struct small_world *w = small_world_new();
    expect_key(small_world_ask(w, "ledger_entry", "\"account\":5,\"fee\":true"), keylet_fees());
    ASSERT_AT("\"accountNotString\"", small_world_ask(w, "ledger_entry", "\"account\":5"),
              "result.error_message");
    ASSERT_AT("\"malformedAddress\"", small_world_ask(w, "ledger_entry", "\"account\":\"x\""),
              "result.error");
}

TEST(ledger_entry_knows_names_from_the_third_version_on)
{
    struct small_world *w = small_world_new();
    ASSERT_AT("\"malformedRequest\"",
              small_world_ask(w, "ledger_entry", "\"index\":\"fee\",\"api_version\":2"),
              "result.error");
    ASSERT_AT("\"malformedRequest\"",
              small_world_ask(w, "ledger_entry", "\"index\":\"check\",\"api_version\":3"),
              "result.error");
}
