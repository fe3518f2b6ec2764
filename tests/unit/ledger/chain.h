/* SPDX-License-Identifier: Apache-2.0 */
/* A chain of small ledgers with correct hashes, every state kept whole: what mirror, window and
 * history are compared with. Keys come in the shapes that matter: random, long shared prefixes (NFT
 * pages), order books. */
#pragma once
#include "ledger/apply.h"
#include "ledger/view.h"

struct chain_ledger {
    struct ledger_header header;
    struct store_object *objects; /* the whole state, ascending */
    size_t n;
    struct store_object *diff; /* ascending; what changed from the ledger before */
    size_t n_diff;
    struct hash256 *unnamed; /* keys of diff: there are no transactions that name them */
};

struct chain {
    struct arena *arena;
    uint64_t random;
    struct chain_ledger *ledgers;
    size_t n, cap;
    uint32_t first;
};

/* One ledger `first` of about n_objects objects. */
void chain_init(struct chain *c, uint64_t seed, uint32_t first, size_t n_objects);
/* Give the only ledger so far these objects instead (sorted here; they live as long as the chain).
 */
void chain_set(struct chain *c, struct store_object *objects, size_t n);
/* Give it instead so many objects that the tree has all its nodes at depth 2: `n` or 30 for each
 * first byte of the keys, whichever is more. */
void chain_widen(struct chain *c, size_t n);
void chain_deinit(struct chain *c);
/* One more ledger: about n_changes created, modified, deleted. */
void chain_extend(struct chain *c, size_t n_changes);
/* One more, with these changes (ascending). */
void chain_extend_with(struct chain *c, const struct store_object *diff, size_t n);
uint32_t chain_last(const struct chain *c);
const struct chain_ledger *chain_at(const struct chain *c, uint32_t seq);
uint64_t chain_random(struct chain *c, uint64_t below);
/* A key of one of the shapes. */
struct hash256 chain_key(struct chain *c);
/* NULL: absent. */
const struct store_object *chain_find(const struct chain_ledger *l, const struct hash256 *key);
const struct store_object *chain_after(const struct chain_ledger *l, const struct hash256 *key);

struct apply_ledger chain_apply_ledger(const struct chain_ledger *l);
/* Load the first ledger in n_chains parts (cut at equal steps of the first byte). */
void chain_load(const struct chain *c, struct ledgers *l, uint32_t n_chains);
/* Apply the ledgers up to `last`, per_batch at a time. */
void chain_apply(const struct chain *c, struct ledgers *l, uint32_t last, size_t per_batch);
/* Write the ledger to the history with an object that is not as it should be, as another server
 * might. */
void chain_write_wrong(const struct chain *c, struct store *s, uint32_t seq);
/* Everything that a view at this ledger can say is right. */
void chain_check(struct chain *c, struct ledgers *l, uint32_t seq);
/* n random reads at this ledger are right (`random`: the caller's own state). */
void chain_probe(const struct chain *c, struct view *v, uint64_t *random, size_t n);

/* Open in the test's directory. */
struct ledgers *chain_open_with(struct ledgers_opts opts, const char *mirror_name);
/* The same for two cores; the undo window is empty at first. */
struct ledgers *chain_open(struct store *s, const char *mirror_name);
