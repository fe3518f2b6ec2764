/* SPDX-License-Identifier: Apache-2.0 */
#include "app/status.h"

#include "base/mem.h"
#include "rippled/sources.h"
#include "test.h"

static const char *reason(struct status_facts f)
{
    static struct buf out;
    buf_clear(&out);
    status_put_reason(&f, &out);
    buf_put_u8(&out, 0);
    return (const char *)out.p;
}

static bool tells(struct status_facts f, const char *part)
{
    const char *text = reason(f);
    return strstr(text, part) != NULL || (fprintf(stderr, "%s\n", text), false);
}

TEST(waiting_says_for_what)
{
    struct sources_info s[2] = {{.host = "a"}, {.host = "b"}};
    struct status_facts f = {.state = ETL_STATE_WAITING, .sources = s};
    ASSERT(tells(f, "no source is configured"));
    f.n_sources = 2;
    ASSERT(tells(f, "no source is connected"));
    s[1].connected = true;
    ASSERT(tells(f, "no source has reported"));
    f.newest_known = 500;
    f.start_sequence = 70;
    ASSERT(tells(f, "start_sequence is 70, and no source holds that ledger"));
    f.last = 90;
    ASSERT(tells(f, "no source holds the next ledger yet"));
}

TEST(troubles_name_the_ledger_and_say_what_to_do)
{
    struct status_facts f = {.first = 10, .last = 90, .newest_known = 500};
    f.state = ETL_STATE_GAP;
    ASSERT(tells(f, "no source holds ledger 91") && tells(f, "more history"));
    f.state = ETL_STATE_FORK;
    ASSERT(tells(f, "a ledger 91 that continues") && tells(f, "check etl_sources"));
    f.state = ETL_STATE_WRONG;
    ASSERT(tells(f, "ledger 91 does not verify"));
    f.state = ETL_STATE_FAILING;
    ASSERT(tells(f, "hold ledger 91 do not give it") && tells(f, "grpc_port"));
    f.state = ETL_STATE_CATCHING_UP;
    ASSERT(tells(f, "ledger 90 is held, the network is at 500"));
    static const enum etl_state fine[] = {ETL_STATE_FOLLOWING, ETL_STATE_FINISHED,
                                          ETL_STATE_READ_ONLY};
    for (int i = 0; i < 3; i++) {
        f.state = fine[i];
        ASSERT_STR("", reason(f));
    }
}

TEST(sources_are_told_with_their_ports_and_what_they_hold)
{
    struct sources_info s[3] = {
        {.host = "a", .ws_port = 1, .grpc_port = 2, .connected = true, .validated_range = "3-9"},
        {.host = "b", .ws_port = 3, .grpc_port = 4},
        {.host = "c", .ws_port = 5, .grpc_port = 6, .refused = true, .network_id = 7}};
    struct status_facts f = {.sources = s, .n_sources = 3};
    CLEANUP(buf_deinit) struct buf out = {0};
    status_put_sources(&f, &out);
    ASSERT_SLICE(
        "a (ws_port 1, grpc_port 2) holds 3-9; b (ws_port 3, grpc_port 4) is not connected; "
        "c (ws_port 5, grpc_port 6) is of network 7",
        buf_slice(&out));
}
