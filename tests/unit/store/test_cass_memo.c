/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bits.h"
#include "base/mem.h"
#include "cql/cql_cluster.h"
#include "store/cass.h"
#include "unit/store/cass_fixture.h"
#include "unit/store/cass_ledgers.h"
#include "unit/test.h"

#define N 100

static struct store_tx txs[N];
static struct hash256 hashes[N];
static uint8_t bytes[N][4];

/* Ledger 11 with N transactions. */
static void write_ledger(struct store *s)
{
    struct store_ledger l = cass_ledgers_make(11, 0);
    for (uint32_t i = 0; i < N; i++) {
        bits_store32(bytes[i], i);
        txs[i] = (struct store_tx){
            .pos = {11, i}, .tx = slice_of(bytes[i], 4), .meta = SLICE_LIT("meta")};
        hashes[i] = (struct hash256){{(uint8_t)i}};
        hashes[i].b[31] = 1;
    }
    l.txs = txs;
    l.tx_hashes = hashes;
    l.n_txs = N;
    ASSERT_OK(store_write(s, &l, 1));
}

static uint64_t n_reads(struct store *s)
{
    struct cql_cluster_stats stats;
    cql_cluster_get_stats(cass_cluster(cass_of(s)), &stats);
    return stats.n_reads;
}

static void get_all(struct store *s, uint32_t n)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    static struct store_tx_locator at[N];
    static struct store_tx got[N];
    for (uint32_t i = 0; i < n; i++)
        at[i] = (struct store_tx_locator){.pos = {11, 0}, .hash = hashes[n - 1 - i]};
    ASSERT_OK(store_txs_get(s, at, n, a, got));
    for (uint32_t i = 0; i < n; i++) {
        ASSERT(hash256_eq(&at[i].hash, &got[i].hash));
        ASSERT_INT(n - 1 - i, bits_load32(got[i].tx.p));
        ASSERT(slice_is(got[i].meta, "meta"));
    }
}

static struct store *open_as(size_t memo_bytes)
{
    struct store *s;
    struct cass_opts opts = cass_fixture_opts(false);
    opts.memo_bytes = memo_bytes;
    opts.read_only = true;
    ASSERT_OK(cass_open(&opts, &s));
    return s;
}

/* The watcher of the range asks once a second: at most a few reads more than told. */
#define SOME 5

TEST(what_was_read_or_written_is_not_read_again)
{
    if (!cass_fixture_is_there())
        return;
    struct store *writer = cass_fixture_open();
    cass_ledgers_load(writer);
    write_ledger(writer);
    uint64_t before = n_reads(writer);
    get_all(writer, N);
    ASSERT(n_reads(writer) - before < SOME);

    struct store *reader = open_as(8 << 20), *plain = open_as(0);
    before = n_reads(reader);
    get_all(reader, N); /* several by each statement */
    ASSERT(n_reads(reader) - before >= (N + 31) / 32 && n_reads(reader) - before < N / 4);
    before = n_reads(reader);
    for (int i = 0; i < 20; i++)
        get_all(reader, N);
    ASSERT(n_reads(reader) - before < 20);
    before = n_reads(plain);
    for (int i = 0; i < 20; i++)
        get_all(plain, N);
    ASSERT(n_reads(plain) - before >= 20 * ((N + 31) / 32));
    store_close(plain);
    store_close(reader);
    store_close(writer);
    cass_fixture_drop();
}

TEST(what_is_repaired_is_read_again)
{
    if (!cass_fixture_is_there())
        return;
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct store *s = cass_fixture_open();
    struct store_tx got;
    cass_ledgers_load(s);
    write_ledger(s);
    ASSERT_OK(store_tx_find(s, &hashes[0], a, &got));
    ASSERT(slice_is(got.meta, "meta"));
    struct store_ledger put = cass_ledgers_make(11, 0);
    struct store_tx better = {.pos = {11, 0}, .tx = slice_of(bytes[0], 4), .meta = SLICE_LIT("ok")};
    put.txs = &better;
    put.tx_hashes = &hashes[0];
    put.n_txs = 1;
    ASSERT_OK(store_repair(s, &(struct store_repair){.at = 11, .put = &put}));
    ASSERT_OK(store_tx_find(s, &hashes[0], a, &got));
    ASSERT(slice_is(got.meta, "ok"));
    store_close(s);
    cass_fixture_drop();
}

TEST(a_dataset_that_was_emptied_is_forgotten)
{
    if (!cass_fixture_is_there())
        return;
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct store *s = cass_fixture_open();
    struct store_tx got;
    cass_ledgers_load(s);
    write_ledger(s);
    ASSERT_OK(store_tx_find(s, &hashes[0], a, &got));
    cass_fixture_run("TRUNCATE %s.ledger_range");
    cass_fixture_run("TRUNCATE %s.transactions");
    ASSERT_OK(cass_refresh(cass_of(s)));
    ASSERT_ERR(ERR_NOT_FOUND, store_tx_find(s, &hashes[0], a, &got));
    cass_fixture_run("INSERT INTO %s.ledger_range (is_latest, sequence) VALUES (false, 10)");
    cass_fixture_run("INSERT INTO %s.ledger_range (is_latest, sequence) VALUES (true, 11)");
    ASSERT_OK(cass_refresh(cass_of(s)));
    ASSERT_ERR(ERR_NOT_FOUND, store_tx_find(s, &hashes[0], a, &got));
    store_close(s);
    cass_fixture_drop();
}
