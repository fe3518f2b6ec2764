/* SPDX-License-Identifier: Apache-2.0 */
/* Decoding on the offload pool: hashing a dense ledger takes milliseconds, too long for a core. */
#pragma once
#include "etl/decode.h"

/* As decode_ledger and decode_page; the fiber waits meanwhile. */
YIELDS ERR worker_decode_ledger(struct fetch_reply *reply, bool with_objects,
                                struct decode_ledger **ret, const char **ret_what);
YIELDS ERR worker_decode_page(struct fetch_reply *reply, const struct hash256 *after,
                              const struct hash256 *upto, struct decode_page **ret);
