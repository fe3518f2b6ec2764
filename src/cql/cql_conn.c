/* SPDX-License-Identifier: Apache-2.0 */
#include "cql/cql_conn.h"

#include "base/mem.h"
#include "base/table.h"
#include "net/tls.h"
#include "rt/clock.h"
#include "rt/fiber.h"
#include "rt/sock.h"

#include <stdlib.h>

#define MAX_STREAMS 32768u
#define MAX_FRAME_BYTES ((size_t)256 << 20) /* the protocol's own bound */
#define READ_BYTES 65536
#define TICK_NS (500 * CLOCK_MS)
#define SILENCE_NS (2 * CLOCK_S)
#define IDLE_NS (30 * CLOCK_S)
/* The writer waits for the kernel above this: requests then gather here, where they can still be
 * forgotten. */
#define QUEUED_BYTES ((size_t)4 << 20)

/* Of which one is chosen that belongs to a shard: those that no service has. */
#define FIRST_OWN_PORT 49152u
#define LAST_OWN_PORT 65535u

struct slot {
    struct cql_pending *pending; /* NULL: forgotten */
    uint32_t next_free;
};

struct cql_conn {
    struct cql_conn_opts opts;
    struct sock *sock;
    struct cql_decoder decoder;
    struct cql_message_supported supported;
    uint8_t version;
    bool lz4;
    bool segmented;
    bool ended;
    struct buf out; /* finished frames */

    struct slot *slots; /* by stream id */
    uint32_t n_slots;
    uint32_t first_free; /* n_slots = none */
    uint32_t n_in_flight;
    struct list pending; /* oldest first */

    int64_t last_read_ns, last_frame_ns, checked_ns;
    struct cql_pending ping;
    int64_t pinged_ns;

    struct fiber_cond has_output;
    struct fiber_group writer;
    err write_error;
};

uint8_t cql_conn_version(const struct cql_conn *c)
{
    return c->version;
}

const struct cql_message_supported *cql_conn_supported(const struct cql_conn *c)
{
    return &c->supported;
}

uint32_t cql_conn_in_flight(const struct cql_conn *c)
{
    return c->n_in_flight;
}

static uint32_t max_streams(const struct cql_conn *c)
{
    return c->opts.max_streams ? MIN(c->opts.max_streams, MAX_STREAMS) : MAX_STREAMS;
}

bool cql_conn_usable(const struct cql_conn *c)
{
    return !c->ended && c->n_in_flight < max_streams(c);
}

struct buf *cql_conn_out(struct cql_conn *c)
{
    return &c->out;
}

/* Streams. */

static void add_slots(struct cql_conn *c)
{
    uint32_t n = MIN(c->n_slots ? 2 * c->n_slots : 128u, max_streams(c));
    c->slots = xrealloc(c->slots, n * sizeof *c->slots);
    for (uint32_t i = c->n_slots; i < n; i++)
        c->slots[i] = (struct slot){.next_free = i + 1};
    c->first_free = c->n_slots;
    c->n_slots = n;
}

static uint32_t take_stream(struct cql_conn *c, struct cql_pending *p)
{
    if (c->first_free == c->n_slots)
        add_slots(c);
    uint32_t stream = c->first_free;
    c->first_free = c->slots[stream].next_free;
    c->slots[stream] = (struct slot){p, UINT32_MAX};
    c->n_in_flight++;
    return stream;
}

void cql_conn_send(struct cql_conn *c, struct cql_pending *p, size_t at)
{
    p->conn = c;
    p->sent_ns = clock_now_ns();
    p->stream = take_stream(c, p);
    list_push_back(&c->pending, &p->node);
    cql_frame_set_stream(c->out.p + at, (int16_t)p->stream);
    fiber_cond_signal(&c->has_output);
}

void cql_conn_forget(struct cql_pending *p)
{
    if (!p->conn)
        return;
    p->conn->slots[p->stream].pending = NULL;
    list_unlink(&p->node);
    p->conn = NULL;
}

/* False: no such request. */
static bool deliver(struct cql_conn *c, const struct cql_frame *f)
{
    uint32_t stream = (uint16_t)f->stream;
    if (stream >= c->n_slots || c->slots[stream].next_free != UINT32_MAX)
        return false;
    struct cql_pending *p = c->slots[stream].pending;
    c->slots[stream] = (struct slot){NULL, c->first_free};
    c->first_free = stream;
    c->n_in_flight--;
    if (p) {
        list_unlink(&p->node);
        p->conn = NULL;
        p->on_reply(p, f);
    }
    return true;
}

static void drop_pending(struct cql_conn *c)
{
    for (struct list *node; (node = list_pop_front(&c->pending)) != NULL;) {
        struct cql_pending *p = LIST_ENTRY(node, struct cql_pending, node);
        p->conn = NULL;
        p->on_reply(p, NULL);
    }
}

/* Output. */

static err flush_out(struct cql_conn *c)
{
    struct buf wire = {0};
    if (c->segmented) {
        cql_frame_segments(&wire, buf_slice(&c->out), c->lz4);
    } else if (c->lz4) {
        for (struct slice rest = buf_slice(&c->out); rest.n;) {
            size_t n = CQL_FRAME_HEADER_BYTES + bits_load32(rest.p + 5);
            cql_frame_compress(&wire, slice_of(rest.p, n));
            rest = slice_from(rest, n);
        }
    } else {
        buf_put_slice(&wire, buf_slice(&c->out));
    }
    buf_clear(&c->out);
    if (c->out.cap > QUEUED_BYTES)
        buf_deinit(&c->out);
    err e = sock_write_buf(c->sock, &wire);
    buf_deinit(&wire);
    return e;
}

static YIELDS err write_all(struct cql_conn *c)
{
    for (;;) {
        while (c->out.n == 0)
            TRY(fiber_cond_wait(&c->has_output, CLOCK_NEVER));
        TRY(flush_out(c));
        if (sock_queued(c->sock) > QUEUED_BYTES)
            TRY(sock_flush(c->sock, CLOCK_NEVER));
    }
}

static void writer(void *arg)
{
    struct cql_conn *c = arg;
    c->write_error = write_all(c); /* the reader finds the end of the connection by itself */
}

/* Input. */

static YIELDS err read_some(struct cql_conn *c, int64_t deadline_ns)
{
    size_t n;
    uint8_t *p = cql_decoder_reserve(&c->decoder, READ_BYTES);
    TRY(sock_read(c->sock, p, READ_BYTES, deadline_ns, &n));
    if (n == 0)
        return FAIL(ERR_CLOSED, "cql: %s: the node closed the connection", c->opts.host);
    cql_decoder_advance(&c->decoder, n);
    c->last_read_ns = clock_now_ns();
    return OK;
}

static err take_frames(struct cql_conn *c)
{
    for (;;) {
        struct cql_frame f;
        bool have;
        TRY(cql_decoder_next(&c->decoder, &f, &have));
        if (!have)
            return OK;
        c->last_frame_ns = c->last_read_ns;
        if (f.stream < 0) {
            if (c->opts.on_event && f.opcode == CQL_OP_EVENT)
                c->opts.on_event(c->opts.arg, &f);
        } else if (!deliver(c, &f)) {
            return FAIL(ERR_PROTOCOL, "cql: %s: answer to a request that was not made",
                        c->opts.host);
        }
    }
}

static void on_pong(struct cql_pending *p, const struct cql_frame *reply)
{
}

static void ping(struct cql_conn *c)
{
    if (c->ping.conn || !cql_conn_usable(c))
        return;
    size_t at = c->out.n;
    cql_message_put_options(&c->out, c->version);
    c->ping.on_reply = on_pong;
    c->pinged_ns = clock_now_ns();
    cql_conn_send(c, &c->ping, at);
}

/* A node that was stopped, or a cut cable, sends nothing, not even an end. A length that was
 * damaged on the way swallows all answers. */
static err check_silence(struct cql_conn *c, int64_t now)
{
    int64_t silence = c->opts.silence_ns ? c->opts.silence_ns : SILENCE_NS;
    if (c->ping.conn && now - MAX(c->last_read_ns, c->pinged_ns) > silence / 2)
        return FAIL(ERR_TIMEOUT, "cql: %s: no sign of life for %lld ms", c->opts.host,
                    (long long)((now - c->last_read_ns) / CLOCK_MS));
    if (c->ping.conn && now - MAX(c->last_frame_ns, c->pinged_ns) > 5 * silence)
        return FAIL(ERR_PROTOCOL, "cql: %s: an answer that does not end", c->opts.host);
    int64_t oldest = list_empty(&c->pending)
                         ? INT64_MAX
                         : LIST_ENTRY(c->pending.next, struct cql_pending, node)->sent_ns;
    if (now - c->last_frame_ns > IDLE_NS || now - MAX(c->last_frame_ns, oldest) > silence)
        ping(c);
    return OK;
}

static YIELDS err read_all(struct cql_conn *c)
{
    for (;;) {
        TRY(take_frames(c));
        err e = read_some(c, clock_now_ns() + TICK_NS);
        if (err_failed(e) && e.code != ERR_TIMEOUT)
            return e;
        int64_t now = clock_now_ns();
        if (now - c->checked_ns >= TICK_NS) {
            c->checked_ns = now;
            TRY(check_silence(c, now));
        }
    }
}

YIELDS ERR cql_conn_run(struct cql_conn *c)
{
    fiber_group_spawn(&c->writer, "cql writer", writer, c);
    err e = read_all(c);
    c->ended = true;
    char text[240];
    snprintf(text, sizeof text, "%s", err_text());
    fiber_group_cancel(&c->writer);
    c->sock = sock_close(c->sock, 0);
    drop_pending(c);
    return FAIL(e.code, "%s", text);
}

/* Handshake: one request, one answer. */

static YIELDS err exchange(struct cql_conn *c, int64_t deadline_ns, struct cql_frame *ret)
{
    bool have = false;
    TRY(flush_out(c));
    for (;;) {
        TRY(cql_decoder_next(&c->decoder, ret, &have));
        if (have)
            break;
        TRY(read_some(c, deadline_ns));
    }
    struct cql_message_error failure;
    if (ret->opcode == CQL_OP_ERROR && cql_message_get_error(ret->body, &failure))
        return FAIL(ERR_STATUS, "cql: %s: %s: %.*s", c->opts.host,
                    cql_message_error_name(failure.code), SLICE_FMT(failure.text));
    return OK;
}

static err unexpected(const struct cql_conn *c, const struct cql_frame *f)
{
    return FAIL(ERR_PROTOCOL, "cql: %s: unexpected answer %02x in the handshake", c->opts.host,
                f->opcode);
}

static YIELDS err authenticate(struct cql_conn *c, int64_t deadline_ns)
{
    struct cql_frame f;
    if (!c->opts.user || !c->opts.password)
        return FAIL(ERR_STATUS,
                    "cql: %s: the node wants a login: set database.cassandra.username and password",
                    c->opts.host);
    cql_message_put_auth(&c->out, c->version, c->opts.user, c->opts.password);
    err e = exchange(c, deadline_ns, &f);
    if (e.code == ERR_STATUS)
        return FAIL(e.code, "%.160s (database.cassandra.username and password)", err_text());
    TRY(e);
    return f.opcode == CQL_OP_AUTH_SUCCESS ? OK : unexpected(c, &f);
}

static YIELDS err ask_options(struct cql_conn *c, int64_t deadline_ns)
{
    struct cql_frame f;
    c->version = 4;
    cql_message_put_options(&c->out, 4);
    err e = exchange(c, deadline_ns, &f);
    if (!c->opts.tls && (e.code == ERR_IO || e.code == ERR_CLOSED))
        return FAIL(e.code,
                    "cql: %s: the node ended the connection without a word: does it want TLS "
                    "(database.cassandra.certfile)?",
                    c->opts.host);
    TRY(e);
    if (f.opcode != CQL_OP_SUPPORTED || !cql_message_get_supported(f.body, &c->supported))
        return unexpected(c, &f);
    if (c->supported.has_v5 && c->opts.max_version != 4)
        c->version = 5;
    return OK;
}

static YIELDS err start_up(struct cql_conn *c, int64_t deadline_ns)
{
    struct cql_frame f;
    bool lz4 = c->opts.lz4 && c->supported.has_lz4;
    cql_message_put_startup(&c->out, c->version, lz4);
    c->decoder.lz4 = lz4; /* from its answer on */
    TRY(exchange(c, deadline_ns, &f));
    uint8_t opcode = f.opcode;
    if (opcode != CQL_OP_READY && opcode != CQL_OP_AUTHENTICATE)
        return unexpected(c, &f);
    c->lz4 = lz4;
    if (c->version >= 5) {
        c->segmented = true;
        cql_decoder_set_segmented(&c->decoder);
    }
    return opcode == CQL_OP_AUTHENTICATE ? authenticate(c, deadline_ns) : OK;
}

static YIELDS err ask_events(struct cql_conn *c, int64_t deadline_ns)
{
    struct cql_frame f;
    if (!c->opts.on_event)
        return OK;
    cql_message_put_register(&c->out, c->version);
    TRY(exchange(c, deadline_ns, &f));
    return f.opcode == CQL_OP_READY ? OK : unexpected(c, &f);
}

/* Scylla gives a connection to the shard that is our port modulo their number. */
static YIELDS err connect_to_shard(const struct cql_conn_opts *o, int64_t deadline_ns,
                                   struct sock **ret)
{
    uint32_t n_ports = (LAST_OWN_PORT - FIRST_OWN_PORT) / o->n_shards;
    uint32_t first = FIRST_OWN_PORT + o->n_shards - FIRST_OWN_PORT % o->n_shards + o->shard;
    uint64_t at = table_seed() ^ (uint64_t)clock_now_ns() / 1000;
    err e = OK;
    for (uint32_t i = 0; i < n_ports; i++) {
        uint32_t from = first + (uint32_t)((at + i) % n_ports) * o->n_shards;
        if (from > LAST_OWN_PORT)
            from -= o->n_shards;
        e = sock_connect_from(o->host, o->shard_port, (uint16_t)from, deadline_ns, ret);
        if (e.code != ERR_EXISTS)
            return e;
    }
    return FAIL(ERR_IO, "cql: %s: no port of ours is free for shard %u", o->host, o->shard);
}

YIELDS ERR cql_conn_open(const struct cql_conn_opts *opts, int64_t deadline_ns,
                         struct cql_conn **ret)
{
    struct sock *s;
    if (opts->shard_port)
        TRY(connect_to_shard(opts, deadline_ns, &s));
    else
        TRY(sock_connect(opts->host, opts->port, deadline_ns, &s));
    struct cql_conn *c = xcalloc(1, sizeof *c);
    c->opts = *opts;
    c->sock = s;
    cql_decoder_init(&c->decoder, MAX_FRAME_BYTES);
    list_init(&c->pending);
    fiber_cond_init(&c->has_output);
    fiber_group_init(&c->writer);
    c->last_read_ns = c->last_frame_ns = clock_now_ns();
    err e = opts->tls ? tls_connect(opts->tls, s, opts->host, deadline_ns) : OK;
    if (err_failed(e) && e.code != ERR_CANCELLED)
        e = FAIL(e.code,
                 "cql: %s: %.140s: does the node want TLS, and is it signed by a certificate in "
                 "database.cassandra.certfile?",
                 opts->host, err_text());
    if (!err_failed(e))
        e = ask_options(c, deadline_ns);
    if (!err_failed(e))
        e = start_up(c, deadline_ns);
    if (!err_failed(e))
        e = ask_events(c, deadline_ns);
    if (err_failed(e)) {
        cql_conn_free(c);
        return e;
    }
    *ret = c;
    return OK;
}

YIELDS struct cql_conn *cql_conn_free(struct cql_conn *c)
{
    if (!c)
        return NULL;
    c->ended = true;
    fiber_group_cancel(&c->writer);
    c->sock = sock_close(c->sock, 0);
    drop_pending(c);
    cql_decoder_deinit(&c->decoder);
    buf_deinit(&c->out);
    free(c->slots);
    free(c);
    return NULL;
}

/* One request and its answer, for a fiber. */

struct waiting {
    struct cql_pending pending;
    struct fiber *fiber;
    struct arena *arena;
    struct slice body;
    const char *host;
    uint32_t code;
    err e;
    bool done;
    char text[240];
};

static void on_reply(struct cql_pending *p, const struct cql_frame *f)
{
    struct waiting *w = container_of(p, struct waiting, pending);
    struct cql_message_error failure;
    w->done = true;
    fiber_wake(w->fiber);
    if (!f) {
        w->e = (err){ERR_CLOSED};
        snprintf(w->text, sizeof w->text, "cql: %s: the connection ended", w->host);
    } else if (f->opcode == CQL_OP_ERROR && cql_message_get_error(f->body, &failure)) {
        w->e = (err){ERR_STATUS};
        w->code = failure.code;
        snprintf(w->text, sizeof w->text, "cql: %s: %s: %.*s", w->host,
                 cql_message_error_name(failure.code), (int)MIN(failure.text.n, (size_t)180),
                 (const char *)failure.text.p);
    } else {
        w->body = arena_dup(w->arena, f->body);
    }
}

YIELDS ERR cql_conn_request(struct cql_conn *c, struct slice frame, int64_t deadline_ns,
                            struct arena *a, struct slice *ret_body, uint32_t *ret_code)
{
    struct waiting w = {
        .pending.on_reply = on_reply, .fiber = fiber_current(), .arena = a, .host = c->opts.host};
    if (!cql_conn_usable(c))
        return FAIL(ERR_CLOSED, "cql: %s: the connection ended", c->opts.host);
    size_t at = c->out.n;
    buf_put_slice(&c->out, frame);
    cql_conn_send(c, &w.pending, at);
    err e = fiber_park_for(&w.done, deadline_ns);
    cql_conn_forget(&w.pending);
    TRY(e);
    if (ret_code)
        *ret_code = w.code;
    if (err_failed(w.e))
        return FAIL(w.e.code, "%s", w.text);
    *ret_body = w.body;
    return OK;
}
