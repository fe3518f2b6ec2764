/* SPDX-License-Identifier: Apache-2.0 */
/* Walking what the state links together: directories (of owners, of NFT offers), NFT pages, order
 * books (rpc-a 1.15). A walk hands out batches of objects: one page at recent ledgers, keys
 * straight from the page's bytes; some pages at old ones, so that the history can be asked for many
 * objects at once. Between pages other fibers run.
 *
 *     struct walk_dir walk = walk_dir_of(view, &root, limit, NULL);
 *     struct walk_batch b;
 *     while (walk.end == WALK_GOING) {
 *         TRY(walk_dir_next(&walk, arena, &b));
 *         for (size_t i = 0; i < b.n; i++) ... b.keys[i], b.objects[i]
 *     }
 *
 * Memory: whole directories have no bound; who walks one rewinds the arena between batches. A
 * ledger whose links run in a circle never ends: callers bound the time. */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "base/hash.h"
#include "ledger/view.h"

struct account;

enum walk_end {
    WALK_GOING = 0,
    WALK_DONE, /* all was handed out */
    WALK_FULL, /* as many as the limit says were handed out; there are more (in a book: maybe) */
    WALK_BAD_MARK,  /* the mark is not on the page it names (nothing was handed out) */
    WALK_PAGE_LOST, /* a page that the one before names is not there (only behind a mark; else it is
                       an end) */
};

/* A place in a directory: the key handed out last, and the number of its page. */
struct walk_mark {
    struct hash256 key;
    uint64_t page;
};

/* Objects in order; both arrays have n elements and are valid as long as the arena and the view. An
 * object is never empty. n may be 0, also before the end. */
struct walk_batch {
    const struct hash256 *keys;
    const struct slice *objects;
    size_t n;
};

/* --- directories --- */

struct walk_dir {
    enum walk_end end;     /* for the caller to read, */
    struct walk_mark last; /* ... and so is this: of what was handed out last; where to go on after
                              WALK_FULL */
    struct view *view;     /* the rest is the walk's own */
    struct hash256 root;
    uint64_t left;
    uint64_t page;    /* to read next */
    bool behind_mark; /* the walk began at a mark, */
    bool seeking;     /* ... which has not been seen yet: it is last.key */
};

/* A walk of the directory whose first page is `root`. limit: keys to hand out, of whatever kind; 0
 * = all. `after`: begin behind this mark (NULL, or a key of zeros: at the begin). */
struct walk_dir walk_dir_of(struct view *v, const struct hash256 *root, uint32_t limit,
                            const struct walk_mark *after);
/* The next batch; n = 0 at the end. Call while end is WALK_GOING. Errors: ERR_CORRUPT (a key
 * without object), ERR_LIMIT (the arena's budget), ERR_IO, ERR_TIMEOUT, ERR_CANCELLED. */
YIELDS ERR walk_dir_next(struct walk_dir *w, struct arena *a, struct walk_batch *ret);
/* The same without reading the objects (`objects` is NULL). */
YIELDS ERR walk_dir_keys(struct walk_dir *w, struct arena *a, struct walk_batch *ret);

/* --- order books --- */

struct walk_book {
    enum walk_end end;
    struct view *view;
    struct hash256 dir; /* root page of the quality at hand */
    struct hash256 bound;
    uint64_t left;
    uint64_t page; /* of `dir` to read next; 0: look for the next quality */
};

/* The offers of the book whose base key is `base` (keylet_book), best quality first. limit 0 = all.
 */
struct walk_book walk_book_of(struct view *v, const struct hash256 *base, uint32_t limit);
/* As walk_dir_next. Ends: WALK_DONE, WALK_FULL. */
YIELDS ERR walk_book_next(struct walk_book *w, struct arena *a, struct walk_batch *ret);

/* --- NFT pages --- */

struct walk_nft {
    enum walk_end end;
    struct view *view;
    struct hash256 next; /* page to read next; zeros: there is none */
    enum walk_end start; /* what it means when the first page is not there */
    bool started;
};

/* The NFT pages of `owner`, from the highest down. `from`: the page to begin with (not behind it);
 * NULL: the owner's highest page. */
struct walk_nft walk_nft_of(struct view *v, const struct account *owner,
                            const struct hash256 *from);
/* The next page. *ret is empty when there is none: end is then WALK_DONE, WALK_BAD_MARK (`from` is
 * no NFT page of this ledger) or WALK_PAGE_LOST. After the last page end is WALK_DONE already, and
 * `next` is zeros; before, `next` names the page to come. */
YIELDS ERR walk_nft_next(struct walk_nft *w, struct arena *a, struct hash256 *ret_key,
                         struct slice *ret);
/* The page of `owner` on which `token` stands, or would stand; *ret is empty when there is none. */
YIELDS ERR walk_nft_page_of(struct view *v, const struct account *owner,
                            const struct hash256 *token, struct arena *a, struct hash256 *ret_key,
                            struct slice *ret);
