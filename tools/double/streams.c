/* SPDX-License-Identifier: Apache-2.0 */
#include "double/streams.h"

#include "base/arena.h"
#include "base/mem.h"
#include "double/world.h"
#include "json/jw.h"

#include <stdlib.h>

static const char *const names[STREAMS_N_KINDS] = {
    "ledger",    "transactions_proposed", "validations", "manifests", "server",
    "consensus", "peer_status",
};

struct message {
    uint32_t seq; /* 0 while its ledger is not known */
    enum streams_kind kind;
    struct slice text;
};

struct streams {
    struct arena *arena;
    struct message *list;
    size_t n, cap;
};

bool streams_by_name(struct slice name, enum streams_kind *ret)
{
    for (uint32_t i = 0; i < STREAMS_N_KINDS; i++) {
        if (slice_is(name, names[i])) {
            *ret = i;
            return true;
        }
    }
    return false;
}

struct streams *streams_new(void)
{
    struct streams *s = xcalloc(1, sizeof *s);
    s->arena = arena_new(0);
    return s;
}

struct streams *streams_free(struct streams *s)
{
    if (s) {
        arena_free(s->arena);
        free(s->list);
        free(s);
    }
    return NULL;
}

/* Of the recorded connections, those that have each message once. */
static bool kind_of(const struct json *line, const struct json *message, enum streams_kind *ret)
{
    const struct json *type = json_get(message, "type");
    if (json_is_string(json_get(line, "conn"), "proposed")) {
        *ret = STREAMS_PROPOSED;
        return json_get(message, "transaction") && !json_get(message, "meta");
    }
    if (!json_is_string(json_get(line, "conn"), "other"))
        return false;
    if (json_is_string(type, "validationReceived"))
        *ret = STREAMS_VALIDATIONS;
    else if (json_is_string(type, "manifestReceived"))
        *ret = STREAMS_MANIFESTS;
    else if (json_is_string(type, "serverStatus"))
        *ret = STREAMS_SERVER;
    else if (json_is_string(type, "consensusPhase"))
        *ret = STREAMS_CONSENSUS;
    else
        return false;
    return true;
}

static void add(struct streams *s, enum streams_kind kind, const struct json *message)
{
    struct buf text = {0};
    struct jw w = jw_to(&text);
    jw_value(&w, message);
    if (s->n == s->cap) {
        s->cap = s->cap ? s->cap * 2 : 64;
        s->list = xrealloc(s->list, s->cap * sizeof *s->list);
    }
    s->list[s->n++] = (struct message){0, kind, arena_dup(s->arena, buf_slice(&text))};
    buf_deinit(&text);
}

/* A mark closes a ledger: what came before it is of its time. */
static void take_line(struct streams *s, const struct json *line)
{
    const struct json *message = json_get(line, "message"), *seq = json_get(line, "ledger_index");
    enum streams_kind kind;
    if (json_is_string(json_get(line, "dir"), "mark") && json_is(seq, JSON_INT)) {
        for (size_t i = s->n; i > 0 && s->list[i - 1].seq == 0; i--)
            s->list[i - 1].seq = (uint32_t)seq->i;
    } else if (json_is_string(json_get(line, "dir"), "recv") && kind_of(line, message, &kind)) {
        add(s, kind, message);
    }
}

err streams_load(struct streams *s, const char *dir)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct slice text;
    err e = world_read(dir, "streams.jsonl", a, &text);
    if (e.code == ERR_NOT_FOUND)
        return OK;
    TRY(e);
    while (text.n) {
        const uint8_t *end = memchr(text.p, '\n', text.n);
        size_t n = end ? (size_t)(end - text.p) : text.n;
        struct json line;
        if (n) {
            TRY(json_parse(slice_of(text.p, n), &(struct json_opts){.max_depth = 64}, a, &line,
                           NULL));
            take_line(s, &line);
        }
        text = slice_from(text, n + 1);
    }
    return OK;
}

void streams_each(const struct streams *s, uint32_t seq,
                  void (*fn)(void *arg, enum streams_kind kind, struct slice text), void *arg)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->list[i].seq == seq)
            fn(arg, s->list[i].kind, s->list[i].text);
}
