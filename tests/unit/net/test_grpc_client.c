/* SPDX-License-Identifier: Apache-2.0 */
#include "net/grpc_client.h"
#include "net/grpc_server.h"
#include "net_fixture.h"

#include <stdlib.h>

/* What a call asks for is in its path; the request is echoed. */
static void handler(void *arg, struct grpc_server_call *call)
{
    int *n_cancelled = arg;
    struct buf reply = {0};
    if (slice_is(call->path, "/t/Error")) {
        grpc_server_reply_error(call, GRPC_CODE_NOT_FOUND, "no such ledger: 100% \xc3\xa9");
        return;
    }
    if (slice_is(call->path, "/t/Silent"))
        return;
    if (slice_is(call->path, "/t/Stall")) {
        if (fiber_sleep_until(clock_now_ns() + 100 * CLOCK_S).code == ERR_CANCELLED)
            ++*n_cancelled;
    }
    if (slice_is(call->path, "/t/Deadline")) {
        buf_printf(&reply, "%d", (int)((call->deadline_ns - clock_now_ns()) / CLOCK_S));
        grpc_server_reply(call, &reply);
        return;
    }
    if (slice_is(call->path, "/t/Large") || slice_is(call->path, "/t/Reset")) {
        size_t n = (size_t)64 << 20;
        uint8_t *p = buf_reserve(&reply, n);
        for (size_t i = 0; i < n; i++)
            p[i] = (uint8_t)(i * 2654435761u >> 24);
        buf_advance(&reply, n);
        if (slice_is(call->path, "/t/Reset"))
            grpc_server_reset_after(call, (size_t)20 << 20);
        grpc_server_reply(call, &reply);
        return;
    }
    if (slice_is(call->path, "/t/Drop")) {
        grpc_server_drop_connection(call);
        return;
    }
    if (slice_is(call->path, "/t/Yield"))
        net_settle();
    buf_put_slice(&reply, call->request);
    grpc_server_reply(call, &reply);
}

struct rig {
    struct grpc_server *server;
    struct grpc_client *client;
    int n_cancelled;
    struct buf reply;
    struct grpc_status status;
};

static void rig_init(struct rig *r)
{
    memset(r, 0, sizeof *r);
    struct grpc_server_opts so = {
        .handler = handler, .arg = &r->n_cancelled, .max_request_bytes = 1000};
    ASSERT_OK(grpc_server_start(&so, &r->server));
    struct grpc_client_opts co = {.host = "127.0.0.1", .port = grpc_server_port(r->server)};
    r->client = grpc_client_new(&co);
}

static void rig_deinit(struct rig *r)
{
    grpc_client_free(r->client);
    grpc_server_stop(r->server);
    buf_deinit(&r->reply);
}

static err call(struct rig *r, const char *path, const char *request, size_t max,
                int64_t deadline_ns)
{
    memset(&r->status, 0, sizeof r->status);
    return grpc_client_call(r->client, path, slice_str(request), max, deadline_ns, &r->reply,
                            &r->status);
}

static void basic_main(void *arg)
{
    struct rig r;
    rig_init(&r);
    ASSERT(!grpc_client_connected(r.client));
    ASSERT_OK(call(&r, "/t/Echo", "hello", 0, SOON));
    ASSERT_SLICE("hello", buf_slice(&r.reply));
    ASSERT(grpc_client_connected(r.client));
    ASSERT_OK(call(&r, "/t/Echo", "", 0, SOON));
    ASSERT_INT(0, r.reply.n);
    ASSERT_OK(call(&r, "/t/Echo", "no deadline", 0, CLOCK_NEVER));
    ASSERT_ERR(ERR_STATUS, call(&r, "/t/Error", "", 0, SOON));
    ASSERT_INT(GRPC_CODE_NOT_FOUND, r.status.code);
    ASSERT_STR("no such ledger: 100% \xc3\xa9", r.status.message);
    ASSERT_ERR(ERR_STATUS, call(&r, "/t/Silent", "", 0, SOON));
    ASSERT_INT(GRPC_CODE_UNKNOWN, r.status.code);
    ASSERT_ERR(ERR_LIMIT, call(&r, "/t/Echo", "0123456789", 9, SOON));
    ASSERT_OK(call(&r, "/t/Deadline", "", 0, clock_now_ns() + 100 * CLOCK_S));
    ASSERT_SLICE("99", buf_slice(&r.reply));
    char large[2000];
    memset(large, 'x', sizeof large);
    large[sizeof large - 1] = 0;
    ASSERT_ERR(ERR_STATUS, call(&r, "/t/Echo", large, 0, SOON));
    ASSERT_INT(GRPC_CODE_RESOURCE_EXHAUSTED, r.status.code);
    ASSERT_INT(0, grpc_client_n_calls(r.client));
    rig_deinit(&r);
}

TEST(calls_return_replies_and_statuses)
{
    ASSERT_OK(core_run_fiber("t", basic_main, NULL));
}

struct many {
    struct rig rig;
    int n_ok;
};

static void one_of_many(void *arg)
{
    struct many *m = arg;
    CLEANUP(buf_deinit) struct buf reply = {0};
    char request[32];
    snprintf(request, sizeof request, "%p", (void *)&reply);
    ASSERT_OK(
        grpc_client_call(m->rig.client, "/t/Yield", slice_str(request), 0, SOON, &reply, NULL));
    ASSERT_SLICE(request, buf_slice(&reply));
    m->n_ok++;
}

static void many_main(void *arg)
{
    struct many m = {0};
    rig_init(&m.rig);
    struct fiber_group g;
    fiber_group_init(&g);
    for (int i = 0; i < 100; i++)
        fiber_group_spawn(&g, "call", one_of_many, &m);
    fiber_group_join(&g);
    ASSERT_INT(100, m.n_ok);
    rig_deinit(&m.rig);
}

TEST(a_hundred_calls_share_one_connection)
{
    ASSERT_OK(core_run_fiber("t", many_main, NULL));
}

static void large_main(void *arg)
{
    struct rig r;
    rig_init(&r);
    ASSERT_OK(call(&r, "/t/Large", "", 0, SOON));
    ASSERT_INT((size_t)64 << 20, r.reply.n);
    for (size_t i = 0; i < r.reply.n; i += 4099)
        ASSERT(r.reply.p[i] == (uint8_t)(i * 2654435761u >> 24));
    ASSERT_ERR(ERR_IO, call(&r, "/t/Reset", "", 0, SOON));
    ASSERT_OK(call(&r, "/t/Echo", "after a reset", 0, SOON));
    ASSERT_ERR(ERR_LIMIT, call(&r, "/t/Large", "", 1000, SOON));
    ASSERT_OK(call(&r, "/t/Echo", "after a limit", 0, SOON));
    rig_deinit(&r);
}

TEST(large_replies_arrive_whole_and_a_reset_in_the_middle_is_an_error)
{
    ASSERT_OK(core_run_fiber("t", large_main, NULL));
}

static void lost_main(void *arg)
{
    struct rig r;
    rig_init(&r);
    err e = call(&r, "/t/Drop", "", 0, SOON);
    ASSERT(e.code == ERR_CLOSED || e.code == ERR_IO);
    ASSERT(!grpc_client_connected(r.client));
    ASSERT_OK(call(&r, "/t/Echo", "again", 0, SOON));
    struct grpc_client_opts co = {.host = "127.0.0.1", .port = 1};
    struct grpc_client *nobody = grpc_client_new(&co);
    ASSERT_ERR(ERR_REFUSED, grpc_client_call(nobody, "/x", SLICE_EMPTY, 0, SOON, &r.reply, NULL));
    grpc_client_free(nobody);
    rig_deinit(&r);
}

TEST(a_lost_connection_is_made_again_by_the_next_call)
{
    ASSERT_OK(core_run_fiber("t", lost_main, NULL));
}

static void stalled_call(void *arg)
{
    struct rig *r = arg;
    ASSERT_ERR(ERR_CANCELLED, call(r, "/t/Stall", "", 0, SOON));
}

static void closed_call(void *arg)
{
    struct rig *r = arg;
    ASSERT_ERR(ERR_CLOSED, call(r, "/t/Stall", "", 0, SOON));
}

static void give_up_main(void *arg)
{
    struct rig r;
    rig_init(&r);
    ASSERT_ERR(ERR_TIMEOUT, call(&r, "/t/Stall", "", 0, clock_now_ns() + 30 * CLOCK_MS));
    net_settle();
    ASSERT_INT(1, r.n_cancelled); /* the server has heard of it */
    ASSERT_ERR(ERR_TIMEOUT, call(&r, "/t/Echo", "", 0, clock_now_ns() - 1));
    struct fiber_group g;
    fiber_group_init(&g);
    struct fiber *f = fiber_group_spawn(&g, "call", stalled_call, &r);
    net_settle();
    fiber_cancel(f);
    fiber_group_join(&g);
    net_settle();
    ASSERT_INT(2, r.n_cancelled);
    ASSERT_OK(call(&r, "/t/Echo", "still usable", 0, SOON));
    fiber_group_spawn(&g, "call", closed_call, &r);
    net_settle();
    r.client = grpc_client_free(r.client);
    fiber_group_join(&g);
    rig_deinit(&r);
}

TEST(calls_end_at_their_deadline_when_cancelled_and_when_the_client_is_freed)
{
    ASSERT_OK(core_run_fiber("t", give_up_main, NULL));
}

/* A peer that accepts, and then says `hello` and nothing more. */
struct mute {
    struct sock *s;
    const char *hello;
    size_t n_hello;
};

static void mute_data(void *arg, struct slice data)
{
    struct mute *m = arg;
    (void)data;
    if (m->n_hello)
        ASSERT_OK(sock_write(m->s, slice_of(m->hello, m->n_hello)));
    m->n_hello = 0;
}

static void mute_end(void *arg, err e)
{
    struct mute *m = arg;
    (void)e;
    m->s = sock_close(m->s, 0);
}

static void mute_drain(void *arg)
{
    (void)arg;
}

static const struct sock_handler mute_handler = {mute_data, mute_end, mute_drain};

static void mute_accept(void *arg, struct sock *s, const char *peer_ip)
{
    struct mute *m = arg;
    (void)peer_ip;
    m->s = s;
    sock_set_handler(s, &mute_handler, m);
}

struct ping_rig {
    struct grpc_client *client;
    err e;
};

static void ping_call(void *arg)
{
    struct ping_rig *p = arg;
    CLEANUP(buf_deinit) struct buf reply = {0};
    p->e = grpc_client_call(p->client, "/x", SLICE_EMPTY, 0, CLOCK_NEVER, &reply, NULL);
}

static void dead_main(void *arg)
{
    int64_t now = clock_now_ns();
    clock_test_set(&now, now);
    struct mute m = {0};
    struct sock_listener *l = net_listen(mute_accept, &m);
    struct grpc_client_opts co = {.host = "127.0.0.1", .port = sock_listener_port(l)};
    struct ping_rig p = {.client = grpc_client_new(&co)};
    struct fiber_group g;
    fiber_group_init(&g);
    fiber_group_spawn(&g, "call", ping_call, &p);
    net_settle();
    for (int i = 0; i < 15; i++) {
        ASSERT_INT(1, grpc_client_n_calls(p.client));
        clock_test_advance(CLOCK_S);
        net_settle();
    }
    fiber_group_join(&g);
    ASSERT_INT(ERR_IO, p.e.code);
    clock_test_set(NULL, 0);
    grpc_client_free(p.client);
    net_settle();
    sock_listener_close(l);
}

TEST(a_server_that_shows_no_sign_of_life_is_given_up_after_fifteen_seconds)
{
    ASSERT_OK(core_run_fiber("t", dead_main, NULL));
}

static void garbage_main(void *arg)
{
    static const struct {
        const char *bytes;
        size_t n;
    } cases[] = {
        {"HTTP/1.1 400 Bad Request\r\n\r\n", 28},
        {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12},
        /* SETTINGS, then DATA on a stream that was never opened */
        {"\0\0\0\4\0\0\0\0\0"
         "\0\0\1\0\0\0\0\0\7x",
         19},
        /* SETTINGS, then GOAWAY(last stream 0, INTERNAL_ERROR) */
        {"\0\0\0\4\0\0\0\0\0"
         "\0\0\10\7\0\0\0\0\0"
         "\0\0\0\0"
         "\0\0\0\2",
         26},
        /* SETTINGS, then RST_STREAM of our stream */
        {"\0\0\0\4\0\0\0\0\0"
         "\0\0\4\3\0\0\0\0\1"
         "\0\0\0\2",
         22},
        /* SETTINGS, then HEADERS ":status 200", END_STREAM: no grpc-status */
        {"\0\0\0\4\0\0\0\0\0"
         "\0\0\1\1\5\0\0\0\1\x88",
         19},
        /* SETTINGS, then HEADERS ":status 404", END_STREAM */
        {"\0\0\0\4\0\0\0\0\0"
         "\0\0\1\1\5\0\0\0\1\x8d",
         19},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct mute m = {.hello = cases[i].bytes, .n_hello = cases[i].n};
        struct sock_listener *l = net_listen(mute_accept, &m);
        struct grpc_client_opts co = {.host = "127.0.0.1", .port = sock_listener_port(l)};
        struct grpc_client *c = grpc_client_new(&co);
        CLEANUP(buf_deinit) struct buf reply = {0};
        struct grpc_status status = {0};
        err e = grpc_client_call(c, "/x", SLICE_LIT("req"), 0, SOON, &reply, &status);
        ASSERT(e.code == (i == 6             ? ERR_STATUS
                          : i == 3 || i == 4 ? ERR_IO
                                             : ERR_PROTOCOL) ||
               (i < 3 && (e.code == ERR_CLOSED || e.code == ERR_IO)));
        if (i == 6)
            ASSERT_INT(GRPC_CODE_UNIMPLEMENTED, status.code);
        grpc_client_free(c);
        net_settle();
        sock_listener_close(l);
    }
}

TEST(garbage_and_refusals_of_the_server_are_errors)
{
    ASSERT_OK(core_run_fiber("t", garbage_main, NULL));
}

/* SETTINGS; GOAWAY up to stream 1; on stream 1 HEADERS (200, content-type), DATA "abc", trailers
 * (status 0) */
#define GOING_AWAY                                                                                 \
    "\0\0\0\4\0\0\0\0\0"                                                                           \
    "\0\0\10\7\0\0\0\0\0\0\0\0\1\0\0\0\0"                                                          \
    "\0\0\40\1\4\0\0\0\1\x88\0\14content-type\20application/grpc"                                  \
    "\0\0\10\0\0\0\0\0\1\0\0\0\0\3"                                                                \
    "abc"                                                                                          \
    "\0\0\17\1\5\0\0\0\1\0\13grpc-status\1"                                                        \
    "0"

struct leaver {
    struct mute mutes[2];
    int n;
};

static void leaver_accept(void *arg, struct sock *s, const char *peer_ip)
{
    struct leaver *l = arg;
    ASSERT(l->n < 2);
    struct mute *m = &l->mutes[l->n++];
    m->hello = GOING_AWAY;
    m->n_hello = sizeof GOING_AWAY - 1;
    mute_accept(m, s, peer_ip);
}

static void goaway_main(void *arg)
{
    struct leaver leaver = {0};
    struct sock_listener *l = net_listen(leaver_accept, &leaver);
    struct grpc_client_opts co = {.host = "127.0.0.1", .port = sock_listener_port(l)};
    struct grpc_client *c = grpc_client_new(&co);
    CLEANUP(buf_deinit) struct buf reply = {0};
    for (int i = 1; i <= 2; i++) {
        ASSERT_OK(grpc_client_call(c, "/x", SLICE_LIT("req"), 0, SOON, &reply, NULL));
        ASSERT_SLICE("abc", buf_slice(&reply));
        ASSERT_INT(i, leaver.n);
        ASSERT(!grpc_client_connected(c));
    }
    grpc_client_free(c);
    net_settle();
    sock_listener_close(l);
}

TEST(a_server_that_goes_away_finishes_its_call_and_the_next_one_connects_anew)
{
    ASSERT_OK(core_run_fiber("t", goaway_main, NULL));
}
