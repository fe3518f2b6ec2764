/* SPDX-License-Identifier: Apache-2.0 */
#include "xrpl/names.h"

#include "base/mem.h"

#define CASE 0x20

uint32_t names_hash(struct slice name)
{
    uint32_t h = 0x811C9DC5u;
    for (size_t i = 0; i < name.n; i++)
        h = (h ^ (name.p[i] | CASE)) * 0x01000193u;
    return h;
}

static bool same_letter(uint8_t a, uint8_t b)
{
    uint8_t small = a | CASE;
    return a == b || ((a ^ b) == CASE && small >= 'a' && small <= 'z');
}

bool names_same(struct slice name, const char *other)
{
    for (size_t i = 0; i < name.n; i++)
        if (other[i] == '\0' || !same_letter(name.p[i], (uint8_t)other[i]))
            return false;
    return other[name.n] == '\0';
}

/* --- fields --- */

#define N_FIELD_SLOTS 1024
static const field_id field_slots[N_FIELD_SLOTS] = {
#define X(slot, name) [slot] = FIELD_##name,
#include "xrpl/field_slots.def"
#undef X
};

const struct field_info *names_learned_field(const struct tables *t, field_id id)
{
    const struct tables_name *learned = tables_by_code(&t->fields, id);
    return learned ? &t->infos[learned - t->fields.items] : NULL;
}

field_id names_field_by_name(const struct tables *t, struct slice name)
{
    for (uint32_t at = names_hash(name) % N_FIELD_SLOTS; field_slots[at];
         at = (at + 1) % N_FIELD_SLOTS)
        if (slice_eq(name, names_of_info(field_info(field_slots[at]))))
            return field_slots[at];
    const struct tables_name *learned = tables_by_name(&t->fields, name);
    return learned && slice_is(name, learned->name) ? learned->code : 0;
}

/* --- types of ledger entries --- */

struct entry_names {
    const char *name;
    const char *short_name;
};
static const struct entry_names entry_types[] = {
#define X(name, code, short_name) [code] = {#name, #short_name},
#include "xrpl/entry_types.def"
#undef X
};

#define N_ENTRY_SLOTS 128
static const struct {
    uint16_t type;
    bool is_short;
} entry_slots[N_ENTRY_SLOTS] = {
#define X(slot, name, is_short) [slot] = {ENTRY_##name, is_short},
#include "xrpl/entry_slots.def"
#undef X
};

const char *names_entry_type(const struct tables *t, uint16_t type)
{
    if (type < ARRAY_LEN(entry_types) && entry_types[type].name)
        return entry_types[type].name;
    const struct tables_name *learned = tables_by_code(&t->entry_types, type);
    return learned ? learned->name : NULL;
}

const char *names_entry_short(const struct tables *t, uint16_t type)
{
    if (type < ARRAY_LEN(entry_types) && entry_types[type].name)
        return entry_types[type].short_name;
    const struct tables_name *learned = tables_by_code(&t->entry_types, type);
    return learned ? learned->short_name : NULL;
}

static uint16_t learned_entry_by_name(const struct tables_set *s, struct slice name)
{
    for (uint32_t i = 0; i < s->n; i++)
        if (slice_is(name, s->items[i].short_name))
            return (uint16_t)s->items[i].code;
    const struct tables_name *learned = tables_by_name(s, name);
    return learned ? (uint16_t)learned->code : 0;
}

/* The two names of types are no names of each other but where they differ in case only. */
uint16_t names_entry_by_name(const struct tables *t, struct slice name)
{
    for (uint32_t at = names_hash(name) % N_ENTRY_SLOTS; entry_slots[at].type;
         at = (at + 1) % N_ENTRY_SLOTS) {
        const struct entry_names *names = &entry_types[entry_slots[at].type];
        if (entry_slots[at].is_short ? slice_is(name, names->short_name)
                                     : names_same(name, names->name))
            return entry_slots[at].type;
    }
    return learned_entry_by_name(&t->entry_types, name);
}

/* --- types of transactions --- */

static const char *const tx_types[] = {
#define X(name, code) [code] = #name,
#include "xrpl/tx_types.def"
#undef X
};

#define N_TX_SLOTS 256
static const uint16_t tx_slots[N_TX_SLOTS] = {
/* code + 1: a payment's is 0 */
#define X(slot, name) [slot] = TX_##name + 1,
#include "xrpl/tx_slots.def"
#undef X
};

const char *names_tx_type(const struct tables *t, uint16_t type)
{
    if (type < ARRAY_LEN(tx_types) && tx_types[type])
        return tx_types[type];
    const struct tables_name *learned = tables_by_code(&t->tx_types, type);
    return learned ? learned->name : NULL;
}

int names_tx_by_name(const struct tables *t, struct slice name)
{
    for (uint32_t at = names_hash(name) % N_TX_SLOTS; tx_slots[at]; at = (at + 1) % N_TX_SLOTS)
        if (names_same(name, tx_types[tx_slots[at] - 1]))
            return tx_slots[at] - 1;
    const struct tables_name *learned = tables_by_name(&t->tx_types, name);
    return learned ? (int)learned->code : -1;
}

/* --- results, permissions, amendments --- */

const char *names_tx_result(const struct tables *t, uint8_t code)
{
    static const char *const names[256] = {
#define X(name, code) [code] = #name,
#include "xrpl/tx_results.def"
#undef X
    };
    if (names[code])
        return names[code];
    const struct tables_name *learned = tables_by_code(&t->tx_results, code);
    return learned ? learned->name : NULL;
}

const char *names_permission(const struct tables *t, uint32_t value)
{
    switch (value) {
#define X(name, number)                                                                            \
    case number:                                                                                   \
        return #name;
#include "xrpl/permissions.def"
#undef X
    default:
        return value == 0 || value > UINT16_MAX ? NULL : names_tx_type(t, (uint16_t)(value - 1));
    }
}

const struct names_amendment *names_amendments(size_t *ret_n)
{
    static const struct names_amendment amendments[] = {
#define X(name, retired, supported, ...) {#name, {{__VA_ARGS__}}, retired, supported},
#include "xrpl/amendments.def"
#undef X
    };
    *ret_n = ARRAY_LEN(amendments);
    return amendments;
}

const char *names_protocol_version(void)
{
#define X(version) return version;
#include "xrpl/version.def"
#undef X
}
