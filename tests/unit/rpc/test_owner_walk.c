/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/owner_walk.h"

#include "owner_world.h"
#include "rt/clock.h"
#include "test.h"

struct seen {
    const struct owner_world *world;
    size_t n, enough_at;
};

static err see(struct owner_walk *w, void *arg, const struct hash256 *key, struct slice object)
{
    struct seen *s = arg;
    ASSERT(object.n > 0);
    ASSERT(s->enough_at || hash256_eq(key, &s->world->entries[s->n]));
    s->n++;
    w->enough = s->n == s->enough_at;
    return OK;
}

struct fixture {
    struct owner_world *world;
    struct call c;
    struct buf out;
    struct jw w;
    struct seen seen;
};

static struct fixture *fixture(void)
{
    static struct fixture f;
    f.world = owner_world_new(false);
    f.w = jw_to(&f.out);
    f.seen.world = f.world;
    f.c = (struct call){.arena = arena_new(1 << 16),
                        .w = &f.w,
                        .ledgers = f.world->w->ledgers,
                        .deadline_ns = CLOCK_NEVER};
    ASSERT_OK(call_open_ledger(&f.c));
    return &f;
}

TEST(a_walk_without_limit_sees_all_and_keeps_nothing)
{
    struct fixture *f = fixture();
    struct owner_walk w = owner_walk_of(&f->c, &f->world->alice, 0, NULL);
    ASSERT_OK(owner_walk_each(&w, 0, see, &f->seen));
    ASSERT_INT(OWNER_N_ENTRIES, f->seen.n);
    ASSERT_INT(0, arena_used(f->c.arena));
    owner_walk_put_marker(&w);
    ASSERT_INT(0, f->out.n);
}

TEST(a_walk_ends_when_it_was_enough)
{
    struct fixture *f = fixture();
    f->seen.enough_at = 4;
    struct owner_walk w = owner_walk_of(&f->c, &f->world->alice, 0, NULL);
    ASSERT_OK(owner_walk_each(&w, ENTRY_RippleState, see, &f->seen));
    ASSERT_INT(4, f->seen.n);
}

TEST(a_walk_respects_the_call_s_deadline)
{
    struct fixture *f = fixture();
    f->c.deadline_ns = 1;
    struct owner_walk w = owner_walk_of(&f->c, &f->world->alice, 0, NULL);
    ASSERT_ERR(ERR_TIMEOUT, owner_walk_each(&w, 0, see, &f->seen));
}

TEST(a_page_that_is_gone_behind_a_marker_is_told)
{
    struct fixture *f = fixture();
    ASSERT_ERR(ERR_INVALID, owner_walk_check(&f->c, WALK_PAGE_LOST));
    ASSERT_STR("Owner directory not found.", f->c.fault.message);
    ASSERT_INT(RPC_INVALID_PARAMS, f->c.fault.code);
    ASSERT_OK(owner_walk_check(&f->c, WALK_DONE));
}
