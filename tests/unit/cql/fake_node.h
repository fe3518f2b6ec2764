/* SPDX-License-Identifier: Apache-2.0 */
/* A node that does as it is told: version 4, one table, faults. On the current core. */
#pragma once
#include "base/buf.h"
#include "base/list.h"
#include "cql/cql_cluster.h"

enum fake_fault {
    FAKE_FINE = 0,
    FAKE_SILENT,       /* takes requests, answers nothing any more */
    FAKE_CLOSE,        /* closes the connection at the next EXECUTE */
    FAKE_GARBAGE,      /* answers an EXECUTE with bytes that are no frame */
    FAKE_WRONG_STREAM, /* ... of a stream that was not asked */
    FAKE_UNPREPARED,   /* ... that it does not know the statement, once for each PREPARE */
    FAKE_OVERLOADED,   /* ... that it has too much to do */
    FAKE_INVALID,      /* ... that the request is wrong */
    FAKE_ERROR,        /* ... with error_code */
    FAKE_DAMAGED,      /* ... with rows that end too soon */
    FAKE_ENDLESS,      /* ... with the beginning of a frame of 200 MB; all that follows is in it */
    FAKE_HOLD,         /* keeps answers to EXECUTE back until fake_node_release */
    FAKE_REFUSE_LOGIN,
};

/* A node of Scylla: connections to shard_port belong to the shard that their port tells, others to
 * one after the other. */
struct fake_shards {
    uint32_t n;      /* 0 = Cassandra */
    bool translates; /* ports are not what they were when they arrive */
    bool closed;     /* nobody listens at the port that is told */
    uint16_t port;   /* for shards; found by fake_node_start */
    struct sock_listener *listener;
    uint32_t n_connections[64];
    uint32_t n_executed[64], n_misplaced; /* by shard; for keys of another shard */
    uint32_t next;
};

struct fake_node {
    struct sock_listener *listener;
    uint16_t port;
    char address[32];
    enum fake_fault fault;
    uint32_t n_faults; /* so many times, then it is fine; 0 = always */
    bool wants_login;
    bool has_forgotten;  /* FAKE_UNPREPARED */
    uint32_t error_code; /* FAKE_ERROR */
    uint32_t n_executed, n_prepared, n_connections;
    uint32_t n_reused; /* requests with the stream of one that waits for its answer */
    uint32_t n_held;
    struct fake_shards shards;
    const char *peers[4]; /* addresses of the other nodes */
    struct list conns;
};

/* Nodes of a cluster share a port, each on an address of its own (127.0.0.x): port 0 = any free
 * one. */
void fake_node_start(struct fake_node *n, const char *address, uint16_t port);
/* As if it were killed: connections end, nobody listens. */
void fake_node_kill(struct fake_node *n);

/* What was kept back leaves now, the newest first; and nothing more is. */
void fake_node_release(struct fake_node *n);
/* Tell all connections that asked for events that something changed. */
void fake_node_event(struct fake_node *n);

/* A cluster of two nodes with one statement, `SELECT v FROM t WHERE k = ?`, answered by one row
 * with "value", or with the key if that is longer than three bytes. */
struct fake_cluster {
    struct fake_node nodes[2];
    struct cql_cluster *cluster;
};
void fake_cluster_start(struct fake_cluster *f, struct cql_cluster_opts opts);
void fake_cluster_stop(struct fake_cluster *f);
/* Only the first of the nodes, which is set up. */
void fake_cluster_start_one(struct fake_cluster *f, struct cql_cluster_opts opts);
/* One read of key "key" with a deadline so many ms from now. */
err fake_cluster_read(struct fake_cluster *f, int64_t ms);
