/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/errors.h"

#include "test.h"

TEST(an_error_code_has_its_token_and_message)
{
    ASSERT_INT(19, RPC_ACT_NOT_FOUND);
    ASSERT_STR("actNotFound", errors_token(RPC_ACT_NOT_FOUND));
    ASSERT_STR("Account not found.", errors_message(RPC_ACT_NOT_FOUND));
    ASSERT_STR("malformedDocumentID", errors_token(RPC_MALFORMED_DOCUMENT_ID));
}

TEST(an_unassigned_code_is_unknown)
{
    ASSERT_STR("unknown", errors_token((enum rpc_code)91));
    ASSERT_STR("An unknown error code.", errors_message((enum rpc_code)91));
}
