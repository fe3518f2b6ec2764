/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP requests. The first byte says how the input is cut; what comes out must not depend on it. */
#include "fuzz.h"

#include "net/http_parse.h"

#include <assert.h>
#include <stdlib.h>

static const struct http_parse_limits limits = {
    .max_header_bytes = 1000, .max_body_bytes = 1000, .accept_upgrade = true};

/* Digest of the requests in `in`, fed in pieces of at most `step` bytes. */
static uint64_t digest(struct slice in, size_t step)
{
    struct http_request_pool pool;
    struct http_parse p;
    uint64_t d = 0;
    bool stop = false;
    http_request_pool_init(&pool);
    http_parse_init(&p, &limits, &pool);
    while (in.n && !stop) {
        size_t used, n = in.n < step ? in.n : step;
        enum http_parse_result r = http_parse_feed(&p, slice_of(in.p, n), &used);
        assert(used <= n);
        in = slice_from(in, used);
        stop = r == HTTP_PARSE_FAILED || r == HTTP_PARSE_UPGRADE;
        if (r != HTTP_PARSE_REQUEST && r != HTTP_PARSE_UPGRADE)
            continue;
        struct http_request *req = http_parse_take(&p);
        assert(req->body.n <= limits.max_body_bytes && req->store.n <= 2000);
        d = d * 31 + req->body.n * 7 + req->target.n * 3 + req->n_headers;
        for (uint32_t i = 0; i < req->n_headers; i++)
            d = d * 31 + http_request_header_value(req, i).n + http_request_header_name(req, i).n;
        http_request_put(req);
    }
    http_parse_deinit(&p);
    http_request_pool_deinit(&pool);
    return d;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    if (n == 0)
        return 0;
    struct slice in = slice_of(p + 1, n - 1);
    uint64_t in_pieces = digest(in, (size_t)p[0] + 1), whole = digest(in, SIZE_MAX);
    if (in_pieces != whole)
        abort();
    return 0;
}
