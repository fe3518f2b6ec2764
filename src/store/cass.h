/* SPDX-License-Identifier: Apache-2.0 */
/* The history in Apache Cassandra or ScyllaDB: Clio's tables, encodings, statements and commit
 * rule, so that both programs read, continue and share a keyspace. */
#pragma once
#include "base/counter.h"
#include "cql/cql_cluster.h"
#include "store/store.h"

enum cass_provider { CASS_PROVIDER_CASSANDRA = 0, CASS_PROVIDER_AWS_KEYSPACE };

struct cass_opts {
    struct cql_cluster_opts cluster; /* keyspace and statements are filled in here */
    const char *keyspace;            /* NULL = "clio" */
    const char *table_prefix;        /* NULL = "" */
    uint32_t replication_factor;     /* of a keyspace that is made; 0 = 3 */
    enum cass_provider provider;
    uint32_t max_writes; /* statements in flight; 0 = 10,000 */
    uint32_t batch_size; /* rows of a batch; 0 = 20 */
    /* 0 = QUORUM, with AWS LOCAL_QUORUM. */
    enum cql_consistency read_consistency, write_consistency;
    int64_t read_timeout_ns;  /* of a read whose caller has no deadline; 0 = 10 s */
    int64_t write_timeout_ns; /* of a ledger that makes no progress; 0 = 20 s */
    bool read_only;           /* nothing is made or written */
    size_t memo_bytes;        /* for rows that do not change, kept in memory; 0 = none */
    bool unverified; /* hashes of transactions and headers are not checked (tests make them up) */
    const char *node_id; /* 16 bytes: this process, in nodes_chat; NULL = a new one */
};

/* Connect; make keyspace and tables that are missing, or, read only, say what is missing. `opts` is
 * read during the call only. Closed by store_close. Errors: those of cql_cluster_open; ERR_STATUS
 * (the database refuses), ERR_VERSION (tables or columns are missing; the text names them). */
YIELDS ERR cass_open(const struct cass_opts *opts, struct store **ret);

/* NULL when the store is another one. */
struct cass *cass_of(struct store *s);
struct cql_cluster *cass_cluster(struct cass *c);

/* Messages between servers (nodes_chat): a row lives for two seconds. */
struct cass_chat_row {
    uint8_t id[16];
    struct slice message;
};
YIELDS ERR cass_chat_get(struct cass *c, struct arena *a, struct cass_chat_row **ret,
                         size_t *ret_n);
YIELDS ERR cass_chat_put(struct cass *c, struct slice message);
const uint8_t *cass_node_id(const struct cass *c); /* 16 bytes */

/* Look now what the newest ledger is (it is done every second anyway). */
YIELDS ERR cass_refresh(struct cass *c);

/* The newest complete ledger, as known; 0 = none. Any thread, never waits. */
uint32_t cass_newest(struct cass *c);

/* Name of the table of an index, without prefix; of indexes that have one. */
const char *cass_index_table(enum store_index index);

/* Rows of the list of keys as they stand, whatever it is worth: ret[i] is the key that the newest
 * row of keys[i] at or before `seq` leads to; zero if there is none. Scratch in `a`. */
YIELDS ERR cass_successors_get(struct cass *c, uint32_t seq, const struct hash256 *keys, size_t n,
                               struct arena *a, struct hash256 *ret);

/* Keys of the newest state near a key, to ask for many rows at once where the tables have no order:
 * up to n keys, ascending and greater than `key`, or (before) descending and smaller. May be wrong:
 * what it gives is checked. NULL: nobody knows. */
typedef size_t (*cass_near_fn)(void *arg, const struct hash256 *key, bool before, size_t n,
                               struct hash256 *ret);
void cass_set_near(struct cass *c, cass_near_fn near, void *arg);
