/* SPDX-License-Identifier: Apache-2.0 */
/* From a source's reply to what the store takes: everything that can be checked without the state
 * before the ledger is checked here, so it can run on any thread. Nothing of a reply is copied. */
#pragma once
#include "base/arena.h"
#include "ledger/apply.h"

struct fetch_reply;

/* A ledger, ready to be applied. `ledger` points into the arena, which holds the reply, too. */
struct decode_ledger {
    struct arena *arena;
    struct apply_ledger ledger;
    uint32_t source;
    size_t n_bytes; /* memory held, about */
    uint32_t n_odd; /* transactions whose metadata we could not read fully: they are stored, their
                       index rows are not */
};

/* Consumes `reply` (of fetch_ledger), also on failure. Checks: header hash, transaction ids and
 * root, order and form of the objects. ERR_VERIFY or ERR_PARSE: the reply is wrong; the text says
 * what was expected and found, *ret_what names it in a word (static): "header", "transactions",
 * "objects", "reply". */
ERR decode_ledger(struct fetch_reply *reply, bool with_objects, struct decode_ledger **ret,
                  const char **ret_what);
struct decode_ledger *decode_ledger_free(struct decode_ledger *d); /* accepts NULL; any thread */
void decode_ledger_freep(struct decode_ledger **d);

/* A page of the initial load. */
struct decode_page {
    struct arena *arena;
    struct store_object *objects;
    size_t n_objects;
    struct store_index_row *rows;
    size_t n_rows;
    struct hash256 last; /* continue after this key */
    bool is_end;         /* the range has no more */
    uint32_t source;
    size_t n_bytes;
};

/* Consumes `reply` (of fetch_page). Keys must ascend, beginning after `after` (NULL: anywhere);
 * those above `upto` (NULL: none) are left out. Errors as decode_ledger; ERR_VERIFY also for a page
 * that does not lead anywhere. */
ERR decode_page(struct fetch_reply *reply, const struct hash256 *after, const struct hash256 *upto,
                struct decode_page **ret);
struct decode_page *decode_page_free(struct decode_page *p);
void decode_page_freep(struct decode_page **p);
