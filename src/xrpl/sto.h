/* SPDX-License-Identifier: Apache-2.0 */
/* Serialized objects (ledger entries, transactions, metadata) read in place: iterate the fields, find one by id.
 * Nothing is copied; values are slices into the bytes. Wire rules: XRPL binary format (canonical field order is not
 * required for reading). */
#pragma once
#include "base/err.h"
#include "base/hash.h"
#include "base/slice.h"
#include "xrpl/field.h"

/* One field. `value` holds the value without prefix: for variable-length types the bytes after the length; for an
 * object or array everything between the field header and the end marker (exclusive). */
struct sto_field {
    field_id id;
    struct slice value;
    struct slice whole; /* header, length prefix, value and end marker, as they stand in the bytes */
};

struct sto_iter {
    const uint8_t *p;
    const uint8_t *end;
    bool failed; /* the bytes are malformed from here on */
};

static inline struct sto_iter sto_iter_of(struct slice object)
{
    return (struct sto_iter){object.p, object.p + object.n, false};
}

/* Next field of the object (or element of an array: its wrapper object's field). False at the end or on malformed bytes
 * (then it->failed). Nested objects are skipped over, at most 16 deep. */
bool sto_next(struct sto_iter *it, struct sto_field *ret);

/* Value of a top-level field; false when absent (or the bytes before it are malformed). */
bool sto_get(struct slice object, field_id id, struct slice *ret_value);
bool sto_has(struct slice object, field_id id);

/* Typed access with defaults for absent fields. */
uint8_t sto_u8(struct slice object, field_id id, uint8_t absent);
uint16_t sto_u16(struct slice object, field_id id, uint16_t absent);
uint32_t sto_u32(struct slice object, field_id id, uint32_t absent);
uint64_t sto_u64(struct slice object, field_id id, uint64_t absent);
/* False when absent or of another length. */
bool sto_hash256(struct slice object, field_id id, struct hash256 *ret);
struct account; 
bool sto_account(struct slice object, field_id id, struct account *ret);

/* LedgerEntryType / TransactionType of an object; 0xFFFF when absent. */
uint16_t sto_entry_type(struct slice object);
uint16_t sto_tx_type(struct slice object);

/* Check that all bytes are well-formed (every nested level). Errors: ERR_PARSE with the offset. */
ERR sto_check(struct slice object);
