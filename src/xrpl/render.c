/* SPDX-License-Identifier: Apache-2.0 */
#include "xrpl/render.h"

#include "base/hex.h"
#include "base/mem.h"
#include "xrpl/amount.h"
#include "xrpl/keylet.h"
#include "xrpl/names.h"
#include "xrpl/number.h"
#include "xrpl/sto_guess.h"
#include "xrpl/sto_step.h"

#include <stdio.h>

/* Keys are copied in whole words; the writer's buffer must have room for that. */
#define KEY_COPY 32
_Static_assert(FIELD_KEY_MAX >= KEY_COPY, "a short key is copied by one block");

static void put_key(struct jw *w, field_id id, const struct field_info *info)
{
    if (info == NULL) {
        char name[32];
        jw_key_n(w, name,
                 (size_t)snprintf(name, sizeof name, "Field_%u_%u", field_type(id), field_nth(id)));
        return;
    }
    uint8_t *p = buf_reserve(w->out, FIELD_KEY_MAX + 1);
    uint8_t *start = p;
    *p = ',';
    p += w->comma;
    if (info->key_n <= KEY_COPY)
        memcpy(p, info->key, KEY_COPY);
    else
        memcpy(p, info->key, FIELD_KEY_MAX);
    buf_advance(w->out, (size_t)(p - start) + info->key_n);
    w->comma = false;
}

static void put_hex64_lower(struct jw *w, uint64_t v)
{
    static const char digits[] = "0123456789abcdef";
    char text[16];
    size_t at = sizeof text;
    do {
        text[--at] = digits[v & 15];
        v >>= 4;
    } while (v);
    jw_ascii(w, text + at, sizeof text - at);
}

void render_account(struct jw *w, const struct account *a)
{
    char text[ACCOUNT_TEXT_MAX];
    jw_ascii(w, text, account_to_text(a, text));
}

void render_currency(struct jw *w, const struct currency *c)
{
    char text[CURRENCY_TEXT_MAX];
    jw_ascii(w, text, currency_to_text(c, text));
}

/* The members that name an asset, inside an object of the caller. */
static void put_asset_members(struct jw *w, const struct asset *a)
{
    if (a->kind == ASSET_MPT) {
        jw_kv_hex(w, "mpt_issuance_id", slice_of(a->mpt.b, sizeof a->mpt.b));
        return;
    }
    jw_key_n(w, "currency", 8);
    render_currency(w, &a->currency);
    if (a->kind == ASSET_IOU) {
        jw_key_n(w, "issuer", 6);
        render_account(w, &a->issuer);
    }
}

void render_asset(struct jw *w, const struct asset *a)
{
    jw_obj_begin(w);
    put_asset_members(w, a);
    jw_obj_end(w);
}

void render_amount_value(struct jw *w, const struct amount *a)
{
    char text[AMOUNT_TEXT_MAX];
    size_t n = amount_to_text(a, text);
    jw_ascii(w, text, n);
}

void render_amount(struct jw *w, const struct amount *a)
{
    if (a->asset.kind == ASSET_XRP) {
        render_amount_value(w, a);
        return;
    }
    jw_obj_begin(w);
    put_asset_members(w, &a->asset);
    jw_key_n(w, "value", 5);
    render_amount_value(w, a);
    jw_obj_end(w);
}

/* What cannot be decoded is shown as it is. */
static bool put_damaged(struct jw *w, struct slice value)
{
    jw_hex(w, value);
    return false;
}

static bool put_amount(struct jw *w, struct slice value)
{
    const uint64_t kind_bits = 0xE000000000000000u, positive_drops = 0x4000000000000000u;
    uint64_t v = bits_load64(value.p);
    if ((v & kind_bits) == positive_drops) {
        jw_u64_str(w, v ^ positive_drops);
        return true;
    }
    struct amount a;
    if (err_failed(amount_decode(value, &a)))
        return put_damaged(w, value);
    render_amount(w, &a);
    return true;
}

static bool put_account(struct jw *w, struct slice value)
{
    if (value.n == 0) {
        jw_ascii(w, "", 0);
        return true;
    }
    if (value.n != 20)
        return put_damaged(w, value);
    struct account a = account_of(value.p);
    render_account(w, &a);
    return true;
}

static bool put_number(struct jw *w, struct slice value)
{
    int64_t mantissa = (int64_t)bits_load64(value.p);
    int32_t exponent = (int32_t)bits_load32(value.p + 8);
    struct number n = number_zero();
    uint64_t magnitude = mantissa < 0 ? 0 - (uint64_t)mantissa : (uint64_t)mantissa;
    if (mantissa != 0 && err_failed(number_make(mantissa < 0, magnitude, exponent, &n)))
        return put_damaged(w, value);
    char text[NUMBER_TEXT_MAX];
    jw_ascii(w, text, number_to_text(n, text));
    return true;
}

static bool put_issue(struct jw *w, struct slice value)
{
    struct asset a;
    if (!sto_issue(value, &a))
        return put_damaged(w, value);
    render_asset(w, &a);
    return true;
}

static bool put_bridge(struct jw *w, struct slice value)
{
    struct sto_bridge b;
    if (!sto_bridge(value, &b))
        return put_damaged(w, value);
    jw_obj_begin(w);
    jw_key(w, "LockingChainDoor");
    put_account(w, b.door[0]);
    jw_key(w, "LockingChainIssue");
    put_issue(w, b.issue[0]);
    jw_key(w, "IssuingChainDoor");
    put_account(w, b.door[1]);
    jw_key(w, "IssuingChainIssue");
    put_issue(w, b.issue[1]);
    jw_obj_end(w);
    return true;
}

static const uint8_t *put_path_step(struct jw *w, uint8_t kind, const uint8_t *p)
{
    jw_obj_begin(w);
    if (kind & STO_PATH_ACCOUNT) {
        jw_key(w, "account");
        put_account(w, slice_of(p, 20));
        p += 20;
    }
    if (kind & STO_PATH_CURRENCY) {
        struct currency c;
        memcpy(c.b, p, 20);
        jw_key(w, "currency");
        render_currency(w, &c);
        p += 20;
    }
    if (kind & STO_PATH_MPT) {
        jw_kv_hex(w, "mpt_issuance_id", slice_of(p, 24));
        p += 24;
    }
    if (kind & STO_PATH_ISSUER) {
        jw_key(w, "issuer");
        put_account(w, slice_of(p, 20));
        p += 20;
    }
    jw_kv_u64(w, "type", kind);
    jw_obj_end(w);
    return p;
}

/* The reader has checked that the steps are complete. */
static bool put_pathset(struct jw *w, struct slice value)
{
    jw_arr_begin(w);
    jw_arr_begin(w);
    for (const uint8_t *p = value.p; *p != STO_PATH_END;) {
        uint8_t kind = *p++;
        if (kind != STO_PATH_NEXT) {
            p = put_path_step(w, kind, p);
            continue;
        }
        jw_arr_end(w);
        jw_arr_begin(w);
    }
    jw_arr_end(w);
    jw_arr_end(w);
    return true;
}

static bool put_vector256(struct jw *w, struct slice value)
{
    if (value.n % 32 != 0)
        return put_damaged(w, value);
    jw_arr_begin(w);
    for (size_t i = 0; i < value.n; i += 32)
        jw_hex(w, slice_of(value.p + i, 32));
    jw_arr_end(w);
    return true;
}

static void put_name_or_number(struct jw *w, const char *name, uint32_t number)
{
    if (name)
        jw_ascii(w, name, strlen(name));
    else
        jw_u64(w, number);
}

/* A result is a text always: client libraries read it as one. */
static bool put_result(struct jw *w, uint8_t code)
{
    const uint8_t first_claimed = 100; /* tecCLAIM: from here on only the fee was taken */
    char text[24];
    const char *name = names_tx_result(tables_of(w), code);
    if (name == NULL) {
        snprintf(text, sizeof text, "%sUNKNOWN_%u", code < first_claimed ? "" : "tec", code);
        name = text;
    }
    jw_ascii(w, name, strlen(name));
    return true;
}

static bool put_u8(struct jw *w, field_id id, uint8_t v)
{
    if (id == FIELD_TransactionResult)
        return put_result(w, v);
    jw_u64(w, v);
    return true;
}

static bool put_u16(struct jw *w, field_id id, uint16_t v)
{
    const char *name = NULL;
    if (id == FIELD_LedgerEntryType)
        name = names_entry_type(tables_of(w), v);
    else if (id == FIELD_TransactionType)
        name = names_tx_type(tables_of(w), v);
    put_name_or_number(w, name, v);
    return true;
}

static bool put_u32(struct jw *w, field_id id, uint32_t v)
{
    put_name_or_number(w, id == FIELD_PermissionValue ? names_permission(tables_of(w), v) : NULL,
                       v);
    return true;
}

static bool put_u64(struct jw *w, const struct field_info *info, uint64_t v)
{
    if (info && info->decimal)
        jw_u64_str(w, v);
    else
        put_hex64_lower(w, v);
    return true;
}

/* A value that is no container; false if it had to be shown in hex because it is damaged. */
static bool put_value(struct jw *w, const struct sto_field *f, const struct field_info *info)
{
    const uint8_t *p = f->value.p;
    switch (field_type(f->id)) {
    case FIELD_TYPE_UINT8: return put_u8(w, f->id, *p);
    case FIELD_TYPE_UINT16: return put_u16(w, f->id, bits_load16(p));
    case FIELD_TYPE_UINT32: return put_u32(w, f->id, bits_load32(p));
    case FIELD_TYPE_UINT64: return put_u64(w, info, bits_load64(p));
    case FIELD_TYPE_INT32: jw_i64(w, (int32_t)bits_load32(p)); return true;
    case FIELD_TYPE_INT64: jw_i64_str(w, (int64_t)bits_load64(p)); return true;
    case FIELD_TYPE_AMOUNT: return put_amount(w, f->value);
    case FIELD_TYPE_ACCOUNT: return put_account(w, f->value);
    case FIELD_TYPE_NUMBER: return put_number(w, f->value);
    case FIELD_TYPE_PATHSET: return put_pathset(w, f->value);
    case FIELD_TYPE_VECTOR256: return put_vector256(w, f->value);
    case FIELD_TYPE_ISSUE: return put_issue(w, f->value);
    case FIELD_TYPE_BRIDGE: return put_bridge(w, f->value);
    case FIELD_TYPE_CURRENCY: {
        struct currency c;
        memcpy(c.b, p, 20);
        render_currency(w, &c);
        return true;
    }
    default: /* hashes and blobs */ jw_hex(w, f->value); return true;
    }
}

/* Elements of an array are objects of one member. */
static void element_begin(struct jw *w, const struct sto_nest *nest)
{
    if (sto_nest_in_array(nest))
        jw_obj_begin(w);
}

static void element_end(struct jw *w, const struct sto_nest *nest)
{
    if (sto_nest_in_array(nest))
        jw_obj_end(w);
}

static void container_end(struct jw *w, struct sto_nest *nest)
{
    if (sto_nest_in_array(nest))
        jw_arr_end(w);
    else
        jw_obj_end(w);
    nest->depth--;
    element_end(w, nest);
}

/* A field of a type that we do not know: its value as far as it seems to go, or, where nothing
 * fits, all the rest. */
static void put_unknown(struct jw *w, const struct sto_nest *nest, field_id id, struct slice rest)
{
    char name[32];
    int n = snprintf(name, sizeof name, "Unknown_%u_%u", field_type(id), field_nth(id));
    element_begin(w, nest);
    jw_key_n(w, name, (size_t)n);
    jw_hex(w, rest);
    element_end(w, nest);
}

/* Move `p` behind the container of which f is the header. */
static bool skip_field(const uint8_t **p, const uint8_t *end, struct sto_field *f)
{
    struct sto_iter it = {.p = f->whole.p, .end = end};
    bool good = sto_next(&it, f);
    *p = it.p;
    return good;
}

static bool open_container(struct jw *w, struct sto_nest *nest, const struct sto_field *f)
{
    if (nest->depth == STO_MAX_DEPTH)
        return false;
    element_begin(w, nest);
    put_key(w, f->id, names_field(tables_of(w), f->id));
    (void)sto_nest_open(nest, f->id);
    if (sto_nest_in_array(nest))
        jw_arr_begin(w);
    else
        jw_obj_begin(w);
    return true;
}

static bool close_container(struct jw *w, struct sto_nest *nest, uint32_t floor, field_id id)
{
    if (nest->depth == floor || sto_nest_in_array(nest) != (id == STO_END_OF_ARRAY))
        return false;
    container_end(w, nest);
    return true;
}

static bool put_field(struct jw *w, const struct sto_nest *nest, const struct sto_field *f)
{
    const struct field_info *info = names_field(tables_of(w), f->id);
    element_begin(w, nest);
    put_key(w, f->id, info);
    bool good = put_value(w, f, info);
    element_end(w, nest);
    return good;
}

/* One pass over the bytes. `nest` is where they stand: empty in an object, or inside an array. The
 * output is balanced whatever the bytes are. */
static err walk(struct jw *w, struct slice bytes, struct sto_nest nest, field_id skip)
{
    const uint8_t *p = bytes.p, *end = bytes.p + bytes.n;
    const uint32_t floor = nest.depth;
    bool good = true;
    for (;;) {
        struct sto_field f;
        const uint8_t *start = p;
        enum sto_step step = sto_step(&p, end, &f);
        bool skipped = skip != 0 && step != STO_STEP_END && nest.depth == floor && f.id == skip;
        if (skipped &&
            (step == STO_STEP_VALUE || (step == STO_STEP_OPEN && skip_field(&p, end, &f))))
            continue;
        if (step == STO_STEP_VALUE) {
            good &= put_field(w, &nest, &f);
            continue;
        }
        if (step == STO_STEP_OPEN && open_container(w, &nest, &f))
            continue;
        if (step == STO_STEP_CLOSE && close_container(w, &nest, floor, f.id))
            continue;
        if (step == STO_STEP_UNKNOWN && sto_guess_field(start, end, f.id, nest, floor, &f)) {
            if (!skipped)
                put_unknown(w, &nest, f.id, f.value);
            p = f.whole.p + f.whole.n;
            continue;
        }
        if (step == STO_STEP_UNKNOWN)
            put_unknown(
                w, &nest, f.id,
                slice_from(slice_of(start, (size_t)(end - start)), sto_guess_header(start, end)));
        else if (step != STO_STEP_END || nest.depth != floor)
            good = false;
        while (nest.depth > floor)
            container_end(w, &nest);
        return good ? OK
                    : FAIL(ERR_CORRUPT, "object: malformed, read up to byte %zu of %zu",
                           (size_t)(start - bytes.p), bytes.n);
    }
}

err render_members_without(struct jw *w, struct slice object, field_id skip)
{
    return walk(w, object, (struct sto_nest){0}, skip);
}

err render_members(struct jw *w, struct slice object)
{
    return walk(w, object, (struct sto_nest){0}, 0);
}

err render_object(struct jw *w, struct slice object)
{
    jw_obj_begin(w);
    err e = render_members(w, object);
    jw_obj_end(w);
    return e;
}

err render_field_value(struct jw *w, const struct sto_field *f)
{
    if (field_type(f->id) == FIELD_TYPE_OBJECT)
        return render_object(w, f->value);
    if (field_type(f->id) == FIELD_TYPE_ARRAY) {
        struct sto_nest nest = {.depth = 1, .arrays = 1};
        jw_arr_begin(w);
        err e = walk(w, f->value, nest, 0);
        jw_arr_end(w);
        return e;
    }
    return put_value(w, f, names_field(tables_of(w), f->id))
               ? OK
               : FAIL(ERR_CORRUPT, "object: damaged value");
}

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
