/* SPDX-License-Identifier: Apache-2.0 */
/* From the spool into the ledgers: a load that is complete. Pages of older ledgers are brought
 * forward by what the ledgers in between changed; the root of the whole decides. Apply thread. */
#pragma once
#include "etl/ledger_spool.h"
#include "etl/page_spool.h"
#include "ledger/apply.h"

struct load_feed_opts {
    struct ledgers *ledgers;
    struct page_spool *pages;    /* without gaps */
    struct ledger_spool *closed; /* ledgers behind the oldest page's; not needed without such */
    struct page_filter filter;   /* pages that count; `newest` is the ledger */
};

/* Store the ledger with the state in the spool, and publish it. Errors: ERR_VERIFY (it is not this
 * ledger's state; nothing of it stays), ERR_CORRUPT (the spool was damaged: something must be
 * fetched again), ERR_CANCELLED (ledgers_interrupt), ERR_IO, ERR_FULL, ERR_EXISTS. */
ERR load_feed(const struct load_feed_opts *opts, const struct apply_ledger *ledger);
/* A page that is kept, decoded. Errors: as page_spool_read and decode_page. Blocks. */
struct decode_page;
ERR load_feed_read(struct page_spool *s, uint32_t range, const struct page *page,
                   struct decode_page **ret);
