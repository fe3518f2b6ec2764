/* SPDX-License-Identifier: Apache-2.0 */
/* What GET answers: /health, /cache_state, /metrics (etl-db 8.2). */
#pragma once
#include "web/web_core.h"

/* Answer a request that is not JSON-RPC; uses it up. */
void pages_serve(struct web_core *wc, struct http_request *req, bool is_admin);
