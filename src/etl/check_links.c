/* SPDX-License-Identifier: Apache-2.0 */
/* The list of keys, at the places that a ledger has changed: before and behind each object that it
 * created, where one was deleted, and from the base of an order book. What is right is told by the
 * objects themselves, of which the store can list those after a key without the list. */
#include "etl/check_impl.h"

#include "base/bits.h"
#include "base/mem.h"
#include "ledger/successor.h"

#define KEYS_FIRST 4 /* at a time, */
#define KEYS 64      /* ... and when they were not enough */

/* Where the looking for the key before one begins, 2^bits before it. */
#define LIST_BITS_FIRST 236u /* a state of a million has one key in so many */
#define LIST_BITS_MIN 216u
#define LIST_BITS_MAX 252u

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

ERR check_successor(struct check *c, const struct hash256 *key, const struct hash256 *next)
{
    struct hash256 got = successor_last();
    err e = store_next(c->s, c->header.seq, key, &got);
    if (e.code != ERR_NOT_FOUND && e.code != ERR_CORRUPT)
        TRY(e);
    if (e.code == ERR_CORRUPT || !hash256_eq(&got, next))
        check_say(c, mend_successor(c, key, next),
                  "ledger %u: what follows key %08X%08X... is wrong", c->header.seq,
                  bits_load32(key->b), bits_load32(key->b + 4));
    return OK;
}

static bool is_created(const struct check_named *n)
{
    return !n->existed && n->node.kind != TXMETA_DELETED;
}

static bool is_deleted(const struct check_named *n)
{
    return n->existed && n->node.kind == TXMETA_DELETED;
}

/* a - 2^bits; false: less than zero. */
static bool subtract(struct hash256 *a, unsigned bits)
{
    size_t at = sizeof a->b - 1 - bits / 8;
    unsigned step = 1u << bits % 8;
    bool borrow = a->b[at] < step;
    a->b[at] = (uint8_t)(a->b[at] - step);
    while (borrow && at-- > 0)
        borrow = a->b[at]-- == 0;
    return !borrow;
}

/* The keys of the state beside one. Zero: none before it that was looked for; all FF: none behind
 * it. */
struct neighbours {
    struct hash256 before, after;
    size_t n_before; /* keys that were passed on the way */
};

/* Before it: from `from` on. */
static ERR look_from(struct check *c, const struct hash256 *from, const struct hash256 *key,
                     struct neighbours *ret)
{
    struct store_object *page = arena_array(c->arena, struct store_object, KEYS);
    struct hash256 at = *from;
    size_t want = KEYS_FIRST;
    bool more = true;
    *ret = (struct neighbours){HASH256_ZERO, successor_last(), 0};
    while (more) {
        size_t n;
        TRY(store_page(c->s, c->header.seq, &at, want, false, c->arena, page, &n));
        for (size_t i = 0; i < n; i++) {
            at = page[i].key;
            int side = hash256_cmp(&at, key);
            if (side > 0) {
                ret->after = at;
                return OK;
            }
            ret->before = side < 0 ? at : ret->before;
            ret->n_before += side < 0;
        }
        more = n == want;
        want = KEYS;
    }
    return OK;
}

/* The store lists forward only: from further and further before the key. A book's directories are
 * close together (their last 64 bits are the price), other keys are spread evenly: how far it is
 * to the one before is learned. */
static ERR neighbours_of(struct check *c, const struct hash256 *key, struct neighbours *ret)
{
    const unsigned learned = c->list_bits ? c->list_bits : LIST_BITS_FIRST;
    const unsigned widths[] = {64, learned, learned + 4, learned + 8, learned + 16};
    for (size_t i = 0; i < ARRAY_LEN(widths); i++) {
        struct hash256 from = *key;
        if (widths[i] > LIST_BITS_MAX || !subtract(&from, widths[i]))
            break;
        TRY(look_from(c, &from, key, ret));
        if (i == 1 && hash256_is_zero(&ret->before))
            c->list_bits = MIN(learned + 1, LIST_BITS_MAX);
        if (i == 1 && ret->n_before > KEYS_FIRST)
            c->list_bits = MAX(learned - 1, LIST_BITS_MIN);
        if (!hash256_is_zero(&ret->before))
            return OK;
    }
    return look_from(c, &HASH256_ZERO, key, ret);
}

static ERR key_after(struct check *c, const struct hash256 *key, struct hash256 *ret)
{
    struct store_object one;
    size_t n = 0;
    TRY(store_page(c->s, c->header.seq, key, 1, false, c->arena, &one, &n));
    *ret = n ? one.key : successor_last();
    return OK;
}

/* Where the list's own rows are lost, the store may jump over a key of this ledger. */
static void consider_created(const struct check_named *named, size_t n, const struct hash256 *key,
                             struct hash256 *before, struct hash256 *after)
{
    for (size_t i = 0; i < n; i++) {
        const struct hash256 *k = &named[i].node.key;
        if (!is_created(&named[i]))
            continue;
        if (hash256_cmp(k, key) < 0 && hash256_cmp(k, before) > 0)
            *before = *k;
        if (hash256_cmp(k, key) > 0 && hash256_cmp(k, after) < 0)
            *after = *k;
    }
}

static ERR check_base(struct check *c, const struct check_named *named, size_t n,
                      const struct hash256 *directory)
{
    struct hash256 base = successor_base(directory), before, after;
    TRY(key_after(c, &base, &after));
    before = base;
    consider_created(named, n, &base, &before, &after);
    return check_successor(c, &base, &after);
}

static bool is_book(struct check *c, const struct check_named *x)
{
    struct slice object = SLICE_EMPTY;
    uint32_t at = c->header.seq - is_deleted(x);
    if (err_failed(store_objects_get(c->s, at, &x->node.key, 1, c->arena, &object, NULL)))
        return false;
    return object.n > 0 && successor_is_book(object);
}

static ERR check_one(struct check *c, const struct check_named *named, size_t n,
                     const struct check_named *x)
{
    const struct hash256 *key = &x->node.key;
    struct neighbours by;
    TRY(neighbours_of(c, key, &by));
    consider_created(named, n, key, &by.before, &by.after);
    TRY(check_successor(c, &by.before, is_created(x) ? key : &by.after));
    if (is_created(x))
        TRY(check_successor(c, key, &by.after));
    return is_book(c, x) ? check_base(c, named, n, key) : OK;
}

/* Rows stand under the key before a changed one, and under the base of its book. *ret_upto: there
 * is no key between those that are looked at and this one. */
static ERR behind_lost(struct check *c, struct hash256 *ret_upto)
{
    *ret_upto = successor_last();
    return c->opts->lost ? key_after(c, &c->opts->lost->key_last, ret_upto) : OK;
}

static bool is_near(struct check *c, const struct hash256 *key, const struct hash256 *upto)
{
    struct hash256 base = successor_base(key);
    return c->opts->lost == NULL || check_looks_at(c, &base) ||
           (hash256_cmp(key, &c->opts->lost->key_first) >= 0 && hash256_cmp(key, upto) <= 0);
}

ERR check_links(struct check *c, const struct check_named *named, size_t n)
{
    struct hash256 upto;
    if (c->s->ops->unordered) /* each place in the list would be a walk along all of it */
        return OK;
    TRY(behind_lost(c, &upto));
    for (size_t i = 0; i < n; i++) {
        struct arena_pos mark = arena_mark(c->arena);
        if (!is_created(&named[i]) && !is_deleted(&named[i]))
            continue;
        if (!is_near(c, &named[i].node.key, &upto))
            continue;
        check_pace(c, 6);
        err e = check_one(c, named, n, &named[i]);
        if (err_failed(e) && !check_is_damage(c, e))
            return e;
        if (err_failed(e))
            check_say(c, false, "ledger %u: list of keys: %s", c->header.seq, err_text());
        arena_rewind(c->arena, mark);
    }
    return OK;
}
