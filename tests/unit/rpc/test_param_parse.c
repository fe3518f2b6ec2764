/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/param.h"

#include "test.h"

static bool document_id(const char *text, uint32_t *ret)
{
    struct arena *a = arena_new(0);
    struct json v;
    ASSERT_OK(json_parse(slice_str(text), NULL, a, &v, NULL));
    bool ok = param_document_id(&v, ret);
    arena_free(a);
    return ok;
}

TEST(document_ids_are_numbers_that_fit_or_their_digits)
{
    static const struct {
        const char *text;
        int64_t id; /* -1 = refused */
    } cases[] = {{"5", 5},
                 {"4294967295", 4294967295},
                 {"4294967296", -1},
                 {"18446744073709551615", -1},
                 {"-1", -1},
                 {"1.0", -1},
                 {"null", -1},
                 {"\"7\"", 7},
                 {"\" 7\"", -1},
                 {"\"+7\"", -1},
                 {"\"7x\"", -1},
                 {"\"0x7\"", -1},
                 {"\"\"", -1},
                 {"\"x\"", -1},
                 {"\"1.5\"", -1},
                 {"\"-1\"", -1},
                 {"\"-0\"", -1},
                 {"\"0\"", 0},
                 {"\"4294967295\"", 4294967295},
                 {"\"4294967296\"", -1},
                 {"\"99999999999999999999\"", -1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t id = 0;
        bool ok = document_id(cases[i].text, &id);
        ASSERT_INT(cases[i].id, ok ? (int64_t)id : -1);
    }
}

TEST(sequences_in_text_are_digits_that_fit)
{
    uint32_t v;
    ASSERT(param_u32_text(SLICE_LIT("4294967295"), &v));
    ASSERT_INT(4294967295, v);
    ASSERT(!param_u32_text(SLICE_LIT("4294967296"), &v));
    ASSERT(!param_u32_text(SLICE_LIT(""), &v));
    ASSERT(!param_u32_text(SLICE_LIT("1 "), &v));
}

TEST(hex_of_an_odd_number_of_digits_begins_with_a_half_byte)
{
    static const struct {
        const char *text;
        size_t n; /* 99 = refused */
        uint8_t bytes[3];
    } cases[] = {{"", 0, {0}},
                 {"A", 1, {10}},
                 {"aB", 1, {0xAB}},
                 {"ABC", 2, {10, 0xBC}},
                 {"0BC", 2, {0, 0xBC}},
                 {"ABCDEF", 3, {0xAB, 0xCD, 0xEF}},
                 {"ABCDE", 3, {10, 0xBC, 0xDE}},
                 {"ABCDEF0", 99, {0}},
                 {"G", 99, {0}},
                 {"GAB", 99, {0}},
                 {"AGB", 99, {0}},
                 {"AB ", 99, {0}}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t out[4] = {0, 0, 0, 0x77};
        size_t n = param_hex_bytes(slice_str(cases[i].text), out, 3);
        ASSERT_INT(cases[i].n, n == SIZE_MAX ? 99 : n);
        if (n != SIZE_MAX)
            ASSERT(memcmp(out, cases[i].bytes, n) == 0);
        ASSERT_INT(0x77, out[3]);
    }
}
