/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of a rippled for whoever has subscribed to them (rpc-b D.7, D.8). They are as good as
 * their moment: not kept, not replayed; one too many is left out for who cannot take it. */
#define LOG_CHANNEL LOG_CHANNEL_SUBSCRIPTIONS
#include "feed/feed_impl.h"

#include "base/log.h"
#include "base/mem.h"
#include "feed/feed_ledger.h"
#include "feed/feed_plan.h"
#include "json/json.h"

#include <stdlib.h>

/* Messages that wait for one core. */
#define MAX_WAITING 4096
#define MAX_ACCOUNTS 64
#define MAX_DEPTH 8
#define CODE_POLICY 1008

/* One message, shared by all cores. */
struct feed_relayed {
    _Atomic uint32_t refs;
    struct feed *feed;
    enum feed_stream stream;
    void *msg[FEED_N_VERSIONS];
    uint32_t n_accounts;
    struct account accounts[MAX_ACCOUNTS]; /* that a proposed transaction mentions */
};

struct parcel {
    struct core_mail mail;
    struct list link;
    struct feed_core *fc;
    struct feed_relayed *relayed;
};

static void relayed_unref(struct feed_relayed *r)
{
    if (atomic_fetch_sub_explicit(&r->refs, 1, memory_order_acq_rel) > 1)
        return;
    for (int v = 0; v < FEED_N_VERSIONS; v++)
        r->feed->opts.wire->unref(r->msg[v]);
    free(r);
}

static void parcel_free(struct parcel *p)
{
    atomic_fetch_sub(&p->fc->n_relayed, 1);
    relayed_unref(p->relayed);
    free(p);
}

/* --- texts --- */

static void put_members_but(struct jw *w, const struct json *object, const char *a, const char *b)
{
    for (uint32_t i = 0; i < object->n; i++) {
        struct slice key = object->members[i].key;
        if ((a && slice_is(key, a)) || (b && slice_is(key, b)))
            continue;
        jw_key_escaped(w, key);
        jw_value(w, &object->members[i].value);
    }
}

/* As rippled itself writes it for API 2: tx_json, its hash beside it, DeliverMax alone. */
static void put_proposed_v2(struct jw *w, const struct json *message)
{
    const struct json *tx = json_get(message, "transaction"), *hash = json_get(tx, "hash");
    bool payment =
        json_is_string(json_get(tx, "TransactionType"), "Payment") && json_get(tx, "DeliverMax");
    jw_obj_begin(w);
    put_members_but(w, message, "transaction", "hash");
    if (hash) {
        jw_key(w, "hash");
        jw_value(w, hash);
    }
    jw_key(w, "tx_json");
    jw_obj_begin(w);
    put_members_but(w, tx, "hash", payment ? "Amount" : NULL);
    jw_obj_end(w);
    jw_obj_end(w);
}

/* API 2 has the ledger's index as a number. */
static void put_validation_v2(struct jw *w, const struct json *message)
{
    const struct json *index = json_get(message, "ledger_index");
    jw_obj_begin(w);
    put_members_but(w, message, "ledger_index", NULL);
    if (index) {
        jw_key(w, "ledger_index");
        if (index->type == JSON_STRING && index->s.n > 0 && index->s.n <= 10 &&
            strspn((const char *)index->raw.p + 1, "0123456789") == index->s.n)
            jw_raw(w, index->s);
        else
            jw_value(w, index);
    }
    jw_obj_end(w);
}

static void put_v2(struct jw *w, enum feed_stream stream, struct slice text,
                   const struct json *message)
{
    if (stream == FEED_STREAM_PROPOSED && json_is(json_get(message, "transaction"), JSON_OBJECT))
        put_proposed_v2(w, message);
    else if (stream == FEED_STREAM_VALIDATIONS)
        put_validation_v2(w, message);
    else
        buf_put_slice(w->out, text);
}

static void make_msgs(struct feed_relayed *r, struct slice text, const struct json *message)
{
    const struct feed_wire *wire = r->feed->opts.wire;
    CLEANUP(buf_deinit) struct buf v2 = {0};
    struct jw w = jw_to(&v2);
    put_v2(&w, r->stream, text, message);
    r->msg[FEED_V1] = wire->make(text, &r->feed->msg_bytes);
    r->msg[FEED_V2] = wire->make(buf_slice(&v2), &r->feed->msg_bytes);
}

/* --- accounts --- */

static void add_account(struct feed_relayed *r, struct slice text)
{
    struct account a;
    if (r->n_accounts == MAX_ACCOUNTS || text.n < 25 || text.n >= ACCOUNT_TEXT_MAX ||
        !account_from_text(text, &a))
        return;
    for (uint32_t i = 0; i < r->n_accounts; i++)
        if (account_eq(&r->accounts[i], &a))
            return;
    r->accounts[r->n_accounts++] = a;
}

/* Strings that are addresses, in objects and their objects; not in arrays. */
static void add_accounts(struct feed_relayed *r, const struct json *object, int depth)
{
    for (uint32_t i = 0; i < object->n; i++) {
        const struct json *v = &object->members[i].value;
        if (v->type == JSON_STRING)
            add_account(r, v->s);
        else if (v->type == JSON_OBJECT && depth < MAX_DEPTH)
            add_accounts(r, v, depth + 1);
    }
}

/* --- to the cores --- */

static void take_in(struct core_mail *mail)
{
    struct parcel *p = container_of(mail, struct parcel, mail);
    list_push_back(&p->fc->relayed, &p->link);
    fiber_cond_signal(&p->fc->relay_news);
}

static void post(struct feed_core *fc, struct feed_relayed *r)
{
    if (atomic_fetch_add(&fc->n_relayed, 1) >= MAX_WAITING) {
        atomic_fetch_sub(&fc->n_relayed, 1);
        counter_inc(fc->feed->n_relay_lost);
        return;
    }
    struct parcel *p = xcalloc(1, sizeof *p);
    p->mail.run = take_in;
    p->fc = fc;
    p->relayed = r;
    list_init(&p->link);
    atomic_fetch_add_explicit(&r->refs, 1, memory_order_relaxed);
    core_post(fc->core, &p->mail);
}

void feed_relay(struct feed *f, enum feed_stream stream, struct slice text,
                const struct json *message)
{
    if ((feed_wanted(f) & 1u << stream) == 0)
        return;
    struct feed_relayed *r = xcalloc(1, sizeof *r);
    atomic_init(&r->refs, 1);
    r->feed = f;
    r->stream = stream;
    make_msgs(r, text, message);
    const struct json *tx = json_get(message, "transaction");
    if (stream == FEED_STREAM_PROPOSED && json_is(tx, JSON_OBJECT) &&
        atomic_load(&f->n_kinds[FEED_KIND_PROPOSED]) > 0)
        add_accounts(r, tx, 0);
    for (uint32_t i = 0; i < f->opts.n_cores; i++)
        post(&f->cores[i], r);
    relayed_unref(r);
}

uint32_t feed_wanted(const struct feed *f)
{
    uint32_t wanted = 0;
    for (uint32_t i = FEED_STREAM_VALIDATIONS; i < FEED_N_STREAMS; i++)
        wanted |= atomic_load(&f->n_streams[i]) > 0 ? 1u << i : 0;
    if (atomic_load(&f->n_streams[FEED_STREAM_PROPOSED]) > 0 ||
        atomic_load(&f->n_kinds[FEED_KIND_PROPOSED]) > 0)
        wanted |= 1u << FEED_STREAM_PROPOSED;
    return wanted;
}

/* --- to the subscribers --- */

static void deliver(struct feed_sub *s, const struct feed_relayed *r)
{
    const struct feed_opts *o = &r->feed->opts;
    if (s->state == FEED_STATE_CLOSED || s->sink == NULL)
        return;
    if (feed_plan_has_room(s, o->max_queue_msgs, o->max_queue_bytes)) {
        err e = s->sink->ops->send(s->sink, r->msg[s->version]);
        if (e.code == 0)
            counter_inc(r->feed->n_sent);
    } else if (feed_sub_resumes(s)) {
        counter_inc(r->feed->n_relay_lost);
    } else {
        counter_inc(r->feed->n_dropped);
        feed_sub_end(s, CODE_POLICY, "Too slow: more messages wait than may wait.");
    }
}

YIELDS static err deliver_all(struct feed_core *fc, struct feed_topic *t,
                              const struct feed_relayed *r)
{
    struct feed_entry cursor = {0}, *e;
    list_init(&cursor.in_topic);
    while ((e = feed_topic_next(t, &cursor)) != NULL) {
        deliver(e->sub, r);
        err stop = fiber_breathe();
        if (err_failed(stop)) {
            feed_topic_cursor_end(fc, t, &cursor);
            return stop;
        }
    }
    return OK;
}

/* Subscribers of accounts get it once, however many of theirs it mentions. Does not yield: what is
 * marked must not change. */
static void deliver_to_accounts(struct feed_core *fc, const struct feed_relayed *r)
{
    uint64_t mark = ++fc->relay_mark;
    for (uint32_t i = 0; i < r->n_accounts; i++) {
        struct feed_topic *t = feed_topic_get(fc, FEED_KIND_PROPOSED, &r->accounts[i]);
        if (t == NULL)
            continue;
        LIST_EACH(it, &t->entries)
        {
            struct feed_sub *s = LIST_ENTRY(it, struct feed_entry, in_topic)->sub;
            if (s == NULL || s->relay_mark == mark)
                continue;
            s->relay_mark = mark;
            deliver(s, r);
        }
    }
}

YIELDS void feed_relay_run(void *arg)
{
    struct feed_core *fc = arg;
    struct list *it;
    for (;;) {
        while ((it = list_pop_front(&fc->relayed)) != NULL) {
            struct parcel *p = LIST_ENTRY(it, struct parcel, link);
            err e = deliver_all(fc, &fc->streams[p->relayed->stream], p->relayed);
            if (e.code == 0)
                deliver_to_accounts(fc, p->relayed);
            parcel_free(p);
            if (err_failed(e))
                return;
        }
        if (err_failed(fiber_cond_wait(&fc->relay_news, CLOCK_NEVER)))
            return;
    }
}

void feed_relay_drop(struct feed_core *fc)
{
    struct list *it;
    while ((it = list_pop_front(&fc->relayed)) != NULL)
        parcel_free(LIST_ENTRY(it, struct parcel, link));
}
