/* SPDX-License-Identifier: Apache-2.0 */
#define LOG_CHANNEL LOG_CHANNEL_BACKEND
#include "store/cass.h"

#include "base/log.h"
#include "base/mem.h"
#include "rt/core.h"
#include "rt/core_call.h"
#include "store/cass_impl.h"
#include "store/memo.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#define WATCH_NS (1 * CLOCK_S)

static const struct store_ops ops;

struct cass *cass_of(struct store *s)
{
    return s->ops == &ops ? container_of(s, struct cass, base) : NULL;
}

struct cql_cluster *cass_cluster(struct cass *c)
{
    return c->cluster;
}

uint32_t cass_newest(struct cass *c)
{
    return cass_last(c);
}

struct range_set cass_ranges(struct cass *c)
{
    struct range_set set = {0};
    uint64_t range = atomic_load(&c->range);
    if (range) {
        set.r[0] = (struct store_range){(uint32_t)(range >> 32), (uint32_t)range};
        set.n = 1;
    }
    return set;
}

static void op_ranges(struct store *s, struct store_range *ret, size_t *ret_n)
{
    struct range_set set = cass_ranges(cass_of(s));
    memcpy(ret, set.r, set.n * sizeof *ret);
    *ret_n = set.n;
}

static void op_stats(struct store *s, struct store_stats *ret)
{
    struct cass *c = cass_of(s);
    struct cql_cluster_stats cql;
    cql_cluster_get_stats(c->cluster, &cql);
    *ret = (struct store_stats){.n_reads = atomic_load(&c->n_reads),
                                .n_pending = cql.n_reads_pending,
                                .n_writes = atomic_load(&c->n_writes)};
}

void cass_set_near(struct cass *c, cass_near_fn near, void *arg)
{
    c->near_arg = arg;
    atomic_store(&c->near, near);
}

/* What other servers stored meanwhile. */
static void watch(void *arg)
{
    struct cass *c = arg;
    while (!err_failed(fiber_sleep_until(clock_now_ns() + WATCH_NS)))
        if (err_failed(cass_read_range(c, false)))
            LOG_DEBUG("store: %s", err_text());
}

static YIELDS err refresh(void *arg)
{
    return cass_read_range(arg, false);
}

YIELDS ERR cass_refresh(struct cass *c)
{
    return core_call(cql_cluster_core(c->cluster), refresh, c);
}

/* Opening. */

static YIELDS err make_identity(struct cass *c)
{
    uint8_t id[16];
    if (getrandom(id, sizeof id, 0) != sizeof id)
        return FAIL(ERR_IO, "store: no random bytes");
    return cass_meta_put_new(c, "dataset_id", slice_of(id, 16));
}

static YIELDS err prepare(void *arg)
{
    struct cass *c = arg;
    err e = cass_schema_prepare(c);
    if (e.code == 0)
        e = cass_read_range(c, false);
    if (err_failed(e) && strstr(err_text(), "too few replicas"))
        return FAIL(e.code,
                    "%.120s: are all nodes up? Else the replication of keyspace %s asks for more "
                    "nodes than there are: ALTER KEYSPACE",
                    err_text(), c->keyspace);
    TRY(e);
    if (!c->read_only) {
        TRY(make_identity(c));
        TRY(cass_lack_init(c));
    }
    fiber_group_spawn(&c->fibers, "cass watch", watch, c);
    return OK;
}

/* They become parts of statements: nothing but letters, digits, underscores. */
static err check_word(const char *what, const char *word, bool may_be_empty)
{
    size_t n = strlen(word);
    bool good = (n > 0 || may_be_empty) && n <= 48;
    for (size_t i = 0; i < n; i++)
        good &= isalnum((unsigned char)word[i]) || word[i] == '_';
    return good ? OK : FAIL(ERR_INVALID, "database: %s \"%.60s\" is not one", what, word);
}

static void make_memo(struct cass *c, const struct cass_opts *opts)
{
    struct counter_registry *r = opts->cluster.counters;
    c->memo = memo_new(opts->memo_bytes);
    if (!r)
        return;
    c->memo_hits = counter_get(r, "kleio_cass_cache_total", "result=\"hit\"",
                               "rows that do not change, asked for in memory");
    c->memo_misses = counter_get(r, "kleio_cass_cache_total", "result=\"miss\"", NULL);
}

static struct cass *cass_new(const struct cass_opts *opts)
{
    struct cass *c = xcalloc(1, sizeof *c);
    bool aws = opts->provider == CASS_PROVIDER_AWS_KEYSPACE;
    enum cql_consistency quorum = aws ? CQL_CONSISTENCY_LOCAL_QUORUM : CQL_CONSISTENCY_QUORUM;
    c->base.ops = &ops;
    c->keyspace = xstrdup(opts->keyspace ? opts->keyspace : "clio");
    c->prefix = xstrdup(opts->table_prefix ? opts->table_prefix : "");
    c->replication_factor = opts->replication_factor ? opts->replication_factor : 3;
    c->max_writes = opts->max_writes ? opts->max_writes : 10000;
    c->batch_size = opts->batch_size ? opts->batch_size : 20;
    c->provider = opts->provider;
    c->read_consistency = opts->read_consistency ? opts->read_consistency : quorum;
    c->write_consistency = opts->write_consistency ? opts->write_consistency : quorum;
    c->read_timeout_ns = opts->read_timeout_ns ? opts->read_timeout_ns : 10 * CLOCK_S;
    c->write_timeout_ns = opts->write_timeout_ns ? opts->write_timeout_ns : 20 * CLOCK_S;
    c->read_only = opts->read_only;
    c->unverified = opts->unverified;
    if (opts->memo_bytes)
        make_memo(c, opts);
    if (opts->node_id)
        memcpy(c->node_id, opts->node_id, 16);
    else if (getrandom(c->node_id, 16, 0) != 16)
        abort();
    c->node_id[6] = (uint8_t)((c->node_id[6] & 0x0F) | 0x40); /* a UUID of version 4 */
    c->node_id[8] = (uint8_t)((c->node_id[8] & 0x3F) | 0x80);
    pthread_mutex_init(&c->write_lock, NULL);
    fiber_group_init(&c->fibers);
    cass_pump_init(&c->pump, c);
    return c;
}

/* On the cluster's core: what still runs there ends. */
static YIELDS err stop(void *arg)
{
    struct cass *c = arg;
    fiber_group_cancel(&c->fibers);
    return OK;
}

/* What is still being written (a load that was not finished) is waited for: it ends by its own
 * deadlines. */
static YIELDS err drain(void *arg)
{
    struct cass *c = arg;
    err e = cass_pump_wait(&c->pump);
    if (err_failed(e))
        LOG_WARN("store: %s", err_text());
    return OK;
}

static void op_close(struct store *s)
{
    struct cass *c = cass_of(s);
    if (c->cluster) {
        err_ignore(core_call(cql_cluster_core(c->cluster), stop, c));  /* always OK */
        err_ignore(core_call(cql_cluster_core(c->cluster), drain, c)); /* always OK */
        cql_cluster_close(c->cluster);
    }
    cass_pump_deinit(&c->pump);
    memo_free(c->memo);
    for (size_t i = 0; i < ARRAY_LEN(c->texts); i++)
        free(c->texts[i]);
    pthread_mutex_destroy(&c->write_lock);
    free(c->keyspace);
    free(c->prefix);
    free(c->name);
    free(c);
}

static YIELDS err open_cluster(struct cass *c, const struct cass_opts *opts)
{
    TRY(check_word("keyspace", c->keyspace, false));
    TRY(check_word("table_prefix", c->prefix, true));
    c->name = xasprintf("%s.%s", c->keyspace, c->prefix);
    cass_schema_texts(c);
    struct cql_cluster_opts cluster = opts->cluster;
    cluster.keyspace = c->keyspace;
    cluster.statements = (const char *const *)c->texts;
    cluster.n_statements = CASS_N_STATEMENTS - 1;
    TRY(cql_cluster_open(&cluster, &c->cluster));
    return core_call(cql_cluster_core(c->cluster), prepare, c);
}

YIELDS ERR cass_open(const struct cass_opts *opts, struct store **ret)
{
    struct cass *c = cass_new(opts);
    err e = open_cluster(c, opts);
    if (err_failed(e)) {
        char text[240];
        snprintf(text, sizeof text, "%s", err_text());
        op_close(&c->base);
        return FAIL(e.code, "%s", text);
    }
    *ret = &c->base;
    return OK;
}

static const struct store_ops ops = {
    .unordered = true,
    .close = op_close,
    .meta_get = cass_meta_get,
    .meta_put = cass_meta_put,
    .ranges = op_ranges,
    .load_begin = cass_load_begin,
    .load_add = cass_load_add,
    .load_commit = cass_load_commit,
    .write = cass_write,
    .repair = cass_repair,
    .salvage = store_no_salvage,
    .salvage_end = store_no_salvage_end,
    .index_lack = cass_index_lack,
    .index_add = cass_index_add,
    .header_get = cass_header_get,
    .seq_by_hash = cass_seq_by_hash,
    .objects_get = cass_objects_get,
    .next = cass_next,
    .page = cass_page,
    .state = cass_state,
    .diff = cass_diff,
    .txs_get = cass_txs_get,
    .tx_types = cass_tx_types,
    .ledger_txs = cass_ledger_txs,
    .tx_find = cass_tx_find,
    .scan = cass_scan,
    .scan_typed = store_typed_by_rows,
    .stats = op_stats,
};
