/* SPDX-License-Identifier: Apache-2.0 */
/* The objects of an account for a method: the walk of the owner directory with the errors, breaths
 * and markers of the API (rpc-a 1.14, 1.15.1).
 *
 *     struct owner_walk walk = owner_walk_of(c, &account, limit, &args->marker);
 *     TRY(owner_walk_each(&walk, ENTRY_Offer, put_offer, NULL));
 *     owner_walk_put_marker(&walk); */
#pragma once
#include "ledger/walk.h"
#include "rpc/call.h"
#include "rpc/param.h"

struct owner_walk {
    struct call *c;
    bool whole;  /* no limit: what was read is forgotten after each batch */
    bool enough; /* set by the function below: no more of them */
    struct walk_dir dir;
};

/* limit: entries of any type; 0 = all. `marker` NULL, not set, or with a key of zeros: from the
 * begin (whatever its page: rpc-a Q4, where the reference lets that page leak into the next
 * marker).
 */
struct owner_walk owner_walk_of(struct call *c, const struct account *owner, uint32_t limit,
                                const struct param_marker *marker);

/* `object` is valid as long as the call, in a walk without limit until the function returns. Must
 * not yield for long; the walk breathes. */
typedef err (*owner_walk_fn)(struct owner_walk *w, void *arg, const struct hash256 *key,
                             struct slice object);
/* Call fn for every object of LedgerEntryType `type` (0 = of any), in order, to the end of the
 * walk. Answers invalidParams for bad markers; fails as call_breathe does. */
YIELDS ERR owner_walk_each(struct owner_walk *w, uint16_t type, owner_walk_fn fn, void *arg);

/* A page of an account's objects of one type, as most of these methods answer: the ledger is
 * opened, the account looked up, and the result is `account` (as asked), the ledger, `limit`, the
 * list, and `marker`. */
struct owner_walk_page {
    const struct param_account *account;
    const struct param_u32 *limit;
    const struct param_marker *marker;
    uint16_t type;     /* LedgerEntryType */
    const char *list;  /* member that holds the objects */
    owner_walk_fn put; /* writes one object's element, or nothing */
    void *arg;         /* of `put` */
};
YIELDS ERR owner_walk_reply(struct call *c, const struct owner_walk_page *page);

/* Write `marker` when the limit ended the walk. */
void owner_walk_put_marker(const struct owner_walk *w);

/* For walks of another kind: answers for the ends that are the request's fault ("Invalid marker.",
 * "Owner directory not found."), and `"marker":"<64 hex>,<page>,<ledger>"`: the next page is read
 * in the same ledger. `inside`: a second key and page, between; NULL = none. */
ERR owner_walk_check(struct call *c, enum walk_end end);
void owner_walk_put_mark(struct call *c, const struct walk_mark *mark,
                         const struct walk_mark *inside);
