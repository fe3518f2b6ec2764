/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/undo.h"

#include "base/mem.h"
#include "chain.h"
#include "test.h"

static struct undo *window(uint64_t max_bytes, uint32_t max_ledgers)
{
    struct undo_opts opts = {max_bytes, max_ledgers, 2};
    return undo_new(&opts);
}

/* The run of the chain's ledger `seq`. */
static struct undo_run *run_of(const struct chain *c, uint32_t seq)
{
    const struct chain_ledger *l = chain_at(c, seq);
    const struct chain_ledger *before = l - 1;
    struct undo_run *r = undo_run_new(&before->header);
    for (size_t i = 0; i < l->n_diff; i++) {
        const struct store_object *old = chain_find(before, &l->diff[i].key);
        undo_run_add(r, &l->diff[i].key, old ? old->data : SLICE_EMPTY);
    }
    return r;
}

/* Every key that changed after `seq` has a record that says what it was. */
static void check_at(const struct chain *c, const struct undo *u, uint32_t seq, uint32_t last)
{
    for (uint32_t s = seq + 1; s <= last; s++) {
        const struct chain_ledger *l = chain_at(c, s);
        for (size_t i = 0; i < l->n_diff; i++) {
            const struct undo_key *k = undo_seek(u, &l->diff[i].key);
            ASSERT(k && hash256_eq(undo_key(k), &l->diff[i].key));
            struct slice before;
            ASSERT(undo_at(k, seq, &before));
            const struct store_object *want = chain_find(chain_at(c, seq), &l->diff[i].key);
            ASSERT(slice_eq(before, want ? want->data : SLICE_EMPTY));
        }
    }
    struct ledger_header h;
    if (seq < last) {
        ASSERT(undo_header(u, seq, &h));
        ASSERT(hash256_eq(&h.hash, &chain_at(c, seq)->header.hash));
    }
}

static void check_order(const struct undo *u)
{
    const struct undo_key *k = undo_seek(u, &HASH256_ZERO);
    for (const struct undo_key *next; k && (next = undo_next(k)); k = next)
        ASSERT(hash256_cmp(undo_key(k), undo_key(next)) < 0);
}

TEST(window_holds_what_ledgers_replaced)
{
    struct chain c;
    chain_init(&c, 11, 50, 200);
    struct undo *u = window(64 << 20, 10);
    undo_reset(u, 50);
    struct undo_pin pin;
    undo_pin(u, 0, &pin);
    undo_unpin(u, 0, &pin);
    for (int i = 0; i < 40; i++) {
        chain_extend(&c, 40);
        uint32_t last = chain_last(&c);
        undo_publish(u, run_of(&c, last));
        ASSERT_INT(MIN(10, i + 1), undo_ledgers(u));
        check_order(u);
        for (uint32_t seq = 50; seq <= last; seq++) {
            ASSERT_INT(seq + 10 >= last, undo_covers(u, seq));
            if (undo_covers(u, seq))
                check_at(&c, u, seq, last);
        }
    }
    undo_free(u);
    chain_deinit(&c);
}

TEST(bytes_are_bounded)
{
    struct chain c;
    chain_init(&c, 12, 50, 200);
    struct undo *u = window(100000, 100);
    undo_reset(u, 50);
    for (int i = 0; i < 30; i++) {
        chain_extend(&c, 60);
        undo_publish(u, run_of(&c, chain_last(&c)));
        ASSERT(undo_bytes(u) <= 100000);
        ASSERT(undo_covers(u, chain_last(&c)));
    }
    ASSERT(undo_ledgers(u) < 30 && undo_ledgers(u) > 0);
    undo_reset(u, 1000);
    ASSERT_INT(0, undo_bytes(u));
    ASSERT(!undo_covers(u, 999) && undo_covers(u, 1000));
    undo_free(u);
    chain_deinit(&c);
}

TEST(run_larger_than_the_window_leaves_it_empty)
{
    struct chain c;
    chain_init(&c, 13, 50, 200);
    struct undo *u = window(1000, 100);
    undo_reset(u, 50);
    chain_extend(&c, 60);
    undo_publish(u, run_of(&c, 51));
    ASSERT_INT(0, undo_ledgers(u));
    ASSERT(!undo_covers(u, 50) && undo_covers(u, 51));
    undo_retract(u, 1);
    ASSERT(undo_covers(u, 50));
    undo_publish(u, run_of(&c, 51));
    undo_free(u);
    chain_deinit(&c);
}

TEST(retracted_runs_are_as_if_never_published)
{
    struct chain c;
    chain_init(&c, 14, 50, 200);
    struct undo *u = window(64 << 20, 100);
    undo_reset(u, 50);
    for (int i = 0; i < 8; i++) {
        chain_extend(&c, 40);
        if (i < 5)
            undo_publish(u, run_of(&c, chain_last(&c)));
    }
    uint64_t bytes = undo_bytes(u);
    for (uint32_t s = 56; s <= 58; s++)
        undo_publish(u, run_of(&c, s));
    undo_retract(u, 3);
    ASSERT_INT(bytes, undo_bytes(u));
    ASSERT_INT(5, undo_ledgers(u));
    for (uint32_t seq = 50; seq <= 55; seq++)
        check_at(&c, u, seq, 55);
    undo_publish(u, run_of(&c, 56));
    check_at(&c, u, 50, 56);
    undo_free(u);
    chain_deinit(&c);
}

/* Under the address sanitizer this fails if memory is given back too early. */
TEST(pinned_memory_stays)
{
    struct chain c;
    chain_init(&c, 15, 50, 200);
    struct undo *u = window(64 << 20, 2);
    undo_reset(u, 50);
    chain_extend(&c, 40);
    undo_publish(u, run_of(&c, 51));
    struct undo_pin first, second;
    undo_pin(u, 1, &first);
    const struct undo_key *k = undo_seek(u, &HASH256_ZERO);
    struct slice before;
    ASSERT(undo_at(k, 50, &before));
    struct hash256 key = *undo_key(k);
    for (int i = 0; i < 10; i++) {
        chain_extend(&c, 40);
        undo_publish(u, run_of(&c, chain_last(&c)));
        if (i == 4)
            undo_pin(u, 1, &second);
    }
    ASSERT(!undo_covers(u, 50));
    const struct store_object *want = chain_find(chain_at(&c, 50), &key);
    ASSERT(slice_eq(before, want ? want->data : SLICE_EMPTY));
    ASSERT(hash256_eq(undo_key(k), &key));
    while (k)
        k = undo_next(k);
    undo_unpin(u, 1, &first);
    undo_collect(u);
    undo_unpin(u, 1, &second);
    undo_collect(u);
    undo_free(u);
    chain_deinit(&c);
}
