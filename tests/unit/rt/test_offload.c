/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/offload.h"

#include "rt/clock.h"
#include "rt/core.h"
#include "rt/fiber.h"
#include "test.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <unistd.h>

struct job {
    pthread_t thread;
    int n;
};

static err work(void *arg)
{
    struct job *j = arg;
    j->thread = pthread_self();
    if (j->n < 0)
        return FAIL(ERR_NOT_FOUND, "no file %d", j->n);
    j->n *= 2;
    return OK;
}

static void with_pool(struct offload_opts opts, fiber_fn fn)
{
    ASSERT_OK(offload_start(&opts));
    ASSERT_OK(core_run_fiber("test", fn, NULL));
    offload_stop();
}

static void result_main(void *arg)
{
    struct job j = {.n = 21};
    ASSERT_OK(offload_run(work, &j));
    ASSERT_INT(42, j.n);
    ASSERT(!pthread_equal(j.thread, pthread_self()));
    j.n = -3;
    ASSERT_ERR(ERR_NOT_FOUND, offload_run(work, &j));
    ASSERT_STR("no file -3", err_text());
}

TEST(results_and_error_texts_come_back_to_the_fiber)
{
    with_pool((struct offload_opts){.n_threads = 2}, result_main);
}

TEST(off_a_fiber_the_work_runs_in_place)
{
    struct job j = {.n = 1};
    ASSERT_OK(offload_run(work, &j));
    ASSERT(pthread_equal(j.thread, pthread_self()));
}

static void in_place_main(void *arg)
{
    struct job j = {.n = 1};
    ASSERT_OK(offload_run(work, &j));
    ASSERT(pthread_equal(j.thread, pthread_self()));
}

static sem_t disk;

static err hang(void *arg)
{
    sem_wait(&disk);
    return OK;
}

static void hanging_fiber(void *arg)
{
    ASSERT_OK(offload_run(hang, NULL));
    (*(int *)arg)++;
}

static void compute_main(void *arg)
{
    int n_done = 0;
    struct job j = {.n = 4};
    sem_init(&disk, 0, 0);
    for (int i = 0; i < 3; i++)
        fiber_spawn("hangs", hanging_fiber, &n_done);
    ASSERT_OK(fiber_yield());
    ASSERT_OK(offload_compute(work, &j));
    ASSERT_INT(8, j.n);
    ASSERT(!pthread_equal(j.thread, pthread_self()));
    ASSERT_INT(0, n_done);
    for (int i = 0; i < 3; i++)
        sem_post(&disk);
    while (n_done < 3)
        ASSERT_OK(fiber_sleep_until(clock_now_ns() + CLOCK_MS));
}

TEST(what_computes_does_not_wait_for_what_hangs)
{
    with_pool((struct offload_opts){.n_threads = 2}, compute_main);
}

TEST(without_a_pool_the_work_runs_in_place)
{
    ASSERT_OK(core_run_fiber("test", in_place_main, NULL));
}

static sem_t gate;
static atomic_int n_started;
static int n_finished;

static err wait_at_gate(void *arg)
{
    n_started++;
    sem_wait(&gate);
    return OK;
}

static void run_one(void *arg)
{
    ASSERT_OK(offload_run(wait_at_gate, NULL));
    n_finished++;
}

static void busy_main(void *arg)
{
    fiber_spawn_now("runs", run_one, NULL);
    while (n_started == 0) /* taken from the queue */
        ASSERT_OK(fiber_yield());
    fiber_spawn_now("queued", run_one, NULL);
    fiber_spawn_now("queued", run_one, NULL);
    ASSERT_ERR(ERR_BUSY, offload_run(wait_at_gate, NULL));
    for (int i = 0; i < 3; i++)
        sem_post(&gate);
    while (n_finished < 3)
        ASSERT_OK(fiber_yield());
}

TEST(a_full_queue_is_busy)
{
    sem_init(&gate, 0, 0);
    with_pool((struct offload_opts){.n_threads = 1, .max_queued = 2}, busy_main);
}

static void run_as_request(void *arg)
{
    fiber_set_deadline(clock_now_ns() + 60 * CLOCK_S);
    run_one(arg);
}

/* The disk hangs: one request's read is at it, another's waits, and no more; ours still come. */
static void requests_main(void *arg)
{
    fiber_spawn_now("runs", run_as_request, NULL);
    while (n_started == 0)
        ASSERT_OK(fiber_yield());
    fiber_spawn_now("queued", run_as_request, NULL);
    fiber_set_deadline(clock_now_ns() + 60 * CLOCK_S);
    ASSERT_ERR(ERR_BUSY, offload_run(wait_at_gate, NULL));
    fiber_spawn_now("queued", run_one, NULL);
    for (int i = 0; i < 3; i++)
        sem_post(&gate);
    while (n_finished < 3)
        ASSERT_OK(fiber_yield());
}

TEST(requests_have_a_smaller_share_of_the_queue)
{
    sem_init(&gate, 0, 0);
    with_pool((struct offload_opts){.n_threads = 1, .max_queued = 5, .max_queued_requests = 1},
              requests_main);
}

static void cancelled_main(void *arg)
{
    struct fiber *f = fiber_spawn("runs", run_one, NULL);
    while (n_started == 0)
        ASSERT_OK(fiber_yield());
    fiber_cancel(f);
    fiber_wake(f); /* a stray wake does not end it either */
    ASSERT_OK(fiber_yield());
    ASSERT_INT(0, n_finished);
    sem_post(&gate);
    while (n_finished == 0)
        ASSERT_OK(fiber_yield());
}

TEST(cancellation_waits_for_the_work_that_uses_the_stack)
{
    sem_init(&gate, 0, 0);
    with_pool((struct offload_opts){.n_threads = 1}, cancelled_main);
}

static err ask_until_unwanted(void *arg)
{
    n_started++;
    while (!offload_unwanted())
        usleep(1000);
    n_finished++;
    return FAIL(ERR_CANCELLED, "nobody waits");
}

static void deadline_main(void *arg)
{
    while (n_started == 0) { /* of a machine that has time for it */
        fiber_set_deadline(clock_now_ns() + 5 * 1000 * 1000);
        ASSERT_ERR(ERR_TIMEOUT, offload_run(ask_until_unwanted, NULL));
    }
    ASSERT_INT(1, n_finished); /* it was waited for */
    ASSERT(!offload_unwanted());
}

TEST(work_past_the_deadline_is_told_and_waited_for)
{
    with_pool((struct offload_opts){.n_threads = 1}, deadline_main);
}

static void queue_and_time_out(void *arg)
{
    struct job j = {.n = 5};
    fiber_set_deadline(clock_now_ns() + 5 * 1000 * 1000);
    ASSERT_ERR(ERR_TIMEOUT, offload_run(work, &j));
    ASSERT_INT(5, j.n);
    *(bool *)arg = true;
}

static void hang_main(void *arg)
{
    bool timed_out = false;
    fiber_spawn_now("hangs", run_one, NULL);
    while (n_started == 0)
        ASSERT_OK(fiber_yield());
    fiber_spawn_now("queued", queue_and_time_out, &timed_out);
    while (!timed_out)
        ASSERT_OK(fiber_yield());
    ASSERT_INT(0, n_finished); /* the other one still hangs */
    struct job j = {.n = 5};
    struct fiber *f = fiber_current();
    fiber_cancel(f);
    ASSERT_ERR(ERR_CANCELLED, offload_run(work, &j));
    ASSERT_INT(5, j.n);
    sem_post(&gate);
    while (n_finished == 0)
        err_ignore(fiber_yield()); /* cancelled */
}

TEST(work_that_queues_is_taken_back_at_the_deadline)
{
    sem_init(&gate, 0, 0);
    with_pool((struct offload_opts){.n_threads = 1}, hang_main);
}

static void many_children(void *arg)
{
    for (int i = 0; i < 50; i++) {
        struct job j = {.n = i};
        ASSERT_OK(offload_run(work, &j));
        ASSERT_INT(2 * i, j.n);
    }
    n_finished++;
}

static void many_main(void *arg)
{
    for (int i = 0; i < 20; i++)
        fiber_spawn("child", many_children, NULL);
    while (n_finished < 20)
        ASSERT_OK(fiber_yield());
}

TEST(many_fibers_share_the_pool)
{
    with_pool((struct offload_opts){0}, many_main);
    with_pool((struct offload_opts){0}, result_main); /* it can be started again */
}
