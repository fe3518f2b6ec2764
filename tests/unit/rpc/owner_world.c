/* SPDX-License-Identifier: Apache-2.0 */
#include "owner_world.h"

#include "base/arena.h"
#include "base/bits.h"
#include "test.h"
#include "xrpl/keylet.h"

/* The bytes, in memory that stays until the test ends. */
static struct slice kept(struct buf *b)
{
    static struct arena *memory;
    if (!memory)
        memory = arena_new(0);
    struct slice copy = arena_dup(memory, buf_slice(b));
    buf_deinit(b);
    return copy;
}

struct account owner_peer(unsigned i)
{
    struct account a;
    memset(a.b, (int)(i % 2 ? 0xF0 + i : 0x10 + i), sizeof a.b);
    return a;
}

struct amount owner_amount(char currency, const struct account *issuer, int64_t value)
{
    struct asset asset = {.kind = ASSET_IOU, .issuer = *issuer};
    memcpy(asset.currency.b + 12, currency == 'U' ? "USD" : "EUR", 3);
    struct amount a;
    ASSERT_OK(
        amount_canonicalize(&asset, value < 0, (uint64_t)(value < 0 ? -value : value), 0, &a));
    return a;
}

static void put_iou(struct buf *b, field_id id, struct amount a)
{
    uint8_t wire[AMOUNT_WIRE_MAX];
    size_t n = amount_encode(&a, wire);
    small_world_field(b, id, slice_of(wire, n));
}

static void put_drops(struct buf *b, field_id id, uint64_t drops)
{
    put_iou(b, id, amount_drops(drops));
}

static void put_u64(struct buf *b, field_id id, uint64_t v)
{
    uint8_t wire[8];
    bits_store64(wire, v);
    small_world_field(b, id, slice_of(wire, 8));
}

static void begin(struct buf *b, uint16_t type, uint32_t flags)
{
    small_world_u16(b, FIELD_LedgerEntryType, type);
    small_world_u32(b, FIELD_Flags, flags);
}

static struct account alice(void)
{
    struct account a;
    memset(a.b, ALICE_BYTE, sizeof a.b);
    return a;
}

/* alice's part of the flags stands on her side */
static uint32_t line_flags(unsigned i, bool alice_high)
{
    uint32_t own =
        (i == 1 ? 0u : 0x00010000u) | (i < 2 ? 0x00100000u : 0u) | (i == 0 ? 0x00400000u : 0u);
    uint32_t other = i == 9 ? 0x00040000u | 0x02000000u : 0u;
    return alice_high ? own << 1 | other : own | other << 1;
}

struct slice owner_line(unsigned i)
{
    struct buf b = {0};
    struct account me = alice(), peer = owner_peer(i), one = {{0}};
    one.b[19] = 1;
    bool high = account_cmp(&me, &peer) > 0;
    char currency = i < 5 ? 'U' : 'E';
    int64_t balance = (int64_t)i - 4;
    struct amount own = owner_amount(currency, &me, 2), other = owner_amount(currency, &peer, 3);
    begin(&b, ENTRY_RippleState, line_flags(i, high));
    small_world_u32(&b, high ? FIELD_HighQualityIn : FIELD_LowQualityIn, 100 + i);
    put_iou(&b, FIELD_Balance, owner_amount(currency, &one, high ? -balance : balance));
    put_iou(&b, FIELD_LowLimit, high ? other : own);
    put_iou(&b, FIELD_HighLimit, high ? own : other);
    return kept(&b);
}

static void put_object(struct owner_world *o, size_t at, struct slice object)
{
    struct hash256 key = {{(uint8_t)(0x40 + at), (uint8_t)(at * 77)}};
    o->entries[at] = key;
    fake_put(o->w->ledgers, &key, object, 10, 30);
}

static void put_to(struct buf *b, field_id id, const struct account *a)
{
    small_world_field(b, id, slice_of(a->b, 20));
}

static struct slice offer(const struct owner_world *o)
{
    struct buf b = {0};
    struct hash256 book = {{0}};
    bits_store64(book.b + 24, 0x55071AFD498D0000u); /* 2 */
    begin(&b, ENTRY_Offer, 0x20000);
    small_world_u32(&b, FIELD_Sequence, 7);
    small_world_u32(&b, FIELD_Expiration, 700);
    small_world_field(&b, FIELD_BookDirectory, hash256_slice(&book));
    put_iou(&b, FIELD_TakerPays, owner_amount('U', &o->bob, 20));
    put_drops(&b, FIELD_TakerGets, 10);
    return kept(&b);
}

static struct slice channel(const struct account *from, const struct account *to)
{
    struct buf b = {0};
    uint8_t key[33] = {0xED, 1, 2, 3};
    begin(&b, ENTRY_PayChannel, 0);
    small_world_u32(&b, FIELD_SettleDelay, 60);
    small_world_u32(&b, FIELD_DestinationTag, 0);
    put_drops(&b, FIELD_Amount, 1000);
    put_drops(&b, FIELD_Balance, 40);
    small_world_field(&b, FIELD_PublicKey, slice_of(key, 33));
    put_to(&b, FIELD_Account, from);
    put_to(&b, FIELD_Destination, to);
    return kept(&b);
}

static struct slice escrow(const struct owner_world *o)
{
    struct buf b = {0};
    begin(&b, ENTRY_Escrow, 0);
    put_iou(&b, FIELD_Amount, owner_amount('E', &o->alice, 7));
    put_to(&b, FIELD_Account, &o->bob);
    put_to(&b, FIELD_Destination, &o->alice);
    return kept(&b);
}

static struct slice issuance(void)
{
    struct buf b = {0};
    begin(&b, ENTRY_MPTokenIssuance, 0x22);
    small_world_u32(&b, FIELD_Sequence, 9);
    small_world_u32(&b, FIELD_ImmutableFlags, 0x00010002);
    small_world_u16(&b, FIELD_TransferFee, 300);
    put_u64(&b, FIELD_MaximumAmount, UINT64_MAX);
    put_u64(&b, FIELD_OutstandingAmount, 5);
    return kept(&b);
}

static struct slice mptoken(const struct owner_world *o)
{
    struct buf b = {0};
    struct mpt_id id = keylet_mpt_id(3, &o->bob);
    begin(&b, ENTRY_MPToken, 2);
    put_u64(&b, FIELD_LockedAmount, 6);
    small_world_field(&b, FIELD_MPTokenIssuanceID, slice_of(id.b, 24));
    put_to(&b, FIELD_Account, &o->alice);
    return kept(&b);
}

static void put_page(struct owner_world *o, uint64_t page, uint64_t next, size_t from, size_t n)
{
    struct buf b = {0};
    struct hash256 root = keylet_owner_dir(&o->alice), key = keylet_dir_page(&root, page);
    begin(&b, ENTRY_DirectoryNode, 0);
    if (next)
        put_u64(&b, FIELD_IndexNext, next);
    small_world_field(&b, FIELD_Indexes, slice_of(o->entries + from, n * 32));
    fake_put(o->w->ledgers, &key, kept(&b), 10, 30);
}

static void put_token(struct buf *list, uint8_t n, bool has_uri)
{
    struct buf token = {0};
    uint8_t id[32] = {0, 8, 0, 3, [4] = ALICE_BYTE, [20] = (uint8_t)(0xFE - n / 2), [31] = n};
    memset(id + 21, 0xFF, 7); /* below the key of its page, above that of the next */
    small_world_field(&token, FIELD_NFTokenID, slice_of(id, 32));
    if (has_uri)
        small_world_field(&token, FIELD_URI, SLICE_LIT("ab"));
    small_world_field(list, FIELD_NFToken, kept(&token));
}

static void put_nft_page(struct owner_world *o, const struct hash256 *key,
                         const struct hash256 *below, uint8_t n)
{
    struct buf b = {0}, list = {0};
    begin(&b, ENTRY_NFTokenPage, 0);
    if (below)
        small_world_field(&b, FIELD_PreviousPageMin, hash256_slice(below));
    put_token(&list, n, true);
    put_token(&list, (uint8_t)(n + 1), false);
    small_world_field(&b, FIELD_NFTokens, kept(&list));
    fake_put(o->w->ledgers, key, kept(&b), 10, 30);
}

static void put_nft_pages(struct owner_world *o)
{
    for (size_t i = 0; i < OWNER_N_NFT_PAGES; i++) {
        uint8_t low[12];
        memset(low, 0xFF - (int)i, sizeof low);
        o->nft_pages[i] = keylet_nft_page(&o->bob, low);
    }
    for (size_t i = 0; i < OWNER_N_NFT_PAGES; i++)
        put_nft_page(o, &o->nft_pages[i], i + 1 < OWNER_N_NFT_PAGES ? &o->nft_pages[i + 1] : NULL,
                     (uint8_t)(2 * i));
}

struct owner_world *owner_world_new(bool alice_has_nfts)
{
    static struct owner_world o;
    o = (struct owner_world){.w = small_world_new(), .alice = alice()};
    memset(o.bob.b, BOB_BYTE, sizeof o.bob.b);
    for (unsigned i = 0; i < OWNER_N_LINES; i++) {
        struct account peer = owner_peer(i);
        account_to_text(&peer, o.peers[i]);
        put_object(&o, i < 8 ? i : i + 6, owner_line(i));
    }
    put_object(&o, 8, offer(&o));
    put_object(&o, 9, channel(&o.alice, &o.bob));
    put_object(&o, 10, channel(&o.bob, &o.alice));
    put_object(&o, 11, escrow(&o));
    put_object(&o, 12, issuance());
    put_object(&o, 13, mptoken(&o));
    put_page(&o, 0, 1, 0, 6);
    put_page(&o, 1, 5, 6, 5);
    put_page(&o, 5, 0, 11, 5);
    put_nft_pages(&o);
    struct hash256 page = keylet_nft_page_max(&o.alice);
    if (alice_has_nfts)
        put_nft_page(&o, &page, NULL, 50);
    return &o;
}
