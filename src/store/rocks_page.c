/* SPDX-License-Identifier: Apache-2.0 */
/* Pages of the state at a ledger: a walk over all versions of all keys, which takes of each key the
 * newest one at or before the ledger. Where many keys in a row do not exist at the ledger (an order
 * book leaves millions behind), it jumps by the list of keys (rocks_next.c). */
#include "store/rocks_next.h"
#include "store/rocks_ops.h"
#include "store/rocks_state.h"
#include "store/rocks_status.h"

#define MOVES_PER_STEP 256
#define MOVES_PER_KEY 6 /* then a seek is cheaper */
#define MAX_DEAD 24     /* keys in a row; then the jump is cheaper */

struct page_read {
    struct rocks_read rd;
    uint32_t seq;
    bool with_data;
    struct arena *arena;
    struct hash256 after; /* keys up to here are done; */
    struct hash256 last;  /* ... of them, this is the greatest that exists, or where we began */
    size_t n_dead;        /* seen since `last` */
    struct store_object *ret;
    size_t n, n_done;
};

/* Where a step stands. */
struct walk {
    struct rocks_iter *it;
    bool valid;
    size_t moves_left;
};

static ERR check_key(const struct rocks_iter *it)
{
    size_t n = rocks_iter_key(it).n;
    if (n != ROCKS_VERSIONED_KEY)
        return FAIL(ERR_CORRUPT, "store: %s: object key of %zu bytes", it->r->path, n);
    return OK;
}

static ERR landed(struct walk *w)
{
    w->moves_left -= w->moves_left > 0;
    return w->valid ? check_key(w->it) : OK;
}

static ERR move(struct walk *w)
{
    TRY(rocks_iter_step(w->it, false, &w->valid));
    return landed(w);
}

static ERR seek(struct walk *w, const struct rocks_key *at)
{
    TRY(rocks_iter_seek(w->it, at, &w->valid));
    return landed(w);
}

static bool on_key(const struct walk *w, const struct hash256 *key)
{
    return w->valid && memcmp(rocks_iter_key(w->it).p, key->b, 32) == 0;
}

/* To the first row of a later key. */
static ERR seek_behind(struct walk *w, const struct hash256 *key)
{
    struct rocks_key at = rocks_key_versioned(key, 0); /* its last row, if there is one */
    at.b[at.n++] = 0;
    return seek(w, &at);
}

static ERR leave_key(struct walk *w, const struct hash256 *key)
{
    for (size_t i = 0; on_key(w, key); i++)
        TRY(i < MOVES_PER_KEY ? move(w) : seek_behind(w, key));
    return OK;
}

/* From a key's newest row to the one of the ledger. Not found: the walk stands on a later key. */
static ERR find_version(struct walk *w, const struct hash256 *key, uint32_t seq, bool *ret_found)
{
    struct rocks_key at = rocks_key_versioned(key, seq);
    for (size_t i = 0; on_key(w, key); i++) {
        *ret_found = ~bits_load32(rocks_iter_key(w->it).p + 32) <= seq;
        if (*ret_found)
            return OK;
        TRY(i < MOVES_PER_KEY ? move(w) : seek(w, &at));
    }
    *ret_found = false;
    return OK;
}

static ERR take(struct page_read *p, const struct walk *w, const struct hash256 *key,
                bool *ret_exists)
{
    struct rocks_state_row row;
    TRY(rocks_state_row(w->it, key, &row));
    *ret_exists = row.kind != ROCKS_OBJECT_DELETED;
    if (!*ret_exists)
        return OK;
    struct slice data = SLICE_EMPTY;
    if (p->with_data)
        TRY(rocks_state_data(&p->rd, &row, p->arena, &data));
    p->ret[p->n_done++] = (struct store_object){*key, data};
    return rocks_read_check_budget(p->arena);
}

/* The key that the walk stands on. */
static ERR pass_key(struct page_read *p, struct walk *w)
{
    struct hash256 key = hash256_of(rocks_iter_key(w->it).p);
    bool found, exists = false;
    TRY(find_version(w, &key, p->seq, &found));
    if (found)
        TRY(take(p, w, &key, &exists));
    p->n_dead = exists ? 0 : p->n_dead + 1;
    p->after = key;
    if (exists)
        p->last = key;
    return leave_key(w, &key);
}

/* Over the keys that do not exist. *ret_end: none is left that does. */
static ERR jump(struct page_read *p, struct walk *w, bool *ret_end)
{
    struct hash256 next;
    err e = rocks_next_within(&p->rd, p->seq, &p->last, &next);
    *ret_end = e.code == ERR_NOT_FOUND;
    if (*ret_end)
        return OK;
    TRY(e);
    if (hash256_cmp(&next, &p->after) <= 0)
        return rocks_state_damaged(p->rd.r, "successor list", &p->last);
    struct rocks_key at = rocks_key_versioned(&next, p->seq);
    TRY(seek(w, &at));
    if (!on_key(w, &next))
        return rocks_state_damaged(p->rd.r, "successor list", &p->last);
    p->n_dead = 0;
    return OK;
}

static err page_step(struct rocks_read *rd)
{
    struct page_read *p = container_of(rd, struct page_read, rd);
    CLEANUP(rocks_iter_put) struct rocks_iter it = rocks_iter_take(rd, ROCKS_ITER_OBJECT_ALL);
    struct walk w = {.it = &it, .moves_left = MOVES_PER_STEP};
    bool end = false;
    TRY(seek_behind(&w, &p->after));
    while (w.valid && !end && p->n_done < p->n && w.moves_left > 0)
        TRY(p->n_dead < MAX_DEAD ? pass_key(p, &w) : jump(p, &w, &end));
    return w.valid && !end && p->n_done < p->n ? (err){ROCKS_MORE} : OK;
}

err rocks_page(struct store *s, uint32_t seq, const struct hash256 *after, size_t n, bool with_data,
               struct arena *a, struct store_object *ret, size_t *ret_n)
{
    struct page_read p = {.rd = {rocks_of(s), false, page_step},
                          .seq = seq,
                          .with_data = with_data,
                          .arena = a,
                          .after = *after,
                          .last = *after,
                          .ret = ret,
                          .n = n};
    if (n > 0 && atomic_load(&p.rd.r->ready))
        TRY(rocks_read_run(&p.rd));
    *ret_n = p.n_done;
    return OK;
}
