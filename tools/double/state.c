/* SPDX-License-Identifier: Apache-2.0 */
#include "double/state.h"

#include "base/mem.h"
#include "xrpl/digest.h"

#include <stdlib.h>

/* An inner node has 16 children; a leaf is one object. */
struct state {
    uint32_t refs;
    bool is_leaf;
    bool hash_known;
    struct hash256 hash;
};

struct inner {
    struct state node;
    struct state *children[16];
};

struct leaf {
    struct state node;
    struct hash256 key;
    size_t n;
    uint8_t data[];
};

static struct inner *as_inner(const struct state *s)
{
    return (struct inner *)s;
}

static struct leaf *as_leaf(const struct state *s)
{
    return (struct leaf *)s;
}

static uint32_t nibble(const struct hash256 *key, uint32_t depth)
{
    return depth & 1 ? key->b[depth / 2] & 15 : key->b[depth / 2] >> 4;
}

struct state *state_new(void)
{
    struct inner *in = xcalloc(1, sizeof *in);
    in->node.refs = 1;
    return &in->node;
}

static struct state *leaf_new(const struct hash256 *key, struct slice data)
{
    struct leaf *l = xmalloc(sizeof *l + data.n);
    l->node = (struct state){
        .refs = 1, .is_leaf = true, .hash_known = true, .hash = digest_state_leaf(data, key)};
    l->key = *key;
    l->n = data.n;
    memcpy(l->data, data.p, data.n);
    return &l->node;
}

struct state *state_ref(struct state *s)
{
    s->refs++;
    return s;
}

/* Depth is at most 64. */
struct state *state_unref(struct state *s)
{
    if (s == NULL || --s->refs > 0)
        return NULL;
    if (!s->is_leaf)
        for (uint32_t i = 0; i < 16; i++)
            state_unref(as_inner(s)->children[i]);
    free(s);
    return NULL;
}

/* An inner node that only we hold: the node itself, or a copy (the reference moves to it). */
static struct inner *own(struct state *s)
{
    struct inner *in = as_inner(s);
    if (s->refs > 1) {
        struct inner *copy = xmalloc(sizeof *copy);
        *copy = *in;
        copy->node.refs = 1;
        for (uint32_t i = 0; i < 16; i++)
            if (copy->children[i])
                state_ref(copy->children[i]);
        s->refs--;
        in = copy;
    }
    in->node.hash_known = false;
    return in;
}

static struct state *put_at(struct state *s, uint32_t depth, struct state *leaf)
{
    const struct hash256 *key = &as_leaf(leaf)->key;
    if (s == NULL)
        return leaf;
    if (s->is_leaf && hash256_eq(&as_leaf(s)->key, key)) {
        state_unref(s);
        return leaf;
    }
    struct inner *in;
    if (s->is_leaf) {
        in = as_inner(state_new());
        in->children[nibble(&as_leaf(s)->key, depth)] = s;
    } else {
        in = own(s);
    }
    struct state **slot = &in->children[nibble(key, depth)];
    *slot = put_at(*slot, depth + 1, leaf);
    return &in->node;
}

struct state *state_put(struct state *root, const struct hash256 *key, struct slice data)
{
    return put_at(root, 0, leaf_new(key, data));
}

/* A node below the root that holds a single leaf is that leaf. */
static struct state *collapse(struct inner *in)
{
    struct state *only = NULL;
    for (uint32_t i = 0; i < 16; i++) {
        if (in->children[i] && (only || !in->children[i]->is_leaf))
            return &in->node;
        if (in->children[i])
            only = in->children[i];
    }
    if (only)
        state_ref(only);
    state_unref(&in->node);
    return only;
}

static struct state *del_at(struct state *s, uint32_t depth, const struct hash256 *key)
{
    if (s == NULL || (s->is_leaf && !hash256_eq(&as_leaf(s)->key, key)))
        return s;
    if (s->is_leaf)
        return state_unref(s);
    struct inner *in = own(s);
    struct state **slot = &in->children[nibble(key, depth)];
    *slot = del_at(*slot, depth + 1, key);
    return depth ? collapse(in) : &in->node;
}

struct state *state_del(struct state *root, const struct hash256 *key)
{
    return del_at(root, 0, key);
}

bool state_get(const struct state *s, const struct hash256 *key, struct slice *ret)
{
    for (uint32_t depth = 0; s && !s->is_leaf; depth++)
        s = as_inner(s)->children[nibble(key, depth)];
    if (s == NULL || !hash256_eq(&as_leaf(s)->key, key))
        return false;
    *ret = slice_of(as_leaf(s)->data, as_leaf(s)->n);
    return true;
}

/* First leaf of the subtree in the direction of `step` that is strictly beyond `key` (NULL: no
 * bound any more). */
static const struct leaf *beyond(const struct state *s, uint32_t depth, const struct hash256 *key,
                                 int step)
{
    if (s == NULL)
        return NULL;
    if (s->is_leaf)
        return key == NULL || hash256_cmp(&as_leaf(s)->key, key) * step > 0 ? as_leaf(s) : NULL;
    int start = key ? (int)nibble(key, depth) : step > 0 ? 0 : 15;
    for (int i = start; i >= 0 && i < 16; i += step) {
        const struct hash256 *bound = key && i == start ? key : NULL;
        const struct leaf *found = beyond(as_inner(s)->children[i], depth + 1, bound, step);
        if (found)
            return found;
    }
    return NULL;
}

bool state_next(const struct state *root, const struct hash256 *key, struct hash256 *ret_key,
                struct slice *ret)
{
    const struct leaf *l = beyond(root, 0, key, 1);
    if (l == NULL)
        return false;
    *ret_key = l->key;
    *ret = slice_of(l->data, l->n);
    return true;
}

bool state_prev(const struct state *root, const struct hash256 *key, struct hash256 *ret_key)
{
    const struct leaf *l = beyond(root, 0, key, -1);
    if (l)
        *ret_key = l->key;
    return l != NULL;
}

struct hash256 state_hash(struct state *s)
{
    struct hash256 children[16] = {0};
    bool any = false;
    if (s->hash_known)
        return s->hash;
    for (uint32_t i = 0; i < 16; i++)
        if (as_inner(s)->children[i]) {
            children[i] = state_hash(as_inner(s)->children[i]);
            any = true;
        }
    s->hash = any ? digest_inner(children) : HASH256_ZERO;
    s->hash_known = true;
    return s->hash;
}

uint64_t state_count(const struct state *s)
{
    uint64_t n = 0;
    if (s == NULL || s->is_leaf)
        return s != NULL;
    for (uint32_t i = 0; i < 16; i++)
        n += state_count(as_inner(s)->children[i]);
    return n;
}
