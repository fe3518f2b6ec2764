/* SPDX-License-Identifier: Apache-2.0 */
#include "cql/cql_call.h"
#include "rt/clock.h"
#include "rt/core.h"
#include "rt/fiber.h"
#include "unit/cql/fake_node.h"
#include "unit/test.h"

static void reader(void *arg)
{
    ASSERT_OK(fake_cluster_read(arg, 10000));
}

static void many(void *arg)
{
    struct fake_cluster f = {0};
    struct fiber_group group;
    fake_cluster_start(&f, (struct cql_cluster_opts){.connections_per_node = 3});
    fiber_group_init(&group);
    for (int i = 0; i < 100; i++)
        fiber_group_spawn(&group, "reader", reader, &f);
    fiber_group_join(&group);
    ASSERT_INT(100, f.nodes[0].n_executed + f.nodes[1].n_executed);
    ASSERT(f.nodes[0].n_prepared <= 1 && f.nodes[1].n_prepared <= 1);
    ASSERT(f.nodes[0].n_connections <= 4 && f.nodes[1].n_connections <= 3); /* one watches */
    fake_cluster_stop(&f);
}

TEST(a_statement_is_prepared_once_a_node)
{
    ASSERT_OK(core_run_fiber("test", many, NULL));
}
