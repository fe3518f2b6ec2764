/* SPDX-License-Identifier: Apache-2.0 */
#include "double/synth_model.h"

#include "base/mem.h"
#include "double/synth_later.h"

#include <stdlib.h>

static const struct account account_one = {{[19] = 1}};

/* xorshift128+: small, and the same everywhere. */
uint64_t synth_random(struct synth *s)
{
    uint64_t a = s->rng[0], b = s->rng[1];
    s->rng[0] = b;
    a ^= a << 23;
    s->rng[1] = a ^ b ^ (a >> 17) ^ (b >> 26);
    return s->rng[1] + b;
}

uint32_t synth_below(struct synth *s, uint32_t n)
{
    return (uint32_t)(synth_random(s) >> 33) % n;
}

static void encode_account(const struct synth_acct *a, struct buf *b)
{
    stw_u16(b, FIELD_LedgerEntryType, ENTRY_AccountRoot);
    stw_u32(b, FIELD_Flags, 0);
    stw_u32(b, FIELD_Sequence, a->sequence);
    stw_u32(b, FIELD_PreviousTxnLgrSeq, a->thread.seq);
    stw_u32(b, FIELD_OwnerCount, a->owner_count);
    if (a->n_later)
        stw_u32(b, SYNTH_LATER_U32, a->n_later);
    stw_fixed(b, FIELD_PreviousTxnID, a->thread.tx.b, 32);
    stw_drops(b, FIELD_Balance, a->drops);
    stw_account(b, FIELD_Account, &a->id);
    if (a->n_later)
        synth_later_put_unmeasured(b, a->n_later);
}

static void encode_line(const struct synth_line *l, struct buf *b)
{
    const struct account *holder = &l->holder->id, *gateway = &l->gateway->acct->id;
    const struct currency *c = &l->gateway->currency;
    bool holder_low = account_cmp(holder, gateway) < 0;
    stw_u16(b, FIELD_LedgerEntryType, ENTRY_RippleState);
    stw_u32(b, FIELD_Flags, holder_low ? 0x00010000 : 0x00020000); /* the holder's reserve */
    stw_u32(b, FIELD_PreviousTxnLgrSeq, l->thread.seq);
    stw_u64(b, FIELD_LowNode, holder_low ? l->holder_page : l->gateway_page);
    stw_u64(b, FIELD_HighNode, holder_low ? l->gateway_page : l->holder_page);
    stw_fixed(b, FIELD_PreviousTxnID, l->thread.tx.b, 32);
    stw_iou(b, FIELD_Balance, holder_low ? l->balance : -l->balance, c, &account_one);
    stw_iou(b, FIELD_LowLimit, holder_low ? l->limit : 0, c, holder_low ? holder : gateway);
    stw_iou(b, FIELD_HighLimit, holder_low ? 0 : l->limit, c, holder_low ? gateway : holder);
}

static void encode_offer(const struct synth_offer *o, struct buf *b)
{
    const struct synth_gateway *g = o->dir->gateway;
    stw_u16(b, FIELD_LedgerEntryType, ENTRY_Offer);
    stw_u32(b, FIELD_Flags, 0);
    stw_u32(b, FIELD_Sequence, o->sequence);
    stw_u32(b, FIELD_PreviousTxnLgrSeq, o->thread.seq);
    stw_u64(b, FIELD_BookNode, 0);
    stw_u64(b, FIELD_OwnerNode, o->page);
    stw_fixed(b, FIELD_PreviousTxnID, o->thread.tx.b, 32);
    stw_fixed(b, FIELD_BookDirectory, o->dir->root_key.b, 32);
    stw_drops(b, FIELD_TakerPays, o->drops);
    stw_iou(b, FIELD_TakerGets, o->micro, &g->currency, &g->acct->id);
    stw_account(b, FIELD_Account, &o->maker->id);
}

static void encode_page(const struct synth_page *p, struct buf *b)
{
    const struct synth_dir *d = p->dir;
    bool is_root = p == d->root;
    const struct synth_page *last = p;
    stw_u16(b, FIELD_LedgerEntryType, ENTRY_DirectoryNode);
    stw_u32(b, FIELD_Flags, 0);
    if (p->next)
        stw_u64(b, FIELD_IndexNext, p->next->number);
    if (is_root && p->prev) /* the root's `prev` is the last page */
        last = p->prev;
    if (is_root ? last != p : p->prev->number != 0)
        stw_u64(b, FIELD_IndexPrevious, is_root ? last->number : p->prev->number);
    if (d->is_book)
        stw_u64(b, FIELD_ExchangeRate, d->quality);
    stw_fixed(b, FIELD_RootIndex, d->root_key.b, 32);
    if (!d->is_book)
        stw_account(b, FIELD_Owner, &d->owner);
    if (d->is_book) {
        static const uint8_t zero[20];
        stw_fixed(b, FIELD_TakerPaysCurrency, zero, 20);
        stw_fixed(b, FIELD_TakerPaysIssuer, zero, 20);
        stw_fixed(b, FIELD_TakerGetsCurrency, d->gateway->currency.b, 20);
        stw_fixed(b, FIELD_TakerGetsIssuer, d->gateway->acct->id.b, 20);
    }
    stw_bytes(b, FIELD_Indexes, p->keys, (size_t)p->n * 32);
}

static void encode_hashes(const struct synth *s, struct buf *b)
{
    stw_u16(b, FIELD_LedgerEntryType, ENTRY_LedgerHashes);
    stw_u32(b, FIELD_Flags, 0);
    stw_u32(b, FIELD_LastLedgerSequence, s->header.seq - 1);
    stw_bytes(b, FIELD_Hashes, s->recent, (size_t)s->n_recent * 32);
}

static void encode_fees(struct buf *b)
{
    stw_u16(b, FIELD_LedgerEntryType, ENTRY_FeeSettings);
    stw_u32(b, FIELD_Flags, 0);
    stw_drops(b, FIELD_BaseFeeDrops, 10);
    stw_drops(b, FIELD_ReserveBaseDrops, 1000000);
    stw_drops(b, FIELD_ReserveIncrementDrops, 200000);
}

void synth_model_encode(const struct synth *s, enum synth_kind kind, const void *obj,
                        struct buf *out)
{
    switch (kind) {
    case SYNTH_ACCOUNT: encode_account(obj, out); break;
    case SYNTH_LINE: encode_line(obj, out); break;
    case SYNTH_OFFER: encode_offer(obj, out); break;
    case SYNTH_PAGE: encode_page(obj, out); break;
    case SYNTH_HASHES: encode_hashes(s, out); break;
    case SYNTH_FEES: encode_fees(out); break;
    case SYNTH_LATER: synth_later_encode(obj, out); break;
    case SYNTH_AMENDMENTS: synth_later_encode_amendments(s, out); break;
    }
}

/* The last page: the root's `prev`, or the root when it is alone. */
static struct synth_page *last_page(const struct synth_dir *d)
{
    return d->root->prev ? d->root->prev : d->root;
}

static struct synth_page *page_add(struct synth *s, struct synth_dir *d, synth_model_touch_fn touch)
{
    struct synth_page *p = xcalloc(1, sizeof *p);
    p->dir = d;
    s->n_objects++;
    if (d->root == NULL) {
        d->root = p;
        p->key = d->root_key;
        d->last_number = 0;
        touch(s, p);
        return p;
    }
    struct synth_page *last = last_page(d);
    touch(s, last);
    touch(s, d->root);
    p->number = ++d->last_number;
    p->key = keylet_dir_page(&d->root_key, p->number);
    p->prev = last;
    last->next = p;
    d->root->prev = p;
    touch(s, p);
    return p;
}

uint64_t synth_model_dir_add(struct synth *s, struct synth_dir *d, const struct hash256 *key,
                             synth_model_touch_fn touch)
{
    struct synth_page *p = d->root ? last_page(d) : NULL;
    if (p == NULL || p->n == SYNTH_PAGE_KEYS)
        p = page_add(s, d, touch);
    else
        touch(s, p);
    p->keys[p->n++] = *key;
    return p->number;
}

static void page_drop(struct synth *s, struct synth_page *p, synth_model_touch_fn touch,
                      synth_model_touch_fn gone)
{
    struct synth_dir *d = p->dir;
    if (p == d->root) {
        if (p->next) /* the root of a directory with pages stays */
            return;
        d->root = NULL;
    } else {
        touch(s, p->prev);
        p->prev->next = p->next;
        struct synth_page *after = p->next ? p->next : d->root;
        touch(s, after);
        after->prev = after == d->root && p->prev == d->root ? NULL : p->prev;
    }
    s->n_objects--;
    gone(s, p);
    free(p);
}

void synth_model_dir_remove(struct synth *s, struct synth_dir *d, uint64_t page,
                            const struct hash256 *key, synth_model_touch_fn touch,
                            synth_model_touch_fn gone)
{
    struct synth_page *p = d->root;
    while (p->number != page)
        p = p->next;
    touch(s, p);
    uint32_t i = 0;
    while (!hash256_eq(&p->keys[i], key))
        i++;
    memmove(&p->keys[i], &p->keys[i + 1], (size_t)(--p->n - i) * 32);
    if (p->n == 0)
        page_drop(s, p, touch, gone);
}

void synth_model_dir_free(struct synth_dir *d)
{
    for (struct synth_page *p = d->root, *next; p; p = next) {
        next = p->next;
        free(p);
    }
}
