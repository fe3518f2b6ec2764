/* SPDX-License-Identifier: Apache-2.0 */
/* A whole web on a loopback port, with an engine over empty ledgers behind it, and clients. */
#pragma once
#include "base/buf.h"
#include "web/web.h"

struct front {
    struct web *web;
    struct web_opts opts;
    uint16_t port;
    int n_forwarded;     /* requests that reached "rippled" */
    char forwarded[200]; /* the newest of them, and for whom */
    bool hang;           /* "rippled" never answers */
};

/* Run `test` on a fiber with a front whose options it may change first by `tune` (may be NULL). */
void front_run(void (*tune)(struct web_opts *opts), void (*test)(struct front *f));

/* One POST on a connection of its own. `headers`: complete lines or NULL. Returns the status; *ret
 * the body (text). */
int front_post(struct front *f, const char *headers, const char *body, struct buf *ret);
int front_get(struct front *f, const char *target, const char *headers, struct buf *ret_head,
              struct buf *ret);
/* A POST whose status and part of whose body are known. */
void front_expect(struct front *f, const char *headers, const char *body, int status,
                  const char *part);
/* Does the text have this part? Prints both if not. */
bool front_has(const struct buf *text, const char *part);
