/* SPDX-License-Identifier: Apache-2.0 */
#include "net/ws_msg.h"

#include "base/mem.h"

#include <stdlib.h>

struct ws_msg *ws_msg_new_counted(enum ws_frame_op op, struct slice payload, _Atomic int64_t *bytes)
{
    uint8_t head[WS_FRAME_MAX_HEAD];
    size_t n_head = ws_frame_head(head, op, true, payload.n, NULL);
    struct ws_msg *m = xmalloc(sizeof *m + n_head + payload.n);
    atomic_init(&m->refs, 1);
    m->bytes = bytes;
    atomic_init(&m->packed, NULL);
    m->head_bytes = (uint32_t)n_head;
    m->n = n_head + payload.n;
    memcpy(m->frame, head, n_head);
    if (payload.n)
        memcpy(m->frame + n_head, payload.p, payload.n);
    if (bytes)
        atomic_fetch_add_explicit(bytes, (int64_t)(sizeof *m + m->n), memory_order_relaxed);
    return m;
}

struct ws_msg *ws_msg_new(enum ws_frame_op op, struct slice payload)
{
    return ws_msg_new_counted(op, payload, NULL);
}

struct ws_msg *ws_msg_packed(struct ws_msg *m)
{
    return atomic_load_explicit(&m->packed, memory_order_acquire);
}

struct ws_msg *ws_msg_set_packed(struct ws_msg *m, struct ws_msg *packed)
{
    struct ws_msg *before = NULL;
    if (atomic_compare_exchange_strong(&m->packed, &before, packed)) {
        if (packed != m && m->bytes)
            atomic_fetch_add_explicit(m->bytes, (int64_t)packed->n, memory_order_relaxed);
        return packed;
    }
    if (packed != m)
        ws_msg_unref(packed);
    return before;
}

struct ws_msg *ws_msg_ref(struct ws_msg *m)
{
    atomic_fetch_add_explicit(&m->refs, 1, memory_order_relaxed);
    return m;
}

void ws_msg_unref(void *arg)
{
    struct ws_msg *m = arg;
    if (m == NULL || atomic_fetch_sub_explicit(&m->refs, 1, memory_order_acq_rel) > 1)
        return;
    struct ws_msg *packed = ws_msg_packed(m);
    bool has_other = packed && packed != m;
    if (m->bytes)
        atomic_fetch_sub_explicit(m->bytes,
                                  (int64_t)(sizeof *m + m->n + (has_other ? packed->n : 0)),
                                  memory_order_relaxed);
    if (has_other)
        ws_msg_unref(packed);
    free(m);
}
