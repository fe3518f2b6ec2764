/* SPDX-License-Identifier: Apache-2.0 */
#include "store/range_set.h"

#include "base/cursor.h"

bool range_set_has(const struct range_set *set, uint32_t seq)
{
    for (size_t i = 0; i < set->n; i++)
        if (seq >= set->r[i].first && seq <= set->r[i].last)
            return true;
    return false;
}

ERR range_set_check_txs(const struct store_ledger *l)
{
    for (size_t i = 0; i < l->n_txs; i++) {
        const struct store_tx_pos *pos = &l->txs[i].pos;
        if (pos->ledger_seq != l->header.seq || pos->index == STORE_TX_INDEX_UNKNOWN ||
            (i > 0 && pos->index <= l->txs[i - 1].pos.index))
            return FAIL(ERR_INVALID, "store: ledger %u: transaction %zu stands at %u:%u",
                        l->header.seq, i, pos->ledger_seq, pos->index);
    }
    return OK;
}

ERR range_set_check_append(const struct range_set *set, const struct store_ledger *ledgers,
                           size_t n)
{
    if (set->n == 0)
        return FAIL(ERR_INVALID, "store: empty: the first ledger must be loaded");
    if (n == 0)
        return FAIL(ERR_INVALID, "store: no ledgers to write");
    uint32_t last = set->r[set->n - 1].last;
    for (size_t i = 0; i < n; i++, last++) {
        uint32_t seq = ledgers[i].header.seq;
        if (range_set_has(set, seq))
            return FAIL(ERR_EXISTS, "store: ledger %u is there already", seq);
        if (last == UINT32_MAX || seq != last + 1)
            return FAIL(ERR_INVALID, "store: ledger %u does not follow %u", seq, last);
        TRY(range_set_check_txs(&ledgers[i]));
    }
    return OK;
}

ERR range_set_check_txs_query(const struct range_set *set, const struct store_txs_query *q)
{
    bool part = q->indexes || q->hashes_only;
    if (q->last < q->first || (part && (q->first != q->last || q->skip || q->limit)) ||
        (q->indexes && q->hashes_only))
        return FAIL(ERR_INVALID, "store: transactions of ledgers %u to %u in a way there is not",
                    q->first, q->last);
    for (size_t i = 0; i < set->n; i++)
        if (q->first >= set->r[i].first && q->last <= set->r[i].last)
            return OK;
    if (q->first == q->last)
        return FAIL(ERR_NOT_FOUND, "store: ledger %u is not held", q->first);
    return FAIL(ERR_NOT_FOUND, "store: ledgers %u to %u are not all held", q->first, q->last);
}

ERR range_set_check_first(const struct range_set *set, uint32_t seq, uint32_t n_chains)
{
    if (set->n > 0)
        return FAIL(ERR_EXISTS, "store: holds ledgers %u-%u, cannot load %u", set->r[0].first,
                    set->r[set->n - 1].last, seq);
    if (seq == 0 || seq == UINT32_MAX || n_chains == 0 || n_chains > 4096)
        return FAIL(ERR_INVALID, "store: load of ledger %u in %u parts", seq, n_chains);
    return OK;
}

size_t range_set_encode(const struct range_set *set, uint8_t out[RANGE_SET_MAX_BYTES])
{
    for (size_t i = 0; i < set->n; i++) {
        bits_store32(out + 8 * i, set->r[i].first);
        bits_store32(out + 8 * i + 4, set->r[i].last);
    }
    return 8 * set->n;
}

bool range_set_decode(struct slice bytes, struct range_set *ret)
{
    struct range_set set = {.n = bytes.n / 8};
    if (bytes.n % 8 != 0 || set.n > STORE_MAX_RANGES)
        return false;
    struct cursor c = cursor_of(bytes);
    for (size_t i = 0; i < set.n; i++) {
        set.r[i].first = cursor_be32(&c);
        set.r[i].last = cursor_be32(&c);
        if (set.r[i].last < set.r[i].first || (i > 0 && set.r[i].first <= set.r[i - 1].last))
            return false;
    }
    *ret = set;
    return true;
}
