/* SPDX-License-Identifier: Apache-2.0 */
#include "xrpl/book_changes.h"

#include "base/table.h"
#include "xrpl/amount.h"
#include "xrpl/number.h"
#include "xrpl/txmeta.h"

#include <stdlib.h>

#define LABEL_MAX (ACCOUNT_TEXT_MAX + CURRENCY_TEXT_MAX + 8)

struct pair {
    struct asset a, b;
};

struct tally {
    struct tally *next;
    char label_a[LABEL_MAX], label_b[LABEL_MAX];
    struct amount volume_a, volume_b;
    struct amount open, close, high, low;
    bool has_domain; /* of the offer counted last */
    struct hash256 domain;
};

struct book_changes {
    struct arena *arena;
    struct table *by_pair;
    struct tally *all;
    size_t n;
};

/* What an offer's node says was traded: negative amounts, mostly. */
struct trade {
    struct amount gets, pays;
    bool has_domain;
    struct hash256 domain;
};

static void release(void *table)
{
    table_free(table);
}

struct book_changes *book_changes_new(struct arena *a)
{
    struct book_changes *b = arena_new_of(a, struct book_changes);
    b->arena = a;
    b->by_pair = table_new(sizeof(struct pair));
    arena_adopt(a, b->by_pair, release);
    return b;
}

/* "XRP", "<issuer>/<currency>", or an MPT's id. */
static void make_label(const struct asset *asset, char out[LABEL_MAX])
{
    size_t n;
    switch (asset->kind) {
    case ASSET_XRP: memcpy(out, "XRP", 4); return;
    case ASSET_MPT:
        n = 2 * sizeof asset->mpt;
        jw_hex_digits(slice_of(asset->mpt.b, sizeof asset->mpt), (uint8_t *)out);
        out[n] = 0;
        return;
    case ASSET_IOU: break;
    }
    n = account_to_text(&asset->issuer, out);
    out[n++] = '/';
    currency_to_text(&asset->currency, out + n);
}

static bool decode_amount(struct slice object, field_id id, struct amount *ret)
{
    struct slice wire;
    return sto_get(object, id, &wire) && !err_failed(amount_decode(wire, ret));
}

static bool difference(const struct txmeta_node *node, field_id id, struct amount *ret)
{
    struct amount now, before;
    return decode_amount(node->fields, id, &now) && decode_amount(node->previous, id, &before) &&
           !err_failed(amount_sub(&now, &before, ret));
}

static bool read_trade(const struct txmeta_node *node, const struct slice *cancelled,
                       struct trade *ret)
{
    struct slice sequence;
    if (node->entry_type != ENTRY_Offer || node->kind == TXMETA_CREATED)
        return false;
    if (!difference(node, FIELD_TakerGets, &ret->gets) ||
        !difference(node, FIELD_TakerPays, &ret->pays))
        return false;
    if (node->kind == TXMETA_DELETED && cancelled->n > 0 &&
        sto_get(node->fields, FIELD_Sequence, &sequence) && slice_eq(sequence, *cancelled))
        return false;
    ret->has_domain = sto_hash256(node->fields, FIELD_DomainID, &ret->domain);
    return true;
}

static struct amount magnitude(struct amount a)
{
    a.negative = false;
    return a;
}

static int order_of(const struct amount *a, const struct amount *b)
{
    int order = 0;
    err_ignore(amount_compare(a, b, &order)); /* rates are all of one kind */
    return order;
}

/* False: a sum that no amount can hold; nothing changed. */
static bool grow(struct tally *t, const struct amount *a, const struct amount *b,
                 const struct amount *rate)
{
    struct amount sum_a, sum_b;
    if (err_failed(amount_add(&t->volume_a, a, &sum_a)) ||
        err_failed(amount_add(&t->volume_b, b, &sum_b)))
        return false;
    t->volume_a = sum_a;
    t->volume_b = sum_b;
    t->close = *rate;
    if (order_of(rate, &t->high) > 0)
        t->high = *rate;
    if (order_of(rate, &t->low) < 0)
        t->low = *rate;
    return true;
}

static err begin(struct book_changes *b, const struct pair *pair, const struct amount *first,
                 const struct amount *second, const struct amount *rate, struct tally **ret)
{
    struct tally *t = arena_try(b->arena, sizeof *t);
    if (!t)
        return FAIL(ERR_LIMIT, "book_changes: too many pairs");
    *t = (struct tally){.next = b->all,
                        .volume_a = *first,
                        .volume_b = *second,
                        .open = *rate,
                        .close = *rate,
                        .high = *rate,
                        .low = *rate};
    make_label(&pair->a, t->label_a);
    make_label(&pair->b, t->label_b);
    table_put(b->by_pair, pair, t);
    b->all = t;
    b->n++;
    *ret = t;
    return OK;
}

/* XRP comes first, else the lesser label. */
static bool gets_is_first(const struct trade *t)
{
    char gets[LABEL_MAX], pays[LABEL_MAX];
    if (t->gets.asset.kind == ASSET_XRP)
        return true;
    if (t->pays.asset.kind == ASSET_XRP)
        return false;
    make_label(&t->gets.asset, gets);
    make_label(&t->pays.asset, pays);
    return strcmp(gets, pays) < 0;
}

static err add_trade(struct book_changes *b, const struct trade *trade)
{
    static const struct asset no_issue = {
        .kind = ASSET_IOU, .currency = {.b = {[19] = 1}}, .issuer = {.b = {[19] = 1}}};
    bool keep = gets_is_first(trade);
    struct amount first = keep ? trade->gets : trade->pays;
    struct amount second = keep ? trade->pays : trade->gets;
    struct pair pair = {first.asset, second.asset};
    struct tally *t = table_get(b->by_pair, &pair);
    struct amount rate;
    if (amount_is_zero(&second))
        return OK;
    if (err_failed(amount_div(&first, &second, &no_issue, &rate)))
        return OK; /* a rate that no amount can hold */
    first = magnitude(first);
    second = magnitude(second);
    if (!t)
        TRY(begin(b, &pair, &first, &second, &rate, &t));
    else if (!grow(t, &first, &second, &rate))
        return OK;
    t->has_domain = trade->has_domain;
    t->domain = trade->domain;
    return OK;
}

err book_changes_add(struct book_changes *b, struct slice tx, struct slice meta)
{
    struct txmeta_iter it = txmeta_iter_of(meta);
    struct txmeta_node node;
    struct trade trade;
    struct slice cancelled = SLICE_EMPTY;
    uint16_t type = sto_tx_type(tx);
    if (type == TX_OfferCreate || type == TX_OfferCancel)
        (void)sto_get(tx, FIELD_OfferSequence, &cancelled); /* stays empty when absent */
    while (txmeta_next(&it, &node))
        if (read_trade(&node, &cancelled, &trade))
            TRY(add_trade(b, &trade));
    return OK;
}

/* --- output --- */

/* As if the labels were joined by '|'. */
static int by_labels(const void *a, const void *b)
{
    const struct tally *x = *(struct tally *const *)a, *y = *(struct tally *const *)b;
    char one[2 * LABEL_MAX + 2], other[2 * LABEL_MAX + 2];
    snprintf(one, sizeof one, "%s|%s", x->label_a, x->label_b);
    snprintf(other, sizeof other, "%s|%s", y->label_a, y->label_b);
    return strcmp(one, other);
}

static void put_label(struct jw *w, const char *key, const char *label)
{
    jw_key(w, key);
    if (strcmp(label, "XRP") == 0)
        label = "XRP_drops";
    jw_ascii(w, label, strlen(label));
}

/* Whole units, or the text of a bare Number. */
static void put_value(struct jw *w, const char *key, const struct amount *a)
{
    char text[AMOUNT_TEXT_MAX > NUMBER_TEXT_MAX ? AMOUNT_TEXT_MAX : NUMBER_TEXT_MAX];
    struct number number;
    size_t n;
    if (a->asset.kind == ASSET_IOU && !err_failed(number_from_amount(a, &number)))
        n = number_to_text(number, text);
    else
        n = amount_to_text(a, text);
    jw_key(w, key);
    jw_ascii(w, text, n);
}

static void put_tally(struct jw *w, const struct tally *t)
{
    jw_obj_begin(w);
    put_label(w, "currency_a", t->label_a);
    put_label(w, "currency_b", t->label_b);
    put_value(w, "volume_a", &t->volume_a);
    put_value(w, "volume_b", &t->volume_b);
    put_value(w, "high", &t->high);
    put_value(w, "low", &t->low);
    put_value(w, "open", &t->open);
    put_value(w, "close", &t->close);
    if (t->has_domain)
        jw_kv_hex(w, "domain", hash256_slice(&t->domain));
    jw_obj_end(w);
}

void book_changes_put(struct book_changes *b, struct jw *w)
{
    struct tally **sorted = arena_array(b->arena, struct tally *, b->n + 1);
    size_t n = 0;
    for (struct tally *t = b->all; t; t = t->next)
        sorted[n++] = t;
    qsort(sorted, n, sizeof(struct tally *), by_labels);
    jw_arr_begin(w);
    for (size_t i = 0; i < n; i++)
        put_tally(w, sorted[i]);
    jw_arr_end(w);
}
