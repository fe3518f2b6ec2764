/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/rpc_server.h"

#include "base/mem.h"
#include "rpc/registry.h"
#include "rpc/server_impl.h"
#include "rt/clock.h"

#include <stdlib.h>

#define STALE_AFTER_S 60
#define TEXTS_BYTES ((size_t)32 << 20) /* of all cores */

struct rpc_server *rpc_server_new(const struct rpc_server_opts *opts)
{
    struct rpc_server *s = xcalloc(1, sizeof *s);
    s->opts = *opts;
    if (s->opts.api_min == 0)
        s->opts.api_min = 1;
    if (s->opts.api_max == 0)
        s->opts.api_max = 3;
    if (s->opts.api_default == 0)
        s->opts.api_default = 1;
    if (s->opts.deadline_ns == 0)
        s->opts.deadline_ns = 60 * CLOCK_S;
    if (s->opts.max_reply_bytes == 0)
        s->opts.max_reply_bytes = (size_t)16 << 20;
    if (!s->opts.version)
        s->opts.version = "unknown";
    if (!s->opts.protocol_version)
        s->opts.protocol_version = "unknown";
    s->stats = stats_new(opts->n_cores);
    s->forwarded = reply_cache_new(registry_count(), opts->forward_cache_ns);
    s->own = reply_cache_new(registry_count(), opts->rpc_cache_ns);
    s->headers = header_cache_new(opts->n_cores);
    s->texts = tx_texts_new(opts->n_cores, TEXTS_BYTES);
    return s;
}

struct rpc_server *rpc_server_free(struct rpc_server *s)
{
    if (!s)
        return NULL;
    stats_free(s->stats);
    reply_cache_free(s->forwarded);
    reply_cache_free(s->own);
    header_cache_free(s->headers);
    tx_texts_free(s->texts);
    free(s);
    return NULL;
}

const struct rpc_server_opts *rpc_server_get_opts(const struct rpc_server *s)
{
    return &s->opts;
}

bool rpc_server_network_id(const struct rpc_server *s, uint32_t *ret)
{
    return s->opts.network_id && s->opts.network_id(s->opts.arg, ret);
}

void rpc_server_ledger_closed(struct rpc_server *s)
{
    reply_cache_clear(s->forwarded);
}

void rpc_server_render_counters(struct rpc_server *s, struct buf *out)
{
    uint64_t hits, misses;
    stats_render(s->stats, out);
    reply_cache_counts(s->forwarded, &hits, &misses);
    buf_printf(out,
               "# TYPE forwarding_cache_hit_counter counter\nforwarding_cache_hit_counter %llu\n\n",
               (unsigned long long)hits);
    buf_printf(
        out, "# TYPE forwarding_cache_miss_counter counter\nforwarding_cache_miss_counter %llu\n\n",
        (unsigned long long)misses);
}

bool server_impl_is_stale(struct rpc_server *s)
{
    uint32_t closed = 0;
    if (s->opts.last_close)
        closed = s->opts.last_close(s->opts.arg);
    else
        (void)ledgers_tip_close_time(s->opts.ledgers, &closed); /* nothing yet: 0 */
    uint32_t now = clock_ledger_s();
    return closed == 0 || (now > closed && now - closed >= STALE_AFTER_S);
}
