/* SPDX-License-Identifier: Apache-2.0 */
#include "feed/feed.h"

#include "base/mem.h"
#include "feed/feed_ledger.h"
#include "feed/feed_text.h"
#include "rt/core_call.h"

#include <stdio.h>
#include <stdlib.h>

/* Names of the gauges (Clio's), and of server_info's members. */
static const struct name {
    const char *label;
    const char *member;
    bool is_kind;
    int which;
} names[] = {
    {"ledger", "ledger", false, FEED_STREAM_LEDGER},
    {"tx", "transactions", false, FEED_STREAM_TRANSACTIONS},
    {"tx_proposed", "transactions_proposed", false, FEED_STREAM_PROPOSED},
    {"manifest", "manifests", false, FEED_STREAM_MANIFESTS},
    {"validations", "validations", false, FEED_STREAM_VALIDATIONS},
    {"account", "account", true, FEED_KIND_ACCOUNT},
    {"account_proposed", "accounts_proposed", true, FEED_KIND_PROPOSED},
    {"book", "books", true, FEED_KIND_BOOK},
    {"book_changes", "book_changes", false, FEED_STREAM_BOOK_CHANGES},
    {"account_history", "account_history", true, FEED_KIND_HISTORY},
    {"server", "server", false, FEED_STREAM_SERVER},
    {"consensus", "consensus", false, FEED_STREAM_CONSENSUS},
    {"peer_status", "peer_status", false, FEED_STREAM_PEER_STATUS},
};

static void apply_defaults(struct feed_opts *o)
{
    if (o->max_queue_msgs == 0)
        o->max_queue_msgs = 1500;
    if (o->max_queue_bytes == 0)
        o->max_queue_bytes = (size_t)16 << 20;
    if (o->max_memory_bytes == 0)
        o->max_memory_bytes = (size_t)256 << 20;
    if (o->max_accounts == 0)
        o->max_accounts = 10000;
    if (o->max_books == 0)
        o->max_books = 1000;
}

static void make_counters(struct feed *f)
{
    struct counter_registry *r = f->opts.counters;
    f->n_sent = counter_get(r, "kleio_feed_messages_total_number", "",
                            "stream messages queued for clients");
    f->n_replayed = counter_get(r, "kleio_feed_replayed_total_number", "",
                                "of them, read from the store for clients that were behind");
    f->n_made = counter_get(r, "kleio_feed_made_total_number", "",
                            "different stream messages that were made of ledgers");
    f->n_dropped = counter_get(r, "kleio_feed_dropped_clients_total_number", "",
                               "clients closed because they were too slow");
    f->n_relay_lost = counter_get(r, "kleio_feed_relayed_lost_total_number", "",
                                  "relayed messages that a slow client or core did not get");
}

struct feed *feed_new(const struct feed_opts *opts)
{
    struct feed *f = xcalloc(1, sizeof *f);
    uint32_t first, last;
    f->opts = *opts;
    apply_defaults(&f->opts);
    make_counters(f);
    pthread_mutex_init(&f->lock, NULL);
    f->by_seq = table_new(sizeof(uint32_t));
    list_init(&f->recent);
    if (ledgers_range(opts->ledgers, &first, &last))
        atomic_store(&f->published, last);
    f->cores = xcalloc(opts->n_cores, sizeof *f->cores);
    for (uint32_t i = 0; i < opts->n_cores; i++)
        feed_core_init(&f->cores[i], f, opts->cores[i]);
    return f;
}

struct feed *feed_free(struct feed *f)
{
    if (f == NULL)
        return NULL;
    for (uint32_t i = 0; i < f->opts.n_cores; i++)
        feed_core_deinit(&f->cores[i]);
    feed_ledger_drop_cache(f);
    table_free(f->by_seq);
    pthread_mutex_destroy(&f->lock);
    free(f->cores);
    free(f);
    return NULL;
}

YIELDS err feed_start(struct feed *f)
{
    return core_call_all(f->opts.cores, f->opts.n_cores, feed_core_start, f);
}

YIELDS void feed_stop(struct feed *f)
{
    err e = core_call_all(f->opts.cores, f->opts.n_cores, feed_core_stop, f);
    (void)e; /* stopping does not fail */
}

void feed_publish(struct feed *f, uint32_t seq)
{
    uint32_t none = 0;
    if (atomic_load(&f->published) == 0)
        atomic_compare_exchange_strong(&f->first_published, &none, seq);
    atomic_store(&f->published, seq);
    for (uint32_t i = 0; i < f->opts.n_cores; i++)
        if (!atomic_exchange(&f->cores[i].mail_sent, true))
            core_post(f->cores[i].core, &f->cores[i].mail);
}

static int64_t count_of(const struct feed *f, const struct name *n)
{
    return atomic_load(n->is_kind ? &f->n_kinds[n->which] : &f->n_streams[n->which]);
}

void feed_put_counts(const struct feed *f, struct jw *w)
{
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        jw_key(w, names[i].member);
        jw_i64(w, count_of(f, &names[i]));
    }
}

static void set(struct feed *f, const char *name, int64_t value, const char *help)
{
    counter_set(counter_gauge(f->opts.counters, name, "", help), value);
}

void feed_refresh(struct feed *f)
{
    int64_t slowest = 0, behind = 0, now = clock_now_ns();
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        char label[48];
        snprintf(label, sizeof label, "stream=\"%s\"", names[i].label);
        counter_set(counter_gauge(f->opts.counters, "subscriptions_current_number", label, NULL),
                    count_of(f, &names[i]));
    }
    for (uint32_t i = 0; i < f->opts.n_cores; i++) {
        int64_t since = atomic_load(&f->cores[i].slowest_since_ns);
        behind += atomic_load(&f->cores[i].n_behind);
        if (since)
            slowest = MAX(slowest, now - since);
    }
    set(f, "kleio_feed_slow_clients", behind, "clients that wait for their connection to drain");
    set(f, "kleio_feed_slowest_client_ms", slowest / CLOCK_MS,
        "how long the slowest of them has waited");
    set(f, "kleio_feed_message_bytes", atomic_load(&f->msg_bytes), "memory of stream messages");
}

void feed_put_ledger(const struct feed *f, struct jw *w, const struct ledger_header *h,
                     const struct funds_fees *fees)
{
    struct feed_text_server server = {.first = h->seq};
    uint32_t last;
    ledgers_range(f->opts.ledgers, &server.first, &last);
    if (f->opts.network_id == NULL || !f->opts.network_id(f->opts.arg, &server.network_id))
        server.network_id = 0;
    feed_text_ledger(w, h, fees, &server);
}
