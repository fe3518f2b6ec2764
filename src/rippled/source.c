/* SPDX-License-Identifier: Apache-2.0 */
#define LOG_CHANNEL LOG_CHANNEL_ETL
#include "rippled/source.h"

#include "base/log.h"
#include "base/mem.h"
#include "net/grpc_client.h"
#include "net/tls.h"

#include <stdio.h>
#include <stdlib.h>

void source_init(struct source *s, struct sources *all, uint32_t index,
                 const struct sources_endpoint *e)
{
    char name[SOURCES_HOST_MAX + 8], labels[SOURCES_HOST_MAX + 32];
    s->all = all;
    s->index = index;
    s->host = xstrdup(e->host);
    s->ws_port = e->ws_port;
    s->grpc_port = e->grpc_port;
    snprintf(name, sizeof(name), "%s:%u", e->host, e->grpc_port);
    s->name = xstrdup(name);
    snprintf(labels, sizeof(labels), "source=\"%s:%u\"", e->host, e->ws_port);
    s->gauge_last_message =
        counter_gauge(all->counters, "subscription_source_last_message_time", labels,
                      "Time of the last message of a source's subscription");
    s->gauge_connected = counter_gauge(all->counters, "kleio_source_connected", labels,
                                       "Whether a source's subscription is up");
    s->count_failed_calls = counter_get(all->counters, "kleio_source_failed_calls_total", labels,
                                        "gRPC calls to a source that brought nothing usable");
    s->count_refused = counter_get(all->counters, "kleio_source_refused_total", labels,
                                   "Times a source was refused because it is of another network");
    s->gauge_astray = counter_gauge(all->counters, "kleio_source_astray", labels,
                                    "Whether a source is on another chain than ours");
    s->gauge_behind = counter_gauge(all->counters, "kleio_source_behind", labels,
                                    "Whether a source is many ledgers behind");
}

static err make_client(const struct sources_tls *t, const char *alpn, struct tls_client **ret)
{
    struct tls_client_opts opts = {.ca_file = t->ca_file,
                                   .cert_file = t->cert_file,
                                   .key_file = t->key_file,
                                   .insecure = t->insecure,
                                   .alpn = alpn};
    return tls_client_new(&opts, ret);
}

err source_init_tls(struct source *s, const struct sources_endpoint *e)
{
    if (e->tls.grpc)
        TRY(make_client(&e->tls, "h2", &s->grpc_tls));
    if (e->tls.ws)
        TRY(make_client(&e->tls, NULL, &s->ws_tls));
    return OK;
}

void source_deinit_tls(struct source *s)
{
    s->grpc_tls = tls_client_free(s->grpc_tls);
    s->ws_tls = tls_client_free(s->ws_tls);
}

YIELDS void source_deinit(struct source *s)
{
    s->grpc = grpc_client_free(s->grpc);
    source_deinit_tls(s);
    free(s->host);
    free(s->name);
    free(s->range_text);
}

void source_changed(struct sources *s)
{
    s->version++;
    fiber_cond_broadcast(&s->changed);
}

void source_refuse(struct source *s, uint32_t theirs, uint32_t ours)
{
    counter_inc(s->count_refused);
    if (!atomic_exchange(&s->refused, true))
        LOG_ERROR("rippled: source %s is of network %u, this server is of network %u: the source "
                  "is not used",
                  s->name, theirs, ours);
    source_changed(s->all);
}

bool source_meet_network(struct source *s, uint32_t network_id)
{
    struct sources *all = s->all;
    uint64_t theirs = SOURCE_NETWORK_KNOWN | network_id, ours = 0;
    atomic_store(&s->network, theirs);
    if (!atomic_compare_exchange_strong(&all->network, &ours, theirs) && ours != theirs) {
        source_refuse(s, network_id, (uint32_t)ours);
        return false;
    }
    atomic_store(&s->refused, false);
    return true;
}

bool source_usable(const struct source *s)
{
    return atomic_load(&s->connected) && !atomic_load(&s->refused) && !atomic_load(&s->astray);
}

static bool may_forward(const struct source *s)
{
    return source_usable(s) && !atomic_load(&s->behind);
}

/* The first connected source in the configuration's order, unless one is chosen already. */
static void choose_forwarding(struct sources *all)
{
    int32_t now = atomic_load(&all->forwarding);
    if (now >= 0 && may_forward(&all->list[now]))
        return;
    now = -1;
    for (uint32_t i = 0; i < all->n && now < 0; i++)
        if (may_forward(&all->list[i]))
            now = (int32_t)i;
    atomic_store(&all->forwarding, now);
}

void source_set_connected(struct source *s, bool connected)
{
    atomic_store(&s->connected, connected);
    counter_set(s->gauge_connected, connected);
    choose_forwarding(s->all);
    source_changed(s->all);
}

void source_standing_changed(struct source *s)
{
    counter_set(s->gauge_astray, atomic_load(&s->astray));
    counter_set(s->gauge_behind, atomic_load(&s->behind));
    choose_forwarding(s->all);
    source_changed(s->all);
}

void source_refresh_newest(struct sources *all)
{
    uint32_t newest = 0;
    for (uint32_t i = 0; i < all->n; i++)
        if (!atomic_load(&all->list[i].refused))
            newest = MAX(newest, standing_newest(&all->list[i].standing));
    atomic_store(&all->newest, newest);
}

static void set_range_text(struct source *s, struct slice text)
{
    char *copy = xstrndup((const char *)text.p, MIN(text.n, (size_t)4096));
    pthread_mutex_lock(&s->all->lock);
    char *old = s->range_text;
    s->range_text = copy;
    pthread_mutex_unlock(&s->all->lock);
    free(old);
}

void source_report(struct source *s, uint32_t ledger_index, struct slice validated_ledgers)
{
    static struct log_limit limit = LOG_LIMIT_INIT(5);
    uint64_t dropped;
    if (validated_ledgers.p) {
        set_range_text(s, validated_ledgers);
        if (!ranges_parse(validated_ledgers, &s->ranges) && log_limit_take(&limit, &dropped))
            LOG_WARN("rippled: source %s: cannot read its list of ledgers, the one before is kept",
                     s->name);
    }
    if (ledger_index >= STANDING_NONSENSE) {
        if (log_limit_take(&limit, &dropped))
            LOG_WARN("rippled: source %s claims ledger %u: not believed", s->name, ledger_index);
        ledger_index = 0;
    }
    if (ledger_index)
        s->standing.newest = ledger_index;
    source_refresh_newest(s->all);
    source_changed(s->all);
}
