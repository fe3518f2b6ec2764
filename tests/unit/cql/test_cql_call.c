/* SPDX-License-Identifier: Apache-2.0 */
#include "cql/cql_call.h"

#include "base/mem.h"
#include "rt/clock.h"
#include "rt/core.h"
#include "rt/fiber.h"
#include "unit/cql/real.h"
#include "unit/test.h"

#include <stdlib.h>

#define N 2000

static char insert[160], select_one[160], select_all[160];
static const char *const statements[] = {insert, select_one, select_all};

static struct cql_cluster *open_table(void)
{
    char text[256];
    const char *ks = real_keyspace();
    snprintf(insert, sizeof insert, "INSERT INTO %s.t (k, n, v) VALUES (?, ?, ?)", ks);
    snprintf(select_one, sizeof select_one, "SELECT n, v FROM %s.t WHERE k = ?", ks);
    snprintf(select_all, sizeof select_all, "SELECT k FROM %s.t", ks);
    struct cql_cluster *c = real_open(ks, statements, 3);
    snprintf(text, sizeof text,
             "CREATE KEYSPACE %s WITH replication = {'class': 'SimpleStrategy', "
             "'replication_factor': 1}",
             ks);
    real_run(c, text);
    snprintf(text, sizeof text, "CREATE TABLE %s.t (k blob PRIMARY KEY, n bigint, v blob)", ks);
    real_run(c, text);
    ASSERT_OK(cql_cluster_refresh(c));
    return c;
}

static struct slice key_of(struct arena *a, uint32_t i)
{
    uint8_t *p = arena_alloc(a, 32);
    memset(p, (int)(i * 37), 32);
    bits_store32(p, i);
    return slice_of(p, 32);
}

static struct cql_call *make(struct arena *a, uint32_t stmt, uint32_t n)
{
    struct cql_call *calls = arena_zalloc(a, n * sizeof *calls);
    for (uint32_t i = 0; i < n; i++) {
        struct buf values = {0};
        calls[i].stmt = stmt;
        calls[i].key = key_of(a, i);
        calls[i].params.consistency = CQL_CONSISTENCY_QUORUM;
        calls[i].arena = a;
        cql_value_put_blob(&values, calls[i].key);
        if (stmt == 1) {
            calls[i].is_write = true;
            cql_value_put_bigint(&values, i);
            cql_value_put_blob(&values, slice_of("some value", i % 11));
        }
        calls[i].n_values = stmt == 1 ? 3 : 1;
        calls[i].values = arena_dup(a, buf_slice(&values));
        buf_deinit(&values);
    }
    return calls;
}

static void write_and_read(struct cql_cluster *c)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    ASSERT_OK(cql_call_run(c, make(a, 1, N), N, clock_now_ns() + 60 * CLOCK_S));
    struct cql_call *reads = make(a, 2, N + 1);
    ASSERT_OK(cql_call_run(c, reads, N + 1, clock_now_ns() + 60 * CLOCK_S));
    for (uint32_t i = 0; i < N; i++) {
        struct cql_value v[2];
        uint32_t n;
        ASSERT_OK(cql_call_first_row(&reads[i], v, 2));
        ASSERT(cql_value_u32(v[0], &n) && n == i);
        ASSERT(!v[1].null && v[1].bytes.n == i % 11);
    }
    struct cql_value v[2];
    ASSERT_ERR(ERR_NOT_FOUND, cql_call_first_row(&reads[N], v, 2));
}

TEST(calls_of_a_plain_thread_write_and_read)
{
    if (!real_is_there())
        return;
    struct cql_cluster *c = open_table();
    write_and_read(c);
    struct cql_cluster_stats stats;
    cql_cluster_get_stats(c, &stats);
    ASSERT_INT(N, stats.n_writes);
    ASSERT(stats.n_reads > N && stats.n_reads_pending == 0 && stats.n_read_errors == 0);
    real_drop(c);
    ASSERT(cql_cluster_close(c) == NULL);
}

static void on_a_core(void *arg)
{
    struct cql_cluster *c = open_table();
    write_and_read(c);
    real_drop(c);
    cql_cluster_close(c);
}

TEST(calls_of_a_fiber_write_and_read)
{
    if (!real_is_there())
        return;
    ASSERT_OK(core_run_fiber("test", on_a_core, NULL));
}

TEST(pages_come_one_after_the_other)
{
    if (!real_is_there())
        return;
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct cql_cluster *c = open_table();
    write_and_read(c);
    uint32_t n = 0, n_pages = 0;
    struct slice state = SLICE_EMPTY;
    do {
        struct cql_call page = {.stmt = 3,
                                .arena = a,
                                .params = {.consistency = CQL_CONSISTENCY_ONE,
                                           .page_size = 300,
                                           .paging_state = state}};
        struct cql_value v;
        ASSERT_OK(cql_call_run(c, &page, 1, CLOCK_NEVER));
        while (cql_rows_next(&page.result, &v, 1))
            n++;
        state = page.result.paging_state;
        n_pages++;
    } while (state.n);
    ASSERT_INT(N, n);
    ASSERT_INT((N + 299) / 300, n_pages);
    real_drop(c);
    cql_cluster_close(c);
}

TEST(refusals_of_the_server_say_what_and_are_not_repeated)
{
    if (!real_is_there())
        return;
    struct cql_cluster *c = open_table();
    struct cql_call bad = {.text = "SELECT nothing FROM nowhere.at_all", .patient = true};
    ASSERT_ERR(ERR_STATUS, cql_call_run(c, &bad, 1, clock_now_ns() + 60 * CLOCK_S));
    ASSERT_INT(CQL_ERROR_INVALID, bad.code);
    ASSERT(strstr(err_text(), "nowhere") != NULL);
    ASSERT_INT(1, bad.n_failed);
    real_drop(c);
    cql_cluster_close(c);
}

TEST(lightweight_transactions_tell_whether_they_were_applied)
{
    if (!real_is_there())
        return;
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct cql_cluster *c = open_table();
    char text[200];
    snprintf(text, sizeof text, "UPDATE %.*s.t SET n = 5 WHERE k = 0x01 IF n IN (4, null)",
             (int)strcspn(insert + 12, "."), insert + 12);
    for (int i = 0; i < 2; i++) {
        struct cql_call call = {.text = text,
                                .arena = a,
                                .once = true,
                                .is_write = true,
                                .params = {.consistency = CQL_CONSISTENCY_QUORUM}};
        struct cql_value v[2];
        bool applied;
        ASSERT_OK(cql_call_run(c, &call, 1, CLOCK_NEVER));
        ASSERT_OK(cql_call_first_row(&call, v, call.result.n_columns));
        ASSERT(cql_value_bool(v[0], &applied));
        ASSERT_INT(i == 0, applied);
    }
    real_drop(c);
    cql_cluster_close(c);
}
