/* SPDX-License-Identifier: Apache-2.0 */
#include "feed/feed_text.h"

#include "xrpl/names.h"
#include "xrpl/render.h"
#include "xrpl/sto.h"
#include "xrpl/txmeta.h"

#include <stdio.h>

/* Fees are shown as signed 32-bit numbers. */
static uint64_t clipped(uint64_t drops)
{
    return drops > INT32_MAX ? INT32_MAX : drops;
}

void feed_text_ledger(struct jw *w, const struct ledger_header *h, const struct funds_fees *fees,
                      const struct feed_text_server *server)
{
    char range[32];
    snprintf(range, sizeof range, "%u-%u", server->first, h->seq);
    jw_kv_u64(w, "ledger_index", h->seq);
    jw_kv_hex(w, "ledger_hash", hash256_slice(&h->hash));
    jw_kv_u64(w, "ledger_time", h->close_time);
    jw_kv_u64(w, "fee_base", clipped(fees->base_drops));
    jw_kv_u64(w, "reserve_base", clipped(fees->reserve_base_drops));
    jw_kv_u64(w, "reserve_inc", clipped(fees->reserve_increment_drops));
    jw_kv_lit(w, "validated_ledgers", range);
    jw_kv_u64(w, "network_id", server->network_id);
}

void feed_text_closed(struct jw *w, const struct ledger_header *h, const struct funds_fees *fees,
                      const struct feed_text_server *server, uint32_t n_txs)
{
    jw_obj_begin(w);
    jw_kv_lit(w, "type", "ledgerClosed");
    feed_text_ledger(w, h, fees, server);
    jw_kv_u64(w, "txn_count", n_txs);
    jw_obj_end(w);
}

const char *feed_text_result(uint8_t code)
{
    switch (code) {
#define X(number, text)                                                                            \
    case number:                                                                                   \
        return text;
#include "feed/feed_results.def"
#undef X
    default: return "";
    }
}

static void put_result(struct jw *w, uint8_t code)
{
    const char *name = names_tx_result(tables_of(w), code);
    jw_kv_str(w, "engine_result", slice_str(name ? name : ""));
    jw_kv_u64(w, "engine_result_code", code);
    jw_kv_str(w, "engine_result_message", slice_str(feed_text_result(code)));
}

static void put_tx(struct jw *w, const struct ledger_header *h, const struct feed_text_tx *t,
                   const struct txmeta_show *show)
{
    bool v2 = t->api_version >= 2;
    if (v2)
        jw_kv_hex(w, "hash", hash256_slice(t->hash));
    jw_key(w, v2 ? "tx_json" : "transaction");
    jw_obj_begin(w);
    err e = txmeta_render_tx_members(w, t->tx, show);
    (void)e; /* what could be read stands there */
    if (!v2)
        jw_kv_hex(w, "hash", hash256_slice(t->hash));
    jw_kv_u64(w, "date", h->close_time);
    if (t->owner_funds.n)
        jw_kv_str(w, "owner_funds", t->owner_funds);
    jw_obj_end(w);
}

static void put_history(struct jw *w, const struct feed_text_tx *t)
{
    if (!t->has_history_index)
        return;
    jw_kv_i64(w, "account_history_tx_index", t->history_index);
    if (t->history_boundary)
        jw_kv_bool(w, "account_history_boundary", true);
    if (t->history_first)
        jw_kv_bool(w, "account_history_tx_first", true);
}

void feed_text_tx(struct jw *w, const struct ledger_header *h, const struct feed_text_tx *t)
{
    char text[RENDER_TIME_MAX], ctid[17];
    struct txmeta_show show = {.api_version = t->api_version,
                               .ledger_seq = h->seq,
                               .close_time = h->close_time,
                               .nft_synthetic = true};
    jw_obj_begin(w);
    jw_kv_lit(w, "type", "transaction");
    put_tx(w, h, t, &show);
    jw_key(w, "meta");
    err e = txmeta_render_meta(w, t->tx, t->meta, &show);
    (void)e; /* as above */
    if (txmeta_ctid(h->seq, t->index, t->network_id, ctid))
        jw_kv_lit(w, "ctid", ctid);
    jw_kv_bool(w, "validated", true);
    jw_kv_lit(w, "status", "closed");
    jw_kv_u64(w, "ledger_index", h->seq);
    jw_kv_hex(w, "ledger_hash", hash256_slice(&h->hash));
    size_t n = render_time_iso(h->close_time, text);
    jw_key(w, "close_time_iso");
    jw_ascii(w, text, n);
    put_result(w, txmeta_result(t->meta));
    put_history(w, t);
    jw_obj_end(w);
}

YIELDS err feed_text_owner_funds(struct view *v, struct slice tx, struct arena *a,
                                 struct slice *ret)
{
    struct slice wire;
    struct account owner;
    struct amount gets, held;
    *ret = SLICE_EMPTY;
    if (sto_tx_type(tx) != TX_OfferCreate || !sto_get(tx, FIELD_TakerGets, &wire) ||
        !sto_account(tx, FIELD_Account, &owner) || err_failed(amount_decode(wire, &gets)))
        return OK;
    struct account issuer = funds_issuer(&gets.asset);
    if (gets.asset.kind != ASSET_XRP && account_eq(&owner, &issuer))
        return OK;
    struct funds funds = funds_of(v, a);
    err e = funds_account_holds(&funds, &owner, &gets.asset, true, &held);
    if (e.code == ERR_CORRUPT) /* of the ledger's own making: no figure to show */
        return OK;
    TRY(e);
    char text[AMOUNT_TEXT_MAX];
    size_t n = amount_to_text(&held, text);
    *ret = arena_dup(a, slice_of(text, n));
    return OK;
}
