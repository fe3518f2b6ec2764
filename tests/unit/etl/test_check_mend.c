/* SPDX-License-Identifier: Apache-2.0 */
/* What is lost comes back from others, and only if a hash vouches for it. */
#include "check_world.h"
#include "store/memory.h"

/* A second world like the first, whole, and how it lies. */
struct others {
    struct check_world *w;
    bool lie;
};

static err give_ledger(void *arg, uint32_t seq, struct arena *a, struct store_ledger *ret)
{
    struct others *o = arg;
    static struct store_object objects[3];
    struct hash256 *keys;
    size_t n;
    *ret = (struct store_ledger){0};
    TRY(store_header_get(o->w->s, seq, &ret->header));
    TRY(store_diff(o->w->s, seq, a, &keys, &n));
    for (size_t i = 0; i < n; i++) {
        objects[i].key = keys[i];
        TRY(store_objects_get(o->w->s, seq, &keys[i], 1, a, &objects[i].data, NULL));
    }
    ret->objects = objects;
    ret->n_objects = n;
    if (seq == 11) {
        ret->txs = &o->w->tx;
        ret->tx_hashes = &o->w->tx.hash;
        ret->n_txs = 1;
    }
    if (o->lie) {
        ret->header.drops++;
        ret->header.hash = digest_ledger(&ret->header);
    }
    return OK;
}

static err give_object(void *arg, uint32_t seq, const struct hash256 *key, struct arena *a,
                       struct slice *ret)
{
    struct others *o = arg;
    if (o->lie)
        return *ret = check_world_object(o->w, 2, 77), OK;
    return store_objects_get(o->w->s, seq, key, 1, a, ret, NULL);
}

static err give_state(void *arg, const struct hash256 *after, size_t n, struct arena *a,
                      struct ledger_header *ret_header, struct store_object *ret, size_t *ret_n)
{
    struct others *o = arg;
    TRY(store_header_get(o->w->s, 12, ret_header));
    TRY(store_page(o->w->s, 12, after, n, true, a, ret, ret_n));
    for (size_t i = 0; o->lie && i < *ret_n; i++)
        ret[i].data = check_world_object(o->w, 2, 78);
    return OK;
}

static struct check_result mend(struct check_world *w, const struct check_help *help)
{
    return check_world_check(w,
                             (struct check_opts){.repair = true, .help = help, .state_every = 1});
}

/* With liars nothing gets worse, or better than what follows from metadata and is proven; with
 * honest others all is right again. */
static void comes_back(struct check_world *w)
{
    struct others others = {check_world_new(), true};
    struct check_help help = {&others, give_ledger, give_object, give_state};
    struct check_result before = check_world_run(w, false), r;
    ASSERT(before.n_wrong > 0);
    mend(w, &help);
    r = check_world_run(w, false);
    ASSERT(r.n_wrong <= before.n_wrong);
    others.lie = false;
    r = mend(w, &help);
    if (r.n_wrong > r.n_mended)
        test_fail(__FILE__, __LINE__, "not mended: %s", w->said);
    r = check_world_run(w, false);
    if (r.n_wrong > 0)
        test_fail(__FILE__, __LINE__, "after mending: %s", w->said);
    check_world_free(others.w);
    check_world_free(w);
}

static void drop(struct check_world *w, uint32_t at, size_t i)
{
    struct store_repair r = {.at = at, .drop_objects = &w->keys[i], .n_drop_objects = 1};
    ASSERT_OK(store_repair(w->s, &r));
}

static void put(struct check_world *w, uint32_t at, size_t i, struct slice data)
{
    struct store_object o = {w->keys[i], data};
    struct store_ledger l = {.objects = &o, .n_objects = 1};
    ASSERT_OK(store_repair(w->s, &(struct store_repair){.put = &l, .at = at}));
}

TEST(check_mends_a_lost_version_of_an_object)
{
    struct check_world *w = check_world_new();
    drop(w, 11, 0);
    comes_back(w);
}

TEST(check_mends_a_created_object)
{
    struct check_world *w = check_world_new();
    drop(w, 11, 3);
    comes_back(w);
}

TEST(check_mends_an_object_that_never_changed)
{
    struct check_world *w = check_world_new();
    drop(w, 0, 2);
    comes_back(w);
}

TEST(check_mends_an_object_that_was_deleted_later)
{
    struct check_world *w = check_world_new();
    drop(w, 0, 1);
    comes_back(w);
}

TEST(check_mends_a_changed_object)
{
    struct check_world *w = check_world_new();
    put(w, 11, 0, check_world_object(w, 0, 9));
    comes_back(w);
}

TEST(check_mends_several_at_once)
{
    struct check_world *w = check_world_new();
    for (size_t i = 0; i < 3; i++)
        drop(w, 0, i);
    drop(w, 11, 0);
    drop(w, 11, 3);
    comes_back(w);
}

static void spoil_headers(struct check_world *w, uint32_t first, uint32_t last)
{
    for (uint32_t seq = first; seq <= last; seq++) {
        struct store_ledger l = {.header = w->headers[seq - 10]};
        l.header.drops += 5;
        struct store_repair r = {.put = &l, .has_header = true, .at = seq};
        ASSERT_OK(store_repair(w->s, &r));
    }
}

TEST(check_mends_headers_whichever_of_them_are_lost)
{
    for (uint32_t first = 10; first <= 12; first++)
        for (uint32_t last = first; last <= 12; last++) {
            struct check_world *w = check_world_new();
            spoil_headers(w, first, last);
            comes_back(w);
        }
}

TEST(check_mends_transactions)
{
    struct check_world *w = check_world_new();
    struct store_tx tx = w->tx;
    tx.tx.n--;
    struct store_ledger l = {.txs = &tx, .tx_hashes = &w->tx.hash, .n_txs = 1};
    ASSERT_OK(store_repair(w->s, &(struct store_repair){.put = &l, .at = 11}));
    comes_back(w);
}

TEST(check_without_help_says_and_leaves_it)
{
    struct check_world *w = check_world_new();
    drop(w, 11, 0);
    struct check_help none = {0};
    struct check_result r = mend(w, &none);
    ASSERT(r.n_wrong > r.n_mended);
    r = mend(w, NULL);
    ASSERT(r.n_wrong > r.n_mended);
    check_world_free(w);
}

/* A state in which object 0 is another, in a field that the metadata does not show. */
static err give_guess(void *arg, const struct hash256 *after, size_t n, struct arena *a,
                      struct ledger_header *ret_header, struct store_object *ret, size_t *ret_n)
{
    struct others *o = arg;
    TRY(give_state(arg, after, n, a, ret_header, ret, ret_n));
    for (size_t i = 0; i < *ret_n; i++)
        if (hash256_eq(&ret[i].key, &o->w->keys[0])) {
            uint8_t *other = arena_alloc(a, ret[i].data.n);
            memcpy(other, ret[i].data.p, ret[i].data.n);
            other[7] ^= 1; /* flags */
            ret[i].data.p = other;
        }
    return OK;
}

TEST(check_takes_a_ledgers_changes_from_sources_where_a_root_disproves_a_guess)
{
    struct check_world *w = check_world_new();
    struct others others = {check_world_new(), false};
    struct check_help guess = {&others, NULL, NULL, give_guess};
    drop(w, 11, 0);
    struct check_result r = mend(w, &guess);
    ASSERT(r.n_wrong > r.n_mended);
    guess.ledger = give_ledger;
    r = mend(w, &guess);
    if (r.n_wrong == 0 || r.n_wrong != r.n_mended)
        test_fail(__FILE__, __LINE__, "%s", w->said);
    r = check_world_run(w, false);
    ASSERT_INT(0, r.n_wrong);
    check_world_free(others.w);
    check_world_free(w);
}
