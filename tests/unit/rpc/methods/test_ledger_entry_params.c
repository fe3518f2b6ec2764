/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/methods/ledger_entry_params.h"

#include "small_world.h"
#include "test.h"

#define A "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh"
#define B "rscYud9AW9LNKr7PqHQjeyzLsYj1jD5koZ"
#define CREDENTIALS(x) "\"deposit_preauth\":{\"owner\":\"" A "\",\"authorized_credentials\":" x "}"
#define MANY "{},{},{},{},{},{},{},{},{}"

TEST(ledger_entry_answers_each_malformed_selector_as_its_table_says)
{
    static const struct {
        const char *params, *error, *message;
    } cases[] = {
        {"\"binary\":1,\"index\":5", "invalidParams", "Invalid parameters."},
        {"\"index\":5", "malformedRequest", "Malformed request."},
        {"\"index\":{}", "malformedRequest", "Malformed request."},
        {"\"index\":\"x\"", "malformedRequest", "Malformed request."},
        {"\"account_root\":5", "invalidParams", "account_rootNotString"},
        {"\"account_root\":\"x\"", "malformedAddress", "Malformed address."},
        {"\"check\":5", "malformedRequest", "Malformed request."},
        {"\"deposit_preauth\":5", "invalidParams", "Invalid parameters."},
        {"\"deposit_preauth\":\"x\"", "malformedRequest", "Malformed request."},
        {"\"deposit_preauth\":{}", "invalidParams", "Required field 'owner' missing"},
        {"\"deposit_preauth\":{\"owner\":5}", "malformedOwner", "Malformed owner."},
        {"\"deposit_preauth\":{\"owner\":\"" A "\",\"authorized\":\"x\"}", "malformedAddress",
         "Malformed address."},
        {"\"deposit_preauth\":{\"owner\":\"" A "\"}", "malformedRequest",
         "Must have one of authorized or authorized_credentials."},
        {CREDENTIALS("5"), "malformedRequest", "authorized_credentials not array"},
        {CREDENTIALS("[]"), "malformedAuthorizedCredentials",
         "Requires at least one element in authorized_credentials array."},
        {CREDENTIALS("[" MANY "]"), "malformedAuthorizedCredentials",
         "Max 8 number of credentials in authorized_credentials array"},
        {CREDENTIALS("[5]"), "malformedAuthorizedCredentials",
         "authorized_credentials elements in array are not objects."},
        {CREDENTIALS("[{}]"), "malformedAuthorizedCredentials",
         "Field 'Issuer' is required but missing."},
        {CREDENTIALS("[{\"issuer\":\"x\"}]"), "malformedAuthorizedCredentials", "issuer NotString"},
        {CREDENTIALS("[{\"issuer\":\"B5F762798A53D543A014CAF8B297CFF8F2F937E8\"}]"),
         "malformedAuthorizedCredentials", "issuer NotString"},
        {CREDENTIALS("[{\"issuer\":\"" A "\"}]"), "malformedAuthorizedCredentials",
         "Field 'CredentialType' is required but missing."},
        {CREDENTIALS("[{\"issuer\":\"" A "\",\"credential_type\":5}]"),
         "malformedAuthorizedCredentials", "credential_type NotString"},
        {CREDENTIALS("[{\"issuer\":\"" A "\",\"credential_type\":\"xy\"}]"),
         "malformedAuthorizedCredentials", "credential_type NotHexString"},
        {CREDENTIALS("[{\"issuer\":\"" A "\",\"credential_type\":\"\"}]"),
         "malformedAuthorizedCredentials", "credential_type is empty"},
        {CREDENTIALS("[{\"issuer\":\"" A "\",\"credential_type\":\"ab\"},{\"issuer\":\"" A
                     "\",\"credential_type\":\"AB\"}]"),
         "malformedAuthorizedCredentials", "duplicates in credentials."},
        {"\"directory\":{}", "invalidParams", "missingOwnerOrDirRoot"},
        {"\"directory\":{\"owner\":\"" A "\",\"dir_root\":\"0\"}", "invalidParams",
         "mayNotSpecifyBothDirRootAndOwner"},
        {"\"directory\":{\"dir_root\":5}", "invalidParams", "dir_rootNotString"},
        {"\"directory\":{\"sub_index\":-1}", "malformedRequest", "Malformed request."},
        {"\"escrow\":{\"owner\":\"" A "\"}", "invalidParams", "Required field 'seq' missing"},
        {"\"escrow\":{\"owner\":\"" A "\",\"seq\":\"1\"}", "malformedRequest",
         "Malformed request."},
        {"\"ripple_state\":\"x\"", "invalidParams", "Invalid parameters."},
        {"\"ripple_state\":{}", "invalidParams", "Required field 'accounts' missing"},
        {"\"ripple_state\":{\"accounts\":[\"" A "\",\"" A "\"],\"currency\":\"USD\"}",
         "invalidParams", "malformedAccounts"},
        {"\"ripple_state\":{\"accounts\":[\"" A "\",\"x\"],\"currency\":\"USD\"}",
         "malformedAddress", "malformedAddresses"},
        {"\"ripple_state\":{\"accounts\":[\"" A "\",\"" B "\"],\"currency\":\"\"}", "invalidParams",
         "currencyIsEmpty"},
        {"\"amm\":{}", "malformedRequest", "Malformed request."},
        {"\"amm\":5", "invalidParams", "Invalid parameters."},
        {"\"bridge\":\"x\",\"bridge_account\":\"" A "\"", "malformedRequest", "Malformed request."},
        {"\"bridge\":{}", "malformedRequest", "Malformed request."},
        {"\"bridge_account\":5", "malformedRequest", "Malformed request."},
        {"\"oracle\":\"x\"", "malformedAddress", "Malformed address."},
        {"\"oracle\":5", "malformedRequest", "Malformed request."},
        {"\"oracle\":{\"account\":5}", "malformedAddress", "Malformed address."},
        {"\"oracle\":{\"account\":\"" A "\",\"oracle_document_id\":-1}", "malformedDocumentID",
         "Malformed oracle_document_id."},
        {"\"credential\":{\"subject\":\"" A "\",\"issuer\":\"" A "\",\"credential_type\":\"zz\"}",
         "malformedRequest", "Malformed request."},
        {"\"mpt_issuance\":\"00\"", "malformedRequest", "Malformed request."},
        {"\"vault\":{\"seq\":1,\"owner\":\"x\"}", "malformedOwner", "Malformed owner."},
        {"\"delegate\":{\"account\":\"" A "\"}", "malformedRequest", "Malformed request."},
        {"\"fee\":false", "malformedRequest", "Malformed request."},
        {"\"fee\":5", "malformedRequest", "Malformed request."},
        {"\"hashes\":-1", "malformedRequest", "Malformed request."},
        {"\"hashes\":4294967296", "malformedRequest", "Malformed request."},
        {"\"hashes\":1.5", "malformedRequest", "Malformed request."},
        {"\"state\":\"x\"", "invalidParams", "Invalid parameters."},
        {"\"state\":{}", "invalidParams", "Required field 'accounts' missing"},
        {"\"index\":\"0\",\"include_deleted\":1", "invalidParams", "Invalid parameters."},
    };
    struct small_world *w = small_world_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char error[80], message[160];
        const char *reply = small_world_ask(w, "ledger_entry", "%s", cases[i].params);
        snprintf(error, sizeof error, "\"%s\"", cases[i].error);
        snprintf(message, sizeof message, "\"%s\"", cases[i].message);
        if (strcmp(client_at(reply, "result.error_message"), message) != 0)
            fprintf(stderr, "%s\n", cases[i].params);
        ASSERT_AT(message, reply, "result.error_message");
        ASSERT_AT(error, reply, "result.error");
    }
}

/* 64 bytes and no more; where the number of digits is odd, the first stands alone. */
TEST(ledger_entry_takes_credential_types_of_64_bytes)
{
    struct small_world *w = small_world_new();
    char digits[140];
    for (int n = 126; n <= 131; n++) {
        snprintf(digits, sizeof digits, "%0*d", n, 1);
        const char *reply = small_world_ask(w, "ledger_entry",
                                            "\"credential\":{\"subject\":\"" A "\",\"issuer\":\"" A
                                            "\",\"credential_type\":\"%s\"}",
                                            digits);
        ASSERT_AT(n <= 128 ? "\"entryNotFound\"" : "\"malformedRequest\"", reply, "result.error");
        reply = small_world_ask(w, "ledger_entry",
                                "\"deposit_preauth\":{\"owner\":\"" A
                                "\",\"authorized_credentials\":[{\"issuer\":\"" A
                                "\",\"credential_type\":\"%s\"}]}",
                                digits);
        ASSERT_AT(n <= 128 ? "\"Entry not found.\"" : "\"credential_type greater than max length\"",
                  reply, "result.error_message");
    }
}
