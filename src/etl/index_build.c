/* SPDX-License-Identifier: Apache-2.0 */
#define LOG_CHANNEL LOG_CHANNEL_MIGRATION
#include "etl/index_build.h"

#include "base/arena.h"
#include "base/log.h"
#include "base/mem.h"
#include "etl/rows.h"
#include "rt/clock.h"
#include "rt/fiber.h"
#include "rt/offload.h"
#include "store/store.h"

/* Ledgers a step: some ten thousand transactions, so a step is a fraction of a second. */
#define STEP_LEDGERS 128
#define STEP_BYTES ((size_t)256 << 20)
/* Ingestion and clients come first. */
#define PAUSE_NS (20 * CLOCK_MS)
#define RETRY_NS (30 * CLOCK_S)
#define SAY_NS (30 * CLOCK_S)

/* Both are made of the same transactions. */
static const enum store_index indexes[] = {STORE_INDEX_MPT_TX, STORE_INDEX_ACCOUNT_MPT_TX};

/* The newest span that an index lacks; *ret_n 0: none does. */
static err find_lack(struct store *s, struct store_range *ret, size_t *ret_n)
{
    *ret_n = 0;
    for (size_t i = 0; i < ARRAY_LEN(indexes); i++) {
        struct store_range lack;
        size_t n;
        TRY(store_index_lack(s, indexes[i], &lack, &n));
        if (n && (*ret_n == 0 || lack.last > ret->last))
            *ret = lack;
        *ret_n += n;
    }
    return OK;
}

static err make_rows(struct store *s, struct store_range range, struct rows *rows)
{
    struct store_txs_query query = {.first = range.first, .last = range.last};
    struct store_tx *txs;
    size_t n;
    TRY(store_ledger_txs(s, &query, rows->a, &txs, &n));
    for (size_t i = 0; i < n; i++)
        TRY(rows_add_mpts(rows, &txs[i]));
    return OK;
}

static err add_to(struct store *s, enum store_index index, const struct rows *rows, uint32_t from)
{
    struct store_index_row *own = arena_array(rows->a, struct store_index_row, rows->n + 1);
    size_t n = 0;
    for (size_t i = 0; i < rows->n; i++)
        if (rows->v[i].index == index)
            own[n++] = rows->v[i];
    return store_index_add(s, index, own, n, from);
}

/* Up to n ledgers, down to the first that is lacking. */
static err build(struct store *s, struct store_range lack, uint32_t n)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(STEP_BYTES);
    struct rows rows = {.a = a};
    uint32_t oldest = lack.last - MIN(n - 1, lack.last);
    struct store_range range = {MAX(lack.first, oldest), lack.last};
    TRY(make_rows(s, range, &rows));
    for (size_t i = 0; i < ARRAY_LEN(indexes); i++) {
        struct store_range own;
        size_t any;
        TRY(store_index_lack(s, indexes[i], &own, &any));
        if (any && own.last == range.last)
            TRY(add_to(s, indexes[i], &rows, MAX(range.first, own.first)));
    }
    return OK;
}

ERR index_build_step(struct store *s, bool *ret_done)
{
    struct store_range lack;
    size_t n_lacking;
    TRY(find_lack(s, &lack, &n_lacking));
    *ret_done = n_lacking == 0;
    if (*ret_done)
        return OK;
    err e = OK;
    for (uint32_t n = STEP_LEDGERS; n > 0; n /= 4) { /* fewer if they are too large */
        e = build(s, lack, n);
        if (e.code != ERR_LIMIT)
            return e;
    }
    return e;
}

struct step {
    struct store *store;
    struct store_range lack; /* before the step */
    size_t n_lacking;
    bool done;
};

static err run_step(void *arg)
{
    struct step *step = arg;
    TRY(find_lack(step->store, &step->lack, &step->n_lacking));
    return index_build_step(step->store, &step->done);
}

static void say(const struct step *step, bool *said_begin, int64_t *next_ns)
{
    if (step->done && *said_begin)
        LOG_INFO("etl: the indexes of MPT issuances are complete");
    else if (!step->done && clock_now_ns() >= *next_ns)
        LOG_INFO("etl: building the indexes of MPT issuances: ledgers %u to %u are left",
                 step->lack.first, step->lack.last);
    else
        return;
    *said_begin = true;
    *next_ns = clock_now_ns() + SAY_NS;
}

YIELDS void index_build_run(void *store)
{
    struct step step = {.store = store};
    bool said_begin = false;
    int64_t next_ns = 0;
    while (!step.done) {
        err e = offload_run(run_step, &step);
        if (e.code == ERR_CANCELLED)
            return;
        if (err_failed(e))
            LOG_ERROR("etl: building the indexes of MPT issuances: %s: %s, trying again in %d s",
                      err_name(e), err_text(), (int)(RETRY_NS / CLOCK_S));
        else
            say(&step, &said_begin, &next_ns);
        int64_t pause = err_failed(e) ? RETRY_NS : PAUSE_NS;
        if (!step.done && err_failed(fiber_sleep_until(clock_now_ns() + pause)))
            return;
    }
}
