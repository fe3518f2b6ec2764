/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting in a test's fiber for what is to happen. */
#pragma once
#include "rt/clock.h"
#include "rt/fiber.h"
#include "test.h"

/* Let the loop run until cond, at most 20 s; it is asked no more once it was true. */
#define EVENTUALLY(cond)                                                                           \
    do {                                                                                           \
        int64_t until_ = clock_now_ns() + 20 * CLOCK_S;                                            \
        while (!(cond)) {                                                                          \
            if (clock_now_ns() >= until_)                                                          \
                test_fail(__FILE__, __LINE__, "never came: %s", #cond);                            \
            ASSERT_OK(fiber_sleep_until(clock_now_ns() + CLOCK_MS));                               \
        }                                                                                          \
    } while (0)
