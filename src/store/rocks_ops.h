/* SPDX-License-Identifier: Apache-2.0 */
/* The slots of store_ops as the rocks_*.c files fill them; contracts: store.h. */
#pragma once
#include "store/rocks_impl.h"

err rocks_meta_get(struct store *s, const char *name, struct arena *a, struct slice *ret);
err rocks_meta_put(struct store *s, const char *name, struct slice value);

err rocks_load_begin(struct store *s, uint32_t seq, uint32_t n_chains);
err rocks_load_add(struct store *s, uint32_t chain, const struct store_object *objects,
                   size_t n_objects, const struct store_successor *successors, size_t n_successors,
                   const struct store_index_row *rows, size_t n_rows);
err rocks_load_commit(struct store *s, const struct store_ledger *ledger);
err rocks_write(struct store *s, const struct store_ledger *ledgers, size_t n);

err rocks_repair(struct store *s, const struct store_repair *rows);
err rocks_index_lack(struct store *s, enum store_index index, struct store_range *ret,
                     size_t *ret_n);
err rocks_index_add(struct store *s, enum store_index index, const struct store_index_row *rows,
                    size_t n, uint32_t from);

err rocks_tx_header_get(struct store *s, uint32_t seq, struct ledger_header *ret);
err rocks_tx_seq_by_hash(struct store *s, const struct hash256 *ledger_hash, uint32_t *ret_seq);
err rocks_tx_get(struct store *s, const struct store_tx_locator *at, size_t n, struct arena *a,
                 struct store_tx *ret);
err rocks_tx_types(struct store *s, const struct store_tx_locator *at, size_t n, uint16_t *ret);
err rocks_ledger_txs(struct store *s, const struct store_txs_query *query, struct arena *a,
                     struct store_tx **ret, size_t *ret_n);
err rocks_tx_find(struct store *s, const struct hash256 *tx_hash, struct arena *a,
                  struct store_tx *ret);

err rocks_state_objects_get(struct store *s, uint32_t seq, const struct hash256 *keys, size_t n,
                            struct arena *a, struct slice *ret, uint32_t *ret_seqs);
err rocks_next(struct store *s, uint32_t seq, const struct hash256 *key, struct hash256 *ret);
err rocks_page(struct store *s, uint32_t seq, const struct hash256 *after, size_t n, bool with_data,
               struct arena *a, struct store_object *ret, size_t *ret_n);
err rocks_diff(struct store *s, uint32_t seq, struct arena *a, struct hash256 **ret, size_t *ret_n);

err rocks_scan(struct store *s, const struct store_scan *scans, size_t n, struct arena *a,
               struct store_rows *ret);
err rocks_scan_typed(struct store *s, const struct store_typed_scan *scan, struct arena *a,
                     struct store_typed_rows *ret);
