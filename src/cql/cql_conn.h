/* SPDX-License-Identifier: Apache-2.0 */
/* One connection to a node: handshake, requests in flight by stream id, orderly end. Belongs to the
 * core that opened it. Requests of one turn of the loop leave together; answers come in any order.
 * A stream id is free again only when its answer has come, whoever still waits for it. */
#pragma once
#include "base/list.h"
#include "cql/cql_frame.h"
#include "cql/cql_message.h"

struct cql_conn;
struct tls_client;

struct cql_conn_opts {
    const char *host;
    uint16_t port;
    const char *user; /* NULL: no authentication is offered */
    const char *password;
    bool lz4;               /* compress if the node can */
    uint8_t max_version;    /* 4 or 5; 0 = 5 */
    struct tls_client *tls; /* NULL = plain */
    uint32_t max_streams;   /* requests in flight; 0 = 32,768, the protocol's bound */
    /* Scylla: connect to shard_port, from a port of ours that belongs to `shard`. 0 = to `port`. */
    uint16_t shard_port;
    uint32_t shard, n_shards;
    int64_t silence_ns; /* with requests in flight and not a byte for so long, and half as long for
                           a ping, the connection is dead; 0 = 2 s. Also if bytes come for five
                           times as long and no answer ends */
    /* An EVENT frame; NULL = none are asked for. On the loop's side: must not yield. */
    void (*on_event)(void *arg, const struct cql_frame *f);
    void *arg;
};

/* One request in flight, embedded by who asks. */
struct cql_pending {
    struct list node;      /* of the connection's, oldest first */
    struct cql_conn *conn; /* NULL: not in flight */
    int64_t sent_ns;
    uint32_t stream;
    /* The answer, valid during the call; NULL: the connection ended without one. Must not yield. */
    void (*on_reply)(struct cql_pending *p, const struct cql_frame *reply);
};

/* Connect and finish the handshake. `opts` and its texts must outlive the connection. Errors: those
 * of sock_connect, ERR_STATUS (the node refuses: credentials, versions; the text says what),
 * ERR_PROTOCOL. */
YIELDS ERR cql_conn_open(const struct cql_conn_opts *opts, int64_t deadline_ns,
                         struct cql_conn **ret);
/* Serve the connection until it ends; always an error. Everything in flight has then heard NULL,
 * and nothing can be sent any more. The caller then frees it. */
YIELDS ERR cql_conn_run(struct cql_conn *c);
YIELDS struct cql_conn *cql_conn_free(struct cql_conn *c);

uint8_t cql_conn_version(const struct cql_conn *c);
const struct cql_message_supported *cql_conn_supported(const struct cql_conn *c);
uint32_t cql_conn_in_flight(const struct cql_conn *c);
/* A request can be sent now. */
bool cql_conn_usable(const struct cql_conn *c);

/* Append one frame to cql_conn_out (made with cql_conn_version), and send it: `at` is where it
 * begins. Only if cql_conn_usable. */
struct buf *cql_conn_out(struct cql_conn *c);
void cql_conn_send(struct cql_conn *c, struct cql_pending *p, size_t at);
/* Nobody waits any more: on_reply will not be called. Fine for one that is not in flight. */
void cql_conn_forget(struct cql_pending *p);

/* Send the one frame in `frame` and wait. *ret_body lives in `a`. An ERROR frame is ERR_STATUS with
 * its text, and its code in *ret_code (may be NULL). Somebody must be in cql_conn_run. */
YIELDS ERR cql_conn_request(struct cql_conn *c, struct slice frame, int64_t deadline_ns,
                            struct arena *a, struct slice *ret_body, uint32_t *ret_code);
