/* SPDX-License-Identifier: Apache-2.0 */
#include "json/jw.h"

#include "base/mem.h"
#include "json/json.h"
#include "json_same.h"
#include "base/utf8.h"
#include "test.h"

#include <math.h>
#include <stdlib.h>

static struct buf out;

static struct jw fresh(void)
{
    buf_clear(&out);
    return jw_to(&out);
}

TEST(nested_values_get_their_commas)
{
    struct jw w = fresh();
    jw_obj_begin(&w);
    jw_kv_u64(&w, "a", 1);
    jw_key(&w, "b");
    jw_arr_begin(&w);
    jw_obj_begin(&w);
    jw_obj_end(&w);
    jw_arr_begin(&w);
    jw_arr_end(&w);
    jw_bool(&w, true);
    jw_bool(&w, false);
    jw_null(&w);
    jw_raw(&w, SLICE_LIT("{\"r\":1}"));
    jw_arr_end(&w);
    jw_kv_lit(&w, "c", "x");
    jw_kv_bool(&w, "d", true);
    jw_kv_u64_str(&w, "e", UINT64_MAX);
    jw_kv_i64(&w, "f", INT64_MIN);
    jw_key(&w, "g");
    jw_i64_str(&w, -5);
    jw_kv_str(&w, "h", SLICE_LIT("\"q\""));
    jw_obj_end(&w);
    ASSERT_SLICE("{\"a\":1,\"b\":[{},[],true,false,null,{\"r\":1}],\"c\":\"x\",\"d\":true,"
                 "\"e\":\"18446744073709551615\",\"f\":-9223372036854775808,\"g\":\"-5\",\"h\":"
                 "\"\\\"q\\\"\"}",
                 buf_slice(&out));
    buf_deinit(&out);
}

TEST(integers_of_every_length_are_exact)
{
    uint64_t v = 0;
    for (int i = 0; i < 20; i++, v = v * 10 + (uint64_t)i % 10) {
        for (uint64_t d = 0; d < 3; d++) {
            char expected[32];
            snprintf(expected, sizeof expected, "%llu", (unsigned long long)(v + d));
            struct jw w = fresh();
            jw_u64(&w, v + d);
            ASSERT_SLICE(expected, buf_slice(&out));
        }
    }
    for (uint64_t p = 1; p < 1000000000000000000u; p *= 10) {
        char expected[32];
        snprintf(expected, sizeof expected, "-%llu", (unsigned long long)p - 1 + 10);
        struct jw w = fresh();
        jw_i64(&w, -(int64_t)(p - 1 + 10));
        ASSERT_SLICE(expected, buf_slice(&out));
    }
    buf_deinit(&out);
}

TEST(hex_is_upper_case_at_every_length)
{
    uint8_t bytes[256];
    for (int i = 0; i < 256; i++)
        bytes[i] = (uint8_t)i;
    for (size_t n = 0; n <= 256; n++) {
        struct jw w = fresh();
        jw_hex(&w, slice_of(bytes, n));
        ASSERT_INT(2 * n + 2, out.n);
        for (size_t i = 0; i < n; i++) {
            char two[3];
            snprintf(two, sizeof two, "%02X", (unsigned)i);
            ASSERT(memcmp(out.p + 1 + 2 * i, two, 2) == 0);
        }
    }
    buf_deinit(&out);
}

TEST(strings_are_escaped_and_come_back_the_same)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    char all[600];
    size_t n = 0;
    for (int c = 0; c < 128; c++)
        all[n++] = (char)c;
    n += (size_t)snprintf(all + n, sizeof all - n,
                          "long enough to use whole words \xC3\xA9\xE2\x82\xAC\xF0\x9D\x84\x9E");
    for (size_t from = 0; from < n; from++) {
        struct jw w = fresh();
        if (from > 128 && (all[from] & 0xC0) == 0x80)
            continue;
        jw_str(&w, slice_of(all + from, n - from));
        struct json v;
        ASSERT_OK(json_parse(buf_slice(&out), NULL, a, &v, NULL));
        ASSERT(slice_eq(v.s, slice_of(all + from, n - from)));
    }
    buf_deinit(&out);
}

TEST(bytes_that_are_not_utf8_are_replaced)
{
    struct jw w = fresh();
    jw_str(&w, SLICE_LIT("a\x80z\xED\xA0\x80\xC3"));
    ASSERT_SLICE("\"a\xEF\xBF\xBDz\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"",
                 buf_slice(&out));
    buf_deinit(&out);
}

TEST(doubles_are_short_and_read_back_the_same)
{
    const struct {
        double v;
        const char *text;
    } cases[] = {{0.00001, "1e-05"}, {0.1, "0.1"},      {1, "1.0"},
                 {-2.5, "-2.5"},     {1e300, "1e+300"}, {1.0 / 3, NULL}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct jw w = fresh();
        jw_double(&w, cases[i].v);
        if (cases[i].text)
            ASSERT_SLICE(cases[i].text, buf_slice(&out));
        buf_put_u8(&out, 0);
        ASSERT(strtod((char *)out.p, NULL) == cases[i].v);
    }
    struct jw w = fresh();
    jw_double(&w, INFINITY);
    ASSERT_SLICE("null", buf_slice(&out));
    uint64_t bits = 0x9E3779B97F4A7C15u;
    for (int i = 0; i < 2000; i++, bits = bits * 6364136223846793005u + 1442695040888963407u) {
        double v;
        memcpy(&v, &bits, 8);
        if (!isfinite(v))
            continue;
        w = fresh();
        jw_double(&w, v);
        buf_put_u8(&out, 0);
        ASSERT(strtod((char *)out.p, NULL) == v);
    }
    buf_deinit(&out);
}

TEST(a_parsed_value_is_written_back_compactly)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct slice text = SLICE_LIT(
        "{ \"a\" : [ 1 , -2 , 18446744073709551615 , 1.50 , \"x\\n\" , null , true , { } ] }");
    struct json v;
    ASSERT_OK(json_parse(text, NULL, a, &v, NULL));
    struct jw w = fresh();
    jw_value(&w, &v);
    ASSERT_SLICE("{\"a\":[1,-2,18446744073709551615,1.50,\"x\\n\",null,true,{}]}", buf_slice(&out));
    json_same_assert("write back", text, buf_slice(&out));
    buf_deinit(&out);
}

TEST(a_comparison_finds_the_difference)
{
    char why[400];
    ASSERT(json_same_text(SLICE_LIT("{\"a\":1,\"b\":[2]}"), SLICE_LIT("{\"b\":[2],\"a\":1.0}"), why,
                          sizeof why));
    ASSERT(!json_same_text(SLICE_LIT("{\"a\":[{\"b\":1}]}"), SLICE_LIT("{\"a\":[{\"b\":2}]}"), why,
                           sizeof why));
    ASSERT_STR("$.a[0].b: expected 1, got 2", why);
    ASSERT(
        !json_same_text(SLICE_LIT("{\"a\":1}"), SLICE_LIT("{\"a\":1,\"c\":2}"), why, sizeof why));
    ASSERT_STR("$.c: expected (absent), got 2", why);
    ASSERT(!json_same_text(SLICE_LIT("[1]"), SLICE_LIT("[1,2]"), why, sizeof why));
    ASSERT(!json_same_text(SLICE_LIT("1"), SLICE_LIT("\"1\""), why, sizeof why));
}

static size_t plain_prefix_by_bytes(const uint8_t *p, size_t n)
{
    size_t i = 0;
    while (i < n && p[i] >= 0x20 && p[i] < 0x80 && p[i] != '"' && p[i] != '\\')
        i++;
    return i;
}

TEST(the_plain_part_of_a_text_ends_at_the_first_byte_that_is_not)
{
    uint8_t text[24];
    for (unsigned first = 0; first < 256; first++)
        for (unsigned second = 0; second < 256; second++)
            for (size_t at = 0; at < 9; at++) {
                memset(text, ' ', sizeof text); /* the least that is plain */
                text[at] = (uint8_t)first;
                text[at + 1] = (uint8_t)second;
                ASSERT_INT(plain_prefix_by_bytes(text, sizeof text),
                           utf8_plain_prefix(text, sizeof text));
            }
}
