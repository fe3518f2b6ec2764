/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/funds_book.h"

#include "base/table.h"
#include "xrpl/keylet.h"
#include "xrpl/sto.h"

/* What remains of an owner's balance. */
struct funds_left {
    struct account owner;
    bool used;
    struct amount left;
};

/* What is needed of an Offer. */
struct offer {
    struct account owner;
    struct amount gets, pays;
    uint64_t quality;
    uint32_t seen; /* bit per field */
};

enum { SEEN_OWNER = 1, SEEN_GETS = 2, SEEN_PAYS = 4, SEEN_DIRECTORY = 8, SEEN_ALL = 15 };

err funds_book_init(struct funds_book *b, struct funds *f, const struct asset *gets,
                    const struct asset *pays, const struct account *taker, uint32_t max_offers)
{
    *b = (struct funds_book){.funds = f, .gets = *gets, .pays = *pays, .taker = *taker};
    TRY(funds_asset_frozen(f, gets, &b->frozen));
    if (!b->frozen)
        TRY(funds_asset_frozen(f, pays, &b->frozen));
    TRY(funds_asset_rate(f, gets, &b->rate));
    b->n_slots = 4;
    while (b->n_slots < 2 * (uint64_t)max_offers)
        b->n_slots *= 2;
    b->owners = arena_try(f->arena, b->n_slots * sizeof *b->owners);
    if (!b->owners)
        return FAIL(ERR_LIMIT, "funds: a book of %u offers is too large", max_offers);
    for (uint32_t i = 0; i < b->n_slots; i++)
        b->owners[i].used = false;
    return OK;
}

/* The owner's slot, or the free one where it belongs. There is always a free one: at most half of
 * the slots are taken. */
static struct funds_left *find_owner(struct funds_book *b, const struct account *owner)
{
    uint64_t at = hash_fast(owner->b, sizeof owner->b, table_seed());
    for (;; at++) {
        struct funds_left *slot = &b->owners[at & (b->n_slots - 1)];
        if (!slot->used || account_eq(&slot->owner, owner))
            return slot;
    }
}

static bool decode_offer(struct slice object, struct offer *ret)
{
    struct sto_iter it = sto_iter_of(object);
    struct sto_field f;
    *ret = (struct offer){0};
    while (sto_next(&it, &f)) {
        if (f.id == FIELD_Account && f.value.n == 20) {
            ret->owner = account_of(f.value.p);
            ret->seen |= SEEN_OWNER;
        } else if (f.id == FIELD_TakerGets && !err_failed(amount_decode(f.value, &ret->gets))) {
            ret->seen |= SEEN_GETS;
        } else if (f.id == FIELD_TakerPays && !err_failed(amount_decode(f.value, &ret->pays))) {
            ret->seen |= SEEN_PAYS;
        } else if (f.id == FIELD_BookDirectory) {
            struct hash256 directory = hash256_of(f.value.p);
            ret->quality = keylet_quality(&directory);
            ret->seen |= SEEN_DIRECTORY;
        }
    }
    return ret->seen == SEEN_ALL;
}

/* The owner's funds for this offer, and whether they were looked up here. */
static err find_funds(struct funds_book *b, const struct offer *o, bool owner_issues,
                      const struct funds_left *slot, struct funds_offer *ret)
{
    ret->has_funds = true;
    if (owner_issues) {
        ret->funds = o->gets;
    } else if (b->frozen) {
        ret->funds = amount_zero(&b->gets);
    } else if (slot->used) {
        ret->funds = slot->left;
        ret->has_funds = false;
    } else {
        TRY(funds_account_holds(b->funds, &o->owner, &b->gets, true, &ret->funds));
        if (ret->funds.negative)
            ret->funds = amount_zero(&b->gets);
    }
    return OK;
}

static err lesser(const struct amount *a, const struct amount *b, struct amount *ret)
{
    int order;
    TRY(amount_compare(a, b, &order));
    *ret = order <= 0 ? *a : *b;
    return OK;
}

/* Pure arithmetic: every failure means that this offer cannot be shown. */
static err spend(const struct offer *o, uint32_t rate, struct funds_offer *ret,
                 struct amount *ret_left)
{
    struct amount limit, with_fee, cost;
    int order;
    TRY(amount_from_quality(o->quality, &ret->quality));
    TRY(amount_div_rate(&ret->funds, rate, &limit));
    TRY(amount_compare(&limit, &o->gets, &order));
    ret->partial = order < 0;
    ret->gets_funded = ret->partial ? limit : o->gets;
    ret->pays_funded = o->pays;
    if (ret->partial) {
        TRY(amount_mul(&ret->gets_funded, &ret->quality, &o->pays.asset, &cost));
        TRY(lesser(&o->pays, &cost, &ret->pays_funded));
    }
    struct amount paid = ret->gets_funded;
    if (rate != AMOUNT_RATE_PARITY) {
        TRY(amount_mul_rate(&ret->gets_funded, rate, &with_fee));
        TRY(lesser(&ret->funds, &with_fee, &paid));
    }
    return amount_sub(&ret->funds, &paid, ret_left);
}

err funds_book_offer(struct funds_book *b, struct slice offer, struct funds_offer *ret,
                     bool *ret_usable)
{
    struct account issuer = funds_issuer(&b->gets);
    struct amount left;
    struct offer o;
    *ret_usable = false;
    if (!decode_offer(offer, &o) || !asset_eq(&o.gets.asset, &b->gets) ||
        !asset_eq(&o.pays.asset, &b->pays))
        return OK;
    bool owner_issues = account_eq(&o.owner, &issuer);
    bool fee = b->rate != AMOUNT_RATE_PARITY && !account_eq(&b->taker, &issuer) && !owner_issues;
    struct funds_left *slot = find_owner(b, &o.owner);
    TRY(find_funds(b, &o, owner_issues, slot, ret));
    if (err_failed(spend(&o, fee ? b->rate : AMOUNT_RATE_PARITY, ret, &left)))
        return OK;
    *ret_usable = true;
    if (!slot->used && b->n_owners >= b->n_slots / 2)
        return FAIL(ERR_LIMIT, "funds: more offers than the book was made for");
    b->n_owners += !slot->used;
    *slot = (struct funds_left){o.owner, true, left};
    return OK;
}
