/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rocks_scrub.h"

#include "base/mem.h"
#include "store/rocks_damage.h"
#include <unistd.h>

#include "unit/store/fixture.h"
#include "unit/store/model.h"

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

/* A round is not done in the time, or it is: what a thread does by itself is waited for. */
static bool does_rounds(int percent, int wait_ms)
{
    struct store *s;
    struct store_stats stats;
    bool done = false;
    ASSERT_OK(rocks_open(
        &(struct rocks_opts){.path = test_dir(), .scrub_percent = percent, .scrub_interval_s = 1},
        &s));
    for (int i = 0; i < wait_ms / 10 && !done; i++) {
        usleep(10000);
        store_stats(s, &stats);
        done = stats.n_scrub_rounds >= 2;
    }
    store_close(s);
    return done;
}

TEST(rocks_scrub_goes_round_as_often_as_it_was_told)
{
    ASSERT(does_rounds(100, 60000));
    ASSERT(!does_rounds(-1, 1500));
}
