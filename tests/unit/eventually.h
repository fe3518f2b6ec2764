/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting in a test's fiber for what is to happen. */
#pragma once
#include "rt/clock.h"
#include "rt/fiber.h"
#include "test.h"

/* Let the loop run until cond, at most 20 s. */
#define EVENTUALLY(cond)                                                                           \
    do {                                                                                           \
        int64_t until_ = clock_now_ns() + 20 * CLOCK_S;                                            \
        while (!(cond) && clock_now_ns() < until_)                                                 \
            ASSERT_OK(fiber_sleep_until(clock_now_ns() + CLOCK_MS));                               \
        ASSERT(cond);                                                                              \
    } while (0)
