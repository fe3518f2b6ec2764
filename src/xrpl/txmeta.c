/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bits.h"
#include "base/hex.h"
#include "base/mem.h"
#include "xrpl/txmeta_impl.h"

#include <stdlib.h>

#define RESULT_ABSENT 0xFF

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
        else if (f.id == FIELD_PreviousTxnID)
            node.prior_tx = f.value;
        else if (f.id == FIELD_PreviousTxnLgrSeq)
            node.prior_seq = bits_load32(f.value.p);
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

bool txmeta_next_of(struct txmeta_iter *it, enum txmeta_kind kind, uint16_t entry_type,
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

err txmeta_over_budget(void)
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

size_t txmeta_unique(void *items, size_t n, size_t size)
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
        return txmeta_over_budget();
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
    *ret_n = txmeta_unique(list, n, sizeof *list);
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
    while (txmeta_next_of(it, TXMETA_NONE, ENTRY_MPToken, ret))
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
        return txmeta_over_budget();
    it = txmeta_iter_of(meta);
    while (next_holding(&it, &node))
        if (holder_of(node.fields, &list[n]))
            n++;
    *ret = list;
    *ret_n = n;
    return OK;
}

/* --- identifiers --- */

bool txmeta_ctid(uint32_t ledger_seq, uint32_t tx_index, uint32_t network_id, char out[17])
{
    if (ledger_seq > 0x0FFFFFFF || tx_index > UINT16_MAX || network_id > UINT16_MAX)
        return false;
    uint8_t id[8];
    bits_store32(id, 0xC0000000u + ledger_seq);
    bits_store16(id + 4, (uint16_t)tx_index);
    bits_store16(id + 6, (uint16_t)network_id);
    hex_encode(slice_of(id, sizeof id), out);
    out[16] = 0;
    return true;
}
