/* SPDX-License-Identifier: Apache-2.0 */
/* Synthetic ledgers of any size: accounts, trust lines, offers with their directories and books,
 * and payments, trust lines and offers that change them. Hashes are right, metadata says what
 * happened, everything follows from a seed. Signatures are random bytes: nobody checks them after
 * validation. */
#pragma once
#include "base/arena.h"
#include "double/state.h"
#include "xrpl/digest.h"

struct synth;

struct synth_opts {
    uint64_t seed;
    uint64_t n_objects;   /* of the first ledger, about */
    uint32_t n_changes;   /* objects that a ledger is to change, about; 0 = as it comes (3 to 4 a
                             transaction) */
    uint32_t n_txs;       /* a ledger */
    uint32_t first_seq;   /* of the first ledger; > 256 */
    uint32_t first_close; /* its close time */
    uint32_t
        lines_percent; /* of the trust lines that belong to the first gateway; 0 = shared evenly */
    bool later;        /* with things of a later protocol in every ledger, see synth_later.h */
};

struct synth_tx {
    struct hash256 hash;
    struct slice tx;
    struct slice meta;
};

/* A change of the state: data empty = deleted. */
struct synth_change {
    struct hash256 key;
    struct slice data;
    bool existed; /* before */
};

struct synth_ledger {
    struct ledger_header header;
    struct state *state;  /* a reference */
    struct synth_tx *txs; /* ascending by hash, as the tree has them */
    uint32_t n_txs;
    struct synth_change *changes; /* ascending by key */
    uint32_t n_changes;
    struct arena *arena; /* of the above; slices of changes are borrowed from `state` */
};

struct synth *synth_new(const struct synth_opts *opts);
struct synth *synth_free(struct synth *s);
/* The first ledger (no transactions, no changes), then one after the other, each closed at
 * close_time. */
struct synth_ledger *synth_first(struct synth *s);
struct synth_ledger *synth_next(struct synth *s, uint32_t close_time);
struct synth_ledger *synth_ledger_free(struct synth_ledger *l);
/* Account with the most trust lines (the first gateway), and an ordinary one. */
struct account synth_gateway(const struct synth *s);
struct account synth_account(const struct synth *s, uint32_t i);
uint32_t synth_n_accounts(const struct synth *s);
