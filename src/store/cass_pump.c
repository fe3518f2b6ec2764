/* SPDX-License-Identifier: Apache-2.0 */
/* Writes: sent without waiting for each other, a bounded number in flight, each repeated until it
 * is done or the time for it is up. */
#include "base/mem.h"
#include "store/cass_impl.h"

#include <stdlib.h>

/* A statement and all it points to, in one piece of memory. */
struct put {
    struct cql_call call;
    struct cass_pump *pump;
    uint8_t bytes[];
};

void cass_pump_init(struct cass_pump *p, struct cass *c)
{
    *p = (struct cass_pump){.c = c};
    fiber_cond_init(&p->changed);
}

void cass_pump_deinit(struct cass_pump *p)
{
    buf_deinit(&p->scratch);
}

struct buf *cass_pump_values(struct cass_pump *p)
{
    buf_clear(&p->scratch);
    return &p->scratch;
}

static void done(struct cql_call *call)
{
    struct put *put = container_of(call, struct put, call);
    struct cass_pump *p = put->pump;
    if (err_failed(call->e) && !p->has_failed) {
        p->has_failed = true;
        p->e = call->e;
        snprintf(p->text, sizeof p->text, "%s", call->error);
    }
    p->n_outstanding--;
    fiber_cond_broadcast(&p->changed);
    free(put);
}

/* What was sent is waited for even when nobody wants it any more: it uses the pump. It ends by its
 * own deadlines. */
static YIELDS void wait_below(struct cass_pump *p, uint32_t n)
{
    while (p->n_outstanding >= n)
        if (fiber_cond_wait(&p->changed, CLOCK_NEVER).code == ERR_CANCELLED &&
            p->n_outstanding >= n)
            err_ignore(fiber_sleep_until(clock_now_ns() +
                                         CLOCK_MS)); /* cancelled: looks again and again */
}

static struct put *put_new(struct cass_pump *p, size_t n_bytes)
{
    struct put *put = xmalloc(sizeof *put + n_bytes);
    memset(put, 0, sizeof *put);
    put->pump = p;
    put->call.is_write = true;
    put->call.patient = true;
    put->call.done = done;
    put->call.params.consistency = p->c->write_consistency;
    put->call.deadline_ns = clock_now_ns() + p->c->write_timeout_ns;
    return put;
}

static YIELDS void start(struct cass_pump *p, struct put *put)
{
    wait_below(p, p->c->max_writes);
    p->n_outstanding++;
    cql_call_start(p->c->cluster, &put->call);
}

YIELDS void cass_pump_send(struct cass_pump *p, enum cass_statement stmt, uint16_t n_values,
                           struct slice key)
{
    struct put *put = put_new(p, p->scratch.n + key.n);
    memcpy(put->bytes, p->scratch.p, p->scratch.n);
    memcpy(put->bytes + p->scratch.n, key.p, key.n);
    put->call.stmt = stmt;
    put->call.n_values = n_values;
    put->call.values = slice_of(put->bytes, p->scratch.n);
    put->call.key = slice_of(put->bytes + p->scratch.n, key.n);
    start(p, put);
}

YIELDS ERR cass_pump_wait(struct cass_pump *p)
{
    wait_below(p, 1);
    bool failed = p->has_failed;
    p->has_failed = false;
    return failed ? FAIL(p->e.code, "%s", p->text) : OK;
}

struct buf *cass_batch_values(struct cass_batch *b)
{
    return &b->values;
}

static YIELDS void send_batch(struct cass_batch *b)
{
    struct cass_pump *p = b->pump;
    size_t rows_bytes = b->n * sizeof(struct cql_call_row);
    struct put *put = put_new(p, rows_bytes + b->values.n + b->key_bytes);
    struct cql_call_row *rows = (struct cql_call_row *)(void *)put->bytes;
    uint8_t *values = put->bytes + rows_bytes;
    memcpy(values, b->values.p, b->values.n);
    memcpy(values + b->values.n, b->key, b->key_bytes);
    for (uint32_t i = 0; i < b->n; i++) {
        size_t begin = i ? b->rows[i - 1].end : 0;
        rows[i] = (struct cql_call_row){b->rows[i].stmt, b->rows[i].n_values,
                                        slice_of(values + begin, b->rows[i].end - begin)};
    }
    put->call.rows = rows;
    put->call.n_rows = (uint16_t)b->n;
    put->call.key = slice_of(values + b->values.n, b->key_bytes);
    b->n = 0;
    buf_clear(&b->values);
    start(p, put);
}

YIELDS void cass_batch_add(struct cass_batch *b, enum cass_statement stmt, uint16_t n_values,
                           struct slice key)
{
    if (b->n == 0 && key.n <= sizeof b->key) {
        memcpy(b->key, key.p, key.n);
        b->key_bytes = (uint32_t)key.n;
    }
    b->rows[b->n].stmt = stmt;
    b->rows[b->n].n_values = n_values;
    b->rows[b->n++].end = b->values.n;
    if (b->n == MIN(b->pump->c->batch_size, (uint32_t)ARRAY_LEN(b->rows)))
        send_batch(b);
}

YIELDS void cass_batch_end(struct cass_batch *b)
{
    if (b->n)
        send_batch(b);
    buf_deinit(&b->values);
}
