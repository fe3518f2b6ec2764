/* SPDX-License-Identifier: Apache-2.0 */
#include "app/repair_help.h"

#include "app/options.h"
#include "app/server.h"
#include "base/mem.h"
#include "ledger/apply.h"
#include "rippled/sources.h"
#include "rt/clock.h"
#include "rt/core.h"
#include "rt/core_call.h"

#include <stdio.h>

#define CONNECT_NS (10 * CLOCK_S)

struct start {
    struct repair_help *h;
    const struct config *config;
};

static YIELDS err start_sources(void *arg)
{
    const struct start *s = arg;
    struct sources_opts opts = options_sources(s->config, s->h->arena);
    int64_t deadline = clock_now_ns() + CONNECT_NS;
    uint64_t version = 0;
    TRY(sources_start(&opts, &s->h->sources));
    while (sources_newest(s->h->sources) == 0)
        TRY(sources_wait_change(s->h->sources, &version, deadline));
    return OK;
}

static YIELDS err stop_sources(void *arg)
{
    struct repair_help *h = arg;
    h->sources = sources_stop(h->sources);
    return OK;
}

static void find_sources(struct repair_help *h, const struct config *config)
{
    struct start start = {h, config};
    if (config_count(config, CONFIG_SOURCE_IP) == 0 ||
        err_failed(core_new(&(struct core_opts){0}, &h->core)))
        return;
    if (err_failed(core_start(h->core))) {
        h->core = core_free(h->core);
        return;
    }
    if (!err_failed(core_call(h->core, start_sources, &start)))
        return;
    fprintf(stderr, "kleio: no source can be asked: what only they have is not mended\n");
    err_ignore(core_call(h->core, stop_sources, h));
}

static void find_mirror(struct repair_help *h, const struct config *config, struct store *store)
{
    CLEANUP(buf_deinit) struct buf path = {0};
    server_mirror_path(config, &path);
    struct ledgers_opts opts = {.store = store,
                                .mirror_path = (const char *)path.p,
                                .n_cores = 1,
                                .lazy_repair = true,
                                .lazy_undo = true};
    if (err_failed(ledgers_open(&opts, &h->ledgers)) || ledgers_mirror_aside(h->ledgers) ||
        err_failed(apply_ready(h->ledgers)))
        fprintf(stderr, "kleio: the state mirror cannot help\n");
}

void repair_help_start(struct repair_help *h, const struct config *config, struct store *store)
{
    *h = (struct repair_help){.arena = arena_new(0)};
    find_sources(h, config);
    find_mirror(h, config, store);
}

void repair_help_stop(struct repair_help *h)
{
    if (h->sources)
        err_ignore(core_call(h->core, stop_sources, h));
    if (h->core) {
        core_stop(h->core);
        core_join(h->core);
        core_free(h->core);
    }
    ledgers_close(h->ledgers);
    arena_free(h->arena);
}
