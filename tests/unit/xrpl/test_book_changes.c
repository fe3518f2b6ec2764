/* SPDX-License-Identifier: Apache-2.0 */
#include "xrpl/book_changes.h"

#include "sto_build.h"
#include "test.h"
#include "xrpl/sto.h"

struct tally_test {
    struct arena *arena;
    struct book_changes *changes;
    struct buf nodes; /* of the transaction being made */
    struct buf out;
};

static void begin(struct tally_test *t)
{
    *t = (struct tally_test){.arena = arena_new(0)};
    t->changes = book_changes_new(t->arena);
}

static struct asset asset_of(const char *currency, uint8_t issuer)
{
    struct asset a = {.kind = ASSET_IOU};
    if (issuer == 0)
        return (struct asset){.kind = ASSET_XRP};
    ASSERT(currency_from_text(slice_str(currency), &a.currency));
    memset(a.issuer.b, issuer, 20);
    return a;
}

static struct amount amount_of(const struct asset *asset, uint64_t mantissa, int32_t exponent)
{
    struct amount a;
    ASSERT_OK(amount_canonicalize(asset, false, mantissa, exponent, &a));
    return a;
}

/* What an offer gave and took: `gets` from `gets_before`, in units of 10^-1. */
struct fill {
    struct asset gets, pays;
    uint64_t gets_before, gets_after, pays_before, pays_after;
    uint32_t sequence;
    bool deleted, no_previous, created;
    const struct hash256 *domain;
};

static void put_sides(struct buf *b, const struct fill *f, bool before)
{
    int32_t e_gets = f->gets.kind == ASSET_IOU ? -1 : 0,
            e_pays = f->pays.kind == ASSET_IOU ? -1 : 0;
    struct amount pays = amount_of(&f->pays, before ? f->pays_before : f->pays_after, e_pays);
    struct amount gets = amount_of(&f->gets, before ? f->gets_before : f->gets_after, e_gets);
    sto_build_amount(b, FIELD_TakerPays, &pays);
    sto_build_amount(b, FIELD_TakerGets, &gets);
}

static void add_node(struct tally_test *t, struct fill f)
{
    struct buf node = {0}, fields = {0};
    sto_build_u16(&node, FIELD_LedgerEntryType, ENTRY_Offer);
    if (!f.no_previous && !f.created) {
        put_sides(&fields, &f, true);
        sto_build_nest(&node, FIELD_PreviousFields, &fields);
    }
    sto_build_u32(&fields, FIELD_Sequence, f.sequence);
    if (f.domain)
        sto_build_field(&fields, FIELD_DomainID, hash256_slice(f.domain));
    put_sides(&fields, &f, false);
    sto_build_nest(&node, f.created ? FIELD_NewFields : FIELD_FinalFields, &fields);
    sto_build_nest(&t->nodes,
                   f.created   ? FIELD_CreatedNode
                   : f.deleted ? FIELD_DeletedNode
                               : FIELD_ModifiedNode,
                   &node);
}

/* The nodes so far are those of one transaction. */
static void add_tx(struct tally_test *t, uint16_t type, uint32_t cancels)
{
    struct buf tx = {0}, meta = {0};
    sto_build_u16(&tx, FIELD_TransactionType, type);
    if (cancels)
        sto_build_u32(&tx, FIELD_OfferSequence, cancels);
    sto_build_nest(&meta, FIELD_AffectedNodes, &t->nodes);
    ASSERT_OK(book_changes_add(t->changes, buf_slice(&tx), buf_slice(&meta)));
    buf_deinit(&tx);
    buf_deinit(&meta);
}

static const char *text_of(struct tally_test *t)
{
    struct jw w = jw_to(&t->out);
    buf_clear(&t->out);
    book_changes_put(t->changes, &w);
    buf_put_u8(&t->out, 0);
    return (const char *)t->out.p;
}

static void end(struct tally_test *t)
{
    buf_deinit(&t->out);
    arena_free(t->arena);
}

static void label_of(const struct asset *a, char out[64])
{
    size_t n = account_to_text(&a->issuer, out);
    out[n] = '/';
    currency_to_text(&a->currency, out + n + 1);
}

TEST(trades_of_a_pair_are_one_change)
{
    struct tally_test t;
    struct asset xrp = asset_of("XRP", 0), usd = asset_of("USD", 1);
    char label[64], expected[512];
    begin(&t);
    label_of(&usd, label);
    ASSERT_STR("[]", text_of(&t));
    /* 20 drops for 2 USD, then 40 for 2.5, then 6 for 1.5 the other way round */
    add_node(&t, (struct fill){.gets = xrp,
                               .pays = usd,
                               .gets_before = 100,
                               .gets_after = 80,
                               .pays_before = 50,
                               .pays_after = 30});
    add_tx(&t, TX_Payment, 0);
    add_node(&t, (struct fill){.gets = xrp,
                               .pays = usd,
                               .gets_before = 40,
                               .gets_after = 0,
                               .pays_before = 25,
                               .pays_after = 0,
                               .deleted = true});
    add_node(&t, (struct fill){.gets = usd,
                               .pays = xrp,
                               .gets_before = 20,
                               .gets_after = 5,
                               .pays_before = 16,
                               .pays_after = 10});
    add_tx(&t, TX_OfferCreate, 0);
    snprintf(expected, sizeof expected,
             "[{\"currency_a\":\"XRP_drops\",\"currency_b\":\"%s\",\"volume_a\":\"66\","
             "\"volume_b\":\"6\",\"high\":\"16\",\"low\":\"4\",\"open\":\"10\",\"close\":\"4\"}]",
             label);
    ASSERT_STR(expected, text_of(&t));
    end(&t);
}

TEST(pairs_are_sorted_by_their_labels_and_the_lesser_label_comes_first)
{
    struct tally_test t;
    struct asset xrp = asset_of("XRP", 0), a = asset_of("USD", 1), b = asset_of("USD", 2);
    char one[64], other[64];
    begin(&t);
    label_of(&a, one);
    label_of(&b, other);
    bool swap = strcmp(one, other) > 0;
    add_node(&t, (struct fill){.gets = xrp, .pays = b, .gets_before = 2, .pays_before = 10});
    add_node(&t, (struct fill){.gets = a, .pays = b, .gets_before = 20, .pays_before = 10});
    add_node(&t, (struct fill){.gets = b, .pays = a, .gets_before = 10, .pays_before = 20});
    add_tx(&t, TX_Payment, 0);
    const char *text = text_of(&t);
    char head[256];
    snprintf(head, sizeof head, "[{\"currency_a\":\"XRP_drops\",\"currency_b\":\"%s\"", other);
    ASSERT(!strncmp(head, text, strlen(head)) == (strcmp("XRP", swap ? other : one) < 0));
    snprintf(head, sizeof head,
             "{\"currency_a\":\"%s\",\"currency_b\":\"%s\",\"volume_a\":\"%s\",\"volume_b\":\"%s\","
             "\"high\":\"%s\"",
             swap ? other : one, swap ? one : other, swap ? "2" : "4", swap ? "4" : "2",
             swap ? "0.5" : "2");
    ASSERT(strstr(text, head));
    end(&t);
}

TEST(cancelled_and_untouched_offers_are_no_trades)
{
    struct tally_test t;
    struct asset xrp = asset_of("XRP", 0), usd = asset_of("USD", 1);
    struct fill fill = {.gets = xrp,
                        .pays = usd,
                        .gets_before = 10,
                        .pays_before = 10,
                        .sequence = 7,
                        .deleted = true};
    begin(&t);
    add_node(&t, fill);
    add_tx(&t, TX_OfferCancel, 7);
    add_node(&t, fill);
    add_tx(&t, TX_OfferCreate, 7);
    fill.no_previous = true;
    add_node(&t, fill);
    fill.no_previous = false;
    fill.created = true;
    add_node(&t, fill);
    fill.created = false;
    fill.pays_after = 10; /* one side did not move: no rate */
    add_node(&t, fill);
    add_tx(&t, TX_Payment, 0);
    ASSERT_STR("[]", text_of(&t));
    fill.pays_after = 0;
    add_node(&t, fill); /* another's sequence is cancelled */
    add_tx(&t, TX_OfferCreate, 8);
    ASSERT(strstr(text_of(&t), "\"volume_a\":\"10\""));
    fill.deleted = false; /* modified, with the sequence that is cancelled */
    add_node(&t, fill);
    add_tx(&t, TX_OfferCreate, 7);
    ASSERT(strstr(text_of(&t), "\"volume_a\":\"20\""));
    end(&t);
}

TEST(the_offer_counted_last_tells_the_domain)
{
    struct tally_test t;
    struct asset xrp = asset_of("XRP", 0), usd = asset_of("USD", 1);
    struct hash256 domain = {{0xD0}};
    struct fill fill = {.gets = xrp, .pays = usd, .gets_before = 10, .pays_before = 10};
    begin(&t);
    fill.domain = &domain;
    add_node(&t, fill);
    add_tx(&t, TX_Payment, 0);
    ASSERT(strstr(text_of(&t), "\"domain\":\"D000"));
    fill.domain = NULL;
    add_node(&t, fill);
    add_tx(&t, TX_Payment, 0);
    ASSERT(!strstr(text_of(&t), "domain"));
    end(&t);
}

TEST(rates_keep_the_sign_of_an_offer_that_grew)
{
    struct tally_test t;
    struct asset xrp = asset_of("XRP", 0), usd = asset_of("USD", 1);
    begin(&t);
    add_node(&t, (struct fill){.gets = xrp,
                               .pays = usd,
                               .gets_before = 10,
                               .gets_after = 30,
                               .pays_before = 100,
                               .pays_after = 50});
    add_tx(&t, TX_Payment, 0);
    const char *text = text_of(&t);
    ASSERT(strstr(text, "\"volume_a\":\"20\",\"volume_b\":\"5\""));
    ASSERT(strstr(text, "\"open\":\"-4\""));
    end(&t);
}

TEST(damaged_metadata_is_left_out)
{
    struct tally_test t;
    struct asset xrp = asset_of("XRP", 0), usd = asset_of("USD", 1);
    struct buf meta = {0};
    begin(&t);
    add_node(&t, (struct fill){.gets = xrp, .pays = usd, .gets_before = 10, .pays_before = 10});
    sto_build_nest(&meta, FIELD_AffectedNodes, &t.nodes);
    for (size_t n = 0; n < meta.n; n++) {
        struct book_changes *b = book_changes_new(t.arena);
        ASSERT_OK(book_changes_add(b, SLICE_EMPTY, slice_of(meta.p, n)));
    }
    buf_deinit(&meta);
    end(&t);
}

TEST(a_sum_that_no_amount_can_hold_leaves_the_trade_out)
{
    struct tally_test t;
    struct asset usd = asset_of("USD", 1), eur = asset_of("EUR", 2);
    begin(&t);
    for (int i = 0; i < 3; i++) {
        struct buf node = {0}, fields = {0};
        struct amount most, one, none_usd = amount_zero(&usd), none_eur = amount_zero(&eur);
        ASSERT_OK(amount_canonicalize(&usd, false, 9999999999999999u, 80, &most));
        ASSERT_OK(amount_canonicalize(&eur, false, 1, 80, &one));
        sto_build_u16(&node, FIELD_LedgerEntryType, ENTRY_Offer);
        sto_build_amount(&fields, FIELD_TakerPays, &most);
        sto_build_amount(&fields, FIELD_TakerGets, &one);
        sto_build_nest(&node, FIELD_PreviousFields, &fields);
        sto_build_amount(&fields, FIELD_TakerPays, &none_usd);
        sto_build_amount(&fields, FIELD_TakerGets, &none_eur);
        sto_build_nest(&node, FIELD_FinalFields, &fields);
        sto_build_nest(&t.nodes, FIELD_ModifiedNode, &node);
    }
    add_tx(&t, TX_Payment, 0);
    const char *text = text_of(&t);
    ASSERT(strstr(text, "9999999999999999e80") && strstr(text, "\"1e80\""));
    end(&t);
}
