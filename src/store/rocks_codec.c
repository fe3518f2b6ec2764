/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rocks_codec.h"

#include "base/cursor.h"

size_t rocks_codec_put_varint(uint8_t out[ROCKS_CODEC_MAX_VARINT], uint64_t v)
{
    size_t n = 0;
    for (; v >= 0x80; v >>= 7)
        out[n++] = (uint8_t)(v | 0x80);
    out[n++] = (uint8_t)v;
    return n;
}

uint64_t rocks_codec_take_varint(struct cursor *c)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 63; shift += 7) {
        uint8_t byte = cursor_u8(c);
        v |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80)
            return v;
    }
    cursor_fail(c);
    return 0;
}

bool rocks_codec_split_tx(struct slice row, struct rocks_codec_tx *ret)
{
    struct cursor c = cursor_of(row);
    uint64_t n = rocks_codec_take_varint(&c);
    bool packed = n == 0; /* no transaction has no bytes */
    if (packed)
        n = rocks_codec_take_varint(&c);
    ret->meta_n = packed ? rocks_codec_take_varint(&c) : 0;
    ret->tx = cursor_take(&c, n);
    ret->meta = cursor_rest(&c);
    return !c.failed;
}

size_t rocks_codec_put_tx_head(uint8_t out[ROCKS_CODEC_TX_HEAD], size_t tx_n, size_t meta_n)
{
    size_t n = 0;
    if (meta_n > 0 || tx_n == 0) {
        out[n++] = 0;
        n += rocks_codec_put_varint(out + n, tx_n);
        return n + rocks_codec_put_varint(out + n, meta_n);
    }
    return rocks_codec_put_varint(out, tx_n);
}

struct rocks_key rocks_codec_txhash_key(const struct hash256 *tx_hash, struct store_tx_pos pos)
{
    struct rocks_key key = {.n = 0};
    uint8_t index[4];
    bits_store32(index, pos.index);
    size_t n = pos.index <= UINT8_MAX ? 1 : pos.index <= UINT16_MAX ? 2 : 4;
    rocks_key_put(&key, tx_hash->b, ROCKS_TXHASH_PREFIX);
    rocks_key_put32(&key, pos.ledger_seq);
    rocks_key_put(&key, index + 4 - n, n);
    return key;
}

bool rocks_codec_txhash_pos(struct slice key, struct store_tx_pos *ret)
{
    struct cursor c = cursor_of(slice_from(key, ROCKS_TXHASH_PREFIX));
    ret->ledger_seq = cursor_be32(&c);
    switch (cursor_left(&c)) {
    case 1: ret->index = cursor_u8(&c); break;
    case 2: ret->index = cursor_be16(&c); break;
    default: ret->index = cursor_be32(&c);
    }
    return !c.failed && cursor_done(&c);
}

uint8_t rocks_codec_object_kind(struct slice data)
{
    return data.n > 0 ? ROCKS_OBJECT_FULL : ROCKS_OBJECT_DELETED;
}

bool rocks_codec_split_object(struct slice row, enum rocks_object_kind *ret_kind,
                              struct slice *ret_payload)
{
    if (row.n == 0 || row.p[0] < ROCKS_OBJECT_FULL || row.p[0] > ROCKS_OBJECT_HASHES)
        return false;
    *ret_kind = (enum rocks_object_kind)row.p[0];
    *ret_payload = slice_from(row, 1);
    return (*ret_kind == ROCKS_OBJECT_DELETED) == (ret_payload->n == 0);
}

enum rocks_cf rocks_codec_index_cf(enum store_index index)
{
    return index == STORE_INDEX_ACCOUNT_TX ? ROCKS_CF_ACCOUNT_TX : ROCKS_CF_INDEX;
}

struct slice rocks_codec_index_value(enum store_index index, struct slice value)
{
    return store_index_of_txs(index) ? slice_from(value, STORE_TX_VALUE_BYTES - 2) : value;
}

struct rocks_key rocks_codec_index_key(enum store_index index, struct slice prefix,
                                       struct slice suffix)
{
    struct rocks_key key = {.n = 0};
    uint8_t name = (uint8_t)index;
    if (rocks_codec_index_cf(index) == ROCKS_CF_INDEX)
        rocks_key_put(&key, &name, 1);
    rocks_key_put(&key, prefix.p, prefix.n);
    size_t at = key.n;
    rocks_key_put(&key, suffix.p, suffix.n);
    for (; index_shape(index)->newest_first && at < key.n; at++)
        key.b[at] = (uint8_t)~key.b[at];
    return key;
}
