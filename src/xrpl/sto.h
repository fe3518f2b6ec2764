/* SPDX-License-Identifier: Apache-2.0 */
/* Serialized objects (ledger entries, transactions, metadata) read in place: iterate the fields,
 * find one by id. Nothing is copied; values are slices into the bytes. Wire rules: XRPL binary
 * format (canonical field order is not required for reading). */
#pragma once
#include "base/err.h"
#include "base/hash.h"
#include "base/slice.h"
#include "xrpl/field.h"

/* One field. `value` holds the value without prefix: for variable-length types the bytes after the
 * length; for an object or array everything between the field header and the end marker
 * (exclusive). */
struct sto_field {
    field_id id;
    struct slice value;
    struct slice
        whole; /* header, length prefix, value and end marker, as they stand in the bytes */
};

struct sto_iter {
    const uint8_t *p;
    const uint8_t *end;
    bool failed;  /* no reading on from here: malformed, or unknown */
    bool unknown; /* with failed: because of a type that nobody here knows */
};

static inline struct sto_iter sto_iter_of(struct slice object)
{
    return (struct sto_iter){object.p, object.n ? object.p + object.n : object.p, false, false};
}

/* Next field of the object (or element of an array: its wrapper object's field). False at the end
 * and on malformed bytes (then it->failed, and it->p stands at that field). Where a value of
 * unknown type ends is guessed from what must follow (sto_guess.h); if nothing fits, that is a
 * failure, too. Nested objects are skipped over, at most 16 deep. */
bool sto_next(struct sto_iter *it, struct sto_field *ret);

/* Value of a top-level field; false when absent (or when the bytes before it cannot be read). */
bool sto_get(struct slice object, field_id id, struct slice *ret_value);
bool sto_has(struct slice object, field_id id);

/* Typed access; `absent` when the field is not there. */
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

/* Check that all bytes are well-formed (every nested level, lengths of values, no stray end
 * marker). Errors: ERR_PARSE with the offset; ERR_UNSUPPORTED at a type that this version does not
 * know (what follows it cannot be checked; the bytes can be stored and shown all the same). */
ERR sto_check(struct slice object);

/* Well-formed, and of the types 1 to 26 only: read alike by every version of this program, whatever
 * it has learned. What is decided by an object's bytes once and for all (which keys a store's
 * metadata names) is decided by this. A type that becomes known later does not count. */
bool sto_is_plain(struct slice object);

/* An Issue's value (20, 40 or 44 bytes) as an asset; false for another length. */
struct asset;
bool sto_issue(struct slice wire, struct asset *ret);

/* The parts of an XChainBridge's value: [0] locking, [1] issuing chain; doors of 20 bytes, issues
 * as above. */
struct sto_bridge {
    struct slice door[2];
    struct slice issue[2];
};
bool sto_bridge(struct slice wire, struct sto_bridge *ret);

/* Path sets: steps, each a kind byte (bits) with the parts it names, in this order; between paths
 * NEXT, at the end END. */
enum {
    STO_PATH_END = 0x00,
    STO_PATH_ACCOUNT = 0x01,
    STO_PATH_CURRENCY = 0x10,
    STO_PATH_ISSUER = 0x20,
    STO_PATH_MPT = 0x40,
    STO_PATH_NEXT = 0xFF
};
/* Bytes that follow a step's kind; 0 if the kind is none. */
static inline size_t sto_path_step_size(uint8_t kind)
{
    if (kind & ~(STO_PATH_ACCOUNT | STO_PATH_CURRENCY | STO_PATH_ISSUER | STO_PATH_MPT))
        return 0;
    return (kind & STO_PATH_ACCOUNT ? 20u : 0u) + (kind & STO_PATH_CURRENCY ? 20u : 0u) +
           (kind & STO_PATH_MPT ? 24u : 0u) + (kind & STO_PATH_ISSUER ? 20u : 0u);
}
