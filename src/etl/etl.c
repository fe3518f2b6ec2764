/* SPDX-License-Identifier: Apache-2.0 */
#define LOG_CHANNEL LOG_CHANNEL_ETL
#include "etl/etl.h"

#include "base/counter.h"
#include "base/log.h"
#include "base/mem.h"
#include "etl/applier.h"
#include "etl/chain.h"
#include "etl/extract.h"
#include "etl/heal.h"
#include "etl/index_build.h"
#include "etl/initial.h"
#include "etl/ledger_spool.h"
#include "etl/mender.h"
#include "etl/page_spool.h"
#include "etl/progress.h"
#include "etl/worker.h"
#include "rippled/choice.h"
#include "rippled/sources.h"
#include "rt/clock.h"
#include "rt/fiber.h"
#include "rt/offload.h"
#include "store/cass.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LOAD_RETRY_FIRST_NS (2 * CLOCK_S)
#define LOAD_RETRY_MAX_NS (60 * CLOCK_S)
/* What cannot be made anew is tried again ever more seldom, and ledgers wait for it for a tenth of
 * the time at most. */
#define HEAL_AGAIN_NS (60 * CLOCK_S)
#define HEAL_AGAIN_MAX_NS (3600 * CLOCK_S)
#define HEAL_SHARE 9
#define MAX_CLOSED_BYTES ((uint64_t)1 << 30)
#define WATCH_NS (1 * CLOCK_S)
#define SAY_BEHIND_NS (10 * CLOCK_S)
/* Ledgers behind the newest known that still count as following: one is always being applied. */
#define NEAR_TIP 2
/* Ledgers that sources may be behind ours. */
#define FAR_BEHIND 20

static const char network_name[] = "network_id";

struct etl {
    struct etl_opts opts;
    struct applier *applier;
    struct mender *mender;
    struct extract *_Atomic extract; /* NULL until there is something to follow */
    struct fiber_group fibers;
    struct load_progress load;
    _Atomic uint32_t load_seq; /* 0 = not loading */
    struct page_spool *pages;  /* NULL: no load, none was left behind */
    struct ledger_spool *closed;
    bool network_stored;
    struct cluster *cluster; /* NULL: nobody shares the dataset */
    _Atomic bool standby;    /* another server writes */
    struct core *home;
    _Atomic bool healing;
    int64_t heal_ns;        /* apply thread: not before that */
    uint32_t n_heal_failed; /* in a row */
    struct counter *gauge_state;
    struct counter *gauge_writing;
    struct counter *n_healed, *n_unhealed, *n_mended;
};

/* The network id in the store: decimal text. */

struct meta_job {
    struct store *store;
    struct arena *arena;
    struct slice value;
};

static err do_meta_get(void *arg)
{
    struct meta_job *j = arg;
    return store_meta_get(j->store, network_name, j->arena, &j->value);
}

static err do_meta_put(void *arg)
{
    struct meta_job *j = arg;
    return store_meta_put(j->store, network_name, j->value);
}

YIELDS ERR etl_stored_network(struct store *s, bool *ret_has, uint32_t *ret)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(4096);
    struct meta_job job = {.store = s, .arena = a};
    uint64_t id = 0;
    err e = offload_run(do_meta_get, &job);
    *ret_has = false;
    if (e.code == ERR_NOT_FOUND)
        return OK;
    TRY(e);
    for (size_t i = 0; i < job.value.n; i++) {
        uint8_t c = job.value.p[i];
        if (c < '0' || c > '9' || i >= 10)
            id = UINT64_MAX / 100;
        id = id * 10 + (uint64_t)(c - '0');
    }
    if (job.value.n == 0 || id > UINT32_MAX)
        return FAIL(ERR_CORRUPT, "etl: the store's network id is not a number");
    *ret_has = true;
    *ret = (uint32_t)id;
    return OK;
}

static YIELDS err store_network(struct etl *e)
{
    char text[16];
    uint32_t id;
    if (e->network_stored || !sources_network_id(e->opts.sources, &id))
        return OK;
    snprintf(text, sizeof(text), "%u", id);
    struct meta_job job = {.store = e->opts.store, .value = slice_str(text)};
    TRY(offload_run(do_meta_put, &job));
    e->network_stored = true;
    return OK;
}

static YIELDS err meet_stored_network(struct etl *e)
{
    uint32_t stored = 0, expected;
    TRY(etl_stored_network(e->opts.store, &e->network_stored, &stored));
    if (!e->network_stored)
        return OK;
    /* the sources' id may also be what one of them reported a moment ago: then the store is right,
     * and it is refused */
    if (sources_network_id(e->opts.sources, &expected) && expected != stored)
        LOG_ERROR("etl: the store holds ledgers of network %u, the sources are of network %u",
                  stored, expected);
    sources_expect_network(e->opts.sources, stored);
    return OK;
}

/* State. */

const char *etl_state_text(enum etl_state s)
{
    static const char *const texts[] = {
        [ETL_STATE_NONE] = "stopped",
        [ETL_STATE_WAITING] = "waiting",
        [ETL_STATE_LOADING] = "loading",
        [ETL_STATE_CATCHING_UP] = "catching up",
        [ETL_STATE_FOLLOWING] = "following",
        [ETL_STATE_GAP] = "gap",
        [ETL_STATE_FORK] = "fork",
        [ETL_STATE_WRONG] = "wrong data",
        [ETL_STATE_FAILING] = "sources failing",
        [ETL_STATE_STORE] = "store failure",
        [ETL_STATE_NETWORK] = "another network",
        [ETL_STATE_FINISHED] = "finished",
        [ETL_STATE_READ_ONLY] = "read only",
        [ETL_STATE_REPAIRING] = "repairing",
        [ETL_STATE_AGREE] = "sources disagree",
        [ETL_STATE_BEHIND] = "sources behind",
        [ETL_STATE_STANDBY] = "standby",
        [ETL_STATE_HISTORY] = "history damaged",
        [ETL_STATE_DISK] = "disk full",
        [ETL_STATE_HEALING] = "healing",
    };
    return texts[s];
}

bool etl_state_is_bad(enum etl_state s)
{
    switch (s) {
    case ETL_STATE_FORK:
    case ETL_STATE_WRONG:
    case ETL_STATE_STORE:
    case ETL_STATE_NETWORK:
    case ETL_STATE_AGREE:
    case ETL_STATE_BEHIND:
    case ETL_STATE_HISTORY:
    case ETL_STATE_DISK: return true;
    default: return false;
    }
}

static enum etl_state trouble_state(enum extract_trouble t)
{
    switch (t) {
    case EXTRACT_TROUBLE_GAP: return ETL_STATE_GAP;
    case EXTRACT_TROUBLE_FORK: return ETL_STATE_FORK;
    case EXTRACT_TROUBLE_WRONG: return ETL_STATE_WRONG;
    case EXTRACT_TROUBLE_FETCH: return ETL_STATE_FAILING;
    case EXTRACT_TROUBLE_STORE: return ETL_STATE_STORE;
    case EXTRACT_TROUBLE_AGREE: return ETL_STATE_AGREE;
    case EXTRACT_TROUBLE_DISK: return ETL_STATE_DISK;
    default: return ETL_STATE_NONE;
    }
}

static enum etl_state state_of(const struct etl *e)
{
    const struct extract *x = atomic_load(&e->extract);
    uint32_t newest = sources_newest(e->opts.sources);
    if (atomic_load(&e->healing))
        return ETL_STATE_HEALING;
    if (ledgers_mirror_aside(e->opts.ledgers))
        return ETL_STATE_REPAIRING;
    if (mender_stuck(e->mender))
        return ETL_STATE_HISTORY;
    if (e->opts.read_only)
        return ETL_STATE_READ_ONLY;
    if (atomic_load(&e->load_seq))
        return atomic_load(&e->load.disk_full) ? ETL_STATE_DISK : ETL_STATE_LOADING;
    if (x && extract_finished(x))
        return ETL_STATE_FINISHED;
    if (atomic_load(&e->standby) && newest)
        return ETL_STATE_STANDBY;
    enum etl_state trouble = x ? trouble_state(extract_get_trouble(x)) : ETL_STATE_NONE;
    if (trouble != ETL_STATE_NONE)
        return trouble;
    if (sources_n_connected(e->opts.sources) == 0 && sources_n_refused(e->opts.sources) > 0)
        return ETL_STATE_NETWORK;
    if (!x || newest == 0 || sources_n_connected(e->opts.sources) == 0)
        return ETL_STATE_WAITING;
    if (sources_n_astray(e->opts.sources) == sources_n_connected(e->opts.sources))
        return ETL_STATE_FORK;
    if (newest + FAR_BEHIND < extract_next(x))
        return ETL_STATE_BEHIND;
    return extract_next(x) + NEAR_TIP > newest ? ETL_STATE_FOLLOWING : ETL_STATE_CATCHING_UP;
}

void etl_get_info(const struct etl *e, struct etl_info *ret)
{
    int64_t published = e->applier ? applier_last_publish_ns(e->applier) : 0;
    enum etl_state state = state_of(e);
    *ret = (struct etl_info){
        .state = state,
        .state_text = etl_state_text(state),
        .is_writer = !e->opts.read_only && !atomic_load(&e->standby),
        .in_cluster = e->cluster != NULL,
        .read_only = e->opts.read_only,
        .newest_known = sources_newest(e->opts.sources),
        .last_publish_age_ns = published ? clock_now_ns() - published : -1,
        .load_objects = atomic_load(&e->load.n_objects),
        .load_permille = atomic_load(&e->load.permille),
    };
    if (e->cluster)
        cluster_get_info(e->cluster, &ret->cluster);
}

/* Damage in the history, on the apply thread: nothing is written meanwhile. */

static void say_wrong(void *arg, const char *line, bool mended)
{
    static struct log_limit limit = LOG_LIMIT_INIT(20);
    uint64_t dropped;
    (void)arg;
    if (log_limit_take(&limit, &dropped))
        LOG_WARN("etl: repair: %s%s", line, mended ? ": mended" : "");
}

static bool may_go_on(void *arg, const struct check_progress *p)
{
    (void)p;
    return !ledgers_interrupted(((struct etl *)arg)->opts.ledgers);
}

/* *ret_whole: all is right now. */
static err heal(struct etl *e, struct check_result *ret, bool *ret_whole)
{
    bool copied, taken;
    struct heal_opts opts = {.check = {.store = e->opts.store,
                                       .state_every = CHECK_STATE_NEWEST,
                                       .arg = e,
                                       .say = say_wrong,
                                       .progress = may_go_on},
                             .home = e->home,
                             .sources = e->opts.sources,
                             .ledgers = e->opts.ledgers,
                             .only_lost = true};
    err r = heal_run(&opts, ret, &copied, &taken);
    *ret_whole = r.code == 0 && ret->n_wrong == ret->n_mended && ret->next == 0 && taken == copied;
    return r;
}

/* From the end of a repair that took so long to the next. */
static int64_t heal_pause_ns(struct etl *e, bool whole, int64_t took_ns)
{
    e->n_heal_failed = whole ? 0 : e->n_heal_failed + 1;
    return MAX(choice_backoff(e->n_heal_failed, HEAL_AGAIN_NS, HEAL_AGAIN_MAX_NS),
               HEAL_SHARE * took_ns);
}

static void look_after(void *arg)
{
    struct etl *e = arg;
    struct store_stats stats;
    struct check_result r = {0};
    bool whole = false;
    store_stats(e->opts.store, &stats);
    if (stats.n_damaged == 0 || clock_now_ns() < e->heal_ns)
        return;
    LOG_WARN("etl: the history is damaged: what can be made anew is, ledgers wait meanwhile");
    atomic_store(&e->healing, true);
    int64_t begun_ns = clock_now_ns();
    err h = heal(e, &r, &whole);
    atomic_store(&e->healing, false);
    int64_t pause_ns = heal_pause_ns(e, whole, clock_now_ns() - begun_ns);
    e->heal_ns = clock_now_ns() + pause_ns;
    counter_inc(whole ? e->n_healed : e->n_unhealed);
    if (whole) {
        counter_add(e->n_mended, (int64_t)r.n_mended);
        LOG_INFO("etl: the history is whole again: %llu rows were made anew",
                 (unsigned long long)r.n_mended);
    } else if (!ledgers_interrupted(e->opts.ledgers)) {
        LOG_ERROR("etl: the history is damaged, and %llu things could not be made anew%s%s: what "
                  "cannot be read is refused; it is tried again in %d minutes",
                  (unsigned long long)(r.n_wrong - r.n_mended), h.code ? ": " : "",
                  h.code ? err_text() : "", (int)(pause_ns / CLOCK_S / 60));
    }
}

/* Tell about changes of state, and about progress. */
static YIELDS void watch(void *arg)
{
    struct etl *e = arg;
    struct progress progress = progress_of(e->opts.show_progress, clock_now_ns());
    enum etl_state before = ETL_STATE_NONE;
    int64_t said_ns = clock_now_ns();
    do {
        enum etl_state now = state_of(e);
        counter_set(e->gauge_state, now);
        if (now != before) {
            progress_end(&progress);
            progress = progress_of(e->opts.show_progress, clock_now_ns());
            LOG_INFO("etl: state: %s", etl_state_text(now));
            before = now;
        }
        if (now == ETL_STATE_LOADING)
            progress_say(&progress, atomic_load(&e->load_seq), atomic_load(&e->load.n_objects),
                         atomic_load(&e->load.permille), clock_now_ns());
        if (now == ETL_STATE_CATCHING_UP && clock_now_ns() - said_ns > SAY_BEHIND_NS) {
            said_ns = clock_now_ns();
            LOG_INFO("etl: catching up: next ledger %u, the network is at %u",
                     extract_next(atomic_load(&e->extract)), sources_newest(e->opts.sources));
        }
    } while (!err_failed(fiber_sleep_until(clock_now_ns() + WATCH_NS)));
    progress_end(&progress);
}

/* Following. */

static void follow_from(struct etl *e, uint32_t first)
{
    struct extract_opts opts = {
        .sources = e->opts.sources,
        .applier = e->applier,
        .counters = e->opts.counters,
        .first = first,
        .finish = e->opts.finish_sequence,
        .n_fetchers = e->opts.extractor_threads,
        .max_ahead = e->opts.max_ahead,
        .max_ahead_bytes = e->opts.max_ahead_bytes,
        .min_agreeing = e->opts.min_agreeing,
        .closed = e->closed,
        .hold = atomic_load(&e->standby),
    };
    atomic_store(&e->extract, extract_start(&opts));
}

/* What an initial load keeps on the disk. */

struct spools {
    char *path;
    bool make;
    uint32_t next; /* the ledger after the newest one held; 0 = none is held */
    struct page_spool *pages;
    struct ledger_spool *closed;
};

/* Beside a store that has ledgers only those are of use that closed during its load and did not get
 * into it. */
static err do_open_spools(void *arg)
{
    struct spools *s = arg;
    uint32_t first, last;
    if (!s->make && access(s->path, F_OK) != 0)
        return OK;
    if (s->make)
        TRY(page_spool_open(s->path, &s->pages));
    TRY(ledger_spool_open(s->path, &s->closed));
    if (s->make)
        return OK;
    page_spool_discard(s->path);
    ledger_spool_trim(s->closed, s->next);
    if (ledger_spool_span(s->closed, &first, &last) && first == s->next)
        return OK;
    ledger_spool_cut(s->closed, 0);
    s->closed = ledger_spool_close(s->closed);
    rmdir(s->path);
    return OK;
}

static YIELDS err open_spools(struct etl *e, uint32_t next)
{
    struct spools s = {.path = xasprintf("%s/load", ledgers_mirror_path(e->opts.ledgers)),
                       .make = next == 0,
                       .next = next};
    err r = worker_run(do_open_spools, &s);
    free(s.path);
    if (err_failed(r)) {
        page_spool_close(s.pages);
        ledger_spool_close(s.closed);
        return r;
    }
    if (s.pages)
        page_spool_keep_free(s.pages, ledgers_min_free_bytes(e->opts.ledgers));
    e->pages = s.pages;
    e->closed = s.closed;
    return OK;
}

/* The disk may be full now, and not later. */
static YIELDS err open_spools_patiently(struct etl *e)
{
    for (uint32_t n_failed = 1;; n_failed++) {
        err r = open_spools(e, 0);
        if (!err_failed(r) || r.code == ERR_CANCELLED)
            return r;
        LOG_ERROR("etl: %s: %s: the load cannot begin, trying again", err_name(r), err_text());
        TRY(fiber_sleep_until(clock_now_ns() +
                              choice_backoff(n_failed, LOAD_RETRY_FIRST_NS, LOAD_RETRY_MAX_NS)));
    }
}

/* The initial load. */

static YIELDS err on_load(void *arg, uint32_t seq)
{
    struct etl *e = arg;
    atomic_store(&e->load_seq, seq);
    return store_network(e);
}

static YIELDS err load_first(struct etl *e)
{
    TRY(open_spools_patiently(e));
    struct initial_opts opts = {
        .sources = e->opts.sources,
        .applier = e->applier,
        .ledgers = e->opts.ledgers,
        .pages = e->pages,
        .closed = e->closed,
        .start_sequence = e->opts.start_sequence,
        .n_fetchers = e->opts.num_markers ? MIN(e->opts.num_markers, (uint32_t)CHAIN_MAX) : 16,
        .min_agreeing = e->opts.min_agreeing,
        .max_closed_bytes = e->opts.max_closed_bytes ? e->opts.max_closed_bytes : MAX_CLOSED_BYTES,
        .on_begin = on_load,
        .arg = e};
    int64_t begun = clock_now_ns();
    uint32_t seq;
    TRY(initial_run(&opts, &e->load, &seq));
    LOG_INFO("etl: loaded ledger %u: %llu objects in %.1f s", seq,
             (unsigned long long)atomic_load(&e->load.n_objects),
             (double)(clock_now_ns() - begun) / 1e9);
    follow_from(e, seq + 1);
    atomic_store(&e->load_seq, 0);
    return OK;
}

static YIELDS err run(struct etl *e)
{
    struct ledger_header tip;
    if (!ledgers_tip(e->opts.ledgers, &tip))
        return load_first(e);
    if (err_failed(open_spools(e, tip.seq + 1)))
        LOG_WARN("etl: %s: ledgers that closed during the load are fetched", err_text());
    if (e->opts.start_sequence && e->opts.start_sequence != tip.seq + 1)
        LOG_WARN("etl: start_sequence has no effect: the store has ledgers up to %u", tip.seq);
    follow_from(e, tip.seq + 1);
    /* a store without the id is of an older load: keep it as soon as a source tells it */
    uint64_t version = 0;
    while (!e->network_stored) {
        TRY(store_network(e));
        TRY(sources_wait_change(e->opts.sources, &version, CLOCK_NEVER));
    }
    return OK;
}

static YIELDS void main_fiber(void *arg)
{
    struct etl *e = arg;
    err r = run(e);
    if (err_failed(r) && r.code != ERR_CANCELLED)
        LOG_ERROR("etl: %s: %s: ingestion has ended", err_name(r), err_text());
}

/* Other servers on the same dataset. */

static uint32_t network_newest(void *arg)
{
    const struct etl *e = arg;
    bool follows = atomic_load(&e->extract) != NULL && atomic_load(&e->load_seq) == 0;
    return follows ? sources_newest(e->opts.sources) : 0;
}

static uint32_t n_conflicts(void *arg)
{
    return applier_n_conflicts(((const struct etl *)arg)->applier);
}

static uint32_t n_foreign(void *arg)
{
    return applier_n_foreign(((const struct etl *)arg)->applier);
}

/* From the newest ledger on, whoever wrote it. */
static void on_order(void *arg, bool write)
{
    struct etl *e = arg;
    struct extract *x = atomic_load(&e->extract);
    struct ledger_header tip;
    atomic_store(&e->standby, !write);
    if (!x || atomic_load(&e->load_seq))
        return; /* it begins as `standby` says */
    if (!write) {
        extract_hold(x);
    } else if (ledgers_tip(e->opts.ledgers, &tip)) {
        extract_restart(x, tip.seq + 1);
        extract_release(x);
    }
}

static void join_cluster(struct etl *e)
{
    struct cass *cass = cass_of(e->opts.store);
    struct ledger_header tip;
    if (!cass)
        return;
    bool empty = !ledgers_tip(e->opts.ledgers, &tip);
    atomic_store(&e->standby, !empty);
    e->cluster = cluster_start(&(struct cluster_opts){.cass = cass,
                                                      .ledgers = e->opts.ledgers,
                                                      .counters = e->opts.counters,
                                                      .read_only = e->opts.read_only,
                                                      .writing = empty && !e->opts.read_only,
                                                      .network_newest = network_newest,
                                                      .n_conflicts = n_conflicts,
                                                      .n_foreign = n_foreign,
                                                      .on_order = on_order,
                                                      .arg = e});
}

static void init_heal_counters(struct etl *e)
{
    struct counter_registry *r = e->opts.counters;
    e->n_healed = counter_get(r, "kleio_history_repairs_total", "result=\"whole\"",
                              "Repairs of a history that a disk has damaged");
    e->n_unhealed = counter_get(r, "kleio_history_repairs_total", "result=\"damaged\"", NULL);
    e->n_mended = counter_get(r, "kleio_history_rows_mended_total", "",
                              "Rows of the history that were made anew");
}

YIELDS ERR etl_start(const struct etl_opts *opts, struct etl **ret)
{
    struct etl *e = xcalloc(1, sizeof(*e));
    e->opts = *opts;
    fiber_group_init(&e->fibers);
    e->gauge_state = counter_gauge(opts->counters, "kleio_etl_state", "",
                                   "State of ingestion (see the documentation for the numbers)");
    e->gauge_writing =
        counter_gauge(opts->counters, "etl_writing", "", "Whether this server stores ledgers");
    counter_set(counter_gauge(opts->counters, "read_only", "", "Whether this server never writes"),
                opts->read_only);
    counter_set(e->gauge_writing, !opts->read_only);
    e->home = core_current();
    init_heal_counters(e);
    struct applier_opts applier_opts = {.ledgers = opts->ledgers,
                                        .counters = opts->counters,
                                        .read_only = opts->read_only,
                                        .look_after = opts->read_only ? NULL : look_after,
                                        .arg = e};
    e->mender = mender_new(&(struct mender_opts){.store = opts->store,
                                                 .ledgers = opts->ledgers,
                                                 .sources = opts->sources,
                                                 .counters = opts->counters,
                                                 .read_only = opts->read_only});
    err r = meet_stored_network(e);
    if (!err_failed(r))
        r = applier_start(&applier_opts, &e->applier);
    if (err_failed(r)) {
        mender_free(e->mender);
        free(e);
        return r;
    }
    mender_start(e->mender, e->applier);
    join_cluster(e);
    if (!opts->read_only) {
        fiber_group_spawn(&e->fibers, "etl", main_fiber, e);
        fiber_group_spawn(&e->fibers, "etl indexes", index_build_run, opts->store);
    }
    fiber_group_spawn(&e->fibers, "etl watch", watch, e);
    *ret = e;
    return OK;
}

/* Fetching ends before applying, and what was handed over comes home to an extractor that still
 * exists. */
YIELDS struct etl *etl_stop(struct etl *e)
{
    if (!e)
        return NULL;
    e->cluster = cluster_stop(e->cluster);
    mender_quit(e->mender);
    fiber_group_cancel(&e->fibers);
    struct extract *x = atomic_load(&e->extract);
    if (x)
        extract_quit(x);
    applier_stop(e->applier);
    extract_stop(x);
    mender_free(e->mender);
    page_spool_close(e->pages);
    ledger_spool_close(e->closed);
    free(e);
    return NULL;
}
