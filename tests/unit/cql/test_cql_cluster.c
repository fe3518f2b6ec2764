/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "base/mem.h"
#include "cql/cql_cluster.h"
#include "rt/clock.h"
#include "rt/core.h"
#include "rt/fiber.h"
#include "rt/sock.h"
#include "unit/cql/fake_node.h"
#include "unit/eventually.h"
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

static void counted(void *arg)
{
    static const char *const lines[] = {
        "backend_operations_total_number{operation=\"read_async\",status=\"completed\"} 5\n",
        "backend_operations_total_number{operation=\"read_async\",status=\"error\"} 1\n",
        "backend_operations_total_number{operation=\"read_async\",status=\"retry\"} 2\n",
        "backend_operations_total_number{operation=\"write_async\",status=\"completed\"} 0\n",
        "backend_operations_current_number{operation=\"read_async\",status=\"pending\"} 0\n",
        "backend_duration_milliseconds_histogram_count{operation=\"read\"} 6\n",
        "kleio_cql_connections_total 2\n",
        "kleio_cql_connection_errors_total 0\n",
        "kleio_cql_nodes 2\n",
    };
    struct fake_cluster f = {0};
    struct counter_registry *r = counter_registry_new();
    CLEANUP(buf_deinit) struct buf text = {0};
    fake_cluster_start(&f, (struct cql_cluster_opts){.counters = r});
    for (int i = 0; i < 3; i++)
        ASSERT_OK(fake_cluster_read(&f, 10000));
    EVENTUALLY(f.nodes[0].n_connections + f.nodes[1].n_connections >= 3); /* one watches */
    err_ignore(fiber_sleep_until(clock_now_ns() + 50 * CLOCK_MS));
    f.nodes[0].fault = f.nodes[1].fault = FAKE_OVERLOADED;
    f.nodes[0].n_faults = f.nodes[1].n_faults = 1;
    ASSERT_OK(fake_cluster_read(&f, 10000)); /* asked three times */
    f.nodes[0].fault = f.nodes[1].fault = FAKE_INVALID;
    ASSERT_ERR(ERR_STATUS, fake_cluster_read(&f, 10000));
    f.nodes[0].fault = f.nodes[1].fault = FAKE_FINE;
    ASSERT_OK(fake_cluster_read(&f, 10000));
    counter_render(r, &text);
    buf_put_u8(&text, 0);
    for (size_t i = 0; i < ARRAY_LEN(lines); i++)
        if (!strstr((const char *)text.p, lines[i])) {
            fprintf(stderr, "%s", (const char *)text.p);
            ASSERT_STR(lines[i], "not there");
        }
    fake_cluster_stop(&f);
    counter_registry_free(r);
}

TEST(all_that_happens_is_counted)
{
    ASSERT_OK(core_run_fiber("test", counted, NULL));
}
