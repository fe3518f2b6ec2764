/* SPDX-License-Identifier: Apache-2.0 */
/* Rows whose form needs more than a line: transactions, hash pointers, index rows. Reading
 * distrusts the bytes. */
#pragma once
#include "store/rocks_impl.h"

#define ROCKS_CODEC_MAX_VARINT 10

/* 7 bits a byte, low first; returns the bytes written. */
size_t rocks_codec_put_varint(uint8_t out[ROCKS_CODEC_MAX_VARINT], uint64_t v);
/* Read one; a malformed one fails the cursor. */
struct cursor;
uint64_t rocks_codec_take_varint(struct cursor *c);
/* A transaction row. Slices point into it. */
struct rocks_codec_tx {
    struct slice tx, meta;
    uint64_t meta_n; /* the metadata's own size if it is packed (rocks_meta.h); 0: it is as it is */
};
/* False: damaged. */
bool rocks_codec_split_tx(struct slice row, struct rocks_codec_tx *ret);
/* What stands before transaction and metadata in their row; returns the bytes written. */
#define ROCKS_CODEC_TX_HEAD (1 + 2 * ROCKS_CODEC_MAX_VARINT)
size_t rocks_codec_put_tx_head(uint8_t out[ROCKS_CODEC_TX_HEAD], size_t tx_n, size_t meta_n);

struct rocks_key rocks_codec_txhash_key(const struct hash256 *tx_hash, struct store_tx_pos pos);
/* Position in a txhash key. False: damaged. */
bool rocks_codec_txhash_pos(struct slice key, struct store_tx_pos *ret);

/* Of an object's bytes as they are: full or deleted. */
uint8_t rocks_codec_object_kind(struct slice data); /* enum rocks_object_kind */
/* Kind and payload of an object row; the payload points into it. False: damaged, or of a kind from
 * the future. */
bool rocks_codec_split_object(struct slice row, enum rocks_object_kind *ret_kind,
                              struct slice *ret_payload);

enum rocks_cf rocks_codec_index_cf(enum store_index index);
/* Prefix and suffix have the index's sizes. */
struct rocks_key rocks_codec_index_key(enum store_index index, struct slice prefix,
                                       struct slice suffix);
/* What is kept of a row's value: of a transaction index the type only (its key has the position).
 */
struct slice rocks_codec_index_value(enum store_index index, struct slice value);
