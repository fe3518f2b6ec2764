/* SPDX-License-Identifier: Apache-2.0 */
#include "xrpl/keylet.h"

#include "base/bits.h"
#include "base/mem.h"

#include <stdlib.h>

/* What is hashed for a key: name space and fields, in a row. */
struct input {
    size_t n;
    uint8_t b[160];
};

static struct input input_of(char space)
{
    return (struct input){.n = 2, .b = {0, (uint8_t)space}};
}

static void put(struct input *in, const void *p, size_t n)
{
    memcpy(in->b + in->n, p, n);
    in->n += n;
}

static void put_account(struct input *in, const struct account *a)
{
    put(in, a->b, sizeof a->b);
}

static void put_hash(struct input *in, const struct hash256 *h)
{
    put(in, h->b, sizeof h->b);
}

static void put_u32(struct input *in, uint32_t v)
{
    bits_store32(in->b + in->n, v);
    in->n += 4;
}

static void put_u64(struct input *in, uint64_t v)
{
    bits_store64(in->b + in->n, v);
    in->n += 8;
}

static struct hash256 key_of(const struct input *in)
{
    struct slice part = slice_of(in->b, in->n);
    return hash_sha512half(&part, 1);
}

static struct hash256 key_singleton(char space)
{
    struct input in = input_of(space);
    return key_of(&in);
}

static struct hash256 key_account(char space, const struct account *a)
{
    struct input in = input_of(space);
    put_account(&in, a);
    return key_of(&in);
}

static struct hash256 key_account_u32(char space, const struct account *a, uint32_t v)
{
    struct input in = input_of(space);
    put_account(&in, a);
    put_u32(&in, v);
    return key_of(&in);
}

static struct hash256 key_accounts(char space, const struct account *a, const struct account *b)
{
    struct input in = input_of(space);
    put_account(&in, a);
    put_account(&in, b);
    return key_of(&in);
}

static struct hash256 key_hash(char space, const struct hash256 *h)
{
    struct input in = input_of(space);
    put_hash(&in, h);
    return key_of(&in);
}

struct hash256 keylet_account(const struct account *a)
{
    return key_account('a', a);
}

struct hash256 keylet_dir_page(const struct hash256 *root, uint64_t page)
{
    if (page == 0)
        return *root;
    struct input in = input_of('d');
    put_hash(&in, root);
    put_u64(&in, page);
    return key_of(&in);
}

struct hash256 keylet_owner_dir(const struct account *a)
{
    return key_account('O', a);
}

struct hash256 keylet_line(const struct account *a, const struct account *b,
                           const struct currency *c)
{
    bool a_is_low = account_cmp(a, b) < 0;
    struct input in = input_of('r');
    put_account(&in, a_is_low ? a : b);
    put_account(&in, a_is_low ? b : a);
    put(&in, c->b, sizeof c->b);
    return key_of(&in);
}

struct hash256 keylet_offer(const struct account *a, uint32_t sequence)
{
    return key_account_u32('o', a, sequence);
}

/* An MPT's id has the issuer in it. */
static void put_book_side(struct input *in, const struct asset *a)
{
    if (a->kind == ASSET_MPT)
        put(in, a->mpt.b, sizeof a->mpt.b);
    else
        put(in, a->currency.b, sizeof a->currency.b);
}

struct hash256 keylet_book(const struct asset *pays, const struct asset *gets,
                           const struct hash256 *domain)
{
    struct input in = input_of('B');
    put_book_side(&in, pays);
    put_book_side(&in, gets);
    if (pays->kind != ASSET_MPT)
        put_account(&in, &pays->issuer);
    if (gets->kind != ASSET_MPT)
        put_account(&in, &gets->issuer);
    if (domain)
        put_hash(&in, domain);
    struct hash256 key = key_of(&in);
    return keylet_book_quality(&key, 0);
}

struct hash256 keylet_book_quality(const struct hash256 *base, uint64_t quality)
{
    struct hash256 key = *base;
    bits_store64(key.b + 24, quality);
    return key;
}

/* Add one to, or take one from, the first n bytes as a number. */
static void step(uint8_t *p, size_t n, bool up)
{
    while (n-- > 0) {
        p[n] = (uint8_t)(up ? p[n] + 1 : p[n] - 1);
        if (p[n] != (up ? 0 : 0xFF))
            return;
    }
}

struct hash256 keylet_book_end(const struct hash256 *base)
{
    struct hash256 key = *base;
    step(key.b, 24, true);
    return key;
}

uint64_t keylet_quality(const struct hash256 *directory)
{
    return bits_load64(directory->b + 24);
}

struct hash256 keylet_escrow(const struct account *owner, uint32_t sequence)
{
    return key_account_u32('u', owner, sequence);
}

struct hash256 keylet_amendments(void)
{
    return key_singleton('f');
}

struct hash256 keylet_fees(void)
{
    return key_singleton('e');
}

struct hash256 keylet_negative_unl(void)
{
    return key_singleton('N');
}

struct hash256 keylet_hashes_recent(void)
{
    return key_singleton('s');
}

struct hash256 keylet_hashes(uint32_t ledger_seq)
{
    struct input in = input_of('s');
    put_u32(&in, ledger_seq >> 16);
    return key_of(&in);
}

struct hash256 keylet_ticket(const struct account *a, uint32_t ticket_sequence)
{
    return key_account_u32('T', a, ticket_sequence);
}

struct hash256 keylet_signer_list(const struct account *a)
{
    return key_account_u32('S', a, 0);
}

struct hash256 keylet_pay_channel(const struct account *src, const struct account *dst,
                                  uint32_t sequence)
{
    struct input in = input_of('x');
    put_account(&in, src);
    put_account(&in, dst);
    put_u32(&in, sequence);
    return key_of(&in);
}

struct hash256 keylet_check(const struct account *a, uint32_t sequence)
{
    return key_account_u32('C', a, sequence);
}

struct hash256 keylet_deposit_preauth(const struct account *owner, const struct account *authorized)
{
    return key_accounts('p', owner, authorized);
}

static int compare_credentials(const void *a, const void *b)
{
    const struct keylet_credential *x = a, *y = b;
    int c = account_cmp(&x->issuer, &y->issuer);
    return c ? c : slice_cmp(x->type, y->type);
}

struct hash256 keylet_deposit_preauth_credentials(const struct account *owner,
                                                  struct keylet_credential *set, size_t n)
{
    qsort(set, n, sizeof *set, compare_credentials);
    CLEANUP(mem_freep) struct hash256 *hashes = xmalloc((n + 1) * sizeof *hashes);
    for (size_t i = 0; i < n; i++) {
        struct slice parts[] = {slice_of(set[i].issuer.b, sizeof set[i].issuer.b), set[i].type};
        hashes[i] = hash_sha512half(parts, 2);
    }
    struct input in = input_of('P');
    put_account(&in, owner);
    uint8_t count[8];
    bits_store64(count, n);
    struct slice parts[] = {slice_of(in.b, in.n), slice_of(hashes, n * sizeof *hashes),
                            slice_of(count, sizeof count)};
    return hash_sha512half(parts, 3);
}

struct hash256 keylet_nft_offer(const struct account *owner, uint32_t sequence)
{
    return key_account_u32('q', owner, sequence);
}

struct hash256 keylet_nft_buys(const struct hash256 *token)
{
    return key_hash('h', token);
}

struct hash256 keylet_nft_sells(const struct hash256 *token)
{
    return key_hash('i', token);
}

struct hash256 keylet_nft_page(const struct account *owner, const uint8_t low96[12])
{
    struct hash256 key;
    memcpy(key.b, owner->b, 20);
    memcpy(key.b + 20, low96, 12);
    return key;
}

struct hash256 keylet_nft_page_min(const struct account *owner)
{
    static const uint8_t low[12];
    return keylet_nft_page(owner, low);
}

struct hash256 keylet_nft_page_max(const struct account *owner)
{
    uint8_t low[12];
    memset(low, 0xFF, sizeof low);
    return keylet_nft_page(owner, low);
}

/* Order of a pool's two assets: MPTs (by id) before currencies (by currency, then issuer). */
static int compare_assets(const struct asset *a, const struct asset *b)
{
    bool a_is_mpt = a->kind == ASSET_MPT, b_is_mpt = b->kind == ASSET_MPT;
    if (a_is_mpt != b_is_mpt)
        return a_is_mpt ? -1 : 1;
    if (a_is_mpt)
        return memcmp(&a->mpt, &b->mpt, sizeof a->mpt);
    int c = memcmp(&a->currency, &b->currency, sizeof a->currency);
    return c || a->kind == ASSET_XRP ? c : account_cmp(&a->issuer, &b->issuer);
}

static void put_pool_asset(struct input *in, const struct asset *a)
{
    if (a->kind == ASSET_MPT) {
        put(in, a->mpt.b, sizeof a->mpt.b);
        return;
    }
    put_account(in, &a->issuer);
    put(in, a->currency.b, sizeof a->currency.b);
}

struct hash256 keylet_amm(const struct asset *a, const struct asset *b)
{
    bool in_order = compare_assets(a, b) < 0;
    struct input in = input_of('A');
    put_pool_asset(&in, in_order ? a : b);
    put_pool_asset(&in, in_order ? b : a);
    return key_of(&in);
}

static void put_pool_currency(struct input *in, const struct asset *a)
{
    if (a->kind == ASSET_MPT)
        put(in, a->mpt.b, sizeof a->mpt.b);
    else
        put(in, a->currency.b, sizeof a->currency.b);
}

struct currency keylet_amm_lp_currency(const struct asset *a, const struct asset *b)
{
    bool in_order = compare_assets(a, b) < 0;
    struct input in = {0};
    put_pool_currency(&in, in_order ? a : b);
    put_pool_currency(&in, in_order ? b : a);
    struct hash256 h = key_of(&in);
    struct currency c = {.b = {0x03}};
    memcpy(c.b + 1, h.b, 19);
    return c;
}

struct hash256 keylet_bridge(const struct account *door, const struct currency *issue_currency)
{
    struct input in = input_of('H');
    put_account(&in, door);
    put(&in, issue_currency->b, sizeof issue_currency->b);
    return key_of(&in);
}

static struct hash256 key_bridge_u64(char space, const struct keylet_bridge_sides *b, uint64_t v)
{
    struct input in = input_of(space);
    put_account(&in, &b->locking_door);
    put(&in, b->locking_issue.currency.b, sizeof b->locking_issue.currency.b);
    put_account(&in, &b->locking_issue.issuer);
    put_account(&in, &b->issuing_door);
    put(&in, b->issuing_issue.currency.b, sizeof b->issuing_issue.currency.b);
    put_account(&in, &b->issuing_issue.issuer);
    put_u64(&in, v);
    return key_of(&in);
}

struct hash256 keylet_xchain_claim_id(const struct keylet_bridge_sides *b, uint64_t id)
{
    return key_bridge_u64('Q', b, id);
}

struct hash256 keylet_xchain_create_account_claim_id(const struct keylet_bridge_sides *b,
                                                     uint64_t count)
{
    return key_bridge_u64('K', b, count);
}

struct hash256 keylet_did(const struct account *a)
{
    return key_account('I', a);
}

struct hash256 keylet_oracle(const struct account *a, uint32_t document_id)
{
    return key_account_u32('R', a, document_id);
}

struct mpt_id keylet_mpt_id(uint32_t sequence, const struct account *issuer)
{
    struct mpt_id id;
    bits_store32(id.b, sequence);
    memcpy(id.b + 4, issuer->b, 20);
    return id;
}

struct hash256 keylet_mpt_issuance(const struct mpt_id *id)
{
    struct input in = input_of('~');
    put(&in, id->b, sizeof id->b);
    return key_of(&in);
}

struct hash256 keylet_mptoken(const struct hash256 *issuance_key, const struct account *holder)
{
    struct input in = input_of('t');
    put_hash(&in, issuance_key);
    put_account(&in, holder);
    return key_of(&in);
}

struct hash256 keylet_credential(const struct account *subject, const struct account *issuer,
                                 struct slice type)
{
    struct input in = input_of('D');
    put_account(&in, subject);
    put_account(&in, issuer);
    struct slice parts[] = {slice_of(in.b, in.n), type};
    return hash_sha512half(parts, 2);
}

struct hash256 keylet_permissioned_domain(const struct account *a, uint32_t sequence)
{
    return key_account_u32('m', a, sequence);
}

struct hash256 keylet_delegate(const struct account *a, const struct account *authorized)
{
    return key_accounts('E', a, authorized);
}

struct hash256 keylet_sponsorship(const struct account *sponsor, const struct account *sponsee)
{
    return key_accounts('>', sponsor, sponsee);
}

struct hash256 keylet_vault(const struct account *owner, uint32_t sequence)
{
    return key_account_u32('V', owner, sequence);
}

struct hash256 keylet_loan_broker(const struct account *owner, uint32_t sequence)
{
    return key_account_u32('l', owner, sequence);
}

struct hash256 keylet_loan(const struct hash256 *broker_key, uint32_t sequence)
{
    struct input in = input_of('L');
    put_hash(&in, broker_key);
    put_u32(&in, sequence);
    return key_of(&in);
}

struct hash256 keylet_increment(const struct hash256 *key)
{
    struct hash256 k = *key;
    step(k.b, sizeof k.b, true);
    return k;
}

struct hash256 keylet_decrement(const struct hash256 *key)
{
    struct hash256 k = *key;
    step(k.b, sizeof k.b, false);
    return k;
}

struct nft_parts keylet_nft_parts(const struct hash256 *token)
{
    uint32_t serial = bits_load32(token->b + 28);
    return (struct nft_parts){
        .flags = bits_load16(token->b),
        .transfer_fee = bits_load16(token->b + 2),
        .issuer = account_of(token->b + 4),
        .taxon = bits_load32(token->b + 24) ^ (384160001u * serial + 2459u),
        .serial = serial,
    };
}
