/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"

#include "base/mem.h"

#include <assert.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

enum kind { KIND_COUNTER, KIND_GAUGE, KIND_HISTOGRAM };

struct counter_histogram {
    size_t n;
    int64_t *bounds;
    _Atomic int64_t *buckets; /* n + 1, not cumulative; the last is +Inf */
    _Atomic int64_t sum;
};

/* A family's member: one set of labels. */
struct series {
    struct series *next; /* by labels */
    char *labels;
    struct counter counter;
    struct counter_histogram histogram;
};

struct family {
    struct family *next; /* by name */
    char *name;
    char *help; /* NULL = none */
    enum kind kind;
    struct series *series;
};

struct counter_registry {
    pthread_mutex_t lock;
    struct family *families;
};

struct counter_registry *counter_registry_new(void)
{
    struct counter_registry *r = xcalloc(1, sizeof *r);
    pthread_mutex_init(&r->lock, NULL);
    return r;
}

static void free_series(struct series *s)
{
    free(s->labels);
    free(s->histogram.bounds);
    free(s->histogram.buckets);
    free(s);
}

static void free_family(struct family *f)
{
    while (f->series) {
        struct series *s = f->series;
        f->series = s->next;
        free_series(s);
    }
    free(f->name);
    free(f->help);
    free(f);
}

struct counter_registry *counter_registry_free(struct counter_registry *r)
{
    if (r == NULL)
        return NULL;
    while (r->families) {
        struct family *f = r->families;
        r->families = f->next;
        free_family(f);
    }
    pthread_mutex_destroy(&r->lock);
    free(r);
    return NULL;
}

static struct family *family_get(struct counter_registry *r, const char *name, const char *help,
                                 enum kind kind)
{
    struct family **at = &r->families;
    while (*at && strcmp((*at)->name, name) < 0)
        at = &(*at)->next;
    if (*at == NULL || strcmp((*at)->name, name) != 0) {
        struct family *f = xcalloc(1, sizeof *f);
        *f = (struct family){.next = *at, .name = xstrdup(name), .kind = kind};
        *at = f;
    }
    struct family *f = *at;
    assert(f->kind == kind); /* one name, one type */
    if (f->help == NULL && help)
        f->help = xstrdup(help);
    return f;
}

static struct series *series_get(struct family *f, const char *labels)
{
    struct series **at = &f->series;
    while (*at && strcmp((*at)->labels, labels) < 0)
        at = &(*at)->next;
    if (*at == NULL || strcmp((*at)->labels, labels) != 0) {
        struct series *s = xcalloc(1, sizeof *s);
        s->next = *at;
        s->labels = xstrdup(labels);
        *at = s;
    }
    return *at;
}

static struct counter *get(struct counter_registry *r, const char *name, const char *labels,
                           const char *help, enum kind kind)
{
    pthread_mutex_lock(&r->lock);
    struct series *s = series_get(family_get(r, name, help, kind), labels);
    pthread_mutex_unlock(&r->lock);
    return &s->counter;
}

struct counter *counter_get(struct counter_registry *r, const char *name, const char *labels,
                            const char *help)
{
    return get(r, name, labels, help, KIND_COUNTER);
}

struct counter *counter_gauge(struct counter_registry *r, const char *name, const char *labels,
                              const char *help)
{
    return get(r, name, labels, help, KIND_GAUGE);
}

struct counter_histogram *counter_histogram_get(struct counter_registry *r, const char *name,
                                                const char *labels, const char *help,
                                                const int64_t *bounds, size_t n)
{
    pthread_mutex_lock(&r->lock);
    struct counter_histogram *h =
        &series_get(family_get(r, name, help, KIND_HISTOGRAM), labels)->histogram;
    if (h->buckets == NULL) {
        h->n = n;
        h->bounds = xcalloc(n, sizeof *bounds);
        if (n)
            memcpy(h->bounds, bounds, n * sizeof *bounds);
        h->buckets = xcalloc(n + 1, sizeof *h->buckets);
    }
    pthread_mutex_unlock(&r->lock);
    return h;
}

void counter_observe(struct counter_histogram *h, int64_t value)
{
    size_t i = 0;
    while (i < h->n && value > h->bounds[i])
        i++;
    atomic_fetch_add_explicit(&h->buckets[i], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&h->sum, value, memory_order_relaxed);
}

static void put_sample(struct buf *out, const char *name, const char *suffix, const char *labels,
                       int64_t value)
{
    const char *open = labels[0] ? "{" : "", *close = labels[0] ? "}" : "";
    buf_printf(out, "%s%s%s%s%s %" PRId64 "\n", name, suffix, open, labels, close, value);
}

static void put_histogram(struct buf *out, const char *name, const struct series *s)
{
    const struct counter_histogram *h = &s->histogram;
    const char *comma = s->labels[0] ? "," : "";
    int64_t total = 0;
    for (size_t i = 0; i <= h->n; i++) {
        total += atomic_load_explicit(&h->buckets[i], memory_order_relaxed);
        buf_printf(out, "%s_bucket{%s%sle=\"", name, s->labels, comma);
        if (i < h->n)
            buf_printf(out, "%" PRId64, h->bounds[i]);
        else
            buf_put_str(out, "+Inf");
        buf_printf(out, "\"} %" PRId64 "\n", total);
    }
    put_sample(out, name, "_sum", s->labels, atomic_load_explicit(&h->sum, memory_order_relaxed));
    put_sample(out, name, "_count", s->labels, total);
}

/* In a help text a backslash and a line feed are escaped (exposition format 0.0.4). */
static void put_help(struct buf *out, const struct family *f)
{
    buf_printf(out, "# HELP %s ", f->name);
    for (const char *p = f->help; *p; p++) {
        if (*p == '\\' || *p == '\n')
            buf_put_u8(out, '\\');
        buf_put_u8(out, *p == '\n' ? 'n' : (uint8_t)*p);
    }
    buf_put_u8(out, '\n');
}

static void put_family(struct buf *out, const struct family *f)
{
    static const char *const kinds[] = {"counter", "gauge", "histogram"};
    if (f->help)
        put_help(out, f);
    buf_printf(out, "# TYPE %s %s\n", f->name, kinds[f->kind]);
    for (struct series *s = f->series; s; s = s->next) {
        if (f->kind == KIND_HISTOGRAM)
            put_histogram(out, f->name, s);
        else
            put_sample(out, f->name, "", s->labels, counter_value(&s->counter));
    }
    buf_put_u8(out, '\n');
}

void counter_render(struct counter_registry *r, struct buf *out)
{
    pthread_mutex_lock(&r->lock);
    for (const struct family *f = r->families; f; f = f->next)
        put_family(out, f);
    pthread_mutex_unlock(&r->lock);
}
