/* SPDX-License-Identifier: Apache-2.0 */
#define LOG_CHANNEL LOG_CHANNEL_ETL
#include "rippled/relay.h"

#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/table.h"
#include "json/json.h"
#include "net/ws_client.h"
#include "rippled/source.h"

#include <stdio.h>

/* Streams by kind. */
static const struct stream {
    const char *name; /* in requests */
    const char *type; /* of messages */
    bool is_servers_own;
} streams[SOURCES_N_MESSAGES] = {
    [SOURCES_MESSAGE_PROPOSED] = {"transactions_proposed", NULL, false},
    [SOURCES_MESSAGE_VALIDATION] = {"validations", "validationReceived", false},
    [SOURCES_MESSAGE_MANIFEST] = {"manifests", "manifestReceived", false},
    [SOURCES_MESSAGE_SERVER] = {"server", "serverStatus", true},
    [SOURCES_MESSAGE_CONSENSUS] = {"consensus", "consensusPhase", true},
    [SOURCES_MESSAGE_PEER_STATUS] = {"peer_status", "peerStatusChange", true},
};

#define ID "relay"

/* --- each message once --- */

static bool put(uint64_t *slots, uint64_t hash)
{
    const uint64_t mask = 2 * RELAY_SEEN - 1;
    uint64_t i = hash & mask;
    for (; slots[i]; i = (i + 1) & mask)
        if (slots[i] == hash)
            return false;
    slots[i] = hash;
    return true;
}

static bool has(const uint64_t *slots, uint64_t hash)
{
    const uint64_t mask = 2 * RELAY_SEEN - 1;
    for (uint64_t i = hash & mask; slots[i]; i = (i + 1) & mask)
        if (slots[i] == hash)
            return true;
    return false;
}

bool relay_is_new(struct relay_seen *seen, uint64_t hash)
{
    hash += hash == 0;
    if (has(seen->slots[1], hash) || !put(seen->slots[0], hash))
        return false;
    if (++seen->n < RELAY_SEEN)
        return true;
    memcpy(seen->slots[1], seen->slots[0], sizeof seen->slots[0]);
    memset(seen->slots[0], 0, sizeof seen->slots[0]);
    seen->n = 0;
    return true;
}

static uint64_t add(uint64_t hash, const struct json *v)
{
    return v ? hash_fast(v->raw.p, v->raw.n, hash) : hash + 1;
}

/* What two sources that heard of the same thing say alike. */
static uint64_t identity(enum sources_message kind, struct slice text, const struct json *message)
{
    uint64_t hash = table_seed() + kind;
    switch (kind) {
    case SOURCES_MESSAGE_PROPOSED:
        hash = add(hash, json_get(json_get(message, "transaction"), "hash"));
        hash = add(hash, json_get(message, "engine_result"));
        return add(hash, json_get(message, "ledger_current_index"));
    case SOURCES_MESSAGE_VALIDATION: return add(hash, json_get(message, "signature"));
    case SOURCES_MESSAGE_MANIFEST: return add(hash, json_get(message, "manifest"));
    default: return hash_fast(text.p, text.n, hash);
    }
}

/* --- messages --- */

enum sources_message relay_kind(const struct json *message)
{
    const struct json *type = json_get(message, "type");
    if (json_get(message, "transaction") && !json_get(message, "meta"))
        return SOURCES_MESSAGE_PROPOSED;
    for (uint32_t kind = 1; kind < SOURCES_N_MESSAGES; kind++)
        if (streams[kind].type && json_is_string(type, streams[kind].type))
            return kind;
    return SOURCES_MESSAGE_NONE;
}

void relay_take(struct source *s, struct slice text, const struct json *message)
{
    struct sources *all = s->all;
    enum sources_message kind = relay_kind(message);
    if (kind == SOURCES_MESSAGE_NONE || all->on_message == NULL)
        return;
    if (streams[kind].is_servers_own && atomic_load(&all->forwarding) != (int32_t)s->index)
        return;
    if (all->n > 1 && !streams[kind].is_servers_own &&
        !relay_is_new(&all->seen, identity(kind, text, message)))
        return;
    all->on_message(all->arg, kind, text, message);
}

bool relay_is_answer(const struct source *s, const struct json *message)
{
    if (!json_is_string(json_get(message, "id"), ID))
        return false;
    const struct json *error = json_get(message, "error");
    if (error)
        LOG_WARN("rippled: source %s: it refuses a stream: %.*s", s->name,
                 error->type == JSON_STRING ? (int)MIN(error->s.n, (size_t)60) : 1,
                 error->type == JSON_STRING ? (const char *)error->s.p : "?");
    return true;
}

/* --- subscribing --- */

/* One request a stream: what a source refuses does not take the others along. */
static void ask(struct source *s, const char *command, uint32_t kind)
{
    char text[128];
    snprintf(text, sizeof text, "{\"id\":\"" ID "\",\"command\":\"%s\",\"streams\":[\"%s\"]}",
             command, streams[kind].name);
    err_ignore(ws_client_send(s->ws, WS_FRAME_TEXT, slice_str(text))); /* a link that is lost asks
                                                                          anew */
}

static void bring_up_to_date(struct source *s)
{
    uint32_t wanted = s->all->wanted;
    if (s->ws == NULL)
        return;
    for (uint32_t kind = 1; kind < SOURCES_N_MESSAGES; kind++) {
        uint32_t bit = 1u << kind;
        if ((wanted ^ s->subscribed) & bit)
            ask(s, wanted & bit ? "subscribe" : "unsubscribe", kind);
    }
    s->subscribed = wanted;
}

void relay_begin(struct source *s)
{
    s->subscribed = 0;
    bring_up_to_date(s);
}

void relay_update(struct sources *all)
{
    for (uint32_t i = 0; i < all->n; i++)
        bring_up_to_date(&all->list[i]);
}
