/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/core_call.h"

#include "base/mem.h"
#include "rt/clock.h"
#include "rt/core.h"
#include "rt/fiber.h"
#include "rt/ready.h"
#include "test.h"

#include <pthread.h>
#include <stdatomic.h>

#define N_CORES 3

static struct core *cores[N_CORES];

/* Run fn on this thread, which is no core, while the cores run on threads of their own. */
static void with_cores(fiber_fn fn)
{
    for (uint32_t i = 0; i < N_CORES; i++)
        ASSERT_OK(core_new(&(struct core_opts){.index = i}, &cores[i]));
    for (uint32_t i = 0; i < N_CORES; i++)
        ASSERT_OK(core_start(cores[i]));
    fn(NULL);
    for (uint32_t i = 0; i < N_CORES; i++) {
        core_stop(cores[i]);
        core_join(cores[i]);
    }
    for (uint32_t i = 0; i < N_CORES; i++)
        cores[i] = core_free(cores[i]);
}

/* A fiber of core 1 is the caller in the tests of fibers: it is itself started by a call. */
static void on_core_1(core_call_fn fn)
{
    ASSERT_OK(core_call(cores[1], fn, NULL));
}

static err where_am_i(void *arg)
{
    ASSERT(fiber_current() != NULL);
    *(struct core **)arg = core_current();
    return fiber_yield(); /* it may wait */
}

static void calls_of_a_thread(void *arg)
{
    for (int i = 0; i < N_CORES; i++) {
        struct core *seen = NULL;
        ASSERT_OK(core_call(cores[i], where_am_i, &seen));
        ASSERT(seen == cores[i]);
    }
}

TEST(a_thread_blocks_until_the_function_has_run_on_a_fiber_of_the_core)
{
    with_cores(calls_of_a_thread);
}

static err note_share(void *arg)
{
    *(uint16_t *)arg = ready_share_now();
    return OK;
}

static err calls_for_a_client(void *arg)
{
    uint16_t there = 0, here = 0;
    fiber_set_share(77);
    ASSERT_OK(core_call(cores[2], note_share, &there));
    ASSERT_OK(core_call(cores[1], note_share, &here));
    ASSERT_INT(77, there);
    ASSERT_INT(77, here);
    return OK;
}

static void share_of_a_call(void *arg)
{
    uint16_t of_thread = 1;
    ASSERT_OK(core_call(cores[0], note_share, &of_thread));
    ASSERT_INT(SHARE_OWN, of_thread);
    on_core_1(calls_for_a_client);
}

TEST(a_call_takes_the_time_of_whom_its_caller_works_for)
{
    with_cores(share_of_a_call);
}

static err asks_core_2(void *arg)
{
    struct core *seen = NULL;
    ASSERT_OK(core_call(cores[2], where_am_i, &seen));
    ASSERT(seen == cores[2] && core_current() == cores[1]);
    ASSERT_OK(core_call(cores[1], where_am_i, &seen)); /* its own core: in place */
    ASSERT(seen == cores[1]);
    return OK;
}

static void calls_of_a_fiber(void *arg)
{
    on_core_1(asks_core_2);
}

TEST(a_fiber_parks_until_the_function_has_run_on_the_other_core)
{
    with_cores(calls_of_a_fiber);
}

static err refuses(void *arg)
{
    return FAIL(ERR_NOT_FOUND, "core %u has none", core_index(core_current()));
}

static err expects_refusal(void *arg)
{
    ASSERT_ERR(ERR_NOT_FOUND, core_call(cores[2], refuses, NULL));
    ASSERT_STR("core 2 has none", err_text());
    return OK;
}

static void errors(void *arg)
{
    on_core_1(expects_refusal);
    ASSERT_ERR(ERR_NOT_FOUND, core_call(cores[1], refuses, NULL));
    ASSERT_STR("core 1 has none", err_text());
}

TEST(errors_come_back_with_their_text)
{
    with_cores(errors);
}

static atomic_uint n_inside, n_met;

/* Ends only when all cores are inside at the same time. */
static err meets_the_others(void *arg)
{
    n_inside++;
    while (n_inside < N_CORES)
        TRY(fiber_yield());
    n_met++;
    return core_index(core_current()) ? refuses(NULL) : OK;
}

/* Its own core is among them: there the function runs in place. */
static err calls_all(void *arg)
{
    n_inside = n_met = 0;
    ASSERT_ERR(ERR_NOT_FOUND, core_call_all(cores, N_CORES, meets_the_others, NULL));
    ASSERT_STR("core 1 has none", err_text()); /* the first in the list that failed */
    ASSERT_INT(N_CORES, n_met);
    return OK;
}

static void all_cores(void *arg)
{
    ASSERT_OK(calls_all(NULL)); /* from a thread */
    on_core_1(calls_all);
    ASSERT_OK(core_call_all(cores, 0, refuses, NULL));
}

TEST(all_cores_run_at_the_same_time)
{
    with_cores(all_cores);
}

static atomic_bool callee_waits;

static err waits_to_be_cancelled(void *arg)
{
    callee_waits = true;
    err e = fiber_sleep_until(CLOCK_NEVER);
    *(atomic_bool *)arg = true; /* the caller's stack is still there */
    return e;
}

static bool caller_back;

static void cancelled_caller(void *arg)
{
    atomic_bool ended = false;
    ASSERT_ERR(ERR_CANCELLED, core_call(cores[2], waits_to_be_cancelled, &ended));
    ASSERT(ended);
    caller_back = true;
}

static err cancels_its_caller(void *arg)
{
    struct fiber *f = fiber_spawn("caller", cancelled_caller, NULL);
    while (!callee_waits)
        TRY(fiber_yield());
    fiber_cancel(f);
    while (!caller_back)
        TRY(fiber_yield());
    return OK;
}

static void cancelling(void *arg)
{
    on_core_1(cancels_its_caller);
}

TEST(a_cancelled_caller_cancels_the_function_and_waits_for_its_end)
{
    with_cores(cancelling);
}

static void cancelled_at_once(void *arg)
{
    struct core *seen = NULL;
    err_ignore(core_call(cores[2], where_am_i, &seen)); /* cancelled or not: it must end */
    ASSERT(seen == cores[2]);
    caller_back = true;
}

static err cancels_at_any_time(void *arg)
{
    for (int i = 0; i < 2000; i++) {
        caller_back = false;
        struct fiber *f = fiber_spawn("caller", cancelled_at_once, NULL);
        for (int turns = i % 7; turns > 0 && !caller_back; turns--)
            TRY(fiber_yield());
        if (!caller_back)
            fiber_cancel(f);
        while (!caller_back)
            TRY(fiber_yield());
    }
    return OK;
}

static void cancelling_often(void *arg)
{
    on_core_1(cancels_at_any_time);
}

TEST(a_caller_can_be_cancelled_at_any_moment)
{
    with_cores(cancelling_often);
}

static err reads_deadline(void *arg)
{
    *(int64_t *)arg = fiber_deadline();
    return OK;
}

static err has_deadline(void *arg)
{
    int64_t seen = 0;
    ASSERT(fiber_deadline() == CLOCK_NEVER);
    fiber_set_deadline(4711);
    ASSERT_OK(core_call(cores[2], reads_deadline, &seen));
    ASSERT_INT(4711, seen);
    return OK;
}

static void deadlines(void *arg)
{
    on_core_1(has_deadline);
}

TEST(the_function_inherits_the_callers_deadline)
{
    with_cores(deadlines);
}

static atomic_int n_calls;

static err counts(void *arg)
{
    n_calls++;
    return OK;
}

static void *calls_often(void *arg)
{
    for (int i = 0; i < 1000; i++)
        ASSERT_OK(core_call(cores[1 + i % 2], counts, NULL));
    return NULL;
}

static void many_threads(void *arg)
{
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, calls_often, NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    ASSERT_INT(4000, n_calls);
}

TEST(many_threads_call_at_the_same_time)
{
    with_cores(many_threads);
}
