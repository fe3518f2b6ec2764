/* SPDX-License-Identifier: Apache-2.0 */
/* A rippled of few words, on the current core: WebSocket and gRPC on free ports. What it answers is
 * up to the test. */
#pragma once
#include "base/buf.h"
#include "eventually.h"
#include "net/grpc_server.h"
#include "rippled/sources.h"
#include "test.h"

#define FAKE_SOURCE_CONNS 64

struct http_server;
struct sock_listener;
struct ws;

struct fake_source_conn {
    struct fake_source *f;
    struct ws *ws;     /* a reference; NULL once closed */
    char headers[512]; /* of its handshake: user agent, role, forwarded */
    uint32_t n_messages;
};

struct fake_source {
    struct http_server *http;
    struct sock_listener *listener;
    struct grpc_server *grpc;
    uint16_t ws_port, grpc_port;

    /* What it says. Zero: a network without id, no ledgers. */
    uint32_t network_id;
    uint32_t newest;
    const char *held; /* "3-793" */
    bool refuses_info;
    const char *version; /* with a network_id of 0; NULL = it does not say */

    /* Another command than server_info and the link's own subscribe came on c; NULL = no answer. */
    void (*on_command)(struct fake_source *f, struct fake_source_conn *c, struct slice text);
    YIELDS void (*on_call)(struct fake_source *f, struct grpc_server_call *call);
    void *user;

    struct fake_source_conn conns[FAKE_SOURCE_CONNS];
    uint32_t n_conns; /* so far */
    uint32_t n_infos;
    uint32_t n_subscribed;
    uint32_t n_calls;
};

void fake_source_start(struct fake_source *f);
YIELDS void fake_source_stop(struct fake_source *f);
struct sources_endpoint fake_source_endpoint(const struct fake_source *f);
/* Tell all connections. */
void fake_source_say(struct fake_source *f, const char *text);
/* Close ledger `seq`: it is the newest, held is "first-seq". */
void fake_source_close_ledger(struct fake_source *f, uint32_t first, uint32_t seq);
void fake_source_send(struct fake_source_conn *c, const char *text);
/* Drop all WebSocket connections. */
void fake_source_hang_up(struct fake_source *f);
