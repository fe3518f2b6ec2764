/* SPDX-License-Identifier: Apache-2.0 */
/* The order of keys, from the successor rows: a list per ledger. Keys that exist, the list's head
 * (zero) and bases of order books have rows; from any other key one must find a smaller one that
 * exists and walk. What keys there may be the newest state tells (cass_set_near), so that many are
 * asked for at once; what it says is only a guess. */
#include "base/mem.h"
#include "store/cass_impl.h"

#include <stdlib.h>

#define AHEAD 128     /* guessed keys of a page asked for at once */
#define WALK_AHEAD 16 /* of a walk to a key */
#define BEFORE 32     /* smaller keys looked at to find one that exists */
#define ROUNDS_BEFORE 16

/* What is known of a key at the ledger. */
struct step {
    struct hash256 key;
    struct hash256 next; /* FF..FF: it is the last */
    struct slice data;
    bool exists;
    bool has_next;
};

struct walk {
    struct cass *c;
    uint32_t seq;
    bool with_data; /* objects are read */
    struct arena *a;
    struct step ahead[AHEAD + 1];
    struct hash256 guesses[AHEAD];
    size_t n_ahead, at;
};

static bool is_end(const struct hash256 *key)
{
    static const struct hash256 last = {{[0 ... 31] = 0xFF}};
    return hash256_eq(key, &last) ||
           hash256_is_zero(key); /* Clio writes one for the other now and then */
}

static size_t near(const struct walk *w, const struct hash256 *key, bool before, size_t n,
                   struct hash256 *ret)
{
    cass_near_fn fn = atomic_load(&w->c->near);
    return fn ? fn(w->c->near_arg, key, before, n, ret) : 0;
}

static err take_next(struct cql_call *call, struct step *s)
{
    struct cql_value v;
    err e = cql_call_first_row(call, &v, 1);
    s->has_next = false;
    if (e.code == ERR_NOT_FOUND)
        return OK;
    TRY(e);
    if (v.bytes.n != 32)
        return cass_damaged("successor", call->key, "the next key has another length");
    s->next = hash256_of(v.bytes.p);
    s->has_next = true;
    return OK;
}

/* Fill in n steps whose keys are set. */
static YIELDS err fetch(struct walk *w, struct step *steps, size_t n, bool objects)
{
    struct cql_call *calls = cass_calls(w->a, 2 * n);
    for (size_t i = 0; i < n; i++) {
        cass_object_call(w->c, &calls[i], w->seq, &steps[i].key, CASS_GET_SUCCESSOR, w->a);
        if (objects)
            cass_object_call(w->c, &calls[n + i], w->seq, &steps[i].key, CASS_GET_OBJECT, w->a);
    }
    TRY(cass_run(w->c, calls, objects ? 2 * n : n));
    for (size_t i = 0; i < n; i++) {
        uint32_t seq;
        TRY(take_next(&calls[i], &steps[i]));
        if (objects)
            TRY(cass_object_of(w->c, &calls[n + i], &steps[i].data, &seq));
        steps[i].exists = steps[i].data.n > 0;
    }
    return OK;
}

/* The step of a key that exists: perhaps it was fetched with others, else it is now, with some that
 * may follow. */
static YIELDS err step_of(struct walk *w, const struct hash256 *key, size_t n_ahead,
                          struct step *ret)
{
    while (w->at < w->n_ahead && hash256_cmp(&w->ahead[w->at].key, key) < 0)
        w->at++;
    bool fetched = w->at < w->n_ahead && hash256_eq(&w->ahead[w->at].key, key);
    if (!fetched && w->at < w->n_ahead) { /* not among the guesses, which go on */
        *ret = (struct step){.key = *key};
        TRY(fetch(w, ret, 1, w->with_data));
        return OK;
    }
    if (!fetched) {
        size_t n = near(w, key, false, MIN(n_ahead, (size_t)AHEAD), w->guesses);
        w->ahead[0] = (struct step){.key = *key};
        for (size_t i = 0; i < n; i++)
            w->ahead[i + 1] = (struct step){.key = w->guesses[i]};
        w->n_ahead = n + 1;
        w->at = 0;
        TRY(fetch(w, w->ahead, n + 1, w->with_data));
    }
    *ret = w->ahead[w->at];
    return OK;
}

/* The key after one that exists. ERR_NOT_FOUND: it is the last. */
static err follow(const struct step *s, struct hash256 *ret)
{
    if (!s->has_next)
        return cass_damaged("successor", hash256_slice(&s->key), "no row, though the key exists");
    if (is_end(&s->next))
        return err_plain(ERR_NOT_FOUND);
    if (hash256_cmp(&s->next, &s->key) <= 0)
        return cass_damaged("successor", hash256_slice(&s->key), "the next key is not a later one");
    *ret = s->next;
    return OK;
}

/* The first key of all. Clio's row for it may stand under FF..FF: of the two the smaller that
 * exists is right. */
static YIELDS err head(struct walk *w, struct hash256 *ret)
{
    struct step rows[2] = {{.key = HASH256_ZERO}, {.key = {{[0 ... 31] = 0xFF}}}},
                firsts[2] = {{.has_next = false}};
    TRY(fetch(w, rows, 2, false));
    if (!rows[1].has_next || is_end(&rows[1].next)) {
        rows[0].key = HASH256_ZERO;
        if (!rows[0].has_next || is_end(&rows[0].next))
            return err_plain(ERR_NOT_FOUND);
        *ret = rows[0].next;
        return OK;
    }
    firsts[0].key = rows[0].next;
    firsts[1].key = rows[1].next;
    TRY(fetch(w, firsts, 2, true));
    bool one = rows[0].has_next && firsts[0].exists, two = firsts[1].exists;
    if (!one && !two)
        return cass_damaged("successor", hash256_slice(&rows[0].key),
                            "leads to a key that does not exist");
    *ret = !two || (one && hash256_cmp(&firsts[0].key, &firsts[1].key) < 0) ? firsts[0].key
                                                                            : firsts[1].key;
    return OK;
}

/* A key smaller than `key` that exists, the nearer the better; zero if none is found. */
static YIELDS err find_before(struct walk *w, const struct hash256 *key, struct hash256 *ret)
{
    struct hash256 keys[BEFORE], at = *key;
    for (int round = 0; round < ROUNDS_BEFORE; round++) {
        struct slice objects[BEFORE];
        size_t n = near(w, &at, true, BEFORE, keys);
        if (n == 0)
            break;
        TRY(cass_objects_get(&w->c->base, w->seq, keys, n, w->a, objects, NULL));
        for (size_t i = 0; i < n; i++)
            if (objects[i].n) {
                *ret = keys[i];
                return OK;
            }
        at = keys[n - 1];
    }
    *ret = HASH256_ZERO;
    return OK;
}

static YIELDS err next_of_any(struct walk *w, const struct hash256 *key, struct hash256 *ret)
{
    struct hash256 at;
    TRY(find_before(w, key, &at));
    if (hash256_is_zero(&at))
        TRY(head(w, &at));
    while (hash256_cmp(&at, key) <= 0) {
        struct step s;
        TRY(step_of(w, &at, WALK_AHEAD, &s));
        TRY(follow(&s, &at));
        if (arena_over_budget(w->a))
            return FAIL(ERR_LIMIT, "store: the walk to a key is too long");
        TRY(fiber_breathe());
    }
    *ret = at;
    return OK;
}

static bool in_book(const struct hash256 *base, const struct hash256 *key)
{
    return memcmp(base->b, key->b, 24) == 0;
}

static YIELDS err next(struct walk *w, const struct hash256 *key, struct hash256 *ret)
{
    static const uint8_t zeros[8];
    if (hash256_is_zero(key))
        return head(w, ret);
    struct step s = {.key = *key};
    TRY(fetch(w, &s, 1, true));
    if (s.exists)
        return follow(&s, ret);
    bool is_base = memcmp(key->b + 24, zeros, 8) == 0;
    if (is_base && s.has_next && !is_end(&s.next) && in_book(key, &s.next)) {
        *ret = s.next; /* each change of the book's first directory writes the row */
        return OK;
    }
    return next_of_any(w, key, ret);
}

static struct walk *walk_new(struct cass *c, uint32_t seq, bool with_data, struct arena *a)
{
    struct walk *w = arena_new_of(a, struct walk);
    w->c = c;
    w->seq = seq;
    w->with_data = with_data;
    w->a = a;
    return w;
}

err cass_next(struct store *s, uint32_t seq, const struct hash256 *key, struct hash256 *ret)
{
    struct cass *c = cass_of(s);
    CLEANUP(arena_freep) struct arena *a = arena_new((size_t)64 << 20);
    err e = err_plain(ERR_NOT_FOUND);
    if (cass_last(c))
        e = next(walk_new(c, seq, false, a), key, ret);
    return e.code == ERR_NOT_FOUND ? FAIL(ERR_NOT_FOUND, "store: no later key") : e;
}

err cass_page(struct store *s, uint32_t seq, const struct hash256 *after, size_t n, bool with_data,
              struct arena *a, struct store_object *ret, size_t *ret_n)
{
    struct cass *c = cass_of(s);
    CLEANUP(arena_freep) struct arena *scratch = arena_new(0);
    struct walk *w = walk_new(c, seq, with_data, scratch);
    struct hash256 key;
    size_t got = 0;
    err e = err_plain(ERR_NOT_FOUND);
    if (cass_last(c) && n > 0)
        e = next(w, after, &key);
    while (!err_failed(e) && got < n) {
        struct step step;
        TRY(step_of(w, &key, n - got - 1, &step));
        if (with_data && !step.exists)
            return cass_damaged("objects", hash256_slice(&key),
                                "missing, though the successors name it");
        ret[got++] = (struct store_object){key, with_data ? arena_dup(a, step.data) : SLICE_EMPTY};
        e = got < n ? follow(&step, &key) : OK;
        if (arena_over_budget(a))
            return FAIL(ERR_LIMIT, "store: page is too large");
    }
    if (err_failed(e) && e.code != ERR_NOT_FOUND)
        return e;
    *ret_n = got;
    return OK;
}

YIELDS ERR cass_successors_get(struct cass *c, uint32_t seq, const struct hash256 *keys, size_t n,
                               struct arena *a, struct hash256 *ret)
{
    struct cql_call *calls = cass_calls(a, n);
    for (size_t i = 0; i < n; i++)
        cass_object_call(c, &calls[i], seq, &keys[i], CASS_GET_SUCCESSOR, a);
    if (n)
        TRY(cass_run(c, calls, n));
    for (size_t i = 0; i < n; i++) {
        struct cql_value v;
        err e = cql_call_first_row(&calls[i], &v, 1);
        if (err_failed(e) && e.code != ERR_NOT_FOUND)
            return e;
        ret[i] = err_failed(e) || v.bytes.n != 32 ? HASH256_ZERO : hash256_of(v.bytes.p);
    }
    return OK;
}
