/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/nft_state.h"

#include "rt/clock.h"
#include "test.h"
#include "token_world.h"

static struct call call_of(struct token_world *t)
{
    return (struct call){.arena = fake_keep(arena_new(1 << 16)),
                         .ledgers = t->w->ledgers,
                         .deadline_ns = CLOCK_NEVER};
}

TEST(a_token_s_state_is_the_newest_one_by_then)
{
    struct token_world *t = token_world_new();
    struct call c = call_of(t);
    static const struct {
        uint32_t at, seq, first_uri_byte;
        bool is_burned;
    } cases[] = {{10, 10, 0xAB, false}, {14, 10, 0xAB, false}, {15, 15, 0xAB, false},
                 {24, 15, 0xAB, false}, {25, 25, 0xAB, true},  {30, 25, 0xCD, true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct nft_state s;
        ASSERT_OK(nft_state_get(&c, &t->tokens[0], cases[i].at, &s));
        ASSERT_INT(cases[i].seq, s.ledger_seq);
        ASSERT_INT(cases[i].is_burned, s.is_burned);
        ASSERT_INT(cases[i].at < 15 ? ALICE_BYTE : BOB_BYTE, s.owner.b[0]);
        ASSERT_INT(cases[i].first_uri_byte, s.uri.p[0]);
    }
}

TEST(a_token_without_state_is_not_found_and_one_without_uri_has_an_empty_one)
{
    struct token_world *t = token_world_new();
    struct call c = call_of(t);
    struct nft_state s;
    ASSERT_ERR(ERR_NOT_FOUND, nft_state_get(&c, &t->tokens[1], 19, &s));
    ASSERT_OK(nft_state_get(&c, &t->tokens[1], 20, &s));
    ASSERT_INT(0, s.uri.n);
}
