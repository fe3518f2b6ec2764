/* SPDX-License-Identifier: Apache-2.0 */
/* By hand: follow real or recorded sources into a fresh store and check the outcome.
 *   etl_follow DIR FIRST LAST STATE|- HOST:WS:GRPC...
 * Ingests from ledger FIRST (0 = the newest) up to ledger LAST, prints what it cost, and compares
 * the newest state with STATE: GetLedgerData replies, each with its length (u32, big-endian) before
 * it. */
#include "base/counter.h"
#include "base/log.h"
#include "base/mem.h"
#include "etl/etl.h"
#include "ledger/view.h"
#include "rippled/proto.h"
#include "rippled/sources.h"
#include "rt/clock.h"
#include "rt/core.h"
#include "rt/fiber.h"
#include "rt/offload.h"
#include "store/rocks.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

struct run {
    const char *dir;
    uint32_t first;
    uint32_t last;
    const char *state_path;
    char **sources;
    uint32_t n_sources;
    struct store *store;
    struct ledgers *ledgers;
    struct counter_registry *counters;
    _Atomic uint32_t n_published;
    _Atomic uint32_t newest;
    _Atomic uint32_t n_out_of_order;
    int failed;
};

static void must(err e, const char *what)
{
    if (!err_failed(e))
        return;
    fprintf(stderr, "%s: %s: %s\n", what, err_name(e), err_text());
    exit(1);
}

static double cpu_s(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)u.ru_utime.tv_sec + (double)u.ru_stime.tv_sec +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void on_published(void *arg, const struct ledger_header *header)
{
    struct run *r = arg;
    uint32_t seq = header->seq;
    uint32_t before = atomic_exchange(&r->newest, seq);
    if (before && seq != before + 1)
        atomic_fetch_add(&r->n_out_of_order, 1);
    atomic_fetch_add(&r->n_published, 1);
}

static uint32_t read_length(FILE *f)
{
    uint8_t b[4];
    return fread(b, 4, 1, f) == 1 ? bits_load32(b) : 0;
}

static uint64_t compare_page(struct view *v, struct slice message, struct hash256 *at)
{
    struct proto_ledger_data page;
    struct proto_object o;
    struct arena *a = arena_new(0);
    uint64_t n = 0;
    must(proto_read_ledger_data(message, &page), "recorded page");
    struct cursor c = cursor_of(page.objects);
    while (proto_next_object(&c, &o)) {
        struct hash256 key;
        struct slice data;
        must(view_next(v, at, a, &key, &data), "our next object");
        if (!slice_eq(hash256_slice(&key), o.key) || !slice_eq(data, o.data)) {
            fprintf(stderr, "object %llu differs\n", (unsigned long long)n);
            exit(1);
        }
        *at = key;
        n++;
    }
    arena_free(a);
    return n;
}

static void compare_state(struct run *r)
{
    struct view *v = NULL;
    struct hash256 at = HASH256_ZERO, beyond;
    struct arena *a = arena_new(0);
    uint64_t n_objects = 0;
    FILE *f = fopen(r->state_path, "rb");
    if (!f)
        return;
    must(view_open(r->ledgers, 0, &v), "view");
    for (uint32_t n = read_length(f); n; n = read_length(f)) {
        uint8_t *p = xmalloc(n);
        if (fread(p, n, 1, f) != 1)
            exit(1);
        n_objects += compare_page(v, slice_of(p, n), &at);
        free(p);
    }
    fclose(f);
    bool more = !err_failed(view_next(v, &at, a, &beyond, NULL));
    printf("state of ledger %u: %llu objects equal%s\n", view_seq(v), (unsigned long long)n_objects,
           more ? ", but we have more" : "");
    r->failed |= more;
    view_close(v);
    arena_free(a);
}

static void report(struct run *r, struct etl *e)
{
    struct ledgers_stats stats;
    struct etl_info info;
    ledgers_get_stats(r->ledgers, &stats);
    etl_get_info(e, &info);
    printf("published %u, newest %u, out of order %u, state \"%s\", objects %llu, cpu %.2f s\n",
           atomic_load(&r->n_published), atomic_load(&r->newest), atomic_load(&r->n_out_of_order),
           info.state_text, (unsigned long long)stats.n_objects, cpu_s());
    fflush(stdout);
}

static void ingest(void *arg)
{
    struct run *r = arg;
    struct sources *sources = NULL;
    struct etl *etl = NULL;
    struct sources_endpoint endpoints[8];
    for (uint32_t i = 0; i < r->n_sources; i++) {
        char *ws = strchr(r->sources[i], ':'), *grpc = ws ? strchr(ws + 1, ':') : NULL;
        if (!grpc)
            exit(2);
        *ws = *grpc = 0;
        endpoints[i] = (struct sources_endpoint){r->sources[i], (uint16_t)strtoul(ws + 1, NULL, 10),
                                                 (uint16_t)strtoul(grpc + 1, NULL, 10)};
    }
    struct sources_opts so = {
        .endpoints = endpoints, .n_endpoints = r->n_sources, .counters = r->counters};
    must(sources_start(&so, &sources), "sources");
    struct etl_opts eo = {.ledgers = r->ledgers,
                          .store = r->store,
                          .sources = sources,
                          .counters = r->counters,
                          .start_sequence = r->first,
                          .finish_sequence = r->last,
                          .show_progress = isatty(2) != 0};
    ledgers_on_published(r->ledgers, on_published, r);
    must(etl_start(&eo, &etl), "etl");
    struct etl_info info = {0};
    int64_t said = 0;
    for (uint32_t loaded = 0; info.state != ETL_STATE_FINISHED; etl_get_info(etl, &info)) {
        must(fiber_sleep_until(clock_now_ns() + 5 * CLOCK_MS), "sleep");
        if (!loaded && atomic_load(&r->n_published)) {
            loaded = atomic_load(&r->newest);
            report(r, etl);
        }
        if (clock_now_ns() - said > 5 * CLOCK_S) {
            said = clock_now_ns();
            report(r, etl);
        }
    }
    report(r, etl);
    etl_stop(etl);
    sources_stop(sources);
}

int main(int argc, char **argv)
{
    if (argc < 6)
        return 2;
    char path[1024];
    struct run r = {.dir = argv[1],
                    .first = (uint32_t)strtoul(argv[2], NULL, 10),
                    .last = (uint32_t)strtoul(argv[3], NULL, 10),
                    .state_path = argv[4],
                    .sources = argv + 5,
                    .n_sources = (uint32_t)(argc - 5)};
    must(offload_start(&(struct offload_opts){0}), "offload");
    snprintf(path, sizeof path, "%s/store", r.dir);
    must(rocks_open(&(struct rocks_opts){.path = path}, &r.store), "store");
    snprintf(path, sizeof path, "%s/mirror", r.dir);
    struct ledgers_opts lo = {.store = r.store, .mirror_path = path, .n_cores = 1};
    must(ledgers_open(&lo, &r.ledgers), "ledgers");
    r.counters = counter_registry_new();
    must(core_run_fiber("follow", ingest, &r), "core");
    compare_state(&r);
    struct buf text = {0};
    counter_render(r.counters, &text);
    printf("%.*s", SLICE_FMT(buf_slice(&text)));
    buf_deinit(&text);
    offload_stop();
    ledgers_close(r.ledgers);
    store_close(r.store);
    counter_registry_free(r.counters);
    return r.failed || atomic_load(&r.n_out_of_order);
}
