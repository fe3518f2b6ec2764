/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of a running server and the callbacks that tie them together. Private to src/app. */
#pragma once
#include "rippled/sources.h"
#include "app/config.h"
#include "app/reload.h"
#include "base/counter.h"
#include "rpc/rpc_server.h"
#include "rt/core.h"
#include "rt/fiber.h"

#include <stdatomic.h>

struct etl;
struct feed;
struct forward;
struct sources;
struct store;
struct web;

struct parts {
    const struct config *config;
    struct arena *arena; /* what the parts keep of their options */
    struct counter_registry *counters;
    struct store *store;
    struct ledgers *ledgers;
    struct core **cores;       /* 0 runs on the main thread */
    struct forward **forwards; /* one a core */
    uint32_t n_cores;
    uint32_t n_started; /* cores with a thread of their own */
    struct sources *sources;
    struct feed *feed;
    struct rpc_server *rpc;
    struct etl *_Atomic etl; /* read by all cores */
    struct web *web;
    struct fiber *watcher;
    struct fiber_group helpers; /* core 0: fibers that end with the server */
    struct core_mail start_mail;
    struct core_mail wanted_mail; /* on its way while `wanted_sent` */
    atomic_bool wanted_sent;
    struct core_mail stop_mail;
    struct core_mail reload_mail; /* on its way, or at work, while `reloading` */
    atomic_bool reloading;
    struct reload reload; /* core 0 */
    uint64_t n_files;     /* that the process may open */
    const char *history_path;
    bool starting; /* core 0: the start has not ended; it looks at `stopping` when it does */
    bool stopping; /* core 0 */
    int status;
};

/* What the sources' ledgers are compared with. */
struct sources_ledgers parts_held(struct parts *p);
/* Fill the callbacks of the engine's options (forwarding, figures); `arg` becomes the parts. */
void parts_rpc_callbacks(struct parts *p, struct rpc_server_opts *opts);
struct feed_opts;
struct sources_opts;
/* Streams: what sources relay, and what somebody wants of it. */
void parts_sources_callbacks(struct parts *p, struct sources_opts *opts);
void parts_feed_callbacks(struct parts *p, struct feed_opts *opts);
/* Bring gauges up to date. `arg` is the parts. */
void parts_refresh(void *arg);
bool parts_ready(void *arg);
const char *parts_trouble(void *arg);
