/* SPDX-License-Identifier: Apache-2.0 */
/* What a WebSocket server may send to our client. The first byte even: the handshake is answered as
 * it should be, and the script begins behind it; odd: the script answers. Reading ends. */
#include "fuzz.h"

#include "net/http_client.h"
#include "net/ws_client.h"
#include "peer.h"

struct talking {
    struct peer *peer;
    bool done;
};

static void talk(void *arg)
{
    struct talking *t = arg;
    CLEANUP(ws_client_freep) struct ws_client *c = NULL;
    CLEANUP(buf_deinit) struct buf got = {0};
    struct ws_client_opts opts = {
        .host = "fuzz", .max_message_bytes = 2000, .max_inbox_msgs = 3, .idle_timeout_ms = 20000};
    struct http_client *http = http_client_over(t->peer->sock, "fuzz");
    err e = ws_client_over(http, &opts, clock_now_ns() + 10 * CLOCK_S, &c);
    for (int i = 0; !err_failed(e); i++) {
        bool text;
        e = ws_client_read(c, clock_now_ns() + 30 * CLOCK_S, &got, &text);
        peer_check(got.n <= 2000);
        if (!err_failed(e) && got.n && got.p[0] == 'e')
            err_ignore(ws_client_send(c, WS_FRAME_TEXT, buf_slice(&got)));
        if (!err_failed(e) && got.n && got.p[0] == 'c')
            ws_client_shutdown(c, 1000, "done");
    }
    t->done = true;
}

static void answer_handshake(struct peer *p)
{
    peer_settle();
    peer_receive(p, 4096);
    const uint8_t *at = memmem(p->got.p, p->got.n, "Key: ", 5);
    peer_check(at != NULL);
    char accept[29], head[200];
    ws_frame_accept_key(slice_of(at + 5, 24), accept);
    int n = snprintf(head, sizeof head,
                     "HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     "Sec-WebSocket-Accept: %s\r\n\r\n",
                     accept);
    peer_send(p, slice_of(head, (size_t)n));
}

static void run(void *arg)
{
    struct peer *p = arg;
    struct talking t = {.peer = p};
    bool script_answers = peer_byte(p) & 1;
    peer_init(p);
    fiber_spawn_now("talk", talk, &t);
    if (!script_answers)
        answer_handshake(p);
    while (p->script.n)
        peer_act(p, peer_byte(p) % PEER_N_OPS);
    peer_close(p);
    for (int i = 0; i < 8 && !t.done; i++) {
        clock_test_advance(30 * CLOCK_S);
        peer_settle();
    }
    peer_check(t.done);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    return peer_run(p, n, run);
}
