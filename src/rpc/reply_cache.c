/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/reply_cache.h"

#include "base/mem.h"
#include "rt/clock.h"

#include <pthread.h>
#include <stdlib.h>

struct reply_cache {
    pthread_mutex_t lock;
    int64_t keep_ns;
    uint64_t n_hits, n_misses; /* under the lock */
    uint32_t n;
    struct entry {
        struct buf text; /* empty = none */
        int64_t until_ns;
    } entries[];
};

struct reply_cache *reply_cache_new(uint32_t n_commands, int64_t keep_ns)
{
    struct reply_cache *c = xcalloc(1, sizeof *c + n_commands * sizeof c->entries[0]);
    pthread_mutex_init(&c->lock, NULL);
    c->keep_ns = keep_ns;
    c->n = n_commands;
    return c;
}

struct reply_cache *reply_cache_free(struct reply_cache *c)
{
    if (!c)
        return NULL;
    for (uint32_t i = 0; i < c->n; i++)
        buf_deinit(&c->entries[i].text);
    pthread_mutex_destroy(&c->lock);
    free(c);
    return NULL;
}

bool reply_cache_get(struct reply_cache *c, uint32_t index, struct arena *a, struct slice *ret)
{
    if (c->keep_ns == 0)
        return false;
    pthread_mutex_lock(&c->lock);
    struct entry *e = &c->entries[index];
    bool found = e->text.n > 0 && clock_now_ns() < e->until_ns;
    if (found)
        *ret = arena_dup(a, buf_slice(&e->text));
    c->n_hits += found;
    c->n_misses += !found;
    pthread_mutex_unlock(&c->lock);
    return found;
}

void reply_cache_put(struct reply_cache *c, uint32_t index, struct slice text)
{
    if (c->keep_ns == 0)
        return;
    pthread_mutex_lock(&c->lock);
    struct entry *e = &c->entries[index];
    buf_clear(&e->text);
    buf_put_slice(&e->text, text);
    e->until_ns = clock_now_ns() + c->keep_ns;
    pthread_mutex_unlock(&c->lock);
}

void reply_cache_clear(struct reply_cache *c)
{
    pthread_mutex_lock(&c->lock);
    for (uint32_t i = 0; i < c->n; i++)
        buf_clear(&c->entries[i].text);
    pthread_mutex_unlock(&c->lock);
}

void reply_cache_counts(struct reply_cache *c, uint64_t *ret_hits, uint64_t *ret_misses)
{
    pthread_mutex_lock(&c->lock);
    *ret_hits = c->n_hits;
    *ret_misses = c->n_misses;
    pthread_mutex_unlock(&c->lock);
}
