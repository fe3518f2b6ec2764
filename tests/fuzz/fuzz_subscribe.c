/* SPDX-License-Identifier: Apache-2.0 */
/* Connections that subscribe, unsubscribe and resume as the input says, line by line, while ledgers
 * close and the connections stall: each request gets one JSON object, ledgers come one after the
 * other, and nothing is left when the connections have ended. Lines: a request; or `!` and
 * 1, 2: another connection; c: a ledger closes; s: it stalls; d: it reads again; e: it ends and
 * connects again. */
#include "fixtures.h"
#include "fuzz.h"

#include "rpc/rpc_request.h"
#include "rpc/rpc_server.h"
#include "stage.h"

#include <stdlib.h>

#define MAX_CLOSES 40

struct rig {
    struct stage *stage;
    struct rpc_server *server;
    struct stage_client clients[2];
    size_t n_checked[2];     /* messages looked at */
    unsigned long newest[2]; /* of ledgerClosed; 0 after a request, which may change what comes */
    unsigned current, n_closes;
};

static struct slice input;

static void check_messages(struct rig *r, unsigned k)
{
    struct stage_client *c = &r->clients[k];
    for (; r->n_checked[k] < c->n_msgs; r->n_checked[k]++) {
        const char *text = c->msgs[r->n_checked[k]], *found = strstr(text, "\"ledger_index\":");
        fixtures_expect_object(slice_of(text, strlen(text)));
        if (!strstr(text, "\"ledgerClosed\"") || !found)
            continue;
        unsigned long seq = strtoul(found + strlen("\"ledger_index\":"), NULL, 10);
        if (r->newest[k] && seq != r->newest[k] + 1)
            test_fail(__FILE__, __LINE__, "ledger %lu after %lu\n", seq, r->newest[k]);
        r->newest[k] = seq;
    }
}

static void request(struct rig *r, struct slice text)
{
    struct stage_client *c = &r->clients[r->current];
    struct rpc_request q = {.transport = RPC_WS, .is_admin = true, .session = &c->call};
    struct arena *a = arena_new(1 << 20);
    struct buf out = {0};
    int status = 0;
    const char *type = NULL;
    check_messages(r, r->current);
    r->newest[r->current] = 0;
    rpc_request_parse(&q, text, a);
    ASSERT_OK(rpc_handle(r->server, &q, a, &out, &status, &type));
    fixtures_expect_object(buf_slice(&out));
    feed_sub_done(&c->call);
    buf_deinit(&out);
    arena_free(a);
}

static void end(struct rig *r, unsigned k)
{
    check_messages(r, k);
    stage_client_deinit(&r->clients[k]);
    stage_client_init(r->stage, &r->clients[k]);
    r->n_checked[k] = 0;
    r->newest[k] = 0;
}

static void act(struct rig *r, char op)
{
    struct stage_client *c = &r->clients[r->current];
    switch (op) {
    case '1': r->current = 0; break;
    case '2': r->current = 1; break;
    case 'c':
        if (r->n_closes++ < MAX_CLOSES)
            stage_close(r->stage, (uint32_t)stage_random(r->stage, 8));
        ASSERT_OK(fiber_yield());
        break;
    case 's': c->stalled = true; break;
    case 'd': stage_drain(c, false); break;
    case 'e': end(r, r->current); break;
    default: ASSERT_OK(fiber_yield());
    }
}

static void play(struct rig *r)
{
    struct slice left = input;
    while (left.n > 0) {
        const uint8_t *stop = memchr(left.p, '\n', left.n);
        struct slice line = slice_of(left.p, stop ? (size_t)(stop - left.p) : left.n);
        left = slice_from(left, MIN(line.n + 1, left.n));
        if (line.n >= 2 && line.p[0] == '!')
            act(r, (char)line.p[1]);
        else if (!r->clients[r->current].closed) /* its owner would not read on */
            request(r, line);
    }
}

static void run(struct stage *s)
{
    struct rig r = {.stage = s};
    struct rpc_server_opts opts = {
        .ledgers = s->ledgers, .feed = s->feed, .n_cores = 1, .version = "9.9"};
    r.server = rpc_server_new(&opts);
    for (unsigned k = 0; k < ARRAY_LEN(r.clients); k++)
        stage_client_init(s, &r.clients[k]);
    play(&r);
    for (unsigned k = 0; k < ARRAY_LEN(r.clients); k++)
        stage_drain(&r.clients[k], false);
    stage_settle(s);
    for (unsigned k = 0; k < ARRAY_LEN(r.clients); k++) {
        end(&r, k);
        stage_client_deinit(&r.clients[k]);
    }
    struct feed_core *fc = &s->feed->cores[0];
    for (unsigned kind = 0; kind < ARRAY_LEN(fc->topics); kind++)
        ASSERT(!fc->topics[kind] || table_count(fc->topics[kind]) == 0);
    ASSERT(fc->n_ledger_entries == 0 && feed_wanted(s->feed) == 0);
    rpc_server_free(r.server);
}

static void tune(struct stage *s)
{
    s->opts.max_accounts = 5;
    s->opts.max_books = 3;
    s->opts.max_queue_msgs = 30;
    s->opts.max_queue_bytes = 40000;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    input = slice_of(p, MIN(n, (size_t)8192));
    stage_run(tune, run);
    fake_free_kept();
    return 0;
}
