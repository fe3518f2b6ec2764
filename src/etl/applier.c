/* SPDX-License-Identifier: Apache-2.0 */
#define LOG_CHANNEL LOG_CHANNEL_ETL
#include "etl/applier.h"

#include "base/counter.h"
#include "base/crash.h"
#include "base/hex.h"
#include "base/log.h"
#include "base/mem.h"
#include "etl/load_feed.h"
#include "ledger/mirror_follow.h"
#include "rippled/choice.h"
#include "rt/clock.h"
#include "rt/fiber.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define BATCH_NS (250 * CLOCK_MS)
/* LMDB keeps the memory of as many pages as its largest transaction ever changed, about one a
 * change. */
#define BATCH_CHANGES 4000
#define IDLE_NS (2 * CLOCK_S)
#define TRIM_NS (60 * CLOCK_S)
/* Looking at the history when there is no work. */
#define FOLLOW_NS (1 * CLOCK_S)
#define FOLLOW_READ_ONLY_NS (200 * CLOCK_MS)
#define CHECK_NS (20 * CLOCK_MS)
#define CHECK_SHARE 200 /* of the time */
/* After it failed. */
#define FOLLOW_AGAIN_NS (5 * CLOCK_S)
#define FOLLOW_AGAIN_MAX_NS (600 * CLOCK_S)

struct applier {
    struct applier_opts opts;
    struct core *home;
    pthread_t thread;
    uint32_t n_outstanding; /* home core */
    struct fiber *stopper;  /* home core: waits until */
    bool is_ended;          /* the thread has, and all work is home */
    struct core_mail ended; /* says so */
    _Atomic int64_t last_publish_ns;
    _Atomic uint32_t n_conflicts, n_foreign;
    uint32_t told_tip; /* newest ledger that is ours, or was counted as another server's */

    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct list queue; /* guarded by lock */
    bool stopping;     /* guarded by lock */

    bool trim_wanted;   /* apply thread: worked since the last trim, */
    int64_t trimmed_ns; /* which was then */
    bool unchecked;     /* apply thread: parts of the mirror have not been looked at */
    uint32_t n_failed;  /* apply thread: attempts to make the mirror anew, in a row */
    int64_t follow_ns;  /* apply thread: look at the history at the latest then */
    struct counter *n_ledgers;
    struct counter *n_txs;
    struct counter *apply_us;
    struct counter *load_us;
    struct counter *tip;
    struct counter *publish_time;
};

struct applier_work *applier_work_new(enum applier_kind kind, void (*done)(struct applier_work *w),
                                      void *owner)
{
    struct applier_work *w = xcalloc(1, sizeof(*w));
    list_init(&w->link);
    w->kind = kind;
    w->done = done;
    w->owner = owner;
    return w;
}

struct applier_work *applier_work_free(struct applier_work *w)
{
    if (!w)
        return NULL;
    decode_ledger_free(w->ledger);
    free(w);
    return NULL;
}

static void come_home(struct core_mail *mail)
{
    struct applier_work *w = container_of(mail, struct applier_work, mail);
    struct applier *a = w->applier;
    a->n_outstanding--;
    w->done(w);
}

/* Mail comes in order: the work was before it. */
static void on_ended(struct core_mail *mail)
{
    struct applier *a = container_of(mail, struct applier, ended);
    a->is_ended = true;
    fiber_wake(a->stopper);
}

static void send_home(struct applier *a, struct applier_work *w, enum applier_result result)
{
    struct ledger_header tip;
    w->result = result;
    w->newest = ledgers_tip(a->opts.ledgers, &tip) ? tip.seq : 0;
    w->mail.run = come_home;
    core_post(a->home, &w->mail);
}

static enum applier_result result_of(struct applier_work *w, err e, const char *what)
{
    if (!err_failed(e))
        return APPLIER_RESULT_DONE;
    w->what = what;
    w->disk_full = e.code == ERR_FULL;
    snprintf(w->text, sizeof(w->text), "%s", err_text());
    return e.code == ERR_VERIFY ? APPLIER_RESULT_WRONG : APPLIER_RESULT_FAILED;
}

/* The queue, from the apply thread. */

/* The machine's time, not that of tests: it is compared with what the system waits by. */
static int64_t real_now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * CLOCK_S + t.tv_nsec;
}

static void wait_until(struct applier *a, int64_t deadline_ns)
{
    struct timespec at = {.tv_sec = deadline_ns / CLOCK_S, .tv_nsec = deadline_ns % CLOCK_S};
    pthread_cond_timedwait(&a->wake, &a->lock, &at);
}

/* Ledgers come from and go to many threads; what they leave free stays with the process until it is
 * given back. When there is nothing else to do, and not at every ledger: pages must be faulted in
 * again. */
static void trim_memory(struct applier *a)
{
    pthread_mutex_unlock(&a->lock);
    mem_trim();
    a->trim_wanted = false;
    a->trimmed_ns = real_now_ns();
    pthread_mutex_lock(&a->lock);
}

static void wait_for_work(struct applier *a)
{
    int64_t trim_ns = MAX(real_now_ns() + IDLE_NS, a->trimmed_ns + TRIM_NS);
    while (list_empty(&a->queue) && !a->stopping && real_now_ns() < a->follow_ns) {
        if (!a->trim_wanted)
            wait_until(a, a->follow_ns);
        else if (real_now_ns() < trim_ns)
            wait_until(a, MIN(trim_ns, a->follow_ns));
        else
            trim_memory(a);
    }
}

/* NULL and not stopping: it is time to look at the history. */
static struct applier_work *pop(struct applier *a, bool *ret_stopping)
{
    pthread_mutex_lock(&a->lock);
    wait_for_work(a);
    struct list *node = list_pop_front(&a->queue);
    *ret_stopping = a->stopping;
    pthread_mutex_unlock(&a->lock);
    return node ? LIST_ENTRY(node, struct applier_work, link) : NULL;
}

/* The next piece of work, if it is a ledger and there already. */
static struct applier_work *pop_ledger(struct applier *a)
{
    struct applier_work *w = NULL;
    pthread_mutex_lock(&a->lock);
    if (!a->stopping && !list_empty(&a->queue))
        w = LIST_ENTRY(a->queue.next, struct applier_work, link);
    if (w && w->kind == APPLIER_LEDGER)
        list_unlink(&w->link);
    else
        w = NULL;
    pthread_mutex_unlock(&a->lock);
    return w;
}

/* Ledgers. */

struct batch {
    struct applier *a;
    struct apply *apply;
    struct list works;
    struct applier_work *refused; /* ended the batch; goes home behind the others */
    enum applier_result refused_result;
    struct ledger_header newest; /* the batch's last ledger, or the tip before it */
    int64_t begun_ns;
    size_t n_changes; /* of objects, in all its ledgers */
};

static err check_parent(const struct batch *b, const struct ledger_header *h)
{
    if (hash256_eq(&h->parent_hash, &b->newest.hash))
        return OK;
    char expected[65] = "", found[65] = "";
    hex_encode(hash256_slice(&b->newest.hash), expected);
    hex_encode(hash256_slice(&h->parent_hash), found);
    return FAIL(ERR_VERIFY, "parent hash: expected %s, found %s", expected, found);
}

/* False: the ledger is not in the batch, which ends before it. */
static bool batch_add(struct batch *b, struct applier_work *w)
{
    const struct apply_ledger *ledger = &w->ledger->ledger;
    crash_note("ledger %u", ledger->header.seq);
    enum applier_result result = APPLIER_RESULT_SKIPPED;
    if (ledger->header.seq <= b->newest.seq)
        result = APPLIER_RESULT_HELD;
    else if (ledger->header.seq == b->newest.seq + 1)
        result = result_of(w, check_parent(b, &ledger->header), "parent");
    if (result == APPLIER_RESULT_DONE)
        result = result_of(w, apply_add(b->apply, ledger), "state");
    if (result != APPLIER_RESULT_DONE) {
        b->refused = w;
        b->refused_result = result;
        return false;
    }
    b->newest = ledger->header;
    b->n_changes += ledger->n_objects;
    list_push_back(&b->works, &w->link);
    return true;
}

/* Any ledger that becomes visible, whoever wrote it. */
static void on_published(void *arg, const struct ledger_header *header)
{
    struct applier *a = arg;
    counter_set(a->tip, header->seq);
    counter_set(a->publish_time, clock_wall_ns() / CLOCK_S);
    atomic_store(&a->last_publish_ns, clock_now_ns());
}

/* Ledgers up to this one are there; whose are those that are new? */
static void note_tip(struct applier *a, uint32_t seq, bool ours)
{
    if (!ours && a->told_tip && seq > a->told_tip)
        atomic_fetch_add(&a->n_foreign, 1);
    a->told_tip = MAX(a->told_tip, seq);
}

static void count_applied(struct applier *a, const struct applier_work *w)
{
    counter_inc(a->n_ledgers);
    counter_add(a->n_txs, (int64_t)w->ledger->ledger.n_txs);
}

/* A line for each batch, for debugging; what people follow is told once a minute (app). */
static void log_batch(const struct batch *b)
{
    static struct log_limit limit = LOG_LIMIT_INIT(10);
    uint64_t n_dropped, n_ledgers = 0, n_txs = 0, n_objects = 0;
    if (!log_enabled(LOG_CHANNEL, LOG_DEBUG) || !log_limit_take(&limit, &n_dropped))
        return;
    for (const struct list *it = b->works.next; it != &b->works; it = it->next) {
        const struct apply_ledger *l = &LIST_ENTRY(it, struct applier_work, link)->ledger->ledger;
        n_ledgers++;
        n_txs += l->n_txs;
        n_objects += l->n_objects;
    }
    LOG_DEBUG("etl: ledger %u verified and stored (%llu ledgers, %llu transactions, %llu changed "
              "objects, %lld ms)",
              b->newest.seq, (unsigned long long)n_ledgers, (unsigned long long)n_txs,
              (unsigned long long)n_objects,
              (long long)((clock_now_ns() - b->begun_ns) / CLOCK_MS));
}

static void batch_finish(struct batch *b)
{
    struct applier *a = b->a;
    err e = OK;
    bool any = apply_count(b->apply) > 0;
    if (any)
        e = apply_commit(b->apply);
    else
        apply_abort(b->apply);
    if (e.code == ERR_CONFLICT)
        atomic_fetch_add(&a->n_conflicts, 1);
    else if (any && e.code != ERR_EXISTS)
        note_tip(a, b->newest.seq, true); /* what fails behind the history is ours, too */
    if (any && e.code == 0)
        log_batch(b);
    LIST_EACH(it, &b->works)
    {
        struct applier_work *w = LIST_ENTRY(it, struct applier_work, link);
        list_unlink(it);
        enum applier_result result = result_of(w, e, "store");
        if (result == APPLIER_RESULT_DONE)
            count_applied(a, w);
        else
            result = APPLIER_RESULT_FAILED; /* it verified before: whatever is wrong is here */
        send_home(a, w, result);
    }
    if (b->refused)
        send_home(a, b->refused, b->refused_result);
}

static void apply_ledgers(struct applier *a, struct applier_work *w)
{
    int64_t begun = clock_now_ns();
    int64_t bound = begun + (a->opts.batch_ns ? a->opts.batch_ns : BATCH_NS);
    struct batch b = {.a = a, .begun_ns = begun};
    list_init(&b.works);
    enum applier_result result = APPLIER_RESULT_SKIPPED;
    struct ledgers *l = a->opts.ledgers;
    if (ledgers_tip(l, &b.newest))
        result = result_of(w, apply_begin(l, &b.apply), "store");
    ledgers_tip(l, &b.newest); /* the history may have got more than we knew */
    note_tip(a, b.newest.seq, false);
    if (result != APPLIER_RESULT_DONE) {
        send_home(a, w, result);
        return;
    }
    while (w && batch_add(&b, w) && clock_now_ns() < bound && b.n_changes < BATCH_CHANGES)
        w = pop_ledger(a);
    batch_finish(&b);
    counter_add(a->apply_us, (clock_now_ns() - begun) / 1000);
}

/* The initial load. */
static void load(struct applier *a, struct applier_work *w)
{
    int64_t begun = clock_now_ns();
    err e = load_feed(w->load, &w->ledger->ledger);
    enum applier_result result = result_of(w, e, "state");
    if (result == APPLIER_RESULT_DONE) {
        count_applied(a, w);
        note_tip(a, w->ledger->ledger.header.seq, true);
    }
    if (e.code == ERR_CANCELLED)
        result = APPLIER_RESULT_SKIPPED;
    counter_add(a->load_us, (clock_now_ns() - begun) / 1000);
    send_home(a, w, result);
}

/* Look for damage: half of the time until all of the mirror has been seen once, then a little. */
static void check(struct applier *a, int64_t wait_ns)
{
    bool more = false;
    err e = apply_check(a->opts.ledgers, a->unchecked ? CHECK_NS : wait_ns / CHECK_SHARE, &more);
    a->unchecked = more;
    if (more || err_failed(e))
        a->follow_ns = real_now_ns() + CHECK_NS;
}

/* A mirror that cannot be made anew costs a reading of the whole state each time. */
static int64_t again_ns(struct applier *a)
{
    if (!ledgers_mirror_aside(a->opts.ledgers))
        a->n_failed = 0;
    return choice_backoff(++a->n_failed, FOLLOW_AGAIN_NS, FOLLOW_AGAIN_MAX_NS);
}

/* Nothing to do: take what others have stored, and mend the mirror. */
static void follow(struct applier *a)
{
    static struct log_limit limit = LOG_LIMIT_INIT(1);
    uint64_t dropped;
    struct ledger_header tip;
    err e = mirror_follow(a->opts.ledgers, 0);
    if (ledgers_tip(a->opts.ledgers, &tip))
        note_tip(a, tip.seq, false);
    int64_t wait_ns = a->opts.read_only ? FOLLOW_READ_ONLY_NS : FOLLOW_NS;
    if (err_failed(e) && e.code != ERR_CANCELLED) {
        wait_ns = again_ns(a);
        if (log_limit_take(&limit, &dropped))
            LOG_ERROR("etl: %s: %s, trying again in %d s", err_name(e), err_text(),
                      (int)(wait_ns / CLOCK_S));
    }
    a->follow_ns = real_now_ns() + wait_ns;
    if (err_failed(e))
        return;
    a->n_failed = 0;
    check(a, wait_ns);
    if (a->opts.look_after)
        a->opts.look_after(a->opts.arg);
}

static void *run(void *arg)
{
    struct applier *a = arg;
    crash_thread();
    for (;;) {
        bool stopping = false;
        struct applier_work *w = pop(a, &stopping);
        if (!w && !stopping) {
            follow(a);
            continue;
        }
        if (w && stopping)
            send_home(a, w, APPLIER_RESULT_SKIPPED);
        else if (w && w->kind == APPLIER_LEDGER)
            apply_ledgers(a, w);
        else if (w && w->kind == APPLIER_CALL)
            send_home(a, w, result_of(w, w->call(w), "state"));
        else if (w)
            load(a, w);
        else
            break;
        a->trim_wanted = true;
    }
    a->ended.run = on_ended;
    core_post(a->home, &a->ended);
    return NULL;
}

static void init_counters(struct applier *a)
{
    struct counter_registry *r = a->opts.counters;
    a->n_ledgers = counter_get(r, "kleio_ledgers_applied_total", "", "Ledgers verified and stored");
    a->n_txs = counter_get(r, "kleio_transactions_applied_total", "", "Transactions stored");
    a->apply_us =
        counter_get(r, "kleio_apply_microseconds_total", "", "Time spent applying ledgers");
    a->load_us =
        counter_get(r, "kleio_load_microseconds_total", "", "Time spent on the initial load");
    a->tip = counter_gauge(r, "kleio_newest_ledger", "", "Sequence of the newest ledger held");
    a->publish_time =
        counter_gauge(r, "etl_last_publish_seconds", "", "Time of the newest publication");
}

static void init_wake(struct applier *a)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&a->wake, &attr);
    pthread_condattr_destroy(&attr);
}

ERR applier_start(const struct applier_opts *opts, struct applier **ret)
{
    struct applier *a = xcalloc(1, sizeof(*a));
    a->opts = *opts;
    a->home = core_current();
    list_init(&a->queue);
    pthread_mutex_init(&a->lock, NULL);
    init_wake(a);
    init_counters(a);
    struct ledger_header tip;
    if (ledgers_tip(opts->ledgers, &tip))
        counter_set(a->tip, tip.seq);
    ledgers_interrupt(opts->ledgers, false);
    ledgers_on_published(opts->ledgers, on_published, a);
    if (pthread_create(&a->thread, NULL, run, a) != 0) {
        ledgers_off_published(opts->ledgers, on_published, a);
        free(a);
        return FAIL(ERR_IO, "etl: cannot start the apply thread");
    }
    pthread_setname_np(a->thread, "apply");
    *ret = a;
    return OK;
}

YIELDS struct applier *applier_stop(struct applier *a)
{
    if (!a)
        return NULL;
    a->stopper = fiber_current();
    ledgers_interrupt(a->opts.ledgers, true);
    pthread_mutex_lock(&a->lock);
    a->stopping = true;
    pthread_cond_signal(&a->wake);
    pthread_mutex_unlock(&a->lock);
    fiber_park_for_uncancellable(&a->is_ended); /* until then it may need this core: a repair */
    pthread_join(a->thread, NULL);
    ledgers_off_published(a->opts.ledgers, on_published, a);
    pthread_cond_destroy(&a->wake);
    pthread_mutex_destroy(&a->lock);
    free(a);
    return NULL;
}

void applier_push(struct applier *a, struct applier_work *w)
{
    a->n_outstanding++;
    w->applier = a;
    pthread_mutex_lock(&a->lock);
    list_push_back(&a->queue, &w->link);
    pthread_cond_signal(&a->wake);
    pthread_mutex_unlock(&a->lock);
}

uint32_t applier_outstanding(const struct applier *a)
{
    return a->n_outstanding;
}

uint32_t applier_n_foreign(const struct applier *a)
{
    return atomic_load(&a->n_foreign);
}

uint32_t applier_n_conflicts(const struct applier *a)
{
    return atomic_load(&a->n_conflicts);
}

int64_t applier_last_publish_ns(const struct applier *a)
{
    return atomic_load(&a->last_publish_ns);
}
