/* SPDX-License-Identifier: Apache-2.0 */
/* Rounds with a real database are played by tests/system/test_cluster; the rules are
 * test_election.c's. */
#include "etl/cluster.h"

#include "test.h"

TEST(stopping_nothing_is_fine)
{
    ASSERT(cluster_stop(NULL) == NULL);
}
