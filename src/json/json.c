/* SPDX-License-Identifier: Apache-2.0 */
#include "json/json.h"

#include "base/hash.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <math.h>
#include <stdlib.h>

#define DEFAULT_MAX_DEPTH 32
#define NO_PARENT UINT32_MAX
#define FIRST_STACK 24      /* entries: enough for nearly every request */
#define SMALL_OBJECT 16     /* up to here every key is compared with every other */
#define BREATHE_STEPS 1024u /* values, escapes, characters beyond ASCII: some 10 to 30 us */
#define MAX_TEXT_BYTES (UINT32_MAX / 2)

/* Values that are not yet in their container stand on a stack; a container's children follow it.
 * While a container is open its `n` is the index of its parent. So nesting needs no recursion and
 * the finished arrays are exact. */
struct parser {
    const uint8_t *p;
    const uint8_t *end;
    const uint8_t *text;
    struct arena *a;
    struct json_member *stack; /* malloc'd once it outgrows the parser's own first one */
    uint32_t n;
    uint32_t cap;
    uint32_t n_values;
    uint32_t n_steps; /* since the last breath */
    uint32_t max_values;
    uint32_t keep_depth;
    err (*breathe)(void);
    uint32_t parent;
    uint32_t depth;
    uint32_t max_depth;
    bool unique_keys;
    bool allow_comments;
};

static err bad(struct parser *s, const char *what)
{
    return FAIL(ERR_PARSE, "json: %s at byte %zu", what, (size_t)(s->p - s->text));
}

static err over_budget(void)
{
    return FAIL(ERR_LIMIT, "json: the text needs more memory than allowed");
}

/* So many small things were done: let others breathe now and then. */
static inline err steps(struct parser *s, uint32_t n)
{
    s->n_steps += n;
    if (s->n_steps < BREATHE_STEPS)
        return OK;
    s->n_steps = 0;
    return s->breathe ? s->breathe() : OK;
}

static inline err step(struct parser *s)
{
    return steps(s, 1);
}

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static err skip_comment(struct parser *s)
{
    const uint8_t *start = s->p;
    if (s->end - s->p < 2 || (s->p[1] != '/' && s->p[1] != '*'))
        return bad(s, "unexpected '/'");
    bool line = s->p[1] == '/';
    for (s->p += 2; s->p < s->end; s->p++) {
        if (line && *s->p == '\n')
            return OK;
        if (!line && *s->p == '*' && s->end - s->p > 1 && s->p[1] == '/') {
            s->p += 2;
            return OK;
        }
    }
    if (line)
        return OK;
    s->p = start;
    return bad(s, "unterminated comment");
}

static err skip_some_space(struct parser *s)
{
    for (;;) {
        while (s->p < s->end && is_space(*s->p))
            s->p++;
        if (!s->allow_comments || s->p == s->end || *s->p != '/')
            return OK;
        TRY(skip_comment(s));
    }
}

static inline err skip_space(struct parser *s)
{
    /* mostly there is none */
    return s->p<s->end && * s->p> ' ' && *s->p != '/' ? OK : skip_some_space(s);
}

/* The stack is not the tree's: it must not stay in the arena for as long as that. */
static err stack_grow(struct parser *s)
{
    size_t room = sizeof *s->stack * 2 * s->cap;
    if (room > arena_left(s->a))
        return over_budget();
    struct json_member *bigger = xmalloc(room);
    memcpy(bigger, s->stack, sizeof *bigger * s->n);
    if (s->cap > FIRST_STACK)
        free(s->stack);
    s->stack = bigger;
    s->cap *= 2;
    return OK;
}

static err push(struct parser *s, struct slice key)
{
    s->n_values++;
    if (s->max_values && s->n_values > s->max_values)
        return FAIL(ERR_LIMIT, "json: more than %u values at byte %zu", s->max_values,
                    (size_t)(s->p - s->text));
    TRY(step(s));
    if (s->n == s->cap)
        TRY(stack_grow(s));
    s->stack[s->n].key = key;
    s->stack[s->n].value = (struct json){0};
    s->n++;
    return OK;
}

/* Four hex digits at p; -1 if they are not. */
static int32_t hex4(const uint8_t *p, const uint8_t *end)
{
    if (end - p < 4)
        return -1;
    int32_t v = 0;
    for (size_t i = 0; i < 4; i++) {
        uint8_t c = p[i], l = c | 0x20;
        int32_t d = c >= '0' && c <= '9' ? c - '0' : l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
        if (d < 0)
            return -1;
        v = v << 4 | d;
    }
    return v;
}

static uint8_t *put_utf8(uint8_t *to, uint32_t c)
{
    if (c < 0x80) {
        *to++ = (uint8_t)c;
    } else if (c < 0x800) {
        *to++ = (uint8_t)(0xC0 | c >> 6);
        *to++ = (uint8_t)(0x80 | (c & 63));
    } else if (c < 0x10000) {
        *to++ = (uint8_t)(0xE0 | c >> 12);
        *to++ = (uint8_t)(0x80 | (c >> 6 & 63));
        *to++ = (uint8_t)(0x80 | (c & 63));
    } else {
        *to++ = (uint8_t)(0xF0 | c >> 18);
        *to++ = (uint8_t)(0x80 | (c >> 12 & 63));
        *to++ = (uint8_t)(0x80 | (c >> 6 & 63));
        *to++ = (uint8_t)(0x80 | (c & 63));
    }
    return to;
}

/* s->p at the first digit. */
static err unescape_unicode(struct parser *s, uint8_t **to)
{
    int32_t c = hex4(s->p, s->end);
    if (c < 0)
        return bad(s, "\\u without four hex digits");
    s->p += 4;
    if (c >= 0xD800 && c < 0xE000) {
        bool paired = c < 0xDC00 && s->end - s->p >= 6 && s->p[0] == '\\' && s->p[1] == 'u';
        int32_t low = paired ? hex4(s->p + 2, s->end) : -1;
        if (low < 0xDC00 || low >= 0xE000)
            return bad(s, "lone surrogate");
        s->p += 6;
        c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
    }
    *to = put_utf8(*to, (uint32_t)c);
    return OK;
}

/* Inside a container of which nothing is kept. */
static bool is_dropped(const struct parser *s)
{
    return s->depth > s->keep_depth;
}

/* s->p at the backslash. What an escape gives is never longer than its source. */
static err unescape(struct parser *s, uint8_t **to)
{
    static const char from_to[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
    if (s->end - s->p < 2)
        return bad(s, "unterminated string");
    uint8_t c = s->p[1];
    if (c == 'u') {
        s->p += 2;
        return unescape_unicode(s, to);
    }
    for (size_t i = 0; i + 1 < sizeof from_to; i += 2) {
        if (c == (uint8_t)from_to[i]) {
            *(*to)++ = (uint8_t)from_to[i + 1];
            s->p += 2;
            return OK;
        }
    }
    return bad(s, "unknown escape");
}

/* s->p where a plain run ended, inside a string: to the closing quote or the next escape; UTF-8 is
 * checked. */
static err run_end(struct parser *s)
{
    for (;;) {
        s->p += utf8_plain_prefix(s->p, (size_t)(s->end - s->p));
        if (s->p == s->end)
            return bad(s, "unterminated string");
        if (*s->p == '"' || *s->p == '\\')
            return OK;
        if (*s->p < 0x20)
            return bad(s, "control character in a string");
        size_t n = utf8_sequence(s->p, s->end);
        if (n == 0)
            return bad(s, "malformed UTF-8");
        s->p += n;
        TRY(step(s));
    }
}

/* The closing quote of a string of which `from` is somewhere inside, at no escape's second byte;
 * `end` if there is none. */
static const uint8_t *closing_quote(const uint8_t *from, const uint8_t *end)
{
    for (const uint8_t *at = from; at < end; at++) {
        at = memchr(at, '"', (size_t)(end - at));
        if (at == NULL)
            return end;
        const uint8_t *slash = at;
        while (slash > from && slash[-1] == '\\')
            slash--;
        if ((at - slash) % 2 == 0)
            return at;
    }
    return end;
}

static err parse_escaped(struct parser *s, const uint8_t *start, struct slice *ret)
{
    size_t most = (size_t)(closing_quote(s->p, s->end) - start);
    struct arena_pos mark = arena_mark(s->a);
    uint8_t *out = arena_try(s->a, most + 4), *to = out;
    if (out == NULL)
        return over_budget();
    for (const uint8_t *run = start;; run = s->p) {
        TRY(run_end(s));
        memcpy(to, run, (size_t)(s->p - run));
        to += s->p - run;
        if (*s->p == '"')
            break;
        TRY(unescape(s, &to));
        TRY(step(s));
    }
    s->p++;
    *ret = slice_of(out, (size_t)(to - out));
    if (is_dropped(s)) {
        arena_rewind(s->a, mark);
        *ret = SLICE_EMPTY;
    }
    return OK;
}

/* s->p at the opening quote. */
static err parse_string(struct parser *s, struct slice *ret)
{
    const uint8_t *start = ++s->p;
    TRY(run_end(s));
    if (*s->p == '\\')
        return parse_escaped(s, start, ret);
    *ret = slice_of(start, (size_t)(s->p - start));
    s->p++;
    return OK;
}

static bool skip_digits(struct parser *s)
{
    const uint8_t *start = s->p;
    while (s->p < s->end && *s->p >= '0' && *s->p <= '9')
        s->p++;
    return s->p != start;
}

static err parse_double(struct parser *s, const uint8_t *start, struct json *v)
{
    char small[64];
    size_t n = (size_t)(s->p - start);
    char *text = n < sizeof small ? small : arena_try(s->a, n + 1);
    if (text == NULL)
        return over_budget();
    memcpy(text, start, n);
    text[n] = 0;
    v->type = JSON_DOUBLE;
    v->d = strtod(text, NULL);
    if (!isfinite(v->d)) {
        s->p = start;
        return bad(s, "number out of range");
    }
    return OK;
}

/* Digits without sign; false when the number does not fit 64 bits. */
static bool digits_value(const uint8_t *p, const uint8_t *end, uint64_t *ret)
{
    uint64_t v = 0;
    for (; p < end; p++) {
        if (__builtin_mul_overflow(v, 10u, &v) ||
            __builtin_add_overflow(v, (uint64_t)(*p - '0'), &v))
            return false;
    }
    *ret = v;
    return true;
}

static bool set_integer(struct json *v, bool negative, uint64_t magnitude)
{
    if (negative) {
        if (magnitude > (uint64_t)INT64_MAX + 1)
            return false;
        v->type = JSON_INT;
        v->i = (int64_t)(0 - magnitude);
        return true;
    }
    v->type = magnitude > INT64_MAX ? JSON_UINT : JSON_INT;
    v->u = magnitude;
    return true;
}

static err parse_number(struct parser *s, struct json *v)
{
    const uint8_t *start = s->p;
    bool negative = *s->p == '-', integer = true;
    s->p += negative;
    const uint8_t *digits = s->p;
    if (!skip_digits(s) || (*digits == '0' && s->p - digits > 1))
        return bad(s, "malformed number");
    const uint8_t *digits_end = s->p;
    if (s->p < s->end && *s->p == '.') {
        integer = false;
        s->p++;
        if (!skip_digits(s))
            return bad(s, "malformed number");
    }
    if (s->p < s->end && (*s->p | 0x20) == 'e') {
        integer = false;
        s->p++;
        if (s->p < s->end && (*s->p == '+' || *s->p == '-'))
            s->p++;
        if (!skip_digits(s))
            return bad(s, "malformed number");
    }
    uint64_t magnitude;
    if (integer && digits_value(digits, digits_end, &magnitude) &&
        set_integer(v, negative, magnitude))
        return OK;
    return parse_double(s, start, v);
}

static err parse_word(struct parser *s, const char *word, enum json_type type, bool b,
                      struct json *v)
{
    size_t n = strlen(word);
    if ((size_t)(s->end - s->p) < n || memcmp(s->p, word, n) != 0)
        return bad(s, "unexpected character");
    s->p += n;
    v->type = type;
    v->b = b;
    return OK;
}

static err parse_scalar(struct parser *s, struct json *v)
{
    switch (*s->p) {
    case '"': v->type = JSON_STRING; return parse_string(s, &v->s);
    case 't': return parse_word(s, "true", JSON_BOOL, true, v);
    case 'f': return parse_word(s, "false", JSON_BOOL, false, v);
    case 'n': return parse_word(s, "null", JSON_NULL, false, v);
    default:
        if (*s->p != '-' && (*s->p < '0' || *s->p > '9'))
            return bad(s, "unexpected character");
        return parse_number(s, v);
    }
}

/* Move every last value of a repeated key to the key's first place. `table` has 2^k slots, k >
 * log2(n), all zero. */
static err unique_by_table(struct parser *s, struct json_member *m, uint32_t *n, uint32_t *table,
                           uint32_t mask)
{
    /* The seed is where this process happens to have its memory: nobody can prepare colliding keys.
     */
    uint64_t seed = (uint64_t)(uintptr_t)s->a * 0x9E3779B97F4A7C15u;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < *n; i++) {
        TRY(step(s));
        uint32_t at = (uint32_t)hash_fast(m[i].key.p, m[i].key.n, seed) & mask;
        while (table[at] && !slice_eq(m[table[at] - 1].key, m[i].key))
            at = (at + 1) & mask;
        if (table[at]) {
            m[table[at] - 1].value = m[i].value;
        } else {
            m[kept] = m[i];
            table[at] = ++kept;
        }
    }
    *n = kept;
    return OK;
}

static uint32_t unique_by_comparing(struct json_member *m, uint32_t n)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t k = 0;
        while (k < kept && !slice_eq(m[k].key, m[i].key))
            k++;
        if (k < kept)
            m[k].value = m[i].value;
        else
            m[kept++] = m[i];
    }
    return kept;
}

/* Texts for people are small: every name is compared with every other. */
static err refuse_repeated(struct parser *s, const struct json_member *m, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++)
        for (uint32_t k = 0; k < i; k++)
            if (slice_eq(m[i].key, m[k].key)) {
                s->p = m[i].value.raw.p;
                return FAIL(ERR_PARSE, "json: \"%.*s\" stands twice in the same object",
                            (int)MIN(m[i].key.n, (size_t)60), (const char *)m[i].key.p);
            }
    return OK;
}

static err unique_members(struct parser *s, struct json_member *m, uint32_t *n)
{
    if (s->unique_keys)
        return refuse_repeated(s, m, *n);
    if (*n <= SMALL_OBJECT) {
        *n = unique_by_comparing(m, *n);
        return OK;
    }
    uint32_t slots = 64;
    while (slots < *n * 2u)
        slots *= 2;
    struct arena_pos mark = arena_mark(s->a);
    uint32_t *table = arena_try(s->a, sizeof *table * slots);
    if (table == NULL)
        return over_budget();
    memset(table, 0, sizeof *table * slots);
    TRY(unique_by_table(s, m, n, table, slots - 1));
    arena_rewind(s->a, mark);
    return OK;
}

static __attribute__((noinline)) err copy_members(struct parser *s, struct json_member *to,
                                                  const struct json_member *from, uint32_t n)
{
    for (uint32_t i = 0, k; i < n; i += k) {
        k = MIN(n - i, BREATHE_STEPS);
        memcpy(to + i, from + i, sizeof *to * k);
        TRY(steps(s, k));
    }
    return OK;
}

static err copy_items(struct parser *s, struct json *to, const struct json_member *from, uint32_t n)
{
    for (uint32_t i = 0; i < n;) {
        uint32_t begin = i, end = i + MIN(n - i, BREATHE_STEPS);
        for (; i < end; i++)
            to[i] = from[i].value;
        TRY(steps(s, end - begin));
    }
    return OK;
}

/* Move the children of the innermost open container from the stack into the arena. */
static err close_container(struct parser *s)
{
    struct json_member *children = s->stack + s->parent + 1;
    struct json *v = &s->stack[s->parent].value;
    uint32_t n = s->n - s->parent - 1, outer = v->n;
    if (is_dropped(s)) {
        n = 0;
        v->members = NULL;
    } else if (v->type == JSON_OBJECT) {
        TRY(unique_members(s, children, &n));
        v->members = arena_try(s->a, sizeof *v->members * n);
        if (v->members == NULL)
            return over_budget();
        if (n <= BREATHE_STEPS)
            memcpy(v->members, children, sizeof *v->members * n);
        else
            TRY(copy_members(s, v->members, children, n));
    } else {
        struct json *items = arena_try(s->a, sizeof *items * n);
        if (items == NULL)
            return over_budget();
        TRY(copy_items(s, items, children, n));
        v->items = items;
    }
    v->n = n;
    s->p++;
    v->raw.n = (size_t)(s->p - v->raw.p);
    s->n = s->parent + 1;
    s->parent = outer;
    s->depth--;
    return OK;
}

static bool at_close(const struct parser *s)
{
    return s->p < s->end && *s->p == (s->stack[s->parent].value.type == JSON_OBJECT ? '}' : ']');
}

/* Everything before the value of the next element: for an object key and colon. */
static err open_element(struct parser *s)
{
    struct slice key = SLICE_EMPTY;
    if (s->stack[s->parent].value.type == JSON_OBJECT) {
        if (s->p == s->end || *s->p != '"')
            return bad(s, "expected a member name");
        TRY(parse_string(s, &key));
        TRY(skip_space(s));
        if (s->p == s->end || *s->p != ':')
            return bad(s, "expected ':'");
        s->p++;
    }
    return push(s, key);
}

/* After a complete value: close containers as far as they end, then open the next element, if any.
 */
static err after_value(struct parser *s)
{
    while (s->parent != NO_PARENT) {
        TRY(skip_space(s));
        if (at_close(s)) {
            TRY(close_container(s));
            continue;
        }
        if (s->p == s->end || *s->p != ',')
            return bad(s, s->p == s->end ? "unexpected end"
                                         : "expected ',' or the end of the container");
        s->p++;
        TRY(skip_space(s));
        if (is_dropped(s))
            s->n = s->parent + 1;
        return open_element(s);
    }
    return OK;
}

static err open_container(struct parser *s, struct json *v)
{
    if (++s->depth > s->max_depth)
        return FAIL(ERR_LIMIT, "json: nested deeper than %u at byte %zu", s->max_depth,
                    (size_t)(s->p - s->text));
    v->type = *s->p == '{' ? JSON_OBJECT : JSON_ARRAY;
    v->raw.p = s->p;
    v->n = s->parent;
    s->parent = s->n - 1;
    s->p++;
    TRY(skip_space(s));
    return at_close(s) ? after_value(s) : open_element(s);
}

static err parse_document(struct parser *s, struct json *ret)
{
    TRY(push(s, SLICE_EMPTY));
    do {
        TRY(skip_space(s));
        if (s->p == s->end)
            return bad(s, "unexpected end");
        struct json *v = &s->stack[s->n - 1].value;
        if (*s->p == '{' || *s->p == '[') {
            TRY(open_container(s, v));
            continue;
        }
        v->raw.p = s->p;
        TRY(parse_scalar(s, v));
        v->raw.n = (size_t)(s->p - v->raw.p);
        TRY(after_value(s));
    } while (s->parent != NO_PARENT);
    TRY(skip_space(s));
    if (s->p != s->end)
        return bad(s, "text after the value");
    *ret = s->stack[0].value;
    return OK;
}

err json_parse(struct slice text, const struct json_opts *opts, struct arena *a, struct json *ret,
               size_t *ret_at)
{
    struct json_member first[FIRST_STACK];
    struct parser s = {.p = text.p,
                       .end = text.p + text.n,
                       .text = text.p,
                       .a = a,
                       .stack = first,
                       .cap = FIRST_STACK,
                       .parent = NO_PARENT,
                       .max_depth = opts && opts->max_depth ? opts->max_depth : DEFAULT_MAX_DEPTH,
                       .max_values = opts ? opts->max_values : 0,
                       .keep_depth = opts && opts->keep_depth ? opts->keep_depth : UINT32_MAX,
                       .breathe = opts ? opts->breathe : NULL,
                       .unique_keys = opts && opts->unique_keys,
                       .allow_comments = opts && opts->allow_comments};
    if (text.n > MAX_TEXT_BYTES)
        return FAIL(ERR_LIMIT, "json: text of %zu bytes", text.n);
    err e = parse_document(&s, ret);
    if (s.cap > FIRST_STACK)
        free(s.stack);
    if (err_failed(e) && ret_at)
        *ret_at = (size_t)(s.p - s.text);
    return e;
}

const struct json *json_get_slice(const struct json *v, struct slice key)
{
    if (!json_is(v, JSON_OBJECT))
        return NULL;
    for (uint32_t i = 0; i < v->n; i++) {
        struct slice k = v->members[i].key;
        bool alike = k.n == key.n && (k.n == 0 || k.p[0] == key.p[0]);
        if (alike && slice_eq(k, key))
            return &v->members[i].value;
    }
    return NULL;
}
