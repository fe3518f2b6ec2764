/* SPDX-License-Identifier: Apache-2.0 */
/* The span of ledgers whose rows an index lacks, as kept in meta (".lack.NAME": first, last). */
#pragma once
#include "store/rocks_batch.h"

void rocks_repair_put_lack(struct rocks_batch *b, enum store_index index,
                           const struct store_range *lack);
/* Reads the disk. Errors: ERR_IO, ERR_CORRUPT. */
ERR rocks_repair_get_lack(struct rocks *r, enum store_index index, struct store_range *ret,
                          bool *ret_any);
