/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "net/tls_impl.h"

#include <arpa/inet.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

struct tls_client {
    SSL_CTX *ctx;
    char *alpn;
};

static err load_trust(SSL_CTX *ctx, const struct tls_client_opts *opts)
{
    if (opts->insecure)
        return OK;
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    if (opts->ca_file == NULL) {
        if (SSL_CTX_set_default_verify_paths(ctx) != 1)
            return FAIL(ERR_INVALID, "tls: the system's certificates: %s", tls_impl_reason(NULL));
        return OK;
    }
    if (SSL_CTX_load_verify_file(ctx, opts->ca_file) != 1)
        return FAIL(ERR_INVALID, "tls: %s: %s", opts->ca_file, tls_impl_reason(NULL));
    return OK;
}

static void offer(SSL_CTX *ctx, const char *alpn)
{
    uint8_t list[256];
    size_t n = strlen(alpn);
    if (n >= sizeof list)
        abort();
    list[0] = (uint8_t)n;
    memcpy(list + 1, alpn, n);
    if (SSL_CTX_set_alpn_protos(ctx, list, (unsigned)n + 1) != 0)
        abort();
}

err tls_client_new(const struct tls_client_opts *opts, struct tls_client **ret)
{
    SSL_CTX *ctx = tls_impl_ctx(TLS_client_method());
    err e = load_trust(ctx, opts);
    if (!err_failed(e) && opts->cert_file)
        e = opts->key_file
                ? tls_impl_load(ctx, opts->cert_file, opts->key_file)
                : FAIL(ERR_INVALID, "tls: certificate %s without a key", opts->cert_file);
    if (err_failed(e)) {
        SSL_CTX_free(ctx);
        return e;
    }
    if (opts->alpn)
        offer(ctx, opts->alpn);
    struct tls_client *t = xcalloc(1, sizeof *t);
    t->ctx = ctx;
    t->alpn = opts->alpn ? xstrdup(opts->alpn) : NULL;
    *ret = t;
    return OK;
}

struct tls_client *tls_client_free(struct tls_client *t)
{
    if (t == NULL)
        return NULL;
    SSL_CTX_free(t->ctx);
    free(t->alpn);
    free(t);
    return NULL;
}

static bool is_address(const char *host)
{
    uint8_t bytes[16];
    return inet_pton(AF_INET, host, bytes) == 1 || inet_pton(AF_INET6, host, bytes) == 1;
}

/* Whom the certificate must name, and whom we ask for. */
static err expect_host(SSL *ssl, const char *host)
{
    X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    int ok = is_address(host)
                 ? X509_VERIFY_PARAM_set1_ip_asc(param, host)
                 : SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1;
    return ok ? OK : FAIL(ERR_INVALID, "tls: %s: not a host", host);
}

static err check_alpn(const struct tls_client *t, const SSL *ssl, const char *host)
{
    const unsigned char *p;
    unsigned n;
    SSL_get0_alpn_selected(ssl, &p, &n);
    if (t->alpn == NULL || (n == strlen(t->alpn) && memcmp(p, t->alpn, n) == 0))
        return OK;
    return FAIL(ERR_PROTOCOL, "tls: %s does not speak %s", host, t->alpn);
}

err tls_connect(struct tls_client *t, struct sock *s, const char *host, int64_t deadline_ns)
{
    struct tls_filter *f = tls_impl_filter(t->ctx, false);
    SSL *ssl = f->ssl;
    err e = expect_host(ssl, host);
    if (err_failed(e)) {
        tls_impl_filter_free(f);
        return e;
    }
    TRY(tls_impl_handshake(f, s, SLICE_EMPTY, NULL, deadline_ns));
    return check_alpn(t, ssl, host); /* the filter is the sock's now, and lives as long */
}
