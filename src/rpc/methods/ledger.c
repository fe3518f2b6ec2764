/* SPDX-License-Identifier: Apache-2.0 */
/* ledger: a ledger's header, with its transactions and what they changed (rpc-a 19). */
#include "base/mem.h"
#include "ledger/funds.h"
#include "rpc/hashed_txs.h"
#include "rpc/header_json.h"
#include "rpc/method.h"
#include "rpc/rpc_request.h"
#include "rpc/server_impl.h"
#include "rpc/tx_json.h"
#include "xrpl/amount.h"
#include "xrpl/render.h"
#include "xrpl/tables.h"

#define DIFF_CHUNK 64        /* objects read at once */
#define FORM_EXPANDED 0x200u /* of texts that are remembered (tx_texts.h) */

struct args {
    bool full, accounts, queue;
    bool transactions, expand, owner_funds;
    bool binary, diff;
};

static err check_unsupported(struct call *c, const struct param *p, const struct json *v)
{
    if (v->b)
        return rpc_errorf(c, RPC_NOT_SUPPORTED, "Not supported field '%s's value 'true'", p->key);
    return OK;
}

static const struct param params[] = {
    PARAM_BOOL("full", struct args, full, .check = check_unsupported, .doc = "Must not be true"),
    PARAM_BOOL("accounts", struct args, accounts, .check = check_unsupported,
               .doc = "Must not be true"),
    PARAM_BOOL("owner_funds", struct args, owner_funds,
               .doc = "With expand: what makers of offers hold"),
    PARAM_BOOL("queue", struct args, queue, .check = check_unsupported,
               .doc = "Answered by a rippled"),
    PARAM_LEDGER,
    PARAM_BOOL("transactions", struct args, transactions,
               .doc = "Return the ledger's transactions"),
    PARAM_BOOL("expand", struct args, expand, .doc = "... whole, not only their hashes"),
    PARAM_BOOL("binary", struct args, binary, .doc = "Return bytes in hex"),
    PARAM_BOOL("diff", struct args, diff, .doc = "Return the objects that the ledger changed"),
    PARAM_END,
};

static struct txmeta_show show_of(const struct call *c)
{
    const struct ledger_header *h = view_header(c->view);
    return (struct txmeta_show){
        .api_version = c->api_version, .ledger_seq = h->seq, .close_time = h->close_time};
}

static void put_ctid(struct call *c, struct store_tx_pos pos, uint32_t network_id)
{
    char text[17];
    if (txmeta_ctid(pos.ledger_seq, pos.index, network_id, text))
        jw_kv_lit(c->w, "ctid", text);
}

static err put_tx_v1(struct call *c, const struct hashed_tx *t, const struct txmeta_show *show)
{
    struct tx_json_extra extra = {.hash = true};
    TRY(tx_json_put_members(c->w, t->tx, &t->hash, show, &extra));
    jw_key(c->w, "metaData");
    return txmeta_render_meta(c->w, t->tx->tx, t->tx->meta, show);
}

static err put_tx_v2(struct call *c, const struct hashed_tx *t, const struct txmeta_show *show)
{
    const struct ledger_header *h = view_header(c->view);
    call_put_ledger(c);
    tx_json_put_time_iso(c->w, h->close_time);
    call_put_hash(c, "hash", &t->hash);
    jw_key(c->w, "tx_json");
    TRY(tx_json_put_tx(c->w, t->tx, &t->hash, show, &(struct tx_json_extra){0}));
    jw_key(c->w, "meta");
    return txmeta_render_meta(c->w, t->tx->tx, t->tx->meta, show);
}

static void put_tx_binary(struct call *c, const struct hashed_tx *t)
{
    jw_key(c->w, c->api_version < 2 ? "meta" : "meta_blob");
    jw_hex(c->w, t->tx->meta);
    jw_kv_hex(c->w, "tx_blob", t->tx->tx);
    call_put_hash(c, "hash", &t->hash);
}

/* What the maker of an offer holds of what it gives, unless it issues that. */
static err put_owner_funds(struct call *c, struct funds *funds, struct slice tx)
{
    struct slice wire;
    struct account owner;
    struct amount gets, held;
    if (sto_tx_type(tx) != TX_OfferCreate || !sto_get(tx, FIELD_TakerGets, &wire) ||
        !sto_account(tx, FIELD_Account, &owner))
        return OK;
    TRY(amount_decode(wire, &gets));
    struct account issuer = funds_issuer(&gets.asset);
    if (gets.asset.kind != ASSET_XRP && account_eq(&owner, &issuer))
        return OK;
    TRY(funds_account_holds(funds, &owner, &gets.asset, false, &held));
    jw_key(c->w, "owner_funds");
    render_amount_value(c->w, &held);
    return OK;
}

/* The element's begin up to its ctid, as it was remembered or anew. */
static err put_tx_json(struct call *c, const struct hashed_tx *t, uint32_t network_id)
{
    struct txmeta_show show = show_of(c);
    struct tx_texts_key key = {t->tx->pos, FORM_EXPANDED | c->api_version, network_id,
                               tables_of(c->w)};
    struct slice text;
    if (tx_texts_get(c->server->texts, &key, &text)) {
        jw_raw(c->w, text);
        return OK;
    }
    size_t start = c->w->out->n + c->w->comma;
    jw_obj_begin(c->w);
    TRY(c->api_version < 2 ? put_tx_v1(c, t, &show) : put_tx_v2(c, t, &show));
    put_ctid(c, t->tx->pos, network_id);
    tx_texts_put(c->server->texts, &key, slice_from(buf_slice(c->w->out), start));
    return OK;
}

static err put_tx(struct call *c, const struct args *args, struct funds *funds, uint32_t network_id,
                  const struct hashed_tx *t)
{
    if (args->binary) {
        jw_obj_begin(c->w);
        put_tx_binary(c, t);
        put_ctid(c, t->tx->pos, network_id);
    } else {
        TRY(put_tx_json(c, t, network_id));
    }
    if (args->owner_funds)
        TRY(put_owner_funds(c, funds, t->tx->tx));
    jw_obj_end(c->w);
    return OK;
}

static err put_hashes(struct call *c)
{
    struct store_txs_query query = {
        .first = view_seq(c->view), .last = view_seq(c->view), .hashes_only = true};
    struct store_tx *txs;
    size_t n = 0;
    err e = store_ledger_txs(view_store(c->view), &query, c->arena, &txs, &n);
    if (e.code != ERR_NOT_FOUND)
        TRY(e);
    for (size_t i = 0; i < n; i++)
        jw_hex(c->w, hash256_slice(&txs[i].hash));
    return OK;
}

static err put_expanded(struct call *c, const struct args *args)
{
    struct hashed_tx *txs;
    size_t n = 0;
    uint32_t network_id;
    struct funds funds = funds_of(c->view, c->arena);
    if (!rpc_server_network_id(c->server, &network_id))
        network_id = UINT32_MAX; /* no ctid then; as an id it is too large for one */
    TRY(hashed_txs_read(c, &txs, &n));
    tx_texts_begin(c->server->texts, c->request->begun_ns);
    for (size_t i = 0; i < n; i++) {
        TRY(put_tx(c, args, &funds, network_id, &txs[i]));
        TRY(call_breathe(c));
    }
    return OK;
}

static err put_txs(struct call *c, const struct args *args)
{
    jw_key(c->w, "transactions");
    jw_arr_begin(c->w);
    TRY(args->expand ? put_expanded(c, args) : put_hashes(c));
    jw_arr_end(c->w);
    return OK;
}

static err put_changed(struct call *c, const struct args *args, const struct hash256 *key,
                       struct slice object)
{
    jw_obj_begin(c->w);
    jw_kv_hex(c->w, "object_id", hash256_slice(key));
    jw_key(c->w, "object");
    if (object.n == 0)
        jw_ascii(c->w, "", 0);
    else if (args->binary)
        jw_hex(c->w, object);
    else
        TRY(render_entry(c->w, object, key));
    jw_obj_end(c->w);
    return OK;
}

static err put_some_changed(struct call *c, const struct args *args, const struct hash256 *keys,
                            size_t n)
{
    struct slice objects[DIFF_CHUNK];
    TRY(view_get_many(c->view, keys, n, c->arena, objects));
    for (size_t i = 0; i < n; i++) {
        TRY(put_changed(c, args, &keys[i], objects[i]));
        TRY(call_breathe(c));
    }
    return OK;
}

static err put_diff(struct call *c, const struct args *args)
{
    struct hash256 *keys;
    size_t n = 0;
    TRY(store_diff(view_store(c->view), view_seq(c->view), c->arena, &keys, &n));
    jw_key(c->w, "diff");
    jw_arr_begin(c->w);
    for (size_t i = 0; i < n; i += DIFF_CHUNK) {
        struct arena_pos pos = arena_mark(c->arena);
        TRY(put_some_changed(c, args, keys + i, MIN(n - i, (size_t)DIFF_CHUNK)));
        arena_rewind(c->arena, pos);
    }
    jw_arr_end(c->w);
    return OK;
}

static err run(struct call *c)
{
    struct args *args = c->args;
    TRY(call_open_ledger(c));
    call_put_ledger(c);
    jw_key(c->w, "ledger");
    jw_obj_begin(c->w);
    header_json_put(c->w, view_header(c->view), c->api_version, args->binary);
    if (args->transactions)
        TRY(put_txs(c, args));
    if (args->diff)
        TRY(put_diff(c, args));
    jw_obj_end(c->w);
    return OK;
}

const struct method ledger_method = {
    .name = "ledger",
    .params = params,
    .args_bytes = sizeof(struct args),
    .deprecated = (const char *const[]){"full", "accounts", "ledger", "type", NULL},
    .run = run,
    .doc = "A ledger's header, transactions and changes.",
};
