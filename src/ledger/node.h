/* SPDX-License-Identifier: Apache-2.0 */
/* A kept node of the state tree: as bytes in the mirror's file, and as what makes it differ from
 * them, which is mostly one child or two. */
#pragma once
#include "base/slice.h"
#include "ledger/fold.h"

#define NODE_HEAD_BYTES 4
#define NODE_CHILD_BYTES (4 + 32)
#define NODE_MAX_BYTES (NODE_HEAD_BYTES + 16 * NODE_CHILD_BYTES)

size_t node_encode(const struct fold_node *node, uint8_t out[NODE_MAX_BYTES]);
/* False: damaged. */
bool node_decode(struct slice bytes, struct fold_node *ret);

struct node_child {
    uint32_t count;
    struct hash256 hash;
};

/* What a node has become: what is not said is as stored. */
struct node_form {
    uint16_t present; /* 0: there is no such node any more, or it is the empty root */
    uint16_t kept;
    uint16_t changed;
    struct node_child children[]; /* the changed ones */
};

/* `stored`: as the file has it; empty, if it has not. Freed with free(). */
struct node_form *node_form_new(const struct fold_node *node, const struct fold_node *stored);
/* Make the node as the file has it into what it has become. */
void node_form_apply(const struct node_form *f, struct fold_node *node);
size_t node_form_bytes(const struct node_form *f); /* of memory; NULL has none */
