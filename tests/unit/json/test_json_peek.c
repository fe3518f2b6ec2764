/* SPDX-License-Identifier: Apache-2.0 */
#include "json/json_peek.h"

#include "test.h"

#include <stdlib.h>

#define PEEK(expected, text) ASSERT_SLICE(expected, json_peek(SLICE_LIT(text), "id", 1000))

TEST(a_scalar_member_is_found_wherever_it_stands)
{
    PEEK("5", "{\"id\":5,\"command\":\"ping\"}");
    PEEK("5", " { \"command\" : \"ping\" , \"id\" : 5 }");
    PEEK("\"a\\\"b\"", "{\"command\":\"p\\\\\",\"id\":\"a\\\"b\"}");
    PEEK("-1.5e3", "{\"x\":{\"id\":1,\"y\":[\"}\",{}]},\"id\":-1.5e3}");
    PEEK("null", "{\"id\":null}");
    PEEK("true", "{\"id\":true,[[[ whatever comes");
}

TEST(what_is_not_a_whole_scalar_of_the_outermost_object_is_not_found)
{
    PEEK("", "");
    PEEK("", "[\"id\",5]");
    PEEK("", "{\"x\":{\"id\":5}}");
    PEEK("", "{\"id\":{}}");
    PEEK("", "{\"id\":[1]}");
    PEEK("", "{\"id\":5");
    PEEK("", "{\"id\":\"5");
    PEEK("", "{\"id\":");
    PEEK("", "{\"id\"}");
    PEEK("", "{\"id\":}");
    PEEK("", "{\"id\":tru}");
    PEEK("", "{\"id\":01}");
    PEEK("", "{\"id\":\"\xff\"}");
    PEEK("", "{\"id\":\"\x01\"}");
    PEEK("", "{\"id\":\"\\q\"}");
    PEEK("", "{\"id\":5\"x\":}");
    PEEK("", "{\"x\":]]]],\"id\":5}");
    PEEK("", "{\"x\":[[[[,\"id\":5}");
}

TEST(nothing_is_looked_at_beyond_the_bound)
{
    struct slice text = SLICE_LIT("{\"a\":1,\"id\":5}");
    ASSERT_SLICE("5", json_peek(text, "id", 14));
    for (size_t n = 0; n < 13; n++)
        ASSERT_SLICE("", json_peek(text, "id", n));
}

TEST(no_prefix_is_read_past_its_end)
{
    static const char text[] = "{\"a\\\\\":[1,{\"b\":\"\\\"\"}],\"id\":\"x\\u0041\"}";
    for (size_t n = 0; n < sizeof text; n++) {
        uint8_t *copy = malloc(n + 1); /* a buffer that ends where the text does */
        memcpy(copy, text, n);
        (void)json_peek(slice_of(copy, n), "id", 1000);
        free(copy);
    }
}
