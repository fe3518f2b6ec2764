/* SPDX-License-Identifier: Apache-2.0 */
/* The store on Cassandra, inside. Rows and encodings: etl-db 4.3-4.5.
 *
 * Rows of the initially loaded ledger stand at its own sequence in Clio's tables, at 0 in store.h:
 * cass_seq_in and cass_seq_out translate. What is of ledgers after the newest complete one is not
 * there yet, whatever the tables hold. */
#pragma once
#include "cql/cql_call.h"
#include "cql/cql_value.h"
#include "rt/clock.h"
#include "rt/fiber.h"
#include "store/cass.h"
#include "store/range_set.h"

#include <pthread.h>
#include <stdatomic.h>

/* X(name, text): %1$s stands for keyspace and prefix. */
#define CASS_STATEMENTS(X)                                                                         \
    X(PUT_OBJECT, "INSERT INTO %1$sobjects (key, sequence, object) VALUES (?, ?, ?)")              \
    X(PUT_TX, "INSERT INTO %1$stransactions (hash, ledger_sequence, date, transaction, metadata) " \
              "VALUES (?, ?, ?, ?, ?)")                                                            \
    X(PUT_LEDGER_TX, "INSERT INTO %1$sledger_transactions (ledger_sequence, hash) VALUES (?, ?)")  \
    X(PUT_SUCCESSOR, "INSERT INTO %1$ssuccessor (key, seq, next) VALUES (?, ?, ?)")                \
    X(PUT_DIFF, "INSERT INTO %1$sdiff (seq, key) VALUES (?, ?)")                                   \
    X(PUT_ACCOUNT_TX, "INSERT INTO %1$saccount_tx (account, seq_idx, hash) VALUES (?, ?, ?)")      \
    X(PUT_NFT,                                                                                     \
      "INSERT INTO %1$snf_tokens (token_id, sequence, owner, is_burned) VALUES (?, ?, ?, ?)")      \
    X(PUT_NFT_ISSUER,                                                                              \
      "INSERT INTO %1$sissuer_nf_tokens_v2 (issuer, taxon, token_id) VALUES (?, ?, ?)")            \
    X(PUT_NFT_URI, "INSERT INTO %1$snf_token_uris (token_id, sequence, uri) VALUES (?, ?, ?)")     \
    X(PUT_NFT_TX,                                                                                  \
      "INSERT INTO %1$snf_token_transactions (token_id, seq_idx, hash) VALUES (?, ?, ?)")          \
    X(PUT_MPT_HOLDER, "INSERT INTO %1$smp_token_holders (mpt_id, holder) VALUES (?, ?)")           \
    X(PUT_MPT_TX, "INSERT INTO %1$smptoken_issuance_transactions (mptoken_issuance_id, seq_idx, "  \
                  "hash) VALUES (?, ?, ?)")                                                        \
    X(PUT_ACCOUNT_MPT_TX, "INSERT INTO %1$saccount_mptoken_issuance_transactions "                 \
                          "(mptoken_issuance_id, account, seq_idx, "                               \
                          "hash) VALUES (?, ?, ?, ?)")                                             \
    X(PUT_HEADER, "INSERT INTO %1$sledgers (sequence, header) VALUES (?, ?)")                      \
    X(PUT_HASH, "INSERT INTO %1$sledger_hashes (hash, sequence) VALUES (?, ?)")                    \
    X(DROP_OBJECT, "DELETE FROM %1$sobjects WHERE key = ? AND sequence = ?")                       \
    X(DROP_DIFF, "DELETE FROM %1$sdiff WHERE seq = ? AND key = ?")                                 \
    X(DROP_SUCCESSOR, "DELETE FROM %1$ssuccessor WHERE key = ? AND seq = ?")                       \
    X(DROP_LEDGER_TX,                                                                              \
      "DELETE FROM %1$sledger_transactions WHERE ledger_sequence = ? AND hash = ?")                \
    X(DROP_TX, "DELETE FROM %1$stransactions WHERE hash = ?")                                      \
    X(DROP_ACCOUNT_TX, "DELETE FROM %1$saccount_tx WHERE account = ? AND seq_idx = ?")             \
    X(DROP_NFT, "DELETE FROM %1$snf_tokens WHERE token_id = ? AND sequence = ?")                   \
    X(DROP_NFT_ISSUER,                                                                             \
      "DELETE FROM %1$sissuer_nf_tokens_v2 WHERE issuer = ? AND taxon = ? AND token_id = ?")       \
    X(DROP_NFT_URI, "DELETE FROM %1$snf_token_uris WHERE token_id = ? AND sequence = ?")           \
    X(DROP_NFT_TX, "DELETE FROM %1$snf_token_transactions WHERE token_id = ? AND seq_idx = ?")     \
    X(DROP_MPT_HOLDER, "DELETE FROM %1$smp_token_holders WHERE mpt_id = ? AND holder = ?")         \
    X(DROP_MPT_TX, "DELETE FROM %1$smptoken_issuance_transactions WHERE mptoken_issuance_id = ? "  \
                   "AND seq_idx = ?")                                                              \
    X(DROP_ACCOUNT_MPT_TX,                                                                         \
      "DELETE FROM %1$saccount_mptoken_issuance_transactions WHERE mptoken_issuance_id = ? AND "   \
      "account = ? AND seq_idx = ?")                                                               \
    X(GET_OBJECT, "SELECT object, sequence FROM %1$sobjects WHERE key = ? AND sequence <= ? "      \
                  "ORDER BY sequence DESC LIMIT 1")                                                \
    X(GET_SUCCESSOR,                                                                               \
      "SELECT next FROM %1$ssuccessor WHERE key = ? AND seq <= ? ORDER BY seq DESC LIMIT 1")       \
    X(GET_DIFF, "SELECT key FROM %1$sdiff WHERE seq = ?")                                          \
    X(GET_TX,                                                                                      \
      "SELECT transaction, metadata, ledger_sequence, date FROM %1$stransactions WHERE hash = ?")  \
    X(GET_TXS, "SELECT transaction, metadata, ledger_sequence, date, hash FROM "                   \
               "%1$stransactions WHERE hash IN ?")                                                 \
    X(GET_LEDGER_TXS, "SELECT hash FROM %1$sledger_transactions WHERE ledger_sequence = ?")        \
    X(GET_HASH, "SELECT sequence FROM %1$sledger_hashes WHERE hash = ? LIMIT 1")                   \
    X(GET_HEADER, "SELECT header FROM %1$sledgers WHERE sequence = ?")                             \
    X(GET_RANGE, "SELECT sequence FROM %1$sledger_range WHERE is_latest in (True, False)")         \
    X(GET_RANGE_END, "SELECT sequence FROM %1$sledger_range WHERE is_latest = ?")                  \
    X(ACCOUNT_TX_DOWN,                                                                             \
      "SELECT hash, seq_idx FROM %1$saccount_tx WHERE account = ? AND seq_idx <= ? LIMIT ?")       \
    X(ACCOUNT_TX_UP, "SELECT hash, seq_idx FROM %1$saccount_tx WHERE account = ? AND seq_idx >= "  \
                     "? AND seq_idx <= ? ORDER "                                                   \
                     "BY seq_idx ASC LIMIT ?")                                                     \
    X(NFT_TX_DOWN, "SELECT hash, seq_idx FROM %1$snf_token_transactions WHERE token_id = ? AND "   \
                   "seq_idx <= ? LIMIT ?")                                                         \
    X(NFT_TX_UP, "SELECT hash, seq_idx FROM %1$snf_token_transactions WHERE token_id = ? AND "     \
                 "seq_idx >= ? AND seq_idx "                                                       \
                 "<= ? ORDER BY seq_idx ASC LIMIT ?")                                              \
    X(MPT_TX_DOWN, "SELECT hash, seq_idx FROM %1$smptoken_issuance_transactions WHERE "            \
                   "mptoken_issuance_id = ? AND "                                                  \
                   "seq_idx <= ? LIMIT ?")                                                         \
    X(MPT_TX_UP, "SELECT hash, seq_idx FROM %1$smptoken_issuance_transactions WHERE "              \
                 "mptoken_issuance_id = ? AND "                                                    \
                 "seq_idx >= ? AND seq_idx <= ? ORDER BY seq_idx ASC LIMIT ?")                     \
    X(ACCOUNT_MPT_TX_DOWN,                                                                         \
      "SELECT hash, seq_idx FROM %1$saccount_mptoken_issuance_transactions WHERE "                 \
      "mptoken_issuance_id = ? AND account = ? AND seq_idx <= ? LIMIT ?")                          \
    X(ACCOUNT_MPT_TX_UP,                                                                           \
      "SELECT hash, seq_idx FROM %1$saccount_mptoken_issuance_transactions WHERE "                 \
      "mptoken_issuance_id = ? AND account = ? AND seq_idx >= ? AND seq_idx <= ? ORDER BY "        \
      "seq_idx "                                                                                   \
      "ASC LIMIT ?")                                                                               \
    X(NFT_DOWN, "SELECT sequence, owner, is_burned FROM %1$snf_tokens WHERE token_id = ? AND "     \
                "sequence <= ? LIMIT ?")                                                           \
    X(NFT_UP, "SELECT sequence, owner, is_burned FROM %1$snf_tokens WHERE token_id = ? AND "       \
              "sequence >= ? AND sequence "                                                        \
              "<= ? ORDER BY sequence ASC LIMIT ?")                                                \
    X(NFT_URI_DOWN,                                                                                \
      "SELECT sequence, uri FROM %1$snf_token_uris WHERE token_id = ? AND sequence <= ? LIMIT ?")  \
    X(NFT_URI_UP, "SELECT sequence, uri FROM %1$snf_token_uris WHERE token_id = ? AND sequence "   \
                  ">= ? AND sequence <= ? "                                                        \
                  "ORDER BY sequence ASC LIMIT ?")                                                 \
    X(NFT_ISSUER_UP, "SELECT taxon, token_id FROM %1$sissuer_nf_tokens_v2 WHERE issuer = ? AND "   \
                     "taxon = ? AND token_id "                                                     \
                     ">= ? LIMIT ?")                                                               \
    X(NFT_ISSUER_UP_MORE, "SELECT taxon, token_id FROM %1$sissuer_nf_tokens_v2 WHERE issuer = ? "  \
                          "AND taxon > ? LIMIT ?")                                                 \
    X(NFT_ISSUER_DOWN, "SELECT taxon, token_id FROM %1$sissuer_nf_tokens_v2 WHERE issuer = ? AND " \
                       "taxon = ? AND token_id "                                                   \
                       "<= ? ORDER BY taxon DESC, token_id DESC LIMIT ?")                          \
    X(NFT_ISSUER_DOWN_MORE, "SELECT taxon, token_id FROM %1$sissuer_nf_tokens_v2 WHERE issuer = "  \
                            "? AND taxon < ? ORDER BY "                                            \
                            "taxon DESC, token_id DESC LIMIT ?")                                   \
    X(MPT_HOLDER_UP,                                                                               \
      "SELECT holder FROM %1$smp_token_holders WHERE mpt_id = ? AND holder >= ? LIMIT ?")          \
    X(MPT_HOLDER_DOWN, "SELECT holder FROM %1$smp_token_holders WHERE mpt_id = ? AND holder <= ? " \
                       "ORDER BY holder DESC "                                                     \
                       "LIMIT ?")                                                                  \
    X(SCAN_OBJECTS, "SELECT key, sequence, object FROM %1$sobjects WHERE token(key) > ? AND "      \
                    "token(key) <= ? PER "                                                         \
                    "PARTITION LIMIT 1")                                                           \
    X(SCAN_VERSIONS, "SELECT key, sequence, object FROM %1$sobjects WHERE token(key) > ? AND "     \
                     "token(key) <= ?")                                                            \
    X(GET_META, "SELECT value FROM %1$skleio_meta WHERE name = ?")                                 \
    X(PUT_META, "INSERT INTO %1$skleio_meta (name, value) VALUES (?, ?)")                          \
    X(PUT_META_NEW, "INSERT INTO %1$skleio_meta (name, value) VALUES (?, ?) IF NOT EXISTS")        \
    X(COMMIT,                                                                                      \
      "UPDATE %1$sledger_range SET sequence = ? WHERE is_latest = ? IF sequence IN (?, null)")     \
    X(COMMIT_AWS, "UPDATE %1$sledger_range SET sequence = ? WHERE is_latest = ? IF sequence = ?")  \
    X(COMMIT_FIRST_AWS,                                                                            \
      "INSERT INTO %1$sledger_range (is_latest, sequence) VALUES (?, ?) IF NOT EXISTS")            \
    X(CHAT_PUT, "UPDATE %1$snodes_chat SET message = ? WHERE node_id = ?")                         \
    X(CHAT_GET, "SELECT node_id, message FROM %1$snodes_chat")

enum cass_statement {
    CASS_NONE = 0,
#define X(name, text) CASS_##name,
    CASS_STATEMENTS(X)
#undef X
        CASS_N_STATEMENTS
};

/* Writes in flight, on the cluster's core. */
struct cass_pump {
    struct cass *c;
    struct buf scratch;
    uint32_t n_outstanding;
    struct fiber_cond changed;
    bool has_failed;
    err e;
    char text[200];
};

struct cass {
    struct store base; /* first */
    struct cql_cluster *cluster;
    char *texts[CASS_N_STATEMENTS]; /* texts[i - 1] is statement i */
    char *keyspace, *prefix;
    char *name; /* keyspace.prefix, for statements */
    uint32_t replication_factor, max_writes, batch_size;
    enum cass_provider provider;
    enum cql_consistency read_consistency, write_consistency;
    int64_t read_timeout_ns, write_timeout_ns;
    bool read_only;
    bool unverified;
    _Atomic int64_t one_by_one_ns; /* until then several partitions are not read at once: refused */
    bool has_meta;                 /* the table is there */
    bool has_mpt;                  /* and the two of MPT histories */
    uint8_t node_id[16];

    _Atomic uint64_t range; /* first << 32 | last; 0 = empty */
    struct cass_pump pump;
    uint32_t loading; /* ledger of the load in progress; 0 = none */
    uint32_t n_chains;
    pthread_mutex_t write_lock;              /* one writer at a time; plain threads wait for it */
    struct fiber_group fibers;               /* on the cluster's core */
    struct memo *memo;                       /* NULL = nothing is kept */
    struct counter *memo_hits, *memo_misses; /* may be NULL */
    _Atomic(cass_near_fn) near;
    void *near_arg;
    _Atomic uint64_t n_reads, n_writes;
};

struct range_set cass_ranges(struct cass *c);
static inline uint32_t cass_first(struct cass *c)
{
    return (uint32_t)(atomic_load_explicit(&c->range, memory_order_acquire) >> 32);
}
static inline uint32_t cass_last(struct cass *c)
{
    return (uint32_t)atomic_load_explicit(&c->range, memory_order_acquire);
}

/* A read, made in `a` (values and call). Run by cass_run. */
struct cql_call *cass_calls(struct arena *a, size_t n);
void cass_call(struct cass *c, struct cql_call *call, enum cass_statement stmt, struct arena *a,
               uint16_t n_values, const struct buf *values, struct slice key);
YIELDS ERR cass_run(struct cass *c, struct cql_call *calls, size_t n);
/* All rows of one statement whose answer may need several pages: `each` is called for every row. */
typedef err (*cass_row_fn)(void *arg, const struct cql_value *v);
YIELDS ERR cass_each_row(struct cass *c, struct cql_call *call, uint32_t n_columns,
                         int32_t page_size, cass_row_fn each, void *arg);
/* The damage that is named for people: which row of which table. */
ERR cass_damaged(const char *table, struct slice key, const char *what);

YIELDS ERR cass_read_header(struct cass *c, uint32_t seq, struct ledger_header *ret);
/* cass_read.c: one version of an object, or its successor (stmt). *ret_seq: UINT32_MAX = there is
 * none. */
void cass_object_call(struct cass *c, struct cql_call *call, uint32_t seq,
                      const struct hash256 *key, enum cass_statement stmt, struct arena *a);
ERR cass_object_of(struct cass *c, struct cql_call *call, struct slice *ret, uint32_t *ret_seq);

/* cass_memo.c: what is kept of transactions, of the hashes of a ledger, of headers. Get: false =
 * not there. The epoch is taken before what is then put is read. */
bool cass_memo_tx(struct cass *c, const struct hash256 *hash, struct arena *a,
                  struct store_tx *ret);
uint32_t cass_memo_tx_epoch(struct cass *c, const struct hash256 *hash);
void cass_memo_put_tx(struct cass *c, uint32_t epoch, const struct store_tx *tx); /* with hash */
bool cass_memo_hashes(struct cass *c, uint32_t seq, struct arena *a, struct hash256 **ret,
                      size_t *ret_n);
uint32_t cass_memo_hashes_epoch(struct cass *c, uint32_t seq);
void cass_memo_put_hashes(struct cass *c, uint32_t epoch, uint32_t seq,
                          const struct hash256 *hashes, size_t n);
/* The transactions of a ledger, as they are kept, led to the root in its header. */
bool cass_memo_verified(struct cass *c, uint32_t seq);
void cass_memo_put_verified(struct cass *c, uint32_t seq);
bool cass_memo_header(struct cass *c, uint32_t seq, struct ledger_header *ret);
uint32_t cass_memo_header_epoch(struct cass *c, uint32_t seq);
void cass_memo_put_header(struct cass *c, uint32_t epoch, const struct ledger_header *header);
void cass_memo_put_ledger(struct cass *c, const struct store_ledger *l); /* it is complete */
void cass_memo_clear(struct cass *c);                                    /* rows were changed */

/* cass_lack.c: which ledgers an index lacks, in kleio_meta; `last` 0 = none */
YIELDS ERR cass_meta_put_new(struct cass *c, const char *name,
                             struct slice value); /* unless it is set */
YIELDS ERR cass_lack_set(struct cass *c, enum store_index index, uint32_t last);
YIELDS ERR cass_lack_none(struct cass *c);
YIELDS ERR cass_lack_init(struct cass *c); /* on open: of a keyspace that Clio made */

/* cass_chat.c: nodes_chat */
YIELDS ERR cass_chat_count_others(struct cass *c, uint32_t *ret);

/* cass_schema.c: on open, on the cluster's core */
YIELDS ERR cass_schema_prepare(struct cass *c);
void cass_schema_texts(struct cass *c);
YIELDS ERR cass_schema_truncate(struct cass *c);
YIELDS ERR cass_schema_has_rows(struct cass *c, bool *ret);

/* cass_pump.c: on a fiber of the cluster's core */
void cass_pump_init(struct cass_pump *p, struct cass *c);
void cass_pump_deinit(struct cass_pump *p);
/* Values of the next statement go here. */
struct buf *cass_pump_values(struct cass_pump *p);
/* Send it; waits while too many are in flight. `key`: the partition's. */
YIELDS void cass_pump_send(struct cass_pump *p, enum cass_statement stmt, uint16_t n_values,
                           struct slice key);
/* Everything sent is written, or what went wrong first. */
YIELDS ERR cass_pump_wait(struct cass_pump *p);
/* Rows that go as one unlogged batch; zero-initialised but for pump. */
struct cass_batch {
    struct cass_pump *pump;
    struct buf values;
    struct {
        enum cass_statement stmt;
        uint16_t n_values;
        size_t end; /* in values */
    } rows[64];
    uint32_t n;
    uint8_t key[48];
    uint32_t key_bytes;
};
struct buf *cass_batch_values(struct cass_batch *b);
YIELDS void cass_batch_add(struct cass_batch *b, enum cass_statement stmt, uint16_t n_values,
                           struct slice key);
YIELDS void cass_batch_end(struct cass_batch *b); /* sends what is there; frees */

/* cass_rows.c: rows of ledgers, through the pump */
YIELDS void cass_rows_objects(struct cass *c, uint32_t seq, const struct store_object *objects,
                              size_t n, bool with_diff);
YIELDS void cass_rows_successors(struct cass *c, uint32_t seq, const struct store_successor *rows,
                                 size_t n);
YIELDS void cass_rows_index(struct cass *c, uint32_t first, const struct store_index_row *rows,
                            size_t n, bool drop);
YIELDS void cass_rows_txs(struct cass *c, const struct store_ledger *l);
YIELDS void cass_rows_header(struct cass *c, const struct ledger_header *h);

/* cass_commit.c */
/* Move the end of the range from `before` to `last`. ERR_CONFLICT: another server did. */
YIELDS ERR cass_commit(struct cass *c, uint32_t before, const struct ledger_header *last);
YIELDS ERR cass_commit_first(struct cass *c, uint32_t seq);
YIELDS ERR cass_read_range(struct cass *c, bool serial);

/* The operations. */
err cass_meta_get(struct store *s, const char *name, struct arena *a, struct slice *ret);
err cass_meta_put(struct store *s, const char *name, struct slice value);
err cass_load_begin(struct store *s, uint32_t seq, uint32_t n_chains);
err cass_load_add(struct store *s, uint32_t chain, const struct store_object *objects,
                  size_t n_objects, const struct store_successor *successors, size_t n_successors,
                  const struct store_index_row *rows, size_t n_rows);
err cass_load_commit(struct store *s, const struct store_ledger *ledger);
err cass_write(struct store *s, const struct store_ledger *ledgers, size_t n);
err cass_repair(struct store *s, const struct store_repair *rows);
err cass_index_lack(struct store *s, enum store_index index, struct store_range *ret,
                    size_t *ret_n);
err cass_index_add(struct store *s, enum store_index index, const struct store_index_row *rows,
                   size_t n, uint32_t from);
err cass_header_get(struct store *s, uint32_t seq, struct ledger_header *ret);
err cass_seq_by_hash(struct store *s, const struct hash256 *hash, uint32_t *ret);
err cass_objects_get(struct store *s, uint32_t seq, const struct hash256 *keys, size_t n,
                     struct arena *a, struct slice *ret, uint32_t *ret_seqs);
err cass_next(struct store *s, uint32_t seq, const struct hash256 *key, struct hash256 *ret);
err cass_page(struct store *s, uint32_t seq, const struct hash256 *after, size_t n, bool with_data,
              struct arena *a, struct store_object *ret, size_t *ret_n);
err cass_state(struct store *s, uint32_t seq, store_state_fn take, void *arg);
err cass_diff(struct store *s, uint32_t seq, struct arena *a, struct hash256 **ret, size_t *ret_n);
err cass_txs_get(struct store *s, const struct store_tx_locator *at, size_t n, struct arena *a,
                 struct store_tx *ret);
err cass_tx_types(struct store *s, const struct store_tx_locator *at, size_t n, uint16_t *ret);
err cass_ledger_txs(struct store *s, const struct store_txs_query *q, struct arena *a,
                    struct store_tx **ret, size_t *ret_n);
/* As cass_ledger_txs, also when they are not those of the ledger's header. */
YIELDS ERR cass_ledger_txs_unverified(struct cass *c, const struct store_txs_query *q,
                                      struct arena *a, struct store_tx **ret, size_t *ret_n);
err cass_tx_find(struct store *s, const struct hash256 *hash, struct arena *a,
                 struct store_tx *ret);
err cass_scan(struct store *s, const struct store_scan *scans, size_t n, struct arena *a,
              struct store_rows *ret);
