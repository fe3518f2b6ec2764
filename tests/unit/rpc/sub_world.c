/* SPDX-License-Identifier: Apache-2.0 */
#include "sub_world.h"

#include "base/counter.h"
#include "base/mem.h"
#include "rt/core.h"
#include "rt/fiber.h"
#include "test.h"

#include <stdlib.h>

static void *wire_make(struct slice payload, _Atomic int64_t *bytes)
{
    return xmalloc(payload.n + 1);
}

static void *wire_ref(void *msg)
{
    return msg;
}

static const struct feed_wire wire = {wire_make, wire_ref, free};

static struct sub_world *world_of(struct feed_sink *k)
{
    return container_of(k, struct sub_world, party.sink);
}

static err sink_send(struct feed_sink *k, void *msg)
{
    world_of(k)->n_sent++;
    return OK;
}

static void sink_nothing(struct feed_sink *k)
{
    (void)k;
}

static struct feed_queue sink_queued(struct feed_sink *k)
{
    return (struct feed_queue){0};
}

static void sink_close(struct feed_sink *k, uint16_t code, const char *reason)
{
    test_fail(__FILE__, __LINE__, "closed: %s", reason);
}

static const struct feed_sink_ops ops = {sink_send, sink_nothing, sink_nothing, sink_queued,
                                         sink_close};

const char *sub_world_ask(struct sub_world *w, const char *command, const char *members)
{
    char text[3072];
    snprintf(text, sizeof text, "{\"command\":\"%s\"%s%s}", command, *members ? "," : "", members);
    const char *reply = client_ask(&w->client, text);
    feed_sub_done(&w->call);
    return reply;
}

void sub_world_refuses(struct sub_world *w, const char *command, const char *members, int code,
                       const char *token, const char *message)
{
    char number[16], text[256];
    const char *reply = sub_world_ask(w, command, members);
    snprintf(number, sizeof number, "%d", code);
    snprintf(text, sizeof text, "\"%s\"", token);
    ASSERT_AT(text, reply, "error");
    ASSERT_AT(number, reply, "error_code");
    snprintf(text, sizeof text, "\"%s\"", message ? message : "");
    if (message)
        ASSERT_AT(text, reply, "error_message");
    ASSERT(w->party.sub == NULL || list_empty(&w->party.sub->entries));
}

struct run {
    void (*test)(struct sub_world *w);
};

static void run_fiber(void *arg)
{
    struct run *r = arg;
    struct sub_world *w = fake_keep(xcalloc(1, sizeof *w));
    struct core *cores[] = {core_current()};
    struct counter_registry *counters = counter_registry_new();
    w->small = book_world_new(4);
    struct feed_opts feed = {.ledgers = w->small->ledgers,
                             .cores = cores,
                             .n_cores = 1,
                             .wire = &wire,
                             .counters = counters,
                             .max_accounts = 5};
    w->feed = feed_new(&feed);
    ASSERT_OK(feed_start(w->feed));
    struct rpc_server_opts opts = {
        .ledgers = w->small->ledgers, .feed = w->feed, .n_cores = 1, .version = "9.9"};
    w->server = rpc_server_new(&opts);
    w->client = fake_client(w->server, RPC_WS);
    w->party = (struct feed_party){.feed = w->feed, .sink.ops = &ops};
    w->call.party = &w->party;
    w->client.request.session = &w->call;
    r->test(w);
    w->party.sub = feed_sub_close(w->party.sub);
    feed_stop(w->feed);
    feed_free(w->feed);
    counter_registry_free(counters);
}

void sub_world_run(void (*test)(struct sub_world *w))
{
    struct run r = {test};
    ASSERT_OK(core_run_fiber("subscriber", run_fiber, &r));
}
