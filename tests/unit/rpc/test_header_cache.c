/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/header_cache.h"

#include "rt/core.h"
#include "test.h"

static void use(void *arg)
{
    struct header_cache *c = arg;
    struct header_cache_entry e, five = {5, 50, {{5}}}, other = {5 + 4096, 60, {{6}}};
    ASSERT(!header_cache_get(c, 5, &e));
    ASSERT(!header_cache_get(c, 0, &e));
    header_cache_put(c, &five);
    ASSERT(header_cache_get(c, 5, &e));
    ASSERT_INT(50, e.close_time);
    ASSERT_INT(5, e.hash.b[0]);
    header_cache_put(c, &other);
    ASSERT(!header_cache_get(c, 5, &e));
    ASSERT(header_cache_get(c, other.seq, &e));
}

TEST(a_core_remembers_the_newest_ledger_of_each_slot)
{
    struct header_cache *c = header_cache_new(1);
    ASSERT_OK(core_run_fiber("test", use, c));
    header_cache_free(c);
}

TEST(off_the_cores_nothing_is_remembered)
{
    struct header_cache *c = header_cache_new(1);
    struct header_cache_entry e = {5, 50, {{5}}};
    header_cache_put(c, &e);
    ASSERT(!header_cache_get(c, 5, &e));
    header_cache_free(c);
}
