/* SPDX-License-Identifier: Apache-2.0 */
/* Leaves of the state tree, given in ascending order, folded into the hash of their subtree. Memory
 * is one node per level, whatever the number of leaves. Nodes over many leaves are handed out, so
 * that their hashes can be kept. */
#pragma once
#include "base/err.h"
#include "base/hash.h"

#define FOLD_DEPTHS                                                                                \
    64 /* nibbles of a key: the node at depth d tells the children apart by nibble d */

/* An inner node with what is known of its children. */
struct fold_node {
    uint16_t present;          /* bit i: child i is not empty */
    uint16_t kept;             /* bit i: child i is an inner node that is kept itself */
    uint32_t counts[16];       /* leaves below each child */
    struct hash256 hashes[16]; /* of the children; zero where empty */
};

/* What hangs in a slot: nothing (count 0, zero hash), one leaf, or an inner node. */
struct fold_sub {
    struct hash256 hash;
    uint32_t count;
    bool kept;
};

/* Called for every finished inner node with more than `keep_above` leaves (children before
 * parents). `key` is some key below the node: its first `depth` nibbles are the node's place. */
typedef err (*fold_keep_fn)(void *arg, uint32_t depth, const struct hash256 *key,
                            const struct fold_node *node);

struct fold {
    uint32_t keep_above;
    fold_keep_fn keep;
    void *arg;
    uint32_t base;   /* depth of the slot */
    int32_t deepest; /* depth of the deepest open node; base - 1 = none */
    bool pending;    /* one leaf waits for its successor, which tells how deep it hangs */
    struct hash256 key;
    struct hash256 hash;
    struct fold_node nodes[FOLD_DEPTHS];
};

/* Nibble `depth` of a key, 0..15. */
static inline uint32_t fold_nibble(const struct hash256 *key, uint32_t depth)
{
    uint32_t byte = key->b[depth / 2];
    return depth % 2 ? byte & 15 : byte >> 4;
}

/* Number of nibbles that two different keys share at their beginning. */
uint32_t fold_common(const struct hash256 *a, const struct hash256 *b);

/* Begin the slot at depth `base`. At 0 the result is the tree's root: an inner node even over one
 * leaf. */
void fold_begin(struct fold *f, uint32_t base);
/* The next leaf; keys ascend strictly and share their first `base` nibbles. Errors: those of
 * `keep`. */
ERR fold_add(struct fold *f, const struct hash256 *key, const struct hash256 *leaf);
/* No more leaves. Errors: those of `keep`. */
ERR fold_end(struct fold *f, struct fold_sub *ret);

/* Put a slot's content into its parent. */
void fold_attach(struct fold_node *node, uint32_t child, const struct fold_sub *sub);
/* Number of leaves below a node. */
uint32_t fold_count(const struct fold_node *node);
/* What the node amounts to for its own parent: with one leaf below it, that leaf moves up. */
struct fold_sub fold_collapse(const struct fold_node *node);
