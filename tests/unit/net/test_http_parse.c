/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http_parse.h"
#include "test.h"

static const struct http_parse_limits limits = {
    .max_header_bytes = 400, .max_body_bytes = 100, .accept_upgrade = true};

/* Everything about the requests in `in` (`Host: x` aside), parsed in two pieces, as text. */
static void describe(struct slice in, size_t split, struct buf *out)
{
    struct http_request_pool pool;
    struct http_parse p;
    http_request_pool_init(&pool);
    http_parse_init(&p, &limits, &pool);
    struct slice pieces[2] = {slice_of(in.p, split), slice_from(in, split)};
    bool stop = false;
    for (int i = 0; i < 2; i++)
        while (pieces[i].n && !stop) {
            size_t used;
            enum http_parse_result r = http_parse_feed(&p, pieces[i], &used);
            pieces[i] = slice_from(pieces[i], used);
            if (r == HTTP_PARSE_FAILED)
                buf_printf(out, "failed %d;", p.failed_status);
            stop = r == HTTP_PARSE_FAILED || r == HTTP_PARSE_UPGRADE;
            if (r != HTTP_PARSE_REQUEST && r != HTTP_PARSE_UPGRADE)
                continue;
            struct http_request *req = http_parse_take(&p);
            buf_printf(out, "%s%.*s %.*s", r == HTTP_PARSE_UPGRADE ? "upgrade " : "",
                       SLICE_FMT(req->method), SLICE_FMT(req->target));
            for (uint32_t h = 0; h < req->n_headers; h++)
                if (!slice_is(http_request_header_value(req, h), "x"))
                    buf_printf(out, " [%.*s=%.*s]", SLICE_FMT(http_request_header_name(req, h)),
                               SLICE_FMT(http_request_header_value(req, h)));
            buf_printf(out, " {%.*s}%s;", SLICE_FMT(req->body), req->keep_alive ? "" : " last");
            http_request_put(req);
        }
    http_parse_deinit(&p);
    http_request_pool_deinit(&pool);
}

static void expect(const char *in, const char *want)
{
    for (size_t split = 0; split <= strlen(in); split++) {
        struct buf got = {0};
        describe(slice_str(in), split, &got);
        ASSERT_SLICE(want, buf_slice(&got));
        buf_deinit(&got);
    }
}

TEST(requests_are_the_same_however_they_are_cut_in_two)
{
    expect("POST /a?b HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nX-Empty:\r\n\r\nhelloGET / "
           "HTTP/1.1\r\nHost: x\r\n\r\n",
           "POST /a?b [Content-Length=5] [X-Empty=] {hello};GET / {};");
    expect("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
           "chunked\r\n\r\n3\r\nabc\r\n2;ext=1\r\nde\r\n0\r\nTrailer: t\r\n\r\n"
           "GET /2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
           "POST / [Transfer-Encoding=chunked] {abcde};GET /2 [Connection=close] {} last;");
    expect("GET / HTTP/1.0\r\n\r\n", "GET / {} last;");
    expect("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "GET / [Connection=keep-alive] {};");
}

TEST(only_a_websocket_upgrade_stops_http)
{
    expect("GET /w HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\nUpgrade: "
           "WebSocket\r\n\r\n\x81\x80",
           "upgrade GET /w [Connection=keep-alive, Upgrade] [Upgrade=WebSocket] {};");
    expect("GET /w HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\nGET / "
           "HTTP/1.1\r\nHost: x\r\n\r\n",
           "GET /w [Connection=Upgrade] [Upgrade=h2c] {};GET / {};");
    expect("POST /w HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: "
           "websocket\r\nContent-Length: "
           "2\r\n\r\nhi",
           "POST /w [Connection=Upgrade] [Upgrade=websocket] [Content-Length=2] {hi};");
    expect("CONNECT a:1 HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
           "CONNECT a:1 {};GET / {};");
}

TEST(malformed_requests_are_refused)
{
    expect("GARBAGE\r\n\r\n", "failed 400;");
    expect("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", "failed 400;");
    expect("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n",
           "failed 400;");
    expect("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
           "failed 400;");
    expect("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "failed 400;");
    expect("GET / HTTP/1.1\r\nHost: x\r\nbad header: x\r\n\r\n", "failed 400;");
    expect("GET / HTTP/2.0\r\n\r\n", "failed 505;");
    expect("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "failed 505;");
    expect("GET / HTTP/1.1\r\n\r\n", "failed 400;");
    expect("GET / HTTP/1.1\r\nHost: x\r\nhost: x\r\n\r\n", "failed 400;");
    expect("GET / HTTP/1.1\r\nHost: x\r\n: empty\r\n\r\n", "failed 400;");
    expect("GET / HTTP/1.1\r\nHost: x\r\nHost : x\r\n\r\n", "failed 400;");
    expect("GET / HTTP/1.1\nHost: x\n\n", "failed 400;");
    expect("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "failed 501;");
    expect("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity\r\n\r\n", "failed 501;");
    expect("\x16\x03\x01\x02", "failed 400;");
}

TEST(targets_in_absolute_form_are_served)
{
    expect("GET http://a.b:80/p?q HTTP/1.1\r\nHost: x\r\n\r\n", "GET /p?q {};");
    expect("GET http://a.b HTTP/1.1\r\nHost: x\r\n\r\n", "GET / {};");
    expect("GET /p?u=http://a/b HTTP/1.1\r\nHost: x\r\n\r\n", "GET /p?u=http://a/b {};");
    expect("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", "OPTIONS * {};");
}

static void expect_failure(int status, struct buf *in)
{
    char want[32];
    snprintf(want, sizeof want, "failed %d;", status);
    buf_put_u8(in, 0);
    expect((const char *)in->p, want);
    buf_deinit(in);
}

TEST(what_is_above_a_limit_is_refused)
{
    struct buf in = {0};
    buf_printf(&in, "GET /%0500d HTTP/1.1\r\nHost: x\r\n\r\n", 0);
    expect_failure(431, &in);
    buf_printf(&in, "GET / HTTP/1.1\r\nHost: x\r\nA: %0500d\r\n\r\n", 0);
    expect_failure(431, &in);
    buf_printf(&in, "GET / HTTP/1.1\r\nHost: x\r\n%0500d: a\r\n\r\n", 0);
    expect_failure(431, &in);
    buf_put_str(&in, "GET / HTTP/1.1\r\nHost: x\r\n");
    for (int i = 0; i < 70; i++)
        buf_put_str(&in, "A:\r\n");
    expect_failure(431, &in);
    buf_put_str(&in, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 101\r\n\r\n");
    expect_failure(413, &in);
    buf_printf(
        &in, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n%0101d\r\n", 0);
    expect_failure(413, &in);
    buf_printf(&in,
               "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;a=%0500d\r\n", 0);
    expect_failure(431, &in);
    buf_put_str(&in, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n");
    for (int i = 0; i < 70; i++)
        buf_put_str(&in, "AB:\r\n");
    expect_failure(431, &in);
    buf_put_str(&in, "POST / HTTP/1.1\r\nHost: x\r\nExpect: magic\r\nContent-Length: 1\r\n\r\n");
    expect_failure(417, &in);
}
