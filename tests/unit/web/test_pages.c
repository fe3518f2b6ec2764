/* SPDX-License-Identifier: Apache-2.0 */
#include "web/pages.h"

#include "front.h"
#include "test.h"

#include <zlib.h>

static bool not_ready(void *arg)
{
    return false;
}

static void without_ledger(struct web_opts *o)
{
    o->ready = not_ready;
}

static void as_user(struct web_opts *o)
{
    o->admin_password = "x";
}

static void without_metrics(struct web_opts *o)
{
    o->metrics_enabled = false;
}

static void expect_page(struct front *f, const char *target, int status, const char *part)
{
    struct buf body = {0};
    ASSERT_INT(status, front_get(f, target, NULL, NULL, &body));
    ASSERT(front_has(&body, part));
    buf_deinit(&body);
}

static void check_pages(struct front *f)
{
    expect_page(f, "/health", 200, "connectivity is working");
    expect_page(f, "/health?x=1", 200, "connectivity is working");
    expect_page(f, "/cache_state", 200, "Cache is fully loaded");
    expect_page(f, "/", 400, "Expected a POST request");
    expect_page(f, "/healthy", 400, "Expected a POST request");
    expect_page(f, "/metrics", 200, "# TYPE connections_total_number gauge");
}

TEST(health_cache_state_and_metrics_are_served)
{
    front_run(NULL, check_pages);
}

static void check_not_ready(struct front *f)
{
    expect_page(f, "/cache_state", 503, "Cache is not yet loaded");
    expect_page(f, "/health", 503, "has no ledger to serve yet");
}

TEST(cache_state_says_when_there_is_no_ledger)
{
    front_run(without_ledger, check_not_ready);
}

static void check_user(struct front *f)
{
    struct buf head = {0};
    expect_page(f, "/metrics", 401, "Only admin is allowed to collect metrics");
    ASSERT_INT(401, front_get(f, "/metrics", NULL, &head, NULL));
    ASSERT(front_has(&head, "www-authenticate: Password realm=\"kleio\""));
    buf_deinit(&head);
}

TEST(metrics_are_for_admins)
{
    front_run(as_user, check_user);
}

static void check_disabled(struct front *f)
{
    expect_page(f, "/metrics", 403, "Prometheus is disabled in clio config");
}

TEST(metrics_can_be_disabled)
{
    front_run(without_metrics, check_disabled);
}

static void check_gzip(struct front *f)
{
    struct buf head = {0}, body = {0};
    ASSERT_INT(200, front_get(f, "/metrics", "Accept-Encoding: deflate, gzip\r\n", &head, &body));
    ASSERT(front_has(&head, "content-encoding: gzip"));
    static char text[1 << 18];
    z_stream z = {.next_in = body.p,
                  .avail_in = (uInt)body.n,
                  .next_out = (Bytef *)text,
                  .avail_out = sizeof text - 1};
    ASSERT(inflateInit2(&z, 15 + 16) == Z_OK);
    ASSERT(inflate(&z, Z_FINISH) == Z_STREAM_END);
    inflateEnd(&z);
    ASSERT(strstr(text, "connections_total_number{status=\"connected\"} 1") != NULL);
    buf_deinit(&head);
    buf_deinit(&body);
}

TEST(metrics_are_packed_for_clients_that_can_unpack_them)
{
    front_run(NULL, check_gzip);
}

static const char *in_a_fork(void *arg)
{
    return "fork";
}

static void with_trouble(struct web_opts *o)
{
    o->trouble = in_a_fork;
}

static void check_trouble(struct front *f)
{
    expect_page(f, "/cache_state", 200, "Cache is fully loaded");
    expect_page(f, "/health", 503, "may not have the newest ledger: fork");
}

TEST(health_says_that_the_newest_ledger_does_not_come)
{
    front_run(with_trouble, check_trouble);
}
