/* SPDX-License-Identifier: Apache-2.0 */
#include "etl/check_impl.h"

#include "base/bits.h"
#include "base/mem.h"
#include "rt/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define PATIENCE_NS (600 * CLOCK_S)

void check_say(struct check *c, bool mended, const char *fmt, ...)
{
    char line[400];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    c->result.n_wrong++;
    c->result.n_mended += mended;
    c->opts->say(c->opts->arg, line, mended);
}

bool check_is_damage(err e)
{
    return e.code == ERR_CORRUPT || e.code == ERR_NOT_FOUND;
}

ERR check_read(struct check *c, err e, const char *what, bool *ret_damaged)
{
    *ret_damaged = check_is_damage(e);
    if (*ret_damaged)
        check_say(c, false, "ledger %u: %s: %s", c->header.seq, what, err_text());
    return *ret_damaged ? OK : e;
}

bool check_mend(struct check *c, const struct store_repair *rows)
{
    if (!c->opts->repair)
        return false;
    err e = store_repair(c->s, rows);
    if (err_failed(e))
        c->opts->say(c->opts->arg, err_text(), false);
    return !err_failed(e);
}

void check_pace(struct check *c, uint64_t n)
{
    c->n_operations += n;
    if (c->opts->max_per_s == 0)
        return;
    int64_t due_ns = (int64_t)(c->n_operations * CLOCK_S / c->opts->max_per_s);
    int64_t early_ns = c->start_ns + due_ns - clock_now_ns();
    if (early_ns > CLOCK_MS)
        nanosleep(&(struct timespec){early_ns / CLOCK_S, early_ns % CLOCK_S}, NULL);
}

static bool wants_state(const struct check *c, uint32_t seq)
{
    uint32_t every = c->opts->state_every;
    if (every == CHECK_STATE_NONE)
        return false;
    return seq == c->last || (every != CHECK_STATE_NEWEST && (c->last - seq) % every == 0);
}

static ERR check_ledger(struct check *c, uint32_t seq)
{
    bool usable;
    c->was_fetched = c->is_fetched = false;
    TRY(check_header(c, seq, &usable));
    if (!usable)
        return OK;
    TRY(check_txs(c, &usable));
    c->result.n_ledgers++;
    if (usable) { /* else what they say is not to be believed */
        TRY(check_rows(c));
        TRY(check_objects(c));
    }
    if (wants_state(c, seq) && c->opts->repair)
        check_mend_later(c, seq);
    else if (wants_state(c, seq))
        TRY(check_state(c));
    c->previous = c->header;
    c->has_previous = true;
    return OK;
}

/* A database that does not answer for a while is no reason to begin anew: the ledger is looked at
 * again. */
static ERR check_ledger_patiently(struct check *c, uint32_t seq)
{
    int64_t begun = clock_now_ns(), pause_ns = CLOCK_S;
    for (;;) {
        struct check_result before = c->result;
        err e = check_ledger(c, seq);
        if ((e.code != ERR_TIMEOUT && e.code != ERR_BUSY) || clock_now_ns() - begun > PATIENCE_NS)
            return e;
        c->result = before;
        arena_clear(c->arena);
        nanosleep(&(struct timespec){pause_ns / CLOCK_S, 0}, NULL);
        pause_ns = MIN(2 * pause_ns, 30 * CLOCK_S);
    }
}

/* The span to look at lies within one span that is held. */
static ERR find_span(struct check *c)
{
    struct store_range held[STORE_MAX_RANGES];
    size_t n;
    store_ranges(c->s, held, &n);
    if (n == 0)
        return FAIL(ERR_INVALID, "check: the history is empty");
    c->first = c->opts->from ? c->opts->from : held[0].first;
    c->last = c->opts->to ? c->opts->to : held[n - 1].last;
    if (c->first > c->last || c->first < held[0].first || c->last > held[n - 1].last)
        return FAIL(ERR_INVALID, "check: ledgers %u to %u are not held: those are %u to %u",
                    c->first, c->last, held[0].first, held[n - 1].last);
    return OK;
}

static ERR read_lacks(struct check *c)
{
    for (enum store_index i = 1; i < STORE_N_INDEXES; i++) {
        size_t n;
        TRY(store_index_lack(c->s, i, &c->lack[i], &n));
        if (n == 0)
            c->lack[i] = (struct store_range){0, 0};
    }
    return OK;
}

static ERR check_span(struct check *c)
{
    TRY(find_span(c));
    TRY(read_lacks(c));
    if (c->opts->repair)
        check_mend_later(c, c->first); /* its list of keys */
    for (uint32_t seq = c->first;; seq++) {
        arena_clear(c->arena);
        TRY(check_ledger_patiently(c, seq));
        if (seq == c->last)
            return OK;
        if (c->opts->progress && !c->opts->progress(c->opts->arg, seq, c->last)) {
            c->result.next = seq + 1;
            return OK;
        }
    }
}

ERR check_run(const struct check_opts *opts, struct check_result *ret)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new(0);
    CLEANUP(arena_freep) struct arena *whole = arena_new(0);
    struct check c = {.opts = opts,
                      .s = opts->store,
                      .arena = arena,
                      .said = arena_array(whole, struct hash256, CHECK_SAID),
                      .start_ns = clock_now_ns()};
    err e = check_span(&c);
    uint32_t end = c.result.next ? c.result.next : c.last + 1;
    if (opts->for_nothing && c.result.next)
        end = 0;
    else if (!err_failed(e))
        e = check_mend_prove(&c);
    for (uint32_t seq = c.first + (opts->from == 0); opts->repair && !err_failed(e) && seq < end;
         seq++) {
        e = check_changed_list(&c, seq);
        if (opts->for_nothing && opts->progress && !opts->progress(opts->arg, seq, c.last)) {
            c.result.next = seq + 1;
            break;
        }
    }
    for (size_t i = 0; i < c.n_put; i++)
        free((void *)(uintptr_t)c.put[i].before.p);
    free(c.put);
    free(c.later);
    *ret = c.result;
    return e;
}
