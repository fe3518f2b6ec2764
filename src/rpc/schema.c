/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/schema.h"

#include "base/mem.h"

#include <stdio.h>

#define BASE58 "[1-9A-HJ-NP-Za-km-z]"
#define HEX(n) "[0-9A-Fa-f]{" #n "}"
#define ADDRESS "r" BASE58 "{24,34}"

static void put_members(struct jw *w, const struct param *table);

/* --- members of a schema --- */

static void put_text(struct jw *w, const char *key, const char *text)
{
    jw_key(w, key);
    jw_str(w, slice_str(text));
}

static void put_type(struct jw *w, const char *type)
{
    put_text(w, "type", type);
}

static void put_ref(struct jw *w, const char *folder, const char *name)
{
    char text[96];
    int n = snprintf(text, sizeof text, "#/components/%s/%s", folder, name);
    jw_key(w, "$ref");
    jw_str(w, slice_of(text, (size_t)n));
}

void schema_put_ref(struct jw *w, const char *folder, const char *name)
{
    jw_obj_begin(w);
    put_ref(w, folder, name);
    jw_obj_end(w);
}

static void put_integer(struct jw *w, const struct param *p)
{
    put_type(w, "integer");
    if (p->kind == PARAM_KIND_I32)
        return;
    if (p->kind == PARAM_KIND_LIMIT) {
        jw_kv_u64(w, "minimum", 1);
        jw_kv_u64(w, "default", p->def);
        jw_kv_u64(w, "x-clamped-minimum", p->min);
        jw_kv_u64(w, "x-clamped-maximum", p->max);
        return;
    }
    jw_kv_u64(w, "minimum", p->max > 0 ? p->min : 0);
    jw_kv_u64(w, "maximum", p->max > 0 ? p->max : UINT32_MAX);
}

static void put_enum(struct jw *w, const char *const *names)
{
    jw_key(w, "enum");
    jw_arr_begin(w);
    for (; *names; names++)
        jw_str(w, slice_str(*names));
    jw_arr_end(w);
}

static void put_string(struct jw *w, const struct param *p)
{
    put_type(w, "string");
    if (p->names)
        put_enum(w, p->names);
}

static void put_selector_forms(struct jw *w, const struct param *p)
{
    if (p->names) {
        jw_obj_begin(w);
        put_enum(w, p->names);
        jw_obj_end(w);
    }
    if (p->or_true)
        jw_raw(w, slice_str("{\"const\":true}"));
    if (p->max > 0) {
        jw_obj_begin(w);
        put_type(w, "integer");
        jw_kv_u64(w, "minimum", p->min);
        jw_kv_u64(w, "maximum", p->max);
        jw_obj_end(w);
    }
    if (p->members) {
        jw_obj_begin(w);
        put_members(w, p->members);
        jw_obj_end(w);
    }
}

static void put_selector(struct jw *w, const struct param *p)
{
    if (!p->members && !p->names && !p->or_true) {
        put_ref(w, "schemas", "Hash256");
        return;
    }
    jw_key(w, "anyOf");
    jw_arr_begin(w);
    schema_put_ref(w, "schemas", "Hash256");
    put_selector_forms(w, p);
    jw_arr_end(w);
}

/* Kinds that are the same wherever they stand. */
static const char *const refs[PARAM_N_KINDS] = {
    [PARAM_KIND_HASH160] = "Hash160",        [PARAM_KIND_HASH192] = "Hash192",
    [PARAM_KIND_HASH256] = "Hash256",        [PARAM_KIND_ACCOUNT] = "Account",
    [PARAM_KIND_ADDRESS] = "Address",        [PARAM_KIND_ISSUER] = "Issuer",
    [PARAM_KIND_CURRENCY] = "Currency",      [PARAM_KIND_ENTRY_TYPE] = "EntryType",
    [PARAM_KIND_MARKER] = "DirectoryMarker", [PARAM_KIND_ASSET] = "Asset",
    [PARAM_KIND_LEDGER_HASH] = "Hash256",
};

static void put_row(struct jw *w, const struct param *p, bool forwarded)
{
    if (refs[p->kind]) {
        put_ref(w, "schemas", refs[p->kind]);
        return;
    }
    switch (p->kind) {
    case PARAM_KIND_BOOL: put_type(w, "boolean"); break;
    case PARAM_KIND_STRING: put_string(w, p); break;
    case PARAM_KIND_U32:
    case PARAM_KIND_I32:
    case PARAM_KIND_LIMIT: put_integer(w, p); break;
    case PARAM_KIND_ARRAY: put_type(w, "array"); break;
    case PARAM_KIND_SELECTOR: put_selector(w, p); break;
    case PARAM_KIND_LEDGER_INDEX:
        put_ref(w, "schemas", forwarded ? "AnyLedger" : "HeldLedger");
        break;
    case PARAM_KIND_OBJECT:
        if (p->members)
            put_members(w, p->members);
        else
            put_type(w, "object");
        break;
    default: break; /* anything */
    }
}

/* --- fields --- */

static bool is_row_of(const struct param *p, const char *key)
{
    return strcmp(p->key, key) == 0;
}

/* A row of a check alone has no schema: it takes anything, or an object whose members other rows
 * describe. */
static bool says_something(const struct param *p)
{
    return p->kind != PARAM_KIND_ANY && (p->kind != PARAM_KIND_OBJECT || p->members);
}

static bool has_versions(const struct param *p)
{
    return p->since || p->until;
}

struct rows {
    size_t n;       /* rows with a schema of their own */
    bool versioned; /* which of them applies depends on the API version */
};

static struct rows rows_of(const struct param *table, const char *key)
{
    struct rows r = {0};
    for (const struct param *p = table; p->kind != PARAM_KIND_END; p++) {
        if (!is_row_of(p, key) || !says_something(p))
            continue;
        r.n++;
        r.versioned |= has_versions(p);
    }
    return r;
}

static void put_versions(struct jw *w, const struct param *p)
{
    if (!has_versions(p))
        return;
    jw_key(w, "x-api-versions");
    jw_obj_begin(w);
    if (p->since)
        jw_kv_u64(w, "since", p->since);
    if (p->until)
        jw_kv_u64(w, "until", p->until);
    jw_obj_end(w);
}

static void put_rows(struct jw *w, const struct param *table, const char *key, bool forwarded)
{
    for (const struct param *p = table; p->kind != PARAM_KIND_END; p++) {
        if (!is_row_of(p, key) || !says_something(p))
            continue;
        jw_obj_begin(w);
        put_row(w, p, forwarded);
        put_versions(w, p);
        jw_obj_end(w);
    }
}

void schema_put_field(struct jw *w, const struct param *table, const char *key, bool forwarded)
{
    struct rows r = rows_of(table, key);
    if (r.n == 1) {
        put_rows(w, table, key, forwarded);
        return;
    }
    jw_obj_begin(w);
    if (r.n > 1) {
        jw_key(w, r.versioned ? "anyOf" : "allOf");
        jw_arr_begin(w);
        put_rows(w, table, key, forwarded);
        jw_arr_end(w);
    }
    jw_obj_end(w);
}

bool schema_is_first(const struct param *table, const struct param *p)
{
    for (const struct param *q = table; q < p; q++)
        if (is_row_of(q, p->key))
            return false;
    return true;
}

bool schema_is_required(const struct param *table, const char *key)
{
    for (const struct param *p = table; p->kind != PARAM_KIND_END; p++)
        if (is_row_of(p, key) && p->required)
            return true;
    return false;
}

const char *schema_doc(const struct param *table, const char *key)
{
    for (const struct param *p = table; p->kind != PARAM_KIND_END; p++)
        if (is_row_of(p, key) && p->doc)
            return p->doc;
    return NULL;
}

static void put_required(struct jw *w, const struct param *table)
{
    bool any = false;
    for (const struct param *p = table; p->kind != PARAM_KIND_END; p++) {
        if (!p->required || !schema_is_first(table, p))
            continue;
        if (!any) {
            jw_key(w, "required");
            jw_arr_begin(w);
        }
        any = true;
        jw_str(w, slice_of(p->key, p->key_n));
    }
    if (any)
        jw_arr_end(w);
}

/* Members one of which must be there. */
static void put_alternatives(struct jw *w, const struct param *table)
{
    const struct param *p = table;
    while (p->kind != PARAM_KIND_END && !p->alternative)
        p++;
    if (p->kind == PARAM_KIND_END)
        return;
    jw_key(w, "anyOf");
    jw_arr_begin(w);
    for (; p->kind != PARAM_KIND_END; p++) {
        if (!p->alternative)
            continue;
        jw_obj_begin(w);
        jw_key(w, "required");
        jw_arr_begin(w);
        jw_str(w, slice_str(p->key));
        jw_arr_end(w);
        jw_obj_end(w);
    }
    jw_arr_end(w);
}

/* The tables of the program nest a few levels, and never in a circle. */
static void put_members(struct jw *w, const struct param *table)
{
    put_type(w, "object");
    jw_key(w, "properties");
    jw_obj_begin(w);
    for (const struct param *p = table; p->kind != PARAM_KIND_END; p++) {
        if (!schema_is_first(table, p))
            continue;
        jw_key(w, p->key);
        schema_put_field(w, table, p->key, false);
    }
    jw_obj_end(w);
    put_required(w, table);
    put_alternatives(w, table);
}

/* --- components --- */

static void put_pattern(struct jw *w, const char *name, const char *pattern, const char *doc)
{
    jw_key(w, name);
    jw_obj_begin(w);
    put_type(w, "string");
    put_text(w, "pattern", pattern);
    put_text(w, "description", doc);
    jw_obj_end(w);
}

static void put_entry_type(struct jw *w)
{
    static const char *const names[] = {
#define X(name, code, short_name) #short_name,
#include "xrpl/entry_types.def"
#undef X
    };
    jw_key(w, "EntryType");
    jw_obj_begin(w);
    put_type(w, "string");
    put_text(w, "description", "Type of a ledger entry: a short name, or the type's own");
    jw_key(w, "examples");
    jw_arr_begin(w);
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        jw_str(w, slice_str(names[i]));
    jw_arr_end(w);
    jw_obj_end(w);
}

static void put_asset(struct jw *w)
{
    jw_key(w, "Asset");
    jw_raw(w, slice_str("{\"type\":\"object\",\"properties\":{\"currency\":{\"type\":\"string\"},"
                        "\"issuer\":{}},\"required\":[\"currency\"],"
                        "\"description\":\"XRP, or a currency and its issuer\"}"));
}

static void put_ledger_index(struct jw *w, const char *name, const char *pattern, const char *doc)
{
    jw_key(w, name);
    jw_obj_begin(w);
    jw_key(w, "anyOf");
    jw_arr_begin(w);
    jw_obj_begin(w);
    put_type(w, "integer");
    jw_obj_end(w);
    jw_obj_begin(w);
    put_type(w, "string");
    put_text(w, "pattern", pattern);
    jw_obj_end(w);
    jw_arr_end(w);
    put_text(w, "description", doc);
    jw_obj_end(w);
}

void schema_put_components(struct jw *w)
{
    put_pattern(w, "Hash160", "^(" HEX(40) "|0)$", "40 hex digits");
    put_pattern(w, "Hash192", "^(" HEX(48) "|" HEX(64) "|0)$",
                "Id of an MPT issuance, 48 hex digits, or the key of its object, 64");
    put_pattern(w, "Hash256", "^(" HEX(64) "|0)$", "64 hex digits");
    put_pattern(w, "Address", "^" ADDRESS "$", "Address of an account");
    put_pattern(w, "Account", "^(" ADDRESS "|a" BASE58 "{44,55}|([Ee][Dd]|0[23])" HEX(64) ")$",
                "Address or public key of an account");
    put_pattern(w, "Issuer", "^(" ADDRESS "|" HEX(40) "|0)$",
                "Address of an issuer, or its account in hex");
    put_pattern(w, "Currency", "^([^ ]{3}|" HEX(40) "|0)$",
                "XRP, three characters, or 40 hex digits");
    put_pattern(w, "DirectoryMarker", "^(" HEX(64) "|0),[-+]?[0-9]+(,.*)?$",
                "A key, a page and its ledger, as the page before gave it");
    put_entry_type(w);
    put_asset(w);
    put_ledger_index(w, "HeldLedger", "^(validated|0*[0-9]{1,10})$",
                     "Sequence of a ledger, or \"validated\" for the newest");
    put_ledger_index(w, "AnyLedger", "^(validated|current|closed|0*[0-9]{1,10})$",
                     "Sequence of a ledger, \"validated\" for the newest; \"current\" and "
                     "\"closed\" are answered by rippled");
}

/* --- errors --- */

static void add_error(enum rpc_code code, enum rpc_code *ret, size_t *n)
{
    for (size_t i = 0; i < *n; i++)
        if (ret[i] == code)
            return;
    if (code != RPC_NONE && *n < SCHEMA_MAX_ERRORS)
        ret[(*n)++] = code;
}

static enum rpc_code own_error(enum param_kind kind)
{
    switch (kind) {
    case PARAM_KIND_ACCOUNT: return RPC_ACT_MALFORMED;
    case PARAM_KIND_ADDRESS: return RPC_MALFORMED_ADDRESS;
    case PARAM_KIND_CURRENCY: return RPC_MALFORMED_CURRENCY;
    case PARAM_KIND_ASSET: return RPC_ISSUE_MALFORMED;
    case PARAM_KIND_SELECTOR: return RPC_MALFORMED_REQUEST;
    default: return RPC_INVALID_PARAMS;
    }
}

static bool never_fails(const struct param *p)
{
    return (p->kind == PARAM_KIND_ANY || p->kind == PARAM_KIND_LOOSE_BOOL) && !p->check &&
           !p->required;
}

static void add_errors(const struct param *table, enum rpc_code *ret, size_t *n)
{
    for (const struct param *p = table; p->kind != PARAM_KIND_END; p++) {
        if (never_fails(p))
            continue;
        if (!p->bad.code || !p->wrong_type.code)
            add_error(RPC_INVALID_PARAMS, ret, n);
        if (!p->bad.code)
            add_error(own_error(p->kind), ret, n);
        add_error(p->missing.code, ret, n);
        add_error(p->wrong_type.code, ret, n);
        add_error(p->bad.code, ret, n);
        if (p->members)
            add_errors(p->members, ret, n);
        if (p->kind == PARAM_KIND_LEDGER_INDEX)
            add_error(RPC_LGR_NOT_FOUND, ret, n);
    }
}

size_t schema_errors(const struct param *table, enum rpc_code ret[SCHEMA_MAX_ERRORS])
{
    size_t n = 0;
    add_errors(table, ret, &n);
    return n;
}
