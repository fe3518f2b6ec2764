/* SPDX-License-Identifier: Apache-2.0 */
#include "web/web.h"

#include "front.h"
#include "rt/clock.h"
#include "test.h"

static void with_wrong_whitelist(struct web_opts *o)
{
    static const char *const hosts[] = {"host.invalid"};
    o->whitelist = hosts;
    o->n_whitelist = 1;
}

static void try_start(struct front *f)
{
    struct web *second = NULL;
    struct web_opts opts = f->opts;
    opts.port = f->port;
    ASSERT_ERR(ERR_IO, web_start(&opts, &second));
    ASSERT(strstr(err_text(), "127.0.0.1") != NULL);
    opts.port = 0;
    with_wrong_whitelist(&opts);
    ASSERT_ERR(ERR_INVALID, web_start(&opts, &second));
    ASSERT(strstr(err_text(), "dos_guard.whitelist: host.invalid") != NULL);
}

TEST(a_port_in_use_and_an_unknown_host_are_told)
{
    front_run(NULL, try_start);
}

static void with_name(struct web_opts *o)
{
    static const char *const hosts[] = {"localhost"};
    o->whitelist = hosts;
    o->n_whitelist = 1;
    o->max_requests_per_interval = 0;
}

static void check_name(struct front *f)
{
    front_expect(f, NULL, "{\"method\":\"ping\"}", 200, "success");
}

TEST(names_in_the_whitelist_are_looked_up)
{
    front_run(with_name, check_name);
}

static void hang(struct front *f)
{
    f->hang = true; /* whatever is in work at the stop is cut off: front_run stops the web */
}

TEST(an_idle_web_stops)
{
    front_run(NULL, hang);
}
