/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "chain.h"
#include "ledger/successor.h"
#include "proxy.h"
#include "store/memory.h"
#include "store/rocks.h"
#include "test.h"

struct fixture {
    struct chain chain;
    struct store *store;
    struct proxy proxy;
    struct ledgers *ledgers;
};

static void fixture_init(struct fixture *f, size_t n_objects)
{
    chain_init(&f->chain, 31, 5, n_objects);
    f->store = memory_new();
    proxy_init(&f->proxy, f->store);
    f->ledgers = chain_open(&f->proxy.base, "mirror");
}

static void fixture_deinit(struct fixture *f)
{
    ledgers_close(f->ledgers);
    store_close(f->store);
    chain_deinit(&f->chain);
}

static void expect_nothing(struct ledgers *l)
{
    struct view *v = NULL;
    struct ledger_header h;
    ASSERT(!ledgers_tip(l, &h));
    ASSERT_ERR(ERR_NOT_FOUND, view_open(l, 0, &v));
}

TEST(any_number_of_chains_gives_the_same_state)
{
    const uint32_t n_chains[] = {1, 2, 16, 256};
    const size_t sizes[] = {0, 1, 40, 700};
    for (size_t i = 0; i < ARRAY_LEN(n_chains); i++)
        for (size_t k = 0; k < ARRAY_LEN(sizes); k++) {
            struct fixture f;
            fixture_init(&f, sizes[k]);
            expect_nothing(f.ledgers);
            chain_load(&f.chain, f.ledgers, n_chains[i]);
            chain_check(&f.chain, f.ledgers, 5);
            ASSERT_INT(f.chain.ledgers[0].n, apply_load_count(f.ledgers));
            fixture_deinit(&f);
        }
}

/* What a real history makes of the rows: the list is walked by them, not by objects. */
TEST(successor_rows_of_a_load_lead_through_the_state)
{
    struct chain c;
    chain_init(&c, 32, 5, 900);
    char path[256];
    snprintf(path, sizeof path, "%s/rocks", test_dir());
    struct rocks_opts opts = {.path = path};
    struct store *s = NULL;
    ASSERT_OK(rocks_open(&opts, &s));
    struct ledgers *l = chain_open(s, "mirror");
    chain_load(&c, l, 16);
    const struct chain_ledger *first = &c.ledgers[0];
    struct hash256 at = HASH256_ZERO, next;
    for (size_t i = 0; i < first->n; i++) {
        ASSERT_OK(store_next(s, 5, &at, &next));
        ASSERT(hash256_eq(&next, &first->objects[i].key));
        if (successor_is_book(first->objects[i].data)) {
            struct hash256 base = successor_base(&next), directory;
            ASSERT_OK(store_next(s, 5, &base, &directory));
            ASSERT(hash256_eq(&directory, &chain_after(first, &base)->key));
        }
        at = next;
    }
    ASSERT_ERR(ERR_NOT_FOUND, store_next(s, 5, &at, &next));
    ledgers_close(l);
    store_close(s);
    chain_deinit(&c);
}

static void add_all(struct fixture *f, size_t leave_out)
{
    const struct chain_ledger *first = &f->chain.ledgers[0];
    ASSERT_OK(apply_load_begin(f->ledgers, &first->header, 1));
    ASSERT_OK(apply_load_add(f->ledgers, 0, first->objects, first->n - leave_out, NULL, 0));
}

TEST(incomplete_state_is_dropped)
{
    struct fixture f;
    fixture_init(&f, 300);
    struct apply_ledger in = chain_apply_ledger(&f.chain.ledgers[0]);
    add_all(&f, 1);
    ASSERT_ERR(ERR_VERIFY, apply_load_commit(f.ledgers, &in));
    expect_nothing(f.ledgers);
    ASSERT_INT(0, apply_load_count(f.ledgers));
    ASSERT_ERR(ERR_INVALID, apply_load_commit(f.ledgers, &in));
    chain_load(&f.chain, f.ledgers, 16); /* the same again, whole */
    chain_check(&f.chain, f.ledgers, 5);
    fixture_deinit(&f);
}

TEST(aborted_load_leaves_nothing)
{
    struct fixture f;
    fixture_init(&f, 300);
    add_all(&f, 0);
    apply_load_abort(f.ledgers);
    expect_nothing(f.ledgers);
    ASSERT_ERR(ERR_INVALID, apply_load_add(f.ledgers, 0, NULL, 0, NULL, 0));
    chain_load(&f.chain, f.ledgers, 3);
    chain_check(&f.chain, f.ledgers, 5);
    fixture_deinit(&f);
}

TEST(load_that_the_history_refuses_is_not_visible)
{
    struct fixture f;
    fixture_init(&f, 300);
    struct apply_ledger in = chain_apply_ledger(&f.chain.ledgers[0]);
    f.proxy.fail_load_commit = true;
    add_all(&f, 0);
    ASSERT_ERR(ERR_IO, apply_load_commit(f.ledgers, &in));
    expect_nothing(f.ledgers);
    f.ledgers = ledgers_close(f.ledgers);
    f.ledgers = chain_open(&f.proxy.base, "mirror");
    expect_nothing(f.ledgers);
    f.proxy.fail_load_commit = false;
    chain_load(&f.chain, f.ledgers, 3);
    chain_check(&f.chain, f.ledgers, 5);
    fixture_deinit(&f);
}

TEST(pages_are_checked)
{
    struct fixture f;
    fixture_init(&f, 300);
    const struct chain_ledger *first = &f.chain.ledgers[0];
    struct store_object empty = {first->objects[9].key, SLICE_EMPTY};
    struct ledger_header bad = first->header;
    bad.drops++;
    ASSERT_ERR(ERR_VERIFY, apply_load_begin(f.ledgers, &bad, 2));
    ASSERT_ERR(ERR_INVALID, apply_load_begin(f.ledgers, &first->header, 0));
    ASSERT_OK(apply_load_begin(f.ledgers, &first->header, 2));
    ASSERT_ERR(ERR_INVALID, apply_load_add(f.ledgers, 2, first->objects, 1, NULL, 0));
    ASSERT_ERR(ERR_INVALID, apply_load_add(f.ledgers, 0, &empty, 1, NULL, 0));
    ASSERT_OK(apply_load_add(f.ledgers, 0, first->objects, 10, NULL, 0));
    ASSERT_ERR(ERR_INVALID, apply_load_add(f.ledgers, 0, first->objects + 9, 5, NULL, 0));
    ASSERT_ERR(ERR_INVALID, apply_load_add(f.ledgers, 1, first->objects + 4, 5, NULL, 0));
    apply_load_abort(f.ledgers);
    chain_load(&f.chain, f.ledgers, 3);
    ASSERT_ERR(ERR_EXISTS, apply_load_begin(f.ledgers, &first->header, 2));
    fixture_deinit(&f);
}
