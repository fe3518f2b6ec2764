/* SPDX-License-Identifier: Apache-2.0 */
#define LOG_CHANNEL LOG_CHANNEL_ETL
#include "etl/extract.h"

#include "base/counter.h"
#include "base/log.h"
#include "base/mem.h"
#include "etl/applier.h"
#include "etl/worker.h"
#include "rippled/choice.h"
#include "rippled/fetch.h"
#include "rt/clock.h"
#include "rt/fiber.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

#define MAX_FETCHERS 32
#define MAX_AHEAD 1024
#define RETRY_FIRST_NS (2 * CLOCK_S)
#define RETRY_MAX_NS (30 * CLOCK_S)
#define FORK_RETRY_NS (30 * CLOCK_S)
#define STORE_RETRY_NS (5 * CLOCK_S)

/* A slot's life: EMPTY -> FETCHING -> READY -> GIVEN -> EMPTY (of a later ledger). From FETCHING
 * back to EMPTY when nothing came. A restart empties all slots; what is under way then belongs to
 * an older generation and is dropped when it arrives. */
enum slot_state { SLOT_EMPTY = 0, SLOT_FETCHING, SLOT_READY, SLOT_GIVEN };

struct slot {
    enum slot_state state;
    struct decode_ledger *ledger; /* READY */
    size_t n_bytes;               /* READY, GIVEN */
    uint32_t n_failed;            /* fetches in a row */
    int64_t retry_ns;             /* not before */
};

struct extract {
    struct extract_opts opts;
    struct slot *slots;  /* ring, by sequence modulo max_ahead */
    uint32_t next_apply; /* not known to be stored yet; the window begins here */
    uint32_t next_give;  /* next one for the applier; next_apply <= next_give */
    uint32_t generation; /* grows with each restart */
    size_t n_bytes; /* of READY and GIVEN slots, and of dropped generations still at the applier */
    int64_t pause_until_ns; /* nothing is fetched before */
    uint64_t refused_by;    /* bits: sources whose next ledger did not verify */
    struct fiber_group fibers;
    struct fiber_cond changed;
    _Atomic int trouble;
    _Atomic uint32_t next_atomic;
    struct counter *n_fetched;
    struct counter *gauge_ahead;
};

/* What the applier is to bring back, besides the ledger. */
struct handed {
    struct extract *x;
    uint32_t seq;
    uint32_t generation;
    uint32_t source;
    size_t n_bytes;
};

static struct slot *slot_of(struct extract *x, uint32_t seq)
{
    return &x->slots[seq % x->opts.max_ahead];
}

static void set_trouble(struct extract *x, enum extract_trouble t)
{
    atomic_store(&x->trouble, t);
}

static void set_next(struct extract *x, uint32_t seq)
{
    x->next_apply = seq;
    atomic_store(&x->next_atomic, seq);
}

static void empty_slots(struct extract *x)
{
    for (uint32_t i = 0; i < x->opts.max_ahead; i++) {
        struct slot *s = &x->slots[i];
        if (s->state == SLOT_READY) {
            decode_ledger_free(s->ledger);
            x->n_bytes -= s->n_bytes;
        }
        *s = (struct slot){0};
    }
}

void extract_restart(struct extract *x, uint32_t seq)
{
    empty_slots(x);
    x->generation++;
    set_next(x, seq);
    x->next_give = seq;
    fiber_cond_broadcast(&x->changed);
}

/* Handing over. */

static void give_ready(struct extract *x);

static void handle_wrong(struct extract *x, const struct handed *h, const struct applier_work *w)
{
    struct sources *all = x->opts.sources;
    uint32_t n = sources_count(all), n_refused;
    LOG_ERROR("etl: ledger %u of source %s: %s: refused", h->seq, sources_name(all, h->source),
              w->text);
    sources_blame(all, h->source, w->what);
    x->refused_by |= (uint64_t)1 << h->source;
    n_refused = (uint32_t)__builtin_popcountll(x->refused_by);
    for (uint32_t i = 0; i < n; i++)
        if (!(x->refused_by & (uint64_t)1 << i) && fetch_holds(all, i, h->seq))
            n_refused = 0; /* another one may have it right */
    if (n_refused == 0)
        return;
    bool fork = slice_is(slice_str(w->what), "parent");
    set_trouble(x, fork ? EXTRACT_TROUBLE_FORK : EXTRACT_TROUBLE_WRONG);
    x->refused_by = 0;
    if (fork) {
        x->pause_until_ns = clock_now_ns() + FORK_RETRY_NS;
        LOG_ERROR(
            "etl: no source has a ledger %u that continues ours: the sources, or our history, "
            "are on a fork; trying again every %d s",
            h->seq, (int)(FORK_RETRY_NS / CLOCK_S));
    }
}

static void handle_failed(struct extract *x, const struct handed *h, const struct applier_work *w)
{
    set_trouble(x, EXTRACT_TROUBLE_STORE);
    x->pause_until_ns = clock_now_ns() + STORE_RETRY_NS;
    LOG_ERROR("etl: ledger %u: cannot be stored: %s, trying again in %d s", h->seq, w->text,
              (int)(STORE_RETRY_NS / CLOCK_S));
}

static void handle_done(struct extract *x, const struct handed *h)
{
    sources_praise(x->opts.sources, h->source);
    *slot_of(x, h->seq) = (struct slot){0};
    set_next(x, h->seq + 1);
    x->refused_by = 0;
    set_trouble(x, EXTRACT_TROUBLE_NONE);
}

static void on_applied(struct applier_work *w)
{
    struct handed *h = w->owner;
    struct extract *x = h->x;
    x->n_bytes -= h->n_bytes;
    if (h->generation == x->generation) {
        if (w->result == APPLIER_RESULT_DONE)
            handle_done(x, h);
        else if (w->result == APPLIER_RESULT_WRONG)
            handle_wrong(x, h, w);
        else if (w->result == APPLIER_RESULT_FAILED)
            handle_failed(x, h, w);
        /* what follows a ledger that was not stored is skipped by the applier: begin again there */
        if (w->result != APPLIER_RESULT_DONE)
            extract_restart(x, h->seq);
    }
    free(h);
    applier_work_free(w);
    give_ready(x);
    fiber_cond_broadcast(&x->changed);
}

static void give(struct extract *x, struct slot *s)
{
    struct handed *h = xcalloc(1, sizeof(*h));
    struct applier_work *w = applier_work_new(APPLIER_LEDGER, on_applied, h);
    *h = (struct handed){x, x->next_give, x->generation, s->ledger->source, s->n_bytes};
    w->ledger = TAKE_PTR(s->ledger);
    s->state = SLOT_GIVEN;
    x->next_give++;
    applier_push(x->opts.applier, w);
}

static void give_ready(struct extract *x)
{
    while (!x->opts.hold && slot_of(x, x->next_give)->state == SLOT_READY &&
           x->next_give - x->next_apply < x->opts.max_ahead)
        give(x, slot_of(x, x->next_give));
    counter_set(x->gauge_ahead, x->next_give - x->next_apply);
}

void extract_release(struct extract *x)
{
    x->opts.hold = false;
    give_ready(x);
}

/* Fetching. */

static bool beyond_finish(const struct extract *x, uint32_t seq)
{
    return x->opts.finish != 0 && seq > x->opts.finish;
}

/* The first ledger that wants fetching; false: none now, *ret_wait_ns is when to look again at the
 * latest. */
static bool claim(struct extract *x, uint32_t *ret_seq, int64_t *ret_wait_ns)
{
    int64_t now = clock_now_ns();
    uint32_t newest = sources_newest(x->opts.sources);
    *ret_wait_ns = CLOCK_NEVER;
    if (x->pause_until_ns > now) {
        *ret_wait_ns = x->pause_until_ns;
        return false;
    }
    for (uint32_t i = 0; i < x->opts.max_ahead; i++) {
        uint32_t seq = x->next_apply + i;
        struct slot *s = slot_of(x, seq);
        if (seq < x->next_apply || seq > newest || beyond_finish(x, seq) ||
            (i > 0 && x->n_bytes >= x->opts.max_ahead_bytes))
            return false;
        if (s->state != SLOT_EMPTY)
            continue;
        if (s->retry_ns > now) {
            *ret_wait_ns = MIN(*ret_wait_ns, s->retry_ns);
            continue;
        }
        s->state = SLOT_FETCHING;
        *ret_seq = seq;
        return true;
    }
    return false;
}

static YIELDS err fetch_and_decode(struct extract *x, uint32_t seq, int64_t *ret_again_ns,
                                   struct decode_ledger **ret)
{
    struct fetch_reply *reply = NULL;
    struct sources *all = x->opts.sources;
    const char *what = "";
    *ret_again_ns = CLOCK_NEVER;
    TRY(fetch_ledger(all, seq, true, ret_again_ns, &reply));
    uint32_t source = reply->source;
    err e = worker_decode_ledger(reply, true, ret, &what);
    if (e.code == ERR_VERIFY || e.code == ERR_PARSE) {
        LOG_ERROR("etl: ledger %u of source %s: %s: refused", seq, sources_name(all, source),
                  err_text());
        sources_blame(all, source, what);
        *ret_again_ns = clock_now_ns(); /* another source may have it right: at once */
    }
    return e;
}

static void note_gap(struct extract *x, uint32_t seq)
{
    if (seq != x->next_apply || fetch_is_held(x->opts.sources, seq))
        return;
    if (sources_n_connected(x->opts.sources) == 0 ||
        atomic_load(&x->trouble) == EXTRACT_TROUBLE_GAP)
        return;
    set_trouble(x, EXTRACT_TROUBLE_GAP);
    LOG_ERROR("etl: no source holds ledger %u, the next one (they are at %u): waiting for a source "
              "that has it",
              seq, sources_newest(x->opts.sources));
}

static void note_failure(struct extract *x, uint32_t seq, err e, int64_t again_ns)
{
    static struct log_limit limit = LOG_LIMIT_INIT(5);
    uint64_t dropped;
    struct slot *s = slot_of(x, seq);
    s->state = SLOT_EMPTY;
    s->n_failed++;
    s->retry_ns = clock_now_ns() + choice_backoff(s->n_failed, RETRY_FIRST_NS, RETRY_MAX_NS);
    if (again_ns != CLOCK_NEVER)
        s->retry_ns = again_ns;
    if (e.code == ERR_BUSY && seq == x->next_apply &&
        atomic_load(&x->trouble) == EXTRACT_TROUBLE_NONE)
        set_trouble(x, EXTRACT_TROUBLE_WRONG); /* all that hold it had it wrong */
    if (e.code == ERR_NOT_FOUND)
        note_gap(x, seq);
    else if (e.code != ERR_BUSY && e.code != ERR_VERIFY && log_limit_take(&limit, &dropped))
        LOG_WARN("etl: ledger %u: %s: %s, trying again", seq, err_name(e), err_text());
}

static void take_in(struct extract *x, uint32_t seq, struct decode_ledger *d)
{
    static struct log_limit limit = LOG_LIMIT_INIT(2);
    uint64_t dropped;
    struct slot *s = slot_of(x, seq);
    if (d->n_odd && log_limit_take(&limit, &dropped))
        LOG_WARN("etl: ledger %u: %u transactions of an unknown form: stored, not fully indexed",
                 seq, d->n_odd);
    counter_inc(x->n_fetched);
    *s = (struct slot){.state = SLOT_READY, .ledger = d, .n_bytes = d->n_bytes};
    x->n_bytes += d->n_bytes;
    give_ready(x);
}

static YIELDS void fetcher(void *arg)
{
    struct extract *x = arg;
    while (!fiber_cancelled()) {
        uint32_t seq, generation = x->generation;
        int64_t wait_ns, again_ns = CLOCK_NEVER;
        struct decode_ledger *d = NULL;
        if (!claim(x, &seq, &wait_ns)) {
            err woken = fiber_cond_wait(&x->changed, wait_ns);
            (void)woken; /* woken, late or cancelled: the loop looks again */
            continue;
        }
        err e = fetch_and_decode(x, seq, &again_ns, &d);
        if (generation != x->generation || fiber_cancelled())
            decode_ledger_free(d);
        else if (err_failed(e))
            note_failure(x, seq, e, again_ns);
        else
            take_in(x, seq, d);
    }
}

/* What the sources report may be what a fetcher waits for. */
static YIELDS void watcher(void *arg)
{
    struct extract *x = arg;
    uint64_t version = 0;
    while (!err_failed(sources_wait_change(x->opts.sources, &version, CLOCK_NEVER))) {
        struct slot *next = slot_of(x, x->next_apply);
        if (next->state == SLOT_EMPTY && fetch_is_held(x->opts.sources, x->next_apply) &&
            atomic_load(&x->trouble) == EXTRACT_TROUBLE_GAP) {
            set_trouble(x, EXTRACT_TROUBLE_NONE);
            next->retry_ns = 0;
        }
        fiber_cond_broadcast(&x->changed);
    }
}

struct extract *extract_start(const struct extract_opts *opts)
{
    struct extract *x = xcalloc(1, sizeof(*x));
    x->opts = *opts;
    x->opts.n_fetchers = opts->n_fetchers ? MIN(opts->n_fetchers, (uint32_t)MAX_FETCHERS) : 4;
    x->opts.max_ahead = opts->max_ahead ? MIN(opts->max_ahead, (uint32_t)MAX_AHEAD) : 64;
    x->opts.max_ahead_bytes = opts->max_ahead_bytes ? opts->max_ahead_bytes : (size_t)64 << 20;
    x->slots = xcalloc(x->opts.max_ahead, sizeof(*x->slots));
    x->next_give = opts->first;
    set_next(x, opts->first);
    x->n_fetched = counter_get(opts->counters, "kleio_ledgers_fetched_total", "",
                               "Ledgers fetched and decoded");
    x->gauge_ahead = counter_gauge(opts->counters, "kleio_ledgers_ahead", "",
                                   "Ledgers that wait for the apply thread");
    fiber_group_init(&x->fibers);
    fiber_cond_init(&x->changed);
    fiber_group_spawn(&x->fibers, "extract watcher", watcher, x);
    for (uint32_t i = 0; i < x->opts.n_fetchers; i++)
        fiber_group_spawn(&x->fibers, "extract", fetcher, x);
    return x;
}

YIELDS void extract_quit(struct extract *x)
{
    x->opts.hold = true;
    fiber_group_cancel(&x->fibers);
}

YIELDS struct extract *extract_stop(struct extract *x)
{
    if (!x)
        return NULL;
    extract_quit(x);
    empty_slots(x);
    free(x->slots);
    free(x);
    return NULL;
}

enum extract_trouble extract_get_trouble(const struct extract *x)
{
    return (enum extract_trouble)atomic_load(&x->trouble);
}

uint32_t extract_next(const struct extract *x)
{
    return atomic_load(&x->next_atomic);
}

bool extract_finished(const struct extract *x)
{
    return beyond_finish(x, atomic_load(&x->next_atomic));
}
