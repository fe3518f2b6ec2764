/* SPDX-License-Identifier: Apache-2.0 */
/* Who sends a request: its address behind trusted proxies, and whether it is admin (rpc-b F, and
 * where that lets strangers in, stricter). */
#pragma once
#include "base/slice.h"
#include "web/address.h"

struct http_request;
struct netlist;

struct identity_opts {
    const char *admin_password; /* NULL = clients of 127.0.0.1 are admin */
    struct netlist *proxies;    /* by address; borrowed */
    const char *const *proxy_tokens;
    uint32_t n_proxy_tokens;
    bool by_x_forwarded_for; /* proxies name their clients there, and not in Forwarded */
};

struct identity;
/* `opts` is copied, but not the list. */
struct identity *identity_new(const struct identity_opts *opts);
struct identity *identity_free(struct identity *id);

/* The sender of one request. */
struct identity_client {
    const char *ip; /* canonical: the connection's, or `named`; in ADDRESS_BYTES */
    bool is_admin;
    char named[ADDRESS_BYTES]; /* by a proxy */
};

/* `peer_ip`: the connection's, canonical. *inout_is_proxy belongs to the connection: once known as
 * a trusted proxy it stays one (its token may come once only). */
void identity_resolve(const struct identity *id, const struct http_request *req,
                      const char *peer_ip, bool *inout_is_proxy, struct identity_client *ret);
