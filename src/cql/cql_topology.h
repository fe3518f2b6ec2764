/* SPDX-License-Identifier: Apache-2.0 */
/* The nodes of a cluster and which of them hold a token. Immutable once made; shared by cores by
 * reference. */
#pragma once
#include "base/arena.h"
#include "base/err.h"

#include <stdatomic.h>

#define CQL_TOPOLOGY_MAX_NODES 1024
#define CQL_TOPOLOGY_MAX_REPLICAS 16

/* Figures of a node that all cores add to; lives as long as the cluster's object. */
struct cql_topology_state {
    uint8_t host_id[16];
    char address[64];
    _Atomic int32_t n_connections;
    _Atomic int32_t n_in_flight;
    _Atomic int64_t last_error_ns; /* wall clock; 0 = never */
    _Atomic uint32_t version;      /* of the protocol, that the node spoke */
    _Atomic uint32_t n_lower;      /* handshakes in a row that ended with a lower one */
    struct cql_topology_state *next;
};

struct cql_topology_node {
    uint8_t host_id[16];
    char address[64]; /* as text, to connect to */
    uint16_t port;
    const char *dc;
    const char *rack;
    const char *release;
    struct slice tokens; /* while it is built: 8 bytes each, as int64_t */
    bool is_local;       /* in the data centre that is used */
    struct cql_topology_state *state;
};

/* How a keyspace is replicated. */
struct cql_topology_replication {
    bool is_simple;
    uint32_t simple_factor;
    uint32_t n_dcs;
    struct {
        const char *name;
        uint32_t factor;
    } dcs[16];
};

struct cql_topology_range {
    int64_t token; /* the range's end, included */
    uint16_t
        replicas[CQL_TOPOLOGY_MAX_REPLICAS]; /* indexes of nodes, nearest in ring order first */
    uint8_t n_replicas;
    uint64_t set; /* the same for ranges that the same nodes hold, else another */
};

struct cql_topology {
    _Atomic uint32_t refs;
    struct arena *arena;
    const char *cluster_name;
    struct cql_topology_node *nodes;
    uint32_t n_nodes;
    struct cql_topology_range *ranges; /* ascending; a token above all belongs to the first */
    uint32_t n_ranges;
};

/* Make one of nodes (texts are copied) and a keyspace's replication. The caller holds the one
 * reference. */
struct cql_topology *cql_topology_new(const char *cluster_name,
                                      const struct cql_topology_node *nodes, uint32_t n_nodes,
                                      const struct cql_topology_replication *replication);
struct cql_topology *cql_topology_ref(struct cql_topology *t);
void cql_topology_unref(struct cql_topology *t); /* accepts NULL */

/* The range that holds a token; NULL when there is none. */
const struct cql_topology_range *cql_topology_find(const struct cql_topology *t, int64_t token);

/* The map {'class': ..., 'replication_factor': ...} of system_schema.keyspaces, as it stands in a
 * row. Texts live in `a`. False: damaged, or a strategy that is not known. */
bool cql_topology_get_replication(struct slice map, struct arena *a,
                                  struct cql_topology_replication *ret);
