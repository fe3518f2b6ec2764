/* SPDX-License-Identifier: Apache-2.0 */
/* Start order: log, store, ledgers, cores; then on core 0 sources, engine, ingestion, the front
 * door. Stop order is the reverse, so that nothing is used after what it stands on. */
#define LOG_CHANNEL LOG_CHANNEL_GENERAL
#include "app/server.h"

#include "app/parts.h"
#include "base/log.h"
#include "base/mem.h"
#include "etl/etl.h"
#include "rippled/forward.h"
#include "rippled/sources.h"
#include "rt/clock.h"
#include "rt/core_call.h"
#include "rt/fiber.h"
#include "rt/offload.h"
#include "store/rocks.h"
#include "web/web.h"
#include "xrpl/names.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* Files for everything but clients: the store opens up to 1,000, forwarding 256 a core. */
#define KEPT_FILES 4096

static bool start_log(const struct config *c)
{
    struct log_opts opts = {
        .console = config_bool(c, CONFIG_LOG_CONSOLE),
        .directory = config_str(c, CONFIG_LOG_DIRECTORY),
        .rotate = config_bool(c, CONFIG_LOG_ROTATE),
        .rotation_bytes = (uint64_t)config_int(c, CONFIG_LOG_ROTATION_SIZE) << 20,
        .max_files = (uint32_t)config_int(c, CONFIG_LOG_MAX_FILES),
    };
    enum log_level level = LOG_INFO;
    log_level_parse(config_str(c, CONFIG_LOG_LEVEL), &level);
    for (int i = 0; i < LOG_N_CHANNELS; i++)
        opts.levels[i] = level;
    for (uint32_t i = 0; i < config_count(c, CONFIG_LOG_CHANNEL); i++) {
        enum log_channel channel;
        const char *name = config_str_at(c, CONFIG_LOG_CHANNEL, i),
                   *text = config_str_at(c, CONFIG_LOG_CHANNEL_LEVEL, i);
        if (name && text && log_channel_parse(name, &channel))
            log_level_parse(text, &opts.levels[channel]);
    }
    return log_start(&opts);
}

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

/* Every connection is a file. */
static void raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* Clients may not take the files that the store, the sources and the log need: without a file for
 * its log the store stops taking ledgers. */
static uint32_t max_connections(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return 0;
    rlim_t kept = MIN(limit.rlim_cur / 2, (rlim_t)KEPT_FILES);
    return (uint32_t)MIN(limit.rlim_cur - kept, (rlim_t)UINT32_MAX);
}

static bool wants_cassandra(const struct config *c)
{
    const char *type = config_str(c, CONFIG_DATABASE_TYPE);
    if (type)
        return strcmp(type, "cassandra") == 0;
    for (int key = CONFIG_CASS_CONTACT_POINTS; key <= CONFIG_CASS_CERTFILE; key++)
        if (config_given(c, key))
            return true;
    return false;
}

static void on_progress(void *arg, const char *what, uint64_t done, uint64_t total)
{
    LOG_INFO("ledger: %s: %llu of %llu", what, (unsigned long long)done, (unsigned long long)total);
}

static err open_data(struct parts *p)
{
    const struct config *c = p->config;
    const char *path = config_str(c, CONFIG_ROCKSDB_PATH);
    CLEANUP(buf_deinit) struct buf history = {0}, mirror = {0};
    if (mkdir(path, 0755) != 0 && errno != EEXIST)
        return FAIL(ERR_IO, "app: %s: %s", path, strerror(errno));
    buf_printf(&history, "%s/history", path);
    buf_printf(&mirror, "%s/mirror", path);
    buf_put_u8(&history, 0);
    buf_put_u8(&mirror, 0);
    struct rocks_opts rocks = {.path = (const char *)history.p,
                               .cache_bytes = (uint64_t)config_int(c, CONFIG_ROCKSDB_CACHE_MB)
                                              << 20,
                               .read_only = config_bool(c, CONFIG_READ_ONLY)};
    TRY(rocks_open(&rocks, &p->store));
    struct ledgers_opts ledgers = {.store = p->store,
                                   .mirror_path = (const char *)mirror.p,
                                   .n_cores = p->n_cores,
                                   .on_progress = on_progress};
    return ledgers_open(&ledgers, &p->ledgers);
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
    const struct config *c = p->config;
    uint32_t n = config_count(c, CONFIG_SOURCE_IP);
    struct sources_endpoint *list = xcalloc(n, sizeof *list);
    for (uint32_t i = 0; i < n; i++)
        list[i] = (struct sources_endpoint){
            .host = config_str_at(c, CONFIG_SOURCE_IP, i),
            .ws_port = (uint16_t)strtoul(config_str_at(c, CONFIG_SOURCE_WS_PORT, i), NULL, 10),
            .grpc_port = (uint16_t)strtoul(config_str_at(c, CONFIG_SOURCE_GRPC_PORT, i), NULL, 10),
        };
    struct sources_opts opts = {.endpoints = list, .n_endpoints = n, .counters = p->counters};
    err e = etl_stored_network(p->store, &opts.has_network_id, &opts.network_id);
    if (e.code == 0)
        e = sources_start(&opts, &p->sources);
    free(list);
    return e;
}

static int64_t seconds(const struct config *c, enum config_key key)
{
    return (int64_t)(config_double(c, key) * (double)CLOCK_S);
}

/* On each core. */
static err make_forward(void *arg)
{
    struct parts *p = arg;
    struct forward_opts opts = {.sources = p->sources,
                                .counters = p->counters,
                                .request_timeout_ns = seconds(p->config, CONFIG_FORWARD_TIMEOUT)};
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

static void make_rpc(struct parts *p)
{
    const struct config *c = p->config;
    struct rpc_server_opts opts = {
        .ledgers = p->ledgers,
        .n_cores = p->n_cores,
        .api_min = (uint32_t)config_int(c, CONFIG_API_MIN),
        .api_max = (uint32_t)config_int(c, CONFIG_API_MAX),
        .api_default = (uint32_t)config_int(c, CONFIG_API_DEFAULT),
        .forward_cache_ns = seconds(c, CONFIG_FORWARD_CACHE),
        .rpc_cache_ns = seconds(c, CONFIG_RPC_CACHE),
        .version = SERVER_VERSION,
        .protocol_version = names_protocol_version(),
        .started_ns = clock_now_ns(),
    };
    parts_rpc_callbacks(p, &opts);
    p->rpc = rpc_server_new(&opts);
}

YIELDS static err start_etl(struct parts *p)
{
    const struct config *c = p->config;
    struct etl_opts opts = {
        .ledgers = p->ledgers,
        .store = p->store,
        .sources = p->sources,
        .counters = p->counters,
        .start_sequence = (uint32_t)config_int(c, CONFIG_START_SEQUENCE),
        .finish_sequence = (uint32_t)config_int(c, CONFIG_FINISH_SEQUENCE),
        .extractor_threads = (uint32_t)MAX(config_int(c, CONFIG_EXTRACTORS), (int64_t)4),
        .num_markers = (uint32_t)config_int(c, CONFIG_NUM_MARKERS),
        .read_only = config_bool(c, CONFIG_READ_ONLY),
        .show_progress = isatty(STDERR_FILENO) == 1,
    };
    struct etl *etl = NULL;
    TRY(etl_start(&opts, &etl));
    p->etl = etl;
    return OK;
}

/* The strings of an array key. The array is the caller's. */
static const char **strings_of(const struct config *c, enum config_key key, uint32_t *ret_n)
{
    *ret_n = config_count(c, key);
    const char **list = xcalloc(*ret_n, sizeof *list);
    for (uint32_t i = 0; i < *ret_n; i++)
        list[i] = config_str_at(c, key, i);
    return list;
}

static int64_t optional_weight(const struct config *c, enum config_key key, uint32_t i)
{
    return config_has_at(c, key, i) ? config_int_at(c, key, i) : -1;
}

static struct web_weight *weights_of(const struct config *c, uint32_t *ret_n)
{
    *ret_n = config_count(c, CONFIG_DOS_WEIGHT_METHOD);
    struct web_weight *list = xcalloc(*ret_n, sizeof *list);
    for (uint32_t i = 0; i < *ret_n; i++)
        list[i] = (struct web_weight){
            .method = config_str_at(c, CONFIG_DOS_WEIGHT_METHOD, i),
            .weight = (uint32_t)config_int_at(c, CONFIG_DOS_WEIGHT_WEIGHT, i),
            .weight_current = optional_weight(c, CONFIG_DOS_WEIGHT_CURRENT, i),
            .weight_validated = optional_weight(c, CONFIG_DOS_WEIGHT_VALIDATED, i),
        };
    return list;
}

static uint32_t max_parallel(const struct config *c)
{
    if (strcmp(config_str(c, CONFIG_PROCESSING_POLICY), "sequent") == 0)
        return 1;
    return config_given(c, CONFIG_PARALLEL_LIMIT) ? (uint32_t)config_int(c, CONFIG_PARALLEL_LIMIT)
                                                  : 64;
}

static err start_web(struct parts *p)
{
    const struct config *c = p->config;
    struct web_opts opts = {
        .ip = config_str(c, CONFIG_SERVER_IP),
        .port = (uint16_t)config_int(c, CONFIG_SERVER_PORT),
        .cores = p->cores,
        .n_cores = p->n_cores,
        .rpc = p->rpc,
        .counters = p->counters,
        .version = SERVER_VERSION,
        .admin_password = config_str(c, CONFIG_ADMIN_PASSWORD),
        .max_connections = max_connections(),
        .max_connections_per_ip = (uint32_t)config_int(c, CONFIG_DOS_CONNECTIONS),
        .max_requests_per_interval = (uint32_t)config_int(c, CONFIG_DOS_REQUESTS),
        .max_bytes_per_interval = (uint32_t)config_int(c, CONFIG_DOS_FETCHES),
        .interval_ns = seconds(c, CONFIG_DOS_SWEEP),
        .default_weight = (uint32_t)config_int(c, CONFIG_DOS_WEIGHT),
        .max_in_work = (uint32_t)config_int(c, CONFIG_MAX_QUEUE),
        .max_parallel = max_parallel(c),
        .ws_max_queue_msgs = (uint32_t)config_int(c, CONFIG_WS_QUEUE),
        .metrics_enabled = config_bool(c, CONFIG_PROMETHEUS),
        .metrics_gzip = config_bool(c, CONFIG_PROMETHEUS_GZIP),
        .ready = parts_ready,
        .refresh = parts_refresh,
        .arg = p,
    };
    const char **whitelist = strings_of(c, CONFIG_DOS_WHITELIST, &opts.n_whitelist);
    const char **proxies = strings_of(c, CONFIG_PROXY_IPS, &opts.n_proxy_ips);
    const char **tokens = strings_of(c, CONFIG_PROXY_TOKENS, &opts.n_proxy_tokens);
    struct web_weight *weights = weights_of(c, &opts.n_weights);
    opts.whitelist = whitelist;
    opts.proxy_ips = proxies;
    opts.proxy_tokens = tokens;
    opts.weights = weights;
    err e = web_start(&opts, &p->web);
    free(whitelist);
    free(proxies);
    free(tokens);
    free(weights);
    return e;
}

YIELDS static err start_parts(struct parts *p)
{
    TRY(start_sources(p));
    TRY(core_call_all(p->cores, p->n_cores, make_forward, p));
    make_rpc(p);
    p->watcher = fiber_spawn("watch sources", watch_sources, p);
    TRY(start_web(p)); /* before ingestion: what is stored can be served at once */
    LOG_INFO("web: listening on %s:%u", config_str(p->config, CONFIG_SERVER_IP), web_port(p->web));
    return start_etl(p);
}

YIELDS static void stop_parts(struct parts *p)
{
    if (p->web)
        web_stop(p->web, clock_now_ns() + seconds(p->config, CONFIG_GRACEFUL_PERIOD));
    p->web = NULL;
    etl_stop(atomic_exchange(&p->etl, NULL));
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
    for (size_t i = 0; i < ARRAY_LEN(p->signals); i++)
        uv_close((uv_handle_t *)&p->signals[i], NULL);
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
    err e = start_parts(p);
    p->starting = false;
    if (e.code == 0 && !p->stopping)
        return;
    if (e.code) {
        LOG_FATAL("%s", err_text());
        p->status = 1;
        p->stopping = true;
    }
    stop_parts(p);
    stop_cores(p);
}

static void run_start(struct core_mail *mail)
{
    fiber_spawn("start", start_fiber, container_of(mail, struct parts, start_mail));
}

static void on_signal(uv_signal_t *handle, int signum)
{
    struct parts *p = handle->data;
    if (p->stopping) {
        LOG_WARN("stopping at once: second signal");
        log_flush();
        _exit(1);
    }
    LOG_INFO("stopping: signal %d", signum);
    p->stopping = true;
    if (!p->starting) /* else the start stops what it has started */
        fiber_spawn("stop", stop_fiber, p);
}

static void watch_signals(struct parts *p)
{
    static const int signums[] = {SIGINT, SIGTERM};
    signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; i < ARRAY_LEN(signums); i++) {
        uv_signal_init(core_loop(p->cores[0]), &p->signals[i]);
        p->signals[i].data = p;
        uv_signal_start(&p->signals[i], on_signal, signums[i]);
    }
}

static uint32_t count_cores(const struct config *c)
{
    long n = config_given(c, CONFIG_WORKERS) ? (long)config_int(c, CONFIG_WORKERS)
                                             : sysconf(_SC_NPROCESSORS_ONLN);
    return (uint32_t)MIN(MAX(n, 1L), 256L);
}

static err check_config(const struct config *c)
{
    if (wants_cassandra(c))
        return FAIL(
            ERR_UNSUPPORTED,
            "config: database.type: cassandra is not built yet; allowed: rocksdb (without a "
            "database.cassandra section, or with database.type \"rocksdb\")");
    if (config_given(c, CONFIG_SSL_CERT))
        return FAIL(
            ERR_UNSUPPORTED,
            "config: ssl_cert_file: TLS is not built yet; put a proxy in front that speaks it");
    if (config_count(c, CONFIG_SOURCE_IP) == 0 && !config_bool(c, CONFIG_ALLOW_NO_ETL) &&
        !config_bool(c, CONFIG_READ_ONLY))
        return FAIL(ERR_INVALID,
                    "config: etl_sources: at least one is needed, or allow_no_etl true");
    return OK;
}

static err run(struct parts *p)
{
    TRY(check_config(p->config));
    TRY(offload_start(&(struct offload_opts){
        .n_threads = (uint32_t)MAX(config_int(p->config, CONFIG_IO_THREADS), (int64_t)4)}));
    TRY(open_data(p));
    TRY(make_cores(p));
    watch_signals(p);
    p->starting = true;
    p->start_mail.run = run_start;
    core_post(p->cores[0], &p->start_mail);
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
    rpc_server_free(p->rpc);
    ledgers_close(p->ledgers);
    store_close(p->store);
    offload_stop();
    counter_registry_free(p->counters);
    free(p->cores);
    free(p->forwards);
}

int server_run(const struct config *config)
{
    struct parts p = {
        .config = config, .n_cores = count_cores(config), .counters = counter_registry_new()};
    if (!start_log(config)) {
        fprintf(stderr, "kleio: %s\n", err_text());
        return 1;
    }
    LOG_INFO("kleio %s, %u cores", SERVER_VERSION, p.n_cores);
    log_no_effect(config);
    raise_file_limit();
    err e = run(&p);
    if (e.code) {
        LOG_FATAL("%s", err_text());
        p.status = 1;
    }
    clean_up(&p);
    LOG_INFO("stopped");
    log_stop();
    return p.status;
}
