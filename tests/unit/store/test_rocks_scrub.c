/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rocks_scrub.h"

#include "base/mem.h"
#include "store/rocks_damage.h"
#include "store/rocks_read.h"
#include "unit/store/fixture.h"
#include "unit/store/model.h"

#include <stdio.h>
#include <unistd.h>

TEST(rocks_scrub_reads_everything_and_finds_nothing)
{
    CLEANUP(mem_freep) struct model *m = model_new(6);
    struct store *s = fixture_open(test_dir());
    struct store_stats stats;
    model_load(m, s);
    model_write(m, s, 20);
    ASSERT_OK(rocks_compact(s));
    ASSERT_INT(0, rocks_scrub_round(rocks_of(s)));
    store_stats(s, &stats);
    ASSERT_INT(1, stats.n_scrub_rounds);
    ASSERT_INT(0, stats.n_damaged);
    ASSERT(stats.n_scrubbed_bytes > 20000);
    store_close(s);
}

TEST(rocks_scrub_names_a_bad_block_and_goes_on_behind_it)
{
    CLEANUP(mem_freep) struct model *m = model_new(6);
    struct store *s = fixture_bad_block(m);
    struct store_stats stats;
    ASSERT_INT(1, rocks_scrub_round(rocks_of(s)));
    store_stats(s, &stats);
    ASSERT(stats.n_damaged > 0);
    ASSERT_INT(1, rocks_damage_count(rocks_of(s)));
    ASSERT(stats.n_scrubbed_bytes > 10000); /* the families behind it, too */
    model_write(m, s, 3);
    store_close(s);
}

static struct store *open_round(int percent)
{
    struct store *s;
    ASSERT_OK(rocks_open(
        &(struct rocks_opts){.path = test_dir(), .scrub_percent = percent, .scrub_interval_s = 1},
        &s));
    return s;
}

TEST(rocks_scrub_goes_round_as_often_as_it_was_told)
{
    struct store_stats stats;
    struct store *s = open_round(100);
    do {
        usleep(10000);
        store_stats(s, &stats);
    } while (stats.n_scrub_rounds < 2);
    store_close(s);
    s = open_round(-1);
    usleep(1500 * 1000);
    store_stats(s, &stats);
    ASSERT_INT(0, stats.n_scrub_rounds);
    store_close(s);
}

TEST(rocks_scrub_place_is_written_and_read)
{
    uint8_t bytes[ROCKS_SCRUB_PLACE];
    struct rocks_key at = {.n = 0}, got;
    enum rocks_cf cf;
    rocks_key_put(&at, "\x00key", 4);
    ASSERT(rocks_scrub_get_place(rocks_scrub_put_place(ROCKS_CF_OBJECT, &at, bytes), &cf, &got));
    ASSERT_INT(ROCKS_CF_OBJECT, cf);
    ASSERT(slice_eq(slice_of(got.b, got.n), slice_of("\x00key", 4)));
    ASSERT_INT(0, rocks_scrub_put_place(ROCKS_N_CFS, &at, bytes).n);
    ASSERT(!rocks_scrub_get_place(SLICE_EMPTY, &cf, &got));
    ASSERT(!rocks_scrub_get_place(SLICE_LIT("object"), &cf, &got));
    ASSERT(!rocks_scrub_get_place(SLICE_LIT("another\0key"), &cf, &got));
    memset(bytes, 'x', sizeof bytes);
    memcpy(bytes, "tx", 3);
    ASSERT(!rocks_scrub_get_place(slice_of(bytes, sizeof bytes), &cf, &got)); /* too long */
}

static bool has_place(struct store *s)
{
    CLEANUP(rocks_read_release) struct rocks_value v = {0};
    struct rocks_read rd = {rocks_of(s), true, NULL};
    struct rocks_key key = {.n = 0};
    rocks_key_put(&key, ROCKS_SCRUB_META, strlen(ROCKS_SCRUB_META));
    ASSERT_OK(rocks_read_get(&rd, ROCKS_CF_META, &key, &v));
    return v.pin && v.bytes.n > 0;
}

static struct store_stats wait_for_bytes(struct store *s, bool whole_round)
{
    struct store_stats stats;
    do {
        usleep(100);
        store_stats(s, &stats);
    } while (whole_round ? stats.n_scrub_rounds == 0 : stats.n_scrubbed_bytes == 0);
    return stats;
}

/* A store whose round stops on its way, which may take several tries. */
static struct store *scrub_partly(uint64_t *ret_bytes)
{
    for (;;) {
        struct store *s;
        ASSERT_OK(rocks_open(&(struct rocks_opts){.path = test_dir(), .scrub_percent = -1}, &s));
        struct rocks_scrub *scrub = &rocks_of(s)->scrub;
        scrub->percent = 1;
        scrub->keep_ns = scrub->first_ns = 0;
        ASSERT_OK(rocks_scrub_start(rocks_of(s)));
        wait_for_bytes(s, false);
        rocks_scrub_stop(rocks_of(s));
        struct store_stats stats;
        store_stats(s, &stats);
        *ret_bytes = stats.n_scrubbed_bytes;
        if (stats.n_scrub_rounds == 0 && has_place(s))
            return s;
        store_close(s);
    }
}

TEST(rocks_scrub_goes_on_where_the_last_process_was)
{
    CLEANUP(mem_freep) struct model *m = model_new(6);
    struct store *s = fixture_open(test_dir());
    struct store_stats stats;
    uint64_t first, rest;
    model_load(m, s);
    model_write(m, s, 20);
    rocks_scrub_round(rocks_of(s));
    store_stats(s, &stats);
    uint64_t all = stats.n_scrubbed_bytes;
    store_close(s);
    store_close(scrub_partly(&first));
    ASSERT_OK(rocks_open(&(struct rocks_opts){.path = test_dir(), .scrub_percent = -1}, &s));
    struct rocks_scrub *scrub = &rocks_of(s)->scrub;
    scrub->percent = 100;
    scrub->first_ns = 0;
    ASSERT_OK(rocks_scrub_start(rocks_of(s)));
    wait_for_bytes(s, true);
    rocks_scrub_stop(rocks_of(s));
    store_stats(s, &stats);
    rest = stats.n_scrubbed_bytes;
    ASSERT(rest < all);
    printf("%llu bytes, of them %llu first; %llu then\n", (unsigned long long)all,
           (unsigned long long)first, (unsigned long long)rest);
    store_close(s);
}
