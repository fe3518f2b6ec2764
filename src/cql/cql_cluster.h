/* SPDX-License-Identifier: Apache-2.0 */
/* A cluster of Cassandra or Scylla nodes, used from all cores. Each core that makes calls has
 * connections of its own to each node (a session, made at the first call); a core of the cluster's
 * own watches the topology, and does the work of threads that are no cores. */
#pragma once
#include "base/counter.h"
#include "cql/cql_message.h"

struct cql_cluster;
struct core;
struct jw;

struct cql_cluster_opts {
    const char *contact_points;  /* "host,host": tried in order until one answers; the others are
                                    found from there */
    uint16_t port;               /* 0 = 9042 */
    const char *user, *password; /* NULL = no login */
    const char *ca_file;         /* TLS; NULL = plain */
    bool lz4;
    uint8_t max_version;           /* 0 = as new as the nodes speak; 4 */
    const char *keyspace;          /* whose replication tells which nodes hold a token */
    const char *const *statements; /* texts; calls name them by index + 1. Outlive the cluster */
    uint32_t n_statements;
    uint32_t connections_per_node; /* a core; 0 = 1 */
    uint32_t max_reads;            /* in flight, of all cores; more are ERR_BUSY. 0 = 100,000 */
    int64_t connect_timeout_ns;    /* 0 = 10 s */
    int64_t attempt_timeout_ns; /* an answer that takes longer is asked of another node; 0 = 5 s */
    double speculative_percentile;     /* reads slower than this many percent of all are asked of a
                                          second node; 0 = off */
    struct counter_registry *counters; /* may be NULL */
};

/* Connect, and learn the topology. Opts and its texts are copied, but for the statements. From any
 * thread or fiber. Errors: of the last contact point tried; ERR_STATUS at once when a node refuses
 * the login. */
YIELDS ERR cql_cluster_open(const struct cql_cluster_opts *opts, struct cql_cluster **ret);
/* No call may be running. Cores other than the caller's that made calls must have ended. Accepts
 * NULL, returns NULL. */
YIELDS struct cql_cluster *cql_cluster_close(struct cql_cluster *c);

/* Read topology and replication again now (a keyspace was made). */
YIELDS ERR cql_cluster_refresh(struct cql_cluster *c);
/* Wait until all nodes that are up have the same schema: what was made is then known everywhere.
 * Errors: ERR_TIMEOUT. */
YIELDS ERR cql_cluster_await_schema(struct cql_cluster *c, int64_t deadline_ns);
/* The cluster's own core. */
struct core *cql_cluster_core(struct cql_cluster *c);

/* For people: name of the cluster, and of each node address, data centre, version, connections. */
struct cql_cluster_node_info {
    char address[64];
    uint16_t port;
    char dc[64];
    char release[32];
    uint32_t n_connections; /* of all cores */
    bool is_local;
};
/* Up to `max` nodes; how many there are. Any thread. */
uint32_t cql_cluster_nodes(struct cql_cluster *c, struct cql_cluster_node_info *ret, uint32_t max);

/* A number that is the same for tokens that the same nodes hold: what stands there can be read with
 * one statement that one node answers out of its own rows. Any thread. */
uint64_t cql_cluster_nodes_of(struct cql_cluster *c, int64_t token);

struct cql_cluster_stats {
    uint64_t n_reads, n_writes; /* finished */
    uint64_t n_read_errors, n_write_errors;
    uint64_t n_read_retries, n_write_retries;
    uint64_t n_reads_pending, n_writes_pending;
    uint64_t n_too_busy;
    uint64_t n_speculative;
};
void cql_cluster_get_stats(struct cql_cluster *c, struct cql_cluster_stats *ret);
