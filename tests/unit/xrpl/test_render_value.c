/* SPDX-License-Identifier: Apache-2.0 */
#include "render_expect.h"
#include "test.h"
#include "xrpl/render_impl.h"

TEST(integers_hashes_and_blobs)
{
    render_expect("1100612200000001", "{\"LedgerEntryType\":\"AccountRoot\",\"Flags\":1}");
    render_expect("1200642280000000",
                  "{\"TransactionType\":\"EnableAmendment\",\"Flags\":2147483648}");
    render_expect("03106403107700101008",
                  "{\"TransactionResult\":\"tecCLAIM\",\"TransactionResult\":"
                  "\"tecUNKNOWN_119\",\"TickSize\":8}");
    render_expect("340000000000000000", "{\"OwnerNode\":\"0\"}");
    render_expect("3400000000000AB0EF", "{\"OwnerNode\":\"ab0ef\"}");
    render_expect("30180000000000000064", "{\"MaximumAmount\":\"100\"}");
    render_expect("7D03ABCDEF", "{\"MemoData\":\"ABCDEF\"}");
    render_expect("7D00", "{\"MemoData\":\"\"}");
    render_expect("4100112233445566778899AABBCCDDEEFF",
                  "{\"EmailHash\":\"00112233445566778899AABBCCDDEEFF\"}");
    render_expect("A1FFFFFFFE", "{\"LoanScale\":-2}");
}

TEST(permissions_have_names_where_they_are_known)
{
    render_expect("203400010001", "{\"PermissionValue\":\"TrustlineAuthorize\"}");
    render_expect("203400000001", "{\"PermissionValue\":\"Payment\"}");
    render_expect("203400000000", "{\"PermissionValue\":0}");
    render_expect("2034FFFFFFFF", "{\"PermissionValue\":4294967295}");
}

TEST(paths_name_accounts_currencies_issuers_and_tokens)
{
#define A20 "0000000000000000000000000000000000000000"
#define USD "0000000000000000000000005553440000000000"
    render_expect("0112"
                  "01" A20 "30" USD A20 "FF"
                  "10" USD "40"
                  "00000001" A20 "00",
                  "{\"Paths\":[[{\"account\":\"rrrrrrrrrrrrrrrrrrrrrhoLvTp\",\"type\":1},"
                  "{\"currency\":\"USD\",\"issuer\":\"rrrrrrrrrrrrrrrrrrrrrhoLvTp\",\"type\":48}],"
                  "[{\"currency\":\"USD\",\"type\":16},"
                  "{\"mpt_issuance_id\":\"00000001" A20 "\",\"type\":64}]]}");
}

TEST(bridges_and_numbers)
{
    render_expect(
        "0119"
        "14" A20 A20 "14" A20 USD "0000000000000000000000000000000000000002",
        "{\"XChainBridge\":{\"LockingChainDoor\":\"rrrrrrrrrrrrrrrrrrrrrhoLvTp\","
        "\"LockingChainIssue\":{\"currency\":\"XRP\"},\"IssuingChainDoor\":"
        "\"rrrrrrrrrrrrrrrrrrrrrhoLvTp\","
        "\"IssuingChainIssue\":{\"currency\":\"USD\",\"issuer\":\"rrrrrrrrrrrrrrrrrrrrHeBwGj\"}"
        "}}");
    render_expect("91"
                  "0000000000000000"
                  "80000000",
                  "{\"Number\":\"0\"}");
    render_expect("91"
                  "FFFFFFFFFFFFFFFF"
                  "FFFFFFFF",
                  "{\"Number\":\"-0.1\"}");
    render_expect_damaged("91"
                          "0000000000000001"
                          "7FFFFFFF",
                          "{\"Number\":\"00000000000000017FFFFFFF\"}");
}
