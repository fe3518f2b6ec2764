/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/line.h"

#include "xrpl/sto.h"

#define FLAG_LOW_RESERVE 0x00010000u
#define FLAG_LOW_AUTH 0x00040000u
#define FLAG_LOW_NO_RIPPLE 0x00100000u
#define FLAG_LOW_FREEZE 0x00400000u
#define FLAG_LOW_DEEP_FREEZE 0x02000000u

/* Each flag of the high side is the bit above the low side's. */
static uint32_t side_flags(uint32_t flags, bool high)
{
    uint32_t f = high ? flags >> 1 : flags;
    return (f & FLAG_LOW_RESERVE ? LINE_RESERVE : 0u) | (f & FLAG_LOW_AUTH ? LINE_AUTH : 0u) |
           (f & FLAG_LOW_NO_RIPPLE ? LINE_NO_RIPPLE : 0u) |
           (f & FLAG_LOW_FREEZE ? LINE_FREEZE : 0u) |
           (f & FLAG_LOW_DEEP_FREEZE ? LINE_DEEP_FREEZE : 0u);
}

struct parts {
    struct amount balance, limit[2];
    uint32_t in[2], out[2], flags;
    unsigned amounts; /* one bit for each of the three that was there */
};

static uint32_t be32(struct slice v)
{
    return v.n == 4
               ? (uint32_t)v.p[0] << 24 | (uint32_t)v.p[1] << 16 | (uint32_t)v.p[2] << 8 | v.p[3]
               : 0;
}

static err read_amount(struct parts *p, unsigned which, struct slice wire, struct amount *ret)
{
    p->amounts |= which;
    return amount_decode(wire, ret);
}

static err read_field(struct parts *p, const struct sto_field *f)
{
    switch (f->id) {
    case FIELD_Flags: p->flags = be32(f->value); return OK;
    case FIELD_LowQualityIn: p->in[0] = be32(f->value); return OK;
    case FIELD_HighQualityIn: p->in[1] = be32(f->value); return OK;
    case FIELD_LowQualityOut: p->out[0] = be32(f->value); return OK;
    case FIELD_HighQualityOut: p->out[1] = be32(f->value); return OK;
    case FIELD_Balance: return read_amount(p, 1, f->value, &p->balance);
    case FIELD_LowLimit: return read_amount(p, 2, f->value, &p->limit[0]);
    case FIELD_HighLimit: return read_amount(p, 4, f->value, &p->limit[1]);
    default: return OK;
    }
}

static struct line_side side_of(const struct parts *p, int high)
{
    return (struct line_side){p->limit[high], p->in[high], p->out[high],
                              side_flags(p->flags, high)};
}

err line_read(struct slice object, const struct account *account, struct line *ret)
{
    struct parts p = {.flags = 0};
    struct sto_iter it = sto_iter_of(object);
    struct sto_field f;
    while (sto_next(&it, &f))
        if (read_field(&p, &f).code)
            return FAIL(ERR_CORRUPT, "rpc: a trust line has a malformed amount");
    if (it.failed || p.amounts != 7)
        return FAIL(ERR_CORRUPT, "rpc: a trust line is malformed");
    int own = account_eq(&p.limit[0].asset.issuer, account) ? 0 : 1;
    ret->own = side_of(&p, own);
    ret->other = side_of(&p, !own);
    ret->peer = ret->other.limit.asset.issuer;
    ret->balance = own ? amount_negate(p.balance) : p.balance;
    return OK;
}
