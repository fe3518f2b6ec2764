/* SPDX-License-Identifier: Apache-2.0 */
/* The order of keys, for other reads. */
#pragma once
#include "store/rocks_read.h"

/* As store_next, within a step that may block (rd->disk). */
ERR rocks_next_within(const struct rocks_read *rd, uint32_t seq, const struct hash256 *key,
                      struct hash256 *ret);
