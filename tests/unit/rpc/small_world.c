/* SPDX-License-Identifier: Apache-2.0 */
#include "small_world.h"

#include "base/bits.h"
#include "base/hex.h"
#include "base/mem.h"
#include "ledger/view.h"
#include "rt/clock.h"
#include "store/memory.h"
#include "test.h"
#include "xrpl/keylet.h"
#include "xrpl/sto.h"

#include <stdarg.h>

/* Bytes made by hand live until the test ends, whoever holds them. */
static void keep_bytes(struct buf *b)
{
    if (b->cap > 0)
        return;
    buf_grow(b, 4096);
    fake_keep(b->p);
}

static void put_header(struct buf *b, field_id id)
{
    keep_bytes(b);
    uint32_t type = id >> 16, nth = id & 0xFFFF;
    buf_put_u8(b, (uint8_t)((type < 16 ? type << 4 : 0) | (nth < 16 ? nth : 0)));
    if (type >= 16)
        buf_put_u8(b, (uint8_t)type);
    if (nth >= 16)
        buf_put_u8(b, (uint8_t)nth);
}

void small_world_u16(struct buf *b, field_id id, uint16_t v)
{
    put_header(b, id);
    buf_put_be16(b, v);
}

void small_world_u32(struct buf *b, field_id id, uint32_t v)
{
    put_header(b, id);
    buf_put_be32(b, v);
}

void small_world_field(struct buf *b, field_id id, struct slice value)
{
    uint32_t type = id >> 16;
    put_header(b, id);
    if (type == FIELD_TYPE_BLOB || type == FIELD_TYPE_ACCOUNT || type == FIELD_TYPE_VECTOR256) {
        ASSERT(value.n <= 12480);
        if (value.n <= 192)
            buf_put_u8(b, (uint8_t)value.n);
        else
            buf_put_be16(b, (uint16_t)(193 * 256 + value.n - 193));
    }
    buf_put_slice(b, value);
    if (type == FIELD_TYPE_OBJECT)
        buf_put_u8(b, 0xE1);
    if (type == FIELD_TYPE_ARRAY)
        buf_put_u8(b, 0xF1);
}

static struct account account_of_byte(uint8_t byte)
{
    struct account a;
    memset(a.b, byte, sizeof a.b);
    return a;
}

static void put_drops(struct buf *b, field_id id, uint64_t drops)
{
    uint8_t wire[8];
    bits_store64(wire, drops | 0x4000000000000000u);
    small_world_field(b, id, slice_of(wire, 8));
}

static void put_account(struct buf *b, field_id id, uint8_t byte)
{
    struct account a = account_of_byte(byte);
    small_world_field(b, id, slice_of(a.b, 20));
}

static void add_root(struct small_world *w, uint8_t byte, uint32_t flags, bool amm)
{
    struct buf b = {0};
    struct hash256 pool = {{0x77}};
    struct account a = account_of_byte(byte);
    struct hash256 key = keylet_account(&a);
    small_world_u16(&b, FIELD_LedgerEntryType, ENTRY_AccountRoot);
    small_world_u32(&b, FIELD_Flags, flags);
    small_world_u32(&b, FIELD_Sequence, 5);
    small_world_u32(&b, FIELD_OwnerCount, 1);
    if (amm)
        small_world_field(&b, FIELD_AMMID, hash256_slice(&pool));
    put_drops(&b, FIELD_Balance, 100000000);
    put_account(&b, FIELD_Account, byte);
    fake_put(w->ledgers, &key, buf_slice(&b), 10, 30);
}

static void add_offer(struct small_world *w)
{
    struct buf b = {0};
    struct account a = account_of_byte(ALICE_BYTE);
    struct hash256 key = keylet_offer(&a, 7);
    small_world_u16(&b, FIELD_LedgerEntryType, ENTRY_Offer);
    small_world_u32(&b, FIELD_Flags, 0);
    small_world_u32(&b, FIELD_Sequence, 7);
    put_account(&b, FIELD_Account, ALICE_BYTE);
    fake_put(w->ledgers, &key, buf_slice(&b), 15, 19);
}

static void add_singletons(struct small_world *w)
{
    struct buf fees = {0}, amendments = {0}, signers = {0};
    struct slice name = SLICE_LIT("Clawback"), later = SLICE_LIT("BatchV1_1"),
                 unheard = SLICE_LIT("NobodyKnowsThis");
    struct hash256 ids[] = {hash_sha512half(&name, 1), hash_sha512half(&later, 1),
                            hash_sha512half(&unheard, 1)};
    struct hash256 key = keylet_fees();
    struct account bob = account_of_byte(BOB_BYTE);
    small_world_u16(&fees, FIELD_LedgerEntryType, ENTRY_FeeSettings);
    put_drops(&fees, FIELD_BaseFeeDrops, 10);
    put_drops(&fees, FIELD_ReserveBaseDrops, 5000000);
    put_drops(&fees, FIELD_ReserveIncrementDrops, 1000000);
    fake_put(w->ledgers, &key, buf_slice(&fees), 10, 30);
    small_world_u16(&amendments, FIELD_LedgerEntryType, ENTRY_Amendments);
    small_world_field(&amendments, FIELD_Amendments, slice_of(ids, sizeof ids));
    key = keylet_amendments();
    fake_put(w->ledgers, &key, buf_slice(&amendments), 10, 30);
    small_world_u16(&signers, FIELD_LedgerEntryType, ENTRY_SignerList);
    small_world_u32(&signers, FIELD_SignerQuorum, 2);
    key = keylet_signer_list(&bob);
    fake_put(w->ledgers, &key, buf_slice(&signers), 10, 30);
}

static struct slice make_tx(uint16_t type, uint8_t from, uint8_t to, uint32_t sequence)
{
    struct buf b = {0};
    small_world_u16(&b, FIELD_TransactionType, type);
    small_world_u32(&b, FIELD_Sequence, sequence);
    if (type == TX_OfferCreate) {
        put_drops(&b, FIELD_TakerPays, 1);
        put_drops(&b, FIELD_TakerGets, 2);
    } else {
        put_drops(&b, FIELD_Amount, 1234);
    }
    put_drops(&b, FIELD_Fee, 10);
    put_account(&b, FIELD_Account, from);
    if (type == TX_Payment)
        put_account(&b, FIELD_Destination, to);
    return buf_slice(&b);
}

static struct slice make_meta(uint32_t index)
{
    struct buf b = {0};
    small_world_u32(&b, FIELD_TransactionIndex, index);
    small_world_field(&b, FIELD_AffectedNodes, SLICE_EMPTY);
    put_header(&b, FIELD_TransactionResult);
    buf_put_u8(&b, 0);
    return buf_slice(&b);
}

static struct ledger_header header_at(struct small_world *w, uint32_t seq)
{
    struct view *v = NULL;
    ASSERT_OK(view_open(w->ledgers, seq, &v));
    struct ledger_header h = *view_header(v);
    view_close(v);
    return h;
}

static void add_ledger(struct small_world *w, uint32_t seq, const struct store_tx *txs, size_t n)
{
    static const uint8_t both[2][20] = {{[0 ... 19] = ALICE_BYTE}, {[0 ... 19] = BOB_BYTE}};
    struct hash256 ids[2];
    struct store_index_row rows[4];
    uint8_t suffixes[2][8], values[2][STORE_TX_VALUE_BYTES];
    size_t n_rows = 0;
    for (size_t i = 0; i < n; i++) {
        ids[i] = digest_tx_id(txs[i].tx);
        bits_store32(suffixes[i], seq);
        bits_store32(suffixes[i] + 4, txs[i].pos.index);
        store_tx_value(&ids[i], sto_tx_type(txs[i].tx), values[i]);
        for (size_t k = 0; k < 2; k++)
            rows[n_rows++] =
                (struct store_index_row){.index = STORE_INDEX_ACCOUNT_TX,
                                         .prefix = slice_of(both[k], 20),
                                         .suffix = slice_of(suffixes[i], 8),
                                         .value = slice_of(values[i], sizeof values[i])};
    }
    struct store_ledger l = {.header = header_at(w, seq),
                             .txs = txs,
                             .tx_hashes = ids,
                             .n_txs = n,
                             .index_rows = rows,
                             .n_index_rows = n_rows};
    if (seq == 10) {
        ASSERT_OK(store_load_begin(w->store, seq, 1));
        ASSERT_OK(store_load_commit(w->store, &l));
    } else {
        ASSERT_OK(store_write(w->store, &l, 1));
    }
}

static void add_ledgers(struct small_world *w)
{
    struct store_tx first[2] = {
        {{12, 0}, make_tx(TX_Payment, ALICE_BYTE, BOB_BYTE, 1), make_meta(0)},
        {{12, 1}, make_tx(TX_OfferCreate, BOB_BYTE, 0, 2), make_meta(1)}};
    struct store_tx second = {{20, 0}, make_tx(TX_Payment, BOB_BYTE, ALICE_BYTE, 3), make_meta(0)};
    struct store_tx third = {{30, 0}, make_tx(TX_Payment, ALICE_BYTE, BOB_BYTE, 4), make_meta(0)};
    for (uint32_t seq = 10; seq <= 30; seq++) {
        const struct store_tx *txs = seq == 12   ? first
                                     : seq == 20 ? &second
                                     : seq == 30 ? &third
                                                 : NULL;
        add_ledger(w, seq, txs, seq == 12 ? 2 : txs != NULL);
    }
    const struct store_tx *all[4] = {&first[0], &first[1], &second, &third};
    for (size_t i = 0; i < 4; i++) {
        w->txs[i] = digest_tx_id(all[i]->tx);
        hex_encode(hash256_slice(&w->txs[i]), w->tx_hex[i]);
    }
}

static bool network_id(void *arg, uint32_t *ret)
{
    *ret = 21338;
    return true;
}

struct small_world *small_world_new(void)
{
    struct small_world *w = fake_keep(xcalloc(1, sizeof *w));
    struct account alice = account_of_byte(ALICE_BYTE), bob = account_of_byte(BOB_BYTE),
                   nobody = account_of_byte(9);
    w->ledgers = fake_ledgers_new(10, 30);
    w->store = memory_new();
    fake_set_store(w->ledgers, w->store);
    account_to_text(&alice, w->alice);
    account_to_text(&bob, w->bob);
    account_to_text(&nobody, w->nobody);
    add_root(w, ALICE_BYTE, 0x01000000, true);
    add_root(w, BOB_BYTE, 0x80800000, false);
    add_offer(w);
    add_singletons(w);
    add_ledgers(w);
    struct rpc_server_opts opts = {.ledgers = w->ledgers,
                                   .n_cores = 1,
                                   .version = "9.9",
                                   .protocol_version = "3.1",
                                   .network_id = network_id};
    w->server = rpc_server_new(&opts);
    w->http = fake_client(w->server, RPC_HTTP);
    w->ws = fake_client(w->server, RPC_WS);
    return w;
}

const char *small_world_ask(struct small_world *w, const char *method, const char *params_fmt, ...)
{
    struct buf text = {0};
    va_list ap;
    va_start(ap, params_fmt);
    buf_printf(&text, "{\"method\":\"%s\",\"params\":[{", method);
    buf_vprintf(&text, params_fmt, ap);
    buf_put_str(&text, "}]}");
    buf_put_u8(&text, 0);
    va_end(ap);
    return client_ask(&w->http, fake_keep(text.p));
}
