/* SPDX-License-Identifier: Apache-2.0 */
#include "xrpl/learn.h"

#include "base/hash.h"
#include "base/hex.h"
#include "base/mem.h"
#include "json/json.h"
#include "xrpl/learn_merge.h"
#include "xrpl/names.h"
#include "xrpl/sto_step.h"

#include <stdlib.h>

/* The most of each kind that can be learned in all. */
#define MAX_FIELDS 2048
#define MAX_TYPES 1024
#define MAX_WIRE_TYPE 255
#define PARSE_DEPTH 12
#define PARSE_BYTES ((size_t)64 << 20)

/* Names being collected; what was learned before is among them. */
struct list {
    struct tables_name *items;
    uint32_t n, n_max;
};

/* One document being read. */
struct reading {
    const struct tables *known;
    struct arena *scratch; /* gone after the reading */
    struct arena *kept;    /* of the tables that come of it */
    const struct json *document;
    const struct json *types; /* TYPES, or NULL */
    struct list fields, entry_types, tx_types, tx_results;
    uint8_t prefixed[32];
    uint8_t plain[32]; /* new types of the wire that have fields without a length */
    struct learn_news news;
};

/* A type of the wire that the compiled tables know. */
static const struct {
    const char *name;
    uint32_t code;
} wire_types[] = {
    {"AccountID", FIELD_TYPE_ACCOUNT},   {"Amount", FIELD_TYPE_AMOUNT},
    {"Blob", FIELD_TYPE_BLOB},           {"Currency", FIELD_TYPE_CURRENCY},
    {"Hash128", FIELD_TYPE_HASH128},     {"Hash160", FIELD_TYPE_HASH160},
    {"Hash192", FIELD_TYPE_HASH192},     {"Hash256", FIELD_TYPE_HASH256},
    {"Hash384", FIELD_TYPE_HASH384},     {"Hash512", FIELD_TYPE_HASH512},
    {"Int32", FIELD_TYPE_INT32},         {"Int64", FIELD_TYPE_INT64},
    {"Issue", FIELD_TYPE_ISSUE},         {"Number", FIELD_TYPE_NUMBER},
    {"PathSet", FIELD_TYPE_PATHSET},     {"STArray", FIELD_TYPE_ARRAY},
    {"STObject", FIELD_TYPE_OBJECT},     {"UInt16", FIELD_TYPE_UINT16},
    {"UInt32", FIELD_TYPE_UINT32},       {"UInt64", FIELD_TYPE_UINT64},
    {"UInt8", FIELD_TYPE_UINT8},         {"UInt96", FIELD_TYPE_HASH96},
    {"Vector256", FIELD_TYPE_VECTOR256}, {"XChainBridge", FIELD_TYPE_BRIDGE},
};

static bool is_wire_type(int64_t code)
{
    return code > 0 && code < 32 && sto_lengths[code] != STO_LENGTH_UNKNOWN;
}

static bool is_letter(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Names become keys of JSON: letters, digits and underscores, beginning with a letter. */
static err check_name(struct slice name, const char *section)
{
    bool good = name.n > 0 && name.n <= FIELD_NAME_MAX && is_letter(name.p[0]);
    for (size_t i = 0; good && i < name.n; i++)
        good = is_letter(name.p[i]) || (name.p[i] >= '0' && name.p[i] <= '9') || name.p[i] == '_';
    if (!good)
        return FAIL(ERR_PARSE, "definitions: %s: \"%.*s\" is no name", section,
                    (int)MIN(name.n, (size_t)60), (const char *)name.p);
    return OK;
}

static err bad_form(const char *section, struct slice name)
{
    return FAIL(ERR_PARSE, "definitions: %s: %.*s is not of the form of server_definitions",
                section, SLICE_FMT(name));
}

static struct tables_name *in_list(const struct list *l, uint32_t code)
{
    for (uint32_t i = 0; i < l->n; i++)
        if (l->items[i].code == code)
            return &l->items[i];
    return NULL;
}

static bool is_named(const struct list *l, struct slice name)
{
    for (uint32_t i = 0; i < l->n; i++)
        if (names_same(name, l->items[i].name))
            return true;
    return false;
}

/* "LoanBroker" -> "loan_broker", "MPToken" -> "mptoken": how short names of types are made. */
static const char *short_name(struct arena *a, struct slice name)
{
    char *out = arena_alloc(a, 2 * name.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < name.n; i++) {
        bool capital = name.p[i] >= 'A' && name.p[i] <= 'Z';
        if (capital && i > 0 && !(name.p[i - 1] >= 'A' && name.p[i - 1] <= 'Z'))
            out[n++] = '_';
        out[n++] = (char)(capital ? name.p[i] | 0x20 : name.p[i]);
    }
    out[n] = '\0';
    return out;
}

static err add(struct reading *r, struct list *l, const char *section, struct slice name,
               uint32_t code, bool with_short, uint32_t *n_new)
{
    if (in_list(l, code) || is_named(l, name))
        return FAIL(ERR_INVALID, "definitions: %s: %.*s (%u) is defined twice", section,
                    SLICE_FMT(name), code);
    if (l->n == l->n_max)
        return FAIL(ERR_LIMIT, "definitions: %s: too many new names", section);
    l->items[l->n++] =
        (struct tables_name){.code = code,
                             .name = arena_strdup(r->kept, name),
                             .short_name = with_short ? short_name(r->kept, name) : NULL};
    ++*n_new;
    return OK;
}

/* A known code, or a known name. *ret: nothing is to be added. `ours`: the code's name here, NULL =
 * not known; `code_here`: the name's code here, -1 = not known. */
static err compare(struct reading *r, const char *section, struct slice name, uint32_t code,
                   const char *ours, int64_t code_here, bool *ret)
{
    *ret = ours != NULL;
    if (code_here >= 0 && code_here != (int64_t)code)
        return FAIL(ERR_INVALID, "definitions: %s: %.*s is %lld here, not %u", section,
                    SLICE_FMT(name), (long long)code_here, code);
    if (ours && !slice_is(name, ours))
        r->news.n_renamed++;
    return OK;
}

/* --- types of the wire --- */

static err read_types(struct reading *r)
{
    r->types = json_get(r->document, "TYPES");
    if (r->types == NULL)
        return OK;
    if (r->types->type != JSON_OBJECT)
        return bad_form("TYPES", SLICE_LIT("it"));
    for (uint32_t i = 0; i < r->types->n; i++) {
        const struct json_member *m = &r->types->members[i];
        TRY(check_name(m->key, "TYPES"));
        if (m->value.type != JSON_INT)
            return bad_form("TYPES", m->key);
        for (size_t k = 0; k < ARRAY_LEN(wire_types); k++)
            if (slice_is(m->key, wire_types[k].name) && m->value.i != wire_types[k].code)
                return FAIL(ERR_INVALID, "definitions: TYPES: %s is %u here, not %lld",
                            wire_types[k].name, wire_types[k].code, (long long)m->value.i);
    }
    return OK;
}

/* Its code; -1 when the document does not say. */
static int64_t type_code(const struct reading *r, struct slice name)
{
    const struct json *v = json_get_slice(r->types, name);
    if (v)
        return v->i;
    for (size_t k = 0; k < ARRAY_LEN(wire_types); k++)
        if (slice_is(name, wire_types[k].name))
            return wire_types[k].code;
    return -1;
}

static bool get_bit(const uint8_t bits[32], uint32_t i)
{
    return (bits[i / 8] >> i % 8 & 1) != 0;
}

static void set_bit(uint8_t bits[32], uint32_t i)
{
    bits[i / 8] |= (uint8_t)(1u << i % 8);
}

/* --- fields --- */

struct field_text {
    struct slice name;
    int64_t nth, type;
    bool serialized, prefixed;
};

static bool is_flag(const struct json *v)
{
    return json_is(v, JSON_BOOL);
}

/* ["Name", {"nth": 1, "isVLEncoded": false, "isSerialized": true, "isSigningField": true, "type":
 * "UInt32"}] */
static err read_field_text(const struct reading *r, const struct json *v, struct field_text *ret)
{
    if (v->type != JSON_ARRAY || v->n != 2 || v->items[0].type != JSON_STRING)
        return bad_form("FIELDS", SLICE_LIT("it"));
    ret->name = v->items[0].s;
    TRY(check_name(ret->name, "FIELDS"));
    const struct json *about = &v->items[1], *nth = json_get(about, "nth"),
                      *type = json_get(about, "type"), *vl = json_get(about, "isVLEncoded"),
                      *serialized = json_get(about, "isSerialized");
    if (!json_is(nth, JSON_INT) || !json_is(type, JSON_STRING) || !is_flag(vl) ||
        !is_flag(serialized))
        return bad_form("FIELDS", ret->name);
    ret->nth = nth->i;
    ret->type = type_code(r, type->s);
    ret->serialized = serialized->b;
    ret->prefixed = vl->b;
    if (ret->serialized && ret->type < 0 && !slice_is(type->s, "Unknown"))
        return FAIL(ERR_PARSE, "definitions: FIELDS: %.*s is of a type that TYPES lacks",
                    SLICE_FMT(ret->name));
    return OK;
}

/* Fields of a type that nobody here can measure: are its values prefixed by their length? */
static err note_type(struct reading *r, const struct field_text *f)
{
    uint32_t type = (uint32_t)f->type;
    if (is_wire_type(type)) {
        if (f->prefixed != (sto_lengths[type] == STO_LENGTH_PREFIX))
            return FAIL(ERR_INVALID, "definitions: FIELDS: %.*s: isVLEncoded is wrong for its type",
                        SLICE_FMT(f->name));
        return OK;
    }
    set_bit(f->prefixed ? r->prefixed : r->plain, type);
    if (get_bit(r->prefixed, type) && get_bit(r->plain, type))
        return FAIL(ERR_INVALID, "definitions: FIELDS: %.*s: isVLEncoded differs within its type",
                    SLICE_FMT(f->name));
    return OK;
}

static const char *compiled_name(struct reading *r, field_id id)
{
    const struct field_info *info = field_info(id);
    return info ? arena_strdup(r->scratch, names_of_info(info)) : NULL;
}

/* A name that only the compiled tables can hold is looked up there; what was learned before is in
 * the list. */
static err read_field(struct reading *r, const struct json *v)
{
    struct field_text f = {0};
    TRY(read_field_text(r, v, &f));
    bool on_wire = f.serialized && f.nth > 0 && f.nth <= MAX_WIRE_TYPE && f.type > 0 &&
                   f.type <= MAX_WIRE_TYPE;
    bool is_end = f.nth == 1 && (f.type == FIELD_TYPE_OBJECT || f.type == FIELD_TYPE_ARRAY);
    if (!on_wire || is_end)
        return OK;
    TRY(note_type(r, &f));
    field_id id = FIELD_ID(f.type, f.nth), here = names_field_by_name(r->known, f.name);
    const struct tables_name *before = tables_by_code(&r->known->fields, id);
    const char *ours = before ? before->name : compiled_name(r, id);
    bool known;
    TRY(compare(r, "FIELDS", f.name, id, ours, here ? (int64_t)here : -1, &known));
    return known ? OK : add(r, &r->fields, "FIELDS", f.name, id, false, &r->news.n_fields);
}

static err read_fields(struct reading *r)
{
    const struct json *list = json_get(r->document, "FIELDS");
    if (list == NULL)
        return OK;
    if (list->type != JSON_ARRAY)
        return bad_form("FIELDS", SLICE_LIT("it"));
    for (uint32_t i = 0; i < list->n; i++)
        TRY(read_field(r, &list->items[i]));
    for (uint32_t i = 0; i <= MAX_WIRE_TYPE; i++)
        if (get_bit(r->prefixed, i) && !get_bit(r->known->prefixed, i))
            r->news.n_prefixed++;
    return OK;
}

/* --- codes --- */

/* A section {name: code}. */
struct codes {
    const char *section;
    int64_t max; /* greater and negative codes stand in no ledger */
    bool with_short;
    struct list *list;
    uint32_t *n_new;
    const char *(*name_of)(const struct tables *t, uint16_t code);
    int64_t (*code_of)(const struct tables *t, struct slice name);
};

static const char *result_name(const struct tables *t, uint16_t code)
{
    return names_tx_result(t, (uint8_t)code);
}

/* Found by walking: done at most once a document and name. */
static int64_t result_code(const struct tables *t, struct slice name)
{
    for (uint32_t code = 0; code <= UINT8_MAX; code++) {
        const char *known = names_tx_result(t, (uint8_t)code);
        if (known && slice_is(name, known))
            return code;
    }
    return -1;
}

static int64_t entry_code(const struct tables *t, struct slice name)
{
    uint16_t code = names_entry_by_name(t, name);
    return code ? code : -1;
}

static int64_t tx_code(const struct tables *t, struct slice name)
{
    return names_tx_by_name(t, name);
}

static err read_codes(struct reading *r, const struct codes *c)
{
    const struct json *section = json_get(r->document, c->section);
    if (section == NULL)
        return OK;
    if (section->type != JSON_OBJECT)
        return bad_form(c->section, SLICE_LIT("it"));
    for (uint32_t i = 0; i < section->n; i++) {
        const struct json_member *m = &section->members[i];
        bool known;
        TRY(check_name(m->key, c->section));
        if (m->value.type != JSON_INT || m->value.i > UINT16_MAX || m->value.i < INT16_MIN)
            return bad_form(c->section, m->key);
        if (m->value.i < 0 || m->value.i > c->max)
            continue;
        uint32_t code = (uint32_t)m->value.i;
        TRY(compare(r, c->section, m->key, code, c->name_of(r->known, (uint16_t)code),
                    c->code_of(r->known, m->key), &known));
        if (!known)
            TRY(add(r, c->list, c->section, m->key, code, c->with_short, c->n_new));
    }
    return OK;
}

static err read_all(struct reading *r)
{
    const struct codes sections[] = {
        {"LEDGER_ENTRY_TYPES", UINT16_MAX, true, &r->entry_types, &r->news.n_entry_types,
         names_entry_type, entry_code},
        {"TRANSACTION_TYPES", UINT16_MAX, false, &r->tx_types, &r->news.n_tx_types, names_tx_type,
         tx_code},
        {"TRANSACTION_RESULTS", UINT8_MAX, false, &r->tx_results, &r->news.n_tx_results,
         result_name, result_code},
    };
    TRY(read_types(r));
    TRY(read_fields(r));
    for (size_t i = 0; i < ARRAY_LEN(sections); i++)
        TRY(read_codes(r, &sections[i]));
    return OK;
}

/* --- the tables that come of it --- */

static void begin_list(struct reading *r, struct list *l, const struct tables_set *known,
                       uint32_t n_max)
{
    l->items = arena_array(r->kept, struct tables_name, n_max);
    l->n = known->n;
    l->n_max = n_max;
    if (known->n)
        memcpy(l->items, known->items, known->n * sizeof *l->items);
}

static int by_code(const void *a, const void *b)
{
    const struct tables_name *x = a, *y = b;
    return (x->code > y->code) - (x->code < y->code);
}

static struct tables_set make_set(struct arena *a, const struct list *l)
{
    struct tables_set s = {.items = l->items, .n = l->n};
    if (l->n == 0)
        return s;
    qsort(s.items, s.n, sizeof *s.items, by_code);
    for (s.n_slots = 16; s.n_slots < 2 * s.n;)
        s.n_slots *= 2;
    s.slots = arena_zalloc(a, s.n_slots * sizeof *s.slots);
    tables_index(&s);
    return s;
}

static struct field_info *make_infos(struct arena *a, const struct tables_set *fields)
{
    const size_t line = _Alignof(struct field_info);
    uint8_t *room = arena_zalloc(a, (fields->n + 1) * sizeof(struct field_info) + line);
    struct field_info *infos = (void *)(room + (line - (uintptr_t)room % line) % line);
    for (uint32_t i = 0; i < fields->n; i++) {
        infos[i].id = fields->items[i].code;
        infos[i].key_n =
            (uint8_t)snprintf(infos[i].key, sizeof infos[i].key, "\"%s\":", fields->items[i].name);
    }
    return infos;
}

static const char *hash_text(struct arena *a, struct slice text)
{
    struct hash256 h = hash_sha512half(&text, 1);
    char *out = arena_zalloc(a, 65);
    hex_encode(hash256_slice(&h), out);
    return out;
}

static err make_tables(struct reading *r, const char *origin, const char *version,
                       struct tables **ret)
{
    struct tables *t = arena_new_of(r->kept, struct tables);
    *t = (struct tables){.fields = make_set(r->kept, &r->fields),
                         .entry_types = make_set(r->kept, &r->entry_types),
                         .tx_types = make_set(r->kept, &r->tx_types),
                         .tx_results = make_set(r->kept, &r->tx_results),
                         .generation = r->known->generation + 1,
                         .origin = arena_strdup(r->kept, slice_str(origin)),
                         .version = version ? arena_strdup(r->kept, slice_str(version)) : NULL,
                         .previous = r->known};
    t->infos = make_infos(r->kept, &t->fields);
    memcpy(t->prefixed, r->prefixed, sizeof t->prefixed);
    TRY(learn_merge(r->known->definitions, r->document, r->scratch, r->kept, &t->definitions));
    t->definitions_hash = hash_text(r->kept, t->definitions);
    *ret = t;
    return OK;
}

static err read_document(struct reading *r, struct slice text)
{
    struct json *root = arena_new_of(r->scratch, struct json);
    if (text.n > LEARN_MAX_BYTES)
        return FAIL(ERR_LIMIT, "definitions: %zu bytes are too many", text.n);
    TRY(json_parse(text, &(struct json_opts){.max_depth = PARSE_DEPTH}, r->scratch, root, NULL));
    const struct json *result = json_get(root, "result");
    r->document = result ? result : root;
    if (r->document->type != JSON_OBJECT ||
        (!json_get(r->document, "FIELDS") && !json_get(r->document, "TRANSACTION_TYPES")))
        return FAIL(ERR_PARSE, "definitions: no answer to server_definitions");
    return OK;
}

static err learn(struct reading *r, struct slice text, const char *origin, const char *version,
                 struct tables **ret)
{
    TRY(read_document(r, text));
    begin_list(r, &r->fields, &r->known->fields, MAX_FIELDS);
    begin_list(r, &r->entry_types, &r->known->entry_types, MAX_TYPES);
    begin_list(r, &r->tx_types, &r->known->tx_types, MAX_TYPES);
    begin_list(r, &r->tx_results, &r->known->tx_results, UINT8_MAX + 1);
    memcpy(r->prefixed, r->known->prefixed, sizeof r->prefixed);
    TRY(read_all(r));
    if (!learn_is_news(&r->news))
        return OK;
    if (r->known->generation >= LEARN_MAX_TIMES)
        return FAIL(ERR_LIMIT, "definitions: learned %u times already: start again to go on",
                    LEARN_MAX_TIMES);
    return make_tables(r, origin, version, ret);
}

/* What learned tables stand in, by their generation: readers may hold any of them, so none goes. */
static struct arena *for_ever[LEARN_MAX_TIMES + 1];

/* One reading on the tables in force; *ret_again: others came between. */
static err attempt(struct slice document, const char *origin, const char *version,
                   struct learn_news *ret, bool *ret_again)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new(PARSE_BYTES);
    CLEANUP(arena_freep) struct arena *kept = arena_new(0);
    struct tables *made = NULL;
    struct reading r = {.known = tables_now(), .scratch = scratch, .kept = kept};
    TRY(learn(&r, document, origin, version, &made));
    *ret = r.news;
    *ret_again = made && !tables_replace(r.known, made);
    if (made && !*ret_again)
        for_ever[r.known->generation] = TAKE_PTR(kept);
    return OK;
}

err learn_definitions(struct slice document, const char *origin, const char *version,
                      struct learn_news *ret)
{
    bool again = true;
    while (again)
        TRY(attempt(document, origin, version, ret, &again));
    return OK;
}
