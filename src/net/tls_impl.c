/* SPDX-License-Identifier: Apache-2.0 */
#include "net/tls_impl.h"

#include "base/mem.h"
#include "rt/clock.h"
#include "rt/fiber.h"
#include "rt/offload.h"
#include "rt/sock.h"

#include <openssl/err.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define RECORD_BYTES 16384
#define READ_BYTES 4096 /* of a handshake, at a time */
/* A server that has sent so much has sent its certificate and signed: what is left is some 20 us,
 * less than the way to another thread and back. */
#define FLIGHT_BYTES 400

/* ---- OpenSSL's way to the wire ---- */

static int wire_read(BIO *b, char *to, int n)
{
    struct tls_filter *f = BIO_get_data(b);
    size_t m = MIN((size_t)n, f->in.n);
    BIO_clear_retry_flags(b);
    if (m == 0) {
        BIO_set_retry_read(b);
        return -1;
    }
    memcpy(to, f->in.p, m);
    f->in = slice_from(f->in, m);
    return (int)m;
}

static int wire_write(BIO *b, const char *from, int n)
{
    struct tls_filter *f = BIO_get_data(b);
    buf_put(f->out, from, (size_t)n);
    return n;
}

static long wire_ctrl(BIO *b, int cmd, long num, void *ptr)
{
    (void)b, (void)num, (void)ptr;
    return cmd == BIO_CTRL_FLUSH;
}

static BIO_METHOD *wire_method;

static void make_method(void)
{
    wire_method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "sock");
    if (wire_method == NULL)
        abort(); /* out of memory, as in xmalloc */
    BIO_meth_set_read(wire_method, wire_read);
    BIO_meth_set_write(wire_method, wire_write);
    BIO_meth_set_ctrl(wire_method, wire_ctrl);
}

static BIO *wire_new(struct tls_filter *f)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_method);
    BIO *b = BIO_new(wire_method);
    if (b == NULL)
        abort();
    BIO_set_data(b, f);
    BIO_set_init(b, 1);
    return b;
}

/* ---- errors ---- */

const char *tls_impl_reason(const SSL *ssl)
{
    unsigned long code = ERR_peek_error(); /* the first is the cause */
    const char *why = code == 0                ? NULL
                      : ERR_SYSTEM_ERROR(code) ? strerror(ERR_GET_REASON(code))
                                               : ERR_reason_error_string(code);
    long verdict = ssl ? SSL_get_verify_result(ssl) : X509_V_OK;
    ERR_clear_error();
    if (verdict != X509_V_OK)
        return X509_verify_cert_error_string(verdict);
    return why ? why : "failed";
}

/* ---- buffers ---- */

/* OpenSSL has 33 KiB of buffers for a connection. Those that were used last keep theirs, for to get
 * them anew with every record costs a tenth of a small request; all others are to be idle cheaply.
 */
#define MAX_RECENT 128

static __thread struct list recent_list; /* the one used last is the first */
static __thread uint32_t n_recent;

static void drop_recent(struct tls_filter *f)
{
    if (list_empty(&f->recent))
        return;
    list_unlink(&f->recent);
    n_recent--;
}

static void note_recent(struct tls_filter *f)
{
    if (recent_list.next == NULL)
        list_init(&recent_list);
    drop_recent(f);
    list_push_front(&recent_list, &f->recent);
    if (++n_recent <= MAX_RECENT)
        return;
    struct tls_filter *oldest = LIST_ENTRY(recent_list.prev, struct tls_filter, recent);
    drop_recent(oldest);
    (void)SSL_free_buffers(oldest->ssl); /* not those that hold a part of a record */
}

/* ---- new keys ---- */

/* A peer may change its keys, and ask us to change ours, whenever it likes; it costs some 20 us for
 * 30 bytes, and is of use once in millions of records. */
#define MAX_UPDATES 32
#define UPDATES_NS (10 * CLOCK_S)

/* OpenSSL tells of each message and of each record. */
static void on_message(int write_p, int version, int type, const void *p, size_t n, SSL *ssl,
                       void *arg)
{
    struct tls_filter *f = arg;
    (void)version;
    if (type != SSL3_RT_HANDSHAKE || write_p || n == 0 || *(const uint8_t *)p != SSL3_MT_KEY_UPDATE)
        return;
    int64_t now_ns = clock_now_ns();
    if (f->n_updates == 0 || now_ns - f->updates_since_ns > UPDATES_NS) {
        f->updates_since_ns = now_ns;
        f->n_updates = 0;
    }
    if (++f->n_updates <= MAX_UPDATES)
        return;
    f->over_updated = true;
    SSL_set_shutdown(ssl, SSL_get_shutdown(ssl) | SSL_RECEIVED_SHUTDOWN); /* nothing more is read */
}

/* ---- the filter ---- */

static struct tls_filter *downcast(struct sock_filter *f)
{
    return container_of(f, struct tls_filter, filter);
}

static err filter_open(struct sock_filter *filter, struct slice wire, struct buf *ret_plain,
                       struct buf *ret_wire, bool *ret_end)
{
    struct tls_filter *f = downcast(filter);
    note_recent(f);
    f->in = wire;
    f->out = ret_wire;
    for (;;) {
        int n = SSL_read(f->ssl, buf_reserve(ret_plain, RECORD_BYTES), RECORD_BYTES);
        if (n > 0) {
            buf_advance(ret_plain, (size_t)n);
            if (f->in.n == 0 && !SSL_has_pending(f->ssl))
                return OK; /* to be told that there is no more would cost as much again */
            continue;
        }
        int why = SSL_get_error(f->ssl, n);
        if (why == SSL_ERROR_WANT_READ)
            return OK;
        if (f->over_updated)
            return FAIL(ERR_PROTOCOL, "tls: new keys all the time");
        if (why != SSL_ERROR_ZERO_RETURN)
            return FAIL(ERR_PROTOCOL, "tls: %s", tls_impl_reason(f->ssl));
        *ret_end = true;
        return OK;
    }
}

static err filter_seal(struct sock_filter *filter, struct slice plain, struct buf *ret_wire)
{
    struct tls_filter *f = downcast(filter);
    note_recent(f);
    f->out = ret_wire;
    while (plain.n) {
        int n = SSL_write(f->ssl, plain.p, (int)MIN(plain.n, (size_t)RECORD_BYTES));
        if (n <= 0)
            return FAIL(ERR_PROTOCOL, "tls: %s", tls_impl_reason(f->ssl));
        plain = slice_from(plain, (size_t)n);
    }
    return OK;
}

static void filter_finish(struct sock_filter *filter, struct buf *ret_wire)
{
    struct tls_filter *f = downcast(filter);
    f->out = ret_wire;
    (void)SSL_shutdown(f->ssl); /* whether the peer has said so, too, is no matter */
    ERR_clear_error();
}

static void filter_free(struct sock_filter *filter)
{
    tls_impl_filter_free(downcast(filter));
}

static const struct sock_filter_ops ops = {filter_open, filter_seal, filter_finish, filter_free};

struct tls_filter *tls_impl_filter(SSL_CTX *ctx, bool is_server)
{
    struct tls_filter *f = xcalloc(1, sizeof *f);
    f->filter.ops = &ops;
    list_init(&f->recent);
    f->filter.cut_is_failure = !is_server;
    f->ssl = SSL_new(ctx);
    if (f->ssl == NULL)
        abort();
    BIO *wire = wire_new(f);
    SSL_set_bio(f->ssl, wire, wire);
    if (is_server)
        SSL_set_accept_state(f->ssl);
    else
        SSL_set_connect_state(f->ssl);
    return f;
}

void tls_impl_filter_free(struct tls_filter *f)
{
    drop_recent(f);
    SSL_free(f->ssl);
    free(f);
}

/* ---- the handshake ---- */

struct step {
    struct tls_filter *f;
    bool done;
};

/* As far as the input goes. Perhaps on another thread: touches nothing but f. */
static err take_step(void *arg)
{
    struct step *st = arg;
    ERR_clear_error();
    int rc = SSL_do_handshake(st->f->ssl);
    st->done = rc == 1;
    if (st->done || SSL_get_error(st->f->ssl, rc) == SSL_ERROR_WANT_READ)
        return OK;
    return FAIL(ERR_PROTOCOL, "tls: handshake: %s", tls_impl_reason(st->f->ssl));
}

static err step_in_turn(struct step *st, struct tls_turn *turn, int64_t deadline_ns)
{
    if (turn == NULL)
        return take_step(st);
    TRY(fiber_mutex_lock(turn->mutex, deadline_ns));
    err e = offload_compute(take_step, st);
    fiber_mutex_unlock(turn->mutex);
    return e;
}

static err hear_peer(struct sock *s, struct tls_turn *turn, uint8_t *chunk, int64_t deadline_ns,
                     size_t *ret_n)
{
    if (turn)
        turn->waits = true;
    err e = sock_read(s, chunk, READ_BYTES, deadline_ns, ret_n);
    if (turn)
        turn->waits = false;
    return e;
}

static err exchange(struct tls_filter *f, struct sock *s, struct tls_turn *turn, uint8_t *chunk,
                    int64_t deadline_ns)
{
    struct step st = {.f = f};
    bool is_dear = true;
    for (;;) {
        struct buf out = {0};
        f->out = &out;
        err e = step_in_turn(&st, is_dear ? turn : NULL, deadline_ns);
        f->out = NULL;
        is_dear = is_dear && out.n < FLIGHT_BYTES;
        err sent = out.n ? sock_write_buf(s, &out) : OK; /* after a failure, the alert */
        buf_deinit(&out);
        TRY(e);
        TRY(sent);
        if (st.done)
            return OK;
        size_t n;
        TRY(hear_peer(s, turn, chunk, deadline_ns, &n));
        if (n == 0)
            return FAIL(ERR_CLOSED, "tls: handshake: %s: closed by the peer", sock_name(s));
        f->in = slice_of(chunk, n);
    }
}

err tls_impl_handshake(struct tls_filter *f, struct sock *s, struct slice first,
                       struct tls_turn *turn, int64_t deadline_ns)
{
    CLEANUP(mem_freep) uint8_t *chunk = xmalloc(READ_BYTES);
    f->in = first;
    err e = exchange(f, s, turn, chunk, deadline_ns);
    if (!err_failed(e))
        e = sock_flush(s, deadline_ns);
    if (err_failed(e)) {
        tls_impl_filter_free(f);
        return e;
    }
    note_recent(f);        /* it may say nothing from here on */
    sock_unread(s, f->in); /* of the connection's first data */
    f->filter.has_early = SSL_has_pending(f->ssl);
    SSL_set_msg_callback(f->ssl, on_message);
    SSL_set_msg_callback_arg(f->ssl, f);
    sock_set_filter(s, &f->filter);
    return OK;
}

/* ---- contexts ---- */

SSL_CTX *tls_impl_ctx(const SSL_METHOD *method)
{
    SSL_CTX *ctx = SSL_CTX_new(method);
    if (ctx == NULL)
        abort();
    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    /* Forward secrecy and authenticated encryption only; those of 1.3 all are. */
    if (SSL_CTX_set_cipher_list(ctx, "ECDHE+AESGCM:ECDHE+CHACHA20") != 1)
        abort();
    /* Of those that all have, the one that costs least, with the hash that processors help with. */
    if (SSL_CTX_set_ciphersuites(ctx, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:"
                                      "TLS_CHACHA20_POLY1305_SHA256") != 1)
        abort();
    SSL_CTX_set_read_ahead(ctx, 1); /* head and body of a record at once */
    SSL_CTX_set_security_level(ctx, 2);
    SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    return ctx;
}

/* A key with a pass phrase must not make OpenSSL ask for it on the terminal. */
static int no_pass_phrase(char *to, int n, int writes, void *arg)
{
    (void)to, (void)n, (void)writes, (void)arg;
    return -1;
}

err tls_impl_load(SSL_CTX *ctx, const char *cert_file, const char *key_file)
{
    SSL_CTX_set_default_passwd_cb(ctx, no_pass_phrase);
    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(ctx, cert_file) != 1)
        return FAIL(ERR_INVALID, "tls: certificate %s: %s", cert_file, tls_impl_reason(NULL));
    if (SSL_CTX_use_PrivateKey_file(ctx, key_file, SSL_FILETYPE_PEM) == 1)
        return OK;
    if (ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_VALUES_MISMATCH)
        return FAIL(ERR_INVALID, "tls: key %s does not belong to certificate %s", key_file,
                    cert_file);
    return FAIL(ERR_INVALID, "tls: key %s: %s", key_file, tls_impl_reason(NULL));
}
