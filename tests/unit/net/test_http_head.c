/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http_head.h"
#include "test.h"

static void expect(struct http_head h, const char *want)
{
    struct buf b = {0};
    http_head_build(&b, &h);
    ASSERT_SLICE(want, buf_slice(&b));
    buf_deinit(&b);
}

TEST(a_response_header_says_what_the_client_must_know)
{
    expect((struct http_head){.status = 200}, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    expect((struct http_head){.status = 404,
                              .content_type = "a/b",
                              .extra_headers = "X: y\r\n",
                              .fixed_lines = SLICE_LIT("Server: s\r\n"),
                              .body_bytes = 1234567890,
                              .close = true,
                              .is_http10 = true},
           "HTTP/1.1 404 Not Found\r\nServer: s\r\nContent-Type: a/b\r\nContent-Length: "
           "1234567890\r\nX: y\r\n"
           "Connection: close\r\n\r\n");
    expect((struct http_head){.status = 204, .is_http10 = true},
           "HTTP/1.1 204 No Content\r\nConnection: keep-alive\r\n\r\n");
    expect((struct http_head){.status = 599}, "HTTP/1.1 599 Unknown\r\nContent-Length: 0\r\n\r\n");
}
