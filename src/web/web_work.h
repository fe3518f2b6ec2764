/* SPDX-License-Identifier: Apache-2.0 */
/* One request being answered, whichever way it came: admission, what it holds, the answer. Private
 * to src/web. A request is admitted before anything of it is read, then parsed, once, on its fiber.
 */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/list.h"
#include "feed/feed.h"
#include "rpc/rpc_request.h"
#include "web/web_core.h"

struct fiber;
struct http_request;

struct web_work {
    struct list link;   /* of the session, or of the idle ones */
    struct list active; /* of wc->active */
    struct web_core *wc;
    struct fiber *fiber;
    struct arena *arena;
    struct buf out;
    struct http_request *http;   /* NULL for WebSocket */
    struct web_session *session; /* NULL for HTTP */
    struct feed_call feed;       /* what subscribes, over WebSocket */
    struct slice text;           /* valid as long as the work */
    struct guard_client *client; /* held by the caller */
    char client_ip[ADDRESS_BYTES];
    bool is_admin;
    bool is_slowed;       /* its answer is slowDown */
    bool is_vital;        /* let in beyond limits and bounds */
    size_t waiting_bytes; /* as counted by `held` */
    size_t running_bytes;
};

/* May one more request of `c` start? Looks at limits and bounds, and at the request only when it
 * would be refused: clients judge by ping and server_info whether the server lives, so some of
 * those are let in all the same (WEB_VITAL). Admitted ones are ended by web_work_put. */
enum web_admission { WEB_ADMIT = 0, WEB_VITAL, WEB_SLOW_DOWN, WEB_TOO_BUSY };
enum web_admission web_work_admit(struct web_core *wc, struct guard_client *c, struct slice text);
static inline bool web_work_admitted(enum web_admission a)
{
    return a <= WEB_VITAL;
}
/* What the refused client is told. */
enum rpc_code web_work_refusal(enum web_admission why);

/* The means of an admitted request (recycled) of the client with the address `ip` (ADDRESS_BYTES,
 * copied), which holds n_bytes of text. Put back, they end the admission. */
struct web_work *web_work_take(struct web_core *wc, struct guard_client *client, const char *ip,
                               size_t n_bytes, enum web_admission admission);
void web_work_put(struct web_work *work);

/* Parse, weigh and answer work->text into work->out. False when nobody waits for the answer. */
YIELDS bool web_work_answer(struct web_work *work, int *ret_status, const char **ret_type);

/* Cancel all requests in work on this core. */
void web_work_cancel_all(struct web_core *wc);
/* Free the recycled ones. */
void web_work_drop_idle(struct web_core *wc);
