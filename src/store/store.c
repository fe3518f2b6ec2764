/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include "base/bits.h"
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

/* Rows read at once. */
#define TYPED_PORTION 1024u

/* Take those of the type of `rows`, until there are enough. */
static ERR take_typed(struct store *s, const struct store_typed_scan *scan,
                      const struct store_rows *rows, struct arena *scratch,
                      struct store_typed_rows *ret)
{
    struct store_tx_locator *at = arena_array(scratch, struct store_tx_locator, rows->n + 1);
    uint16_t *types = arena_array(scratch, uint16_t, rows->n + 1);
    size_t n = 0, i = 0;
    for (; n < rows->n; n++) {
        TRY(store_tx_locator_of(&rows->rows[n], &at[n]));
        if (store_typed_is_behind(scan, at[n].pos.ledger_seq))
            break;
    }
    TRY(store_tx_types(s, at, n, types));
    for (; i < n && ret->n < scan->scan.limit; i++) {
        ret->last = at[i].pos;
        ret->n_looked++;
        if (types[i] == scan->type)
            ret->at[ret->n++] = at[i];
    }
    ret->at_end = i == n && n < rows->n;
    return OK;
}

ERR store_typed_by_rows(struct store *s, const struct store_typed_scan *scan, struct arena *a,
                        struct store_typed_rows *ret)
{
    struct store_scan part = scan->scan;
    uint8_t from[8];
    *ret = (struct store_typed_rows){.at = arena_array(a, struct store_tx_locator, part.limit)};
    while (!ret->at_end && ret->n < scan->scan.limit && ret->n_looked < scan->look) {
        CLEANUP(arena_freep) struct arena *scratch = arena_new(0);
        struct store_rows rows;
        part.limit = MIN(TYPED_PORTION, scan->look - ret->n_looked);
        TRY(store_scan(s, &part, scratch, &rows));
        TRY(take_typed(s, scan, &rows, scratch, ret));
        ret->at_end |= rows.n < part.limit && ret->n < scan->scan.limit;
        bits_store32(from, ret->last.ledger_seq);
        bits_store32(from + 4, ret->last.index);
        part.from = slice_of(from, sizeof from);
        part.inclusive = false;
    }
    return OK;
}

struct hash256 store_tx_hash(const struct store_tx *tx)
{
    return hash256_is_zero(&tx->hash) ? digest_tx_id(tx->tx) : tx->hash;
}

static int by_leaf(const void *a, const void *b)
{
    return hash256_cmp(&((const struct digest_leaf *)a)->key,
                       &((const struct digest_leaf *)b)->key);
}

bool store_txs_have_root(const struct store_tx *txs, size_t n, const struct hash256 *root,
                         struct arena *a)
{
    struct digest_leaf *leaves = arena_array(a, struct digest_leaf, n + 1);
    for (size_t i = 0; i < n; i++)
        leaves[i] =
            (struct digest_leaf){txs[i].hash, digest_tx_leaf(txs[i].tx, txs[i].meta, &txs[i].hash)};
    if (n > 0)
        qsort(leaves, n, sizeof *leaves, by_leaf);
    for (size_t i = 1; i < n; i++)
        if (hash256_eq(&leaves[i - 1].key, &leaves[i].key))
            return false;
    struct hash256 computed = digest_tree_root(leaves, n);
    return hash256_eq(&computed, root);
}

err store_no_salvage(struct store *s, struct store **ret, struct store_lost *ret_lost)
{
    (void)s, (void)ret, (void)ret_lost;
    return FAIL(ERR_UNSUPPORTED, "store: its files are not ours");
}

err store_no_salvage_end(struct store *s, struct store *copy, bool take)
{
    (void)s, (void)copy, (void)take;
    return FAIL(ERR_UNSUPPORTED, "store: its files are not ours");
}
