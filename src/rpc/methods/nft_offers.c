/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/methods/nft_offers.h"

#include "ledger/walk.h"
#include "rpc/put.h"
#include "xrpl/sto.h"

#define ENTRY_NFT_OFFER 0x0037

const struct param nft_offers_params[] = {
    PARAM_HASH256("nft_id", struct nft_offers_args, token, .required = true,
                  .doc = "The token's id"),
    PARAM_LEDGER,
    PARAM_LIMIT("limit", struct nft_offers_args, limit, 50, 250, 500, .doc = "Offers a page"),
    PARAM_HASH256("marker", struct nft_offers_args, marker,
                  .doc = "Where the page before this one ended"),
    PARAM_END,
};

/* A page of offers on its way out. The one behind a full page is not shown: the marker names it. */
struct page {
    uint32_t left; /* to show */
    bool full;
    struct hash256 next;
};

static err put_offer(struct call *c, const struct hash256 *key, struct slice offer)
{
    jw_obj_begin(c->w);
    call_put_hash(c, "nft_offer_index", key);
    jw_kv_u64(c->w, "flags", sto_u32(offer, FIELD_Flags, 0));
    TRY(put_account(c, "owner", offer, FIELD_Owner));
    TRY(put_amount(c, "amount", offer, FIELD_Amount));
    if (sto_has(offer, FIELD_Destination))
        TRY(put_account(c, "destination", offer, FIELD_Destination));
    put_uint(c, "expiration", offer, FIELD_Expiration);
    jw_obj_end(c->w);
    return OK;
}

static err add(struct call *c, struct page *page, const struct hash256 *key, struct slice offer)
{
    if (sto_entry_type(offer) != ENTRY_NFT_OFFER || page->full)
        return OK;
    if (page->left == 0) {
        page->full = true;
        page->next = *key;
        return OK;
    }
    page->left--;
    return put_offer(c, key, offer);
}

/* The offer that the marker names begins the page, wherever the directory holds it now. */
static err start_at_marker(struct call *c, const struct nft_offers_args *args, struct page *page,
                           struct walk_mark *ret)
{
    const struct hash256 *key = &args->marker.v;
    struct slice offer;
    struct hash256 token;
    TRY(call_get(c, key, &offer));
    if (offer.n == 0 || sto_entry_type(offer) != ENTRY_NFT_OFFER ||
        !sto_hash256(offer, FIELD_NFTokenID, &token) || !hash256_eq(&token, &args->token.v))
        return rpc_error(c, RPC_INVALID_PARAMS, NULL);
    *ret = (struct walk_mark){*key, sto_u64(offer, FIELD_NFTokenOfferNode, 0)};
    return add(c, page, key, offer);
}

static err check_end(struct call *c, enum walk_end end)
{
    if (end == WALK_BAD_MARK)
        return rpc_error(c, RPC_INVALID_PARAMS, "Invalid marker.");
    if (end == WALK_PAGE_LOST)
        return rpc_error(c, RPC_INVALID_PARAMS, "Owner directory not found.");
    return OK;
}

static err put_offers(struct call *c, const struct nft_offers_args *args,
                      const struct hash256 *root, struct page *page)
{
    struct walk_mark mark;
    bool marked = args->marker.set;
    if (marked)
        TRY(start_at_marker(c, args, page, &mark));
    struct walk_dir walk = walk_dir_of(c->view, root, page->left + 1, marked ? &mark : NULL);
    while (walk.end == WALK_GOING) {
        struct walk_batch b;
        TRY(call_breathe(c));
        TRY(walk_dir_next(&walk, c->arena, &b));
        for (size_t i = 0; i < b.n; i++)
            TRY(add(c, page, &b.keys[i], b.objects[i]));
    }
    return check_end(c, walk.end);
}

err nft_offers_run(struct call *c, const struct hash256 *root)
{
    const struct nft_offers_args *args = c->args;
    struct page page = {.left = args->limit.v};
    struct slice first;
    TRY(call_open_ledger(c));
    TRY(call_get(c, root, &first));
    if (first.n == 0)
        return rpc_error(c, RPC_OBJECT_NOT_FOUND, "notFound");
    put_echo(c, "nft_id");
    call_put_ledger(c);
    jw_key(c->w, "offers");
    jw_arr_begin(c->w);
    TRY(put_offers(c, args, root, &page));
    jw_arr_end(c->w);
    if (!page.full)
        return OK;
    jw_kv_u64(c->w, "limit", args->limit.v);
    call_put_hash(c, "marker", &page.next);
    return OK;
}
