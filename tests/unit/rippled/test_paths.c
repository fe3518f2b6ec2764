/* SPDX-License-Identifier: Apache-2.0 */
#include "rippled/paths.h"

#include "base/mem.h"
#include "fake_source.h"
#include "rt/clock.h"
#include "rt/core.h"
#include "rt/fiber.h"

#include <stdlib.h>

struct rig {
    struct fake_source fake;
    struct sources *sources;
    struct paths *paths;
    char asked[8][200];
    int n_asked, n_updates;
    char update[200];
};

static void on_command(struct fake_source *f, struct fake_source_conn *c, struct slice text)
{
    struct rig *r = f->user;
    snprintf(r->asked[r->n_asked++ % 8], 200, "%.*s", SLICE_FMT(text));
    fake_source_send(
        c, "{\"result\":{\"alternatives\":[]},\"status\":\"success\",\"type\":\"response\"}");
}

static void on_update(void *arg, struct slice text)
{
    struct rig *r = arg;
    r->n_updates++;
    snprintf(r->update, sizeof r->update, "%.*s", SLICE_FMT(text));
}

static err ask(struct rig *r, const char *text, enum forward_failure *failure)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct json reply;
    return paths_ask(r->paths, slice_str(text), clock_now_ns() + 5 * CLOCK_S, a, &reply, failure);
}

static void searches(void *arg)
{
    struct rig *r = xcalloc(1, sizeof *r);
    enum forward_failure failure = FORWARD_FAILURE_NONE;
    const char *create = "{\"command\":\"path_find\",\"subcommand\":\"create\"}";
    const char *update = "{\"type\":\"path_find\",\"alternatives\":[1]}";
    (void)arg;
    r->fake.on_command = on_command;
    r->fake.user = r;
    fake_source_start(&r->fake);
    struct sources_endpoint e = fake_source_endpoint(&r->fake);
    ASSERT_OK(
        sources_start(&(struct sources_opts){.endpoints = &e, .n_endpoints = 1}, &r->sources));
    EVENTUALLY(sources_n_connected(r->sources) == 1);
    r->paths = paths_new(&(struct paths_opts){
        .sources = r->sources, .client_ip = "192.0.2.7", .on_update = on_update, .arg = r});
    ASSERT_OK(ask(r, create, &failure));
    ASSERT_STR(create, r->asked[0]);
    ASSERT(strstr(r->fake.conns[r->fake.n_conns - 1].headers, "192.0.2.7"));
    fake_source_say(&r->fake, update);
    EVENTUALLY(r->n_updates == 1);
    ASSERT_STR(update, r->update);
    fake_source_hang_up(&r->fake); /* the search begins anew, unasked */
    EVENTUALLY(r->n_asked == 2);
    ASSERT_STR(create, r->asked[1]);
    fake_source_say(&r->fake, update);
    EVENTUALLY(r->n_updates == 2);
    ASSERT_OK(ask(r, "{\"command\":\"path_find\",\"subcommand\":\"close\"}", &failure));
    fake_source_say(&r->fake, update);
    ASSERT_OK(fiber_sleep_until(clock_now_ns() + 20 * CLOCK_MS));
    ASSERT_INT(2, r->n_updates);
    r->paths = paths_close(r->paths);
    sources_stop(r->sources);
    fake_source_stop(&r->fake);
    free(r);
}

TEST(a_search_goes_on_when_its_connection_is_lost)
{
    ASSERT_OK(core_run_fiber("test", searches, NULL));
}

static void nobody(void *arg)
{
    static struct rig r; /* large; the test has a process of its own */
    enum forward_failure failure = FORWARD_FAILURE_NONE;
    (void)arg;
    struct sources_endpoint e = {.host = "127.0.0.1", .ws_port = 1};
    ASSERT_OK(sources_start(&(struct sources_opts){.endpoints = &e, .n_endpoints = 1}, &r.sources));
    r.paths =
        paths_new(&(struct paths_opts){.sources = r.sources, .on_update = on_update, .arg = &r});
    ASSERT(err_failed(ask(&r, "{}", &failure)));
    ASSERT_INT(FORWARD_FAILURE_CONNECTION, failure);
    paths_close(r.paths);
    sources_stop(r.sources);
}

TEST(without_a_source_there_is_no_search)
{
    ASSERT_OK(core_run_fiber("test", nobody, NULL));
}
