/* SPDX-License-Identifier: Apache-2.0 */
#include "front.h"

#include "../rpc/fake_ledger.h"
#include "base/counter.h"
#include "base/mem.h"
#include "net/http_client.h"
#include "rpc/rpc_server.h"
#include "rt/clock.h"
#include "rt/core.h"
#include "rt/fiber.h"
#include "test.h"

#define SOON (clock_now_ns() + 20 * CLOCK_S)

struct run {
    void (*tune)(struct web_opts *opts);
    void (*test)(struct front *f);
};

YIELDS static err forward(void *arg, const struct rpc_forward *q, int64_t deadline_ns,
                          struct arena *a, struct json *ret_reply, enum rpc_code *ret_code)
{
    struct front *f = arg;
    f->n_forwarded++;
    snprintf(f->forwarded, sizeof f->forwarded, "%s %s %.*s", q->client_ip,
             q->is_admin ? "admin" : "user", SLICE_FMT(q->text));
    if (f->hang)
        TRY(fiber_sleep_until(deadline_ns));
    struct slice text = SLICE_LIT("{\"result\":{\"echo\":1},\"status\":\"success\"}");
    return json_parse(text, NULL, a, ret_reply, NULL);
}

static void run_fiber(void *arg)
{
    struct run *r = arg;
    struct front f = {0};
    struct core *cores[] = {core_current()};
    struct counter_registry *counters = counter_registry_new();
    struct rpc_server_opts rpc = {.ledgers = fake_ledgers_new(10, 30),
                                  .n_cores = 1,
                                  .version = "test",
                                  .forward = forward,
                                  .arg = &f};
    struct rpc_server *server = rpc_server_new(&rpc);
    f.opts = (struct web_opts){.ip = "127.0.0.1",
                               .cores = cores,
                               .n_cores = 1,
                               .rpc = server,
                               .counters = counters,
                               .version = "test",
                               .max_connections_per_ip = 100,
                               .max_requests_per_interval = 1000000,
                               .max_bytes_per_interval = 1000000000,
                               .interval_ns = CLOCK_S,
                               .default_weight = 1,
                               .max_in_work = 100,
                               .max_parallel = 4,
                               .ws_max_queue_msgs = 100,
                               .metrics_enabled = true,
                               .metrics_gzip = true};
    if (r->tune)
        r->tune(&f.opts);
    ASSERT_OK(web_start(&f.opts, &f.web));
    f.port = web_port(f.web);
    r->test(&f);
    web_stop(f.web, clock_now_ns() + CLOCK_S);
    rpc_server_free(server);
    counter_registry_free(counters);
}

void front_run(void (*tune)(struct web_opts *opts), void (*test)(struct front *f))
{
    struct run r = {tune, test};
    ASSERT_OK(core_run_fiber("front", run_fiber, &r));
}

static int exchange(struct front *f, const struct http_client_request *req, struct buf *ret_head,
                    struct buf *ret)
{
    struct http_client *c = NULL;
    struct http_response r = {0};
    ASSERT_OK(http_client_open("127.0.0.1", f->port, SOON, &c));
    ASSERT_OK(http_client_do(c, req, SOON, &r));
    http_client_close(c);
    int status = r.status;
    if (ret)
        buf_put_slice(ret, buf_slice(&r.body));
    if (ret_head)
        buf_put_slice(ret_head, buf_slice(&r.head));
    http_response_deinit(&r);
    return status;
}

int front_post(struct front *f, const char *headers, const char *body, struct buf *ret)
{
    struct http_client_request req = {
        .method = "POST", .target = "/", .headers = headers, .body = slice_str(body)};
    return exchange(f, &req, NULL, ret);
}

int front_get(struct front *f, const char *target, const char *headers, struct buf *ret_head,
              struct buf *ret)
{
    struct http_client_request req = {.method = "GET", .target = target, .headers = headers};
    return exchange(f, &req, ret_head, ret);
}

bool front_has(const struct buf *text, const char *part)
{
    if (text->n && memmem(text->p, text->n, part, strlen(part)))
        return true;
    fprintf(stderr, "\"%s\" is not in: %.*s\n", part, (int)text->n, (const char *)text->p);
    return false;
}

void front_expect(struct front *f, const char *headers, const char *body, int status,
                  const char *part)
{
    CLEANUP(buf_deinit) struct buf text = {0};
    int got = front_post(f, headers, body, &text);
    ASSERT(front_has(&text, part));
    ASSERT_INT(status, got);
}
