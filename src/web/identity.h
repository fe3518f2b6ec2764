/* SPDX-License-Identifier: Apache-2.0 */
/* Who a client is: its address behind trusted proxies, and whether it is admin (rpc-b F). */
#pragma once
#include "base/slice.h"

struct http_request;
struct netlist;

struct identity_opts {
    const char *admin_password; /* NULL = clients of 127.0.0.1 are admin */
    struct netlist *proxies;    /* by address; borrowed */
    const char *const *proxy_tokens;
    uint32_t n_proxy_tokens;
};

struct identity;
/* `opts` is copied, but not the list. */
struct identity *identity_new(const struct identity_opts *opts);
struct identity *identity_free(struct identity *id);

/* May this connection's Forwarded header be believed? */
bool identity_is_proxy(const struct identity *id, const struct http_request *req,
                       const char *peer_ip);
/* The address of the last for= in the Forwarded header; false when there is none that is usable. */
bool identity_forwarded(const struct http_request *req, char *out, size_t n);
bool identity_is_admin(const struct identity *id, const struct http_request *req,
                       const char *client_ip);
