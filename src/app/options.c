/* SPDX-License-Identifier: Apache-2.0 */
#include "app/options.h"

#include "base/arena.h"
#include "base/mem.h"
#include "etl/etl.h"
#include "feed/feed.h"
#include "net/tls.h"
#include "rippled/forward.h"
#include "rippled/sources.h"
#include "rpc/rpc_server.h"
#include "rt/clock.h"
#include "rt/offload.h"
#include "store/cass.h"
#include "web/web.h"

#include <stdlib.h>
#include <unistd.h>

bool options_cassandra(const struct config *c)
{
    const char *type = config_str(c, CONFIG_DATABASE_TYPE);
    if (type)
        return strcmp(type, "cassandra") == 0;
    for (int key = CONFIG_CASS_CONTACT_POINTS; key <= CONFIG_CASS_CERTFILE; key++)
        if (config_given(c, (enum config_key)key))
            return true;
    return false;
}

/* The files of the server's TLS can be used. */
static err check_tls(const struct config *c)
{
    if (!config_given(c, CONFIG_SSL_CERT))
        return OK;
    struct tls_server_opts opts = {.cert_file = config_str(c, CONFIG_SSL_CERT),
                                   .key_file = config_str(c, CONFIG_SSL_KEY),
                                   .n_cores = 1};
    struct tls_server *t;
    TRY(tls_server_new(&opts, &t));
    tls_server_free(t);
    return OK;
}

err options_check(const struct config *c)
{
    if (options_cassandra(c) && config_given(c, CONFIG_CASS_BUNDLE))
        return FAIL(ERR_UNSUPPORTED, "config: database.cassandra.secure_connect_bundle: bundles "
                                     "are not read; give the hosts, port, "
                                     "certificate and login that it holds by their keys");
    TRY(check_tls(c));
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct sources_opts sources = options_sources(c, a);
    TRY(sources_check(&sources));
    if (config_count(c, CONFIG_SOURCE_IP) == 0 && !config_bool(c, CONFIG_ALLOW_NO_ETL) &&
        !config_bool(c, CONFIG_READ_ONLY))
        return FAIL(ERR_INVALID,
                    "config: etl_sources: at least one is needed, or allow_no_etl true");
    return OK;
}

static enum cql_consistency consistency_of(const char *name)
{
    static const struct {
        const char *name;
        enum cql_consistency value;
    } names[] = {{"one", CQL_CONSISTENCY_ONE},
                 {"two", CQL_CONSISTENCY_TWO},
                 {"three", CQL_CONSISTENCY_THREE},
                 {"quorum", CQL_CONSISTENCY_QUORUM},
                 {"all", CQL_CONSISTENCY_ALL},
                 {"local_one", CQL_CONSISTENCY_LOCAL_ONE},
                 {"local_quorum", CQL_CONSISTENCY_LOCAL_QUORUM},
                 {"each_quorum", CQL_CONSISTENCY_EACH_QUORUM}};
    for (size_t i = 0; name && i < ARRAY_LEN(names); i++)
        if (strcmp(names[i].name, name) == 0)
            return names[i].value;
    return CQL_CONSISTENCY_ANY; /* the provider's default */
}

struct cass_opts options_cass(const struct config *c)
{
    bool aws = strcmp(config_str(c, CONFIG_CASS_PROVIDER), "aws_keyspace") == 0;
    struct cql_cluster_opts cluster = {
        .contact_points = config_str(c, CONFIG_CASS_CONTACT_POINTS),
        .port = (uint16_t)config_int(c, CONFIG_CASS_PORT),
        .user = config_str(c, CONFIG_CASS_USER),
        .password = config_str(c, CONFIG_CASS_PASSWORD),
        .ca_file = config_str(c, CONFIG_CASS_CERTFILE),
        .lz4 = strcmp(config_str(c, CONFIG_CASS_COMPRESSION), "lz4") == 0,
        .max_version = (uint8_t)config_int(c, CONFIG_CASS_PROTOCOL),
        .connections_per_node = (uint32_t)config_int(c, CONFIG_CASS_CONNECTIONS),
        .max_reads = (uint32_t)config_int(c, CONFIG_CASS_MAX_READS),
        .connect_timeout_ns = config_int(c, CONFIG_CASS_CONNECT_TIMEOUT) * CLOCK_S,
        .attempt_timeout_ns = config_int(c, CONFIG_CASS_REQUEST_TIMEOUT) * CLOCK_S,
        .speculative_percentile = config_double(c, CONFIG_CASS_SPECULATIVE),
    };
    return (struct cass_opts){
        .cluster = cluster,
        .keyspace = config_str(c, CONFIG_CASS_KEYSPACE),
        .table_prefix = config_str(c, CONFIG_CASS_PREFIX),
        .replication_factor = (uint32_t)config_int(c, CONFIG_CASS_REPLICATION),
        .provider = aws ? CASS_PROVIDER_AWS_KEYSPACE : CASS_PROVIDER_CASSANDRA,
        .max_writes = (uint32_t)config_int(c, CONFIG_CASS_MAX_WRITES),
        .batch_size = (uint32_t)config_int(c, CONFIG_CASS_BATCH),
        .read_consistency = consistency_of(config_str(c, CONFIG_CASS_READ_CONSISTENCY)),
        .write_consistency = consistency_of(config_str(c, CONFIG_CASS_WRITE_CONSISTENCY)),
        .read_only = config_bool(c, CONFIG_READ_ONLY),
        .memo_bytes = (size_t)config_int(c, CONFIG_CASS_CACHE_MB) << 20,
    };
}

int64_t options_seconds(const struct config *c, enum config_key key)
{
    return (int64_t)(config_double(c, key) * (double)CLOCK_S);
}

/* Nowhere to log to: whoever started the program still hears what is wrong. */
static void log_to_stderr(struct log_opts *opts)
{
    opts->console = LOG_CONSOLE_STDERR;
    for (int i = 0; i < LOG_N_CHANNELS; i++)
        if (opts->levels[i] < LOG_WARN)
            opts->levels[i] = LOG_WARN;
}

struct log_opts options_log(const struct config *c)
{
    struct log_opts opts = {
        .console = config_bool(c, CONFIG_LOG_CONSOLE) ? LOG_CONSOLE_STDOUT : LOG_CONSOLE_NONE,
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
    if (!opts.directory && !opts.console)
        log_to_stderr(&opts);
    return opts;
}

/* Reads of requests that wait for a thread of the pool; more are tooBusy. */
#define JOBS_A_THREAD 64

struct offload_opts options_offload(const struct config *c)
{
    return (struct offload_opts){.n_threads =
                                     (uint32_t)MAX(config_int(c, CONFIG_IO_THREADS), (int64_t)4)};
}

uint32_t options_n_cores(const struct config *c)
{
    long n = config_given(c, CONFIG_WORKERS) ? (long)config_int(c, CONFIG_WORKERS)
                                             : sysconf(_SC_NPROCESSORS_ONLN);
    return (uint32_t)MIN(MAX(n, 1L), 256L);
}

static uint16_t port_at(const struct config *c, enum config_key key, uint32_t i)
{
    return (uint16_t)strtoul(config_str_at(c, key, i), NULL, 10);
}

static struct sources_tls tls_at(const struct config *c, uint32_t i)
{
    return (struct sources_tls){
        .ws = config_bool_at(c, CONFIG_SOURCE_TLS_WS, i, false),
        .grpc = config_bool_at(c, CONFIG_SOURCE_TLS_GRPC, i, false),
        .insecure = !config_bool_at(c, CONFIG_SOURCE_TLS_VERIFY, i, true),
        .ca_file = config_str_at(c, CONFIG_SOURCE_TLS_CA, i),
        .cert_file = config_str_at(c, CONFIG_SOURCE_TLS_CERT, i),
        .key_file = config_str_at(c, CONFIG_SOURCE_TLS_KEY, i),
    };
}

struct sources_opts options_sources(const struct config *c, struct arena *a)
{
    uint32_t n = config_count(c, CONFIG_SOURCE_IP);
    struct sources_endpoint *list = arena_array(a, struct sources_endpoint, n);
    for (uint32_t i = 0; i < n; i++)
        list[i] = (struct sources_endpoint){
            .host = config_str_at(c, CONFIG_SOURCE_IP, i),
            .ws_port = port_at(c, CONFIG_SOURCE_WS_PORT, i),
            .grpc_port = port_at(c, CONFIG_SOURCE_GRPC_PORT, i),
            .tls = tls_at(c, i),
        };
    return (struct sources_opts){.endpoints = list, .n_endpoints = n};
}

struct forward_opts options_forward(const struct config *c)
{
    return (struct forward_opts){.request_timeout_ns = options_seconds(c, CONFIG_FORWARD_TIMEOUT)};
}

struct rpc_server_opts options_rpc(const struct config *c)
{
    return (struct rpc_server_opts){
        .api_min = (uint32_t)config_int(c, CONFIG_API_MIN),
        .api_max = (uint32_t)config_int(c, CONFIG_API_MAX),
        .api_default = (uint32_t)config_int(c, CONFIG_API_DEFAULT),
        .forward_cache_ns = options_seconds(c, CONFIG_FORWARD_CACHE),
        .rpc_cache_ns = options_seconds(c, CONFIG_RPC_CACHE),
    };
}

/* The strings of an array key. */
static const char *const *strings_of(const struct config *c, enum config_key key, struct arena *a,
                                     uint32_t *ret_n)
{
    *ret_n = config_count(c, key);
    const char **list = arena_array(a, const char *, *ret_n);
    for (uint32_t i = 0; i < *ret_n; i++)
        list[i] = config_str_at(c, key, i);
    return list;
}

static int64_t optional_weight(const struct config *c, enum config_key key, uint32_t i)
{
    return config_has_at(c, key, i) ? config_int_at(c, key, i) : -1;
}

static const struct web_weight *weights_of(const struct config *c, struct arena *a, uint32_t *ret_n)
{
    *ret_n = config_count(c, CONFIG_DOS_WEIGHT_METHOD);
    struct web_weight *list = arena_array(a, struct web_weight, *ret_n);
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

struct web_opts options_web(const struct config *c, struct arena *a)
{
    struct web_opts opts = {
        .ip = config_str(c, CONFIG_SERVER_IP),
        .port = (uint16_t)config_int(c, CONFIG_SERVER_PORT),
        .cert_file = config_str(c, CONFIG_SSL_CERT),
        .key_file = config_str(c, CONFIG_SSL_KEY),
        .admin_password = config_str(c, CONFIG_ADMIN_PASSWORD),
        .max_request_bytes = (uint32_t)config_int(c, CONFIG_MAX_REQUEST) << 10,
        .max_connections_per_ip = (uint32_t)config_int(c, CONFIG_DOS_CONNECTIONS),
        .max_requests_per_interval = (uint32_t)config_int(c, CONFIG_DOS_REQUESTS),
        .max_bytes_per_interval = (uint32_t)config_int(c, CONFIG_DOS_FETCHES),
        .interval_ns = options_seconds(c, CONFIG_DOS_SWEEP),
        .default_weight = (uint32_t)config_int(c, CONFIG_DOS_WEIGHT),
        .max_in_work = (uint32_t)config_int(c, CONFIG_MAX_QUEUE),
        .max_parallel = max_parallel(c),
        .ws_compression = config_bool(c, CONFIG_WS_COMPRESSION),
        .ws_max_queue_msgs = (uint32_t)config_int(c, CONFIG_WS_QUEUE),
        .slow_request_ns = config_int(c, CONFIG_LOG_SLOW) * CLOCK_MS,
        .metrics_enabled = config_bool(c, CONFIG_PROMETHEUS),
        .metrics_gzip = config_bool(c, CONFIG_PROMETHEUS_GZIP),
    };
    opts.whitelist = strings_of(c, CONFIG_DOS_WHITELIST, a, &opts.n_whitelist);
    opts.proxy_ips = strings_of(c, CONFIG_PROXY_IPS, a, &opts.n_proxy_ips);
    opts.proxy_tokens = strings_of(c, CONFIG_PROXY_TOKENS, a, &opts.n_proxy_tokens);
    opts.by_x_forwarded_for = config_bool(c, CONFIG_X_FORWARDED_FOR);
    opts.cors_origins = strings_of(c, CONFIG_CORS, a, &opts.n_cors_origins);
    opts.weights = weights_of(c, a, &opts.n_weights);
    return opts;
}

struct feed_opts options_feed(const struct config *c)
{
    return (struct feed_opts){
        .max_queue_msgs = (uint32_t)config_int(c, CONFIG_WS_QUEUE),
        .max_queue_bytes = (size_t)config_int(c, CONFIG_FEED_QUEUE_MB) << 20,
        .max_memory_bytes = (size_t)config_int(c, CONFIG_FEED_MEMORY_MB) << 20,
        .max_accounts = (uint32_t)config_int(c, CONFIG_FEED_ACCOUNTS),
        .max_books = (uint32_t)config_int(c, CONFIG_FEED_BOOKS),
    };
}

struct etl_opts options_etl(const struct config *c)
{
    return (struct etl_opts){
        .start_sequence = (uint32_t)config_int(c, CONFIG_START_SEQUENCE),
        .finish_sequence = (uint32_t)config_int(c, CONFIG_FINISH_SEQUENCE),
        .extractor_threads = (uint32_t)MAX(config_int(c, CONFIG_EXTRACTORS), (int64_t)4),
        .num_markers = (uint32_t)config_int(c, CONFIG_NUM_MARKERS),
        .min_agreeing = (uint32_t)config_int(c, CONFIG_MIN_AGREEING),
        .read_only = config_bool(c, CONFIG_READ_ONLY),
        .show_progress = isatty(STDERR_FILENO) == 1,
    };
}
