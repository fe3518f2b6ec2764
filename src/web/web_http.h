/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP on one core: connections in, JSON-RPC requests to fibers, answers out. */
#pragma once
#include "web/web_core.h"

struct sock;

/* Make the core's HTTP server. On that core. */
void web_http_start(struct web_core *wc);
/* A new connection (sock_listen_opts.on_accept). */
void web_http_accept(struct web_core *wc, struct sock *s, const char *peer_ip);
/* Whose request it is: sets peer->client, as the proxy in front says if there is one. True for an
 * admin's. */
bool web_http_resolve(struct web_peer *peer, const struct http_request *req);
/* Answer that the client has too many connections, and close this one. */
void web_http_refuse_connection(struct web_peer *peer, struct http_request *req);
void web_http_peer_free(struct web_peer *peer);
