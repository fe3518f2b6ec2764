/* SPDX-License-Identifier: Apache-2.0 */
#include "xrpl/txmeta_mpt.h"

#include "base/mem.h"
#include "xrpl/amount.h"
#include "xrpl/keylet.h"
#include "xrpl/sto.h"
#include "xrpl/txmeta.h"

#include <stdlib.h>

struct list {
    struct mpt_id *v;
    size_t n;
};

static void add(struct list *l, struct mpt_id id)
{
    l->v[l->n++] = id;
}

/* An issuance has its id as a member only in newer ledgers; it is made of sequence and issuer. */
static void add_of_node(struct list *l, const struct txmeta_node *node)
{
    struct slice id;
    struct account issuer;
    if (node->entry_type != ENTRY_MPToken && node->entry_type != ENTRY_MPTokenIssuance)
        return;
    if (sto_get(node->fields, FIELD_MPTokenIssuanceID, &id) && id.n == sizeof(struct mpt_id)) {
        struct mpt_id copy;
        memcpy(copy.b, id.p, sizeof copy.b);
        add(l, copy);
    } else if (node->entry_type == ENTRY_MPTokenIssuance &&
               sto_account(node->fields, FIELD_Issuer, &issuer)) {
        add(l, keylet_mpt_id(sto_u32(node->fields, FIELD_Sequence, 0), &issuer));
    }
}

static void add_of_field(struct list *l, const struct sto_field *f)
{
    struct amount amount;
    struct asset asset;
    struct mpt_id id;
    if (f->id == FIELD_MPTokenIssuanceID && f->value.n == sizeof id.b) {
        memcpy(id.b, f->value.p, sizeof id.b);
        add(l, id);
    } else if (field_type(f->id) == FIELD_TYPE_AMOUNT) {
        if (!err_failed(amount_decode(f->value, &amount)) && amount.asset.kind == ASSET_MPT)
            add(l, amount.asset.mpt);
    } else if (field_type(f->id) == FIELD_TYPE_ISSUE) {
        if (sto_issue(f->value, &asset) && asset.kind == ASSET_MPT)
            add(l, asset.mpt);
    }
}

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct mpt_id));
}

static void settle(struct list *l)
{
    size_t kept = 0;
    if (l->n)
        qsort(l->v, l->n, sizeof *l->v, compare);
    for (size_t i = 0; i < l->n; i++)
        if (kept == 0 || compare(&l->v[kept - 1], &l->v[i]) != 0)
            l->v[kept++] = l->v[i];
    l->n = kept;
}

/* The most that there can be. */
static size_t count(struct slice tx, struct slice meta, bool success)
{
    struct txmeta_iter nodes = txmeta_iter_of(meta);
    struct txmeta_node node;
    struct sto_iter fields = sto_iter_of(tx);
    struct sto_field f;
    size_t n = 0;
    while (success && txmeta_next(&nodes, &node))
        n += node.entry_type == ENTRY_MPToken || node.entry_type == ENTRY_MPTokenIssuance;
    while (sto_next(&fields, &f))
        n += f.id == FIELD_MPTokenIssuanceID || field_type(f.id) == FIELD_TYPE_AMOUNT ||
             field_type(f.id) == FIELD_TYPE_ISSUE;
    return n;
}

err txmeta_mpt_issuances(struct slice tx, struct slice meta, struct arena *a, struct mpt_id **ret,
                         size_t *ret_n)
{
    bool success = txmeta_result(meta) == 0;
    struct list l = {.v = arena_try(a, (count(tx, meta, success) + 1) * sizeof *l.v)};
    if (l.v == NULL)
        return FAIL(ERR_LIMIT, "metadata: out of the memory allowed");
    struct txmeta_iter nodes = txmeta_iter_of(meta);
    struct txmeta_node node;
    struct sto_iter fields = sto_iter_of(tx);
    struct sto_field f;
    while (success && txmeta_next(&nodes, &node))
        add_of_node(&l, &node);
    while (sto_next(&fields, &f))
        add_of_field(&l, &f);
    settle(&l);
    *ret = l.v;
    *ret_n = l.n;
    return OK;
}
