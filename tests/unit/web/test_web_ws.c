/* SPDX-License-Identifier: Apache-2.0 */
#include "web/web_ws.h"

#include "base/mem.h"
#include "front.h"
#include "net/ws_client.h"
#include "rt/clock.h"
#include "rt/fiber.h"
#include "test.h"

#define SOON (clock_now_ns() + 20 * CLOCK_S)

static struct ws_client *open_client(struct front *f)
{
    struct ws_client *c = NULL;
    struct ws_client_opts opts = {.host = "127.0.0.1", .port = f->port};
    ASSERT_OK(ws_client_connect(&opts, SOON, &c));
    return c;
}

static void say(struct ws_client *c, const char *text)
{
    ASSERT_OK(ws_client_send(c, WS_FRAME_TEXT, slice_str(text)));
}

static void hear(struct ws_client *c, const char *part)
{
    CLEANUP(buf_deinit) struct buf text = {0};
    ASSERT_OK(ws_client_read(c, SOON, &text, NULL));
    ASSERT(front_has(&text, part));
}

static void check_answers(struct front *f)
{
    struct ws_client *c = open_client(f);
    say(c, "{\"command\":\"ping\",\"id\":1}");
    hear(c, "\"id\":1");
    say(c, "nonsense");
    hear(c, "\"error\":\"badSyntax\"");
    say(c, "{\"id\":2}");
    hear(c, "missingCommand");
    say(c, "{\"command\":\"fee\",\"id\":\"three\"}");
    hear(c, "\"id\":\"three\"");
    ASSERT(strstr(f->forwarded, "127.0.0.1 admin") == f->forwarded);
    ws_client_free(c);
}

TEST(messages_are_answered_and_bad_ones_do_not_end_the_session)
{
    front_run(NULL, check_answers);
}

static void check_parallel(struct front *f)
{
    struct ws_client *c = open_client(f);
    f->hang = true;
    for (int i = 0; i < 10; i++)
        say(c, "{\"command\":\"fee\"}");
    while (f->n_forwarded < 4)
        ASSERT_OK(fiber_yield());
    for (int i = 0; i < 100; i++)
        ASSERT_OK(fiber_yield());
    ASSERT_INT(4, f->n_forwarded); /* opts.max_parallel; the others wait unread */
    f->hang = false;
    ws_client_free(c);
}

TEST(a_session_has_only_so_many_requests_in_work)
{
    front_run(NULL, check_parallel);
}

static void with_two_requests(struct web_opts *o)
{
    o->max_requests_per_interval = 2;
    o->interval_ns = INT64_C(1000000000) * 1000;
}

static void check_slow_down(struct front *f)
{
    struct ws_client *c = open_client(f);
    for (int i = 0; i < 2; i++) {
        say(c, "{\"command\":\"ping\"}");
        hear(c, "\"status\":\"success\"");
    }
    say(c, "{\"command\":\"ping\",\"id\":5}");
    hear(c, "\"error\":\"slowDown\"");
    ws_client_free(c);
}

TEST(sessions_are_told_to_slow_down)
{
    front_run(with_two_requests, check_slow_down);
}

static struct ws_client *left_open;

static void leave_open(struct front *f)
{
    left_open = open_client(f);
    say(left_open, "{\"command\":\"ping\"}");
    hear(left_open, "success");
}

TEST(a_stop_says_goodbye_to_open_sessions)
{
    front_run(NULL, leave_open);
}
