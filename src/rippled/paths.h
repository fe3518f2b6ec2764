/* SPDX-License-Identifier: Apache-2.0 */
/* A client's path_find: a search that a rippled keeps up to date for as long as the client wants,
 * on a connection of its own with the client's identity. When the source goes away the search
 * begins anew at another one; the client goes on being told. On the core that made it. */
#pragma once
#include "base/arena.h"
#include "rippled/forward.h"

struct paths;

struct paths_opts {
    struct sources *sources; /* borrowed */
    const char *client_ip;   /* copied; NULL = unknown */
    bool is_admin;
    /* What the search has found by now: the text of a message. Must not yield. */
    void (*on_update)(void *arg, struct slice text);
    void *arg;
};

/* Nothing is connected until something is asked. */
struct paths *paths_new(const struct paths_opts *opts);
/* Ends the search; never waits. No on_update comes after it. Accepts NULL, returns NULL. */
struct paths *paths_close(struct paths *p);
/* Ask the source: `text` is the request. Its answer, parsed, in `a`. One at a time, in the order of
 * asking. On failure *ret_failure says how to report it. Errors: as forward_request. */
YIELDS ERR paths_ask(struct paths *p, struct slice text, int64_t deadline_ns, struct arena *a,
                     struct json *ret_reply, enum forward_failure *ret_failure);
