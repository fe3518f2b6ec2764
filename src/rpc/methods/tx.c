/* SPDX-License-Identifier: Apache-2.0 */
/* tx: a transaction by its hash or its concise identifier (rpc-b A.15). */
#include "rpc/method.h"
#include "rpc/rpc_server.h"
#include "rpc/tx_json.h"
#include "xrpl/digest.h"

#include "base/bits.h"
#include "base/hex.h"

#define MAX_LEDGER_SPAN 1000

struct args {
    struct param_hash256 transaction;
    struct param_u32 min_ledger, max_ledger;
    struct param_text ctid;
    bool binary;
};

static const struct param params[] = {
    PARAM_HASH256("transaction", struct args, transaction, .doc = "Hash of the transaction"),
    PARAM_U32("min_ledger", struct args, min_ledger,
              .doc = "With max_ledger: tell whether these ledgers are held"),
    PARAM_U32("max_ledger", struct args, max_ledger, .doc = "See min_ledger"),
    PARAM_STRING("ctid", struct args, ctid, .doc = "Concise identifier of the transaction"),
    PARAM_LOOSE_BOOL("binary", struct args, binary, .until = 1, .doc = "Return the bytes in hex"),
    PARAM_BOOL("binary", struct args, binary, .since = 2, .doc = "Return the bytes in hex"),
    PARAM_END,
};

/* The transaction, and what is known of its surroundings. */
struct found {
    struct store_tx tx;
    struct hash256 hash;
    struct tx_json_ledger ledger;
    bool has_network;
    uint32_t network_id;
};

static err check_span(struct call *c, const struct args *args)
{
    if (!args->min_ledger.set || !args->max_ledger.set)
        return OK;
    if (args->min_ledger.v > args->max_ledger.v)
        return rpc_error(c, RPC_INVALID_LGR_RANGE, NULL);
    if (args->max_ledger.v - args->min_ledger.v > MAX_LEDGER_SPAN)
        return rpc_error(c, RPC_EXCESSIVE_LGR_RANGE, NULL);
    return OK;
}

static err not_found(struct call *c, const struct args *args)
{
    uint32_t first, last;
    const char *extra = NULL;
    if (args->min_ledger.set && args->max_ledger.set) {
        bool all = ledgers_range(c->ledgers, &first, &last) && last >= args->max_ledger.v &&
                   first <= args->min_ledger.v;
        extra = all ? "\"searched_all\":true" : "\"searched_all\":false";
    }
    c->fault = (struct call_fault){.code = RPC_TXN_NOT_FOUND, .extra = extra};
    return (err){ERR_INVALID};
}

/* "C" ledger(28 bits) index(16) network(16), in hex. */
struct ctid {
    struct store_tx_pos pos;
    uint16_t network_id;
};

static bool ctid_parse(struct slice text, struct ctid *ret)
{
    uint8_t b[8];
    if (text.n != 16 || !hex_decode(text, b, sizeof b) || b[0] >> 4 != 0xC)
        return false;
    ret->pos = (struct store_tx_pos){bits_load32(b) & 0x0FFFFFFF, bits_load16(b + 4)};
    ret->network_id = bits_load16(b + 6);
    return true;
}

/* The position may be made up. */
static err find_at(struct call *c, struct store_tx_pos pos, struct store_tx *ret)
{
    struct store_txs_query one = {
        .first = pos.ledger_seq, .last = pos.ledger_seq, .indexes = &pos.index, .n_indexes = 1};
    struct store_tx *txs;
    size_t n;
    TRY(store_ledger_txs(ledgers_store(c->ledgers), &one, c->arena, &txs, &n));
    if (n == 0)
        return (err){ERR_NOT_FOUND};
    *ret = txs[0];
    return OK;
}

static err find_by_ctid(struct call *c, const struct args *args, struct found *f)
{
    struct ctid ctid;
    if (!ctid_parse(args->ctid.v, &ctid))
        return rpc_error(c, RPC_INVALID_PARAMS, NULL);
    if (f->has_network && f->network_id != ctid.network_id)
        return rpc_errorf(
            c, RPC_WRONG_NETWORK,
            "Wrong network. You should submit this request to a node running on NetworkID: %u",
            ctid.network_id);
    TRY(find_at(c, ctid.pos, &f->tx));
    f->hash = store_tx_hash(&f->tx);
    return OK;
}

static err find_by_hash(struct call *c, const struct args *args, struct found *f)
{
    f->hash = args->transaction.v;
    return store_tx_find(ledgers_store(c->ledgers), &f->hash, c->arena, &f->tx);
}

static err find(struct call *c, const struct args *args, struct found *f)
{
    uint32_t first, last;
    f->has_network = rpc_server_network_id(c->server, &f->network_id);
    err e = args->ctid.set ? find_by_ctid(c, args, f) : find_by_hash(c, args, f);
    if (e.code == ERR_NOT_FOUND)
        return not_found(c, args);
    TRY(e);
    /* what is stored but not yet published does not exist for clients */
    if (!ledgers_range(c->ledgers, &first, &last) || f->tx.pos.ledger_seq > last)
        return not_found(c, args);
    return tx_json_ledger_at(c, f->tx.pos.ledger_seq, &f->ledger);
}

static void put_ctid(struct call *c, const struct found *f)
{
    char text[17];
    if (f->has_network && txmeta_ctid(f->tx.pos.ledger_seq, f->tx.pos.index, f->network_id, text))
        jw_kv_lit(c->w, "ctid", text);
}

static err put_tx(struct call *c, const struct found *f)
{
    bool v1 = c->api_version < 2;
    struct txmeta_show show = {.api_version = c->api_version,
                               .ledger_seq = f->tx.pos.ledger_seq,
                               .close_time = f->ledger.close_time,
                               .nft_synthetic = true};
    if (v1) {
        TRY(tx_json_put_members(c->w, &f->tx, &f->hash, &show, &(struct tx_json_extra){0}));
    } else {
        struct tx_json_extra inside = {.ctid = f->has_network,
                                       .network_id = f->network_id,
                                       .date = true,
                                       .ledger_index = true};
        jw_key(c->w, "tx_json");
        TRY(tx_json_put_tx(c->w, &f->tx, &f->hash, &show, &inside));
    }
    jw_key(c->w, "meta");
    return txmeta_render_meta(c->w, f->tx.tx, f->tx.meta, &show);
}

static void put_blobs(struct call *c, const struct found *f)
{
    bool v1 = c->api_version < 2;
    jw_key(c->w, v1 ? "meta" : "meta_blob");
    jw_hex(c->w, f->tx.meta);
    jw_key(c->w, v1 ? "tx" : "tx_blob");
    jw_hex(c->w, f->tx.tx);
}

static err run(struct call *c)
{
    struct args *args = c->args;
    struct found f = {0};
    if (args->transaction.set == args->ctid.set)
        return rpc_error(c, RPC_INVALID_PARAMS, NULL);
    TRY(check_span(c, args));
    TRY(find(c, args, &f));
    if (args->binary)
        put_blobs(c, &f);
    else
        TRY(put_tx(c, &f));
    call_put_hash(c, "hash", &f.hash);
    put_ctid(c, &f);
    jw_kv_u64(c->w, "ledger_index", f.tx.pos.ledger_seq);
    if (c->api_version < 2) {
        jw_kv_u64(c->w, "date", f.ledger.close_time);
        jw_kv_u64(c->w, "inLedger", f.tx.pos.ledger_seq);
    } else {
        tx_json_put_ledger(c->w, &f.ledger);
    }
    jw_kv_bool(c->w, "validated", true);
    return OK;
}

const struct method tx_method = {
    .name = "tx",
    .params = params,
    .args_bytes = sizeof(struct args),
    .run = run,
    .doc = "A transaction, by its hash or its concise identifier.",
};
