/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP/1.1 server connections. Driven by socket callbacks: an idle connection has no fiber and no
 * request memory. A server object belongs to one core: make one per core and give it the sockets
 * that core accepts.
 *
 * Requests are delivered complete, several of a connection at a time if the client pipelines; they
 * may be answered later, from a fiber, in any order: responses leave in the order of the requests.
 * Every delivered request is answered exactly once with http_server_respond (or upgraded), also
 * after on_abort: that is what frees it. A client that ends its sending side still gets its
 * responses; on_abort comes when the connection is broken.
 *
 * Callbacks come from the loop, never from inside http_server_respond; on_abort and on_close also
 * from http_server_stop. */
#pragma once
#include "net/http_request.h"

struct sock;
struct http_server;
struct http_conn;

struct http_server_opts {
    uint32_t max_header_bytes; /* 0 = 8 KiB; more gives 431 */
    uint32_t max_body_bytes;   /* 0 = 1 MiB; more gives 413 */
    uint32_t
        max_pipelined; /* unanswered requests of one connection; reading pauses there. 0 = 16 */
    uint32_t idle_timeout_ms; /* between requests; also for a client that takes no response bytes. 0
                                 = 60,000 */
    uint32_t request_timeout_ms; /* from a request's first byte to its last; then 408. 0 = 15,000 */
    const char *server_name; /* value of the Server header; NULL = none. Must outlive the server */

    /* A request is complete. May answer at once or start a fiber. Must not yield. */
    void (*on_request)(void *arg, struct http_request *req);
    /* A WebSocket handshake: accept it with ws_accept, now or later, or answer it like a request
     * (which closes the connection). NULL = the Upgrade header is ignored. */
    void (*on_upgrade)(void *arg, struct http_request *req);
    /* The client of an unanswered request is gone (req->conn is NULL now): cancel its work. The
     * request stays valid until http_server_respond, whose response is dropped. May be NULL. */
    void (*on_abort)(void *arg, struct http_request *req);
    /* A connection ended (not when it was upgraded). May be NULL. */
    void (*on_close)(void *arg, void *conn_user);
    void *arg;
};

/* `opts` is copied. */
struct http_server *http_server_new(const struct http_server_opts *opts);
/* Stops, if that was not done, and frees. Every request must have been answered by then (or within
 * on_abort): to stop, call http_server_stop, wait for the fibers that hold requests, then call
 * this. Accepts NULL, returns NULL. */
struct http_server *http_server_free(struct http_server *s);
/* Close all connections now (on_abort, on_close are called); sockets accepted later are closed at
 * once. */
void http_server_stop(struct http_server *s);
/* Close idle connections now and the others after their outstanding responses. For an orderly stop.
 */
void http_server_drain(struct http_server *s);
uint32_t http_server_n_conns(const struct http_server *s);

/* Serve a socket, which the server owns from now on. `conn_user` is handed to on_close and found in
 * each request. */
void http_server_accept(struct http_server *s, struct sock *sock, void *conn_user);

/* Answer. Set req->keep_alive to false before, to close the connection after it. `extra_headers` is
 * NULL or complete lines ("X-A: b\r\n"). `content_type` may be NULL. `body` may be NULL; its bytes
 * are sent, and it is left empty (its memory may have been kept for the caller, who still deinits
 * it). The request is invalid afterwards. */
void http_server_respond(struct http_request *req, int status, const char *content_type,
                         const char *extra_headers, struct buf *body);

/* For ws_accept: send `head` (the whole 101 response) and take the socket out of the connection;
 * the bytes that came after the handshake come again to its next handler. The request is freed.
 * NULL when the client is gone. */
struct sock *http_server_upgrade(struct http_request *req, struct slice head);

/* Stop and go on reading requests of a connection (back-pressure); what has been read is answered.
 * `c` is a request's conn, and valid until its on_close. */
void http_server_pause(struct http_conn *c);
void http_server_resume(struct http_conn *c);
/* Bytes of responses that the client has not taken yet. */
size_t http_server_queued_bytes(const struct http_conn *c);

/* Address of the client as text; "" once it is gone. */
const char *http_server_peer_ip(const struct http_request *req);
