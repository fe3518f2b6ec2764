/* SPDX-License-Identifier: Apache-2.0 */
#include "rippled/forward.h"

#include "base/mem.h"
#include "fake_source.h"
#include "rt/clock.h"
#include "rt/core.h"
#include "rt/fiber.h"

/* A command says how it is to be answered. */
static void on_command(struct fake_source *f, struct fake_source_conn *c, struct slice text)
{
    char reply[400];
    ++*(int *)f->user;
    if (memmem(text.p, text.n, "silent", 6))
        return;
    if (memmem(text.p, text.n, "hang_up", 7)) {
        fake_source_hang_up(f);
        return;
    }
    if (memmem(text.p, text.n, "nonsense", 8)) {
        fake_source_send(c, "{\"a\":[1,2,3],");
        return;
    }
    if (memmem(text.p, text.n, "garbage", 7)) {
        fake_source_send(c, "[1]");
        return;
    }
    if (memmem(text.p, text.n, "chatty", 6))
        fake_source_send(c, "{\"type\":\"path_find\",\"id\":1}");
    snprintf(reply, sizeof reply, "{\"type\":\"response\",\"request\":%.*s}", SLICE_FMT(text));
    fake_source_send(c, reply);
}

struct rig {
    struct fake_source fakes[2];
    int n_commands[2];
    struct sources *sources;
    struct forward *forward;
    struct arena *arena;
    struct json reply;
    enum forward_failure failure;
};

static struct rig *rig_start(uint32_t n_sources, const struct forward_opts *with)
{
    struct rig *r = xcalloc(1, sizeof *r);
    struct sources_endpoint e[2];
    for (uint32_t i = 0; i < n_sources; i++) {
        r->fakes[i].on_command = on_command;
        r->fakes[i].user = &r->n_commands[i];
        fake_source_start(&r->fakes[i]);
        e[i] = fake_source_endpoint(&r->fakes[i]);
    }
    struct sources_opts opts = {.endpoints = e, .n_endpoints = n_sources};
    ASSERT_OK(sources_start(&opts, &r->sources));
    EVENTUALLY(sources_n_connected(r->sources) == n_sources);
    struct forward_opts fo = with ? *with : (struct forward_opts){0};
    fo.sources = r->sources;
    r->forward = forward_new(&fo);
    r->arena = arena_new((size_t)1 << 20);
    return r;
}

static void rig_stop(struct rig *r)
{
    forward_free(r->forward);
    sources_stop(r->sources);
    for (int i = 0; i < 2; i++)
        if (r->fakes[i].http)
            fake_source_stop(&r->fakes[i]);
    arena_free(r->arena);
    free(r);
}

static err ask_as(struct rig *r, const char *request, const char *ip, bool admin)
{
    struct forward_query q = {.text = slice_str(request), .client_ip = ip, .is_admin = admin};
    return forward_request(r->forward, &q, clock_now_ns() + 5 * CLOCK_S, r->arena, &r->reply,
                           &r->failure);
}

static err ask(struct rig *r, const char *request)
{
    return ask_as(r, request, "10.0.0.1", false);
}

static void unchanged(void *arg)
{
    struct rig *r = rig_start(1, NULL);
    (void)arg;
    ASSERT_OK(ask(r, "{\"command\":\"fee\",\"id\":[1.50, \"x\"]}"));
    ASSERT_SLICE("{\"type\":\"response\",\"request\":{\"command\":\"fee\",\"id\":[1.50, \"x\"]}}",
                 r->reply.raw);
    ASSERT_INT(FORWARD_FAILURE_NONE, r->failure);
    rig_stop(r);
}

TEST(request_and_reply_pass_unchanged)
{
    ASSERT_OK(core_run_fiber("test", unchanged, NULL));
}

static void identities(void *arg)
{
    struct rig *r = rig_start(1, NULL);
    struct fake_source_conn *c = r->fakes[0].conns; /* 0 is the link */
    (void)arg;
    for (int i = 0; i < 3; i++)
        ASSERT_OK(ask_as(r, "{\"command\":\"fee\"}", "10.0.0.1", false));
    ASSERT_OK(ask_as(r, "{\"command\":\"fee\"}", "10.0.0.1", true));
    ASSERT_OK(ask_as(r, "{\"command\":\"fee\"}", "2001:db8::1", false));
    ASSERT_OK(ask_as(r, "{\"command\":\"fee\"}", NULL, false));
    ASSERT_OK(ask_as(r, "{\"command\":\"fee\"}", "evil\r\nX-User: clio_admin", false));
    ASSERT_INT(6, r->fakes[0].n_conns);
    ASSERT_STR("kleio|clio_user|for=10.0.0.1", c[1].headers);
    ASSERT_INT(3, c[1].n_messages);
    ASSERT_STR("kleio|clio_admin|for=10.0.0.1", c[2].headers);
    ASSERT_STR("kleio|clio_user|for=\"[2001:db8::1]\"", c[3].headers);
    ASSERT_STR("kleio|clio_user|", c[4].headers);
    ASSERT_STR("kleio|clio_user|", c[5].headers);
    rig_stop(r);
}

TEST(a_connection_serves_one_client_in_one_role)
{
    ASSERT_OK(core_run_fiber("test", identities, NULL));
}

static void failures(void *arg)
{
    struct forward_opts opts = {.request_timeout_ns = 50 * CLOCK_MS};
    struct rig *r = rig_start(1, &opts);
    (void)arg;
    ASSERT_ERR(ERR_TIMEOUT, ask(r, "{\"command\":\"silent\"}"));
    ASSERT_INT(FORWARD_FAILURE_TIMEOUT, r->failure);
    ASSERT_ERR(ERR_PARSE, ask(r, "{\"command\":\"garbage\"}"));
    ASSERT_INT(FORWARD_FAILURE_INVALID_REPLY, r->failure);
    ASSERT_ERR(ERR_IO, ask(r, "{\"command\":\"hang_up\"}"));
    ASSERT_INT(FORWARD_FAILURE_REQUEST, r->failure);
    ASSERT_ERR(ERR_PARSE, ask(r, "{\"command\":\"nonsense\"}"));
    ASSERT_INT(FORWARD_FAILURE_INVALID_REPLY, r->failure);
    ASSERT(arena_used(r->arena) < 100); /* of what failed nothing stays */
    fake_source_stop(&r->fakes[0]);
    ASSERT_ERR(ERR_REFUSED, ask(r, "{\"command\":\"fee\"}"));
    ASSERT_INT(FORWARD_FAILURE_CONNECTION, r->failure);
    rig_stop(r);
}

TEST(each_kind_of_failure_is_told)
{
    ASSERT_OK(core_run_fiber("test", failures, NULL));
}

static void no_source(void *arg)
{
    struct arena *a = arena_new(0);
    struct json reply;
    struct forward_query q = {.text = SLICE_LIT("{\"command\":\"fee\"}")};
    enum forward_failure failure;
    struct forward *f = forward_new(&(struct forward_opts){0});
    (void)arg;
    ASSERT_ERR(ERR_REFUSED, forward_request(f, &q, clock_now_ns() + CLOCK_S, a, &reply, &failure));
    ASSERT_INT(FORWARD_FAILURE_CONNECTION, failure);
    forward_free(f);
    arena_free(a);
}

TEST(without_a_source_there_is_no_connection)
{
    ASSERT_OK(core_run_fiber("test", no_source, NULL));
}

static void another(void *arg)
{
    struct rig *r = rig_start(2, NULL);
    (void)arg;
    fake_source_stop(&r->fakes[0]);
    for (int i = 0; i < 8; i++)
        ASSERT_OK(ask(r, "{\"command\":\"fee\"}"));
    ASSERT_INT(8, r->n_commands[1]);
    rig_stop(r);
}

TEST(another_source_is_asked_when_one_cannot_be_reached)
{
    ASSERT_OK(core_run_fiber("test", another, NULL));
}

static void lost_while_idle(void *arg)
{
    struct rig *r = rig_start(1, NULL);
    (void)arg;
    for (int i = 0; i < 3; i++) {
        ASSERT_OK(ask(r, "{\"command\":\"fee\"}"));
        fake_source_hang_up(&r->fakes[0]);
        if (i == 1)
            ASSERT_OK(fiber_sleep_until(clock_now_ns() + 20 * CLOCK_MS));
    }
    ASSERT_INT(3, r->n_commands[0]);
    rig_stop(r);
}

TEST(a_connection_lost_while_idle_is_replaced)
{
    ASSERT_OK(core_run_fiber("test", lost_while_idle, NULL));
}

static void unasked(void *arg)
{
    struct rig *r = rig_start(1, NULL);
    (void)arg;
    ASSERT_OK(ask(r, "{\"command\":\"chatty\"}"));
    ASSERT_SLICE("{\"type\":\"response\",\"request\":{\"command\":\"chatty\"}}", r->reply.raw);
    fake_source_say(&r->fakes[0], "{\"type\":\"response\",\"late\":true}");
    ASSERT_OK(fiber_sleep_until(clock_now_ns() + 20 * CLOCK_MS));
    ASSERT_OK(ask(r, "{\"command\":\"fee\"}"));
    ASSERT_SLICE("{\"type\":\"response\",\"request\":{\"command\":\"fee\"}}", r->reply.raw);
    rig_stop(r);
}

TEST(a_message_that_nobody_asked_for_is_never_taken_for_a_reply)
{
    ASSERT_OK(core_run_fiber("test", unasked, NULL));
}

struct many {
    struct rig *rig;
    int n_done;
};

static void one_of_many(void *arg)
{
    struct many *m = arg;
    struct json reply;
    enum forward_failure failure;
    struct arena *a = arena_new(0);
    char request[64], expected[128];
    snprintf(request, sizeof request, "{\"command\":\"fee\",\"id\":%llu}",
             (unsigned long long)(uintptr_t)a);
    snprintf(expected, sizeof expected, "{\"type\":\"response\",\"request\":%s}", request);
    struct forward_query q = {.text = slice_str(request), .client_ip = "10.0.0.1"};
    ASSERT_OK(
        forward_request(m->rig->forward, &q, clock_now_ns() + 10 * CLOCK_S, a, &reply, &failure));
    ASSERT_SLICE(expected, reply.raw);
    arena_free(a);
    m->n_done++;
}

static void bounded(void *arg)
{
    struct forward_opts opts = {.max_per_client = 3, .max_connections = 5};
    struct many m = {.rig = rig_start(1, &opts)};
    struct fiber_group group;
    (void)arg;
    fiber_group_init(&group);
    for (int i = 0; i < 50; i++)
        fiber_group_spawn(&group, "one", one_of_many, &m);
    fiber_group_join(&group);
    ASSERT_INT(50, m.n_done);
    ASSERT_INT(1 + 3, m.rig->fakes[0].n_conns);
    for (int i = 0; i < 10; i++) { /* other clients push out idle connections */
        char ip[20];
        snprintf(ip, sizeof ip, "10.0.1.%d", i);
        ASSERT_OK(ask_as(m.rig, "{\"command\":\"fee\"}", ip, false));
    }
    int n_open = 0;
    ASSERT_OK(fiber_sleep_until(clock_now_ns() + 20 * CLOCK_MS));
    for (uint32_t i = 0; i < m.rig->fakes[0].n_conns; i++)
        n_open += m.rig->fakes[0].conns[i].ws != NULL;
    ASSERT_INT(1 + 5, n_open);
    rig_stop(m.rig);
}

TEST(connections_are_bounded_and_requests_wait_for_them)
{
    ASSERT_OK(core_run_fiber("test", bounded, NULL));
}

static void idle(void *arg)
{
    struct forward_opts opts = {.idle_timeout_ns = 30 * CLOCK_MS};
    struct rig *r = rig_start(1, &opts);
    (void)arg;
    ASSERT_OK(ask_as(r, "{\"command\":\"fee\"}", "10.0.0.1", false));
    ASSERT_OK(ask_as(r, "{\"command\":\"fee\"}", "10.0.0.2", false));
    EVENTUALLY(!r->fakes[0].conns[1].ws && !r->fakes[0].conns[2].ws);
    ASSERT_OK(ask_as(r, "{\"command\":\"fee\"}", "10.0.0.1", false));
    rig_stop(r);
}

TEST(idle_connections_are_closed_after_a_time)
{
    ASSERT_OK(core_run_fiber("test", idle, NULL));
}
