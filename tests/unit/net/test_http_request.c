/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http_request.h"
#include "test.h"

TEST(a_comma_list_is_searched_token_by_token)
{
    ASSERT(http_request_list_has(slice_str("keep-alive, Upgrade"), "upgrade"));
    ASSERT(http_request_list_has(slice_str("Upgrade"), "upgrade"));
    ASSERT(http_request_list_has(slice_str(",, \tUPGRADE ,x"), "upgrade"));
    ASSERT(!http_request_list_has(slice_str("upgraded, up"), "upgrade"));
    ASSERT(!http_request_list_has(SLICE_EMPTY, "upgrade"));
}

TEST(a_request_given_back_is_used_again_and_is_empty)
{
    struct http_request_pool pool;
    http_request_pool_init(&pool);
    struct http_request *a = http_request_take(&pool);
    a->n_headers = 3;
    a->keep_alive = true;
    buf_put_str(&a->store, "text");
    http_request_put(a);
    struct http_request *b = http_request_take(&pool);
    ASSERT(a == b);
    ASSERT_INT(0, b->n_headers);
    ASSERT(!b->keep_alive);
    ASSERT_INT(0, b->store.n);
    ASSERT(http_request_header(b, "host").p == NULL);
    ASSERT(http_request_put(b) == NULL);
    ASSERT(http_request_put(NULL) == NULL);
    http_request_pool_deinit(&pool);
}
