/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/fiber.h"

#include "base/mem.h"
#include "rt/clock.h"
#include "rt/core.h"
#include "rt/core_impl.h"
#include "test.h"

#include <sys/resource.h>
#include <uv.h>

static void run(fiber_fn fn)
{
    ASSERT_OK(core_run_fiber("test", fn, NULL));
}

static void run_frozen(fiber_fn fn)
{
    int64_t now_ns = 100 * CLOCK_S;
    clock_test_set(&now_ns, 0);
    run(fn);
}

static char trace[64];

static void note(char c)
{
    size_t n = strlen(trace);
    ASSERT(n + 1 < sizeof trace);
    trace[n] = c;
}

/* A fiber that parks once and keeps what it got. */
struct parked {
    struct fiber *fiber;
    int64_t deadline_ns;
    err got;
    int n_returns;
};

static void park_once(void *arg)
{
    struct parked *p = arg;
    p->fiber = fiber_current();
    p->got = fiber_park(p->deadline_ns);
    p->n_returns++;
}

static void start_parked(struct parked *p, int64_t deadline_ns)
{
    *p = (struct parked){.deadline_ns = deadline_ns, .got = {-1}};
    fiber_spawn_now("parked", park_once, p);
}

static void child_a(void *arg)
{
    note('a');
    ASSERT_OK(fiber_yield());
    note('A');
}

static void order_main(void *arg)
{
    fiber_spawn("later", child_a, NULL);
    note('1');
    fiber_spawn_now("now", child_a, NULL);
    note('2');
    ASSERT_OK(fiber_yield());
    ASSERT_OK(fiber_yield());
    ASSERT_STR("1a2aAA", trace);
}

TEST(spawn_runs_later_and_spawn_now_at_once_until_its_first_wait)
{
    run(order_main);
}

static void wake_main(void *arg)
{
    struct parked p;
    start_parked(&p, CLOCK_NEVER);
    ASSERT_OK(fiber_yield());
    ASSERT_INT(0, p.n_returns);
    fiber_wake(p.fiber);
    ASSERT_INT(0, p.n_returns); /* not before we give up the core */
    ASSERT_OK(fiber_yield());
    ASSERT_INT(1, p.n_returns);
    ASSERT_OK(p.got);
}

TEST(a_parked_fiber_goes_on_when_woken)
{
    run(wake_main);
}

static void early_wake_main(void *arg)
{
    fiber_wake(fiber_current());
    fiber_wake(fiber_current()); /* one is remembered */
    ASSERT_OK(fiber_park(CLOCK_NEVER));
    ASSERT_ERR(ERR_TIMEOUT, fiber_park(clock_now_ns() + CLOCK_MS));
    ASSERT_STR("no answer in time", err_text());
}

TEST(one_wake_before_the_park_is_remembered)
{
    run(early_wake_main);
}

static void timeout_main(void *arg)
{
    struct parked p;
    start_parked(&p, clock_now_ns() + CLOCK_S);
    clock_test_advance(CLOCK_S - 1);
    ASSERT_OK(fiber_yield());
    ASSERT_INT(0, p.n_returns);
    clock_test_advance(1);
    ASSERT_OK(fiber_yield());
    ASSERT_INT(1, p.n_returns);
    ASSERT_ERR(ERR_TIMEOUT, p.got);
    ASSERT_ERR(ERR_TIMEOUT, fiber_park(clock_now_ns())); /* at once */
}

TEST(a_park_ends_at_its_deadline)
{
    run_frozen(timeout_main);
}

static void cancel_main(void *arg)
{
    struct parked p;
    start_parked(&p, CLOCK_NEVER);
    fiber_cancel(p.fiber);
    fiber_cancel(p.fiber);
    ASSERT_OK(fiber_yield());
    ASSERT_ERR(ERR_CANCELLED, p.got);
    ASSERT(!fiber_cancelled());
}

TEST(cancelling_ends_a_park)
{
    run(cancel_main);
}

static void woken_after_cancel_main(void *arg)
{
    struct parked p;
    start_parked(&p, CLOCK_NEVER);
    fiber_cancel(p.fiber);
    fiber_wake(p.fiber); /* the event came before it could run */
    ASSERT_OK(fiber_yield());
    ASSERT_OK(p.got);
}

TEST(an_event_is_not_lost_to_a_cancellation_at_the_same_time)
{
    run(woken_after_cancel_main);
}

static void wait_all_ways(void *arg)
{
    int *n_cancelled = arg;
    fiber_cancel(fiber_current());
    ASSERT(fiber_cancelled());
    static const bool never = false;
    *n_cancelled += fiber_park(CLOCK_NEVER).code == ERR_CANCELLED;
    *n_cancelled += fiber_park_for(&never, CLOCK_NEVER).code == ERR_CANCELLED;
    *n_cancelled += fiber_sleep_until(clock_now_ns() + CLOCK_S).code == ERR_CANCELLED;
    *n_cancelled += fiber_yield().code == ERR_CANCELLED;
    *n_cancelled += fiber_breathe().code == ERR_CANCELLED;
    fiber_wake(fiber_current());
    ASSERT_OK(fiber_park_uncancellable());
}

static void all_ways_main(void *arg)
{
    int n = 0;
    fiber_spawn_now("cancelled", wait_all_ways, &n);
    ASSERT_OK(fiber_yield());
    ASSERT_INT(5, n);
}

TEST(a_cancelled_fiber_gets_it_from_every_wait_but_the_uncancellable)
{
    run(all_ways_main);
}

static void sleep_main(void *arg)
{
    fiber_wake(fiber_current()); /* meant for a park of ours, not for the sleep */
    int64_t until_ns = clock_now_ns() + 5 * CLOCK_MS;
    ASSERT_OK(fiber_sleep_until(until_ns));
    ASSERT(clock_now_ns() >= until_ns);
    ASSERT_OK(fiber_park(clock_now_ns() + CLOCK_S));
}

TEST(a_sleep_lasts_and_keeps_foreign_wakes_for_later)
{
    run(sleep_main);
    int64_t until_ns = clock_now_ns() + 2 * CLOCK_MS;
    ASSERT_OK(fiber_sleep_until(until_ns)); /* on no fiber: blocks */
    ASSERT(clock_now_ns() >= until_ns);
    ASSERT_OK(fiber_breathe());
}

static void fail_with(void *arg)
{
    err_ignore(FAIL(ERR_IO, "text of %s", (const char *)arg));
    ASSERT_OK(fiber_yield());
    char expected[32];
    snprintf(expected, sizeof expected, "text of %s", (const char *)arg);
    ASSERT_STR(expected, err_text());
}

static void slots_main(void *arg)
{
    err_ignore(FAIL(ERR_IO, "own"));
    fiber_spawn("x", fail_with, "x");
    fiber_spawn_now("y", fail_with, "y");
    ASSERT_STR("own", err_text());
    ASSERT_OK(fiber_yield());
    ASSERT_OK(fiber_yield());
    ASSERT_STR("own", err_text());
}

TEST(each_fiber_has_its_own_error_text)
{
    err_ignore(FAIL(ERR_IO, "thread"));
    run(slots_main);
    ASSERT_STR("thread", err_text());
}

/* Computes until others had their turns. */
static void spin(void *arg)
{
    int *n_turns = arg;
    while (*n_turns < 5)
        ASSERT_OK(fiber_breathe());
    *n_turns = -1;
}

static void breathe_main(void *arg)
{
    int n_turns = 0;
    fiber_spawn("spin", spin, &n_turns);
    while (n_turns >= 0) {
        n_turns++;
        ASSERT_OK(fiber_yield());
    }
}

TEST(a_long_computation_that_breathes_lets_others_run)
{
    run(breathe_main);
}

struct busy {
    uint64_t first_turn, last_turn;
    int n_done;
};

/* Computes for 100 us, all at once with others. */
static void compute(void *arg)
{
    struct busy *b = arg;
    ASSERT_OK(fiber_park(CLOCK_NEVER));
    uint64_t turn = atomic_load(&core_current()->turns);
    b->first_turn = b->n_done ? b->first_turn : turn;
    b->last_turn = turn;
    for (int64_t until_ns = clock_real_ns() + 100 * 1000; clock_real_ns() < until_ns;)
        ;
    b->n_done++;
}

static void busy_main(void *arg)
{
    struct busy b = {0};
    struct fiber *fibers[100];
    for (size_t i = 0; i < ARRAY_LEN(fibers); i++)
        fibers[i] = fiber_spawn("compute", compute, &b);
    ASSERT_OK(fiber_yield());
    for (size_t i = 0; i < ARRAY_LEN(fibers); i++)
        fiber_wake(fibers[i]);
    while (b.n_done < (int)ARRAY_LEN(fibers))
        ASSERT_OK(fiber_yield());
    ASSERT(b.last_turn - b.first_turn >= 3); /* some twelve in each half of a turn */
}

TEST(many_fibers_that_wake_at_once_let_io_in_between)
{
    run(busy_main);
}

static void deep(void *arg)
{
    char big[3000];
    memset(big, 7, sizeof big);
    ASSERT_OK(fiber_yield());
    for (size_t i = 0; i < sizeof big; i++)
        ASSERT(big[i] == 7);
    ++*(int *)arg;
}

static void many_main(void *arg)
{
    int n = 0;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 500; i++)
            fiber_spawn("deep", deep, &n);
        while (n < 500 * (round + 1))
            ASSERT_OK(fiber_yield());
    }
}

TEST(many_fibers_keep_their_stacks_apart)
{
    run(many_main);
}

static int n_rounds;

static void ping_pong(void *arg)
{
    struct fiber **other = arg;
    for (; n_rounds < 100000; n_rounds++) {
        fiber_wake(*other);
        err e = fiber_park(CLOCK_NEVER);
        if (err_failed(e))
            return;
    }
}

static void starve_main(void *arg)
{
    static struct fiber *a, *b;
    a = fiber_spawn("a", ping_pong, &b);
    b = fiber_spawn("b", ping_pong, &a);
    ASSERT_OK(fiber_sleep_until(clock_now_ns() + CLOCK_MS));
    n_rounds = 100000; /* we ran although they never stop waking each other */
}

TEST(fibers_that_wake_each_other_for_ever_do_not_hold_the_loop)
{
    run(starve_main);
}

static void set_flag(void *arg)
{
    *(bool *)arg = true;
}

static void no_yield_main(void *arg)
{
    {
        NO_YIELD_SCOPE;
        fiber_spawn("x", set_flag, arg);
    }
    while (!*(bool *)arg)
        ASSERT_OK(fiber_yield());
}

TEST(yielding_is_fine_after_a_no_yield_scope)
{
    bool flag = false;
    ASSERT_OK(core_run_fiber("test", no_yield_main, &flag));
    NO_YIELD_SCOPE; /* harmless where there is no fiber */
}

/* Long fibers share the time of a turn: what the loop does for others waits for one of them only.
 */

struct long_one {
    const bool *stop;
    int n_turns;
};

/* Each takes the time of a client. */
static void long_begin(struct long_one *l, uint16_t client, const bool *stop, fiber_fn fn)
{
    *l = (struct long_one){stop, 0};
    uint16_t before = ready_set_share_now(client);
    fiber_spawn("long", fn, l);
    ready_set_share_now(before);
}

static void long_main(void *arg)
{
    struct long_one *l = arg;
    for (; !*l->stop; l->n_turns++) {
        int64_t until_ns = clock_cpu_ns() + 2 * CLOCK_MS;
        while (clock_cpu_ns() < until_ns) {
        }
        ASSERT_OK(fiber_yield());
    }
}

static void count_long_turns_main(void *arg)
{
    enum { N = 4, TURNS = 8 };
    bool stop = false;
    struct long_one longs[N];
    for (int i = 0; i < N; i++)
        long_begin(&longs[i], (uint16_t)(1 + i), &stop, long_main);
    while (longs[0].n_turns < TURNS)
        ASSERT_OK(fiber_yield());
    stop = true;
    for (int i = 0; i < N; i++)
        ASSERT(longs[i].n_turns >= TURNS - 1 && longs[i].n_turns <= TURNS + 1);
    *(int *)arg = longs[0].n_turns;
    for (int i = 0; i < 2; i++)
        ASSERT_OK(fiber_yield());
}

TEST(fibers_that_yield_take_turns_however_long_they_are)
{
    int n = 0;
    ASSERT_OK(core_run_fiber("test", count_long_turns_main, &n));
    ASSERT(n > 0);
}

static void on_turn(uv_prepare_t *h)
{
    ++*(int *)h->data;
}

/* Of the loop, until `turn` is closed. */
static void count_turns(uv_prepare_t *turn, int *n)
{
    uv_prepare_init(core_loop(core_current()), turn);
    turn->data = n;
    uv_prepare_start(turn, on_turn);
}

static void count_loop_turns_main(void *arg)
{
    enum { N = 4, ROUNDS = 5 };
    bool stop = false;
    int n_loop = 0;
    struct long_one longs[N];
    uv_prepare_t turn;
    count_turns(&turn, &n_loop);
    for (int i = 0; i < N; i++)
        long_begin(&longs[i], 1, &stop, long_main);
    while (longs[N - 1].n_turns < ROUNDS)
        ASSERT_OK(fiber_yield());
    *(int *)arg = n_loop;
    stop = true;
    for (int i = 0; i < 2 * N; i++)
        ASSERT_OK(fiber_yield());
    uv_close((uv_handle_t *)&turn, NULL);
    ASSERT_OK(fiber_yield());
}

TEST(the_loop_turns_after_each_long_slice)
{
    int n_loop = 0;
    ASSERT_OK(core_run_fiber("test", count_loop_turns_main, &n_loop));
    ASSERT(n_loop >= 4 * 4); /* not once a round: once for each of the four, in each round */
}

/* One client's fibers that compute without end, and another's that wakes now and then: it waits for
 * a slice of one, not of all. */

static void greedy_main(void *arg)
{
    const struct long_one *l = arg;
    while (!*l->stop)
        ASSERT_OK(fiber_breathe());
}

struct sleeper {
    struct fiber *fiber;
    int n_wakes;
    bool ends;
};

static void sleeper_main(void *arg)
{
    struct sleeper *s = arg;
    s->fiber = fiber_current();
    fiber_set_share(2);
    while (!s->ends) {
        ASSERT_OK(fiber_park(CLOCK_NEVER));
        s->n_wakes++;
    }
}

static void modest_main(void *arg)
{
    enum { N = 20, WAKES = 50 };
    bool stop = false;
    int n_loop = 0, n_late = 0;
    struct long_one greedy[N];
    struct sleeper modest = {0};
    uv_prepare_t turn;
    count_turns(&turn, &n_loop);
    for (int i = 0; i < N; i++)
        long_begin(&greedy[i], 1, &stop, greedy_main);
    fiber_spawn("modest", sleeper_main, &modest);
    for (int i = 0; i < 3 * N; i++)
        ASSERT_OK(fiber_yield());
    for (int i = 0; i < WAKES; i++) {
        int before = n_loop;
        modest.ends = i == WAKES - 1;
        fiber_wake(modest.fiber);
        while (modest.n_wakes == i)
            ASSERT_OK(fiber_yield());
        n_late += n_loop - before > 2;
    }
    stop = true;
    ASSERT(n_late <= WAKES / 10); /* the machine may have been at something else */
    for (int i = 0; i < 3 * N; i++)
        ASSERT_OK(fiber_yield());
    uv_close((uv_handle_t *)&turn, NULL);
    ASSERT_OK(fiber_yield());
}

TEST(who_is_woken_waits_for_one_slice_of_other_clients_fibers)
{
    ASSERT_OK(core_run_fiber("test", modest_main, NULL));
}

static void note_share(void *arg)
{
    *(uint16_t *)arg = ready_share_now();
}

static void shares_main(void *arg)
{
    uint16_t of_maker = 0, at_once = 0, of_own = 1;
    fiber_spawn("own", note_share, &of_own);
    ASSERT_OK(fiber_yield());
    ASSERT_INT(SHARE_OWN, of_own);
    fiber_set_share(7);
    fiber_spawn("child", note_share, &of_maker);
    fiber_spawn_now("child", note_share, &at_once);
    ASSERT_OK(fiber_yield());
    ASSERT_INT(7, of_maker);
    ASSERT_INT(7, at_once);
    ASSERT_INT(7, ready_share_now());
}

TEST(a_fiber_works_for_whom_its_maker_works_for)
{
    ASSERT_OK(core_run_fiber("test", shares_main, NULL));
}

static int n_tried;

static void count_try(void *arg)
{
    n_tried++;
}

static void try_main(void *arg)
{
    struct rlimit limit, small;
    ASSERT(getrlimit(RLIMIT_AS, &limit) == 0);
    ASSERT(fiber_try_spawn_now("tried", count_try, NULL));
    ASSERT(fiber_try_spawn("tried", count_try, NULL) != NULL);
    ASSERT_OK(fiber_yield());
    ASSERT_INT(2, n_tried);
    small = limit;
    small.rlim_cur = 1 << 20;
    ASSERT(setrlimit(RLIMIT_AS, &small) == 0);
    ASSERT(fiber_try_spawn("idle stack", count_try, NULL) != NULL); /* of those that ended */
    ASSERT(fiber_try_spawn("none", count_try, NULL) == NULL);
    ASSERT(!fiber_try_spawn_now("none", count_try, NULL));
    fiber_spawn_now("reserve", count_try, NULL);
    ASSERT(setrlimit(RLIMIT_AS, &limit) == 0);
    ASSERT_OK(fiber_yield());
    ASSERT_INT(4, n_tried);
}

TEST(a_peers_fiber_is_refused_when_there_is_no_stack_and_our_own_still_start)
{
#ifdef __SANITIZE_THREAD__
    return; /* it needs address space itself, and ends when there is none */
#endif
    ASSERT_OK(core_run_fiber("test", try_main, NULL));
}
