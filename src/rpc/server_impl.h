/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of struct rpc_server, for the engine's own files. */
#pragma once
#include "rpc/header_cache.h"
#include "rpc/reply_cache.h"
#include "rpc/rpc_server.h"
#include "rpc/stats.h"
#include "rpc/tx_texts.h"

struct rpc_server {
    struct rpc_server_opts opts;
    struct stats *stats;
    struct reply_cache *forwarded; /* what rippled answered */
    struct reply_cache *own;       /* members of our results */
    struct header_cache *headers;
    struct tx_texts *texts;
};

/* Warning 2002: the newest published ledger closed a minute ago, or there is none. */
bool server_impl_is_stale(struct rpc_server *s);
