/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that are rippled's to answer: which they are, and how the answer is passed back (rpc-b
 * C). */
#pragma once
#include "rpc/envelope.h"

/* rpc-b C.1, but only for commands of the registry: those that rippled serves to guests too
 * (forwarded.def, and methods of ours that are not Clio's alone). What is unknown, or rippled's for
 * its admins, is never passed on: a rippled may take this server for an admin. */
/* A command that only makes sense over a connection, and there is none. */
bool forward_is_homeless(const struct exchange *x);
bool forward_is_due(const struct exchange *x);
/* What rippled would do for admins only is not passed on, whoever asks (rpc-b C.3). */
bool forward_is_refused(const struct exchange *x);
/* Forward and write the reply, or the error reply. Errors: ERR_CANCELLED. */
YIELDS ERR forward_run(struct exchange *x);

/* Ask rippled with the parameter object {"command": <command>}, through the cache of forwarded
 * replies. *ret (in `a`) is the parsed answer. On failure *ret_code (RPC_CONNECTION_ERROR, ...)
 * tells why. */
YIELDS ERR forward_ask(struct rpc_server *s, const struct rpc_request *request, const char *command,
                       int64_t deadline_ns, struct arena *a, struct json *ret,
                       enum rpc_code *ret_code);

/* The parameter object has nothing but `command`, `method`, `id`: such a request may be answered
 * from a cache. */
bool forward_is_plain(const struct json *params);
