/* SPDX-License-Identifier: Apache-2.0 */
#include "etl/worker.h"

#include "base/mem.h"
#include "rippled/fetch.h"

#include "rt/clock.h"
#include "rt/fiber.h"
#include "rt/offload.h"

#define BUSY_NS (10 * CLOCK_MS)

struct job {
    struct fetch_reply *reply; /* NULL once it was taken */
    bool with_objects;
    const struct hash256 *after, *upto;
    struct decode_ledger *ledger;
    struct decode_page *page;
    const char *what;
};

static err do_ledger(void *arg)
{
    struct job *j = arg;
    return decode_ledger(TAKE_PTR(j->reply), j->with_objects, &j->ledger, &j->what);
}

static err do_page(void *arg)
{
    struct job *j = arg;
    return decode_page(TAKE_PTR(j->reply), j->after, j->upto, &j->page);
}

/* A full pool is no reason to fetch again: wait for room. */
static YIELDS err run(err (*fn)(void *arg), struct job *j)
{
    for (;;) {
        err e = offload_run(fn, j);
        if (e.code != ERR_BUSY || !j->reply) {
            j->reply = fetch_reply_free(j->reply); /* cancelled before it ran */
            return e;
        }
        e = fiber_sleep_until(clock_now_ns() + BUSY_NS);
        if (err_failed(e)) {
            j->reply = fetch_reply_free(j->reply);
            return e;
        }
    }
}

YIELDS ERR worker_decode_ledger(struct fetch_reply *reply, bool with_objects,
                                struct decode_ledger **ret, const char **ret_what)
{
    struct job j = {.reply = reply, .with_objects = with_objects, .what = ""};
    err e = run(do_ledger, &j);
    *ret_what = j.what;
    TRY(e);
    *ret = j.ledger;
    return OK;
}

YIELDS ERR worker_decode_page(struct fetch_reply *reply, const struct hash256 *after,
                              const struct hash256 *upto, struct decode_page **ret)
{
    struct job j = {.reply = reply, .after = after, .upto = upto};
    TRY(run(do_page, &j));
    *ret = j.page;
    return OK;
}
