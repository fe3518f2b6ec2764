/* SPDX-License-Identifier: Apache-2.0 */
/* The pages of the state that an initial load has fetched, as the sources gave them, kept on the
 * disk until the load is complete: one that was killed goes on where it was.
 *
 * Files: `manifest` (which ledger; small, written beside and renamed) and `00`..`ff`, a run of
 * pages for each first byte of a key, only ever appended to. Each page has a checksum and says
 * itself which keys of which ledger it holds and who gave it, so no order of writes needs to be
 * trusted: what a power cut or rot leaves is what verifies, the rest is fetched again. Whether a
 * page is right nobody knows before the root of the whole state; so several may hold the same keys,
 * and who uses them chooses (page_filter).
 *
 * Calls block unless they say otherwise. A range is used by one caller at a time; what concerns all
 * of them, while none is used. */
#pragma once
#include "base/buf.h"
#include "base/err.h"
#include "xrpl/digest.h"

#define PAGE_SPOOL_RANGES 256

/* Keys: greater than `after`, up to `upto`. */
struct page_span {
    bool has_after; /* false: from the first key */
    struct hash256 after;
    struct hash256 upto;
};

struct page {
    struct page_span keys; /* all of them that the ledger has are in the page */
    uint32_t seq;          /* of this ledger */
    uint32_t n_objects;
    uint64_t source; /* page_spool_source of who gave it */
    uint64_t at;     /* in the run; set by page_spool_put, like n_bytes */
    uint32_t n_bytes;
};

/* Which pages count. */
struct page_filter {
    uint32_t oldest, newest; /* of these ledgers */
    uint64_t source;         /* of this one alone; 0 = of any */
};

struct page_spool;

/* Open the directory, made if missing, and read all that is there. A manifest that cannot be read
 * is thrown away with the pages, the log says so. Errors: ERR_IO, ERR_FULL. */
ERR page_spool_open(const char *path, struct page_spool **ret);
struct page_spool *page_spool_close(struct page_spool *s); /* accepts NULL; files stay */
/* Remove what a load has left in the directory, without reading it. */
void page_spool_discard(const char *path);

/* Nothing is kept while less is free where the spool is (ledger/disk.h; 0 = no bound): ERR_FULL. */
void page_spool_keep_free(struct page_spool *s, uint64_t min_free_bytes);

/* A name of a source that is the same after a restart; never 0. */
uint64_t page_spool_source(const char *name);

/* The ledger that is being loaded; false: none. Never blocks. */
bool page_spool_header(const struct page_spool *s, struct ledger_header *ret);
/* Load this one; what is there is thrown away. Errors: ERR_IO, ERR_FULL. */
ERR page_spool_begin(struct page_spool *s, const struct ledger_header *header);
/* Go on with this one; pages stay. Errors: ERR_IO, ERR_FULL. */
ERR page_spool_move(struct page_spool *s, const struct ledger_header *header);
/* A source has given pages that are wrong: all of its pages are thrown away. Errors: ERR_IO,
 * ERR_FULL: it holds for this run only. */
ERR page_spool_refuse(struct page_spool *s, uint64_t source);
bool page_spool_is_refused(const struct page_spool *s, uint64_t source); /* never blocks */
/* Nothing is being loaded any more: all files are removed. */
void page_spool_end(struct page_spool *s);

/* All keys of a range. */
struct page_span page_spool_range(uint32_t range);
/* Take what the page holds from the front of `keys`; false: then there is nothing left of it. */
bool page_spool_advance(struct page_span *keys, const struct page *page);

/* Keep a page. `bytes` is read during the call. Errors: ERR_IO, ERR_FULL; then nothing is kept. */
ERR page_spool_put(struct page_spool *s, uint32_t range, const struct page *page,
                   struct slice bytes);
/* Nothing more comes for now: make the range durable, unless it is so small that fetching it again
 * costs no more. Errors: ERR_IO. */
ERR page_spool_sync(struct page_spool *s, uint32_t range);
/* The page that holds the first of `keys`, a part of the range; false: none does. Never blocks. */
bool page_spool_find(const struct page_spool *s, uint32_t range, const struct page_filter *f,
                     const struct page_span *keys, struct page *ret);
/* The first keys of the range that no page holds; false: none are missing. Never blocks. */
bool page_spool_gap(const struct page_spool *s, uint32_t range, const struct page_filter *f,
                    struct page_span *ret);
/* The bytes of a page. Errors: ERR_IO; ERR_CORRUPT: not what was put, and the page is forgotten. */
ERR page_spool_read(struct page_spool *s, uint32_t range, const struct page *page, struct buf *ret);

/* Every page that counts (NULL: that is kept), in order within a range. Never blocks. */
typedef void (*page_spool_fn)(void *arg, uint32_t range, const struct page *page);
void page_spool_each(const struct page_spool *s, const struct page_filter *f, page_spool_fn fn,
                     void *arg);
/* The ledger of the oldest of them; f->newest if there are none. */
uint32_t page_spool_oldest(const struct page_spool *s, const struct page_filter *f);
