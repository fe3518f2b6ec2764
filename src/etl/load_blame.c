/* SPDX-License-Identifier: Apache-2.0 */
#include "etl/load_blame.h"

#include "base/bits.h"
#include "base/mem.h"
#include "etl/decode.h"
#include "etl/load_feed.h"
#include "etl/spool_file.h"
#include "etl/worker.h"
#include "rippled/sources.h"

#include <stdlib.h>

/* --- givers --- */

struct givers {
    uint64_t id[LOAD_BLAME_MAX];
    uint64_t n_objects[LOAD_BLAME_MAX];
    uint32_t n;
};

static void note_giver(void *arg, uint32_t range, const struct page *page)
{
    struct givers *g = arg;
    uint32_t i = 0;
    (void)range;
    while (i < g->n && g->id[i] != page->source)
        i++;
    if (i == LOAD_BLAME_MAX)
        return;
    g->id[i] = page->source;
    g->n = MAX(g->n, i + 1);
    g->n_objects[i] += page->n_objects + 1;
}

uint32_t load_blame_givers(const struct page_spool *pages, const struct sources *sources,
                           const struct page_filter *f, int32_t *ret_most)
{
    struct givers g = {.n = 0};
    uint64_t most = 0;
    page_spool_each(pages, f, note_giver, &g);
    *ret_most = -1;
    for (uint32_t s = 0; s < sources_count(sources); s++)
        for (uint32_t i = 0; i < g.n; i++)
            if (g.id[i] == page_spool_source(sources_name(sources, s)) && g.n_objects[i] > most) {
                most = g.n_objects[i];
                *ret_most = (int32_t)s;
            }
    return g.n;
}

/* --- comparing --- */

/* A number for objects in order: equal for equal ones, however they are cut into pages. */
static uint64_t add_objects(uint64_t sum, const struct decode_page *d, const struct page_span *keys)
{
    for (size_t i = 0; i < d->n_objects; i++) {
        const struct store_object *o = &d->objects[i];
        if ((keys->has_after && hash256_cmp(&o->key, &keys->after) <= 0) ||
            hash256_cmp(&o->key, &keys->upto) > 0)
            continue;
        uint8_t before[8];
        bits_store64(before, sum);
        const struct slice parts[] = {slice_of(before, 8), hash256_slice(&o->key), o->data};
        sum = spool_file_checksum(parts, 3);
    }
    return sum;
}

static err sum_page(struct page_spool *s, uint32_t range, const struct page *page,
                    const struct page_span *keys, uint64_t *sum)
{
    CLEANUP(decode_page_freep) struct decode_page *d = NULL;
    TRY(load_feed_read(s, range, page, &d));
    *sum = add_objects(*sum, d, keys);
    return OK;
}

/* Of the keys, in the pages that are right. */
static err sum_right(const struct load_blame_opts *o, uint32_t range, const struct page_span *keys,
                     uint64_t *sum)
{
    struct page_span left = page_spool_range(range);
    struct page page;
    do {
        if (!page_spool_find(o->pages, range, &o->filter, &left, &page))
            return FAIL(ERR_CORRUPT, "load: a page is missing");
        bool before = keys->has_after && hash256_cmp(&page.keys.upto, &keys->after) <= 0;
        if (!before)
            TRY(sum_page(o->pages, range, &page, keys, sum));
    } while (page_spool_advance(&left, &page) && hash256_cmp(&page.keys.upto, &keys->upto) < 0);
    return OK;
}

struct suspect {
    uint32_t range;
    struct page page;
};

struct comparing {
    const struct load_blame_opts *opts;
    struct suspect *suspects;
    size_t n, cap;
    uint64_t *liars;
    size_t n_liars;
};

static void note_suspect(void *arg, uint32_t range, const struct page *page)
{
    struct comparing *c = arg;
    if (page->seq != c->opts->filter.newest || page->source == c->opts->filter.source)
        return;
    if (c->n == c->cap)
        c->suspects =
            xrealloc(c->suspects, (c->cap = c->cap ? 2 * c->cap : 64) * sizeof *c->suspects);
    c->suspects[c->n++] = (struct suspect){range, *page};
}

static bool is_known(const struct comparing *c, uint64_t source)
{
    for (size_t i = 0; i < c->n_liars; i++)
        if (c->liars[i] == source)
            return true;
    return c->n_liars == LOAD_BLAME_MAX;
}

static err do_compare(void *arg)
{
    struct comparing *c = arg;
    for (size_t i = 0; i < c->n; i++) {
        const struct suspect *s = &c->suspects[i];
        uint64_t sum = 0, right = 0;
        if (is_known(c, s->page.source))
            continue;
        TRY(sum_page(c->opts->pages, s->range, &s->page, &s->page.keys, &sum));
        TRY(sum_right(c->opts, s->range, &s->page.keys, &right));
        if (sum != right)
            c->liars[c->n_liars++] = s->page.source;
    }
    return OK;
}

YIELDS ERR load_blame_compare(const struct load_blame_opts *opts, uint64_t ret[LOAD_BLAME_MAX],
                              size_t *ret_n)
{
    struct comparing c = {.opts = opts, .liars = ret};
    page_spool_each(opts->pages, NULL, note_suspect, &c);
    err e = worker_run(do_compare, &c);
    *ret_n = c.n_liars;
    free(c.suspects);
    return e;
}
