/* SPDX-License-Identifier: Apache-2.0 */
#include "store/index.h"

#include "base/mem.h"

static const struct index_shape shapes[STORE_N_INDEXES] = {
    [STORE_INDEX_ACCOUNT_TX] = {"account_tx", 20, 8, STORE_TX_VALUE_BYTES, true},
    [STORE_INDEX_NFT_TX] = {"nft_tx", 32, 8, STORE_TX_VALUE_BYTES, true},
    [STORE_INDEX_NFT_STATE] = {"nft_state", 32, 4, 21, true},
    [STORE_INDEX_NFT_URI] = {"nft_uri", 32, 4, -1, true},
    [STORE_INDEX_NFT_ISSUER] = {"nft_issuer", 20, 36, 0, false},
    [STORE_INDEX_MPT_HOLDER] = {"mpt_holder", 24, 20, 0, false},
    [STORE_INDEX_MPT_TX] = {"mpt_tx", 24, 8, STORE_TX_VALUE_BYTES, true},
    [STORE_INDEX_ACCOUNT_MPT_TX] = {"account_mpt_tx", 44, 8, STORE_TX_VALUE_BYTES, true},
};

const struct index_shape *index_shape(enum store_index index)
{
    bool known = (size_t)index < ARRAY_LEN(shapes) && shapes[index].name != NULL;
    return known ? &shapes[index] : NULL;
}

static ERR check(enum store_index index, struct slice prefix, size_t min_suffix,
                 size_t suffix_bytes)
{
    const struct index_shape *s = index_shape(index);
    if (s == NULL)
        return FAIL(ERR_INVALID, "store: no index %d", (int)index);
    if (prefix.n != s->prefix_bytes)
        return FAIL(ERR_INVALID, "store: %s: prefix of %zu bytes", s->name, prefix.n);
    if (suffix_bytes > s->suffix_bytes || suffix_bytes < MIN(min_suffix, (size_t)s->suffix_bytes))
        return FAIL(ERR_INVALID, "store: %s: suffix of %zu bytes", s->name, suffix_bytes);
    return OK;
}

ERR index_check_row(const struct store_index_row *row)
{
    TRY(check(row->index, row->prefix, SIZE_MAX, row->suffix.n));
    int32_t bytes = index_shape(row->index)->value_bytes;
    if (bytes >= 0 && row->value.n != (size_t)bytes)
        return FAIL(ERR_INVALID, "store: %s: value of %zu bytes", index_shape(row->index)->name,
                    row->value.n);
    return OK;
}

ERR index_check_add(enum store_index index, const struct store_index_row *rows, size_t n,
                    const struct store_range *lack, uint32_t from)
{
    if (index_shape(index) == NULL)
        return FAIL(ERR_INVALID, "store: no index %d", (int)index);
    if (lack == NULL || from < lack->first || from > lack->last)
        return FAIL(ERR_INVALID, "store: %s: rows from ledger %u on are not lacking",
                    index_shape(index)->name, from);
    for (size_t i = 0; i < n; i++) {
        if (rows[i].index != index)
            return FAIL(ERR_INVALID, "store: %s: given a row of another index",
                        index_shape(index)->name);
        TRY(index_check_row(&rows[i]));
    }
    return OK;
}

ERR index_check_scan(const struct store_scan *scan)
{
    TRY(check(scan->index, scan->prefix, 0, scan->from.n));
    if (scan->limit == 0)
        return FAIL(ERR_INVALID, "store: scan with limit 0");
    return OK;
}
