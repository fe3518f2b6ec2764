/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/stuck.h"

#include "rt/clock.h"
#include "rt/core.h"
#include "rt/fiber.h"
#include "test.h"

#include <time.h>
#include <unistd.h>

static int64_t real_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void hold_core(int64_t ms)
{
    for (int64_t until = real_ms() + ms; real_ms() < until;) {
    }
}

static void main_fiber(void *arg)
{
    /* waiting and short turns are nothing to report */
    for (int i = 0; i < 50; i++)
        ASSERT_OK(fiber_sleep_until(clock_now_ns() + 10 * CLOCK_MS));
    ASSERT_INT(0, stuck_count());
    fiber_set_doing("request", SLICE_LIT("{\"method\": \"loop\"}"));
    for (int i = 0; i < 200 && stuck_count() == 0; i++)
        hold_core(100);
    ASSERT_INT(1, stuck_count());
    hold_core(1500);
    ASSERT_INT(1, stuck_count()); /* once a turn */
    *(bool *)arg = true;
}

TEST(a_fiber_that_holds_its_core_is_reported_once)
{
    bool done = false;
    ASSERT_OK(stuck_start(1 * CLOCK_S));
    ASSERT_OK(core_run_fiber("test", main_fiber, &done));
    ASSERT(done);
    stuck_stop();
}

static void tell(void *arg)
{
    char text[200];
    fiber_describe(text, sizeof text);
    ASSERT_STR("fiber \"test\"", text);
    fiber_set_doing("request", SLICE_LIT("{\"method\": \"x\"}"));
    fiber_describe(text, sizeof text);
    ASSERT_STR("fiber \"test\", request {\"method\": \"x\"}", text);
    fiber_set_doing("request", SLICE_LIT("{\"secret\": \"s...\"}"));
    fiber_describe(text, sizeof text);
    ASSERT_STR("fiber \"test\", request (with a secret)", text);
    (void)arg;
}

TEST(a_fiber_tells_what_it_does)
{
    ASSERT_OK(core_run_fiber("test", tell, NULL));
    char text[8] = "x";
    fiber_describe(text, sizeof text);
    ASSERT_STR("", text);
}
