/* SPDX-License-Identifier: Apache-2.0 */
/* Objects of a ledger against its metadata; the whole state against the header. */
#include "etl/check_impl.h"

#include "base/bits.h"
#include "base/mem.h"
#include "ledger/fold.h"
#include "xrpl/txmeta.h"

#include <stdio.h>
#include <stdlib.h>

#define OBJECTS_AT_ONCE 256
#define PAGE 1024

static const char *key_text(const struct hash256 *key, char out[20])
{
    snprintf(out, 20, "%08X%08X...", bits_load32(key->b), bits_load32(key->b + 4));
    return out;
}

/* --- what the metadata says --- */

struct named {
    struct txmeta_node node;
    size_t order;
};

static int by_key(const void *a, const void *b)
{
    const struct named *x = a, *y = b;
    int c = hash256_cmp(&x->node.key, &y->node.key);
    return c ? c : (x->order > y->order) - (x->order < y->order);
}

/* The last word on each object, by key. */
static struct named *last_words(struct check *c, size_t *ret_n)
{
    size_t n = 0, n_kept = 0;
    struct txmeta_node node;
    for (size_t i = 0; i < c->n_txs; i++) {
        struct txmeta_iter it = txmeta_iter_of(c->txs[i].meta);
        while (txmeta_next(&it, &node))
            n++;
    }
    struct named *all = arena_array(c->arena, struct named, n);
    n = 0;
    for (size_t i = 0; i < c->n_txs; i++) {
        struct txmeta_iter it = txmeta_iter_of(c->txs[i].meta);
        for (; txmeta_next(&it, &node); n++)
            all[n] = (struct named){node, n};
    }
    if (n)
        qsort(all, n, sizeof *all, by_key);
    for (size_t i = 0; i < n; i++)
        if (i + 1 == n || !hash256_eq(&all[i].node.key, &all[i + 1].node.key))
            all[n_kept++] = all[i];
    *ret_n = n_kept;
    return all;
}

/* Every field that the metadata gives stands so in the object. */
static bool agrees(const struct txmeta_node *node, struct slice object)
{
    struct sto_iter it = sto_iter_of(node->fields);
    struct sto_field f;
    while (sto_next(&it, &f)) {
        struct slice value;
        if (!sto_get(object, f.id, &value) || !slice_eq(value, f.value))
            return false;
    }
    return true;
}

static bool mend_deletion(struct check *c, const struct hash256 *key)
{
    struct store_object gone = {*key, SLICE_EMPTY};
    struct store_ledger l = {.objects = &gone, .n_objects = 1};
    return check_mend(c, &(struct store_repair){.put = &l, .at = c->header.seq});
}

static void check_object(struct check *c, const struct txmeta_node *node, struct slice object)
{
    char key[20];
    bool is_gone = node->kind == TXMETA_DELETED;
    if (is_gone && object.n > 0)
        check_say(c, mend_deletion(c, &node->key), "ledger %u: object %s was deleted, but is there",
                  c->header.seq, key_text(&node->key, key));
    else if (!is_gone && object.n == 0)
        check_say(c, false, "ledger %u: object %s is missing", c->header.seq,
                  key_text(&node->key, key));
    else if (!is_gone && !agrees(node, object))
        check_say(c, false, "ledger %u: object %s is not what the metadata says", c->header.seq,
                  key_text(&node->key, key));
}

/* One damaged object must not hide the others. */
static ERR check_one(struct check *c, const struct txmeta_node *node)
{
    struct slice object;
    char key[20], what[40];
    bool damaged;
    snprintf(what, sizeof what, "object %s", key_text(&node->key, key));
    err e = store_objects_get(c->s, c->header.seq, &node->key, 1, c->arena, &object, NULL);
    TRY(check_read(c, e, what, &damaged));
    if (!damaged)
        check_object(c, node, object);
    return OK;
}

static ERR check_some(struct check *c, const struct named *named, size_t n)
{
    struct hash256 *keys = arena_array(c->arena, struct hash256, n);
    struct slice *objects = arena_array(c->arena, struct slice, n);
    for (size_t i = 0; i < n; i++)
        keys[i] = named[i].node.key;
    check_pace(c, n);
    c->result.n_objects += n;
    err e = store_objects_get(c->s, c->header.seq, keys, n, c->arena, objects, NULL);
    if (err_failed(e) && e.code != ERR_CORRUPT)
        return e;
    for (size_t i = 0; i < n; i++) {
        if (err_failed(e))
            TRY(check_one(c, &named[i].node));
        else
            check_object(c, &named[i].node, objects[i]);
    }
    return OK;
}

ERR check_objects(struct check *c)
{
    size_t n;
    const struct named *named = last_words(c, &n);
    for (size_t i = 0; i < n; i += OBJECTS_AT_ONCE)
        TRY(check_some(c, named + i, MIN(n - i, (size_t)OBJECTS_AT_ONCE)));
    return OK;
}

/* --- the whole state --- */

static bool mend_successor(struct check *c, const struct hash256 *key, const struct hash256 *next)
{
    struct store_successor row = {*key, *next};
    struct store_ledger l = {.successors = &row, .n_successors = 1};
    struct store_range held[STORE_MAX_RANGES];
    size_t n;
    store_ranges(c->s, held, &n);
    bool is_first = n > 0 && held[0].first == c->header.seq;
    return check_mend(c, &(struct store_repair){.put = &l, .at = is_first ? 0 : c->header.seq});
}

/* The list of keys goes from `key` to `next` (all FF: the end). */
static ERR check_successor(struct check *c, const struct hash256 *key, const struct hash256 *next)
{
    struct hash256 got = {{[0 ... 31] = 0xFF}};
    char text[20];
    err e = store_next(c->s, c->header.seq, key, &got);
    if (e.code != ERR_NOT_FOUND && e.code != ERR_CORRUPT)
        TRY(e);
    if (e.code == ERR_CORRUPT || !hash256_eq(&got, next))
        check_say(c, mend_successor(c, key, next), "ledger %u: what follows key %s is wrong",
                  c->header.seq, key_text(key, text));
    return OK;
}

struct state {
    struct fold *fold;
    struct hash256 at;
    struct store_object *page;
    size_t n;
};

static ERR check_page(struct check *c, struct state *s)
{
    for (size_t i = 0; i < s->n; i++) {
        const struct store_object *o = &s->page[i];
        struct hash256 leaf = digest_state_leaf(o->data, &o->key);
        TRY(fold_add(s->fold, &o->key, &leaf));
        TRY(check_successor(c, &s->at, &o->key));
        s->at = o->key;
    }
    return OK;
}

static ERR walk_state(struct check *c, struct state *s, bool *ret_damaged)
{
    *ret_damaged = false;
    do {
        struct arena_pos mark = arena_mark(c->arena);
        check_pace(c, 2 * PAGE);
        err e = store_page(c->s, c->header.seq, &s->at, PAGE, true, c->arena, s->page, &s->n);
        TRY(check_read(c, e, "state", ret_damaged));
        if (*ret_damaged)
            return OK;
        TRY(check_page(c, s));
        arena_rewind(c->arena, mark);
    } while (s->n == PAGE);
    struct hash256 end = {{[0 ... 31] = 0xFF}};
    return check_successor(c, &s->at, &end);
}

static err keep_nothing(void *arg, uint32_t depth, const struct hash256 *key,
                        const struct fold_node *node)
{
    (void)arg, (void)depth, (void)key, (void)node;
    return OK;
}

ERR check_state(struct check *c)
{
    CLEANUP(mem_freep) struct fold *fold = xcalloc(1, sizeof *fold);
    struct state s = {.fold = fold, .page = arena_array(c->arena, struct store_object, PAGE)};
    struct fold_sub root;
    bool damaged;
    fold->keep_above = UINT32_MAX;
    fold->keep = keep_nothing;
    fold_begin(fold, 0);
    TRY(walk_state(c, &s, &damaged));
    if (damaged)
        return OK;
    TRY(fold_end(fold, &root));
    c->result.n_states++;
    if (!hash256_eq(&root.hash, &c->header.state_hash))
        check_say(c, false, "ledger %u: its state (%u objects) does not have the header's root",
                  c->header.seq, root.count);
    return OK;
}
