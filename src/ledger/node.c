/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/node.h"

#include "base/cursor.h"
#include "base/mem.h"

size_t node_encode(const struct fold_node *node, uint8_t out[NODE_MAX_BYTES])
{
    bits_store16(out, node->present);
    bits_store16(out + 2, node->kept);
    uint8_t *to = out + NODE_HEAD_BYTES;
    for (uint32_t left = node->present; left; left &= left - 1, to += NODE_CHILD_BYTES) {
        uint32_t i = (uint32_t)__builtin_ctz(left);
        bits_store32(to, node->counts[i]);
        memcpy(to + 4, node->hashes[i].b, 32);
    }
    return (size_t)(to - out);
}

bool node_decode(struct slice bytes, struct fold_node *ret)
{
    struct cursor c = cursor_of(bytes);
    memset(ret, 0, sizeof *ret);
    ret->present = cursor_be16(&c);
    ret->kept = cursor_be16(&c);
    for (uint32_t left = ret->present; left; left &= left - 1) {
        uint32_t i = (uint32_t)__builtin_ctz(left);
        ret->counts[i] = cursor_be32(&c);
        struct slice hash = cursor_take(&c, 32);
        if (hash.n)
            memcpy(ret->hashes[i].b, hash.p, 32);
    }
    return !c.failed && cursor_done(&c) && (ret->kept & ~ret->present) == 0;
}

/* --- what differs --- */

static bool same_child(const struct fold_node *a, const struct fold_node *b, uint32_t i)
{
    return (b->present >> i & 1) && a->counts[i] == b->counts[i] &&
           hash256_eq(&a->hashes[i], &b->hashes[i]);
}

struct node_form *node_form_new(const struct fold_node *node, const struct fold_node *stored)
{
    uint32_t changed = 0, n = 0;
    for (uint32_t left = node->present; left; left &= left - 1) {
        uint32_t i = (uint32_t)__builtin_ctz(left);
        changed |= (uint32_t)!same_child(node, stored, i) << i;
    }
    uint32_t n_changed = (uint32_t)__builtin_popcount(changed);
    struct node_form *f = xmalloc(sizeof *f + n_changed * sizeof f->children[0]);
    *f = (struct node_form){node->present, node->kept, (uint16_t)changed};
    for (uint32_t left = changed; left; left &= left - 1) {
        uint32_t i = (uint32_t)__builtin_ctz(left);
        f->children[n++] = (struct node_child){node->counts[i], node->hashes[i]};
    }
    return f;
}

void node_form_apply(const struct node_form *f, struct fold_node *node)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < 16; i++) {
        if (f->changed >> i & 1) {
            node->counts[i] = f->children[n].count;
            node->hashes[i] = f->children[n++].hash;
        } else if (!(f->present >> i & 1)) {
            node->counts[i] = 0;
            node->hashes[i] = HASH256_ZERO;
        }
    }
    node->present = f->present;
    node->kept = f->kept;
}

size_t node_form_bytes(const struct node_form *f)
{
    return f ? sizeof *f + (uint32_t)__builtin_popcount(f->changed) * sizeof f->children[0] : 0;
}
