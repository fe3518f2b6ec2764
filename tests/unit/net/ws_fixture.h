/* SPDX-License-Identifier: Apache-2.0 */
/* A WebSocket server on the current core and raw clients. */
#pragma once
#include "net/ws.h"
#include "net/http_server.h"
#include "net/ws_client.h"
#include "net/ws_msg.h"
#include "net_fixture.h"

/* As messages are: much of it repeats. */
static inline struct buf text_of(size_t n)
{
    struct buf b = {0};
    while (b.n < n)
        buf_printf(&b, "{\"ledger_index\":%zu,\"type\":\"transaction\"}", b.n);
    b.n = n;
    return b;
}

/* A WebSocket server that sends back what comes. */
struct rig {
    struct http_server *server;
    struct sock_listener *listener;
    uint16_t port;
    struct ws_opts opts;
    struct ws *ws; /* the last one accepted; a reference */
    int n_messages, n_closed;
    uint16_t code;
    char reason[124];
    bool pauses, silent;
};

static inline void on_message(void *arg, struct ws *ws, struct slice payload, bool text)
{
    struct rig *r = arg;
    r->n_messages++;
    if (!r->silent)
        ASSERT_OK(ws_send(ws, text ? WS_FRAME_TEXT : WS_FRAME_BINARY, payload));
    if (r->pauses)
        ws_pause(ws);
}

static inline void on_close(void *arg, struct ws *ws, uint16_t code, const char *reason)
{
    struct rig *r = arg;
    ASSERT(!ws_open(ws));
    r->n_closed++;
    r->code = code;
    snprintf(r->reason, sizeof r->reason, "%s", reason);
}

static inline void on_request(void *arg, struct http_request *req)
{
    (void)arg;
    http_server_respond(req, 404, NULL, NULL, NULL);
}

static inline void on_upgrade(void *arg, struct http_request *req)
{
    struct rig *r = arg;
    r->opts.on_message = on_message;
    r->opts.on_close = on_close;
    r->opts.arg = r;
    struct ws *ws = ws_accept(req, &r->opts, "X-Extra: 1\r\n");
    if (ws == NULL)
        return;
    ws_unref(r->ws);
    r->ws = ws_ref(ws);
}

static inline void on_accept(void *arg, struct sock *s, const char *peer_ip)
{
    struct rig *r = arg;
    (void)peer_ip;
    http_server_accept(r->server, s, r);
}

static inline void rig_init(struct rig *r, struct ws_opts opts)
{
    memset(r, 0, sizeof *r);
    r->opts = opts;
    struct http_server_opts o = {.on_request = on_request, .on_upgrade = on_upgrade, .arg = r};
    r->server = http_server_new(&o);
    r->listener = net_listen(on_accept, r);
    r->port = sock_listener_port(r->listener);
}

static inline void rig_deinit(struct rig *r)
{
    if (r->ws) {
        ws_abort(r->ws, "test ends");
        ws_unref(r->ws);
    }
    sock_listener_close(r->listener);
    http_server_free(r->server);
}

#define HELLO                                                                                      \
    "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: "                              \
    "Upgrade\r\nSec-WebSocket-Version: 13\r\n"                                                     \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

static inline struct sock *raw_connect(struct rig *r)
{
    struct sock *s = net_connect(r->port);
    struct buf out = {0};
    net_send(s, HELLO);
    net_read_until(s, &out, "\r\n\r\n");
    ASSERT(net_has(&out, "HTTP/1.1 101 "));
    ASSERT(net_has(&out, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
    ASSERT(net_has(&out, "X-Extra: 1\r\n"));
    buf_deinit(&out);
    return s;
}

static inline void raw_frame(struct sock *s, enum ws_frame_op op, struct slice payload)
{
    struct buf b = {0};
    ws_frame_build(&b, op, payload, (const uint8_t *)"mask");
    ASSERT_OK(sock_write_buf(s, &b));
    buf_deinit(&b);
}

static inline struct ws_client *connect_client(struct rig *r, struct ws_client_opts o)
{
    o.host = "127.0.0.1";
    o.port = r->port;
    struct ws_client *c = NULL;
    ASSERT_OK(ws_client_connect(&o, SOON, &c));
    return c;
}
