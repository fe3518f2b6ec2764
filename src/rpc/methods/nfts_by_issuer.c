/* SPDX-License-Identifier: Apache-2.0 */
/* nfts_by_issuer: the tokens that an account issued, burned ones included (rpc-b A.7). */
#include "base/bits.h"
#include "base/mem.h"
#include "rpc/index_page.h"
#include "rpc/method.h"
#include "rpc/nft_state.h"
#include "xrpl/keylet.h"

struct args {
    struct param_account issuer;
    struct param_u32 taxon;
    struct param_u32 limit;
    struct param_hash256 marker; /* token read last */
};

static const struct param params[] = {
    PARAM_ACCOUNT("issuer", struct args, issuer, .required = true,
                  .doc = "Address or public key of the issuer"),
    PARAM_U32("nft_taxon", struct args, taxon, .doc = "Only tokens of this taxon"),
    PARAM_LEDGER,
    PARAM_LIMIT("limit", struct args, limit, 1, 50, 100, .doc = "Tokens to look at"),
    PARAM_HASH256("marker", struct args, marker, .doc = "Where the page before this one ended"),
    PARAM_END,
};

/* Rows of (taxon, token): with a taxon its own only, else all, from the marker's taxon on. A marker
 * of zeros means the begin. */
static err put_page(struct call *c, const struct args *args, const struct index_page_list *list,
                    struct index_page_end *ret)
{
    uint8_t taxon[4], after[36];
    bool marked = args->marker.set && !hash256_is_zero(&args->marker.v);
    uint32_t marker_taxon = keylet_nft_parts(&args->marker.v).taxon;
    bits_store32(taxon, args->taxon.v);
    bits_store32(after, marker_taxon);
    memcpy(after + 4, args->marker.v.b, 32);
    if (marked && args->taxon.set && marker_taxon != args->taxon.v)
        return rpc_error(c, RPC_INVALID_PARAMS, "Invalid marker.");
    const struct index_page_of of = {
        .index = STORE_INDEX_NFT_ISSUER,
        .prefix = slice_of(args->issuer.v.b, sizeof args->issuer.v.b),
        .begin = args->taxon.set ? slice_of(taxon, sizeof taxon) : SLICE_EMPTY,
        .suffix_bytes = sizeof after,
        .after = marked ? after : NULL,
        .limit = args->limit.v,
    };
    return index_page_put(c, &of, list, ret);
}

/* The tokens of some rows. */
struct some {
    struct hash256 *tokens;
    struct nft_state *states;
};

/* Tokens that this ledger does not know yet are left out. */
static err look(struct call *c, void *arg, const struct store_entry *rows, size_t n,
                bool *ret_shown)
{
    struct some *s = arg;
    s->tokens = arena_array(c->arena, struct hash256, n);
    s->states = arena_array(c->arena, struct nft_state, n);
    for (size_t i = 0; i < n; i++)
        s->tokens[i] = hash256_of(rows[i].suffix.p + 4);
    TRY(nft_state_get_many(c, s->tokens, n, view_seq(c->view), s->states));
    for (size_t i = 0; i < n; i++)
        ret_shown[i] = s->states[i].is_known;
    return OK;
}

static err put_token(struct call *c, void *arg, size_t i)
{
    const struct some *s = arg;
    jw_obj_begin(c->w);
    nft_state_put(c, &s->tokens[i], &s->states[i]);
    jw_obj_end(c->w);
    return OK;
}

static err run(struct call *c)
{
    const struct args *args = c->args;
    struct slice root;
    struct some some;
    struct index_page_end end;
    TRY(call_open_ledger(c));
    TRY(call_account_root(c, &args->issuer.v, RPC_ACT_NOT_FOUND, &root));
    call_put_account(c, "issuer", &args->issuer.v);
    jw_kv_u64(c->w, "limit", args->limit.v);
    call_put_ledger(c);
    jw_key(c->w, "nfts");
    jw_arr_begin(c->w);
    TRY(put_page(c, args, &(struct index_page_list){look, put_token, &some}, &end));
    jw_arr_end(c->w);
    if (end.more)
        jw_kv_hex(c->w, "marker", slice_of(end.last + 4, 32));
    if (args->taxon.set)
        jw_kv_u64(c->w, "nft_taxon", args->taxon.v);
    return OK;
}

const struct method nfts_by_issuer_method = {
    .name = "nfts_by_issuer",
    .flags = METHOD_CLIO_ONLY,
    .params = params,
    .args_bytes = sizeof(struct args),
    .run = run,
    .doc = "The tokens that an account issued, burned ones included.",
};
