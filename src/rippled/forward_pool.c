/* SPDX-License-Identifier: Apache-2.0 */
#include "rippled/forward_pool.h"

#include "base/mem.h"
#include "net/ws_client.h"
#include "rt/clock.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

static void sweep(struct timer *t);

void forward_pool_init(struct forward_pool *p)
{
    list_init(&p->conns);
    p->n = 0;
    fiber_cond_init(&p->freed);
    timer_init(&p->sweep, sweep);
}

static void drop(struct forward_pool *p, struct forward_pool_conn *c)
{
    list_unlink(&c->link);
    p->n--;
    ws_client_free(c->ws);
    free(c);
    /* all of them: whom it suits depends on their keys */
    fiber_cond_broadcast(&p->freed);
}

void forward_pool_deinit(struct forward_pool *p)
{
    timer_stop(&p->sweep);
    LIST_EACH(it, &p->conns)
    {
        struct forward_pool_conn *c = LIST_ENTRY(it, struct forward_pool_conn, link);
        assert(c->is_idle);
        drop(p, c);
    }
}

/* Close what nobody wanted for too long; the oldest come first. */
static void sweep(struct timer *t)
{
    struct forward_pool *p = container_of(t, struct forward_pool, sweep);
    int64_t now = clock_now_ns();
    LIST_EACH(it, &p->conns)
    {
        struct forward_pool_conn *c = LIST_ENTRY(it, struct forward_pool_conn, link);
        if (!c->is_idle)
            continue;
        if (c->idle_since_ns + p->idle_timeout_ns > now) {
            timer_start(t, c->idle_since_ns + p->idle_timeout_ns);
            return;
        }
        drop(p, c);
    }
}

static bool same_key(const struct forward_pool_key *a, const struct forward_pool_key *b)
{
    return a->source == b->source && a->admin == b->admin && !strcmp(a->client_ip, b->client_ip);
}

/* The idle connection of this key used last (its peer is least likely to have closed it), and how
 * many there are. */
static struct forward_pool_conn *find(struct forward_pool *p, const struct forward_pool_key *key,
                                      uint32_t *ret_n)
{
    struct forward_pool_conn *found = NULL;
    *ret_n = 0;
    LIST_EACH(it, &p->conns)
    {
        struct forward_pool_conn *c = LIST_ENTRY(it, struct forward_pool_conn, link);
        if (!same_key(&c->key, key))
            continue;
        (*ret_n)++;
        if (c->is_idle)
            found = c;
    }
    return found;
}

static struct forward_pool_conn *oldest_idle(struct forward_pool *p)
{
    LIST_EACH(it, &p->conns)
    {
        struct forward_pool_conn *c = LIST_ENTRY(it, struct forward_pool_conn, link);
        if (c->is_idle)
            return c;
    }
    return NULL;
}

/* A connection on which something came unasked, or that was closed, is of no use any more. */
static YIELDS bool is_quiet(struct forward_pool_conn *c)
{
    CLEANUP(buf_deinit) struct buf unasked = {0};
    err e = ws_client_read(c->ws, clock_now_ns(), &unasked, NULL);
    return e.code == ERR_TIMEOUT && ws_client_close_code(c->ws) == 0;
}

/* The address comes from a socket or a trusted proxy; still nothing but an address may enter the
 * header. */
static bool is_address(const char *ip)
{
    return ip[0] && strspn(ip, "0123456789abcdefABCDEF:.") == strlen(ip);
}

void forward_pool_headers(const char *client_ip, bool admin, char ret[FORWARD_POOL_HEADERS_MAX])
{
    char forwarded[FORWARD_POOL_IP_MAX + 32] = "";
    if (is_address(client_ip)) {
        /* RFC 7239: an IPv6 address stands in brackets and quotes */
        bool v6 = strchr(client_ip, ':') != NULL;
        snprintf(forwarded, sizeof(forwarded), "Forwarded: for=%s%s%s\r\n", v6 ? "\"[" : "",
                 client_ip, v6 ? "]\"" : "");
    }
    snprintf(ret, FORWARD_POOL_HEADERS_MAX, "User-Agent: kleio\r\nX-User: %s\r\n%s",
             admin ? "clio_admin" : "clio_user", forwarded);
}

static YIELDS err open_new(struct forward_pool *p, struct forward_pool_conn *c, const char *host,
                           uint16_t port, int64_t deadline_ns)
{
    char headers[FORWARD_POOL_HEADERS_MAX];
    forward_pool_headers(c->key.client_ip, c->key.admin, headers);
    struct ws_client_opts opts = {
        .host = host,
        .port = port,
        .tls = c->key.tls,
        .headers = headers,
        .max_message_bytes = p->max_reply_bytes,
        .max_inbox_msgs = 4,
        .idle_timeout_ms = 60000,
    };
    return ws_client_connect(&opts, deadline_ns, &c->ws);
}

YIELDS ERR forward_pool_take(struct forward_pool *p, const struct forward_pool_key *key,
                             const char *host, uint16_t port, bool reuse, int64_t deadline_ns,
                             struct forward_pool_conn **ret)
{
    for (;;) {
        uint32_t n;
        struct forward_pool_conn *c = find(p, key, &n);
        if (c && reuse) {
            c->is_idle = false;
            list_unlink(&c->link);
            list_push_back(&p->conns, &c->link);
            if (is_quiet(c)) {
                *ret = c;
                return OK;
            }
            drop(p, c);
            continue;
        }
        if (n < p->max_per_client && p->n < p->max_connections)
            break;
        /* make room: of this key if that is what is short, else the oldest of all */
        struct forward_pool_conn *victim = n >= p->max_per_client ? c : oldest_idle(p);
        if (victim) {
            drop(p, victim);
            continue;
        }
        err e = fiber_cond_wait(&p->freed, deadline_ns);
        if (e.code == ERR_TIMEOUT)
            return FAIL(ERR_BUSY, "rippled: all %u connections for forwarding are in use", p->n);
        TRY(e);
    }
    struct forward_pool_conn *c = xcalloc(1, sizeof(*c));
    c->key = *key;
    list_push_back(&p->conns, &c->link);
    p->n++;
    err e = open_new(p, c, host, port, deadline_ns);
    if (err_failed(e)) {
        drop(p, c);
        return e;
    }
    *ret = c;
    return OK;
}

void forward_pool_give(struct forward_pool *p, struct forward_pool_conn *c, bool keep)
{
    if (!keep) {
        drop(p, c);
        return;
    }
    c->is_used = true;
    c->is_idle = true;
    c->idle_since_ns = clock_now_ns();
    list_unlink(&c->link);
    list_push_back(&p->conns, &c->link);
    if (!timer_armed(&p->sweep))
        timer_start(&p->sweep, c->idle_since_ns + p->idle_timeout_ns);
    fiber_cond_broadcast(&p->freed);
}
