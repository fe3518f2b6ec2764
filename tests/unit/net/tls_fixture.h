/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates made for a test, in a directory of its own, and a TLS server that sends back what
 * comes. */
#pragma once
#include "net/tls.h"
#include "net_fixture.h"
#include "rt/offload.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <unistd.h>

struct tls_files {
    char dir[40];
    char ca[64], cert[64], key[64], other_cert[64], other_key[64];
};

struct tls_pair {
    EVP_PKEY *key;
    X509 *cert;
};

static inline void tls_fixture_extension(X509 *cert, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    ASSERT(e && X509_add_ext(cert, e, -1) == 1);
    X509_EXTENSION_free(e);
}

/* A certificate for `name`, signed by `by`, or by itself. */
static inline struct tls_pair tls_fixture_make(const char *name, const struct tls_pair *by)
{
    struct tls_pair p = {.key = EVP_EC_gen("P-256"), .cert = X509_new()};
    ASSERT(p.key && p.cert);
    X509_set_version(p.cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(p.cert), rand());
    X509_gmtime_adj(X509_getm_notBefore(p.cert), -3600);
    X509_gmtime_adj(X509_getm_notAfter(p.cert), 86400);
    X509_set_pubkey(p.cert, p.key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(p.cert), "CN", MBSTRING_ASC,
                               (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(p.cert, X509_get_subject_name(by ? by->cert : p.cert));
    tls_fixture_extension(p.cert, NID_basic_constraints, by ? "CA:FALSE" : "critical,CA:TRUE");
    if (by)
        tls_fixture_extension(p.cert, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
    ASSERT(X509_sign(p.cert, by ? by->key : p.key, EVP_sha256()) > 0);
    return p;
}

static inline void tls_fixture_write(const struct tls_pair *p, const char *cert, const char *key)
{
    FILE *f = fopen(cert, "w");
    ASSERT(f && PEM_write_X509(f, p->cert) == 1);
    fclose(f);
    if (key == NULL)
        return;
    f = fopen(key, "w");
    ASSERT(f && PEM_write_PrivateKey(f, p->key, NULL, NULL, 0, NULL, NULL) == 1);
    fclose(f);
}

static inline void tls_pair_deinit(struct tls_pair *p)
{
    EVP_PKEY_free(p->key);
    X509_free(p->cert);
}

static inline void tls_files_init(struct tls_files *f)
{
    snprintf(f->dir, sizeof f->dir, "/tmp/kleio-tls-XXXXXX");
    ASSERT(mkdtemp(f->dir));
    snprintf(f->ca, sizeof f->ca, "%s/ca.pem", f->dir);
    snprintf(f->cert, sizeof f->cert, "%s/cert.pem", f->dir);
    snprintf(f->key, sizeof f->key, "%s/key.pem", f->dir);
    snprintf(f->other_cert, sizeof f->other_cert, "%s/other.pem", f->dir);
    snprintf(f->other_key, sizeof f->other_key, "%s/other-key.pem", f->dir);
    struct tls_pair ca = tls_fixture_make("test ca", NULL);
    struct tls_pair server = tls_fixture_make("localhost", &ca);
    struct tls_pair other = tls_fixture_make("elsewhere", NULL);
    tls_fixture_write(&ca, f->ca, NULL);
    tls_fixture_write(&server, f->cert, f->key);
    tls_fixture_write(&other, f->other_cert, f->other_key);
    tls_pair_deinit(&ca);
    tls_pair_deinit(&server);
    tls_pair_deinit(&other);
}

static inline void tls_files_deinit(struct tls_files *f)
{
    unlink(f->ca), unlink(f->cert), unlink(f->key), unlink(f->other_cert), unlink(f->other_key);
    rmdir(f->dir);
}

/* ---- the server ---- */

struct tls_rig {
    struct tls_files files;
    struct tls_server *server;
    struct sock_listener *listener;
    uint16_t port;
    struct sock *s; /* the last one whose handshake is done */
    int n_done, n_failed;
    void (*on_ready)(struct tls_rig *r, struct sock *s); /* NULL = echo */
};

static inline void tls_echo_data(void *arg, struct slice data)
{
    ASSERT_OK(sock_write(((struct tls_rig *)arg)->s, data));
}

static inline void tls_echo_end(void *arg, err e)
{
    struct tls_rig *r = arg;
    r->s = sock_close(r->s, 2000);
}

static inline void tls_echo_drain(void *arg)
{
    (void)arg;
}

static const struct sock_handler tls_echo = {tls_echo_data, tls_echo_end, tls_echo_drain, false};

static inline void tls_rig_done(void *arg, struct sock *s)
{
    struct tls_rig *r = arg;
    if (s == NULL) {
        r->n_failed++;
        return;
    }
    r->n_done++;
    r->s = s;
    if (r->on_ready)
        r->on_ready(r, s);
    else
        sock_set_handler(s, &tls_echo, r);
}

static inline void tls_rig_accept(void *arg, struct sock *s, const char *peer_ip)
{
    struct tls_rig *r = arg;
    (void)peer_ip;
    tls_accept(r->server, s, tls_rig_done, r);
}

static inline void tls_rig_init(struct tls_rig *r, struct tls_server_opts opts)
{
    memset(r, 0, sizeof *r);
    tls_files_init(&r->files);
    opts.cert_file = r->files.cert;
    opts.key_file = r->files.key;
    opts.n_cores = 1;
    ASSERT_OK(tls_server_new(&opts, &r->server));
    r->listener = net_listen(tls_rig_accept, r);
    r->port = sock_listener_port(r->listener);
}

/* The handshakes have ended. */
static inline void tls_rig_deinit(struct tls_rig *r)
{
    sock_listener_close(r->listener);
    if (r->s)
        sock_close(r->s, 0);
    net_settle();
    r->server = tls_server_free(r->server);
    tls_files_deinit(&r->files);
}

static inline struct tls_client *tls_rig_client(struct tls_rig *r, struct tls_client_opts opts)
{
    struct tls_client *t;
    if (!opts.insecure && opts.ca_file == NULL)
        opts.ca_file = r->files.ca;
    ASSERT_OK(tls_client_new(&opts, &t));
    return t;
}
