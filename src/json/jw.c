/* SPDX-License-Identifier: Apache-2.0 */
#include "json/jw.h"

#include "base/decimal.h"
#include "base/utf8.h"
#include "json/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

static void put_escape(struct buf *out, uint8_t c)
{
    static const char hex[] = "0123456789abcdef", shorts[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    for (size_t i = 0; i + 1 < sizeof shorts; i += 2) {
        if (c == (uint8_t)shorts[i]) {
            buf_put_u8(out, '\\');
            buf_put_u8(out, (uint8_t)shorts[i + 1]);
            return;
        }
    }
    char text[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
    buf_put(out, text, 6);
}

static void put_escaped(struct buf *out, struct slice s)
{
    const uint8_t *p = s.p, *stop = s.p + s.n;
    while (p < stop) {
        size_t plain = utf8_plain_prefix(p, (size_t)(stop - p));
        buf_put(out, p, plain);
        p += plain;
        if (p == stop)
            return;
        if (*p < 0x80) {
            put_escape(out, *p++);
            continue;
        }
        size_t n = utf8_sequence(p, stop);
        if (n)
            buf_put(out, p, n);
        else
            buf_put(out, "\xEF\xBF\xBD", 3);
        p += n ? n : 1;
    }
}

void jw_str(struct jw *w, struct slice s)
{
    jw_sep(w);
    buf_put_u8(w->out, '"');
    put_escaped(w->out, s);
    buf_put_u8(w->out, '"');
    w->comma = true;
}

void jw_key_escaped(struct jw *w, struct slice key)
{
    jw_str(w, key);
    buf_put_u8(w->out, ':');
    w->comma = false;
}

void jw_ascii(struct jw *w, const char *s, size_t n)
{
    uint8_t *p = jw_begin(w, n);
    *p++ = '"';
    memcpy(p, s, n);
    p += n;
    *p++ = '"';
    jw_end(w, p);
}

/* Eight upper-case digits of four bytes: nibbles are spread over a word and turned into letters all
 * at once. */
static inline uint64_t hex8(const uint8_t *in)
{
    const uint64_t ones = 0x0101010101010101u;
    uint32_t v;
    memcpy(&v, in, 4);
    uint64_t x = v;
    x = (x | x << 16) & 0x0000FFFF0000FFFFu;
    x = (x | x << 8) & 0x00FF00FF00FF00FFu;
    x = (x >> 4 | x << 8) & 0x0F0F0F0F0F0F0F0Fu;
    uint64_t letters = (x + 6 * ones) >> 4 & ones;
    return x + '0' * ones + letters * 7;
}

#ifdef __SSE2__
/* Thirty-two digits of sixteen bytes. */
static inline void hex32(const uint8_t *in, uint8_t *out)
{
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)in);
    __m128i mask = _mm_set1_epi8(0x0F), high = _mm_and_si128(_mm_srli_epi16(bytes, 4), mask),
            low = _mm_and_si128(bytes, mask);
    __m128i nibbles[2] = {_mm_unpacklo_epi8(high, low), _mm_unpackhi_epi8(high, low)};
    for (int i = 0; i < 2; i++) {
        __m128i letters =
            _mm_and_si128(_mm_cmpgt_epi8(nibbles[i], _mm_set1_epi8(9)), _mm_set1_epi8(7));
        __m128i digits = _mm_add_epi8(_mm_add_epi8(nibbles[i], _mm_set1_epi8('0')), letters);
        _mm_storeu_si128((__m128i *)(void *)(out + 16 * i), digits);
    }
}
#endif

void jw_hex_digits(struct slice in, uint8_t *out)
{
    _Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
                   "hex8 places digits for little endian");
    static const char digits[] = "0123456789ABCDEF";
    size_t i = 0;
#ifdef __SSE2__
    for (; i + 16 <= in.n; i += 16)
        hex32(in.p + i, out + 2 * i);
#endif
    for (; i + 4 <= in.n; i += 4) {
        uint64_t x = hex8(in.p + i);
        memcpy(out + 2 * i, &x, 8);
    }
    for (; i < in.n; i++) {
        out[2 * i] = (uint8_t)digits[in.p[i] >> 4];
        out[2 * i + 1] = (uint8_t)digits[in.p[i] & 15];
    }
}

void jw_hex(struct jw *w, struct slice bytes)
{
    uint8_t *p = jw_begin(w, 2 * bytes.n);
    *p++ = '"';
    jw_hex_digits(bytes, p);
    p += 2 * bytes.n;
    *p++ = '"';
    jw_end(w, p);
}

static uint8_t *put_u64(uint8_t *p, uint64_t v)
{
    char digits[DECIMAL_MAX];
    size_t at = decimal_digits(v, digits);
    memcpy(p, digits + at, sizeof digits - at);
    return p + (sizeof digits - at);
}

static uint8_t *put_i64(uint8_t *p, int64_t v)
{
    if (v < 0)
        *p++ = '-';
    return put_u64(p, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

void jw_u64(struct jw *w, uint64_t v)
{
    uint8_t *p = jw_begin(w, 20);
    jw_end(w, put_u64(p, v));
}

void jw_i64(struct jw *w, int64_t v)
{
    uint8_t *p = jw_begin(w, 21);
    jw_end(w, put_i64(p, v));
}

void jw_u64_str(struct jw *w, uint64_t v)
{
    uint8_t *p = jw_begin(w, 20);
    *p++ = '"';
    p = put_u64(p, v);
    *p++ = '"';
    jw_end(w, p);
}

void jw_i64_str(struct jw *w, int64_t v)
{
    uint8_t *p = jw_begin(w, 21);
    *p++ = '"';
    p = put_i64(p, v);
    *p++ = '"';
    jw_end(w, p);
}

void jw_double(struct jw *w, double v)
{
    if (!isfinite(v)) {
        jw_null(w);
        return;
    }
    /* 15 digits always survive and %g drops their zeros; so the first that reads back the same is
     * the shortest. */
    char text[40];
    int n = 0;
    for (int precision = 15; precision <= 17; precision++) {
        n = snprintf(text, sizeof text - 2, "%.*g", precision, v);
        if (strtod(text, NULL) == v)
            break;
    }
    if (strpbrk(text, ".e") == NULL) { /* keep it a floating number for readers that care */
        text[n++] = '.';
        text[n++] = '0';
    }
    jw_raw(w, slice_of(text, (size_t)n));
}

void jw_bool(struct jw *w, bool v)
{
    jw_raw(w, v ? SLICE_LIT("true") : SLICE_LIT("false"));
}

void jw_null(struct jw *w)
{
    jw_raw(w, SLICE_LIT("null"));
}

void jw_raw(struct jw *w, struct slice json_text)
{
    uint8_t *p = jw_begin(w, json_text.n);
    if (json_text.n)
        memcpy(p, json_text.p, json_text.n);
    jw_end(w, p + json_text.n);
}

static void put_scalar(struct jw *w, const struct json *v)
{
    switch (v->type) {
    case JSON_BOOL: jw_bool(w, v->b); break;
    case JSON_INT: jw_i64(w, v->i); break;
    case JSON_UINT: jw_u64(w, v->u); break;
    case JSON_DOUBLE: /* as it was written, if we know: no digit gets lost */
        if (v->raw.n)
            jw_raw(w, v->raw);
        else
            jw_double(w, v->d);
        break;
    case JSON_STRING: jw_str(w, v->s); break;
    default: jw_null(w);
    }
}

/* Recursion is bounded by the depth limit under which the value was parsed. */
void jw_value(struct jw *w, const struct json *v)
{
    if (v == NULL) {
        jw_null(w);
    } else if (v->type == JSON_OBJECT) {
        jw_obj_begin(w);
        for (uint32_t i = 0; i < v->n; i++) {
            jw_key_escaped(w, v->members[i].key);
            jw_value(w, &v->members[i].value);
        }
        jw_obj_end(w);
    } else if (v->type == JSON_ARRAY) {
        jw_arr_begin(w);
        for (uint32_t i = 0; i < v->n; i++)
            jw_value(w, &v->items[i]);
        jw_arr_end(w);
    } else {
        put_scalar(w, v);
    }
}
