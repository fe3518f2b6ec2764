/* SPDX-License-Identifier: Apache-2.0 */
/* One statement to be run by a cluster: what, where to, what came of it. */
#pragma once
#include "cql/cql_cluster.h"
#include "cql/cql_conn.h"

/* A row of a batch. */
struct cql_call_row {
    uint32_t stmt;
    uint16_t n_values;
    struct slice values;
};

struct cql_call;
/* One sending of a call. Internal. */
struct cql_attempt {
    struct cql_pending pending;
    struct cql_call *call;
    struct cql_node *node;
};

struct cql_call {
    /* The request; what the slices point to lives until the call has ended. */
    uint32_t stmt;    /* a prepared statement: its index + 1; 0: `text`, or a batch */
    const char *text; /* run as it is */
    uint16_t n_values;
    struct slice values;             /* of stmt or text */
    const struct cql_call_row *rows; /* an unlogged batch */
    uint16_t n_rows;
    struct slice key; /* the partition key, as it is hashed; empty = any node will do */
    bool has_token;   /* where to is told by `token` in place of a key */
    int64_t token;
    struct cql_message_params params;
    bool is_write;
    bool once;           /* not idempotent: never sent twice if the first may have had its effect
                            (ERR_TIMEOUT) */
    bool patient;        /* try again until the deadline, instead of a few times */
    int64_t deadline_ns; /* 0 = none */
    struct arena *arena; /* where the answer is put; NULL: only the outcome is wanted */

    /* The outcome. */
    err e; /* ERR_BUSY (the database does not answer in time: ask later), ERR_TIMEOUT, ERR_STATUS
              (it refuses: see code), ERR_LIMIT, ERR_PROTOCOL, ERR_CANCELLED */
    uint32_t code; /* of ERR_STATUS: enum cql_error_code */
    char error[160];
    enum cql_result_kind kind;
    struct cql_rows result;
    /* Called at the end on the core where it was started (perhaps from inside cql_call_start); must
     * not yield. */
    void (*done)(struct cql_call *c);
    void *owner;

    /* The session's. */
    struct cql_session *session;
    struct list node;
    struct cql_attempt attempts[2];
    uint64_t tried; /* nodes, by index */
    int64_t started_ns;
    int64_t due_ns;
    uint32_t n_failed;
    bool running;
};

/* Start a call on the current core (its session's nodes). `done` will be called, unless it is
 * cancelled. */
void cql_call_start(struct cql_cluster *cluster, struct cql_call *c);
/* Nobody wants it any more. Fine for one that has ended. */
void cql_call_cancel(struct cql_call *c);

/* Run n calls at the same time and wait for them all; their `done` and `owner` are used. Returns
 * the error of the first in the list that failed, with its text; each call has its own. Without a
 * core it is done on the cluster's. Errors also: ERR_CANCELLED, ERR_TIMEOUT (deadline_ns): no call
 * is then running any more. */
YIELDS ERR cql_call_run(struct cql_cluster *cluster, struct cql_call *calls, size_t n,
                        int64_t deadline_ns);

/* The values of the first row of one call. ERR_NOT_FOUND: there is none. ERR_CORRUPT: other columns
 * than these. */
ERR cql_call_first_row(struct cql_call *c, struct cql_value *v, uint32_t n_columns);
