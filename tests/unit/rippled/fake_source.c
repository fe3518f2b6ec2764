/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_source.h"

#include "net/http_server.h"
#include "net/ws.h"
#include "rt/fiber.h"
#include "rt/clock.h"
#include "rt/core.h"
#include "rt/sock.h"

static bool says(struct slice text, const char *part)
{
    return memmem(text.p, text.n, part, strlen(part)) != NULL;
}

static void answer_info(struct fake_source_conn *c)
{
    char text[200];
    c->f->n_infos++;
    if (c->f->refuses_info)
        snprintf(text, sizeof text, "{\"error\":\"noNetwork\",\"status\":\"error\"}");
    else if (c->f->version)
        snprintf(text, sizeof text,
                 "{\"id\":\"network\",\"result\":{\"info\":{\"build_version\":\"%s\"}}}",
                 c->f->version);
    else if (c->f->network_id)
        snprintf(text, sizeof text,
                 "{\"id\":\"network\",\"result\":{\"info\":{\"network_id\":%u}}}",
                 c->f->network_id);
    else
        snprintf(text, sizeof text, "{\"id\":\"network\",\"result\":{\"info\":{}}}");
    fake_source_send(c, text);
}

static void answer_subscribe(struct fake_source_conn *c)
{
    char text[300];
    c->f->n_subscribed++;
    snprintf(
        text, sizeof text,
        "{\"result\":{\"ledger_index\":%u,\"validated_ledgers\":\"%s\"},\"status\":\"success\"}",
        c->f->newest, c->f->held ? c->f->held : "empty");
    fake_source_send(c, text);
}

static void on_message(void *arg, struct ws *ws, struct slice text, bool is_text)
{
    struct fake_source_conn *c = ws_arg(ws);
    (void)arg;
    (void)is_text;
    c->n_messages++;
    if (says(text, "\"network\"") && says(text, "server_info"))
        answer_info(c);
    else if (says(text, "\"subscribe\"") && !says(text, "\"relay\""))
        answer_subscribe(c);
    else if (c->f->on_command)
        c->f->on_command(c->f, c, text);
}

static void on_close(void *arg, struct ws *ws, uint16_t code, const char *reason)
{
    struct fake_source_conn *c = ws_arg(ws);
    (void)arg;
    (void)code;
    (void)reason;
    if (c->ws)
        ws_unref(c->ws);
    c->ws = NULL;
}

static void on_request(void *arg, struct http_request *req)
{
    (void)arg;
    http_server_respond(req, 404, NULL, NULL, NULL);
}

static void on_upgrade(void *arg, struct http_request *req)
{
    struct fake_source *f = arg;
    ASSERT(f->n_conns < FAKE_SOURCE_CONNS);
    struct fake_source_conn *c = &f->conns[f->n_conns++];
    struct ws_opts opts = {.on_message = on_message, .on_close = on_close, .arg = c};
    struct slice agent = http_request_header(req, "User-Agent");
    struct slice role = http_request_header(req, "X-User");
    struct slice forwarded = http_request_header(req, "Forwarded");
    snprintf(c->headers, sizeof c->headers, "%.*s|%.*s|%.*s", SLICE_FMT(agent), SLICE_FMT(role),
             SLICE_FMT(forwarded));
    c->f = f;
    struct ws *ws = ws_accept(req, &opts, NULL);
    c->ws = ws ? ws_ref(ws) : NULL;
}

static void on_accept(void *arg, struct sock *s, const char *peer_ip)
{
    struct fake_source *f = arg;
    (void)peer_ip;
    http_server_accept(f->http, s, f);
}

static void on_call(void *arg, struct grpc_server_call *call)
{
    struct fake_source *f = arg;
    f->n_calls++;
    if (f->on_call)
        f->on_call(f, call);
    else
        grpc_server_reply_error(call, GRPC_CODE_NOT_FOUND, "ledgerNotFound");
}

void fake_source_start(struct fake_source *f)
{
    struct core *self = core_current();
    struct http_server_opts ho = {.on_request = on_request, .on_upgrade = on_upgrade, .arg = f};
    struct sock_listen_opts lo = {
        .ip = "127.0.0.1", .cores = &self, .n_cores = 1, .on_accept = on_accept, .arg = f};
    struct grpc_server_opts go = {.handler = on_call, .arg = f};
    f->http = http_server_new(&ho);
    ASSERT_OK(sock_listen(&lo, &f->listener));
    f->ws_port = sock_listener_port(f->listener);
    ASSERT_OK(grpc_server_start(&go, &f->grpc));
    f->grpc_port = grpc_server_port(f->grpc);
}

static bool any_open(const struct fake_source *f)
{
    for (uint32_t i = 0; i < f->n_conns; i++)
        if (f->conns[i].ws)
            return true;
    return false;
}

YIELDS void fake_source_stop(struct fake_source *f)
{
    f->grpc = grpc_server_stop(f->grpc);
    f->listener = sock_listener_close(f->listener);
    while (any_open(f)) { /* they tell us of their end, in a turn of the loop */
        fake_source_hang_up(f);
        ASSERT_OK(fiber_sleep_until(clock_now_ns() + CLOCK_MS));
    }
    f->http = http_server_free(f->http);
}

struct sources_endpoint fake_source_endpoint(const struct fake_source *f)
{
    return (struct sources_endpoint){"127.0.0.1", f->ws_port, f->grpc_port};
}

void fake_source_send(struct fake_source_conn *c, const char *text)
{
    err e = c->ws ? ws_send(c->ws, WS_FRAME_TEXT, slice_str(text)) : OK;
    (void)e; /* the other side may be gone */
}

void fake_source_say(struct fake_source *f, const char *text)
{
    for (uint32_t i = 0; i < f->n_conns; i++)
        fake_source_send(&f->conns[i], text);
}

void fake_source_close_ledger(struct fake_source *f, uint32_t first, uint32_t seq)
{
    char text[200];
    snprintf(text, sizeof text,
             "{\"type\":\"ledgerClosed\",\"ledger_index\":%u,\"validated_ledgers\":\"%u-%u\"}", seq,
             first, seq);
    fake_source_say(f, text);
}

void fake_source_hang_up(struct fake_source *f)
{
    for (uint32_t i = 0; i < f->n_conns; i++)
        if (f->conns[i].ws)
            ws_abort(f->conns[i].ws, "hang up");
}
