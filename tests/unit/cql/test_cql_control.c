/* SPDX-License-Identifier: Apache-2.0 */
#include "cql/cql_cluster.h"
#include "rt/clock.h"
#include "rt/core.h"
#include "rt/fiber.h"
#include "unit/cql/fake_node.h"
#include "unit/eventually.h"
#include "unit/test.h"

static void topology(void *arg)
{
    struct fake_cluster f = {0};
    struct cql_cluster_node_info nodes[4];
    fake_cluster_start(&f, (struct cql_cluster_opts){0});
    ASSERT_INT(2, cql_cluster_nodes(f.cluster, nodes, 4));
    ASSERT_STR("127.0.0.1", nodes[0].address);
    ASSERT_STR("127.0.0.12", nodes[1].address);
    ASSERT_INT(f.nodes[0].port, nodes[1].port);
    ASSERT(nodes[0].is_local && nodes[1].is_local);
    f.nodes[0].peers[0] = NULL; /* the other leaves */
    ASSERT_OK(cql_cluster_refresh(f.cluster));
    ASSERT_INT(1, cql_cluster_nodes(f.cluster, nodes, 4));
    ASSERT_OK(fake_cluster_read(&f, 10000));
    f.nodes[0].peers[0] = "127.0.0.12";
    ASSERT_OK(cql_cluster_refresh(f.cluster));
    ASSERT_INT(2, cql_cluster_nodes(f.cluster, nodes, 4));
    ASSERT_OK(fake_cluster_read(&f, 10000));
    fake_cluster_stop(&f);
}

TEST(nodes_come_and_go_with_the_topology)
{
    ASSERT_OK(core_run_fiber("test", topology, NULL));
}

static void events(void *arg)
{
    struct fake_cluster f = {0};
    struct cql_cluster_node_info nodes[4];
    fake_cluster_start(&f, (struct cql_cluster_opts){0});
    err_ignore(fiber_sleep_until(clock_now_ns() + 1500 * CLOCK_MS)); /* the first look is over */
    f.nodes[0].peers[0] = NULL;
    ASSERT_INT(2, cql_cluster_nodes(f.cluster, nodes, 4));
    fake_node_event(&f.nodes[0]);
    EVENTUALLY(cql_cluster_nodes(f.cluster, nodes, 4) != 2);
    ASSERT_INT(1, cql_cluster_nodes(f.cluster, nodes, 4));
    ASSERT_OK(fake_cluster_read(&f, 10000));
    fake_cluster_stop(&f);
}

TEST(an_event_makes_the_topology_be_read_again)
{
    ASSERT_OK(core_run_fiber("test", events, NULL));
}
