/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/cql/fake_node.h"

#include "base/list.h"
#include "base/mem.h"
#include "cql/cql_call.h"
#include "cql/cql_frame.h"
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
};

static void drop(struct conn *c)
{
    list_unlink(&c->node);
    sock_close(c->sock, 0);
    buf_deinit(&c->in);
    free(c);
}

static void put_text(struct buf *b, const char *s)
{
    buf_put_be16(b, (uint16_t)strlen(s));
    buf_put_str(b, s);
}

static void put_error(struct buf *out, uint32_t code)
{
    buf_put_be32(out, code);
    put_text(out, "as told");
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
    if (spend_fault(n, FAKE_OVERLOADED)) {
        put_error(out, CQL_ERROR_OVERLOADED);
        return CQL_OP_ERROR;
    }
    if (spend_fault(n, FAKE_INVALID)) {
        put_error(out, CQL_ERROR_INVALID);
        return CQL_OP_ERROR;
    }
    if (spend_fault(n, FAKE_CLOSE)) {
        *ret_drop = true;
        return -1;
    }
    put_rows_head(out, 1, 1);
    cql_value_put_blob(out, SLICE_LIT("value"));
    return CQL_OP_RESULT;
}

static int answer(struct conn *c, uint8_t opcode, struct slice body, struct buf *out,
                  bool *ret_drop)
{
    struct fake_node *n = c->owner;
    switch (opcode) {
    case CQL_OP_OPTIONS: buf_put_be16(out, 0); return CQL_OP_SUPPORTED;
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
    case CQL_OP_REGISTER: return CQL_OP_READY;
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
    if (opcode >= 0 && n->fault != FAKE_SILENT)
        ASSERT_OK(sock_write(c->sock, buf_slice(&out)));
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

static void on_accept(void *arg, struct sock *s, const char *peer_ip)
{
    struct conn *c = xcalloc(1, sizeof *c);
    c->owner = arg;
    c->sock = s;
    c->owner->n_connections++;
    list_push_back(&c->owner->conns, &c->node);
    sock_set_handler(s, &handler, c);
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
}

void fake_node_kill(struct fake_node *n)
{
    n->listener = sock_listener_close(n->listener);
    LIST_EACH(it, &n->conns)
    {
        drop(LIST_ENTRY(it, struct conn, node));
    }
}

void fake_cluster_start(struct fake_cluster *f, struct cql_cluster_opts opts)
{
    static const char *const statements[] = {"SELECT v FROM t WHERE k = ?"};
    fake_node_start(&f->nodes[0], "127.0.0.1", 0);
    fake_node_start(&f->nodes[1], "127.0.0.12", f->nodes[0].port);
    f->nodes[0].peers[0] = f->nodes[1].address;
    f->nodes[1].peers[0] = f->nodes[0].address;
    opts.contact_points = "127.0.0.1";
    opts.port = f->nodes[0].port;
    opts.keyspace = "ks";
    opts.statements = statements;
    opts.n_statements = 1;
    ASSERT_OK(cql_cluster_open(&opts, &f->cluster));
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
