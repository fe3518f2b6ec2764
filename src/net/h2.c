/* SPDX-License-Identifier: Apache-2.0 */
#include "net/h2.h"

#include "base/mem.h"
#include "rt/clock.h"
#include "rt/ready.h"
#include "rt/sock.h"

#include <assert.h>
#include <stdlib.h>

/* One write gathers up to this; the session is asked for no more while the socket holds
 * QUEUE_BYTES. */
#define WRITE_BYTES ((size_t)64 << 10)
#define QUEUE_BYTES ((size_t)256 << 10)
#define MAX_FRAME_BYTES (256u << 10)
#define MAX_HEADER_BYTES (32u << 10)

struct h2 {
    nghttp2_session *session;
    struct sock *sock; /* NULL once ended */
    struct h2_opts opts;
    struct ready turn; /* to end when the session is used up, and to be freed after the end */
    bool in_session;   /* nghttp2 is on the stack */
    int64_t last_heard_ns;
};

void h2_end(struct h2 *h, err e, uint32_t flush_ms)
{
    assert(!h->in_session);
    if (h->sock == NULL)
        return;
    sock_close(TAKE_PTR(h->sock), flush_ms);
    ready_add(&h->turn);
    h->opts.on_lost(h->opts.owner, e);
}

static void on_turn(struct ready *r)
{
    struct h2 *h = container_of(r, struct h2, turn);
    if (h->sock) {
        h2_end(h, FAIL(ERR_CLOSED, "h2: %s: the connection is used up", h2_name(h)), 1000);
        return;
    }
    nghttp2_session_del(h->session);
    ready_cancel(&h->turn);
    free(h);
}

/* The next batch of output; false when the session failed. */
static bool gather(struct h2 *h, struct buf *out)
{
    h->in_session = true;
    ssize_t n = 0;
    while (out->n < WRITE_BYTES) {
        const uint8_t *p;
        n = nghttp2_session_mem_send(h->session, &p);
        if (n <= 0)
            break;
        buf_put(out, p, (size_t)n);
    }
    h->in_session = false;
    return n >= 0;
}

static bool finished(const struct h2 *h)
{
    return !nghttp2_session_want_read(h->session) && !nghttp2_session_want_write(h->session);
}

/* A failed write, like a session that is used up, ends the connection in a later turn. */
void h2_pump(struct h2 *h)
{
    if (h->in_session || h->sock == NULL)
        return;
    struct buf out = {0};
    bool ok = true;
    while (ok && sock_queued(h->sock) < QUEUE_BYTES) {
        buf_clear(&out);
        ok = gather(h, &out);
        if (out.n == 0)
            break;
        ok = !err_failed(sock_write_buf(h->sock, &out)) && ok;
    }
    buf_deinit(&out);
    if (finished(h))
        ready_add(&h->turn);
}

static void on_data(void *arg, struct slice data)
{
    struct h2 *h = arg;
    h->last_heard_ns = clock_now_ns();
    h->in_session = true;
    ssize_t n = nghttp2_session_mem_recv(h->session, data.p, data.n);
    h->in_session = false;
    if (n < 0)
        h2_end(h, FAIL(ERR_PROTOCOL, "h2: %s: %s", h2_name(h), nghttp2_strerror((int)n)), 0);
    else
        h2_pump(h);
}

static void on_end(void *arg, err e)
{
    struct h2 *h = arg;
    if (!err_failed(e))
        e = FAIL(ERR_CLOSED, "h2: %s: closed by the peer", h2_name(h));
    h2_end(h, e, 0);
}

static void on_drain(void *arg)
{
    h2_pump(arg);
}

static const struct sock_handler handler = {
    .on_data = on_data, .on_end = on_end, .on_drain = on_drain};

static void submit_settings(struct h2 *h)
{
    nghttp2_settings_entry client[] = {{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
                                       {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, h->opts.window_bytes},
                                       {NGHTTP2_SETTINGS_MAX_FRAME_SIZE, MAX_FRAME_BYTES},
                                       {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, MAX_HEADER_BYTES}};
    nghttp2_settings_entry server[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, h->opts.max_concurrent_streams},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, h->opts.window_bytes},
        {NGHTTP2_SETTINGS_MAX_FRAME_SIZE, MAX_FRAME_BYTES},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, MAX_HEADER_BYTES}};
    int rc = nghttp2_submit_settings(h->session, NGHTTP2_FLAG_NONE,
                                     h->opts.is_server ? server : client, 4);
    assert(rc == 0);
    rc = nghttp2_session_set_local_window_size(h->session, NGHTTP2_FLAG_NONE, 0,
                                               (int32_t)h->opts.window_bytes);
    assert(rc == 0);
    (void)rc;
}

struct h2 *h2_new(struct sock *sock, const struct h2_opts *opts)
{
    struct h2 *h = xcalloc(1, sizeof *h);
    h->sock = sock;
    h->opts = *opts;
    h->last_heard_ns = clock_now_ns();
    ready_init(&h->turn, on_turn);
    nghttp2_session_callbacks *cb;
    if (nghttp2_session_callbacks_new(&cb) != 0)
        abort(); /* out of memory, as in xmalloc */
    opts->set_callbacks(cb);
    int rc = opts->is_server ? nghttp2_session_server_new(&h->session, cb, opts->owner)
                             : nghttp2_session_client_new(&h->session, cb, opts->owner);
    if (rc != 0)
        abort();
    nghttp2_session_callbacks_del(cb);
    submit_settings(h);
    sock_set_low_water(sock, QUEUE_BYTES / 2);
    return h;
}

void h2_start(struct h2 *h)
{
    sock_set_handler(h->sock, &handler, h);
    h2_pump(h);
}

nghttp2_session *h2_session(struct h2 *h)
{
    return h->session;
}

int64_t h2_last_heard_ns(const struct h2 *h)
{
    return h->last_heard_ns;
}

const char *h2_name(const struct h2 *h)
{
    return h->sock ? sock_name(h->sock) : "";
}

const char *h2_peer_ip(const struct h2 *h)
{
    return h->sock ? sock_peer_ip(h->sock) : "";
}

nghttp2_nv h2_nv(const char *name, struct slice value)
{
    return (nghttp2_nv){.name = (uint8_t *)(uintptr_t)name,
                        .value = (uint8_t *)(uintptr_t)value.p,
                        .namelen = strlen(name),
                        .valuelen = value.n,
                        .flags = NGHTTP2_NV_FLAG_NONE};
}
