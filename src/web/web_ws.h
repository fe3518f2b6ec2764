/* SPDX-License-Identifier: Apache-2.0 */
/* WebSocket on one core: a session per connection, a fiber per request, answers in the order they
 * are ready. */
#pragma once
#include "web/web_core.h"

/* A handshake came in; uses the request up. */
void web_ws_accept(struct web_core *wc, struct http_request *req);
/* Say goodbye to every session of the core; or close them at once. */
void web_ws_close_all(struct web_core *wc);
void web_ws_abort_all(struct web_core *wc);
