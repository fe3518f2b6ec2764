/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/core.h"

#include "base/mem.h"
#include "rt/clock.h"
#include "rt/fiber.h"
#include "test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define N_SENDERS 4
#define N_MAILS 5000

struct numbered {
    struct core_mail mail;
    int sender;
    int number;
};

static struct core *receiver;
static int n_received;
static int last_number[N_SENDERS];

static void receive(struct core_mail *mail)
{
    struct numbered *m = container_of(mail, struct numbered, mail);
    ASSERT(core_current() == receiver);
    ASSERT_INT(last_number[m->sender] + 1, m->number);
    last_number[m->sender] = m->number;
    free(m);
    if (++n_received == N_SENDERS * N_MAILS)
        core_stop(receiver);
}

static void *send_all(void *arg)
{
    int sender = (int)(intptr_t)arg;
    for (int i = 1; i <= N_MAILS; i++) {
        struct numbered *m = xcalloc(1, sizeof *m);
        *m = (struct numbered){.mail.run = receive, .sender = sender, .number = i};
        core_post(receiver, &m->mail);
    }
    return NULL;
}

TEST(mail_of_many_threads_arrives_once_and_in_each_senders_order)
{
    ASSERT_OK(core_new(&(struct core_opts){0}, &receiver));
    pthread_t senders[N_SENDERS];
    for (intptr_t i = 0; i < N_SENDERS; i++)
        pthread_create(&senders[i], NULL, send_all, (void *)i);
    core_run(receiver);
    for (int i = 0; i < N_SENDERS; i++)
        pthread_join(senders[i], NULL);
    ASSERT_INT(N_SENDERS * N_MAILS, n_received);
    receiver = core_free(receiver);
}

static atomic_int n_cancelled;

static void wait_forever(void *arg)
{
    err e = fiber_park(CLOCK_NEVER);
    if (e.code == ERR_CANCELLED)
        n_cancelled++;
}

static void spawn_waiters(struct core_mail *mail)
{
    for (int i = 0; i < 10; i++)
        fiber_spawn("waiter", wait_forever, NULL);
    free(mail);
}

TEST(a_stopped_core_cancels_its_fibers_and_ends)
{
    struct core *c;
    ASSERT_OK(core_new(&(struct core_opts){.index = 3}, &c));
    ASSERT_INT(3, core_index(c));
    ASSERT_OK(core_start(c));
    struct core_mail *mail = xcalloc(1, sizeof *mail);
    mail->run = spawn_waiters;
    core_post(c, mail);
    core_stop(c);
    core_join(c);
    ASSERT_INT(10, n_cancelled);
    core_free(c);
}

static void note_cancelled_at_birth(void *arg)
{
    ASSERT_ERR(ERR_CANCELLED, fiber_sleep_until(clock_now_ns() + CLOCK_S));
    n_cancelled++;
}

static void spawn_when_cancelled(void *arg)
{
    ASSERT_ERR(ERR_CANCELLED, fiber_park(CLOCK_NEVER));
    fiber_spawn("late", note_cancelled_at_birth, NULL);
}

static void spawn_and_stop(struct core_mail *mail)
{
    fiber_spawn_now("parent", spawn_when_cancelled, NULL);
    core_stop(core_current());
}

TEST(a_fiber_of_a_stopping_core_is_born_cancelled)
{
    struct core *c;
    ASSERT_OK(core_new(&(struct core_opts){0}, &c));
    struct core_mail mail = {.run = spawn_and_stop};
    core_post(c, &mail);
    core_run(c);
    core_free(c);
    ASSERT_INT(1, n_cancelled);
}

static void count_mail(struct core_mail *mail)
{
    n_received++;
    free(mail);
}

TEST(mail_posted_after_the_end_is_run_when_the_core_is_freed)
{
    struct core *c;
    ASSERT_OK(core_new(&(struct core_opts){0}, &c));
    core_stop(c);
    core_run(c);
    struct core_mail *mail = xcalloc(1, sizeof *mail);
    mail->run = count_mail;
    core_post(c, mail);
    core_free(c);
    ASSERT_INT(1, n_received);
}

TEST(a_core_that_never_ran_can_be_freed)
{
    struct core *c;
    ASSERT_OK(core_new(&(struct core_opts){0}, &c));
    ASSERT(core_free(c) == NULL);
    ASSERT(core_free(NULL) == NULL);
}

TEST(load_counts_up_and_down)
{
    struct core *c;
    ASSERT_OK(core_new(&(struct core_opts){0}, &c));
    core_load_add(c, 5);
    core_load_add(c, -2);
    ASSERT_INT(3, core_load(c));
    core_free(c);
}

static void set_flag(void *arg)
{
    ASSERT(core_current() != NULL);
    *(bool *)arg = true;
}

TEST(core_run_fiber_runs_one_function_and_cleans_up)
{
    bool ran = false;
    ASSERT_OK(core_run_fiber("main", set_flag, &ran));
    ASSERT(ran);
    ASSERT(core_current() == NULL);
}
