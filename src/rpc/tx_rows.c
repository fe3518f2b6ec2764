/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/tx_rows.h"

#include "base/bits.h"
#include "base/mem.h"
#include "rpc/rpc_request.h"
#include "rpc/server_impl.h"
#include "xrpl/digest.h"
#include "xrpl/tables.h"

/* Greater than any transaction index. */
#define INDEX_END INT32_MAX
/* Rows a step: bounds memory and the time between breaths. */
#define STEP_ROWS 256u
/* Rows that a search for a type looks at between two breaths. */
#define LOOK_ROWS 65536u
/* Rows that one page looks at in all: a filter that nothing passes ends here, with a marker. One
 * that must be read counts as READ_ROWS. */
#define MAX_LOOKED_AT 1000000u
#define READ_ROWS 10u

void tx_rows_start(struct tx_rows *r, const struct store_tx_pos *after)
{
    bool ahead = !after || (r->forward ? after->ledger_seq < r->low : after->ledger_seq > r->high);
    r->inclusive = ahead && r->forward;
    if (!ahead)
        r->from = *after;
    else if (r->forward)
        r->from = (struct store_tx_pos){r->low, 0};
    else
        r->from = (struct store_tx_pos){r->high, INDEX_END};
}

err tx_rows_check_index(struct call *c, const struct tx_rows *r)
{
    struct store_range lack;
    size_t n;
    TRY(store_index_lack(ledgers_store(c->ledgers), r->index, &lack, &n));
    if (n == 0 || lack.first > r->high || lack.last < r->low)
        return OK;
    return rpc_errorf(c, RPC_NOT_READY,
                      "The index of older ledgers is still being built: ledgers %u to %u are left.",
                      lack.first, lack.last);
}

/* n rows from where `r` stands; `from` must stay as long as the scan. */
static struct store_scan scan_from(const struct tx_rows *r, uint32_t n, uint8_t from[8])
{
    bits_store32(from, r->from.ledger_seq);
    bits_store32(from + 4, r->from.index);
    return (struct store_scan){.index = r->index,
                               .prefix = r->prefix,
                               .from = slice_of(from, 8),
                               .inclusive = r->inclusive,
                               .backward = !r->forward,
                               .limit = n};
}

static err read_rows(struct call *c, const struct tx_rows *r, uint32_t n,
                     struct store_tx_locator *ret, size_t *ret_n)
{
    uint8_t from[8];
    struct store_scan scan = scan_from(r, n, from);
    struct store_rows rows;
    TRY(store_scan(ledgers_store(c->ledgers), &scan, c->arena, &rows));
    for (size_t i = 0; i < rows.n; i++)
        TRY(store_tx_locator_of(&rows.rows[i], &ret[i]));
    *ret_n = rows.n;
    return OK;
}

/* How many rows stand before the first one behind the span. */
static size_t in_span(const struct tx_rows *r, const struct store_tx_locator *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (r->forward ? rows[i].pos.ledger_seq > r->high : rows[i].pos.ledger_seq < r->low)
            return i;
    return n;
}

/* --- texts remembered --- */

/* How an element of a list is written, as a number; other replies have other numbers. */
#define FORM_ROW 0x100u

/* False for what is not remembered: bytes in hex are quickly written, and who the other party is
 * depends on who asks. */
static bool text_key(struct call *c, const struct tx_rows_show *show, struct store_tx_pos pos,
                     struct tx_texts_key *ret)
{
    if (!show || show->binary || show->party_key)
        return false;
    uint32_t form = FORM_ROW | c->api_version << 4 | show->nft_synthetic << 2 |
                    show->in_ledger << 1 | show->ctid;
    *ret = (struct tx_texts_key){pos, form, show->network_id, tables_of(c->w)};
    return true;
}

static bool find_text(struct call *c, const struct tx_rows *r, struct store_tx_pos pos,
                      struct slice *ret)
{
    struct tx_texts_key key;
    return !r->passes && text_key(c, r->show, pos, &key) &&
           tx_texts_get(c->server->texts, &key, ret);
}

/* Read those of which no text is remembered; the others stay empty. */
static err read_txs(struct call *c, const struct tx_rows *r, const struct store_tx_locator *rows,
                    size_t n, struct store_tx *ret)
{
    struct store_tx_locator *wanted = arena_array(c->arena, struct store_tx_locator, n);
    struct store_tx *read = arena_array(c->arena, struct store_tx, n);
    struct slice text;
    size_t n_wanted = 0;
    for (size_t i = 0; i < n; i++) {
        ret[i] = (struct store_tx){.pos = rows[i].pos};
        if (!find_text(c, r, rows[i].pos, &text))
            wanted[n_wanted++] = rows[i];
    }
    if (n_wanted > 0)
        TRY(store_txs_get(ledgers_store(c->ledgers), wanted, n_wanted, c->arena, read));
    for (size_t i = 0, k = 0; i < n && k < n_wanted; i++)
        if (rows[i].pos.ledger_seq == wanted[k].pos.ledger_seq &&
            rows[i].pos.index == wanted[k].pos.index)
            ret[i] = read[k++];
    return OK;
}

/* One that passed: its text, which takes next to no time, or what fn makes of it. */
static err put_row(struct call *c, const struct tx_rows *r, const struct store_tx_locator *row,
                   struct store_tx *tx, tx_rows_fn fn, void *arg)
{
    struct slice text;
    if (tx->tx.n == 0 && find_text(c, r, row->pos, &text)) {
        jw_raw(c->w, text);
        return OK;
    }
    if (tx->tx.n == 0) /* the text was forgotten in the meantime */
        TRY(store_txs_get(ledgers_store(c->ledgers), row, 1, c->arena, tx));
    TRY(fn(c, arg, tx));
    return call_breathe(c);
}

/* --- rows --- */

/* Hand out rows until one passes that there is no place for: r->more. r->from is the last row
 * before that one. */
static err hand_out(struct call *c, struct tx_rows *r, const struct store_tx_locator *rows,
                    size_t n, tx_rows_fn fn, void *arg)
{
    struct store_tx *txs = arena_array(c->arena, struct store_tx, n);
    TRY(read_txs(c, r, rows, n, txs));
    for (size_t i = 0; i < n; i++) {
        bool passes = !r->passes || r->passes(arg, &txs[i]);
        r->more = passes && r->left == 0;
        if (r->more)
            return OK;
        r->from = rows[i].pos;
        if (passes) {
            r->left--;
            r->n_out++;
            TRY(put_row(c, r, &rows[i], &txs[i], fn, arg));
        } else {
            TRY(call_breathe(c));
        }
    }
    return OK;
}

/* In portions, so that memory is bounded and little is read in vain. */
static err each_of(struct call *c, struct tx_rows *r, const struct store_tx_locator *rows, size_t n,
                   tx_rows_fn fn, void *arg)
{
    while (n > 0 && !r->more) {
        if (r->left == 0 && !r->passes) {
            r->more = true;
            return OK;
        }
        struct arena_pos pos = arena_mark(c->arena);
        uint32_t most = r->passes ? STEP_ROWS : MIN(r->left, STEP_ROWS);
        size_t portion = MIN(n, (size_t)most);
        TRY(hand_out(c, r, rows, portion, fn, arg));
        arena_rewind(c->arena, pos);
        rows += portion;
        n -= portion;
    }
    return OK;
}

/* Read some rows and hand out what passes. One row more than wanted tells whether there is a rest:
 * *ret_rest. */
static err step(struct call *c, struct tx_rows *r, tx_rows_fn fn, void *arg, uint32_t *n_looked_at,
                bool *ret_rest)
{
    uint32_t want = r->passes ? STEP_ROWS : MIN(r->left, STEP_ROWS);
    size_t n = 0;
    struct store_tx_locator *rows = arena_array(c->arena, struct store_tx_locator, want + 1);
    TRY(read_rows(c, r, want + 1, rows, &n));
    n = in_span(r, rows, n);
    *ret_rest = n > want;
    n = MIN(n, (size_t)want);
    *n_looked_at += (uint32_t)n * READ_ROWS;
    TRY(each_of(c, r, rows, n, fn, arg));
    if (!r->more && n)
        r->from = rows[n - 1].pos;
    return OK;
}

/* The same for rows of a type: the store passes over the others. */
static err typed_step(struct call *c, struct tx_rows *r, tx_rows_fn fn, void *arg,
                      uint32_t *n_looked_at, bool *ret_rest)
{
    uint8_t from[8];
    struct store_typed_scan scan = {
        .scan = scan_from(r, r->passes ? STEP_ROWS : MIN(r->left + 1, STEP_ROWS), from),
        .type = (uint16_t)(r->type - 1),
        .last_ledger = r->forward ? r->high : r->low,
        .look = MIN(LOOK_ROWS, MAX_LOOKED_AT - *n_looked_at)};
    struct store_typed_rows found;
    TRY(store_scan_typed(ledgers_store(c->ledgers), &scan, c->arena, &found));
    *ret_rest = !found.at_end;
    *n_looked_at += found.n_looked + (r->passes ? (uint32_t)found.n * READ_ROWS : 0);
    TRY(each_of(c, r, found.at, found.n, fn, arg));
    if (!r->more && found.n_looked)
        r->from = found.last;
    return OK;
}

/* With a filter it goes on when the page is full, until something passes: only then there is more.
 */
err tx_rows_each(struct call *c, struct tx_rows *r, tx_rows_fn fn, void *arg)
{
    uint32_t n_looked_at = 0;
    bool rest = true, is_filtered = r->type || r->passes;
    r->more = false;
    if (r->show)
        tx_texts_begin(c->server->texts, c->request->begun_ns);
    while (rest && !r->more && (r->left > 0 || is_filtered) && n_looked_at < MAX_LOOKED_AT) {
        struct arena_pos pos = arena_mark(c->arena);
        TRY((r->type ? typed_step : step)(c, r, fn, arg, &n_looked_at, &rest));
        r->inclusive = false;
        arena_rewind(c->arena, pos);
        TRY(call_breathe(c));
    }
    r->more |= rest;
    return OK;
}

static err put_binary(struct call *c, struct tx_rows_show *show, const struct store_tx *tx)
{
    jw_key(c->w, c->api_version < 2 ? "meta" : "meta_blob");
    jw_hex(c->w, tx->meta);
    jw_kv_hex(c->w, "tx_blob", tx->tx);
    jw_kv_u64(c->w, "ledger_index", tx->pos.ledger_seq);
    if (!show->binary_date)
        return OK;
    TRY(tx_json_ledger_at(c, tx->pos.ledger_seq, &show->ledger));
    jw_kv_u64(c->w, "date", show->ledger.close_time);
    return OK;
}

static err put_json(struct call *c, struct tx_rows_show *show, const struct store_tx *tx)
{
    bool v1 = c->api_version < 2;
    struct hash256 hash = store_tx_hash(tx);
    TRY(tx_json_ledger_at(c, tx->pos.ledger_seq, &show->ledger));
    struct txmeta_show how = {.api_version = c->api_version,
                              .ledger_seq = tx->pos.ledger_seq,
                              .close_time = show->ledger.close_time,
                              .nft_synthetic = show->nft_synthetic};
    struct tx_json_extra inside = {.hash = v1,
                                   .ctid = show->ctid,
                                   .network_id = show->network_id,
                                   .date = true,
                                   .ledger_index = true,
                                   .in_ledger = v1 && show->in_ledger};
    jw_key(c->w, "meta");
    TRY(txmeta_render_meta(c->w, tx->tx, tx->meta, &how));
    jw_key(c->w, v1 ? "tx" : "tx_json");
    TRY(tx_json_put_tx(c->w, tx, &hash, &how, &inside));
    if (v1)
        return OK;
    jw_kv_u64(c->w, "ledger_index", tx->pos.ledger_seq);
    call_put_hash(c, "hash", &hash);
    tx_json_put_ledger(c->w, &show->ledger);
    return OK;
}

err tx_rows_put(struct call *c, struct tx_rows_show *show, const struct store_tx *tx)
{
    struct tx_texts_key key;
    size_t start = c->w->out->n + c->w->comma;
    jw_obj_begin(c->w);
    TRY(show->binary ? put_binary(c, show, tx) : put_json(c, show, tx));
    if (!show->binary && show->party_key)
        call_put_account(c, show->party_key, &show->party);
    jw_kv_bool(c->w, "validated", true);
    jw_obj_end(c->w);
    if (show->ledger.known && text_key(c, show, tx->pos, &key))
        tx_texts_put(c->server->texts, &key, slice_from(buf_slice(c->w->out), start));
    return OK;
}

void tx_rows_put_marker(struct call *c, struct store_tx_pos pos)
{
    jw_key(c->w, "marker");
    jw_obj_begin(c->w);
    jw_kv_u64(c->w, "ledger", pos.ledger_seq);
    jw_kv_u64(c->w, "seq", pos.index);
    jw_obj_end(c->w);
}
