/* SPDX-License-Identifier: Apache-2.0 */
/* TLS 1.2 and 1.3 by OpenSSL, on both sides. A handshake is done by a fiber over the plain sock;
 * then a filter is put into the sock, and whoever uses it notices no difference. */
#pragma once
#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct sock;
struct tls_client;
struct tls_server;

/* ---- server ---- */

struct tls_server_opts {
    const char *cert_file;   /* PEM, the server's own certificate first, then the chain */
    const char *key_file;    /* PEM, not encrypted */
    uint32_t n_cores;        /* that will accept */
    uint32_t max_handshakes; /* in progress, per core; one more, and the one that has waited longest
                                for its peer is closed, or itself. 0 = 256 */
    uint32_t timeout_ms;     /* of a handshake; 0 = 10,000 */
};

/* Certificate and settings of a port; used by all cores. `opts` is read during the call. Errors:
 * ERR_INVALID (the text names the file and what is wrong). */
ERR tls_server_new(const struct tls_server_opts *opts, struct tls_server **ret);
/* After all cores have stopped. Accepts NULL, returns NULL. */
struct tls_server *tls_server_free(struct tls_server *t);
/* Read the files again, on any thread: handshakes from now on use what they say, connections that
 * exist go on. After an error the old ones stay. Errors: as tls_server_new. */
ERR tls_reload(struct tls_server *t);

/* Do the handshake of an accepted sock, on a fiber of this core; then done(arg, s), from that
 * fiber, or done(arg, NULL) when it failed, with the sock closed: too many at a time, too slow,
 * plain text (an HTTP client gets an answer that says so). */
void tls_accept(struct tls_server *t, struct sock *s, void (*done)(void *arg, struct sock *s),
                void *arg);
/* End the handshakes of this core soon: done(arg, NULL) is called for each. */
void tls_accept_cancel(struct tls_server *t);
/* Handshakes so far: done, failed. Any thread. */
struct tls_figures {
    uint64_t n_done;
    uint64_t n_resumed; /* of those */
    uint64_t n_failed;
};
struct tls_figures tls_server_figures(const struct tls_server *t);

/* ---- client ---- */

struct tls_client_opts {
    const char *ca_file;   /* PEM, whom to trust; NULL = the system's */
    const char *cert_file; /* our certificate, for servers that ask for it; NULL = none */
    const char *key_file;  /* its key */
    bool insecure;         /* do not verify the server */
    const char
        *alpn; /* the one protocol to offer ("h2"), which the server must take; NULL = none */
};

/* Settings of connections to a kind of server. `opts` is read during the call. Errors: ERR_INVALID
 * (the text names the file and what is wrong). */
ERR tls_client_new(const struct tls_client_opts *opts, struct tls_client **ret);
/* When no tls_connect is running. Accepts NULL, returns NULL. */
struct tls_client *tls_client_free(struct tls_client *t);

/* Do the handshake over a connected sock. `host` (name or address) is what the certificate must be
 * for. After an error the sock is of no further use, and still the caller's. Errors: ERR_PROTOCOL
 * (not TLS, or refused by either side: the text has the reason), ERR_TIMEOUT, ERR_CANCELLED,
 * ERR_CLOSED, ERR_IO. */
YIELDS ERR tls_connect(struct tls_client *t, struct sock *s, const char *host, int64_t deadline_ns);
