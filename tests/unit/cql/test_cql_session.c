/* SPDX-License-Identifier: Apache-2.0 */
/* What a session does about nodes that fail; the nodes are fake_node.c's. */
#include "cql/cql_call.h"
#include "rt/clock.h"
#include "rt/core.h"
#include "rt/fiber.h"
#include "rt/sock.h"
#include "unit/cql/fake_node.h"
#include "unit/test.h"

static void all_faults(void *arg)
{
    struct fake_cluster f = {0};
    fake_cluster_start(&f, (struct cql_cluster_opts){0});
    static const enum fake_fault faults[] = {FAKE_CLOSE, FAKE_GARBAGE, FAKE_WRONG_STREAM,
                                             FAKE_UNPREPARED, FAKE_OVERLOADED};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        for (int k = 0; k < 2; k++) {
            f.nodes[k].fault = faults[i];
            f.nodes[k].n_faults = 1;
        }
        for (int n = 0; n < 20; n++)
            ASSERT_OK(fake_cluster_read(&f, 10000));
    }
    fake_cluster_stop(&f);
}

TEST(one_fault_of_each_node_costs_no_read)
{
    ASSERT_OK(core_run_fiber("test", all_faults, NULL));
}

static void one_down(void *arg)
{
    struct fake_cluster f = {0};
    fake_cluster_start(&f, (struct cql_cluster_opts){0});
    ASSERT_OK(fake_cluster_read(&f, 10000));
    fake_node_kill(&f.nodes[0]); /* the contact point, too */
    for (int n = 0; n < 50; n++)
        ASSERT_OK(fake_cluster_read(&f, 10000));
    fake_node_kill(&f.nodes[1]);
    err e = OK; /* calls may wait a second for a node to come back, then fail at once */
    for (int n = 0; n < 40 && !err_failed(e); n++)
        e = fake_cluster_read(&f, 10000);
    ASSERT_INT(ERR_BUSY, e.code);
    int64_t begun = clock_now_ns();
    err_ignore(fiber_sleep_until(begun + 1100 * CLOCK_MS));
    begun = clock_now_ns();
    ASSERT_ERR(ERR_BUSY, fake_cluster_read(&f, 10000));
    ASSERT(clock_now_ns() - begun < 5 * CLOCK_S); /* not its whole deadline */
    fake_node_start(&f.nodes[1], f.nodes[1].address, f.nodes[0].port);
    for (int n = 0; n < 200 && err_failed(fake_cluster_read(&f, 10000)); n++)
        err_ignore(fiber_sleep_until(clock_now_ns() + 100 * CLOCK_MS));
    ASSERT_OK(fake_cluster_read(&f, 10000)); /* it recovers by itself */
    fake_cluster_stop(&f);
}

TEST(reads_go_on_with_one_node_fail_soon_without_any_and_recover)
{
    ASSERT_OK(core_run_fiber("test", one_down, NULL));
}

static void silent(void *arg)
{
    struct fake_cluster f = {0};
    fake_cluster_start(&f, (struct cql_cluster_opts){0});
    ASSERT_OK(fake_cluster_read(&f, 10000));
    f.nodes[0].fault = FAKE_SILENT;
    for (int n = 0; n < 20; n++)
        ASSERT_OK(fake_cluster_read(
            &f, 20000)); /* once its silence was noticed, the other node is asked */
    f.nodes[1].fault = FAKE_SILENT;
    ASSERT_ERR(ERR_BUSY, fake_cluster_read(&f, 300)); /* the deadline holds */
    fake_cluster_stop(&f);
}

TEST(a_node_that_says_nothing_is_given_up)
{
    ASSERT_OK(core_run_fiber("test", silent, NULL));
}

static void speculative(void *arg)
{
    struct fake_cluster f = {0};
    fake_cluster_start(&f, (struct cql_cluster_opts){.speculative_percentile = 90});
    for (int n = 0; n < 50; n++)
        ASSERT_OK(fake_cluster_read(&f, 10000));
    f.nodes[0].fault = FAKE_SILENT;
    for (int n = 0; n < 10; n++)
        ASSERT_OK(fake_cluster_read(&f, 1900)); /* sooner than a silent connection is given up */
    struct cql_cluster_stats stats;
    cql_cluster_get_stats(f.cluster, &stats);
    ASSERT(stats.n_speculative > 0);
    fake_cluster_stop(&f);
}

TEST(a_slow_read_is_asked_of_a_second_node)
{
    ASSERT_OK(core_run_fiber("test", speculative, NULL));
}

static void refused(void *arg)
{
    struct fake_cluster f = {0};
    fake_cluster_start(&f, (struct cql_cluster_opts){0});
    f.nodes[0].fault = f.nodes[1].fault = FAKE_INVALID;
    ASSERT_ERR(ERR_STATUS, fake_cluster_read(&f, 10000));
    ASSERT_INT(1, f.nodes[0].n_executed + f.nodes[1].n_executed);
    fake_cluster_stop(&f);
}

TEST(what_is_refused_is_not_repeated)
{
    ASSERT_OK(core_run_fiber("test", refused, NULL));
}

static void cancelled_reader(void *arg)
{
    struct fake_cluster *f = arg;
    ASSERT_ERR(ERR_CANCELLED, fake_cluster_read(f, 60000));
}

static void cancelling(void *arg)
{
    struct fake_cluster f = {0};
    struct fiber_group group;
    fake_cluster_start(&f, (struct cql_cluster_opts){0});
    ASSERT_OK(fake_cluster_read(&f, 10000));
    f.nodes[0].fault = f.nodes[1].fault = FAKE_SILENT;
    fiber_group_init(&group);
    for (int i = 0; i < 10; i++)
        fiber_group_spawn(&group, "reader", cancelled_reader, &f);
    err_ignore(fiber_sleep_until(clock_now_ns() + 20 * CLOCK_MS));
    fiber_group_cancel(&group);
    struct cql_cluster_stats stats;
    cql_cluster_get_stats(f.cluster, &stats);
    ASSERT_INT(0, stats.n_reads_pending);
    fake_cluster_stop(&f);
}

TEST(cancelled_reads_leave_nothing_behind)
{
    ASSERT_OK(core_run_fiber("test", cancelling, NULL));
}
