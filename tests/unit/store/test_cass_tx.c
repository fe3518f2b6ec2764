/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bits.h"
#include "base/hex.h"
#include "base/mem.h"
#include "store/cass.h"
#include "unit/store/cass_fixture.h"
#include "unit/store/cass_ledgers.h"
#include "unit/test.h"

TEST(a_transaction_of_a_ledger_that_is_being_written_is_not_there)
{
    if (!cass_fixture_is_there())
        return;
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct store *s = cass_fixture_open();
    struct hash256 hash = {{0xAB}};
    struct store_tx tx;
    cass_ledgers_load(s);
    cass_fixture_run(
        "INSERT INTO %s.transactions (hash, ledger_sequence, date, transaction, metadata) VALUES "
        "(0xAB00000000000000000000000000000000000000000000000000000000000000, 11, 5, 0x12, 0x13)");
    ASSERT_ERR(ERR_NOT_FOUND, store_tx_find(s, &hash, a, &tx));
    struct store_tx_locator at = {.pos = {10, 0}, .hash = hash};
    ASSERT_ERR(ERR_CORRUPT, store_txs_get(s, &at, 1, a, &tx));
    cass_fixture_run("UPDATE %s.transactions SET ledger_sequence = 10 WHERE hash = "
                     "0xAB00000000000000000000000000000000000000000000000000000000000000");
    ASSERT_OK(store_tx_find(s, &hash, a, &tx));
    ASSERT_SLICE("\x12", tx.tx);
    ASSERT_OK(store_txs_get(s, &at, 1, a, &tx));
    store_close(s);
    cass_fixture_drop();
}

static struct store *open_verified(void)
{
    struct store *s;
    struct cass_opts opts = cass_fixture_opts(false);
    opts.unverified = false;
    opts.memo_bytes = 0;
    opts.read_only = true;
    ASSERT_OK(cass_open(&opts, &s));
    return s;
}

/* A shared dataset, and a protocol that had no checksums before its version 5: what has a hash is
 * held against it, and the transactions of a ledger against its header. */
TEST(rows_that_are_not_what_their_hashes_say_are_not_served)
{
    if (!cass_fixture_is_there())
        return;
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct store *s = cass_fixture_open();
    uint8_t tx_bytes[2] = {0x12, 0x34}, other[2] = {0x12, 0x35};
    struct hash256 hashes[2] = {digest_tx_id(slice_of(tx_bytes, 2)),
                                digest_tx_id(slice_of(other, 2))};
    struct store_tx txs[2] = {
        {.pos = {11, 0}, .tx = slice_of(tx_bytes, 2), .meta = SLICE_LIT("meta")},
        {.pos = {11, 1}, .tx = slice_of(other, 2), .meta = SLICE_LIT("data")}};
    struct digest_leaf leaves[2];
    for (int i = 0; i < 2; i++)
        leaves[i] =
            (struct digest_leaf){hashes[i], digest_tx_leaf(txs[i].tx, txs[i].meta, &hashes[i])};
    if (hash256_cmp(&hashes[0], &hashes[1]) > 0) {
        struct digest_leaf first = leaves[0];
        leaves[0] = leaves[1];
        leaves[1] = first;
    }
    struct store_ledger l = cass_ledgers_make(11, 0);
    l.txs = txs;
    l.tx_hashes = hashes;
    l.n_txs = 2;
    l.header.tx_hash = digest_tree_root(leaves, 2);
    l.header.hash = digest_ledger(&l.header);
    cass_ledgers_load(s);
    ASSERT_OK(store_write(s, &l, 1));
    store_close(s);

    struct store_txs_query whole = {.first = 11, .last = 11};
    struct store_tx *got, one;
    struct ledger_header header;
    size_t n;
    char hex[65] = "", text[256];
    s = open_verified();
    ASSERT_OK(store_ledger_txs(s, &whole, a, &got, &n));
    ASSERT_INT(2, n);
    ASSERT_OK(store_tx_find(s, &hashes[0], a, &one));
    ASSERT_OK(store_header_get(s, 11, &header));
    ASSERT_ERR(ERR_CORRUPT, store_header_get(s, 10, &header)); /* its hash is made up */
    hex_encode(hash256_slice(&hashes[0]), hex);
    snprintf(text, sizeof text, "UPDATE %%s.transactions SET metadata = 0x13 WHERE hash = 0x%s",
             hex);
    cass_fixture_run(text);
    ASSERT_ERR(ERR_CORRUPT, store_ledger_txs(s, &whole, a, &got, &n));
    ASSERT(strstr(err_text(), "not those of its header") != NULL);
    snprintf(text, sizeof text, "UPDATE %%s.transactions SET transaction = 0x13 WHERE hash = 0x%s",
             hex);
    cass_fixture_run(text);
    ASSERT_ERR(ERR_CORRUPT, store_tx_find(s, &hashes[0], a, &one));
    ASSERT(strstr(err_text(), hex) != NULL);
    snprintf(text, sizeof text,
             "DELETE FROM %%s.ledger_transactions WHERE ledger_sequence = 11 AND hash = 0x%s", hex);
    cass_fixture_run(text);
    ASSERT_ERR(ERR_CORRUPT, store_ledger_txs(s, &whole, a, &got, &n));
    store_close(s);
    cass_fixture_drop();
}
