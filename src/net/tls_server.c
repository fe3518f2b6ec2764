/* SPDX-License-Identifier: Apache-2.0 */
#define LOG_CHANNEL LOG_CHANNEL_WEB
#include "base/log.h"
#include "base/mem.h"
#include "net/tls_impl.h"
#include "rt/clock.h"
#include "rt/core.h"
#include "rt/fiber.h"
#include "rt/sock.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define FLUSH_MS 2000
#define FIRST_BYTES 1024 /* read before we know that it is TLS at all */

/* A core's handshakes. */
struct accepting {
    struct list running; /* arrival.link, the oldest first */
    uint32_t n_running;
    struct fiber_mutex turn; /* of computing: a core has one job at a time on offload's thread */
};

struct tls_server {
    pthread_mutex_t lock; /* of ctx */
    SSL_CTX *ctx;
    char *cert_file;
    char *key_file;
    struct accepting *cores;
    uint32_t n_cores;
    uint32_t max_handshakes;
    int64_t timeout_ns;
    _Atomic uint64_t n_done, n_resumed, n_failed;
};

/* ---- settings ---- */

/* http/1.1 is all that is spoken here; a client that offers protocols must offer it. */
static int choose_alpn(SSL *ssl, const unsigned char **out, unsigned char *n_out,
                       const unsigned char *in, unsigned n_in, void *arg)
{
    static const unsigned char ours[] = "\x08http/1.1";
    unsigned char *chosen;
    (void)ssl, (void)arg;
    if (SSL_select_next_proto(&chosen, n_out, ours, sizeof ours - 1, in, n_in) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

/* There is one certificate: whatever name is asked for gets it, and the client judges. */
static int take_name(SSL *ssl, int *alert, void *arg)
{
    (void)ssl, (void)alert, (void)arg;
    return SSL_TLSEXT_ERR_OK;
}

/* Resumption by tickets, which cost the server no memory. */
static void set_server(SSL_CTX *ctx)
{
    static const unsigned char id[] = "kleio";
    SSL_CTX_set_options(ctx, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_session_id_context(ctx, id, sizeof id - 1);
    SSL_CTX_set_num_tickets(ctx, 1);
    SSL_CTX_set_alpn_select_cb(ctx, choose_alpn, NULL);
    SSL_CTX_set_tlsext_servername_callback(ctx, take_name);
}

static err load(const struct tls_server *t, SSL_CTX **ret)
{
    SSL_CTX *ctx = tls_impl_ctx(TLS_server_method());
    set_server(ctx);
    err e = tls_impl_load(ctx, t->cert_file, t->key_file);
    if (err_failed(e))
        SSL_CTX_free(ctx);
    else
        *ret = ctx;
    return e;
}

err tls_reload(struct tls_server *t)
{
    SSL_CTX *fresh;
    TRY(load(t, &fresh));
    pthread_mutex_lock(&t->lock);
    SSL_CTX *old = t->ctx;
    t->ctx = fresh;
    pthread_mutex_unlock(&t->lock);
    SSL_CTX_free(old); /* connections keep it as long as they need it */
    return OK;
}

err tls_server_new(const struct tls_server_opts *opts, struct tls_server **ret)
{
    struct tls_server *t = xcalloc(1, sizeof *t);
    pthread_mutex_init(&t->lock, NULL);
    t->cert_file = xstrdup(opts->cert_file);
    t->key_file = xstrdup(opts->key_file);
    t->n_cores = opts->n_cores;
    t->max_handshakes = opts->max_handshakes ? opts->max_handshakes : 256;
    t->timeout_ns = (int64_t)(opts->timeout_ms ? opts->timeout_ms : 10000) * CLOCK_MS;
    t->cores = xcalloc(opts->n_cores, sizeof *t->cores);
    for (uint32_t i = 0; i < opts->n_cores; i++) {
        list_init(&t->cores[i].running);
        fiber_mutex_init(&t->cores[i].turn);
    }
    err e = load(t, &t->ctx);
    if (err_failed(e))
        tls_server_free(t);
    else
        *ret = t;
    return e;
}

struct tls_server *tls_server_free(struct tls_server *t)
{
    if (t == NULL)
        return NULL;
    SSL_CTX_free(t->ctx);
    pthread_mutex_destroy(&t->lock);
    free(t->cores);
    free(t->cert_file);
    free(t->key_file);
    free(t);
    return NULL;
}

struct tls_figures tls_server_figures(const struct tls_server *t)
{
    return (struct tls_figures){.n_done = atomic_load(&t->n_done),
                                .n_resumed = atomic_load(&t->n_resumed),
                                .n_failed = atomic_load(&t->n_failed)};
}

/* ---- handshakes ---- */

struct arrival {
    struct list link; /* unlinked: its place has been given to another */
    struct fiber *fiber;
    struct tls_server *server;
    struct sock *sock;
    struct tls_turn turn;
    void (*done)(void *arg, struct sock *s);
    void *arg;
};

static struct tls_filter *new_filter(struct tls_server *t)
{
    pthread_mutex_lock(&t->lock);
    SSL_CTX *ctx = t->ctx;
    SSL_CTX_up_ref(ctx);
    pthread_mutex_unlock(&t->lock);
    struct tls_filter *f = tls_impl_filter(ctx, true);
    SSL_CTX_free(ctx);
    return f;
}

/* A record of TLS begins with its type, 22 for a handshake; a request with a letter. */
static bool is_plain_text(struct slice first)
{
    return first.n && first.p[0] >= 'A' && first.p[0] <= 'Z';
}

static const char plain_answer[] =
    "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 53\r\n"
    "Connection: close\r\n\r\n"
    "This port speaks TLS: use https:// or wss:// instead\n";

static err shake(struct tls_server *t, struct sock *s, struct tls_turn *turn)
{
    uint8_t first[FIRST_BYTES];
    size_t n;
    int64_t deadline_ns = clock_now_ns() + t->timeout_ns;
    turn->waits = true;
    err e = sock_read(s, first, sizeof first, deadline_ns, &n);
    turn->waits = false;
    TRY(e);
    if (n == 0)
        return FAIL(ERR_CLOSED, "tls: handshake: %s: closed by the peer", sock_name(s));
    if (is_plain_text(slice_of(first, n))) {
        err_ignore(sock_write(s, slice_of(plain_answer, sizeof plain_answer - 1)));
        return FAIL(ERR_PROTOCOL, "tls: handshake: %s: plain text", sock_name(s));
    }
    struct tls_filter *f = new_filter(t);
    SSL *ssl = f->ssl;
    turn->mutex = &t->cores[core_index(core_current())].turn;
    TRY(tls_impl_handshake(f, s, slice_of(first, n), turn, deadline_ns));
    atomic_fetch_add_explicit(&t->n_resumed, (uint64_t)SSL_session_reused(ssl),
                              memory_order_relaxed);
    return OK;
}

static void arrive(void *arg)
{
    struct arrival *a = arg;
    struct tls_server *t = a->server;
    err e = shake(t, a->sock, &a->turn);
    atomic_fetch_add_explicit(err_failed(e) ? &t->n_failed : &t->n_done, 1, memory_order_relaxed);
    if (!list_empty(&a->link)) {
        list_unlink(&a->link);
        t->cores[core_index(core_current())].n_running--;
    }
    if (err_failed(e)) {
        LOG_DEBUG("web: %s: %s", sock_name(a->sock), err_text());
        a->sock = sock_close(a->sock, e.code == ERR_PROTOCOL ? FLUSH_MS : 0);
    }
    a->done(a->arg, a->sock);
    free(a);
}

void tls_accept_cancel(struct tls_server *t)
{
    LIST_EACH(it, &t->cores[core_index(core_current())].running)
    fiber_cancel(LIST_ENTRY(it, struct arrival, link)->fiber);
}

/* Who has waited longest for its peer gives its place away: those who mean it are heard of within a
 * round trip. False when all are being worked on. */
static bool make_place(struct accepting *here)
{
    LIST_EACH(it, &here->running)
    {
        struct arrival *a = LIST_ENTRY(it, struct arrival, link);
        if (!a->turn.waits)
            continue;
        list_unlink(&a->link);
        here->n_running--;
        fiber_cancel(a->fiber);
        return true;
    }
    return false;
}

void tls_accept(struct tls_server *t, struct sock *s, void (*done)(void *arg, struct sock *s),
                void *arg)
{
    struct accepting *here = &t->cores[core_index(core_current())];
    struct arrival *a = xmalloc(sizeof *a);
    *a = (struct arrival){.server = t, .sock = s, .done = done, .arg = arg};
    list_init(&a->link);
    if (here->n_running < t->max_handshakes || make_place(here))
        a->fiber = fiber_try_spawn("tls handshake", arrive, a);
    if (a->fiber == NULL) { /* too many, or no stack to be had */
        free(a);
        atomic_fetch_add_explicit(&t->n_failed, 1, memory_order_relaxed);
        sock_close(s, 0);
        done(arg, NULL);
        return;
    }
    here->n_running++;
    list_push_back(&here->running, &a->link);
}
