/* SPDX-License-Identifier: Apache-2.0 */
#include "app/parts.h"

#include "base/mem.h"
#include "feed/feed.h"
#include "ledger/ledgers.h"
#include "rippled/sources.h"
#include "rt/fiber.h"
#include "store/memory.h"
#include "test.h"

/* Parts with an empty memory store and one source that nobody listens at. */
static void with_parts(void (*test)(struct parts *p))
{
    struct parts p = {.counters = counter_registry_new()};
    struct sources_endpoint endpoint = {.host = "127.0.0.1", .ws_port = 1, .grpc_port = 1};
    struct sources_opts sources = {
        .endpoints = &endpoint, .n_endpoints = 1, .counters = p.counters};
    p.store = memory_new();
    ASSERT_OK(ledgers_open(
        &(struct ledgers_opts){.store = p.store, .mirror_path = test_dir(), .n_cores = 1},
        &p.ledgers));
    struct core *cores[] = {core_current()};
    p.feed = feed_new(&(struct feed_opts){
        .ledgers = p.ledgers, .cores = cores, .n_cores = 1, .counters = p.counters});
    ASSERT_OK(sources_start(&sources, &p.sources));
    test(&p);
    sources_stop(p.sources);
    feed_free(p.feed);
    ledgers_close(p.ledgers);
    store_close(p.store);
    counter_registry_free(p.counters);
}

static void check_figures(struct parts *p)
{
    CLEANUP(buf_deinit) struct buf text = {0};
    parts_refresh(p);
    counter_render(p->counters, &text);
    buf_put_u8(&text, 0);
    ASSERT(strstr((char *)text.p, "\netl_writing 0\n") &&
           strstr((char *)text.p, "\nkleio_mirror_objects 0\n") &&
           strstr((char *)text.p, "\nkleio_mirror_waiting_bytes 0\n"));
    ASSERT(strstr((char *)text.p, "\nledger_cache_full 0\n"));
    ASSERT(strstr((char *)text.p, "kleio_build_info{version=\""));
    ASSERT(!parts_ready(p));
}

static void figures_fiber(void *arg)
{
    with_parts(check_figures);
}

TEST(figures_of_an_empty_server_are_zeros)
{
    ASSERT_OK(core_run_fiber("test", figures_fiber, NULL));
}

static void check_etl(struct parts *p)
{
    CLEANUP(buf_deinit) struct buf out = {0};
    struct rpc_server_opts opts = {0};
    struct jw w = jw_to(&out);
    uint32_t network;
    parts_rpc_callbacks(p, &opts);
    jw_obj_begin(&w);
    opts.put_etl(opts.arg, &w);
    jw_obj_end(&w);
    buf_put_u8(&out, 0);
    ASSERT_STR("{\"etl_sources\":[{\"validated_range\":\"N/"
               "A\",\"is_connected\":\"0\",\"ip\":\"127.0.0.1\","
               "\"ws_port\":\"1\",\"grpc_port\":\"1\"}]}",
               (char *)out.p);
    ASSERT(!opts.network_id(opts.arg, &network));
}

static void etl_fiber(void *arg)
{
    with_parts(check_etl);
}

TEST(server_info_shows_sources_that_were_never_reached)
{
    ASSERT_OK(core_run_fiber("test", etl_fiber, NULL));
}
