/* SPDX-License-Identifier: Apache-2.0 */
#define LOG_CHANNEL LOG_CHANNEL_ETL
#include "rippled/sources.h"

#include "base/log.h"
#include "base/mem.h"
#include "net/grpc_client.h"
#include "rippled/choice.h"
#include "rippled/link.h"
#include "rippled/source.h"
#include "rt/clock.h"

#include <stdio.h>
#include <stdlib.h>

#define BLAME_FIRST_NS (1 * CLOCK_S)
#define BLAME_MAX_NS (60 * CLOCK_S)

static void source_init(struct source *s, struct sources *all, uint32_t index,
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
}

static err check_opts(const struct sources_opts *opts)
{
    if (opts->n_endpoints > SOURCES_MAX)
        return FAIL(ERR_INVALID, "rippled: %u sources, at most %u are possible", opts->n_endpoints,
                    SOURCES_MAX);
    for (uint32_t i = 0; i < opts->n_endpoints; i++) {
        size_t n = strlen(opts->endpoints[i].host);
        if (n == 0 || n >= SOURCES_HOST_MAX || strpbrk(opts->endpoints[i].host, "\"\\\r\n "))
            return FAIL(ERR_INVALID, "rippled: source %u has no usable host name", i);
    }
    return OK;
}

ERR sources_start(const struct sources_opts *opts, struct sources **ret)
{
    TRY(check_opts(opts));
    struct sources *s = xcalloc(1, sizeof(*s));
    s->own_counters = opts->counters ? NULL : counter_registry_new();
    s->counters = opts->counters ? opts->counters : s->own_counters;
    s->on_message = opts->on_message;
    s->arg = opts->arg;
    s->version = 1;
    s->n = opts->n_endpoints;
    s->list = xcalloc(s->n + 1, sizeof(*s->list));
    s->next_start = s->n ? choice_random(s->n) : 0;
    atomic_store(&s->forwarding, -1);
    if (opts->has_network_id)
        atomic_store(&s->network, SOURCE_NETWORK_KNOWN | opts->network_id);
    pthread_mutex_init(&s->lock, NULL);
    fiber_group_init(&s->links);
    fiber_cond_init(&s->changed);
    for (uint32_t i = 0; i < s->n; i++)
        source_init(&s->list[i], s, i, &opts->endpoints[i]);
    for (uint32_t i = 0; i < s->n; i++)
        if (s->list[i].ws_port)
            fiber_group_spawn(&s->links, "source link", link_run, &s->list[i]);
    *ret = s;
    return OK;
}

YIELDS struct sources *sources_stop(struct sources *s)
{
    if (!s)
        return NULL;
    fiber_group_cancel(&s->links);
    for (uint32_t i = 0; i < s->n; i++) {
        struct source *one = &s->list[i];
        one->grpc = grpc_client_free(one->grpc);
        free(one->host);
        free(one->name);
        free(one->range_text);
    }
    counter_registry_free(s->own_counters);
    pthread_mutex_destroy(&s->lock);
    free(s->list);
    free(s);
    return NULL;
}

void source_changed(struct sources *s)
{
    s->version++;
    fiber_cond_broadcast(&s->changed);
}

YIELDS ERR sources_wait_change(struct sources *s, uint64_t *version, int64_t deadline_ns)
{
    while (*version == s->version)
        TRY(fiber_cond_wait(&s->changed, deadline_ns));
    *version = s->version;
    return OK;
}

static void refuse(struct source *s, uint32_t theirs, uint32_t ours)
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
        refuse(s, network_id, (uint32_t)ours);
        return false;
    }
    atomic_store(&s->refused, false);
    return true;
}

void sources_expect_network(struct sources *s, uint32_t network_id)
{
    atomic_store(&s->network, SOURCE_NETWORK_KNOWN | network_id);
    atomic_store(&s->newest, 0);
    for (uint32_t i = 0; i < s->n; i++) {
        struct source *one = &s->list[i];
        uint64_t theirs = atomic_load(&one->network);
        if (theirs && theirs != atomic_load(&s->network))
            refuse(one, (uint32_t)theirs, network_id);
        else if (ranges_last(&one->ranges) > atomic_load(&s->newest))
            atomic_store(&s->newest, ranges_last(&one->ranges));
    }
    source_changed(s);
}

/* The first connected source in the configuration's order, unless one is chosen already. */
static void choose_forwarding(struct sources *all)
{
    int32_t now = atomic_load(&all->forwarding);
    if (now >= 0 && atomic_load(&all->list[now].connected))
        return;
    now = -1;
    for (uint32_t i = 0; i < all->n && now < 0; i++)
        if (atomic_load(&all->list[i].connected))
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
    if (ledger_index > atomic_load(&s->all->newest))
        atomic_store(&s->all->newest, ledger_index);
    source_changed(s->all);
}

uint32_t sources_newest(const struct sources *s)
{
    return atomic_load(&s->newest);
}

bool sources_network_id(const struct sources *s, uint32_t *ret)
{
    uint64_t network = atomic_load(&s->network);
    if (!network)
        return false;
    *ret = (uint32_t)network;
    return true;
}

uint32_t sources_count(const struct sources *s)
{
    return s->n;
}

uint32_t sources_n_connected(const struct sources *s)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->n; i++)
        n += atomic_load(&s->list[i].connected) && !atomic_load(&s->list[i].refused);
    return n;
}

uint32_t sources_n_refused(const struct sources *s)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->n; i++)
        n += atomic_load(&s->list[i].refused);
    return n;
}

uint32_t sources_epoch(const struct sources *s)
{
    return atomic_load(&s->epoch);
}

static const char *range_text(const struct source *s, struct arena *a)
{
    struct sources *all = s->all;
    const char *text = "N/A";
    pthread_mutex_lock(&all->lock);
    if (s->range_text)
        text = arena_strdup(a, slice_str(s->range_text));
    pthread_mutex_unlock(&all->lock);
    return text;
}

uint32_t sources_get_info(const struct sources *s, struct arena *a, struct sources_info *ret,
                          uint32_t n)
{
    for (uint32_t i = 0; i < s->n && i < n; i++) {
        const struct source *one = &s->list[i];
        uint64_t network = atomic_load(&one->network);
        ret[i] = (struct sources_info){
            .ws_port = one->ws_port,
            .grpc_port = one->grpc_port,
            .connected = atomic_load(&one->connected),
            .refused = atomic_load(&one->refused),
            .forwarding = atomic_load(&s->forwarding) == (int32_t)i,
            .has_network_id = network != 0,
            .network_id = (uint32_t)network,
            .last_message_ns = atomic_load(&one->last_message_ns),
            .validated_range = range_text(one, a),
            .n_wrong = atomic_load(&one->n_wrong),
        };
        snprintf(ret[i].host, sizeof(ret[i].host), "%s", one->host);
    }
    return s->n;
}

const char *sources_name(const struct sources *s, uint32_t source)
{
    return source < s->n ? s->list[source].name : "unknown";
}

bool sources_forward_target(const struct sources *s, uint32_t source, const char **ret_host,
                            uint16_t *ret_ws_port)
{
    const struct source *one = &s->list[source];
    if (!one->ws_port || atomic_load(&one->refused))
        return false;
    *ret_host = one->host;
    *ret_ws_port = one->ws_port;
    return true;
}

void sources_blame(struct sources *s, uint32_t source, const char *what)
{
    char labels[SOURCES_HOST_MAX + 64];
    if (source >= s->n)
        return;
    struct source *one = &s->list[source];
    snprintf(labels, sizeof(labels), "source=\"%s\",what=\"%s\"", one->name, what);
    counter_inc(counter_get(s->counters, "kleio_verification_failures_total", labels,
                            "Data of a source that did not verify, and was refused"));
    one->n_blamed++;
    atomic_fetch_add(&one->n_wrong, 1);
    one->blamed_until_ns =
        clock_now_ns() + choice_backoff(one->n_blamed, BLAME_FIRST_NS, BLAME_MAX_NS);
}

void sources_praise(struct sources *s, uint32_t source)
{
    if (source < s->n)
        s->list[source].n_blamed = 0;
}
