/* SPDX-License-Identifier: Apache-2.0 */
#define LOG_CHANNEL LOG_CHANNEL_ETL
#include "etl/mender.h"

#include "base/counter.h"
#include "base/hex.h"
#include "base/log.h"
#include "base/mem.h"
#include "etl/applier.h"
#include "etl/mend.h"
#include "etl/worker.h"
#include "ledger/mirror_follow.h"
#include "rippled/choice.h"
#include "rippled/fetch.h"
#include "rt/clock.h"
#include "rt/fiber.h"
#include "store/cass.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define LOOK_NS (250 * CLOCK_MS)
#define RETRY_FIRST_NS (1 * CLOCK_S)
#define RETRY_MAX_NS (60 * CLOCK_S)
/* A ledger that is put right at once is not worth an alarm. */
#define STUCK_NS (5 * CLOCK_S)
#define LINES_PER_S 20

struct mender {
    struct mender_opts opts;
    struct applier *applier;
    struct fiber_group fibers;
    struct fiber *waiting; /* for a work that is on the apply thread, until it is home */
    bool is_home;
    uint32_t seq;     /* being put right, */
    fetch_mask wrong; /* by none of these */
    uint32_t n_failed;
    _Atomic int64_t since_ns; /* of the suspect; 0 = there is none */
    struct counter *n_right, *n_left;
};

/* --- what is found: on the apply thread --- */

struct found {
    struct mender *m;
    bool writes;
};

static void say(void *arg, const char *table, struct slice key, uint32_t seq, const char *what)
{
    static struct log_limit limit = LOG_LIMIT_INIT(LINES_PER_S);
    const struct found *f = arg;
    uint64_t dropped;
    char text[129], labels[80];
    key.n = MIN(key.n, sizeof text / 2);
    hex_encode(key, text);
    text[2 * key.n] = 0;
    snprintf(labels, sizeof labels, "table=\"%s\"", table);
    counter_inc(counter_get(f->m->opts.counters, "kleio_history_wrong_rows_total", labels,
                            "Rows of the history that were found missing or wrong"));
    counter_inc(f->writes ? f->m->n_right : f->m->n_left);
    if (log_limit_take(&limit, &dropped))
        LOG_ERROR("history: ledger %u: table %s, key %s: %s: %s", seq, table, text, what,
                  f->writes ? "written as it must be" : "left for a server that writes");
}

static struct mend_opts mend_opts_of(struct found *f)
{
    f->writes = !f->m->opts.read_only;
    return (struct mend_opts){.store = f->m->opts.store, .write = f->writes, .arg = f, .say = say};
}

/* Derived rows that are wrong keep no server from following: nothing else is wrong then. */
static err judge(void *arg, const struct store_ledger *ledger)
{
    struct found f = {.m = arg};
    struct mend_opts opts = mend_opts_of(&f);
    struct mend_result result;
    return mend_derived(&opts, ledger, &result);
}

static err take_right(void *arg, const struct store_ledger *right)
{
    struct found f = {.m = arg};
    struct mend_opts opts = mend_opts_of(&f);
    struct mend_result result;
    return mend_ledger(&opts, right, &result);
}

/* The history has it right then, or following says that it has not. */
static err put_right(struct applier_work *w)
{
    struct mender *m = w->owner;
    if (ledgers_suspect(m->opts.ledgers) != w->ledger->ledger.header.seq)
        return OK;
    TRY(apply_prove(m->opts.ledgers, &w->ledger->ledger, take_right, m));
    return mirror_follow(m->opts.ledgers, 0);
}

/* --- asking sources: on the core --- */

static void come_home(struct applier_work *w)
{
    struct mender *m = w->owner;
    m->is_home = true;
    fiber_wake(m->waiting);
}

/* On the apply thread, and back. */
static YIELDS enum applier_result hand_over(struct mender *m, struct decode_ledger *d,
                                            char text[240])
{
    struct applier_work *w = applier_work_new(APPLIER_CALL, come_home, m);
    w->call = put_right;
    w->ledger = d;
    m->is_home = false;
    m->waiting = fiber_current();
    applier_push(m->applier, w);
    fiber_park_for_uncancellable(&m->is_home);
    enum applier_result result = w->result;
    snprintf(text, 240, "%s", w->text);
    applier_work_free(w);
    return result;
}

static void blame(struct mender *m, uint32_t source, const char *what, const char *text)
{
    LOG_ERROR("etl: ledger %u of source %s: %s: refused", m->seq,
              sources_name(m->opts.sources, source), text);
    sources_blame(m->opts.sources, source, what);
    m->wrong |= FETCH_MASK(source);
}

/* False: not yet. */
static YIELDS bool try_source(struct mender *m)
{
    struct fetch_reply *reply = NULL;
    struct decode_ledger *d = NULL;
    const char *what = "";
    char text[240];
    err e = fetch_ledger(m->opts.sources, m->seq, true, m->wrong, &reply);
    if (e.code == ERR_BUSY)
        m->wrong = 0; /* all have it wrong: from the start, later */
    if (err_failed(e)) {
        if (m->n_failed == 0)
            LOG_ERROR("etl: the history has ledger %u wrong, and no source gives it: %s: following "
                      "waits for a source that has it; what is before it is served",
                      m->seq, err_text());
        return false;
    }
    uint32_t source = reply->source;
    e = worker_decode_ledger(reply, true, &d, &what);
    if (e.code == ERR_VERIFY || e.code == ERR_PARSE)
        blame(m, source, what, err_text());
    if (err_failed(e))
        return false;
    enum applier_result result = hand_over(m, d, text);
    if (result == APPLIER_RESULT_DONE)
        LOG_INFO("etl: ledger %u of the history was put right, from source %s", m->seq,
                 sources_name(m->opts.sources, source));
    else if (result == APPLIER_RESULT_WRONG)
        blame(m, source, "state", text);
    else if (result != APPLIER_RESULT_SKIPPED)
        LOG_ERROR("etl: ledger %u of the history cannot be put right: %s", m->seq, text);
    return result == APPLIER_RESULT_DONE;
}

static YIELDS err look(struct mender *m)
{
    uint32_t seq = ledgers_suspect(m->opts.ledgers);
    if (seq != m->seq) {
        m->wrong = m->n_failed = 0;
        atomic_store(&m->since_ns, seq ? clock_now_ns() : 0);
    }
    m->seq = seq;
    if (seq == 0 || m->opts.read_only || try_source(m))
        return OK;
    return fiber_sleep_until(clock_now_ns() +
                             choice_backoff_jitter(++m->n_failed, RETRY_FIRST_NS, RETRY_MAX_NS));
}

static void run(void *arg)
{
    struct mender *m = arg;
    while (!err_failed(fiber_sleep_until(clock_now_ns() + LOOK_NS)))
        if (err_failed(look(m)))
            break;
}

struct mender *mender_new(const struct mender_opts *opts)
{
    struct mender *m = xcalloc(1, sizeof *m);
    m->opts = *opts;
    fiber_group_init(&m->fibers);
    m->n_right = counter_get(opts->counters, "kleio_history_rows_put_right_total", "",
                             "Wrong rows of the history that were written as they must be");
    m->n_left = counter_get(opts->counters, "kleio_history_rows_left_wrong_total", "",
                            "Wrong rows of the history that a server without permission to write "
                            "met");
    if (cass_of(opts->store)) /* nobody else writes an embedded store */
        ledgers_set_judge(opts->ledgers, judge, m);
    return m;
}

void mender_start(struct mender *m, struct applier *applier)
{
    m->applier = applier;
    fiber_group_spawn(&m->fibers, "etl mender", run, m);
}

YIELDS void mender_quit(struct mender *m)
{
    fiber_group_cancel(&m->fibers);
}

struct mender *mender_free(struct mender *m)
{
    if (!m)
        return NULL;
    ledgers_set_judge(m->opts.ledgers, NULL, NULL);
    free(m);
    return NULL;
}

uint32_t mender_stuck(const struct mender *m)
{
    uint32_t seq = ledgers_suspect(m->opts.ledgers);
    int64_t since = atomic_load(&m->since_ns);
    return seq && since && clock_now_ns() - since > STUCK_NS ? seq : 0;
}
