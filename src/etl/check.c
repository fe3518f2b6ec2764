/* SPDX-License-Identifier: Apache-2.0 */
#include "etl/check_impl.h"

#include "base/bits.h"
#include "base/mem.h"
#include "rt/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* A database that does not answer is waited for so long, a disk that cannot be read less: if it is
 * not the whole disk, it is damage then. */
#define PATIENCE_NS (600 * CLOCK_S)
#define PATIENCE_DISK_NS (20 * CLOCK_S)
#define PAUSE_FIRST_NS (50 * CLOCK_MS)
#define PAUSE_MAX_NS (15 * CLOCK_S)

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

bool check_looks_at(const struct check *c, const struct hash256 *key)
{
    const struct store_lost *l = c->opts->lost;
    return l == NULL ||
           (hash256_cmp(&l->key_first, key) <= 0 && hash256_cmp(key, &l->key_last) <= 0);
}

bool check_is_damage(const struct check *c, err e)
{
    return e.code == ERR_CORRUPT || e.code == ERR_NOT_FOUND ||
           (e.code == ERR_IO && c->io_is_damage);
}

ERR check_read(struct check *c, err e, const char *what, bool *ret_damaged)
{
    *ret_damaged = check_is_damage(c, e);
    if (*ret_damaged)
        check_say(c, false, "ledger %u: %s: %s", c->header.seq, what, err_text());
    return *ret_damaged ? OK : e;
}

bool check_mend(struct check *c, const struct store_repair *rows)
{
    if (!c->opts->repair)
        return false;
    for (size_t i = 0; rows->put && i < rows->put->n_objects; i++)
        check_root_touch(c, &rows->put->objects[i].key);
    err e = store_repair(c->s, rows);
    if (err_failed(e))
        c->opts->say(c->opts->arg, err_text(), false);
    c->put_off |= e.code == ERR_TIMEOUT || e.code == ERR_BUSY;
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

bool check_wants_state(const struct check *c, uint32_t seq)
{
    uint32_t every = c->opts->state_every;
    if (every == CHECK_STATE_NONE || (!c->look.objects && !c->look.list))
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
    if (usable && c->look.rows) /* else what they say is not to be believed */
        TRY(check_rows(c));
    if (usable && c->look.objects)
        TRY(check_objects(c));
    if (check_wants_state(c, seq) && c->opts->repair)
        check_prove_later(c, seq);
    else if (check_wants_state(c, seq))
        TRY(check_state(c));
    c->previous = c->header;
    c->has_previous = true;
    return OK;
}

/* --- patience --- */

static bool ask_on(struct check *c)
{
    struct check_progress p = {.next = c->position, .seq = c->at, .last = c->last};
    c->stopped = c->stopped || !c->opts->progress(c->opts->arg, &p);
    return !c->stopped;
}

ERR check_go_on(struct check *c)
{
    if (c->opts->progress == NULL || c->must_end || ask_on(c))
        return OK;
    return FAIL(ERR_CANCELLED, "check: stopped");
}

static ERR pause_for(struct check *c, int64_t ns)
{
    for (int64_t end_ns = clock_now_ns() + ns; clock_now_ns() < end_ns;) {
        TRY(check_go_on(c));
        nanosleep(&(struct timespec){0, MIN(ns, 250 * CLOCK_MS)}, NULL);
    }
    return OK;
}

/* Is it a place of the disk, or all of it? */
static bool can_read_elsewhere(struct check *c)
{
    struct ledger_header h;
    return !err_failed(store_header_get(c->s, c->first, &h)) ||
           !err_failed(store_header_get(c->s, c->last, &h));
}

/* Is it worth another attempt, `waited_ns` after the first? */
static bool may_pass(struct check *c, err e, int64_t waited_ns)
{
    if (e.code == ERR_TIMEOUT || e.code == ERR_BUSY)
        return waited_ns < PATIENCE_NS;
    if (e.code != ERR_IO || c->io_is_damage)
        return false;
    if (waited_ns < PATIENCE_DISK_NS)
        return true;
    c->io_is_damage = can_read_elsewhere(c);
    return c->io_is_damage;
}

/* What will be found again does not count twice; what has been mended will not be found. */
static void begin_again(struct check *c, const struct check_result *before)
{
    uint64_t n_mended = c->result.n_mended;
    c->result = *before;
    c->result.n_mended = n_mended;
    if (n_mended > before->n_mended)
        c->result.n_wrong += n_mended - before->n_mended;
    arena_clear(c->arena);
}

/* A row that could not be written just now is a reason to look at all of the part again. */
static ERR once(struct check *c, err (*part)(struct check *c, uint32_t seq), uint32_t seq)
{
    c->put_off = false;
    TRY(part(c, seq));
    return c->put_off ? FAIL(ERR_BUSY, "check: ledger %u: rows could not be written", seq) : OK;
}

ERR check_patiently(struct check *c, err (*part)(struct check *c, uint32_t seq), uint32_t seq)
{
    int64_t begun = clock_now_ns(), pause_ns = PAUSE_FIRST_NS;
    for (;;) {
        struct check_result before = c->result;
        struct err_slot text;
        err e = once(c, part, seq);
        if (e.code == 0)
            return OK;
        snprintf(text.text, sizeof text.text, "%s", err_text());
        if (!may_pass(c, e, clock_now_ns() - begun))
            return c->put_off ? OK : FAIL(e.code, "%s", text.text); /* it has been said */
        begin_again(c, &before);
        TRY(pause_for(c, c->io_is_damage ? 0 : pause_ns));
        pause_ns = MIN(2 * pause_ns, PAUSE_MAX_NS);
    }
}

/* --- all of it --- */

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

/* *ret: there is something to look at. Only keys lead from one of the others to a ledger: all
 * ledgers say which they have. */
static bool narrow(struct check *c)
{
    const struct store_lost *l = c->opts->lost;
    c->look = (struct check_look){true, true, true, true};
    if (l == NULL)
        return true;
    c->look = (struct check_look){l->hashes, l->rows, l->objects, l->successors};
    if (l->hashes || l->rows || l->objects || l->successors)
        return true;
    c->first = MAX(c->first, l->first - 1); /* the one before tells whether the first is linked */
    c->last = MIN(c->last, l->last);
    return l->last != 0 && c->first <= c->last;
}

static ERR check_span(struct check *c)
{
    TRY(find_span(c));
    if (!narrow(c))
        return OK;
    TRY(read_lacks(c));
    if (c->opts->repair && (c->look.objects || c->look.list))
        check_prove_later(c, c->first); /* its list of keys */
    for (uint32_t seq = c->first;; seq++) {
        c->at = c->position = seq;
        arena_clear(c->arena);
        TRY(check_patiently(c, check_ledger, seq));
        if (seq == c->last)
            return OK;
        c->position = seq + 1;
        TRY(check_go_on(c));
    }
}

/* When all ledgers are mended, or those before c->position. */
static ERR finish(struct check *c)
{
    uint32_t end = c->stopped ? c->position : c->last + 1;
    c->must_end = c->stopped; /* what was put is proven before it stops */
    if (!c->stopped)
        c->position = c->first;
    TRY(check_prove_all(c));
    for (uint32_t seq = c->first + (c->opts->from == 0); c->look.list && seq < end; seq++) {
        c->at = seq;
        TRY(check_patiently(c, check_changed_list, seq));
        TRY(check_go_on(c));
    }
    return OK;
}

static ERR run(struct check *c)
{
    err e = check_span(c);
    if (e.code == ERR_CANCELLED && c->stopped) {
        c->result.next = c->position;
        e = OK;
    }
    if (e.code || !c->opts->repair || (c->stopped && c->opts->for_nothing))
        return e;
    e = finish(c);
    if (e.code != ERR_CANCELLED || !c->stopped)
        return e;
    c->result.next = c->position;
    return OK;
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
    struct err_slot text;
    err e = run(&c);
    snprintf(text.text, sizeof text.text, "%s", err_text());
    if (!opts->for_nothing)
        check_prove_forget(&c);
    for (size_t i = 0; i < c.n_put; i++)
        free((void *)(uintptr_t)c.put[i].before.p);
    free(c.put);
    check_root_free(&c);
    free(c.later);
    *ret = c.result;
    return e.code ? FAIL(e.code, "%s", text.text) : OK;
}
