/* SPDX-License-Identifier: Apache-2.0 */
/* A ledger's header as replies show it (rpc-a 1.23). */
#pragma once
#include "json/jw.h"
#include "xrpl/digest.h"

/* Members, no braces. */
void header_json_put(struct jw *w, const struct ledger_header *h, uint32_t api_version,
                     bool binary);
