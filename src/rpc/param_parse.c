/* SPDX-License-Identifier: Apache-2.0 */
/* The value parsers of param.h that know nothing of calls and tables. */
#include "base/hex.h"
#include "rpc/param.h"

bool param_hex(struct slice text, uint8_t *out, size_t n_bytes)
{
    if (slice_is(text, "0")) {
        memset(out, 0, n_bytes);
        return true;
    }
    return text.n == 2 * n_bytes && hex_decode(text, out, n_bytes);
}

size_t param_hex_bytes(struct slice text, uint8_t *out, size_t max_bytes)
{
    size_t odd = text.n % 2, n = text.n / 2 + odd;
    if (n > max_bytes)
        return SIZE_MAX;
    if (odd) {
        int first = hex_digit(text.p[0]);
        if (first < 0)
            return SIZE_MAX;
        out[0] = (uint8_t)first;
    }
    return hex_decode(slice_from(text, odd), out + odd, n - odd) ? n : SIZE_MAX;
}

bool param_address(struct slice text, struct account *ret)
{
    struct account a;
    if (!account_from_text(text, &a) || account_is_zero(&a))
        return false;
    *ret = a;
    return true;
}

bool param_issuer(struct slice text, struct account *ret)
{
    return param_hex(text, ret->b, sizeof ret->b) || account_from_text(text, ret);
}

bool param_u32_text(struct slice text, uint32_t *ret)
{
    uint64_t v = 0;
    if (text.n == 0)
        return false;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
        v = v * 10 + (uint64_t)(text.p[i] - '0');
        if (v > UINT32_MAX)
            return false;
    }
    *ret = (uint32_t)v;
    return true;
}

bool param_truth(const struct json *v)
{
    switch (v->type) {
    case JSON_NONE:
    case JSON_NULL: return false;
    case JSON_BOOL: return v->b;
    case JSON_INT: return v->i != 0;
    case JSON_UINT: return true;
    case JSON_DOUBLE: return v->d < 0 || v->d > 0;
    case JSON_STRING: return v->s.n > 0 && v->s.p[0] != 0;
    case JSON_ARRAY:
    case JSON_OBJECT: return v->n > 0;
    }
    return false;
}

bool param_u32(const struct json *v, uint32_t *ret)
{
    if (v->type != JSON_INT || v->i < 0 || v->i > UINT32_MAX)
        return false;
    *ret = (uint32_t)v->i;
    return true;
}

/* Currency codes that look like XRP, or like "no currency", name no asset. */
static bool is_bad_currency(const struct currency *c)
{
    static const struct currency no_currency = {.b = {[19] = 1}};
    static const struct currency iso_xrp = {.b = {[12] = 'X', [13] = 'R', [14] = 'P'}};
    return memcmp(c, &no_currency, sizeof *c) == 0 || memcmp(c, &iso_xrp, sizeof *c) == 0;
}

bool param_asset(const struct json *object, struct asset *ret)
{
    static const struct account account_one = {.b = {[19] = 1}};
    const struct json *currency = json_get(object, "currency");
    const struct json *issuer = json_get(object, "issuer");
    struct asset a = {.kind = ASSET_IOU};
    if (!json_is(currency, JSON_STRING) || !currency_from_text(currency->s, &a.currency) ||
        is_bad_currency(&a.currency))
        return false;
    bool has_issuer = json_is(issuer, JSON_STRING);
    if (currency_is_xrp(&a.currency)) {
        a.kind = ASSET_XRP;
        if (has_issuer)
            return false;
    } else if (!has_issuer || !param_address(issuer->s, &a.issuer) ||
               account_eq(&a.issuer, &account_one)) {
        return false;
    }
    *ret = a;
    return true;
}

bool param_document_id(const struct json *v, uint32_t *ret)
{
    return v->type == JSON_STRING ? param_u32_text(v->s, ret) : param_u32(v, ret);
}
