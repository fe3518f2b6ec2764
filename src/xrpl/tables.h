/* SPDX-License-Identifier: Apache-2.0 */
/* Tables that grew while the program runs: names that newer definitions have and the compiled
 * tables lack (learn.h reads them, names.h looks them up: compiled tables first). A struct tables
 * never changes; growing puts another one in its place, behind one pointer. Readers take the
 * pointer once for a request (tables_now), so that a request sees one state of things; it stays
 * valid for ever: what was learned is never forgotten, and how often a process learns is bounded.
 */
#pragma once
#include "json/jw.h"
#include "xrpl/field.h"

/* A code and its name; both NUL-terminated texts live as long as the process. */
struct tables_name {
    uint32_t code;
    const char *name;
    const char *short_name; /* of an entry type, else NULL */
};

/* Names of one kind. Zeroed = none. */
struct tables_set {
    struct tables_name *items; /* ascending by code */
    uint32_t n;
    uint16_t *slots;  /* open addressing by names_hash of the name: position in `items` + 1 */
    uint32_t n_slots; /* power of two; 0 = no items */
};

struct tables {
    struct tables_set fields; /* codes are field_ids */
    struct field_info *infos; /* of fields.items, same order */
    struct tables_set entry_types;
    struct tables_set tx_types;
    struct tables_set tx_results;
    uint8_t prefixed[32]; /* bit per type of the wire: the compiled tables do not know the type, but
                             its values begin with their length */
    uint32_t generation;  /* how often was learned */
    const char *origin;   /* where the newest of it came from; NULL = nothing was learned */
    const char *version;  /* of the server that said it, as it said it; NULL = not known */
    struct slice definitions;      /* the answer to server_definitions without its hash, JSON */
    const char *definitions_hash;  /* 64 digits: SHA-512Half of `definitions` */
    const struct tables *previous; /* what was in force before; NULL = none */
};

/* Those in force; never NULL. Any thread. */
const struct tables *tables_now(void);
/* Put `t` in force in the place of `before`; it then belongs to the process. False: others are in
 * force by now, nothing was done. */
bool tables_replace(const struct tables *before, const struct tables *t);

/* Those of the request that `w` writes for. */
static inline const struct tables *tables_of(const struct jw *w)
{
    return w->tables ? (const struct tables *)w->tables : tables_now();
}

/* NULL when the set lacks it. */
const struct tables_name *tables_by_code(const struct tables_set *s, uint32_t code);
/* By name in any case. */
const struct tables_name *tables_by_name(const struct tables_set *s, struct slice name);
/* Fill `slots` (zeroed, n_slots entries) from `items`. */
void tables_index(struct tables_set *s);

/* Do values of a type that the compiled tables lack begin with their length? Looks at those in
 * force. */
bool tables_is_prefixed(uint32_t type);
