/* SPDX-License-Identifier: Apache-2.0 */
/* One call of a method: what was asked, the means to answer it, and where the answer goes. Made by
 * the engine for the time of the call; everything in it lives until the reply is complete. */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "json/json.h"
#include "json/jw.h"
#include "ledger/view.h"
#include "rpc/errors.h"
#include "xrpl/account.h"

struct rpc_server;
struct rpc_request;
struct method;

/* The ledger that call_open_ledger opened. */
struct call_at {
    bool set;
    uint32_t seq;
    struct hash256 hash;
};

/* The error to answer with, see rpc_error. */
struct call_fault {
    enum rpc_code code;  /* 0 = none */
    const char *token;   /* NULL = the code's */
    const char *message; /* NULL = the code's */
    const char *extra; /* further members as JSON text, e.g. "\"searched_all\":true"; NULL = none */
    const struct call_at *at; /* the ledger to name; NULL = none; the engine's to set */
};

/* Ledger selection as the parameters give it (rpc-a 1.7). */
struct call_ledger {
    bool hash_given;
    bool index_given;  /* ledger_index was there, in any form */
    bool index_is_seq; /* ... and names a sequence; else it means the newest ledger */
    struct hash256 hash;
    uint32_t index;
    bool is_marked; /* a marker names the ledger of the page before this one: `marked` */
    uint32_t marked;
};

struct call {
    struct rpc_server *server;
    const struct rpc_request *request;
    const struct method *method;
    const struct json *params; /* the parameter object */
    void *args;                /* the method's args struct, filled by its table */
    uint32_t api_version;      /* 1..3 */
    bool is_admin;
    int64_t deadline_ns;
    struct arena *arena;  /* of the request */
    struct jw *w;         /* inside `result`: write members, key by key */
    size_t max_out_bytes; /* of w->out, reply and all: see call_breathe; 0 = no bound */
    size_t held_bytes;    /* as last told to request->may_hold */
    struct ledgers *ledgers;
    struct view *view; /* NULL until call_open_ledger; closed by the engine */
    struct call_at at; /* errors that are found in this ledger name it */
    struct call_ledger ledger;
    struct call_fault fault;
};

/* return rpc_error(c, RPC_ACT_NOT_FOUND, NULL): the call ends with this error; what was written so
 * far is dropped. message NULL = the code's default. The text must live as long as the call
 * (literal, or in the arena). */
ERR rpc_error(struct call *c, enum rpc_code code, const char *message);
/* The same with a formatted message (in the arena). */
ERR rpc_errorf(struct call *c, enum rpc_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* For loops over many things: lets other fibers run, and fails (ERR_TIMEOUT, ERR_LIMIT,
 * ERR_CANCELLED: the engine knows what to answer) when the call has taken too long or too much
 * memory, or when nobody waits any more. */
YIELDS ERR call_breathe(struct call *c);

/* Open the ledger that the parameters select into c->view: by hash, else by sequence, else that of
 * the marker, else the newest. "validated" is no choice but the default spelled out: client
 * libraries repeat it with every page. Answers lgrNotFound "ledgerNotFound". */
YIELDS ERR call_open_ledger(struct call *c);
/* Open ledger `seq`, with the same error. */
YIELDS ERR call_open_seq(struct call *c, uint32_t seq);
/* Write `ledger_hash`, `ledger_index`, `validated` of c->view. */
void call_put_ledger(struct call *c);

/* Object at `key` in c->view; *ret empty when it is not there (OK then). Valid until the view is
 * closed. */
YIELDS ERR call_get(struct call *c, const struct hash256 *key, struct slice *ret);
/* AccountRoot of `account`; answers `missing` (RPC_ACT_NOT_FOUND for most) when it is not there,
 * dbDeserialization when something else stands in its place. */
YIELDS ERR call_account_root(struct call *c, const struct account *account, enum rpc_code missing,
                             struct slice *ret);

/* Members that many replies have. */
void call_put_hash(struct call *c, const char *key, const struct hash256 *h);
void call_put_account(struct call *c, const char *key, const struct account *a);
