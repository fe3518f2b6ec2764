/* SPDX-License-Identifier: Apache-2.0 */
/* Members of replies made of an object's fields, under names of the API. */
#pragma once
#include "rpc/call.h"
#include "xrpl/field.h"

/* A member of the request, as it was sent. Nothing when it was not. */
void put_echo(struct call *c, const char *key);
/* Nothing when the field is absent. Of 8, 16 or 32 bits: */
void put_uint(struct call *c, const char *key, struct slice object, field_id field);
/* As decimal text: JavaScript's numbers lose digits above 2^53. */
void put_u64_str(struct call *c, const char *key, struct slice object, field_id field);
void put_hex(struct call *c, const char *key, struct slice object, field_id field);
/* ERR_CORRUPT when absent or malformed. */
ERR put_account(struct call *c, const char *key, struct slice object, field_id field);
/* An amount in its JSON form. ERR_CORRUPT when absent or malformed. */
ERR put_amount(struct call *c, const char *key, struct slice object, field_id field);

/* Flags as members that are true; those not set are left out. A bit of 0 ends the table. */
struct put_flag {
    uint32_t bit;
    const char *key;
};
void put_flags(struct call *c, const struct put_flag *table, uint32_t flags);
