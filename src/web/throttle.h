/* SPDX-License-Identifier: Apache-2.0 */
/* A connection whose client is over its limit: told so some times, then not read from until the
 * limit lets it go on, and closed if it is so interval after interval. Part of a connection's own
 * record; private to src/web. */
#pragma once
#include "rt/timer.h"
#include "web/web_core.h"

/* Refusals that a client is sent in one interval, over all its connections. */
#define THROTTLE_MAX_REFUSALS 32
/* Held so often without a pause of its own between, a client does not listen. */
#define THROTTLE_MAX_STRIKES 10

struct throttle {
    struct timer timer;
    void (*go_on)(struct throttle *t);
    int64_t until_ns; /* of the newest hold */
    uint32_t strikes;
};

enum throttle_verdict {
    THROTTLE_TELL = 0, /* answer, read on */
    THROTTLE_HOLD,     /* answer, then read nothing more until go_on is called */
    THROTTLE_CLOSE     /* answer, then close */
};

void throttle_init(struct throttle *t, void (*go_on)(struct throttle *t));
/* A request of `c` is refused because of its limits: what is to be done with its connection? */
enum throttle_verdict throttle_refused(struct throttle *t, struct guard *g, struct guard_client *c);
void throttle_stop(struct throttle *t);
