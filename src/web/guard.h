/* SPDX-License-Identifier: Apache-2.0 */
/* What one client address may take: connections at a time, and requests and bytes of answers per
 * interval (dos_guard of the configuration; etl-db 8.5, rpc-b G.3). Whitelisted addresses are never
 * counted. One guard serves all cores. A client is looked up under a lock when it connects;
 * counting is lock-free. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct guard;
struct guard_client;
struct netlist;
struct slice;
struct json;

struct guard_opts {
    uint32_t max_connections;
    uint32_t max_requests; /* weight per interval */
    uint32_t max_bytes;    /* of answers per interval */
    int64_t interval_ns;
    struct netlist *whitelist; /* borrowed */
};

struct guard *guard_new(const struct guard_opts *opts);
struct guard *guard_free(struct guard *g); /* no clients held; accepts NULL */

/* The record of an address, held until guard_put. Never NULL. */
struct guard_client *guard_get(struct guard *g, const char *ip);
/* One more holder. Lock-free: the caller holds it already. Returns c. */
struct guard_client *guard_ref(struct guard_client *c);
void guard_put(struct guard *g, struct guard_client *c);
bool guard_whitelisted(const struct guard_client *c);
const char *guard_ip(const struct guard_client *c);

/* Count a connection; false when it is one too many (it is counted all the same: guard_disconnect).
 */
bool guard_connect(struct guard *g, struct guard_client *c);
void guard_disconnect(struct guard *g, struct guard_client *c);

/* Is the client within its limits now? */
bool guard_within(struct guard *g, struct guard_client *c);
/* Count a request; false when that is over the limit. */
bool guard_request(struct guard *g, struct guard_client *c, uint32_t weight);
/* Count bytes of an answer; false when that is over the limit. */
bool guard_bytes(struct guard *g, struct guard_client *c, uint64_t n);
