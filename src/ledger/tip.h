/* SPDX-License-Identifier: Apache-2.0 */
/* The newest ledger's header, published by one writer, read from any thread without waiting. */
#pragma once
#include "xrpl/digest.h"

#include <stdatomic.h>

#define TIP_WORDS ((sizeof(struct ledger_header) + 7) / 8)

struct tip {
    _Atomic uint64_t version; /* 0 nothing yet, odd while it changes */
    _Atomic uint64_t words[TIP_WORDS];
};

void tip_set(struct tip *t, const struct ledger_header *header);
void tip_clear(struct tip *t);
/* False: nothing yet. */
bool tip_get(struct tip *t, struct ledger_header *ret);
/* The same for one member alone: much cheaper, and each request asks. */
bool tip_get_seq(struct tip *t, uint32_t *ret);
bool tip_get_close_time(struct tip *t, uint32_t *ret);
