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

static struct undo_run *run_with(struct undo *u, const struct chain *c, uint32_t seq, bool waits)
{
    const struct chain_ledger *l = chain_at(c, seq);
    const struct chain_ledger *before = l - 1;
    struct undo_run *r = undo_run_new(u, &before->header);
    for (size_t i = 0; i < l->n_diff; i++) {
        const struct store_object *old = chain_find(before, &l->diff[i].key);
        struct slice was = old ? old->data : SLICE_EMPTY;
        if (waits)
            undo_run_change(r, &l->diff[i].key, was, l->diff[i].data);
        else
            undo_run_add(r, &l->diff[i].key, was);
    }
    return r;
}

/* The run of the chain's ledger `seq`. */
static struct undo_run *run_of(struct undo *u, const struct chain *c, uint32_t seq)
{
    return run_with(u, c, seq, false);
}

static struct slice object_at(const struct chain *c, uint32_t seq, const struct hash256 *key)
{
    const struct store_object *o = chain_find(chain_at(c, seq), key);
    return o ? o->data : SLICE_EMPTY;
}

/* Every key that changed after `seq` has a version that says what it was. */
static void check_at(const struct chain *c, const struct undo *u, uint32_t seq, uint32_t last)
{
    for (uint32_t s = seq + 1; s <= last; s++) {
        const struct chain_ledger *l = chain_at(c, s);
        for (size_t i = 0; i < l->n_diff; i++) {
            const struct versions_key *k = versions_find(undo_versions(u), &l->diff[i].key);
            struct slice before;
            ASSERT(k && versions_at(k, seq, &before));
            ASSERT(slice_eq(before, object_at(c, seq, &l->diff[i].key)));
        }
    }
    struct ledger_header h;
    if (seq < last) {
        ASSERT(undo_header(u, seq, &h));
        ASSERT(hash256_eq(&h.hash, &chain_at(c, seq)->header.hash));
    }
}

TEST(window_holds_what_ledgers_replaced)
{
    struct chain c;
    chain_init(&c, 11, 50, 200);
    struct undo *u = window(64 << 20, 10);
    undo_reset(u, 50);
    for (int i = 0; i < 40; i++) {
        chain_extend(&c, 40);
        uint32_t last = chain_last(&c);
        undo_publish(u, run_of(u, &c, last));
        ASSERT_INT(MIN(10, i + 1), undo_ledgers(u));
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
        undo_publish(u, run_of(u, &c, chain_last(&c)));
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
    undo_publish(u, run_of(u, &c, 51));
    ASSERT_INT(0, undo_ledgers(u));
    ASSERT(!undo_covers(u, 50) && undo_covers(u, 51));
    undo_free(u);
    chain_deinit(&c);
}

/* Changed again before they were published, so that they are each other's; then not published. */
TEST(runs_given_up_are_as_if_never_made)
{
    struct chain c;
    chain_init(&c, 14, 50, 200);
    struct undo *u = window(64 << 20, 100);
    undo_reset(u, 50);
    for (int i = 0; i < 8; i++) {
        chain_extend(&c, 40);
        if (i < 5)
            undo_publish(u, run_with(u, &c, chain_last(&c), true));
    }
    uint64_t bytes = undo_bytes(u), waiting = versions_waiting_bytes(undo_versions(u));
    ASSERT(waiting > 0);
    struct undo_run *runs[3];
    for (uint32_t s = 56; s <= 58; s++) {
        runs[s - 56] = run_with(u, &c, s, true);
        for (uint32_t seq = 50; seq <= 55; seq++)
            check_at(&c, u, seq, 55);
    }
    for (int i = 3; i-- > 0;)
        undo_run_free(runs[i]);
    ASSERT_INT(bytes, undo_bytes(u));
    ASSERT_INT(waiting, versions_waiting_bytes(undo_versions(u)));
    ASSERT_INT(5, undo_ledgers(u));
    for (uint32_t seq = 50; seq <= 55; seq++)
        check_at(&c, u, seq, 55);
    undo_publish(u, run_with(u, &c, 56, true));
    check_at(&c, u, 50, 56);
    undo_reset(u, 56);
    ASSERT_INT(0, versions_bytes(undo_versions(u)));
    undo_free(u);
    chain_deinit(&c);
}

/* A version that waited and has been written. */
static struct version *write_one(struct undo *u, struct undo_run *r, const struct hash256 *key)
{
    struct version *v = versions_waiting(undo_versions(u), key);
    ASSERT(v != NULL);
    undo_run_written(r, v);
    return v;
}

static bool has(const struct undo *u, const struct hash256 *key, uint32_t seq)
{
    struct slice object;
    const struct versions_key *k = versions_find(undo_versions(u), key);
    return k && versions_at(k, seq, &object) && object.n == 3;
}

TEST(what_was_written_stays_for_those_with_older_snapshots)
{
    struct hash256 key = {{7}}, other = {{9}};
    struct ledger_header header = {.seq = 50};
    for (int by_window = 0; by_window < 2; by_window++) {
        struct undo *u = window(64 << 20, 3);
        struct epochs_pin old, new;
        undo_reset(u, 50);
        header.seq = 50;
        struct undo_run *r = undo_run_new(u, &header);
        undo_run_change(r, &key, slice_str("12"), slice_str("345"));
        undo_publish(u, r);
        undo_settle(u);
        epochs_pin(versions_epochs(undo_versions(u)), 0,
                   &old); /* reads ledger 51, where the file has "12" */
        ASSERT(has(u, &key, 51));
        header.seq = 51;
        r = undo_run_new(u, &header);
        undo_run_change(r, &other, SLICE_EMPTY, slice_str("x"));
        write_one(u, r, &key);
        undo_publish(u, r);
        epochs_pin(versions_epochs(undo_versions(u)), 1, &new);
        undo_settle(u);
        ASSERT(has(u, &key, 51));
        ASSERT(!has(u, &key, 52)); /* there the file has it */
        for (header.seq = 52; header.seq < 54; header.seq++) {
            undo_publish(u, undo_run_new(u, &header));
            undo_settle(u);
            ASSERT(has(u, &key, 51) && undo_covers(u, 51));
        }
        if (by_window) {
            undo_publish(u, undo_run_new(u, &header));
            ASSERT(!has(u, &key, 51) && !undo_covers(u, 51));
        } else {
            epochs_unpin(versions_epochs(undo_versions(u)), 0, &old);
            undo_settle(u);
            ASSERT(has(u, &key, 51)); /* the other one pinned before the snapshots were there */
            epochs_unpin(versions_epochs(undo_versions(u)), 1, &new);
            epochs_pin(versions_epochs(undo_versions(u)), 0, &old);
            undo_settle(u);
            ASSERT(!has(u, &key, 51) && undo_covers(u, 51));
        }
        epochs_unpin(versions_epochs(undo_versions(u)), 0, &old);
        if (by_window)
            epochs_unpin(versions_epochs(undo_versions(u)), 1, &new);
        undo_free(u);
    }
}
