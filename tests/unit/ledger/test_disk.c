/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/disk.h"

#include "test.h"

#include <string.h>

TEST(a_bound_that_no_disk_has_is_told)
{
    ASSERT_OK(disk_check(test_dir(), 0));
    ASSERT_OK(disk_check(test_dir(), 1));
    ASSERT_ERR(ERR_FULL, disk_check(test_dir(), (uint64_t)1 << 60));
    ASSERT(strstr(err_text(), "min_free_bytes") != NULL);
    ASSERT_OK(
        disk_check("/nowhere/at/all", (uint64_t)1 << 60)); /* others say what is wrong there */
}
