/* SPDX-License-Identifier: Apache-2.0 */
#include "json/json.h"

#include "base/mem.h"
#include "test.h"

#include <time.h>

static struct json parse(struct arena *a, const char *text)
{
    struct json v;
    ASSERT_OK(json_parse(slice_str(text), NULL, a, &v, NULL));
    return v;
}

static void refuse_at(const char *text, size_t at)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct json v;
    size_t where = 9999;
    err e = json_parse(slice_str(text), NULL, a, &v, &where);
    if (e.code != ERR_PARSE)
        test_fail(__FILE__, __LINE__, "%s: accepted", text);
    if (where != at)
        test_fail(__FILE__, __LINE__, "%s: expected failure at %zu, got %zu (%s)", text, at, where,
                  err_text());
}

static void refuse(const char *text)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct json v;
    if (json_parse(slice_str(text), NULL, a, &v, NULL).code != ERR_PARSE)
        test_fail(__FILE__, __LINE__, "%s: accepted", text);
}

TEST(a_request_parses_into_its_members)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct json v =
        parse(a, " {\"method\":\"account_info\", \"params\" : [{\"account\":\"rX\",\"strict\":true,"
                 "\"limit\":-7,\"big\":18446744073709551615,\"f\":1.5e3,\"none\":null}]}\n");
    ASSERT_INT(2, v.n);
    ASSERT(json_is_string(json_get(&v, "method"), "account_info"));
    const struct json *p = json_get(&v, "params");
    ASSERT(json_is(p, JSON_ARRAY));
    ASSERT_INT(1, p->n);
    ASSERT_INT(6, p->items[0].n);
    ASSERT(json_get(&p->items[0], "strict")->b);
    ASSERT_INT(-7, json_get(&p->items[0], "limit")->i);
    ASSERT(json_get(&p->items[0], "big")->type == JSON_UINT);
    ASSERT(json_get(&p->items[0], "big")->u == UINT64_MAX);
    ASSERT(json_get(&p->items[0], "f")->d == 1500.0);
    ASSERT(json_is(json_get(&p->items[0], "none"), JSON_NULL));
    ASSERT(json_get(&p->items[0], "absent") == NULL);
    ASSERT(json_get(NULL, "x") == NULL);
    ASSERT_SLICE("[{\"account\":\"rX\",\"strict\":true,\"limit\":-7,\"big\":18446744073709551615,"
                 "\"f\":1.5e3,"
                 "\"none\":null}]",
                 p->raw);
}

TEST(integers_stay_integers_up_to_their_limits)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct json v = parse(
        a, "[9223372036854775807,9223372036854775808,-9223372036854775808,-9223372036854775809,"
           "18446744073709551616,-0,1.0,0]");
    ASSERT(v.items[0].type == JSON_INT && v.items[0].i == INT64_MAX);
    ASSERT(v.items[1].type == JSON_UINT && v.items[1].u == (uint64_t)INT64_MAX + 1);
    ASSERT(v.items[2].type == JSON_INT && v.items[2].i == INT64_MIN);
    ASSERT(v.items[3].type == JSON_DOUBLE);
    ASSERT(v.items[4].type == JSON_DOUBLE && v.items[4].d == 18446744073709551616.0);
    ASSERT(v.items[5].type == JSON_INT && v.items[5].i == 0);
    ASSERT(v.items[6].type == JSON_DOUBLE);
    ASSERT(v.items[7].type == JSON_INT);
}

TEST(every_scalar_can_be_a_document)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    ASSERT(parse(a, "null").type == JSON_NULL);
    ASSERT(parse(a, " true ").b);
    ASSERT(!parse(a, "false").b);
    ASSERT_INT(12, parse(a, "12").i);
    ASSERT_SLICE("", parse(a, "\"\"").s);
    ASSERT_INT(0, parse(a, "[]").n);
    ASSERT_INT(0, parse(a, "{ }").n);
}

TEST(malformed_text_is_refused_where_it_goes_wrong)
{
    refuse_at("", 0);
    refuse_at("  ", 2);
    refuse_at("[1,]", 3);
    refuse_at("[1 2]", 3);
    refuse_at("{\"a\" 1}", 5);
    refuse_at("{\"a\":1,}", 7);
    refuse_at("{a:1}", 1);
    refuse_at("[1}", 2);
    refuse_at("[1", 2);
    refuse_at("1 1", 2);
    refuse_at("\"a\nb\"", 2);
    refuse_at("'a'", 0);
    refuse_at("/* x */ 1", 0);
    const char *more[] = {"01",      "-",      "+1",       ".5",       "1.",   "1e",   "1e+",
                          "0x1",     "NaN",    "tru",      "nulll",    "\"",   "\"\\", "\"\\x\"",
                          "\"\\u12", "{\"a\"", "]",        "[[]",      "[,1]", "{,}",  "\"a",
                          "--1",     "1e999",  "{\"a\":}", "Infinity", "\x01"};
    for (size_t i = 0; i < ARRAY_LEN(more); i++)
        refuse(more[i]);
}

TEST(escapes_become_the_characters_they_name)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    ASSERT_SLICE("a\"b\\c/d\b\f\n\r\te", parse(a, "\"a\\\"b\\\\c\\/d\\b\\f\\n\\r\\te\"").s);
    ASSERT_SLICE("A\xC3\xA9\xE2\x82\xAC\xF0\x9D\x84\x9E",
                 parse(a, "\"\\u0041\\u00e9\\u20AC\\ud834\\uDD1E\"").s);
    struct json nul = parse(a, "\"x\\u0000y\"");
    ASSERT_INT(3, nul.s.n);
    ASSERT(nul.s.p[1] == 0);
    struct json key = parse(a, "{\"\\u0061b\":1}");
    ASSERT_INT(1, json_get(&key, "ab")->i);
}

TEST(lone_surrogates_are_refused)
{
    refuse("\"\\ud834\"");
    refuse("\"\\ud834x\"");
    refuse("\"\\udd1e\"");
    refuse("\"\\ud834\\u0041\"");
    refuse("\"\\ud834\\ud834\"");
}

TEST(text_that_is_not_utf8_is_refused)
{
    refuse("\"\x80\"");
    refuse("\"\xC0\x80\"");
    refuse("\"\xE0\x80\x80\"");
    refuse("\"\xED\xA0\x80\""); /* a surrogate */
    refuse("\"\xF4\x90\x80\x80\"");
    refuse("\"\xF5\x80\x80\x80\"");
    refuse("\"abcdefgh\xE2\x82\"");
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    ASSERT_SLICE("\xF4\x8F\xBF\xBF h\xC3\xA9", parse(a, "\"\xF4\x8F\xBF\xBF h\xC3\xA9\"").s);
}

TEST(of_equal_keys_the_last_value_counts)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct json v = parse(a, "{\"a\":1,\"b\":2,\"a\":{\"x\":3},\"c\":4,\"b\":5}");
    ASSERT_INT(3, v.n);
    ASSERT_INT(3, json_get(json_get(&v, "a"), "x")->i);
    ASSERT_INT(5, json_get(&v, "b")->i);
    ASSERT_SLICE("a", v.members[0].key);
    ASSERT_SLICE("c", v.members[2].key);
}

/* {"k0":0,"k1":1,...} with each key `times` times. */
static struct buf many_keys(uint32_t n, uint32_t times)
{
    struct buf b = {0};
    buf_put_u8(&b, '{');
    for (uint32_t i = 0; i < n * times; i++)
        buf_printf(&b, "%s\"k%u\":%u", i ? "," : "", i % n, i);
    buf_put_u8(&b, '}');
    return b;
}

TEST(a_huge_object_with_repeated_keys_is_read_in_linear_time)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    CLEANUP(buf_deinit) struct buf b = many_keys(100000, 3);
    struct json v;
    ASSERT_OK(json_parse(buf_slice(&b), NULL, a, &v,
                         NULL)); /* quadratic: minutes, and the test's alarm */
    ASSERT_INT(100000, v.n);
    ASSERT_SLICE("k99999", v.members[99999].key);
    ASSERT_INT(299999, v.members[99999].value.i);
    ASSERT_INT(200000, v.members[0].value.i);
}

TEST(nesting_is_limited)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    char text[201];
    struct json v;
    for (size_t depth = 30; depth <= 34; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        err e = json_parse(slice_of(text, 2 * depth), NULL, a, &v, NULL);
        ASSERT_INT(depth <= 32 ? 0 : ERR_LIMIT, e.code);
    }
    struct json_opts deep = {.max_depth = 100};
    memset(text, '[', 100);
    memset(text + 100, ']', 100);
    ASSERT_OK(json_parse(slice_of(text, 200), &deep, a, &v, NULL));
    text[100] = '[';
    ASSERT_ERR(ERR_LIMIT, json_parse(slice_of(text, 200), &deep, a, &v, NULL));
}

TEST(a_name_that_stands_twice_can_be_refused)
{
    struct arena *a = arena_new(0);
    struct json v;
    size_t at = 0;
    struct json_opts opts = {.unique_keys = true};
    ASSERT_OK(json_parse(SLICE_LIT("{\"a\":1,\"b\":{\"a\":2}}"), &opts, a, &v, NULL));
    ASSERT_ERR(ERR_PARSE,
               json_parse(SLICE_LIT("{\"x\":{\"a\":1,\"b\":2,\"\\u0061\":3}}"), &opts, a, &v, &at));
    ASSERT_STR("json: \"a\" stands twice in the same object", err_text());
    ASSERT_INT(27, at);
    arena_free(a);
}

TEST(values_are_limited)
{
    struct arena *a = arena_new(0);
    struct json v;
    struct json_opts opts = {.max_values = 4};
    ASSERT_OK(json_parse(SLICE_LIT("{\"a\":[1,2]}"), &opts, a, &v, NULL));
    ASSERT_ERR(ERR_LIMIT, json_parse(SLICE_LIT("{\"a\":[1,2,3]}"), &opts, a, &v, NULL));
    ASSERT_STR("json: more than 4 values at byte 10", err_text());
    ASSERT_ERR(ERR_LIMIT, json_parse(SLICE_LIT("[[[[]]]]]"), &(struct json_opts){.max_values = 3},
                                     a, &v, NULL));
    arena_free(a);
}

TEST(a_tree_holds_no_more_than_its_values)
{
    enum { N = 100000 };
    struct arena *a = arena_new(0);
    char *text = malloc(2 * N + 2), *to = text;
    *to++ = '[';
    for (int i = 0; i < N; i++, to += 2)
        memcpy(to, "0,", 2);
    to[-1] = ']';
    struct json v;
    ASSERT_OK(json_parse(slice_of(text, (size_t)(to - text)), NULL, a, &v, NULL));
    ASSERT_INT(N, v.n);
    ASSERT(arena_used(a) < (N + 100) * sizeof(struct json));
    free(text);
    arena_free(a);
}

TEST(what_is_nested_deeper_than_wanted_is_checked_and_kept_as_text)
{
    struct arena *a = arena_new(2000);
    struct json v;
    struct json_opts opts = {.keep_depth = 2};
    struct slice text =
        SLICE_LIT("{\"x\":{\"a\":[1,[\"\\n\",{}]],\"b\":{\"k\\t\":1,\"k\":2}},\"y\":[[]]}");
    ASSERT_OK(json_parse(text, &opts, a, &v, NULL));
    const struct json *x = json_get(&v, "x"), *in_a = json_get(x, "a"), *b = json_get(x, "b");
    ASSERT(json_is(in_a, JSON_ARRAY) && in_a->n == 0 && json_is(b, JSON_OBJECT) && b->n == 0);
    ASSERT_SLICE("[1,[\"\\n\",{}]]", in_a->raw);
    ASSERT_SLICE("{\"k\\t\":1,\"k\":2}", b->raw);
    ASSERT_INT(1, json_get(&v, "y")->n);
    ASSERT_ERR(ERR_PARSE, json_parse(SLICE_LIT("{\"x\":[[[1,tru]]]}"), &opts, a, &v, NULL));
    ASSERT_ERR(ERR_PARSE, json_parse(SLICE_LIT("[[[[\"\\q\"]]]]"), &opts, a, &v, NULL));
    struct buf many = {0}; /* far more than the budget, if it were kept */
    buf_put_str(&many, "[[[");
    for (int i = 0; i < 10000; i++)
        buf_put_str(&many, "{\"k\":\"\\u0041\"},");
    buf_put_str(&many, "0]]]");
    ASSERT_OK(json_parse(buf_slice(&many), &opts, a, &v, NULL));
    ASSERT_INT(many.n - 4, v.items[0].items[0].raw.n);
    buf_deinit(&many);
    arena_free(a);
}

static int n_breaths;

static err breathe_four_times(void)
{
    return ++n_breaths > 4 ? FAIL(ERR_CANCELLED, "enough") : OK;
}

static err breathe(void)
{
    n_breaths++;
    return OK;
}

TEST(a_long_text_lets_others_breathe)
{
    struct arena *a = arena_new(0);
    struct json v;
    struct json_opts opts = {.breathe = breathe_four_times};
    char *text = malloc(9001);
    for (int i = 0; i < 9000; i += 2)
        memcpy(text + i, "1,", 3);
    text[0] = '[';
    text[1] = ' ';
    text[5999] = ']';
    ASSERT_OK(json_parse(slice_of(text, 6000), &opts, a, &v, NULL));
    ASSERT_INT(4, n_breaths); /* at 3,000 values, and when they are copied */
    n_breaths = 0;
    text[5999] = ',';
    text[8999] = ']';
    ASSERT_ERR(ERR_CANCELLED, json_parse(slice_of(text, 9000), &opts, a, &v, NULL));
    free(text);
    arena_free(a);
}

TEST(what_is_done_for_the_members_of_a_large_object_lets_others_breathe)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    CLEANUP(buf_deinit) struct buf b = many_keys(10240, 1);
    struct json_opts opts = {.breathe = breathe};
    struct json v;
    n_breaths = 0;
    ASSERT_OK(json_parse(buf_slice(&b), &opts, a, &v, NULL));
    ASSERT_INT(10240, v.n);
    ASSERT_INT(30, n_breaths); /* parsed, told apart, copied */
}

TEST(a_string_ends_at_the_quote_that_no_backslash_escapes)
{
    static const char *const parts[] = {"\\\\", "\\\"", "x", "\\n", "\\u0041"};
    static const char *const mean[] = {"\\", "\"", "x", "\n", "A"};
    for (unsigned i = 0; i < 3125; i++) { /* all of five parts */
        CLEANUP(arena_freep) struct arena *a = arena_new(0);
        char text[64] = "[\"", want[16] = "";
        for (unsigned k = 0, v = i; k < 5; k++, v /= 5) {
            strcat(text, parts[v % 5]);
            strcat(want, mean[v % 5]);
        }
        strcat(text, "\",\"y\"]");
        struct json v = parse(a, text);
        ASSERT_INT(2, v.n);
        ASSERT_SLICE(want, v.items[0].s);
        ASSERT_SLICE("y", v.items[1].s);
    }
}

TEST(memory_is_taken_from_the_budget)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(20000);
    CLEANUP(buf_deinit) struct buf b = many_keys(1000, 1);
    struct json v;
    ASSERT_ERR(ERR_LIMIT, json_parse(buf_slice(&b), NULL, a, &v, NULL));
}

TEST(comments_are_white_space_where_allowed)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct json_opts opts = {.allow_comments = true};
    struct json v;
    ASSERT_OK(json_parse(
        SLICE_LIT("// head\n{/* a */\"a\"/**/:/***/1 // one\n,\"b\":\"//no /* comment\"}//end"),
        &opts, a, &v, NULL));
    ASSERT_INT(1, json_get(&v, "a")->i);
    ASSERT_SLICE("//no /* comment", json_get(&v, "b")->s);
    ASSERT_ERR(ERR_PARSE, json_parse(SLICE_LIT("1 /* x"), &opts, a, &v, NULL));
    ASSERT_ERR(ERR_PARSE, json_parse(SLICE_LIT("1 /"), &opts, a, &v, NULL));
}

TEST(truncated_text_never_parses_and_never_reads_past_its_end)
{
    static const char text[] =
        "{\"a\":[1,2.5e1,\"x\\u00e9\\ud834\\udd1e\xC3\xA9\"],\"b\":{\"c\":true}}";
    for (size_t n = 0; n < sizeof text - 1; n++) {
        CLEANUP(arena_freep) struct arena *a = arena_new(0);
        CLEANUP(mem_freep)
        uint8_t *exact = xmalloc(n ? n : 1); /* so that a sanitizer sees an overrun */
        memcpy(exact, text, n);
        struct json v;
        ASSERT_ERR(ERR_PARSE, json_parse(slice_of(exact, n), NULL, a, &v, NULL));
    }
}

static double ns_per_parse(const char *text, int rounds)
{
    struct arena *a = arena_new(0);
    struct timespec t0, t1;
    clock_gettime(CLOCK_MONOTONIC, &t0);
    for (int i = 0; i < rounds; i++) {
        struct json v;
        arena_clear(a);
        ASSERT_OK(json_parse(slice_str(text), NULL, a, &v, NULL));
    }
    clock_gettime(CLOCK_MONOTONIC, &t1);
    arena_free(a);
    return ((double)(t1.tv_sec - t0.tv_sec) * 1e9 + (double)(t1.tv_nsec - t0.tv_nsec)) / rounds;
}

TEST(a_typical_request_is_cheap)
{
    double ns =
        ns_per_parse("{\"method\":\"account_info\",\"params\":[{\"account\":"
                     "\"rf1BiGeXwwQoi8Z2ueFYTEXSwuJYfV2Jpn\",\"ledger_index\":\"validated\","
                     "\"strict\":true,\"limit\":200,\"api_version\":2}]}",
                     20000);
    printf("json: %.0f ns per typical request\n", ns);
    ASSERT(ns < 100000); /* a bound that only a blunder exceeds; the figure is for people */
}
