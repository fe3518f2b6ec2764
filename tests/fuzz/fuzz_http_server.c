/* SPDX-License-Identifier: Apache-2.0 */
/* The state machine of HTTP server connections: pipelining, answers now, later and in any order,
 * large ones, half-closed and vanishing clients, time-outs. Every request is answered once, answers
 * leave in the order of the requests, every connection ends. */
#include "fuzz.h"

#include "net/http_server.h"
#include "peer.h"

#define MAX_HELD 64

struct rig {
    struct http_server *server;
    struct http_request *held[MAX_HELD];
    uint32_t order[MAX_HELD];
    uint32_t n_held;
    uint32_t n_requests;
    uint32_t n_closed;
};

static void answer(struct http_request *req, uint32_t order)
{
    char number[32];
    struct buf body = {0};
    size_t n = req->target.n > 1 && req->target.p[1] == 'b' ? 150000 : order % 100;
    memset(buf_reserve(&body, n + 1), '.', n);
    buf_advance(&body, n);
    snprintf(number, sizeof number, "X-N: %06u\r\n", order);
    if (req->target.n > 1 && req->target.p[1] == 'c')
        req->keep_alive = false;
    http_server_respond(req, 200, "text/plain", number, &body);
    buf_deinit(&body);
}

static void on_request(void *arg, struct http_request *req)
{
    struct rig *r = arg;
    uint32_t order = ++r->n_requests;
    if (req->target.n > 1 && req->target.p[1] == 'l' && r->n_held < MAX_HELD) {
        r->order[r->n_held] = order;
        r->held[r->n_held++] = req;
    } else {
        answer(req, order);
    }
}

static void on_close(void *arg, void *conn_user)
{
    struct rig *r = arg;
    peer_check(conn_user == r);
    r->n_closed++;
}

static void answer_held(struct rig *r, uint32_t which)
{
    if (r->n_held == 0)
        return;
    which %= r->n_held;
    struct http_request *req = r->held[which];
    uint32_t order = r->order[which];
    r->n_held--;
    r->held[which] = r->held[r->n_held];
    r->order[which] = r->order[r->n_held];
    answer(req, order);
}

/* Numbers of the answers rise. */
static void check_order(struct slice got)
{
    long last = 0;
    for (const uint8_t *at; got.n && (at = memmem(got.p, got.n, "X-N: ", 5)) != NULL;) {
        got = slice_from(got, (size_t)(at - got.p) + 5);
        if (got.n < 6)
            return; /* cut */
        long n = strtol((const char *)got.p, NULL, 10);
        peer_check(n > last);
        last = n;
    }
}

static void run(void *arg)
{
    struct peer *p = arg;
    struct rig r = {0};
    struct http_server_opts opts = {.max_header_bytes = 600,
                                    .max_body_bytes = 1000,
                                    .max_pipelined = 4,
                                    .idle_timeout_ms = 20000,
                                    .request_timeout_ms = 5000,
                                    .on_request = on_request,
                                    .on_close = on_close,
                                    .arg = &r};
    r.server = http_server_new(&opts);
    peer_init(p);
    http_server_accept(r.server, p->sock, &r);
    while (p->script.n) {
        unsigned op = peer_byte(p) % (PEER_N_OPS + 2);
        if (op == PEER_N_OPS)
            answer_held(&r, peer_byte(p));
        else if (op == PEER_N_OPS + 1)
            http_server_drain(r.server);
        else
            peer_act(p, op);
    }
    peer_settle();
    peer_receive(p, SIZE_MAX);
    buf_put_u8(&p->got, 0);
    check_order(buf_slice(&p->got));
    http_server_stop(r.server);
    while (r.n_held)
        answer_held(&r, 0);
    peer_check(r.n_closed == 1 && http_server_n_conns(r.server) == 0);
    http_server_free(r.server);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    return peer_run(p, n, run);
}
