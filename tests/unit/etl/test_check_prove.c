/* SPDX-License-Identifier: Apache-2.0 */
/* What is not proven does not stay. */
#include "check_world.h"

static err give_wrong_state(void *arg, const struct hash256 *after, size_t n, struct arena *a,
                            struct ledger_header *ret_header, struct store_object *ret,
                            size_t *ret_n)
{
    struct check_world *w = arg;
    TRY(store_header_get(w->s, 12, ret_header));
    *ret_n = 0;
    for (size_t i = 0; i < CHECK_WORLD_N && *ret_n < n; i++)
        if (i != 1 && hash256_cmp(&w->keys[i], after) > 0)
            ret[(*ret_n)++] = (struct store_object){w->keys[i], check_world_object(w, i, 99)};
    return OK;
}

static bool stop_in_proof(void *arg, const struct check_progress *p)
{
    (void)arg;
    return p->seq < 12 || p->next != 10;
}

static void is_missing(struct check_world *w)
{
    uint32_t found = 0;
    struct slice data;
    ASSERT_OK(store_objects_get(w->s, 12, &w->keys[2], 1, w->arena, &data, &found));
    ASSERT_INT(UINT32_MAX, found);
}

static struct check_result repair(struct check_world *w, bool stop)
{
    struct check_help help = {.arg = w, .state = give_wrong_state};
    struct check_opts opts = {.store = w->s,
                              .repair = true,
                              .help = &help,
                              .state_every = CHECK_STATE_NEWEST,
                              .arg = w,
                              .say = check_world_say,
                              .progress = stop ? stop_in_proof : NULL};
    struct check_result r;
    ASSERT_OK(check_run(&opts, &r));
    return r;
}

TEST(check_takes_out_what_a_root_does_not_prove)
{
    struct check_world *w = check_world_new();
    struct store_repair r = {.at = 0, .drop_objects = &w->keys[2], .n_drop_objects = 1};
    ASSERT_OK(store_repair(w->s, &r));
    struct check_result got = repair(w, false);
    ASSERT(got.n_wrong > got.n_mended);
    is_missing(w);
    check_world_free(w);
}

TEST(check_that_is_stopped_leaves_nothing_unproven_and_begins_again)
{
    struct check_world *w = check_world_new();
    struct store_repair r = {.at = 0, .drop_objects = &w->keys[2], .n_drop_objects = 1};
    ASSERT_OK(store_repair(w->s, &r));
    struct check_result got = repair(w, true);
    ASSERT_INT(10, got.next);
    is_missing(w);
    check_world_free(w);
}
