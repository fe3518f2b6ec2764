/* SPDX-License-Identifier: Apache-2.0 */
#include "web/identity.h"

#include "base/hash.h"
#include "base/hex.h"
#include "base/mem.h"
#include "net/http_request.h"
#include "web/netlist.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

struct identity {
    bool by_password;
    struct hash256 password; /* SHA-256 of the password */
    struct netlist *proxies;
    struct hash256 *tokens; /* SHA-256 of each */
    uint32_t n_tokens;
};

struct identity *identity_new(const struct identity_opts *opts)
{
    struct identity *id = xcalloc(1, sizeof *id);
    id->by_password = opts->admin_password != NULL;
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

bool identity_is_proxy(const struct identity *id, const struct http_request *req,
                       const char *peer_ip)
{
    if (netlist_has(id->proxies, peer_ip))
        return true;
    struct slice token = id->n_tokens ? http_request_header(req, "X-Proxy-Token") : SLICE_EMPTY;
    if (token.p == NULL)
        return false;
    struct hash256 digest = hash_sha256(token);
    bool found = false;
    for (uint32_t i = 0; i < id->n_tokens; i++)
        found |= same_secret(&digest, &id->tokens[i]);
    return found;
}

/* Start of the last "for=" (any case). */
static const uint8_t *last_for(struct slice header)
{
    for (size_t i = header.n >= 4 ? header.n - 3 : 0; i-- > 0;)
        if (strncasecmp((const char *)header.p + i, "for=", 4) == 0)
            return header.p + i + 4;
    return NULL;
}

bool identity_forwarded(const struct http_request *req, char *out, size_t n)
{
    struct slice header = http_request_header(req, "Forwarded");
    const uint8_t *start = header.p ? last_for(header) : NULL, *end = header.p + header.n;
    if (start == NULL)
        return false;
    const uint8_t *stop = start;
    while (stop < end && *stop != ';' && *stop != ',')
        stop++;
    if (stop - start < 7) /* shorter than any IPv4 address: not one */
        return false;
    if (*start == '"')
        start++, stop--;
    if ((size_t)(stop - start) >= n || memchr(start, 0, (size_t)(stop - start)))
        return false;
    snprintf(out, n, "%.*s", (int)(stop - start), (const char *)start);
    return true;
}

bool identity_is_admin(const struct identity *id, const struct http_request *req,
                       const char *client_ip)
{
    static const char scheme[] = "Password ";
    if (!id->by_password)
        return strcmp(client_ip, "127.0.0.1") == 0;
    struct slice header = http_request_header(req, "Authorization");
    struct hash256 given;
    if (header.n < sizeof scheme - 1 || memcmp(header.p, scheme, sizeof scheme - 1) != 0)
        return false;
    return hex_decode(slice_from(header, sizeof scheme - 1), given.b, 32) &&
           same_secret(&given, &id->password);
}
