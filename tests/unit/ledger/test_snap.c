/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/snap.h"

#include "test.h"

struct fixture {
    struct mirror *mirror;
    struct snap_set snaps;
};

static void fixture_init(struct fixture *f)
{
    struct mirror_opts opts = {.path = test_dir(), .max_readers = 2 * SNAP_MAX_PER_SLOT};
    ASSERT_OK(mirror_open(&opts, &f->mirror));
    snap_set_init(&f->snaps, f->mirror, 2);
}

static void fixture_deinit(struct fixture *f)
{
    snap_set_deinit(&f->snaps);
    mirror_close(f->mirror);
}

static void commit(struct fixture *f, uint32_t seq)
{
    MDB_txn *txn = NULL;
    struct mirror_meta meta = {.header = {.seq = seq}};
    meta.header.hash = digest_ledger(&meta.header);
    ASSERT_OK(mirror_write_begin(f->mirror, &txn));
    ASSERT_OK(mirror_meta_put(f->mirror, txn, &meta));
    ASSERT_OK(mirror_write_commit(f->mirror, txn));
    snap_set_advance(&f->snaps);
}

TEST(empty_mirror_has_no_ledger)
{
    struct fixture f;
    fixture_init(&f);
    struct snap *s = NULL;
    ASSERT_OK(snap_acquire(&f.snaps, 0, &s));
    ASSERT(!s->complete);
    snap_release(&f.snaps, 0, s);
    commit(&f, 5);
    ASSERT_OK(snap_acquire(&f.snaps, 0, &s));
    ASSERT(s->complete && s->header.seq == 5);
    snap_release(&f.snaps, 0, s);
    fixture_deinit(&f);
}

TEST(users_share_and_old_ones_stay)
{
    struct fixture f;
    fixture_init(&f);
    commit(&f, 1);
    struct snap *a = NULL, *b = NULL, *c = NULL;
    ASSERT_OK(snap_acquire(&f.snaps, 0, &a));
    ASSERT_OK(snap_acquire(&f.snaps, 0, &b));
    ASSERT(a == b);
    commit(&f, 2);
    ASSERT_OK(snap_acquire(&f.snaps, 0, &c));
    ASSERT(c != a && c->header.seq == 2 && a->header.seq == 1);
    snap_release(&f.snaps, 0, a);
    struct mirror_meta meta;
    ASSERT_OK(mirror_meta_get(f.mirror, b->txn, &meta));
    ASSERT_INT(1, meta.header.seq);
    snap_release(&f.snaps, 0, b);
    snap_release(&f.snaps, 0, c);
    for (uint32_t seq = 3; seq < 200; seq++) { /* transactions are used again */
        commit(&f, seq);
        ASSERT_OK(snap_acquire(&f.snaps, 0, &a));
        ASSERT_INT(seq, a->header.seq);
        snap_release(&f.snaps, 0, a);
    }
    fixture_deinit(&f);
}

TEST(idle_snapshots_end_with_the_next_commit)
{
    struct fixture f;
    fixture_init(&f);
    commit(&f, 1);
    struct snap *s = NULL;
    ASSERT_OK(snap_acquire(&f.snaps, 1, &s));
    snap_release(&f.snaps, 1, s);
    ASSERT(s->running);
    commit(&f, 2);
    ASSERT(!s->running);
    fixture_deinit(&f);
}

TEST(too_many_old_snapshots_are_busy)
{
    struct fixture f;
    fixture_init(&f);
    struct snap *s[SNAP_MAX_PER_SLOT], *more = NULL;
    for (uint32_t i = 0; i < SNAP_MAX_PER_SLOT; i++) {
        commit(&f, i + 1);
        ASSERT_OK(snap_acquire(&f.snaps, 0, &s[i]));
    }
    commit(&f, 100);
    ASSERT_ERR(ERR_BUSY, snap_acquire(&f.snaps, 0, &more));
    for (uint32_t i = 0; i < SNAP_MAX_PER_SLOT; i++) {
        ASSERT_INT(i + 1, s[i]->header.seq);
        snap_release(&f.snaps, 0, s[i]);
    }
    ASSERT_OK(snap_acquire(&f.snaps, 0, &more));
    ASSERT_INT(100, more->header.seq);
    snap_release(&f.snaps, 0, more);
    fixture_deinit(&f);
}

TEST(freezing_waits_for_users)
{
    struct fixture f;
    fixture_init(&f);
    commit(&f, 1);
    struct snap *s = NULL;
    ASSERT_OK(snap_acquire(&f.snaps, 1, &s));
    ASSERT(!snap_set_freeze(&f.snaps, 3));
    snap_release(&f.snaps, 1, s);
    ASSERT(snap_set_freeze(&f.snaps, 3));
    ASSERT_OK(mirror_grow(f.mirror));
    snap_set_thaw(&f.snaps);
    ASSERT_OK(snap_acquire(&f.snaps, 1, &s));
    ASSERT_INT(1, s->header.seq);
    snap_release(&f.snaps, 1, s);
    fixture_deinit(&f);
}
