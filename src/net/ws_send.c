/* SPDX-License-Identifier: Apache-2.0 */
/* The sending half of a WebSocket: what the socket does not take waits in a ring of our own, where
 * it is counted and can be dropped. */
#include "base/mem.h"
#include "net/ws_impl.h"
#include "net/ws_msg.h"
#include "rt/sock.h"

#include <assert.h>
#include <stdlib.h>

/* What the socket is given at a time. */
#define SOCK_BYTES ((size_t)256 << 10)
/* A peer that has so much to take is not read from, until it has taken half of it. */
#define CHOKE_BYTES ((size_t)100 << 10)
/* Messages up to this size are framed on the stack. */
#define STACK_BYTES 2000
/* A payload from this size on is handed to the socket without a copy. */
#define MOVE_BYTES ((size_t)16 << 10)

/* ---- the ring ---- */

static struct ws_msg *pop(struct ws *ws)
{
    struct ws_waiting *w = &ws->ring[ws->ring_head];
    ws->ring_head = (ws->ring_head + 1) & (ws->ring_cap - 1);
    ws->n_waiting--;
    ws->waiting_bytes -= w->msg->n;
    if (w->pushed) {
        ws->n_pushed--;
        ws->pushed_bytes -= w->msg->n;
    }
    return w->msg;
}

void ws_send_drop(struct ws *ws)
{
    while (ws->n_waiting)
        ws_msg_unref(pop(ws));
    free(TAKE_PTR(ws->ring));
    ws->ring_cap = ws->ring_head = 0;
}

static void grow(struct ws *ws)
{
    uint32_t cap = ws->ring_cap ? ws->ring_cap * 2 : 16;
    struct ws_waiting *ring = xmalloc(cap * sizeof *ring);
    for (uint32_t i = 0; i < ws->n_waiting; i++)
        ring[i] = ws->ring[(ws->ring_head + i) & (ws->ring_cap - 1)];
    free(ws->ring);
    ws->ring = ring;
    ws->ring_cap = cap;
    ws->ring_head = 0;
}

static void push(struct ws *ws, struct ws_msg *m, bool pushed)
{
    if (ws->n_waiting == ws->ring_cap)
        grow(ws);
    uint32_t at = (ws->ring_head + ws->n_waiting) & (ws->ring_cap - 1);
    ws->ring[at] = (struct ws_waiting){m, pushed};
    ws->n_waiting++;
    ws->waiting_bytes += m->n;
    if (pushed) {
        ws->n_pushed++;
        ws->pushed_bytes += m->n;
    }
}

/* ---- to the socket ---- */

static bool can_write_now(const struct ws *ws)
{
    return ws->n_waiting == 0 && ws->n_corks == 0 && sock_queued(ws->sock) < SOCK_BYTES;
}

static err write_msg(struct ws *ws, struct ws_msg *m)
{
    return sock_write_shared(ws->sock, ws_msg_bytes(m), m, ws_msg_unref);
}

/* A failed write ends the connection in a turn of the socket. */
static void pump(struct ws *ws)
{
    if (ws->n_waiting == 0 || ws->n_corks)
        return;
    sock_cork(ws->sock);
    while (ws->n_waiting && sock_queued(ws->sock) < SOCK_BYTES)
        err_ignore(write_msg(ws, pop(ws)));
    sock_uncork(ws->sock);
    if (ws->n_waiting == 0)
        ws_send_drop(ws); /* the ring's memory, too: most connections never need one */
}

/* Something was sent: does the peer owe us reading before we read from it? */
static void check_choke(struct ws *ws)
{
    if (!ws->choked && ws_queued_bytes(ws) > CHOKE_BYTES) {
        ws->choked = true;
        ws_update_reading(ws);
    }
}

void ws_send_drained(struct ws *ws)
{
    pump(ws);
    if (ws->choked && ws_queued_bytes(ws) <= CHOKE_BYTES / 2) {
        ws->choked = false;
        ws_update_reading(ws);
    }
}

/* ---- messages ---- */

static struct ws_msg *new_msg(const struct ws *ws, enum ws_frame_op op, struct slice payload)
{
    if (!ws->is_client)
        return ws_msg_new(op, payload);
    /* The mask makes the head four bytes longer and the frame good for this connection only. */
    struct ws_msg *m = xmalloc(sizeof *m + WS_FRAME_MAX_HEAD + payload.n);
    uint8_t mask[4];
    struct buf frame = {0};
    ws_frame_random(mask, sizeof mask);
    ws_frame_build(&frame, op, payload, mask);
    atomic_init(&m->refs, 1);
    atomic_init(&m->packed, NULL);
    m->bytes = NULL;
    m->head_bytes = (uint32_t)(frame.n - payload.n);
    m->n = frame.n;
    memcpy(m->frame, frame.p, frame.n);
    buf_deinit(&frame);
    return m;
}

static err write_small(struct ws *ws, enum ws_frame_op op, struct slice payload)
{
    uint8_t frame[WS_FRAME_MAX_HEAD + STACK_BYTES];
    uint8_t mask[4];
    if (ws->is_client)
        ws_frame_random(mask, sizeof mask);
    struct buf b = {.p = frame, .cap = sizeof frame}; /* never grows: the sizes are bounded */
    ws_frame_build(&b, op, payload, ws->is_client ? mask : NULL);
    return sock_write(ws->sock, buf_slice(&b));
}

/* The frame of a packed message; NULL when packing it gains nothing. */
static struct ws_msg *new_packed(const struct ws *ws, enum ws_frame_op op, struct slice plain)
{
    struct slice packed;
    if (!ws_deflate_pack(ws->opts.deflate, &ws->terms, plain, &packed))
        return NULL;
    struct ws_msg *m = ws_msg_new(op, packed);
    m->frame[0] |= 0x40; /* RSV1 (RFC 7692, 6) */
    return m;
}

static err send_msg(struct ws *ws, struct ws_msg *m)
{
    if (can_write_now(ws))
        return write_msg(ws, m);
    push(ws, m, false);
    return OK;
}

static bool packs(const struct ws *ws, enum ws_frame_op op, size_t n)
{
    return ws->terms.window_bits && op <= WS_FRAME_BINARY && ws_deflate_worth(n);
}

/* Send what is not pushed: it is never refused. */
static err send_any(struct ws *ws, enum ws_frame_op op, struct slice payload)
{
    struct ws_msg *packed = packs(ws, op, payload.n) ? new_packed(ws, op, payload) : NULL;
    err e;
    if (packed)
        e = send_msg(ws, packed);
    else if (payload.n <= STACK_BYTES && can_write_now(ws))
        e = write_small(ws, op, payload);
    else
        e = send_msg(ws, new_msg(ws, op, payload));
    check_choke(ws);
    return e;
}

static err check_open(const struct ws *ws)
{
    return ws->state == WS_STATE_OPEN ? OK : FAIL(ERR_CLOSED, "ws: closed: %s", ws->reason);
}

err ws_send_control(struct ws *ws, enum ws_frame_op op, struct slice payload)
{
    TRY(check_open(ws));
    return send_any(ws, op, payload);
}

err ws_send(struct ws *ws, enum ws_frame_op op, struct slice payload)
{
    TRY(check_open(ws));
    return send_any(ws, op, payload);
}

err ws_send_buf(struct ws *ws, enum ws_frame_op op, struct buf *payload)
{
    if (ws->state != WS_STATE_OPEN || ws->is_client || payload->n < MOVE_BYTES ||
        packs(ws, op, payload->n) || !can_write_now(ws)) {
        err e = ws_send(ws, op, buf_slice(payload));
        buf_clear(payload);
        return e;
    }
    uint8_t head[WS_FRAME_MAX_HEAD];
    size_t n = ws_frame_head(head, op, true, payload->n, NULL);
    err e = sock_write_both(ws->sock, slice_of(head, n), payload);
    check_choke(ws);
    return e;
}

/* Room for a pushed message? One always fits, however large: the sender has bounded it. */
static bool is_full(const struct ws *ws, const struct ws_msg *m)
{
    return ws->n_pushed && (ws->n_pushed >= ws->opts.max_queue_msgs ||
                            ws->pushed_bytes + m->n > ws->opts.max_queue_bytes);
}

/* The form of a shared message that this peer gets; a reference of its own. What is packed for one
 * is packed for all. */
static struct ws_msg *for_peer(const struct ws *ws, struct ws_msg *m)
{
    enum ws_frame_op op = (enum ws_frame_op)(m->frame[0] & 0x0f);
    struct slice payload = ws_msg_payload(m);
    if (ws->is_client)
        return new_msg(ws, op, payload);
    if (!packs(ws, op, payload.n))
        return ws_msg_ref(m);
    bool is_usual = ws->terms.window_bits == WS_MSG_PACKED_BITS;
    struct ws_msg *packed = is_usual ? ws_msg_packed(m) : NULL;
    if (packed)
        return ws_msg_ref(packed);
    packed = new_packed(ws, op, payload);
    if (is_usual)
        return ws_msg_ref(ws_msg_set_packed(m, packed ? packed : m));
    return packed ? packed : ws_msg_ref(m);
}

err ws_send_msg(struct ws *ws, struct ws_msg *m)
{
    TRY(check_open(ws));
    if (is_full(ws, m)) {
        ws_finish(ws, WS_FRAME_CODE_POLICY, SLICE_LIT("slow consumer"), 0);
        return FAIL(ERR_LIMIT, "ws: slow consumer");
    }
    struct ws_msg *own = for_peer(ws, m);
    err e = OK;
    if (can_write_now(ws))
        e = write_msg(ws, own);
    else
        push(ws, own, true);
    check_choke(ws);
    return e;
}

void ws_cork(struct ws *ws)
{
    ws->n_corks++;
}

void ws_uncork(struct ws *ws)
{
    assert(ws->n_corks > 0);
    if (--ws->n_corks == 0 && ws->sock)
        pump(ws);
}

static struct slice close_payload(uint8_t out[125], uint16_t code, const char *reason)
{
    if (code == WS_FRAME_CODE_NO_STATUS)
        return SLICE_EMPTY;
    size_t n = strlen(reason);
    out[0] = (uint8_t)(code >> 8);
    out[1] = (uint8_t)code;
    memcpy(out + 2, reason, n);
    return slice_of(out, n + 2);
}

void ws_send_close(struct ws *ws, uint16_t code, const char *reason, bool behind)
{
    uint8_t body[125];
    struct slice payload = close_payload(body, code, reason);
    ws->n_corks = 0;
    if (!behind)
        ws_send_drop(ws);
    if (ws->n_waiting == 0) {
        err_ignore(write_small(ws, WS_FRAME_CLOSE, payload)); /* a failure ends the connection */
        return;
    }
    push(ws, new_msg(ws, WS_FRAME_CLOSE, payload), false);
    pump(ws);
}

uint32_t ws_queued_msgs(const struct ws *ws)
{
    return ws->n_pushed;
}

size_t ws_queued_bytes(const struct ws *ws)
{
    return ws->sock ? ws->waiting_bytes + sock_queued(ws->sock) : 0;
}
