/* SPDX-License-Identifier: Apache-2.0 */
/* What a protocol later than every table would bring: an amendment, a type of transaction and of
 * ledger entries, fields of known types in entries and transactions that are known, a field of a
 * type whose length nobody knows, a result. Each synthetic ledger then begins with SYNTH_LATER_TXS
 * such transactions. Codes that no published table has. */
#pragma once
#include "double/synth_model.h"

#define SYNTH_LATER_TX 3000
#define SYNTH_LATER_ENTRY 3001
#define SYNTH_LATER_RESULT 203
#define SYNTH_LATER_U32 FIELD_ID(FIELD_TYPE_UINT32, 200)
#define SYNTH_LATER_AMOUNT FIELD_ID(FIELD_TYPE_AMOUNT, 200)
#define SYNTH_LATER_BLOB FIELD_ID(FIELD_TYPE_BLOB, 200)
#define SYNTH_LATER_ACCOUNT FIELD_ID(FIELD_TYPE_ACCOUNT, 200)
#define SYNTH_LATER_OBJECT FIELD_ID(FIELD_TYPE_OBJECT, 200)
#define SYNTH_LATER_UNMEASURED FIELD_ID(30, 1)

enum {
    SYNTH_LATER_CREATE, /* an entry: in its owner's directory, naming another account */
    SYNTH_LATER_CHANGE, /* the newest one; it gets a field of unknown type */
    SYNTH_LATER_DELETE, /* the oldest, when there are many */
    SYNTH_LATER_FIELDS, /* a payment with such fields, of somebody whose root gets some */
    SYNTH_LATER_CLAIM,  /* a payment that costs only the fee, with the result */
    SYNTH_LATER_AMEND,  /* an amendment is enabled */
    SYNTH_LATER_TXS
};

void synth_later_begin(struct synth *s);
void synth_later_end(struct synth *s);
/* Transaction `kind` of the ledger in work, into b; what it touches is noted. */
void synth_later_make(struct synth *s, uint32_t kind, struct buf *b);

struct synth_later_entry;
void synth_later_encode(const struct synth_later_entry *e, struct buf *b);
void synth_later_encode_amendments(const struct synth *s, struct buf *b);
/* The field of unknown type; its value has 1 to 12 bytes. */
void synth_later_put_unmeasured(struct buf *b, uint32_t n);
