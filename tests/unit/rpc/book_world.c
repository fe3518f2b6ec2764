/* SPDX-License-Identifier: Apache-2.0 */
#include "book_world.h"

#include "sto_build.h"
#include "test.h"
#include "xrpl/keylet.h"

#include <stdlib.h>

#define PAGE_KEYS 6

static struct account account_of_byte(uint8_t byte)
{
    struct account a;
    memset(a.b, byte, sizeof a.b);
    return a;
}

static void put(struct small_world *w, const struct hash256 *key, struct buf *b)
{
    fake_put(w->ledgers, key, buf_slice(b), 10, 30);
    fake_keep(b->p);
}

static struct asset usd_of_alice(void)
{
    struct asset usd = {.kind = ASSET_IOU, .issuer = account_of_byte(ALICE_BYTE)};
    ASSERT(currency_from_text(slice_str("USD"), &usd.currency));
    return usd;
}

struct small_world *book_world_new(int n)
{
    struct small_world *w = small_world_new();
    struct asset usd = usd_of_alice(), xrp = {.kind = ASSET_XRP};
    struct account bob = account_of_byte(BOB_BYTE);
    struct hash256 base = keylet_book(&usd, &xrp, NULL), *keys = fake_keep(calloc((size_t)n, 32));
    struct hash256 dir = keylet_book_quality(&base, 0x4E12345678901234u);
    struct amount gets = amount_drops(30000000), pays;
    ASSERT_OK(amount_canonicalize(&usd, false, 1, 0, &pays));
    for (int i = 0; i < n; i++) {
        struct buf b = {0};
        keys[i] = keylet_offer(&bob, 100 + (uint32_t)i);
        sto_build_u16(&b, FIELD_LedgerEntryType, ENTRY_Offer);
        sto_build_u32(&b, FIELD_Sequence, 100 + (uint32_t)i);
        sto_build_field(&b, FIELD_BookDirectory, hash256_slice(&dir));
        sto_build_amount(&b, FIELD_TakerPays, &pays);
        sto_build_amount(&b, FIELD_TakerGets, &gets);
        sto_build_account(&b, FIELD_Account, &bob);
        put(w, &keys[i], &b);
    }
    for (int at = 0; at == 0 || at < n; at += PAGE_KEYS) {
        struct buf page = {0};
        int here = n - at < PAGE_KEYS ? n - at : PAGE_KEYS;
        uint64_t number = (uint64_t)at / PAGE_KEYS;
        struct hash256 key = keylet_dir_page(&dir, number);
        sto_build_u16(&page, FIELD_LedgerEntryType, ENTRY_DirectoryNode);
        if (at + here < n)
            sto_build_u64(&page, FIELD_IndexNext, number + 1);
        sto_build_field(&page, FIELD_Indexes, slice_of(keys + at, (size_t)here * 32));
        put(w, &key, &page);
    }
    return w;
}
