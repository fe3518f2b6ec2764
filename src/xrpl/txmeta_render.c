/* SPDX-License-Identifier: Apache-2.0 */
/* Transactions and metadata as JSON, with what the API adds to them. */
#include "base/mem.h"
#include "xrpl/keylet.h"
#include "xrpl/render.h"
#include "xrpl/txmeta_impl.h"

/* From here on payments without DeliveredAmount in their metadata delivered what Amount says. */
#define DELIVERED_AMOUNT_FIRST_LEDGER 4594095u
#define DELIVERED_AMOUNT_FIRST_CLOSE 446000000u

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

/* What the additions need of the metadata, noted while it is written. */
enum { NOTE_RESULT, NOTE_DELIVERED, N_NOTES };

static bool succeeded(const struct render_note notes[N_NOTES])
{
    return notes[NOTE_RESULT].found && notes[NOTE_RESULT].field.value.p[0] == 0;
}

static err put_delivered_amount(struct jw *w, struct slice tx, const struct render_note *delivered,
                                const struct txmeta_show *show)
{
    struct sto_field amount;
    bool since_then = show->ledger_seq >= DELIVERED_AMOUNT_FIRST_LEDGER ||
                      show->close_time > DELIVERED_AMOUNT_FIRST_CLOSE;
    jw_key(w, "delivered_amount");
    if (delivered->found)
        return render_field_value(w, &delivered->field);
    if (since_then && find_field(tx, FIELD_Amount, &amount))
        return render_field_value(w, &amount);
    jw_ascii(w, "unavailable", 11);
    return OK;
}

static void put_issuance_id(struct jw *w, struct slice meta)
{
    struct txmeta_iter it = txmeta_iter_of(meta);
    struct txmeta_node node;
    struct account issuer;
    if (!txmeta_next_of(&it, TXMETA_CREATED, ENTRY_MPTokenIssuance, &node) ||
        !sto_account(node.fields, FIELD_Issuer, &issuer))
        return;
    struct mpt_id id = keylet_mpt_id(sto_u32(node.fields, FIELD_Sequence, 0), &issuer);
    jw_kv_hex(w, "mpt_issuance_id", slice_of(id.b, sizeof id.b));
}

static void put_offer_id(struct jw *w, struct slice meta)
{
    struct txmeta_iter it = txmeta_iter_of(meta);
    struct txmeta_node node;
    if (txmeta_next_of(&it, TXMETA_CREATED, ENTRY_NFTokenOffer, &node))
        jw_kv_hex(w, "offer_id", hash256_slice(&node.key));
}

static void put_accepted_token(struct jw *w, struct slice meta)
{
    CLEANUP(buf_deinit) struct buf ids = {0};
    if (txmeta_tokens_of_deleted_offers(meta, &ids) > 0)
        jw_kv_hex(w, "nftoken_id", slice_of(ids.p, sizeof(struct hash256)));
}

static void put_cancelled_tokens(struct jw *w, struct slice meta)
{
    CLEANUP(buf_deinit) struct buf ids = {0};
    size_t n = txmeta_tokens_of_deleted_offers(meta, &ids);
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
        if (txmeta_minted_token(meta, &token, &owner))
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
                         const struct render_note notes[N_NOTES], const struct txmeta_show *show)
{
    uint16_t type = sto_tx_type(tx);
    if (!succeeded(notes))
        return OK;
    switch (type) {
    case TX_Payment:
    case TX_CheckCash:
    case TX_AccountDelete: return put_delivered_amount(w, tx, &notes[NOTE_DELIVERED], show);
    case TX_MPTokenIssuanceCreate: put_issuance_id(w, meta); return OK;
    default:
        if (show->nft_synthetic && type >= TX_NFTokenMint && type <= TX_NFTokenAcceptOffer)
            put_nft_members(w, type, tx, meta);
        return OK;
    }
}

err txmeta_render_meta(struct jw *w, struct slice tx, struct slice meta,
                       const struct txmeta_show *show)
{
    struct render_note notes[N_NOTES] = {[NOTE_RESULT] = {.id = FIELD_TransactionResult},
                                         [NOTE_DELIVERED] = {.id = FIELD_DeliveredAmount}};
    jw_obj_begin(w);
    err e = render_members_noting(w, meta, notes, N_NOTES);
    err of_additions = put_additions(w, tx, meta, notes, show);
    jw_obj_end(w);
    return err_failed(e) ? e : of_additions;
}
