/* SPDX-License-Identifier: Apache-2.0 */
#include "small_world.h"
#include "test.h"

#define ISSUANCE "0000000100112233445566778899AABBCCDDEEFF00112233"
#define ASK(w, more)                                                                               \
    small_world_ask((w), "mptoken_issuance_history", "\"mpt_issuance_id\":\"" ISSUANCE "\"" more)

TEST(mptoken_issuance_history_of_nothing_is_an_empty_list)
{
    struct small_world *w = small_world_new();
    const char *reply = ASK(w, "");
    ASSERT_AT("\"" ISSUANCE "\"", reply, "result.mpt_issuance_id");
    ASSERT_AT("[]", reply, "result.transactions");
    ASSERT_AT("10", reply, "result.ledger_index_min");
    ASSERT_AT("30", reply, "result.ledger_index_max");
    ASSERT_AT("true", reply, "result.validated");
    ASSERT_AT("", reply, "result.limit");
    ASSERT_AT("", reply, "result.marker");
    reply = ASK(w, ",\"limit\":1000");
    ASSERT_AT("100", reply, "result.limit");
}

TEST(mptoken_issuance_history_checks_its_parameters)
{
    static const struct {
        const char *params, *error, *message;
    } cases[] = {
        {"", "invalidParams", "Required field 'mpt_issuance_id' missing"},
        {"\"mpt_issuance_id\":5", "invalidParams", "mpt_issuance_idNotString"},
        {"\"mpt_issuance_id\":\"00\"", "invalidParams", "mpt_issuance_idMalformed"},
        {"\"mpt_issuance_id\":\"" ISSUANCE "\",\"tx_type\":\"Nothing\"", "invalidParams",
         "Invalid field 'tx_type'."},
        {"\"mpt_issuance_id\":\"" ISSUANCE "\",\"ledger_index_min\":9", "lgrIdxMalformed",
         "ledgerSeqMinOutOfRange"},
        {"\"mpt_issuance_id\":\"" ISSUANCE "\",\"ledger_index_max\":31", "lgrIdxMalformed",
         "ledgerSeqMaxOutOfRange"},
        {"\"mpt_issuance_id\":\"" ISSUANCE "\",\"ledger_index_min\":20,\"ledger_index_max\":19",
         "lgrIdxsInvalid", NULL},
        {"\"mpt_issuance_id\":\"" ISSUANCE "\",\"ledger_index_min\":20,\"ledger_index\":20",
         "invalidParams", "containsLedgerSpecifierAndRange"},
        {"\"mpt_issuance_id\":\"" ISSUANCE "\",\"marker\":5", "invalidParams", "invalidMarker"},
        {"\"mpt_issuance_id\":\"" ISSUANCE "\",\"forward\":1", "invalidParams", NULL},
        {"\"mpt_issuance_id\":\"" ISSUANCE "\",\"account\":\"x\"", "actMalformed",
         "accountMalformed"},
    };
    struct small_world *w = small_world_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *reply = small_world_ask(w, "mptoken_issuance_history", "%s", cases[i].params);
        char wanted[100];
        snprintf(wanted, sizeof wanted, "\"%s\"", cases[i].error);
        ASSERT_AT(wanted, reply, "result.error");
        snprintf(wanted, sizeof wanted, "\"%s\"", cases[i].message ? cases[i].message : "");
        if (cases[i].message)
            ASSERT_AT(wanted, reply, "result.error_message");
    }
}
