/* SPDX-License-Identifier: Apache-2.0 */
/* What an HTTP server may send to our client: each exchange ends, in time, with a reply or an
 * error, and holds no more than its bound. */
#include "fuzz.h"

#include "net/http_client.h"
#include "peer.h"

#define MAX_REPLY 3000

struct asking {
    struct http_client *client;
    bool head;
    bool done;
};

static void ask(void *arg)
{
    struct asking *a = arg;
    CLEANUP(http_response_deinit) struct http_response reply = {0};
    struct http_client_request req = {
        .method = a->head ? "HEAD" : "GET", .target = "/", .max_reply_bytes = MAX_REPLY};
    err e = OK;
    for (int i = 0; i < 3 && !err_failed(e); i++) {
        e = http_client_do(a->client, &req, clock_now_ns() + 30 * CLOCK_S, &reply);
        peer_check(reply.head.n <= 2 * MAX_REPLY && reply.body.n <= MAX_REPLY);
        peer_check(err_failed(e) || (reply.status >= 100 && reply.status <= 999));
        if (!http_client_reusable(a->client))
            break;
    }
    a->done = true;
}

static void run(void *arg)
{
    struct peer *p = arg;
    struct asking a = {.head = peer_byte(p) & 1};
    peer_init(p);
    a.client = http_client_over(p->sock, "fuzz");
    fiber_spawn_now("ask", ask, &a);
    while (p->script.n)
        peer_act(p, peer_byte(p) % PEER_N_OPS);
    for (int i = 0; i < 8 && !a.done; i++) {
        clock_test_advance(30 * CLOCK_S);
        peer_settle();
    }
    peer_check(a.done);
    http_client_close(a.client);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    return peer_run(p, n, run);
}
