/* SPDX-License-Identifier: Apache-2.0 */
/* TCP streams on a core's loop. Two ways to read: a callback for servers (idle connections cost no
 * fiber), and waiting calls for fibers. */
#pragma once
#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"

#include <stdatomic.h>

struct core;
struct sock;
struct sock_listener;

/* What a server's connection hears. Called from the loop only, in the sock's turn, never from
 * inside a sock_* call; must not yield. A turn reads at most 64 KiB and is followed by those of the
 * other socks. A handler that does many things per call asks ready_slice_over() after each, and
 * hands the rest back with sock_unread. */
struct sock_handler {
    /* Bytes came in; valid during the call. */
    void (*on_data)(void *arg, struct slice data);
    /* Read side ended: e.code 0 = orderly end of stream, else what failed. After an orderly end a
     * failure may still be told, when the peer goes away altogether; after a failure nothing is.
     * The sock stays allocated until sock_close. */
    void (*on_end)(void *arg, err e);
    /* The write queue fell to `low_water` after it had been above (see sock_queued). */
    void (*on_drain)(void *arg);
    /* An orderly end counts at once, also while the sock is paused and with bytes before it that
     * were not read: for protocols in which a peer that ends its side is gone. A failure always
     * does so. */
    bool end_overtakes;
};

struct sock_listen_opts {
    const char *ip;      /* literal IPv4 or IPv6 */
    uint16_t port;       /* 0 = any free (tests): see sock_listener_port */
    int backlog;         /* 0 = SOMAXCONN */
    struct core **cores; /* accepted sockets go to the one with the least load */
    uint32_t n_cores;
    uint32_t max_connections; /* over all cores; more are closed at once. 0 = unlimited */
    /* A new connection, on the core that will own it. `peer_ip` is its address as text. */
    void (*on_accept)(void *arg, struct sock *s, const char *peer_ip);
    void *arg;
};

/* Listen on the current core (which accepts for all). `opts` is read during the call only. Errors:
 * ERR_IO (in use, no permission; text names the address). */
ERR sock_listen(const struct sock_listen_opts *opts, struct sock_listener **ret);
/* On the core that listens. Connections accepted before may still reach on_accept on other cores,
 * so `arg` lives until those have stopped. NULL gives NULL. A core that stops closes its listeners
 * itself: then they must not be closed again. */
struct sock_listener *sock_listener_close(struct sock_listener *l);
uint16_t sock_listener_port(const struct sock_listener *l);

/* Connect from the current fiber. Names are resolved (on libuv's threads) at every call.
 * All addresses are tried in turn; the error is the last one's.
 * Errors: ERR_RESOLVE, ERR_REFUSED, ERR_TIMEOUT, ERR_IO, ERR_CANCELLED. */
YIELDS ERR sock_connect(const char *host, uint16_t port, int64_t deadline_ns, struct sock **ret);
/* The same from a port of this machine that the peer reads something from. Errors also: ERR_EXISTS
 * (another connection or a listener has it). */
YIELDS ERR sock_connect_from(const char *host, uint16_t port, uint16_t from_port,
                             int64_t deadline_ns, struct sock **ret);

/* Close and free. flush_ms = 0: at once, queued writes are dropped. Else queued writes get that
 * long, then the peer is told that nothing follows and has the rest of the time to close its side
 * (so that no reset overtakes our last bytes). The handler hears nothing more. Accepts NULL,
 * returns NULL. */
struct sock *sock_close(struct sock *s, uint32_t flush_ms);

/* Deliver incoming bytes to the handler from now on (it must outlive the sock). Bytes already
 * received and not read, and the end of the stream if it came, are delivered in the next turn. NULL
 * = back to fibers and sock_read. */
void sock_set_handler(struct sock *s, const struct sock_handler *handler, void *arg);
/* Stop and go on reading (back-pressure). A paused sock still tells on_end of a failure. */
void sock_pause(struct sock *s);
void sock_resume(struct sock *s);
/* Give bytes back: they come again, before all others, in a later turn (once resumed, if paused) to
 * whoever is the handler or the reader then. */
void sock_unread(struct sock *s, struct slice rest);

/* Queue bytes (copied when they cannot be written at once). Never waits. Errors: ERR_CLOSED. */
ERR sock_write(struct sock *s, struct slice data);
/* Queue the bytes of b, taking them over (b becomes empty): no copy, unless b has far more room
 * than bytes that must wait, for what waits is counted by its bytes. Errors: ERR_CLOSED. */
ERR sock_write_buf(struct sock *s, struct buf *b);
/* sock_write of `head`, then sock_write_buf of b, in one system call when nothing waits. */
ERR sock_write_both(struct sock *s, struct slice head, struct buf *b);
/* Queue bytes kept alive by the caller's object: `unref(obj)` is called once they are written or
 * dropped. They go out from where they are (a few hundred bytes may be copied). */
ERR sock_write_shared(struct sock *s, struct slice data, void *obj, void (*unref)(void *obj));
/* Between these, writes are only queued; sock_uncork sends them with few system calls. They nest.
 */
void sock_cork(struct sock *s);
void sock_uncork(struct sock *s);
/* Bytes queued and not yet taken by the kernel. */
size_t sock_queued(const struct sock *s);
/* Bytes that the kernel has taken so far: grows as long as the peer takes what it is sent. */
uint64_t sock_sent_bytes(const struct sock *s);
void sock_set_low_water(struct sock *s, size_t bytes);

/* For fibers, with no handler set. Read at least one byte, at most n: *ret_n is 0 at the end of the
 * stream. Errors: ERR_TIMEOUT, ERR_CANCELLED (both leave the sock usable), ERR_IO, ERR_CLOSED
 * (sock_close by another fiber). */
YIELDS ERR sock_read(struct sock *s, void *p, size_t n, int64_t deadline_ns, size_t *ret_n);
/* Wait until the write queue is empty. Errors: ERR_TIMEOUT, ERR_CANCELLED, ERR_CLOSED. */
YIELDS ERR sock_flush(struct sock *s, int64_t deadline_ns);

/* Whose time what is done for it takes (ready_set_share). */
uint16_t sock_share(const struct sock *s);
const char *sock_peer_ip(const struct sock *s);
struct core *sock_core(const struct sock *s);
/* Connect text for logs ("127.0.0.1:50051"). */
const char *sock_name(const struct sock *s);
