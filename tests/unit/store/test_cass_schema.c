/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "store/cass_impl.h"
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

/* The specification's texts (etl-db 4.6, 4.7, 4.8), word for word but for the names of tables. */
TEST(statements_are_those_of_clio)
{
    static const struct {
        enum cass_statement stmt;
        const char *text;
    } specified[] = {
        {CASS_PUT_OBJECT, "INSERT INTO objects (key, sequence, object) VALUES (?,?,?)"},
        {CASS_PUT_TX, "INSERT INTO transactions (hash, ledger_sequence, date, transaction, "
                      "metadata) VALUES (?,?,?,?,?)"},
        {CASS_PUT_LEDGER_TX,
         "INSERT INTO ledger_transactions (ledger_sequence, hash) VALUES (?,?)"},
        {CASS_PUT_SUCCESSOR, "INSERT INTO successor (key, seq, next) VALUES (?,?,?)"},
        {CASS_PUT_DIFF, "INSERT INTO diff (seq, key) VALUES (?,?)"},
        {CASS_PUT_ACCOUNT_TX, "INSERT INTO account_tx (account, seq_idx, hash) VALUES (?,?,?)"},
        {CASS_PUT_NFT,
         "INSERT INTO nf_tokens (token_id, sequence, owner, is_burned) VALUES (?,?,?,?)"},
        {CASS_PUT_NFT_ISSUER,
         "INSERT INTO issuer_nf_tokens_v2 (issuer, taxon, token_id) VALUES (?,?,?)"},
        {CASS_PUT_NFT_URI, "INSERT INTO nf_token_uris (token_id, sequence, uri) VALUES (?,?,?)"},
        {CASS_PUT_NFT_TX,
         "INSERT INTO nf_token_transactions (token_id, seq_idx, hash) VALUES (?,?,?)"},
        {CASS_PUT_MPT_TX, "INSERT INTO mptoken_issuance_transactions (mptoken_issuance_id, "
                          "seq_idx, hash) VALUES (?,?,?)"},
        {CASS_PUT_ACCOUNT_MPT_TX,
         "INSERT INTO account_mptoken_issuance_transactions (mptoken_issuance_id, account, "
         "seq_idx, hash) VALUES (?,?,?,?)"},
        {CASS_PUT_MPT_HOLDER, "INSERT INTO mp_token_holders (mpt_id, holder) VALUES (?,?)"},
        {CASS_PUT_HEADER, "INSERT INTO ledgers (sequence, header) VALUES (?,?)"},
        {CASS_PUT_HASH, "INSERT INTO ledger_hashes (hash, sequence) VALUES (?,?)"},
        {CASS_CHAT_PUT, "UPDATE nodes_chat SET message = ? WHERE node_id = ?"},
        {CASS_COMMIT,
         "UPDATE ledger_range SET sequence = ? WHERE is_latest = ? IF sequence IN (?, null)"},
        {CASS_COMMIT_AWS,
         "UPDATE ledger_range SET sequence = ? WHERE is_latest = ? IF sequence = ?"},
        {CASS_COMMIT_FIRST_AWS,
         "INSERT INTO ledger_range (is_latest, sequence) VALUES (?,?) IF NOT EXISTS"},
        {CASS_GET_OBJECT, "SELECT object, sequence FROM objects WHERE key = ? AND sequence <= ? "
                          "ORDER BY sequence DESC LIMIT 1"},
        {CASS_GET_SUCCESSOR,
         "SELECT next FROM successor WHERE key = ? AND seq <= ? ORDER BY seq DESC LIMIT 1"},
        {CASS_GET_DIFF, "SELECT key FROM diff WHERE seq = ?"},
        {CASS_GET_TX, "SELECT transaction, metadata, ledger_sequence, date FROM transactions "
                      "WHERE hash = ?"},
        {CASS_GET_LEDGER_TXS, "SELECT hash FROM ledger_transactions WHERE ledger_sequence = ?"},
        {CASS_GET_HASH, "SELECT sequence FROM ledger_hashes WHERE hash = ? LIMIT 1"},
        {CASS_GET_HEADER, "SELECT header FROM ledgers WHERE sequence = ?"},
        {CASS_GET_RANGE, "SELECT sequence FROM ledger_range WHERE is_latest in (True, False)"},
        {CASS_CHAT_GET, "SELECT node_id, message FROM nodes_chat"},
    };
    static const char *const ours[] = {
#define X(name, text) text,
        CASS_STATEMENTS(X)
#undef X
    };
    for (size_t i = 0; i < sizeof specified / sizeof *specified; i++) {
        char text[300] = "";
        const char *p = ours[specified[i].stmt - 1];
        for (size_t n = 0; *p; p++) { /* our names and spaces */
            if (strncmp(p, "%1$s", 4) == 0)
                p += 4;
            if (*p == ' ' && n > 1 && text[n - 1] == ',' && text[n - 2] == '?' && p[1] == '?')
                continue;
            text[n++] = *p;
        }
        ASSERT_STR(specified[i].text, text);
    }
}

/* Of what AWS Keyspaces does not understand nothing stands in a statement that is used there. */
TEST(statements_for_keyspaces_use_what_it_knows)
{
    static const char *const ours[] = {
#define X(name, text) text,
        CASS_STATEMENTS(X)
#undef X
    };
    for (int i = 1; i < CASS_N_STATEMENTS; i++) {
        const char *text = ours[i - 1];
        bool never = strstr(text, "PER PARTITION") || strstr(text, "ALLOW FILTERING") ||
                     strstr(text, "null)") || strstr(text, "IN ?") || strstr(text, ") > ?") ||
                     strstr(text, ") < ?");
        bool is_scan = i == CASS_SCAN_VERSIONS; /* token(key) > ? */
        bool absent = i == CASS_GET_TXS || i == CASS_SCAN_OBJECTS || i == CASS_COMMIT;
        ASSERT(is_scan || never == absent);
    }
}
