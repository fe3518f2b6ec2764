/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/cql/fake_node.h"

#include "base/list.h"
#include "base/mem.h"
#include "cql/cql_call.h"
#include "cql/cql_frame.h"
#include "cql/cql_token.h"
#include "rt/clock.h"
#include "rt/core.h"
#include "rt/sock.h"
#include "unit/test.h"

#include <arpa/inet.h>
#include <stdlib.h>

struct conn {
    struct list node;
    struct fake_node *owner;
    struct sock *sock;
    struct buf in;
    struct buf held; /* FAKE_HOLD: answers, each after its length */
    bool wants_events;
    uint32_t shard;
    uint8_t waiting[32768 / 8]; /* streams whose answers are held */
};

static void drop(struct conn *c)
{
    list_unlink(&c->node);
    sock_close(c->sock, 0);
    buf_deinit(&c->in);
    buf_deinit(&c->held);
    free(c);
}

static void put_text(struct buf *b, const char *s)
{
    buf_put_be16(b, (uint16_t)strlen(s));
    buf_put_str(b, s);
}

/* What follows the text says more; bodies as in the protocol's chapter on errors. */
static void put_error(struct buf *out, uint32_t code)
{
    buf_put_be32(out, code);
    put_text(out, "as told");
    switch (code) {
    case CQL_ERROR_UNAVAILABLE: buf_put(out, "\0\4\0\0\0\2\0\0\0\1", 10); break;
    case CQL_ERROR_WRITE_TIMEOUT:
        buf_put(out, "\0\4\0\0\0\1\0\0\0\2", 10);
        put_text(out, "SIMPLE");
        break;
    case CQL_ERROR_READ_TIMEOUT: buf_put(out, "\0\4\0\0\0\1\0\0\0\2\1", 11); break;
    case CQL_ERROR_READ_FAILURE: buf_put(out, "\0\4\0\0\0\1\0\0\0\2\0\0\0\1\1", 15); break;
    case CQL_ERROR_WRITE_FAILURE:
        buf_put(out, "\0\4\0\0\0\1\0\0\0\2\0\0\0\1", 14);
        put_text(out, "BATCH");
        break;
    case CQL_ERROR_FUNCTION_FAILURE:
        put_text(out, "ks");
        put_text(out, "f");
        buf_put_be16(out, 0);
        break;
    case CQL_ERROR_CAS_UNCERTAIN: buf_put(out, "\0\10\0\0\0\1\0\0\0\2", 10); break;
    case CQL_ERROR_EXISTS:
        put_text(out, "ks");
        put_text(out, "t");
        break;
    case CQL_ERROR_UNPREPARED: put_text(out, "id"); break;
    default: break;
    }
}

static void put_address(struct buf *out, const char *address)
{
    uint8_t ip[4];
    inet_pton(AF_INET, address, ip);
    cql_value_put_blob(out, slice_of(ip, 4));
}

/* host_id, dc, rack, release, tokens, address, and what stands last */
static void put_node(struct buf *out, const char *address)
{
    uint8_t id[16] = {0};
    struct buf tokens = {0};
    snprintf((char *)id, 16, "%s", address);
    cql_value_put_blob(out, slice_of(id, 16));
    cql_value_put_blob(out, SLICE_LIT("dc"));
    cql_value_put_blob(out, SLICE_LIT("rack"));
    cql_value_put_blob(out, SLICE_LIT("4.0"));
    buf_put_be32(&tokens, 1);
    cql_value_put_blob(&tokens, slice_str(strlen(address) % 2 ? "0" : "4000000000000000000"));
    cql_value_put_blob(out, buf_slice(&tokens));
    buf_deinit(&tokens);
    put_address(out, address);
}

static void put_rows_head(struct buf *out, uint32_t n_columns, uint32_t n_rows)
{
    buf_put_be32(out, CQL_RESULT_ROWS);
    buf_put_be32(out, 4);
    buf_put_be32(out, n_columns);
    buf_put_be32(out, n_rows);
}

static void answer_query(struct fake_node *n, struct slice text, struct buf *out)
{
    struct buf t = {0};
    buf_put_slice(&t, text);
    buf_put_u8(&t, 0);
    const char *s = (const char *)t.p;
    if (strstr(s, "system.local")) {
        put_rows_head(out, 7, 1);
        put_node(out, n->address);
        cql_value_put_blob(out, SLICE_LIT("fake"));
    } else if (strstr(s, "peers_v2")) {
        uint32_t count = 0;
        while (count < ARRAY_LEN(n->peers) && n->peers[count])
            count++;
        put_rows_head(out, 7, count);
        for (uint32_t i = 0; i < count; i++) {
            put_node(out, n->peers[i]);
            cql_value_put_int(out, n->port);
        }
    } else {
        put_rows_head(out, 1, 0);
    }
    buf_deinit(&t);
}

static bool spend_fault(struct fake_node *n, enum fake_fault fault)
{
    if (n->fault != fault)
        return false;
    if (n->n_faults && --n->n_faults == 0)
        n->fault = FAKE_FINE;
    return true;
}

/* The first value of an EXECUTE: after the statement, consistency, flags, number of values. */
static struct slice key_of(struct slice body)
{
    struct cursor c = cursor_of(body);
    cursor_take(&c, cursor_be16(&c));
    cursor_take(&c, 5);
    return cql_value_get(&c).bytes;
}

static void count_shard(struct conn *c, struct slice key)
{
    struct fake_shards *s = &c->owner->shards;
    if (s->n == 0)
        return;
    s->n_executed[c->shard]++;
    s->n_misplaced += cql_token_shard(cql_token_of(key), s->n, 12) != c->shard;
}

/* The opcode of the answer, whose body is put; -1: none. */
static int answer_execute(struct conn *c, struct slice body, struct buf *out, bool *ret_drop)
{
    struct fake_node *n = c->owner;
    n->n_executed++;
    if (n->fault == FAKE_UNPREPARED && !n->has_forgotten) {
        spend_fault(n, FAKE_UNPREPARED);
        n->has_forgotten = true;
        put_error(out, CQL_ERROR_UNPREPARED);
        return CQL_OP_ERROR;
    }
    static const struct {
        enum fake_fault fault;
        uint32_t code;
    } errors[] = {{FAKE_OVERLOADED, CQL_ERROR_OVERLOADED},
                  {FAKE_INVALID, CQL_ERROR_INVALID},
                  {FAKE_ERROR, UINT32_MAX}};
    for (size_t i = 0; i < ARRAY_LEN(errors); i++)
        if (spend_fault(n, errors[i].fault)) {
            put_error(out, errors[i].code == UINT32_MAX ? n->error_code : errors[i].code);
            return CQL_OP_ERROR;
        }
    if (spend_fault(n, FAKE_CLOSE)) {
        *ret_drop = true;
        return -1;
    }
    struct slice key = key_of(body);
    count_shard(c, key);
    put_rows_head(out, 1, spend_fault(n, FAKE_DAMAGED) ? 9999 : 1);
    cql_value_put_blob(out, key.n > 3 ? key : SLICE_LIT("value"));
    return CQL_OP_RESULT;
}

static void put_option(struct buf *out, const char *name, uint32_t value)
{
    char text[16];
    snprintf(text, sizeof text, "%u", value);
    put_text(out, name);
    buf_put_be16(out, 1);
    put_text(out, text);
}

static void put_options(struct conn *c, struct buf *out)
{
    const struct fake_shards *s = &c->owner->shards;
    if (s->n == 0) {
        buf_put_be16(out, 0);
        return;
    }
    buf_put_be16(out, 6);
    put_option(out, "SCYLLA_SHARD", c->shard);
    put_option(out, "SCYLLA_NR_SHARDS", s->n);
    put_option(out, "SCYLLA_SHARDING_IGNORE_MSB", 12);
    put_option(out, "SCYLLA_SHARD_AWARE_PORT", s->port);
    put_text(out, "SCYLLA_PARTITIONER");
    buf_put_be16(out, 1);
    put_text(out, "org.apache.cassandra.dht.Murmur3Partitioner");
    put_text(out, "SCYLLA_SHARDING_ALGORITHM");
    buf_put_be16(out, 1);
    put_text(out, "biased-token-round-robin");
}

static int answer(struct conn *c, uint8_t opcode, struct slice body, struct buf *out,
                  bool *ret_drop)
{
    struct fake_node *n = c->owner;
    switch (opcode) {
    case CQL_OP_OPTIONS: put_options(c, out); return CQL_OP_SUPPORTED;
    case CQL_OP_STARTUP:
        if (n->wants_login)
            put_text(out, "org.apache.cassandra.auth.PasswordAuthenticator");
        return n->wants_login ? CQL_OP_AUTHENTICATE : CQL_OP_READY;
    case CQL_OP_AUTH_RESPONSE:
        if (n->fault == FAKE_REFUSE_LOGIN ||
            !slice_eq(body, SLICE_LIT("\0\0\0\x0c\0user\0secret"))) {
            put_error(out, CQL_ERROR_CREDENTIALS);
            return CQL_OP_ERROR;
        }
        buf_put_be32(out, UINT32_MAX);
        return CQL_OP_AUTH_SUCCESS;
    case CQL_OP_REGISTER: c->wants_events = true; return CQL_OP_READY;
    case CQL_OP_QUERY:
        answer_query(n, slice_of(body.p + 4, bits_load32(body.p)), out);
        return CQL_OP_RESULT;
    case CQL_OP_PREPARE:
        n->n_prepared++;
        n->has_forgotten = false;
        buf_put_be32(out, CQL_RESULT_PREPARED);
        put_text(out, "id");
        buf_put_be32(out, 0);
        buf_put_be32(out, 1);
        buf_put_be32(out, 0);
        buf_put_be32(out, 4);
        buf_put_be32(out, 1);
        return CQL_OP_RESULT;
    case CQL_OP_EXECUTE: return answer_execute(c, body, out, ret_drop);
    default: return -1;
    }
}

/* False: the connection is gone. */
static bool take(struct conn *c, struct slice frame)
{
    struct buf out = {0};
    struct fake_node *n = c->owner;
    bool gone = false, is_execute = frame.p[4] == CQL_OP_EXECUTE;
    size_t at = cql_frame_begin(&out, 0x84, 0);
    int opcode = answer(c, frame.p[4], slice_from(frame, CQL_FRAME_HEADER_BYTES), &out, &gone);
    out.p[4] = (uint8_t)opcode;
    cql_frame_end(&out, at);
    cql_frame_set_stream(out.p, (int16_t)bits_load16(frame.p + 2));
    if (is_execute && spend_fault(n, FAKE_WRONG_STREAM))
        cql_frame_set_stream(out.p, 77);
    if (is_execute && spend_fault(n, FAKE_GARBAGE))
        memset(out.p, 'x', out.n);
    if (is_execute && spend_fault(n, FAKE_ENDLESS))
        bits_store32(out.p + 5, 200u << 20);
    uint16_t stream = bits_load16(frame.p + 2);
    if (c->waiting[stream / 8] >> stream % 8 & 1)
        n->n_reused++;
    if (is_execute && n->fault == FAKE_HOLD) {
        c->waiting[stream / 8] |= (uint8_t)(1 << stream % 8);
        buf_put_slice(&c->held, buf_slice(&out));
        buf_put_be32(&c->held, (uint32_t)out.n);
        n->n_held++;
    } else if (opcode >= 0 && n->fault != FAKE_SILENT) {
        err_ignore(sock_write(c->sock, buf_slice(&out))); /* the peer may be gone */
    }
    buf_deinit(&out);
    if (gone)
        drop(c);
    return !gone;
}

static void on_data(void *arg, struct slice data)
{
    struct conn *c = arg;
    buf_put_slice(&c->in, data);
    while (c->in.n >= CQL_FRAME_HEADER_BYTES) {
        size_t n = CQL_FRAME_HEADER_BYTES + bits_load32(c->in.p + 5);
        if (c->in.n < n)
            break;
        if (!take(c, slice_of(c->in.p, n)))
            return;
        buf_consume(&c->in, n);
    }
}

static void on_end(void *arg, err e)
{
    drop(arg);
}

static void on_drain(void *arg)
{
}

static const struct sock_handler handler = {on_data, on_end, on_drain};

static struct conn *add_conn(struct fake_node *n, struct sock *s)
{
    struct conn *c = xcalloc(1, sizeof *c);
    c->owner = n;
    c->sock = s;
    n->n_connections++;
    list_push_back(&n->conns, &c->node);
    sock_set_handler(s, &handler, c);
    return c;
}

static void on_accept(void *arg, struct sock *s, const char *peer_ip)
{
    struct fake_node *n = arg;
    struct conn *c = add_conn(n, s);
    if (n->shards.n)
        n->shards.n_connections[c->shard = n->shards.next++ % n->shards.n]++;
}

static void on_accept_for_shard(void *arg, struct sock *s, const char *peer_ip)
{
    struct fake_node *n = arg;
    struct conn *c = add_conn(n, s);
    uint32_t port = (uint32_t)strtoul(strrchr(sock_name(s), ':') + 1, NULL, 10);
    c->shard = (port + n->shards.translates) % n->shards.n;
    n->shards.n_connections[c->shard]++;
}

static void listen_for_shards(struct fake_node *n)
{
    struct core *core = core_current();
    ASSERT_OK(sock_listen(&(struct sock_listen_opts){.ip = n->address,
                                                     .cores = &core,
                                                     .n_cores = 1,
                                                     .on_accept = on_accept_for_shard,
                                                     .arg = n},
                          &n->shards.listener));
    n->shards.port = sock_listener_port(n->shards.listener);
    if (n->shards.closed)
        n->shards.listener = sock_listener_close(n->shards.listener);
}

void fake_node_release(struct fake_node *n)
{
    n->fault = FAKE_FINE;
    n->n_held = 0;
    LIST_EACH(it, &n->conns)
    {
        struct conn *c = LIST_ENTRY(it, struct conn, node);
        while (c->held.n) {
            uint32_t length = bits_load32(c->held.p + c->held.n - 4);
            const uint8_t *p = c->held.p + c->held.n - 4 - length;
            uint16_t stream = bits_load16(p + 2);
            c->waiting[stream / 8] &= (uint8_t) ~(1 << stream % 8);
            ASSERT_OK(sock_write(c->sock, slice_of(p, length)));
            c->held.n -= 4 + length;
        }
    }
}

void fake_node_event(struct fake_node *n)
{
    LIST_EACH(it, &n->conns)
    {
        struct conn *c = LIST_ENTRY(it, struct conn, node);
        CLEANUP(buf_deinit) struct buf out = {0};
        if (!c->wants_events)
            continue;
        size_t at = cql_frame_begin(&out, 0x84, CQL_OP_EVENT);
        put_text(&out, "TOPOLOGY_CHANGE");
        put_text(&out, "NEW_NODE");
        buf_put(&out, "\4\177\0\0\1\0\0\0\1", 9);
        cql_frame_end(&out, at);
        cql_frame_set_stream(out.p, -1);
        err_ignore(sock_write(c->sock, buf_slice(&out))); /* the peer may be gone */
    }
}

void fake_node_start(struct fake_node *n, const char *address, uint16_t port)
{
    struct core *core = core_current();
    if (address != n->address)
        snprintf(n->address, sizeof n->address, "%s", address);
    list_init(&n->conns);
    ASSERT_OK(sock_listen(&(struct sock_listen_opts){.ip = n->address,
                                                     .port = port,
                                                     .cores = &core,
                                                     .n_cores = 1,
                                                     .on_accept = on_accept,
                                                     .arg = n},
                          &n->listener));
    n->port = sock_listener_port(n->listener);
    if (n->shards.n)
        listen_for_shards(n);
}

void fake_node_kill(struct fake_node *n)
{
    n->listener = sock_listener_close(n->listener);
    if (n->shards.listener)
        n->shards.listener = sock_listener_close(n->shards.listener);
    LIST_EACH(it, &n->conns)
    {
        drop(LIST_ENTRY(it, struct conn, node));
    }
}

static void open_cluster(struct fake_cluster *f, struct cql_cluster_opts opts)
{
    static const char *const statements[] = {"SELECT v FROM t WHERE k = ?"};
    opts.contact_points = "127.0.0.1";
    opts.port = f->nodes[0].port;
    opts.keyspace = "ks";
    opts.statements = statements;
    opts.n_statements = 1;
    ASSERT_OK(cql_cluster_open(&opts, &f->cluster));
}

void fake_cluster_start(struct fake_cluster *f, struct cql_cluster_opts opts)
{
    fake_node_start(&f->nodes[0], "127.0.0.1", 0);
    fake_node_start(&f->nodes[1], "127.0.0.12", f->nodes[0].port);
    f->nodes[0].peers[0] = f->nodes[1].address;
    f->nodes[1].peers[0] = f->nodes[0].address;
    open_cluster(f, opts);
}

void fake_cluster_start_one(struct fake_cluster *f, struct cql_cluster_opts opts)
{
    fake_node_start(&f->nodes[0], "127.0.0.1", 0);
    open_cluster(f, opts);
}

void fake_cluster_stop(struct fake_cluster *f)
{
    cql_cluster_close(f->cluster);
    for (int i = 0; i < 2; i++)
        if (f->nodes[i].listener)
            fake_node_kill(&f->nodes[i]);
}

err fake_cluster_read(struct fake_cluster *f, int64_t ms)
{
    CLEANUP(buf_deinit) struct buf values = {0};
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct cql_value v;
    cql_value_put_blob(&values, SLICE_LIT("key"));
    struct cql_call call = {.stmt = 1,
                            .n_values = 1,
                            .values = buf_slice(&values),
                            .key = SLICE_LIT("key"),
                            .arena = a};
    TRY(cql_call_run(f->cluster, &call, 1, clock_now_ns() + ms * CLOCK_MS));
    ASSERT_OK(cql_call_first_row(&call, &v, 1));
    ASSERT_SLICE("value", v.bytes);
    return OK;
}
