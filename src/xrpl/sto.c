/* SPDX-License-Identifier: Apache-2.0 */
#include "xrpl/sto.h"

#include "xrpl/account.h"
#include "xrpl/amount.h"
#include "xrpl/sto_guess.h"
#include "xrpl/sto_step.h"

/* For ever: see sto_is_plain. */
#define PLAIN_LAST_TYPE 26

const uint8_t sto_lengths[32] = {
    [FIELD_TYPE_UINT8] = 1,
    [FIELD_TYPE_UINT16] = 2,
    [FIELD_TYPE_UINT32] = 4,
    [FIELD_TYPE_INT32] = 4,
    [FIELD_TYPE_UINT64] = 8,
    [FIELD_TYPE_INT64] = 8,
    [FIELD_TYPE_HASH96] = 12,
    [FIELD_TYPE_NUMBER] = 12,
    [FIELD_TYPE_HASH128] = 16,
    [FIELD_TYPE_HASH160] = 20,
    [FIELD_TYPE_CURRENCY] = 20,
    [FIELD_TYPE_HASH192] = 24,
    [FIELD_TYPE_HASH256] = 32,
    [FIELD_TYPE_HASH384] = 48,
    [FIELD_TYPE_HASH512] = 64,
    [FIELD_TYPE_BLOB] = STO_LENGTH_PREFIX,
    [FIELD_TYPE_ACCOUNT] = STO_LENGTH_PREFIX,
    [FIELD_TYPE_VECTOR256] = STO_LENGTH_PREFIX,
    [FIELD_TYPE_OBJECT] = STO_LENGTH_CONTAINER,
    [FIELD_TYPE_ARRAY] = STO_LENGTH_CONTAINER,
    [FIELD_TYPE_AMOUNT] = STO_LENGTH_SPECIAL,
    [FIELD_TYPE_PATHSET] = STO_LENGTH_SPECIAL,
    [FIELD_TYPE_ISSUE] = STO_LENGTH_SPECIAL,
    [FIELD_TYPE_BRIDGE] = STO_LENGTH_SPECIAL,
};

size_t sto_long_header(const uint8_t *p, const uint8_t *end, field_id *ret)
{
    size_t n = 1, left = (size_t)(end - p);
    uint32_t type = p[0] >> 4, nth = p[0] & 0x0F;
    if (type == 0) {
        if (left <= n || p[n] < 16)
            return 0;
        type = p[n++];
    }
    if (nth == 0) {
        if (left <= n || p[n] < 16)
            return 0;
        nth = p[n++];
    }
    *ret = FIELD_ID(type, nth);
    return n;
}

static size_t pathset_length(const uint8_t *p, const uint8_t *end)
{
    const uint8_t *start = p;
    while (p < end) {
        uint8_t kind = *p++;
        if (kind == STO_PATH_END)
            return (size_t)(p - start);
        if (kind == STO_PATH_NEXT)
            continue;
        size_t n = sto_path_step_size(kind);
        if (n == 0 || (size_t)(end - p) < n)
            return 0;
        p += n;
    }
    return 0;
}

static size_t issue_length(const uint8_t *p, const uint8_t *end)
{
    static const uint8_t xrp[20], no_account[20] = {[19] = 1};
    size_t left = (size_t)(end - p), n;
    if (left < 20)
        return 0;
    if (memcmp(p, xrp, 20) == 0)
        return 20;
    if (left < 40)
        return 0;
    n = memcmp(p + 20, no_account, 20) == 0 ? 44 : 40;
    return left < n ? 0 : n;
}

/* Two times: account with its length, issue. */
static size_t bridge_length(const uint8_t *p, const uint8_t *end)
{
    const uint8_t *start = p;
    for (int side = 0; side < 2; side++) {
        if (end - p < 21 || *p != 20)
            return 0;
        p += 21;
        size_t n = issue_length(p, end);
        if (n == 0)
            return 0;
        p += n;
    }
    return (size_t)(p - start);
}

size_t sto_special_length(uint32_t type, const uint8_t *p, const uint8_t *end)
{
    switch (type) {
    case FIELD_TYPE_AMOUNT: return amount_wire_size(slice_of(p, (size_t)(end - p)));
    case FIELD_TYPE_PATHSET: return pathset_length(p, end);
    case FIELD_TYPE_ISSUE: return issue_length(p, end);
    default: return bridge_length(p, end);
    }
}

bool sto_issue(struct slice wire, struct asset *ret)
{
    *ret = (struct asset){0};
    if (wire.n == 20)
        return true;
    if (wire.n == 40) {
        ret->kind = ASSET_IOU;
        memcpy(ret->currency.b, wire.p, 20);
        ret->issuer = account_of(wire.p + 20);
        return true;
    }
    if (wire.n != 44)
        return false;
    ret->kind = ASSET_MPT;
    /* The sequence stands in the other byte order than everything else. */
    for (int i = 0; i < 4; i++)
        ret->mpt.b[i] = wire.p[43 - i];
    memcpy(ret->mpt.b + 4, wire.p, 20);
    return true;
}

bool sto_bridge(struct slice wire, struct sto_bridge *ret)
{
    const uint8_t *p = wire.p, *end = wire.p + wire.n;
    if (bridge_length(p, end) != wire.n)
        return false;
    for (int side = 0; side < 2; side++) {
        ret->door[side] = slice_of(p + 1, 20);
        p += 21;
        ret->issue[side] = slice_of(p, issue_length(p, end));
        p += ret->issue[side].n;
    }
    return true;
}

static bool stop(struct sto_iter *it, const uint8_t *at, bool unknown)
{
    it->p = at;
    it->failed = true;
    it->unknown = unknown;
    return false;
}

/* The container of which ret is the header. */
static bool skip_container(struct sto_iter *it, struct sto_field *ret)
{
    struct sto_nest nest = {0};
    struct sto_field inner;
    const uint8_t *p = it->p, *start = ret->whole.p;
    (void)sto_nest_open(&nest, ret->id);
    while (nest.depth > 0) {
        const uint8_t *at = p;
        enum sto_step step = sto_step(&p, it->end, &inner);
        if (step == STO_STEP_UNKNOWN && sto_guess_field(at, it->end, inner.id, nest, 0, &inner)) {
            p = inner.whole.p + inner.whole.n;
            continue;
        }
        if (step == STO_STEP_OPEN    ? !sto_nest_open(&nest, inner.id)
            : step == STO_STEP_CLOSE ? !sto_nest_close(&nest, inner.id)
                                     : step != STO_STEP_VALUE)
            return stop(it, start, step == STO_STEP_UNKNOWN);
    }
    ret->value = slice_of(it->p, (size_t)(inner.whole.p - it->p));
    ret->whole = slice_of(start, (size_t)(p - start));
    it->p = p;
    return true;
}

/* The field at it->p, which is of a type that nobody knows. */
static bool take_unknown(struct sto_iter *it, struct sto_field *ret)
{
    const uint8_t *start = it->p;
    if (!sto_guess_field(start, it->end, ret->id, (struct sto_nest){0}, 0, ret))
        return stop(it, start, true);
    it->p = ret->whole.p + ret->whole.n;
    return true;
}

bool sto_next(struct sto_iter *it, struct sto_field *ret)
{
    if (it->failed)
        return false;
    const uint8_t *start = it->p;
    switch (sto_step(&it->p, it->end, ret)) {
    case STO_STEP_VALUE: return true;
    case STO_STEP_OPEN: return skip_container(it, ret);
    case STO_STEP_END: return false;
    case STO_STEP_UNKNOWN: return take_unknown(it, ret);
    default: return stop(it, start, false);
    }
}

bool sto_get(struct slice object, field_id id, struct slice *ret_value)
{
    struct sto_iter it = sto_iter_of(object);
    struct sto_field f;
    while (sto_next(&it, &f)) {
        if (f.id == id) {
            *ret_value = f.value;
            return true;
        }
    }
    return false;
}

bool sto_has(struct slice object, field_id id)
{
    struct slice v;
    return sto_get(object, id, &v);
}

uint8_t sto_u8(struct slice object, field_id id, uint8_t absent)
{
    struct slice v;
    return sto_get(object, id, &v) && v.n == 1 ? v.p[0] : absent;
}

uint16_t sto_u16(struct slice object, field_id id, uint16_t absent)
{
    struct slice v;
    return sto_get(object, id, &v) && v.n == 2 ? bits_load16(v.p) : absent;
}

uint32_t sto_u32(struct slice object, field_id id, uint32_t absent)
{
    struct slice v;
    return sto_get(object, id, &v) && v.n == 4 ? bits_load32(v.p) : absent;
}

uint64_t sto_u64(struct slice object, field_id id, uint64_t absent)
{
    struct slice v;
    return sto_get(object, id, &v) && v.n == 8 ? bits_load64(v.p) : absent;
}

bool sto_hash256(struct slice object, field_id id, struct hash256 *ret)
{
    struct slice v;
    if (!sto_get(object, id, &v) || v.n != 32)
        return false;
    *ret = hash256_of(v.p);
    return true;
}

bool sto_account(struct slice object, field_id id, struct account *ret)
{
    struct slice v;
    if (!sto_get(object, id, &v) || v.n != 20)
        return false;
    *ret = account_of(v.p);
    return true;
}

uint16_t sto_entry_type(struct slice object)
{
    return sto_u16(object, FIELD_LedgerEntryType, 0xFFFF);
}

uint16_t sto_tx_type(struct slice object)
{
    return sto_u16(object, FIELD_TransactionType, 0xFFFF);
}

bool sto_is_plain(struct slice object)
{
    struct sto_nest nest = {0};
    const uint8_t *p = object.p, *end = object.p + object.n;
    struct sto_field f;
    for (;;) {
        enum sto_step step = sto_step(&p, end, &f);
        if (step == STO_STEP_END)
            return nest.depth == 0;
        if (field_type(f.id) > PLAIN_LAST_TYPE)
            return false;
        bool good = step == STO_STEP_OPEN    ? sto_nest_open(&nest, f.id)
                    : step == STO_STEP_CLOSE ? sto_nest_close(&nest, f.id)
                                             : step == STO_STEP_VALUE;
        if (!good)
            return false;
    }
}

static bool length_fits(const struct sto_field *f)
{
    switch (field_type(f->id)) {
    case FIELD_TYPE_ACCOUNT: return f->value.n == 20 || f->value.n == 0;
    case FIELD_TYPE_VECTOR256: return f->value.n % 32 == 0;
    default: return true;
    }
}

err sto_check(struct slice object)
{
    struct sto_nest nest = {0};
    const uint8_t *p = object.p, *end = object.p + object.n;
    for (;;) {
        struct sto_field f;
        const uint8_t *start = p;
        enum sto_step step = sto_step(&p, end, &f);
        bool good = step == STO_STEP_VALUE   ? length_fits(&f)
                    : step == STO_STEP_OPEN  ? sto_nest_open(&nest, f.id)
                    : step == STO_STEP_CLOSE ? sto_nest_close(&nest, f.id)
                                             : step == STO_STEP_END && nest.depth == 0;
        if (step == STO_STEP_UNKNOWN)
            return FAIL(ERR_UNSUPPORTED, "object: field %u of unknown type %u at byte %zu",
                        field_nth(f.id), field_type(f.id), (size_t)(start - object.p));
        if (!good)
            return FAIL(ERR_PARSE, "object: malformed at byte %zu", (size_t)(start - object.p));
        if (step == STO_STEP_END)
            return OK;
    }
}
