/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rocks_codec.h"

#include "unit/test.h"

TEST(rocks_codec_varints_split_transactions_of_any_length)
{
    static uint8_t row[70000];
    static const size_t lengths[] = {0, 1, 127, 128, 16383, 16384, 65000};
    for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
        struct rocks_codec_tx split;
        for (size_t meta_n = 0; meta_n < 300; meta_n += 299) {
            size_t n = rocks_codec_put_tx_head(row, lengths[i], meta_n);
            ASSERT(rocks_codec_split_tx(slice_of(row, n + lengths[i] + 3), &split));
            ASSERT_INT(lengths[i], split.tx.n);
            ASSERT_INT(3, split.meta.n);
            ASSERT_INT(meta_n, split.meta_n);
            ASSERT(!rocks_codec_split_tx(slice_of(row, n + lengths[i] - 1), &split));
        }
    }
}

TEST(rocks_codec_refuses_endless_varints)
{
    uint8_t row[16];
    struct rocks_codec_tx split;
    memset(row, 0xFF, sizeof row);
    for (int i = 0; i < 3; i++) { /* of the transaction; packed, of both */
        ASSERT(!rocks_codec_split_tx(slice_of(row, sizeof row), &split));
        row[i] = 0;
    }
    ASSERT(!rocks_codec_split_tx(SLICE_EMPTY, &split));
}

TEST(rocks_codec_hash_keys_carry_positions)
{
    static const uint32_t indexes[] = {0, 255, 256, 65535, 65536, UINT32_MAX - 1};
    struct hash256 hash = {{1, 2, 3}};
    for (size_t i = 0; i < ARRAY_LEN(indexes); i++) {
        struct store_tx_pos got;
        struct rocks_key key = rocks_codec_txhash_key(&hash, (struct store_tx_pos){77, indexes[i]});
        ASSERT(rocks_codec_txhash_pos(slice_of(key.b, key.n), &got));
        ASSERT(got.ledger_seq == 77 && got.index == indexes[i]);
        ASSERT(!rocks_codec_txhash_pos(slice_of(key.b, ROCKS_TXHASH_PREFIX + 3), &got));
        ASSERT(!rocks_codec_txhash_pos(slice_of(key.b, ROCKS_TXHASH_PREFIX + 7), &got));
    }
}

static bool split(struct slice row)
{
    enum rocks_object_kind kind;
    struct slice payload;
    return rocks_codec_split_object(row, &kind, &payload);
}

TEST(rocks_codec_refuses_object_rows_of_unknown_kind)
{
    enum rocks_object_kind kind;
    struct slice payload;
    ASSERT(rocks_codec_split_object(SLICE_LIT("\x01x"), &kind, &payload));
    ASSERT_INT(ROCKS_OBJECT_FULL, kind);
    ASSERT_SLICE("x", payload);
    ASSERT(split(SLICE_LIT("\x02")));
    ASSERT(!split(SLICE_LIT("\x02x")));
    ASSERT(!split(SLICE_LIT("\x01")));
    ASSERT(!split(SLICE_LIT("\x07x")));
    ASSERT(!split(SLICE_LIT("\0")));
    ASSERT(!split(SLICE_EMPTY));
}
