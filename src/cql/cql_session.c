/* SPDX-License-Identifier: Apache-2.0 */
/* A call's way:
 *
 *   start ──▶ choose a node ──▶ (prepare) ──▶ in flight ──▶ done
 *                 ▲   │ none usable              │ failed, or too slow
 *                 │   ▼                          ▼
 *                 └─ delayed ◀── back-off ◀── may it be asked again?  no: done with its error
 *
 * A read that is slow may be in flight at a second node; the first answer counts. */
#define LOG_CHANNEL LOG_CHANNEL_BACKEND
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/table.h"
#include "cql/cql_impl.h"
#include "cql/cql_token.h"
#include "rt/clock.h"
#include "rt/core.h"

#include <stdlib.h>

#define TICK_NS (10 * CLOCK_MS)
#define BACKOFF_MAX_NS (1 * CLOCK_S)
#define MAX_ATTEMPTS 6 /* of a call that is not patient */
/* All nodes gone for so long: calls that are not patient fail at once. */
#define LOST_NS (1 * CLOCK_S)

static uint64_t random_of(struct cql_session *s)
{
    s->rng = s->rng * 6364136223846793005ull + 1442695040888963407ull;
    return s->rng >> 33;
}

static void arm(struct cql_session *s)
{
    if (!timer_armed(&s->tick) && !s->ended)
        timer_start(&s->tick, clock_now_ns() + TICK_NS);
}

/* The end of a call. */

static void finish(struct cql_call *c)
{
    struct cql_metrics *m = &c->session->cluster->m;
    int64_t took_ns = clock_now_ns() - c->started_ns;
    list_unlink(&c->node);
    for (int i = 0; i < 2; i++)
        cql_conn_forget(&c->attempts[i].pending);
    c->running = false;
    counter_add(c->is_write ? m->write_pending : m->read_pending, -1);
    if (err_failed(c->e))
        counter_inc(c->is_write ? m->write_error : m->read_error);
    else
        counter_inc(c->is_write ? m->write_done : m->read_done);
    counter_observe(c->is_write ? m->write_ms : m->read_ms, took_ns / CLOCK_MS);
    if (c->done)
        c->done(c);
}

void cql_session_finish(struct cql_call *c, err e)
{
    c->e = e;
    snprintf(c->error, sizeof c->error, "%s", err_text());
    finish(c);
}

/* Choosing a node. */

static bool is_candidate(struct cql_session *s, const struct cql_call *c, uint32_t index)
{
    const struct cql_node *n = s->by_index[index];
    return n->n_connected > 0 && !(c->tried >> (index & 63) & 1);
}

/* The least busy of some nodes, from a random one on. */
static void consider(struct cql_session *s, const struct cql_call *c, const uint16_t *list,
                     uint32_t n, bool local, int64_t *best)
{
    uint32_t first = n ? (uint32_t)(random_of(s) % n) : 0, least = UINT32_MAX;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t at = (first + i) % n, index = list ? list[at] : at;
        if (s->topology->nodes[index].is_local != local || !is_candidate(s, c, index))
            continue;
        const struct cql_conn *conn = cql_node_conn(s->by_index[index], c);
        if (conn && cql_conn_in_flight(conn) < least) {
            least = cql_conn_in_flight(conn);
            *best = index;
        }
    }
}

/* Replicas before others, the own data centre before the rest. NULL: no untried node is connected.
 */
static struct cql_node *choose(struct cql_session *s, struct cql_call *c)
{
    const struct cql_topology_range *range =
        c->has_token ? cql_topology_find(s->topology, c->token) : NULL;
    int64_t best = -1;
    for (int local = 1; local >= 0 && best < 0; local--) {
        if (range)
            consider(s, c, range->replicas, range->n_replicas, local, &best);
        if (best < 0)
            consider(s, c, NULL, s->topology->n_nodes, local, &best);
    }
    if (best < 0)
        return NULL;
    c->tried |= 1ull << (best & 63);
    return s->by_index[best];
}

static void delay(struct cql_call *c, int64_t ns)
{
    int64_t now = clock_now_ns();
    if (c->deadline_ns && now + ns > c->deadline_ns) {
        cql_session_finish(c, c->error[0] ? FAIL(ERR_TIMEOUT, "%s", c->error)
                                          : err_plain(ERR_TIMEOUT));
        return;
    }
    c->due_ns = now + ns;
    list_push_back(&c->session->delayed, &c->node);
    arm(c->session);
}

static int64_t backoff(struct cql_call *c)
{
    uint32_t doubled = MIN(c->n_failed, 10u);
    int64_t ns = MIN(CLOCK_MS << doubled, BACKOFF_MAX_NS);
    return ns / 2 + (int64_t)(random_of(c->session) % (uint64_t)(ns / 2 + 1));
}

static bool is_waiting_for_first_connection(struct cql_session *s)
{
    LIST_EACH(it, &s->nodes)
    {
        const struct cql_node *n = LIST_ENTRY(it, struct cql_node, in_session);
        if (!n->is_tried && !n->is_gone)
            return true;
    }
    return false;
}

/* No untried node is connected. */
static void wait_for_node(struct cql_call *c)
{
    struct cql_session *s = c->session;
    c->tried = 0;
    if (s->n_connected > 0 || c->patient) {
        delay(c, backoff(c));
    } else if (is_waiting_for_first_connection(s) || clock_now_ns() - s->lost_ns < LOST_NS) {
        delay(c, TICK_NS);
    } else {
        cql_session_finish(c, FAIL(ERR_BUSY, "cql: no node of the cluster answers"));
    }
}

static void on_reply(struct cql_pending *p, const struct cql_frame *f);

static bool send_attempt(struct cql_call *c, struct cql_attempt *a, struct cql_node *n)
{
    struct cql_conn *conn = cql_node_conn(n, c);
    a->node = n;
    a->call = c;
    a->pending.on_reply = on_reply;
    if (!conn)
        return false;
    size_t at = cql_conn_out(conn)->n;
    cql_node_put(n, conn, c);
    cql_conn_send(conn, &a->pending, at);
    return true;
}

static void send_to(struct cql_call *c, struct cql_node *n)
{
    struct cql_conn *conn = cql_node_conn(n, c);
    c->attempts[0].node = n;
    if (!conn) {
        cql_session_try(c);
    } else if (cql_node_prepared(n, conn, c)) {
        if (!send_attempt(c, &c->attempts[0], n)) {
            delay(c, TICK_NS); /* preparing took the last stream */
            return;
        }
        list_push_back(&c->session->in_flight, &c->node);
        arm(c->session);
    }
}

void cql_session_try(struct cql_call *c)
{
    struct cql_node *n = choose(c->session, c);
    if (n)
        send_to(c, n);
    else
        wait_for_node(c);
}

void cql_session_resume(struct cql_call *c)
{
    send_to(c, c->attempts[0].node);
}

/* What the server's error means. REFUSED: it would be the same again. UNDONE: nothing was done, ask
 * another node. UNSURE: it may have had its effect. */
enum verdict { REFUSED, UNDONE, UNSURE };

static enum verdict verdict_of(uint32_t code)
{
    switch (code) {
    case CQL_ERROR_UNAVAILABLE:
    case CQL_ERROR_OVERLOADED:
    case CQL_ERROR_BOOTSTRAPPING: return UNDONE;
    case CQL_ERROR_PROTOCOL: /* the request was damaged on the way */
    case CQL_ERROR_SERVER:
    case CQL_ERROR_TRUNCATE:
    case CQL_ERROR_WRITE_TIMEOUT:
    case CQL_ERROR_READ_TIMEOUT:
    case CQL_ERROR_READ_FAILURE:
    case CQL_ERROR_WRITE_FAILURE:
    case CQL_ERROR_CDC_WRITE_FAILURE:
    case CQL_ERROR_CAS_UNCERTAIN: return UNSURE;
    default: return REFUSED;
    }
}

/* No answer, or one that cannot be read, tells nothing of what the node did. */
static enum verdict verdict_of_failure(err e, uint32_t code)
{
    if (code || e.code == ERR_STATUS)
        return verdict_of(code);
    return e.code == ERR_LIMIT ? REFUSED : UNSURE;
}

/* What might have worked later is "busy" to who asked. */
static int final_code(const struct cql_call *c, err e, enum verdict v)
{
    if (v == UNSURE && c->once)
        return ERR_TIMEOUT;
    return v == REFUSED || e.code == ERR_PROTOCOL ? e.code : ERR_BUSY;
}

void cql_session_failed(struct cql_call *c, err e, uint32_t code)
{
    enum verdict v = verdict_of_failure(e, code);
    bool again = v == UNDONE || (v == UNSURE && !c->once);
    uint32_t limit = e.code == ERR_PROTOCOL || !c->patient ? MAX_ATTEMPTS : UINT32_MAX;
    list_unlink(&c->node);
    snprintf(c->error, sizeof c->error, "%s", err_text());
    c->code = code;
    c->n_failed++;
    if (!again || c->n_failed >= limit) {
        cql_session_finish(c, FAIL(final_code(c, e, v), "%s", c->error));
        return;
    }
    counter_inc(c->is_write ? c->session->cluster->m.write_retry
                            : c->session->cluster->m.read_retry);
    if (code == CQL_ERROR_OVERLOADED)
        delay(c, backoff(c));
    else
        cql_session_try(c);
}

/* Answers. */

static void learn_latency(struct cql_session *s, int64_t ns)
{
    double p = s->cluster->opts.speculative_percentile;
    if (p <= 0)
        return;
    int64_t step =
        MAX(s->speculative_ns / 20, (int64_t)1000); /* moves so that p percent are faster */
    s->speculative_ns += ns > s->speculative_ns ? (int64_t)((double)step * p / 100)
                                                : -(int64_t)((double)step * (1 - p / 100));
}

static err take_result(struct cql_call *c, const struct cql_frame *f)
{
    if (f->opcode != CQL_OP_RESULT)
        return FAIL(ERR_PROTOCOL, "cql: unexpected answer %02x", f->opcode);
    struct slice body = f->body;
    if (c->arena) {
        uint8_t *copy = arena_try(c->arena, body.n ? body.n : 1);
        if (!copy)
            return FAIL(ERR_LIMIT, "cql: an answer of %zu bytes is more than this request may use",
                        body.n);
        memcpy(copy, body.p, body.n);
        body.p = copy;
    }
    if (!cql_message_get_result(body, &c->kind, &c->result))
        return FAIL(ERR_PROTOCOL, "cql: damaged result");
    return OK;
}

static void on_error(struct cql_call *c, struct cql_node *n, const struct cql_frame *f)
{
    struct cql_message_error failure;
    if (!cql_message_get_error(f->body, &failure)) {
        cql_session_failed(c, FAIL(ERR_PROTOCOL, "cql: %s: damaged error", n->address), 0);
    } else if (failure.code == CQL_ERROR_UNPREPARED) {
        cql_node_unprepare(n, c);
        list_unlink(&c->node);
        if (++c->n_failed < 3 * MAX_ATTEMPTS)
            send_to(c, n);
        else
            cql_session_finish(
                c, FAIL(ERR_BUSY, "cql: %s: forgets statements again and again", n->address));
    } else {
        cql_session_failed(
            c,
            FAIL(ERR_STATUS, "cql: %s: %s: %.*s", n->address, cql_message_error_name(failure.code),
                 (int)MIN(failure.text.n, (size_t)120), (const char *)failure.text.p),
            failure.code);
    }
}

static void on_reply(struct cql_pending *p, const struct cql_frame *f)
{
    struct cql_attempt *a = container_of(p, struct cql_attempt, pending);
    struct cql_call *c = a->call;
    struct cql_attempt *other = a == &c->attempts[0] ? &c->attempts[1] : &c->attempts[0];
    bool failed = !f || f->opcode == CQL_OP_ERROR;
    if (failed && other->pending.conn) /* the other may still answer */
        return;
    if (!f) {
        cql_session_failed(c, FAIL(ERR_CLOSED, "cql: %s: the connection ended", a->node->address),
                           0);
        return;
    }
    if (failed) {
        on_error(c, a->node, f);
        return;
    }
    learn_latency(c->session, clock_now_ns() - p->sent_ns);
    err e = take_result(c, f);
    if (!err_failed(e)) {
        finish(c);
        return;
    }
    for (int i = 0; i < 2; i++)
        cql_conn_forget(&c->attempts[i].pending);
    cql_session_failed(c, e, 0);
}

/* Time. */

static void time_out(struct cql_call *c)
{
    struct cql_node *n = c->attempts[0].node;
    for (int i = 0; i < 2; i++)
        cql_conn_forget(&c->attempts[i].pending);
    cql_session_failed(c, FAIL(ERR_TIMEOUT, "cql: %s: no answer in time", n->address), 0);
}

static void time_out_list(struct cql_session *s, struct list *calls, int64_t now)
{
    while (!list_empty(calls)) {
        struct cql_call *c = LIST_ENTRY(calls->next, struct cql_call, node);
        const struct cql_pending *p = &c->attempts[c->attempts[0].pending.conn ? 0 : 1].pending;
        if (now - p->sent_ns < s->cluster->opts.attempt_timeout_ns)
            break;
        time_out(c);
    }
}

/* Ask a second node for a slow read. False: not now. */
static bool speculate_one(struct cql_session *s, struct cql_call *c)
{
    uint64_t tried = c->tried;
    struct cql_node *n = c->is_write || c->once ? NULL : choose(s, c);
    if (!n)
        return true; /* nobody to ask */
    if (!cql_node_prefetch(n, c)) {
        c->tried = tried;
        return false;
    }
    if (send_attempt(c, &c->attempts[1], n))
        counter_inc(s->cluster->m.speculative);
    return true;
}

static void speculate(struct cql_session *s, int64_t now)
{
    if (s->cluster->opts.speculative_percentile <= 0)
        return;
    LIST_EACH(it, &s->in_flight)
    {
        struct cql_call *c = LIST_ENTRY(it, struct cql_call, node);
        if (now - c->attempts[0].pending.sent_ns < MAX(s->speculative_ns, CLOCK_MS))
            break;
        if (!speculate_one(s, c))
            continue;
        list_unlink(&c->node);
        list_push_back(&s->speculated, &c->node);
    }
}

static void send_delayed(struct cql_session *s, int64_t now)
{
    struct list due;
    list_init(&due);
    LIST_EACH(it, &s->delayed)
    {
        if (LIST_ENTRY(it, struct cql_call, node)->due_ns > now)
            continue;
        list_unlink(it);
        list_push_back(&due, it);
    }
    for (struct list *it; (it = list_pop_front(&due)) != NULL;)
        cql_session_try(LIST_ENTRY(it, struct cql_call, node));
}

static void on_tick(struct timer *t)
{
    struct cql_session *s = container_of(t, struct cql_session, tick);
    int64_t now = clock_now_ns();
    time_out_list(s, &s->in_flight, now);
    time_out_list(s, &s->speculated, now);
    speculate(s, now);
    send_delayed(s, now);
    if (!list_empty(&s->in_flight) || !list_empty(&s->speculated) || !list_empty(&s->delayed))
        arm(s);
}

/* Nodes. */

void cql_session_node_up(struct cql_session *s, struct cql_node *n)
{
    s->n_connected++;
    LIST_EACH(it, &s->delayed)
    {
        struct cql_call *c = LIST_ENTRY(it, struct cql_call, node);
        c->due_ns = MIN(c->due_ns, clock_now_ns());
    }
}

void cql_session_node_down(struct cql_session *s, struct cql_node *n)
{
    /* what was prepared may be gone with a restart; asking is cheap */
    for (uint32_t i = 1; i <= s->cluster->opts.n_statements; i++)
        if (n->prepared[i].state == CQL_PREPARED_READY)
            n->prepared[i].state = CQL_PREPARED_NONE;
    if (--s->n_connected == 0)
        s->lost_ns = clock_now_ns();
}

static struct cql_node *find_node(struct cql_session *s, const struct cql_topology_node *of)
{
    LIST_EACH(it, &s->nodes)
    {
        struct cql_node *n = LIST_ENTRY(it, struct cql_node, in_session);
        if (!n->is_gone && memcmp(n->host_id, of->host_id, 16) == 0 &&
            strcmp(n->address, of->address) == 0)
            return n;
    }
    return NULL;
}

/* A new topology: nodes that came get links, those that went lose them at their next end. */
static void take_topology(struct cql_session *s)
{
    struct cql_cluster *c = s->cluster;
    pthread_mutex_lock(&c->lock);
    struct cql_topology *t = cql_topology_ref(c->topology);
    s->version = atomic_load(&c->version);
    pthread_mutex_unlock(&c->lock);
    cql_topology_unref(s->topology);
    s->topology = t;
    free(s->by_index);
    s->by_index = xcalloc(t->n_nodes + 1, sizeof(struct cql_node *));
    for (uint32_t i = 0; i < t->n_nodes; i++)
        s->by_index[i] = find_node(s, &t->nodes[i]);
    LIST_EACH(it, &s->nodes)
    {
        struct cql_node *n = LIST_ENTRY(it, struct cql_node, in_session);
        bool stays = false;
        for (uint32_t i = 0; i < t->n_nodes; i++)
            stays |= s->by_index[i] == n;
        n->is_gone = !stays;
    }
    for (uint32_t i = 0; i < t->n_nodes; i++)
        if (!s->by_index[i])
            s->by_index[i] = cql_node_new(s, &t->nodes[i]);
}

/* Sessions. */

static struct cql_session *session_new(struct cql_cluster *c)
{
    struct cql_session *s = xcalloc(1, sizeof *s);
    s->cluster = c;
    s->core = core_current();
    s->rng = table_seed() ^ (uint64_t)clock_now_ns() ^ (uint64_t)(uintptr_t)s;
    s->speculative_ns = 10 * CLOCK_MS;
    s->lost_ns = clock_now_ns();
    list_init(&s->nodes);
    list_init(&s->in_flight);
    list_init(&s->speculated);
    list_init(&s->delayed);
    timer_init(&s->tick, on_tick);
    fiber_group_init(&s->links);
    return s;
}

static struct cql_session *find_session(struct cql_cluster *c, uint32_t *ret_free)
{
    *ret_free = CQL_MAX_SESSIONS;
    for (uint32_t i = 0; i < CQL_MAX_SESSIONS; i++) {
        struct cql_session *s = c->sessions[i];
        if (s && s->core == core_current() && !s->ended)
            return s;
        if (*ret_free == CQL_MAX_SESSIONS && (!s || s->ended))
            *ret_free = i;
        if (!s)
            break;
    }
    return NULL;
}

/* A session lives on its core: the last thread-local one is nearly always the right one. */
static __thread struct {
    struct cql_cluster *cluster;
    struct cql_session *session;
} last;

/* The core stops: nothing on it may use the session any more. */
static void watch_end(void *arg)
{
    struct cql_session *s = arg;
    err_ignore(fiber_sleep_until(CLOCK_NEVER)); /* until it is cancelled */
    s->ended = true;
    timer_stop(&s->tick);
    if (last.session == s)
        last.session = NULL;
}

struct cql_session *cql_session_get(struct cql_cluster *c)
{
    struct cql_session *s = last.cluster == c && last.session &&
                                    last.session->core == core_current() && !last.session->ended
                                ? last.session
                                : NULL;
    if (!s) {
        uint32_t at;
        pthread_mutex_lock(&c->lock);
        s = find_session(c, &at);
        bool is_new = !s && at < CQL_MAX_SESSIONS;
        struct cql_session *old = is_new ? c->sessions[at] : NULL;
        if (is_new)
            s = c->sessions[at] = session_new(c);
        pthread_mutex_unlock(&c->lock);
        if (old)
            cql_session_free(old);
        if (!s)
            return NULL;
        if (is_new)
            fiber_group_spawn(&s->links, "cql session", watch_end, s);
        last.cluster = c;
        last.session = s;
    }
    if (s->version != atomic_load_explicit(&c->version, memory_order_acquire))
        take_topology(s);
    return s;
}

YIELDS void cql_session_end(struct cql_session *s)
{
    fiber_group_cancel(&s->links);
    s->ended = true;
    timer_stop(&s->tick);
}

void cql_session_free(struct cql_session *s)
{
    for (struct list *it; (it = list_pop_front(&s->nodes)) != NULL;)
        cql_node_free(LIST_ENTRY(it, struct cql_node, in_session));
    cql_topology_unref(s->topology);
    free(s->by_index);
    if (last.session == s)
        last.session = NULL;
    free(s);
}
