/* SPDX-License-Identifier: Apache-2.0 */
/* What a sock is made of. Internal to rt: sock*.c are one module. */
#pragma once
#include "rt/core_impl.h"
#include "rt/fiber.h"
#include "rt/sock.h"

#define SOCK_MAX_BUFS 16

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

struct sock {
    uv_tcp_t tcp;
    struct core *core;
    struct list node;               /* in core->socks */
    struct sock_listener *listener; /* that accepted it (a reference), or NULL */
    const struct sock_handler *handler;
    void *handler_arg;
    bool reading;  /* uv_read_start is on */
    bool paused;   /* by the user */
    bool ended;    /* the read side; end_code says how */
    bool end_told; /* on_end was called */
    bool broken;   /* the write side */
    bool closing;  /* sock_close was called: the user does not know us any more */
    bool shut;     /* closing, all written: waiting for the peer's end */
    bool closed;   /* uv_close was called */
    bool writing;  /* write_req is in use */
    bool above_low;
    int end_code; /* err code; 0 = orderly */
    int end_uv;   /* libuv's, for the text */

    struct buf in; /* received while nobody read (no handler set) */
    size_t in_at;  /* where the unread part of it begins */
    struct sock_reader *reader;
    struct list flushers;

    uv_write_t write_req;
    struct sock_piece *out_head;
    struct sock_piece *out_tail;
    uint32_t n_out;       /* pieces */
    uint32_t n_in_flight; /* those at the head that write_req covers */
    size_t waiting_bytes; /* behind those */
    size_t low_water;
    struct timer close_timer;
    char peer_ip[46];
    char name[56];
};

/* A new sock on the current core, not connected. Errors: ERR_IO. */
ERR sock_new(struct sock **ret);
/* Fill in the peer's name from the connected socket. */
void sock_name_peer(struct sock *s, const struct sockaddr *addr);
/* Text of an address without port (IPv4 behind an IPv6 socket is shown as IPv4), and its port. */
uint16_t sock_addr_text(const struct sockaddr *addr, char ip[46]);
/* Options that every connection gets. */
void sock_tune(struct sock *s);
/* Close the handle; the sock is freed when libuv lets go. */
void sock_destroy(struct sock *s);
/* The read side is over: code 0 = orderly; else an error code and libuv's reason. Told to handler
 * or reader, once. */
void sock_end(struct sock *s, int code, int uv_code);
/* The write queue has become empty. */
void sock_emptied(struct sock *s);
void sock_wake_flushers(struct sock *s, err result);
/* Start or stop reading as the sock's state wants it. */
void sock_update_reading(struct sock *s);
/* sock_write.c: release the whole queue; libuv holds none of it any more. */
void sock_write_release(struct sock *s);
/* sock_listen.c: an accepted sock of l is gone. */
void sock_listen_forget(struct sock_listener *l);
