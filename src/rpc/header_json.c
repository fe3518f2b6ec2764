/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/header_json.h"

#include "xrpl/render.h"

static void put_times(struct jw *w, const struct ledger_header *h)
{
    char text[RENDER_TIME_MAX];
    jw_kv_u64(w, "close_time", h->close_time);
    size_t n = render_time_human(h->close_time, text);
    jw_key(w, "close_time_human");
    jw_ascii(w, text, n);
    n = render_time_iso(h->close_time, text);
    jw_key(w, "close_time_iso");
    jw_ascii(w, text, n);
    jw_kv_u64(w, "close_time_resolution", h->close_resolution);
    jw_kv_u64(w, "parent_close_time", h->parent_close_time);
}

void header_json_put(struct jw *w, const struct ledger_header *h, uint32_t api_version, bool binary)
{
    jw_kv_bool(w, "closed", true);
    if (binary) {
        uint8_t bytes[LEDGER_HEADER_BYTES];
        digest_header_encode(h, bytes);
        jw_kv_hex(w, "ledger_data", slice_of(bytes, LEDGER_HEADER_HASHED_BYTES));
        return;
    }
    jw_kv_hex(w, "account_hash", hash256_slice(&h->state_hash));
    jw_kv_u64(w, "close_flags", h->close_flags);
    put_times(w, h);
    jw_kv_hex(w, "ledger_hash", hash256_slice(&h->hash));
    jw_kv_hex(w, "parent_hash", hash256_slice(&h->parent_hash));
    jw_kv_u64_str(w, "total_coins", h->drops);
    jw_kv_hex(w, "transaction_hash", hash256_slice(&h->tx_hash));
    if (api_version < 2)
        jw_kv_u64_str(w, "ledger_index", h->seq);
    else
        jw_kv_u64(w, "ledger_index", h->seq);
}
