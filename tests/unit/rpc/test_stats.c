/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/stats.h"

#include "rpc/registry.h"
#include "test.h"

TEST(counts_show_by_command_and_result)
{
    struct stats *s = stats_new(2);
    uint32_t ping = registry_find(SLICE_LIT("ping"))->index;
    stats_count(s, ping, STATS_FINISHED, 3000);
    stats_count(s, ping, STATS_FINISHED, 4000);
    stats_count(s, ping, STATS_ERRORED, 0);
    stats_error(s, STATS_TOO_BUSY);
    struct buf out = {0};
    struct jw w = jw_to(&out);
    jw_obj_begin(&w);
    stats_put(s, &w);
    jw_obj_end(&w);
    ASSERT_SLICE("{\"rpc\":{\"ping\":{\"started\":\"3\",\"finished\":\"2\",\"errored\":\"1\","
                 "\"failed\":\"0\","
                 "\"forwarded\":\"0\",\"failed_forward\":\"0\",\"duration_us\":\"7\"}},"
                 "\"too_busy_errors\":\"1\",\"not_ready_errors\":\"0\",\"bad_syntax_errors\":\"0\","
                 "\"unknown_command_errors\":\"0\",\"internal_errors\":\"0\"}",
                 buf_slice(&out));
    buf_clear(&out);
    stats_render(s, &out);
    buf_put_u8(&out, 0);
    ASSERT(
        strstr((char *)out.p, "rpc_method_total_number{method=\"ping\",status=\"started\"} 3\n"));
    ASSERT(strstr((char *)out.p, "rpc_method_duration_us{method=\"ping\"} 7\n"));
    ASSERT(strstr((char *)out.p, "rpc_error_total_number{error_type=\"too_busy\"} 1\n"));
    buf_deinit(&out);
    stats_free(s);
}
