/* SPDX-License-Identifier: Apache-2.0 */
#include "feed/feed_touch.h"

#include "xrpl/amount.h"
#include "xrpl/sto.h"
#include "xrpl/txmeta.h"
#include "xrpl/txmeta_mpt.h"

static err over_budget(void)
{
    return FAIL(ERR_LIMIT, "feed: out of the memory allowed");
}

/* The part of an offer's node that tells its book. */
static struct slice container_of_node(const struct txmeta_node *n)
{
    return n->kind == TXMETA_MODIFIED ? n->previous : n->fields;
}

static bool asset_in(struct slice fields, field_id id, struct asset *ret)
{
    struct slice wire;
    struct amount amount;
    if (!sto_get(fields, id, &wire) || err_failed(amount_decode(wire, &amount)))
        return false;
    *ret = amount.asset;
    return true;
}

/* The book is seen from the other side: its `pays` is what the offer's takers get. */
static bool book_of(const struct txmeta_node *n, struct feed_book *ret)
{
    struct slice fields = container_of_node(n);
    struct asset pays, gets;
    struct hash256 domain;
    if (!asset_in(fields, FIELD_TakerPays, &pays) || !asset_in(fields, FIELD_TakerGets, &gets))
        return false;
    bool has_domain = sto_hash256(fields, FIELD_DomainID, &domain);
    *ret = feed_request_book(&gets, &pays, has_domain ? &domain : NULL);
    return true;
}

static void add_distinct(void *list, uint32_t *n, const void *item, size_t size)
{
    for (uint32_t i = 0; i < *n; i++)
        if (memcmp((uint8_t *)list + i * size, item, size) == 0)
            return;
    memcpy((uint8_t *)list + (size_t)(*n)++ * size, item, size);
}

static err read_books(struct slice meta, struct arena *a, struct feed_touch *t)
{
    uint32_t n_offers = 0;
    struct txmeta_node node;
    struct txmeta_iter it = txmeta_iter_of(meta);
    while (txmeta_next(&it, &node))
        n_offers += node.entry_type == ENTRY_Offer;
    if (n_offers == 0)
        return OK;
    t->books = arena_try(a, n_offers * sizeof *t->books);
    if (t->books == NULL)
        return over_budget();
    it = txmeta_iter_of(meta);
    while (txmeta_next(&it, &node)) {
        struct feed_book book;
        if (node.entry_type == ENTRY_Offer && book_of(&node, &book))
            add_distinct(t->books, &t->n_books, &book, sizeof book);
    }
    return OK;
}

static err read_accounts(struct slice meta, struct arena *a, struct feed_touch *t)
{
    size_t n = 0;
    TRY(txmeta_accounts(meta, a, &t->accounts, &n));
    if (n > 0 && account_is_zero(&t->accounts[0])) { /* they ascend */
        t->accounts++;
        n--;
    }
    t->n_accounts = (uint32_t)n;
    return OK;
}

err feed_touch_read(struct slice tx, struct slice meta, struct arena *a, struct feed_touch *ret)
{
    struct feed_touch t = {.type = sto_tx_type(tx)};
    TRY(read_accounts(meta, a, &t));
    TRY(read_books(meta, a, &t));
    size_t n = 0;
    TRY(txmeta_mpt_issuances(tx, meta, a, &t.issuances, &n));
    t.n_issuances = (uint32_t)n;
    *ret = t;
    return OK;
}
