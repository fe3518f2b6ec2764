/* SPDX-License-Identifier: Apache-2.0 */
#include "etl/mend.h"

#include "base/bits.h"
#include "check_world.h"
#include "etl/rows.h"

/* Ledger 11 as it must be. */
struct fixture {
    struct check_world *w;
    struct store_object objects[3];
    struct rows rows;
    struct store_ledger right;
    char said[2000];
};

static struct fixture *fixture_new(void)
{
    struct check_world *w = check_world_new();
    struct fixture *f = arena_new_of(w->arena, struct fixture);
    f->w = w;
    f->rows.a = w->arena;
    ASSERT_OK(rows_add_tx(&f->rows, &w->tx));
    f->objects[0] = (struct store_object){w->keys[0], check_world_object(w, 0, 2)};
    f->objects[1] = (struct store_object){w->keys[1], SLICE_EMPTY};
    f->objects[2] = (struct store_object){w->keys[3], check_world_object(w, 3, 1)};
    f->right = (struct store_ledger){.header = w->headers[1],
                                     .txs = &w->tx,
                                     .tx_hashes = &w->tx.hash,
                                     .n_txs = 1,
                                     .objects = f->objects,
                                     .n_objects = 3,
                                     .index_rows = f->rows.v,
                                     .n_index_rows = f->rows.n};
    return f;
}

static void say(void *arg, const char *table, struct slice key, uint32_t seq, const char *what)
{
    struct fixture *f = arg;
    size_t n = strlen(f->said);
    ASSERT(key.n > 0);
    snprintf(f->said + n, sizeof f->said - n, "%u %s %02x %s;", seq, table, key.p[0], what);
}

static struct mend_result run(struct fixture *f, bool write)
{
    struct mend_opts opts = {.store = f->w->s, .write = write, .arg = f, .say = say};
    struct mend_result r;
    f->said[0] = 0;
    ASSERT_OK(mend_ledger(&opts, &f->right, &r));
    return r;
}

/* The row that was spoiled is named, only said if nothing may be written, then put right. */
static void expect(struct fixture *f, const char *line, uint32_t n_proven, uint32_t n_derived)
{
    for (int write = 0; write < 2; write++) {
        struct mend_result r = run(f, write);
        if (strstr(f->said, line) == NULL)
            test_fail(__FILE__, __LINE__, "\"%s\" expected, it said: %s", line, f->said);
        ASSERT_INT(n_proven, r.n_proven);
        ASSERT_INT(n_derived, r.n_derived);
    }
    struct mend_result r = run(f, false);
    ASSERT_STR("", f->said);
    ASSERT_INT(0, r.n_proven + r.n_derived);
    ASSERT_INT(0, check_world_run(f->w, false).n_wrong);
    check_world_free(f->w);
}

static void spoil(struct fixture *f, const struct store_repair *r)
{
    ASSERT_OK(store_repair(f->w->s, r));
}

TEST(mend_finds_nothing_in_a_ledger_that_is_right)
{
    struct fixture *f = fixture_new();
    struct mend_result r = run(f, true);
    ASSERT_STR("", f->said);
    ASSERT_INT(0, r.n_proven + r.n_derived + r.n_added);
    check_world_free(f->w);
}

TEST(mend_puts_a_wrong_object_right)
{
    struct fixture *f = fixture_new();
    struct store_object o = {f->w->keys[0], check_world_object(f->w, 0, 7)};
    struct store_ledger l = {.header = f->right.header, .objects = &o, .n_objects = 1};
    spoil(f, &(struct store_repair){.put = &l, .at = 11});
    expect(f, "11 objects 20 wrong;", 1, 0);
}

TEST(mend_adds_a_missing_object)
{
    struct fixture *f = fixture_new();
    spoil(f, &(struct store_repair){.at = 11, .drop_objects = &f->w->keys[3], .n_drop_objects = 1});
    expect(f, "11 objects 80 missing;", 2, 0); /* and its key among those that changed */
}

TEST(mend_drops_an_object_that_did_not_change)
{
    struct fixture *f = fixture_new();
    struct store_object o = {f->w->keys[2], check_world_object(f->w, 2, 9)};
    struct store_ledger l = {.header = f->right.header, .objects = &o, .n_objects = 1};
    spoil(f, &(struct store_repair){.put = &l, .at = 11});
    expect(f, "11 objects 60 the ledger did not change", 1, 0);
}

TEST(mend_puts_a_transaction_right)
{
    struct fixture *f = fixture_new();
    struct store_tx tx = f->w->tx;
    tx.meta.n--;
    struct store_ledger l = {
        .header = f->right.header, .txs = &tx, .tx_hashes = &tx.hash, .n_txs = 1};
    spoil(f, &(struct store_repair){.put = &l, .at = 11});
    expect(f, "11 transactions", 1, 0);
}

TEST(mend_drops_a_transaction_of_no_ledger)
{
    struct fixture *f = fixture_new();
    struct store_tx tx = f->w->tx;
    struct hash256 hash = {{0x77}};
    tx.pos.index = 1;
    tx.hash = hash;
    struct store_ledger l = {.header = f->right.header, .txs = &tx, .tx_hashes = &hash, .n_txs = 1};
    spoil(f, &(struct store_repair){.put = &l, .at = 11});
    expect(f, "11 ledger_transactions", 1, 0);
}

TEST(mend_puts_a_header_right)
{
    struct fixture *f = fixture_new();
    struct ledger_header h = f->right.header;
    h.drops++;
    struct store_ledger l = {.header = h};
    spoil(f, &(struct store_repair){.put = &l, .has_header = true, .at = 11});
    expect(f, "11 ledgers 00 the header", 1, 0);
}

TEST(mend_adds_index_rows)
{
    struct fixture *f = fixture_new();
    spoil(f, &(struct store_repair){.at = 11, .drop_rows = f->rows.v, .n_drop_rows = 1});
    expect(f, "11 account_tx 01 missing or wrong;", 0, 1);
}

TEST(mend_derives_what_follows_from_a_verified_ledger)
{
    struct fixture *f = fixture_new();
    struct mend_opts opts = {.store = f->w->s, .write = true, .arg = f, .say = say};
    struct store_ledger l = {.header = f->right.header};
    struct mend_result r;
    spoil(f, &(struct store_repair){.at = 11, .drop_rows = f->rows.v, .n_drop_rows = 1});
    ASSERT_OK(mend_derived(&opts, &l, &r));
    ASSERT_STR("11 account_tx 01 missing or wrong;", f->said);
    ASSERT_INT(1, r.n_derived);
    ASSERT_INT(0, check_world_run(f->w, false).n_wrong);
    /* transactions that are not the header's are for a source to tell */
    struct store_tx tx = f->w->tx;
    tx.meta.n--;
    struct store_ledger bad = {
        .header = f->right.header, .txs = &tx, .tx_hashes = &tx.hash, .n_txs = 1};
    spoil(f, &(struct store_repair){.put = &bad, .at = 11});
    ASSERT_ERR(ERR_VERIFY, mend_derived(&opts, &l, &r));
    check_world_free(f->w);
}
