/* SPDX-License-Identifier: Apache-2.0 */
/* What a sock is made of. Internal to rt: sock*.c are one module. */
#pragma once
#include "rt/core_impl.h"
#include "rt/fiber.h"
#include "rt/sock.h"
#include "rt/sock_filter.h"

/* A piece of the write queue: bytes of its own, or bytes kept alive by `obj`. */
struct sock_piece {
    struct sock_piece *next;
    uint8_t *own; /* malloc'd; NULL = shared */
    void *obj;
    void (*unref)(void *obj);
    const uint8_t *p; /* what is still to write */
    size_t n;
    size_t room; /* bytes that may be appended behind p + n */
};

/* A fiber in sock_read. On its stack: survives the sock. */
struct sock_reader {
    struct fiber *fiber;
    uint8_t *p;
    size_t n;
    size_t n_read;
    err result;
    char text[120]; /* of a failed result */
    bool done;
};

/* A fiber in sock_flush, likewise. */
struct sock_flusher {
    struct list node;
    struct fiber *fiber;
    err result;
    bool done;
};

/* A fiber in sock_connect, likewise. */
struct sock_connector {
    struct fiber *fiber;
    bool done;
};

struct sock {
    struct ready ready; /* the sock's turns: reading, writing, telling the handler */
    struct core *core;
    struct list node;               /* in core->socks, at the end in core->lingering */
    struct sock_listener *listener; /* that accepted it (a reference), or NULL */
    const struct sock_handler *handler;
    void *handler_arg;
    int fd;
    /* What the kernel has said: */
    bool readable; /* there may be bytes, or the end */
    bool writable; /* there may be room */
    bool hangup;   /* the peer has ended its side; bytes may come before that end */
    bool failed;   /* the connection is broken; likewise */
    /* What the user wants: */
    bool paused;
    bool reads_ahead; /* a fiber has read from it */
    /* What became of it: */
    bool ended;    /* the read side; end_code says how */
    bool end_told; /* on_end was called */
    bool broken;   /* the write side */
    bool closing;  /* sock_close was called: the user does not know us any more */
    bool shut;     /* closing, all written: waiting for the peer's end */
    bool closed;   /* the descriptor is; freed in the next turn */
    bool above_low;
    int end_code; /* err code; 0 = orderly */
    int end_uv;   /* libuv's, for the text */

    struct buf in;          /* received, and taken by nobody yet */
    size_t in_at;           /* where the unread part of it begins */
    size_t swallowed_bytes; /* behind the end */
    struct sock_reader *reader;
    struct sock_connector *connector;
    struct list flushers;

    struct sock_piece *out_head;
    struct sock_piece *out_tail;
    size_t out_bytes;
    uint64_t sent_bytes;
    size_t low_water;
    uint32_t n_corks;
    int write_uv;               /* why the write side broke */
    struct sock_filter *filter; /* NULL: plain bytes are wire bytes */
    struct buf wire;            /* made by the filter and not yet taken by the kernel */
    size_t wire_at;             /* where the rest of it begins */
    bool finished;              /* the filter has had its last word */
    char *end_text;             /* why the filter gave up */
    struct timer close_timer;
    char peer_ip[46];
    char name[56];
};

/* A new sock on the current core over a descriptor, which it owns from then on (not after an
 * error). Errors: ERR_IO. */
ERR sock_new(int fd, struct sock **ret);
/* Fill in the peer's name from the connected socket. */
void sock_name_peer(struct sock *s, const struct sockaddr *addr);
/* Text of an address without port (IPv4 behind an IPv6 socket is shown as IPv4), and its port. */
uint16_t sock_addr_text(const struct sockaddr *addr, char ip[46]);
/* Options that every connection gets. */
void sock_tune(struct sock *s);
/* watch.c: the kernel has news (EPOLLIN | ...). Only notes them; the rest is done in the turn. */
void sock_on_events(struct sock *s, uint32_t events);
/* Close the descriptor; the sock is freed in the next turn. */
void sock_destroy(struct sock *s);
/* The read side is over: code 0 = orderly; else an error code and libuv's reason. The reader is
 * woken; the handler will be told in the sock's turn. An error may follow an orderly end. */
void sock_end(struct sock *s, int code, int uv_code);
/* How many socks of a core may wait for the end of their peers, and what each of them may send
 * until then: who has more to say does not listen. */
#define SOCK_MAX_LINGERING 256
#define SOCK_MAX_SWALLOWED ((size_t)16 << 20)

/* See that the sock gets a turn, if it has something to do. */
void sock_want_turn(struct sock *s);
/* The write queue has become empty. */
void sock_emptied(struct sock *s);

/* sock_read.c. A turn's reading: at most one delivery. */
void sock_read_turn(struct sock *s);
bool sock_read_wanted(const struct sock *s);
/* Have the filter make plain bytes of wire bytes; an end or a failure is noted. */
void sock_read_wire(struct sock *s, struct slice wire, struct buf *ret_plain);
static inline size_t sock_unread_bytes(const struct sock *s)
{
    return s->in.n - s->in_at;
}
/* Give the waiting reader its result: error e, or what it has got. */
void sock_read_finish(struct sock *s, err e);
/* What the end of the stream is for a reader: OK or the error, with text. */
err sock_read_end_error(const struct sock *s);

/* sock_write.c. A turn's writing: at most a slice. */
void sock_write_turn(struct sock *s);
bool sock_write_wanted(const struct sock *s);
void sock_write_wake_flushers(struct sock *s, err result);
/* Send the filter's last word; false while it is still on its way. */
bool sock_write_finish(struct sock *s);
/* Bytes of the filter's own have been added to `wire`. */
void sock_write_wire(struct sock *s);
/* Drop the whole queue. */
void sock_write_release(struct sock *s);

/* sock_listen.c: an accepted sock of l is gone. */
void sock_listen_forget(struct sock_listener *l);
