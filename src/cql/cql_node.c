/* SPDX-License-Identifier: Apache-2.0 */
#define LOG_CHANNEL LOG_CHANNEL_BACKEND
#include "base/log.h"
#include "base/mem.h"
#include "cql/cql_impl.h"
#include "cql/cql_token.h"
#include "rt/clock.h"

#include <stdlib.h>

#define BACKOFF_FIRST_NS (100 * CLOCK_MS)
#define BACKOFF_MAX_NS (5 * CLOCK_S)
#define MAX_LINKS 256u
#define MAX_LOWER 5
/* So long a port for shards that did not work is not tried again. */
#define AVOID_NS (60 * CLOCK_S)

/* Somewhere between half and the whole: nodes that went together do not come back to a crowd. */
static int64_t jitter(struct cql_session *s, int64_t ns)
{
    s->rng = s->rng * 6364136223846793005ull + 1442695040888963407ull;
    return ns / 2 + (int64_t)((s->rng >> 33) % (uint64_t)(ns / 2 + 1));
}

static void link_run(void *arg);

static void add_link(struct cql_node *n)
{
    struct cql_link *l = xcalloc(1, sizeof *l);
    n->links = xrealloc(n->links, (n->n_links + 1) * sizeof *n->links);
    *l = (struct cql_link){.node = n, .index = n->n_links};
    n->links[n->n_links++] = l;
    fiber_group_spawn(&n->session->links, "cql link", link_run, l);
}

static uint32_t shard_of(const struct cql_link *l)
{
    return (l->node->first_shard + l->index) % l->node->n_shards;
}

/* What the node says of its shards: a connection to each of them. */
static void take_shards(struct cql_link *l, const struct cql_message_supported *offer)
{
    struct cql_node *n = l->node;
    bool tls = n->conn_opts.tls != NULL, is_new = offer->n_shards != n->n_shards;
    uint32_t per_shard = n->session->cluster->opts.connections_per_node;
    if (!is_new && l->told_shard && offer->shard != shard_of(l)) {
        LOG_WARN("cql: node %s: connections do not reach the shard that their port tells (is there "
                 "address translation on the way?)",
                 n->address);
        n->avoid_shard_port_ns = clock_now_ns() + AVOID_NS;
    }
    if (is_new) {
        n->n_shards = offer->n_shards;
        n->first_shard =
            offer->n_shards
                ? (offer->shard + offer->n_shards - l->index % offer->n_shards) % offer->n_shards
                : 0;
        n->shard_port = tls ? offer->shard_port_tls : offer->shard_port;
    }
    n->ignore_msb = offer->ignore_msb;
    while (n->n_links < MIN(n->n_shards * per_shard, MAX_LINKS))
        add_link(n);
}

static void connected(struct cql_link *l, struct cql_conn *conn)
{
    struct cql_node *n = l->node;
    l->conn = conn;
    n->is_tried = true;
    take_shards(l, cql_conn_supported(conn));
    atomic_fetch_add(&n->state->n_connections, 1);
    if (n->n_connected++ == 0)
        cql_session_node_up(n->session, n);
}

static void disconnected(struct cql_link *l)
{
    struct cql_node *n = l->node;
    l->conn = NULL;
    atomic_fetch_sub(&n->state->n_connections, 1);
    atomic_store(&n->state->last_error_ns, clock_wall_ns());
    if (--n->n_connected == 0)
        cql_session_node_down(n->session, n);
}

/* To the link's shard, if the node has a port for that which can be reached. The first connection
 * goes where every client can go. */
static YIELDS err open_link(struct cql_link *l, struct cql_conn **ret)
{
    struct cql_node *n = l->node;
    int64_t timeout_ns = n->session->cluster->opts.connect_timeout_ns;
    struct cql_conn_opts opts = n->conn_opts;
    l->told_shard = n->shard_port && n->n_shards > 1 && (l->index || n->n_connected) &&
                    clock_now_ns() >= n->avoid_shard_port_ns;
    if (l->told_shard) {
        opts.shard_port = n->shard_port;
        opts.n_shards = n->n_shards;
        opts.shard = shard_of(l);
        err e = cql_conn_open(&opts, clock_now_ns() + timeout_ns, ret);
        if (!err_failed(e) || e.code == ERR_CANCELLED || n->n_connected == 0)
            return e;
        LOG_WARN("cql: node %s: the port for its shards cannot be used: %s", n->address,
                 err_text());
        n->avoid_shard_port_ns = clock_now_ns() + AVOID_NS;
        l->told_shard = false;
    }
    return cql_conn_open(&n->conn_opts, clock_now_ns() + timeout_ns, ret);
}

/* The handshake has no checksums: an offer of versions that was damaged on the way must not take
 * them from all that follows. A node that really became older says so again and again. */
static err check_version(struct cql_node *n, const struct cql_conn *conn)
{
    uint32_t version = cql_conn_version(conn), before = atomic_load(&n->state->version);
    if (version < before && atomic_fetch_add(&n->state->n_lower, 1) < MAX_LOWER)
        return FAIL(ERR_PROTOCOL, "cql: %s: offers version %u of the protocol, and %u before",
                    n->address, version, before);
    atomic_store(&n->state->version, version);
    atomic_store(&n->state->n_lower, 0);
    return OK;
}

static YIELDS err serve(struct cql_link *l, bool *ret_served)
{
    struct cql_node *n = l->node;
    struct cql_cluster *c = n->session->cluster;
    struct cql_conn *conn;
    err e = open_link(l, &conn);
    if (!err_failed(e) && err_failed(e = check_version(n, conn))) {
        char text[240];
        snprintf(text, sizeof text, "%s", err_text());
        cql_conn_free(conn);
        e = FAIL(e.code, "%s", text);
    }
    n->is_tried = true;
    if (err_failed(e)) {
        if (e.code != ERR_CANCELLED)
            counter_inc(c->m.connect_errors);
        return e;
    }
    counter_inc(c->m.connects);
    *ret_served = true;
    connected(l, conn);
    e = cql_conn_run(conn);
    disconnected(l);
    char text[240];
    snprintf(text, sizeof text, "%s", err_text());
    cql_conn_free(conn);
    return FAIL(e.code, "%s", text);
}

/* Keeps one connection for as long as the node is in the cluster and the core runs. */
static void link_run(void *arg)
{
    static struct log_limit limit = LOG_LIMIT_INIT(10);
    struct cql_link *l = arg;
    int64_t backoff_ns = BACKOFF_FIRST_NS;
    while (!l->node->is_gone && !fiber_cancelled()) {
        bool served = false;
        uint64_t n_dropped;
        err e = serve(l, &served);
        if (e.code == ERR_CANCELLED || l->node->is_gone)
            break;
        if (served)
            backoff_ns = BACKOFF_FIRST_NS;
        if (log_limit_take(&limit, &n_dropped))
            LOG_WARN("cql: node %s: %s, connecting again in %lld ms", l->node->address, err_text(),
                     (long long)(backoff_ns / CLOCK_MS));
        if (err_failed(fiber_sleep_until(clock_now_ns() + jitter(l->node->session, backoff_ns))))
            break;
        backoff_ns = MIN(2 * backoff_ns, BACKOFF_MAX_NS);
    }
}

struct cql_node *cql_node_new(struct cql_session *s, const struct cql_topology_node *of)
{
    const struct cql_cluster_opts *opts = &s->cluster->opts;
    struct cql_node *n = xcalloc(1, sizeof *n);
    n->session = s;
    n->state = of->state;
    memcpy(n->host_id, of->host_id, 16);
    memcpy(n->address, of->address, sizeof n->address);
    n->conn_opts = (struct cql_conn_opts){
        .host = n->address,
        .port = of->port,
        .user = opts->user,
        .password = opts->password,
        .lz4 = opts->lz4,
        .max_version = opts->max_version,
        .tls = s->cluster->tls,
    };
    list_init(&n->waiting);
    list_push_back(&s->nodes, &n->in_session);
    n->prepared = xcalloc(opts->n_statements + 1, sizeof *n->prepared);
    for (uint32_t i = 0; i < opts->connections_per_node; i++)
        add_link(n);
    return n;
}

void cql_node_free(struct cql_node *n)
{
    for (uint32_t i = 0; i <= n->session->cluster->opts.n_statements; i++) {
        buf_deinit(&n->prepared[i].id);
        buf_deinit(&n->prepared[i].result_id);
    }
    free(n->prepared);
    for (uint32_t i = 0; i < n->n_links; i++)
        free(n->links[i]);
    free(n->links);
    free(n);
}

struct cql_conn *cql_node_conn(struct cql_node *n, const struct cql_call *call)
{
    struct cql_conn *best = NULL;
    bool best_fits = false;
    uint32_t shard = n->n_shards > 1 && call->has_token
                         ? cql_token_shard(call->token, n->n_shards, n->ignore_msb)
                         : UINT32_MAX;
    for (uint32_t i = 0; i < n->n_links; i++) {
        struct cql_conn *conn = n->links[i]->conn;
        if (!conn || !cql_conn_usable(conn))
            continue;
        bool fits = shard == UINT32_MAX || cql_conn_supported(conn)->shard == shard;
        if (!best || (fits && !best_fits) ||
            (fits == best_fits && cql_conn_in_flight(conn) < cql_conn_in_flight(best))) {
            best = conn;
            best_fits = fits;
        }
    }
    return best;
}

/* Preparing. */

struct prepare {
    struct cql_pending pending;
    struct cql_node *node;
    uint32_t stmt;
    uint8_t version;
};

/* All that waited is tried again: it is sent, or waits for another of its statements. */
static void resume_waiting(struct cql_node *n)
{
    struct list calls;
    list_init(&calls);
    for (struct list *it; (it = list_pop_front(&n->waiting)) != NULL;)
        list_push_back(&calls, it);
    for (struct list *it; (it = list_pop_front(&calls)) != NULL;)
        cql_session_resume(LIST_ENTRY(it, struct cql_call, node));
}

/* Calls that wait for statement `stmt`. */
static bool uses(const struct cql_call *call, uint32_t stmt)
{
    for (uint32_t i = 0; i < call->n_rows; i++)
        if (call->rows[i].stmt == stmt)
            return true;
    return call->stmt == stmt;
}

static void fail_waiting(struct cql_node *n, uint32_t stmt, err e, uint32_t code)
{
    char text[240];
    snprintf(text, sizeof text, "%s", err_text());
    struct list calls;
    list_init(&calls);
    LIST_EACH(it, &n->waiting)
    {
        if (!uses(LIST_ENTRY(it, struct cql_call, node), stmt))
            continue;
        list_unlink(it);
        list_push_back(&calls, it);
    }
    for (struct list *it; (it = list_pop_front(&calls)) != NULL;)
        cql_session_failed(LIST_ENTRY(it, struct cql_call, node), FAIL(e.code, "%s", text), code);
}

static void on_prepared(struct cql_pending *pending, const struct cql_frame *f)
{
    struct prepare *p = container_of(pending, struct prepare, pending);
    struct cql_node *n = p->node;
    struct cql_prepared *entry = &n->prepared[p->stmt];
    uint32_t stmt = p->stmt;
    struct cql_message_prepared got;
    struct cql_message_error failure;
    entry->state = CQL_PREPARED_NONE;
    if (!f) {
        fail_waiting(n, stmt, FAIL(ERR_CLOSED, "cql: %s: the connection ended", n->address), 0);
    } else if (f->opcode == CQL_OP_ERROR && cql_message_get_error(f->body, &failure)) {
        fail_waiting(n, stmt,
                     FAIL(ERR_STATUS, "cql: %s: cannot prepare: %s: %.*s", n->address,
                          cql_message_error_name(failure.code),
                          (int)MIN(failure.text.n, (size_t)160), (const char *)failure.text.p),
                     failure.code);
    } else if (f->opcode == CQL_OP_RESULT && cql_message_get_prepared(f->body, p->version, &got)) {
        buf_clear(&entry->id);
        buf_put_slice(&entry->id, got.id);
        buf_clear(&entry->result_id);
        buf_put_slice(&entry->result_id, got.result_id);
        entry->state = CQL_PREPARED_READY;
        counter_inc(n->session->cluster->m.prepared);
        resume_waiting(n);
    } else {
        fail_waiting(n, stmt, FAIL(ERR_PROTOCOL, "cql: %s: damaged answer to PREPARE", n->address),
                     0);
    }
    free(p);
}

static void ask(struct cql_node *n, struct cql_conn *conn, uint32_t stmt)
{
    struct prepare *p = xcalloc(1, sizeof *p);
    p->pending.on_reply = on_prepared;
    p->node = n;
    p->stmt = stmt;
    p->version = cql_conn_version(conn);
    struct buf *out = cql_conn_out(conn);
    size_t at = out->n;
    cql_message_put_prepare(out, p->version, n->session->cluster->opts.statements[stmt - 1]);
    n->prepared[stmt].state = CQL_PREPARED_ASKED;
    cql_conn_send(conn, &p->pending, at);
}

static bool is_ready(struct cql_node *n, struct cql_conn *conn, uint32_t stmt)
{
    if (stmt && n->prepared[stmt].state == CQL_PREPARED_NONE && cql_conn_usable(conn))
        ask(n, conn, stmt);
    return !stmt || n->prepared[stmt].state == CQL_PREPARED_READY;
}

bool cql_node_prepared(struct cql_node *n, struct cql_conn *conn, struct cql_call *call)
{
    bool ready = is_ready(n, conn, call->stmt);
    for (uint32_t i = 0; i < call->n_rows; i++)
        ready &= is_ready(n, conn, call->rows[i].stmt);
    if (!ready)
        list_push_back(&n->waiting, &call->node);
    return ready;
}

bool cql_node_prefetch(struct cql_node *n, struct cql_call *call)
{
    struct cql_conn *conn = cql_node_conn(n, call);
    return conn && is_ready(n, conn, call->stmt);
}

void cql_node_unprepare(struct cql_node *n, const struct cql_call *call)
{
    for (uint32_t i = 0; i < call->n_rows; i++)
        if (n->prepared[call->rows[i].stmt].state == CQL_PREPARED_READY)
            n->prepared[call->rows[i].stmt].state = CQL_PREPARED_NONE;
    if (call->stmt && n->prepared[call->stmt].state == CQL_PREPARED_READY)
        n->prepared[call->stmt].state = CQL_PREPARED_NONE;
}

void cql_node_put(struct cql_node *n, struct cql_conn *conn, const struct cql_call *call)
{
    struct buf *out = cql_conn_out(conn);
    uint8_t version = cql_conn_version(conn);
    if (call->n_rows) {
        size_t at = cql_message_batch_begin(out, version, call->n_rows);
        for (uint32_t i = 0; i < call->n_rows; i++)
            cql_message_batch_put(out, buf_slice(&n->prepared[call->rows[i].stmt].id),
                                  call->rows[i].n_values, call->rows[i].values);
        cql_message_batch_end(out, at, version, &call->params);
    } else if (call->stmt) {
        struct cql_prepared *p = &n->prepared[call->stmt];
        struct cql_message_params params = call->params;
        params.no_metadata = true;
        cql_message_put_execute(out, version, buf_slice(&p->id), buf_slice(&p->result_id),
                                call->n_values, call->values, &params);
    } else {
        cql_message_put_query(out, version, call->text, call->n_values, call->values,
                              &call->params);
    }
}
