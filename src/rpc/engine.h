/* SPDX-License-Identifier: Apache-2.0 */
/* From a parsed request to a reply's text: envelopes of both transports, API versions, dispatch,
 * errors, forwarding (rpc-b B, C). Knows no sockets. Runs on a fiber of any core (or a plain
 * thread, in tests). */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "rpc/errors.h"
#include "rpc/rpc_request.h"
#include "rpc/rpc_server.h"

/* Answer a request that has been parsed: the reply is appended to `out`. Over WebSocket
 * *ret_http_status is not meaningful. *ret_content_type is static. `a` serves for the time of the
 * call: clear it afterwards. Sets the fiber's deadline. Errors: ERR_CANCELLED only (nobody waits;
 * `out` is as before). */
YIELDS ERR rpc_handle(struct rpc_server *s, const struct rpc_request *request, struct arena *a,
                      struct buf *out, int *ret_http_status, const char **ret_content_type);

/* For the layer above. A bare error object: what is sent when there is no request to speak of
 * (slowDown, tooBusy). */
void rpc_put_bare_error(struct buf *out, enum rpc_code code);
/* The same for a message that was not parsed, with its `id` if that is found near its begin. */
void rpc_put_refusal(struct buf *out, enum rpc_code code, struct slice text);
/* Add warning 2003 and "warning": "load" to the reply that begins at out->p + start. */
void rpc_add_load_warning(struct buf *out, size_t start);
