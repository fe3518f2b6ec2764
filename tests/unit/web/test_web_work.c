/* SPDX-License-Identifier: Apache-2.0 */
#include "web/web_work.h"

#include "base/mem.h"
#include "front.h"
#include "test.h"

static void with_three_requests(struct web_opts *o)
{
    o->max_requests_per_interval = 3;
    o->interval_ns = INT64_C(1000000000) * 1000;
}

static void check_slow_down(struct front *f)
{
    for (int i = 0; i < 3; i++)
        front_expect(f, NULL, "{\"method\":\"ping\"}", 200, "\"status\":\"success\"");
    front_expect(f, NULL, "{\"method\":\"ping\"}", 503, "\"error\":\"slowDown\"");
    front_expect(f, NULL, "not JSON", 503, "slowDown");
}

TEST(requests_over_the_limit_are_told_to_slow_down)
{
    front_run(with_three_requests, check_slow_down);
}

static void with_few_bytes(struct web_opts *o)
{
    o->max_bytes_per_interval = 100;
    o->interval_ns = INT64_C(1000000000) * 1000;
}

static void check_bytes(struct front *f)
{
    front_expect(f, NULL, "{\"method\":\"ping\"}", 200, "\"warning\":\"load\"");
    front_expect(f, NULL, "{\"method\":\"ping\"}", 503, "slowDown");
}

TEST(the_answer_that_crosses_the_byte_limit_warns)
{
    front_run(with_few_bytes, check_bytes);
}

static void with_no_room(struct web_opts *o)
{
    o->max_in_work = 0;
}

static void check_busy(struct front *f)
{
    front_expect(f, NULL, "{\"method\":\"fee\"}", 503, "\"error\":\"tooBusy\"");
    ASSERT_INT(0, f->n_forwarded);
    front_expect(f, NULL, "{\"method\":\"ping\"}", 200, "success"); /* does it live? */
    front_expect(f, NULL, "{\"method\":\"ping\"}", 503, "\"error\":\"tooBusy\"");
}

TEST(requests_over_the_bound_of_work_are_too_many)
{
    front_run(with_no_room, check_busy);
}

static void check_vital(struct front *f)
{
    for (int i = 0; i < 3; i++)
        front_expect(f, NULL, "{\"method\":\"fee\"}", 200, "echo");
    front_expect(f, NULL, "{\"method\":\"fee\"}", 503, "slowDown");
    front_expect(f, NULL, "{\"method\":\"server_info\",\"params\":[{}]}", 200, "complete_ledgers");
    front_expect(f, NULL, "{\"method\":\"server_info\",\"params\":[{}]}", 503, "slowDown");
    front_expect(f, NULL, "{\"x\":\"ping\"}", 503, "slowDown");
}

TEST(whether_it_lives_is_answered_beyond_the_limit)
{
    front_run(with_three_requests, check_vital);
}

static void check_warning(struct front *f)
{
    CLEANUP(buf_deinit) struct buf text = {0};
    for (int i = 0; i < 2; i++) {
        buf_clear(&text);
        ASSERT_INT(200, front_post(f, NULL, "{\"method\":\"fee\"}", &text));
        ASSERT(memmem(text.p, text.n, "2003", 4) == NULL);
    }
    front_expect(f, NULL, "{\"method\":\"fee\"}", 200, "\"id\":2003");
}

TEST(the_warning_comes_before_the_refusal)
{
    front_run(with_three_requests, check_warning);
}
