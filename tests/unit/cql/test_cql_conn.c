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

static void send_one(struct cql_conn *c, struct cql_pending *p)
{
    size_t at = cql_conn_out(c)->n;
    struct cql_message_params params = {.consistency = CQL_CONSISTENCY_ONE};
    cql_message_put_execute(cql_conn_out(c), 4, SLICE_LIT("id"), SLICE_EMPTY, 0, SLICE_EMPTY,
                            &params);
    *p = (struct cql_pending){.on_reply = on_reply};
    cql_conn_send(c, p, at);
}

static void run_stuck(void *arg)
{
    ASSERT_ERR(ERR_PROTOCOL, cql_conn_run(arg));
    ASSERT(strstr(err_text(), "does not end") != NULL);
}

/* A length that was damaged on the way: 200 MB in which all answers that follow are lost. */
static void endless(void *arg)
{
    struct fake_node n = {.fault = FAKE_ENDLESS, .n_faults = 1};
    struct cql_conn *c;
    static struct cql_pending pending[100];
    struct fiber_group group;
    fake_node_start(&n, "127.0.0.1", 0);
    struct cql_conn_opts opts = {
        .host = "127.0.0.1", .port = n.port, .silence_ns = 1000 * CLOCK_MS};
    ASSERT_OK(cql_conn_open(&opts, clock_now_ns() + 10 * CLOCK_S, &c));
    fiber_group_init(&group);
    n_heard = 0;
    fiber_group_spawn(&group, "run", run_stuck, c);
    int n_sent = 0;
    for (; n_sent < 100 && n_heard == 0; n_sent++) { /* bytes go on coming */
        send_one(c, &pending[n_sent]);
        err_ignore(fiber_sleep_until(clock_now_ns() + 100 * CLOCK_MS));
    }
    fiber_group_join(&group);
    ASSERT(n_sent < 100);
    ASSERT_INT(n_sent, n_heard);
    cql_conn_free(c);
    fake_node_kill(&n);
}

TEST(an_answer_that_does_not_end_is_given_up)
{
    ASSERT_OK(core_run_fiber("test", endless, NULL));
}
