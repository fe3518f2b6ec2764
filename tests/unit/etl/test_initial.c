/* SPDX-License-Identifier: Apache-2.0 */
#include "etl/initial.h"

#include "world.h"

#include <dirent.h>
#include <stdio.h>

static struct world *loading(uint64_t seed, size_t n_objects, uint32_t n_sources)
{
    struct world *w = world_new(seed, n_objects, 4, n_sources);
    w->page_size = 4;
    return w;
}

static uint32_t n_pages(const struct world *w)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < w->n_sources; i++)
        n += w->s[i].n_pages;
    return n;
}

/* Pages of a load are left. */
static bool has_pages(void)
{
    char path[300];
    bool has = false;
    snprintf(path, sizeof path, "%s/mirror/load", test_dir());
    DIR *d = opendir(path);
    for (struct dirent *e; d && (e = readdir(d));)
        has |= e->d_name[0] != '.' && strncmp(e->d_name, "ledger-", 7) != 0;
    if (d)
        closedir(d);
    return has;
}

/* Most pages are fetched, and then no more: until the end of the test says otherwise. */
static void get_stuck(struct world *w, uint32_t n)
{
    for (uint32_t i = 0; i < w->n_sources; i++) {
        w->s[i].bad = WORLD_BAD_SILENT;
        w->s[i].bad_left = n;
    }
    world_follow(w);
    EVENTUALLY(n_pages(w) == n * w->n_sources);
    ASSERT_OK(fiber_sleep_until(clock_now_ns() + 50 * CLOCK_MS));
    ASSERT_INT(0, world_tip(w));
}

static void get_well(struct world *w)
{
    for (uint32_t i = 0; i < w->n_sources; i++)
        w->s[i].bad = WORLD_BAD_NONE;
}

WORLD_TEST(a_load_goes_on_after_a_restart_where_it_was)
{
    struct world *whole = loading(1, 400, 1);
    (void)arg;
    world_follow(whole);
    world_check(whole, world_last(whole));
    uint32_t n_whole = n_pages(whole);
    EVENTUALLY(!has_pages()); /* the next one's would be in the same place */
    world_free(whole);
    struct world *w = loading(1, 400, 1);
    get_stuck(w, 200);
    get_well(w);
    world_restart(w);
    world_check(w, world_last(w));
    ASSERT(n_pages(w) <= n_whole + 16); /* but those that were on their way */
    EVENTUALLY(!has_pages());
    world_free(w);
}

WORLD_TEST(many_stops_cost_no_page_twice)
{
    struct world *w = loading(2, 400, 2);
    (void)arg;
    for (uint32_t n = 10; n < 130; n += 10) {
        get_stuck(w, n);
        world_stop_following(w);
    }
    get_well(w);
    world_follow(w);
    world_check(w, world_last(w));
    ASSERT(n_pages(w) < 256 + 100);
    world_free(w);
}

WORLD_TEST(a_ledger_that_is_gone_is_followed_by_a_newer_one)
{
    struct world *w = loading(3, 600, 2);
    (void)arg;
    get_stuck(w, 120);
    uint32_t pinned = world_last(w), before = n_pages(w);
    for (int i = 0; i < 6; i++)
        world_extend(w);
    ASSERT_OK(fiber_sleep_until(clock_now_ns() + 300 * CLOCK_MS)); /* they are kept */
    world_forget(w, pinned + 4);
    get_well(w);
    world_check(w, pinned + 6);
    ASSERT(n_pages(w) - before < 500); /* what was there was brought forward */
    world_free(w);
}

WORLD_TEST(a_ledger_that_is_gone_after_a_restart_too)
{
    struct world *w = loading(4, 600, 2);
    (void)arg;
    get_stuck(w, 120);
    uint32_t pinned = world_last(w), before = n_pages(w);
    for (int i = 0; i < 6; i++)
        world_extend(w);
    ASSERT_OK(fiber_sleep_until(clock_now_ns() + 300 * CLOCK_MS));
    world_stop_following(w);
    world_forget(w, pinned + 4);
    get_well(w);
    world_restart(w);
    world_check(w, pinned + 6);
    ASSERT(n_pages(w) - before < 500);
    world_free(w);
}

WORLD_TEST(without_the_ledgers_between_a_load_begins_again)
{
    struct world *w = loading(5, 300, 1);
    (void)arg;
    get_stuck(w, 120);
    world_stop_following(w);
    for (int i = 0; i < 6; i++)
        world_extend(w);
    world_forget(w, world_last(w) - 1);
    get_well(w);
    uint32_t before = n_pages(w);
    world_restart(w);
    world_check(w, world_last(w));
    ASSERT(n_pages(w) - before >= 256);
    world_free(w);
}

WORLD_TEST(ledgers_kept_during_a_load_are_used_when_no_source_has_them)
{
    struct world *w = loading(6, 300, 1);
    (void)arg;
    w->opts.start_sequence = world_last(w);
    get_stuck(w, 250);
    uint32_t pinned = world_last(w);
    for (int i = 0; i < 8; i++)
        world_extend(w);
    ASSERT_OK(fiber_sleep_until(clock_now_ns() + 300 * CLOCK_MS));
    get_well(w);
    EVENTUALLY(world_tip(w) >= pinned);
    world_check(w, pinned);
    world_free(w);
}

WORLD_TEST(who_gave_a_wrong_page_is_found_and_the_others_work_is_kept)
{
    struct world *w = loading(7, 400, 3);
    char name[100];
    (void)arg;
    w->s[1].bad = WORLD_BAD_PAGE;
    world_follow(w);
    world_check(w, world_last(w));
    for (uint32_t i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "kleio_verification_failures_total{source=\"%s",
                 sources_name(w->sources, i));
        if (w->s[1].n_pages && i != 1)
            ASSERT_INT(0, world_count(w, name));
    }
    world_free(w);
}

/* One of two sources is bad: it is found out, and the state comes from the other. */
static void is_refused(uint64_t seed, enum world_bad bad)
{
    struct world *w = loading(seed, 200, 2);
    w->s[0].bad = bad;
    world_follow(w);
    world_check(w, world_last(w));
    ASSERT(world_count(w, "kleio_verification_failures_total{") > 0);
    world_free(w);
}

WORLD_TEST(empty_pages_without_an_end_are_refused)
{
    (void)arg;
    is_refused(8, WORLD_BAD_EMPTY);
}

WORLD_TEST(a_state_without_an_end_is_stopped)
{
    (void)arg;
    is_refused(9, WORLD_BAD_ENDLESS);
}
