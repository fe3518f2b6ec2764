/* SPDX-License-Identifier: Apache-2.0 */
#include "small_world.h"
#include "test.h"

TEST(random_gives_other_bits_each_time)
{
    struct small_world *w = small_world_new();
    const char *a = client_at(small_world_ask(w, "random", "%s", ""), "result.random");
    const char *b = client_at(small_world_ask(w, "random", "%s", ""), "result.random");
    ASSERT_INT(66, strlen(a));
    ASSERT(strcmp(a, b) != 0);
}
