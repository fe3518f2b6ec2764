/* SPDX-License-Identifier: Apache-2.0 */
#include "double/ws_front.h"

#include "base/hex.h"
#include "base/list.h"
#include "base/mem.h"
#include "json/jw.h"
#include "net/http_server.h"
#include "net/ws.h"
#include "rt/core.h"
#include "rt/sock.h"
#include "xrpl/digest.h"

#include <stdio.h>
#include <stdlib.h>

struct client {
    struct list link;
    struct ws_front *front;
    struct ws *ws;
    uint32_t streams; /* bits 1 << enum streams_kind */
    struct buf path;  /* its path_find, as JSON; empty = none */
};

struct ws_front {
    struct ws_front_opts opts;
    struct sock_listener *listener;
    struct http_server *http;
    struct list clients;
    uint64_t n_asked;
    struct hash256 submitted; /* the transaction submitted last */
    struct buf version;       /* build_version; empty = the usual one */
    struct buf definitions;   /* the answer to server_definitions; empty = none of its own */
};

static struct chain *chain_of(const struct ws_front *f)
{
    return f->opts.grpc->chain;
}

static void put_hash(struct jw *w, const char *key, const struct hash256 *h)
{
    jw_key(w, key);
    jw_hex(w, hash256_slice(h));
}

static void put_range(const struct ws_front *f, struct jw *w, const char *key)
{
    char text[32];
    int n = snprintf(text, sizeof text, "%u-%u", chain_first(chain_of(f)), chain_tip(chain_of(f)));
    jw_key(w, key);
    jw_ascii(w, text, (size_t)n);
}

/* Members of ledgerClosed and of the reply to subscribe. */
static void put_closed(const struct ws_front *f, struct jw *w, bool with_count)
{
    const struct chain_ledger *l = chain_get(chain_of(f), chain_tip(chain_of(f)));
    jw_kv_u64(w, "fee_base", 10);
    put_hash(w, "ledger_hash", &l->header.hash);
    jw_kv_u64(w, "ledger_index", l->header.seq);
    jw_kv_u64(w, "ledger_time", l->header.close_time);
    jw_kv_u64(w, "network_id", f->opts.network_id);
    jw_kv_u64(w, "reserve_base", 10000000);
    jw_kv_u64(w, "reserve_inc", 2000000);
    if (with_count)
        jw_kv_u64(w, "txn_count", l->n_txs);
    put_range(f, w, "validated_ledgers");
}

static void put_info(const struct ws_front *f, struct jw *w, const char *key)
{
    const struct chain_ledger *l = chain_get(chain_of(f), chain_tip(chain_of(f)));
    jw_key(w, key);
    jw_obj_begin(w);
    jw_kv_str(w, "build_version", f->version.n ? buf_slice(&f->version) : SLICE_LIT("2.6.1"));
    put_range(f, w, "complete_ledgers");
    jw_kv_u64(w, "load_factor", 1);
    jw_kv_u64(w, "network_id", f->opts.network_id);
    jw_kv_u64(w, "peers", 0);
    jw_kv_lit(w, "server_state", "full");
    jw_kv_u64(w, "validation_quorum", 1);
    jw_key(w, "validated_ledger");
    jw_obj_begin(w);
    jw_kv_u64(w, "age", 1);
    jw_key(w, "base_fee_xrp");
    jw_raw(w, SLICE_LIT("0.00001"));
    put_hash(w, "hash", &l->header.hash);
    jw_kv_u64(w, "reserve_base_xrp", 10);
    jw_kv_u64(w, "reserve_inc_xrp", 2);
    jw_kv_u64(w, "seq", l->header.seq);
    jw_obj_end(w);
    jw_obj_end(w);
}

static void put_fee(const struct ws_front *f, struct jw *w)
{
    jw_kv_lit(w, "current_ledger_size", "0");
    jw_key(w, "drops");
    jw_obj_begin(w);
    jw_kv_lit(w, "base_fee", "10");
    jw_kv_lit(w, "median_fee", "5000");
    jw_kv_lit(w, "minimum_fee", "10");
    jw_kv_lit(w, "open_ledger_fee", "10");
    jw_obj_end(w);
    jw_kv_u64(w, "ledger_current_index", chain_tip(chain_of(f)) + 1);
}

static void put_double_info(const struct ws_front *f, struct jw *w)
{
    CLEANUP(buf_deinit) struct buf taken = {0};
    struct account large, small;
    fault_report(f->opts.grpc->faults, &taken);
    put_range(f, w, "range");
    jw_kv_u64(w, "end", chain_end(chain_of(f)));
    static const char *const names[] = {"get_ledger", "get_ledger_data", "get_ledger_diff",
                                        "get_ledger_entry"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        jw_key(w, names[i]);
        jw_u64(w, f->opts.grpc->n_calls[i]);
    }
    jw_kv_u64(w, "page_bytes", f->opts.grpc->page_bytes);
    jw_kv_u64(w, "asked", f->n_asked);
    put_hash(w, "submitted", &f->submitted);
    jw_kv_str(w, "faults_taken", buf_slice(&taken));
    if (chain_examples(chain_of(f), &large, &small)) {
        char text[ACCOUNT_TEXT_MAX];
        account_to_text(&large, text);
        jw_kv_str(w, "large_account", slice_str(text));
        account_to_text(&small, text);
        jw_kv_str(w, "small_account", slice_str(text));
    }
}

static void drop_clients(struct ws_front *f)
{
    LIST_EACH(it, &f->clients)
    ws_abort(LIST_ENTRY(it, struct client, link)->ws, "double_drop");
}

static void send_to(struct ws_front *f, enum streams_kind kind, struct slice text)
{
    LIST_EACH(it, &f->clients)
    {
        struct client *c = LIST_ENTRY(it, struct client, link);
        if (c->streams & 1u << kind)
            err_ignore(ws_send(c->ws, WS_FRAME_TEXT, text)); /* one that is gone misses it */
    }
}

static void say(struct ws_front *f, const struct json *params)
{
    const struct json *stream = json_get(params, "stream"), *message = json_get(params, "message");
    enum streams_kind kind;
    CLEANUP(buf_deinit) struct buf text = {0};
    struct jw w = jw_to(&text);
    if (!message || !json_is(stream, JSON_STRING) || !streams_by_name(stream->s, &kind))
        return;
    jw_value(&w, message);
    send_to(f, kind, buf_slice(&text));
}

/* How many clients want each stream. */
static void put_wanted(const struct ws_front *f, struct jw *w)
{
    uint32_t n[STREAMS_N_KINDS] = {0};
    LIST_EACH(it, &f->clients)
    for (uint32_t kind = 0; kind < STREAMS_N_KINDS; kind++)
        n[kind] += (LIST_ENTRY(it, struct client, link)->streams >> kind) & 1;
    jw_key(w, "wanted");
    jw_arr_begin(w);
    for (uint32_t kind = 0; kind < STREAMS_N_KINDS; kind++)
        jw_u64(w, n[kind]);
    jw_arr_end(w);
    uint32_t n_searches = 0;
    LIST_EACH(at, &f->clients)
    n_searches += LIST_ENTRY(at, struct client, link)->path.n > 0;
    jw_kv_u64(w, "searches", n_searches);
}

/* Started anew with another version: everybody has to connect again, and meets that. */
static void set_version(struct ws_front *f, const struct json *params)
{
    const struct json *version = json_get(params, "version"),
                      *definitions = json_get(params, "definitions");
    buf_clear(&f->version);
    buf_clear(&f->definitions);
    if (json_is(version, JSON_STRING))
        buf_put_slice(&f->version, version->s);
    struct jw w = jw_to(&f->definitions);
    for (uint32_t i = 0; json_is(definitions, JSON_OBJECT) && i < definitions->n; i++) {
        jw_key_escaped(&w, definitions->members[i].key);
        jw_value(&w, &definitions->members[i].value);
    }
    drop_clients(f);
}

/* Commands to the double itself; false when it is none. */
static bool put_double(struct ws_front *f, struct jw *w, struct slice command,
                       const struct json *params)
{
    if (slice_is(command, "double_close")) {
        jw_kv_bool(w, "closed", ws_front_close_ledger(f));
    } else if (slice_is(command, "double_fault")) {
        const struct json *fault = json_get(params, "fault");
        if (json_get(params, "clear"))
            fault_clear(f->opts.grpc->faults);
        jw_kv_bool(w, "accepted",
                   json_is(fault, JSON_STRING) && fault_add(f->opts.grpc->faults, fault->s));
    } else if (slice_is(command, "double_version")) {
        set_version(f, params);
    } else if (slice_is(command, "double_say")) {
        say(f, params);
    } else if (!slice_is(command, "double_info")) {
        return false;
    }
    put_double_info(f, w);
    put_wanted(f, w);
    return true;
}

/* submit: what rippled says of a transaction that it took and that no ledger has yet. Ledgers do
 * not depend on it: submit what a ledger to come has anyway. False when there is no blob. */
static bool put_submitted(struct ws_front *f, struct jw *w, const struct json *params)
{
    const struct json *blob = json_get(params, "tx_blob");
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    if (!json_is(blob, JSON_STRING) || blob->s.n < 2)
        return false;
    size_t n = blob->s.n / 2;
    uint8_t *tx = arena_array(a, uint8_t, n);
    if (!hex_decode(blob->s, tx, n))
        return false;
    f->submitted = digest_tx_id(slice_of(tx, n));
    jw_kv_bool(w, "accepted", true);
    jw_kv_bool(w, "applied", true);
    jw_kv_bool(w, "broadcast", true);
    jw_kv_lit(w, "engine_result", "tesSUCCESS");
    jw_kv_u64(w, "engine_result_code", 0);
    jw_kv_lit(w, "engine_result_message",
              "The transaction was applied. Only final in a validated ledger.");
    jw_kv_bool(w, "kept", true);
    jw_kv_u64(w, "open_ledger_cost", 10);
    jw_kv_bool(w, "queued", false);
    jw_kv_str(w, "tx_blob", blob->s);
    jw_key(w, "tx_json");
    jw_obj_begin(w);
    put_hash(w, "hash", &f->submitted);
    jw_obj_end(w);
    jw_kv_u64(w, "validated_ledger_index", chain_tip(chain_of(f)));
    return true;
}

/* A recorded result less its id and status. */
static void put_recorded(struct jw *w, const struct json *result)
{
    for (uint32_t i = 0; i < result->n; i++) {
        if (slice_is(result->members[i].key, "id") || slice_is(result->members[i].key, "status"))
            continue;
        jw_key_escaped(w, result->members[i].key);
        jw_value(w, &result->members[i].value);
    }
}

/* Members of the result of any command, without `status`. */
static void put_result(struct ws_front *f, struct jw *w, struct slice command,
                       const struct json *params)
{
    const struct json *recorded = answers_find(f->opts.answers, command, params);
    bool live = slice_is(command, "server_info") || slice_is(command, "server_state");
    f->n_asked++;
    if (slice_is(command, "server_definitions") && f->definitions.n) {
        jw_raw(w, buf_slice(&f->definitions));
    } else if (recorded && !live) {
        put_recorded(w, recorded);
    } else if (slice_is(command, "server_info")) {
        put_info(f, w, "info");
    } else if (slice_is(command, "server_state")) {
        put_info(f, w, "state");
    } else if (slice_is(command, "fee")) {
        put_fee(f, w);
    } else if (slice_is(command, "ledger_current")) {
        jw_kv_u64(w, "ledger_current_index", chain_tip(chain_of(f)) + 1);
    } else if (slice_is(command, "ledger_closed")) {
        put_closed(f, w, false);
    } else if (!(slice_is(command, "submit") && put_submitted(f, w, params)) &&
               !put_double(f, w, command, params)) {
        jw_kv_lit(w, "echoed_by", "replay");
        jw_key(w, "request");
        jw_value(w, params);
    }
}

/* `status` as recorded, or success. It stands beside the result over WebSocket, in it over HTTP. */
static void put_status(const struct ws_front *f, struct jw *w, struct slice command,
                       const struct json *params)
{
    const struct json *recorded = answers_find(f->opts.answers, command, params);
    const struct json *status = recorded ? json_get(recorded, "status") : NULL;
    jw_key(w, "status");
    jw_str(w, status ? status->s : SLICE_LIT("success"));
}

/* path_find: what was asked is remembered; there are no paths. */
static void put_paths(struct client *c, struct jw *w, const struct json *q)
{
    const struct json *what = json_get(q, "subcommand");
    if (json_is_string(what, "create")) {
        struct jw own = jw_to(&c->path);
        buf_clear(&c->path);
        jw_value(&own, q);
    }
    jw_key(w, "alternatives");
    jw_arr_begin(w);
    jw_arr_end(w);
    jw_kv_bool(w, "full_reply", false);
    jw_kv_str(w, "asked", buf_slice(&c->path));
    if (json_is_string(what, "close"))
        buf_deinit(&c->path);
}

static void tell_paths(struct ws_front *f)
{
    LIST_EACH(it, &f->clients)
    {
        struct client *c = LIST_ENTRY(it, struct client, link);
        CLEANUP(buf_deinit) struct buf text = {0};
        struct jw w = jw_to(&text);
        if (c->path.n == 0)
            continue;
        jw_obj_begin(&w);
        jw_kv_lit(&w, "type", "path_find");
        jw_kv_u64(&w, "at", chain_tip(chain_of(f)));
        jw_key(&w, "alternatives");
        jw_arr_begin(&w);
        jw_arr_end(&w);
        jw_obj_end(&w);
        err_ignore(ws_send(c->ws, WS_FRAME_TEXT, buf_slice(&text)));
    }
}

static void answer_ws(struct client *c, struct slice command, const struct json *q)
{
    struct ws_front *f = c->front;
    CLEANUP(buf_deinit) struct buf out = {0};
    struct jw w = jw_to(&out);
    const struct json *id = json_get(q, "id");
    jw_obj_begin(&w);
    if (id) {
        jw_key(&w, "id");
        jw_value(&w, id);
    }
    jw_key(&w, "result");
    jw_obj_begin(&w);
    if (slice_is(command, "subscribe"))
        put_closed(f, &w, false);
    else if (slice_is(command, "path_find"))
        put_paths(c, &w, q);
    else if (!slice_is(command, "unsubscribe"))
        put_result(f, &w, command, q);
    jw_obj_end(&w);
    put_status(f, &w, command, q);
    jw_kv_lit(&w, "type", "response");
    jw_obj_end(&w);
    err e = ws_send(c->ws, WS_FRAME_TEXT, buf_slice(&out));
    (void)e; /* a client that is gone needs no answer */
}

static uint32_t streams_in(const struct json *q)
{
    const struct json *list = json_get(q, "streams");
    uint32_t bits = 0;
    for (uint32_t i = 0; json_is(list, JSON_ARRAY) && i < list->n; i++) {
        enum streams_kind kind;
        if (list->items[i].type == JSON_STRING && streams_by_name(list->items[i].s, &kind))
            bits |= 1u << kind;
    }
    return bits;
}

static void on_message(void *arg, struct ws *ws, struct slice payload, bool text)
{
    struct client *c = arg;
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct json q;
    err e = json_parse(payload, NULL, a, &q, NULL);
    const struct json *command = e.code ? NULL : json_get(&q, "command");
    if (!json_is(command, JSON_STRING))
        return;
    if (slice_is(command->s, "double_drop")) {
        drop_clients(c->front);
        return;
    }
    if (slice_is(command->s, "subscribe"))
        c->streams |= streams_in(&q);
    if (slice_is(command->s, "unsubscribe"))
        c->streams &= ~streams_in(&q);
    answer_ws(c, command->s, &q);
}

static void on_ws_close(void *arg, struct ws *ws, uint16_t code, const char *reason)
{
    struct client *c = arg;
    list_unlink(&c->link);
    buf_deinit(&c->path);
    free(c);
}

static void on_upgrade(void *arg, struct http_request *req)
{
    struct ws_front *f = arg;
    struct client *c = xcalloc(1, sizeof *c);
    c->front = f;
    list_init(&c->link);
    struct ws_opts opts = {
        .on_message = on_message, .on_close = on_ws_close, .arg = c, .idle_timeout_ms = 600000};
    list_push_back(&f->clients, &c->link);
    c->ws = ws_accept(req, &opts, NULL);
    if (c->ws == NULL) {
        list_unlink(&c->link);
        free(c);
    }
}

static void on_request(void *arg, struct http_request *req)
{
    static const struct json none = {.type = JSON_OBJECT};
    struct ws_front *f = arg;
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    CLEANUP(buf_deinit) struct buf out = {0};
    struct jw w = jw_to(&out);
    struct json q;
    err e = json_parse(req->body, NULL, a, &q, NULL);
    const struct json *command = e.code ? NULL : json_get(&q, "method"),
                      *list = e.code ? NULL : json_get(&q, "params");
    if (!json_is(command, JSON_STRING)) {
        http_server_respond(req, 400, "text/plain", NULL, NULL);
        return;
    }
    const struct json *params = json_is(list, JSON_ARRAY) && list->n ? &list->items[0] : &none;
    jw_obj_begin(&w);
    jw_key(&w, "result");
    jw_obj_begin(&w);
    put_result(f, &w, command->s, params);
    put_status(f, &w, command->s, params);
    jw_obj_end(&w);
    jw_obj_end(&w);
    http_server_respond(req, 200, "application/json", NULL, &out);
}

static void on_accept(void *arg, struct sock *s, const char *peer_ip)
{
    struct ws_front *f = arg;
    http_server_accept(f->http, s, NULL);
}

err ws_front_start(const struct ws_front_opts *opts, struct ws_front **ret)
{
    struct ws_front *f = xcalloc(1, sizeof *f);
    f->opts = *opts;
    list_init(&f->clients);
    f->http = http_server_new(
        &(struct http_server_opts){.on_request = on_request, .on_upgrade = on_upgrade, .arg = f});
    struct core *core = core_current();
    struct sock_listen_opts listen = {.ip = opts->ip,
                                      .port = opts->port,
                                      .cores = &core,
                                      .n_cores = 1,
                                      .on_accept = on_accept,
                                      .arg = f};
    err e = sock_listen(&listen, &f->listener);
    if (e.code) {
        http_server_free(f->http);
        free(f);
        return e;
    }
    *ret = f;
    return OK;
}

uint16_t ws_front_port(const struct ws_front *f)
{
    return sock_listener_port(f->listener);
}

void ws_front_stop(struct ws_front *f)
{
    if (f == NULL)
        return;
    sock_listener_close(f->listener);
    drop_clients(f);
    http_server_free(f->http);
    buf_deinit(&f->version);
    buf_deinit(&f->definitions);
    free(f);
}

static void send_recorded(void *arg, enum streams_kind kind, struct slice text)
{
    send_to(arg, kind, text);
}

bool ws_front_close_ledger(struct ws_front *f)
{
    if (!chain_advance(chain_of(f)))
        return false;
    streams_each(f->opts.streams, chain_tip(chain_of(f)), send_recorded, f);
    CLEANUP(buf_deinit) struct buf out = {0};
    struct jw w = jw_to(&out);
    jw_obj_begin(&w);
    jw_kv_lit(&w, "type", "ledgerClosed");
    put_closed(f, &w, true);
    jw_obj_end(&w);
    send_to(f, STREAMS_LEDGER, buf_slice(&out));
    tell_paths(f);
    return true;
}
