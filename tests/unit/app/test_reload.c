/* SPDX-License-Identifier: Apache-2.0 */
#include "app/reload.h"

#include "test.h"

static int n_first, n_last;

static err first(void *arg)
{
    ++*(int *)arg;
    return FAIL(ERR_IO, "no such file");
}

static err last(void *arg)
{
    ASSERT_INT(n_first, *(int *)arg + 1); /* in order, whatever became of the others */
    ++*(int *)arg;
    return OK;
}

TEST(all_are_run_in_order_whatever_becomes_of_one)
{
    struct reload r = {0};
    reload_run(&r);
    reload_add(&r, "first", first, &n_first);
    reload_add(&r, "last", last, &n_last);
    reload_run(&r);
    reload_run(&r);
    ASSERT_INT(2, n_first);
    ASSERT_INT(2, n_last);
}
