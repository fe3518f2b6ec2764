/* SPDX-License-Identifier: Apache-2.0 */
/* Memory by client and by core: what requests hold while they wait and run, and what is queued of
 * their answers. Bounds what one address can take, and what all can. Private to src/web. */
#pragma once
#include "web/web_core.h"

/* Of one address. No request starts above the first; above the second none is taken, and none that
 * runs may take more. */
#define HELD_CLIENT_SOFT ((size_t)12 << 20)
#define HELD_CLIENT_HARD ((size_t)24 << 20)
/* The same for all clients of a core, whitelisted ones too. */
#define HELD_CORE_SOFT ((size_t)192 << 20)
#define HELD_CORE_HARD ((size_t)256 << 20)

/* Count differences. */
void held_add(struct web_core *wc, struct guard_client *c, int64_t waiting, int64_t running);
/* May a request that holds `bytes` be taken? */
bool held_may_come(const struct web_core *wc, const struct guard_client *c, size_t bytes);
/* May one that has come start now? */
bool held_may_start(const struct web_core *wc, const struct guard_client *c);
/* May one that runs take so much more? */
bool held_may_grow(const struct web_core *wc, const struct guard_client *c, size_t more);

/* Answers of one connection that its client has not taken yet. Part of the connection's record. */
struct held {
    struct list link; /* of wc->held, while there are any */
    struct web_core *wc;
    struct guard_client *client; /* a reference, while there are any */
    size_t bytes;                /* as counted */
    size_t (*queued)(const struct held *h);
};

void held_init(struct held *h, struct web_core *wc, size_t (*queued)(const struct held *h));
/* An answer to a request of `c` has been queued: count what is there now, and look again until it
 * has been taken. */
void held_note(struct held *h, struct guard_client *c);
/* The connection is gone. */
void held_drop(struct held *h);
/* wc->held_timer. */
void held_start(struct web_core *wc);
void held_stop(struct web_core *wc);
