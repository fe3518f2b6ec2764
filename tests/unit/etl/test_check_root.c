/* SPDX-License-Identifier: Apache-2.0 */
/* Roots of many states, one after another, in any order: as if each were made from all of it. */
#include "../ledger/chain.h"
#include "etl/check_impl.h"
#include "store/memory.h"
#include "test.h"

#define FIRST 100
#define N_LEDGERS 24
#define N_OBJECTS 400

struct roots {
    struct chain chain;
    struct store *store;
    struct check_opts opts;
    struct check check;
    struct store_ops ops; /* of a store in front of it, */
    struct store front;   /* ... of which so much is used here */
};

static struct store *behind; /* the front */

static err page_behind(struct store *s, uint32_t seq, const struct hash256 *after, size_t n,
                       bool with_data, struct arena *a, struct store_object *ret, size_t *ret_n)
{
    (void)s;
    return store_page(behind, seq, after, n, with_data, a, ret, ret_n);
}

static err diff_behind(struct store *s, uint32_t seq, struct arena *a, struct hash256 **ret,
                       size_t *ret_n)
{
    (void)s;
    return store_diff(behind, seq, a, ret, ret_n);
}

/* From now on the check reads through the front. */
static void put_front(struct roots *r)
{
    behind = r->store;
    r->ops = (struct store_ops){.page = page_behind, .diff = diff_behind};
    r->front.ops = &r->ops;
    r->check.s = &r->front;
}

static void say(void *arg, const char *line, bool mended)
{
    (void)arg, (void)line, (void)mended;
}

static void write_one(struct roots *r, uint32_t seq)
{
    const struct chain_ledger *l = chain_at(&r->chain, seq);
    struct store_ledger w = {.header = l->header,
                             .objects = l->diff,
                             .n_objects = l->n_diff,
                             .unnamed = l->unnamed,
                             .n_unnamed = l->n_diff};
    ASSERT_OK(store_write(r->store, &w, 1));
}

static void begin(struct roots *r, uint64_t seed, size_t n_changes)
{
    memset(r, 0, sizeof *r);
    chain_init(&r->chain, seed, FIRST, N_OBJECTS);
    for (int i = 1; i < N_LEDGERS; i++)
        chain_extend(&r->chain, n_changes);
    r->store = memory_new();
    const struct chain_ledger *l = chain_at(&r->chain, FIRST);
    ASSERT_OK(store_load_begin(r->store, FIRST, 1));
    ASSERT_OK(store_load_add(r->store, 0, l->objects, l->n, NULL, 0, NULL, 0));
    ASSERT_OK(store_load_commit(r->store, &(struct store_ledger){.header = l->header}));
    for (uint32_t seq = FIRST + 1; seq <= chain_last(&r->chain); seq++)
        write_one(r, seq);
    r->opts = (struct check_opts){.store = r->store, .say = say};
    r->check = (struct check){.opts = &r->opts, .s = r->store, .arena = arena_new(0)};
}

static void end(struct roots *r)
{
    check_root_free(&r->check);
    arena_free(r->check.arena);
    store_close(r->store);
    chain_deinit(&r->chain);
}

static bool is_right(struct roots *r, uint32_t seq)
{
    char text[CHECK_ROOT_TEXT];
    bool right;
    arena_clear(r->check.arena);
    r->check.header = chain_at(&r->chain, seq)->header;
    ASSERT_OK(check_root(&r->check, false, &right, text));
    ASSERT(right || strstr(text, "does not have the header's root"));
    return right;
}

static uint32_t any_ledger(struct roots *r)
{
    return FIRST + (uint32_t)chain_random(&r->chain, N_LEDGERS);
}

/* The object as it stands at this ledger, or another one. */
static void put(struct roots *r, uint32_t at, const struct hash256 *key, struct slice data)
{
    struct store_object o = {*key, data};
    struct store_ledger l = {.objects = &o, .n_objects = 1};
    check_root_touch(&r->check, key);
    ASSERT_OK(store_repair(r->store, &(struct store_repair){.put = &l, .at = at}));
}

TEST(check_root_of_states_in_any_order)
{
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct roots r;
        begin(&r, seed, 12);
        for (uint32_t seq = FIRST; seq <= chain_last(&r.chain); seq++)
            ASSERT(is_right(&r, seq));
        for (int i = 0; i < 40; i++)
            ASSERT(is_right(&r, any_ledger(&r)));
        end(&r);
    }
}

TEST(check_root_after_an_object_was_put)
{
    struct roots r;
    begin(&r, 9, 12);
    for (int i = 0; i < 60; i++) {
        uint32_t at = FIRST + 1 + (uint32_t)chain_random(&r.chain, N_LEDGERS - 1);
        const struct chain_ledger *l = chain_at(&r.chain, at);
        const struct store_object *o = &l->diff[chain_random(&r.chain, l->n_diff)];
        if (chain_random(&r.chain, 2))
            ASSERT(is_right(&r, any_ledger(&r)));
        put(&r, at, &o->key, slice_str("\x11\x00\x61 something else"));
        ASSERT(!is_right(&r, at));
        ASSERT(is_right(&r, at - 1));
        ASSERT(!is_right(&r, at));
        put(&r, at, &o->key, o->data);
        ASSERT(is_right(&r, at));
    }
    end(&r);
}

/* Only what has changed is read again. */
TEST(check_root_reads_little_of_the_next_state)
{
    struct roots r;
    begin(&r, 3, 12);
    ASSERT(is_right(&r, FIRST));
    uint64_t whole = r.check.n_operations;
    for (uint32_t seq = FIRST + 1; seq <= chain_last(&r.chain); seq++)
        ASSERT(is_right(&r, seq));
    uint64_t rest = r.check.n_operations - whole;
    ASSERT(rest < whole / 4 * (N_LEDGERS - 1));
    ASSERT(rest > 0);
    end(&r);
}

static err nothing_changed(struct store *s, uint32_t seq, struct arena *a, struct hash256 **ret,
                           size_t *ret_n)
{
    (void)s, (void)seq, (void)a, (void)ret;
    *ret_n = 0;
    return OK;
}

static err cannot_be_read(struct store *s, uint32_t seq, struct arena *a, struct hash256 **ret,
                          size_t *ret_n)
{
    (void)s, (void)a, (void)ret, (void)ret_n;
    return FAIL(ERR_CORRUPT, "ledger %u is damaged", seq);
}

/* What the ledgers between say of their changes is not believed against the root. */
TEST(check_root_where_it_is_lost_what_ledgers_changed)
{
    struct roots r;
    begin(&r, 5, 12);
    put_front(&r);
    r.ops.diff = nothing_changed;
    for (uint32_t seq = FIRST; seq <= chain_last(&r.chain); seq += 3)
        ASSERT(is_right(&r, seq));
    r.ops.diff = cannot_be_read;
    for (uint32_t seq = FIRST; seq <= chain_last(&r.chain); seq += 3)
        ASSERT(is_right(&r, seq));
    end(&r);
}

/* --- a page that cannot be read --- */

static struct hash256 bad_key;
static err bad_page(struct store *s, uint32_t seq, const struct hash256 *after, size_t n,
                    bool with_data, struct arena *a, struct store_object *ret, size_t *ret_n)
{
    TRY(page_behind(s, seq, after, n, with_data, a, ret, ret_n));
    for (size_t i = 0; i < *ret_n; i++)
        if (hash256_eq(&ret[i].key, &bad_key))
            return FAIL(ERR_CORRUPT, "a bad page");
    return OK;
}

static bool is_damaged(struct roots *r, uint32_t seq)
{
    char text[CHECK_ROOT_TEXT];
    bool right;
    arena_clear(r->check.arena);
    r->check.header = chain_at(&r->chain, seq)->header;
    ASSERT_OK(check_root(&r->check, false, &right, text));
    return !right && text[0] == 0;
}

TEST(check_root_of_a_state_that_cannot_be_read_for_a_while)
{
    struct roots r;
    begin(&r, 6, 12);
    ASSERT(is_right(&r, FIRST + 4));
    bad_key = chain_at(&r.chain, FIRST + 8)->diff[3].key;
    const struct store_object *held = chain_find(chain_at(&r.chain, FIRST + 8), &bad_key);
    bad_key = held ? bad_key : chain_at(&r.chain, FIRST + 8)->objects[0].key;
    put_front(&r);
    r.ops.page = bad_page;
    check_root_touch(&r.check, &bad_key);
    ASSERT(is_damaged(&r, FIRST + 8));
    ASSERT(is_damaged(&r, FIRST + 8));
    r.ops.page = page_behind;
    ASSERT(is_right(&r, FIRST + 6));
    ASSERT(is_right(&r, FIRST + 8));
    end(&r);
}
