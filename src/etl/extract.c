/* SPDX-License-Identifier: Apache-2.0 */
#define LOG_CHANNEL LOG_CHANNEL_ETL
#include "etl/extract.h"

#include "base/counter.h"
#include "base/log.h"
#include "base/mem.h"
#include "etl/agree.h"
#include "etl/applier.h"
#include "etl/ledger_spool.h"
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
#define RETRY_FIRST_NS (1 * CLOCK_S)
#define WRONG_FIRST_NS (1 * CLOCK_S)
#define WRONG_MAX_NS (60 * CLOCK_S)
#define RETRY_MAX_NS (30 * CLOCK_S)
/* Failed fetches of a ledger before we call it more than bad luck. */
#define MANY_FAILURES 3
#define FORK_RETRY_NS (30 * CLOCK_S)
#define STORE_RETRY_NS (5 * CLOCK_S)
/* Sources report a ledger one after the other; after so long that they do not agree is told. */
#define AGREE_PATIENCE_NS (3 * CLOCK_S)
#define AGREE_RETRY_NS (1 * CLOCK_S)

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
    fetch_mask wrong;             /* sources that had this ledger wrong in this round */
    fetch_mask asked;             /* held it when it was last given up until retry_ns */
    uint32_t n_rounds;            /* in which all sources had it wrong */
    enum extract_trouble trouble; /* why it does not come */
};

struct extract {
    struct extract_opts opts;
    struct slot *slots;  /* ring, by sequence modulo max_ahead */
    uint32_t next_apply; /* not known to be stored yet; the window begins here */
    uint32_t next_give;  /* next one for the applier; next_apply <= next_give */
    uint32_t generation; /* grows with each restart */
    size_t n_bytes; /* of READY and GIVEN slots, and of dropped generations still at the applier */
    uint32_t
        closed_wrong; /* was refused as it is kept, and those after it are of no use; 0 = none */
    uint32_t proven;  /* a ledger that a source has really given */
    bool prove;       /* the newest reported ledger shall be asked for */
    int64_t pause_until_ns;             /* nothing is fetched before */
    enum extract_trouble store_trouble; /* of the newest attempt to store */
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

/* What others see: the trouble of the next ledger. */
static void refresh_trouble(struct extract *x)
{
    enum extract_trouble t = slot_of(x, x->next_apply)->trouble;
    atomic_store(&x->trouble, x->store_trouble ? x->store_trouble : t);
}

static void set_next(struct extract *x, uint32_t seq)
{
    x->next_apply = seq;
    atomic_store(&x->next_atomic, seq);
    refresh_trouble(x);
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

static void give_ready(struct extract *x);

/* Kept during the initial load. */
static bool is_closed(struct extract *x, uint32_t seq)
{
    return x->opts.closed && (!x->closed_wrong || seq < x->closed_wrong) &&
           ledger_spool_has(x->opts.closed, seq);
}

/* What became of a ledger. */

/* All that hold the ledger had it wrong: begin a new round after a pause. */
static void end_round(struct extract *x, uint32_t seq, enum extract_trouble trouble)
{
    struct slot *s = slot_of(x, seq);
    bool told = s->trouble == trouble;
    s->wrong = 0;
    s->asked = fetch_holders(x->opts.sources, seq);
    s->n_rounds++;
    s->trouble = trouble;
    bool fork = trouble == EXTRACT_TROUBLE_FORK;
    s->retry_ns = clock_now_ns() +
                  choice_backoff(s->n_rounds, WRONG_FIRST_NS, fork ? FORK_RETRY_NS : WRONG_MAX_NS);
    if (fork && !told)
        LOG_ERROR("etl: no source has a ledger %u that continues ours: the sources, or our "
                  "history, are on a fork; trying again, at least every %d s",
                  seq, (int)(FORK_RETRY_NS / CLOCK_S));
    refresh_trouble(x);
}

/* The source's ledger did not verify (`text` says why): it is asked of the others, then of all
 * again after a pause. */
static void note_wrong(struct extract *x, uint32_t seq, uint32_t source, const char *what,
                       const char *text)
{
    struct sources *all = x->opts.sources;
    struct slot *s = slot_of(x, seq);
    LOG_ERROR("etl: ledger %u of source %s: %s: refused", seq, sources_name(all, source), text);
    sources_blame(all, source, what);
    if (is_closed(x, seq))
        x->closed_wrong = seq;
    s->wrong |= FETCH_MASK(source);
    s->retry_ns = 0;
    if (!(fetch_holders(all, seq) & ~s->wrong))
        end_round(x, seq,
                  slice_is(slice_str(what), "parent") ? EXTRACT_TROUBLE_FORK
                                                      : EXTRACT_TROUBLE_WRONG);
}

/* What was handed over behind this ledger is skipped by the applier, so we begin again with it; it
 * keeps its past. */
static void begin_again(struct extract *x, uint32_t seq)
{
    struct slot past = *slot_of(x, seq);
    extract_restart(x, seq);
    *slot_of(x, seq) =
        (struct slot){.wrong = past.wrong, .n_rounds = past.n_rounds, .trouble = past.trouble};
}

static void handle_failed(struct extract *x, const struct handed *h, const struct applier_work *w)
{
    static struct log_limit limit = LOG_LIMIT_INIT(1);
    uint64_t dropped;
    x->store_trouble = w->disk_full ? EXTRACT_TROUBLE_DISK : EXTRACT_TROUBLE_STORE;
    refresh_trouble(x);
    x->pause_until_ns = clock_now_ns() + STORE_RETRY_NS;
    if (log_limit_take(&limit, &dropped))
        LOG_ERROR("etl: ledger %u: cannot be stored: %s, trying again in %d s", h->seq, w->text,
                  (int)(STORE_RETRY_NS / CLOCK_S));
}

static void handle_result(struct extract *x, const struct handed *h, const struct applier_work *w)
{
    if (w->result == APPLIER_RESULT_DONE) {
        sources_praise(x->opts.sources, h->source);
        *slot_of(x, h->seq) = (struct slot){0};
        x->store_trouble = EXTRACT_TROUBLE_NONE;
        set_next(x, h->seq + 1);
        return;
    }
    if (w->result == APPLIER_RESULT_HELD) { /* another writer, or more survived than we knew */
        x->store_trouble = EXTRACT_TROUBLE_NONE;
        extract_restart(x, w->newest + 1);
        return;
    }
    begin_again(x, h->seq);
    if (w->result == APPLIER_RESULT_WRONG)
        note_wrong(x, h->seq, h->source, w->what, w->text);
    else if (w->result == APPLIER_RESULT_FAILED)
        handle_failed(x, h, w);
}

static void on_applied(struct applier_work *w)
{
    struct handed *h = w->owner;
    struct extract *x = h->x;
    x->n_bytes -= h->n_bytes;
    if (h->generation == x->generation)
        handle_result(x, h, w);
    free(h);
    applier_work_free(w);
    give_ready(x);
    fiber_cond_broadcast(&x->changed);
}

/* Handing over. */

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

void extract_hold(struct extract *x)
{
    x->opts.hold = true;
}

/* Fetching. */

static bool beyond_finish(const struct extract *x, uint32_t seq)
{
    return x->opts.finish != 0 && seq > x->opts.finish;
}

static void note_gap(struct extract *x, uint32_t seq)
{
    struct slot *s = slot_of(x, seq);
    if (seq != x->next_apply || s->trouble == EXTRACT_TROUBLE_GAP ||
        fetch_holders(x->opts.sources, seq) || sources_n_connected(x->opts.sources) == 0 ||
        sources_n_astray(x->opts.sources) > 0)
        return;
    if (x->proven < sources_newest(x->opts.sources)) { /* who says that there are newer ones? */
        x->prove = true;
        fiber_cond_broadcast(&x->changed);
        return;
    }
    s->trouble = EXTRACT_TROUBLE_GAP;
    refresh_trouble(x);
    LOG_ERROR("etl: no source holds ledger %u, the next one (they are at %u): waiting for a source "
              "that has it",
              seq, sources_newest(x->opts.sources));
}

/* The first ledger that wants fetching and that a source holds; false: none now, *ret_wait_ns is
 * when to look again at the latest. */
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
        if (!fetch_holders(x->opts.sources, seq) &&
            !is_closed(x, seq)) { /* the watcher tells when that changes */
            note_gap(x, seq);
            continue;
        }
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

/* Files of ledgers that are stored by now go, and those that were refused, with all after them. */
struct tidying {
    struct ledger_spool *closed;
    uint32_t trim, cut;
};

static err do_tidy(void *arg)
{
    struct tidying *t = arg;
    if (t->cut)
        ledger_spool_cut(t->closed, t->cut);
    ledger_spool_trim(t->closed, t->trim);
    return OK;
}

/* False: cancelled. */
static YIELDS bool tidy_closed(struct extract *x)
{
    struct tidying t = {x->opts.closed, x->next_apply, x->closed_wrong};
    uint32_t first, last;
    if (!ledger_spool_span(x->opts.closed, &first, &last) || (first >= t.trim && !t.cut))
        return true;
    if (err_failed(worker_run(do_tidy, &t)))
        return false;
    if (x->closed_wrong == t.cut)
        x->closed_wrong = 0;
    return true;
}

static YIELDS bool take_closed(struct extract *x, uint32_t seq, uint32_t *ret_source,
                               struct decode_ledger **ret)
{
    const char *what;
    if (!x->opts.closed || !tidy_closed(x))
        return false;
    if (!is_closed(x, seq) ||
        err_failed(worker_kept_ledger(x->opts.sources, x->opts.closed, seq, true, ret, &what)))
        return false;
    *ret_source = (*ret)->source;
    return true;
}

/* *ret_source is set once somebody answered. */
static YIELDS err fetch_and_decode(struct extract *x, uint32_t seq, uint32_t *ret_source,
                                   const char **ret_what, struct decode_ledger **ret)
{
    struct fetch_reply *reply = NULL;
    *ret_what = NULL;
    if (take_closed(x, seq, ret_source, ret))
        return OK;
    TRY(fetch_ledger(x->opts.sources, seq, true, slot_of(x, seq)->wrong, &reply));
    *ret_source = reply->source;
    return worker_decode_ledger(reply, true, ret, ret_what);
}

/* Another source's ledger next time; nobody can say whose is wrong. */
static void note_disagreement(struct extract *x, uint32_t seq, uint32_t source)
{
    static struct log_limit limit = LOG_LIMIT_INIT(1);
    uint64_t dropped;
    struct slot *s = slot_of(x, seq);
    s->trouble = EXTRACT_TROUBLE_AGREE;
    s->retry_ns = clock_now_ns() + AGREE_RETRY_NS;
    s->wrong |= FETCH_MASK(source);
    if (!(fetch_holders(x->opts.sources, seq) & ~s->wrong))
        s->wrong = 0;
    refresh_trouble(x);
    if (log_limit_take(&limit, &dropped))
        LOG_ERROR("etl: %s: waiting", err_text());
}

/* The ledger verifies; wait a little until enough sources have the same. */
static YIELDS err await_agreement(struct extract *x, const struct decode_ledger *d)
{
    const struct ledger_header *h = &d->ledger.header;
    uint64_t version = 0;
    int64_t deadline = clock_now_ns() + AGREE_PATIENCE_NS;
    if (x->opts.min_agreeing <= 1)
        return OK;
    for (;;) {
        err e = agree_on(x->opts.sources, x->opts.min_agreeing, d->source, h->seq, &h->hash);
        if (e.code != ERR_BUSY || clock_now_ns() > deadline)
            return e;
        err woken = sources_wait_change(x->opts.sources, &version, deadline);
        if (woken.code == ERR_CANCELLED)
            return woken;
    }
}

/* A ledger that is claimed and not given: is there anything new at all? */
static void want_proof(struct extract *x)
{
    if (x->proven >= sources_newest(x->opts.sources))
        return;
    x->prove = true;
    fiber_cond_broadcast(&x->changed);
}

static void note_failure(struct extract *x, uint32_t seq, err e)
{
    static struct log_limit limit = LOG_LIMIT_INIT(5);
    uint64_t dropped;
    struct slot *s = slot_of(x, seq);
    s->n_failed++;
    s->asked = fetch_holders(x->opts.sources, seq);
    s->retry_ns = clock_now_ns() + choice_backoff(s->n_failed, RETRY_FIRST_NS, RETRY_MAX_NS);
    if (s->n_failed >= MANY_FAILURES && s->trouble == EXTRACT_TROUBLE_NONE)
        s->trouble = EXTRACT_TROUBLE_FETCH;
    refresh_trouble(x);
    if (e.code == ERR_BUSY)
        end_round(x, seq, EXTRACT_TROUBLE_WRONG);
    else if (e.code == ERR_NOT_FOUND)
        note_gap(x, seq);
    else if (log_limit_take(&limit, &dropped))
        LOG_WARN("etl: ledger %u: %s: %s%s, trying again", seq, err_name(e), err_text(),
                 fetch_hint(e));
    if (e.code == ERR_NOT_FOUND && s->n_failed > 1)
        want_proof(x);
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
    x->proven = MAX(x->proven, seq);
    if (s->trouble == EXTRACT_TROUBLE_AGREE)
        s->trouble = EXTRACT_TROUBLE_NONE;
    s->state = SLOT_READY;
    s->ledger = d;
    s->n_bytes = d->n_bytes;
    x->n_bytes += d->n_bytes;
    give_ready(x);
}

static YIELDS void fetch_one(struct extract *x, uint32_t seq)
{
    uint32_t generation = x->generation, source = 0;
    const char *what;
    struct decode_ledger *d = NULL;
    err e = fetch_and_decode(x, seq, &source, &what, &d), agreed = OK;
    if (!err_failed(e))
        agreed = await_agreement(x, d);
    if (generation != x->generation || fiber_cancelled()) {
        decode_ledger_free(d);
        return;
    }
    if (!err_failed(e) && !err_failed(agreed)) {
        take_in(x, seq, d);
        return;
    }
    slot_of(x, seq)->state = SLOT_EMPTY;
    decode_ledger_free(d);
    if (err_failed(agreed)) {
        note_disagreement(x, seq, source);
        return;
    }
    if (what && (e.code == ERR_VERIFY || e.code == ERR_PARSE))
        note_wrong(x, seq, source, what, err_text());
    else
        note_failure(x, seq, e);
}

/* Before a gap is told: ask those who claim the newest ledger for it. Who does not have it is not
 * believed any more. */
static YIELDS void prove_newest(struct extract *x)
{
    struct sources *all = x->opts.sources;
    uint32_t newest = sources_newest(all);
    fetch_mask left = fetch_holders(all, newest);
    for (uint32_t i = 0; i < sources_count(all); i++) {
        CLEANUP(fetch_reply_freep) struct fetch_reply *reply = NULL;
        if (!(left & FETCH_MASK(i)))
            continue;
        err e = fetch_header(all, newest, ~FETCH_MASK(i), &reply);
        bool wrong = e.code == ERR_NOT_FOUND || e.code == ERR_VERIFY || e.code == ERR_PARSE;
        bool still_claimed = fetch_holders(all, newest) & FETCH_MASK(i); /* it may have come anew */
        if (!err_failed(e))
            x->proven = MAX(x->proven, newest);
        else if (wrong && still_claimed)
            sources_disbelieve(all, i, x->next_apply);
        else if (e.code == ERR_CANCELLED)
            return;
    }
    if (!left) /* reported, but not held: nothing to ask for */
        x->proven = newest;
    fiber_cond_broadcast(&x->changed);
}

static YIELDS void prover(void *arg)
{
    struct extract *x = arg;
    while (!fiber_cancelled()) {
        if (x->prove) {
            x->prove = false;
            prove_newest(x);
            err paused = fiber_sleep_until(clock_now_ns() + CLOCK_S);
            (void)paused; /* cancelled: the loop ends */
            fiber_cond_broadcast(&x->changed);
        }
        err woken = fiber_cond_wait(&x->changed, CLOCK_NEVER);
        (void)woken;
    }
}

static YIELDS void fetcher(void *arg)
{
    struct extract *x = arg;
    while (!fiber_cancelled()) {
        uint32_t seq;
        int64_t wait_ns;
        if (claim(x, &seq, &wait_ns)) {
            fetch_one(x, seq);
            continue;
        }
        err woken = fiber_cond_wait(&x->changed, wait_ns);
        (void)woken; /* woken, late or cancelled: the loop looks again */
    }
}

/* What the sources report may be what a fetcher waits for. */
static YIELDS void watcher(void *arg)
{
    struct extract *x = arg;
    uint64_t version = 0;
    while (!err_failed(sources_wait_change(x->opts.sources, &version, CLOCK_NEVER))) {
        struct slot *next = slot_of(x, x->next_apply);
        fetch_mask holders = fetch_holders(x->opts.sources, x->next_apply);
        if (next->trouble == EXTRACT_TROUBLE_GAP && holders) {
            next->trouble = EXTRACT_TROUBLE_NONE;
            refresh_trouble(x);
        }
        /* sources report a ledger one after the other: the pause was for those that had it */
        next->asked &= holders;
        if (holders & ~next->asked)
            next->retry_ns = 0;
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
    fiber_group_spawn(&x->fibers, "extract prover", prover, x);
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
