/* SPDX-License-Identifier: Apache-2.0 */
/* The value of one field that is no container, by its type. */
#include "base/bits.h"
#include "xrpl/account.h"
#include "xrpl/names.h"
#include "xrpl/number.h"
#include "xrpl/render_impl.h"
#include "xrpl/sto_step.h"

#include <stdio.h>

bool render_damaged(struct jw *w, struct slice value)
{
    jw_hex(w, value);
    return false;
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

static bool put_number(struct jw *w, struct slice value)
{
    int64_t mantissa = (int64_t)bits_load64(value.p);
    int32_t exponent = (int32_t)bits_load32(value.p + 8);
    struct number n = number_zero();
    uint64_t magnitude = mantissa < 0 ? 0 - (uint64_t)mantissa : (uint64_t)mantissa;
    if (mantissa != 0 && err_failed(number_make(mantissa < 0, magnitude, exponent, &n)))
        return render_damaged(w, value);
    char text[NUMBER_TEXT_MAX];
    jw_ascii(w, text, number_to_text(n, text));
    return true;
}

static bool put_bridge(struct jw *w, struct slice value)
{
    struct sto_bridge b;
    if (!sto_bridge(value, &b))
        return render_damaged(w, value);
    jw_obj_begin(w);
    jw_key(w, "LockingChainDoor");
    render_wire_account(w, b.door[0]);
    jw_key(w, "LockingChainIssue");
    render_wire_issue(w, b.issue[0]);
    jw_key(w, "IssuingChainDoor");
    render_wire_account(w, b.door[1]);
    jw_key(w, "IssuingChainIssue");
    render_wire_issue(w, b.issue[1]);
    jw_obj_end(w);
    return true;
}

static const uint8_t *put_path_step(struct jw *w, uint8_t kind, const uint8_t *p)
{
    jw_obj_begin(w);
    if (kind & STO_PATH_ACCOUNT) {
        jw_key(w, "account");
        render_wire_account(w, slice_of(p, 20));
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
        render_wire_account(w, slice_of(p, 20));
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
        return render_damaged(w, value);
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

bool render_value(struct jw *w, const struct sto_field *f, const struct field_info *info)
{
    const uint8_t *p = f->value.p;
    switch (field_type(f->id)) {
    case FIELD_TYPE_UINT8: return put_u8(w, f->id, *p);
    case FIELD_TYPE_UINT16: return put_u16(w, f->id, bits_load16(p));
    case FIELD_TYPE_UINT32: return put_u32(w, f->id, bits_load32(p));
    case FIELD_TYPE_UINT64: return put_u64(w, info, bits_load64(p));
    case FIELD_TYPE_INT32: jw_i64(w, (int32_t)bits_load32(p)); return true;
    case FIELD_TYPE_INT64: jw_i64_str(w, (int64_t)bits_load64(p)); return true;
    case FIELD_TYPE_AMOUNT: return render_wire_amount(w, f->value);
    case FIELD_TYPE_ACCOUNT: return render_wire_account(w, f->value);
    case FIELD_TYPE_NUMBER: return put_number(w, f->value);
    case FIELD_TYPE_PATHSET: return put_pathset(w, f->value);
    case FIELD_TYPE_VECTOR256: return put_vector256(w, f->value);
    case FIELD_TYPE_ISSUE: return render_wire_issue(w, f->value);
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
