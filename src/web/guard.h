/* SPDX-License-Identifier: Apache-2.0 */
/* What one client may take (an address of IPv4, a /64 of IPv6): connections at a time, requests and
 * bytes of answers per interval (dos_guard of the configuration; etl-db 8.5, rpc-b G.3), and memory
 * at a time. Whitelisted addresses are never counted, but for memory. One guard serves all cores. A
 * client is looked up under a lock when it connects; counting is lock-free. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct guard;
struct guard_client;
struct netlist;

struct guard_opts {
    uint32_t max_connections;
    uint32_t max_requests; /* weight per interval */
    uint32_t max_bytes;    /* of answers per interval; what is more is a debt of the next ones */
    int64_t interval_ns;
    struct netlist *whitelist; /* borrowed */
};

struct guard *guard_new(const struct guard_opts *opts);
struct guard *guard_free(struct guard *g); /* no clients held; accepts NULL */

/* The record of an address (canonical), held until guard_put. Never NULL. Addresses of a /64 share
 * it, but for whitelisted ones, which have their own. */
struct guard_client *guard_get(struct guard *g, const char *ip);
/* One more holder. Lock-free: the caller holds it already. Returns c. */
struct guard_client *guard_ref(struct guard_client *c);
void guard_put(struct guard *g, struct guard_client *c);
bool guard_whitelisted(const struct guard_client *c);
const char *guard_key(const struct guard_client *c); /* the address or network that it is for */

/* Count a connection; how many there are over the limit with it, 0 = none (it is counted all the
 * same: guard_disconnect). */
uint32_t guard_connect(struct guard *g, struct guard_client *c);
void guard_disconnect(struct guard *g, struct guard_client *c);

/* Count a handshake of TLS in progress; how many the client has with it. */
uint32_t guard_handshake_begin(struct guard_client *c);
void guard_handshake_end(struct guard_client *c);

/* Is the client within its limits now? */
bool guard_within(struct guard *g, struct guard_client *c);
/* Count a request; false when that is over the limit. */
bool guard_request(struct guard *g, struct guard_client *c, uint32_t weight);
/* Count bytes of an answer; false when the next request will be over a limit, so that the client
 * can be warned. */
bool guard_bytes(struct guard *g, struct guard_client *c, uint64_t n);
/* Count a refusal; how many there were in this interval. */
uint32_t guard_refusal(struct guard *g, struct guard_client *c);
/* Note an answer to a request by which clients judge whether the server lives. */
void guard_note_vital(struct guard_client *c);
/* Has the client had none for a second? Then it gets one whatever its limits. */
bool guard_vital_is_due(const struct guard_client *c);
/* When the client will be within its limits again, debts included, if it stays quiet. */
int64_t guard_within_at(struct guard *g, const struct guard_client *c);

/* Memory that the client's requests hold: those that wait to start, and those that run with what is
 * queued of their answers. Differences; the sums. */
void guard_hold(struct guard_client *c, int64_t waiting, int64_t running);
size_t guard_waiting_bytes(const struct guard_client *c);
size_t guard_running_bytes(const struct guard_client *c);
