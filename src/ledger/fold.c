/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/fold.h"

#include "base/bits.h"
#include "xrpl/digest.h"

#include <assert.h>

uint32_t fold_common(const struct hash256 *a, const struct hash256 *b)
{
    for (uint32_t i = 0; i < 32; i += 8) {
        uint64_t x = bits_load64(a->b + i) ^ bits_load64(b->b + i);
        if (x)
            return i * 2 + (uint32_t)__builtin_clzll(x) / 4;
    }
    return FOLD_DEPTHS;
}

void fold_attach(struct fold_node *node, uint32_t child, const struct fold_sub *sub)
{
    uint16_t bit = (uint16_t)(1u << child);
    node->present = (uint16_t)(sub->count ? node->present | bit : node->present & ~bit);
    node->kept = (uint16_t)(sub->kept ? node->kept | bit : node->kept & ~bit);
    node->counts[child] = sub->count;
    node->hashes[child] = sub->hash;
}

uint32_t fold_count(const struct fold_node *node)
{
    uint32_t n = 0;
    for (uint32_t left = node->present; left; left &= left - 1)
        n += node->counts[__builtin_ctz(left)];
    return n;
}

struct fold_sub fold_collapse(const struct fold_node *node)
{
    uint32_t count = fold_count(node);
    if (count == 0)
        return (struct fold_sub){0};
    if (count == 1)
        return (struct fold_sub){node->hashes[__builtin_ctz(node->present)], 1, false};
    return (struct fold_sub){digest_inner(node->hashes), count, false};
}

static void open_to(struct fold *f, uint32_t depth)
{
    while (f->deepest < (int32_t)depth)
        memset(&f->nodes[++f->deepest], 0, sizeof f->nodes[0]);
}

/* The deepest node is complete: it becomes a slot's content. */
static err close_deepest(struct fold *f, struct fold_sub *ret)
{
    uint32_t depth = (uint32_t)f->deepest--;
    const struct fold_node *node = &f->nodes[depth];
    *ret = fold_collapse(node);
    if (depth == 0 && ret->count == 1)
        ret->hash = digest_inner(node->hashes);
    if (ret->count <= f->keep_above && depth > 0)
        return OK;
    ret->kept = true;
    return f->keep(f->arg, depth, &f->key, node);
}

static err close_to(struct fold *f, uint32_t depth)
{
    while (f->deepest > (int32_t)depth) {
        struct fold_sub sub;
        TRY(close_deepest(f, &sub));
        uint32_t parent = (uint32_t)f->deepest;
        fold_attach(&f->nodes[parent], fold_nibble(&f->key, parent), &sub);
    }
    return OK;
}

static void attach_pending(struct fold *f)
{
    struct fold_sub leaf = {f->hash, 1, false};
    uint32_t depth = (uint32_t)f->deepest;
    fold_attach(&f->nodes[depth], fold_nibble(&f->key, depth), &leaf);
}

void fold_begin(struct fold *f, uint32_t base)
{
    f->base = base;
    f->deepest = (int32_t)base - 1;
    f->pending = false;
    if (base == 0)
        open_to(f, 0);
}

ERR fold_add(struct fold *f, const struct hash256 *key, const struct hash256 *leaf)
{
    if (f->pending) {
        uint32_t common = fold_common(&f->key, key);
        assert(common >= f->base && common < FOLD_DEPTHS);
        open_to(f, common);
        attach_pending(f);
        TRY(close_to(f, common));
    }
    f->key = *key;
    f->hash = *leaf;
    f->pending = true;
    return OK;
}

ERR fold_end(struct fold *f, struct fold_sub *ret)
{
    if (f->deepest < (int32_t)f->base) {
        *ret = f->pending ? (struct fold_sub){f->hash, 1, false} : (struct fold_sub){0};
        return OK;
    }
    if (f->pending)
        attach_pending(f);
    else
        f->key = HASH256_ZERO;
    TRY(close_to(f, f->base));
    return close_deepest(f, ret);
}
