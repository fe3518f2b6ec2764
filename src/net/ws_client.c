/* SPDX-License-Identifier: Apache-2.0 */
#include "net/ws_client.h"

#include "base/list.h"
#include "net/http_client.h"
#include "net/ws.h"
#include "rt/fiber.h"
#include "rt/sock.h"

#include <stdlib.h>
#include <strings.h>

struct message {
    struct list link;
    bool text;
    size_t n;
    uint8_t bytes[];
};

struct ws_client {
    struct ws *ws; /* a reference; usable also after the end */
    struct list inbox;
    uint32_t n_inbox;
    uint32_t max_inbox;
    struct fiber_cond arrived;
    uint16_t code; /* close code; 0 = open */
    char reason[124];
};

static void on_message(void *arg, struct ws *ws, struct slice payload, bool text)
{
    struct ws_client *c = arg;
    struct message *m = xmalloc(sizeof *m + payload.n);
    m->text = text;
    m->n = payload.n;
    if (payload.n)
        memcpy(m->bytes, payload.p, payload.n);
    list_init(&m->link);
    list_push_back(&c->inbox, &m->link);
    if (++c->n_inbox >= c->max_inbox)
        ws_pause(ws);
    fiber_cond_signal(&c->arrived);
}

static void on_close(void *arg, struct ws *ws, uint16_t code, const char *reason)
{
    struct ws_client *c = arg;
    (void)ws;
    c->code = code;
    strncpy(c->reason, reason, sizeof c->reason - 1);
    fiber_cond_broadcast(&c->arrived);
}

static err check_handshake(const struct http_response *r, const char *key)
{
    if (r->status != 101)
        return FAIL(ERR_STATUS, "ws: the server answered the handshake with status %d", r->status);
    char accept[29];
    ws_frame_accept_key(slice_str(key), accept);
    struct slice upgrade = http_client_header(r, "upgrade");
    if (upgrade.n != 9 || strncasecmp((const char *)upgrade.p, "websocket", 9) != 0)
        return FAIL(ERR_PROTOCOL, "ws: handshake: no Upgrade: websocket");
    if (!slice_is(http_client_header(r, "sec-websocket-accept"), accept))
        return FAIL(ERR_PROTOCOL, "ws: handshake: wrong Sec-WebSocket-Accept");
    if (http_client_header(r, "sec-websocket-extensions").p)
        return FAIL(ERR_PROTOCOL, "ws: handshake: an extension nobody asked for");
    return OK;
}

static err handshake(struct http_client *http, const struct ws_client_opts *opts,
                     int64_t deadline_ns)
{
    char key[25];
    ws_frame_new_key(key);
    struct buf headers = {0};
    buf_printf(&headers,
               "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
               "Sec-WebSocket-Key: %s\r\n%s",
               key, opts->headers ? opts->headers : "");
    buf_put_u8(&headers, 0);
    struct http_client_request req = {.method = "GET",
                                      .target = opts->target ? opts->target : "/",
                                      .headers = (const char *)headers.p,
                                      .max_reply_bytes = (size_t)64 << 10};
    CLEANUP(http_response_deinit) struct http_response reply = {0};
    err e = http_client_do(http, &req, deadline_ns, &reply);
    buf_deinit(&headers);
    TRY(e);
    return check_handshake(&reply, key);
}

err ws_client_connect(const struct ws_client_opts *opts, int64_t deadline_ns,
                      struct ws_client **ret)
{
    struct http_client *http = NULL;
    TRY(http_client_open_tls(opts->host, opts->port, opts->tls, deadline_ns, &http));
    return ws_client_over(http, opts, deadline_ns, ret);
}

err ws_client_over(struct http_client *consumed, const struct ws_client_opts *opts,
                   int64_t deadline_ns, struct ws_client **ret)
{
    CLEANUP(http_client_closep) struct http_client *http = consumed;
    TRY(handshake(http, opts, deadline_ns));
    struct ws_client *c = xcalloc(1, sizeof *c);
    list_init(&c->inbox);
    fiber_cond_init(&c->arrived);
    c->max_inbox = opts->max_inbox_msgs ? opts->max_inbox_msgs : 64;
    struct ws_opts ws_opts = {.max_message_bytes = opts->max_message_bytes,
                              .idle_timeout_ms = opts->idle_timeout_ms,
                              .ping_interval_ms = opts->ping_interval_ms,
                              .on_message = on_message,
                              .on_close = on_close,
                              .arg = c};
    c->ws = ws_ref(ws_new(http_client_take_sock(TAKE_PTR(http)), true, &ws_opts));
    *ret = c;
    return OK;
}

err ws_client_send(struct ws_client *c, enum ws_frame_op op, struct slice payload)
{
    return ws_send(c->ws, op, payload);
}

err ws_client_read(struct ws_client *c, int64_t deadline_ns, struct buf *ret, bool *ret_text)
{
    while (list_empty(&c->inbox)) {
        if (c->code)
            return FAIL(ERR_CLOSED, "ws: closed: %u %s", c->code, c->reason);
        TRY(fiber_cond_wait(&c->arrived, deadline_ns));
    }
    struct message *m = LIST_ENTRY(list_pop_front(&c->inbox), struct message, link);
    c->n_inbox--;
    buf_clear(ret);
    buf_put(ret, m->bytes, m->n);
    if (ret_text)
        *ret_text = m->text;
    free(m);
    ws_resume(c->ws);
    return OK;
}

uint16_t ws_client_close_code(const struct ws_client *c)
{
    return c->code;
}

void ws_client_shutdown(struct ws_client *c, uint16_t code, const char *reason)
{
    ws_close(c->ws, code, reason);
}

struct ws_client *ws_client_free(struct ws_client *c)
{
    if (c == NULL)
        return NULL;
    ws_forget(c->ws);
    ws_unref(c->ws);
    for (struct list *l; (l = list_pop_front(&c->inbox)) != NULL;)
        free(LIST_ENTRY(l, struct message, link));
    free(c);
    return NULL;
}

void ws_client_freep(struct ws_client **c)
{
    *c = ws_client_free(*c);
}
