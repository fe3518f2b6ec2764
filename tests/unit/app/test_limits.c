/* SPDX-License-Identifier: Apache-2.0 */
#include "app/limits.h"

#include "test.h"

#include <sys/resource.h>

TEST(files_are_raised_to_what_is_allowed)
{
    struct rlimit limit;
    uint64_t n = limits_raise_files();
    ASSERT(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    ASSERT(limit.rlim_cur == limit.rlim_max);
    ASSERT(n == (uint64_t)limit.rlim_cur || n == UINT64_MAX);
}

TEST(clients_get_what_the_store_and_the_cores_leave)
{
    ASSERT_INT(0, limits_max_connections(UINT64_MAX, 5000, 2));
    uint32_t all = limits_max_connections(65536, 0, 2);
    ASSERT(all > 60000 && all < 65536);
    ASSERT_INT(all - 6250, limits_max_connections(65536, 5000, 2)); /* it grows */
    ASSERT(limits_max_connections(65536, 5000, 4) < all - 5000);
    ASSERT_INT(128, limits_max_connections(1024, 5000, 2)); /* too few: some must do */
    ASSERT_INT(1, limits_max_connections(4, 0, 2));
}

TEST(files_of_a_directory_are_counted)
{
    char path[512];
    uint64_t before = limits_count_files(test_dir());
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%d", test_dir(), i);
        fclose(fopen(path, "w"));
    }
    ASSERT_INT(before + 3, limits_count_files(test_dir()));
    ASSERT_INT(0, limits_count_files("/nowhere"));
}
