/* SPDX-License-Identifier: Apache-2.0 */
/* The order of the keys that exist at a ledger. */
#include "store/rocks_next.h"

#include "store/rocks_ops.h"
#include "store/rocks_state.h"
#include "store/rocks_status.h"
#include "xrpl/sto.h"

#define KEYS_PER_STEP 32
#define PREFIX_BYTES 24 /* of an order book; then its directories have their quality */
#define ENTRY_DIRECTORY 0x0064

/* `next` of any key. Successor rows stand for keys that exist at the ledger (and for the zero key);
 * the row of a key that was deleted stays behind and says nothing. So: find the key itself if it
 * exists, else its nearest smaller neighbour that does, and follow that one's row.
 *
 * The base of an order book is a short cut: each change of the book's first directory writes its
 * row. If the row names a directory of the book that exists, that is the book's first one, and
 * nothing else can stand between; if it names anything else, or is younger than the ledger, the
 * book is empty (what it names may be any later key of the past). A book may have millions of
 * directories that do not exist any more: who meets one on his way back jumps over an empty book,
 * and else also walks forward from its first directory until he passes the key. */
struct next_read {
    struct rocks_read rd;
    uint32_t seq;
    const struct hash256 *key;
    bool walking;        /* `key` does not exist: looking for its neighbour, */
    struct hash256 at;   /* below here */
    struct hash256 book; /* base of the book that was looked at last; zero: none */
    bool has_ahead;      /* there is an existing key below `key`: */
    struct hash256 ahead;
    struct hash256 *ret;
};

static ERR exists_at(const struct rocks_read *rd, const struct hash256 *key, uint32_t seq,
                     bool *ret)
{
    CLEANUP(rocks_iter_put) struct rocks_iter it = rocks_iter_take(rd, ROCKS_ITER_OBJECT);
    struct rocks_state_row row = {.kind = ROCKS_OBJECT_DELETED};
    bool found;
    TRY(rocks_state_seek(&it, key, seq, &found));
    if (found)
        TRY(rocks_state_row(&it, key, &row));
    *ret = row.kind != ROCKS_OBJECT_DELETED;
    return OK;
}

static ERR successor_of(const struct rocks_read *rd, const struct hash256 *key, uint32_t seq,
                        struct hash256 *ret, bool *ret_found)
{
    CLEANUP(rocks_iter_put) struct rocks_iter it = rocks_iter_take(rd, ROCKS_ITER_SUCCESSOR);
    TRY(rocks_state_seek(&it, key, seq, ret_found));
    if (!*ret_found)
        return OK;
    struct slice next = rocks_iter_value(&it);
    if (next.n != 32)
        return rocks_state_damaged(rd->r, "successor row", key);
    *ret = hash256_of(next.p);
    return OK;
}

static bool is_end(const struct hash256 *next)
{
    static const struct hash256 last = {{[0 ... 31] = 0xFF}};
    return hash256_eq(next, &last) ||
           hash256_is_zero(next); /* zero: an old mistake of other writers, etl-db 3.6 */
}

/* Answer with the row of `below`, the greatest key <= n->key that exists (or the zero key). */
static ERR follow(struct next_read *n, const struct hash256 *below)
{
    struct hash256 next;
    bool found;
    TRY(successor_of(&n->rd, below, n->seq, &next, &found));
    if (!found && !hash256_is_zero(below))
        return rocks_state_damaged(n->rd.r, "successor list", below);
    if (!found || is_end(&next))
        return FAIL(ERR_NOT_FOUND, "store: no later key");
    if (hash256_cmp(&next, n->key) <= 0)
        return rocks_state_damaged(n->rd.r, "successor list", below);
    *n->ret = next;
    return OK;
}

/* A base of a book is no object, and never was. */
static ERR ever_existed(const struct rocks_read *rd, const struct hash256 *key, bool *ret)
{
    CLEANUP(rocks_iter_put) struct rocks_iter it = rocks_iter_take(rd, ROCKS_ITER_OBJECT);
    return rocks_state_seek(&it, key, UINT32_MAX, ret);
}

static ERR try_book_base(struct next_read *n, bool *ret_done)
{
    struct hash256 next;
    bool found;
    *ret_done = false;
    if (bits_load64(n->key->b + PREFIX_BYTES) != 0)
        return OK;
    TRY(ever_existed(&n->rd, n->key, &found));
    if (found) /* an object's key that ends so: its row says nothing when it is deleted */
        return OK;
    TRY(successor_of(&n->rd, n->key, n->seq, &next, &found));
    if (!found || memcmp(next.b, n->key->b, PREFIX_BYTES) != 0 || hash256_cmp(&next, n->key) <= 0)
        return OK;
    TRY(exists_at(&n->rd, &next, n->seq, ret_done));
    if (*ret_done)
        *n->ret = next;
    return OK;
}

static ERR start(struct next_read *n, bool *ret_done)
{
    bool here = hash256_is_zero(n->key);
    if (!here)
        TRY(exists_at(&n->rd, n->key, n->seq, &here));
    if (here) {
        *ret_done = true;
        return follow(n, n->key);
    }
    TRY(try_book_base(n, ret_done));
    n->walking = true;
    n->at = *n->key;
    return OK;
}

/* The greatest key below n->at that ever existed; the iterator stands on its oldest version. */
static ERR step_back(struct next_read *n, struct rocks_iter *all, bool *ret_found)
{
    struct rocks_key at = {.n = 0};
    rocks_key_put(&at, n->at.b, 32); /* rows of the key itself are longer, so greater */
    TRY(rocks_iter_seek_back(all, &at, ret_found));
    if (*ret_found && rocks_iter_key(all).n != ROCKS_VERSIONED_KEY)
        return rocks_state_damaged(n->rd.r, "key before the object", &n->at);
    return OK;
}

static ERR is_directory(const struct rocks_iter *all, const struct hash256 *key, bool *ret)
{
    struct rocks_state_row oldest;
    TRY(rocks_state_row(all, key, &oldest));
    *ret = oldest.kind == ROCKS_OBJECT_FULL && sto_entry_type(oldest.payload) == ENTRY_DIRECTORY;
    return OK;
}

/* The book has an existing directory, `first`, its smallest one. */
static void use_first(struct next_read *n, const struct hash256 *first, bool *ret_done)
{
    if (hash256_cmp(first, n->key) > 0) {
        *ret_done = memcmp(first->b, n->key->b, PREFIX_BYTES) == 0;
        if (*ret_done)
            *n->ret = *first;
        return;
    }
    n->has_ahead = true;
    n->ahead = *first;
}

/* `dead` was a directory. If it was one of an order book, be quicker than from key to key. */
static ERR use_book(struct next_read *n, const struct hash256 *dead, bool *ret_done)
{
    struct hash256 base = *dead, first;
    memset(base.b + PREFIX_BYTES, 0, 32 - PREFIX_BYTES);
    if (hash256_eq(&base, &n->book))
        return OK;
    bool now, ever, here = false, object;
    TRY(ever_existed(&n->rd, &base, &object));
    if (object)
        return OK;
    TRY(successor_of(&n->rd, &base, UINT32_MAX, &first, &ever));
    TRY(successor_of(&n->rd, &base, n->seq, &first, &now));
    if (now && memcmp(first.b, base.b, PREFIX_BYTES) == 0)
        TRY(exists_at(&n->rd, &first, n->seq, &here));
    n->book = base;
    if (here)
        use_first(n, &first, ret_done);
    else if (ever)
        n->at = base;
    return OK;
}

/* One key back; *ret_done when the answer is found. A step that finds a block missing is repeated:
 * what it changes in `n` it changes last. */
static ERR walk_back(struct next_read *n, struct rocks_iter *all, bool *ret_done)
{
    bool found, here, directory;
    TRY(step_back(n, all, &found));
    *ret_done = true;
    if (!found)
        return follow(n, &HASH256_ZERO);
    struct hash256 candidate = hash256_of(rocks_iter_key(all).p);
    TRY(exists_at(&n->rd, &candidate, n->seq, &here));
    if (here)
        return follow(n, &candidate);
    *ret_done = false;
    TRY(is_directory(all, &candidate, &directory));
    struct hash256 before = n->at;
    if (directory)
        TRY(use_book(n, &candidate, ret_done));
    if (hash256_eq(&n->at, &before))
        n->at = candidate;
    return OK;
}

/* One existing key forward, from below n->key. */
static ERR walk_ahead(struct next_read *n, bool *ret_done)
{
    struct hash256 next;
    bool found;
    TRY(successor_of(&n->rd, &n->ahead, n->seq, &next, &found));
    if (!found)
        return rocks_state_damaged(n->rd.r, "successor list", &n->ahead);
    *ret_done = is_end(&next) || hash256_cmp(&next, n->key) > 0;
    if (*ret_done)
        return follow(n, &n->ahead);
    if (hash256_cmp(&next, &n->ahead) <= 0)
        return rocks_state_damaged(n->rd.r, "successor list", &n->ahead);
    n->ahead = next;
    return OK;
}

static ERR walk(struct next_read *n)
{
    CLEANUP(rocks_iter_put) struct rocks_iter all = rocks_iter_take(&n->rd, ROCKS_ITER_OBJECT_ALL);
    bool done = false;
    for (size_t i = 0; i < KEYS_PER_STEP && !done; i++) {
        TRY(walk_back(n, &all, &done));
        if (!done && n->has_ahead)
            TRY(walk_ahead(n, &done));
    }
    return done ? OK : (err){ROCKS_MORE};
}

static err next_step(struct rocks_read *rd)
{
    struct next_read *n = container_of(rd, struct next_read, rd);
    bool done = false;
    if (!n->walking)
        TRY(start(n, &done));
    return done ? OK : walk(n);
}

ERR rocks_next_within(const struct rocks_read *rd, uint32_t seq, const struct hash256 *key,
                      struct hash256 *ret)
{
    struct next_read n = {.rd = {rd->r, rd->disk, next_step}, .seq = seq, .key = key, .ret = ret};
    err e;
    do
        e = next_step(&n.rd);
    while (e.code == ROCKS_MORE);
    return e;
}

err rocks_next(struct store *s, uint32_t seq, const struct hash256 *key, struct hash256 *ret)
{
    struct next_read n = {
        .rd = {rocks_of(s), false, next_step}, .seq = seq, .key = key, .ret = ret};
    if (!atomic_load(&n.rd.r->ready))
        return FAIL(ERR_NOT_FOUND, "store: empty");
    return rocks_read_run(&n.rd);
}
