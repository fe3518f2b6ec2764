/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http_head.h"

#include "base/mem.h"

static void put_decimal(struct buf *b, size_t v)
{
    char digits[20];
    size_t i = sizeof digits;
    do
        digits[--i] = (char)('0' + v % 10);
    while ((v /= 10) != 0);
    buf_put(b, digits + i, sizeof digits - i);
}

const char *http_head_reason(int status)
{
    static const struct {
        int status;
        const char *text;
    } reasons[] = {{200, "OK"},
                   {204, "No Content"},
                   {301, "Moved Permanently"},
                   {302, "Found"},
                   {304, "Not Modified"},
                   {400, "Bad Request"},
                   {401, "Unauthorized"},
                   {403, "Forbidden"},
                   {404, "Not Found"},
                   {405, "Method Not Allowed"},
                   {408, "Request Timeout"},
                   {413, "Content Too Large"},
                   {415, "Unsupported Media Type"},
                   {417, "Expectation Failed"},
                   {426, "Upgrade Required"},
                   {429, "Too Many Requests"},
                   {431, "Request Header Fields Too Large"},
                   {500, "Internal Server Error"},
                   {501, "Not Implemented"},
                   {502, "Bad Gateway"},
                   {503, "Service Unavailable"},
                   {504, "Gateway Timeout"},
                   {505, "HTTP Version Not Supported"}};
    for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
        if (reasons[i].status == status)
            return reasons[i].text;
    return "Unknown";
}

static void put_header(struct buf *b, struct slice name_and_colon, const char *value)
{
    buf_put_slice(b, name_and_colon);
    buf_put_str(b, value);
    buf_put_slice(b, SLICE_LIT("\r\n"));
}

void http_head_build(struct buf *b, const struct http_head *h)
{
    if (h->status == 200) {
        buf_put_slice(b, SLICE_LIT("HTTP/1.1 200 OK\r\n"));
    } else {
        buf_put_slice(b, SLICE_LIT("HTTP/1.1 "));
        put_decimal(b, (size_t)h->status);
        put_header(b, SLICE_LIT(" "), http_head_reason(h->status));
    }
    buf_put_slice(b, h->fixed_lines);
    if (h->content_type)
        put_header(b, SLICE_LIT("Content-Type: "), h->content_type);
    if (h->status != 204 && h->status != 304) {
        buf_put_slice(b, SLICE_LIT("Content-Length: "));
        put_decimal(b, h->body_bytes);
        buf_put_slice(b, SLICE_LIT("\r\n"));
    }
    if (h->extra_headers)
        buf_put_str(b, h->extra_headers);
    if (h->close)
        buf_put_slice(b, SLICE_LIT("Connection: close\r\n"));
    else if (h->is_http10)
        buf_put_slice(b, SLICE_LIT("Connection: keep-alive\r\n"));
    buf_put_slice(b, SLICE_LIT("\r\n"));
}
