/* SPDX-License-Identifier: Apache-2.0 */
#include "rippled/source.h"

#include "rt/core.h"
#include "test.h"

/* Three sources without links. */
static struct sources *three(void)
{
    struct sources *s = NULL;
    struct sources_endpoint e[3] = {{"a", 0, 1}, {"b", 0, 2}, {"c", 0, 3}};
    struct sources_opts opts = {.endpoints = e, .n_endpoints = 3};
    ASSERT_OK(sources_start(&opts, &s));
    return s;
}

static void networks(void *arg)
{
    struct sources *s = three();
    uint32_t id;
    (void)arg;
    ASSERT(!sources_network_id(s, &id));
    ASSERT(source_meet_network(&s->list[1], 0)); /* Mainnet is a network, too */
    ASSERT(sources_network_id(s, &id) && id == 0);
    ASSERT(!source_meet_network(&s->list[0], 1));
    ASSERT(source_meet_network(&s->list[2], 0));
    ASSERT_INT(1, sources_n_refused(s));
    ASSERT(source_meet_network(&s->list[0], 0)); /* it was set right */
    ASSERT_INT(0, sources_n_refused(s));
    sources_stop(s);
}

TEST(the_first_source_decides_the_network)
{
    ASSERT_OK(core_run_fiber("test", networks, NULL));
}

static void forwarding(void *arg)
{
    struct sources *s = three();
    (void)arg;
    ASSERT_INT(-1, atomic_load(&s->forwarding));
    source_set_connected(&s->list[2], true);
    ASSERT_INT(2, atomic_load(&s->forwarding));
    source_set_connected(&s->list[1], true);
    source_set_connected(&s->list[0], true);
    ASSERT_INT(2, atomic_load(&s->forwarding));
    source_set_connected(&s->list[2], false);
    ASSERT_INT(0, atomic_load(&s->forwarding));
    source_set_connected(&s->list[0], false);
    source_set_connected(&s->list[1], false);
    ASSERT_INT(-1, atomic_load(&s->forwarding));
    sources_stop(s);
}

TEST(the_first_connected_source_forwards_until_it_is_lost)
{
    ASSERT_OK(core_run_fiber("test", forwarding, NULL));
}

static void reports(void *arg)
{
    struct sources *s = three();
    uint64_t version = 0, before;
    (void)arg;
    ASSERT_OK(sources_wait_change(s, &version, 0));
    before = version;
    source_report(&s->list[0], 9, slice_str("3-9"));
    source_report(&s->list[1], 7, slice_str("1-7"));
    ASSERT_INT(9, sources_newest(s));
    ASSERT_OK(sources_wait_change(s, &version, 0));
    ASSERT(version > before);
    source_report(&s->list[0], 10, SLICE_EMPTY); /* not told what it holds: as before */
    ASSERT(ranges_has(&s->list[0].ranges, 9));
    source_report(&s->list[0], 0, slice_str("nonsense"));
    ASSERT(ranges_has(&s->list[0].ranges, 9));
    ASSERT_INT(10, sources_newest(s));
    sources_stop(s);
}

TEST(the_newest_ledger_is_that_of_all_sources)
{
    ASSERT_OK(core_run_fiber("test", reports, NULL));
}
