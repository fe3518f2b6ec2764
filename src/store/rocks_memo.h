/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept of reads (memo.h), so that a read that repeats stays on its core: RocksDB's
 * iterators cannot be asked for what is in memory only. Versions of objects; the newest rows of a
 * prefix of an index; hashes of a ledger's transactions. */
#pragma once
#include "store/rocks_state.h"

/* The newest version at or before `seq`; results as of store_objects_get. */
bool rocks_memo_object(struct rocks *r, const struct hash256 *key, uint32_t seq, struct arena *a,
                       struct slice *ret, uint32_t *ret_seq);
/* Its sequence alone. */
bool rocks_memo_object_seq(struct rocks *r, const struct hash256 *key, uint32_t seq,
                           uint32_t *ret_seq);
/* Keep what was read; the epoch is taken before. */
uint32_t rocks_memo_object_epoch(struct rocks *r, const struct hash256 *key);
void rocks_memo_put_object(struct rocks *r, uint32_t epoch, const struct hash256 *key, uint32_t seq,
                           uint32_t row_seq, struct slice data);

/* A scan of the newest rows of a prefix, whole. */
bool rocks_memo_scan(struct rocks *r, const struct store_scan *scan, struct arena *a,
                     struct store_rows *ret);
/* Taken before a scan is read. */
struct rocks_memo_head {
    bool keep;
    uint32_t epoch;
};
struct rocks_memo_head rocks_memo_head_of(struct rocks *r, const struct store_scan *scan);
void rocks_memo_put_scan(struct rocks *r, struct rocks_memo_head head,
                         const struct store_scan *scan, const struct store_rows *rows);
/* These rows have been written, and their ledger is published. */
void rocks_memo_drop_rows(struct rocks *r, const struct store_index_row *rows, size_t n);

/* Rows of transactions, with nothing packed; and under ROCKS_MEMO_HASHES as index the hashes of all
 * transactions of the ledger, 32 bytes each, ascending. */
#define ROCKS_MEMO_HASHES STORE_TX_INDEX_UNKNOWN
bool rocks_memo_tx(struct rocks *r, struct store_tx_pos pos, struct arena *a, struct slice *ret);
uint32_t rocks_memo_tx_epoch(struct rocks *r, struct store_tx_pos pos);
void rocks_memo_put_tx(struct rocks *r, uint32_t epoch, struct store_tx_pos pos, struct slice row);
