/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/methods/subscribe_params.h"
#include "sub_world.h"
#include "test.h"

#define IP "Invalid parameters."

SUB_TEST(streams_accounts_and_books_are_refused_as_clio_does)
{
    static const struct {
        const char *members;
        int code;
        const char *token, *message;
    } cases[] = {
        {"\"streams\":1", 31, "invalidParams", "streamsNotArray"},
        {"\"streams\":[1]", 31, "invalidParams", "streamNotString"},
        {"\"streams\":[\"ledger\",\"nope\"]", 71, "malformedStream", "Stream malformed."},
        {"\"accounts\":{}", 31, "invalidParams", "accountsNotArray"},
        {"\"accounts\":[]", 35, "actMalformed", "accounts malformed."},
        {"\"accounts\":[1]", 31, "invalidParams", "accounts'sItemNotString"},
        {"\"accounts\":[\"r\"]", 35, "actMalformed", "accounts'sItemMalformed"},
        {"\"accounts_proposed\":1", 31, "invalidParams", "accounts_proposedNotArray"},
        {"\"accounts_proposed\":[]", 35, "actMalformed", "accounts_proposed malformed."},
        {"\"accounts_proposed\":[null]", 31, "invalidParams", "accounts_proposed'sItemNotString"},
        {"\"accounts_proposed\":[\"\"]", 35, "actMalformed", "accounts_proposed'sItemMalformed"},
        {"\"books\":1", 31, "invalidParams", "booksNotArray"},
        {"\"books\":[1]", 31, "invalidParams", "booksItemNotObject"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sub_world_refuses(w, "subscribe", cases[i].members, cases[i].code, cases[i].token,
                          cases[i].message);
        sub_world_refuses(w, "unsubscribe", cases[i].members, cases[i].code, cases[i].token,
                          cases[i].message);
    }
}

#define GATE "rrrrrrrrrrrrrrrrrrrrrhoLvTp"
#define ONE "rrrrrrrrrrrrrrrrrrrrBZbvji"
#define ISSUER "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh"
#define XRP "{\"currency\":\"XRP\"}"
#define USD "{\"currency\":\"USD\",\"issuer\":\"" ISSUER "\"}"

SUB_TEST(a_book_is_checked_in_clios_order)
{
    static const struct {
        const char *book;
        int code;
        const char *token, *message;
    } cases[] = {
        {"", 31, "invalidParams", "Missing field 'taker_pays'"},
        {"\"taker_pays\":1", 31, "invalidParams", "Missing field 'taker_gets'"},
        {"\"taker_pays\":1,\"taker_gets\":2", 31, "invalidParams",
         "Field 'taker_pays' is not an object"},
        {"\"taker_pays\":{},\"taker_gets\":2", 31, "invalidParams",
         "Field 'taker_gets' is not an object"},
        {"\"taker_pays\":{},\"taker_gets\":{}", 69, "srcCurMalformed",
         "Source currency is malformed."},
        {"\"taker_pays\":{\"currency\":\"XX\"},\"taker_gets\":{}", 51, "dstAmtMalformed",
         "Destination amount/currency/issuer is malformed."},
        {"\"taker_pays\":{\"currency\":\"XX\"},\"taker_gets\":" XRP ",\"domain\":1", 97,
         "domainMalformed", "Domain is malformed."},
        {"\"taker_pays\":{\"currency\":\"XX\"},\"taker_gets\":" XRP, 69, "srcCurMalformed", NULL},
        {"\"taker_pays\":" XRP ",\"taker_gets\":{\"currency\":\"XX\"}", 51, "dstAmtMalformed",
         NULL},
        {"\"taker_pays\":{\"currency\":\"USD\",\"issuer\":1},\"taker_gets\":" XRP, 31,
         "invalidParams", "takerPaysIssuerNotString"},
        {"\"taker_pays\":{\"currency\":\"USD\",\"issuer\":\"x\"},\"taker_gets\":" XRP, 70,
         "srcIsrMalformed", "Source issuer is malformed."},
        {"\"taker_pays\":{\"currency\":\"USD\",\"issuer\":\"" ONE "\"},\"taker_gets\":" XRP, 70,
         "srcIsrMalformed", "Source issuer is malformed."},
        {"\"taker_pays\":{\"currency\":\"XRP\",\"issuer\":\"" ISSUER "\"},\"taker_gets\":" XRP, 70,
         "srcIsrMalformed", "Unneeded field 'taker_pays.issuer' for XRP currency specification."},
        {"\"taker_pays\":{\"currency\":\"USD\"},\"taker_gets\":" XRP, 70, "srcIsrMalformed",
         "Invalid field 'taker_pays.issuer', expected non-XRP issuer."},
        {"\"taker_gets\":{\"currency\":\"USD\",\"issuer\":1},\"taker_pays\":" XRP, 31,
         "invalidParams", "taker_gets.issuer should be string"},
        {"\"taker_gets\":{\"currency\":\"USD\",\"issuer\":\"x\"},\"taker_pays\":" XRP, 53,
         "dstIsrMalformed", "Invalid field 'taker_gets.issuer', bad issuer."},
        {"\"taker_gets\":{\"currency\":\"USD\",\"issuer\":\"" ONE "\"},\"taker_pays\":" XRP, 53,
         "dstIsrMalformed", "Invalid field 'taker_gets.issuer', bad issuer account one."},
        {"\"taker_gets\":{\"currency\":\"XRP\",\"issuer\":\"" ISSUER "\"},\"taker_pays\":" XRP, 53,
         "dstIsrMalformed", "Unneeded field 'taker_gets.issuer' for XRP currency specification."},
        {"\"taker_gets\":{\"currency\":\"USD\",\"issuer\":\"" GATE "\"},\"taker_pays\":" XRP, 53,
         "dstIsrMalformed", "Invalid field 'taker_gets.issuer', expected non-XRP issuer."},
        {"\"taker_pays\":" USD ",\"taker_gets\":" USD, 42, "badMarket", "badMarket"},
        {"\"taker_pays\":" XRP ",\"taker_gets\":" XRP, 42, "badMarket", "badMarket"},
        {"\"taker_pays\":" XRP ",\"taker_gets\":" USD ",\"domain\":\"12\"", 97, "domainMalformed",
         NULL},
        {"\"both\":1", 31, "invalidParams", "bothNotBool"},
    };
    char members[1024];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(members, sizeof members, "\"books\":[{%s}]", cases[i].book);
        sub_world_refuses(w, "subscribe", members, cases[i].code, cases[i].token, cases[i].message);
        sub_world_refuses(w, "unsubscribe", members, cases[i].code, cases[i].token,
                          cases[i].message);
    }
}

SUB_TEST(only_subscribe_looks_at_snapshot_and_taker)
{
    const char *snapshot =
                   "\"books\":[{\"snapshot\":1,\"taker_pays\":" XRP ",\"taker_gets\":" USD "}]",
               *taker = "\"books\":[{\"taker\":1,\"taker_pays\":" XRP ",\"taker_gets\":" USD "}]";
    sub_world_refuses(w, "subscribe", snapshot, 31, "invalidParams", "snapshotNotBool");
    sub_world_refuses(w, "subscribe", taker, 41, "badIssuer", "Issuer account malformed.");
    ASSERT_AT("{}", sub_world_ask(w, "unsubscribe", snapshot), "result");
    ASSERT_AT("{}", sub_world_ask(w, "unsubscribe", taker), "result");
}

SUB_TEST(filters_and_from_ledger_are_checked)
{
    sub_world_refuses(w, "subscribe", "\"tx_types\":\"Payment\"", 31, "invalidParams",
                      "Invalid field 'tx_types'.");
    sub_world_refuses(w, "subscribe", "\"tx_types\":[\"Payment\",\"Nope\"]", 31, "invalidParams",
                      "Invalid field 'tx_types'.");
    sub_world_refuses(w, "subscribe", "\"mpt_issuance_ids\":[\"12\"]", 31, "invalidParams",
                      "Invalid field 'mpt_issuance_ids'.");
    sub_world_refuses(w, "subscribe", "\"from_ledger\":\"12\"", 31, "invalidParams",
                      "Invalid field 'from_ledger'.");
    sub_world_refuses(w, "subscribe", "\"from_ledger\":-1", 31, "invalidParams", NULL);
}
