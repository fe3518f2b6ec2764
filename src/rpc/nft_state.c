/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/nft_state.h"

#include "base/bits.h"
#include "xrpl/keylet.h"

/* The newest row of a token at or before `seq`: ERR_NOT_FOUND when there is none. */
static err newest_row(struct call *c, enum store_index index, const struct hash256 *token,
                      uint32_t seq, struct store_entry *ret)
{
    uint8_t from[4];
    bits_store32(from, seq);
    struct store_scan scan = {.index = index,
                              .prefix = hash256_slice(token),
                              .from = slice_of(from, sizeof from),
                              .inclusive = true,
                              .backward = true,
                              .limit = 1};
    struct store_rows found;
    TRY(store_scan(ledgers_store(c->ledgers), &scan, c->arena, &found));
    if (found.n == 0)
        return (err){ERR_NOT_FOUND};
    if (found.rows[0].suffix.n != 4)
        return FAIL(ERR_CORRUPT, "rpc: a row of the tokens' index has %zu bytes",
                    found.rows[0].suffix.n);
    *ret = found.rows[0];
    return OK;
}

/* Rows of the history's first ledger stand at 0. */
static uint32_t seq_of(struct call *c, const struct store_entry *row)
{
    uint32_t seq = bits_load32(row->suffix.p), first, last;
    if (seq == 0 && ledgers_range(c->ledgers, &first, &last))
        return first;
    return seq;
}

err nft_state_get(struct call *c, const struct hash256 *token, uint32_t seq, struct nft_state *ret)
{
    struct store_entry state, uri = {0};
    TRY(newest_row(c, STORE_INDEX_NFT_STATE, token, seq, &state));
    if (state.value.n != 21)
        return FAIL(ERR_CORRUPT, "rpc: a token's state has %zu bytes", state.value.n);
    err e = newest_row(c, STORE_INDEX_NFT_URI, token, seq, &uri);
    if (err_failed(e) && e.code != ERR_NOT_FOUND)
        return e;
    *ret = (struct nft_state){.ledger_seq = seq_of(c, &state),
                              .owner = account_of(state.value.p),
                              .is_burned = state.value.p[20] != 0,
                              .uri = uri.value};
    return OK;
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
