/* SPDX-License-Identifier: Apache-2.0 */
/* The objects of the synthetic ledger as the generator thinks of them, and their bytes. Private to
 * synth*. */
#pragma once
#include "base/table.h"
#include "double/synth.h"
#include "double/stw.h"
#include "xrpl/keylet.h"

#define SYNTH_PAGE_KEYS 32
#define SYNTH_FEE_DROPS 12

enum synth_kind {
    SYNTH_ACCOUNT = 1,
    SYNTH_LINE,
    SYNTH_OFFER,
    SYNTH_PAGE,
    SYNTH_HASHES,
    SYNTH_FEES,
    SYNTH_LATER,
    SYNTH_AMENDMENTS
};

/* What the last transaction left; first member of each object that is threaded. */
struct synth_thread {
    struct hash256 tx;
    uint32_t seq;
};

struct synth_page {
    struct hash256 key;
    struct synth_dir *dir;
    uint64_t number;
    struct synth_page *next, *prev; /* pages in order; the root is first */
    uint32_t n;
    struct hash256 keys[SYNTH_PAGE_KEYS];
};

/* A directory: of an owner, or one quality of a book. */
struct synth_dir {
    struct hash256 root_key;
    struct synth_page *root; /* NULL = empty, no object */
    uint64_t last_number;
    bool is_book;
    struct account owner;
    struct synth_gateway *gateway; /* books: XRP for its currency */
    uint64_t quality;
    struct synth_offer *offers[SYNTH_PAGE_KEYS]; /* books: at most one page of offers */
    uint32_t n_offers;
};

struct synth_acct {
    struct synth_thread thread;
    struct account id;
    struct hash256 key;
    uint64_t drops;
    uint32_t sequence;
    uint32_t owner_count;
    struct synth_dir dir;
    struct synth_line *line;   /* its one trust line, if any */
    struct synth_offer *offer; /* its one offer, if any */
    uint8_t pubkey[33];
    uint32_t n_later; /* fields of a later protocol in its root, see synth_later.h; 0 = none */
};

struct synth_line {
    struct synth_thread thread;
    struct hash256 key;
    struct synth_acct *holder;
    struct synth_gateway *gateway;
    int64_t balance; /* the holder's, in millionths */
    int64_t limit;
    uint64_t holder_page, gateway_page;
};

struct synth_offer {
    struct synth_thread thread;
    struct hash256 key;
    struct synth_acct *maker;
    struct synth_dir *dir; /* of its book and quality */
    uint32_t sequence;
    uint64_t drops; /* TakerPays */
    int64_t micro;  /* TakerGets */
    uint64_t page;  /* of the maker's directory */
};

#define SYNTH_QUALITIES 40

struct synth_gateway {
    struct synth_acct *acct;
    struct currency currency;
    struct synth_dir books[SYNTH_QUALITIES]; /* ascending quality */
};

/* One object that a transaction touched. */
struct synth_touch {
    enum synth_kind kind;
    void *obj;
    struct hash256 key;
    bool existed; /* before the transaction */
    struct slice before;
    bool gone; /* after it */
};

struct synth {
    struct synth_opts opts;
    uint64_t rng[2];
    struct state *state;
    struct ledger_header header;
    struct synth_acct **accts; /* gateways first */
    uint32_t n_accts, cap_accts;
    uint32_t n_gateways;
    struct synth_gateway *gateways;
    uint64_t n_objects;
    struct hash256 recent[256]; /* ledger hashes, oldest first */
    uint32_t n_recent;
    /* of the transaction in work */
    struct arena *arena;
    struct synth_touch *touched;
    uint32_t n_touched, cap_touched;
    uint32_t n_done; /* transactions of the ledger in work */
    uint8_t result;  /* TransactionResult */
    struct synth_later *later;
    struct table *changed; /* keys changed by the ledger in work -> existed + 1 */
    struct buf scratch;
};

uint64_t synth_random(struct synth *s);
uint32_t synth_below(struct synth *s, uint32_t n);

/* Append the bytes of an object. */
void synth_model_encode(const struct synth *s, enum synth_kind kind, const void *obj,
                        struct buf *out);

/* Directories. `touch` is called for every page before it changes (or just after it is made). */
typedef void (*synth_model_touch_fn)(struct synth *s, struct synth_page *page);
/* Add a key; returns the page's number. */
uint64_t synth_model_dir_add(struct synth *s, struct synth_dir *d, const struct hash256 *key,
                             synth_model_touch_fn touch);
void synth_model_dir_remove(struct synth *s, struct synth_dir *d, uint64_t page,
                            const struct hash256 *key, synth_model_touch_fn touch,
                            synth_model_touch_fn gone);
void synth_model_dir_free(struct synth_dir *d);

/* For kinds of transactions: note an object before it changes; an ordinary account, some more often
 * than others; the common parts of a transaction up to its amounts, and behind them. */
struct synth_touch *synth_tx_touch(struct synth *s, enum synth_kind kind, void *obj,
                                   const struct hash256 *key);
void synth_tx_touch_page(struct synth *s, struct synth_page *p);
void synth_tx_page_gone(struct synth *s, struct synth_page *p);
struct synth_acct *synth_tx_account(struct synth *s);
void synth_tx_pay_fee(struct synth *s, struct synth_acct *a);
void synth_tx_put_head(struct synth *s, struct buf *b, uint16_t type, const struct synth_acct *a);
void synth_tx_put_tail(struct synth *s, struct buf *b, const struct synth_acct *a,
                       const struct synth_acct *destination);
/* Transactions: make the i-th of the ledger in work; the result is in s->arena. */
void synth_tx_make(struct synth *s, uint32_t index, struct synth_tx *ret);
