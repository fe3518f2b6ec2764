/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include "base/cursor.h"
#include "base/mem.h"

#define STATE_PAGE 1024

ERR store_state_by_pages(struct store *s, uint32_t seq, store_state_fn take, void *arg)
{
    struct hash256 at = HASH256_ZERO;
    for (size_t n = STATE_PAGE; n == STATE_PAGE;) {
        CLEANUP(arena_freep) struct arena *a = arena_new(0);
        struct store_object *objects = arena_array(a, struct store_object, STATE_PAGE);
        TRY(store_page(s, seq, &at, STATE_PAGE, true, a, objects, &n));
        if (n)
            at = objects[n - 1].key;
        TRY(take(arg, objects, n, at.b[0], 256));
    }
    return OK;
}

bool store_index_of_txs(enum store_index index)
{
    switch (index) {
    case STORE_INDEX_ACCOUNT_TX:
    case STORE_INDEX_NFT_TX:
    case STORE_INDEX_MPT_TX:
    case STORE_INDEX_ACCOUNT_MPT_TX: return true;
    default: return false;
    }
}

void store_tx_value(const struct hash256 *hash, uint16_t type, uint8_t ret[STORE_TX_VALUE_BYTES])
{
    memcpy(ret, hash->b, 32);
    bits_store16(ret + 32, type);
}

/* A backend keeps of the value what it needs: nothing, the type, the hash, or both. */
ERR store_tx_locator_of(const struct store_entry *row, struct store_tx_locator *ret)
{
    struct cursor suffix = cursor_of(row->suffix), value = cursor_of(row->value);
    struct store_tx_locator at = {.pos.ledger_seq = cursor_be32(&suffix)};
    at.pos.index = cursor_be32(&suffix);
    if (row->value.n >= 32)
        at.hash = hash256_of(cursor_take(&value, 32).p);
    at.has_type = cursor_left(&value) > 0;
    if (at.has_type)
        at.type = cursor_be16(&value);
    if (suffix.failed || value.failed || !cursor_done(&suffix) || !cursor_done(&value))
        return FAIL(ERR_CORRUPT, "store: row of a transaction index with %zu and %zu bytes",
                    row->suffix.n, row->value.n);
    *ret = at;
    return OK;
}

struct hash256 store_tx_hash(const struct store_tx *tx)
{
    return hash256_is_zero(&tx->hash) ? digest_tx_id(tx->tx) : tx->hash;
}

err store_no_salvage(struct store *s, struct store **ret)
{
    (void)s, (void)ret;
    return FAIL(ERR_UNSUPPORTED, "store: its files are not ours");
}

err store_no_salvage_end(struct store *s, struct store *copy, bool take)
{
    (void)s, (void)copy, (void)take;
    return FAIL(ERR_UNSUPPORTED, "store: its files are not ours");
}
