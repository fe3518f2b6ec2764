/* SPDX-License-Identifier: Apache-2.0 */
/* Strict JSON (RFC 8259, UTF-8) into a tree in an arena. Small documents: requests, configuration,
 * replies of rippled. Integers keep their value; only fractions, exponents and what does not fit 64
 * bits become floating numbers. */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "base/slice.h"

enum json_type {
    JSON_NONE = 0, /* absent */
    JSON_NULL,
    JSON_BOOL,
    JSON_INT,    /* fits int64: `i` */
    JSON_UINT,   /* above INT64_MAX, fits uint64: `u` */
    JSON_DOUBLE, /* everything else that is a number: `d` */
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
};

struct json_member;

/* Fields are read-only for users. Strings are unescaped UTF-8, may hold NUL. */
struct json {
    enum json_type type;
    uint32_t n; /* elements of an array, members of an object */
    union {
        bool b;
        int64_t i;
        uint64_t u;
        double d;
        struct slice s;
        struct json *items; /* array */
        struct json_member
            *members; /* object, in order of first appearance; of equal keys the last value */
    };
    struct slice
        raw; /* the source text of this value, as received (valid as long as the parsed text) */
};

struct json_member {
    struct slice key;
    struct json value;
};

struct json_opts {
    uint32_t max_depth;   /* nesting of arrays/objects; 0 = 32 */
    uint32_t max_values;  /* in all, containers included; 0 = no bound */
    uint32_t keep_depth;  /* of containers nested deeper than this only `type` and `raw` are kept (n
                             = 0),  though everything is checked; 0 = all are kept */
    err (*breathe)(void); /* called now and then, for long texts; its error ends the parsing. NULL =
                             nothing */
    bool unique_keys;     /* a member name that stands twice in an object is an error */
    bool allow_comments;  /* C and C++ style comments count as white space (configuration files) */
};

/* Parse the whole text (white space around it is fine). *ret_at, if not NULL, gets the byte offset
 * of a failure. Values live in `a` and point into `text` where possible: keep both. What
 * it takes beyond the tree is given back before it returns. Errors: ERR_PARSE (text says what and
 * where), ERR_LIMIT (depth, values, arena budget), those of `breathe`. */
ERR json_parse(struct slice text, const struct json_opts *opts, struct arena *a, struct json *ret,
               size_t *ret_at);

/* Member of an object; NULL when absent or `v` is not an object (or NULL). */
const struct json *json_get_slice(const struct json *v, struct slice key);
/* Inline, for the length of a literal is known then. */
static inline const struct json *json_get(const struct json *v, const char *key)
{
    return json_get_slice(v, slice_str(key));
}

static inline bool json_is(const struct json *v, enum json_type t)
{
    return v != NULL && v->type == t;
}
/* JSON_INT or JSON_UINT. */
static inline bool json_is_integer(const struct json *v)
{
    return v != NULL && (v->type == JSON_INT || v->type == JSON_UINT);
}
static inline bool json_is_string(const struct json *v, const char *text)
{
    return json_is(v, JSON_STRING) && slice_is(v->s, text);
}
