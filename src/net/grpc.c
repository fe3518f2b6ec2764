/* SPDX-License-Identifier: Apache-2.0 */
#include "net/grpc.h"

#include "base/bits.h"
#include "base/hex.h"
#include "base/mem.h"

#include <stdio.h>

void grpc_message_init(struct grpc_message *m, size_t max_bytes)
{
    memset(m, 0, sizeof *m);
    m->max_bytes = max_bytes;
}

void grpc_message_deinit(struct grpc_message *m)
{
    buf_deinit(&m->payload);
}

static err check_prefix(struct grpc_message *m)
{
    m->length = bits_load32(m->prefix + 1);
    if (m->prefix[0] != 0)
        return FAIL(ERR_UNSUPPORTED, "grpc: compressed message");
    if (m->length > m->max_bytes)
        return FAIL(ERR_LIMIT, "grpc: message of %u bytes, at most %zu are taken", m->length,
                    m->max_bytes);
    return OK;
}

err grpc_message_feed(struct grpc_message *m, struct slice in)
{
    while (m->n_prefix < 5 && in.n) {
        m->prefix[m->n_prefix++] = in.p[0];
        in = slice_from(in, 1);
        if (m->n_prefix == 5)
            TRY(check_prefix(m));
    }
    if (in.n == 0)
        return OK;
    if (in.n > m->length - m->payload.n)
        return FAIL(ERR_PROTOCOL, "grpc: more than one message in a unary call");
    /* The announced length is believed only as far as a few times of what has come. */
    if (m->payload.cap - m->payload.n < in.n) {
        size_t want = MIN((size_t)m->length, MAX((size_t)64 << 10, m->payload.n * 2));
        buf_reserve(&m->payload, MAX(want - m->payload.n, in.n));
    }
    buf_put_slice(&m->payload, in);
    return OK;
}

bool grpc_message_complete(const struct grpc_message *m)
{
    return m->n_prefix == 5 && m->payload.n == m->length;
}

void grpc_message_put_prefix(struct buf *out, size_t n)
{
    buf_put_u8(out, 0);
    buf_put_be32(out, (uint32_t)n);
}

static const struct {
    char unit;
    int64_t ns;
} units[] = {{'n', 1},
             {'u', 1000},
             {'m', 1000000},
             {'S', 1000000000},
             {'M', 60 * (int64_t)1000000000},
             {'H', 3600 * (int64_t)1000000000}};

void grpc_timeout_format(int64_t span_ns, char out[16])
{
    for (size_t i = 0; i < ARRAY_LEN(units); i++) {
        int64_t v = span_ns / units[i].ns;
        if (v > 99999999 && i + 1 < ARRAY_LEN(units))
            continue;
        snprintf(out, 16, "%d%c", (int)MIN(MAX(v, (int64_t)1), (int64_t)99999999), units[i].unit);
        return;
    }
}

bool grpc_timeout_parse(struct slice text, int64_t *ret_ns)
{
    if (text.n < 2 || text.n > 9)
        return false;
    int64_t v = 0;
    for (size_t i = 0; i + 1 < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
        v = v * 10 + (text.p[i] - '0');
    }
    for (size_t i = 0; i < ARRAY_LEN(units); i++)
        if (units[i].unit == text.p[text.n - 1]) {
            if (__builtin_mul_overflow(v, units[i].ns, ret_ns))
                *ret_ns = INT64_MAX;
            return true;
        }
    return false;
}

void grpc_text_decode(struct slice in, char *out, size_t out_size)
{
    size_t n = 0;
    while (in.n && n + 1 < out_size) {
        uint8_t c = in.p[0];
        size_t used = 1;
        if (c == '%' && in.n >= 3 && hex_decode(slice_of(in.p + 1, 2), &c, 1))
            used = 3;
        in = slice_from(in, used);
        out[n++] = c ? (char)c : '?';
    }
    if (out_size)
        out[n] = 0;
}

void grpc_text_encode(const char *text, struct buf *out)
{
    for (const uint8_t *p = (const uint8_t *)text; *p; p++) {
        if (*p >= 0x20 && *p <= 0x7e && *p != '%')
            buf_put_u8(out, *p);
        else
            buf_printf(out, "%%%02X", *p);
    }
}

int grpc_code_parse(struct slice text)
{
    int v = 0;
    if (text.n == 0 || text.n > 4)
        return GRPC_CODE_UNKNOWN;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return GRPC_CODE_UNKNOWN;
        v = v * 10 + (text.p[i] - '0');
    }
    return v;
}

/* https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md */
int grpc_code_of_http(int http_status)
{
    switch (http_status) {
    case 400: return GRPC_CODE_INTERNAL;
    case 401: return GRPC_CODE_UNAUTHENTICATED;
    case 403: return GRPC_CODE_PERMISSION_DENIED;
    case 404: return GRPC_CODE_UNIMPLEMENTED;
    case 429:
    case 502:
    case 503:
    case 504: return GRPC_CODE_UNAVAILABLE;
    default: return GRPC_CODE_UNKNOWN;
    }
}

const char *grpc_code_name(int code)
{
    static const char *const names[] = {"OK",
                                        "CANCELLED",
                                        "UNKNOWN",
                                        "INVALID_ARGUMENT",
                                        "DEADLINE_EXCEEDED",
                                        "NOT_FOUND",
                                        "ALREADY_EXISTS",
                                        "PERMISSION_DENIED",
                                        "RESOURCE_EXHAUSTED",
                                        "FAILED_PRECONDITION",
                                        "ABORTED",
                                        "OUT_OF_RANGE",
                                        "UNIMPLEMENTED",
                                        "INTERNAL",
                                        "UNAVAILABLE",
                                        "DATA_LOSS",
                                        "UNAUTHENTICATED"};
    return code >= 0 && code < (int)ARRAY_LEN(names) ? names[code] : "UNKNOWN";
}
