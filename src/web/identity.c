/* SPDX-License-Identifier: Apache-2.0 */
#include "web/identity.h"

#include "base/hash.h"
#include "base/hex.h"
#include "base/mem.h"
#include "net/http_request.h"
#include "web/forwarded.h"
#include "web/netlist.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <strings.h>

struct identity {
    bool by_password;
    bool by_x_forwarded_for;
    struct hash256 password; /* SHA-256 of the password */
    struct netlist *proxies;
    struct hash256 *tokens; /* SHA-256 of each */
    uint32_t n_tokens;
};

struct identity *identity_new(const struct identity_opts *opts)
{
    struct identity *id = xcalloc(1, sizeof *id);
    id->by_password = opts->admin_password != NULL;
    id->by_x_forwarded_for = opts->by_x_forwarded_for;
    if (id->by_password)
        id->password = hash_sha256(slice_str(opts->admin_password));
    id->proxies = opts->proxies;
    id->n_tokens = opts->n_proxy_tokens;
    id->tokens = xcalloc(id->n_tokens, sizeof *id->tokens);
    for (uint32_t i = 0; i < id->n_tokens; i++)
        id->tokens[i] = hash_sha256(slice_str(opts->proxy_tokens[i]));
    return id;
}

struct identity *identity_free(struct identity *id)
{
    if (id) {
        free(id->tokens);
        free(id);
    }
    return NULL;
}

/* Secrets are compared in constant time. */
static bool same_secret(const struct hash256 *a, const struct hash256 *b)
{
    return CRYPTO_memcmp(a->b, b->b, 32) == 0;
}

static bool has_token(const struct identity *id, const struct http_request *req)
{
    struct slice token = id->n_tokens ? http_request_header(req, "X-Proxy-Token") : SLICE_EMPTY;
    if (token.p == NULL)
        return false;
    struct hash256 digest = hash_sha256(token);
    bool found = false;
    for (uint32_t i = 0; i < id->n_tokens; i++)
        found |= same_secret(&digest, &id->tokens[i]);
    return found;
}

/* Of several lines the last: it is the nearest proxy's own, whatever a client wrote before it. */
static struct slice last_line(const struct http_request *req, const char *name)
{
    for (uint32_t i = req->n_headers; i-- > 0;)
        if (http_request_text_is(http_request_header_name(req, i), name))
            return http_request_header_value(req, i);
    return SLICE_EMPTY;
}

static bool has_header(const struct http_request *req, const char *name)
{
    return http_request_header(req, name).p != NULL;
}

/* Is the request somebody else's, passed on? */
static bool is_passed_on(const struct http_request *req)
{
    return has_header(req, "Via") || has_header(req, "Forwarded") || has_header(req, "X-Real-IP") ||
           has_header(req, "X-Forwarded-For") || has_header(req, "X-Forwarded-Host");
}

static bool forwarded_ip(const struct identity *id, const struct http_request *req,
                         char out[ADDRESS_BYTES])
{
    if (id->by_x_forwarded_for)
        return forwarded_x_client(last_line(req, "X-Forwarded-For"), out);
    return forwarded_client(last_line(req, "Forwarded"), out);
}

/* The host part of "host:port" is this machine, by number or as localhost. */
static bool is_local_host(struct slice host)
{
    char ip[ADDRESS_BYTES];
    if (address_of_node(host, ip))
        return address_is_loopback(ip);
    const uint8_t *colon = host.n ? memchr(host.p, ':', host.n) : NULL;
    struct slice name = slice_of(host.p, colon ? (size_t)(colon - host.p) : host.n);
    return http_request_text_is(name, "localhost");
}

/* A browser says for which page it asks. Only one that this server itself would have served is not
 * somebody else's; and its host must be local by itself, for a name can be made to point here. */
static bool is_foreign_page(const struct http_request *req)
{
    struct slice origin = http_request_header(req, "Origin");
    if (origin.p == NULL)
        return false;
    struct slice host = http_request_header(req, "Host");
    const uint8_t *at = origin.n ? memmem(origin.p, origin.n, "://", 3) : NULL;
    if (at == NULL)
        return true; /* "null", or nonsense */
    struct slice of = slice_from(origin, (size_t)(at - origin.p) + 3);
    return !slice_eq(of, host) || !is_local_host(host);
}

static bool has_password(const struct identity *id, const struct http_request *req)
{
    static const char scheme[] = "Password ";
    struct slice header = http_request_header(req, "Authorization");
    struct hash256 given;
    if (header.n < sizeof scheme - 1 || memcmp(header.p, scheme, sizeof scheme - 1) != 0)
        return false;
    return hex_decode(slice_from(header, sizeof scheme - 1), given.b, 32) &&
           same_secret(&given, &id->password);
}

void identity_resolve(const struct identity *id, const struct http_request *req,
                      const char *peer_ip, bool *inout_is_proxy, struct identity_client *ret)
{
    if (!*inout_is_proxy)
        *inout_is_proxy = netlist_has(id->proxies, peer_ip) || has_token(id, req);
    bool named = *inout_is_proxy && forwarded_ip(id, req, ret->named);
    ret->ip = named ? ret->named : peer_ip;
    if (id->by_password) {
        ret->is_admin = has_password(id, req);
        return;
    }
    /* By address: the client is on this machine, and nobody stands between that is not known to. A
     * proxy elsewhere means its own machine by 127.0.0.1. */
    ret->is_admin = strcmp(ret->ip, "127.0.0.1") == 0 &&
                    (named ? address_is_loopback(peer_ip) : !is_passed_on(req)) &&
                    !is_foreign_page(req);
}
