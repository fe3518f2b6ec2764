/* SPDX-License-Identifier: Apache-2.0 */
/* Streaming JSON writer into a buffer: compact text, commas by itself, no tree. The caller keeps
 * the order key, value, key, value; nesting is not checked in release builds. */
#pragma once
#include "base/buf.h"
#include "base/slice.h"

struct jw {
    struct buf *out;
    bool comma;         /* the next key or element needs a comma before it */
    const void *tables; /* what a layer above takes names from (xrpl/tables.h); NULL = its choice */
};

static inline struct jw jw_to(struct buf *out)
{
    return (struct jw){.out = out};
}

static inline void jw_sep(struct jw *w)
{
    if (w->comma)
        buf_put_u8(w->out, ',');
}

static inline void jw_obj_begin(struct jw *w)
{
    jw_sep(w);
    buf_put_u8(w->out, '{');
    w->comma = false;
}
static inline void jw_obj_end(struct jw *w)
{
    buf_put_u8(w->out, '}');
    w->comma = true;
}
static inline void jw_arr_begin(struct jw *w)
{
    jw_sep(w);
    buf_put_u8(w->out, '[');
    w->comma = false;
}
static inline void jw_arr_end(struct jw *w)
{
    buf_put_u8(w->out, ']');
    w->comma = true;
}

/* A key that needs no escaping (all of the ledger's field names): `"key":`. */
static inline void jw_key_n(struct jw *w, const char *key, size_t n)
{
    uint8_t *p = buf_reserve(w->out, n + 4);
    size_t k = 0;
    if (w->comma)
        p[k++] = ',';
    p[k++] = '"';
    memcpy(p + k, key, n);
    k += n;
    p[k++] = '"';
    p[k++] = ':';
    buf_advance(w->out, k);
    w->comma = false;
}
#define jw_key(w, key) jw_key_n((w), (key), strlen(key))
/* Any key, escaped. */
void jw_key_escaped(struct jw *w, struct slice key);

/* For who writes values of his own in place: room for a comma, two quotes and n bytes, the comma
 * written; and what was written ends at p. */
static inline uint8_t *jw_begin(struct jw *w, size_t n)
{
    uint8_t *p = buf_reserve(w->out, n + 3);
    *p = ',';
    return p + w->comma;
}
static inline void jw_end(struct jw *w, const uint8_t *p)
{
    w->out->n = (size_t)(p - w->out->p);
    w->comma = true;
}

/* Values. */
void jw_str(struct jw *w, struct slice s); /* escapes; bytes that are not UTF-8 become U+FFFD */
void jw_ascii(struct jw *w, const char *s, size_t n); /* known to need no escaping */
void jw_hex(struct jw *w, struct slice bytes);        /* upper case, quoted */
void jw_hex_digits(struct slice bytes,
                   uint8_t *out); /* only the 2 * n digits, into memory of the caller */
void jw_u64(struct jw *w, uint64_t v);
void jw_i64(struct jw *w, int64_t v);
void jw_u64_str(struct jw *w, uint64_t v); /* "123" */
void jw_i64_str(struct jw *w, int64_t v);
void jw_double(struct jw *w, double v); /* shortest text that reads back the same */
void jw_bool(struct jw *w, bool v);
void jw_null(struct jw *w);
void jw_raw(struct jw *w, struct slice json_text); /* a ready value */
struct json;
void jw_value(struct jw *w, const struct json *v); /* a parsed value, re-written compactly */

/* key and value in one; `key` is a literal. */
#define jw_kv_str(w, key, s) (jw_key_n((w), (key), sizeof(key) - 1), jw_str((w), (s)))
#define jw_kv_lit(w, key, text)                                                                    \
    (jw_key_n((w), (key), sizeof(key) - 1), jw_ascii((w), (text), strlen(text)))
#define jw_kv_hex(w, key, bytes) (jw_key_n((w), (key), sizeof(key) - 1), jw_hex((w), (bytes)))
#define jw_kv_u64(w, key, v) (jw_key_n((w), (key), sizeof(key) - 1), jw_u64((w), (v)))
#define jw_kv_i64(w, key, v) (jw_key_n((w), (key), sizeof(key) - 1), jw_i64((w), (v)))
#define jw_kv_u64_str(w, key, v) (jw_key_n((w), (key), sizeof(key) - 1), jw_u64_str((w), (v)))
#define jw_kv_bool(w, key, v) (jw_key_n((w), (key), sizeof(key) - 1), jw_bool((w), (v)))
