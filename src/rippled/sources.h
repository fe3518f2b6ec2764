/* SPDX-License-Identifier: Apache-2.0 */
/* The servers we read from (Clio's `etl_sources`): one WebSocket link each (what it has validated), gRPC for data, and
 * forwarding of client requests. Opened on one core (the "home" core); readable figures for all. */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "base/slice.h"
#include "json/jw.h"

struct sources;
struct core;
struct counter_registry;

struct sources_endpoint {
    const char *host; /* address or name */
    uint16_t ws_port;
    uint16_t grpc_port;
};

struct sources_opts {
    const struct sources_endpoint *endpoints;
    uint32_t n_endpoints;
    bool has_network_id;  /* when false the first source that answers decides */
    uint32_t network_id;  /* expected; a source of another network is not used, and said so */
    struct counter_registry *counters;
    /* A source reported a validated ledger (any source, any order). On the home core. */
    void (*on_ledger)(void *arg, uint32_t seq);
    /* Messages of the forwarding source that are not ours to make: proposed transactions, validations, manifests
     * (raw text). On the home core. May be NULL. */
    void (*on_message)(void *arg, struct slice text);
    void *arg;
};

/* Start the links on the current core. The strings are copied. */
ERR sources_start(const struct sources_opts *opts, struct sources **ret);
YIELDS struct sources *sources_stop(struct sources *s);

/* Greatest sequence any source reported; 0 = none yet. Any thread. */
uint32_t sources_newest(const struct sources *s);
/* Network id as reported; false while unknown. Any thread. */
bool sources_network_id(const struct sources *s, uint32_t *ret);

/* A ledger with transactions and state difference (`GetLedger`), or without the difference (first ledger). Tried on the
 * sources that have it, in turn; a source whose reply the caller found wrong is passed as `avoid` bits. `ret_source` tells
 * who answered. Errors: ERR_NOT_FOUND (no source has it now), ERR_IO, ERR_CANCELLED. Home core, on a fiber. */
struct sources_ledger; /* decoded reply, refcounted, crosses threads: see fetch.h */
