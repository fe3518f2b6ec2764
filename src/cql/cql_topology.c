/* SPDX-License-Identifier: Apache-2.0 */
#include "cql/cql_topology.h"

#include "base/hash.h"
#include "base/mem.h"
#include "cql/cql_value.h"

#include <stdlib.h>

struct ring_entry {
    int64_t token;
    uint16_t node;
};

static int by_token(const void *a, const void *b)
{
    const struct ring_entry *x = a, *y = b;
    return x->token < y->token ? -1 : x->token > y->token ? 1 : (int)x->node - (int)y->node;
}

static bool holds(const struct cql_topology_range *r, uint16_t node)
{
    for (uint32_t i = 0; i < r->n_replicas; i++)
        if (r->replicas[i] == node)
            return true;
    return false;
}

static void add(struct cql_topology_range *r, uint16_t node)
{
    if (r->n_replicas < CQL_TOPOLOGY_MAX_REPLICAS && !holds(r, node))
        r->replicas[r->n_replicas++] = node;
}

/* The next `factor` nodes along the ring. */
static void place_simple(struct cql_topology_range *r, const struct ring_entry *ring, uint32_t n,
                         uint32_t at, uint32_t factor)
{
    for (uint32_t i = 0; i < n && r->n_replicas < factor; i++)
        add(r, ring[(at + i) % n].node);
}

static uint32_t count_racks(const struct cql_topology *t, const char *dc)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < t->n_nodes; i++) {
        bool seen = strcmp(t->nodes[i].dc, dc) != 0;
        for (uint32_t j = 0; j < i && !seen; j++)
            seen =
                strcmp(t->nodes[j].dc, dc) == 0 && strcmp(t->nodes[j].rack, t->nodes[i].rack) == 0;
        n += !seen;
    }
    return n;
}

/* A rack again only once each rack has one (NetworkTopologyStrategy); who was passed over comes
 * after that, in order. */
static void place_dc(const struct cql_topology *t, struct cql_topology_range *r,
                     const struct ring_entry *ring, uint32_t n, uint32_t at, const char *dc,
                     uint32_t factor)
{
    uint32_t n_racks = count_racks(t, dc), n_taken = 0, n_used = 0, n_passed = 0;
    const char *used[CQL_TOPOLOGY_MAX_REPLICAS];
    uint16_t passed[CQL_TOPOLOGY_MAX_REPLICAS];
    for (uint32_t i = 0; i < n && n_taken < factor && r->n_replicas < CQL_TOPOLOGY_MAX_REPLICAS;
         i++) {
        uint16_t node = ring[(at + i) % n].node;
        if (strcmp(t->nodes[node].dc, dc) != 0 || holds(r, node))
            continue;
        bool again = false;
        for (uint32_t j = 0; j < n_used; j++)
            again |= strcmp(used[j], t->nodes[node].rack) == 0;
        if (again && n_used < n_racks) {
            if (n_passed < CQL_TOPOLOGY_MAX_REPLICAS)
                passed[n_passed++] = node;
            continue;
        }
        add(r, node);
        n_taken++;
        if (!again && n_used < CQL_TOPOLOGY_MAX_REPLICAS)
            used[n_used++] = t->nodes[node].rack;
        for (uint32_t j = 0; n_used == n_racks && j < n_passed && n_taken < factor; j++)
            if (!holds(r, passed[j])) {
                add(r, passed[j]);
                n_taken++;
            }
    }
}

static int by_number(const void *a, const void *b)
{
    return *(const uint16_t *)a < *(const uint16_t *)b ? -1 : 1;
}

static uint64_t set_of(const struct cql_topology_range *r)
{
    uint16_t nodes[CQL_TOPOLOGY_MAX_REPLICAS];
    memcpy(nodes, r->replicas, r->n_replicas * sizeof *nodes);
    qsort(nodes, r->n_replicas, sizeof *nodes, by_number);
    return hash_fast(nodes, r->n_replicas * sizeof *nodes, 0);
}

static void make_ranges(struct cql_topology *t, const struct cql_topology_replication *replication)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < t->n_nodes; i++)
        n += (uint32_t)(t->nodes[i].tokens.n / 8);
    struct ring_entry *ring = xcalloc(n + 1, sizeof *ring);
    n = 0;
    for (uint32_t i = 0; i < t->n_nodes; i++)
        for (size_t j = 0; j + 8 <= t->nodes[i].tokens.n; j += 8) {
            ring[n].node = (uint16_t)i;
            memcpy(&ring[n++].token, t->nodes[i].tokens.p + j, 8);
        }
    qsort(ring, n, sizeof *ring, by_token);
    t->ranges = arena_array(t->arena, struct cql_topology_range, n + 1);
    t->n_ranges = n;
    for (uint32_t i = 0; i < n; i++) {
        struct cql_topology_range *r = &t->ranges[i];
        *r = (struct cql_topology_range){.token = ring[i].token};
        if (replication->is_simple)
            place_simple(r, ring, n, i, replication->simple_factor);
        for (uint32_t j = 0; !replication->is_simple && j < replication->n_dcs; j++)
            place_dc(t, r, ring, n, i, replication->dcs[j].name, replication->dcs[j].factor);
        r->set = set_of(r);
    }
    free(ring);
}

struct cql_topology *cql_topology_new(const char *cluster_name,
                                      const struct cql_topology_node *nodes, uint32_t n_nodes,
                                      const struct cql_topology_replication *replication)
{
    struct cql_topology *t = xcalloc(1, sizeof *t);
    atomic_store(&t->refs, 1);
    t->arena = arena_new(0);
    t->cluster_name = arena_strdup(t->arena, slice_str(cluster_name));
    t->n_nodes = MIN(n_nodes, (uint32_t)CQL_TOPOLOGY_MAX_NODES);
    t->nodes = arena_array(t->arena, struct cql_topology_node, t->n_nodes + 1);
    for (uint32_t i = 0; i < t->n_nodes; i++) {
        t->nodes[i] = nodes[i];
        t->nodes[i].dc = arena_strdup(t->arena, slice_str(nodes[i].dc));
        t->nodes[i].rack = arena_strdup(t->arena, slice_str(nodes[i].rack));
        t->nodes[i].release = arena_strdup(t->arena, slice_str(nodes[i].release));
    }
    make_ranges(t, replication);
    for (uint32_t i = 0; i < t->n_nodes; i++)
        t->nodes[i].tokens = SLICE_EMPTY;
    return t;
}

struct cql_topology *cql_topology_ref(struct cql_topology *t)
{
    atomic_fetch_add_explicit(&t->refs, 1, memory_order_relaxed);
    return t;
}

void cql_topology_unref(struct cql_topology *t)
{
    if (!t || atomic_fetch_sub(&t->refs, 1) != 1)
        return;
    arena_free(t->arena);
    free(t);
}

const struct cql_topology_range *cql_topology_find(const struct cql_topology *t, int64_t token)
{
    uint32_t from = 0, to = t->n_ranges;
    while (from < to) { /* the first range whose end is not below the token */
        uint32_t at = from + (to - from) / 2;
        if (t->ranges[at].token < token)
            from = at + 1;
        else
            to = at;
    }
    return t->n_ranges == 0 ? NULL : &t->ranges[from == t->n_ranges ? 0 : from];
}

static uint32_t factor_of(struct slice s)
{
    uint32_t v = 0;
    for (size_t i = 0; i < s.n && s.p[i] >= '0' && s.p[i] <= '9' && v < 1000; i++)
        v = v * 10 + (uint32_t)(s.p[i] - '0');
    return v; /* "3/1" (transient replicas): 3 */
}

static bool ends_with(struct slice s, const char *end)
{
    size_t n = strlen(end);
    return s.n >= n && memcmp(s.p + s.n - n, end, n) == 0;
}

bool cql_topology_get_replication(struct slice map, struct arena *a,
                                  struct cql_topology_replication *ret)
{
    struct cursor c = cursor_of(map);
    bool is_network = false;
    *ret = (struct cql_topology_replication){0};
    for (uint32_t n = cursor_be32(&c); n > 0 && !c.failed; n--) {
        struct slice key = cql_value_get(&c).bytes, value = cql_value_get(&c).bytes;
        if (slice_is(key, "class")) {
            ret->is_simple = ends_with(value, "SimpleStrategy");
            is_network = ends_with(value, "NetworkTopologyStrategy");
        } else if (slice_is(key, "replication_factor")) {
            ret->simple_factor = factor_of(value);
        } else if (ret->n_dcs < ARRAY_LEN(ret->dcs)) {
            ret->dcs[ret->n_dcs].name = arena_strdup(a, key);
            ret->dcs[ret->n_dcs++].factor = factor_of(value);
        }
    }
    return !c.failed && (ret->is_simple || is_network);
}
