/* SPDX-License-Identifier: Apache-2.0 */
/* server_info: what this server holds and how it fares (rpc-b A.11). */
#include "base/mem.h"
#include "ledger/funds.h"
#include "rpc/forward.h"
#include "rpc/method.h"
#include "rpc/server_impl.h"
#include "rt/clock.h"
#include "store/store.h"
#include "xrpl/names.h"

#include <stdio.h>
#include <time.h>

#define DROPS_PER_XRP 1e6
#define RIPPLED_WAIT_NS CLOCK_S

/* Only a boolean counts; anything else is as if absent. */
static bool wants_backend_counters(const struct call *c)
{
    const struct json *v = json_get(c->params, "backend_counters");
    return c->is_admin && json_is(v, JSON_BOOL) && v->b;
}

static void put_xrp(struct call *c, const char *key, uint64_t drops)
{
    jw_key(c->w, key);
    jw_double(c->w, (double)drops / DROPS_PER_XRP);
}

static err put_validated_ledger(struct call *c)
{
    const struct ledger_header *h = view_header(c->view);
    uint32_t now = clock_ledger_s();
    struct funds funds = funds_of(c->view, c->arena);
    struct funds_fees fees;
    TRY(funds_get_fees(&funds, &fees));
    jw_key(c->w, "validated_ledger");
    jw_obj_begin(c->w);
    jw_kv_u64(c->w, "age", now > h->close_time ? now - h->close_time : 0);
    call_put_hash(c, "hash", &h->hash);
    jw_kv_u64(c->w, "seq", h->seq);
    put_xrp(c, "base_fee_xrp", fees.base_drops);
    put_xrp(c, "reserve_base_xrp", fees.reserve_base_drops);
    put_xrp(c, "reserve_inc_xrp", fees.reserve_increment_drops);
    jw_obj_end(c->w);
    return OK;
}

static void put_rate(struct call *c, const char *key, uint64_t part, uint64_t all)
{
    jw_key(c->w, key);
    jw_double(c->w, all ? (double)part / (double)all : 1.0);
}

/* What Clio calls its cache is the mirror here: always complete. */
static void put_cache(struct call *c)
{
    struct ledgers_stats s;
    ledgers_get_stats(c->ledgers, &s);
    uint64_t memory = s.reads_mirror + s.reads_undo;
    jw_key(c->w, "cache");
    jw_obj_begin(c->w);
    jw_kv_u64(c->w, "size", s.n_objects);
    jw_kv_bool(c->w, "is_enabled", true);
    jw_kv_bool(c->w, "is_full", true);
    jw_kv_u64(c->w, "latest_ledger_seq", view_seq(c->view));
    put_rate(c, "object_hit_rate", memory, memory + s.reads_history);
    put_rate(c, "successor_hit_rate", memory, memory + s.reads_history);
    jw_obj_end(c->w);
}

static void put_time(struct call *c)
{
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    int64_t wall_ns = clock_wall_ns();
    time_t seconds = (time_t)(wall_ns / CLOCK_S);
    struct tm tm;
    char text[64];
    if (!gmtime_r(&seconds, &tm))
        return;
    snprintf(text, sizeof text, "%04d-%s-%02d %02d:%02d:%02d.%06d UTC", tm.tm_year + 1900,
             months[tm.tm_mon % 12], tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
             (int)(wall_ns % CLOCK_S / 1000));
    jw_kv_lit(c->w, "time", text);
}

static void put_copy(struct call *c, const char *key, const struct json *from, const char *name)
{
    const struct json *v = json_get(from, name);
    if (!v)
        return;
    jw_key(c->w, key);
    jw_value(c->w, v);
}

/* Client libraries look here whether transactions need the network's id, and leave it out when one
 * of the two is missing: without a rippled it is the version that we have the protocol of. */
static void put_network(struct call *c, const struct json *info)
{
    uint32_t id;
    const struct json *version = json_get(info, "build_version");
    jw_key(c->w, "build_version");
    if (json_is(version, JSON_STRING))
        jw_value(c->w, version);
    else
        jw_str(c->w, slice_str(c->server->opts.protocol_version));
    if (rpc_server_network_id(c->server, &id))
        jw_kv_u64(c->w, "network_id", id);
    else
        put_copy(c, "network_id", info, "network_id");
}

/* Some figures only a rippled knows; without one they are left out. It is not waited for long: that
 * we answer is what clients judge us by. */
static err put_rippled(struct call *c)
{
    struct json reply;
    enum rpc_code code;
    const struct json *info = NULL;
    int64_t deadline_ns = MIN(c->deadline_ns, clock_now_ns() + RIPPLED_WAIT_NS);
    err e = forward_ask(c->server, c->request, "server_info", deadline_ns, c->arena, &reply, &code);
    if (e.code == ERR_CANCELLED)
        return e;
    if (!err_failed(e) && !json_get(&reply, "error"))
        info = json_get(json_get(&reply, "result"), "info");
    const struct json *load = json_get(info, "load_factor");
    jw_key(c->w, "load_factor");
    if (load)
        jw_value(c->w, load);
    else
        jw_u64(c->w, 1);
    put_copy(c, "validation_quorum", info, "validation_quorum");
    put_copy(c, "rippled_version", info, "build_version");
    put_network(c, info);
    return OK;
}

static void put_backend_counters(struct call *c)
{
    struct store_stats s;
    store_stats(view_store(c->view), &s);
    jw_key(c->w, "backend_counters");
    jw_obj_begin(c->w);
    jw_kv_u64(c->w, "too_busy", 0);
    jw_kv_u64(c->w, "write_sync", s.n_writes);
    jw_kv_u64(c->w, "write_sync_retry", 0);
    jw_kv_u64(c->w, "write_async_pending", 0);
    jw_kv_u64(c->w, "write_async_completed", 0);
    jw_kv_u64(c->w, "write_async_retry", 0);
    jw_kv_u64(c->w, "write_async_error", 0);
    jw_kv_u64(c->w, "read_async_pending", s.n_pending);
    jw_kv_u64(c->w, "read_async_completed", s.n_reads);
    jw_kv_u64(c->w, "read_async_retry", 0);
    jw_kv_u64(c->w, "read_async_error", 0);
    jw_obj_end(c->w);
}

static void put_admin(struct call *c)
{
    const struct rpc_server_opts *o = &c->server->opts;
    jw_key(c->w, "etl");
    jw_obj_begin(c->w);
    if (o->put_etl)
        o->put_etl(o->arg, c->w);
    jw_obj_end(c->w);
    jw_key(c->w, "counters");
    jw_obj_begin(c->w);
    stats_put(c->server->stats, c->w);
    if (o->put_counters)
        o->put_counters(o->arg, c->w);
    jw_obj_end(c->w);
    if (wants_backend_counters(c) && c->view)
        put_backend_counters(c);
}

/* Which tables are in force: those compiled in, and what was learned since. */
static void put_protocol(struct call *c)
{
    const struct tables *t = tables_of(c->w);
    jw_key(c->w, "protocol");
    jw_obj_begin(c->w);
    jw_kv_lit(c->w, "version", names_protocol_version());
    jw_kv_lit(c->w, "definitions_hash", t->definitions_hash);
    if (t->origin) {
        jw_key(c->w, "learned");
        jw_obj_begin(c->w);
        jw_kv_str(c->w, "from", slice_str(t->origin));
        if (t->version)
            jw_kv_str(c->w, "version", slice_str(t->version));
        jw_kv_u64(c->w, "fields", t->fields.n);
        jw_kv_u64(c->w, "ledger_entry_types", t->entry_types.n);
        jw_kv_u64(c->w, "transaction_types", t->tx_types.n);
        jw_kv_u64(c->w, "transaction_results", t->tx_results.n);
        jw_obj_end(c->w);
    }
    jw_obj_end(c->w);
}

static err run(struct call *c)
{
    const struct rpc_server_opts *o = &c->server->opts;
    uint32_t first, last;
    bool serves = ledgers_range(c->ledgers, &first, &last);
    if (serves)
        TRY(call_open_ledger(c));
    jw_key(c->w, "info");
    jw_obj_begin(c->w);
    const char *ranges = serves ? ledgers_range_text(c->ledgers, c->arena) : "empty";
    jw_kv_lit(c->w, "complete_ledgers", ranges);
    put_time(c);
    jw_kv_u64(c->w, "uptime", (uint64_t)((clock_now_ns() - o->started_ns) / CLOCK_S));
    jw_kv_str(c->w, "clio_version", slice_str(o->version));
    jw_kv_str(c->w, "libxrpl_version", slice_str(o->protocol_version));
    put_protocol(c);
    if (serves) {
        TRY(put_validated_ledger(c));
        put_cache(c);
    }
    if (o->put_flags)
        o->put_flags(o->arg, c->w);
    if (c->is_admin)
        put_admin(c);
    c->view = view_close(c->view); /* not held while a rippled is asked */
    TRY(put_rippled(c));
    jw_obj_end(c->w);
    if (serves)
        jw_kv_bool(c->w, "validated", true);
    return OK;
}

const struct method server_info_method = {
    .name = "server_info",
    .run = run,
    .flags = METHOD_NO_LEDGER,
    .doc = "What this server holds and how it fares.",
};
