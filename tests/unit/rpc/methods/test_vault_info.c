/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hex.h"
#include "small_world.h"
#include "sto_build.h"
#include "test.h"
#include "xrpl/keylet.h"

/* A vault of bob with sequence 8, and one with sequence 9 whose shares are gone. */
static struct small_world *vault_world(void)
{
    struct small_world *w = small_world_new();
    struct account bob;
    memset(bob.b, BOB_BYTE, sizeof bob.b);
    for (uint32_t sequence = 8; sequence <= 9; sequence++) {
        struct buf vault = {0}, shares = {0};
        struct hash256 key = keylet_vault(&bob, sequence);
        struct mpt_id id = keylet_mpt_id(sequence, &bob);
        sto_build_u16(&vault, FIELD_LedgerEntryType, ENTRY_Vault);
        sto_build_u32(&vault, FIELD_Sequence, sequence);
        sto_build_u32(&vault, FIELD_SubscriptionDate, 800000000);
        sto_build_u32(&vault, FIELD_RedemptionDate, 800000009);
        sto_build_account(&vault, FIELD_Owner, &bob);
        sto_build_u8(&vault, FIELD_LEVersion, 2);
        sto_build_u8(&vault, FIELD_VaultKind, 1);
        sto_build_field(&vault, FIELD_ShareMPTID, slice_of(id.b, sizeof id.b));
        fake_put(w->ledgers, &key, buf_slice(&vault), 10, 30);
        fake_keep(vault.p);
        if (sequence == 9)
            break;
        key = keylet_mpt_issuance(&id);
        sto_build_u16(&shares, FIELD_LedgerEntryType, ENTRY_MPTokenIssuance);
        sto_build_u32(&shares, FIELD_Sequence, sequence);
        sto_build_account(&shares, FIELD_Issuer, &bob);
        fake_put(w->ledgers, &key, buf_slice(&shares), 10, 30);
        fake_keep(shares.p);
    }
    return w;
}

TEST(vault_info_finds_a_vault_by_owner_and_by_key)
{
    struct small_world *w = vault_world();
    char key[65];
    const char *reply = small_world_ask(w, "vault_info", "\"owner\":\"%s\",\"seq\":8", w->bob);
    ASSERT_AT("\"Vault\"", reply, "result.vault.LedgerEntryType");
    ASSERT_AT("\"MPTokenIssuance\"", reply, "result.vault.shares.LedgerEntryType");
    ASSERT(*client_at(reply, "result.vault.shares.mpt_issuance_id"));
    ASSERT_AT("30", reply, "result.ledger_index");
    ASSERT_AT("true", reply, "result.validated");
    ASSERT_INT(66, strlen(client_at(reply, "result.ledger_hash")));
    snprintf(key, sizeof key, "%.64s", client_at(reply, "result.vault.index") + 1);
    reply = small_world_ask(w, "vault_info", "\"vault_id\":\"%s\"", key);
    ASSERT_AT("8", reply, "result.vault.Sequence");
    ASSERT_AT("800000000", reply, "result.vault.SubscriptionDate"); /* since xrpld 3.4 */
    ASSERT_AT("800000009", reply, "result.vault.RedemptionDate");
    ASSERT_AT("2", reply, "result.vault.LEVersion");
    ASSERT_AT("1", reply, "result.vault.VaultKind");
}

TEST(vault_info_says_what_is_missing)
{
    struct small_world *w = vault_world();
    const char *reply = small_world_ask(w, "vault_info", "\"owner\":\"%s\",\"seq\":8", w->nobody);
    ASSERT_AT("\"Entry not found.\"", reply, "result.error_message");
    ASSERT_AT("98", reply, "result.error_code");
    reply = small_world_ask(w, "vault_info", "\"owner\":\"%s\",\"seq\":7", w->bob);
    ASSERT_AT("\"vault object not found.\"", reply, "result.error_message");
    reply = small_world_ask(w, "vault_info", "\"owner\":\"%s\",\"seq\":9", w->bob);
    ASSERT_AT("\"issuance object not found.\"", reply, "result.error_message");
    /* something that is no vault: bob's root */
    struct account bob;
    char hex[65] = {0};
    memset(bob.b, BOB_BYTE, sizeof bob.b);
    struct hash256 key = keylet_account(&bob);
    hex_encode(hash256_slice(&key), hex);
    reply = small_world_ask(w, "vault_info", "\"vault_id\":\"%s\"", hex);
    ASSERT_AT("\"vault object not found.\"", reply, "result.error_message");
}

TEST(vault_info_takes_a_key_or_an_owner_with_a_sequence)
{
    struct small_world *w = vault_world();
    static const char *const bad[] = {
        "",
        "\"seq\":8",
        "\"vault_id\":\"0\",\"seq\":8",
        "\"vault_id\":5",
        "\"vault_id\":\"00\"",
        "\"seq\":\"8\"",
        "\"seq\":-1",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char *reply = small_world_ask(w, "vault_info", "%s", bad[i]);
        ASSERT_AT("5001", reply, "result.error_code");
        ASSERT_AT("\"Malformed request.\"", reply, "result.error_message");
    }
    ASSERT_AT("\"OwnerNotHexString\"", small_world_ask(w, "vault_info", "\"owner\":\"x\""),
              "result.error_message");
    ASSERT_AT("\"malformedRequest\"", small_world_ask(w, "vault_info", "\"owner\":\"%s\"", w->bob),
              "result.error");
}
