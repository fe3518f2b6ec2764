/* SPDX-License-Identifier: Apache-2.0 */
/* What the rocks_*.c files share: the store's struct, its column families and how keys look.
 * Private to them.
 *
 * Rows; numbers are big-endian, ~ marks a complemented one, so that newer comes first:
 * - meta: name -> value (names that begin with '.' are the store's own)
 * - header: seq -> header 150, then the unnamed keys of the ledger, 32 each
 * - hash: ledger hash -> seq
 * - tx: seq, index -> length of the transaction (varint), transaction, metadata; or 0, length of
 * the transaction, of the metadata (0: as it is), transaction, packed metadata (rocks_meta.h)
 * - txhash: first 8 bytes, seq, index (1, 2 or 4 bytes, as it needs) -> nothing
 * - account_tx: account 20, ~seq, ~index -> transaction type u16, or nothing
 * - object: key 32, ~seq -> kind u8, bytes
 * - successor: key 32, ~seq -> next 32
 * - index: index u8, prefix, suffix (complemented where newest_first) -> value
 *
 * seq 0 in object and successor: the initially loaded ledger. */
#pragma once
#include "base/bits.h"
#include "base/mem.h"
#include "store/index.h"
#include "store/range_set.h"
#include "store/rocks.h"
#include "store/rocks_thread.h"

#include <pthread.h>
#include <rocksdb/c.h>
#include <stdatomic.h>

#define ROCKS_FORMAT 2        /* of the rows; a newer one is refused */
#define ROCKS_INDEX_VERSION 1 /* of how index rows are derived; an older one is built anew */

enum rocks_cf {
    ROCKS_CF_META, /* RocksDB's "default", always there */
    ROCKS_CF_HEADER,
    ROCKS_CF_HASH,
    ROCKS_CF_TX,
    ROCKS_CF_TXHASH,
    ROCKS_CF_ACCOUNT_TX,
    ROCKS_CF_OBJECT,
    ROCKS_CF_SUCCESSOR,
    ROCKS_CF_INDEX,
    ROCKS_N_CFS
};

/* First byte of an object row. Later kinds may refer to metadata instead of holding the bytes. */
enum rocks_object_kind {
    ROCKS_OBJECT_FULL = 1,
    ROCKS_OBJECT_DELETED,
    ROCKS_OBJECT_HASHES /* rocks_hashes.h */
};

#define ROCKS_VERSIONED_KEY 36 /* of object and successor rows */
#define ROCKS_TXHASH_PREFIX 8
#define ROCKS_MAX_KEY 80

/* A key being made. */
struct rocks_key {
    size_t n;
    uint8_t b[ROCKS_MAX_KEY];
};

static inline void rocks_key_put(struct rocks_key *k, const void *p, size_t n)
{
    if (n > 0)
        memcpy(k->b + k->n, p, n);
    k->n += n;
}
static inline void rocks_key_put32(struct rocks_key *k, uint32_t v)
{
    bits_store32(k->b + k->n, v);
    k->n += 4;
}
static inline struct rocks_key rocks_key_versioned(const struct hash256 *key, uint32_t seq)
{
    struct rocks_key k = {.n = 0};
    rocks_key_put(&k, key->b, 32);
    rocks_key_put32(&k, ~seq);
    return k;
}
static inline struct rocks_key rocks_key_seq(uint32_t seq)
{
    struct rocks_key k = {.n = 0};
    rocks_key_put32(&k, seq);
    return k;
}
static inline struct rocks_key rocks_key_tx(uint32_t seq, uint32_t index)
{
    struct rocks_key k = rocks_key_seq(seq);
    rocks_key_put32(&k, index);
    return k;
}

/* Iterators by use; each kind has a pool (rocks_iter.h). */
enum rocks_iter_kind {
    ROCKS_ITER_OBJECT,     /* within one key */
    ROCKS_ITER_OBJECT_ALL, /* across keys */
    ROCKS_ITER_SUCCESSOR,
    ROCKS_ITER_HEADER,
    ROCKS_ITER_TX,
    ROCKS_ITER_TXHASH,
    ROCKS_ITER_ACCOUNT_TX,
    ROCKS_ITER_INDEX,
    ROCKS_N_ITERS
};
#define ROCKS_ITER_IDLE 8 /* kept of each kind and tier */

struct rocks_iter_pool {
    pthread_mutex_t lock;
    rocksdb_readoptions_t *opts;
    rocksdb_iterator_t *idle[ROCKS_ITER_IDLE];
    uint64_t generation; /* of all in `idle` */
    size_t n;
};

/* Hashes of the newest ledgers, for rocks_hashes.c: of last - n + 1 .. last, each at its sequence
 * modulo the size. */
#define ROCKS_RECENT 256
struct rocks_recent {
    uint32_t last;
    uint32_t n;
    struct hash256 hashes[ROCKS_RECENT];
};

struct rocks_load; /* rocks_load.c */
struct memo;

struct rocks_scrub { /* rocks_scrub.h */
    struct rocks_thread thread;
    int percent;                   /* of a processor; negative: none */
    int64_t first_ns, interval_ns; /* until the first round; from round to round */
    int64_t keep_ns;               /* between two writes of where it stands */
    _Atomic uint64_t n_bytes, n_rounds, n_damaged;
    _Atomic bool met; /* a read met damage that nobody has looked after yet */
};

struct rocks {
    struct store base; /* first */
    char *path;
    bool read_only;
    bool fast_close;
    bool lax;      /* opened although a table file is bad as a whole: `failure` says which */
    rocksdb_t *db; /* NULL: opening it again failed */
    rocksdb_cache_t *cache;
    struct memo *memo; /* rocks_memo.h */
    rocksdb_options_t *db_opts;
    rocksdb_options_t *cf_opts[ROCKS_N_CFS];
    rocksdb_column_family_handle_t *cf[ROCKS_N_CFS];
    rocksdb_readoptions_t *get_opts[2]; /* [0] memory only, [1] disk too */
    rocksdb_writeoptions_t *write_synced;
    rocksdb_writeoptions_t *write_unlogged; /* rows of a load in progress */
    struct rocks_iter_pool iters[ROCKS_N_ITERS];
    _Atomic uint64_t
        generation; /* grows with every commit; older iterators are not used any more */

    /* Set once there is a complete ledger, never unset: before that, reads touch nothing (a load
     * may be dropping column families below them). */
    _Atomic bool ready;
    pthread_mutex_t ranges_lock;
    struct range_set ranges;
    _Atomic uint32_t newest; /* last ledger of the last span; 0 = none */

    /* Held for reading during each step of a read, for writing while the database is opened again
     * (rocks_heal.h). */
    pthread_rwlock_t db_lock;
    _Atomic bool failed;      /* a write failed: none until the database is opened again; */
    char failure[256];        /* ... RocksDB's text of it */
    uint64_t file_bytes;      /* of a table of full size */
    struct rocks_thread tidy; /* rocks_tidy.h */
    struct rocks_scrub scrub;
    bool damaged[ROCKS_N_CFS]; /* has a file that cannot be read whole (rocks_damage.h) */
    _Atomic size_t n_damaged;  /* such files */
    /* Read only: what indexes lack that are younger than the files (first 0: nothing); who writes
     * puts it down (rocks_repair.h). */
    struct store_range young[STORE_N_INDEXES];
    pthread_mutex_t write_lock; /* held by whoever writes: what follows is his */
    bool salvaging;             /* a copy is being mended: nothing is written (rocks_salvage.h) */
    struct rocks_recent recent;

    struct rocks_load *load; /* NULL: none in progress; the loader's */

    _Atomic uint64_t n_reads, n_offloaded, n_pending, n_writes;
};

/* Downcast; asserts. */
struct rocks *rocks_of(struct store *s);
/* "PATH/<fmt>", malloc'd. */
char *rocks_path(const struct rocks *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Close the database, if it is open; db_lock is held for writing. */
void rocks_close_db(struct rocks *r);
/* Close the database and open it again; db_lock is held for writing. After an error there is none
 * (r->db is NULL). A write that failed may be there now. Errors: as rocks_open. */
ERR rocks_reopen(struct rocks *r);
/* A new entry of a directory is there after a power cut only if the directory was synced. Errors:
 * ERR_IO. */
ERR rocks_sync_directory(const char *path);
/* Spans as they are now. */
struct range_set rocks_ranges(struct rocks *r);
/* New spans: bumps the generation, drops idle iterators, lets reads see them. */
void rocks_publish(struct rocks *r, const struct range_set *ranges);
