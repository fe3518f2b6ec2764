/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of the newest state: for a history whose tables have no order (store/cass.h), which asks for
 * many rows at once where it knows what keys there may be. */
#pragma once
#include "base/hash.h"

/* Up to n keys that are greater than `key`, ascending, or (before) smaller, descending. None when
 * there is no mirror now. `arg` is a struct ledgers. From where views may be opened. */
size_t near_keys(void *arg, const struct hash256 *key, bool before, size_t n, struct hash256 *ret);
