/* SPDX-License-Identifier: Apache-2.0 */
/* The history in Cassandra: what a read costs in the client, what 200 transactions of an account
 * take, how fast a mirror is filled. Usage: bench_cass [OBJECTS]; KLEIO_CASSANDRA=address:port. */
#include "base/bits.h"
#include "base/mem.h"
#include "cql/cql_call.h"
#include "ledger/ledgers.h"
#include "rt/clock.h"
#include "rt/core.h"
#include "rt/fiber.h"
#include "store/cass.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#define OBJECT_BYTES 200
#define N_TXS 200
#define PAGE 2048

static struct store *s, *cold; /* cold keeps nothing in memory */
static char keyspace[64];
static struct hash256 tx_hashes[N_TXS];

static void check(err e)
{
    if (err_failed(e)) {
        fprintf(stderr, "bench_cass: %s\n", err_text());
        exit(1);
    }
}

static int64_t cpu_ns(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return ((int64_t)u.ru_utime.tv_sec + u.ru_stime.tv_sec) * CLOCK_S +
           ((int64_t)u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1000;
}

static void open_store(void)
{
    const char *where = getenv("KLEIO_CASSANDRA"), *colon = where ? strrchr(where, ':') : NULL;
    static char host[128];
    if (!colon) {
        printf("bench_cass: no KLEIO_CASSANDRA\n");
        exit(0);
    }
    snprintf(host, sizeof host, "%.*s", (int)(colon - where), where);
    snprintf(keyspace, sizeof keyspace, "bench_%d", (int)getpid());
    struct cass_opts opts = {
        .cluster = {.contact_points = host, .port = (uint16_t)strtoul(colon + 1, NULL, 10)},
        .keyspace = keyspace,
        .replication_factor = 1};
    check(cass_open(&opts, &cold));
    opts.memo_bytes = 64 << 20;
    check(cass_open(&opts, &s));
}

static struct hash256 key_of(uint32_t i)
{
    uint8_t bytes[4];
    bits_store32(bytes, i);
    struct slice part = slice_of(bytes, 4);
    return hash_sha512half(&part, 1);
}

static int by_key(const void *a, const void *b)
{
    return memcmp(a, b, 32);
}

/* A state, and an account with 200 transactions. */
static void load(uint32_t n)
{
    struct hash256 *keys = xcalloc(n, sizeof *keys);
    struct digest_leaf *leaves = xcalloc(n, sizeof *leaves);
    uint8_t data[OBJECT_BYTES] = {0x11, 0, 0x61};
    for (uint32_t i = 0; i < n; i++)
        keys[i] = key_of(i);
    qsort(keys, n, 32, by_key);
    for (uint32_t i = 0; i < n; i++)
        leaves[i] =
            (struct digest_leaf){keys[i], digest_state_leaf(slice_of(data, sizeof data), &keys[i])};
    struct store_ledger l = {.header = {.seq = 5, .state_hash = digest_tree_root(leaves, n)}};
    static struct store_tx txs[N_TXS];
    struct hash256 *hashes = tx_hashes;
    static struct store_index_row rows[N_TXS];
    static uint8_t account[20], suffix[N_TXS][8], value[N_TXS][STORE_TX_VALUE_BYTES],
        tx[N_TXS][300], meta[N_TXS][600];
    for (uint32_t i = 0; i < N_TXS; i++) {
        bits_store32(tx[i], i);
        memcpy(meta[i], "\x20\x1C", 2);
        bits_store32(meta[i] + 2, i);
        hashes[i] = digest_tx_id(slice_of(tx[i], 300));
        txs[i] = (struct store_tx){
            .pos = {5, i}, .tx = slice_of(tx[i], 300), .meta = slice_of(meta[i], 600)};
        bits_store32(suffix[i], 5);
        bits_store32(suffix[i] + 4, i);
        store_tx_value(&hashes[i], 0, value[i]);
        rows[i] = (struct store_index_row){STORE_INDEX_ACCOUNT_TX, slice_of(account, 20),
                                           slice_of(suffix[i], 8),
                                           slice_of(value[i], STORE_TX_VALUE_BYTES)};
    }
    l.txs = txs, l.tx_hashes = hashes, l.n_txs = N_TXS, l.index_rows = rows, l.n_index_rows = N_TXS;
    l.header.hash = digest_ledger(&l.header);
    int64_t begun = clock_now_ns(), cpu = cpu_ns();
    check(store_load_begin(s, 5, 1));
    struct store_object *page = xcalloc(PAGE, sizeof *page);
    for (uint32_t i = 0; i < n;) {
        uint32_t k = 0;
        for (; k < PAGE && i < n; k++, i++)
            page[k] = (struct store_object){keys[i], slice_of(data, sizeof data)};
        check(store_load_add(s, 0, page, k, NULL, 0, NULL, 0));
    }
    check(store_load_commit(s, &l));
    printf("load: %u objects written, %.0f a second, CPU %.1f us each\n", n,
           n / ((double)(clock_now_ns() - begun) / 1e9), (double)(cpu_ns() - cpu) / 1e3 / n);
    free(keys), free(leaves), free(page);
    check(cass_refresh(cass_of(cold)));
}

/* Reads of one core, many fibers at a time. */
static uint32_t n_left, n_objects;

static void reader(void *arg)
{
    while (n_left > 0) {
        CLEANUP(arena_freep) struct arena *a = arena_new(0);
        struct hash256 key = key_of(n_left-- % n_objects);
        struct slice got;
        check(store_objects_get(s, 5, &key, 1, a, &got, NULL));
    }
}

static void read_many(uint32_t n, uint32_t n_fibers)
{
    struct fiber_group group;
    fiber_group_init(&group);
    n_left = n;
    for (uint32_t i = 0; i < n_fibers; i++)
        fiber_group_spawn(&group, "reader", reader, NULL);
    fiber_group_join(&group);
}

static int by_number(const void *a, const void *b)
{
    return *(const int64_t *)a < *(const int64_t *)b ? -1 : 1;
}

static int64_t one_read(void)
{
    int64_t begun = clock_now_ns();
    n_left = 1;
    reader(NULL);
    return clock_now_ns() - begun;
}

static int64_t account_tx_of(struct store *from)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    static uint8_t account[20];
    struct store_scan scan = {.index = STORE_INDEX_ACCOUNT_TX,
                              .prefix = slice_of(account, 20),
                              .limit = N_TXS,
                              .backward = true};
    struct store_rows rows;
    struct store_tx *txs = arena_array(a, struct store_tx, N_TXS);
    struct store_tx_locator *at = arena_array(a, struct store_tx_locator, N_TXS);
    int64_t begun = clock_now_ns();
    check(store_scan(from, &scan, a, &rows));
    for (size_t i = 0; i < rows.n; i++)
        check(store_tx_locator_of(&rows.rows[i], &at[i]));
    check(store_txs_get(from, at, rows.n, a, txs));
    return clock_now_ns() - begun;
}

static int64_t account_tx_warm(void)
{
    return account_tx_of(s);
}

static int64_t account_tx_cold(void)
{
    return account_tx_of(cold);
}

/* What a client without any groups or memory can do: all statements made beforehand, sent at once.
 */
static int64_t bare(uint32_t n)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct cql_call *calls = arena_zalloc(a, n * sizeof *calls);
    char *text = arena_printf(a,
                              "SELECT transaction, metadata, ledger_sequence, date FROM "
                              "%s.transactions WHERE hash = ?",
                              keyspace);
    static struct cql_cluster *cluster;
    if (!cluster) {
        static const char *texts[1];
        struct cql_cluster_node_info node;
        cql_cluster_nodes(cass_cluster(cass_of(s)), &node, 1);
        texts[0] = strdup(text);
        check(cql_cluster_open(&(struct cql_cluster_opts){.contact_points = node.address,
                                                          .port = node.port,
                                                          .keyspace = keyspace,
                                                          .statements = texts,
                                                          .n_statements = 1},
                               &cluster));
    }
    for (uint32_t i = 0; i < n; i++) {
        CLEANUP(buf_deinit) struct buf b = {0};
        cql_value_put_blob(&b, hash256_slice(&tx_hashes[i]));
        calls[i] = (struct cql_call){.stmt = 1,
                                     .n_values = 1,
                                     .values = arena_dup(a, buf_slice(&b)),
                                     .key = hash256_slice(&tx_hashes[i]),
                                     .arena = a,
                                     .params.consistency = CQL_CONSISTENCY_QUORUM};
    }
    int64_t begun = clock_now_ns();
    check(cql_call_run(cluster, calls, n, begun + 60 * CLOCK_S));
    return clock_now_ns() - begun;
}

static int64_t bare_one(void)
{
    return bare(1);
}

static int64_t bare_many(void)
{
    return bare(N_TXS);
}

enum { N_WAYS = 5, N_ROUNDS = 101 };

/* Each in turn, so that what else the machine does meets all of them alike. */
static void measure(int64_t (*const ways[N_WAYS])(void), int64_t v[N_WAYS][N_ROUNDS])
{
    for (int round = 0; round < N_ROUNDS; round++)
        for (int i = 0; i < N_WAYS; i++)
            v[i][round] = ways[i]();
    for (int i = 0; i < N_WAYS; i++)
        qsort(v[i], N_ROUNDS, sizeof **v, by_number);
}

static void reads(void *arg)
{
    read_many(2000, 64); /* warm */
    int64_t cpu = cpu_ns();
    read_many(20000, 64);
    printf("one read, 64 at a time: CPU %.1f us in the client (aim: 15)\n",
           (double)(cpu_ns() - cpu) / 1e3 / 20000);
    static int64_t (*const ways[N_WAYS])(void) = {one_read, bare_one, bare_many, account_tx_cold,
                                                  account_tx_warm};
    static const char *const names[N_WAYS] = {
        "one object", "one transaction by hash", "200 by hash, a statement each, made beforehand",
        "account_tx of 200, nothing in memory", "account_tx of 200, warm (aim: 3)"};
    static int64_t v[N_WAYS][N_ROUNDS];
    measure(ways, v); /* the database compiles what is asked often */
    measure(ways, v);
    printf("latency, each in turn:                             best quarter      median\n");
    for (int i = 0; i < N_WAYS; i++)
        printf("  %-46s %6.0f us %5.1fx %6.0f us %5.1fx\n", names[i],
               (double)v[i][N_ROUNDS / 4] / 1e3,
               (double)v[i][N_ROUNDS / 4] / (double)v[0][N_ROUNDS / 4],
               (double)v[i][N_ROUNDS / 2] / 1e3,
               (double)v[i][N_ROUNDS / 2] / (double)v[0][N_ROUNDS / 2]);
}

static void fill(void)
{
    char path[128];
    struct ledgers *l;
    struct ledgers_stats stats;
    snprintf(path, sizeof path, "/tmp/bench_cass_%d", (int)getpid());
    int64_t begun = clock_now_ns(), cpu = cpu_ns();
    check(ledgers_open(&(struct ledgers_opts){.store = s, .mirror_path = path, .n_cores = 1}, &l));
    ledgers_get_stats(l, &stats);
    printf("mirror filled and verified: %llu objects, %.0f a second (aim: 20,000; Clio's walk: "
           "about 5,000), CPU %.1f us each\n",
           (unsigned long long)stats.n_objects,
           (double)stats.n_objects / ((double)(clock_now_ns() - begun) / 1e9),
           (double)(cpu_ns() - cpu) / 1e3 / (double)stats.n_objects);
    ledgers_close(l);
}

int main(int argc, char **argv)
{
    n_objects = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 100000;
    open_store();
    load(n_objects);
    check(core_run_fiber("reads", reads, NULL));
    fill();
    store_close(s);
    store_close(cold);
    return 0;
}
