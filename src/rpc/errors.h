/* SPDX-License-Identifier: Apache-2.0 */
/* The errors that replies carry: token, number and default message (rpc-b B.11). */
#pragma once

/* RPC_ACT_NOT_FOUND, ...; the values are the numbers on the wire. 0 = no error. */
enum rpc_code {
    RPC_NONE = 0,
#define X(name, code, token, message) RPC_##name = code,
#include "rpc/errors.def"
#undef X
};

/* "actNotFound"; "unknown" for a number that is not in the table. Static. */
const char *errors_token(enum rpc_code code);
/* Default message. Static. */
const char *errors_message(enum rpc_code code);
