/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bits.h"
#include "base/mem.h"
#include "rt/clock.h"
#include "store/cass.h"
#include "unit/store/cass_fixture.h"
#include "unit/store/cass_ledgers.h"
#include "unit/test.h"

#include <stdlib.h>

static err write_objects(struct store *s, uint32_t seq, size_t n)
{
    struct store_object *objects = xcalloc(n, sizeof *objects);
    struct store_ledger l = cass_ledgers_make(seq, 0);
    for (size_t i = 0; i < n; i++) {
        bits_store32(objects[i].key.b, (uint32_t)i + 1);
        objects[i].data = SLICE_LIT("data");
    }
    l.objects = objects;
    l.n_objects = n;
    err e = store_write(s, &l, 1);
    free(objects);
    return e;
}

TEST(all_is_written_however_few_may_be_in_flight)
{
    if (!cass_fixture_is_there())
        return;
    struct store *s;
    struct cass_opts opts = cass_fixture_opts(true);
    opts.max_writes = 7;
    opts.batch_size = 3;
    ASSERT_OK(cass_open(&opts, &s));
    cass_ledgers_load(s);
    ASSERT_OK(write_objects(s, 11, 500));
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct hash256 *keys;
    struct slice *got = arena_array(a, struct slice, 500);
    size_t n;
    ASSERT_OK(store_diff(s, 11, a, &keys, &n));
    ASSERT_INT(500, n);
    ASSERT_OK(store_objects_get(s, 11, keys, n, a, got, NULL));
    for (size_t i = 0; i < n; i++)
        ASSERT_SLICE("data", got[i]);
    store_close(s);
    cass_fixture_drop();
}

/* A ledger of which a row could not be written does not become complete. */
TEST(what_cannot_be_written_fails_the_ledger)
{
    if (!cass_fixture_is_there())
        return;
    struct store *s;
    struct cass_opts opts = cass_fixture_opts(true);
    opts.write_timeout_ns = 2 * CLOCK_S;
    ASSERT_OK(cass_open(&opts, &s));
    cass_ledgers_load(s);
    cass_fixture_run("DROP TABLE %s.diff");
    ASSERT(err_failed(write_objects(s, 11, 50)));
    struct store_range ranges[STORE_MAX_RANGES];
    size_t n;
    store_ranges(s, ranges, &n);
    ASSERT_INT(10, ranges[0].last);
    cass_fixture_run("CREATE TABLE %s.diff (seq bigint, key blob, PRIMARY KEY (seq, key))");
    ASSERT_OK(write_objects(s, 11, 50)); /* and once it can be, it is */
    store_close(s);
    cass_fixture_drop();
}
