/* SPDX-License-Identifier: Apache-2.0 */
#define LOG_CHANNEL LOG_CHANNEL_ETL
#include "app/status.h"

#include "app/parts.h"
#include "base/log.h"
#include "base/mem.h"
#include "rippled/sources.h"
#include "rt/clock.h"
#include "rt/fiber.h"

#define LOOK_NS CLOCK_S
#define SAY_NS (60 * CLOCK_S)
/* A trouble that is over by then was none. */
#define PATIENCE_NS (3 * CLOCK_S)

struct status_facts status_facts_of(const struct parts *p, struct arena *a)
{
    struct status_facts f = {.start_sequence =
                                 (uint32_t)config_int(p->config, CONFIG_START_SEQUENCE)};
    struct sources_info *list = arena_array(a, struct sources_info, SOURCES_MAX);
    const struct etl *etl = p->etl;
    struct etl_info info = {.state = ETL_STATE_WAITING};
    if (etl)
        etl_get_info(etl, &info);
    f.state = info.state;
    f.newest_known = info.newest_known;
    f.sources = list;
    f.n_sources = p->sources ? sources_get_info(p->sources, a, list, SOURCES_MAX) : 0;
    if (!ledgers_range(p->ledgers, &f.first, &f.last))
        f.first = f.last = 0;
    return f;
}

static uint32_t n_connected(const struct status_facts *f)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < f->n_sources; i++)
        n += f->sources[i].connected;
    return n;
}

static void put_waiting(const struct status_facts *f, struct buf *out)
{
    if (f->n_sources == 0)
        buf_put_str(out, "no source is configured (etl_sources)");
    else if (n_connected(f) == 0)
        buf_put_str(out, "no source is connected: the log says why of each; ws_port must be a "
                         "WebSocket port of rippled, grpc_port its gRPC port");
    else if (f->newest_known == 0)
        buf_put_str(out, "no source has reported a validated ledger: they are still syncing");
    else if (f->last == 0 && f->start_sequence)
        buf_printf(out,
                   "start_sequence is %u, and no source holds that ledger: name one that a source "
                   "holds, or a source that holds it",
                   f->start_sequence);
    else
        buf_put_str(out, "no source holds the next ledger yet");
}

void status_put_reason(const struct status_facts *f, struct buf *out)
{
    switch (f->state) {
    case ETL_STATE_WAITING: put_waiting(f, out); break;
    case ETL_STATE_LOADING:
        buf_put_str(out, "the first ledger is being loaded: nothing can be served before that");
        break;
    case ETL_STATE_HEALING:
        buf_put_str(out, "the disk has damaged the history: what it lost is being made anew, and "
                         "new ledgers wait; look after the disk");
        break;
    case ETL_STATE_CATCHING_UP:
        buf_printf(out, "ledger %u is held, the network is at %u", f->last, f->newest_known);
        break;
    case ETL_STATE_GAP:
        buf_printf(out,
                   "no source holds ledger %u, which is the next: add a source with more history, "
                   "or start anew in another database.rocksdb.path",
                   f->last + 1);
        break;
    case ETL_STATE_FORK:
        buf_printf(out,
                   "no source has a ledger %u that continues the one held: the sources are of "
                   "another chain, or this data is; check etl_sources, or start anew in another "
                   "database.rocksdb.path",
                   f->last + 1);
        break;
    case ETL_STATE_WRONG:
        buf_printf(out, "what the sources give for ledger %u does not verify: add another source",
                   f->last + 1);
        break;
    case ETL_STATE_FAILING:
        buf_printf(out,
                   "the sources that hold ledger %u do not give it: the log says why; grpc_port "
                   "must be rippled's gRPC port",
                   f->last + 1);
        break;
    case ETL_STATE_STORE:
        buf_put_str(out, "the store cannot take the next ledger: the log says why (disk full?)");
        break;
    case ETL_STATE_DISK:
        buf_put_str(out, "less room is free on the disk than database.rocksdb.min_free_bytes: make "
                         "room, ingestion resumes by itself");
        break;
    case ETL_STATE_AGREE:
        buf_printf(out,
                   "fewer than etl.min_agreeing_sources sources have the same ledger %u: the log "
                   "names who has which",
                   f->last + 1);
        break;
    case ETL_STATE_BEHIND:
        buf_printf(out,
                   "all sources are far behind ledger %u, which is held: look at the sources; if "
                   "the chain was begun anew, kleio --reset",
                   f->last);
        break;
    case ETL_STATE_HISTORY:
        buf_printf(out,
                   "the history has ledger %u wrong (the log names the rows), and no source has "
                   "given the right one yet; what is before it is served",
                   f->last + 1);
        break;
    case ETL_STATE_NETWORK:
        buf_put_str(out, "all sources that answer are of another network than the data held");
        break;
    case ETL_STATE_REPAIRING:
        buf_put_str(out, "the state mirror is being made anew from the history, which answers "
                         "meanwhile");
        break;
    default: break; /* following, finished, read only: as wanted */
    }
}

void status_put_sources(const struct status_facts *f, struct buf *out)
{
    for (uint32_t i = 0; i < f->n_sources; i++) {
        const struct sources_info *s = &f->sources[i];
        buf_printf(out, "%s%s (ws_port %u, grpc_port %u) ", i ? "; " : "", s->host, s->ws_port,
                   s->grpc_port);
        if (s->refused)
            buf_printf(out, "is of network %u", s->network_id);
        else if (!s->connected)
            buf_put_str(out, "is not connected");
        else
            buf_printf(out, "holds %s", s->validated_range);
    }
}

static bool is_trouble(enum etl_state s)
{
    return s != ETL_STATE_LOADING && s != ETL_STATE_CATCHING_UP && s != ETL_STATE_FOLLOWING &&
           s != ETL_STATE_FINISHED && s != ETL_STATE_READ_ONLY;
}

static void say_trouble(const struct status_facts *f)
{
    CLEANUP(buf_deinit) struct buf text = {0};
    status_put_reason(f, &text);
    if (f->n_sources)
        buf_put_str(&text, ". Sources: ");
    status_put_sources(f, &text);
    LOG_WARN("etl: %s: %.*s", etl_state_text(f->state), (int)text.n, (const char *)text.p);
}

static void say_following(const struct status_facts *f, uint32_t last_before)
{
    LOG_INFO("etl: following: ledger %u, %u in the last minute, held from %u on, %u of %u sources "
             "connected",
             f->last, last_before && f->last > last_before ? f->last - last_before : 0, f->first,
             n_connected(f), f->n_sources);
}

void status_watch(void *arg)
{
    struct parts *p = arg;
    enum etl_state state = ETL_STATE_NONE;
    int64_t since_ns = 0, said_ns = 0;
    uint32_t last_said = 0;
    do {
        CLEANUP(arena_freep) struct arena *a = arena_new(0);
        struct status_facts f = status_facts_of(p, a);
        int64_t now_ns = clock_now_ns();
        if (f.state != state) {
            state = f.state;
            since_ns = now_ns;
            said_ns = is_trouble(state) ? 0 : now_ns;
            last_said = f.last;
        }
        if (now_ns - since_ns < PATIENCE_NS || now_ns - said_ns < SAY_NS)
            continue;
        if (is_trouble(state))
            say_trouble(&f);
        else if (state == ETL_STATE_FOLLOWING)
            say_following(&f, last_said);
        said_ns = now_ns;
        last_said = f.last;
    } while (!err_failed(fiber_sleep_until(clock_now_ns() + LOOK_NS)));
}
