/* SPDX-License-Identifier: Apache-2.0 */
/* Start order: signals, log, store, ledgers, cores; then on core 0 sources, engine, the front door,
 * ingestion. Stop order is the reverse, so that nothing is used after what it stands on. */
#define LOG_CHANNEL LOG_CHANNEL_GENERAL
#include "app/server.h"

#include "app/definitions.h"
#include "app/limits.h"
#include "app/options.h"
#include "app/parts.h"
#include "app/signals.h"
#include "app/status.h"
#include "base/crash.h"
#include "base/log.h"
#include "base/mem.h"
#include "etl/etl.h"
#include "feed/feed.h"
#include "ledger/disk.h"
#include "ledger/near.h"
#include "rippled/forward.h"
#include "rippled/sources.h"
#include "rt/clock.h"
#include "rt/core_call.h"
#include "rt/fiber.h"
#include "rt/offload.h"
#include "rt/stuck.h"
#include "store/cass.h"
#include "store/rocks.h"
#include "web/web.h"
#include "xrpl/names.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define FILES_LOOK_NS (30 * CLOCK_S)

static void log_no_effect(const struct config *c)
{
    CLEANUP(buf_deinit) struct buf lines = {0};
    config_no_effect(c, &lines);
    for (struct slice rest = buf_slice(&lines); rest.n;) {
        const uint8_t *end = memchr(rest.p, '\n', rest.n);
        LOG_WARN("%.*s", (int)(end - rest.p), (const char *)rest.p);
        rest = slice_from(rest, (size_t)(end - rest.p) + 1);
    }
}

/* From one thread at a time. */
static void on_progress(void *arg, const char *what, uint64_t done, uint64_t total)
{
    static _Atomic int64_t said_ns;
    if (clock_now_ns() - atomic_load(&said_ns) < CLOCK_S)
        return;
    atomic_store(&said_ns, clock_now_ns());
    LOG_INFO("ledger: %s: %llu of %llu", what, (unsigned long long)done, (unsigned long long)total);
}

/* The directory of a path, and those above it. */
static err make_directories(const char *path)
{
    CLEANUP(mem_freep) char *copy = xstrdup(path);
    for (char *p = copy + 1; *p; p++) {
        if (*p != '/')
            continue;
        *p = 0;
        if (mkdir(copy, 0755) != 0 && errno != EEXIST)
            return FAIL(ERR_IO, "app: %s: %s", copy, strerror(errno));
        *p = '/';
    }
    return OK;
}

void server_mirror_path(const struct config *config, struct buf *ret)
{
    if (config_given(config, CONFIG_MIRROR_PATH))
        buf_printf(ret, "%s", config_str(config, CONFIG_MIRROR_PATH));
    else if (options_cassandra(config))
        buf_printf(ret, "./kleio-data/mirror");
    else
        buf_printf(ret, "%s/mirror", config_str(config, CONFIG_ROCKSDB_PATH));
    buf_put_u8(ret, 0);
}

static err open_rocks(const struct config *c, bool read_only, struct store **ret)
{
    const char *path = config_str(c, CONFIG_ROCKSDB_PATH);
    CLEANUP(buf_deinit) struct buf history = {0};
    if (mkdir(path, 0755) != 0 && errno != EEXIST)
        return FAIL(ERR_IO, "app: %s: %s", path, strerror(errno));
    buf_printf(&history, "%s/history", path);
    buf_put_u8(&history, 0);
    struct rocks_opts rocks = {.path = (const char *)history.p,
                               .cache_bytes = (uint64_t)config_int(c, CONFIG_ROCKSDB_CACHE_MB)
                                              << 20,
                               .read_only = read_only,
                               .scrub_interval_s = config_int(c, CONFIG_SCRUB_INTERVAL)};
    int percent = (int)config_int(c, CONFIG_SCRUB_PERCENT);
    rocks.scrub_percent = percent ? percent : -1;
    return rocks_open(&rocks, ret);
}

static err open_cass(struct parts *p)
{
    struct cass_opts opts = options_cass(p->config);
    opts.cluster.counters = p->counters;
    return cass_open(&opts, &p->store);
}

ERR server_open_history(const struct config *config, bool read_only, struct store **ret)
{
    if (options_cassandra(config)) {
        struct cass_opts opts = options_cass(config);
        opts.read_only = read_only;
        opts.unverified = true; /* who opens it so looks for what is wrong */
        opts.memo_bytes = 0;
        return cass_open(&opts, ret);
    }
    return open_rocks(config, read_only, ret);
}

static err open_data(struct parts *p)
{
    const struct config *c = p->config;
    CLEANUP(buf_deinit) struct buf mirror = {0};
    TRY(options_cassandra(c) ? open_cass(p)
                             : open_rocks(c, config_bool(c, CONFIG_READ_ONLY), &p->store));
    server_mirror_path(c, &mirror);
    TRY(make_directories((const char *)mirror.p));
    struct ledgers_opts ledgers = {.store = p->store,
                                   .mirror_path = (const char *)mirror.p,
                                   .n_cores = p->n_cores,
                                   .lazy_repair = true,
                                   .lazy_follow = cass_of(p->store) != NULL,
                                   .min_free_bytes =
                                       config_given(c, CONFIG_ROCKSDB_MIN_FREE)
                                           ? (uint64_t)config_int(c, CONFIG_ROCKSDB_MIN_FREE)
                                           : DISK_MIN_FREE_DEFAULT,
                                   .on_progress = on_progress};
    TRY(ledgers_open(&ledgers, &p->ledgers));
    if (cass_of(p->store))
        cass_set_near(cass_of(p->store), near_keys, p->ledgers);
    return OK;
}

static err make_cores(struct parts *p)
{
    p->cores = xcalloc(p->n_cores, sizeof(struct core *));
    p->forwards = xcalloc(p->n_cores, sizeof(struct forward *));
    for (uint32_t i = 0; i < p->n_cores; i++)
        TRY(core_new(&(struct core_opts){.index = i}, &p->cores[i]));
    for (uint32_t i = 1; i < p->n_cores; i++, p->n_started++)
        TRY(core_start(p->cores[i]));
    return OK;
}

static err start_sources(struct parts *p)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct sources_opts opts = options_sources(p->config, a);
    opts.counters = p->counters;
    parts_sources_callbacks(p, &opts);
    opts.ledgers = parts_held(p);
    if (!config_given(p->config, CONFIG_DEFINITIONS_FILE))
        opts.on_definitions = definitions_take;
    TRY(etl_stored_network(p->store, &opts.has_network_id, &opts.network_id));
    return sources_start(&opts, &p->sources);
}

/* On each core. */
static err make_forward(void *arg)
{
    struct parts *p = arg;
    struct forward_opts opts = options_forward(p->config);
    opts.sources = p->sources;
    opts.counters = p->counters;
    p->forwards[core_index(core_current())] = forward_new(&opts);
    return OK;
}

YIELDS static err free_forward(void *arg)
{
    struct forward **f = &((struct parts *)arg)->forwards[core_index(core_current())];
    *f = forward_free(*f);
    return OK;
}

/* Cached replies of rippled are out of date once its ledger closes. */
static void watch_sources(void *arg)
{
    struct parts *p = arg;
    uint64_t version = 0;
    uint32_t epoch = sources_epoch(p->sources);
    for (;;) {
        err e = sources_wait_change(p->sources, &version, clock_now_ns() + CLOCK_S);
        if (e.code == ERR_CANCELLED)
            break;
        if (sources_epoch(p->sources) != epoch) {
            epoch = sources_epoch(p->sources);
            rpc_server_ledger_closed(p->rpc);
        }
    }
    p->watcher = NULL;
}

static void on_published(void *arg, const struct ledger_header *header)
{
    feed_publish(arg, header->seq);
}

YIELDS static err start_feed(struct parts *p)
{
    struct feed_opts opts = options_feed(p->config);
    opts.ledgers = p->ledgers;
    opts.cores = p->cores;
    opts.n_cores = p->n_cores;
    opts.wire = &web_ws_wire;
    opts.counters = p->counters;
    parts_feed_callbacks(p, &opts);
    p->feed = feed_new(&opts);
    TRY(feed_start(p->feed));
    ledgers_on_published(p->ledgers, on_published, p->feed);
    return OK;
}

static void make_rpc(struct parts *p)
{
    struct rpc_server_opts opts = options_rpc(p->config);
    opts.ledgers = p->ledgers;
    opts.feed = p->feed;
    opts.n_cores = p->n_cores;
    opts.version = SERVER_VERSION;
    opts.protocol_version = names_protocol_version();
    opts.started_ns = clock_now_ns();
    parts_rpc_callbacks(p, &opts);
    p->rpc = rpc_server_new(&opts);
}

static err reload_certificate(void *arg)
{
    struct parts *p = arg;
    return p->web ? web_reload(p->web) : OK;
}

/* What the files that the store has leave for clients. */
static uint32_t max_connections(const struct parts *p)
{
    uint64_t n_store = limits_count_files(p->history_path);
    return limits_max_connections(p->n_files, n_store, p->n_cores);
}

static err update_max_connections(void *arg)
{
    const struct parts *p = arg;
    web_set_max_connections(p->web, max_connections(p));
    return OK;
}

/* The store keeps all its files open, and their number grows. */
static void watch_files(void *arg)
{
    while (!err_failed(fiber_sleep_until(clock_now_ns() + FILES_LOOK_NS)))
        err_ignore(offload_run(update_max_connections, arg)); /* a full pool: next time */
}

static err start_web(struct parts *p)
{
    struct web_opts opts = options_web(p->config, p->arena);
    opts.cores = p->cores;
    opts.n_cores = p->n_cores;
    opts.rpc = p->rpc;
    opts.feed = p->feed;
    opts.counters = p->counters;
    opts.version = SERVER_VERSION;
    p->history_path =
        arena_printf(p->arena, "%s/history", config_str(p->config, CONFIG_ROCKSDB_PATH));
    opts.max_connections = max_connections(p);
    opts.ready = parts_ready;
    opts.trouble = parts_trouble;
    opts.refresh = parts_refresh;
    opts.arg = p;
    TRY(web_start(&opts, &p->web));
    if (opts.cert_file)
        reload_add(&p->reload, "certificate", reload_certificate, p);
    LOG_INFO("web: listening on %s:%u", opts.ip, web_port(p->web));
    return OK;
}

YIELDS static err start_etl(struct parts *p)
{
    struct etl_opts opts = options_etl(p->config);
    opts.ledgers = p->ledgers;
    opts.store = p->store;
    opts.sources = p->sources;
    opts.counters = p->counters;
    struct etl *etl = NULL;
    TRY(etl_start(&opts, &etl));
    p->etl = etl;
    return OK;
}

YIELDS static err start_parts(struct parts *p)
{
    TRY(start_sources(p));
    TRY(core_call_all(p->cores, p->n_cores, make_forward, p));
    TRY(start_feed(p));
    make_rpc(p);
    p->watcher = fiber_spawn("watch sources", watch_sources, p);
    fiber_group_spawn(&p->helpers, "status", status_watch, p);
    TRY(start_web(p)); /* before ingestion: what is stored can be served at once */
    fiber_group_spawn(&p->helpers, "watch files", watch_files, p);
    return start_etl(p);
}

YIELDS static err pass_by(void *arg)
{
    (void)arg;
    return OK;
}

/* Who looks at it does not yield meanwhile: once each core has passed by, nobody has it any more.
 */
static void stop_etl(void *arg)
{
    struct parts *p = arg;
    struct etl *etl = atomic_exchange(&p->etl, NULL);
    err_ignore(core_call_all(p->cores, p->n_cores, pass_by, NULL)); /* it cannot fail */
    etl_stop(etl);
}

YIELDS static void stop_parts(struct parts *p)
{
    fiber_group_cancel(&p->helpers); /* they look at what is stopped now */
    struct fiber_group etl;          /* ends while the front door waits for its clients */
    fiber_group_init(&etl);
    fiber_group_spawn(&etl, "stop etl", stop_etl, p);
    if (p->web)
        web_stop(p->web, clock_now_ns() + options_seconds(p->config, CONFIG_GRACEFUL_PERIOD));
    p->web = NULL;
    fiber_group_join(&etl);
    if (p->feed)
        feed_stop(p->feed);
    if (p->watcher)
        fiber_cancel(p->watcher);
    while (p->watcher) {
        err e = fiber_yield();
        (void)e; /* cancelled or not: it ends at its next wait */
    }
    err_ignore(core_call_all(p->cores, p->n_cores, free_forward, p)); /* it cannot fail */
    p->sources = sources_stop(p->sources);
}

static void stop_cores(struct parts *p)
{
    for (uint32_t i = 0; i < p->n_cores; i++)
        core_stop(p->cores[i]);
}

static void stop_fiber(void *arg)
{
    struct parts *p = arg;
    stop_parts(p);
    stop_cores(p);
}

static void start_fiber(void *arg)
{
    struct parts *p = arg;
    fiber_group_init(&p->helpers);
    err e = start_parts(p);
    p->starting = false;
    if (e.code == 0 && !p->stopping)
        return;
    if (e.code) {
        LOG_FATAL("%s", err_text());
        p->status = 1;
        p->stopping = true;
        signals_begin_stop();
    }
    stop_parts(p);
    stop_cores(p);
}

static void run_start(struct core_mail *mail)
{
    fiber_spawn("start", start_fiber, container_of(mail, struct parts, start_mail));
}

static void run_stop(struct core_mail *mail)
{
    struct parts *p = container_of(mail, struct parts, stop_mail);
    if (p->stopping)
        return;
    p->stopping = true;
    if (!p->starting) /* else the start stops what it has started */
        fiber_spawn("stop", stop_fiber, p);
}

static void on_stop_signal(void *arg, int signum)
{
    struct parts *p = arg;
    p->stop_mail.run = run_stop;
    core_post(p->cores[0], &p->stop_mail);
}

static void reload_fiber(void *arg)
{
    struct parts *p = arg;
    reload_run(&p->reload);
    atomic_store(&p->reloading, false);
}

static void run_reload(struct core_mail *mail)
{
    fiber_spawn("reload", reload_fiber, container_of(mail, struct parts, reload_mail));
}

static void on_hangup_signal(void *arg)
{
    struct parts *p = arg;
    if (atomic_exchange(&p->reloading, true))
        return;
    p->reload_mail.run = run_reload;
    core_post(p->cores[0], &p->reload_mail);
}

static err reopen_log(void *arg)
{
    log_reopen();
    return OK;
}

/* A file that cannot be used is said, and the server goes on without it: it knows most without. */
static void learn_from_file(struct parts *p)
{
    char *path = config_given(p->config, CONFIG_DEFINITIONS_FILE)
                     ? (char *)config_str(p->config, CONFIG_DEFINITIONS_FILE)
                     : NULL;
    if (path == NULL)
        return;
    if (err_failed(definitions_read(path)))
        LOG_ERROR("definitions: %s: refused: %s", path, err_text());
    reload_add(&p->reload, "protocol definitions", definitions_read, path);
}

static err run(struct parts *p)
{
    TRY(options_check(p->config));
    struct offload_opts offload = options_offload(p->config);
    TRY(offload_start(&offload));
    TRY(open_data(p));
    TRY(make_cores(p));
    reload_add(&p->reload, "log", reopen_log, NULL);
    learn_from_file(p);
    p->starting = true;
    p->start_mail.run = run_start;
    core_post(p->cores[0], &p->start_mail);
    signals_set_handler(&(struct signals_handler){on_stop_signal, on_hangup_signal, p});
    core_run(p->cores[0]);
    return OK;
}

static void clean_up(struct parts *p)
{
    for (uint32_t i = 1; i <= p->n_started; i++) {
        core_stop(p->cores[i]);
        core_join(p->cores[i]);
    }
    for (uint32_t i = 0; p->cores && i < p->n_cores; i++)
        core_free(p->cores[i]);
    feed_free(p->feed);
    rpc_server_free(p->rpc);
    ledgers_close(p->ledgers);
    store_close(p->store);
    offload_stop();
    counter_registry_free(p->counters);
    arena_free(p->arena);
    free(p->cores);
    free(p->forwards);
}

/* A fiber that holds its core for so long is reported. */
#define STUCK_NS (10 * CLOCK_S)

/* With signals heard. */
static int run_logged(struct parts *p)
{
    struct log_opts log = options_log(p->config);
    if (!log_start(&log)) {
        fprintf(stderr, "kleio: %s\n", err_text());
        return 1;
    }
    LOG_INFO("kleio %s, %u cores", SERVER_VERSION, p->n_cores);
    log_no_effect(p->config);
    crash_set_describe(fiber_describe);
    err e = stuck_start(STUCK_NS);
    if (e.code == 0)
        e = run(p);
    if (e.code) {
        LOG_FATAL("%s", err_text());
        p->status = 1;
    }
    signals_begin_stop();
    stuck_stop();
    clean_up(p);
    LOG_INFO("stopped");
    log_stop();
    return p->status;
}

int server_run(const struct config *config)
{
    mem_start();
    /* Whatever hangs, a disk or a peer: the process ends soon after the time that clients get. */
    err e = signals_start(options_seconds(config, CONFIG_GRACEFUL_PERIOD) + CLOCK_S);
    if (e.code) {
        fprintf(stderr, "kleio: %s\n", err_text());
        return 1;
    }
    struct parts p = {.config = config,
                      .n_cores = options_n_cores(config),
                      .n_files = limits_raise_files(),
                      .arena = arena_new(0),
                      .counters = counter_registry_new()};
    int status = run_logged(&p);
    signals_stop();
    return status;
}
