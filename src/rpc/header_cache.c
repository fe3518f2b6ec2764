/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/header_cache.h"

#include "base/mem.h"
#include "rt/core.h"

#include <stdlib.h>

/* Of each core: 160 KiB, once it is used. A power of two. */
#define N_SLOTS 4096

struct header_cache {
    uint32_t n_cores;
    struct header_cache_entry *cores[];
};

struct header_cache *header_cache_new(uint32_t n_cores)
{
    struct header_cache *c = xcalloc(1, sizeof *c + n_cores * sizeof c->cores[0]);
    c->n_cores = n_cores;
    return c;
}

struct header_cache *header_cache_free(struct header_cache *c)
{
    if (!c)
        return NULL;
    for (uint32_t i = 0; i < c->n_cores; i++)
        free(c->cores[i]);
    free(c);
    return NULL;
}

static struct header_cache_entry *slot(struct header_cache *c, uint32_t seq)
{
    struct core *core = core_current();
    if (!core || core_index(core) >= c->n_cores)
        return NULL;
    struct header_cache_entry **mine = &c->cores[core_index(core)];
    if (!*mine)
        *mine = xcalloc(N_SLOTS, sizeof **mine);
    return &(*mine)[seq & (N_SLOTS - 1)];
}

bool header_cache_get(struct header_cache *c, uint32_t seq, struct header_cache_entry *ret)
{
    struct header_cache_entry *e = slot(c, seq);
    if (!e || seq == 0 || e->seq != seq)
        return false;
    *ret = *e;
    return true;
}

void header_cache_put(struct header_cache *c, const struct header_cache_entry *e)
{
    struct header_cache_entry *to = slot(c, e->seq);
    if (to)
        *to = *e;
}
