/* SPDX-License-Identifier: Apache-2.0 */
/* Serialized objects to JSON, straight into the output (rules: rpc-a 1.21, 1.22). Unknown fields
 * and types are written in hex under a name that shows their code; malformed bytes never crash and
 * are reported. */
#pragma once
#include "base/err.h"
#include "json/jw.h"
#include "xrpl/sto.h"

/* Members of an object's JSON (fields only, no braces), for callers that add members of their own.
 * Errors: ERR_CORRUPT when the bytes are malformed; the output then holds what could be read. */
ERR render_members(struct jw *w, struct slice object);
/* The same leaving out one field (0 = none). */
ERR render_members_without(struct jw *w, struct slice object, field_id skip);

/* The same keeping some of its fields for the caller, who need not look for them again. */
struct render_note {
    field_id id; /* a value's, no container's */
    bool found;
    struct sto_field field; /* the first with this id */
};
ERR render_members_noting(struct jw *w, struct slice object, struct render_note *notes, size_t n);

/* A whole value: "{...}". */
ERR render_object(struct jw *w, struct slice object);

/* A ledger entry: members plus `index`, and what 1.21 adds by type (mpt_issuance_id, urlgravatar);
 * no braces. */
ERR render_entry_members(struct jw *w, struct slice entry, const struct hash256 *key);
ERR render_entry(struct jw *w, struct slice entry, const struct hash256 *key);

/* One field's value. */
ERR render_field_value(struct jw *w, const struct sto_field *f);
struct amount;
void render_amount(struct jw *w, const struct amount *a);
/* The number alone, as text. */
void render_amount_value(struct jw *w, const struct amount *a);
struct account;
void render_account(struct jw *w, const struct account *a);
struct currency;
void render_currency(struct jw *w, const struct currency *c);
struct asset;
void render_asset(struct jw *w, const struct asset *a);

/* Ledger times: "2023-Mar-22 17:36:50.000000000 UTC" and "2023-03-22T17:36:50Z" from seconds since
 * 2000. NUL-terminated. */
#define RENDER_TIME_MAX 48
size_t render_time_human(uint32_t ledger_s, char out[RENDER_TIME_MAX]);
size_t render_time_iso(uint32_t ledger_s, char out[RENDER_TIME_MAX]);
