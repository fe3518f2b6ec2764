/* SPDX-License-Identifier: Apache-2.0 */
#include "cql/cql_conn.h"

#include "rt/clock.h"
#include "rt/core.h"
#include "rt/fiber.h"
#include "rt/sock.h"
#include "unit/cql/fake_node.h"
#include "unit/test.h"

#include <stdlib.h>

static void logins(void *arg)
{
    struct fake_node n = {.wants_login = true};
    struct cql_conn *c;
    fake_node_start(&n, "127.0.0.1", 0);
    struct cql_conn_opts opts = {.host = "127.0.0.1", .port = n.port};
    ASSERT_ERR(ERR_STATUS, cql_conn_open(&opts, clock_now_ns() + 10 * CLOCK_S, &c));
    ASSERT(strstr(err_text(), "username") != NULL); /* what to do about it */
    opts.user = "user";
    opts.password = "wrong";
    ASSERT_ERR(ERR_STATUS, cql_conn_open(&opts, clock_now_ns() + 10 * CLOCK_S, &c));
    ASSERT(strstr(err_text(), "credentials") != NULL);
    opts.password = "secret";
    ASSERT_OK(cql_conn_open(&opts, clock_now_ns() + 10 * CLOCK_S, &c));
    ASSERT_INT(4, cql_conn_version(c));
    cql_conn_free(c);
    fake_node_kill(&n);
}

TEST(a_login_is_wanted_refused_and_taken)
{
    ASSERT_OK(core_run_fiber("test", logins, NULL));
}

static int n_heard;

static void on_reply(struct cql_pending *p, const struct cql_frame *f)
{
    n_heard += f == NULL;
}

static void run(void *arg)
{
    ASSERT_ERR(ERR_TIMEOUT, cql_conn_run(arg));
}

/* Streams of requests whose answers never came are not used again, waited for or not. */
static void streams(void *arg)
{
    struct fake_node n = {0};
    struct cql_conn *c;
    struct cql_pending pending[8];
    struct fiber_group group;
    fake_node_start(&n, "127.0.0.1", 0);
    struct cql_conn_opts opts = {
        .host = "127.0.0.1", .port = n.port, .max_streams = 9, .silence_ns = 200 * CLOCK_MS};
    ASSERT_OK(cql_conn_open(&opts, clock_now_ns() + 10 * CLOCK_S, &c));
    n.fault = FAKE_SILENT;
    fiber_group_init(&group);
    fiber_group_spawn(&group, "run", run, c);
    bool seen[16] = {0};
    for (int i = 0; i < 8; i++) {
        pending[i] = (struct cql_pending){.on_reply = on_reply};
        ASSERT(cql_conn_usable(c));
        size_t at = cql_conn_out(c)->n;
        cql_message_put_options(cql_conn_out(c), 4);
        cql_conn_send(c, &pending[i], at);
        ASSERT(!seen[pending[i].stream]);
        seen[pending[i].stream] = true;
        if (i % 2)
            cql_conn_forget(&pending[i]);
    }
    ASSERT_INT(8, cql_conn_in_flight(c));
    fiber_group_join(&group); /* its silence is noticed */
    ASSERT_INT(4, n_heard);   /* those not forgotten */
    ASSERT(!cql_conn_usable(c));
    cql_conn_free(c);
    fake_node_kill(&n);
}

TEST(streams_are_not_used_again_before_their_answers)
{
    ASSERT_OK(core_run_fiber("test", streams, NULL));
}

static void nobody(void *arg)
{
    struct cql_conn *c;
    struct cql_conn_opts opts = {.host = "127.0.0.1", .port = 1};
    ASSERT_ERR(ERR_REFUSED, cql_conn_open(&opts, clock_now_ns() + 10 * CLOCK_S, &c));
}

TEST(nobody_listening_is_refused)
{
    ASSERT_OK(core_run_fiber("test", nobody, NULL));
}
