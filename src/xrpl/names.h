/* SPDX-License-Identifier: Apache-2.0 */
/* Names of the protocol's codes, and codes of names: the compiled tables first, then what was
 * learned (`t`: tables_now, taken once for a request). Texts are NUL-terminated and live as long as
 * the process. Looking up takes some tens of nanoseconds. */
#pragma once
#include "base/hash.h"
#include "xrpl/tables.h"

/* FNV-1a of the name, blind to the case of letters; tools/gen-protocol lays the tables out by it.
 */
uint32_t names_hash(struct slice name);
/* Equal but for the case of ASCII letters. */
bool names_same(struct slice name, const char *other);

/* NULL when unknown; the first looks only at what was learned. */
const struct field_info *names_learned_field(const struct tables *t, field_id id);
static inline const struct field_info *names_field(const struct tables *t, field_id id)
{
    const struct field_info *info = field_info(id);
    return info ? info : names_learned_field(t, id);
}
/* The name in a field_info. */
static inline struct slice names_of_info(const struct field_info *info)
{
    return slice_of(info->key + 1, info->key_n - 3u); /* two quotes and a colon */
}
/* Exact name; 0 when unknown. */
field_id names_field_by_name(const struct tables *t, struct slice name);

/* "AccountRoot", "account"; NULL when unknown. */
const char *names_entry_type(const struct tables *t, uint16_t type);
const char *names_entry_short(const struct tables *t, uint16_t type);
/* By canonical name (any case) or exact short name, as requests name types (rpc-a 1.12); 0 when
 * unknown. */
uint16_t names_entry_by_name(const struct tables *t, struct slice name);

const char *names_tx_type(const struct tables *t, uint16_t type);
/* By name in any case (rpc-a 11); -1 when unknown. */
int names_tx_by_name(const struct tables *t, struct slice name);

/* NULL when unknown. */
const char *names_tx_result(const struct tables *t, uint8_t code);

/* Granular permission, or the transaction type `value` - 1; NULL when unknown. */
const char *names_permission(const struct tables *t, uint32_t value);

/* Amendments known by name: id = SHA-512Half of the name. Ascending by name. */
struct names_amendment {
    const char *name;
    struct hash256 id;
    bool retired;
    bool supported;
};
const struct names_amendment *names_amendments(size_t *ret_n);

/* Version of the server that the compiled tables were taken from. */
const char *names_protocol_version(void);
