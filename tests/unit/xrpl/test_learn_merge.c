/* SPDX-License-Identifier: Apache-2.0 */
#include "xrpl/learn_merge.h"

#include "base/mem.h"
#include "test.h"

static const char *merged(const char *known, const char *more)
{
    static struct arena *a;
    struct json v;
    struct slice out;
    arena_free(a);
    a = arena_new(0);
    ASSERT_OK(json_parse(slice_str(more), NULL, a, &v, NULL));
    ASSERT_OK(learn_merge(slice_str(known), &v, a, a, &out));
    return arena_strdup(a, out);
}

TEST(what_is_lacking_is_added_and_what_is_there_stays)
{
    ASSERT_STR("{\"T\":{\"A\":1,\"B\":2,\"C\":3}}",
               merged("{\"T\":{\"A\":1,\"B\":2}}", "{\"T\":{\"B\":9,\"C\":3}}"));
    ASSERT_STR(
        "{\"F\":[[\"a\",{\"n\":1}],[\"b\",{\"n\":2}]]}",
        merged("{\"F\":[[\"a\",{\"n\":1}]]}", "{\"F\":[[\"a\",{\"n\":7}],[\"b\",{\"n\":2}]]}"));
    ASSERT_STR("{\"F\":{\"X\":[{\"name\":\"a\",\"o\":0},{\"name\":\"b\",\"o\":1}]}}",
               merged("{\"F\":{\"X\":[{\"name\":\"a\",\"o\":0}]}}",
                      "{\"F\":{\"X\":[{\"name\":\"a\",\"o\":2},{\"name\":\"b\",\"o\":1}]}}"));
    ASSERT_STR("{\"T\":{}}", merged("{\"T\":{}}", "{\"T\":5}"));
}

TEST(only_sections_are_taken_from_an_answer)
{
    ASSERT_STR("{\"N\":{\"a\":1},\"T\":{}}",
               merged("{\"T\":{}}", "{\"hash\":\"AB\",\"status\":\"success\",\"N\":{\"a\":1},"
                                    "\"x\":{},\"M\":3}"));
}

TEST(too_much_is_refused)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    char *big = arena_alloc(a, LEARN_MERGE_MAX_BYTES + 100);
    memset(big, 'x', LEARN_MERGE_MAX_BYTES + 99);
    memcpy(big, "{\"T\":[\"", 7);
    memcpy(big + LEARN_MERGE_MAX_BYTES + 90, "\"]}", 4);
    struct json none = {.type = JSON_OBJECT};
    struct slice out;
    ASSERT_ERR(ERR_LIMIT, learn_merge(slice_str(big), &none, a, a, &out));
    ASSERT_ERR(ERR_PARSE, learn_merge(SLICE_LIT("{"), &none, a, a, &out));
}
