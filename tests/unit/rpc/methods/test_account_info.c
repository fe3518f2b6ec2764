/* SPDX-License-Identifier: Apache-2.0 */
#include "small_world.h"
#include "test.h"

TEST(account_info_shows_the_root_and_its_flags)
{
    struct small_world *w = small_world_new();
    const char *reply = small_world_ask(w, "account_info", "\"account\":\"%s\"", w->bob);
    ASSERT_AT("\"AccountRoot\"", reply, "result.account_data.LedgerEntryType");
    ASSERT_AT("\"100000000\"", reply, "result.account_data.Balance");
    ASSERT_AT("true", reply, "result.account_flags.defaultRipple");
    ASSERT_AT("false", reply, "result.account_flags.depositAuth");
    ASSERT_AT("true", reply, "result.account_flags.allowTrustLineClawback");
    /* whether or not the amendment that brought them is enabled */
    ASSERT_AT("false", reply, "result.account_flags.disallowIncomingCheck");
    ASSERT_AT("false", reply, "result.account_flags.disallowIncomingTrustline");
    ASSERT_AT("false", reply, "result.account_flags.allowTrustLineLocking");
    ASSERT_AT("", reply, "result.pseudo_account");
    ASSERT_AT("30", reply, "result.ledger_index");
    ASSERT_AT("", reply, "result.signer_lists");
}

TEST(account_info_names_the_kind_of_a_pseudo_account)
{
    struct small_world *w = small_world_new();
    ASSERT_AT("{\"type\":\"AMM\"}",
              small_world_ask(w, "account_info", "\"account\":\"%s\"", w->alice),
              "result.pseudo_account");
}

TEST(account_info_puts_signer_lists_where_the_version_has_them)
{
    struct small_world *w = small_world_new();
    const char *reply =
        small_world_ask(w, "account_info", "\"account\":\"%s\",\"signer_lists\":\"yes\"", w->bob);
    ASSERT_AT("2", reply, "result.account_data.signer_lists.0.SignerQuorum");
    reply = small_world_ask(w, "account_info",
                            "\"account\":\"%s\",\"signer_lists\":true,\"api_version\":2", w->bob);
    ASSERT_AT("2", reply, "result.signer_lists.0.SignerQuorum");
    ASSERT_AT("", reply, "result.account_data.signer_lists");
    reply = small_world_ask(w, "account_info",
                            "\"account\":\"%s\",\"signer_lists\":true,\"api_version\":2", w->alice);
    ASSERT_AT("[]", reply, "result.signer_lists");
    reply = small_world_ask(w, "account_info",
                            "\"account\":\"%s\",\"signer_lists\":1,\"api_version\":2", w->bob);
    ASSERT_AT("\"invalidParams\"", reply, "result.error");
}

TEST(account_info_prefers_account_and_accepts_ident)
{
    struct small_world *w = small_world_new();
    const char *reply = small_world_ask(w, "account_info", "\"ident\":\"%s\"", w->bob);
    ASSERT_AT("5", reply, "result.account_data.Sequence");
    ASSERT_AT("2004", reply, "warnings.0.id");
    ASSERT_AT("\"Missing field 'account'.\"", small_world_ask(w, "account_info", "%s", ""),
              "result.error_message");
    ASSERT_AT("\"identMalformed\"",
              small_world_ask(w, "account_info", "\"ident\":\"x\",\"account\":\"%s\"", w->bob),
              "result.error_message");
    ASSERT_AT("\"actNotFound\"",
              small_world_ask(w, "account_info", "\"account\":\"%s\"", w->nobody), "result.error");
}

TEST(errors_that_are_found_in_a_ledger_name_it)
{
    struct small_world *w = small_world_new();
    const char *reply =
        small_world_ask(w, "account_info", "\"account\":\"%s\",\"ledger_index\":20", w->nobody);
    ASSERT_AT("\"actNotFound\"", reply, "result.error");
    ASSERT_AT("20", reply, "result.ledger_index");
    ASSERT_INT(66, strlen(client_at(reply, "result.ledger_hash")));
    ASSERT_AT("true", reply, "result.validated");
    reply = small_world_ask(w, "account_info", "\"account\":\"%s\",\"ledger_index\":99", w->nobody);
    ASSERT_AT("\"lgrNotFound\"", reply, "result.error");
    ASSERT_AT("", reply, "result.ledger_index");
    ASSERT_AT("", reply, "result.validated");
    fake_fail_reads(w->ledgers, ERR_IO); /* not found in it: it could not be read */
    reply = small_world_ask(w, "account_info", "\"account\":\"%s\"", w->bob);
    ASSERT_AT("\"internal\"", reply, "result.error");
    ASSERT_AT("", reply, "result.ledger_index");
}
