/* SPDX-License-Identifier: Apache-2.0 */
/* From a request's text to a reply's text: envelopes of both transports, API versions, dispatch,
 * errors, forwarding (rpc-b B, C). Knows no sockets. Runs on a fiber of any core (or a plain
 * thread, in tests). */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "rpc/errors.h"
#include "rpc/rpc_server.h"

enum rpc_transport { RPC_HTTP = 1, RPC_WS };

struct rpc_request {
    enum rpc_transport transport;
    struct slice text;     /* body or message; must stay valid during the call */
    const char *client_ip; /* NULL when unknown */
    bool is_admin;
    void *session; /* WebSocket: the connection's subscriber, for subscribe and unsubscribe; else
                      NULL */
};

/* Answer a request: the reply is appended to `out`. Over WebSocket *ret_http_status is not
 * meaningful. *ret_content_type is static. `a` serves for the time of the call: clear it
 * afterwards. Errors: ERR_CANCELLED only (nobody waits; `out` is as before). */
YIELDS ERR rpc_handle(struct rpc_server *s, const struct rpc_request *request, struct arena *a,
                      struct buf *out, int *ret_http_status, const char **ret_content_type);

/* For the layer above. A bare error object: what is sent when there is no request to speak of
 * (slowDown, tooBusy). */
void rpc_put_bare_error(struct buf *out, enum rpc_code code);
/* The slowDown error of a WebSocket: with `id` and `request` of the message, as far as it can be
 * read. */
void rpc_put_slow_down(struct buf *out, struct slice text, struct arena *a);
/* Add warning 2003 and "warning": "load" to the reply that begins at out->p + start. */
void rpc_add_load_warning(struct buf *out, size_t start);
