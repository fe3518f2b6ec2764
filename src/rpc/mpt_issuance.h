/* SPDX-License-Identifier: Apache-2.0 */
/* Which MPT issuance a request means: methods give its id, or the key of its object, and take both.
 */
#pragma once
#include "rpc/call.h"
#include "rpc/param.h"

/* The id. An issuance given by its key is looked up in c->view (NULL: in the newest ledger), and,
 * if it is gone, where it was last. Answers objectNotFound. */
YIELDS ERR mpt_issuance_id(struct call *c, const struct param_hash192 *given, struct mpt_id *ret);
/* The key; needs no look-up. */
struct hash256 mpt_issuance_key(const struct param_hash192 *given);
