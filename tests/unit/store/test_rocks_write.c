/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rocks_write.h"

#include "store/memory.h"
#include "unit/store/crash.h"
#include "base/mem.h"
#include "unit/store/fixture.h"

#define SEED 9

static void write_until_killed(struct crash_child *c)
{
    CLEANUP(mem_freep) struct model *m = model_new(SEED);
    struct store *s = fixture_open(c->path);
    model_load(m, s);
    crash_reached(c, m->seq);
    for (;;) {
        model_write(m, s, 3);
        crash_reached(c, m->seq);
    }
}

TEST(rocks_write_is_whole_or_absent_after_kill)
{
    for (uint32_t run = 0; run < 6; run++) {
        struct crash_child c = crash_run(write_until_killed, run, 20000 + run * 9000);
        struct store *s = fixture_open(c.path);
        struct store_range ranges[STORE_MAX_RANGES];
        size_t n;
        store_ranges(s, ranges, &n);
        if (n == 0) {
            ASSERT_INT(0, c.reached); /* killed before the load was complete */
            store_close(s);
            continue;
        }
        ASSERT(ranges[0].last >= c.reached); /* what was reported durable is there */
        CLEANUP(mem_freep) struct model *m = model_new(SEED);
        struct store *brute = memory_new();
        model_load(m, brute);
        model_write(m, brute, ranges[0].last - MODEL_FIRST);
        model_compare(m, s, brute, run, 15);
        model_write(m, s, 4); /* and it goes on */
        store_close(s);
        store_close(brute);
    }
}
