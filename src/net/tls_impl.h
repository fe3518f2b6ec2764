/* SPDX-License-Identifier: Apache-2.0 */
/* What tls_server.c and tls_client.c share. Internal to net. */
#pragma once
#include "base/list.h"
#include "net/tls.h"
#include "rt/sock_filter.h"

#include <openssl/ssl.h>

struct fiber_mutex;

/* One connection: OpenSSL between two places in memory. */
struct tls_filter {
    struct sock_filter filter;
    struct list recent; /* in the thread's list, while it has its buffers */
    SSL *ssl;
    struct slice in; /* from the wire, not taken by OpenSSL yet */
    struct buf *out; /* where what goes to the wire is appended during a call */
    int64_t updates_since_ns;
    uint32_t n_updates; /* of the peer's keys, since then */
    bool over_updated;
};

/* A context with what both sides want: versions, ciphers, modes. Aborts when out of memory. */
SSL_CTX *tls_impl_ctx(const SSL_METHOD *method);
/* Load certificate chain and key. Errors: ERR_INVALID. */
ERR tls_impl_load(SSL_CTX *ctx, const char *cert_file, const char *key_file);
/* OpenSSL's reason for the last failure on this thread; empties its queue. */
const char *tls_impl_reason(const SSL *ssl);

struct tls_filter *tls_impl_filter(SSL_CTX *ctx, bool is_server);
void tls_impl_filter_free(struct tls_filter *f);
/* A handshake among others of its core. */
struct tls_turn {
    struct fiber_mutex *mutex; /* of computing */
    bool waits;                /* for the peer: nothing would be lost with it */
};

/* The handshake over s, beginning with `first`, bytes that came already; then put f, which is
 * consumed also on failure, into s. The computing up to our signature is done by offload_compute,
 * one step at a time of those that share turn->mutex (turn NULL = all in place). */
YIELDS ERR tls_impl_handshake(struct tls_filter *f, struct sock *s, struct slice first,
                              struct tls_turn *turn, int64_t deadline_ns);
