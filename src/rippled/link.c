/* SPDX-License-Identifier: Apache-2.0 */
#define LOG_CHANNEL LOG_CHANNEL_ETL
#include "rippled/link.h"

#include "base/arena.h"
#include "base/hex.h"
#include "base/log.h"
#include "base/mem.h"
#include "json/json.h"
#include "net/ws_client.h"
#include "rippled/choice.h"
#include "rippled/source.h"
#include "rt/clock.h"

#include <stdio.h>

#define CONNECT_NS (30 * CLOCK_S)
#define REPLY_NS (30 * CLOCK_S)
#define BACKOFF_FIRST_NS (1 * CLOCK_S)
#define BACKOFF_MAX_NS (30 * CLOCK_S)
#define BACKOFF_REFUSED_NS (4 * CLOCK_S)
/* A message of a stream is some kilobytes; one of this size is a mistake or worse. */
#define MAX_MESSAGE_BYTES ((size_t)4 << 20)

static const char info_command[] = "{\"id\":\"network\",\"command\":\"server_info\"}";
static const char subscribe_command[] = "{\"command\":\"subscribe\",\"streams\":[\"ledger\"]}";

static const char definitions_command[] =
    "{\"id\":\"definitions\",\"command\":\"server_definitions\"}";

static err parse_object(struct slice text, struct arena *a, struct json *ret)
{
    TRY(json_parse(text, NULL, a, ret, NULL));
    if (ret->type != JSON_OBJECT)
        return FAIL(ERR_PARSE, "rippled: a message is not a JSON object");
    return OK;
}

bool link_network_of(struct slice text, struct arena *scratch, uint32_t *ret)
{
    struct json message;
    arena_clear(scratch);
    if (err_failed(parse_object(text, scratch, &message)))
        return false;
    const struct json *info = json_get(json_get(&message, "result"), "info");
    if (!json_is(info, JSON_OBJECT))
        return false;
    const struct json *id = json_get(info, "network_id");
    if (id && (id->type != JSON_INT || id->i < 0 || id->i > UINT32_MAX))
        return false;
    *ret = id ? (uint32_t)id->i : 0;
    return true;
}

bool link_is_for_admin(struct slice text, struct arena *scratch)
{
    struct json message;
    arena_clear(scratch);
    if (err_failed(parse_object(text, scratch, &message)))
        return false;
    return json_get(json_get(json_get(&message, "result"), "info"), "pubkey_validator") != NULL;
}

/* A guest's answers would be an admin's: what a client asks and is forwarded is done for it. */
static void warn_of_admin(const struct source *s)
{
    LOG_WARN("rippled: source %s: it takes this server for an admin, so what is forwarded to it is "
             "answered as to an admin: give ws_port a port of rippled that has no `admin` for this "
             "address",
             s->name);
}

void link_version_of(struct slice text, struct arena *scratch, char *ret, size_t size)
{
    struct json message;
    arena_clear(scratch);
    *ret = '\0';
    if (err_failed(parse_object(text, scratch, &message)))
        return;
    const struct json *info = json_get(json_get(&message, "result"), "info"),
                      *version = json_get(info, "build_version");
    if (json_is(version, JSON_STRING))
        snprintf(ret, size, "%.*s", (int)MIN(version->s.n, size - 1), (const char *)version->s.p);
}

static YIELDS void take_ledger(struct source *s, const struct json *from)
{
    const struct json *text = json_get(from, "ledger_hash");
    struct hash256 hash;
    const struct json *index = json_get(from, "ledger_index");
    const struct json *held = json_get(from, "validated_ledgers");
    bool valid = json_is(index, JSON_INT) && index->i > 0 && index->i <= UINT32_MAX;
    source_report(s, valid ? (uint32_t)index->i : 0,
                  json_is(held, JSON_STRING) ? held->s : SLICE_EMPTY);
    if (valid && json_is(text, JSON_STRING) && hex_decode(text->s, hash.b, 32))
        standing_reported(&s->standing, (uint32_t)index->i, &hash);
    standing_judge(s);
}

/* A source that cannot tell them is as good as any other. */
static YIELDS void take_definitions(struct source *s, const struct json *message)
{
    const struct json *result = json_get(message, "result");
    if (!json_is(result, JSON_OBJECT) || json_get(message, "error") || json_get(result, "error"))
        LOG_DEBUG("rippled: source %s: has no server_definitions", s->name);
    else if (s->all->on_definitions)
        s->all->on_definitions(s->all->arg, s->name, s->version[0] ? s->version : NULL,
                               result->raw);
}

YIELDS ERR link_take_message(struct source *s, struct slice text, struct arena *scratch)
{
    struct sources *all = s->all;
    bool forwarding = atomic_load(&all->forwarding) == (int32_t)s->index;
    struct json message;
    arena_clear(scratch);
    TRY(parse_object(text, scratch, &message));
    atomic_store(&s->last_message_ns, clock_now_ns());
    counter_set(s->gauge_last_message, clock_wall_ns() / CLOCK_S);
    if (json_is_string(json_get(&message, "id"), "definitions")) {
        take_definitions(s, &message);
        return OK;
    }
    if (relay_is_answer(s, &message))
        return OK;
    if (json_is_string(json_get(&message, "status"), "error"))
        return FAIL(ERR_STATUS, "it refused the subscription");
    const struct json *result = json_get(&message, "result"), *type = json_get(&message, "type");
    if (result) {
        take_ledger(s, result);
    } else if (json_is_string(type, "ledgerClosed")) {
        if (forwarding)
            atomic_fetch_add(&all->epoch, 1);
        take_ledger(s, &message);
    } else {
        relay_take(s, text, &message);
    }
    return OK;
}

static YIELDS err check_network(struct source *s, struct ws_client *ws, struct arena *scratch)
{
    CLEANUP(buf_deinit) struct buf text = {0};
    uint32_t network;
    TRY(ws_client_send(ws, WS_FRAME_TEXT, slice_str(info_command)));
    TRY(ws_client_read(ws, clock_now_ns() + REPLY_NS, &text, NULL));
    if (!link_network_of(buf_slice(&text), scratch, &network))
        return FAIL(ERR_PARSE, "its reply to server_info tells no network");
    if (!source_meet_network(s, network))
        return FAIL(ERR_NETWORK_ID, "it is of network %u", network);
    if (link_is_for_admin(buf_slice(&text), scratch))
        warn_of_admin(s);
    link_version_of(buf_slice(&text), scratch, s->version, sizeof s->version);
    return OK;
}

/* After a source was started with another version; its answer is a message among the others. */
static err ask_definitions(struct source *s, struct ws_client *ws)
{
    if (!s->all->on_definitions || (s->has_asked && strcmp(s->asked, s->version) == 0))
        return OK;
    s->has_asked = true;
    memcpy(s->asked, s->version, sizeof s->asked);
    return ws_client_send(ws, WS_FRAME_TEXT, slice_str(definitions_command));
}

/* The refusal may come while the link is up: the expected network can become known later. */
static YIELDS err listen(struct source *s, struct ws_client *ws, struct arena *scratch)
{
    CLEANUP(buf_deinit) struct buf text = {0};
    while (!atomic_load(&s->refused)) {
        TRY(ws_client_read(ws, CLOCK_NEVER, &text, NULL));
        TRY(link_take_message(s, buf_slice(&text), scratch));
    }
    return FAIL(ERR_NETWORK_ID, "it is of another network");
}

/* One connection from its beginning to its end; always ends with an error. */
static YIELDS err session(struct source *s, bool *ret_subscribed)
{
    CLEANUP(ws_client_freep) struct ws_client *ws = NULL;
    CLEANUP(arena_freep) struct arena *scratch = arena_new(4 * MAX_MESSAGE_BYTES);
    struct ws_client_opts opts = {
        .host = s->host,
        .port = s->ws_port,
        .tls = s->ws_tls,
        .headers = "User-Agent: kleio\r\nX-User: kleio\r\n",
        .max_message_bytes = MAX_MESSAGE_BYTES,
        .idle_timeout_ms = 30000,
        .ping_interval_ms = 10000,
    };
    TRY(ws_client_connect(&opts, clock_now_ns() + CONNECT_NS, &ws));
    TRY(check_network(s, ws, scratch));
    TRY(ws_client_send(ws, WS_FRAME_TEXT, slice_str(subscribe_command)));
    TRY(ask_definitions(s, ws));
    *ret_subscribed = true;
    standing_reset(s);
    s->n_broken = 0;
    s->paused_until_ns = 0;
    LOG_INFO("rippled: source %s: connected", s->name);
    source_set_connected(s, true);
    s->ws = ws;
    relay_begin(s);
    err e = listen(s, ws, scratch);
    s->ws = NULL;
    source_set_connected(s, false);
    return e;
}

/* What may be wrong with the port. */
static const char *hint(err e)
{
    bool no_websocket = e.code == ERR_PARSE || e.code == ERR_PROTOCOL || e.code == ERR_STATUS ||
                        e.code == ERR_CLOSED;
    return no_websocket ? " (is it a WebSocket port of rippled, and not its gRPC port?)" : "";
}

YIELDS void link_run(void *arg)
{
    struct source *s = arg;
    uint32_t n_failed = 0;
    for (;;) {
        bool subscribed = false;
        err e = session(s, &subscribed);
        if (fiber_cancelled())
            return;
        n_failed = subscribed ? 1 : n_failed + 1;
        /* one that restarts refuses for some seconds; asking costs nobody anything */
        int64_t most = e.code == ERR_REFUSED ? BACKOFF_REFUSED_NS : BACKOFF_MAX_NS;
        int64_t pause = e.code == ERR_NETWORK_ID
                            ? BACKOFF_MAX_NS
                            : choice_backoff_jitter(n_failed, BACKOFF_FIRST_NS, most);
        LOG_WARN("rippled: source %s: ws_port %u: %s: %s%s, connecting again in %lld ms", s->name,
                 s->ws_port, err_name(e), err_text(), subscribed ? "" : hint(e),
                 (long long)(pause / CLOCK_MS));
        if (err_failed(fiber_sleep_until(clock_now_ns() + pause)))
            return;
    }
}
