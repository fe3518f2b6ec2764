/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of a cluster. Internal to cql.
 *
 *   cluster ─┬─ control (own core): one connection, topology, events
 *            └─ session (one a core) ── node (each) ─┬─ link (each a connection and its fiber)
 *                    │                               └─ prepared statements
 *                    └─ calls: in flight, delayed */
#pragma once
#include "cql/cql_call.h"
#include "cql/cql_topology.h"
#include "rt/fiber.h"
#include "rt/timer.h"

#include <pthread.h>

#define CQL_MAX_SESSIONS 256

struct cql_metrics {
    struct counter *read_done, *read_error, *read_retry, *read_pending;
    struct counter *write_done, *write_error, *write_retry, *write_pending;
    struct counter *too_busy, *speculative, *prepared, *connects, *connect_errors, *nodes,
        *nodes_up;
    struct counter_histogram *read_ms, *write_ms, *read_us;
};

struct cql_cluster {
    struct cql_cluster_opts opts; /* texts are our own */
    char *texts[5];
    struct core *core;
    struct tls_client *tls; /* NULL = plain */
    struct counter_registry *own_counters;
    struct cql_metrics m;

    pthread_mutex_t lock;          /* topology, sessions, states */
    struct cql_topology *topology; /* the newest */
    _Atomic uint32_t version;      /* grows with each topology */
    struct cql_session *sessions[CQL_MAX_SESSIONS];
    struct cql_topology_state *states;

    struct cql_control *control; /* own core */
};

struct cql_session {
    struct cql_cluster *cluster;
    struct core *core;
    struct cql_topology *topology;
    uint32_t version;
    struct list nodes; /* of struct cql_node; those that left the cluster, too, until the end */
    struct cql_node **by_index; /* as in topology */
    struct list in_flight;      /* calls, longest in flight first */
    struct list speculated;     /* those in flight at two nodes */
    struct list delayed;        /* calls that wait for their time */
    struct timer tick;
    struct fiber_group links;
    uint64_t rng;
    int64_t speculative_ns; /* estimate of the percentile */
    int64_t lost_ns;        /* since when no node is connected */
    uint32_t n_connected;   /* nodes */
    _Atomic bool ended;     /* its core stopped, or the cluster is closed */
};

enum cql_prepared_state { CQL_PREPARED_NONE = 0, CQL_PREPARED_ASKED, CQL_PREPARED_READY };
struct cql_prepared {
    enum cql_prepared_state state;
    struct buf id;
    struct buf result_id;
};

struct cql_node {
    struct list in_session;
    struct cql_session *session;
    struct cql_topology_state *state;
    uint8_t host_id[16];
    struct cql_conn_opts conn_opts;
    char address[64];
    struct cql_link **links;
    uint32_t n_links;
    uint32_t first_shard;        /* of the first connection: link i is for shard first_shard + i */
    uint16_t shard_port;         /* where our own port tells the shard; 0 = nowhere */
    int64_t avoid_shard_port_ns; /* until then: it could not be used */
    uint32_t n_connected;
    uint32_t n_shards, ignore_msb; /* Scylla */
    struct cql_prepared *prepared; /* by statement */
    struct list waiting;           /* calls for a statement to be prepared */
    bool is_tried;                 /* the first attempt to connect has ended */
    bool is_gone;                  /* left the cluster */
};

struct cql_link {
    struct cql_node *node;
    uint32_t index;
    bool told_shard; /* the newest connection was made so that it belongs to the link's shard */
    struct cql_conn *conn; /* NULL: not connected */
};

/* cql_node.c */
struct cql_node *cql_node_new(struct cql_session *s, const struct cql_topology_node *of);
void cql_node_free(struct cql_node *n); /* its links have ended */
/* The connection to use for a token; NULL: none now. */
struct cql_conn *cql_node_conn(struct cql_node *n, const struct cql_call *call);
/* The statements of a call are known to the node. Else they are being asked for, and the call is
 * put on `waiting`. */
bool cql_node_prepared(struct cql_node *n, struct cql_conn *conn, struct cql_call *call);
/* The statement of a call is known to the node; else it is being asked for, and nobody waits. */
bool cql_node_prefetch(struct cql_node *n, struct cql_call *call);
/* The node does not know a statement any more. */
void cql_node_unprepare(struct cql_node *n, const struct cql_call *call);
/* Append the call's frame. */
void cql_node_put(struct cql_node *n, struct cql_conn *conn, const struct cql_call *call);

/* cql_session.c */
struct cql_session *
cql_session_get(struct cql_cluster *c);             /* of this core; NULL: the core is stopping */
YIELDS void cql_session_end(struct cql_session *s); /* on its core */
void cql_session_free(struct cql_session *s);       /* ended */
void cql_session_node_up(struct cql_session *s, struct cql_node *n);
void cql_session_node_down(struct cql_session *s, struct cql_node *n);
void cql_session_try(struct cql_call *c);           /* choose a node and send it */
void cql_session_finish(struct cql_call *c, err e); /* its end (text in err_text) */
void cql_session_resume(struct cql_call *c);        /* prepared: send it */
void cql_session_failed(struct cql_call *c, err e,
                        uint32_t code); /* an attempt failed (text in err_text) */

/* cql_control.c: on the cluster's core */
YIELDS ERR cql_control_start(struct cql_cluster *c);
YIELDS void cql_control_stop(struct cql_cluster *c);
YIELDS ERR cql_control_refresh(struct cql_cluster *c);
YIELDS ERR cql_control_await_schema(struct cql_cluster *c, int64_t deadline_ns);
