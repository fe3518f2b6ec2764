/* SPDX-License-Identifier: Apache-2.0 */
#include "app/options.h"

#include "base/arena.h"
#include "base/mem.h"
#include "etl/etl.h"
#include "rippled/sources.h"
#include "rt/clock.h"
#include "test.h"
#include "web/web.h"

static struct config *config_of(const char *members)
{
    char text[1024];
    struct buf problems = {0};
    struct config *c = NULL;
    snprintf(text, sizeof text, "{\"server\":{\"ip\":\"127.0.0.1\",\"port\":1}%s%s}",
             members[0] ? "," : "", members);
    err e = config_parse("test", slice_str(text), &problems, &c);
    if (e.code)
        test_fail(__FILE__, __LINE__, "%.*s", (int)problems.n, (const char *)problems.p);
    return c;
}

TEST(without_a_place_to_log_to_warnings_go_to_standard_error)
{
    struct config *c = config_of("\"log\":{\"level\":\"debug\"}");
    struct log_opts o = options_log(c);
    ASSERT_INT(LOG_CONSOLE_STDERR, o.console);
    for (int i = 0; i < LOG_N_CHANNELS; i++)
        ASSERT_INT(LOG_WARN, o.levels[i]);
    config_free(c);
    c = config_of("\"log\":{\"level\":\"error\",\"channels\":[{\"channel\":\"RPC\",\"level\":"
                  "\"trace\"}]}");
    o = options_log(c);
    ASSERT_INT(LOG_ERROR, o.levels[LOG_CHANNEL_WEB]);
    ASSERT_INT(LOG_WARN, o.levels[LOG_CHANNEL_RPC]);
    config_free(c);
}

TEST(a_log_with_a_place_has_its_own_levels)
{
    struct config *c = config_of(
        "\"log\":{\"enable_console\":true,\"level\":\"error\",\"channels\":[{\"channel\":\"RPC\","
        "\"level\":\"trace\"}]}");
    struct log_opts o = options_log(c);
    ASSERT_INT(LOG_CONSOLE_STDOUT, o.console);
    ASSERT_INT(LOG_ERROR, o.levels[LOG_CHANNEL_WEB]);
    ASSERT_INT(LOG_TRACE, o.levels[LOG_CHANNEL_RPC]);
    config_free(c);
    c = config_of("\"log\":{\"directory\":\"x\"}");
    o = options_log(c);
    ASSERT_INT(LOG_CONSOLE_NONE, o.console);
    ASSERT_INT(LOG_INFO, o.levels[LOG_CHANNEL_WEB]);
    config_free(c);
}

TEST(lists_become_arrays)
{
    struct arena *a = arena_new(0);
    struct config *c = config_of(
        "\"etl_sources\":[{\"ip\":\"h1\",\"ws_port\":\"6006\",\"grpc_port\":\"50051\"},{\"ip\":"
        "\"h2\",\"ws_port\":\"1\",\"grpc_port\":\"2\"}],\"dos_guard\":{\"whitelist\":[\"10.0.0.0/"
        "8\"],\"sweep_interval\":0.5,\"__ng_weights\":[{\"method\":\"ledger\",\"weight\":4}]}");
    struct sources_opts s = options_sources(c, a);
    ASSERT_INT(2, s.n_endpoints);
    ASSERT_STR("h2", s.endpoints[1].host);
    ASSERT_INT(50051, s.endpoints[0].grpc_port);
    struct web_opts w = options_web(c, a);
    ASSERT_INT(1, w.n_whitelist);
    ASSERT_STR("10.0.0.0/8", w.whitelist[0]);
    ASSERT_INT(CLOCK_S / 2, w.interval_ns);
    ASSERT_STR("ledger", w.weights[0].method);
    ASSERT(w.weights[0].weight == 4 && w.weights[0].weight_current == -1);
    ASSERT_INT(64, w.max_parallel);
    ASSERT_INT(4, options_etl(c).extractor_threads);
    config_free(c);
    arena_free(a);
}

TEST(workers_are_as_many_as_asked_for)
{
    struct config *c = config_of("\"workers\":3");
    ASSERT_INT(3, options_n_cores(c));
    config_free(c);
    c = config_of("");
    ASSERT(options_n_cores(c) >= 1);
    config_free(c);
}

TEST(what_cannot_be_done_is_told_before_anything_starts)
{
    struct config *c = config_of("");
    ASSERT_ERR(ERR_INVALID, options_check(c));
    config_free(c);
    c = config_of("\"read_only\":true");
    ASSERT_OK(options_check(c));
    config_free(c);
}
