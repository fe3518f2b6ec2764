/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "store/cass.h"
#include "unit/store/cass_fixture.h"
#include "unit/test.h"

TEST(a_reader_is_told_which_table_and_column_is_missing)
{
    if (!cass_fixture_is_there())
        return;
    struct store *s;
    struct cass_opts opts = cass_fixture_opts(true);
    opts.read_only = true;
    ASSERT_ERR(ERR_VERSION, cass_open(&opts, &s));
    ASSERT(strstr(err_text(), "there is no keyspace") != NULL);
    store_close(cass_fixture_open_again()); /* makes it */
    ASSERT_OK(cass_open(&opts, &s));
    store_close(s);
    cass_fixture_run("ALTER TABLE %s.transactions DROP date");
    cass_fixture_run("DROP TABLE %s.nf_token_uris");
    ASSERT_ERR(ERR_VERSION, cass_open(&opts, &s));
    ASSERT(strstr(err_text(), "transactions.date") && strstr(err_text(), "nf_token_uris.uri"));
    opts.read_only = false; /* a column is not added by CREATE TABLE IF NOT EXISTS */
    ASSERT_ERR(ERR_VERSION, cass_open(&opts, &s));
    ASSERT(strstr(err_text(), "transactions.date") && !strstr(err_text(), "nf_token_uris"));
    cass_fixture_drop();
}

TEST(tables_that_an_older_clio_did_not_make_are_not_needed_to_read)
{
    if (!cass_fixture_is_there())
        return;
    struct store *s;
    store_close(cass_fixture_open());
    cass_fixture_run("DROP TABLE %s.kleio_meta");
    cass_fixture_run("DROP TABLE %s.mptoken_issuance_transactions");
    struct cass_opts opts = cass_fixture_opts(false);
    opts.read_only = true;
    ASSERT_OK(cass_open(&opts, &s));
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct slice id;
    ASSERT_OK(store_meta_get(s, "dataset_id", a, &id));
    ASSERT_INT(16, id.n);
    uint8_t issuance[24] = {0};
    struct store_scan scan = {
        .index = STORE_INDEX_MPT_TX, .prefix = slice_of(issuance, 24), .limit = 1};
    struct store_rows rows;
    ASSERT_OK(store_scan(s, &scan, a, &rows));
    ASSERT_INT(0, rows.n);
    store_close(s);
    cass_fixture_drop();
}

TEST(migrations_of_clio_that_are_not_done_keep_writers_out)
{
    if (!cass_fixture_is_there())
        return;
    struct store *s;
    store_close(cass_fixture_open());
    cass_fixture_run("INSERT INTO %s.migrator_status (migrator_name, status) VALUES ('one', "
                     "'Migrated')");
    store_close(cass_fixture_open_again());
    cass_fixture_run("INSERT INTO %s.migrator_status (migrator_name, status) VALUES ('two', "
                     "'NotMigrated')");
    struct cass_opts opts = cass_fixture_opts(false);
    ASSERT_ERR(ERR_STATUS, cass_open(&opts, &s));
    ASSERT(strstr(err_text(), "migration two is not done (NotMigrated)") != NULL);
    opts.read_only = true;
    ASSERT_OK(cass_open(&opts, &s));
    store_close(s);
    cass_fixture_drop();
}

TEST(names_that_are_no_words_are_refused)
{
    struct store *s;
    struct cass_opts opts = {.cluster.contact_points = "127.0.0.1",
                             .keyspace = "x; DROP KEYSPACE y"};
    ASSERT_ERR(ERR_INVALID, cass_open(&opts, &s));
    opts.keyspace = "fine";
    opts.table_prefix = "a-b";
    ASSERT_ERR(ERR_INVALID, cass_open(&opts, &s));
}
