/* SPDX-License-Identifier: Apache-2.0 */
/* Results as JSON Schema: of the methods as results.h declares them, of the ledger's objects from
 * the protocol's tables. */
#pragma once
#include "json/jw.h"

/* The schema of a method's result. */
void schema_results_put(struct jw *w, const char *method);
/* Members of components.schemas that results refer to. */
void schema_results_put_components(struct jw *w);
