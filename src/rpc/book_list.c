/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/book_list.h"

#include "ledger/funds_book.h"
#include "ledger/walk.h"
#include "xrpl/keylet.h"
#include "xrpl/render.h"

#define OFFERS_A_BREATH 16 /* an offer takes about a microsecond */

static err put_offer(struct call *c, const struct hash256 *key, struct slice offer,
                     const struct funds_offer *f)
{
    jw_obj_begin(c->w);
    TRY(render_entry_members(c->w, offer, key));
    if (f->partial) {
        jw_key(c->w, "taker_gets_funded");
        render_amount(c->w, &f->gets_funded);
        jw_key(c->w, "taker_pays_funded");
        render_amount(c->w, &f->pays_funded);
    }
    if (f->has_funds) {
        jw_key(c->w, "owner_funds");
        render_amount_value(c->w, &f->funds);
    }
    jw_key(c->w, "quality");
    render_amount_value(c->w, &f->quality);
    jw_obj_end(c->w);
    return OK;
}

static err put_batch(struct call *c, struct funds_book *book, const struct walk_batch *batch)
{
    struct funds_offer f;
    bool usable;
    for (size_t i = 0; i < batch->n; i++) {
        TRY(funds_book_offer(book, batch->objects[i], &f, &usable));
        if (usable)
            TRY(put_offer(c, &batch->keys[i], batch->objects[i], &f));
        if (i % OFFERS_A_BREATH == 0)
            TRY(call_breathe(c));
    }
    return OK;
}

YIELDS err book_list_put(struct call *c, const struct book_list *b)
{
    struct hash256 base = keylet_book(b->pays, b->gets, b->domain);
    struct walk_book walk = walk_book_of(c->view, &base, b->limit);
    struct walk_batch batch;
    struct funds_book book;
    struct funds funds = funds_of(c->view, c->arena);
    TRY(funds_book_init(&book, &funds, b->gets, b->pays, b->taker, b->limit));
    while (walk.end == WALK_GOING) {
        TRY(walk_book_next(&walk, c->arena, &batch));
        TRY(put_batch(c, &book, &batch));
        TRY(call_breathe(c)); /* a batch may be empty */
    }
    return OK;
}
