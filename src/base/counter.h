/* SPDX-License-Identifier: Apache-2.0 */
/* Counters, gauges and histograms for Prometheus. Made once at start, updated from any thread
 * (relaxed atomics). */
#pragma once
#include "base/buf.h"

#include <stdatomic.h>

struct counter {
    _Atomic int64_t value;
};

struct counter_registry;  /* opaque */
struct counter_histogram; /* opaque */

struct counter_registry *counter_registry_new(void);
struct counter_registry *counter_registry_free(struct counter_registry *r);

/* The counter of this name and label text (`status="x",type="y"`, labels sorted by name; "" =
 * none), made on first use. Lives as long as the registry. `help` may be NULL. Takes a lock: keep
 * the pointer. */
struct counter *counter_get(struct counter_registry *r, const char *name, const char *labels,
                            const char *help);
struct counter *counter_gauge(struct counter_registry *r, const char *name, const char *labels,
                              const char *help);
/* Histogram with n upper bounds, ascending. */
struct counter_histogram *counter_histogram_get(struct counter_registry *r, const char *name,
                                                const char *labels, const char *help,
                                                const int64_t *bounds, size_t n);
void counter_observe(struct counter_histogram *h, int64_t value);

/* Text exposition format 0.0.4: families sorted by name, a blank line after each. */
void counter_render(struct counter_registry *r, struct buf *out);

static inline void counter_add(struct counter *c, int64_t n)
{
    atomic_fetch_add_explicit(&c->value, n, memory_order_relaxed);
}
static inline void counter_inc(struct counter *c)
{
    counter_add(c, 1);
}
static inline void counter_set(struct counter *c, int64_t v)
{
    atomic_store_explicit(&c->value, v, memory_order_relaxed);
}
static inline int64_t counter_value(struct counter *c)
{
    return atomic_load_explicit(&c->value, memory_order_relaxed);
}
