/* SPDX-License-Identifier: Apache-2.0 */
/* Small ledgers for tests of stores. */
#pragma once
#include "store/store.h"

/* Load ledger 10 with objects 20.. and 40.. */
void cass_ledgers_load(struct store *s);
/* A ledger with nothing in it but a header, whose hash begins with its number and `mark`. */
struct store_ledger cass_ledgers_make(uint32_t seq, uint8_t mark);
struct hash256 cass_ledgers_key(uint8_t first, uint8_t last);
