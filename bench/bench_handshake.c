/* SPDX-License-Identifier: Apache-2.0 */
/* What a server's side of a full handshake of TLS costs at least: OpenSSL between two places in
 * memory, without sockets, threads and events. Usage: bench_handshake CERT KEY NUMBER; for
 * bench/instructions, which counts what server_step takes. */
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>

static SSL_CTX *server_ctx(const char *cert, const char *key)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    if (ctx == NULL || SSL_CTX_use_certificate_chain_file(ctx, cert) != 1 ||
        SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1) {
        fprintf(stderr, "bench_handshake: cannot use %s and %s\n", cert, key);
        exit(1);
    }
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(ctx, 1);
    return ctx;
}

static SSL *end_new(SSL_CTX *ctx, BIO *in, BIO *out)
{
    SSL *ssl = SSL_new(ctx);
    BIO_up_ref(in);
    BIO_up_ref(out);
    SSL_set_bio(ssl, in, out);
    return ssl;
}

enum what { BEGIN, GO_ON, END };

/* All that counts: bench/instructions knows this function by its name. */
__attribute__((noinline)) void server_step(enum what what, SSL_CTX *ctx, BIO *in, BIO *out,
                                           SSL **ssl);
void server_step(enum what what, SSL_CTX *ctx, BIO *in, BIO *out, SSL **ssl)
{
    if (what == BEGIN) {
        *ssl = end_new(ctx, in, out);
        SSL_set_accept_state(*ssl);
    } else if (what == GO_ON) {
        (void)SSL_do_handshake(*ssl);
    } else {
        (void)SSL_shutdown(*ssl);
        SSL_free(*ssl);
    }
}

static void handshake(SSL_CTX *server_side, SSL_CTX *client_side)
{
    BIO *up = BIO_new(BIO_s_mem()), *down = BIO_new(BIO_s_mem());
    SSL *client = end_new(client_side, down, up), *server;
    SSL_set_connect_state(client);
    server_step(BEGIN, server_side, up, down, &server);
    for (int i = 0; i < 10 && !SSL_is_init_finished(server); i++) {
        (void)SSL_do_handshake(client);
        server_step(GO_ON, server_side, up, down, &server);
    }
    if (!SSL_is_init_finished(server))
        exit(2);
    server_step(END, server_side, up, down, &server);
    SSL_free(client);
    BIO_free(up);
    BIO_free(down);
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: bench_handshake CERT KEY NUMBER\n");
        return 1;
    }
    SSL_CTX *server_side = server_ctx(argv[1], argv[2]),
            *client_side = SSL_CTX_new(TLS_client_method());
    for (long n = strtol(argv[3], NULL, 10); n > 0; n--)
        handshake(server_side, client_side);
    SSL_CTX_free(server_side);
    SSL_CTX_free(client_side);
    return 0;
}
