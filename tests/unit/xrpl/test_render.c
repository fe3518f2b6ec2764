/* SPDX-License-Identifier: Apache-2.0 */
#include "xrpl/render.h"

#include "base/hex.h"
#include "json_same.h"
#include "render_expect.h"
#include "test.h"

TEST(unknown_fields_types_and_names_are_shown_by_their_codes)
{
    render_expect("207800000007", "{\"Field_2_120\":7}");
    render_expect("11FFFE", "{\"LedgerEntryType\":65534}");
    render_expect("12FFFE", "{\"TransactionType\":65534}");
    render_expect("2200000001"
                  "031B"
                  "0A0B",
                  "{\"Flags\":1,\"Unknown_27_3\":\"0A0B\"}");
    render_expect("F9EA7C0101"
                  "0D2B0A0B",
                  "{\"Memos\":[{\"Memo\":{\"MemoType\":\"01\",\"Unknown_43_13\":\"0A0B\"}}]}");
    render_expect("F9"
                  "D101",
                  "{\"Memos\":[{\"Unknown_13_1\":\"01\"}]}");
    render_expect("F9EF7C0101E1F1", "{\"Memos\":[{\"Permission\":{\"MemoType\":\"01\"}}]}");
}

TEST(containers_nest)
{
    render_expect("F9EA7C01017D0102E1EAE1F12200000005",
                  "{\"Memos\":[{\"Memo\":{\"MemoType\":\"01\",\"MemoData\":\"02\"}},{\"Memo\":{}}],"
                  "\"Flags\":5}");
    render_expect("F9F1", "{\"Memos\":[]}");
    render_expect("F92200000001F1", "{\"Memos\":[{\"Flags\":1}]}");
}

TEST(malformed_bytes_are_reported_and_what_could_be_read_is_well_formed)
{
    render_expect_damaged("22000000", "{}");
    render_expect_damaged("2200000001E1", "{\"Flags\":1}");
    render_expect_damaged("F9EA7C0101", "{\"Memos\":[{\"Memo\":{\"MemoType\":\"01\"}}]}");
    render_expect_damaged("F9EA7C01", "{\"Memos\":[{\"Memo\":{}}]}");
    render_expect_damaged("8101AA2200000001", "{\"Account\":\"AA\",\"Flags\":1}");
    render_expect_damaged("610000000000000000", "{\"Amount\":\"0000000000000000\"}");
    render_expect_damaged("01130101", "{\"Indexes\":\"01\"}");
}

TEST(nesting_beyond_the_bound_is_malformed)
{
    char hex[200] = "";
    for (int i = 0; i < 20; i++)
        strcat(hex, "EA");
    for (int i = 0; i < 20; i++)
        strcat(hex, "E1");
    ASSERT_ERR(ERR_CORRUPT, render_hex(hex));
    json_same_assert("still well formed", buf_slice(&render_out), buf_slice(&render_out));
}

TEST(a_field_can_be_left_out_at_the_top_only)
{
    uint8_t bytes[64];
    const char *hex = "61400000000000000AF9EA7C0101E1F1E6614000000000000001E1";
    size_t n = strlen(hex) / 2;
    ASSERT(hex_decode(slice_str(hex), bytes, n));
    struct jw w = render_fresh();
    jw_obj_begin(&w);
    ASSERT_OK(render_members_without(&w, slice_of(bytes, n), FIELD_Amount));
    jw_obj_end(&w);
    ASSERT_SLICE(
        "{\"Memos\":[{\"Memo\":{\"MemoType\":\"01\"}}],\"PreviousFields\":{\"Amount\":\"1\"}}",
        buf_slice(&render_out));
    w = render_fresh();
    jw_obj_begin(&w);
    ASSERT_OK(render_members_without(&w, slice_of(bytes, n), FIELD_Memos));
    jw_obj_end(&w);
    ASSERT_SLICE("{\"Amount\":\"10\",\"PreviousFields\":{\"Amount\":\"1\"}}",
                 buf_slice(&render_out));
}

TEST(one_value_can_be_rendered_by_itself)
{
    uint8_t bytes[16];
    ASSERT(hex_decode(SLICE_LIT("F9EA7C0101E1F1EAE1"), bytes, 9));
    struct sto_iter it = sto_iter_of(slice_of(bytes, 9));
    struct sto_field f;
    ASSERT(sto_next(&it, &f));
    struct jw w = render_fresh();
    ASSERT_OK(render_field_value(&w, &f));
    ASSERT_SLICE("[{\"Memo\":{\"MemoType\":\"01\"}}]", buf_slice(&render_out));
    ASSERT(sto_next(&it, &f));
    w = render_fresh();
    ASSERT_OK(render_field_value(&w, &f));
    ASSERT_SLICE("{}", buf_slice(&render_out));
}

TEST(fields_are_kept_for_the_caller_the_first_of_the_top_only)
{
    uint8_t bytes[64];
    const char *hex = "EA6140000000000000FFE16140000000000000016140000000000000022200000007";
    size_t n = strlen(hex) / 2;
    ASSERT(hex_decode(slice_str(hex), bytes, n));
    struct render_note notes[] = {
        {.id = FIELD_Amount}, {.id = FIELD_Flags}, {.id = FIELD_Sequence}, {.id = FIELD_Memo}};
    struct jw w = render_fresh();
    jw_obj_begin(&w);
    ASSERT_OK(render_members_noting(&w, slice_of(bytes, n), notes, 4));
    jw_obj_end(&w);
    ASSERT_SLICE("{\"Memo\":{\"Amount\":\"255\"},\"Amount\":\"1\",\"Amount\":\"2\",\"Flags\":7}",
                 buf_slice(&render_out));
    ASSERT(notes[0].found && notes[1].found && !notes[2].found);
    ASSERT(!notes[3].found); /* a container */
    ASSERT_INT(1, notes[0].field.value.p[7]);
    ASSERT_INT(7, notes[1].field.value.p[3]);
    notes[0] = (struct render_note){.id = FIELD_Amount};
    w = render_fresh();
    ASSERT_ERR(ERR_CORRUPT, render_members_noting(&w, slice_of(bytes, n - 2), notes, 1));
    ASSERT(notes[0].found); /* what could be read */
}
