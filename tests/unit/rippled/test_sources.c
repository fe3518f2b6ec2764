/* SPDX-License-Identifier: Apache-2.0 */
#include "rippled/sources.h"

#include "base/counter.h"
#include "base/mem.h"
#include "fake_source.h"
#include "rt/clock.h"
#include "rt/core.h"
#include "rt/fiber.h"

struct rig {
    struct fake_source fakes[2];
    struct sources *sources;
    struct counter_registry *counters;
};

static struct rig *rig_new(void)
{
    return xcalloc(1, sizeof(struct rig));
}

static void rig_start(struct rig *r)
{
    struct sources_endpoint e[2];
    for (int i = 0; i < 2; i++) {
        fake_source_start(&r->fakes[i]);
        e[i] = fake_source_endpoint(&r->fakes[i]);
    }
    r->counters = counter_registry_new();
    struct sources_opts opts = {.endpoints = e, .n_endpoints = 2, .counters = r->counters};
    ASSERT_OK(sources_start(&opts, &r->sources));
}

static void rig_stop(struct rig *r)
{
    sources_stop(r->sources);
    fake_source_stop(&r->fakes[0]);
    fake_source_stop(&r->fakes[1]);
    counter_registry_free(r->counters);
    free(r);
}

static struct sources_info info_of(struct rig *r, uint32_t i)
{
    struct sources_info info[2];
    struct arena *a = arena_new(0);
    ASSERT_INT(2, sources_get_info(r->sources, a, info, 2));
    arena_free(a);
    return info[i];
}

static void two_networks(void *arg)
{
    struct rig *r = rig_new();
    const char *host;
    uint16_t port;
    (void)arg;
    r->fakes[0].network_id = 1;
    r->fakes[1].network_id = 2;
    rig_start(r);
    EVENTUALLY(sources_n_connected(r->sources) == 1 && sources_n_refused(r->sources) == 1);
    uint32_t id, other = info_of(r, 0).refused ? 0 : 1;
    ASSERT(sources_network_id(r->sources, &id));
    ASSERT_INT(r->fakes[1 - other].network_id, id);
    ASSERT_INT(0, r->fakes[other].n_subscribed);
    struct tls_client *tls = NULL;
    ASSERT(!sources_forward_target(r->sources, other, &host, &port, &tls));
    ASSERT(sources_forward_target(r->sources, 1 - other, &host, &port, &tls));
    ASSERT_INT(r->fakes[1 - other].ws_port, port);
    struct buf text = {0};
    counter_render(r->counters, &text);
    ASSERT(memmem(text.p, text.n, "kleio_source_refused_total{", 27) != NULL);
    buf_deinit(&text);
    rig_stop(r);
}

TEST(a_source_of_another_network_is_refused)
{
    ASSERT_OK(core_run_fiber("test", two_networks, NULL));
}

static void expected_later(void *arg)
{
    struct rig *r = rig_new();
    (void)arg;
    for (int i = 0; i < 2; i++) {
        r->fakes[i].network_id = 7;
        r->fakes[i].held = "1-5";
        r->fakes[i].newest = 5;
    }
    rig_start(r);
    EVENTUALLY(sources_n_connected(r->sources) == 2 && sources_newest(r->sources) == 5);
    sources_expect_network(r->sources, 8);
    ASSERT_INT(2, sources_n_refused(r->sources));
    ASSERT_INT(0, sources_newest(r->sources));
    fake_source_close_ledger(&r->fakes[0], 1, 6); /* the link notices */
    fake_source_close_ledger(&r->fakes[1], 1, 6);
    EVENTUALLY(sources_n_connected(r->sources) == 0);
    rig_stop(r);
}

TEST(sources_are_refused_when_the_expected_network_becomes_known_later)
{
    ASSERT_OK(core_run_fiber("test", expected_later, NULL));
}

static void forwarding_moves(void *arg)
{
    struct rig *r = rig_new();
    (void)arg;
    rig_start(r);
    EVENTUALLY(sources_n_connected(r->sources) == 2);
    bool first = info_of(r, 0).forwarding;
    ASSERT(first != info_of(r, 1).forwarding);
    fake_source_hang_up(&r->fakes[first ? 0 : 1]);
    EVENTUALLY(info_of(r, first ? 1 : 0).forwarding);
    EVENTUALLY(sources_n_connected(r->sources) == 2);
    ASSERT(info_of(r, first ? 1 : 0).forwarding); /* it stays where it is */
    rig_stop(r);
}

TEST(the_forwarding_source_moves_only_when_it_is_lost)
{
    ASSERT_OK(core_run_fiber("test", forwarding_moves, NULL));
}

static void waiting(void *arg)
{
    struct rig *r = rig_new();
    uint64_t version = 0;
    (void)arg;
    rig_start(r);
    ASSERT_OK(sources_wait_change(r->sources, &version, 0)); /* the first time at once */
    ASSERT_ERR(ERR_TIMEOUT, sources_wait_change(r->sources, &version, clock_now_ns()));
    EVENTUALLY(sources_n_connected(r->sources) == 2);
    ASSERT_OK(sources_wait_change(r->sources, &version, clock_now_ns()));
    rig_stop(r);
}

TEST(changes_are_waited_for_and_not_lost)
{
    ASSERT_OK(core_run_fiber("test", waiting, NULL));
}

static void bad_options(void *arg)
{
    struct sources *s = NULL;
    struct sources_endpoint e = {"", 1, 2};
    struct sources_opts opts = {.endpoints = &e, .n_endpoints = 1};
    (void)arg;
    ASSERT_ERR(ERR_INVALID, sources_start(&opts, &s));
    e.host = "a\r\nb";
    ASSERT_ERR(ERR_INVALID, sources_start(&opts, &s));
    opts.n_endpoints = SOURCES_MAX + 1;
    ASSERT_ERR(ERR_INVALID, sources_start(&opts, &s));
    opts.n_endpoints = 0;
    ASSERT_OK(sources_start(&opts, &s));
    ASSERT_INT(0, sources_count(s));
    sources_stop(s);
}

TEST(senseless_options_are_refused)
{
    ASSERT_OK(core_run_fiber("test", bad_options, NULL));
}
