/* SPDX-License-Identifier: Apache-2.0 */
/* What a session does about nodes that fail; the nodes are fake_node.c's. */
#include "base/mem.h"
#include "cql/cql_call.h"
#include "cql/cql_message.h"
#include "rt/clock.h"
#include "rt/core.h"
#include "rt/fiber.h"
#include "rt/sock.h"
#include "unit/cql/fake_node.h"
#include "unit/eventually.h"
#include "unit/test.h"

static void all_faults(void *arg)
{
    struct fake_cluster f = {0};
    fake_cluster_start(&f, (struct cql_cluster_opts){0});
    static const enum fake_fault faults[] = {FAKE_CLOSE, FAKE_GARBAGE, FAKE_WRONG_STREAM,
                                             FAKE_UNPREPARED, FAKE_OVERLOADED};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        for (int k = 0; k < 2; k++) {
            f.nodes[k].fault = faults[i];
            f.nodes[k].n_faults = 1;
        }
        for (int n = 0; n < 20; n++)
            ASSERT_OK(fake_cluster_read(&f, 10000));
    }
    fake_cluster_stop(&f);
}

TEST(one_fault_of_each_node_costs_no_read)
{
    ASSERT_OK(core_run_fiber("test", all_faults, NULL));
}

static void one_down(void *arg)
{
    struct fake_cluster f = {0};
    fake_cluster_start(&f, (struct cql_cluster_opts){0});
    ASSERT_OK(fake_cluster_read(&f, 10000));
    fake_node_kill(&f.nodes[0]); /* the contact point, too */
    for (int n = 0; n < 50; n++)
        ASSERT_OK(fake_cluster_read(&f, 10000));
    fake_node_kill(&f.nodes[1]);
    err e = OK; /* calls may wait a second for a node to come back, then fail at once */
    for (int n = 0; n < 40 && !err_failed(e); n++)
        e = fake_cluster_read(&f, 10000);
    ASSERT_INT(ERR_BUSY, e.code);
    int64_t begun = clock_now_ns();
    err_ignore(fiber_sleep_until(begun + 1100 * CLOCK_MS));
    begun = clock_now_ns();
    ASSERT_ERR(ERR_BUSY, fake_cluster_read(&f, 10000));
    ASSERT(clock_now_ns() - begun < 5 * CLOCK_S); /* not its whole deadline */
    fake_node_start(&f.nodes[1], f.nodes[1].address, f.nodes[0].port);
    for (int n = 0; n < 200 && err_failed(fake_cluster_read(&f, 10000)); n++)
        err_ignore(fiber_sleep_until(clock_now_ns() + 100 * CLOCK_MS));
    ASSERT_OK(fake_cluster_read(&f, 10000)); /* it recovers by itself */
    fake_cluster_stop(&f);
}

TEST(reads_go_on_with_one_node_fail_soon_without_any_and_recover)
{
    ASSERT_OK(core_run_fiber("test", one_down, NULL));
}

static void silent(void *arg)
{
    struct fake_cluster f = {0};
    fake_cluster_start(&f, (struct cql_cluster_opts){0});
    ASSERT_OK(fake_cluster_read(&f, 10000));
    f.nodes[0].fault = FAKE_SILENT;
    for (int n = 0; n < 20; n++)
        ASSERT_OK(fake_cluster_read(
            &f, 20000)); /* once its silence was noticed, the other node is asked */
    f.nodes[1].fault = FAKE_SILENT;
    ASSERT_ERR(ERR_BUSY, fake_cluster_read(&f, 300)); /* the deadline holds */
    fake_cluster_stop(&f);
}

TEST(a_node_that_says_nothing_is_given_up)
{
    ASSERT_OK(core_run_fiber("test", silent, NULL));
}

static void speculative(void *arg)
{
    struct fake_cluster f = {0};
    fake_cluster_start(&f, (struct cql_cluster_opts){.speculative_percentile = 90});
    for (int n = 0; n < 50; n++)
        ASSERT_OK(fake_cluster_read(&f, 10000));
    f.nodes[0].fault = FAKE_SILENT;
    for (int n = 0; n < 10; n++)
        ASSERT_OK(fake_cluster_read(&f, 1900)); /* sooner than a silent connection is given up */
    struct cql_cluster_stats stats;
    cql_cluster_get_stats(f.cluster, &stats);
    ASSERT(stats.n_speculative > 0);
    fake_cluster_stop(&f);
}

TEST(a_slow_read_is_asked_of_a_second_node)
{
    ASSERT_OK(core_run_fiber("test", speculative, NULL));
}

static void refused(void *arg)
{
    struct fake_cluster f = {0};
    fake_cluster_start(&f, (struct cql_cluster_opts){0});
    f.nodes[0].fault = f.nodes[1].fault = FAKE_INVALID;
    ASSERT_ERR(ERR_STATUS, fake_cluster_read(&f, 10000));
    ASSERT_INT(1, f.nodes[0].n_executed + f.nodes[1].n_executed);
    fake_cluster_stop(&f);
}

TEST(what_is_refused_is_not_repeated)
{
    ASSERT_OK(core_run_fiber("test", refused, NULL));
}

static void cancelled_reader(void *arg)
{
    struct fake_cluster *f = arg;
    ASSERT_ERR(ERR_CANCELLED, fake_cluster_read(f, 60000));
}

static void cancelling(void *arg)
{
    struct fake_cluster f = {0};
    struct fiber_group group;
    fake_cluster_start(&f, (struct cql_cluster_opts){0});
    ASSERT_OK(fake_cluster_read(&f, 10000));
    f.nodes[0].fault = f.nodes[1].fault = FAKE_SILENT;
    fiber_group_init(&group);
    for (int i = 0; i < 10; i++)
        fiber_group_spawn(&group, "reader", cancelled_reader, &f);
    err_ignore(fiber_sleep_until(clock_now_ns() + 20 * CLOCK_MS));
    fiber_group_cancel(&group);
    struct cql_cluster_stats stats;
    cql_cluster_get_stats(f.cluster, &stats);
    ASSERT_INT(0, stats.n_reads_pending);
    fake_cluster_stop(&f);
}

TEST(cancelled_reads_leave_nothing_behind)
{
    ASSERT_OK(core_run_fiber("test", cancelling, NULL));
}

/* Every error of the protocol, and one of a server to come. */
enum kind { REFUSED, UNDONE, UNSURE };
static const struct {
    uint32_t code;
    enum kind kind;
    const char *text;
} errors[] = {
    {CQL_ERROR_SERVER, UNSURE, "server error"},
    {CQL_ERROR_PROTOCOL, UNSURE, "protocol error"},
    {CQL_ERROR_CREDENTIALS, REFUSED, "bad credentials"},
    {CQL_ERROR_UNAVAILABLE, UNDONE, "too few replicas are up"},
    {CQL_ERROR_OVERLOADED, UNDONE, "overloaded"},
    {CQL_ERROR_BOOTSTRAPPING, UNDONE, "bootstrapping"},
    {CQL_ERROR_TRUNCATE, UNSURE, "truncate"},
    {CQL_ERROR_WRITE_TIMEOUT, UNSURE, "write timeout"},
    {CQL_ERROR_READ_TIMEOUT, UNSURE, "read timeout"},
    {CQL_ERROR_READ_FAILURE, UNSURE, "read failure"},
    {CQL_ERROR_FUNCTION_FAILURE, REFUSED, "function failure"},
    {CQL_ERROR_WRITE_FAILURE, UNSURE, "write failure"},
    {CQL_ERROR_CDC_WRITE_FAILURE, UNSURE, "change data capture"},
    {CQL_ERROR_CAS_UNCERTAIN, UNSURE, "not known"},
    {CQL_ERROR_SYNTAX, REFUSED, "syntax error"},
    {CQL_ERROR_UNAUTHORIZED, REFUSED, "unauthorized"},
    {CQL_ERROR_INVALID, REFUSED, "invalid request"},
    {CQL_ERROR_CONFIG, REFUSED, "configuration error"},
    {CQL_ERROR_EXISTS, REFUSED, "exists already"},
    {0x7777, REFUSED, "unknown error"},
};

/* One call; which nodes were asked how often is counted from 0. */
static err run_one(struct fake_cluster *f, struct cql_call *call, int64_t ms)
{
    CLEANUP(buf_deinit) struct buf values = {0};
    cql_value_put_blob(&values, SLICE_LIT("key"));
    call->stmt = 1;
    call->n_values = 1;
    call->values = buf_slice(&values);
    call->key = SLICE_LIT("key");
    f->nodes[0].n_executed = f->nodes[1].n_executed = 0;
    return cql_call_run(f->cluster, call, 1, clock_now_ns() + ms * CLOCK_MS);
}

static void set_fault(struct fake_cluster *f, enum fake_fault fault, uint32_t code, uint32_t n)
{
    for (int i = 0; i < 2; i++) {
        f->nodes[i].fault = n || fault ? fault : FAKE_FINE;
        f->nodes[i].error_code = code;
        f->nodes[i].n_faults = n;
    }
}

static uint32_t n_asked(const struct fake_cluster *f)
{
    return f->nodes[0].n_executed + f->nodes[1].n_executed;
}

static void every_error(void *arg)
{
    struct fake_cluster f = {0};
    fake_cluster_start(&f, (struct cql_cluster_opts){0});
    ASSERT_OK(fake_cluster_read(&f, 10000));
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        bool refused = errors[i].kind == REFUSED;
        /* once on each node: an idempotent statement is asked again, a third time with success */
        struct cql_call read = {0};
        set_fault(&f, FAKE_ERROR, errors[i].code, 1);
        err e = run_one(&f, &read, 10000);
        ASSERT_INT(refused ? ERR_STATUS : OK.code, e.code);
        ASSERT_INT(refused ? 1 : 3, n_asked(&f));
        /* for ever: it is given up, and who asked is told what the database said */
        struct cql_call again = {0};
        set_fault(&f, FAKE_ERROR, errors[i].code, 0);
        ASSERT_ERR(refused ? ERR_STATUS : ERR_BUSY, run_one(&f, &again, 10000));
        ASSERT_INT(errors[i].code, again.code);
        ASSERT(strstr(err_text(), errors[i].text) && strstr(err_text(), "as told"));
        ASSERT(n_asked(&f) <= 6);
        /* what must not be done twice is only asked again if nothing was done */
        struct cql_call once = {.once = true, .is_write = true};
        set_fault(&f, FAKE_ERROR, errors[i].code, 1);
        e = run_one(&f, &once, 10000);
        ASSERT_INT(refused ? ERR_STATUS : errors[i].kind == UNSURE ? ERR_TIMEOUT : OK.code, e.code);
        ASSERT_INT(errors[i].kind == UNDONE ? 3 : 1, n_asked(&f));
        /* patient: until its deadline */
        struct cql_call patient = {.patient = true, .is_write = true};
        set_fault(&f, FAKE_ERROR, errors[i].code, 4); /* more than others are tried */
        e = run_one(&f, &patient, 20000);
        ASSERT_INT(refused ? ERR_STATUS : OK.code, e.code);
        ASSERT(refused || n_asked(&f) == 9);
    }
    set_fault(&f, FAKE_FINE, 0, 0);
    ASSERT_OK(fake_cluster_read(&f, 10000));
    fake_cluster_stop(&f);
}

TEST(every_error_frame_is_repeated_or_not_and_told)
{
    ASSERT_OK(core_run_fiber("test", every_error, NULL));
}

static void damaged(void *arg)
{
    struct fake_cluster f = {0};
    fake_cluster_start(&f, (struct cql_cluster_opts){0});
    set_fault(&f, FAKE_DAMAGED, 0, 1);
    ASSERT_OK(fake_cluster_read(&f, 10000));
    set_fault(&f, FAKE_DAMAGED, 0, 0);
    ASSERT_ERR(ERR_PROTOCOL, fake_cluster_read(&f, 10000));
    struct cql_call once = {.once = true, .is_write = true};
    ASSERT_ERR(ERR_TIMEOUT, run_one(&f, &once, 10000)); /* it may have had its effect */
    ASSERT_INT(1, n_asked(&f));
    fake_cluster_stop(&f);
}

TEST(a_damaged_answer_is_asked_for_again)
{
    ASSERT_OK(core_run_fiber("test", damaged, NULL));
}

#define MANY 5000

static void shuffled(void *arg)
{
    struct fake_cluster f = {0};
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    fake_cluster_start_one(&f, (struct cql_cluster_opts){.max_reads = 100000});
    ASSERT_OK(fake_cluster_read(&f, 10000));
    struct cql_call *calls = arena_zalloc(a, MANY * sizeof *calls);
    for (int round = 0; round < 3; round++) {
        f.nodes[0].fault = FAKE_HOLD;
        for (uint32_t i = 0; i < MANY; i++) {
            struct buf values = {0};
            uint8_t key[8] = "key";
            bits_store32(key + 4, i + (uint32_t)round * MANY);
            cql_value_put_blob(&values, slice_of(key, 8));
            calls[i] = (struct cql_call){.stmt = 1, .n_values = 1, .arena = a};
            calls[i].values = arena_dup(a, buf_slice(&values));
            calls[i].key = arena_dup(a, slice_of(key, 8));
            cql_call_start(f.cluster, &calls[i]);
            buf_deinit(&values);
        }
        EVENTUALLY(f.nodes[0].n_held >= MANY);
        ASSERT_INT(MANY, f.nodes[0].n_held);
        for (uint32_t i = 0; i < MANY; i += 2) /* every second is not wanted any more */
            cql_call_cancel(&calls[i]);
        /* the streams of those still belong to them */
        struct cql_call more = {.arena = a};
        ASSERT_ERR(ERR_BUSY, run_one(&f, &more, 50));
        ASSERT_INT(0, f.nodes[0].n_reused);
        fake_node_release(&f.nodes[0]);
        for (uint32_t i = 1; i < MANY; i += 2)
            EVENTUALLY(!calls[i].running);
        for (uint32_t i = 1; i < MANY; i += 2) {
            struct cql_value v;
            ASSERT_OK(calls[i].e);
            ASSERT_OK(cql_call_first_row(&calls[i], &v, 1));
            ASSERT(slice_eq(calls[i].key, v.bytes)); /* its own answer */
        }
    }
    ASSERT_INT(0, f.nodes[0].n_reused);
    fake_cluster_stop(&f);
}

TEST(thousands_in_flight_get_each_its_own_answer_in_any_order)
{
    ASSERT_OK(core_run_fiber("test", shuffled, NULL));
}

static void too_many(void *arg)
{
    struct fake_cluster f = {0};
    struct cql_cluster_stats stats;
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    fake_cluster_start(&f, (struct cql_cluster_opts){.max_reads = 100});
    ASSERT_OK(fake_cluster_read(&f, 10000));
    set_fault(&f, FAKE_SILENT, 0, 0);
    struct cql_call *calls = arena_zalloc(a, 100 * sizeof *calls);
    for (uint32_t i = 0; i < 100; i++) {
        calls[i] = (struct cql_call){.stmt = 1, .values = SLICE_EMPTY, .arena = a};
        cql_call_start(f.cluster, &calls[i]);
    }
    ASSERT_ERR(ERR_BUSY, fake_cluster_read(&f, 10000));
    cql_cluster_get_stats(f.cluster, &stats);
    ASSERT_INT(1, stats.n_too_busy);
    ASSERT_INT(100, stats.n_reads_pending);
    for (uint32_t i = 0; i < 100; i++)
        cql_call_cancel(&calls[i]);
    set_fault(&f, FAKE_FINE, 0, 0);
    cql_cluster_get_stats(f.cluster, &stats);
    ASSERT_INT(0, stats.n_reads_pending);
    fake_cluster_stop(&f);
}

TEST(more_reads_than_allowed_are_refused_at_once)
{
    ASSERT_OK(core_run_fiber("test", too_many, NULL));
}
