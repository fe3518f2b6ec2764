/* SPDX-License-Identifier: Apache-2.0 */
/* What a method of the API is. One file per method in rpc/methods; README.md says how to write one.
 */
#pragma once
#include "rpc/call.h"
#include "rpc/param.h"

enum method_flags {
    METHOD_CLIO_ONLY = 1, /* rippled does not have it: never forwarded */
    METHOD_LOCAL = 2,     /* never forwarded for another reason (subscribe) */
    METHOD_NO_LEDGER = 4, /* answered also before there is a ledger */
};

struct method {
    const char *name;
    uint32_t flags;
    const struct param *params; /* ends with PARAM_END; NULL = takes none */
    uint32_t args_bytes;        /* sizeof(struct args); 0 = none */
    const char *const
        *deprecated; /* fields that bring warning 2004, NULL at the end; NULL = none */
    /* Write the members of `result` to c->w. On an error everything written is dropped, so writing
     * may begin before the last check. Errors without rpc_error: TIMEOUT, BUSY, LIMIT → tooBusy;
     * CANCELLED → no reply; others → internal. */
    YIELDS err (*run)(struct call *c);
    const char *doc; /* one sentence */
};
