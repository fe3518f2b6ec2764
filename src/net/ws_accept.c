/* SPDX-License-Identifier: Apache-2.0 */
/* The server's side of the handshake. */
#include "net/http_server.h"
#include "net/ws_impl.h"

static bool key_valid(struct slice key)
{
    if (key.n != 24 || key.p[22] != '=' || key.p[23] != '=')
        return false;
    for (size_t i = 0; i < 22; i++) {
        uint8_t c = key.p[i];
        bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!letter && c != '+' && c != '/')
            return false;
    }
    return true;
}

static struct ws *refuse(struct http_request *req, int status, const char *extra_headers,
                         const char *why)
{
    struct buf body = {0};
    buf_put_str(&body, why);
    http_server_respond(req, status, "text/plain", extra_headers, &body);
    buf_deinit(&body);
    return NULL;
}

struct ws *ws_accept(struct http_request *req, const struct ws_opts *opts,
                     const char *extra_headers)
{
    struct slice key = http_request_header(req, "sec-websocket-key");
    if (!slice_eq(http_request_header(req, "sec-websocket-version"), SLICE_LIT("13")))
        return refuse(req, 426,
                      "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n",
                      "WebSocket version 13 is spoken here");
    if (!key_valid(key) || req->is_http10)
        return refuse(req, 400, NULL, "bad WebSocket handshake");
    char accept[29];
    ws_frame_accept_key(key, accept);
    struct buf head = {0};
    struct ws_deflate_terms terms = {0};
    struct slice offers = http_request_header(req, "sec-websocket-extensions");
    bool packs = opts->deflate && ws_deflate_negotiate(offers, &terms);
    buf_printf(&head,
               "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
               "Sec-WebSocket-Accept: %s\r\n%s",
               accept, extra_headers ? extra_headers : "");
    if (packs)
        ws_deflate_accept(&terms, &head);
    buf_put_str(&head, "\r\n");
    struct sock *sock = http_server_upgrade(req, buf_slice(&head));
    struct ws *ws = sock ? ws_new(sock, false, opts) : NULL;
    if (ws) {
        ws->terms = terms;
        ws->parse.may_be_packed = packs;
    }
    buf_deinit(&head);
    return ws;
}
