/* SPDX-License-Identifier: Apache-2.0 */
#include "cql/cql_call.h"

#include "base/mem.h"
#include "cql/cql_impl.h"
#include "cql/cql_token.h"
#include "rt/clock.h"
#include "rt/core.h"
#include "rt/core_call.h"

void cql_call_start(struct cql_cluster *cluster, struct cql_call *c)
{
    struct cql_metrics *m = &cluster->m;
    list_init(&c->node);
    c->session = cql_session_get(cluster);
    c->e = OK;
    c->code = 0;
    c->error[0] = 0;
    c->tried = 0;
    c->n_failed = 0;
    c->started_ns = clock_now_ns();
    for (int i = 0; i < 2; i++)
        c->attempts[i] = (struct cql_attempt){.call = c};
    if (c->key.n > 0) {
        c->has_token = true;
        c->token = cql_token_of(c->key);
    }
    c->running = true;
    counter_inc(c->is_write ? m->write_pending : m->read_pending);
    if (!c->is_write && counter_value(m->read_pending) > (int64_t)cluster->opts.max_reads) {
        counter_inc(m->too_busy);
        cql_session_finish(c,
                           FAIL(ERR_BUSY, "cql: %u reads are in flight", cluster->opts.max_reads));
    } else {
        cql_session_try(c);
    }
}

void cql_call_cancel(struct cql_call *c)
{
    if (!c->running)
        return;
    c->done = NULL;
    cql_session_finish(c, err_plain(ERR_CANCELLED));
}

/* Many at once, for a fiber. */

struct run {
    struct cql_cluster *cluster;
    struct cql_call *calls;
    size_t n;
    int64_t deadline_ns;
    size_t n_left;
    struct fiber *fiber;
    bool all_done;
};

static void on_done(struct cql_call *c)
{
    struct run *r = c->owner;
    if (--r->n_left == 0) {
        r->all_done = true;
        fiber_wake(r->fiber);
    }
}

static err first_error(const struct run *r)
{
    for (size_t i = 0; i < r->n; i++)
        if (err_failed(r->calls[i].e))
            return FAIL(r->calls[i].e.code, "%s", r->calls[i].error);
    return OK;
}

static YIELDS err run_here(void *arg)
{
    struct run *r = arg;
    r->fiber = fiber_current();
    r->n_left = r->n;
    for (size_t i = 0; i < r->n; i++) {
        r->calls[i].done = on_done;
        r->calls[i].owner = r;
        if (r->calls[i].deadline_ns == 0 && r->deadline_ns != CLOCK_NEVER)
            r->calls[i].deadline_ns = r->deadline_ns;
        cql_call_start(r->cluster, &r->calls[i]);
    }
    err e = r->n ? fiber_park_for(&r->all_done, r->deadline_ns) : OK;
    if (err_failed(e)) {
        for (size_t i = 0; i < r->n; i++)
            cql_call_cancel(&r->calls[i]);
        return e.code == ERR_TIMEOUT ? FAIL(ERR_BUSY, "cql: the database did not answer in time")
                                     : e;
    }
    return first_error(r);
}

YIELDS ERR cql_call_run(struct cql_cluster *cluster, struct cql_call *calls, size_t n,
                        int64_t deadline_ns)
{
    struct run r = {.cluster = cluster, .calls = calls, .n = n, .deadline_ns = deadline_ns};
    return core_current() ? run_here(&r) : core_call(cluster->core, run_here, &r);
}

ERR cql_call_first_row(struct cql_call *c, struct cql_value *v, uint32_t n_columns)
{
    if (c->kind != CQL_RESULT_ROWS || c->result.n_rows == 0)
        return err_plain(ERR_NOT_FOUND);
    if (!cql_rows_next(&c->result, v, n_columns))
        return FAIL(ERR_CORRUPT, "cql: a row has %u columns, expected %u", c->result.n_columns,
                    n_columns);
    return OK;
}
