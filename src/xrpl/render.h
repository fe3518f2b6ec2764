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
struct account;
void render_account(struct jw *w, const struct account *a);
struct currency;
void render_currency(struct jw *w, const struct currency *c);
struct asset;
void render_asset(struct jw *w, const struct asset *a);

/* Names by code; NULL when unknown. Static. */
const char *render_entry_type_name(uint16_t type);     /* "AccountRoot" */
const char *render_entry_type_rpc_name(uint16_t type); /* "account" */
/* By canonical name (any case) or exact short name, as requests name types (rpc-a 1.12); 0 when
 * unknown. */
uint16_t render_entry_type_by_name(struct slice name);
const char *render_tx_type_name(uint16_t type);
/* -1 when unknown; matching as rpc-a 11 says for tx_type (case-insensitive on the name). */
int render_tx_type_by_name(struct slice name);
const char *render_tx_result_name(uint8_t code);
const char *
render_permission_name(uint32_t value); /* granular permission, or the transaction type value - 1 */
/* Known amendment names, for `feature` and look-ups: id = SHA-512 half of the name. */
struct render_amendment {
    const char *name;
    struct hash256 id;
    bool retired;
    bool supported;
};
const struct render_amendment *render_amendments(size_t *ret_n);

/* Version of the server that the protocol tables were taken from. Static. */
const char *render_protocol_version(void);

/* Ledger times: "2023-Mar-22 17:36:50.000000000 UTC" and "2023-03-22T17:36:50Z" from seconds since
 * 2000. NUL-terminated. */
#define RENDER_TIME_MAX 48
size_t render_time_human(uint32_t ledger_s, char out[RENDER_TIME_MAX]);
size_t render_time_iso(uint32_t ledger_s, char out[RENDER_TIME_MAX]);
