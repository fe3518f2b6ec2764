/* SPDX-License-Identifier: Apache-2.0 */
/* Bringing the mirror to the history's newest ledger. */
#pragma once
#include "ledger/ledgers_impl.h"

/* At start: replay the missing ledgers, or rebuild a mirror that is not of this history, or is
 * ahead of it, or empty; then publish. With an empty history the mirror is emptied, and nothing is
 * published. Errors: ERR_IO, ERR_CORRUPT (the history's state does not have the header's root),
 * ERR_VERSION. */
ERR repair_at_open(struct ledgers *l);

/* While running: take what the history has got beyond the mirror (a failure between both, another
 * writer). Nothing to do is the common case, and cheap. */
ERR repair_replay(struct ledgers *l);

/* Give the history a new random name. Errors: ERR_IO. */
ERR repair_new_dataset(struct ledgers *l, uint8_t ret[MIRROR_DATASET_BYTES]);
