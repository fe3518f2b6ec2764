/* SPDX-License-Identifier: Apache-2.0 */
/* Ledger entries: what the API adds to an object's fields. */
#include "base/hex.h"
#include "xrpl/account.h"
#include "xrpl/keylet.h"
#include "xrpl/render.h"

static void put_mpt_issuance_id(struct jw *w, struct slice entry)
{
    struct account issuer;
    if (!sto_account(entry, FIELD_Issuer, &issuer))
        return;
    struct mpt_id id = keylet_mpt_id(sto_u32(entry, FIELD_Sequence, 0), &issuer);
    jw_kv_hex(w, "mpt_issuance_id", slice_of(id.b, sizeof id.b));
}

static void put_gravatar(struct jw *w, struct slice entry)
{
    struct slice hash;
    if (!sto_get(entry, FIELD_EmailHash, &hash) || hash.n != 16)
        return;
    char url[64] = "http://www.gravatar.com/avatar/";
    size_t n = strlen(url);
    hex_encode_lower(hash, url + n);
    jw_key(w, "urlgravatar");
    jw_ascii(w, url, n + 32);
}

err render_entry_members(struct jw *w, struct slice entry, const struct hash256 *key)
{
    err e = render_members(w, entry);
    uint16_t type = sto_entry_type(entry);
    if (type == ENTRY_MPTokenIssuance)
        put_mpt_issuance_id(w, entry);
    else if (type == ENTRY_AccountRoot)
        put_gravatar(w, entry);
    jw_kv_hex(w, "index", hash256_slice(key));
    return e;
}

err render_entry(struct jw *w, struct slice entry, const struct hash256 *key)
{
    jw_obj_begin(w);
    err e = render_entry_members(w, entry, key);
    jw_obj_end(w);
    return e;
}
