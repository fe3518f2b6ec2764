/* SPDX-License-Identifier: Apache-2.0 */
#include "cql/cql_cluster.h"
#include "rt/clock.h"
#include "rt/core.h"
#include "rt/sock.h"
#include "unit/cql/fake_node.h"
#include "unit/test.h"

TEST(opening_without_contact_points_fails)
{
    struct cql_cluster *c;
    struct cql_cluster_opts opts = {.contact_points = " , ", .keyspace = "ks"};
    ASSERT_ERR(ERR_INVALID, cql_cluster_open(&opts, &c));
    opts.contact_points = "127.0.0.1,127.0.0.1";
    opts.port = 1;
    ASSERT_ERR(ERR_REFUSED, cql_cluster_open(&opts, &c));
    ASSERT(strstr(err_text(), "127.0.0.1") != NULL);
}

static void bad_login(void *arg)
{
    struct fake_node n = {.wants_login = true, .fault = FAKE_REFUSE_LOGIN};
    struct cql_cluster *c;
    fake_node_start(&n, "127.0.0.1", 0);
    struct cql_cluster_opts opts = {.contact_points = "127.0.0.1,127.0.0.1",
                                    .port = n.port,
                                    .keyspace = "ks",
                                    .user = "user",
                                    .password = "secret"};
    ASSERT_ERR(ERR_STATUS, cql_cluster_open(&opts, &c));
    ASSERT_INT(1, n.n_connections); /* the next point would say the same */
    fake_node_kill(&n);
}

TEST(a_refused_login_is_said_at_once)
{
    ASSERT_OK(core_run_fiber("test", bad_login, NULL));
}
