/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/watch.h"

#include "sock_fixture.h"

static void many_main(void *arg)
{
    ASSERT_ERR(ERR_IO, watch_add(core_current(), -1, NULL));
    ASSERT(strstr(err_text(), "epoll"));
}

TEST(a_descriptor_that_cannot_be_watched_is_an_error)
{
    ASSERT_OK(core_run_fiber("t", many_main, NULL));
}
