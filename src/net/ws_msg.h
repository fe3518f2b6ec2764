/* SPDX-License-Identifier: Apache-2.0 */
/* A WebSocket message ready to be sent, shared by reference by the queues of many connections,
 * across cores. */
#pragma once
#include "net/ws_frame.h"

#include <stdatomic.h>

struct ws_msg {
    _Atomic uint32_t refs;           /* atomic: holders are on several cores */
    uint32_t head_bytes;             /* of frame head before the payload */
    size_t n;                        /* bytes of the whole unmasked frame */
    _Atomic int64_t *bytes;          /* NULL = not counted */
    _Atomic(struct ws_msg *) packed; /* the same compressed; itself if that gains nothing; NULL =
                                        nobody has tried */
    uint8_t frame[];
};

/* One message in one frame; the payload is copied. Refcount 1. */
struct ws_msg *ws_msg_new(enum ws_frame_op op, struct slice payload);
/* The same; the message's memory is counted in *bytes until it is freed. */
struct ws_msg *ws_msg_new_counted(enum ws_frame_op op, struct slice payload,
                                  _Atomic int64_t *bytes);
struct ws_msg *ws_msg_ref(struct ws_msg *m);
void ws_msg_unref(void *m); /* accepts NULL; of the type that sock_write_shared wants */

/* Window that a shared compressed form is made for: what nearly all clients take. */
#define WS_MSG_PACKED_BITS 15
/* The compressed form, which lives as long as m. NULL = not made yet. Any thread. */
struct ws_msg *ws_msg_packed(struct ws_msg *m);
/* Give m its compressed form, consumed (or m itself, when it gains nothing); what m has then, which
 * may be what another thread gave it. */
struct ws_msg *ws_msg_set_packed(struct ws_msg *m, struct ws_msg *packed);

static inline struct slice ws_msg_bytes(const struct ws_msg *m)
{
    return slice_of(m->frame, m->n);
}
static inline struct slice ws_msg_payload(const struct ws_msg *m)
{
    return slice_of(m->frame + m->head_bytes, m->n - m->head_bytes);
}
