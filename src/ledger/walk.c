/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/walk.h"

#include "rt/fiber.h"
#include "xrpl/keylet.h"
#include "xrpl/sto.h"

#define PAGE_KEYS 32 /* a page of a directory holds so many keys */
#define MAX_PAGES 8  /* of a batch */

static struct slice indexes_of(struct slice page)
{
    struct slice list;
    return page.n && sto_get(page, FIELD_Indexes, &list) ? list : SLICE_EMPTY;
}

YIELDS static err get(struct view *v, const struct hash256 *key, struct arena *a, struct slice *ret)
{
    *ret = SLICE_EMPTY;
    err e = view_get(v, key, a, ret);
    return e.code == ERR_NOT_FOUND ? OK : e;
}

/* --- batches: the keys of some pages, and their objects --- */

struct pages {
    struct slice list[MAX_PAGES]; /* keys, as they stand in each page */
    size_t n;
    size_t n_keys;
};

/* Take at most *left keys of a page. True: it has more. */
static bool pages_add(struct pages *p, struct slice list, uint64_t *left)
{
    uint64_t n = list.n / 32;
    bool more = n > *left;
    if (more)
        n = *left;
    *left -= n;
    p->list[p->n++] = slice_of(list.p, (size_t)n * 32);
    p->n_keys += (size_t)n;
    return more;
}

/* One array of all keys: of one page it is the page's own bytes. */
static err pages_keys(const struct pages *p, struct arena *a, struct walk_batch *ret)
{
    *ret = (struct walk_batch){.n = p->n_keys};
    if (p->n_keys == 0)
        return OK;
    if (p->n == 1) {
        ret->keys = (const struct hash256 *)p->list[0].p;
        return OK;
    }
    uint8_t *keys = arena_try(a, p->n_keys * 32);
    if (!keys)
        return FAIL(ERR_LIMIT, "walk: no memory left for the keys of a directory");
    ret->keys = (const struct hash256 *)keys;
    for (size_t i = 0; i < p->n; i++) {
        if (p->list[i].n)
            memcpy(keys, p->list[i].p, p->list[i].n);
        keys += p->list[i].n;
    }
    return OK;
}

YIELDS static err read_objects(struct view *v, struct arena *a, struct walk_batch *b)
{
    if (b->n == 0)
        return OK;
    struct slice *objects = arena_try(a, b->n * sizeof *objects);
    if (!objects)
        return FAIL(ERR_LIMIT, "walk: no memory left for the objects of a directory");
    TRY(view_get_many(v, b->keys, b->n, a, objects));
    for (size_t i = 0; i < b->n; i++)
        if (objects[i].n == 0)
            return FAIL(ERR_CORRUPT,
                        "walk: ledger %u: a directory names an object that does not exist",
                        view_seq(v));
    b->objects = objects;
    return OK;
}

/* --- directories --- */

struct walk_dir walk_dir_of(struct view *v, const struct hash256 *root, uint32_t limit,
                            const struct walk_mark *after)
{
    struct walk_dir w = {.view = v, .root = *root, .left = limit ? limit : UINT64_MAX};
    if (after && !hash256_is_zero(&after->key)) {
        w.last = *after;
        w.page = after->page;
        w.behind_mark = w.seeking = true;
    }
    return w;
}

/* The part of a page's keys behind the mark. */
static bool skip_to_mark(const struct walk_dir *w, struct slice *list)
{
    for (size_t at = 0; at + 32 <= list->n; at += 32) {
        if (memcmp(list->p + at, w->last.key.b, 32) != 0)
            continue;
        *list = slice_from(*list, at + 32);
        return true;
    }
    return false;
}

static enum walk_end end_without_page(const struct walk_dir *w)
{
    if (w->seeking)
        return WALK_BAD_MARK;
    return w->behind_mark ? WALK_PAGE_LOST : WALK_DONE;
}

/* Take page w->page, which is `object`, and step to the next one. */
static void take_page(struct walk_dir *w, struct slice object, struct pages *p)
{
    struct slice list = indexes_of(object);
    if (object.n == 0 || (w->seeking && !skip_to_mark(w, &list))) {
        w->end = end_without_page(w);
        return;
    }
    w->seeking = false;
    uint64_t next = sto_u64(object, FIELD_IndexNext, 0);
    /* pages behind the first one are never empty */
    bool more = pages_add(p, list, &w->left) || next != 0;
    if (!more)
        w->end = WALK_DONE;
    else if (w->left == 0)
        w->end = WALK_FULL;
    struct slice taken = p->list[p->n - 1];
    if (taken.n)
        w->last = (struct walk_mark){hash256_of(taken.p + taken.n - 32), w->page};
    w->page = next;
}

/* Pages at an old ledger: their numbers mostly follow each other, so the next ones are asked for
 * together, and used as far as the chain goes through them. */
YIELDS static err take_old_pages(struct walk_dir *w, struct arena *a, struct pages *p)
{
    uint64_t first = w->page;
    uint64_t n = w->left / PAGE_KEYS + 1;
    if (first == 0 || n > MAX_PAGES)
        n = first == 0 ? 1 : MAX_PAGES; /* most directories have only the root */
    struct hash256 keys[MAX_PAGES];
    struct slice objects[MAX_PAGES];
    for (uint64_t i = 0; i < n; i++)
        keys[i] = keylet_dir_page(&w->root, first + i);
    TRY(view_get_many(w->view, keys, (size_t)n, a, objects));
    do
        take_page(w, objects[w->page - first], p);
    while (w->end == WALK_GOING && p->n < MAX_PAGES && w->page > first && w->page - first < n);
    return OK;
}

YIELDS ERR walk_dir_keys(struct walk_dir *w, struct arena *a, struct walk_batch *ret)
{
    struct pages p = {.n = 0};
    TRY(fiber_breathe());
    if (view_is_old(w->view)) {
        TRY(take_old_pages(w, a, &p));
    } else {
        struct hash256 key = keylet_dir_page(&w->root, w->page);
        struct slice object;
        TRY(get(w->view, &key, a, &object));
        take_page(w, object, &p);
    }
    return pages_keys(&p, a, ret);
}

YIELDS ERR walk_dir_next(struct walk_dir *w, struct arena *a, struct walk_batch *ret)
{
    TRY(walk_dir_keys(w, a, ret));
    return read_objects(w->view, a, ret);
}

/* --- order books --- */

struct walk_book walk_book_of(struct view *v, const struct hash256 *base, uint32_t limit)
{
    return (struct walk_book){.view = v,
                              .dir = *base,
                              .bound = keylet_book_end(base),
                              .left = limit ? limit : UINT64_MAX};
}

/* Root pages of the next qualities, read together: some at old ledgers, else one. */
struct qualities {
    struct view_entry list[MAX_PAGES];
    size_t n, at;
};

/* Root page of the next quality; *ret empty when there is none. */
YIELDS static err next_quality(struct walk_book *w, struct arena *a, struct qualities *q,
                               struct slice *ret)
{
    *ret = SLICE_EMPTY;
    if (q->at == q->n) {
        q->at = 0;
        TRY(view_page(w->view, &w->dir, view_is_old(w->view) ? MAX_PAGES : 1, a, q->list, &q->n));
    }
    if (q->n == 0 || hash256_cmp(&q->list[q->at].key, &w->bound) >= 0) {
        w->end = WALK_DONE;
        return OK;
    }
    w->dir = q->list[q->at].key;
    *ret = q->list[q->at++].object;
    return OK;
}

YIELDS static err take_book_page(struct walk_book *w, struct arena *a, struct qualities *q,
                                 struct pages *p)
{
    struct slice object;
    if (w->page == 0) {
        TRY(next_quality(w, a, q, &object));
    } else {
        struct hash256 key = keylet_dir_page(&w->dir, w->page);
        TRY(get(w->view, &key, a, &object));
    }
    w->page = object.n ? sto_u64(object, FIELD_IndexNext, 0) : 0;
    if (w->end == WALK_GOING && (pages_add(p, indexes_of(object), &w->left) || w->left == 0))
        w->end = WALK_FULL;
    return OK;
}

YIELDS ERR walk_book_next(struct walk_book *w, struct arena *a, struct walk_batch *ret)
{
    struct pages p = {.n = 0};
    struct qualities q = {.n = 0};
    do {
        TRY(fiber_breathe());
        TRY(take_book_page(w, a, &q, &p));
    } while (view_is_old(w->view) && w->end == WALK_GOING && p.n < MAX_PAGES);
    TRY(pages_keys(&p, a, ret));
    return read_objects(w->view, a, ret);
}

/* --- NFT pages --- */

struct walk_nft walk_nft_of(struct view *v, const struct account *owner, const struct hash256 *from)
{
    return (struct walk_nft){.view = v,
                             .next = from ? *from : keylet_nft_page_max(owner),
                             .start = from ? WALK_BAD_MARK : WALK_DONE};
}

/* The first page behind *key that is the account's (pages begin with it). */
YIELDS static err page_behind(struct view *v, const struct hash256 *key, struct arena *a,
                              struct hash256 *ret_key, struct slice *ret)
{
    struct hash256 next;
    err e = view_next(v, key, a, &next, ret);
    bool is_its = !err_failed(e) && memcmp(next.b, key->b, sizeof(struct account)) == 0 &&
                  sto_entry_type(*ret) == ENTRY_NFTokenPage;
    if (err_failed(e) && e.code != ERR_NOT_FOUND)
        return e;
    if (!is_its)
        *ret = SLICE_EMPTY;
    else
        *ret_key = next;
    return OK;
}

/* The highest page is the one at keylet_nft_page_max, but in ledgers that an old fault of rippled
 * left behind: there it is whichever comes last. *ret_key stays where there is none. */
YIELDS static err find_highest(struct walk_nft *w, struct arena *a, struct hash256 *ret_key,
                               struct slice *ret)
{
    struct hash256 key;
    struct account owner = account_of(w->next.b);
    struct slice page;
    *ret = SLICE_EMPTY;
    for (key = keylet_nft_page_min(&owner);;) {
        TRY(fiber_breathe());
        TRY(page_behind(w->view, &key, a, &key, &page));
        if (page.n == 0)
            return OK;
        *ret = page;
        *ret_key = key;
    }
}

YIELDS ERR walk_nft_page_of(struct view *v, const struct account *owner,
                            const struct hash256 *token, struct arena *a, struct hash256 *ret_key,
                            struct slice *ret)
{
    struct hash256 below = keylet_nft_page(owner, token->b + sizeof(struct account));
    return page_behind(v, &below, a, ret_key, ret);
}

/* Pages are linked downwards, so that the walk ends. */
static err step_down(struct walk_nft *w, struct slice page)
{
    struct hash256 below = HASH256_ZERO;
    if (!sto_hash256(page, FIELD_PreviousPageMin, &below)) {
        w->end = WALK_DONE;
    } else if (hash256_cmp(&below, &w->next) >= 0) {
        return FAIL(ERR_CORRUPT, "walk: ledger %u: an NFT page names itself or a higher one",
                    view_seq(w->view));
    } else if (hash256_is_zero(&below)) {
        w->end = WALK_DONE;
    }
    w->next = below;
    return OK;
}

YIELDS ERR walk_nft_next(struct walk_nft *w, struct arena *a, struct hash256 *ret_key,
                         struct slice *ret)
{
    struct slice page;
    struct hash256 key = w->next;
    TRY(fiber_breathe());
    TRY(get(w->view, &key, a, &page));
    if (page.n == 0 && !w->started && w->start == WALK_DONE)
        TRY(find_highest(w, a, &key, &page));
    w->next = key;
    bool is_page = page.n && sto_entry_type(page) == ENTRY_NFTokenPage;
    if (!is_page && w->started && page.n)
        return FAIL(ERR_CORRUPT, "walk: ledger %u: an NFT page names something else",
                    view_seq(w->view));
    *ret = is_page ? page : SLICE_EMPTY;
    *ret_key = key;
    if (!is_page) {
        w->end = w->started ? WALK_PAGE_LOST : w->start;
        w->next = HASH256_ZERO;
        return OK;
    }
    w->started = true;
    return step_down(w, page);
}
