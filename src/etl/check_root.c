/* SPDX-License-Identifier: Apache-2.0 */
/* The root of a ledger's whole state. The proofs of a repair ask for those of many ledgers, one
 * after another, that differ in little: so the hashes of the state's subtrees are kept, and only
 * those below which something has changed since are made again. With the whole of a state, where
 * that is asked for, the list of keys is looked at: each must lead to the next. */
#include "etl/check_impl.h"

#include "base/mem.h"
#include "ledger/fold.h"
#include "ledger/spill.h"
#include "ledger/successor.h"
#include "store/cass.h"

#include <stdio.h>
#include <stdlib.h>

#define PAGE 1024
#define DEPTH 4 /* nibbles that the keys of a subtree share: their first 16 bits */
#define N_SUBS (1u << 4 * DEPTH)
#define MAX_DIRTY (N_SUBS / 4) /* with more, walking along everything is cheaper */
#define MAX_LEDGERS 4096       /* so many may lie between two states that follow each other */

struct check_root {
    uint32_t seq; /* the ledger whose state `subs` are of; 0: none */
    bool right;   /* its root was the header's */
    uint32_t n_dirty;
    uint64_t dirty[N_SUBS / 64]; /* what is not of that state any more */
    struct fold_sub subs[N_SUBS];
    struct fold fold;
    /* While a state is walked along: */
    struct hash256 at; /* the last key */
    uint32_t sub;      /* that is open in `fold` */
    bool list;
};

/* --- what has changed --- */

static uint32_t sub_of(const struct hash256 *key)
{
    return (uint32_t)key->b[0] << 8 | key->b[1];
}

static void mark(struct check_root *r, uint32_t sub)
{
    uint64_t bit = UINT64_C(1) << sub % 64;
    r->n_dirty += (r->dirty[sub / 64] & bit) == 0;
    r->dirty[sub / 64] |= bit;
}

static void unmark(struct check_root *r, uint32_t sub)
{
    r->dirty[sub / 64] &= ~(UINT64_C(1) << sub % 64);
    r->n_dirty--;
}

static bool is_dirty(const struct check_root *r, uint32_t sub)
{
    return r->dirty[sub / 64] >> sub % 64 & 1;
}

void check_root_touch(struct check *c, const struct hash256 *key)
{
    if (c->root)
        mark(c->root, sub_of(key));
}

static ERR mark_ledger(struct check *c, uint32_t seq, bool *ret_known)
{
    struct arena_pos mark_pos = arena_mark(c->arena);
    struct hash256 *keys = NULL;
    size_t n = 0;
    err e = store_diff(c->s, seq, c->arena, &keys, &n);
    *ret_known = !err_failed(e);
    for (size_t i = 0; *ret_known && i < n; i++)
        mark(c->root, sub_of(&keys[i]));
    arena_rewind(c->arena, mark_pos);
    return *ret_known || check_is_damage(c, e) ? OK : e;
}

/* *ret_known: what differs between the state that is kept and that of c's ledger is marked. */
static ERR mark_changes(struct check *c, bool *ret_known)
{
    const struct check_root *r = c->root;
    uint32_t low = MIN(r->seq, c->header.seq), high = MAX(r->seq, c->header.seq);
    *ret_known = r->seq != 0 && high - low <= MAX_LEDGERS;
    for (uint32_t seq = low + 1; *ret_known && seq <= high; seq++) {
        TRY(check_go_on(c));
        TRY(mark_ledger(c, seq, ret_known));
        *ret_known &= r->n_dirty <= MAX_DIRTY;
    }
    return OK;
}

/* --- the list of keys --- */

/* Rows of the list as they stand, many at a time, where that is cheaper than to follow it. Those
 * that do not lead to the next key are looked at as readers do: Clio has some under other keys. */
static ERR check_list(struct check *c, const struct store_object *page, size_t n)
{
    struct cass *cass = cass_of(c->s);
    struct hash256 *keys = arena_array(c->arena, struct hash256, n),
                   *next = arena_array(c->arena, struct hash256, n);
    for (size_t i = 0; i < n; i++)
        keys[i] = i ? page[i - 1].key : c->root->at;
    if (cass)
        TRY(cass_successors_get(cass, c->header.seq, keys, n, c->arena, next));
    for (size_t i = 0; i < n; i++)
        if (!cass || !hash256_eq(&next[i], &page[i].key))
            TRY(check_successor(c, &keys[i], &page[i].key));
    return OK;
}

/* --- subtrees --- */

/* The open subtree is complete. */
static ERR close_sub(struct check_root *r)
{
    TRY(fold_end(&r->fold, &r->subs[r->sub]));
    fold_begin(&r->fold, DEPTH);
    return OK;
}

static ERR add(struct check_root *r, const struct store_object *o)
{
    struct hash256 leaf = digest_state_leaf(o->data, &o->key);
    uint32_t sub = sub_of(&o->key);
    if (sub != r->sub)
        TRY(close_sub(r));
    r->sub = sub;
    return fold_add(&r->fold, &o->key, &leaf);
}

static void begin_at(struct check_root *r, uint32_t sub)
{
    r->sub = sub;
    fold_begin(&r->fold, DEPTH);
}

/* The next objects of the whole state. */
static ERR take_page(struct check *c, const struct store_object *page, size_t n)
{
    struct check_root *r = c->root;
    for (size_t i = 0; i < n; i++)
        TRY(add(r, &page[i]));
    if (n == 0)
        return OK;
    if (r->list)
        TRY(check_list(c, page, n));
    r->at = page[n - 1].key;
    return OK;
}

static ERR walk_all(struct check *c, bool *ret_damaged)
{
    struct store_object *page = arena_array(c->arena, struct store_object, PAGE);
    size_t n;
    do {
        struct arena_pos mark_pos = arena_mark(c->arena);
        check_pace(c, 2 * PAGE);
        TRY(check_go_on(c));
        err e = store_page(c->s, c->header.seq, &c->root->at, PAGE, true, c->arena, page, &n);
        TRY(check_read(c, e, "state", ret_damaged));
        if (*ret_damaged)
            return OK;
        TRY(take_page(c, page, n));
        arena_rewind(c->arena, mark_pos);
    } while (n == PAGE);
    return OK;
}

/* Keys without an order: all of the state as it comes, put into order on the disk. */

struct scan {
    struct check *c;
    struct spill *spill;
};

static err take_any(void *arg, const struct store_object *objects, size_t n, uint64_t done,
                    uint64_t total)
{
    struct scan *scan = arg;
    (void)done, (void)total;
    check_pace(scan->c, n);
    TRY(check_go_on(scan->c));
    for (size_t i = 0; i < n; i++)
        TRY(spill_add(scan->spill, &objects[i]));
    return OK;
}

static err take_sorted(void *arg, const struct store_object *objects, size_t n, uint64_t done,
                       uint64_t total)
{
    struct scan *scan = arg;
    struct arena_pos mark_pos = arena_mark(scan->c->arena);
    (void)done, (void)total;
    check_pace(scan->c, n);
    TRY(check_go_on(scan->c));
    TRY(take_page(scan->c, objects, n));
    arena_rewind(scan->c->arena, mark_pos);
    return OK;
}

static ERR scan_all(struct check *c, bool *ret_damaged)
{
    CLEANUP(spill_freep) struct spill *spill = NULL;
    struct scan scan = {.c = c};
    TRY(spill_new(c->opts->scratch, &spill));
    scan.spill = spill;
    TRY(check_read(c, store_state(c->s, c->header.seq, take_any, &scan), "state", ret_damaged));
    return *ret_damaged ? OK : spill_each(spill, PAGE, take_sorted, &scan);
}

static ERR make_all(struct check *c, bool *ret_damaged)
{
    struct check_root *r = c->root;
    struct hash256 end = successor_last();
    r->seq = 0;
    r->at = HASH256_ZERO;
    memset(r->subs, 0, sizeof r->subs);
    begin_at(r, 0);
    if (c->s->ops->unordered && c->opts->scratch)
        TRY(scan_all(c, ret_damaged));
    else
        TRY(walk_all(c, ret_damaged));
    if (*ret_damaged)
        return OK;
    TRY(close_sub(r));
    memset(r->dirty, 0, sizeof r->dirty);
    r->n_dirty = 0;
    return r->list ? check_successor(c, &r->at, &end) : OK;
}

/* The greatest key before a subtree's. */
static struct hash256 before_sub(uint32_t sub)
{
    struct hash256 key = successor_last();
    if (sub == 0)
        return HASH256_ZERO;
    key.b[0] = (uint8_t)((sub - 1) >> 8);
    key.b[1] = (uint8_t)(sub - 1);
    return key;
}

static ERR make_sub(struct check *c, uint32_t sub, bool *ret_damaged)
{
    struct check_root *r = c->root;
    struct store_object *page = arena_array(c->arena, struct store_object, PAGE);
    struct hash256 at = before_sub(sub);
    size_t want = MIN(r->subs[sub].count + 2, (uint32_t)PAGE), n = want;
    begin_at(r, sub);
    for (bool within = true; within && n == want;) {
        check_pace(c, want);
        err e = store_page(c->s, c->header.seq, &at, want, true, c->arena, page, &n);
        TRY(check_read(c, e, "state", ret_damaged));
        if (*ret_damaged)
            return OK;
        for (size_t i = 0; i < n && within; i++) {
            at = page[i].key;
            within = sub_of(&at) == sub;
            if (within)
                TRY(add(r, &page[i]));
        }
    }
    return close_sub(r);
}

/* One that cannot be read stays as it is. */
static ERR make_dirty(struct check *c, bool *ret_damaged)
{
    struct check_root *r = c->root;
    r->seq = 0; /* they are of two states meanwhile */
    for (uint32_t sub = 0; sub < N_SUBS; sub++) {
        struct arena_pos mark_pos = arena_mark(c->arena);
        bool damaged;
        if (!is_dirty(r, sub))
            continue;
        TRY(check_go_on(c));
        TRY(make_sub(c, sub, &damaged));
        *ret_damaged |= damaged;
        if (!damaged)
            unmark(r, sub);
        arena_rewind(c->arena, mark_pos);
    }
    r->seq = c->header.seq;
    r->right = false;
    return OK;
}

/* --- the root --- */

static struct fold_sub root_of(struct check *c)
{
    struct fold_sub *level = arena_array(c->arena, struct fold_sub, N_SUBS);
    struct fold_node node = {0};
    memcpy(level, c->root->subs, sizeof c->root->subs);
    for (uint32_t n = N_SUBS / 16; n > 0; n /= 16)
        for (uint32_t i = 0; i < n; i++) {
            node = (struct fold_node){0};
            for (uint32_t child = 0; child < 16; child++)
                fold_attach(&node, child, &level[16 * i + child]);
            level[i] = fold_collapse(&node);
        }
    if (level[0].count == 1) /* the root is an inner node even over one leaf */
        level[0].hash = digest_inner(node.hashes);
    return level[0];
}

static ERR compare(struct check *c, bool *ret, char text[CHECK_ROOT_TEXT])
{
    struct arena_pos mark_pos = arena_mark(c->arena);
    struct fold_sub root = root_of(c);
    arena_rewind(c->arena, mark_pos);
    *ret = c->root->right = hash256_eq(&root.hash, &c->header.state_hash);
    c->root->seq = c->header.seq;
    snprintf(text, CHECK_ROOT_TEXT, "its state (%u objects) does not have the header's root",
             root.count);
    return OK;
}

static err keep_nothing(void *arg, uint32_t depth, const struct hash256 *key,
                        const struct fold_node *node)
{
    (void)arg, (void)depth, (void)key, (void)node;
    return OK;
}

static void begin(struct check *c)
{
    if (c->root)
        return;
    c->root = xcalloc(1, sizeof *c->root);
    c->root->fold.keep_above = UINT32_MAX;
    c->root->fold.keep = keep_nothing;
}

void check_root_free(struct check *c)
{
    free(c->root);
    c->root = NULL;
}

ERR check_root(struct check *c, bool list, bool *ret, char text[CHECK_ROOT_TEXT])
{
    bool known = false, damaged = false;
    *ret = false;
    text[0] = 0;
    begin(c);
    struct check_root *r = c->root;
    r->list = list;
    if (!list && !c->s->ops->unordered)
        TRY(mark_changes(c, &known));
    if (known) {
        bool was_right = r->right;
        TRY(make_dirty(c, &damaged));
        if (!damaged)
            TRY(compare(c, ret, text));
        /* What a ledger changed may itself be lost. */
        if (damaged || *ret || !was_right)
            return OK;
    }
    TRY(make_all(c, &damaged));
    return damaged ? OK : compare(c, ret, text);
}
