/* SPDX-License-Identifier: Apache-2.0 */
/* Random ledgers that hang together: objects are created, modified and deleted, order books open
 * and empty, successor rows follow the rules, metadata names what it changes. The same seed makes
 * the same ledgers. */
#pragma once
#include "store/store.h"

#define MODEL_FIRST 1000u /* the ledger that is loaded */
#define MODEL_N_CHAINS 4
#define MODEL_N_KEYS 96 /* all keys there ever are */
#define MODEL_N_BOOKS 3
#define MODEL_N_OWNERS 4 /* accounts, tokens, ... with index rows */

struct model {
    uint64_t rng;
    uint32_t seq; /* of the newest ledger made */
    struct hash256 keys[MODEL_N_KEYS];
    bool live[MODEL_N_KEYS];
    struct hash256 books[MODEL_N_BOOKS]; /* bases */
};

/* On the heap, freed with free: CLEANUP(mem_freep) struct model *m = model_new(1). */
struct model *model_new(uint64_t seed);
uint64_t model_random(uint64_t *rng, uint64_t below);
/* Objects, successors, index rows of part `chain` of the first ledger; only right after model_new.
 * In `a`. */
struct store_ledger model_part(struct model *m, uint32_t chain, struct arena *a);
/* The first ledger itself: header, transactions, rest of the rows. */
struct store_ledger model_first(struct model *m, struct arena *a);
/* The next ledger. */
struct store_ledger model_next(struct model *m, struct arena *a);

/* Load the first ledger into s, and add n more, several at once now and then. */
void model_load(struct model *m, struct store *s);
void model_write(struct model *m, struct store *s, uint32_t n);

/* A key to ask for: of the model, near one, or any. */
struct hash256 model_some_key(const struct model *m, uint64_t *rng);
/* Prefix of an index's rows that the model uses. */
struct slice model_prefix(enum store_index index, uint32_t owner);

/* All operations answer alike in both stores, at n_samples places. */
void model_compare(const struct model *m, struct store *a, struct store *b, uint64_t seed,
                   uint32_t n_samples);
/* The same without scans, which are not of a ledger: b may hold later ledgers. Any thread. */
void model_compare_past(const struct model *m, struct store *a, struct store *b, uint64_t seed,
                        uint32_t n_samples);
