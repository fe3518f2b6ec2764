/* SPDX-License-Identifier: Apache-2.0 */
#include "etl/check.h"

#include "../ledger/proxy.h"
#include "check_world.h"
#include "rt/clock.h"
#include "store/memory.h"

TEST(check_finds_nothing_in_a_history_that_is_right)
{
    struct check_world *w = check_world_new();
    struct check_result r = check_world_run(w, false);
    ASSERT_STR("", w->said);
    ASSERT_INT(3, r.n_ledgers);
    ASSERT_INT(1, r.n_txs);
    ASSERT_INT(3, r.n_states);
    ASSERT_INT(3, r.n_objects);
    ASSERT_INT(0, r.n_wrong);
    ASSERT_INT(0, r.next);
    check_world_free(w);
}

static void ignore(void *arg, const char *line, bool mended)
{
    (void)arg, (void)line, (void)mended;
}

static bool stop(void *arg, const struct check_progress *p)
{
    *(uint32_t *)arg = p->seq;
    return false;
}

TEST(check_goes_on_where_it_was_stopped)
{
    struct check_world *w = check_world_new();
    uint32_t seen = 0;
    struct check_opts opts = {.store = w->s, .arg = &seen, .say = ignore, .progress = stop};
    struct check_result r;
    ASSERT_OK(check_run(&opts, &r));
    ASSERT_INT(10, seen);
    ASSERT_INT(11, r.next);
    opts.from = r.next;
    opts.progress = NULL;
    ASSERT_OK(check_run(&opts, &r));
    ASSERT_INT(2, r.n_ledgers);
    ASSERT_INT(0, r.n_states);
    ASSERT_INT(0, r.next);
    check_world_free(w);
}

TEST(check_refuses_ledgers_that_are_not_held)
{
    struct check_world *w = check_world_new();
    struct check_opts opts = {.store = w->s, .say = ignore, .from = 9};
    struct check_result r;
    ASSERT_ERR(ERR_INVALID, check_run(&opts, &r));
    opts.from = 11;
    opts.to = 10;
    ASSERT_ERR(ERR_INVALID, check_run(&opts, &r));
    opts.to = 13;
    ASSERT_ERR(ERR_INVALID, check_run(&opts, &r));
    check_world_free(w);
    opts = (struct check_opts){.store = memory_new(), .say = ignore};
    ASSERT_ERR(ERR_INVALID, check_run(&opts, &r));
    store_close(opts.store);
}

TEST(check_keeps_to_its_rate)
{
    struct check_world *w = check_world_new();
    struct check_opts opts = {.store = w->s, .say = ignore, .max_per_s = 200};
    struct check_result r;
    int64_t start = clock_now_ns();
    ASSERT_OK(check_run(&opts, &r)); /* some 20 operations */
    ASSERT(clock_now_ns() - start > 50 * CLOCK_MS);
    check_world_free(w);
}

/* --- a history that does not answer for a while --- */

struct flaky {
    struct proxy p;
    struct check_world *w;
    int n_asked; /* before it fails */
    bool failed;
};

/* Reads fail between one call of this and the next. */
static bool fail_once(void *arg, const struct check_progress *p)
{
    struct flaky *f = arg;
    (void)p;
    if (f->n_asked-- == 0) {
        f->p.fail_reads = !f->failed;
        f->failed = true;
    } else if (f->failed) {
        f->p.fail_reads = false;
    }
    return true;
}

static struct check_result run_flaky(struct flaky *f, int n_asked)
{
    struct check_opts opts = {.store = &f->p.base,
                              .repair = true,
                              .state_every = 1,
                              .arg = f,
                              .say = ignore,
                              .progress = fail_once};
    struct check_result r;
    f->n_asked = n_asked;
    f->failed = false;
    ASSERT_OK(check_run(&opts, &r));
    return r;
}

TEST(check_waits_for_a_history_that_cannot_be_read_for_a_moment)
{
    struct flaky f = {.w = check_world_new()};
    int n = 0;
    proxy_init(&f.p, f.w->s);
    do { /* at each place: ledgers, states, lists */
        struct check_result r = run_flaky(&f, n++);
        ASSERT_INT(3, r.n_ledgers);
        ASSERT_INT(0, r.n_wrong);
    } while (f.failed);
    ASSERT(n > 6);
    check_world_free(f.w);
}

/* --- only what a copy may have lost --- */

static struct check_result look_at(struct check_world *w, const struct store_lost *lost)
{
    return check_world_check(
        w, (struct check_opts){.repair = true, .lost = lost, .state_every = CHECK_STATE_NEWEST});
}

TEST(check_looks_only_at_ledgers_that_may_be_lost)
{
    struct check_world *w = check_world_new();
    struct store_lost lost = {.first = 12, .last = 12};
    struct check_result r = look_at(w, &lost);
    ASSERT_INT(2, r.n_ledgers); /* with the one before, which it is linked to */
    ASSERT_INT(0, r.n_rows + r.n_objects + r.n_states);
    lost = (struct store_lost){.first = 0};
    r = look_at(w, &lost);
    ASSERT_INT(0, r.n_ledgers);
    check_world_free(w);
}

TEST(check_looks_only_at_objects_that_may_be_lost)
{
    struct check_world *w = check_world_new();
    struct store_repair r1 = {.at = 11, .drop_objects = &w->keys[1], .n_drop_objects = 1};
    struct store_lost lost = {.objects = true, .key_first = w->keys[0], .key_last = w->keys[0]};
    ASSERT_OK(store_repair(w->s, &r1)); /* a deletion */
    struct check_result r = look_at(w, &lost);
    ASSERT_INT(1, r.n_objects);
    ASSERT_INT(0, r.n_rows);
    ASSERT(strstr(w->said, "was deleted") == NULL);
    ASSERT(strstr(w->said, "does not have the header's root") != NULL); /* looked at all the same */
    lost.key_last = w->keys[1];
    r = look_at(w, &lost);
    ASSERT(strstr(w->said, "was deleted") != NULL);
    ASSERT_INT((int64_t)r.n_wrong, (int64_t)r.n_mended);
    check_world_free(w);
}

TEST(check_looks_only_at_rows_that_may_be_lost)
{
    struct check_world *w = check_world_new();
    struct store_lost lost = {.rows = true};
    struct check_result r = look_at(w, &lost);
    ASSERT_INT(3, r.n_ledgers);
    ASSERT(r.n_rows > 0);
    ASSERT_INT(0, r.n_objects + r.n_states);
    check_world_free(w);
}
