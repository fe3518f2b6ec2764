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
    FAKE_REFUSE_LOGIN,
};

struct fake_node {
    struct sock_listener *listener;
    uint16_t port;
    char address[32];
    enum fake_fault fault;
    uint32_t n_faults; /* so many times, then it is fine; 0 = always */
    bool wants_login;
    bool has_forgotten; /* FAKE_UNPREPARED */
    uint32_t n_executed, n_prepared, n_connections;
    const char *peers[4]; /* addresses of the other nodes */
    struct list conns;
};

/* Nodes of a cluster share a port, each on an address of its own (127.0.0.x): port 0 = any free
 * one. */
void fake_node_start(struct fake_node *n, const char *address, uint16_t port);
/* As if it were killed: connections end, nobody listens. */
void fake_node_kill(struct fake_node *n);

/* A cluster of two nodes with one statement, `SELECT v FROM t WHERE k = ?`, answered by one row
 * with the key. */
struct fake_cluster {
    struct fake_node nodes[2];
    struct cql_cluster *cluster;
};
void fake_cluster_start(struct fake_cluster *f, struct cql_cluster_opts opts);
void fake_cluster_stop(struct fake_cluster *f);
/* One read of key "key" with a deadline so many ms from now. */
err fake_cluster_read(struct fake_cluster *f, int64_t ms);
