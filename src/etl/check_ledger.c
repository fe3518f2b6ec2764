/* SPDX-License-Identifier: Apache-2.0 */
/* Header, transactions and index rows of a ledger. */
#include "etl/check_impl.h"

#include "base/bits.h"
#include "base/hex.h"
#include "base/mem.h"
#include "etl/mend.h"
#include "etl/rows.h"
#include "store/index.h"
#include "xrpl/txmeta.h"

#include <stdio.h>
#include <stdlib.h>

#define SCANS_AT_ONCE 256

/* --- header --- */

/* Keys that the ledger changed and its metadata does not name: the header's row has them. */
static ERR find_unnamed(struct check *c, const struct hash256 **ret, size_t *ret_n)
{
    struct hash256 *keys;
    size_t n = 0, n_kept = 0;
    TRY(store_diff(c->s, c->header.seq, c->arena, &keys, &n));
    struct store_txs_query all = {.first = c->header.seq, .last = c->header.seq};
    struct store_tx *txs;
    size_t n_txs;
    TRY(store_ledger_txs(c->s, &all, c->arena, &txs, &n_txs));
    for (size_t i = 0; i < n; i++) {
        bool named = false;
        for (size_t t = 0; t < n_txs && !named; t++) {
            struct txmeta_iter it = txmeta_iter_of(txs[t].meta);
            struct txmeta_node node;
            while (!named && txmeta_next(&it, &node))
                named = hash256_eq(&node.key, &keys[i]);
        }
        if (!named)
            keys[n_kept++] = keys[i];
    }
    *ret = keys;
    *ret_n = n_kept;
    return OK;
}

static bool mend_hash_row(struct check *c)
{
    struct store_ledger l = {.header = c->header};
    err e = find_unnamed(c, &l.unnamed, &l.n_unnamed);
    if (err_failed(e))
        return false;
    return check_mend(c, &(struct store_repair){.put = &l, .has_header = true, .at = l.header.seq});
}

static ERR check_hash_row(struct check *c)
{
    uint32_t seq = 0;
    err e = store_seq_by_hash(c->s, &c->header.hash, &seq);
    if (e.code == ERR_CORRUPT || e.code == ERR_NOT_FOUND ||
        (!err_failed(e) && seq != c->header.seq))
        check_say(c, mend_hash_row(c), "ledger %u: is not found by its hash", c->header.seq);
    else
        TRY(e);
    return OK;
}

static void check_link(struct check *c)
{
    if (c->has_previous && c->previous.seq + 1 == c->header.seq &&
        !hash256_eq(&c->previous.hash, &c->header.parent_hash))
        check_say(c, false, "ledger %u: its parent is not the ledger before it", c->header.seq);
}

ERR check_header(struct check *c, uint32_t seq, bool *ret_usable)
{
    char text[300] = "does not have its hash";
    c->header = (struct ledger_header){.seq = seq};
    check_pace(c, 2);
    err e = store_header_get(c->s, seq, &c->header);
    if (err_failed(e) && !check_is_damage(c, e))
        return e;
    if (err_failed(e))
        snprintf(text, sizeof text, "%s", err_text());
    struct hash256 computed = digest_ledger(&c->header);
    *ret_usable = !err_failed(e) && c->header.seq == seq && hash256_eq(&computed, &c->header.hash);
    if (!*ret_usable) {
        c->header = (struct ledger_header){.seq = seq};
        *ret_usable = check_mend_header(c, seq);
        check_say(c, *ret_usable, "ledger %u: header: %s", seq, text);
    }
    if (!*ret_usable)
        return OK;
    check_link(c);
    return c->look.hashes ? check_hash_row(c) : OK;
}

/* --- transactions --- */

static bool mend_tx_rows(struct check *c, const struct store_tx *tx)
{
    struct store_ledger l = {.txs = tx, .tx_hashes = &tx->hash, .n_txs = 1};
    return check_mend(c, &(struct store_repair){.put = &l, .at = c->header.seq});
}

static ERR check_found_by_hash(struct check *c, const struct store_tx *tx)
{
    struct store_tx found;
    err e = store_tx_find(c->s, &tx->hash, c->arena, &found);
    bool same = !err_failed(e) && found.pos.ledger_seq == tx->pos.ledger_seq &&
                found.pos.index == tx->pos.index;
    if (same)
        return OK;
    if (err_failed(e) && e.code != ERR_NOT_FOUND && e.code != ERR_CORRUPT)
        return e;
    char hash[65];
    hex_encode(hash256_slice(&tx->hash), hash);
    hash[64] = 0;
    check_say(c, mend_tx_rows(c, tx), "ledger %u: transaction %s is not found by its hash",
              c->header.seq, hash);
    return OK;
}

/* *ret: they can be read, and have the header's root; else `text` says why not. */
static ERR read_txs(struct check *c, bool *ret, char text[300])
{
    struct store_txs_query all = {.first = c->header.seq, .last = c->header.seq};
    c->txs = NULL;
    c->n_txs = 0;
    check_pace(c, 1);
    err e = store_ledger_txs(c->s, &all, c->arena, &c->txs, &c->n_txs);
    *ret = false;
    if (err_failed(e)) {
        snprintf(text, 300, "%s", err_text());
        return check_is_damage(c, e) ? OK : e;
    }
    for (size_t i = 0; i < c->n_txs; i++)
        c->txs[i].hash = digest_tx_id(c->txs[i].tx);
    snprintf(text, 300, "the %zu do not have the header's root", c->n_txs);
    *ret = store_txs_have_root(c->txs, c->n_txs, &c->header.tx_hash, c->arena);
    return OK;
}

ERR check_txs(struct check *c, bool *ret_usable)
{
    char text[300], still[300];
    TRY(read_txs(c, ret_usable, text));
    if (!*ret_usable) {
        if (check_mend_txs(c))
            TRY(read_txs(c, ret_usable, still));
        check_say(c, *ret_usable, "ledger %u: transactions: %s", c->header.seq, text);
    }
    c->result.n_txs += c->n_txs;
    check_pace(c, c->n_txs);
    /* (where there is no order, hashes are all that leads to them) */
    bool look = *ret_usable && c->look.hashes && !c->s->ops->unordered;
    for (size_t i = 0; look && i < c->n_txs; i++) {
        struct arena_pos mark = arena_mark(c->arena);
        TRY(check_found_by_hash(c, &c->txs[i]));
        arena_rewind(c->arena, mark);
    }
    return OK;
}

/* --- index rows --- */

/* A row that several ledgers ask for is named once. */
static bool said_before(struct check *c, const struct store_index_row *row)
{
    uint8_t index = (uint8_t)row->index;
    struct slice parts[] = {slice_of(&index, 1), row->prefix, row->suffix};
    struct hash256 id = hash_sha512half(parts, 3);
    for (size_t i = 0; i < MIN(c->n_said, (size_t)CHECK_SAID); i++)
        if (hash256_eq(&c->said[i], &id))
            return true;
    c->said[c->n_said++ % CHECK_SAID] = id;
    return false;
}

static void say_row(struct check *c, const struct store_index_row *row)
{
    if (said_before(c, row))
        return;
    char prefix[2 * INDEX_MAX_PREFIX + 1];
    struct store_ledger l = {.index_rows = row, .n_index_rows = 1};
    hex_encode(row->prefix, prefix);
    prefix[2 * row->prefix.n] = 0;
    bool mended = check_mend(c, &(struct store_repair){.put = &l, .at = c->header.seq});
    check_say(c, mended, "ledger %u: row of %s of %s is missing or wrong", c->header.seq,
              index_shape(row->index)->name, prefix);
}

static ERR check_some_rows(struct check *c, const struct store_index_row *rows, size_t n)
{
    struct store_scan *scans = arena_array(c->arena, struct store_scan, n);
    struct store_rows *found = arena_array(c->arena, struct store_rows, n);
    bool damaged;
    for (size_t i = 0; i < n; i++)
        scans[i] = (struct store_scan){.index = rows[i].index,
                                       .prefix = rows[i].prefix,
                                       .from = rows[i].suffix,
                                       .inclusive = true,
                                       .limit = 1};
    check_pace(c, n);
    TRY(check_read(c, store_scan_many(c->s, scans, n, c->arena, found), "index rows", &damaged));
    for (size_t i = 0; i < n && !damaged; i++)
        if (!mend_row_is_right(&rows[i], &found[i]))
            say_row(c, &rows[i]);
    c->result.n_rows += n;
    return OK;
}

static bool is_lacking(const struct check *c, enum store_index index)
{
    const struct store_range *lack = &c->lack[index];
    return lack->first != 0 && c->header.seq >= lack->first && c->header.seq <= lack->last;
}

ERR check_rows(struct check *c)
{
    struct rows rows = {.a = c->arena};
    for (size_t i = 0; i < c->n_txs; i++)
        err_ignore(rows_add_tx(&rows, &c->txs[i])); /* malformed metadata has none */
    rows_settle(&rows);
    size_t n = 0;
    for (size_t i = 0; i < rows.n; i++)
        if (!is_lacking(c, rows.v[i].index))
            rows.v[n++] = rows.v[i];
    for (size_t i = 0; i < n; i += SCANS_AT_ONCE)
        TRY(check_some_rows(c, rows.v + i, MIN(n - i, (size_t)SCANS_AT_ONCE)));
    return OK;
}
