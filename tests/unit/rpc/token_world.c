/* SPDX-License-Identifier: Apache-2.0 */
#include "token_world.h"

#include "base/bits.h"
#include "base/hex.h"
#include "base/mem.h"
#include "sto_build.h"
#include "store/store.h"
#include "test.h"
#include "xrpl/keylet.h"

#define ENTRY_NFT_OFFER 0x0037
#define ENTRY_DIRECTORY 0x0064
#define ENTRY_MPT_ISSUANCE 0x007E
#define ENTRY_MPTOKEN 0x007F
#define OFFERS_A_PAGE 6
#define MAX_ROWS 32

static struct account account_of_byte(uint8_t byte)
{
    struct account a;
    memset(a.b, byte, sizeof a.b);
    return a;
}

static struct slice keep(struct buf *b)
{
    fake_keep(b->p);
    return buf_slice(b);
}

static struct hash256 make_token(uint16_t flags, uint32_t taxon, uint32_t serial)
{
    struct hash256 id;
    bits_store16(id.b, flags);
    bits_store16(id.b + 2, 314);
    memset(id.b + 4, ALICE_BYTE, 20);
    bits_store32(id.b + 24, taxon ^ (384160001u * serial + 2459u));
    bits_store32(id.b + 28, serial);
    return id;
}

/* --- offers --- */

static void put_offer(struct token_world *t, const struct hash256 *key, bool sell, uint32_t nth)
{
    struct buf b = {0};
    struct account owner = account_of_byte(BOB_BYTE), alice = account_of_byte(ALICE_BYTE);
    struct amount amount = amount_drops(1000 + nth);
    if (sell) {
        struct asset eur = {.kind = ASSET_IOU, .issuer = alice};
        memcpy(eur.currency.b + 12, "EUR", 3);
        ASSERT_OK(amount_canonicalize(&eur, false, 25, -1, &amount));
    }
    sto_build_u16(&b, FIELD_LedgerEntryType, ENTRY_NFT_OFFER);
    sto_build_u32(&b, FIELD_Flags, sell);
    if (nth == 0 && !sell)
        sto_build_u32(&b, FIELD_Expiration, 900000000);
    sto_build_u64(&b, FIELD_NFTokenOfferNode, nth / OFFERS_A_PAGE);
    sto_build_field(&b, FIELD_NFTokenID, hash256_slice(&t->tokens[0]));
    sto_build_amount(&b, FIELD_Amount, &amount);
    sto_build_account(&b, FIELD_Owner, &owner);
    if (nth == 0 && !sell)
        sto_build_account(&b, FIELD_Destination, &alice);
    fake_put(t->w->ledgers, key, keep(&b), 10, 30);
}

static void put_page(struct token_world *t, const struct hash256 *root, uint64_t page,
                     const struct hash256 *keys, size_t n, uint64_t next)
{
    struct buf b = {0};
    struct hash256 key = keylet_dir_page(root, page);
    sto_build_u16(&b, FIELD_LedgerEntryType, ENTRY_DIRECTORY);
    sto_build_u32(&b, FIELD_Flags, 0);
    if (next)
        sto_build_u64(&b, FIELD_IndexNext, next);
    sto_build_field(&b, FIELD_Indexes, slice_of(keys, n * sizeof *keys));
    fake_put(t->w->ledgers, &key, keep(&b), 10, 30);
}

static void add_offers(struct token_world *t)
{
    struct account bob = account_of_byte(BOB_BYTE);
    struct hash256 buys = keylet_nft_buys(&t->tokens[0]), sells = keylet_nft_sells(&t->tokens[0]);
    struct hash256 sell = keylet_nft_offer(&bob, 9999);
    for (uint32_t i = 0; i < TOKEN_N_OFFERS; i++) {
        t->offers[i] = keylet_nft_offer(&bob, i);
        hex_encode(hash256_slice(&t->offers[i]), t->offer_hex[i]);
        put_offer(t, &t->offers[i], false, i);
    }
    for (uint32_t i = 0, page = 0; i < TOKEN_N_OFFERS; i += OFFERS_A_PAGE, page++)
        put_page(t, &buys, page, &t->offers[i], OFFERS_A_PAGE,
                 i + OFFERS_A_PAGE < TOKEN_N_OFFERS ? page + 1 : 0);
    put_offer(t, &sell, true, 0);
    put_page(t, &sells, 0, &sell, 1, 0);
}

/* --- MPT --- */

static void put_holding(struct token_world *t, const struct hash256 *issuance, uint8_t holder,
                        uint32_t flags, uint64_t amount, uint32_t to)
{
    struct buf b = {0};
    struct account a = account_of_byte(holder);
    struct hash256 key = keylet_mptoken(issuance, &a);
    sto_build_u16(&b, FIELD_LedgerEntryType, ENTRY_MPTOKEN);
    sto_build_u32(&b, FIELD_Flags, flags);
    if (amount)
        sto_build_u64(&b, FIELD_MPTAmount, amount);
    sto_build_account(&b, FIELD_Account, &a);
    fake_put(t->w->ledgers, &key, keep(&b), 10, to);
}

static struct mpt_id add_issuance(struct token_world *t)
{
    struct buf b = {0};
    struct account alice = account_of_byte(ALICE_BYTE);
    struct mpt_id id = keylet_mpt_id(1, &alice);
    struct hash256 key = keylet_mpt_issuance(&id);
    sto_build_u16(&b, FIELD_LedgerEntryType, ENTRY_MPT_ISSUANCE);
    sto_build_u32(&b, FIELD_Flags, 0);
    sto_build_u32(&b, FIELD_Sequence, 1);
    sto_build_account(&b, FIELD_Issuer, &alice);
    fake_put(t->w->ledgers, &key, keep(&b), 10, 30);
    put_holding(t, &key, 9, 0, 3, 12);
    put_holding(t, &key, BOB_BYTE, 0, 500, 30);
    put_holding(t, &key, 0xF0, 1, 0, 30);
    hex_encode(slice_of(id.b, sizeof id.b), t->issuance_hex);
    return id;
}

/* --- index rows --- */

struct rows {
    struct store_index_row v[MAX_ROWS];
    size_t n;
};

static struct slice bytes(struct slice head, const uint32_t *numbers, size_t n, struct slice tail)
{
    struct buf b = {0};
    buf_put_slice(&b, head);
    for (size_t i = 0; i < n; i++)
        buf_put_be32(&b, numbers[i]);
    buf_put_slice(&b, tail);
    return keep(&b);
}

static void add_row(struct rows *r, enum store_index index, struct slice prefix,
                    struct slice suffix, struct slice value)
{
    r->v[r->n++] = (struct store_index_row){index, prefix, suffix, value};
}

static struct slice number(uint32_t v)
{
    return bytes(SLICE_EMPTY, &v, 1, SLICE_EMPTY);
}

static void add_state(struct rows *r, const struct hash256 *token, uint32_t seq, uint8_t owner,
                      bool burned)
{
    struct account a = account_of_byte(owner);
    uint8_t flag = burned;
    struct slice value = bytes(slice_of(a.b, 20), NULL, 0, slice_of(&flag, 1));
    add_row(r, STORE_INDEX_NFT_STATE, hash256_slice(token), number(seq), value);
}

static void add_nft_rows(struct token_world *t, struct rows *r)
{
    static const uint32_t taxons[TOKEN_N] = {5, 7, 5};
    static const uint32_t touched[][2] = {{12, 0}, {12, 1}, {20, 0}, {30, 0}};
    static uint8_t value[STORE_TX_VALUE_BYTES];
    store_tx_value(&HASH256_ZERO, TX_Payment, value);
    struct account alice = account_of_byte(ALICE_BYTE);
    struct slice issuer = bytes(slice_of(alice.b, 20), NULL, 0, SLICE_EMPTY);
    struct slice first = hash256_slice(&t->tokens[0]);
    add_state(r, &t->tokens[0], 0, ALICE_BYTE, false);
    add_state(r, &t->tokens[0], 15, BOB_BYTE, false);
    add_state(r, &t->tokens[0], 25, BOB_BYTE, true);
    add_state(r, &t->tokens[1], 20, BOB_BYTE, false);
    add_state(r, &t->tokens[2], 28, ALICE_BYTE, false);
    add_row(r, STORE_INDEX_NFT_URI, first, number(0), SLICE_LIT("\xAB\x01"));
    add_row(r, STORE_INDEX_NFT_URI, first, number(28), SLICE_LIT("\xCD"));
    for (size_t i = 0; i < TOKEN_N; i++)
        add_row(r, STORE_INDEX_NFT_ISSUER, issuer,
                bytes(SLICE_EMPTY, &taxons[i], 1, hash256_slice(&t->tokens[i])), SLICE_EMPTY);
    for (size_t i = 0; i < ARRAY_LEN(touched); i++)
        add_row(r, STORE_INDEX_NFT_TX, first, bytes(SLICE_EMPTY, touched[i], 2, SLICE_EMPTY),
                slice_of(value, sizeof value));
}

static void add_holder_rows(const struct mpt_id *id, struct rows *r)
{
    static const uint8_t holders[] = {9, BOB_BYTE, 0xF0};
    for (size_t i = 0; i < ARRAY_LEN(holders); i++) {
        struct account a = account_of_byte(holders[i]);
        add_row(r, STORE_INDEX_MPT_HOLDER, bytes(slice_of(id->b, 24), NULL, 0, SLICE_EMPTY),
                bytes(slice_of(a.b, 20), NULL, 0, SLICE_EMPTY), SLICE_EMPTY);
    }
}

/* All rows come with a ledger that is stored and not yet served. */
static void write_rows(struct token_world *t, const struct rows *r)
{
    struct store_ledger next = {.header = {.seq = 31}, .index_rows = r->v, .n_index_rows = r->n};
    ASSERT_OK(store_write(t->w->store, &next, 1));
}

struct token_world *token_world_new(void)
{
    struct token_world *t = fake_keep(xcalloc(1, sizeof *t));
    struct rows rows = {.n = 0};
    t->w = small_world_new();
    t->tokens[0] = make_token(9, 5, 1);
    t->tokens[1] = make_token(8, 7, 2);
    t->tokens[2] = make_token(8, 5, 3);
    for (size_t i = 0; i < TOKEN_N; i++)
        hex_encode(hash256_slice(&t->tokens[i]), t->token_hex[i]);
    add_offers(t);
    struct mpt_id id = add_issuance(t);
    add_nft_rows(t, &rows);
    add_holder_rows(&id, &rows);
    write_rows(t, &rows);
    return t;
}
