/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http_server.h"

#include "net/http_head.h"
#include "net/http_parse.h"
#include "rt/clock.h"
#include "rt/ready.h"
#include "rt/sock.h"
#include "rt/timer.h"

#include <assert.h>
#include <stdlib.h>
#include <time.h>

/* A body up to this size is copied behind its header, so that a response is one write. */
#define COPY_BYTES ((size_t)16 << 10)
/* Responses made while input is parsed leave together, at most this much at a time. */
#define CORK_BYTES ((size_t)64 << 10)
/* A client that does not take its responses is not read from beyond this. */
#define MAX_QUEUED_BYTES ((size_t)100 << 10)
/* Time for the last response to leave, and for the client to stop sending (sock_close swallows
 * that). */
#define FLUSH_MS 5000

struct http_server {
    struct http_server_opts opts;
    struct http_parse_limits limits;
    struct http_request_pool pool;
    struct list conns;
    uint32_t n_conns;
    struct http_conn *cork_owner; /* the connection whose input is being parsed */
    struct buf cork;              /* its responses so far */
    struct buf scratch;           /* a header being built; used within a call only */
    struct buf fixed_lines;       /* Server and Date, as of made_ns */
    int64_t made_ns;
    bool draining;
};

/* Everything happens in the socket's turns, in our own, or in a call of the user's. A connection is
 * freed in a turn of its own only, so whoever is at work on it may look at it again. */
struct http_conn {
    struct list link;
    struct ready turn;
    struct http_server *server;
    struct sock *sock; /* NULL: ended or upgraded; freed in the next turn */
    void *user;
    struct http_parse parse;
    struct list queue; /* requests delivered and not yet sent a response, in order */
    uint32_t n_queue;
    size_t held_bytes;            /* of responses that wait for those before them */
    struct http_request *upgrade; /* complete handshake that waits for the responses before it */
    bool in_feed;
    bool sock_paused;
    bool user_paused; /* http_server_pause */
    bool ends;        /* no further request is read; close after the last response */
    bool peer_ended;
    int64_t last_activity_ns;   /* of requests and responses; bytes that are neither do not count */
    int64_t receiving_since_ns; /* first byte of an incomplete request; 0 = none */
    size_t stalled_bytes;       /* queued output at the last look of the timer */
    struct timer timer;
};

/* ---- life of a connection ---- */

static void conn_free(struct http_conn *c)
{
    ready_cancel(&c->turn);
    free(c);
}

/* Forget the connection in the server and let go of its requests; the socket has been taken care
 * of. */
static void conn_unlink(struct http_conn *c)
{
    struct http_server *s = c->server;
    c->sock = NULL;
    timer_stop(&c->timer);
    list_unlink(&c->link);
    s->n_conns--;
    if (s->cork_owner == c)
        buf_clear(&s->cork);
    for (struct list *l; (l = list_pop_front(&c->queue)) != NULL;) {
        struct http_request *req = LIST_ENTRY(l, struct http_request, link);
        req->conn = NULL;
        if (req->answered)
            http_request_put(req);
        else if (s->opts.on_abort)
            s->opts.on_abort(s->opts.arg, req);
    }
    c->n_queue = 0;
    c->upgrade = http_request_put(c->upgrade);
    http_parse_deinit(&c->parse);
    ready_add(&c->turn);
}

static void conn_flush_cork(struct http_conn *c);

static void conn_close(struct http_conn *c, uint32_t flush_ms)
{
    if (c->sock == NULL)
        return;
    struct http_server *s = c->server;
    conn_flush_cork(c);
    sock_close(c->sock, flush_ms);
    conn_unlink(c);
    if (s->opts.on_close)
        s->opts.on_close(s->opts.arg, c->user);
}

/* ---- time ---- */

static int64_t conn_deadline(struct http_conn *c, int64_t now)
{
    int64_t idle_ns = (int64_t)c->server->opts.idle_timeout_ms * CLOCK_MS;
    if (c->receiving_since_ns)
        return c->receiving_since_ns + (int64_t)c->server->opts.request_timeout_ms * CLOCK_MS;
    size_t queued = sock_queued(c->sock);
    if (queued == 0) {
        c->stalled_bytes = 0;
        return c->n_queue ? now + idle_ns : c->last_activity_ns + idle_ns;
    }
    if (queued == c->stalled_bytes)
        return now; /* took nothing since the last look */
    c->stalled_bytes = queued;
    return now + idle_ns;
}

/* Make sure the timer fires at the deadline or before; it is not moved away by activity, only
 * looked at when it fires. So a busy connection costs a timer start per idle time-out, not per
 * request. */
static void conn_timer_before(struct http_conn *c, int64_t deadline_ns)
{
    if (!timer_armed(&c->timer) || c->timer.deadline_ns > deadline_ns)
        timer_start(&c->timer, deadline_ns);
}

/* ---- output ---- */

/* A failed write needs no care here: the socket tells of the end in its turn. */
static void conn_write(struct http_conn *c, struct slice bytes)
{
    if (c->sock && bytes.n)
        err_ignore(sock_write(c->sock, bytes));
}

static void conn_flush_cork(struct http_conn *c)
{
    struct http_server *s = c->server;
    if (s->cork_owner != c || s->cork.n == 0)
        return;
    conn_write(c, buf_slice(&s->cork));
    buf_clear(&s->cork);
}

/* Send a response that is too large to be copied, behind the corked ones. */
static void conn_send_large(struct http_conn *c, struct slice head, struct buf *body)
{
    struct buf *cork = &c->server->cork;
    bool corked = c->server->cork_owner == c;
    if (corked) {
        buf_put_slice(cork, head);
        head = buf_slice(cork);
    }
    if (c->sock)
        err_ignore(sock_write_both(c->sock, head, body));
    if (corked)
        buf_clear(cork);
}

static void conn_send_small(struct http_conn *c, struct slice head, struct slice body)
{
    struct http_server *s = c->server;
    if (s->cork_owner == c) {
        buf_put_slice(&s->cork, head);
        buf_put_slice(&s->cork, body);
        if (s->cork.n > CORK_BYTES)
            conn_flush_cork(c);
        return;
    }
    if (head.p != s->scratch.p) {
        buf_clear(&s->scratch);
        buf_put_slice(&s->scratch, head);
    }
    buf_put_slice(&s->scratch, body);
    conn_write(c, buf_slice(&s->scratch));
}

/* Send a response whose turn it is. Leaves *body empty. */
static void conn_send(struct http_conn *c, struct slice head, struct buf *body)
{
    if (body && body->n > COPY_BYTES)
        conn_send_large(c, head, body);
    else
        conn_send_small(c, head, body ? buf_slice(body) : SLICE_EMPTY);
    if (body)
        buf_clear(body);
}

/* ---- the queue of responses ---- */

static struct http_request *queue_first(struct http_conn *c)
{
    return list_empty(&c->queue) ? NULL : LIST_ENTRY(c->queue.next, struct http_request, link);
}

/* Send the response of the first request, then forget the request. */
static void queue_send_first(struct http_conn *c, struct http_request *req, struct slice head,
                             struct buf *body)
{
    list_unlink(&req->link);
    c->n_queue--;
    conn_send(c, head, body);
    if (!req->keep_alive)
        c->ends = true;
    http_request_put(req);
}

static void conn_send_answered(struct http_conn *c)
{
    for (struct http_request *req; (req = queue_first(c)) != NULL && req->answered;) {
        c->held_bytes -= req->reply.n;
        queue_send_first(c, req, buf_slice(&req->head), &req->reply);
    }
}

static bool conn_blocked(const struct http_conn *c)
{
    return c->user_paused || c->n_queue >= c->server->opts.max_pipelined || c->upgrade != NULL ||
           sock_queued(c->sock) + c->held_bytes > MAX_QUEUED_BYTES;
}

/* No response is outstanding, and none will be. */
static bool conn_is_done(const struct http_conn *c)
{
    return c->n_queue == 0 && c->upgrade == NULL && (c->ends || c->peer_ended);
}

static bool conn_may_resume(const struct http_conn *c)
{
    return c->sock_paused && !c->ends && !conn_blocked(c);
}

/* Is there something to do now that a response has left? It is done in a turn, unless input is
 * being parsed, after which it is done anyway. */
static void conn_want_turn(struct http_conn *c)
{
    bool wanted = conn_is_done(c) || conn_may_resume(c) ||
                  (c->n_queue == 0 && (c->upgrade || c->parse.expects_continue));
    if (wanted && !c->in_feed)
        ready_add(&c->turn);
}

/* The lines that all responses have; Date is at most a second late. */
static struct slice fixed_lines(struct http_server *s, int64_t now_ns)
{
    if (s->made_ns && now_ns - s->made_ns < CLOCK_S)
        return buf_slice(&s->fixed_lines);
    char date[40];
    struct tm tm;
    time_t wall = (time_t)(clock_wall_ns() / CLOCK_S);
    s->made_ns = now_ns;
    buf_clear(&s->fixed_lines);
    if (s->opts.server_name)
        buf_printf(&s->fixed_lines, "Server: %s\r\n", s->opts.server_name);
    if (gmtime_r(&wall, &tm) && strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &tm))
        buf_printf(&s->fixed_lines, "Date: %s\r\n", date);
    return buf_slice(&s->fixed_lines);
}

/* The body waits for others: taken over, unless it has far more room than bytes, for what is held
 * is counted by its bytes. */
static void hold_reply(struct http_request *req, struct buf *body)
{
    if (buf_is_roomy(body, body->n)) {
        buf_put_slice(&req->reply, buf_slice(body));
        buf_clear(body);
        return;
    }
    buf_deinit(&req->reply);
    req->reply = *body;
    *body = (struct buf){0};
}

void http_server_respond(struct http_request *req, int status, const char *content_type,
                         const char *extra_headers, struct buf *body)
{
    struct http_conn *c = req->conn;
    assert(!req->answered);
    if (c == NULL) {
        if (body)
            buf_clear(body);
        http_request_put(req);
        return;
    }
    if (c->server->draining || c->peer_ended)
        req->keep_alive = req->keep_alive && req->link.next != &c->queue;
    int64_t now_ns = c->last_activity_ns = clock_now_ns();
    bool first = queue_first(c) == req;
    struct buf *head = first ? &c->server->scratch : &req->head;
    buf_clear(head);
    struct http_head h = {.status = status,
                          .content_type = content_type,
                          .extra_headers = extra_headers,
                          .fixed_lines = fixed_lines(c->server, now_ns),
                          .body_bytes = body ? body->n : 0,
                          .close = !req->keep_alive,
                          .is_http10 = req->is_http10};
    http_head_build(head, &h);
    if (req->is_head && body)
        buf_clear(body);
    if (first) {
        queue_send_first(c, req, buf_slice(head), body);
        conn_send_answered(c);
    } else {
        req->answered = true;
        if (req->store.cap > COPY_BYTES) /* it waits for others, and nobody reads it any more */
            buf_deinit(&req->store);
        if (body) {
            c->held_bytes += body->n;
            hold_reply(req, body);
        }
    }
    conn_want_turn(c);
}

/* ---- input ---- */

/* Answer `status` after the outstanding responses, and read nothing more. */
static void conn_refuse(struct http_conn *c, int status)
{
    struct http_request *req = http_parse_take(&c->parse);
    if (req == NULL)
        req = http_request_take(&c->server->pool);
    c->ends = true;
    c->receiving_since_ns = 0;
    req->keep_alive = false;
    req->is_head = false;
    req->conn = c;
    list_push_back(&c->queue, &req->link);
    c->n_queue++;
    struct buf body = {0};
    buf_put_str(&body, http_head_reason(status));
    http_server_respond(req, status, "text/plain", NULL, &body);
    buf_deinit(&body);
}

static void conn_deliver(struct http_conn *c, struct http_request *req,
                         void (*to)(void *, struct http_request *))
{
    req->conn = c;
    req->conn_user = c->user;
    if (!req->keep_alive)
        c->ends = true;
    list_push_back(&c->queue, &req->link);
    c->n_queue++;
    to(c->server->opts.arg, req);
}

static void conn_hold(struct http_conn *c, struct slice rest)
{
    c->receiving_since_ns = 0; /* from here on it is us who make the client wait */
    c->sock_paused = true;
    sock_pause(c->sock);
    sock_unread(c->sock, rest);
}

static void conn_deliver_upgrade(struct http_conn *c)
{
    if (c->upgrade == NULL || c->n_queue)
        return;
    struct http_request *req = TAKE_PTR(c->upgrade);
    req->keep_alive = false;
    conn_deliver(c, req, c->server->opts.on_upgrade);
}

static void conn_feed_one(struct http_conn *c, struct slice *data)
{
    size_t used;
    enum http_parse_result r = http_parse_feed(&c->parse, *data, &used);
    *data = slice_from(*data, used);
    if (r == HTTP_PARSE_REQUEST) {
        c->receiving_since_ns = 0;
        conn_deliver(c, http_parse_take(&c->parse), c->server->opts.on_request);
    } else if (r == HTTP_PARSE_UPGRADE) {
        c->upgrade = http_parse_take(&c->parse);
        c->ends = true;
        conn_hold(c, *data);
        *data = SLICE_EMPTY;
    } else if (r == HTTP_PARSE_FAILED) {
        conn_refuse(c, c->parse.failed_status);
    }
}

/* What to do once all that can be is parsed, or a response has left. */
static void conn_proceed(struct http_conn *c)
{
    if (c->sock)
        conn_deliver_upgrade(c);
    if (c->sock && conn_is_done(c))
        conn_close(c, FLUSH_MS);
    if (c->sock == NULL)
        return;
    if (c->n_queue == 0 && c->parse.expects_continue) {
        c->parse.expects_continue = false;
        conn_send(c, SLICE_LIT("HTTP/1.1 100 Continue\r\n\r\n"), NULL);
    }
    if (conn_may_resume(c)) {
        c->sock_paused = false;
        sock_resume(c->sock);
    }
}

static void conn_on_turn(struct ready *r)
{
    struct http_conn *c = container_of(r, struct http_conn, turn);
    if (c->sock == NULL)
        conn_free(c);
    else
        conn_proceed(c);
}

/* All input is parsed; the last request may be incomplete. */
static void conn_note_receiving(struct http_conn *c)
{
    if (c->parse.req == NULL || c->receiving_since_ns || c->ends || c->sock_paused)
        return;
    c->receiving_since_ns = clock_now_ns();
    conn_timer_before(c, conn_deadline(c, c->receiving_since_ns));
}

/* Parse and deliver as far as limits and the slice allow; the socket keeps the rest. */
static void conn_feed(struct http_conn *c, struct slice data)
{
    struct http_server *s = c->server;
    c->in_feed = true;
    s->cork_owner = c;
    while (data.n && c->sock && !c->ends) {
        if (conn_blocked(c)) {
            conn_hold(c, data);
            break;
        }
        conn_feed_one(c, &data);
        if (data.n && c->sock && !c->ends && ready_slice_over()) {
            sock_unread(c->sock, data);
            break;
        }
    }
    conn_flush_cork(c);
    s->cork_owner = NULL;
    c->in_feed = false;
    if (c->sock) {
        conn_note_receiving(c);
        conn_proceed(c);
    }
}

static void conn_on_data(void *arg, struct slice data)
{
    struct http_conn *c = arg;
    if (!c->ends) /* else behind the last request; swallowed */
        conn_feed(c, data);
}

/* Half-closed: the outstanding responses are still sent. */
static void conn_on_end(void *arg, err e)
{
    struct http_conn *c = arg;
    c->peer_ended = true;
    if (err_failed(e))
        conn_close(c, 0);
    else
        conn_proceed(c);
}

static void conn_on_drain(void *arg)
{
    conn_proceed(arg);
}

static void conn_on_timer(struct timer *t)
{
    struct http_conn *c = container_of(t, struct http_conn, timer);
    int64_t now = clock_now_ns();
    int64_t deadline = conn_deadline(c, now);
    if (deadline > now)
        timer_start(&c->timer, deadline);
    else if (c->receiving_since_ns && !c->ends)
        conn_refuse(c, 408);
    else
        conn_close(c, 0);
}

static const struct sock_handler handler = {
    .on_data = conn_on_data, .on_end = conn_on_end, .on_drain = conn_on_drain};

/* ---- public ---- */

void http_server_accept(struct http_server *s, struct sock *sock, void *conn_user)
{
    if (s->draining) {
        sock_close(sock, 0);
        if (s->opts.on_close)
            s->opts.on_close(s->opts.arg, conn_user);
        return;
    }
    struct http_conn *c = xcalloc(1, sizeof *c);
    c->server = s;
    c->sock = sock;
    c->user = conn_user;
    ready_init(&c->turn, conn_on_turn);
    ready_set_share(&c->turn, sock_share(sock));
    list_init(&c->queue);
    list_push_back(&s->conns, &c->link);
    s->n_conns++;
    http_parse_init(&c->parse, &s->limits, &s->pool);
    timer_init(&c->timer, conn_on_timer);
    c->last_activity_ns = clock_now_ns();
    timer_start(&c->timer, c->last_activity_ns + (int64_t)s->opts.idle_timeout_ms * CLOCK_MS);
    sock_set_low_water(sock, MAX_QUEUED_BYTES / 4);
    sock_set_handler(sock, &handler, c);
}

struct sock *http_server_upgrade(struct http_request *req, struct slice head)
{
    struct http_conn *c = req->conn;
    if (c == NULL || c->peer_ended || err_failed(sock_write(c->sock, head))) {
        http_server_respond(req, 400, NULL, NULL, NULL);
        return NULL;
    }
    struct sock *sock = c->sock;
    list_unlink(&req->link);
    http_request_put(req);
    conn_unlink(c);
    return sock;
}

void http_server_pause(struct http_conn *c)
{
    c->user_paused = true; /* seen before the next request is read */
}

void http_server_resume(struct http_conn *c)
{
    c->user_paused = false;
    conn_want_turn(c);
}

size_t http_server_queued_bytes(const struct http_conn *c)
{
    return c->sock ? sock_queued(c->sock) + c->held_bytes : 0;
}

const char *http_server_peer_ip(const struct http_request *req)
{
    return req->conn ? sock_peer_ip(req->conn->sock) : "";
}

struct http_server *http_server_new(const struct http_server_opts *opts)
{
    struct http_server *s = xcalloc(1, sizeof *s);
    s->opts = *opts;
    s->limits.max_header_bytes = opts->max_header_bytes ? opts->max_header_bytes : 8u << 10;
    s->limits.max_body_bytes = opts->max_body_bytes ? opts->max_body_bytes : 1u << 20;
    s->limits.accept_upgrade = opts->on_upgrade != NULL;
    s->opts.max_pipelined = opts->max_pipelined ? opts->max_pipelined : 16;
    s->opts.idle_timeout_ms = opts->idle_timeout_ms ? opts->idle_timeout_ms : 60000;
    s->opts.request_timeout_ms = opts->request_timeout_ms ? opts->request_timeout_ms : 15000;
    list_init(&s->conns);
    http_request_pool_init(&s->pool);
    return s;
}

void http_server_stop(struct http_server *s)
{
    s->draining = true;
    while (!list_empty(&s->conns))
        conn_close(LIST_ENTRY(s->conns.next, struct http_conn, link), 0);
}

struct http_server *http_server_free(struct http_server *s)
{
    if (s == NULL)
        return NULL;
    http_server_stop(s);
    http_request_pool_deinit(&s->pool);
    buf_deinit(&s->cork);
    buf_deinit(&s->scratch);
    buf_deinit(&s->fixed_lines);
    free(s);
    return NULL;
}

void http_server_drain(struct http_server *s)
{
    s->draining = true;
    LIST_EACH(l, &s->conns)
    {
        struct http_conn *c = LIST_ENTRY(l, struct http_conn, link);
        c->ends = true;
        conn_want_turn(c);
    }
}

uint32_t http_server_n_conns(const struct http_server *s)
{
    return s->n_conns;
}
