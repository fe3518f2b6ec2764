/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/mpt_issuance.h"

#include "base/mem.h"
#include "xrpl/keylet.h"
#include "xrpl/sto.h"

struct hash256 mpt_issuance_key(const struct param_hash192 *given)
{
    return given->by_key ? given->key : keylet_mpt_issuance(&given->v);
}

/* As it was before it was deleted. */
static err read_deleted(struct call *c, struct view *v, const struct hash256 *key,
                        struct slice *ret)
{
    CLEANUP(view_closep) struct view *before = NULL;
    struct slice object;
    uint32_t seq;
    TRY(view_object_seq(v, key, &seq));
    if (seq <= 1)
        return (err){ERR_NOT_FOUND};
    TRY(view_open(c->ledgers, seq - 1, &before));
    TRY(view_get(before, key, c->arena, &object));
    *ret = arena_dup(c->arena, object);
    return OK;
}

static err read_object(struct call *c, const struct hash256 *key, struct slice *ret)
{
    CLEANUP(view_closep) struct view *newest = NULL;
    struct view *v = c->view;
    if (!v) {
        TRY(view_open(c->ledgers, 0, &newest));
        v = newest;
    }
    err e = view_get(v, key, c->arena, ret);
    if (e.code == ERR_NOT_FOUND)
        return read_deleted(c, v, key, ret);
    TRY(e);
    *ret = arena_dup(c->arena, *ret); /* the view may go */
    return OK;
}

err mpt_issuance_id(struct call *c, const struct param_hash192 *given, struct mpt_id *ret)
{
    struct slice object;
    struct account issuer;
    if (!given->by_key) {
        *ret = given->v;
        return OK;
    }
    err e = read_object(c, &given->key, &object);
    if (err_failed(e) && e.code != ERR_NOT_FOUND)
        return e;
    if (err_failed(e) || sto_entry_type(object) != ENTRY_MPTokenIssuance ||
        !sto_account(object, FIELD_Issuer, &issuer))
        return rpc_error(c, RPC_OBJECT_NOT_FOUND, "objectNotFound");
    *ret = keylet_mpt_id(sto_u32(object, FIELD_Sequence, 0), &issuer);
    return OK;
}
