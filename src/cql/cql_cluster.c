/* SPDX-License-Identifier: Apache-2.0 */
#include "cql/cql_cluster.h"

#include "base/mem.h"
#include "cql/cql_impl.h"
#include "net/tls.h"
#include "rt/clock.h"
#include "rt/core.h"
#include "rt/core_call.h"

#include <stdlib.h>

#define CORE_INDEX 250 /* cores of the server count from 0 */

static const int64_t bounds_ms[] = {1, 2, 5, 10, 20, 50, 100, 200, 500, 700, 1000};

static void make_metrics(struct cql_cluster *c)
{
    struct counter_registry *r = c->opts.counters ? c->opts.counters : c->own_counters;
    static const char name[] = "backend_operations_total_number",
                      now[] = "backend_operations_current_number";
    static const char time[] = "backend_duration_milliseconds_histogram";
    c->m = (struct cql_metrics){
        .read_done = counter_get(r, name, "operation=\"read_async\",status=\"completed\"", NULL),
        .read_error = counter_get(r, name, "operation=\"read_async\",status=\"error\"", NULL),
        .read_retry = counter_get(r, name, "operation=\"read_async\",status=\"retry\"", NULL),
        .write_done = counter_get(r, name, "operation=\"write_async\",status=\"completed\"", NULL),
        .write_error = counter_get(r, name, "operation=\"write_async\",status=\"error\"", NULL),
        .write_retry = counter_get(r, name, "operation=\"write_async\",status=\"retry\"", NULL),
        .read_pending = counter_gauge(r, now, "operation=\"read_async\",status=\"pending\"", NULL),
        .write_pending =
            counter_gauge(r, now, "operation=\"write_async\",status=\"pending\"", NULL),
        .too_busy = counter_get(r, "backend_too_busy_total_number", "", NULL),
        .speculative = counter_get(r, "kleio_cql_speculative_total", "",
                                   "reads sent to a second node because the first was slow"),
        .prepared = counter_get(r, "kleio_cql_prepared_total", "", "statements prepared"),
        .connects = counter_get(r, "kleio_cql_connections_total", "", "connections made to nodes"),
        .connect_errors = counter_get(r, "kleio_cql_connection_errors_total", "",
                                      "attempts to connect that failed"),
        .nodes = counter_gauge(r, "kleio_cql_nodes", "", "nodes of the database cluster"),
        .read_ms = counter_histogram_get(r, time, "operation=\"read\"", NULL, bounds_ms,
                                         ARRAY_LEN(bounds_ms)),
        .write_ms = counter_histogram_get(r, time, "operation=\"write\"", NULL, bounds_ms,
                                          ARRAY_LEN(bounds_ms)),
    };
}

static const char *own(struct cql_cluster *c, int at, const char *text)
{
    return text ? c->texts[at] = xstrdup(text) : NULL;
}

static struct cql_cluster *cluster_new(const struct cql_cluster_opts *opts)
{
    struct cql_cluster *c = xcalloc(1, sizeof *c);
    struct cql_cluster_opts *o = &c->opts;
    *o = *opts;
    o->contact_points = own(c, 0, opts->contact_points);
    o->user = own(c, 1, opts->user);
    o->password = own(c, 2, opts->password);
    o->ca_file = own(c, 3, opts->ca_file);
    o->keyspace = own(c, 4, opts->keyspace);
    o->port = opts->port ? opts->port : 9042;
    o->connections_per_node = opts->connections_per_node ? MIN(opts->connections_per_node, 64u) : 1;
    o->max_reads = opts->max_reads ? opts->max_reads : 100000;
    o->connect_timeout_ns = opts->connect_timeout_ns ? opts->connect_timeout_ns : 10 * CLOCK_S;
    o->attempt_timeout_ns = opts->attempt_timeout_ns ? opts->attempt_timeout_ns : 5 * CLOCK_S;
    pthread_mutex_init(&c->lock, NULL);
    if (!opts->counters)
        c->own_counters = counter_registry_new();
    make_metrics(c);
    return c;
}

static void cluster_free(struct cql_cluster *c)
{
    for (uint32_t i = 0; i < CQL_MAX_SESSIONS; i++)
        if (c->sessions[i])
            cql_session_free(c->sessions[i]);
    cql_topology_unref(c->topology);
    for (struct cql_topology_state *s = c->states, *next; s; s = next) {
        next = s->next;
        free(s);
    }
    for (size_t i = 0; i < ARRAY_LEN(c->texts); i++)
        free(c->texts[i]);
    if (c->own_counters)
        counter_registry_free(c->own_counters);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

static YIELDS err start(void *arg)
{
    struct cql_cluster *c = arg;
    err e = cql_control_start(c);
    if (err_failed(e)) {
        char text[240];
        snprintf(text, sizeof text, "%s", err_text());
        cql_control_stop(c);
        return FAIL(e.code, "%s", text);
    }
    return OK;
}

/* The session of the calling core. */
static YIELDS err end_here(void *arg)
{
    struct cql_cluster *c = arg;
    for (uint32_t i = 0; i < CQL_MAX_SESSIONS; i++)
        if (c->sessions[i] && !c->sessions[i]->ended && c->sessions[i]->core == core_current())
            cql_session_end(c->sessions[i]);
    return OK;
}

static YIELDS err stop(void *arg)
{
    err_ignore(end_here(arg)); /* always OK */
    cql_control_stop(arg);
    return OK;
}

YIELDS ERR cql_cluster_open(const struct cql_cluster_opts *opts, struct cql_cluster **ret)
{
    struct cql_cluster *c = cluster_new(opts);
    err e = OK;
    if (opts->ca_file)
        e = tls_client_new(&(struct tls_client_opts){.ca_file = opts->ca_file}, &c->tls);
    if (!err_failed(e))
        e = core_new(&(struct core_opts){.index = CORE_INDEX}, &c->core);
    if (!err_failed(e) && err_failed(e = core_start(c->core)))
        c->core = core_free(c->core);
    if (!err_failed(e))
        e = core_call(c->core, start, c);
    if (err_failed(e)) {
        char text[240];
        snprintf(text, sizeof text, "%s", err_text());
        cql_cluster_close(c);
        return FAIL(e.code, "%s", text);
    }
    *ret = c;
    return OK;
}

YIELDS struct cql_cluster *cql_cluster_close(struct cql_cluster *c)
{
    if (!c)
        return NULL;
    if (core_current())
        err_ignore(end_here(c)); /* always OK */
    if (c->core) {
        err_ignore(core_call(c->core, stop, c)); /* always OK */
        core_stop(c->core);
        core_join(c->core);
    }
    struct core *core = c->core;
    struct tls_client *tls = c->tls;
    cluster_free(c);
    core_free(core);
    tls_client_free(tls);
    return NULL;
}

static YIELDS err refresh(void *arg)
{
    return cql_control_refresh(arg);
}

YIELDS ERR cql_cluster_refresh(struct cql_cluster *c)
{
    return core_call(c->core, refresh, c);
}

struct schema_wait {
    struct cql_cluster *cluster;
    int64_t deadline_ns;
};

static YIELDS err await_schema(void *arg)
{
    const struct schema_wait *w = arg;
    return cql_control_await_schema(w->cluster, w->deadline_ns);
}

YIELDS ERR cql_cluster_await_schema(struct cql_cluster *c, int64_t deadline_ns)
{
    struct schema_wait w = {c, deadline_ns};
    return core_call(c->core, await_schema, &w);
}

struct core *cql_cluster_core(struct cql_cluster *c)
{
    return c->core;
}

uint32_t cql_cluster_nodes(struct cql_cluster *c, struct cql_cluster_node_info *ret, uint32_t max)
{
    pthread_mutex_lock(&c->lock);
    struct cql_topology *t = cql_topology_ref(c->topology);
    pthread_mutex_unlock(&c->lock);
    uint32_t n = t->n_nodes;
    for (uint32_t i = 0; i < n && i < max; i++) {
        const struct cql_topology_node *node = &t->nodes[i];
        ret[i] = (struct cql_cluster_node_info){.port = node->port, .is_local = node->is_local};
        snprintf(ret[i].address, sizeof ret[i].address, "%s", node->address);
        snprintf(ret[i].dc, sizeof ret[i].dc, "%.63s", node->dc);
        snprintf(ret[i].release, sizeof ret[i].release, "%.31s", node->release);
        ret[i].n_connections = (uint32_t)MAX(atomic_load(&node->state->n_connections), 0);
    }
    cql_topology_unref(t);
    return n;
}

uint64_t cql_cluster_nodes_of(struct cql_cluster *c, int64_t token)
{
    pthread_mutex_lock(&c->lock);
    const struct cql_topology_range *r = cql_topology_find(c->topology, token);
    uint64_t set = r ? r->set : 0;
    pthread_mutex_unlock(&c->lock);
    return set;
}

static uint64_t value(struct counter *c)
{
    return (uint64_t)MAX(counter_value(c), (int64_t)0);
}

void cql_cluster_get_stats(struct cql_cluster *c, struct cql_cluster_stats *ret)
{
    *ret = (struct cql_cluster_stats){
        .n_reads = value(c->m.read_done),
        .n_writes = value(c->m.write_done),
        .n_read_errors = value(c->m.read_error),
        .n_write_errors = value(c->m.write_error),
        .n_read_retries = value(c->m.read_retry),
        .n_write_retries = value(c->m.write_retry),
        .n_reads_pending = value(c->m.read_pending),
        .n_writes_pending = value(c->m.write_pending),
        .n_too_busy = value(c->m.too_busy),
        .n_speculative = value(c->m.speculative),
    };
}
