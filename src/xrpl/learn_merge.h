/* SPDX-License-Identifier: Apache-2.0 */
/* The answer to server_definitions after learning: what stood in it, and what `more` has in
 * addition. Private to learn.c. */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "json/json.h"

#define LEARN_MERGE_MAX_BYTES ((size_t)2 << 20)

/* *ret (in `kept`): the JSON text `known` with the sections of `more` taken in: members that an
 * object lacks, elements that a list lacks (lists are of names and what is said of them). What both
 * have stays as `known` has it. Members stand in the order of their names, as the command gives
 * them. Errors: ERR_PARSE (`known`), ERR_LIMIT. */
ERR learn_merge(struct slice known, const struct json *more, struct arena *scratch,
                struct arena *kept, struct slice *ret);
