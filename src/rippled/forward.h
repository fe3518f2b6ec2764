/* SPDX-License-Identifier: Apache-2.0 */
/* Client requests that only rippled can answer (rpc-b C.2). One forwarder per core: its connections
 * are the core's own. rippled takes the client's identity from the handshake, so a connection
 * serves one (source, client address, role); it carries one request at a time, because rippled
 * reads a connection's next request only after it has answered the one before. Requests and replies
 * pass unchanged: the text, the id, everything. */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "base/slice.h"
#include "json/json.h"

struct forward;
struct sources;
struct counter_registry;

/* Why a request got no reply; the numbers are the API's error codes. The greatest of those of all
 * sources counts. */
enum forward_failure {
    FORWARD_FAILURE_NONE = 0,
    FORWARD_FAILURE_CONNECTION = 7000,   /* no connection, or no source */
    FORWARD_FAILURE_REQUEST = 7001,      /* lost while sending or waiting */
    FORWARD_FAILURE_TIMEOUT = 7002,      /* no reply in time */
    FORWARD_FAILURE_INVALID_REPLY = 7003 /* the reply is not a JSON object */
};

struct forward_opts {
    struct sources *sources;           /* borrowed; may be NULL (nothing can be forwarded) */
    struct counter_registry *counters; /* may be NULL */
    int64_t request_timeout_ns;        /* for each source; 0 = 10 s */
    int64_t connect_timeout_ns;        /* 0 = 3 s */
    int64_t idle_timeout_ns;           /* an unused connection is closed then; 0 = 30 s */
    uint32_t max_connections; /* of this core; 0 = 256. More requests wait for one to become free */
    uint32_t max_per_client;  /* of one (source, address, role); 0 = 16 */
    size_t max_reply_bytes;   /* 0 = 16 MiB */
};

/* On the core that will use it. */
struct forward *forward_new(const struct forward_opts *opts);
/* No request may be running. Accepts NULL, returns NULL. */
YIELDS struct forward *forward_free(struct forward *f);

/* What is asked, and for whom. */
struct forward_query {
    struct slice text;     /* a JSON object with `command`, which leaves no traces on its connection
                              (nothing that subscribes) */
    const char *client_ip; /* NULL = unknown */
    bool is_admin;
    uint32_t keep_depth; /* of the parsed reply, as in json_opts; 0 = all */
};

/* Forward one request. The sources are tried once each, from a random one on. *ret_reply is the
 * reply, a JSON object, parsed; tree and text belong to `a`. On failure *ret_failure says how to
 * report it. `deadline_ns` bounds the whole. Errors: ERR_REFUSED, ERR_IO, ERR_TIMEOUT, ERR_PARSE
 * (in step with *ret_failure), ERR_CANCELLED. */
YIELDS ERR forward_request(struct forward *f, const struct forward_query *q, int64_t deadline_ns,
                           struct arena *a, struct json *ret_reply,
                           enum forward_failure *ret_failure);
