/* SPDX-License-Identifier: Apache-2.0 */
/* Intervals are numbered by the clock. Counters belong to the interval that is stored beside them
 * and count as zero in any other (bytes: less what has been allowed since), so nothing has to
 * sweep; records that nobody holds are dropped when their table fills. */
#include "web/guard.h"

#include "base/mem.h"
#include "base/table.h"
#include "rt/clock.h"
#include "web/address.h"
#include "web/netlist.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Unheld records kept before they are looked through. */
#define MIN_SWEEP 1024

struct guard_client {
    char key[ADDRESS_BYTES];
    bool whitelisted;
    _Atomic uint32_t refs; /* 0 becomes 1 under the guard's lock only */
    _Atomic uint32_t n_connections;
    _Atomic uint32_t n_handshakes;
    _Atomic int64_t interval; /* that the counters belong to */
    _Atomic uint64_t weight;
    _Atomic uint64_t bytes;
    _Atomic uint32_t n_refusals;
    _Atomic int64_t vital_ns; /* of the newest answer of that kind; 0 = none */
    _Atomic int64_t waiting_bytes;
    _Atomic int64_t running_bytes;
};

struct guard {
    struct guard_opts opts;
    pthread_mutex_t lock; /* of `clients`; never held over anything that waits */
    struct table *clients;
    size_t sweep_at;
};

struct guard *guard_new(const struct guard_opts *opts)
{
    struct guard *g = xcalloc(1, sizeof *g);
    g->opts = *opts;
    if (g->opts.interval_ns < CLOCK_MS)
        g->opts.interval_ns = CLOCK_MS;
    pthread_mutex_init(&g->lock, NULL);
    g->clients = table_new(ADDRESS_BYTES);
    g->sweep_at = MIN_SWEEP;
    return g;
}

struct guard *guard_free(struct guard *g)
{
    if (g == NULL)
        return NULL;
    size_t at = 0;
    void *c;
    while ((c = table_each(g->clients, &at, NULL)) != NULL)
        free(c);
    table_free(g->clients);
    pthread_mutex_destroy(&g->lock);
    free(g);
    return NULL;
}

static int64_t interval_now(const struct guard *g)
{
    return clock_now_ns() / g->opts.interval_ns;
}

/* What is still owed of `bytes` after so many intervals. */
static uint64_t debt_of(const struct guard *g, uint64_t bytes, int64_t n_intervals)
{
    uint64_t allowed;
    if (n_intervals < 0 ||
        __builtin_mul_overflow((uint64_t)n_intervals, (uint64_t)g->opts.max_bytes, &allowed))
        return 0; /* a clock that was set back (tests), or long ago */
    return bytes > allowed ? bytes - allowed : 0;
}

static bool is_past(const struct guard *g, const struct guard_client *c, int64_t now)
{
    int64_t of = atomic_load(&c->interval);
    return of != now && debt_of(g, atomic_load(&c->bytes), now - of) == 0;
}

/* Under the lock: drop the records that nobody holds and whose counters are of the past. */
static void sweep(struct guard *g)
{
    int64_t now = interval_now(g);
    size_t at = 0;
    struct guard_client *c;
    while ((c = table_each(g->clients, &at, NULL)) != NULL) {
        if (atomic_load_explicit(&c->refs, memory_order_acquire) == 0 && is_past(g, c, now)) {
            table_each_del(g->clients, &at);
            free(c);
        }
    }
    g->sweep_at = MAX((size_t)MIN_SWEEP, table_count(g->clients) * 2);
}

struct guard_client *guard_get(struct guard *g, const char *ip)
{
    char key[ADDRESS_BYTES] = {0};
    bool whitelisted = netlist_has(g->opts.whitelist, ip);
    if (whitelisted) /* its neighbours need not be */
        memcpy(key, ip, strnlen(ip, sizeof key - 1));
    else
        address_limits_key(ip, key);
    pthread_mutex_lock(&g->lock);
    struct guard_client *c = table_get(g->clients, key);
    if (c == NULL) {
        if (table_count(g->clients) >= g->sweep_at)
            sweep(g);
        c = xcalloc(1, sizeof *c);
        memcpy(c->key, key, sizeof key);
        c->whitelisted = whitelisted;
        table_put(g->clients, c->key, c);
    }
    guard_ref(c);
    pthread_mutex_unlock(&g->lock);
    return c;
}

struct guard_client *guard_ref(struct guard_client *c)
{
    atomic_fetch_add_explicit(&c->refs, 1, memory_order_relaxed);
    return c;
}

void guard_put(struct guard *g, struct guard_client *c)
{
    atomic_fetch_sub_explicit(&c->refs, 1, memory_order_release);
}

bool guard_whitelisted(const struct guard_client *c)
{
    return c->whitelisted;
}

const char *guard_key(const struct guard_client *c)
{
    return c->key;
}

uint32_t guard_connect(struct guard *g, struct guard_client *c)
{
    uint32_t n = atomic_fetch_add(&c->n_connections, 1) + 1;
    return n <= g->opts.max_connections || c->whitelisted ? 0 : n - g->opts.max_connections;
}

void guard_disconnect(struct guard *g, struct guard_client *c)
{
    atomic_fetch_sub(&c->n_connections, 1);
}

uint32_t guard_handshake_begin(struct guard_client *c)
{
    return atomic_fetch_add_explicit(&c->n_handshakes, 1, memory_order_relaxed) + 1;
}

void guard_handshake_end(struct guard_client *c)
{
    atomic_fetch_sub_explicit(&c->n_handshakes, 1, memory_order_relaxed);
}

/* Start a new interval if the stored one is past. Two cores may both see the change: the exchange
 * lets one of them reset. */
static void enter_interval(struct guard *g, struct guard_client *c)
{
    int64_t now = interval_now(g), seen = atomic_load(&c->interval);
    if (seen != now && atomic_compare_exchange_strong(&c->interval, &seen, now)) {
        atomic_store(&c->weight, 0);
        atomic_store(&c->bytes, debt_of(g, atomic_load(&c->bytes), now - seen));
        atomic_store(&c->n_refusals, 0);
    }
}

static bool within(const struct guard *g, const struct guard_client *c)
{
    return atomic_load(&c->weight) <= g->opts.max_requests &&
           atomic_load(&c->bytes) <= g->opts.max_bytes;
}

bool guard_within(struct guard *g, struct guard_client *c)
{
    if (c->whitelisted)
        return true;
    enter_interval(g, c);
    return within(g, c);
}

bool guard_request(struct guard *g, struct guard_client *c, uint32_t weight)
{
    if (c->whitelisted)
        return true;
    enter_interval(g, c);
    atomic_fetch_add(&c->weight, weight);
    return within(g, c);
}

bool guard_bytes(struct guard *g, struct guard_client *c, uint64_t n)
{
    if (c->whitelisted)
        return true;
    enter_interval(g, c);
    return atomic_fetch_add(&c->bytes, n) + n <= g->opts.max_bytes &&
           atomic_load(&c->weight) < g->opts.max_requests;
}

uint32_t guard_refusal(struct guard *g, struct guard_client *c)
{
    enter_interval(g, c);
    return atomic_fetch_add(&c->n_refusals, 1) + 1;
}

void guard_note_vital(struct guard_client *c)
{
    atomic_store_explicit(&c->vital_ns, clock_now_ns(), memory_order_relaxed);
}

bool guard_vital_is_due(const struct guard_client *c)
{
    int64_t last_ns = atomic_load_explicit(&c->vital_ns, memory_order_relaxed);
    return last_ns == 0 || clock_now_ns() - last_ns >= CLOCK_S;
}

int64_t guard_within_at(struct guard *g, const struct guard_client *c)
{
    uint64_t bytes = atomic_load(&c->bytes), max = MAX(g->opts.max_bytes, 1U);
    int64_t n = bytes > max ? (int64_t)((bytes - 1) / max) : 1; /* intervals that pay for it */
    int64_t most = INT64_MAX / g->opts.interval_ns - interval_now(g) - 1;
    return (interval_now(g) + MIN(n, most)) * g->opts.interval_ns;
}

void guard_hold(struct guard_client *c, int64_t waiting, int64_t running)
{
    if (waiting)
        atomic_fetch_add_explicit(&c->waiting_bytes, waiting, memory_order_relaxed);
    if (running)
        atomic_fetch_add_explicit(&c->running_bytes, running, memory_order_relaxed);
}

size_t guard_waiting_bytes(const struct guard_client *c)
{
    return (size_t)atomic_load_explicit(&c->waiting_bytes, memory_order_relaxed);
}

size_t guard_running_bytes(const struct guard_client *c)
{
    return (size_t)atomic_load_explicit(&c->running_bytes, memory_order_relaxed);
}
