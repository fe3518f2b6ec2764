/* SPDX-License-Identifier: Apache-2.0 */
#include "store/cass.h"
#include "unit/store/cass_fixture.h"
#include "unit/store/cass_ledgers.h"
#include "unit/test.h"

static uint32_t newest(struct store *s)
{
    struct store_range ranges[STORE_MAX_RANGES];
    size_t n;
    ASSERT_OK(cass_refresh(cass_of(s)));
    store_ranges(s, ranges, &n);
    return n ? ranges[n - 1].last : 0;
}

TEST(of_two_writers_one_wins_also_with_the_same_ledger)
{
    if (!cass_fixture_is_there())
        return;
    struct store *a = cass_fixture_open(), *b;
    struct store_ledger l11 = cass_ledgers_make(11, 0), l12 = cass_ledgers_make(12, 0),
                        other = cass_ledgers_make(12, 1);
    struct store_ledger two[] = {l12, cass_ledgers_make(13, 0)};
    cass_ledgers_load(a);
    b = cass_fixture_open_again();
    ASSERT_INT(10, newest(b));
    ASSERT_OK(store_write(a, &l11, 1));
    err e = store_write(b, &l11, 1); /* the very same; EXISTS once b has seen it */
    ASSERT(e.code == ERR_CONFLICT || e.code == ERR_EXISTS);
    ASSERT_INT(11, newest(b));
    ASSERT_OK(store_write(a, two, 2));
    e = store_write(b, &l12, 1);
    ASSERT(e.code == ERR_CONFLICT || e.code == ERR_EXISTS);
    ASSERT_INT(13, newest(b));
    ASSERT_ERR(ERR_EXISTS, store_write(b, &other, 1));
    store_close(a);
    store_close(b);
    cass_fixture_drop();
}

TEST(one_row_or_swapped_rows_of_the_range_are_understood)
{
    if (!cass_fixture_is_there())
        return;
    struct store *s = cass_fixture_open();
    struct store_range ranges[STORE_MAX_RANGES];
    size_t n;
    cass_fixture_run("INSERT INTO %s.ledger_range (is_latest, sequence) VALUES (false, 9)");
    ASSERT_INT(9, newest(s));
    cass_fixture_run("INSERT INTO %s.ledger_range (is_latest, sequence) VALUES (true, 5)");
    store_close(s);
    s = cass_fixture_open_again();
    store_ranges(s, ranges, &n);
    ASSERT(n == 1 && ranges[0].first == 5 && ranges[0].last == 9);
    store_close(s);
    cass_fixture_run("INSERT INTO %s.ledger_range (is_latest, sequence) VALUES (true, -5)");
    struct cass_opts opts = cass_fixture_opts(false);
    ASSERT_ERR(ERR_CORRUPT, cass_open(&opts, &s));
    cass_fixture_drop();
}

/* In the dialect of Keyspaces, which a Cassandra understands, too: texts that Keyspaces does not
 * understand are not there. */
TEST(on_keyspaces_ledgers_are_loaded_written_and_fought_for)
{
    if (!cass_fixture_is_there())
        return;
    struct store *a, *b;
    struct cass_opts opts = cass_fixture_opts(true);
    opts.provider = CASS_PROVIDER_AWS_KEYSPACE;
    ASSERT_OK(cass_open(&opts, &a));
    cass_ledgers_load(a);
    ASSERT_INT(10, newest(a));
    ASSERT_OK(cass_open(&opts, &b));
    ASSERT_ERR(ERR_EXISTS, store_load_begin(b, 12, 1));
    struct store_ledger l11 = cass_ledgers_make(11, 0);
    struct store_ledger two[] = {cass_ledgers_make(12, 0), cass_ledgers_make(13, 0)};
    ASSERT_OK(store_write(a, &l11, 1));
    ASSERT_INT(11, newest(b));
    ASSERT_OK(store_write(a, two, 2));
    err e = store_write(b, two, 1); /* EXISTS once b has seen it */
    ASSERT(e.code == ERR_CONFLICT || e.code == ERR_EXISTS);
    ASSERT_INT(13, newest(b));
    store_close(a);
    store_close(b);
    cass_fixture_drop();
}
