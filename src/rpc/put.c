/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/put.h"

#include "xrpl/amount.h"
#include "xrpl/render.h"
#include "xrpl/sto.h"

void put_echo(struct call *c, const char *key)
{
    const struct json *v = json_get(c->params, key);
    if (!v)
        return;
    jw_key(c->w, key);
    jw_value(c->w, v);
}

static uint64_t number_of(struct slice v)
{
    uint64_t n = 0;
    for (size_t i = 0; i < v.n; i++)
        n = n << 8 | v.p[i];
    return n;
}

void put_uint(struct call *c, const char *key, struct slice object, field_id field)
{
    struct slice v;
    if (!sto_get(object, field, &v))
        return;
    jw_key(c->w, key);
    jw_u64(c->w, number_of(v));
}

void put_u64_str(struct call *c, const char *key, struct slice object, field_id field)
{
    struct slice v;
    if (!sto_get(object, field, &v))
        return;
    jw_key(c->w, key);
    jw_u64_str(c->w, number_of(v));
}

void put_hex(struct call *c, const char *key, struct slice object, field_id field)
{
    struct slice v;
    if (!sto_get(object, field, &v))
        return;
    jw_key(c->w, key);
    jw_hex(c->w, v);
}

err put_account(struct call *c, const char *key, struct slice object, field_id field)
{
    struct account account;
    if (!sto_account(object, field, &account))
        return FAIL(ERR_CORRUPT, "rpc: an object has no valid account for %s", key);
    call_put_account(c, key, &account);
    return OK;
}

err put_amount(struct call *c, const char *key, struct slice object, field_id field)
{
    struct slice wire;
    struct amount amount;
    if (!sto_get(object, field, &wire) || amount_decode(wire, &amount).code)
        return FAIL(ERR_CORRUPT, "rpc: an object has no valid amount for %s", key);
    jw_key(c->w, key);
    render_amount(c->w, &amount);
    return OK;
}

void put_flags(struct call *c, const struct put_flag *table, uint32_t flags)
{
    for (; table->bit; table++) {
        if (!(flags & table->bit))
            continue;
        jw_key(c->w, table->key);
        jw_bool(c->w, true);
    }
}
