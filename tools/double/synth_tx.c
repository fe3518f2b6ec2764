/* SPDX-License-Identifier: Apache-2.0 */
/* Transactions. A kind changes the model; what it touches is noted, and the metadata follows from
 * the objects' bytes before and after. */
#include "double/synth_later.h"

#include "base/mem.h"
#include "xrpl/sto.h"

#include <assert.h>
#include <stdlib.h>

#define BOOK_PERCENT 20
#define END_OBJECT 0xE1
#define END_ARRAY 0xF1

struct synth_touch *synth_tx_touch(struct synth *s, enum synth_kind kind, void *obj,
                                   const struct hash256 *key)
{
    for (uint32_t i = 0; i < s->n_touched; i++)
        if (hash256_eq(&s->touched[i].key, key)) {
            s->touched[i].obj = obj;
            s->touched[i].gone = false;
            return &s->touched[i];
        }
    if (s->n_touched == s->cap_touched) {
        s->cap_touched = s->cap_touched * 2 + 16;
        s->touched = xrealloc(s->touched, s->cap_touched * sizeof *s->touched);
    }
    struct synth_touch *t = &s->touched[s->n_touched++];
    *t = (struct synth_touch){.kind = kind, .obj = obj, .key = *key};
    struct slice before;
    t->existed = state_get(s->state, key, &before);
    if (t->existed)
        t->before = arena_dup(s->arena, before);
    return t;
}

void synth_tx_touch_page(struct synth *s, struct synth_page *p)
{
    synth_tx_touch(s, SYNTH_PAGE, p, &p->key);
}

void synth_tx_page_gone(struct synth *s, struct synth_page *p)
{
    synth_tx_touch(s, SYNTH_PAGE, p, &p->key)->gone = true;
}

static void touch_account(struct synth *s, struct synth_acct *a)
{
    synth_tx_touch(s, SYNTH_ACCOUNT, a, &a->key);
}

/* Few accounts do most of what happens: of n accounts the busiest share p takes part in p^(1/4) of
 * it (1 % in 32 %). On Mainnet it is more lopsided still. */
struct synth_acct *synth_tx_account(struct synth *s)
{
    uint32_t n = s->n_accts - s->n_gateways;
    double u = (double)(synth_random(s) >> 11) * 0x1p-53;
    return s->accts[s->n_gateways + (uint32_t)((double)n * u * u * u * u)];
}

/* An account with a line to the gateway (any gateway: NULL); gives up after some tries. */
static struct synth_acct *any_holder(struct synth *s, const struct synth_gateway *g)
{
    for (int i = 0; i < 64; i++) {
        struct synth_acct *a = synth_tx_account(s);
        if (a->line && (g == NULL || a->line->gateway == g))
            return a;
    }
    return NULL;
}

void synth_tx_pay_fee(struct synth *s, struct synth_acct *a)
{
    touch_account(s, a);
    a->drops -= SYNTH_FEE_DROPS;
    a->sequence++;
    s->header.drops -= SYNTH_FEE_DROPS;
}

void synth_tx_put_head(struct synth *s, struct buf *b, uint16_t type, const struct synth_acct *a)
{
    stw_u16(b, FIELD_TransactionType, type);
    stw_u32(b, FIELD_Flags, 0x80000000u);
    stw_u32(b, FIELD_Sequence, a->sequence);
    if (synth_below(s, 4) == 0 && type == TX_Payment)
        stw_u32(b, FIELD_DestinationTag, synth_below(s, 1000000000));
}

void synth_tx_put_tail(struct synth *s, struct buf *b, const struct synth_acct *a,
                       const struct synth_acct *destination)
{
    uint8_t signature[71];
    for (size_t i = 0; i < sizeof signature; i += 8) {
        uint64_t r = synth_random(s);
        memcpy(signature + i, &r, MIN(sizeof signature - i, (size_t)8));
    }
    stw_bytes(b, FIELD_SigningPubKey, a->pubkey, 33);
    stw_bytes(b, FIELD_TxnSignature, signature, sizeof signature);
    stw_account(b, FIELD_Account, &a->id);
    if (destination)
        stw_account(b, FIELD_Destination, &destination->id);
}

static void pay_xrp(struct synth *s, struct buf *b)
{
    struct synth_acct *from = synth_tx_account(s), *to = synth_tx_account(s);
    uint64_t drops = 1 + synth_below(s, 1000000);
    synth_tx_put_head(s, b, TX_Payment, from);
    stw_u32(b, FIELD_LastLedgerSequence, s->header.seq + 4);
    stw_drops(b, FIELD_Amount, drops);
    stw_drops(b, FIELD_Fee, SYNTH_FEE_DROPS);
    synth_tx_put_tail(s, b, from, to);
    synth_tx_pay_fee(s, from);
    if (from == to || from->drops < drops + 10000000)
        return; /* only the fee: as good as any payment for our purpose */
    touch_account(s, to);
    from->drops -= drops;
    to->drops += drops;
}

static void set_trust(struct synth *s, struct buf *b)
{
    struct synth_acct *a = synth_tx_account(s);
    struct synth_gateway *g =
        a->line ? a->line->gateway : &s->gateways[synth_below(s, s->n_gateways)];
    int64_t limit = ((int64_t)synth_below(s, 1000000) + 1) * 1000000;
    synth_tx_put_head(s, b, TX_TrustSet, a);
    stw_u32(b, FIELD_LastLedgerSequence, s->header.seq + 4);
    stw_iou(b, FIELD_LimitAmount, limit, &g->currency, &g->acct->id);
    stw_drops(b, FIELD_Fee, SYNTH_FEE_DROPS);
    synth_tx_put_tail(s, b, a, NULL);
    synth_tx_pay_fee(s, a);
    if (a->line == NULL) {
        struct synth_line *l = xcalloc(1, sizeof *l);
        l->holder = a;
        l->gateway = g;
        l->key = keylet_line(&a->id, &g->acct->id, &g->currency);
        a->line = l;
        a->owner_count++;
        s->n_objects++;
        synth_tx_touch(s, SYNTH_LINE, l, &l->key);
        l->holder_page = synth_model_dir_add(s, &a->dir, &l->key, synth_tx_touch_page);
        l->gateway_page = synth_model_dir_add(s, &g->acct->dir, &l->key, synth_tx_touch_page);
    }
    synth_tx_touch(s, SYNTH_LINE, a->line, &a->line->key);
    a->line->limit = limit;
}

static void offer_remove(struct synth *s, struct synth_offer *o)
{
    struct synth_dir *d = o->dir;
    synth_tx_touch(s, SYNTH_OFFER, o, &o->key)->gone = true;
    touch_account(s, o->maker);
    o->maker->owner_count--;
    o->maker->offer = NULL;
    synth_model_dir_remove(s, &o->maker->dir, o->page, &o->key, synth_tx_touch_page,
                           synth_tx_page_gone);
    synth_model_dir_remove(s, d, 0, &o->key, synth_tx_touch_page, synth_tx_page_gone);
    uint32_t i = 0;
    while (d->offers[i] != o)
        i++;
    memmove(&d->offers[i], &d->offers[i + 1], (--d->n_offers - i) * sizeof d->offers[0]);
    s->n_objects--;
    free(o);
}

/* The quality with room whose turn it is by chance; NULL when the book is full there. */
static struct synth_dir *any_quality(struct synth *s, struct synth_gateway *g)
{
    struct synth_dir *d = &g->books[synth_below(s, SYNTH_QUALITIES)];
    return d->n_offers < SYNTH_PAGE_KEYS ? d : NULL;
}

static void create_offer(struct synth *s, struct buf *b)
{
    struct synth_acct *a = any_holder(s, NULL);
    if (a == NULL || a->line->balance < 2000000) {
        pay_xrp(s, b);
        return;
    }
    struct synth_gateway *g = a->line->gateway;
    struct synth_dir *d = any_quality(s, g);
    int64_t micro = 1000000 + synth_below(s, (uint32_t)MIN(a->line->balance, (int64_t)100000000));
    uint64_t level = d ? (uint64_t)(d - g->books) : 0,
             drops = (uint64_t)micro * (100 + level) / 100;
    synth_tx_put_head(s, b, TX_OfferCreate, a);
    stw_u32(b, FIELD_LastLedgerSequence, s->header.seq + 4);
    stw_drops(b, FIELD_TakerPays, drops);
    stw_iou(b, FIELD_TakerGets, micro, &g->currency, &g->acct->id);
    stw_drops(b, FIELD_Fee, SYNTH_FEE_DROPS);
    synth_tx_put_tail(s, b, a, NULL);
    uint32_t sequence = a->sequence;
    synth_tx_pay_fee(s, a);
    if (a->offer) /* one offer an account: the new one replaces it */
        offer_remove(s, a->offer);
    if (d == NULL)
        return;
    struct synth_offer *o = xcalloc(1, sizeof *o);
    *o = (struct synth_offer){
        .maker = a, .dir = d, .sequence = sequence, .drops = drops, .micro = micro};
    o->key = keylet_offer(&a->id, sequence);
    a->offer = o;
    a->owner_count++;
    s->n_objects++;
    synth_tx_touch(s, SYNTH_OFFER, o, &o->key);
    o->page = synth_model_dir_add(s, &a->dir, &o->key, synth_tx_touch_page);
    synth_model_dir_add(s, d, &o->key, synth_tx_touch_page);
    d->offers[d->n_offers++] = o;
}

/* Take up to `micro` from an offer: XRP to the maker, the maker's tokens to the taker. Returns what
 * was taken. */
static int64_t cross(struct synth *s, struct synth_offer *o, struct synth_acct *payer,
                     int64_t micro)
{
    struct synth_line *l = o->maker->line;
    int64_t held = MIN(o->micro, l->balance);
    int64_t taken = MIN(micro, held);
    if (taken <= 0)
        return 0;
    uint64_t drops = MAX((uint64_t)1, (uint64_t)((unsigned __int128)o->drops * (uint64_t)taken /
                                                 (uint64_t)o->micro));
    if (payer->drops < drops + 10000000)
        return 0;
    synth_tx_touch(s, SYNTH_OFFER, o, &o->key);
    synth_tx_touch(s, SYNTH_LINE, l, &l->key);
    touch_account(s, o->maker);
    payer->drops -= drops;
    o->maker->drops += drops;
    l->balance -= taken;
    o->micro -= taken;
    o->drops -= MIN(o->drops, drops);
    if (o->micro < 1000 || o->drops == 0)
        offer_remove(s, o);
    return taken;
}

/* For ledgers with a given number of changed objects: parts of as many offers as bring this ledger
 * nearer to it. */
static int64_t touch_many(struct synth *s, struct synth_gateway *g, struct synth_acct *payer)
{
    uint32_t n_left = s->opts.n_txs - s->n_done, payments = n_left * BOOK_PERCENT / 100 + 1;
    uint32_t missing =
        s->opts.n_changes - MIN(s->opts.n_changes, (uint32_t)table_count(s->changed) + n_left * 2);
    int64_t got = 0;
    for (uint32_t i = 0; i < missing / payments / 3 + 1; i++) {
        struct synth_dir *d = &g->books[synth_below(s, SYNTH_QUALITIES)];
        if (d->n_offers) {
            struct synth_offer *o = d->offers[synth_below(s, d->n_offers)];
            got += cross(s, o, payer, o->micro / 8);
        }
    }
    return got;
}

/* A payment of tokens, bought for XRP from the book of their gateway. */
static void pay_through_book(struct synth *s, struct buf *b)
{
    struct synth_acct *to = any_holder(s, NULL), *from = synth_tx_account(s);
    if (to == NULL) {
        pay_xrp(s, b);
        return;
    }
    struct synth_gateway *g = to->line->gateway;
    int64_t wanted = 5000000 + (int64_t)synth_below(s, 300000000), got = 0;
    synth_tx_put_head(s, b, TX_Payment, from);
    stw_u32(b, FIELD_LastLedgerSequence, s->header.seq + 4);
    stw_iou(b, FIELD_Amount, wanted, &g->currency, &g->acct->id);
    stw_drops(b, FIELD_Fee, SYNTH_FEE_DROPS);
    stw_drops(b, FIELD_SendMax, (uint64_t)wanted * 2);
    synth_tx_put_tail(s, b, from, to);
    synth_tx_pay_fee(s, from);
    if (s->opts.n_changes)
        got = touch_many(s, g, from);
    for (uint32_t q = 0, n = 0; q < SYNTH_QUALITIES && got < wanted && n < 8; q++)
        while (g->books[q].n_offers && got < wanted && n++ < 8) {
            int64_t taken = cross(s, g->books[q].offers[0], from, wanted - got);
            if (taken == 0)
                break;
            got += taken;
        }
    if (got == 0)
        return;
    synth_tx_touch(s, SYNTH_LINE, to->line, &to->line->key);
    to->line->balance += got;
}

/* Tokens between two holders of one gateway. */
static void pay_tokens(struct synth *s, struct buf *b)
{
    struct synth_acct *from = any_holder(s, NULL),
                      *to = from ? any_holder(s, from->line->gateway) : NULL;
    if (to == NULL || from->line->balance < 2) {
        pay_xrp(s, b);
        return;
    }
    struct synth_gateway *g = from->line->gateway;
    int64_t micro = 1 + synth_below(s, (uint32_t)MIN(from->line->balance - 1, (int64_t)50000000));
    synth_tx_put_head(s, b, TX_Payment, from);
    stw_u32(b, FIELD_LastLedgerSequence, s->header.seq + 4);
    stw_iou(b, FIELD_Amount, micro, &g->currency, &g->acct->id);
    stw_drops(b, FIELD_Fee, SYNTH_FEE_DROPS);
    stw_iou(b, FIELD_SendMax, micro, &g->currency, &g->acct->id);
    synth_tx_put_tail(s, b, from, to);
    synth_tx_pay_fee(s, from);
    if (from == to)
        return;
    synth_tx_touch(s, SYNTH_LINE, from->line, &from->line->key);
    synth_tx_touch(s, SYNTH_LINE, to->line, &to->line->key);
    from->line->balance -= micro;
    to->line->balance += micro;
}

static bool is_link_field(field_id id)
{
    return id == FIELD_LedgerEntryType || id == FIELD_PreviousTxnID ||
           id == FIELD_PreviousTxnLgrSeq || id == FIELD_Indexes;
}

/* The object's own fields, without what the metadata node says itself. */
static void put_fields(struct buf *out, struct slice object)
{
    struct sto_iter it = sto_iter_of(object);
    struct sto_field f;
    while (sto_next(&it, &f))
        if (!is_link_field(f.id))
            buf_put_slice(out, f.whole);
}

/* Fields whose value was another before. */
static void put_previous(struct buf *out, struct slice before, struct slice after)
{
    struct sto_iter it = sto_iter_of(before);
    struct sto_field f;
    struct slice now;
    while (sto_next(&it, &f))
        if (!is_link_field(f.id) && !(sto_get(after, f.id, &now) && slice_eq(now, f.value)))
            buf_put_slice(out, f.whole);
}

static void set_thread(const struct synth_touch *t, const struct hash256 *tx, uint32_t seq)
{
    if (t->kind == SYNTH_ACCOUNT || t->kind == SYNTH_LINE || t->kind == SYNTH_OFFER ||
        t->kind == SYNTH_LATER)
        *(struct synth_thread *)t->obj = (struct synth_thread){*tx, seq};
}

static void put_node(struct buf *out, const struct synth_touch *t, struct slice after)
{
    static const struct hash256 zero;
    struct hash256 previous_tx;
    bool created = !t->existed, deleted = t->gone;
    struct slice shown = deleted ? t->before : after, before = t->before;
    stw_head(out, created ? FIELD_CreatedNode : deleted ? FIELD_DeletedNode : FIELD_ModifiedNode);
    stw_u16(out, FIELD_LedgerEntryType, sto_entry_type(shown));
    bool threaded = !created && !deleted &&
                    sto_hash256(before, FIELD_PreviousTxnID, &previous_tx) &&
                    !hash256_eq(&previous_tx, &zero);
    if (threaded)
        stw_u32(out, FIELD_PreviousTxnLgrSeq, sto_u32(before, FIELD_PreviousTxnLgrSeq, 0));
    if (threaded)
        stw_fixed(out, FIELD_PreviousTxnID, previous_tx.b, 32);
    stw_fixed(out, FIELD_LedgerIndex, t->key.b, 32);
    if (!created && !deleted) {
        size_t begun = out->n;
        stw_head(out, FIELD_PreviousFields);
        size_t empty = out->n;
        put_previous(out, before, after);
        if (out->n == empty)
            out->n = begun;
        else
            buf_put_u8(out, END_OBJECT);
    }
    stw_head(out, created ? FIELD_NewFields : FIELD_FinalFields);
    put_fields(out, shown);
    buf_put_u8(out, END_OBJECT);
    buf_put_u8(out, END_OBJECT);
}

/* The state as the transaction leaves it, and the node for the metadata. */
static void settle(struct synth *s, struct buf *out, struct synth_touch *t,
                   const struct hash256 *tx)
{
    uint8_t *mark = table_get(s->changed, t->key.b);
    if (!t->existed && t->gone)
        return; /* made and gone within the transaction */
    if (mark == NULL)
        table_put(s->changed, t->key.b, (void *)(uintptr_t)(t->existed + 1));
    if (t->gone) {
        put_node(out, t, SLICE_EMPTY);
        s->state = state_del(s->state, &t->key);
        return;
    }
    set_thread(t, tx, s->header.seq);
    buf_clear(&s->scratch);
    synth_model_encode(s, t->kind, t->obj, &s->scratch);
    put_node(out, t, buf_slice(&s->scratch));
    s->state = state_put(s->state, &t->key, buf_slice(&s->scratch));
}

static int by_key(const void *a, const void *b)
{
    return hash256_cmp(&((const struct synth_touch *)a)->key,
                       &((const struct synth_touch *)b)->key);
}

static void make_meta(struct synth *s, uint32_t index, const struct hash256 *tx, struct buf *out)
{
    stw_u32(out, FIELD_TransactionIndex, index);
    stw_head(out, FIELD_AffectedNodes);
    qsort(s->touched, s->n_touched, sizeof *s->touched, by_key);
    for (uint32_t i = 0; i < s->n_touched; i++)
        settle(s, out, &s->touched[i], tx);
    buf_put_u8(out, END_ARRAY);
    stw_u8(out, FIELD_TransactionResult, s->result);
}

void synth_tx_make(struct synth *s, uint32_t index, struct synth_tx *ret)
{
    CLEANUP(buf_deinit) struct buf b = {0};
    uint32_t kind = synth_below(s, 100);
    s->n_touched = 0;
    s->n_done = index;
    s->result = 0;
    if (s->opts.later && index < SYNTH_LATER_TXS)
        synth_later_make(s, index, &b);
    else if (kind < 25)
        pay_xrp(s, &b);
    else if (kind < 40)
        set_trust(s, &b);
    else if (kind < 65)
        create_offer(s, &b);
    else if (kind < 65 + BOOK_PERCENT)
        pay_through_book(s, &b);
    else
        pay_tokens(s, &b);
    ret->tx = arena_dup(s->arena, buf_slice(&b));
    ret->hash = digest_tx_id(ret->tx);
    buf_clear(&b);
    make_meta(s, index, &ret->hash, &b);
    ret->meta = arena_dup(s->arena, buf_slice(&b));
}
