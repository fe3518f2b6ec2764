/* SPDX-License-Identifier: Apache-2.0 */
/* What a transaction did to NFTs. */
#include "base/mem.h"
#include "xrpl/keylet.h"
#include "xrpl/txmeta_impl.h"

#include <stdlib.h>

/* What the ids of a token page's tokens fold into. */
struct fold {
    struct hash256 x; /* exclusive or of all */
    int64_t n;        /* counted up (final) or down (previous) */
    const struct hash256 *wanted;
    int64_t n_wanted;
};

static void fold_tokens(struct fold *to, struct slice fields, int64_t sign)
{
    struct slice tokens;
    if (!sto_get(fields, FIELD_NFTokens, &tokens))
        return;
    struct sto_iter it = sto_iter_of(tokens);
    struct sto_field f;
    while (sto_next(&it, &f)) {
        struct hash256 id;
        if (!sto_hash256(f.value, FIELD_NFTokenID, &id))
            continue;
        for (size_t i = 0; i < sizeof id.b; i++)
            to->x.b[i] ^= id.b[i];
        to->n += sign;
        to->n_wanted += to->wanted && hash256_eq(to->wanted, &id) ? sign : 0;
    }
}

/* Tokens after less tokens before, over all pages whose tokens changed. *ret_owner: of the first
 * page. */
static bool fold_pages(struct slice meta, struct fold *to, struct account *ret_owner)
{
    struct txmeta_iter it = txmeta_iter_of(meta);
    struct txmeta_node node;
    bool any = false;
    while (txmeta_next_of(&it, TXMETA_NONE, ENTRY_NFTokenPage, &node)) {
        if (!any)
            *ret_owner = account_of(node.key.b);
        any = true;
        if (node.kind == TXMETA_CREATED) {
            fold_tokens(to, node.fields, 1);
        } else if (node.kind == TXMETA_MODIFIED && sto_has(node.previous, FIELD_NFTokens)) {
            fold_tokens(to, node.previous, -1);
            fold_tokens(to, node.fields, 1);
        }
    }
    return any;
}

/* The one token that is there after and was not before: pages split and tokens move between them,
 * but all others cancel out. False when the metadata does not show exactly one. */
bool txmeta_minted_token(struct slice meta, struct hash256 *ret, struct account *ret_owner)
{
    struct fold all = {0};
    struct account owner;
    if (!fold_pages(meta, &all, &owner) || all.n != 1)
        return false;
    struct fold check = {.wanted = &all.x};
    (void)fold_pages(meta, &check, &owner);
    if (check.n_wanted != 1)
        return false;
    *ret = all.x;
    *ret_owner = owner;
    return true;
}

static bool has_token(struct slice fields, const struct hash256 *token)
{
    struct fold f = {.wanted = token};
    fold_tokens(&f, fields, 1);
    return f.n_wanted > 0;
}

/* Whose page the token was taken from; else who can have owned it by the transaction's rules. */
static bool owner_at_burn(struct slice tx, struct slice meta, const struct hash256 *token,
                          struct account *ret)
{
    struct txmeta_iter it = txmeta_iter_of(meta);
    struct txmeta_node node;
    while (txmeta_next_of(&it, TXMETA_NONE, ENTRY_NFTokenPage, &node)) {
        if (node.kind == TXMETA_CREATED)
            continue;
        struct slice before = node.previous;
        if (node.kind == TXMETA_DELETED && !sto_has(before, FIELD_NFTokens))
            before = node.fields;
        if (has_token(before, token)) {
            *ret = account_of(node.key.b);
            return true;
        }
    }
    return sto_account(tx, FIELD_Owner, ret) || sto_account(tx, FIELD_Account, ret);
}

static bool deleted_offer(struct slice meta, const struct hash256 *key, struct slice *ret_fields)
{
    struct txmeta_iter it = txmeta_iter_of(meta);
    struct txmeta_node node;
    while (txmeta_next_of(&it, TXMETA_DELETED, ENTRY_NFTokenOffer, &node)) {
        if (hash256_eq(&node.key, key)) {
            *ret_fields = node.fields;
            return true;
        }
    }
    return false;
}

static size_t nft_of_mint(struct slice tx, struct slice meta, struct txmeta_nft *ret)
{
    if (!txmeta_minted_token(meta, &ret->token, &ret->owner))
        return 0;
    ret->has_state = ret->has_uri = true;
    (void)sto_get(tx, FIELD_URI, &ret->uri); /* absent = empty */
    return 1;
}

static size_t nft_of_burn(struct slice tx, struct slice meta, struct txmeta_nft *ret)
{
    if (!sto_hash256(tx, FIELD_NFTokenID, &ret->token))
        return 0;
    ret->is_burned = ret->has_state = owner_at_burn(tx, meta, &ret->token, &ret->owner);
    return 1;
}

/* Who made a buy offer gets the token (with a broker, too); a sell offer gives it to whoever
 * accepts. */
static size_t nft_of_accept(struct slice tx, struct slice meta, struct txmeta_nft *ret)
{
    struct hash256 key;
    struct slice offer;
    bool buy = sto_hash256(tx, FIELD_NFTokenBuyOffer, &key);
    if (!buy && !sto_hash256(tx, FIELD_NFTokenSellOffer, &key))
        return 0;
    if (!deleted_offer(meta, &key, &offer) || !sto_hash256(offer, FIELD_NFTokenID, &ret->token))
        return 0;
    ret->has_state = buy ? sto_account(offer, FIELD_Owner, &ret->owner)
                         : sto_account(tx, FIELD_Account, &ret->owner);
    return 1;
}

static size_t nft_of_modify(struct slice tx, struct txmeta_nft *ret)
{
    if (!sto_hash256(tx, FIELD_NFTokenID, &ret->token))
        return 0;
    ret->has_uri = true;
    (void)sto_get(tx, FIELD_URI, &ret->uri); /* absent = empty */
    return 1;
}

static int compare_hashes(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct hash256));
}

size_t txmeta_tokens_of_deleted_offers(struct slice meta, struct buf *ids)
{
    struct txmeta_iter it = txmeta_iter_of(meta);
    struct txmeta_node node;
    struct hash256 id;
    while (txmeta_next_of(&it, TXMETA_DELETED, ENTRY_NFTokenOffer, &node))
        if (sto_hash256(node.fields, FIELD_NFTokenID, &id))
            buf_put(ids, id.b, sizeof id.b);
    size_t n = ids->n / sizeof id;
    if (n > 0)
        qsort(ids->p, n, sizeof id, compare_hashes);
    return txmeta_unique(ids->p, n, sizeof id);
}

static err nfts_of_cancel(struct slice meta, struct arena *a, struct txmeta_nft **ret,
                          size_t *ret_n)
{
    CLEANUP(buf_deinit) struct buf ids = {0};
    size_t n = txmeta_tokens_of_deleted_offers(meta, &ids);
    struct txmeta_nft *list = arena_try(a, sizeof *list * (n + 1));
    if (list == NULL)
        return txmeta_over_budget();
    for (size_t i = 0; i < n; i++)
        list[i] = (struct txmeta_nft){.token = hash256_of(ids.p + i * sizeof(struct hash256)),
                                      .links = true};
    *ret = list;
    *ret_n = n;
    return OK;
}

static size_t nft_of(uint16_t type, struct slice tx, struct slice meta, struct txmeta_nft *ret)
{
    switch (type) {
    case TX_NFTokenMint: return nft_of_mint(tx, meta, ret);
    case TX_NFTokenBurn: return nft_of_burn(tx, meta, ret);
    case TX_NFTokenAcceptOffer: return nft_of_accept(tx, meta, ret);
    case TX_NFTokenModify: return nft_of_modify(tx, ret);
    case TX_NFTokenCreateOffer: return sto_hash256(tx, FIELD_NFTokenID, &ret->token);
    default: return 0;
    }
}

err txmeta_nfts(struct slice tx, struct slice meta, struct arena *a, struct txmeta_nft **ret,
                size_t *ret_n)
{
    uint16_t type = sto_tx_type(tx);
    struct txmeta_nft one = {.links = true};
    *ret = NULL;
    *ret_n = 0;
    if (type < TX_NFTokenMint || (type > TX_NFTokenAcceptOffer && type != TX_NFTokenModify) ||
        txmeta_result(meta) != 0)
        return OK;
    if (type == TX_NFTokenCancelOffer)
        return nfts_of_cancel(meta, a, ret, ret_n);
    if (nft_of(type, tx, meta, &one) == 0)
        return OK;
    struct txmeta_nft *list = arena_try(a, sizeof *list);
    if (list == NULL)
        return txmeta_over_budget();
    *list = one;
    *ret = list;
    *ret_n = 1;
    return OK;
}

static size_t count_fields(struct slice bytes)
{
    struct sto_iter it = sto_iter_of(bytes);
    struct sto_field f;
    size_t n = 0;
    while (sto_next(&it, &f))
        n++;
    return n;
}

err txmeta_page_nfts(const struct hash256 *key, struct slice page, struct arena *a,
                     struct txmeta_nft **ret, size_t *ret_n)
{
    struct slice tokens = SLICE_EMPTY;
    if (sto_entry_type(page) == ENTRY_NFTokenPage)
        (void)sto_get(page, FIELD_NFTokens, &tokens); /* absent = none */
    struct txmeta_nft *list = arena_try(a, sizeof *list * (count_fields(tokens) + 1));
    if (list == NULL)
        return txmeta_over_budget();
    struct sto_iter it = sto_iter_of(tokens);
    struct sto_field f;
    size_t n = 0;
    while (sto_next(&it, &f)) {
        struct txmeta_nft nft = {.has_state = true, .has_uri = true, .owner = account_of(key->b)};
        if (!sto_hash256(f.value, FIELD_NFTokenID, &nft.token))
            continue;
        (void)sto_get(f.value, FIELD_URI, &nft.uri); /* absent = empty */
        list[n++] = nft;
    }
    *ret = list;
    *ret_n = n;
    return OK;
}
