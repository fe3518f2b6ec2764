/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/errors.h"

const char *errors_token(enum rpc_code code)
{
    switch (code) {
#define X(name, number, token, message)                                                            \
    case RPC_##name:                                                                               \
        return token;
#include "rpc/errors.def"
#undef X
    case RPC_NONE: break;
    }
    return "unknown";
}

const char *errors_message(enum rpc_code code)
{
    switch (code) {
#define X(name, number, token, message)                                                            \
    case RPC_##name:                                                                               \
        return message;
#include "rpc/errors.def"
#undef X
    case RPC_NONE: break;
    }
    return "An unknown error code.";
}
