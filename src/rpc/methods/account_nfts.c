/* SPDX-License-Identifier: Apache-2.0 */
/* account_nfts: the NFTs of an account (rpc-a 8). */
#include "ledger/walk.h"
#include "rpc/method.h"
#include "rpc/put.h"
#include "xrpl/keylet.h"
#include "xrpl/sto.h"

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
    PARAM_LIMIT("limit", struct args, limit, 20, 100, 400,
                .doc = "NFT pages to list, up to 32 NFTs each"),
    PARAM_END,
};

static err put_token(struct call *c, struct slice token)
{
    struct hash256 id;
    if (!sto_hash256(token, FIELD_NFTokenID, &id))
        return FAIL(ERR_CORRUPT, "rpc: an NFT page holds a token without id");
    struct nft_parts parts = keylet_nft_parts(&id);
    jw_obj_begin(c->w);
    call_put_hash(c, "NFTokenID", &id);
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

static err put_page(struct call *c, struct slice page)
{
    struct slice list;
    if (!sto_get(page, FIELD_NFTokens, &list))
        return OK;
    struct sto_iter it = sto_iter_of(list);
    struct sto_field f;
    while (sto_next(&it, &f))
        TRY(put_token(c, f.value));
    return it.failed ? FAIL(ERR_CORRUPT, "rpc: an NFT page is malformed") : OK;
}

/* The reference lists any account's tokens from a page's key; here the page must be the account's,
 * as the message says. */
static err check_marker(struct call *c, const struct args *args)
{
    struct slice page;
    TRY(call_get(c, &args->marker.v, &page));
    if (page.n == 0)
        return rpc_error(c, RPC_INVALID_PARAMS, "Marker field does not match any valid Page ID");
    if (sto_entry_type(page) != ENTRY_NFTokenPage ||
        memcmp(args->marker.v.b, args->account.v.b, sizeof args->account.v.b) != 0)
        return rpc_error(c, RPC_INVALID_PARAMS, "Marker matches Page ID from another Account");
    return OK;
}

static err put_pages(struct call *c, struct walk_nft *walk, uint32_t limit)
{
    struct hash256 key;
    struct slice page;
    for (uint32_t n = 0; n < limit && walk->end == WALK_GOING; n++) {
        TRY(call_breathe(c));
        TRY(walk_nft_next(walk, c->arena, &key, &page));
        TRY(put_page(c, page));
    }
    return OK;
}

static err run(struct call *c)
{
    struct args *args = c->args;
    struct slice root;
    TRY(call_open_ledger(c));
    TRY(call_account_root(c, &args->account.v, RPC_ACT_NOT_FOUND, &root));
    if (args->marker.set)
        TRY(check_marker(c, args));
    call_put_ledger(c);
    put_echo(c, "account");
    jw_kv_u64(c->w, "limit", args->limit.v);
    jw_key(c->w, "account_nfts");
    jw_arr_begin(c->w);
    struct walk_nft walk =
        walk_nft_of(c->view, &args->account.v, args->marker.set ? &args->marker.v : NULL);
    TRY(put_pages(c, &walk, args->limit.v));
    jw_arr_end(c->w);
    if (walk.end == WALK_GOING)
        call_put_hash(c, "marker", &walk.next);
    return OK;
}

const struct method account_nfts_method = {
    .name = "account_nfts",
    .params = params,
    .args_bytes = sizeof(struct args),
    .run = run,
    .doc = "The NFTs that an account holds, page by page.",
};
