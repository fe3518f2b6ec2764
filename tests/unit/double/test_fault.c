/* SPDX-License-Identifier: Apache-2.0 */
#include "double/fault.h"

#include "test.h"

TEST(faults_are_due_for_their_ledger_as_often_as_said)
{
    struct fault_set *f = fault_set_new();
    ASSERT(fault_add(f, SLICE_LIT("tx@270x2")) && fault_add(f, SLICE_LIT("state-error@*")) &&
           fault_add(f, SLICE_LIT("stall@5x*")));
    ASSERT(!fault_take(f, FAULT_TX, 271) && !fault_take(f, FAULT_META, 270));
    ASSERT(fault_take(f, FAULT_TX, 270) && fault_take(f, FAULT_TX, 270) &&
           !fault_take(f, FAULT_TX, 270));
    ASSERT(fault_take(f, FAULT_STATE_ERROR, 9) && !fault_take(f, FAULT_STATE_ERROR, 9));
    for (int i = 0; i < 10; i++)
        ASSERT(fault_take(f, FAULT_STALL, 5));
    struct buf report = {0};
    fault_report(f, &report);
    ASSERT_SLICE("tx 2\nstall 10\nstate-error 1\n", buf_slice(&report));
    buf_deinit(&report);
    fault_clear(f);
    ASSERT(!fault_take(f, FAULT_STALL, 5));
    fault_set_free(f);
}

TEST(what_is_no_fault_is_refused)
{
    static const char *const bad[] = {"", "tx", "tx@", "tx@x", "nonsense@5", "tx@5y"};
    struct fault_set *f = fault_set_new();
    for (size_t i = 0; i < 5; i++)
        ASSERT(!fault_add(f, slice_str(bad[i])));
    fault_set_free(f);
}
