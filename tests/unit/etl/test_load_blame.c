/* SPDX-License-Identifier: Apache-2.0 */
#include "etl/load_blame.h"

#include "base/mem.h"
#include "spool_pages.h"
#include "world.h"

#include <stdio.h>

static struct page_spool *spool_of(const struct chain *c)
{
    char path[300];
    struct page_spool *s = NULL;
    snprintf(path, sizeof path, "%s/load", test_dir());
    ASSERT_OK(page_spool_open(path, &s));
    ASSERT_OK(page_spool_begin(s, &c->ledgers[0].header));
    return s;
}

WORLD_TEST(who_gave_other_objects_is_named_and_nobody_else)
{
    struct chain c;
    uint64_t liars[LOAD_BLAME_MAX];
    size_t n = 0;
    (void)arg;
    chain_init(&c, 1, 100, 400);
    struct page_spool *s = spool_of(&c);
    struct load_blame_opts opts = {s, {100, 100, 1}};
    for (uint32_t i = 0; i < PAGE_SPOOL_RANGES; i++) {
        spool_pages_put(s, i, &c.ledgers[0], 1, 5, SIZE_MAX);
        spool_pages_put(s, i, &c.ledgers[0], 2, 3, SIZE_MAX); /* cut elsewhere */
        spool_pages_put(s, i, &c.ledgers[0], 3, 4, 200);
    }
    ASSERT_OK(load_blame_compare(&opts, liars, &n));
    ASSERT_INT(1, n);
    ASSERT_INT(3, liars[0]);
    page_spool_close(s);
    chain_deinit(&c);
}

WORLD_TEST(who_gave_the_most_is_known)
{
    struct world *w = world_new(2, 300, 1, 3);
    int32_t most;
    (void)arg;
    w->opts.read_only = true;
    world_follow(w);
    struct page_spool *s = spool_of(&w->chain);
    struct page_filter f = {100, 100, 0};
    ASSERT_INT(0, load_blame_givers(s, w->sources, &f, &most));
    ASSERT_INT(-1, most);
    for (uint32_t i = 0; i < PAGE_SPOOL_RANGES; i++)
        spool_pages_put(s, i, &w->chain.ledgers[0],
                        page_spool_source(i % 5 ? sources_name(w->sources, 2) : "gone:1"), 5,
                        SIZE_MAX);
    ASSERT_INT(2, load_blame_givers(s, w->sources, &f, &most));
    ASSERT_INT(2, most);
    page_spool_close(s);
    world_free(w);
}
