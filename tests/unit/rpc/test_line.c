/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/line.h"

#include "owner_world.h"
#include "test.h"

static struct account owner(void)
{
    struct account a;
    memset(a.b, ALICE_BYTE, sizeof a.b);
    return a;
}

TEST(a_line_is_read_from_either_side)
{
    for (unsigned i = 0; i < OWNER_N_LINES; i++) {
        struct account me = owner(), peer = owner_peer(i);
        struct line own, other;
        ASSERT_OK(line_read(owner_line(i), &me, &own));
        ASSERT_OK(line_read(owner_line(i), &peer, &other));
        ASSERT(account_eq(&peer, &own.peer) && account_eq(&me, &other.peer));
        ASSERT_INT(own.own.flags, other.other.flags);
        ASSERT_INT(own.other.flags, other.own.flags);
        ASSERT_INT(100 + i, own.own.quality_in);
        ASSERT_INT(0, own.other.quality_in);
        char text[AMOUNT_TEXT_MAX], want[16];
        amount_to_text(&own.balance, text);
        snprintf(want, sizeof want, "%d", (int)i - 4);
        ASSERT_STR(want, text);
        struct amount back = amount_negate(other.balance);
        int order;
        ASSERT_OK(amount_compare(&own.balance, &back, &order));
        ASSERT_INT(0, order);
        ASSERT((own.own.flags & LINE_NO_RIPPLE) == (i < 2 ? LINE_NO_RIPPLE : 0));
        ASSERT((own.own.flags & LINE_FREEZE) == (i == 0 ? LINE_FREEZE : 0));
        ASSERT(own.other.flags == (i == 9 ? LINE_AUTH | LINE_DEEP_FREEZE : 0));
    }
}

TEST(a_line_that_is_cut_anywhere_is_refused)
{
    struct account me = owner();
    struct slice whole = owner_line(6);
    struct line line;
    for (size_t n = 0; n < whole.n; n++)
        ASSERT_ERR(ERR_CORRUPT, line_read(slice_of(whole.p, n), &me, &line));
    ASSERT_OK(line_read(whole, &me, &line));
}
