/* SPDX-License-Identifier: Apache-2.0 */
#include "xrpl/render.h"

#include "base/hex.h"
#include "base/mem.h"
#include "golden.h"
#include "json_same.h"
#include "test.h"
#include "xrpl/names.h"
#include "xrpl/account.h"

#include <stdlib.h>
#include <time.h>

static struct buf out;

static struct jw fresh(void)
{
    buf_clear(&out);
    return jw_to(&out);
}

static err render_hex(const char *hex)
{
    size_t n = strlen(hex) / 2;
    CLEANUP(mem_freep) uint8_t *bytes = xmalloc(n + 1);
    ASSERT(hex_decode(slice_str(hex), bytes, n));
    struct jw w = fresh();
    return render_object(&w, slice_of(bytes, n));
}

static void expect(const char *hex, const char *json)
{
    ASSERT_OK(render_hex(hex));
    json_same_assert(hex, slice_str(json), buf_slice(&out));
}

static void expect_damaged(const char *hex, const char *json)
{
    ASSERT_ERR(ERR_CORRUPT, render_hex(hex));
    json_same_assert(hex, slice_str(json), buf_slice(&out));
}

static void entry_as_recorded(const struct json *line, struct arena *a)
{
    struct hash256 key = hash256_of(golden_hex(line, "key", a).p);
    struct jw w = fresh();
    ASSERT_OK(render_entry(&w, golden_hex(line, "hex", a), &key));
    json_same_assert("golden entry", json_get(line, "json")->raw, buf_slice(&out));
}

TEST(golden_entries_are_rendered_as_recorded)
{
    size_t n = golden_each("entries.jsonl", entry_as_recorded);
    printf("render: %zu recorded entries\n", n);
    ASSERT(n > 50);
}

TEST(integers_hashes_and_blobs)
{
    expect("1100612200000001", "{\"LedgerEntryType\":\"AccountRoot\",\"Flags\":1}");
    expect("1200642280000000", "{\"TransactionType\":\"EnableAmendment\",\"Flags\":2147483648}");
    expect("03106403107700101008", "{\"TransactionResult\":\"tecCLAIM\",\"TransactionResult\":"
                                   "\"tecUNKNOWN_119\",\"TickSize\":8}");
    expect("340000000000000000", "{\"OwnerNode\":\"0\"}");
    expect("3400000000000AB0EF", "{\"OwnerNode\":\"ab0ef\"}");
    expect("30180000000000000064", "{\"MaximumAmount\":\"100\"}");
    expect("7D03ABCDEF", "{\"MemoData\":\"ABCDEF\"}");
    expect("7D00", "{\"MemoData\":\"\"}");
    expect("4100112233445566778899AABBCCDDEEFF",
           "{\"EmailHash\":\"00112233445566778899AABBCCDDEEFF\"}");
    expect("A1FFFFFFFE", "{\"LoanScale\":-2}");
}

TEST(permissions_have_names_where_they_are_known)
{
    expect("203400010001", "{\"PermissionValue\":\"TrustlineAuthorize\"}");
    expect("203400000001", "{\"PermissionValue\":\"Payment\"}");
    expect("203400000000", "{\"PermissionValue\":0}");
    expect("2034FFFFFFFF", "{\"PermissionValue\":4294967295}");
}

TEST(unknown_fields_types_and_names_are_shown_by_their_codes)
{
    expect("207800000007", "{\"Field_2_120\":7}");
    expect("11FFFE", "{\"LedgerEntryType\":65534}");
    expect("12FFFE", "{\"TransactionType\":65534}");
    expect("2200000001"
           "031B"
           "0A0B",
           "{\"Flags\":1,\"Unknown_27_3\":\"0A0B\"}");
    expect("F9EA7C0101"
           "0D2B0A0B",
           "{\"Memos\":[{\"Memo\":{\"MemoType\":\"01\",\"Unknown_43_13\":\"0A0B\"}}]}");
    expect("F9"
           "D101",
           "{\"Memos\":[{\"Unknown_13_1\":\"01\"}]}");
    expect("F9EF7C0101E1F1", "{\"Memos\":[{\"Permission\":{\"MemoType\":\"01\"}}]}");
}

TEST(containers_nest)
{
    expect("F9EA7C01017D0102E1EAE1F12200000005",
           "{\"Memos\":[{\"Memo\":{\"MemoType\":\"01\",\"MemoData\":\"02\"}},{\"Memo\":{}}],"
           "\"Flags\":5}");
    expect("F9F1", "{\"Memos\":[]}");
    expect("F92200000001F1", "{\"Memos\":[{\"Flags\":1}]}");
}

TEST(malformed_bytes_are_reported_and_what_could_be_read_is_well_formed)
{
    expect_damaged("22000000", "{}");
    expect_damaged("2200000001E1", "{\"Flags\":1}");
    expect_damaged("F9EA7C0101", "{\"Memos\":[{\"Memo\":{\"MemoType\":\"01\"}}]}");
    expect_damaged("F9EA7C01", "{\"Memos\":[{\"Memo\":{}}]}");
    expect_damaged("8101AA2200000001", "{\"Account\":\"AA\",\"Flags\":1}");
    expect_damaged("610000000000000000", "{\"Amount\":\"0000000000000000\"}");
    expect_damaged("01130101", "{\"Indexes\":\"01\"}");
}

TEST(nesting_beyond_the_bound_is_malformed)
{
    char hex[200] = "";
    for (int i = 0; i < 20; i++)
        strcat(hex, "EA");
    for (int i = 0; i < 20; i++)
        strcat(hex, "E1");
    ASSERT_ERR(ERR_CORRUPT, render_hex(hex));
    json_same_assert("still well formed", buf_slice(&out), buf_slice(&out));
}

TEST(a_field_can_be_left_out_at_the_top_only)
{
    uint8_t bytes[64];
    const char *hex = "61400000000000000AF9EA7C0101E1F1E6614000000000000001E1";
    size_t n = strlen(hex) / 2;
    ASSERT(hex_decode(slice_str(hex), bytes, n));
    struct jw w = fresh();
    jw_obj_begin(&w);
    ASSERT_OK(render_members_without(&w, slice_of(bytes, n), FIELD_Amount));
    jw_obj_end(&w);
    ASSERT_SLICE(
        "{\"Memos\":[{\"Memo\":{\"MemoType\":\"01\"}}],\"PreviousFields\":{\"Amount\":\"1\"}}",
        buf_slice(&out));
    w = fresh();
    jw_obj_begin(&w);
    ASSERT_OK(render_members_without(&w, slice_of(bytes, n), FIELD_Memos));
    jw_obj_end(&w);
    ASSERT_SLICE("{\"Amount\":\"10\",\"PreviousFields\":{\"Amount\":\"1\"}}", buf_slice(&out));
}

TEST(one_value_can_be_rendered_by_itself)
{
    uint8_t bytes[16];
    ASSERT(hex_decode(SLICE_LIT("F9EA7C0101E1F1EAE1"), bytes, 9));
    struct sto_iter it = sto_iter_of(slice_of(bytes, 9));
    struct sto_field f;
    ASSERT(sto_next(&it, &f));
    struct jw w = fresh();
    ASSERT_OK(render_field_value(&w, &f));
    ASSERT_SLICE("[{\"Memo\":{\"MemoType\":\"01\"}}]", buf_slice(&out));
    ASSERT(sto_next(&it, &f));
    w = fresh();
    ASSERT_OK(render_field_value(&w, &f));
    ASSERT_SLICE("{}", buf_slice(&out));
}

TEST(paths_name_accounts_currencies_issuers_and_tokens)
{
#define A20 "0000000000000000000000000000000000000000"
#define USD "0000000000000000000000005553440000000000"
    expect("0112"
           "01" A20 "30" USD A20 "FF"
           "10" USD "40"
           "00000001" A20 "00",
           "{\"Paths\":[[{\"account\":\"rrrrrrrrrrrrrrrrrrrrrhoLvTp\",\"type\":1},"
           "{\"currency\":\"USD\",\"issuer\":\"rrrrrrrrrrrrrrrrrrrrrhoLvTp\",\"type\":48}],"
           "[{\"currency\":\"USD\",\"type\":16},"
           "{\"mpt_issuance_id\":\"00000001" A20 "\",\"type\":64}]]}");
}

TEST(issues_bridges_currencies_and_numbers)
{
    expect("0318" A20, "{\"Asset\":{\"currency\":\"XRP\"}}");
    expect("0318" USD "0000000000000000000000000000000000000002",
           "{\"Asset\":{\"currency\":\"USD\",\"issuer\":\"rrrrrrrrrrrrrrrrrrrrHeBwGj\"}}");
    expect(
        "0318"
        "1111111111111111111111111111111111111111"
        "0000000000000000000000000000000000000001"
        "F0000000",
        "{\"Asset\":{\"mpt_issuance_id\":\"000000F01111111111111111111111111111111111111111\"}}");
    expect("0119"
           "14" A20 A20 "14" A20 USD "0000000000000000000000000000000000000002",
           "{\"XChainBridge\":{\"LockingChainDoor\":\"rrrrrrrrrrrrrrrrrrrrrhoLvTp\","
           "\"LockingChainIssue\":{\"currency\":\"XRP\"},\"IssuingChainDoor\":"
           "\"rrrrrrrrrrrrrrrrrrrrrhoLvTp\","
           "\"IssuingChainIssue\":{\"currency\":\"USD\",\"issuer\":\"rrrrrrrrrrrrrrrrrrrrHeBwGj\"}"
           "}}");
    expect("011A" USD, "{\"BaseAsset\":\"USD\"}");
    expect("91"
           "0000000000000000"
           "80000000",
           "{\"Number\":\"0\"}");
    expect("91"
           "FFFFFFFFFFFFFFFF"
           "FFFFFFFF",
           "{\"Number\":\"-0.1\"}");
    expect_damaged("91"
                   "0000000000000001"
                   "7FFFFFFF",
                   "{\"Number\":\"00000000000000017FFFFFFF\"}");
}

enum style { STYLE_REQUIRED, STYLE_OPTIONAL, STYLE_DEFAULT };
static const struct {
    uint16_t entry_type;
    field_id field;
    enum style style;
} templates[] = {
#define X(entry_type, field, style) {ENTRY_##entry_type, FIELD_##field, STYLE_##style},
#include "xrpl/entry_templates.def"
#undef X
};

static bool in_template(uint16_t type, field_id id)
{
    for (size_t i = 0; i < ARRAY_LEN(templates); i++)
        if (templates[i].entry_type == type && templates[i].field == id)
            return true;
    return id == FIELD_LedgerEntryType || id == FIELD_Flags;
}

static void fits_its_template(const struct json *line, struct arena *a)
{
    struct slice o = golden_hex(line, "hex", a);
    uint16_t type = sto_entry_type(o);
    struct sto_iter it = sto_iter_of(o);
    struct sto_field f;
    while (sto_next(&it, &f))
        if (!in_template(type, f.id))
            test_fail(__FILE__, __LINE__, "%s holds %s", names_entry_type(tables_now(), type),
                      field_info(f.id)->key);
    for (size_t i = 0; i < ARRAY_LEN(templates); i++)
        if (templates[i].entry_type == type && templates[i].style == STYLE_REQUIRED &&
            !sto_has(o, templates[i].field))
            test_fail(__FILE__, __LINE__, "%s lacks %s", names_entry_type(tables_now(), type),
                      field_info(templates[i].field)->key);
}

TEST(golden_entries_fit_the_templates_of_their_types)
{
    golden_each("entries.jsonl", fits_its_template);
}

static size_t n_shown;

static void count_time(const struct json *line, struct arena *a)
{
    struct hash256 key = hash256_of(golden_hex(line, "key", a).p);
    struct slice o = golden_hex(line, "hex", a);
    struct timespec t0, t1;
    clock_gettime(CLOCK_MONOTONIC, &t0);
    for (int i = 0; i < 500; i++) {
        struct jw w = fresh();
        ASSERT_OK(render_entry(&w, o, &key));
    }
    clock_gettime(CLOCK_MONOTONIC, &t1);
    double ns = ((double)(t1.tv_sec - t0.tv_sec) * 1e9 + (double)(t1.tv_nsec - t0.tv_nsec)) / 500;
    if (getenv("KLEIO_XRPL_TIMES") && n_shown++ < 100)
        printf("%6.0f ns %5zu -> %5zu bytes %.*s\n", ns, o.n, out.n,
               SLICE_FMT(json_get(json_get(line, "json"), "LedgerEntryType")->s));
}

TEST(rendering_times_are_shown_on_demand)
{
    golden_each("entries.jsonl", count_time);
}
