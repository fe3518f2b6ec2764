/* SPDX-License-Identifier: Apache-2.0 */
/* What a WebSocket connection is made of. Internal to net: ws.c, ws_send.c and ws_accept.c are one
 * module. */
#pragma once
#include "net/ws.h"
#include "net/ws_deflate.h"
#include "net/ws_parse.h"
#include "rt/ready.h"
#include "rt/timer.h"

/*            ws_close               peer's close frame, or time-out
 *   OPEN ──────────────▶ CLOSING ───────────────────────────────────▶ CLOSED
 *    └── peer's close frame, bad input, connection lost, slow consumer ──┘
 * Invariant: sock is NULL exactly in CLOSED. on_close is told in the turn after that. */
enum ws_state { WS_STATE_OPEN, WS_STATE_CLOSING, WS_STATE_CLOSED };

/* A waiting message; for a client its frame is masked. */
struct ws_waiting {
    struct ws_msg *msg;
    bool pushed;
};

struct ws {
    struct sock *sock;
    struct ready turn; /* to tell of the end */
    struct timer timer;
    struct ws_opts opts;
    struct ws_parse parse;
    struct ws_deflate_terms terms; /* what was agreed about compression */
    struct ws_unpack *unpack;      /* a message that is being unpacked; nothing is read meanwhile */
    struct ready unpack_turn;
    struct ws_waiting *ring;
    uint32_t ring_cap;
    uint32_t ring_head;
    uint32_t n_waiting;
    uint32_t n_pushed; /* of those */
    size_t waiting_bytes;
    size_t pushed_bytes;
    uint32_t n_corks;
    uint32_t refs;
    int64_t last_heard_ns;
    int64_t last_ping_ns;
    int64_t message_since_ns; /* first byte of an incomplete message; 0 = none */
    int64_t taken_ns;         /* when the peer was last seen to have taken a byte, or owed none */
    uint64_t taken_bytes;     /* how many it had then */
    enum ws_state state;
    uint16_t code; /* close code to report */
    char reason[124];
    bool is_client;
    bool paused;  /* by the user */
    bool choked;  /* by answers that the peer does not take */
    bool reading; /* the sock is not paused */
};

/* ws.c: end now, with time for what the sock holds. */
void ws_finish(struct ws *ws, uint16_t code, struct slice reason, uint32_t flush_ms);
/* Pause or resume the sock as the state wants it. */
void ws_update_reading(struct ws *ws);

/* ws_send.c: drop all that waits behind the sock. */
void ws_send_drop(struct ws *ws);
/* The sock has room again. */
void ws_send_drained(struct ws *ws);
/* Send a control frame. Errors: ERR_CLOSED. */
ERR ws_send_control(struct ws *ws, enum ws_frame_op op, struct slice payload);
/* Send a close frame behind what waits, if `behind`; else before it (it is dropped). */
void ws_send_close(struct ws *ws, uint16_t code, const char *reason, bool behind);
