/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/header_json.h"

#include "fake_ledger.h"
#include "test.h"

static const char *shown(uint32_t version, bool binary)
{
    struct ledger_header h = {.seq = 7,
                              .drops = 99999999999999999u,
                              .close_time = 732821810,
                              .parent_close_time = 732821800,
                              .close_resolution = 10,
                              .close_flags = 1,
                              .hash = {{0xAA}},
                              .parent_hash = {{0xBB}},
                              .tx_hash = {{0xCC}},
                              .state_hash = {{0xDD}}};
    struct buf out = {0};
    struct jw w = jw_to(&out);
    jw_obj_begin(&w);
    header_json_put(&w, &h, version, binary);
    jw_obj_end(&w);
    buf_put_u8(&out, 0);
    return fake_keep(out.p);
}

#define ZEROS "00000000000000000000000000000000000000000000000000000000000000"

TEST(the_sequence_is_text_in_version_one)
{
    ASSERT_STR(
        "{\"closed\":true,\"account_hash\":\"DD" ZEROS
        "\",\"close_flags\":1,\"close_time\":732821810,"
        "\"close_time_human\":\"2023-Mar-22 17:36:50.000000000 "
        "UTC\",\"close_time_iso\":\"2023-03-22T17:36:50Z\","
        "\"close_time_resolution\":10,\"parent_close_time\":732821800,\"ledger_hash\":\"AA" ZEROS
        "\",\"parent_hash\":\"BB" ZEROS
        "\",\"total_coins\":\"99999999999999999\",\"transaction_hash\":\"CC" ZEROS
        "\",\"ledger_index\":\"7\"}",
        shown(1, false));
    ASSERT(strstr(shown(2, false), "\"ledger_index\":7}"));
}

TEST(binary_is_what_is_hashed)
{
    ASSERT_STR("{\"closed\":true,\"ledger_data\":\"00000007016345785D89FFFF"
               "BB" ZEROS "CC" ZEROS "DD" ZEROS "2BADF9282BADF9320A01\"}",
               shown(1, true));
}
