/* SPDX-License-Identifier: Apache-2.0 */
/* The connection that watches the cluster: who is in it, and what changes. On the cluster's core.
 */
#define LOG_CHANNEL LOG_CHANNEL_BACKEND
#include "base/log.h"
#include "base/mem.h"
#include "cql/cql_impl.h"
#include "rt/clock.h"
#include "rt/core.h"

#include <arpa/inet.h>
#include <stdlib.h>

#define BACKOFF_MAX_NS (5 * CLOCK_S)
#define REFRESH_NS (60 * CLOCK_S)
#define SETTLE_NS (1 * CLOCK_S) /* events come in crowds */
#define QUERY_NS (10 * CLOCK_S)
#define MAX_POINTS 64

struct cql_control {
    struct cql_cluster *cluster;
    struct cql_conn_opts conn_opts;
    char host[256];
    struct cql_conn *conn; /* NULL: not connected */
    struct fiber_group fibers;
    struct fiber_cond changed;
    bool dirty;
    char local_dc[64]; /* of the node first reached */
};

static void on_event(void *arg, const struct cql_frame *f)
{
    struct cql_control *t = arg;
    t->dirty = true;
    fiber_cond_broadcast(&t->changed);
}

/* Queries of the system's tables. */

struct table_reader {
    struct cql_control *t;
    struct arena *arena;
    struct cql_rows rows;
};

static YIELDS err query(struct cql_control *t, struct arena *a, const char *text, uint16_t n_values,
                        struct slice values, struct cql_rows *ret)
{
    CLEANUP(buf_deinit) struct buf frame = {0};
    struct cql_message_params params = {.consistency = CQL_CONSISTENCY_ONE};
    struct slice body;
    enum cql_result_kind kind;
    if (!t->conn)
        return FAIL(ERR_CLOSED, "cql: not connected");
    cql_message_put_query(&frame, cql_conn_version(t->conn), text, n_values, values, &params);
    TRY(cql_conn_request(t->conn, buf_slice(&frame), clock_now_ns() + QUERY_NS, a, &body, NULL));
    if (!cql_message_get_result(body, &kind, ret) || kind != CQL_RESULT_ROWS)
        return FAIL(ERR_PROTOCOL, "cql: %s: damaged result of %s", t->host, text);
    return OK;
}

static bool put_address(struct cql_value v, char out[64])
{
    return !v.null && (v.bytes.n == 4 || v.bytes.n == 16) &&
           inet_ntop(v.bytes.n == 4 ? AF_INET : AF_INET6, v.bytes.p, out, 64) != NULL;
}

static bool is_any(const char *address)
{
    return strcmp(address, "0.0.0.0") == 0 || strcmp(address, "::") == 0;
}

static const char *text_of(struct arena *a, struct cql_value v)
{
    return arena_strdup(a, v.bytes);
}

/* set<text> of decimal numbers -> int64_t one after the other */
static struct slice tokens_of(struct arena *a, struct slice set)
{
    struct cursor c = cursor_of(set);
    uint32_t n = cursor_be32(&c);
    if (n > cursor_left(&c) / 4)
        return SLICE_EMPTY;
    int64_t *tokens = arena_array(a, int64_t, n + 1);
    uint32_t i = 0;
    for (; i < n && !c.failed; i++)
        tokens[i] = strtoll(arena_strdup(a, cql_value_get(&c).bytes), NULL, 10);
    return slice_of(tokens, i * sizeof *tokens);
}

/* Columns: host_id, dc, rack, release, tokens, address, port (may be NULL). */
static bool take_node(struct cql_control *t, struct arena *a, const struct cql_value v[7],
                      struct cql_topology_node *ret)
{
    int32_t port;
    *ret = (struct cql_topology_node){.port = t->conn_opts.port};
    if (v[0].bytes.n != 16 || !put_address(v[5], ret->address))
        return false; /* a node that is just joining */
    memcpy(ret->host_id, v[0].bytes.p, 16);
    ret->dc = text_of(a, v[1]);
    ret->rack = text_of(a, v[2]);
    ret->release = text_of(a, v[3]);
    ret->tokens = tokens_of(a, v[4].bytes);
    if (cql_value_int(v[6], &port) && port > 0 && port <= UINT16_MAX)
        ret->port = (uint16_t)port;
    return true;
}

static YIELDS err read_local(struct cql_control *t, struct arena *a, const char **ret_name,
                             struct cql_topology_node *ret)
{
    struct cql_rows rows;
    struct cql_value v[8];
    TRY(query(t, a,
              "SELECT host_id, data_center, rack, release_version, tokens, rpc_address, "
              "cluster_name FROM system.local",
              0, SLICE_EMPTY, &rows));
    if (!cql_rows_next(&rows, v, 7))
        return FAIL(ERR_PROTOCOL, "cql: %s: system.local is empty", t->host);
    *ret_name = text_of(a, v[6]);
    v[6] = (struct cql_value){SLICE_EMPTY, true};
    if (!take_node(t, a, v, ret))
        return FAIL(ERR_PROTOCOL, "cql: %s: system.local has no host_id or rpc_address", t->host);
    if (is_any(ret->address)) /* listens everywhere: where we reached it */
        snprintf(ret->address, sizeof ret->address, "%.63s", t->host);
    return OK;
}

static YIELDS err read_peers(struct cql_control *t, struct arena *a,
                             struct cql_topology_node *nodes, uint32_t *n)
{
    struct cql_rows rows;
    struct cql_value v[7];
    err e = query(t, a,
                  "SELECT host_id, data_center, rack, release_version, tokens, native_address, "
                  "native_port FROM system.peers_v2",
                  0, SLICE_EMPTY, &rows);
    uint32_t n_columns = 7;
    if (e.code == ERR_STATUS) { /* Scylla, and Cassandra before 4 */
        n_columns = 6;
        e = query(t, a,
                  "SELECT host_id, data_center, rack, release_version, tokens, rpc_address FROM "
                  "system.peers",
                  0, SLICE_EMPTY, &rows);
        v[6] = (struct cql_value){SLICE_EMPTY, true};
    }
    TRY(e);
    while (*n < CQL_TOPOLOGY_MAX_NODES && cql_rows_next(&rows, v, n_columns))
        if (take_node(t, a, v, &nodes[*n]) && !is_any(nodes[*n].address))
            ++*n;
    return rows.at.failed ? FAIL(ERR_PROTOCOL, "cql: %s: damaged rows of system.peers", t->host)
                          : OK;
}

static YIELDS err read_replication(struct cql_control *t, struct arena *a,
                                   struct cql_topology_replication *ret)
{
    CLEANUP(buf_deinit) struct buf values = {0};
    struct cql_rows rows;
    struct cql_value v;
    *ret = (struct cql_topology_replication){.is_simple = true, .simple_factor = 1};
    cql_value_put_blob(&values, slice_str(t->cluster->opts.keyspace));
    TRY(query(t, a, "SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = ?", 1,
              buf_slice(&values), &rows));
    if (cql_rows_next(&rows, &v, 1) && !cql_topology_get_replication(v.bytes, a, ret))
        LOG_WARN(
            "cql: the replication of keyspace %s is of a kind that is not known: any node is asked",
            t->cluster->opts.keyspace);
    return OK;
}

static struct cql_topology_state *state_of(struct cql_cluster *c, const struct cql_topology_node *n)
{
    struct cql_topology_state *s = c->states;
    while (s && (memcmp(s->host_id, n->host_id, 16) != 0 || strcmp(s->address, n->address) != 0))
        s = s->next;
    if (!s) {
        s = xcalloc(1, sizeof *s);
        memcpy(s->host_id, n->host_id, 16);
        memcpy(s->address, n->address, sizeof s->address);
        s->next = c->states;
        c->states = s;
    }
    return s;
}

static void publish(struct cql_control *t, const char *name, struct cql_topology_node *nodes,
                    uint32_t n, const struct cql_topology_replication *replication)
{
    struct cql_cluster *c = t->cluster;
    if (!t->local_dc[0])
        snprintf(t->local_dc, sizeof t->local_dc, "%.63s", nodes[0].dc);
    pthread_mutex_lock(&c->lock);
    for (uint32_t i = 0; i < n; i++) {
        nodes[i].is_local = strcmp(nodes[i].dc, t->local_dc) == 0;
        nodes[i].state = state_of(c, &nodes[i]);
    }
    struct cql_topology *old = c->topology;
    c->topology = cql_topology_new(name, nodes, n, replication);
    atomic_fetch_add(&c->version, 1);
    pthread_mutex_unlock(&c->lock);
    cql_topology_unref(old);
    counter_set(c->m.nodes, n);
}

YIELDS ERR cql_control_refresh(struct cql_cluster *c)
{
    struct cql_control *t = c->control;
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct cql_topology_node *nodes =
        arena_array(a, struct cql_topology_node, CQL_TOPOLOGY_MAX_NODES);
    struct cql_topology_replication replication;
    const char *name = "";
    uint32_t n = 1;
    t->dirty = false;
    TRY(read_local(t, a, &name, &nodes[0]));
    TRY(read_peers(t, a, nodes, &n));
    TRY(read_replication(t, a, &replication));
    publish(t, name, nodes, n, &replication);
    return OK;
}

/* Schema versions of all nodes but those that are down (their row says nothing, or what they had):
 * those connected to. */
static YIELDS err read_schema(struct cql_control *t, bool *ret_agreed)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct cql_rows local, peers;
    struct cql_value own, v[2];
    bool agreed = true;
    TRY(query(t, a, "SELECT schema_version FROM system.local", 0, SLICE_EMPTY, &local));
    if (!cql_rows_next(&local, &own, 1))
        return FAIL(ERR_PROTOCOL, "cql: %s: system.local is empty", t->host);
    TRY(query(t, a, "SELECT schema_version, rpc_address FROM system.peers", 0, SLICE_EMPTY,
              &peers));
    while (cql_rows_next(&peers, v, 2)) {
        char address[64];
        if (v[0].null || !put_address(v[1], address) || slice_eq(own.bytes, v[0].bytes))
            continue;
        pthread_mutex_lock(&t->cluster->lock);
        for (const struct cql_topology_state *s = t->cluster->states; s; s = s->next)
            if (strcmp(s->address, address) == 0 && atomic_load(&s->n_connections) > 0)
                agreed = false;
        pthread_mutex_unlock(&t->cluster->lock);
    }
    *ret_agreed = agreed;
    return OK;
}

YIELDS ERR cql_control_await_schema(struct cql_cluster *c, int64_t deadline_ns)
{
    for (bool agreed = false; !agreed;) {
        err e = read_schema(c->control, &agreed);
        if (e.code == ERR_CANCELLED)
            return e;
        if (!agreed && clock_now_ns() > deadline_ns)
            return FAIL(ERR_TIMEOUT, "cql: the nodes do not agree on a schema");
        if (err_failed(e) || !agreed)
            TRY(fiber_sleep_until(clock_now_ns() + 200 * CLOCK_MS));
    }
    return OK;
}

/* Connecting: the nodes known, then the contact points again (all addresses may have changed). */

static uint32_t list_points(struct cql_control *t, char (*points)[256])
{
    struct cql_cluster *c = t->cluster;
    uint32_t n = 0;
    pthread_mutex_lock(&c->lock);
    for (uint32_t i = 0; c->topology && i < c->topology->n_nodes && n < MAX_POINTS / 2; i++)
        snprintf(points[n++], 256, "%s", c->topology->nodes[i].address);
    pthread_mutex_unlock(&c->lock);
    for (const char *p = c->opts.contact_points; *p && n < MAX_POINTS;) {
        size_t length = strcspn(p, ", ");
        if (length && length < 256)
            snprintf(points[n++], 256, "%.*s", (int)length, p);
        p += length;
        p += strspn(p, ", ");
    }
    return n;
}

static YIELDS err connect_one(struct cql_control *t, const char *host)
{
    snprintf(t->host, sizeof t->host, "%s", host);
    t->conn_opts.host = t->host;
    return cql_conn_open(&t->conn_opts, clock_now_ns() + t->cluster->opts.connect_timeout_ns,
                         &t->conn);
}

static YIELDS err connect_any(struct cql_control *t)
{
    char(*points)[256] = xcalloc(MAX_POINTS, 256);
    uint32_t n = list_points(t, points), first = n ? (uint32_t)(clock_now_ns() / 1000 % n) : 0;
    bool is_start = t->cluster->topology == NULL;
    err e = FAIL(ERR_INVALID, "cql: no contact points");
    for (uint32_t i = 0; i < n; i++) {
        e = connect_one(t, points[is_start ? i : (first + i) % n]);
        if (!err_failed(e) || e.code == ERR_CANCELLED || (is_start && e.code == ERR_STATUS))
            break;
        if (is_start)
            LOG_WARN("cql: contact point %s: %s", points[i], err_text());
    }
    free(points);
    if (is_start && (e.code == ERR_REFUSED || e.code == ERR_RESOLVE || e.code == ERR_TIMEOUT))
        return FAIL(e.code,
                    "cql: none of database.cassandra.contact_points answers at its port: %.140s",
                    err_text());
    return e;
}

static void serve(void *arg)
{
    struct cql_control *t = arg;
    int64_t backoff_ns = 100 * CLOCK_MS;
    while (!fiber_cancelled()) {
        err e = t->conn ? OK : connect_any(t);
        if (!err_failed(e)) {
            backoff_ns = 100 * CLOCK_MS;
            on_event(t, NULL); /* what changed meanwhile nobody told */
            e = cql_conn_run(t->conn);
            struct cql_conn *conn = TAKE_PTR(t->conn);
            char text[240];
            snprintf(text, sizeof text, "%s", err_text());
            cql_conn_free(conn);
            if (e.code == ERR_CANCELLED)
                break;
            LOG_WARN("cql: control connection: %s, connecting again", text);
            continue;
        }
        if (e.code == ERR_CANCELLED || err_failed(fiber_sleep_until(clock_now_ns() + backoff_ns)))
            break;
        backoff_ns = MIN(2 * backoff_ns, BACKOFF_MAX_NS);
    }
    if (t->conn)
        t->conn = cql_conn_free(t->conn);
}

static void watch(void *arg)
{
    struct cql_control *t = arg;
    while (!fiber_cancelled()) {
        err e = t->dirty ? OK : fiber_cond_wait(&t->changed, clock_now_ns() + REFRESH_NS);
        if (e.code == ERR_CANCELLED || err_failed(fiber_sleep_until(clock_now_ns() + SETTLE_NS)))
            break;
        if (!t->conn) {
            t->dirty = false; /* a new connection says so again */
            continue;
        }
        if (err_failed(cql_control_refresh(t->cluster)))
            LOG_DEBUG("cql: topology: %s", err_text());
    }
}

YIELDS ERR cql_control_start(struct cql_cluster *c)
{
    struct cql_control *t = c->control = xcalloc(1, sizeof *t);
    t->cluster = c;
    fiber_group_init(&t->fibers);
    fiber_cond_init(&t->changed);
    t->conn_opts = (struct cql_conn_opts){.port = c->opts.port,
                                          .user = c->opts.user,
                                          .password = c->opts.password,
                                          .lz4 = c->opts.lz4,
                                          .max_version = c->opts.max_version,
                                          .tls = c->tls,
                                          .on_event = on_event,
                                          .arg = t};
    TRY(connect_any(t));
    fiber_group_spawn(&t->fibers, "cql control", serve, t);
    TRY(cql_control_refresh(c));
    fiber_group_spawn(&t->fibers, "cql topology", watch, t);
    return OK;
}

YIELDS void cql_control_stop(struct cql_cluster *c)
{
    if (!c->control)
        return;
    fiber_group_cancel(&c->control->fibers);
    cql_conn_free(c->control->conn);
    free(c->control);
    c->control = NULL;
}
