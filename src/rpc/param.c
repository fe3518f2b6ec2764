/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/param.h"

#include "rpc/call.h"
#include "xrpl/names.h"

/* How a value fared. For the last two the kind's own fault is in the call. */
enum verdict { VERDICT_FITS = 0, VERDICT_WRONG_TYPE, VERDICT_BAD, VERDICT_BAD_MEMBER };

typedef enum verdict (*kind_fn)(struct call *c, const struct param *p, const struct json *v,
                                void *to);

static enum verdict refuse(struct call *c, enum verdict verdict, enum rpc_code code,
                           const char *message)
{
    c->fault = (struct call_fault){.code = code, .message = message};
    return verdict;
}

static enum verdict refuse_type(struct call *c)
{
    return refuse(c, VERDICT_WRONG_TYPE, RPC_INVALID_PARAMS, NULL);
}

static enum verdict refuse_not_string(struct call *c, const struct param *p)
{
    return refuse(c, VERDICT_WRONG_TYPE, RPC_INVALID_PARAMS,
                  arena_printf(c->arena, "%sNotString", p->key));
}

static enum verdict refuse_malformed(struct call *c, const struct param *p, enum rpc_code code)
{
    return refuse(c, VERDICT_BAD, code, arena_printf(c->arena, "%sMalformed", p->key));
}

static enum verdict kind_any(struct call *c, const struct param *p, const struct json *v, void *to)
{
    if (to)
        *(const struct json **)to = v;
    return VERDICT_FITS;
}

static enum verdict kind_bool(struct call *c, const struct param *p, const struct json *v, void *to)
{
    if (v->type != JSON_BOOL)
        return refuse_type(c);
    *(bool *)to = v->b;
    return VERDICT_FITS;
}

static enum verdict kind_loose_bool(struct call *c, const struct param *p, const struct json *v,
                                    void *to)
{
    *(bool *)to = param_truth(v);
    return VERDICT_FITS;
}

static const char *name_among(const char *const *names, struct slice text)
{
    for (; names && *names; names++)
        if (slice_is(text, *names))
            return *names;
    return NULL;
}

static enum verdict kind_string(struct call *c, const struct param *p, const struct json *v,
                                void *to)
{
    if (v->type != JSON_STRING)
        return refuse_type(c);
    *(struct param_text *)to = (struct param_text){true, v->s};
    if (p->names && !name_among(p->names, v->s))
        return refuse(c, VERDICT_BAD, RPC_INVALID_PARAMS, NULL);
    return VERDICT_FITS;
}

static enum verdict kind_u32(struct call *c, const struct param *p, const struct json *v, void *to)
{
    struct param_u32 *ret = to;
    if (!json_is_integer(v) || (v->type == JSON_INT && v->i < 0))
        return refuse_type(c);
    if (!param_u32(v, &ret->v))
        return refuse(c, VERDICT_BAD, RPC_INVALID_PARAMS, NULL);
    ret->set = true;
    if (p->max > 0 && (ret->v < p->min || ret->v > p->max))
        return refuse(c, VERDICT_BAD, RPC_INVALID_PARAMS, NULL);
    return VERDICT_FITS;
}

static enum verdict kind_i32(struct call *c, const struct param *p, const struct json *v, void *to)
{
    struct param_i32 *ret = to;
    if (!json_is_integer(v))
        return refuse_type(c);
    ret->set = true;
    if (v->type == JSON_UINT || v->i > INT32_MAX)
        ret->v = INT32_MAX;
    else
        ret->v = v->i < INT32_MIN ? INT32_MIN : (int32_t)v->i;
    return VERDICT_FITS;
}

static enum verdict kind_limit(struct call *c, const struct param *p, const struct json *v,
                               void *to)
{
    struct param_u32 *ret = to;
    uint32_t n = UINT32_MAX;
    if (!json_is_integer(v) || (v->type == JSON_INT && v->i < 0))
        return refuse_type(c);
    /* the reference fails for 2^31 and more; a limit that large means "as many as you give" */
    if (param_u32(v, &n) && n == 0)
        return refuse(c, VERDICT_BAD, RPC_INVALID_PARAMS, NULL);
    *ret = (struct param_u32){true, n < p->min ? p->min : n > p->max ? p->max : n};
    return VERDICT_FITS;
}

static enum verdict members(struct call *c, const struct param *p, const struct json *v)
{
    if (p->members && err_failed(param_check(c, p->members, v)))
        return p->kind == PARAM_KIND_SELECTOR ? VERDICT_BAD_MEMBER : VERDICT_BAD;
    return VERDICT_FITS;
}

static enum verdict kind_object(struct call *c, const struct param *p, const struct json *v,
                                void *to)
{
    if (v->type != JSON_OBJECT)
        return refuse_type(c);
    return members(c, p, v);
}

static enum verdict kind_array(struct call *c, const struct param *p, const struct json *v,
                               void *to)
{
    if (v->type != JSON_ARRAY)
        return refuse_type(c);
    if (to)
        *(const struct json **)to = v;
    return VERDICT_FITS;
}

static enum verdict hex(struct call *c, const struct param *p, const struct json *v, uint8_t *to,
                        size_t n)
{
    if (v->type != JSON_STRING)
        return refuse_not_string(c, p);
    if (!param_hex(v->s, to, n))
        return refuse_malformed(c, p, RPC_INVALID_PARAMS);
    return VERDICT_FITS;
}

static enum verdict kind_hash160(struct call *c, const struct param *p, const struct json *v,
                                 void *to)
{
    struct param_hash160 *ret = to;
    ret->set = true;
    return hex(c, p, v, ret->b, 20);
}

static enum verdict kind_hash192(struct call *c, const struct param *p, const struct json *v,
                                 void *to)
{
    struct param_hash192 *ret = to;
    ret->set = true;
    ret->by_key = v->type == JSON_STRING && v->s.n == 64;
    if (ret->by_key)
        return hex(c, p, v, ret->key.b, 32);
    return hex(c, p, v, ret->v.b, 24);
}

static enum verdict kind_hash256(struct call *c, const struct param *p, const struct json *v,
                                 void *to)
{
    struct param_hash256 *ret = to;
    ret->set = true;
    return hex(c, p, v, ret->v.b, 32);
}

static enum verdict kind_account(struct call *c, const struct param *p, const struct json *v,
                                 void *to)
{
    struct param_account *ret = to;
    ret->set = true;
    if (v->type != JSON_STRING)
        return refuse_not_string(c, p);
    if (!account_from_text_lenient(v->s, &ret->v))
        return refuse_malformed(c, p, RPC_ACT_MALFORMED);
    return VERDICT_FITS;
}

static enum verdict kind_address(struct call *c, const struct param *p, const struct json *v,
                                 void *to)
{
    struct param_account *ret = to;
    ret->set = true;
    if (v->type != JSON_STRING)
        return refuse_not_string(c, p);
    if (!param_address(v->s, &ret->v))
        return refuse(c, VERDICT_BAD, RPC_MALFORMED_ADDRESS, NULL);
    return VERDICT_FITS;
}

static enum verdict kind_issuer(struct call *c, const struct param *p, const struct json *v,
                                void *to)
{
    static const struct account account_one = {.b = {[19] = 1}};
    struct param_account *ret = to;
    ret->set = true;
    if (v->type != JSON_STRING)
        return refuse_not_string(c, p);
    if (!param_issuer(v->s, &ret->v))
        return refuse(c, VERDICT_BAD, RPC_INVALID_PARAMS,
                      arena_printf(c->arena, "Invalid field '%s', bad issuer.", p->key));
    if (account_eq(&ret->v, &account_one))
        return refuse(
            c, VERDICT_BAD, RPC_INVALID_PARAMS,
            arena_printf(c->arena, "Invalid field '%s', bad issuer account one.", p->key));
    return VERDICT_FITS;
}

static enum verdict kind_currency(struct call *c, const struct param *p, const struct json *v,
                                  void *to)
{
    struct param_currency *ret = to;
    ret->set = true;
    if (v->type != JSON_STRING)
        return refuse_not_string(c, p);
    if (v->s.n == 0)
        return refuse(c, VERDICT_BAD, RPC_INVALID_PARAMS,
                      arena_printf(c->arena, "%sIsEmpty", p->key));
    if (!currency_from_text(v->s, &ret->v))
        return refuse(c, VERDICT_BAD, RPC_MALFORMED_CURRENCY, "malformedCurrency");
    return VERDICT_FITS;
}

static enum verdict kind_entry_type(struct call *c, const struct param *p, const struct json *v,
                                    void *to)
{
    struct param_type *ret = to;
    ret->set = true;
    if (v->type != JSON_STRING)
        return refuse(c, VERDICT_WRONG_TYPE, RPC_INVALID_PARAMS,
                      arena_printf(c->arena, "Invalid field '%s', not string.", p->key));
    ret->v = names_entry_by_name(tables_of(c->w), v->s);
    if (ret->v == 0)
        return refuse(c, VERDICT_BAD, RPC_INVALID_PARAMS,
                      arena_printf(c->arena, "Invalid field '%s'.", p->key));
    return VERDICT_FITS;
}

/* An unsigned 64-bit decimal, an optional sign before it (a minus negates, as the reference's
 * reading does). */
static bool page_number(struct slice text, uint64_t *ret)
{
    bool minus = text.n > 0 && text.p[0] == '-';
    size_t i = minus || (text.n > 0 && text.p[0] == '+');
    uint64_t v = 0;
    if (i == text.n)
        return false;
    for (; i < text.n; i++) {
        unsigned digit = (unsigned)text.p[i] - '0';
        if (digit > 9 || __builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, digit, &v))
            return false;
    }
    *ret = minus ? 0 - v : v;
    return true;
}

static struct slice piece(struct slice *rest)
{
    const uint8_t *comma = rest->n ? memchr(rest->p, ',', rest->n) : NULL;
    size_t n = comma ? (size_t)(comma - rest->p) : rest->n;
    struct slice s = slice_of(rest->p, n);
    *rest = slice_from(*rest, n + 1);
    return s;
}

/* What follows the page: digits are a ledger's sequence, too many of them one that nobody has.
 * Anything else says nothing, as in the reference. */
static void marker_ledger(struct call *c, struct slice text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < '0' || text.p[i] > '9')
            return;
    if (text.n == 0)
        return;
    c->ledger.is_marked = true;
    if (!param_u32_text(text, &c->ledger.marked))
        c->ledger.marked = UINT32_MAX;
}

static enum verdict kind_marker(struct call *c, const struct param *p, const struct json *v,
                                void *to)
{
    struct param_marker *ret = to;
    ret->set = true;
    if (v->type != JSON_STRING)
        return refuse_not_string(c, p);
    struct slice rest = v->s;
    bool has_page = memchr(rest.n ? rest.p : (const uint8_t *)"", ',', rest.n) != NULL;
    if (!param_hex(piece(&rest), ret->key.b, 32) || !has_page ||
        !page_number(piece(&rest), &ret->page))
        return refuse(c, VERDICT_BAD, RPC_INVALID_PARAMS, "Malformed cursor.");
    marker_ledger(c, rest);
    return VERDICT_FITS;
}

static enum verdict selector_number(struct call *c, const struct param *p, const struct json *v,
                                    struct param_selector *ret)
{
    if (v->type != JSON_INT || v->i < (int64_t)p->min || v->i > (int64_t)p->max)
        return refuse(c, VERDICT_BAD, RPC_MALFORMED_REQUEST, NULL);
    ret->is_number = true;
    ret->number = (uint32_t)v->i;
    return VERDICT_FITS;
}

static enum verdict kind_selector(struct call *c, const struct param *p, const struct json *v,
                                  void *to)
{
    struct param_selector *ret = to;
    ret->set = true;
    if (v->type == JSON_OBJECT && p->members)
        return members(c, p, v);
    if (v->type == JSON_BOOL && v->b && p->or_true)
        return VERDICT_FITS;
    if (json_is_integer(v) && p->max > 0)
        return selector_number(c, p, v, ret);
    if (v->type != JSON_STRING)
        return refuse_type(c);
    ret->name = name_among(p->names, v->s);
    ret->is_key = !ret->name;
    if (ret->is_key && !param_hex(v->s, ret->key.b, 32))
        return refuse(c, VERDICT_BAD, RPC_MALFORMED_REQUEST, NULL);
    return VERDICT_FITS;
}

static enum verdict kind_asset(struct call *c, const struct param *p, const struct json *v,
                               void *to)
{
    struct param_asset_value *ret = to;
    ret->set = true;
    if (v->type != JSON_OBJECT)
        return refuse(c, VERDICT_WRONG_TYPE, RPC_ISSUE_MALFORMED, NULL);
    if (!param_asset(v, &ret->v))
        return refuse(c, VERDICT_BAD, RPC_ISSUE_MALFORMED, NULL);
    return VERDICT_FITS;
}

static enum verdict kind_ledger_hash(struct call *c, const struct param *p, const struct json *v,
                                     void *to)
{
    c->ledger.hash_given = true;
    return hex(c, p, v, c->ledger.hash.b, 32);
}

static enum verdict kind_ledger_index(struct call *c, const struct param *p, const struct json *v,
                                      void *to)
{
    c->ledger.index_given = true;
    if (json_is_string(v, "validated"))
        return VERDICT_FITS;
    c->ledger.index_is_seq = true;
    if (v->type == JSON_STRING ? param_u32_text(v->s, &c->ledger.index)
                               : param_u32(v, &c->ledger.index))
        return VERDICT_FITS;
    return refuse(c, VERDICT_BAD, RPC_INVALID_PARAMS, "ledgerIndexMalformed");
}

static const kind_fn kinds[PARAM_N_KINDS] = {
    [PARAM_KIND_ANY] = kind_any,
    [PARAM_KIND_BOOL] = kind_bool,
    [PARAM_KIND_LOOSE_BOOL] = kind_loose_bool,
    [PARAM_KIND_STRING] = kind_string,
    [PARAM_KIND_U32] = kind_u32,
    [PARAM_KIND_I32] = kind_i32,
    [PARAM_KIND_LIMIT] = kind_limit,
    [PARAM_KIND_OBJECT] = kind_object,
    [PARAM_KIND_ARRAY] = kind_array,
    [PARAM_KIND_HASH160] = kind_hash160,
    [PARAM_KIND_HASH192] = kind_hash192,
    [PARAM_KIND_HASH256] = kind_hash256,
    [PARAM_KIND_ACCOUNT] = kind_account,
    [PARAM_KIND_ADDRESS] = kind_address,
    [PARAM_KIND_ISSUER] = kind_issuer,
    [PARAM_KIND_CURRENCY] = kind_currency,
    [PARAM_KIND_ENTRY_TYPE] = kind_entry_type,
    [PARAM_KIND_MARKER] = kind_marker,
    [PARAM_KIND_SELECTOR] = kind_selector,
    [PARAM_KIND_ASSET] = kind_asset,
    [PARAM_KIND_LEDGER_HASH] = kind_ledger_hash,
    [PARAM_KIND_LEDGER_INDEX] = kind_ledger_index,
};

static err absent(struct call *c, const struct param *p, void *to)
{
    if (p->kind == PARAM_KIND_LIMIT && to)
        ((struct param_u32 *)to)->v = p->def;
    if (!p->required)
        return OK;
    if (p->missing.code)
        return rpc_error(c, p->missing.code, p->missing.message);
    return rpc_errorf(c, RPC_INVALID_PARAMS, "Required field '%s' missing", p->key);
}

/* A failed row answers with what its overrides say. */
static err present(struct call *c, const struct param *p, const struct json *v, void *to)
{
    enum verdict verdict = kinds[p->kind](c, p, v, to);
    if (verdict == VERDICT_FITS && p->check && err_failed(p->check(c, p, v)))
        verdict = VERDICT_BAD;
    if (verdict == VERDICT_FITS)
        return OK;
    if (verdict == VERDICT_WRONG_TYPE && p->wrong_type.code)
        return rpc_error(c, p->wrong_type.code, p->wrong_type.message);
    if (p->bad.code && verdict != VERDICT_BAD_MEMBER)
        return rpc_error(c, p->bad.code, p->bad.message);
    return (err){ERR_INVALID};
}

err param_check(struct call *c, const struct param *table, const struct json *object)
{
    for (const struct param *p = table; p && p->kind != PARAM_KIND_END; p++) {
        if (c->api_version < p->since || (p->until && c->api_version > p->until))
            continue;
        void *to = p->at == PARAM_NOWHERE ? NULL : (char *)c->args + p->at;
        const struct json *v = json_get_slice(object, slice_of(p->key, p->key_n));
        TRY(v ? present(c, p, v, to) : absent(c, p, to));
    }
    return OK;
}
