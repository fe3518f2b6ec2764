/* SPDX-License-Identifier: Apache-2.0 */
/* rippled-double: serves a recording, or synthetic ledgers, over rippled's protocols, and
 * misbehaves on request. */
#include "base/log.h"
#include "base/mem.h"
#include "double/synth.h"
#include "double/ws_front.h"
#include "rt/clock.h"
#include "rt/core.h"
#include "rt/fiber.h"
#include "rt/offload.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

struct options {
    const char *world;
    uint64_t n_objects;
    uint32_t n_txs, n_changes, n_ahead, start, tip, end, pace_ms, lines_percent;
    uint64_t seed;
    bool later;
    uint32_t close_time;
    int64_t network_id; /* -1: the chain's */
    uint16_t grpc_port, ws_port;
    const char *ip;
};

struct program {
    struct options o;
    struct core *core;
    struct core_mail start;
    struct grpc_front grpc;
    struct grpc_server *grpc_server;
    struct ws_front *ws;
    struct answers *answers;
    struct streams *streams;
    uv_signal_t signals[3];
    struct fiber *pacer;
    int status;
};

static void usage(void)
{
    struct buf faults = {0};
    fault_usage(&faults);
    printf("usage: rippled-double --world DIR | --objects N [options]\n"
           "  --world DIR       serve a recording\n"
           "  --objects N       serve synthetic ledgers with about N objects\n"
           "  --txs N           transactions of a synthetic ledger (100)\n"
           "  --changes N       objects that a synthetic ledger changes, about (as it comes)\n"
           "  --ahead N         synthetic ledgers that exist at the start (0)\n"
           "  --lines-percent N share of the trust lines that belong to one gateway (2)\n"
           "  --seed N          of the synthetic ledgers (1)\n"
           "  --later           synthetic ledgers have things of a later protocol\n"
           "  --close-time N    of the first synthetic ledger (now)\n"
           "  --start SEQ --tip SEQ --end SEQ   first complete state, newest ledger at the start, "
           "last ledger\n"
           "  --pace MS         close a ledger every MS milliseconds; 0 = on SIGUSR2 or "
           "double_close (1000)\n"
           "  --grpc PORT --ws PORT --ip ADDRESS   where to listen (50051, 6006, 127.0.0.1); port "
           "0 = any\n"
           "  --network-id N    claim another network\n"
           "  --fault F         misbehave; may be repeated: KIND@SEQ, KIND@SEQxN, KIND@SEQx*, SEQ "
           "may be *\n%.*s",
           (int)faults.n, faults.p);
    buf_deinit(&faults);
}

static bool parse(int argc, char **argv, struct program *p)
{
    enum {
        WORLD = 1,
        OBJECTS,
        TXS,
        CHANGES,
        AHEAD,
        LINES,
        SEED,
        LATER,
        CLOSE_TIME,
        START,
        TIP,
        END,
        PACE,
        GRPC,
        WS,
        IP,
        NETWORK,
        FAULT,
        HELP
    };
    static const struct option options[] = {{"world", 1, 0, WORLD},
                                            {"objects", 1, 0, OBJECTS},
                                            {"txs", 1, 0, TXS},
                                            {"changes", 1, 0, CHANGES},
                                            {"ahead", 1, 0, AHEAD},
                                            {"lines-percent", 1, 0, LINES},
                                            {"seed", 1, 0, SEED},
                                            {"later", 0, 0, LATER},
                                            {"close-time", 1, 0, CLOSE_TIME},
                                            {"start", 1, 0, START},
                                            {"tip", 1, 0, TIP},
                                            {"end", 1, 0, END},
                                            {"pace", 1, 0, PACE},
                                            {"grpc", 1, 0, GRPC},
                                            {"ws", 1, 0, WS},
                                            {"ip", 1, 0, IP},
                                            {"network-id", 1, 0, NETWORK},
                                            {"fault", 1, 0, FAULT},
                                            {"help", 0, 0, HELP},
                                            {0, 0, 0, 0}};
    struct options *o = &p->o;
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        unsigned long n = optarg ? strtoul(optarg, NULL, 10) : 0;
        switch (c) {
        case WORLD: o->world = optarg; break;
        case OBJECTS: o->n_objects = n; break;
        case TXS: o->n_txs = (uint32_t)n; break;
        case CHANGES: o->n_changes = (uint32_t)n; break;
        case AHEAD: o->n_ahead = (uint32_t)n; break;
        case LINES: o->lines_percent = (uint32_t)n; break;
        case SEED: o->seed = n; break;
        case LATER: o->later = true; break;
        case CLOSE_TIME: o->close_time = (uint32_t)n; break;
        case START: o->start = (uint32_t)n; break;
        case TIP: o->tip = (uint32_t)n; break;
        case END: o->end = (uint32_t)n; break;
        case PACE: o->pace_ms = (uint32_t)n; break;
        case GRPC: o->grpc_port = (uint16_t)n; break;
        case WS: o->ws_port = (uint16_t)n; break;
        case IP: o->ip = optarg; break;
        case NETWORK: o->network_id = (int64_t)n; break;
        case FAULT:
            if (!fault_add(p->grpc.faults, slice_str(optarg))) {
                fprintf(stderr, "rippled-double: --fault %s: not a fault, see --help\n", optarg);
                return false;
            }
            break;
        default: return false;
        }
    }
    return (o->world != NULL) != (o->n_objects != 0) && optind == argc;
}

static err open_chain(struct program *p)
{
    struct options *o = &p->o;
    p->answers = answers_new();
    p->streams = streams_new();
    if (o->world) {
        TRY(chain_open_world(o->world, o->start, o->tip, o->end, &p->grpc.chain));
        TRY(streams_load(p->streams, o->world));
        return answers_load(p->answers, o->world);
    }
    uint32_t start = o->start ? o->start : 1000;
    struct synth_opts synth = {
        .seed = o->seed,
        .n_objects = o->n_objects,
        .n_txs = o->n_txs,
        .n_changes = o->n_changes,
        .first_seq = start,
        .first_close = o->close_time ? o->close_time : clock_ledger_s() - 4 * (o->n_ahead + 1),
        .later = o->later,
        .lines_percent = o->lines_percent,
    };
    return chain_open_synth(&synth, o->n_ahead, o->end, &p->grpc.chain);
}

static void pace(void *arg)
{
    struct program *p = arg;
    int64_t next = clock_now_ns();
    for (;;) {
        next += p->o.pace_ms * CLOCK_MS;
        err e = fiber_sleep_until(next);
        if (e.code || !ws_front_close_ledger(p->ws))
            break;
    }
    p->pacer = NULL;
}

static err serve(struct program *p)
{
    struct options *o = &p->o;
    uint32_t network =
        o->network_id >= 0 ? (uint32_t)o->network_id : chain_network_id(p->grpc.chain);
    struct grpc_server_opts grpc = {
        .ip = o->ip, .port = o->grpc_port, .handler = grpc_front_handle, .arg = &p->grpc};
    TRY(grpc_server_start(&grpc, &p->grpc_server));
    struct ws_front_opts ws = {.ip = o->ip,
                               .port = o->ws_port,
                               .grpc = &p->grpc,
                               .answers = p->answers,
                               .streams = p->streams,
                               .network_id = network};
    TRY(ws_front_start(&ws, &p->ws));
    if (o->pace_ms)
        p->pacer = fiber_spawn("pace", pace, p);
    printf("{\"ready\":true,\"grpc\":%u,\"ws\":%u,\"first\":%u,\"tip\":%u,\"end\":%u}\n",
           grpc_server_port(p->grpc_server), ws_front_port(p->ws), chain_first(p->grpc.chain),
           chain_tip(p->grpc.chain), chain_end(p->grpc.chain));
    fflush(stdout);
    return OK;
}

static void start_fiber(void *arg)
{
    struct program *p = arg;
    err e = serve(p);
    if (e.code) {
        fprintf(stderr, "rippled-double: %s\n", err_text());
        p->status = 1;
        core_stop(p->core);
    }
}

static void stop_fiber(void *arg)
{
    struct program *p = arg;
    if (p->pacer)
        fiber_cancel(p->pacer);
    p->grpc_server = grpc_server_stop(p->grpc_server);
    ws_front_stop(p->ws);
    for (size_t i = 0; i < ARRAY_LEN(p->signals); i++)
        uv_close((uv_handle_t *)&p->signals[i], NULL);
    core_stop(p->core);
}

static void on_signal(uv_signal_t *handle, int signum)
{
    struct program *p = handle->data;
    if (signum == SIGUSR2)
        ws_front_close_ledger(p->ws);
    else
        fiber_spawn("stop", stop_fiber, p);
}

static void watch_signals(struct program *p)
{
    static const int signums[] = {SIGUSR2, SIGINT, SIGTERM};
    for (size_t i = 0; i < ARRAY_LEN(signums); i++) {
        uv_signal_init(core_loop(p->core), &p->signals[i]);
        p->signals[i].data = p;
        uv_signal_start(&p->signals[i], on_signal, signums[i]);
    }
}

static void run_start(struct core_mail *mail)
{
    fiber_spawn("start", start_fiber, container_of(mail, struct program, start));
}

int main(int argc, char **argv)
{
    struct program *p = xcalloc(1, sizeof *p);
    p->start.run = run_start;
    p->o = (struct options){.n_txs = 100,
                            .pace_ms = 1000,
                            .grpc_port = 50051,
                            .ws_port = 6006,
                            .ip = "127.0.0.1",
                            .network_id = -1,
                            .lines_percent = 2,
                            .seed = 1};
    p->grpc.faults = fault_set_new();
    if (!parse(argc, argv, p)) {
        usage();
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    err e = open_chain(p);
    if (e.code == 0)
        e = core_new(&(struct core_opts){0}, &p->core);
    if (e.code == 0)
        e = offload_start(&(struct offload_opts){.n_threads = 1});
    if (e.code) {
        fprintf(stderr, "rippled-double: %s\n", err_text());
        return 1;
    }
    watch_signals(p);
    core_post(p->core, &p->start);
    core_run(p->core);
    offload_stop();
    core_free(p->core);
    answers_free(p->answers);
    streams_free(p->streams);
    chain_close_all(p->grpc.chain);
    fault_set_free(p->grpc.faults);
    int status = p->status;
    free(p);
    return status;
}
