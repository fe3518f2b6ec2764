/* SPDX-License-Identifier: Apache-2.0 */
/* What clients of the pool see is in test_forward.c; here is what only its own bounds show. */
#include "rippled/forward_pool.h"

#include "base/mem.h"
#include "fake_source.h"
#include "rt/clock.h"
#include "rt/core.h"
#include "rt/fiber.h"

static struct forward_pool_key key_of(const char *ip)
{
    struct forward_pool_key k = {0};
    snprintf(k.client_ip, sizeof k.client_ip, "%s", ip);
    return k;
}

static void full(void *arg)
{
    struct fake_source *f = xcalloc(1, sizeof *f);
    struct forward_pool p = {.max_connections = 2,
                             .max_per_client = 2,
                             .idle_timeout_ns = CLOCK_S,
                             .max_reply_bytes = 999};
    struct forward_pool_key a = key_of("10.0.0.1"), b = key_of("10.0.0.2");
    struct forward_pool_conn *c1, *c2, *c3 = NULL;
    (void)arg;
    fake_source_start(f);
    forward_pool_init(&p);
    int64_t soon = clock_now_ns() + 5 * CLOCK_S;
    ASSERT_OK(forward_pool_take(&p, &a, "127.0.0.1", f->ws_port, true, soon, &c1));
    ASSERT_OK(forward_pool_take(&p, &a, "127.0.0.1", f->ws_port, true, soon, &c2));
    ASSERT_ERR(ERR_BUSY, forward_pool_take(&p, &b, "127.0.0.1", f->ws_port, true,
                                           clock_now_ns() + 20 * CLOCK_MS, &c3));
    forward_pool_give(&p, c1, true);
    ASSERT_OK(forward_pool_take(&p, &a, "127.0.0.1", f->ws_port, true, soon, &c3));
    ASSERT(c3 == c1 && c3->is_used);
    forward_pool_give(&p, c3, true);
    /* an idle one of another client gives way */
    ASSERT_OK(forward_pool_take(&p, &b, "127.0.0.1", f->ws_port, true, soon, &c3));
    ASSERT(!c3->is_used);
    ASSERT_INT(2, p.n);
    forward_pool_give(&p, c3, true);
    /* asked for a fresh one, the idle one is not it */
    ASSERT_OK(forward_pool_take(&p, &b, "127.0.0.1", f->ws_port, false, soon, &c3));
    ASSERT(!c3->is_used);
    forward_pool_give(&p, c3, false);
    forward_pool_give(&p, c2, false);
    ASSERT_INT(0, p.n);
    forward_pool_deinit(&p);
    fake_source_stop(f);
    free(f);
}

TEST(a_full_pool_gives_way_and_waits)
{
    ASSERT_OK(core_run_fiber("test", full, NULL));
}
