/* SPDX-License-Identifier: Apache-2.0 */
/* What a transaction touched, as far as subscriptions ask for it (rpc-b D.6). */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "feed/feed_request.h"

struct feed_touch {
    uint16_t type;
    uint32_t n_accounts;
    uint32_t n_books;
    uint32_t n_issuances;
    struct account *accounts; /* distinct; never the zero account */
    struct feed_book *books;  /* distinct */
    struct mpt_id *issuances; /* distinct */
};

/* Lists in `a`. What cannot be read touches nothing. Errors: ERR_LIMIT. */
ERR feed_touch_read(struct slice tx, struct slice meta, struct arena *a, struct feed_touch *ret);
