/* SPDX-License-Identifier: Apache-2.0 */
#include "web/throttle.h"

#include "base/mem.h"
#include "front.h"
#include "net/http_client.h"
#include "net/ws_client.h"
#include "rt/clock.h"
#include "rt/core.h"
#include "rt/fiber.h"
#include "test.h"
#include "web/netlist.h"

static int n_gone_on;

static void go_on(struct throttle *t)
{
    n_gone_on++;
}

static void verdicts(void *arg)
{
    struct netlist *nobody = netlist_new();
    struct guard *g = guard_new(&(struct guard_opts){
        .max_requests = 1, .max_bytes = 100, .interval_ns = CLOCK_S, .whitelist = nobody});
    struct guard_client *c = guard_get(g, "1.2.3.4");
    struct throttle t;
    throttle_init(&t, go_on);
    for (int strike = 1; strike <= THROTTLE_MAX_STRIKES; strike++) {
        for (int i = 0; i < THROTTLE_MAX_REFUSALS; i++)
            ASSERT_INT(THROTTLE_TELL, throttle_refused(&t, g, c));
        ASSERT_INT(THROTTLE_HOLD, throttle_refused(&t, g, c));
        ASSERT_INT(THROTTLE_HOLD, throttle_refused(&t, g, c));
        clock_test_advance(CLOCK_S);
        while (n_gone_on < strike)
            ASSERT_OK(fiber_yield());
    }
    for (int i = 0; i < THROTTLE_MAX_REFUSALS; i++)
        ASSERT_INT(THROTTLE_TELL, throttle_refused(&t, g, c));
    ASSERT_INT(THROTTLE_CLOSE, throttle_refused(&t, g, c));
    clock_test_advance(10 * CLOCK_S); /* it has been quiet */
    for (int i = 0; i < THROTTLE_MAX_REFUSALS; i++)
        ASSERT_INT(THROTTLE_TELL, throttle_refused(&t, g, c));
    ASSERT_INT(THROTTLE_HOLD, throttle_refused(&t, g, c));
    throttle_stop(&t);
    guard_put(g, c);
    guard_free(g);
    netlist_free(nobody);
}

TEST(a_client_is_told_then_held_and_closed_if_it_goes_on)
{
    int64_t now = 100 * CLOCK_S;
    clock_test_set(&now, 0);
    ASSERT_OK(core_run_fiber("test", verdicts, NULL));
}

static void with_short_intervals(struct web_opts *o)
{
    o->max_requests_per_interval = 5;
    o->interval_ns = 50 * CLOCK_MS;
}

/* A flood over one WebSocket, whose sender reads nothing: what comes is counted by the reader. */
static void check_ws_flood(struct front *f)
{
    struct ws_client *c = NULL;
    struct ws_client_opts opts = {.host = "127.0.0.1", .port = f->port, .max_inbox_msgs = 1000000};
    ASSERT_OK(ws_client_connect(&opts, clock_now_ns() + 20 * CLOCK_S, &c));
    int n_sent = 0;
    while (ws_client_close_code(c) == 0) {
        if (err_failed(ws_client_send(c, WS_FRAME_TEXT, SLICE_LIT("{\"command\":\"random\"}"))))
            break;
        if (++n_sent % 64 == 0)
            ASSERT_OK(fiber_sleep_until(clock_now_ns() + CLOCK_MS));
        ASSERT(n_sent < 10000000);
    }
    int n_heard = 0;
    CLEANUP(buf_deinit) struct buf text = {0};
    while (!err_failed(ws_client_read(c, clock_now_ns() + 5 * CLOCK_S, &text, NULL)))
        n_heard++;
    ASSERT_INT(WS_FRAME_CODE_POLICY, ws_client_close_code(c));
    /* what it may, and so many refusals, per interval that it was read from */
    ASSERT(n_heard <= (5 + THROTTLE_MAX_REFUSALS + 2) * (THROTTLE_MAX_STRIKES + 2));
    ws_client_free(c);
    front_expect(f, "X: y\r\n", "{\"method\":\"ping\"}", 200, "success");
}

TEST(a_session_that_floods_is_not_read_from_and_closed_with_1008)
{
    front_run(with_short_intervals, check_ws_flood);
}

static void check_http_flood(struct front *f)
{
    struct http_client *c = NULL;
    struct http_response r = {0};
    struct http_client_request req = {
        .method = "POST", .target = "/", .body = SLICE_LIT("{\"method\":\"random\"}")};
    ASSERT_OK(http_client_open("127.0.0.1", f->port, clock_now_ns() + 20 * CLOCK_S, &c));
    int64_t begun_ns = clock_now_ns();
    int n_ok = 0, n_refused = 0;
    for (int i = 0; i < 200; i++) {
        ASSERT_OK(http_client_do(c, &req, clock_now_ns() + 20 * CLOCK_S, &r));
        n_ok += r.status == 200;
        n_refused += r.status == 503;
    }
    ASSERT_INT(200, n_ok + n_refused);
    /* 37 answers an interval at most: the 200 take more than four */
    ASSERT(clock_now_ns() - begun_ns >= 4 * 50 * CLOCK_MS);
    http_response_deinit(&r);
    http_client_close(c);
}

TEST(a_connection_that_floods_waits_for_the_next_interval)
{
    front_run(with_short_intervals, check_http_flood);
}
