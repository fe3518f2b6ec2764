/* SPDX-License-Identifier: Apache-2.0 */
#include "etl/rows.h"

#include "base/bits.h"
#include "xrpl/keylet.h"
#include "xrpl/sto.h"
#include "xrpl/txmeta.h"
#include "xrpl/txmeta_mpt.h"

#include <stdlib.h>

static struct slice be32(struct arena *a, uint32_t v)
{
    uint8_t *p = arena_alloc(a, 4);
    bits_store32(p, v);
    return slice_of(p, 4);
}

static struct slice be32_pair(struct arena *a, uint32_t v, uint32_t w)
{
    uint8_t *p = arena_alloc(a, 8);
    bits_store32(p, v);
    bits_store32(p + 4, w);
    return slice_of(p, 8);
}

static void add(struct rows *r, enum store_index index, struct slice prefix, struct slice suffix,
                struct slice value)
{
    if (r->n == r->cap) {
        size_t cap = r->cap ? 2 * r->cap : 64;
        struct store_index_row *v = arena_array(r->a, struct store_index_row, cap);
        if (r->n)
            memcpy(v, r->v, sizeof(*v) * r->n);
        r->v = v;
        r->cap = cap;
    }
    r->v[r->n++] = (struct store_index_row){index, prefix, suffix, value};
}

static void add_issuer(struct rows *r, struct slice token)
{
    struct hash256 id = hash256_of(token.p);
    struct nft_parts parts = keylet_nft_parts(&id);
    uint8_t *p = arena_alloc(r->a, 56);
    memcpy(p, parts.issuer.b, 20);
    bits_store32(p + 20, parts.taxon);
    memcpy(p + 24, token.p, 32);
    add(r, STORE_INDEX_NFT_ISSUER, slice_of(p, 20), slice_of(p + 20, 36), SLICE_EMPTY);
}

static void add_state(struct rows *r, struct slice token, uint32_t seq, const struct account *owner,
                      bool is_burned)
{
    uint8_t *p = arena_alloc(r->a, 21);
    memcpy(p, owner->b, 20);
    p[20] = is_burned;
    add(r, STORE_INDEX_NFT_STATE, token, be32(r->a, seq), slice_of(p, 21));
}

/* What is the same in all rows that lead to a transaction. */
struct link {
    struct slice at;    /* suffix */
    struct slice value; /* hash, type */
};

static struct link link_of(struct arena *a, const struct store_tx *tx)
{
    struct hash256 hash = store_tx_hash(tx);
    uint8_t *value = arena_alloc(a, STORE_TX_VALUE_BYTES);
    store_tx_value(&hash, sto_tx_type(tx->tx), value);
    return (struct link){be32_pair(a, tx->pos.ledger_seq, tx->pos.index),
                         slice_of(value, STORE_TX_VALUE_BYTES)};
}

static err add_accounts(struct rows *r, const struct store_tx *tx, const struct link *link)
{
    struct account *accounts;
    size_t n;
    TRY(txmeta_accounts(tx->meta, r->a, &accounts, &n));
    for (size_t i = 0; i < n; i++)
        add(r, STORE_INDEX_ACCOUNT_TX, slice_of(accounts[i].b, 20), link->at, link->value);
    return OK;
}

static err add_nfts(struct rows *r, const struct store_tx *tx, const struct link *link)
{
    struct txmeta_nft *nfts;
    size_t n;
    TRY(txmeta_nfts(tx->tx, tx->meta, r->a, &nfts, &n));
    for (size_t i = 0; i < n; i++) {
        struct slice token = hash256_slice(&nfts[i].token);
        if (nfts[i].links)
            add(r, STORE_INDEX_NFT_TX, token, link->at, link->value);
        if (nfts[i].has_state)
            add_state(r, token, tx->pos.ledger_seq, &nfts[i].owner, nfts[i].is_burned);
        if (nfts[i].has_uri)
            add(r, STORE_INDEX_NFT_URI, token, be32(r->a, tx->pos.ledger_seq), nfts[i].uri);
        if (nfts[i].has_uri && nfts[i].has_state)
            add_issuer(r, token);
    }
    return OK;
}

static err add_holders(struct rows *r, const struct store_tx *tx)
{
    struct txmeta_holder *holders;
    size_t n;
    TRY(txmeta_holders(tx->meta, r->a, &holders, &n));
    for (size_t i = 0; i < n; i++)
        add(r, STORE_INDEX_MPT_HOLDER, slice_of(holders[i].issuance.b, 24),
            slice_of(holders[i].holder.b, 20), SLICE_EMPTY);
    return OK;
}

static void add_account_mpts(struct rows *r, const struct account *account,
                             const struct mpt_id *ids, size_t n, const struct link *link)
{
    for (size_t i = 0; i < n; i++) {
        uint8_t *prefix = arena_alloc(r->a, 44);
        memcpy(prefix, account->b, 20);
        memcpy(prefix + 20, ids[i].b, 24);
        add(r, STORE_INDEX_ACCOUNT_MPT_TX, slice_of(prefix, 44), link->at, link->value);
    }
}

static err add_mpts(struct rows *r, const struct store_tx *tx, const struct link *link)
{
    struct mpt_id *ids;
    struct account *accounts;
    size_t n, n_accounts;
    TRY(txmeta_mpt_issuances(tx->tx, tx->meta, r->a, &ids, &n));
    if (n == 0)
        return OK;
    TRY(txmeta_accounts(tx->meta, r->a, &accounts, &n_accounts));
    for (size_t i = 0; i < n; i++)
        add(r, STORE_INDEX_MPT_TX, slice_of(ids[i].b, 24), link->at, link->value);
    for (size_t i = 0; i < n_accounts; i++)
        add_account_mpts(r, &accounts[i], ids, n, link);
    return OK;
}

ERR rows_add_mpts(struct rows *r, const struct store_tx *tx)
{
    struct link link = link_of(r->a, tx);
    return add_mpts(r, tx, &link);
}

ERR rows_add_tx(struct rows *r, const struct store_tx *tx)
{
    struct link link = link_of(r->a, tx);
    TRY(add_accounts(r, tx, &link));
    TRY(add_nfts(r, tx, &link));
    TRY(add_mpts(r, tx, &link));
    return add_holders(r, tx);
}

static void add_page_token(struct rows *r, const struct account *owner, struct slice nftoken)
{
    struct slice token, uri = SLICE_EMPTY;
    if (!sto_get(nftoken, FIELD_NFTokenID, &token) || token.n != 32)
        return;
    sto_get(nftoken, FIELD_URI, &uri);
    add_state(r, token, 0, owner, false);
    add(r, STORE_INDEX_NFT_URI, token, be32(r->a, 0), uri);
    add_issuer(r, token);
}

static void add_nft_page(struct rows *r, const struct store_object *o)
{
    struct slice tokens;
    struct sto_field wrapper;
    struct account owner = account_of(o->key.b); /* a page's key begins with its owner */
    if (!sto_get(o->data, FIELD_NFTokens, &tokens))
        return;
    struct sto_iter it = sto_iter_of(tokens);
    while (sto_next(&it, &wrapper))
        add_page_token(r, &owner, wrapper.value);
}

static void add_mptoken(struct rows *r, const struct store_object *o)
{
    struct slice issuance, holder;
    if (sto_get(o->data, FIELD_MPTokenIssuanceID, &issuance) && issuance.n == 24 &&
        sto_get(o->data, FIELD_Account, &holder) && holder.n == 20)
        add(r, STORE_INDEX_MPT_HOLDER, issuance, holder, SLICE_EMPTY);
}

void rows_add_object(struct rows *r, const struct store_object *o)
{
    uint16_t type = sto_entry_type(o->data);
    if (type == ENTRY_NFTokenPage)
        add_nft_page(r, o);
    else if (type == ENTRY_MPToken)
        add_mptoken(r, o);
}

/* By what makes a row the same row; then in the order they were added (they lie in one array). */
static int compare(const void *x, const void *y)
{
    const struct store_index_row *a = *(const struct store_index_row *const *)x;
    const struct store_index_row *b = *(const struct store_index_row *const *)y;
    if (a->index != b->index)
        return a->index < b->index ? -1 : 1;
    int c = slice_cmp(a->prefix, b->prefix);
    if (c == 0)
        c = slice_cmp(a->suffix, b->suffix);
    return c ? c : (a > b) - (a < b);
}

static bool same(const struct store_index_row *a, const struct store_index_row *b)
{
    return a->index == b->index && slice_eq(a->prefix, b->prefix) && slice_eq(a->suffix, b->suffix);
}

/* account_tx rows, most of all rows, cannot repeat: an account occurs once for a transaction. */
void rows_settle(struct rows *r)
{
    size_t n = 0, kept = 0;
    struct store_index_row **others = arena_array(r->a, struct store_index_row *, r->n + 1);
    struct store_index_row *out = arena_array(r->a, struct store_index_row, r->n + 1);
    for (size_t i = 0; i < r->n; i++) {
        if (r->v[i].index == STORE_INDEX_ACCOUNT_TX)
            out[kept++] = r->v[i];
        else
            others[n++] = &r->v[i];
    }
    if (n)
        qsort(others, n, sizeof(*others), compare);
    for (size_t i = 0; i < n; i++)
        if (i + 1 == n || !same(others[i], others[i + 1]))
            out[kept++] = *others[i];
    r->v = out;
    r->n = r->cap = kept;
}
