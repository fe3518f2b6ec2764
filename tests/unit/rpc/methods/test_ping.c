/* SPDX-License-Identifier: Apache-2.0 */
#include "small_world.h"
#include "test.h"

TEST(ping_answers_with_nothing)
{
    struct small_world *w = small_world_new();
    ASSERT_AT("{\"status\":\"success\"}", small_world_ask(w, "ping", "\"x\":1"), "result");
    ASSERT_AT("{}", client_ask(&w->ws, "{\"command\":\"ping\"}"), "result");
}
