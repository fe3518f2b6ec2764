/* SPDX-License-Identifier: Apache-2.0 */
/* Accounts, currencies, assets and amounts: written in place, at once, for they are most of what
 * transactions consist of. */
#include "base/bits.h"
#include "xrpl/amount.h"
#include "xrpl/render_impl.h"

/* Room for `{"currency":"...","issuer":"...","value":"..."}`, whatever they are. */
#define ASSET_MEMBERS_MAX (48 + CURRENCY_TEXT_MAX + ACCOUNT_TEXT_MAX)

static uint8_t *put(uint8_t *p, const char *text, size_t n)
{
    memcpy(p, text, n);
    return p + n;
}
#define PUT(p, literal) put((p), (literal), sizeof(literal) - 1)

static uint8_t *put_account(uint8_t *p, const struct account *a)
{
    *p++ = '"';
    p += account_to_text(a, (char *)p);
    *p++ = '"';
    return p;
}

static uint8_t *put_currency(uint8_t *p, const struct currency *c)
{
    *p++ = '"';
    p += currency_to_text(c, (char *)p);
    *p++ = '"';
    return p;
}

/* The members that name an asset, inside an object of the caller. */
static uint8_t *put_asset_members(uint8_t *p, const struct asset *a)
{
    if (a->kind == ASSET_MPT) {
        p = PUT(p, "\"mpt_issuance_id\":\"");
        jw_hex_digits(slice_of(a->mpt.b, sizeof a->mpt.b), p);
        return PUT(p + 2 * sizeof a->mpt.b, "\"");
    }
    p = put_currency(PUT(p, "\"currency\":"), &a->currency);
    return a->kind == ASSET_IOU ? put_account(PUT(p, ",\"issuer\":"), &a->issuer) : p;
}

static uint8_t *put_amount_value(uint8_t *p, const struct amount *a)
{
    *p++ = '"';
    p += amount_to_text(a, (char *)p);
    *p++ = '"';
    return p;
}

void render_account(struct jw *w, const struct account *a)
{
    jw_end(w, put_account(jw_begin(w, ACCOUNT_TEXT_MAX + 2), a));
}

void render_currency(struct jw *w, const struct currency *c)
{
    jw_end(w, put_currency(jw_begin(w, CURRENCY_TEXT_MAX + 2), c));
}

void render_asset(struct jw *w, const struct asset *a)
{
    uint8_t *p = jw_begin(w, ASSET_MEMBERS_MAX);
    *p++ = '{';
    p = put_asset_members(p, a);
    *p++ = '}';
    jw_end(w, p);
}

void render_amount_value(struct jw *w, const struct amount *a)
{
    jw_end(w, put_amount_value(jw_begin(w, AMOUNT_TEXT_MAX + 2), a));
}

void render_amount(struct jw *w, const struct amount *a)
{
    if (a->asset.kind == ASSET_XRP) {
        render_amount_value(w, a);
        return;
    }
    uint8_t *p = jw_begin(w, ASSET_MEMBERS_MAX + AMOUNT_TEXT_MAX + 16);
    *p++ = '{';
    p = put_asset_members(p, &a->asset);
    p = put_amount_value(PUT(p, ",\"value\":"), a);
    *p++ = '}';
    jw_end(w, p);
}

bool render_wire_amount(struct jw *w, struct slice value)
{
    const uint64_t kind_bits = 0xE000000000000000u, positive_drops = 0x4000000000000000u;
    uint64_t v = bits_load64(value.p);
    if ((v & kind_bits) == positive_drops) {
        jw_u64_str(w, v ^ positive_drops);
        return true;
    }
    struct amount a;
    if (err_failed(amount_decode(value, &a)))
        return render_damaged(w, value);
    render_amount(w, &a);
    return true;
}

bool render_wire_account(struct jw *w, struct slice value)
{
    if (value.n == 0) {
        jw_ascii(w, "", 0);
        return true;
    }
    if (value.n != 20)
        return render_damaged(w, value);
    struct account a = account_of(value.p);
    render_account(w, &a);
    return true;
}

bool render_wire_issue(struct jw *w, struct slice value)
{
    struct asset a;
    if (!sto_issue(value, &a))
        return render_damaged(w, value);
    render_asset(w, &a);
    return true;
}
