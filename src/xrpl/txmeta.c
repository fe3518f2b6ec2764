/* SPDX-License-Identifier: Apache-2.0 */
#include "xrpl/txmeta.h"

#include "base/bits.h"
#include "base/mem.h"
#include "xrpl/keylet.h"
#include "xrpl/render.h"

#include <stdio.h>
#include <stdlib.h>

#define RESULT_ABSENT 0xFF

/* From here on payments without DeliveredAmount in their metadata delivered what Amount says. */
#define DELIVERED_AMOUNT_FIRST_LEDGER 4594095u
#define DELIVERED_AMOUNT_FIRST_CLOSE 446000000u

struct txmeta_iter txmeta_iter_of(struct slice meta)
{
    struct slice nodes = SLICE_EMPTY;
    (void)sto_get(meta, FIELD_AffectedNodes, &nodes); /* absent = none */
    return (struct txmeta_iter){sto_iter_of(nodes)};
}

static enum txmeta_kind kind_of(field_id id)
{
    switch (id) {
    case FIELD_CreatedNode: return TXMETA_CREATED;
    case FIELD_ModifiedNode: return TXMETA_MODIFIED;
    case FIELD_DeletedNode: return TXMETA_DELETED;
    default: return TXMETA_NONE;
    }
}

static struct txmeta_node read_node(enum txmeta_kind kind, struct slice bytes)
{
    struct txmeta_node node = {.kind = kind, .entry_type = 0xFFFF};
    const field_id fields = kind == TXMETA_CREATED ? FIELD_NewFields : FIELD_FinalFields;
    struct sto_iter it = sto_iter_of(bytes);
    struct sto_field f;
    while (sto_next(&it, &f)) {
        if (f.id == FIELD_LedgerEntryType)
            node.entry_type = bits_load16(f.value.p);
        else if (f.id == FIELD_LedgerIndex)
            node.key = hash256_of(f.value.p);
        else if (f.id == fields)
            node.fields = f.value;
        else if (f.id == FIELD_PreviousFields)
            node.previous = f.value;
    }
    return node;
}

bool txmeta_next(struct txmeta_iter *it, struct txmeta_node *ret)
{
    struct sto_field f;
    while (sto_next(&it->nodes, &f)) {
        enum txmeta_kind kind = kind_of(f.id);
        if (kind != TXMETA_NONE) {
            *ret = read_node(kind, f.value);
            return true;
        }
    }
    return false;
}

/* Next node of this kind (TXMETA_NONE = any) and type of entry. */
static bool next_of(struct txmeta_iter *it, enum txmeta_kind kind, uint16_t entry_type,
                    struct txmeta_node *ret)
{
    while (txmeta_next(it, ret))
        if (ret->entry_type == entry_type && (kind == TXMETA_NONE || ret->kind == kind))
            return true;
    return false;
}

uint32_t txmeta_index(struct slice meta)
{
    return sto_u32(meta, FIELD_TransactionIndex, 0);
}

uint8_t txmeta_result(struct slice meta)
{
    return sto_u8(meta, FIELD_TransactionResult, RESULT_ABSENT);
}

static err over_budget(void)
{
    return FAIL(ERR_LIMIT, "metadata: out of the memory allowed");
}

/* --- accounts --- */

/* The account that a field names for the index; NULL if it names none. */
static const uint8_t *account_in(const struct sto_field *f)
{
    static const uint8_t zero[20];
    const uint8_t *issuer = NULL;
    switch (f->id) {
    case FIELD_LowLimit:
    case FIELD_HighLimit:
    case FIELD_TakerPays:
    case FIELD_TakerGets: /* issued currency: value, currency, issuer; token: value, sequence,
                             issuer */
        issuer = f->value.n > 8 ? f->value.p + f->value.n - 20 : NULL;
        break;
    case FIELD_MPTokenIssuanceID: issuer = f->value.p + 4; break;
    default: return field_type(f->id) == FIELD_TYPE_ACCOUNT && f->value.n == 20 ? f->value.p : NULL;
    }
    return issuer && memcmp(issuer, zero, 20) != 0 ? issuer : NULL;
}

static int compare_accounts(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct account));
}

static size_t unique(void *items, size_t n, size_t size)
{
    uint8_t *p = items;
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || memcmp(p + (kept - 1) * size, p + i * size, size) != 0)
            memmove(p + kept++ * size, p + i * size, size);
    return kept;
}

err txmeta_accounts(struct slice meta, struct arena *a, struct account **ret, size_t *ret_n)
{
    /* Each account stands in more than 20 bytes of the metadata. */
    struct account *list = arena_try(a, meta.n + sizeof *list);
    if (list == NULL)
        return over_budget();
    size_t n = 0;
    struct txmeta_iter it = txmeta_iter_of(meta);
    struct txmeta_node node;
    while (txmeta_next(&it, &node)) {
        struct sto_iter fields = sto_iter_of(node.fields);
        struct sto_field f;
        while (sto_next(&fields, &f)) {
            const uint8_t *p = account_in(&f);
            if (p)
                list[n++] = account_of(p);
        }
    }
    qsort(list, n, sizeof *list, compare_accounts);
    *ret = list;
    *ret_n = unique(list, n, sizeof *list);
    return OK;
}

/* --- tokens --- */

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
    while (next_of(&it, TXMETA_NONE, ENTRY_NFTokenPage, &node)) {
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
static bool minted_token(struct slice meta, struct hash256 *ret, struct account *ret_owner)
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
    while (next_of(&it, TXMETA_NONE, ENTRY_NFTokenPage, &node)) {
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
    while (next_of(&it, TXMETA_DELETED, ENTRY_NFTokenOffer, &node)) {
        if (hash256_eq(&node.key, key)) {
            *ret_fields = node.fields;
            return true;
        }
    }
    return false;
}

static size_t nft_of_mint(struct slice tx, struct slice meta, struct txmeta_nft *ret)
{
    if (!minted_token(meta, &ret->token, &ret->owner))
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

/* Append the tokens of all deleted offers to `ids`, sort, and drop repetitions. */
static size_t tokens_of_deleted_offers(struct slice meta, struct buf *ids)
{
    struct txmeta_iter it = txmeta_iter_of(meta);
    struct txmeta_node node;
    struct hash256 id;
    while (next_of(&it, TXMETA_DELETED, ENTRY_NFTokenOffer, &node))
        if (sto_hash256(node.fields, FIELD_NFTokenID, &id))
            buf_put(ids, id.b, sizeof id.b);
    size_t n = ids->n / sizeof id;
    if (n > 0)
        qsort(ids->p, n, sizeof id, compare_hashes);
    return unique(ids->p, n, sizeof id);
}

static err nfts_of_cancel(struct slice meta, struct arena *a, struct txmeta_nft **ret,
                          size_t *ret_n)
{
    CLEANUP(buf_deinit) struct buf ids = {0};
    size_t n = tokens_of_deleted_offers(meta, &ids);
    struct txmeta_nft *list = arena_try(a, sizeof *list * (n + 1));
    if (list == NULL)
        return over_budget();
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
        return over_budget();
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
        return over_budget();
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

/* --- holders --- */

/* `fields` of an MPToken. */
static bool holder_of(struct slice fields, struct txmeta_holder *ret)
{
    struct txmeta_holder h;
    struct slice id;
    if (!sto_get(fields, FIELD_MPTokenIssuanceID, &id) ||
        !sto_account(fields, FIELD_Account, &h.holder))
        return false;
    memcpy(h.issuance.b, id.p, sizeof h.issuance.b);
    *ret = h;
    return true;
}

bool txmeta_entry_holder(struct slice entry, struct txmeta_holder *ret)
{
    return sto_entry_type(entry) == ENTRY_MPToken && holder_of(entry, ret);
}

/* Deleted ones are holders no more. */
static bool next_holding(struct txmeta_iter *it, struct txmeta_node *ret)
{
    while (next_of(it, TXMETA_NONE, ENTRY_MPToken, ret))
        if (ret->kind != TXMETA_DELETED)
            return true;
    return false;
}

err txmeta_holders(struct slice meta, struct arena *a, struct txmeta_holder **ret, size_t *ret_n)
{
    struct txmeta_iter it = txmeta_iter_of(meta);
    struct txmeta_node node;
    size_t n_most = 0, n = 0;
    *ret = NULL;
    *ret_n = 0;
    while (next_holding(&it, &node))
        n_most++;
    if (n_most == 0 || txmeta_result(meta) != 0)
        return OK;
    struct txmeta_holder *list = arena_try(a, sizeof *list * n_most);
    if (list == NULL)
        return over_budget();
    it = txmeta_iter_of(meta);
    while (next_holding(&it, &node))
        if (holder_of(node.fields, &list[n]))
            n++;
    *ret = list;
    *ret_n = n;
    return OK;
}

/* --- replies --- */

static bool find_field(struct slice object, field_id id, struct sto_field *ret)
{
    struct sto_iter it = sto_iter_of(object);
    while (sto_next(&it, ret))
        if (ret->id == id)
            return true;
    return false;
}

err txmeta_render_tx_members(struct jw *w, struct slice tx, const struct txmeta_show *show)
{
    struct sto_field amount;
    if (sto_tx_type(tx) != TX_Payment || !find_field(tx, FIELD_Amount, &amount))
        return render_members(w, tx);
    err e = render_members_without(w, tx, show->api_version >= 2 ? FIELD_Amount : 0);
    jw_key(w, "DeliverMax");
    err of_amount = render_field_value(w, &amount);
    return err_failed(e) ? e : of_amount;
}

static err put_delivered_amount(struct jw *w, struct slice tx, struct slice meta,
                                const struct txmeta_show *show)
{
    struct sto_field amount;
    bool since_then = show->ledger_seq >= DELIVERED_AMOUNT_FIRST_LEDGER ||
                      show->close_time > DELIVERED_AMOUNT_FIRST_CLOSE;
    jw_key(w, "delivered_amount");
    if (find_field(meta, FIELD_DeliveredAmount, &amount) ||
        (since_then && find_field(tx, FIELD_Amount, &amount)))
        return render_field_value(w, &amount);
    jw_ascii(w, "unavailable", 11);
    return OK;
}

static void put_issuance_id(struct jw *w, struct slice meta)
{
    struct txmeta_iter it = txmeta_iter_of(meta);
    struct txmeta_node node;
    struct account issuer;
    if (!next_of(&it, TXMETA_CREATED, ENTRY_MPTokenIssuance, &node) ||
        !sto_account(node.fields, FIELD_Issuer, &issuer))
        return;
    struct mpt_id id = keylet_mpt_id(sto_u32(node.fields, FIELD_Sequence, 0), &issuer);
    jw_kv_hex(w, "mpt_issuance_id", slice_of(id.b, sizeof id.b));
}

static void put_offer_id(struct jw *w, struct slice meta)
{
    struct txmeta_iter it = txmeta_iter_of(meta);
    struct txmeta_node node;
    if (next_of(&it, TXMETA_CREATED, ENTRY_NFTokenOffer, &node))
        jw_kv_hex(w, "offer_id", hash256_slice(&node.key));
}

static void put_accepted_token(struct jw *w, struct slice meta)
{
    CLEANUP(buf_deinit) struct buf ids = {0};
    if (tokens_of_deleted_offers(meta, &ids) > 0)
        jw_kv_hex(w, "nftoken_id", slice_of(ids.p, sizeof(struct hash256)));
}

static void put_cancelled_tokens(struct jw *w, struct slice meta)
{
    CLEANUP(buf_deinit) struct buf ids = {0};
    size_t n = tokens_of_deleted_offers(meta, &ids);
    jw_key(w, "nftoken_ids");
    jw_arr_begin(w);
    for (size_t i = 0; i < n; i++)
        jw_hex(w, slice_of(ids.p + i * sizeof(struct hash256), sizeof(struct hash256)));
    jw_arr_end(w);
}

static void put_nft_members(struct jw *w, uint16_t type, struct slice tx, struct slice meta)
{
    struct hash256 token;
    struct account owner;
    switch (type) {
    case TX_NFTokenMint:
        if (minted_token(meta, &token, &owner))
            jw_kv_hex(w, "nftoken_id", hash256_slice(&token));
        if (sto_has(tx, FIELD_Amount))
            put_offer_id(w, meta);
        break;
    case TX_NFTokenAcceptOffer: put_accepted_token(w, meta); break;
    case TX_NFTokenCancelOffer: put_cancelled_tokens(w, meta); break;
    case TX_NFTokenCreateOffer: put_offer_id(w, meta); break;
    default: break;
    }
}

static err put_additions(struct jw *w, struct slice tx, struct slice meta,
                         const struct txmeta_show *show)
{
    uint16_t type = sto_tx_type(tx);
    switch (type) {
    case TX_Payment:
    case TX_CheckCash:
    case TX_AccountDelete:
        return txmeta_result(meta) == 0 ? put_delivered_amount(w, tx, meta, show) : OK;
    case TX_MPTokenIssuanceCreate:
        if (txmeta_result(meta) == 0)
            put_issuance_id(w, meta);
        return OK;
    default:
        if (show->nft_synthetic && type >= TX_NFTokenMint && type <= TX_NFTokenAcceptOffer &&
            txmeta_result(meta) == 0)
            put_nft_members(w, type, tx, meta);
        return OK;
    }
}

err txmeta_render_meta(struct jw *w, struct slice tx, struct slice meta,
                       const struct txmeta_show *show)
{
    jw_obj_begin(w);
    err e = render_members(w, meta);
    err of_additions = put_additions(w, tx, meta, show);
    jw_obj_end(w);
    return err_failed(e) ? e : of_additions;
}

bool txmeta_ctid(uint32_t ledger_seq, uint32_t tx_index, uint32_t network_id, char out[17])
{
    if (ledger_seq > 0x0FFFFFFF || tx_index > UINT16_MAX || network_id > UINT16_MAX)
        return false;
    snprintf(out, 17, "%08X%04X%04X", 0xC0000000u + ledger_seq, tx_index, network_id);
    return true;
}
