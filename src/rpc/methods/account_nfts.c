/* SPDX-License-Identifier: Apache-2.0 */
/* account_nfts: the NFTs of an account (rpc-a 8). */
#include "ledger/walk.h"
#include "rpc/method.h"
#include "rpc/put.h"
#include "xrpl/keylet.h"
#include "xrpl/sto.h"

#define NO_SUCH_MARKER "Marker field does not match any valid Page ID"

struct args {
    struct param_account account;
    struct param_hash256 marker;
    struct param_u32 limit;
};

static const struct param params[] = {
    PARAM_ACCOUNT("account", struct args, account, .required = true,
                  .doc = "Address or public key of the account"),
    PARAM_LEDGER,
    PARAM_HASH256("marker", struct args, marker, .doc = "Where the page before this one ended"),
    PARAM_LIMIT("limit", struct args, limit, 20, 100, 400, .doc = "NFTs a page"),
    PARAM_END,
};

static err put_token(struct call *c, const struct hash256 *id, struct slice token)
{
    struct nft_parts parts = keylet_nft_parts(id);
    jw_obj_begin(c->w);
    call_put_hash(c, "NFTokenID", id);
    put_hex(c, "URI", token, FIELD_URI);
    jw_kv_u64(c->w, "Flags", parts.flags);
    call_put_account(c, "Issuer", &parts.issuer);
    jw_kv_u64(c->w, "NFTokenTaxon", parts.taxon);
    jw_kv_u64(c->w, "nft_serial", parts.serial);
    if (parts.transfer_fee)
        jw_kv_u64(c->w, "TransferFee", parts.transfer_fee);
    jw_obj_end(c->w);
    return OK;
}

/* A list of tokens on its way out: pages from the highest down, tokens as they stand on them. */
struct list {
    struct walk_nft walk;
    uint32_t left;         /* tokens to show */
    bool seeking;          /* ... behind the marker, which has not been seen yet */
    bool more;             /* the limit was reached, and a token follows */
    struct hash256 marker; /* the token seen last */
};

static err take_token(struct call *c, struct list *l, struct slice token)
{
    struct hash256 id;
    if (!sto_hash256(token, FIELD_NFTokenID, &id))
        return FAIL(ERR_CORRUPT, "rpc: an NFT page holds a token without id");
    if (l->seeking) {
        l->seeking = !hash256_eq(&id, &l->marker);
        return OK;
    }
    if (l->left == 0) {
        l->more = true;
        return OK;
    }
    l->left--;
    l->marker = id;
    return put_token(c, &id, token);
}

static err take_page(struct call *c, struct list *l, struct slice page)
{
    struct slice list;
    if (!sto_get(page, FIELD_NFTokens, &list))
        return OK;
    struct sto_iter it = sto_iter_of(list);
    struct sto_field f;
    while (!l->more && sto_next(&it, &f))
        TRY(take_token(c, l, f.value));
    if (it.failed)
        return FAIL(ERR_CORRUPT, "rpc: an NFT page is malformed");
    return l->seeking ? rpc_error(c, RPC_INVALID_PARAMS, NO_SUCH_MARKER) : OK;
}

static err take_pages(struct call *c, struct list *l)
{
    struct hash256 key;
    struct slice page;
    while (!l->more && l->walk.end == WALK_GOING) {
        TRY(call_breathe(c));
        TRY(walk_nft_next(&l->walk, c->arena, &key, &page));
        TRY(take_page(c, l, page));
    }
    return OK;
}

/* A marker is the token seen last. One that begins with the account names a page to begin with:
 * such were given before, and Clio gives them. */
static err start_at(struct call *c, const struct args *args, struct list *l)
{
    const struct hash256 *marker = args->marker.set ? &args->marker.v : NULL;
    struct hash256 key;
    struct slice page;
    if (!marker) {
        l->walk = walk_nft_of(c->view, &args->account.v, NULL);
        return OK;
    }
    TRY(call_get(c, marker, &page));
    if (page.n) {
        if (sto_entry_type(page) != ENTRY_NFTokenPage ||
            memcmp(marker->b, args->account.v.b, sizeof args->account.v.b) != 0)
            return rpc_error(c, RPC_INVALID_PARAMS, "Marker matches Page ID from another Account");
        key = *marker;
    } else {
        TRY(walk_nft_page_of(c->view, &args->account.v, marker, c->arena, &key, &page));
        l->seeking = true;
        l->marker = *marker;
    }
    if (page.n == 0)
        return rpc_error(c, RPC_INVALID_PARAMS, NO_SUCH_MARKER);
    l->walk = walk_nft_of(c->view, &args->account.v, &key);
    return OK;
}

static err run(struct call *c)
{
    struct args *args = c->args;
    struct list list = {.left = args->limit.v};
    struct slice root;
    TRY(call_open_ledger(c));
    TRY(call_account_root(c, &args->account.v, RPC_ACT_NOT_FOUND, &root));
    TRY(start_at(c, args, &list));
    call_put_ledger(c);
    put_echo(c, "account");
    jw_kv_u64(c->w, "limit", args->limit.v);
    jw_key(c->w, "account_nfts");
    jw_arr_begin(c->w);
    TRY(take_pages(c, &list));
    jw_arr_end(c->w);
    if (list.more)
        call_put_hash(c, "marker", &list.marker);
    return OK;
}

const struct method account_nfts_method = {
    .name = "account_nfts",
    .params = params,
    .args_bytes = sizeof(struct args),
    .run = run,
    .doc = "The NFTs that an account holds, page by page.",
};
