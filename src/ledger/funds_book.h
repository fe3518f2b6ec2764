/* SPDX-License-Identifier: Apache-2.0 */
/* How much of each offer of an order book its owner can pay for: the offers of one book in order,
 * each owner's balance spent on the offers that come first (rpc-a 14, rpc-b D.10). */
#pragma once
#include "ledger/funds.h"

struct funds_book {
    struct funds *funds;
    struct asset gets, pays; /* what takers get and pay */
    struct account taker;
    bool frozen;               /* one of the issuers froze everything */
    uint32_t rate;             /* transfer rate of what takers get */
    struct funds_left *owners; /* open addressing */
    uint32_t n_slots, n_owners;
};

/* Begin a book of at most `max_offers` offers. `taker`: the zero account when nobody is named.
 * `f` and its arena are borrowed: what is allocated here lives in the arena. */
YIELDS ERR funds_book_init(struct funds_book *b, struct funds *f, const struct asset *gets,
                           const struct asset *pays, const struct account *taker,
                           uint32_t max_offers);

struct funds_offer {
    struct amount quality; /* pays per gets */
    bool has_funds;        /* `funds` was read here, not left over from an earlier offer */
    bool partial;          /* the owner cannot pay for all of it: the next two are set */
    struct amount funds;
    struct amount gets_funded;
    struct amount pays_funded;
};

/* The book's next offer. *ret_usable = false (and OK): its amounts cannot be worked with (not of
 * this book, not decodable, overflow); it is as if it were not there. */
YIELDS ERR funds_book_offer(struct funds_book *b, struct slice offer, struct funds_offer *ret,
                            bool *ret_usable);
