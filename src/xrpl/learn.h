/* SPDX-License-Identifier: Apache-2.0 */
/* Learning new tables while the program runs: the answer to server_definitions of a newer server,
 * or a file of it. What is known is never changed: a definition that says something else of it is
 * refused whole, and so is one that is malformed or too large. Another name of a known code is no
 * contradiction (fields were renamed before they were ever used): ours stays. */
#pragma once
#include "base/err.h"
#include "xrpl/tables.h"

#define LEARN_MAX_BYTES ((size_t)1 << 20) /* of a document; the answer of 3.4 has 80 KB */
/* How often a process learns something; what is learned is kept for ever. */
#define LEARN_MAX_TIMES 32

/* What was new. */
struct learn_news {
    uint32_t n_fields, n_entry_types, n_tx_types, n_tx_results;
    uint32_t n_prefixed; /* types of the wire whose values begin with their length */
    uint32_t n_renamed;  /* known here under another name, which stays */
};

/* Is there anything new? */
static inline bool learn_is_news(const struct learn_news *n)
{
    return n->n_fields || n->n_entry_types || n->n_tx_types || n->n_tx_results || n->n_prefixed;
}

/* Add what `document` names and the tables in force lack. The document: an object with FIELDS,
 * TYPES, LEDGER_ENTRY_TYPES, TRANSACTION_TYPES, TRANSACTION_RESULTS (each may be absent) and others
 * that are only handed on; or an object that has it as `result`. `origin` says where it is from,
 * `version` what server's it is (NULL: not known); both are copied. When nothing is new, the tables
 * stay as they are. Any thread; takes some milliseconds.
 * Errors, with a text that says what is wrong; nothing is changed then: ERR_PARSE (no JSON, or not
 * of this form), ERR_INVALID (contradicts what is known, or itself), ERR_LIMIT (too large, too
 * much, too often). */
ERR learn_definitions(struct slice document, const char *origin, const char *version,
                      struct learn_news *ret);
