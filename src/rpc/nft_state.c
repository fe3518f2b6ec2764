/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/nft_state.h"

#include "base/bits.h"
#include "xrpl/keylet.h"

static struct store_scan newest_row_of(enum store_index index, const struct hash256 *token,
                                       struct slice from)
{
    return (struct store_scan){.index = index,
                               .prefix = hash256_slice(token),
                               .from = from,
                               .inclusive = true,
                               .backward = true,
                               .limit = 1};
}

/* Rows of the history's first ledger stand at 0. */
static uint32_t seq_of(struct call *c, const struct store_entry *row)
{
    uint32_t seq = bits_load32(row->suffix.p), first, last;
    if (seq == 0 && ledgers_range(c->ledgers, &first, &last))
        return first;
    return seq;
}

static err fill(struct call *c, const struct store_rows *state, const struct store_rows *uri,
                struct nft_state *ret)
{
    *ret = (struct nft_state){.is_known = state->n > 0};
    if (state->n == 0)
        return OK;
    const struct store_entry *row = &state->rows[0];
    if (row->suffix.n != 4 || row->value.n != 21)
        return FAIL(ERR_CORRUPT, "rpc: a token's state has %zu and %zu bytes", row->suffix.n,
                    row->value.n);
    ret->ledger_seq = seq_of(c, row);
    ret->owner = account_of(row->value.p);
    ret->is_burned = row->value.p[20] != 0;
    ret->uri = uri->n > 0 ? uri->rows[0].value : SLICE_EMPTY;
    return OK;
}

err nft_state_get_many(struct call *c, const struct hash256 *tokens, size_t n, uint32_t seq,
                       struct nft_state *ret)
{
    uint8_t at[4];
    struct store_scan *scans = arena_array(c->arena, struct store_scan, 2 * n);
    struct store_rows *rows = arena_array(c->arena, struct store_rows, 2 * n);
    bits_store32(at, seq);
    for (size_t i = 0; i < n; i++) {
        struct slice from = slice_of(at, sizeof at);
        scans[i] = newest_row_of(STORE_INDEX_NFT_STATE, &tokens[i], from);
        scans[n + i] = newest_row_of(STORE_INDEX_NFT_URI, &tokens[i], from);
    }
    TRY(store_scan_many(ledgers_store(c->ledgers), scans, 2 * n, c->arena, rows));
    for (size_t i = 0; i < n; i++)
        TRY(fill(c, &rows[i], &rows[n + i], &ret[i]));
    return OK;
}

err nft_state_get(struct call *c, const struct hash256 *token, uint32_t seq, struct nft_state *ret)
{
    TRY(nft_state_get_many(c, token, 1, seq, ret));
    return ret->is_known ? OK : (err){ERR_NOT_FOUND};
}

void nft_state_put(struct call *c, const struct hash256 *token, const struct nft_state *state)
{
    struct nft_parts parts = keylet_nft_parts(token);
    call_put_hash(c, "nft_id", token);
    jw_kv_u64(c->w, "ledger_index", state->ledger_seq);
    call_put_account(c, "owner", &state->owner);
    jw_kv_bool(c->w, "is_burned", state->is_burned);
    jw_kv_hex(c->w, "uri", state->uri);
    jw_kv_u64(c->w, "flags", parts.flags);
    jw_kv_u64(c->w, "transfer_fee", parts.transfer_fee);
    call_put_account(c, "issuer", &parts.issuer);
    jw_kv_u64(c->w, "nft_taxon", parts.taxon);
    jw_kv_u64(c->w, "nft_serial", parts.serial);
}
