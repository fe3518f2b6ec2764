/* SPDX-License-Identifier: Apache-2.0 */
#define LOG_CHANNEL LOG_CHANNEL_ETL
#include "rippled/sources.h"

#include "base/log.h"
#include "base/mem.h"
#include "rippled/choice.h"
#include "rippled/link.h"
#include "rippled/source.h"
#include "rt/clock.h"

#include <stdio.h>
#include <stdlib.h>

#define BLAME_FIRST_NS (1 * CLOCK_S)
#define BLAME_MAX_NS (60 * CLOCK_S)

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

err sources_check(const struct sources_opts *opts)
{
    TRY(check_opts(opts));
    for (uint32_t i = 0; i < opts->n_endpoints; i++) {
        struct source probe = {0};
        err e = source_init_tls(&probe, &opts->endpoints[i]);
        source_deinit_tls(&probe);
        TRY(e);
    }
    return OK;
}

ERR sources_start(const struct sources_opts *opts, struct sources **ret)
{
    TRY(sources_check(opts));
    struct sources *s = xcalloc(1, sizeof(*s));
    s->own_counters = opts->counters ? NULL : counter_registry_new();
    s->counters = opts->counters ? opts->counters : s->own_counters;
    s->on_message = opts->on_message;
    s->on_definitions = opts->on_definitions;
    s->ledgers = opts->ledgers;
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
    err e = OK;
    for (uint32_t i = 0; i < s->n && !err_failed(e); i++)
        e = source_init_tls(&s->list[i], &opts->endpoints[i]);
    if (err_failed(e)) { /* a file changed since it was checked */
        sources_stop(s);
        return e;
    }
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
    for (uint32_t i = 0; i < s->n; i++)
        source_deinit(&s->list[i]);
    counter_registry_free(s->own_counters);
    pthread_mutex_destroy(&s->lock);
    free(s->list);
    free(s);
    return NULL;
}

YIELDS ERR sources_wait_change(struct sources *s, uint64_t *version, int64_t deadline_ns)
{
    while (*version == s->version)
        TRY(fiber_cond_wait(&s->changed, deadline_ns));
    *version = s->version;
    return OK;
}

void sources_want(struct sources *s, uint32_t streams)
{
    s->wanted = streams;
    relay_update(s);
}

void sources_expect_network(struct sources *s, uint32_t network_id)
{
    atomic_store(&s->network, SOURCE_NETWORK_KNOWN | network_id);
    for (uint32_t i = 0; i < s->n; i++) {
        struct source *one = &s->list[i];
        uint64_t theirs = atomic_load(&one->network);
        if (theirs && theirs != atomic_load(&s->network))
            source_refuse(one, (uint32_t)theirs, network_id);
    }
    source_refresh_newest(s);
    source_changed(s);
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

uint32_t sources_n_astray(const struct sources *s)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->n; i++)
        n += atomic_load(&s->list[i].connected) && atomic_load(&s->list[i].astray);
    return n;
}

void sources_disbelieve(struct sources *s, uint32_t source, uint32_t seq)
{
    struct source *one = &s->list[source];
    if (standing_newest(&one->standing) < seq)
        return;
    LOG_WARN("rippled: source %s claims ledger %u and does not give what it claims: it is not "
             "believed for a while",
             one->name, one->standing.newest);
    standing_doubt(&one->standing, seq);
    source_refresh_newest(s);
    source_changed(s);
}

void sources_count_votes(const struct sources *s, uint32_t seq, const struct hash256 *hash,
                         uint64_t *ret_for, uint64_t *ret_against)
{
    *ret_for = *ret_against = 0;
    for (uint32_t i = 0; i < s->n; i++) {
        struct hash256 theirs;
        if (atomic_load(&s->list[i].refused) ||
            !standing_hash_of(&s->list[i].standing, seq, &theirs))
            continue;
        *(hash256_eq(&theirs, hash) ? ret_for : ret_against) |= (uint64_t)1 << i;
    }
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
            .astray = atomic_load(&one->astray),
            .behind = atomic_load(&one->behind),
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
                            uint16_t *ret_ws_port, struct tls_client **ret_tls)
{
    const struct source *one = &s->list[source];
    if (!one->ws_port || atomic_load(&one->refused) || atomic_load(&one->astray) ||
        atomic_load(&one->behind))
        return false;
    *ret_host = one->host;
    *ret_ws_port = one->ws_port;
    *ret_tls = one->ws_tls;
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
