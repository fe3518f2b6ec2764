/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/tx_json.h"

#include "rpc/server_impl.h"
#include "xrpl/render.h"

err tx_json_put_members(struct jw *w, const struct store_tx *tx, const struct hash256 *hash,
                        const struct txmeta_show *show, const struct tx_json_extra *extra)
{
    char ctid[17];
    TRY(txmeta_render_tx_members(w, tx->tx, show));
    if (extra->hash)
        jw_kv_hex(w, "hash", hash256_slice(hash));
    if (extra->ctid && txmeta_ctid(tx->pos.ledger_seq, tx->pos.index, extra->network_id, ctid))
        jw_kv_lit(w, "ctid", ctid);
    if (extra->date)
        jw_kv_u64(w, "date", show->close_time);
    if (extra->ledger_index)
        jw_kv_u64(w, "ledger_index", show->ledger_seq);
    if (extra->in_ledger)
        jw_kv_u64(w, "inLedger", show->ledger_seq);
    return OK;
}

err tx_json_put_tx(struct jw *w, const struct store_tx *tx, const struct hash256 *hash,
                   const struct txmeta_show *show, const struct tx_json_extra *extra)
{
    jw_obj_begin(w);
    TRY(tx_json_put_members(w, tx, hash, show, extra));
    jw_obj_end(w);
    return OK;
}

static err read_header(struct call *c, uint32_t seq, struct header_cache_entry *ret)
{
    struct header_cache *cache = c->server->headers;
    if (header_cache_get(cache, seq, ret))
        return OK;
    struct ledger_header h;
    TRY(store_header_get(ledgers_store(c->ledgers), seq, &h));
    *ret = (struct header_cache_entry){seq, h.close_time, h.hash};
    header_cache_put(cache, ret);
    return OK;
}

err tx_json_ledger_at(struct call *c, uint32_t seq, struct tx_json_ledger *l)
{
    struct header_cache_entry h = {0};
    if (l->seq == seq)
        return OK;
    err e = read_header(c, seq, &h);
    if (err_failed(e) && e.code != ERR_NOT_FOUND)
        return e;
    *l = (struct tx_json_ledger){
        .seq = seq, .known = !err_failed(e), .close_time = h.close_time, .hash = h.hash};
    return OK;
}

void tx_json_put_time_iso(struct jw *w, uint32_t close_time)
{
    char text[RENDER_TIME_MAX];
    size_t n = render_time_iso(close_time, text);
    jw_key(w, "close_time_iso");
    jw_ascii(w, text, n);
}

void tx_json_put_ledger(struct jw *w, const struct tx_json_ledger *l)
{
    if (!l->known)
        return;
    jw_kv_hex(w, "ledger_hash", hash256_slice(&l->hash));
    tx_json_put_time_iso(w, l->close_time);
}
