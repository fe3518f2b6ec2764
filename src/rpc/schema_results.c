/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/schema_results.h"

#include "base/mem.h"
#include "rpc/results.h"
#include "rpc/schema.h"
#include "xrpl/field.h"

#include <stdio.h>

static void put_text(struct jw *w, const char *key, const char *text)
{
    jw_key(w, key);
    jw_str(w, slice_str(text));
}

/* --- members, as they are declared --- */

static bool is_primitive(struct slice type)
{
    static const char *const names[] = {"string", "integer", "number", "boolean", "object"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (slice_is(type, names[i]))
            return true;
    return false;
}

static void put_ref(struct jw *w, struct slice name)
{
    char text[96];
    int n = snprintf(text, sizeof text, "#/components/schemas/%.*s", (int)name.n, name.p);
    jw_key(w, "$ref");
    jw_str(w, slice_of(text, (size_t)n));
}

/* Members of the schema of one type, see results.h. Types nest a few levels. */
static void put_type(struct jw *w, struct slice type)
{
    bool array = type.p[0] == '[', map = type.p[0] == '{';
    if (array || map) {
        put_text(w, "type", array ? "array" : "object");
        jw_key(w, array ? "items" : "additionalProperties");
        jw_obj_begin(w);
        put_type(w, slice_of(type.p + 1, type.n - 2));
        jw_obj_end(w);
    } else if (is_primitive(type)) {
        jw_key(w, "type");
        jw_str(w, type);
    } else if (!slice_is(type, "any")) {
        put_ref(w, type);
    }
}

static void put_versions(struct jw *w, const struct result_member *m)
{
    if (!m->since && !m->until)
        return;
    jw_key(w, "x-api-versions");
    jw_obj_begin(w);
    if (m->since)
        jw_kv_u64(w, "since", m->since);
    if (m->until)
        jw_kv_u64(w, "until", m->until);
    jw_obj_end(w);
}

static void put_member(struct jw *w, const struct result_member *m)
{
    jw_key(w, m->name);
    jw_obj_begin(w);
    put_type(w, slice_str(m->type));
    put_text(w, "description", m->doc);
    put_versions(w, m);
    jw_obj_end(w);
}

static void put_required(struct jw *w, const struct result_member *members)
{
    jw_key(w, "required");
    jw_arr_begin(w);
    for (const struct result_member *m = members; m->name; m++)
        if (!m->optional)
            jw_str(w, slice_str(m->name));
    jw_arr_end(w);
}

static void put_object(struct jw *w, const char *doc, const struct result_member *members,
                       bool whole_result)
{
    static const struct result_member status = {
        .name = "status", .type = "string", .doc = "Over HTTP: success", .optional = true};
    put_text(w, "type", "object");
    if (doc)
        put_text(w, "description", doc);
    jw_key(w, "properties");
    jw_obj_begin(w);
    for (const struct result_member *m = members; m->name; m++)
        put_member(w, m);
    if (whole_result)
        put_member(w, &status);
    jw_obj_end(w);
    put_required(w, members);
}

void schema_results_put(struct jw *w, const char *method)
{
    const struct result_member *members = results_of(method);
    jw_obj_begin(w);
    if (members)
        put_object(w, NULL, members, true);
    else
        put_text(w, "type", "object");
    jw_obj_end(w);
}

/* --- objects of the ledger, from the protocol's tables --- */

static const struct {
    const char *name;
    uint16_t code;
} entry_names[] = {
#define X(name, code, rpc_name) {#name, ENTRY_##name},
#include "xrpl/entry_types.def"
#undef X
};

static const struct {
    uint16_t entry;
    field_id field;
    const char *name;
} templates[] = {
#define X(entry, field, style) {ENTRY_##entry, FIELD_##field, #field},
#include "xrpl/entry_templates.def"
#undef X
};

/* What the JSON of a field is; integers of 64 bits are text, in hex or decimal. */
static const char *json_of(field_id field)
{
    switch (field_type(field)) {
    case FIELD_TYPE_UINT8:
    case FIELD_TYPE_UINT16:
    case FIELD_TYPE_UINT32: return "integer";
    case FIELD_TYPE_AMOUNT: return "Amount";
    case FIELD_TYPE_ACCOUNT: return "Address";
    case FIELD_TYPE_HASH256: return "Hash256";
    case FIELD_TYPE_BLOB:
    case FIELD_TYPE_HASH128:
    case FIELD_TYPE_HASH160:
    case FIELD_TYPE_HASH192: return "HexText";
    case FIELD_TYPE_UINT64:
    case FIELD_TYPE_NUMBER:
    case FIELD_TYPE_CURRENCY: return "string";
    case FIELD_TYPE_VECTOR256: return "[Hash256]";
    case FIELD_TYPE_ARRAY: return "[object]";
    case FIELD_TYPE_OBJECT: return "object";
    default: return "any";
    }
}

static void put_entry_members(struct jw *w, uint16_t entry)
{
    jw_key(w, "properties");
    jw_obj_begin(w);
    jw_key(w, "Flags");
    jw_raw(w, SLICE_LIT("{\"type\":\"integer\"}"));
    jw_key(w, "index");
    jw_raw(w, SLICE_LIT("{\"$ref\":\"#/components/schemas/Hash256\"}"));
    if (entry == ENTRY_MPTokenIssuance) { /* is made of fields, not one itself */
        jw_key(w, "mpt_issuance_id");
        jw_raw(w, SLICE_LIT("{\"$ref\":\"#/components/schemas/HexText\"}"));
    }
    for (size_t i = 0; i < ARRAY_LEN(templates); i++) {
        if (templates[i].entry != entry)
            continue;
        jw_key(w, templates[i].name);
        jw_obj_begin(w);
        put_type(w, slice_str(json_of(templates[i].field)));
        jw_obj_end(w);
    }
}

static void put_entry(struct jw *w, const char *name, uint16_t entry)
{
    char key[64];
    snprintf(key, sizeof key, "Entry%s", name);
    jw_key(w, key);
    jw_obj_begin(w);
    put_text(w, "type", "object");
    put_entry_members(w, entry);
    jw_key(w, "LedgerEntryType");
    jw_obj_begin(w);
    put_text(w, "const", name);
    jw_obj_end(w);
    jw_obj_end(w);
    jw_key(w, "required");
    jw_raw(w, SLICE_LIT("[\"LedgerEntryType\"]"));
    jw_obj_end(w);
}

/* A type that this table does not know is an Entry, too: learned at run time. */
static void put_any_entry(struct jw *w)
{
    char ref[96];
    jw_key(w, "Entry");
    jw_obj_begin(w);
    put_text(w, "description", "An object of the ledger, by its LedgerEntryType");
    jw_key(w, "anyOf");
    jw_arr_begin(w);
    for (size_t i = 0; i < ARRAY_LEN(entry_names); i++) {
        snprintf(ref, sizeof ref, "Entry%s", entry_names[i].name);
        schema_put_ref(w, "schemas", ref);
    }
    jw_arr_end(w);
    jw_obj_end(w);
}

static const struct {
    const char *name, *schema;
} common[] = {
    {"HexText", "{\"type\":\"string\",\"pattern\":\"^([0-9A-Fa-f]{2})*$\","
                "\"description\":\"Bytes in hex\"}"},
    {"DecimalText", "{\"type\":\"string\",\"pattern\":\"^[0-9]+$\","
                    "\"description\":\"A number as text: it may be above 2^53\"}"},
    {"Amount", "{\"anyOf\":[{\"type\":\"string\",\"pattern\":\"^-?[0-9]+$\"},{\"type\":\"object\","
               "\"properties\":{\"value\":{\"type\":\"string\"},\"currency\":{\"type\":\"string\"},"
               "\"issuer\":{\"type\":\"string\"},\"mpt_issuance_id\":{\"type\":\"string\"}},"
               "\"required\":[\"value\"]}],\"description\":\"Drops of XRP as text; or a value with "
               "its currency and issuer, or with its MPT issuance\"}"},
    {"Transaction",
     "{\"type\":\"object\",\"properties\":{\"TransactionType\":{\"type\":\"string\"},"
     "\"Account\":{\"$ref\":\"#/components/schemas/Address\"},"
     "\"Fee\":{\"$ref\":\"#/components/schemas/Amount\"},\"Sequence\":{\"type\":\"integer\"}},"
     "\"required\":[\"TransactionType\",\"Account\"],"
     "\"description\":\"A transaction: its fields as xrpl.org describes them\"}"},
    {"Metadata", "{\"type\":\"object\",\"properties\":{\"TransactionResult\":{\"type\":\"string\"},"
                 "\"TransactionIndex\":{\"type\":\"integer\"},"
                 "\"AffectedNodes\":{\"type\":\"array\",\"items\":{\"type\":\"object\"}}},"
                 "\"required\":[\"TransactionResult\",\"TransactionIndex\",\"AffectedNodes\"],"
                 "\"description\":\"What a transaction did\"}"},
};

void schema_results_put_components(struct jw *w)
{
    for (size_t i = 0; i < ARRAY_LEN(common); i++) {
        jw_key(w, common[i].name);
        jw_raw(w, slice_str(common[i].schema));
    }
    for (const struct result_shape *s = results_shapes; s->name; s++) {
        jw_key(w, s->name);
        jw_obj_begin(w);
        put_object(w, s->doc, s->members, false);
        jw_obj_end(w);
    }
    put_any_entry(w);
    for (size_t i = 0; i < ARRAY_LEN(entry_names); i++)
        put_entry(w, entry_names[i].name, entry_names[i].code);
}
