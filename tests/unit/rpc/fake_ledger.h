/* SPDX-License-Identifier: Apache-2.0 */
/* A ledger in memory in place of src/ledger: linked before the library, it takes the place of views
 * and ledgers. And a small client for the engine. */
#pragma once
#include "ledger/ledgers.h"
#include "rpc/engine.h"

struct store;

/* Keep something until the test's process ends (so that it is no leak); returns it. */
void *fake_keep(void *p);
/* For who makes many worlds in one process: what was kept is freed. No arena may be among it. */
void fake_free_kept(void);

/* Ledgers first..last, empty. first = 0: nothing held yet. */
struct ledgers *fake_ledgers_new(uint32_t first, uint32_t last);
/* An object that exists from ledger `from` to ledger `to`, both included. The bytes are borrowed.
 */
void fake_put(struct ledgers *l, const struct hash256 *key, struct slice object, uint32_t from,
              uint32_t to);
/* As if it had never been put. */
void fake_drop(struct ledgers *l, const struct hash256 *key);
/* One more ledger is held: `last` is the newest now. */
void fake_set_last(struct ledgers *l, uint32_t last);
void fake_set_store(struct ledgers *l, struct store *s);
/* From now on every read of an object fails with this error code (0 = no more). */
void fake_fail_reads(struct ledgers *l, int code);
/* Hash that the fake gives to ledger `seq`. */
struct hash256 fake_hash(uint32_t seq);
#define FAKE_CLOSE_TIME(seq) (800000000u + 10u * (seq))

struct client {
    struct rpc_server *server;
    struct rpc_request request; /* template: transport, ip, admin */
    int status;
    const char *content_type;
};
struct client fake_client(struct rpc_server *s, enum rpc_transport transport);
/* The reply as text; valid until the test ends. */
const char *client_ask(struct client *c, const char *text);
/* The value at a dotted path of the reply ("result.error"), as JSON text; "" when absent. */
const char *client_at(const char *reply, const char *path);

#define ASSERT_AT(expected, reply, path) ASSERT_STR((expected), client_at((reply), (path)))
