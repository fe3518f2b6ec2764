/* SPDX-License-Identifier: Apache-2.0 */
#include "app/parts.h"

#include "app/server.h"
#include "app/status.h"
#include "base/mem.h"
#include "etl/etl.h"
#include "feed/feed.h"
#include "ledger/view.h"
#include "rippled/forward.h"
#include "rippled/paths.h"
#include "rippled/sources.h"
#include "rt/clock.h"
#include "store/cass.h"
#include "store/store.h"
#include "web/web.h"
#include "xrpl/names.h"

#include <stdio.h>

static enum rpc_code code_of(enum forward_failure failure)
{
    switch (failure) {
    case FORWARD_FAILURE_REQUEST: return RPC_REQUEST_ERROR;
    case FORWARD_FAILURE_TIMEOUT: return RPC_TIMEOUT;
    case FORWARD_FAILURE_INVALID_REPLY: return RPC_INVALID_RESPONSE;
    case FORWARD_FAILURE_NONE:
    case FORWARD_FAILURE_CONNECTION: break;
    }
    return RPC_CONNECTION_ERROR;
}

static void on_paths(void *arg, struct slice text)
{
    feed_sub_push(arg, text);
}

static void close_paths(void *paths)
{
    paths_close(paths);
}

/* path_find: the connection's own search. */
YIELDS static err ask_paths(struct parts *p, const struct rpc_forward *request, int64_t deadline_ns,
                            struct arena *a, struct json *ret_reply, enum rpc_code *ret_code)
{
    struct feed_party *party = request->session->party;
    enum forward_failure failure = FORWARD_FAILURE_NONE;
    *ret_code = RPC_CONNECTION_ERROR;
    if (party->ended)
        return FAIL(ERR_CANCELLED, "app: the connection has ended");
    if (party->paths == NULL) {
        party->paths = paths_new(&(struct paths_opts){.sources = p->sources,
                                                      .client_ip = request->client_ip,
                                                      .is_admin = request->is_admin,
                                                      .on_update = on_paths,
                                                      .arg = party});
        party->paths_close = close_paths;
    }
    err e = paths_ask(party->paths, request->text, deadline_ns, a, ret_reply, &failure);
    *ret_code = code_of(failure);
    return e;
}

YIELDS static err forward(void *arg, const struct rpc_forward *request, int64_t deadline_ns,
                          struct arena *a, struct json *ret_reply, enum rpc_code *ret_code)
{
    struct parts *p = arg;
    enum forward_failure failure = FORWARD_FAILURE_NONE;
    if (request->session)
        return ask_paths(p, request, deadline_ns, a, ret_reply, ret_code);
    struct forward *f = p->forwards[core_index(core_current())];
    struct forward_query q = {request->text, request->client_ip, request->is_admin,
                              request->keep_depth};
    err e = forward_request(f, &q, deadline_ns, a, ret_reply, &failure);
    *ret_code = code_of(failure);
    return e;
}

static uint32_t newest_held(void *arg)
{
    struct ledger_header tip;
    return ledgers_tip(((struct parts *)arg)->ledgers, &tip) ? tip.seq : 0;
}

YIELDS static bool hash_held(void *arg, uint32_t seq, struct hash256 *ret)
{
    CLEANUP(view_closep) struct view *v = NULL;
    if (view_open(((struct parts *)arg)->ledgers, seq, &v).code != 0)
        return false;
    *ret = view_header(v)->hash;
    return true;
}

struct sources_ledgers parts_held(struct parts *p)
{
    return (struct sources_ledgers){newest_held, hash_held, p};
}

static bool network_id(void *arg, uint32_t *ret)
{
    return sources_network_id(((struct parts *)arg)->sources, ret);
}

static void put_text(struct jw *w, const char *key, const char *text)
{
    jw_key(w, key);
    jw_str(w, slice_str(text));
}

static void put_number_text(struct jw *w, const char *key, uint64_t v)
{
    jw_key(w, key);
    jw_u64_str(w, v);
}

static void put_source(struct jw *w, const struct sources_info *s)
{
    jw_obj_begin(w);
    put_text(w, "validated_range", s->validated_range);
    put_text(w, "is_connected", s->connected ? "1" : "0");
    put_text(w, "ip", s->host);
    put_number_text(w, "ws_port", s->ws_port);
    put_number_text(w, "grpc_port", s->grpc_port);
    if (s->last_message_ns)
        put_number_text(w, "last_msg_age_seconds",
                        (uint64_t)((clock_now_ns() - s->last_message_ns) / CLOCK_S));
    if (s->refused || s->astray || s->behind)
        put_text(w, "refused",
                 s->refused  ? "another network"
                 : s->astray ? "another chain"
                             : "behind");
    jw_obj_end(w);
}

/* Servers on the same dataset, as this one sees them. */
static void put_cluster(struct jw *w, const struct cluster_info *c)
{
    jw_key(w, "cluster");
    jw_obj_begin(w);
    put_text(w, "role", election_role_text(c->role));
    jw_kv_u64(w, "size", c->n_nodes);
    jw_key(w, "communication_is_healthy");
    jw_bool(w, c->is_healthy);
    jw_key(w, "others");
    jw_arr_begin(w);
    for (uint32_t i = 0; i < c->n_others; i++) {
        jw_obj_begin(w);
        put_text(w, "id", c->nodes[i].id);
        put_text(w, "role", election_role_text(c->nodes[i].role));
        jw_key(w, "etl_started");
        jw_bool(w, c->nodes[i].etl_started);
        jw_key(w, "cache_is_full");
        jw_bool(w, c->nodes[i].cache_is_full);
        jw_obj_end(w);
    }
    jw_arr_end(w);
    jw_obj_end(w);
}

/* The database's nodes and this server's connections to them. */
static void put_database(struct jw *w, struct cql_cluster *c)
{
    CLEANUP(mem_freep) struct cql_cluster_node_info *nodes = xcalloc(64, sizeof *nodes);
    uint32_t n = cql_cluster_nodes(c, nodes, 64);
    jw_key(w, "database_nodes");
    jw_arr_begin(w);
    for (uint32_t i = 0; i < n && i < 64; i++) {
        jw_obj_begin(w);
        put_text(w, "address", nodes[i].address);
        put_text(w, "data_center", nodes[i].dc);
        put_text(w, "release", nodes[i].release);
        jw_kv_u64(w, "connections", nodes[i].n_connections);
        jw_obj_end(w);
    }
    jw_arr_end(w);
}

static void put_etl(void *arg, struct jw *w)
{
    struct parts *p = arg;
    struct etl_info info;
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct sources_info *list = arena_array(a, struct sources_info, SOURCES_MAX);
    uint32_t n = sources_get_info(p->sources, a, list, SOURCES_MAX);
    jw_key(w, "etl_sources");
    jw_arr_begin(w);
    for (uint32_t i = 0; i < n; i++)
        put_source(w, &list[i]);
    jw_arr_end(w);
    const struct etl *etl = p->etl;
    if (etl == NULL)
        return;
    etl_get_info(etl, &info);
    jw_kv_u64(w, "is_writer", info.is_writer);
    jw_kv_u64(w, "read_only", info.read_only);
    if (info.last_publish_age_ns >= 0)
        put_number_text(w, "last_publish_age_seconds",
                        (uint64_t)(info.last_publish_age_ns / CLOCK_S));
    put_text(w, "state", info.state_text);
    CLEANUP(buf_deinit) struct buf reason = {0};
    struct status_facts f = status_facts_of(p, a);
    status_put_reason(&f, &reason);
    if (reason.n)
        jw_kv_str(w, "state_reason", buf_slice(&reason));
    if (info.in_cluster)
        put_cluster(w, &info.cluster);
    if (cass_of(p->store))
        put_database(w, cass_cluster(cass_of(p->store)));
}

/* For everybody, while not all is as it should be. */
static void put_state(void *arg, struct jw *w)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    CLEANUP(buf_deinit) struct buf reason = {0};
    struct status_facts f = status_facts_of(arg, a);
    status_put_reason(&f, &reason);
    if (reason.n == 0)
        return;
    put_text(w, "state", etl_state_text(f.state));
    jw_kv_str(w, "state_reason", buf_slice(&reason));
}

/* Nothing queues: a request starts when it is read. */
static void put_counters(void *arg, struct jw *w)
{
    struct parts *p = arg;
    if (p->web == NULL)
        return;
    struct web_figures f = web_get_figures(p->web);
    jw_key(w, "work_queue");
    jw_obj_begin(w);
    jw_kv_u64(w, "queued", f.n_admitted);
    jw_kv_u64(w, "queued_duration_us", 0);
    jw_kv_u64(w, "current_queue_size", f.n_in_work);
    jw_kv_u64(w, "max_queue_size", f.max_in_work);
    jw_obj_end(w);
    jw_key(w, "subscriptions");
    jw_obj_begin(w);
    feed_put_counts(p->feed, w);
    jw_obj_end(w);
}

/* Streams by kind of relayed message. */
static const enum feed_stream relayed[SOURCES_N_MESSAGES] = {
    [SOURCES_MESSAGE_PROPOSED] = FEED_STREAM_PROPOSED,
    [SOURCES_MESSAGE_VALIDATION] = FEED_STREAM_VALIDATIONS,
    [SOURCES_MESSAGE_MANIFEST] = FEED_STREAM_MANIFESTS,
    [SOURCES_MESSAGE_SERVER] = FEED_STREAM_SERVER,
    [SOURCES_MESSAGE_CONSENSUS] = FEED_STREAM_CONSENSUS,
    [SOURCES_MESSAGE_PEER_STATUS] = FEED_STREAM_PEER_STATUS,
};

static void on_message(void *arg, enum sources_message kind, struct slice text,
                       const struct json *message)
{
    const struct parts *p = arg;
    if (p->feed)
        feed_relay(p->feed, relayed[kind], text, message);
}

/* On the sources' core. */
static void run_wanted(struct core_mail *mail)
{
    struct parts *p = container_of(mail, struct parts, wanted_mail);
    uint32_t kinds = 0;
    atomic_store(&p->wanted_sent, false); /* what changes from here on is told anew */
    uint32_t wanted = feed_wanted(p->feed);
    for (uint32_t kind = 1; kind < SOURCES_N_MESSAGES; kind++)
        kinds |= wanted & 1u << relayed[kind] ? 1u << kind : 0;
    if (p->sources)
        sources_want(p->sources, kinds);
}

static void on_wanted(void *arg)
{
    struct parts *p = arg;
    if (atomic_exchange(&p->wanted_sent, true))
        return;
    p->wanted_mail.run = run_wanted;
    core_post(p->cores[0], &p->wanted_mail);
}

void parts_sources_callbacks(struct parts *p, struct sources_opts *opts)
{
    opts->on_message = on_message;
    opts->arg = p;
}

void parts_feed_callbacks(struct parts *p, struct feed_opts *opts)
{
    opts->arg = p;
    opts->network_id = network_id;
    opts->on_wanted = on_wanted;
}

void parts_rpc_callbacks(struct parts *p, struct rpc_server_opts *opts)
{
    opts->arg = p;
    opts->forward = forward;
    opts->network_id = network_id;
    opts->put_etl = put_etl;
    opts->put_flags = put_state;
    opts->put_counters = put_counters;
}

bool parts_ready(void *arg)
{
    uint32_t first, last;
    return ledgers_range(((struct parts *)arg)->ledgers, &first, &last);
}

const char *parts_trouble(void *arg)
{
    struct etl_info info = {0};
    const struct etl *etl = ((struct parts *)arg)->etl;
    if (etl)
        etl_get_info(etl, &info);
    return etl_state_is_bad(info.state) ? info.state_text : NULL;
}

static void set(struct parts *p, const char *name, uint64_t value, const char *help)
{
    counter_set(counter_gauge(p->counters, name, "", help), (int64_t)value);
}

static void refresh_etl(struct parts *p)
{
    struct etl_info info = {0};
    const struct etl *etl = p->etl;
    if (etl)
        etl_get_info(etl, &info);
    set(p, "read_only", info.read_only, NULL);
    set(p, "etl_writing", info.is_writer, NULL);
    set(p, "kleio_etl_state", info.state, "what ingestion is doing (number of enum etl_state)");
    set(p, "kleio_sources_connected", sources_n_connected(p->sources), NULL);
    if (info.last_publish_age_ns >= 0)
        set(p, "etl_last_publish_seconds",
            (uint64_t)((clock_wall_ns() - info.last_publish_age_ns) / CLOCK_S), NULL);
}

static void set_build_info(struct parts *p)
{
    char labels[160];
    snprintf(labels, sizeof labels, "version=\"%s\",protocol=\"%s\"", SERVER_VERSION,
             names_protocol_version());
    counter_set(counter_gauge(p->counters, "kleio_build_info", labels,
                              "always 1; what runs is in the labels"),
                1);
}

void parts_refresh(void *arg)
{
    struct parts *p = arg;
    set_build_info(p);
    struct ledgers_stats l;
    struct store_stats s;
    uint32_t first = 0, last = 0;
    ledgers_get_stats(p->ledgers, &l);
    store_stats(p->store, &s);
    ledgers_range(p->ledgers, &first, &last);
    refresh_etl(p);
    feed_refresh(p->feed);
    if (p->web) {
        struct web_figures f = web_get_figures(p->web);
        counter_set(counter_get(p->counters, "work_queue_queued_total_number", "", NULL),
                    (int64_t)f.n_admitted);
        set(p, "work_queue_current_size", f.n_in_work, NULL);
    }
    set(p, "ledger_cache_full", last != 0, NULL);
    set(p, "ledger_cache_disabled", 0, NULL);
    set(p, "ledger_cache_is_currently_loading", 0, NULL);
    set(p, "kleio_ledger_first", first, "oldest ledger held");
    set(p, "kleio_ledger_last", last, "newest ledger held");
    set(p, "kleio_mirror_objects", l.n_objects, "objects in the state mirror");
    set(p, "kleio_mirror_bytes", l.mirror_bytes, "bytes the state mirror uses of its file");
    set(p, "kleio_mirror_waiting_bytes", l.waiting_bytes,
        "memory of objects that the state mirror's file does not have yet");
    set(p, "kleio_undo_bytes", l.undo_bytes, "memory of the undo window");
    set(p, "kleio_undo_ledgers", l.undo_ledgers, "ledgers in the undo window");
    set(p, "kleio_state_reads_mirror", l.reads_mirror, "state reads answered by the mirror");
    set(p, "kleio_state_reads_undo", l.reads_undo,
        "state reads answered by mirror and undo window");
    set(p, "kleio_state_reads_history", l.reads_history, "state reads answered by the history");
    set(p, "kleio_store_reads", s.n_reads, "reads of the history");
    set(p, "kleio_store_reads_offloaded", s.n_offloaded, "of them, sent to the pool for a disk");
    set(p, "kleio_store_disk_bytes", s.disk_bytes, "size of the history");
    set(p, "kleio_store_merge_debt_bytes", s.debt_bytes,
        "bytes of the history that wait to be merged, estimated");
    set(p, "kleio_store_throttled", s.throttled, "1 while writes wait for merges");
    set(p, "kleio_store_scrubbed_bytes", s.n_scrubbed_bytes,
        "bytes of the history read in the background to find damage");
    set(p, "kleio_store_scrub_rounds", s.n_scrub_rounds, "times all of the history was so read");
    set(p, "kleio_store_damaged", s.n_damaged,
        "damaged places and files; anything but 0 wants you");
}
