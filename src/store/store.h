/* SPDX-License-Identifier: Apache-2.0 */
/* The history: every ledger, transaction and version of every object, forever. It is the truth, and
 * only grows. One interface, several backends; all slots are mandatory. Callable from fibers (reads
 * then yield while a disk works) and from plain threads (they block). Reads may run from any number
 * of threads; one writer at a time.
 *
 * Sequence 0: rows of the initially loaded ledger stand at sequence 0, so that the history can grow
 * backwards. */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "base/hash.h"
#include "xrpl/digest.h"

struct store;

/* Where a transaction stands. */
struct store_tx_pos {
    uint32_t ledger_seq;
    uint32_t index; /* TransactionIndex of its metadata */
};
#define STORE_TX_INDEX_UNKNOWN UINT32_MAX /* as index; no transaction has it */

/* What leads to a transaction. Made by store_tx_locator_of from a row of an index, carried to
 * txs_get and not looked into on the way: one backend knows the position, another the hash only. */
struct store_tx_locator {
    struct store_tx_pos pos;
    struct hash256 hash; /* zero: not known */
    uint16_t type;       /* TransactionType, if has_type */
    bool has_type;
};

struct store_tx {
    struct store_tx_pos pos;
    struct slice tx;     /* verbatim */
    struct slice meta;   /* verbatim */
    struct hash256 hash; /* zero: not known (store_tx_hash) */
};

/* Transactions of ledgers `first` to `last`, which are held. */
struct store_txs_query {
    uint32_t first, last;
    bool backward;  /* the newest first */
    uint32_t skip;  /* pass over so many first */
    uint32_t limit; /* at most so many, 0 = all; a bound on memory is the arena's budget */
    /* Only those of ledger `first` (= last) that stand at these indexes, in this order, without
     * skip and limit; one that is not there is left out. NULL: all. */
    const uint32_t *indexes;
    size_t n_indexes;
    /* Only their hashes, ascending, all of one ledger: `tx` and `meta` are empty, and pos.index may
     * be STORE_TX_INDEX_UNKNOWN. */
    bool hashes_only;
};

/* A version of an object; empty data = deleted. */
struct store_object {
    struct hash256 key;
    struct slice data;
};

/* From this ledger on the key after `key` is `next` (next = FF..FF: none). Kept for every object
 * key, the zero key (list head) and every order-book base (etl-db 3.6). */
struct store_successor {
    struct hash256 key;
    struct hash256 next;
};

/* The indexes. A row is prefix, suffix, value; suffixes are ordered as unsigned bytes.
 * The value of a transaction index (store_index_of_txs), when written: the transaction's hash 32,
 * its type u16 be; what a scan gives back of it is for store_tx_locator_of alone. */
enum store_index {
    STORE_INDEX_ACCOUNT_TX = 1, /* account 20 | ledger u32 be, tx index u32 be | hash, type */
    STORE_INDEX_NFT_TX,         /* token 32   | ledger u32 be, tx index u32 be | hash, type */
    STORE_INDEX_NFT_STATE, /* token 32   | ledger u32 be                  | owner 20, burned u8 */
    STORE_INDEX_NFT_URI, /* token 32   | ledger u32 be                  | uri bytes (may be none) */
    STORE_INDEX_NFT_ISSUER,     /* issuer 20  | taxon u32 be, token 32         | - */
    STORE_INDEX_MPT_HOLDER,     /* mpt id 24  | holder 20                      | - */
    STORE_INDEX_MPT_TX,         /* mpt id 24  | ledger u32 be, tx index u32 be | hash, type */
    STORE_INDEX_ACCOUNT_MPT_TX, /* account 20, mpt id 24 | ledger u32 be, tx index u32 be | hash,
                                   type */
    STORE_N_INDEXES
};
#define STORE_TX_VALUE_BYTES 34 /* of a row of a transaction index, when written */

struct store_index_row {
    enum store_index index;
    struct slice prefix;
    struct slice suffix;
    struct slice value;
};

struct store_scan {
    enum store_index index;
    struct slice prefix;
    struct slice
        from; /* a suffix, or a prefix of one; empty = from the first (or last, if backward) */
    bool inclusive; /* a row equal to `from` counts */
    bool backward;  /* descending suffixes */
    uint32_t limit; /* at most this many rows, > 0 */
};

struct store_entry {
    struct slice suffix;
    struct slice value;
};

/* What one scan found, in order. */
struct store_rows {
    struct store_entry *rows;
    size_t n;
};

/* A search in a transaction index: rows of transactions of one type. */
struct store_typed_scan {
    struct store_scan scan; /* `limit`: rows to find */
    uint16_t type;          /* TransactionType */
    uint32_t last_ledger;   /* none behind it: no newer one; if backward, no older one */
    uint32_t look;          /* rows to look at in all, > 0 */
};
struct store_typed_rows {
    struct store_tx_locator *at; /* of the type, in order */
    size_t n;
    uint32_t n_looked;        /* rows looked at */
    struct store_tx_pos last; /* the one of them looked at last, if any */
    bool at_end;              /* no row follows that one up to last_ledger */
};

/* Everything one ledger adds. Slices are read during the call only. */
struct store_ledger {
    struct ledger_header header;
    const struct store_tx *txs;      /* ascending by index */
    const struct hash256 *tx_hashes; /* same order */
    size_t n_txs;
    const struct store_object
        *objects; /* created, modified, deleted in this ledger; ascending keys */
    size_t n_objects;
    const struct hash256
        *unnamed; /* keys of `objects` that no metadata of the ledger names; ascending */
    size_t n_unnamed;
    const struct store_successor *successors;
    size_t n_successors;
    const struct store_index_row *index_rows;
    size_t n_index_rows;
};

/* Rows to put in place of what stands there, or to drop: all or nothing, durable. Which ledger they
 * are of is not checked: the caller has verified them. */
struct store_repair {
    const struct store_ledger *put; /* its objects and successors become versions of ledger `at`;
                                       NULL: nothing */
    bool has_header;                /* put->header and put->unnamed count */
    bool all_txs; /* put->txs are all that ledger `at` has: others of it are dropped */
    uint32_t at;  /* a ledger, or 0: the initially loaded versions */
    const struct hash256 *drop_objects; /* their versions of ledger `at` */
    size_t n_drop_objects;
    const struct hash256 *drop_successors;
    size_t n_drop_successors;
    const struct store_index_row *drop_rows; /* values are not looked at */
    size_t n_drop_rows;
};

/* What a copy made of what could be read may lack: everything else is as it was. */
struct store_lost {
    uint32_t first, last;     /* headers and transactions of ledgers; last 0: none */
    bool hashes, rows;        /* rows that lead from hashes; rows of indexes */
    bool objects, successors; /* versions, and rows of the list, of keys in: */
    struct hash256 key_first, key_last;
};

/* A gapless span of complete ledgers, both ends included. */
struct store_range {
    uint32_t first;
    uint32_t last;
};
#define STORE_MAX_RANGES 64

struct store_stats {
    uint64_t n_reads;     /* operations */
    uint64_t n_offloaded; /* of them, went to the pool for a disk */
    uint64_t n_pending;   /* reads running now */
    uint64_t n_writes;
    uint64_t disk_bytes;                       /* size of the files, as known */
    uint64_t n_scrubbed_bytes, n_scrub_rounds; /* read in the background to find damage */
    uint64_t n_damaged;  /* places and files that were found damaged; 0 = all is well */
    uint64_t debt_bytes; /* to be merged before levels have their sizes, as RocksDB estimates it */
    bool throttled;      /* writes wait for merges */
};

/* Objects of a state as they come: `done` of `total` parts of the work were done before. An error
 * ends the reading. */
typedef err (*store_state_fn)(void *arg, const struct store_object *objects, size_t n,
                              uint64_t done, uint64_t total);

struct store_ops {
    /* Keys have no order here: a whole state is better read by `state` than page by page. */
    bool unordered;

    /* Finish, release the lock on the data. */
    void (*close)(struct store *s);

    /* Small named values: "network_id", "dataset_id", ... ERR_NOT_FOUND. Durable when put returns.
     */
    err (*meta_get)(struct store *s, const char *name, struct arena *a, struct slice *ret);
    err (*meta_put)(struct store *s, const char *name, struct slice value);

    /* Complete spans, ascending; none in an empty store. Never waits. */
    void (*ranges)(struct store *s, struct store_range *ret, size_t *ret_n);

    /* Initial load into an empty store. What a killed load left behind is dropped by the next
     * load_begin (or open). load_add: objects of one of n_chains parts; keys ascend within a part,
     * from call to call; `successors` likewise. Parts may be added from different threads, one
     * thread a part at a time. load_commit makes everything, and `ledger` (its objects are not
     * looked at: they came by load_add; its successors and index rows are added), one complete
     * ledger, durable. Closing in between drops
     * it. */
    err (*load_begin)(struct store *s, uint32_t seq, uint32_t n_chains);
    err (*load_add)(struct store *s, uint32_t chain, const struct store_object *objects,
                    size_t n_objects, const struct store_successor *successors, size_t n_successors,
                    const struct store_index_row *rows, size_t n_rows);
    err (*load_commit)(struct store *s, const struct store_ledger *ledger);

    /* Add n consecutive ledgers that follow the newest range, all or none; durable when it returns.
     * Errors: ERR_INVALID (not consecutive), ERR_IO, ERR_EXISTS (a ledger is there already),
     * ERR_CONFLICT (another server writes to this dataset: follow it; how many of the n it has
     * left us, `ranges` tells). */
    err (*write)(struct store *s, const struct store_ledger *ledgers, size_t n);

    /* Repair; and for an index that is younger than the dataset: the span of ledgers whose rows it
     * still lacks (ret_n 0: none), and adding those of the newest of them, ledgers `from` to its
     * end, which then are not lacking any more (so an index is built from the newest ledger back).
     * Errors: ERR_INVALID, ERR_IO. */
    err (*repair)(struct store *s, const struct store_repair *rows);
    err (*index_lack)(struct store *s, enum store_index index, struct store_range *ret,
                      size_t *ret_n);
    err (*index_add)(struct store *s, enum store_index index, const struct store_index_row *rows,
                     size_t n, uint32_t from);

    /* What a disk has damaged, for who can write the missing rows anew. salvage: a copy beside this
     * store, with all rows that can be read; nothing is written here until salvage_end, which
     * closes the copy, and puts it into the place of what is here (take) or throws it away. Reads
     * go on all the time. Takes as long as reading everything. Errors: ERR_NOT_FOUND (nothing is
     * damaged), ERR_UNSUPPORTED (the files are somebody else's), ERR_CORRUPT (it cannot be done),
     * ERR_IO, ERR_BUSY. */
    err (*salvage)(struct store *s, struct store **ret, struct store_lost *ret_lost);
    err (*salvage_end)(struct store *s, struct store *copy, bool take);

    /* Errors of all reads: ERR_NOT_FOUND, ERR_IO, ERR_CORRUPT, ERR_LIMIT (the arena's budget),
     * ERR_BUSY, ERR_TIMEOUT and ERR_CANCELLED (the fiber's). Results live in `a`. */
    err (*header_get)(struct store *s, uint32_t seq, struct ledger_header *ret);
    err (*seq_by_hash)(struct store *s, const struct hash256 *ledger_hash, uint32_t *ret_seq);

    /* Newest version at or before `seq` of each key: ret[i] empty = absent or deleted. ret_seqs
     * (may be NULL) gets the ledger of that version, also of a deletion (0 = the initially loaded
     * one, UINT32_MAX = no version). */
    err (*objects_get)(struct store *s, uint32_t seq, const struct hash256 *keys, size_t n,
                       struct arena *a, struct slice *ret, uint32_t *ret_seqs);

    /* The smallest key greater than `key` that exists at `seq`, for any key. ERR_NOT_FOUND: there
     * is none. */
    err (*next)(struct store *s, uint32_t seq, const struct hash256 *key, struct hash256 *ret);

    /* Up to n entries of the state at `seq` after `after`, ascending, of any key; data only if
     * `with_data`. *ret_n < n: the end was reached. Costs a walk over the versions, not a search an
     * object. */
    err (*page)(struct store *s, uint32_t seq, const struct hash256 *after, size_t n,
                bool with_data, struct arena *a, struct store_object *ret, size_t *ret_n);

    /* All objects that exist at `seq`, each once, in any order, for who wants them all (a mirror).
     * `take` is called from one thread at a time, not always the caller's; it must not yield, and
     * what it is given is valid during the call. Errors: take's, and those of reads. */
    err (*state)(struct store *s, uint32_t seq, store_state_fn take, void *arg);

    /* Keys that ledger `seq` created, modified or deleted, ascending. The first ledger of the
     * history has none. */
    err (*diff)(struct store *s, uint32_t seq, struct arena *a, struct hash256 **ret,
                size_t *ret_n);

    /* Transactions in the order asked; one that does not exist is ERR_CORRUPT (an index named it).
     */
    err (*txs_get)(struct store *s, const struct store_tx_locator *at, size_t n, struct arena *a,
                   struct store_tx *ret);
    /* Their types, UINT16_MAX where the bytes have none; for filters that look at many. */
    err (*tx_types)(struct store *s, const struct store_tx_locator *at, size_t n, uint16_t *ret);
    err (*ledger_txs)(struct store *s, const struct store_txs_query *query, struct arena *a,
                      struct store_tx **ret, size_t *ret_n);
    err (*tx_find)(struct store *s, const struct hash256 *tx_hash, struct arena *a,
                   struct store_tx *ret);

    /* Rows of indexes: ret[i] is what scans[i] asks for, in its order. */
    err (*scan)(struct store *s, const struct store_scan *scans, size_t n, struct arena *a,
                struct store_rows *ret);
    err (*scan_typed)(struct store *s, const struct store_typed_scan *scan, struct arena *a,
                      struct store_typed_rows *ret);

    void (*stats)(struct store *s, struct store_stats *ret);
};

struct store {
    const struct store_ops *ops; /* first member of each backend's struct */
};

/* The wrappers: what the layers above call. */
static inline void store_close(struct store *s)
{
    if (s)
        s->ops->close(s);
}
static inline ERR store_meta_get(struct store *s, const char *name, struct arena *a,
                                 struct slice *ret)
{
    return s->ops->meta_get(s, name, a, ret);
}
static inline ERR store_meta_put(struct store *s, const char *name, struct slice value)
{
    return s->ops->meta_put(s, name, value);
}
static inline void store_ranges(struct store *s, struct store_range ret[STORE_MAX_RANGES],
                                size_t *ret_n)
{
    s->ops->ranges(s, ret, ret_n);
}
static inline ERR store_load_begin(struct store *s, uint32_t seq, uint32_t n_chains)
{
    return s->ops->load_begin(s, seq, n_chains);
}
static inline ERR store_load_add(struct store *s, uint32_t chain,
                                 const struct store_object *objects, size_t n_objects,
                                 const struct store_successor *successors, size_t n_successors,
                                 const struct store_index_row *rows, size_t n_rows)
{
    return s->ops->load_add(s, chain, objects, n_objects, successors, n_successors, rows, n_rows);
}
static inline ERR store_load_commit(struct store *s, const struct store_ledger *ledger)
{
    return s->ops->load_commit(s, ledger);
}
static inline ERR store_write(struct store *s, const struct store_ledger *ledgers, size_t n)
{
    return s->ops->write(s, ledgers, n);
}
static inline ERR store_repair(struct store *s, const struct store_repair *rows)
{
    return s->ops->repair(s, rows);
}
static inline ERR store_salvage(struct store *s, struct store **ret, struct store_lost *ret_lost)
{
    return s->ops->salvage(s, ret, ret_lost);
}
static inline ERR store_salvage_end(struct store *s, struct store *copy, bool take)
{
    return s->ops->salvage_end(s, copy, take);
}
static inline ERR store_index_lack(struct store *s, enum store_index index, struct store_range *ret,
                                   size_t *ret_n)
{
    return s->ops->index_lack(s, index, ret, ret_n);
}
static inline ERR store_index_add(struct store *s, enum store_index index,
                                  const struct store_index_row *rows, size_t n, uint32_t from)
{
    return s->ops->index_add(s, index, rows, n, from);
}
YIELDS static inline ERR store_header_get(struct store *s, uint32_t seq, struct ledger_header *ret)
{
    return s->ops->header_get(s, seq, ret);
}
YIELDS static inline ERR store_seq_by_hash(struct store *s, const struct hash256 *hash,
                                           uint32_t *ret)
{
    return s->ops->seq_by_hash(s, hash, ret);
}
YIELDS static inline ERR store_objects_get(struct store *s, uint32_t seq,
                                           const struct hash256 *keys, size_t n, struct arena *a,
                                           struct slice *ret, uint32_t *ret_seqs)
{
    return s->ops->objects_get(s, seq, keys, n, a, ret, ret_seqs);
}
YIELDS static inline ERR store_next(struct store *s, uint32_t seq, const struct hash256 *key,
                                    struct hash256 *ret)
{
    return s->ops->next(s, seq, key, ret);
}
YIELDS static inline ERR store_page(struct store *s, uint32_t seq, const struct hash256 *after,
                                    size_t n, bool with_data, struct arena *a,
                                    struct store_object *ret, size_t *ret_n)
{
    return s->ops->page(s, seq, after, n, with_data, a, ret, ret_n);
}
YIELDS static inline ERR store_state(struct store *s, uint32_t seq, store_state_fn take, void *arg)
{
    return s->ops->state(s, seq, take, arg);
}
YIELDS static inline ERR store_diff(struct store *s, uint32_t seq, struct arena *a,
                                    struct hash256 **ret, size_t *ret_n)
{
    return s->ops->diff(s, seq, a, ret, ret_n);
}
YIELDS static inline ERR store_txs_get(struct store *s, const struct store_tx_locator *at, size_t n,
                                       struct arena *a, struct store_tx *ret)
{
    return s->ops->txs_get(s, at, n, a, ret);
}
YIELDS static inline ERR store_tx_types(struct store *s, const struct store_tx_locator *at,
                                        size_t n, uint16_t *ret)
{
    return s->ops->tx_types(s, at, n, ret);
}
YIELDS static inline ERR store_ledger_txs(struct store *s, const struct store_txs_query *query,
                                          struct arena *a, struct store_tx **ret, size_t *ret_n)
{
    return s->ops->ledger_txs(s, query, a, ret, ret_n);
}
YIELDS static inline ERR store_tx_find(struct store *s, const struct hash256 *hash, struct arena *a,
                                       struct store_tx *ret)
{
    return s->ops->tx_find(s, hash, a, ret);
}
YIELDS static inline ERR store_scan_many(struct store *s, const struct store_scan *scans, size_t n,
                                         struct arena *a, struct store_rows *ret)
{
    return s->ops->scan(s, scans, n, a, ret);
}
/* Rows of a type among at most `look` rows. RocksDB reads the type from the row: 0.1 us a row that
 * is passed over; where the row has none, each transaction is read. */
YIELDS static inline ERR store_scan_typed(struct store *s, const struct store_typed_scan *scan,
                                          struct arena *a, struct store_typed_rows *ret)
{
    return s->ops->scan_typed(s, scan, a, ret);
}
YIELDS static inline ERR store_scan(struct store *s, const struct store_scan *scan, struct arena *a,
                                    struct store_rows *ret)
{
    return s->ops->scan(s, scan, 1, a, ret);
}
static inline void store_stats(struct store *s, struct store_stats *ret)
{
    s->ops->stats(s, ret);
}

/* --- the same for all backends --- */

/* `state` by pages, for backends whose keys have an order. */
ERR store_state_by_pages(struct store *s, uint32_t seq, store_state_fn take, void *arg);
/* `salvage` of backends that have no files of their own: ERR_UNSUPPORTED. */
err store_no_salvage(struct store *s, struct store **ret, struct store_lost *ret_lost);
err store_no_salvage_end(struct store *s, struct store *copy, bool take);
/* Is it one whose rows lead to transactions? */
bool store_index_of_txs(enum store_index index);
/* scan_typed for backends whose rows have no type: by scan and tx_types. */
YIELDS ERR store_typed_by_rows(struct store *s, const struct store_typed_scan *scan,
                               struct arena *a, struct store_typed_rows *ret);
/* Does a row of this ledger stand behind those that were asked for? */
static inline bool store_typed_is_behind(const struct store_typed_scan *scan, uint32_t seq)
{
    return scan->scan.backward ? seq < scan->last_ledger : seq > scan->last_ledger;
}
/* Value of a row of a transaction index, for writing. */
void store_tx_value(const struct hash256 *hash, uint16_t type, uint8_t ret[STORE_TX_VALUE_BYTES]);
/* Where a row of a transaction index leads. Errors: ERR_CORRUPT. */
ERR store_tx_locator_of(const struct store_entry *row, struct store_tx_locator *ret);
/* The transaction's hash, computed if need be (1 us). */
struct hash256 store_tx_hash(const struct store_tx *tx);
/* Do these transactions (with hashes, in any order) have this root? Scratch in `a`. */
bool store_txs_have_root(const struct store_tx *txs, size_t n, const struct hash256 *root,
                         struct arena *a);
