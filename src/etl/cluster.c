/* SPDX-License-Identifier: Apache-2.0 */
#define LOG_CHANNEL LOG_CHANNEL_ETL
#include "etl/cluster.h"

#include "base/counter.h"
#include "base/log.h"
#include "base/mem.h"
#include "ledger/ledgers.h"
#include "rt/clock.h"
#include "rt/fiber.h"
#include "store/cass.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define ROUND_NS (1 * CLOCK_S)
/* Who wrote before us may go on so long until it has read our message. */
#define HANDOVER_NS (5 * CLOCK_S)
/* Ledgers that the mirror may be behind the history, and still be what others call a full cache. */
#define NEAR 8

struct cluster {
    struct cluster_opts opts;
    struct election election;
    struct fiber_group fibers;
    uint32_t newest, of_network; /* ledgers: ours (0 = none yet), and what sources report */
    uint32_t n_conflicts, n_foreign;
    int64_t writing_ns; /* since when */
    pthread_mutex_t lock;
    struct cluster_info info; /* guarded by lock */
    struct counter *gauge_nodes, *gauge_healthy, *gauge_fallback, *gauge_recovery, *gauge_writing;
};

static void obey(struct cluster *c, enum election_order order, const char *why)
{
    if (order == ELECTION_KEEP)
        return;
    bool write = order == ELECTION_START_WRITING;
    if (write)
        c->writing_ns = clock_now_ns();
    LOG_INFO("cluster: %s: this server %s writing ledgers", why, write ? "begins" : "stops");
    c->opts.on_order(c->opts.arg, write);
}

/* What this server has: its mirror is what the rules call a cache. */
static void look_at_self(struct cluster *c)
{
    struct ledger_header tip;
    struct election_node *self = &c->election.self;
    bool has_tip = ledgers_tip(c->opts.ledgers, &tip);
    uint32_t held = cass_newest(c->opts.cass);
    c->of_network = c->opts.network_newest(c->opts.arg);
    if (has_tip)
        c->newest = tip.seq;
    self->etl_started = c->of_network != 0;
    self->cache_is_loading = ledgers_mirror_aside(c->opts.ledgers);
    self->cache_is_full = has_tip && !self->cache_is_loading && tip.seq + NEAR >= held;
}

static void id_text(const uint8_t id[16], char out[37])
{
    snprintf(out, 37, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", id[0],
             id[1], id[2], id[3], id[4], id[5], id[6], id[7], id[8], id[9], id[10], id[11], id[12],
             id[13], id[14], id[15]);
}

static void publish_info(struct cluster *c, bool healthy, const struct election_node *others,
                         size_t n)
{
    struct cluster_info info = {
        .role = election_role_of(&c->election), .is_healthy = healthy, .n_nodes = (uint32_t)n + 1};
    for (size_t i = 0; i < n && i < ARRAY_LEN(info.nodes); i++, info.n_others++) {
        id_text(others[i].id, info.nodes[i].id);
        info.nodes[i].role = others[i].role;
        info.nodes[i].etl_started = others[i].etl_started;
        info.nodes[i].cache_is_full = others[i].cache_is_full;
    }
    pthread_mutex_lock(&c->lock);
    c->info = info;
    pthread_mutex_unlock(&c->lock);
    counter_set(c->gauge_nodes, (int64_t)n + 1);
    counter_set(c->gauge_healthy, healthy);
    counter_set(c->gauge_fallback, c->election.fallback);
    counter_set(c->gauge_recovery, c->election.recovery);
    counter_set(c->gauge_writing, c->election.writing);
}

/* All others that are alive. One message that is none spoils the round (etl-db 3.13). */
static YIELDS err read_others(struct cluster *c, struct arena *a, struct election_node **ret,
                              size_t *ret_n)
{
    struct cass_chat_row *rows;
    size_t n, n_others = 0;
    TRY(cass_chat_get(c->opts.cass, a, &rows, &n));
    struct election_node *nodes = arena_array(a, struct election_node, n + 1);
    for (size_t i = 0; i < n; i++) {
        if (memcmp(rows[i].id, c->election.self.id, 16) == 0)
            continue;
        char id[37];
        id_text(rows[i].id, id);
        memcpy(nodes[n_others].id, rows[i].id, 16);
        if (!election_parse(rows[i].message, a, &nodes[n_others]))
            return FAIL(ERR_PARSE, "the message of %s in nodes_chat is not one", id);
        n_others++;
    }
    *ret = nodes;
    *ret_n = n_others;
    return OK;
}

static YIELDS err say(struct cluster *c)
{
    CLEANUP(buf_deinit) struct buf message = {0};
    election_put(&c->election, clock_wall_ns() / CLOCK_S, &message);
    return cass_chat_put(c->opts.cass, buf_slice(&message));
}

/* Of two that write, one is first with a ledger. The other learns it when it writes, or finds the
 * ledger there already. */
static void check_conflicts(struct cluster *c)
{
    uint32_t n = c->opts.n_conflicts(c->opts.arg), n_foreign = c->opts.n_foreign(c->opts.arg);
    bool writes = c->election.writing && clock_now_ns() - c->writing_ns >= HANDOVER_NS;
    bool conflicted = n != c->n_conflicts || (writes && n_foreign != c->n_foreign);
    c->n_conflicts = n;
    c->n_foreign = n_foreign;
    if (conflicted)
        obey(c, election_conflicted(&c->election), "another server writes, too");
}

static void check_stall(struct cluster *c)
{
    if (election_is_late(&c->election, c->newest, c->of_network, clock_now_ns()))
        obey(c, election_stalled(&c->election), "no new ledger for ten seconds");
}

static YIELDS void play_round(struct cluster *c)
{
    static struct log_limit limit = LOG_LIMIT_INIT(1);
    CLEANUP(arena_freep) struct arena *a = arena_new((size_t)16 << 20);
    struct election_node *others = NULL;
    size_t n = 0;
    uint64_t dropped;
    look_at_self(c);
    check_conflicts(c);
    check_stall(c);
    err e = say(c);
    if (!err_failed(e))
        e = read_others(c, a, &others, &n);
    if (!err_failed(e) &&
        c->newest) /* while the first ledger is loaded there is nothing to decide */
        obey(c, election_decide(&c->election, others, n, clock_now_ns()),
             "elected by all servers' messages");
    else if (err_failed(e) && e.code != ERR_CANCELLED && log_limit_take(&limit, &dropped))
        LOG_WARN("cluster: %s: no decision", err_text());
    publish_info(c, !err_failed(e), others, n);
}

static void run(void *arg)
{
    struct cluster *c = arg;
    do {
        fiber_set_deadline(clock_now_ns() + 5 * CLOCK_S);
        play_round(c);
    } while (!err_failed(fiber_sleep_until(clock_now_ns() + ROUND_NS)));
}

struct cluster *cluster_start(const struct cluster_opts *opts)
{
    struct cluster *c = xcalloc(1, sizeof *c);
    struct counter_registry *r = opts->counters;
    c->opts = *opts;
    c->election.read_only = opts->read_only;
    c->election.writing = opts->writing;
    memcpy(c->election.self.id, cass_node_id(opts->cass), 16);
    pthread_mutex_init(&c->lock, NULL);
    c->gauge_nodes = counter_gauge(r, "cluster_nodes_total_number", "",
                                   "Servers on this dataset, this one included");
    c->gauge_healthy = counter_gauge(r, "cluster_communication_is_healthy", "",
                                     "Whether the last messages of all could be read");
    c->gauge_fallback =
        counter_gauge(r, "etl_writing_deciding_fallback", "", "Writers are found by trying");
    c->gauge_recovery = counter_gauge(r, "etl_writing_deciding_fallback_recovery", "",
                                      "On the way back to elections");
    c->gauge_writing = counter_gauge(r, "etl_writing", "", "Whether this server stores ledgers");
    publish_info(c, false, NULL, 0);
    fiber_group_init(&c->fibers);
    fiber_group_spawn(&c->fibers, "cluster", run, c);
    return c;
}

YIELDS struct cluster *cluster_stop(struct cluster *c)
{
    if (!c)
        return NULL;
    fiber_group_cancel(&c->fibers);
    pthread_mutex_destroy(&c->lock);
    free(c);
    return NULL;
}

void cluster_get_info(struct cluster *c, struct cluster_info *ret)
{
    pthread_mutex_lock(&c->lock);
    *ret = c->info;
    pthread_mutex_unlock(&c->lock);
}
