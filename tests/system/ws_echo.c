/* SPDX-License-Identifier: Apache-2.0 */
/* Our WebSocket, both roles, as a conformance suite wants it: sends back what comes.
 * usage: ws_echo server            prints its port; ends with its standard input
 *        ws_echo client PORT       runs the cases of a suite's server (Autobahn's protocol) */
#include "net/http_server.h"
#include "net/ws.h"
#include "net/ws_client.h"
#include "net/ws_deflate.h"
#include "rt/clock.h"
#include "rt/core.h"
#include "rt/fiber.h"
#include "rt/offload.h"
#include "rt/sock.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MAX_MESSAGE_BYTES ((size_t)32 << 20)

static void must(err e)
{
    if (!err_failed(e))
        return;
    fprintf(stderr, "ws_echo: %s\n", err_text());
    exit(1);
}

/* ---- server ---- */

static struct http_server *http;
static struct ws_deflate *codec;

static void on_message(void *arg, struct ws *ws, struct slice payload, bool text)
{
    (void)arg;
    err_ignore(ws_send(ws, text ? WS_FRAME_TEXT : WS_FRAME_BINARY, payload));
}

static void on_request(void *arg, struct http_request *req)
{
    (void)arg;
    http_server_respond(req, 404, NULL, NULL, NULL);
}

static void on_upgrade(void *arg, struct http_request *req)
{
    struct ws_opts opts = {
        .max_message_bytes = MAX_MESSAGE_BYTES, .deflate = codec, .on_message = on_message};
    (void)arg;
    (void)ws_accept(req, &opts, "Server: kleio\r\n");
}

static void on_accept(void *arg, struct sock *s, const char *peer_ip)
{
    (void)arg, (void)peer_ip;
    http_server_accept(http, s, NULL);
}

static err wait_for_end_of_input(void *arg)
{
    char c;
    (void)arg;
    while (read(0, &c, 1) > 0) {
    }
    return OK;
}

static void server_main(void *arg)
{
    struct core *self = core_current();
    struct http_server_opts opts = {.on_request = on_request, .on_upgrade = on_upgrade};
    struct sock_listen_opts listen = {
        .ip = "127.0.0.1", .cores = &self, .n_cores = 1, .on_accept = on_accept};
    struct sock_listener *l;
    (void)arg;
    http = http_server_new(&opts);
    codec = ws_deflate_new();
    must(sock_listen(&listen, &l));
    printf("%u\n", sock_listener_port(l));
    fflush(stdout);
    must(offload_run(wait_for_end_of_input, NULL));
    sock_listener_close(l);
    http_server_free(http); /* WebSockets that are open end with the core, and then the codec */
}

/* ---- client ---- */

static uint16_t port;

static struct ws_client *connect_to(const char *target)
{
    struct ws_client_opts opts = {.host = "127.0.0.1",
                                  .port = port,
                                  .target = target,
                                  .max_message_bytes = MAX_MESSAGE_BYTES};
    struct ws_client *c = NULL;
    must(ws_client_connect(&opts, clock_now_ns() + 10 * CLOCK_S, &c));
    return c;
}

/* Until the server closes. */
static void run_case(const char *target)
{
    CLEANUP(ws_client_freep) struct ws_client *c = connect_to(target);
    CLEANUP(buf_deinit) struct buf got = {0};
    bool text;
    while (!err_failed(ws_client_read(c, clock_now_ns() + 60 * CLOCK_S, &got, &text)))
        err_ignore(ws_client_send(c, text ? WS_FRAME_TEXT : WS_FRAME_BINARY, buf_slice(&got)));
}

static long count_cases(void)
{
    CLEANUP(ws_client_freep) struct ws_client *c = connect_to("/getCaseCount");
    CLEANUP(buf_deinit) struct buf got = {0};
    must(ws_client_read(c, clock_now_ns() + 10 * CLOCK_S, &got, NULL));
    buf_put_u8(&got, 0);
    return strtol((const char *)got.p, NULL, 10);
}

static void client_main(void *arg)
{
    (void)arg;
    long n = count_cases();
    for (long i = 1; i <= n; i++) {
        char target[64];
        snprintf(target, sizeof target, "/runCase?case=%ld&agent=kleio", i);
        run_case(target);
    }
    run_case("/updateReports?agent=kleio");
}

int main(int argc, char **argv)
{
    struct offload_opts offload = {0};
    must(offload_start(&offload));
    if (argc == 2 && strcmp(argv[1], "server") == 0) {
        must(core_run_fiber("server", server_main, NULL));
        ws_deflate_free(codec);
    } else if (argc == 3 && strcmp(argv[1], "client") == 0) {
        port = (uint16_t)strtoul(argv[2], NULL, 10);
        must(core_run_fiber("client", client_main, NULL));
    } else {
        fprintf(stderr, "usage: ws_echo server | client PORT\n");
        return 2;
    }
    offload_stop();
    return 0;
}
