/* SPDX-License-Identifier: Apache-2.0 */
/* The protocol's fields: name, type, number. The table is generated (fields.def); what it does not
 * know is still carried: an unknown field is known by its type and number. Names of fields that
 * were learned later: names.h. */
#pragma once
#include "base/slice.h"

/* Serialized types: numbers of the wire. */
enum field_type {
    FIELD_TYPE_UINT16 = 1,
    FIELD_TYPE_UINT32 = 2,
    FIELD_TYPE_UINT64 = 3,
    FIELD_TYPE_HASH128 = 4,
    FIELD_TYPE_HASH256 = 5,
    FIELD_TYPE_AMOUNT = 6,
    FIELD_TYPE_BLOB = 7,
    FIELD_TYPE_ACCOUNT = 8,
    FIELD_TYPE_NUMBER = 9,
    FIELD_TYPE_INT32 = 10,
    FIELD_TYPE_INT64 = 11,
    FIELD_TYPE_OBJECT = 14,
    FIELD_TYPE_ARRAY = 15,
    FIELD_TYPE_UINT8 = 16,
    FIELD_TYPE_HASH160 = 17,
    FIELD_TYPE_PATHSET = 18,
    FIELD_TYPE_VECTOR256 = 19,
    FIELD_TYPE_HASH96 = 20,
    FIELD_TYPE_HASH192 = 21,
    FIELD_TYPE_HASH384 = 22,
    FIELD_TYPE_HASH512 = 23,
    FIELD_TYPE_ISSUE = 24,
    FIELD_TYPE_BRIDGE = 25,
    FIELD_TYPE_CURRENCY = 26
};

/* type << 16 | number: names a field in code (FIELD_Balance, from fields.def) and on the wire. */
typedef uint32_t field_id;

#define FIELD_ID(type, nth) ((field_id)((uint32_t)(type) << 16 | (uint32_t)(nth)))

enum {
#define X(name, type, nth, is_decimal) FIELD_##name = FIELD_ID(FIELD_TYPE_##type, nth),
#include "xrpl/fields.def"
#undef X
};

/* Values of LedgerEntryType and TransactionType. */
enum entry_type {
#define X(name, code, rpc_name) ENTRY_##name = (code),
#include "xrpl/entry_types.def"
#undef X
};
enum tx_type {
#define X(name, code) TX_##name = (code),
#include "xrpl/tx_types.def"
#undef X
};

/* Wire types have a byte of their own. */
static inline uint32_t field_type(field_id id)
{
    return id >> 16;
}
static inline uint32_t field_nth(field_id id)
{
    return id & 0xFFFF;
}

#define FIELD_NAME_MAX 48
#define FIELD_KEY_MAX                                                                              \
    (FIELD_NAME_MAX + 4) /* the key with quotes and colon, and a byte to spare                     \
                          */

/* What is known of a field; one cache line, for the renderer. */
struct field_info {
    char key[FIELD_KEY_MAX]; /* `"Name":`, not terminated */
    uint8_t key_n;
    bool decimal; /* UINT64 that JSON shows in decimal */
    field_id id;
} __attribute__((aligned(64)));

/* Of the compiled table; NULL if it lacks the field. Static, O(1). */
const struct field_info *field_info(field_id id);
