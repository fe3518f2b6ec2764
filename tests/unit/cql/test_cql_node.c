/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bits.h"
#include "base/mem.h"
#include "cql/cql_call.h"
#include "rt/clock.h"
#include "rt/core.h"
#include "rt/fiber.h"
#include "unit/cql/fake_node.h"
#include "unit/eventually.h"
#include "unit/test.h"

static void reader(void *arg)
{
    ASSERT_OK(fake_cluster_read(arg, 10000));
}

static void many(void *arg)
{
    struct fake_cluster f = {0};
    struct fiber_group group;
    fake_cluster_start(&f, (struct cql_cluster_opts){.connections_per_node = 3});
    fiber_group_init(&group);
    for (int i = 0; i < 100; i++)
        fiber_group_spawn(&group, "reader", reader, &f);
    fiber_group_join(&group);
    ASSERT_INT(100, f.nodes[0].n_executed + f.nodes[1].n_executed);
    ASSERT(f.nodes[0].n_prepared <= 1 && f.nodes[1].n_prepared <= 1);
    ASSERT(f.nodes[0].n_connections <= 4 && f.nodes[1].n_connections <= 3); /* one watches */
    fake_cluster_stop(&f);
}

TEST(a_statement_is_prepared_once_a_node)
{
    ASSERT_OK(core_run_fiber("test", many, NULL));
}

#define N_SHARDS 12

/* Reads of many keys, one after the other. */
static void read_keys(struct fake_cluster *f, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        CLEANUP(arena_freep) struct arena *a = arena_new(0);
        uint8_t value[12], key[8] = {0};
        struct buf b = {.p = value, .cap = sizeof value};
        bits_store32(key, i * 2654435761u);
        cql_value_put_blob(&b, slice_of(key, 8));
        struct cql_call call = {
            .stmt = 1, .n_values = 1, .values = buf_slice(&b), .key = slice_of(key, 8), .arena = a};
        ASSERT_OK(cql_call_run(f->cluster, &call, 1, clock_now_ns() + 10 * CLOCK_S));
    }
}

static void await_connections(struct fake_node *n, uint32_t want)
{
    EVENTUALLY(n->n_connections >= want);
    err_ignore(
        fiber_sleep_until(clock_now_ns() + 50 * CLOCK_MS)); /* handshakes, and no more come */
    ASSERT_INT(want, n->n_connections);
}

static void sharded(void *arg)
{
    struct fake_cluster f = {.nodes = {{.shards = {.n = N_SHARDS}}}};
    struct fake_node *n = &f.nodes[0];
    fake_cluster_start_one(&f, (struct cql_cluster_opts){0});
    read_keys(&f, 1);
    await_connections(n, N_SHARDS + 1); /* and the one that watches */
    for (int i = 0; i < N_SHARDS; i++)
        ASSERT(n->shards.n_connections[i] >= 1);
    n->shards.n_misplaced = 0;
    read_keys(&f, 500);
    ASSERT_INT(0, n->shards.n_misplaced);
    for (int i = 0; i < N_SHARDS; i++)
        ASSERT(n->shards.n_executed[i] > 10);

    fake_node_kill(n); /* and with another number of shards when it comes back */
    n->n_connections = 0;
    n->shards.n = 5;
    err_ignore(fiber_sleep_until(clock_now_ns() + 50 * CLOCK_MS)); /* the port is free again */
    fake_node_start(n, n->address, n->port);
    EVENTUALLY(!err_failed(fake_cluster_read(&f, 1000)));
    EVENTUALLY(n->n_connections >= N_SHARDS + 1);
    err_ignore(fiber_sleep_until(clock_now_ns() + 100 * CLOCK_MS));
    n->shards.n_misplaced = 0;
    read_keys(&f, 200);
    ASSERT_INT(0, n->shards.n_misplaced);
    fake_cluster_stop(&f);
}

TEST(each_read_goes_to_the_shard_of_its_token)
{
    ASSERT_OK(core_run_fiber("test", sharded, NULL));
}

/* Address translation, or a firewall: it is slower for the database, and nothing else. */
static void shards_not_reached(void *arg)
{
    struct fake_cluster f[2] = {{.nodes = {{.shards = {.n = 4, .translates = true}}}},
                                {.nodes = {{.shards = {.n = 4, .closed = true}}}}};
    for (int i = 0; i < 2; i++) {
        fake_cluster_start_one(&f[i], (struct cql_cluster_opts){0});
        read_keys(&f[i], 1);
        await_connections(&f[i].nodes[0], 4 + 1);
        read_keys(&f[i], 100);
        fake_cluster_stop(&f[i]);
    }
}

TEST(shards_that_cannot_be_chosen_are_done_without)
{
    ASSERT_OK(core_run_fiber("test", shards_not_reached, NULL));
}

static void lies(void *arg)
{
    struct fake_cluster f = {.nodes = {{.shards = {.n = 60}}}};
    fake_cluster_start_one(&f, (struct cql_cluster_opts){.connections_per_node = 10});
    read_keys(&f, 1);
    EVENTUALLY(f.nodes[0].n_connections >= 257);
    err_ignore(fiber_sleep_until(clock_now_ns() + 100 * CLOCK_MS));
    ASSERT_INT(256 + 1, f.nodes[0].n_connections); /* not 600 */
    read_keys(&f, 100);
    fake_cluster_stop(&f);
}

TEST(connections_of_a_core_to_a_node_are_bounded)
{
    ASSERT_OK(core_run_fiber("test", lies, NULL));
}
