/* SPDX-License-Identifier: Apache-2.0 */
/* account_tx: the transactions that touched an account (rpc-a 11). */
#include "base/bits.h"
#include "base/mem.h"
#include "rpc/method.h"
#include "rpc/rpc_server.h"
#include "rpc/tx_json.h"
#include "xrpl/digest.h"
#include "xrpl/render.h"

/* Greater than any transaction index. */
#define INDEX_END INT32_MAX
/* Rows a step: bounds memory and the time between breaths. */
#define STEP_ROWS 64

struct args {
    struct param_account account;
    struct param_i32 min, max;
    struct param_text ctid;
    struct param_u32 limit;
    const struct json *marker;
    struct param_u32 marker_ledger, marker_seq;
    struct param_text tx_type;
    int type; /* -1 = any */
    bool binary, forward;
};

static err check_tx_type(struct call *c, const struct param *p, const struct json *v)
{
    struct args *args = c->args;
    args->type = render_tx_type_by_name(v->s);
    if (args->type < 0)
        return rpc_error(c, RPC_INVALID_PARAMS, "Invalid field 'tx_type'.");
    return OK;
}

static const struct param marker[] = {
    PARAM_U32("ledger", struct args, marker_ledger, .required = true),
    PARAM_U32("seq", struct args, marker_seq, .required = true),
    PARAM_END,
};

static const struct param params[] = {
    PARAM_ACCOUNT("account", struct args, account, .required = true,
                  .doc = "Address or public key of the account"),
    PARAM_LEDGER,
    PARAM_I32("ledger_index_min", struct args, min,
              .doc = "Oldest ledger to look at; -1 = the oldest held"),
    PARAM_I32("ledger_index_max", struct args, max,
              .doc = "Newest ledger to look at; -1 = the newest"),
    PARAM_STRING("ctid", struct args, ctid, .doc = "Accepted, without effect"),
    PARAM_LIMIT("limit", struct args, limit, 1, 200, 1000, .doc = "Transactions to look at"),
    PARAM_ANY("marker", struct args, marker),
    PARAM_OBJECT("marker", marker, .wrong_type = {RPC_INVALID_PARAMS, "invalidMarker"},
                 .doc = "Where the page before this one ended"),
    PARAM_STRING("tx_type", struct args, tx_type, .check = check_tx_type,
                 .doc = "Only transactions of this type"),
    PARAM_LOOSE_BOOL("binary", struct args, binary, .until = 1, .doc = "Return the bytes in hex"),
    PARAM_BOOL("binary", struct args, binary, .since = 2, .doc = "Return the bytes in hex"),
    PARAM_LOOSE_BOOL("forward", struct args, forward, .until = 1, .doc = "Oldest first"),
    PARAM_BOOL("forward", struct args, forward, .since = 2, .doc = "Oldest first"),
    PARAM_END,
};

/* What is being read, and how far it got. */
struct scan {
    uint32_t low, high;       /* ledgers */
    struct store_tx_pos from; /* rows strictly behind this one, in reading order */
    bool forward;
    uint32_t left;   /* rows to read */
    bool left_range; /* a row behind the range was met */
    bool more;       /* the limit was reached before the rows ended */
    uint32_t network_id;
    struct tx_json_ledger ledger;
};

static bool is_given(const struct param_i32 *p)
{
    return p->set && p->v != -1;
}

/* Negative numbers become huge, as in the reference. */
static err narrow(struct call *c, const struct args *args, struct scan *s)
{
    uint32_t first = s->low, last = s->high;
    uint32_t min = (uint32_t)args->min.v, max = (uint32_t)args->max.v;
    bool strict = c->api_version >= 2;
    if (is_given(&args->min)) {
        if (strict && (min > last || min < first))
            return rpc_error(c, RPC_LGR_IDX_MALFORMED, "ledgerSeqMinOutOfRange");
        s->low = MAX(s->low, min);
    }
    if (is_given(&args->max)) {
        if (strict && (max > last || max < first))
            return rpc_error(c, RPC_LGR_IDX_MALFORMED, "ledgerSeqMaxOutOfRange");
        s->high = MIN(s->high, max);
    }
    if (s->low > s->high)
        return rpc_error(c, strict ? RPC_INVALID_LGR_RANGE : RPC_LGR_IDXS_INVALID, NULL);
    return OK;
}

static err select_ledgers(struct call *c, const struct args *args, struct scan *s)
{
    if (!ledgers_range(c->ledgers, &s->low, &s->high))
        return rpc_error(c, RPC_NOT_READY, NULL);
    TRY(narrow(c, args, s));
    if (!c->ledger.hash_given && !c->ledger.index_given)
        return OK;
    if (is_given(&args->min) || is_given(&args->max)) {
        if (c->api_version >= 2)
            return rpc_error(c, RPC_INVALID_PARAMS, "containsLedgerSpecifierAndRange");
        return OK;
    }
    TRY(call_open_ledger(c));
    s->low = s->high = view_seq(c->view);
    return OK;
}

static void start_at(const struct args *args, struct scan *s)
{
    if (args->marker)
        s->from = (struct store_tx_pos){args->marker_ledger.v, args->marker_seq.v};
    else if (s->forward)
        s->from = (struct store_tx_pos){s->low - 1, INDEX_END};
    else
        s->from = (struct store_tx_pos){s->high, INDEX_END};
}

static err read_rows(struct call *c, const struct args *args, struct scan *s, uint32_t n,
                     struct store_tx_pos *ret, size_t *ret_n)
{
    uint8_t from[8];
    bits_store32(from, s->from.ledger_seq);
    bits_store32(from + 4, s->from.index);
    struct store_scan scan = {.index = STORE_INDEX_ACCOUNT_TX,
                              .prefix = slice_of(args->account.v.b, 20),
                              .from = slice_of(from, sizeof from),
                              .backward = !s->forward,
                              .limit = n};
    struct store_entry *rows;
    size_t n_rows;
    TRY(store_scan(ledgers_store(c->ledgers), &scan, c->arena, &rows, &n_rows));
    for (size_t i = 0; i < n_rows; i++) {
        if (rows[i].suffix.n != 8)
            return FAIL(ERR_CORRUPT, "rpc: a row of the account index has %zu bytes",
                        rows[i].suffix.n);
        ret[i] =
            (struct store_tx_pos){bits_load32(rows[i].suffix.p), bits_load32(rows[i].suffix.p + 4)};
    }
    *ret_n = n_rows;
    return OK;
}

/* Rows before the range are skipped, the first one behind it ends the reading. */
static size_t in_range(struct scan *s, struct store_tx_pos *rows, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n && !s->left_range; i++) {
        uint32_t seq = rows[i].ledger_seq;
        s->left_range = s->forward ? seq > s->high : seq < s->low;
        if (!s->left_range && (s->forward || seq <= s->high))
            rows[kept++] = rows[i];
    }
    return kept;
}

static void put_binary(struct call *c, const struct store_tx *tx)
{
    jw_key(c->w, c->api_version < 2 ? "meta" : "meta_blob");
    jw_hex(c->w, tx->meta);
    jw_kv_hex(c->w, "tx_blob", tx->tx);
    jw_kv_u64(c->w, "ledger_index", tx->pos.ledger_seq);
}

static err put_json(struct call *c, const struct store_tx *tx, struct scan *s)
{
    bool v1 = c->api_version < 2;
    struct hash256 hash = digest_tx_id(tx->tx);
    TRY(tx_json_ledger_at(c, tx->pos.ledger_seq, &s->ledger));
    struct txmeta_show show = {.api_version = c->api_version,
                               .ledger_seq = tx->pos.ledger_seq,
                               .close_time = s->ledger.close_time,
                               .nft_synthetic = true};
    struct tx_json_extra inside = {.hash = v1,
                                   .ctid = true,
                                   .network_id = s->network_id,
                                   .date = true,
                                   .ledger_index = true,
                                   .in_ledger = v1};
    jw_key(c->w, "meta");
    TRY(txmeta_render_meta(c->w, tx->tx, tx->meta, &show));
    jw_key(c->w, v1 ? "tx" : "tx_json");
    TRY(tx_json_put_tx(c->w, tx, &hash, &show, &inside));
    if (v1)
        return OK;
    jw_kv_u64(c->w, "ledger_index", tx->pos.ledger_seq);
    call_put_hash(c, "hash", &hash);
    tx_json_put_ledger(c->w, &s->ledger);
    return OK;
}

static err put_txs(struct call *c, const struct args *args, struct scan *s,
                   const struct store_tx_pos *rows, size_t n)
{
    struct store_tx *txs;
    if (n == 0)
        return OK;
    TRY(store_txs_get(ledgers_store(c->ledgers), rows, n, c->arena, &txs, &n));
    for (size_t i = 0; i < n; i++) {
        if (args->tx_type.set && sto_tx_type(txs[i].tx) != args->type)
            continue;
        jw_obj_begin(c->w);
        if (args->binary)
            put_binary(c, &txs[i]);
        else
            TRY(put_json(c, &txs[i], s));
        jw_kv_bool(c->w, "validated", true);
        jw_obj_end(c->w);
        TRY(call_breathe(c));
    }
    return OK;
}

/* Read and show some rows; the rest of the call goes on behind them. */
static err step(struct call *c, const struct args *args, struct scan *s)
{
    struct store_tx_pos rows[STEP_ROWS];
    uint32_t want = MIN(s->left, (uint32_t)STEP_ROWS);
    size_t n = 0;
    struct arena_pos pos = arena_mark(c->arena);
    TRY(read_rows(c, args, s, want, rows, &n));
    if (n)
        s->from = rows[n - 1];
    s->left -= (uint32_t)n;
    s->more = n == want && s->left == 0;
    TRY(put_txs(c, args, s, rows, in_range(s, rows, n)));
    arena_rewind(c->arena, pos);
    if (n < want)
        s->left = 0;
    return OK;
}

static void put_tail(struct call *c, const struct args *args, const struct scan *s)
{
    call_put_account(c, "account", &args->account.v);
    jw_kv_u64(c->w, "ledger_index_min", s->low);
    jw_kv_u64(c->w, "ledger_index_max", s->high);
    jw_kv_bool(c->w, "validated", true);
    if (args->limit.set)
        jw_kv_u64(c->w, "limit", args->limit.v);
    if (!s->more || s->left_range)
        return;
    jw_key(c->w, "marker");
    jw_obj_begin(c->w);
    jw_kv_u64(c->w, "ledger", s->from.ledger_seq);
    jw_kv_u64(c->w, "seq", s->from.index);
    jw_obj_end(c->w);
}

static err run(struct call *c)
{
    struct args *args = c->args;
    struct scan s = {.forward = args->forward, .left = args->limit.v};
    TRY(select_ledgers(c, args, &s));
    start_at(args, &s);
    if (!rpc_server_network_id(c->server, &s.network_id))
        s.network_id = 0;
    jw_key(c->w, "transactions");
    jw_arr_begin(c->w);
    while (s.left > 0 && !s.left_range)
        TRY(step(c, args, &s));
    jw_arr_end(c->w);
    put_tail(c, args, &s);
    return OK;
}

const struct method account_tx_method = {
    .name = "account_tx",
    .params = params,
    .args_bytes = sizeof(struct args),
    .run = run,
    .doc = "The transactions that touched an account.",
};
