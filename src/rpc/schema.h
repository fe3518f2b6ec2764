/* SPDX-License-Identifier: Apache-2.0 */
/* Parameter tables as JSON Schema (draft 7). What a schema refuses, the method refuses; what only
 * the method's own checks refuse is not said here. */
#pragma once
#include "json/jw.h"
#include "rpc/param.h"

/* Fields may stand in several rows of a table; these look at all of them. */
bool schema_is_first(const struct param *table, const struct param *p);
bool schema_is_required(const struct param *table, const char *key);
const char *schema_doc(const struct param *table, const char *key); /* NULL = none */

/* The schema of field `key`. `forwarded`: ledger_index may also name ledgers that only rippled
 * has. */
void schema_put_field(struct jw *w, const struct param *table, const char *key, bool forwarded);
/* Members of components.schemas: what the fields' schemas refer to. */
void schema_put_components(struct jw *w);

/* A reference to components.<folder>.<name> (both short). */
void schema_put_ref(struct jw *w, const char *folder, const char *name);

/* Errors with which the rows of a table may answer: distinct, in table order. Returns how many. */
#define SCHEMA_MAX_ERRORS 32
size_t schema_errors(const struct param *table, enum rpc_code ret[SCHEMA_MAX_ERRORS]);
