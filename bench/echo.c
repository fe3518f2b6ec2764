/* SPDX-License-Identifier: Apache-2.0 */
/* The least that libuv and llhttp can do for an HTTP server: parse each request, answer a fixed
 * small JSON body over keep-alive. What our ping costs is compared with it. usage: echo [PORT];
 * prints its port. */
#include <llhttp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

static const char response[] =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 32\r\n\r\n"
    "{\"result\":{\"status\":\"success\"}}\n";

struct client {
    uv_tcp_t tcp;
    llhttp_t parser;
};

static char read_buffer[65536];

static int on_message_complete(llhttp_t *parser)
{
    struct client *c = parser->data;
    uv_buf_t buf = uv_buf_init((char *)(uintptr_t)response, sizeof response - 1);
    /* A benchmark's client takes what it asked for: a full socket buffer is an error here. */
    return uv_try_write((uv_stream_t *)&c->tcp, &buf, 1) == (int)buf.len ? 0 : -1;
}

static const llhttp_settings_t settings = {.on_message_complete = on_message_complete};

static void on_closed(uv_handle_t *h)
{
    free(h->data);
}

static void on_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *ret)
{
    (void)h, (void)suggested;
    *ret = uv_buf_init(read_buffer, sizeof read_buffer);
}

static void on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *buf)
{
    struct client *c = s->data;
    if (n < 0 || (n > 0 && llhttp_execute(&c->parser, buf->base, (size_t)n) != HPE_OK))
        uv_close((uv_handle_t *)&c->tcp, on_closed);
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct client *c = calloc(1, sizeof *c);
    if (status < 0 || c == NULL) {
        free(c);
        return;
    }
    uv_tcp_init(listener->loop, &c->tcp);
    c->tcp.data = c;
    llhttp_init(&c->parser, HTTP_REQUEST, &settings);
    c->parser.data = c;
    if (uv_accept(listener, (uv_stream_t *)&c->tcp) == 0) {
        uv_tcp_nodelay(&c->tcp, 1);
        uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read);
    } else {
        uv_close((uv_handle_t *)&c->tcp, on_closed);
    }
}

int main(int argc, char **argv)
{
    uv_tcp_t listener;
    struct sockaddr_in addr;
    int len = sizeof addr;
    uv_loop_t *loop = uv_default_loop();
    uv_ip4_addr("127.0.0.1", argc > 1 ? (int)strtol(argv[1], NULL, 10) : 0, &addr);
    uv_tcp_init(loop, &listener);
    if (uv_tcp_bind(&listener, (const struct sockaddr *)&addr, 0) != 0 ||
        uv_listen((uv_stream_t *)&listener, 511, on_connection) != 0) {
        fprintf(stderr, "echo: cannot listen\n");
        return 1;
    }
    uv_tcp_getsockname(&listener, (struct sockaddr *)&addr, &len);
    printf("%d\n", ntohs(addr.sin_port));
    fflush(stdout);
    return uv_run(loop, UV_RUN_DEFAULT);
}
