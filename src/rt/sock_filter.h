/* SPDX-License-Identifier: Apache-2.0 */
/* What stands between the user of a sock and the wire: TLS. The user writes and reads plain bytes,
 * as before; those that nobody has taken yet are the sock's, in both directions. Nothing here does
 * I/O: bytes go in, bytes come out. */
#pragma once
#include "base/buf.h"
#include "base/err.h"

struct sock;
struct sock_filter;

struct sock_filter_ops {
    /* Take all of `wire`. Plain bytes are appended to *ret_plain, and what the protocol itself has
     * to send to *ret_wire, also after an error (an alert), which ends the connection with the
     * error's text. *ret_end: the peer has said that nothing follows. */
    err (*open)(struct sock_filter *f, struct slice wire, struct buf *ret_plain,
                struct buf *ret_wire, bool *ret_end);
    /* Append what carries `plain` to *ret_wire. */
    err (*seal)(struct sock_filter *f, struct slice plain, struct buf *ret_wire);
    /* Append what says that nothing follows. Called once, after all else. */
    void (*finish)(struct sock_filter *f, struct buf *ret_wire);
    void (*free)(struct sock_filter *f);
};

struct sock_filter {
    const struct sock_filter_ops *ops;
    /* The end of the stream without the peer's word for it is a failure. */
    bool cut_is_failure;
    /* It has wire bytes of the peer's from before it was put into its sock. */
    bool has_early;
};

/* Put a filter into a connected sock, which owns it from now on. Bytes that were received and not
 * read are taken for wire bytes. Nothing may be queued for writing, nobody may be reading. */
void sock_set_filter(struct sock *s, struct sock_filter *f);
