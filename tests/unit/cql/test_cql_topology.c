/* SPDX-License-Identifier: Apache-2.0 */
#include "cql/cql_topology.h"

#include "base/mem.h"
#include "cql/cql_value.h"
#include "unit/test.h"

static struct cql_topology *make(const struct cql_topology_replication *r)
{
    static const int64_t tokens[4][2] = {{-100, 300}, {0, 400}, {100, 500}, {200, 600}};
    static const char *const dcs[] = {"a", "a", "a", "b"}, *const racks[] = {"r1", "r1", "r2",
                                                                             "r1"};
    struct cql_topology_node nodes[4] = {0};
    for (int i = 0; i < 4; i++) {
        nodes[i].dc = dcs[i];
        nodes[i].rack = racks[i];
        nodes[i].release = "5";
        nodes[i].tokens = slice_of(tokens[i], sizeof tokens[i]);
    }
    return cql_topology_new("x", nodes, 4, r);
}

static void expect(const struct cql_topology *t, int64_t token, const char *replicas)
{
    char text[64] = "";
    const struct cql_topology_range *r = cql_topology_find(t, token);
    for (uint32_t i = 0; i < r->n_replicas; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%u", r->replicas[i]);
    ASSERT_STR(replicas, text);
}

TEST(simple_strategy_takes_the_next_nodes)
{
    struct cql_topology *t =
        make(&(struct cql_topology_replication){.is_simple = true, .simple_factor = 3});
    expect(t, INT64_MIN, "012");
    expect(t, -100, "012");
    expect(t, -99, "123");
    expect(t, 600, "301");
    expect(t, 601, "012"); /* behind the last token the ring begins again */
    expect(t, INT64_MAX, "012");
    cql_topology_unref(t);
    t = make(&(struct cql_topology_replication){.is_simple = true, .simple_factor = 9});
    expect(t, 0, "1230");
    cql_topology_unref(t);
}

TEST(network_strategy_spreads_over_racks)
{
    struct cql_topology_replication r = {.n_dcs = 2, .dcs = {{"a", 2}, {"b", 1}}};
    struct cql_topology *t = make(&r);
    expect(t, -100, "023"); /* 1 is in 0's rack: passed over */
    expect(t, 0, "123");
    expect(t, 100, "203");
    cql_topology_unref(t);
    r.dcs[0].factor = 3;
    t = make(&r);
    expect(t, -100, "0213");
    cql_topology_unref(t);
}

TEST(an_empty_ring_has_no_ranges)
{
    struct cql_topology *t =
        cql_topology_new("x", NULL, 0, &(struct cql_topology_replication){.is_simple = true});
    ASSERT(cql_topology_find(t, 5) == NULL);
    cql_topology_unref(cql_topology_ref(t));
    cql_topology_unref(t);
}

TEST(replication_is_read_from_its_map)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    CLEANUP(buf_deinit) struct buf b = {0};
    struct cql_topology_replication r;
    static const char *const texts[] = {
        "class", "org.apache.cassandra.locator.NetworkTopologyStrategy", "dc1", "3", "dc2", "2/1"};
    buf_put_be32(&b, 3);
    for (int i = 0; i < 6; i++)
        cql_value_put_blob(&b, slice_str(texts[i]));
    ASSERT(cql_topology_get_replication(buf_slice(&b), a, &r));
    ASSERT(!r.is_simple && r.n_dcs == 2 && r.dcs[0].factor == 3 && r.dcs[1].factor == 2);
    ASSERT_STR("dc2", r.dcs[1].name);
    ASSERT(!cql_topology_get_replication(slice_of(b.p, b.n - 1), a, &r));
    ASSERT(!cql_topology_get_replication(SLICE_EMPTY, a, &r));
}
