/* SPDX-License-Identifier: Apache-2.0 */
#include "web/forwarded.h"

#include "base/mem.h"

#include <strings.h>

/* A node with its port, quoted. */
#define NODE_BYTES 128

struct scan {
    const uint8_t *p;
    const uint8_t *end;
};

static void skip_space(struct scan *s)
{
    while (s->p < s->end && (*s->p == ' ' || *s->p == '\t'))
        s->p++;
}

static bool skip_char(struct scan *s, uint8_t c)
{
    if (s->p == s->end || *s->p != c)
        return false;
    s->p++;
    return true;
}

/* RFC 9110, 5.6.2; and what addresses with a port need, which some write without quotes. */
static bool is_token(uint8_t c)
{
    static const char others[] = "!#$%&'*+-.^_`|~:[]/";
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
           (c && strchr(others, c));
}

static struct slice take_token(struct scan *s)
{
    const uint8_t *start = s->p;
    while (s->p < s->end && is_token(*s->p))
        s->p++;
    return slice_of(start, (size_t)(s->p - start));
}

/* As a token, but sloppy proxies write down whatever host they were asked for. */
static struct slice take_value(struct scan *s)
{
    const uint8_t *start = s->p;
    while (s->p < s->end && (is_token(*s->p) || *s->p == '='))
        s->p++;
    return slice_of(start, (size_t)(s->p - start));
}

/* s->p at the opening quote. What does not fit into `out` is cut: it is no address then. */
static bool take_quoted(struct scan *s, uint8_t out[NODE_BYTES], size_t *ret_n)
{
    size_t n = 0;
    for (s->p++; s->p < s->end && *s->p != '"'; s->p++) {
        if (*s->p == '\\' && ++s->p == s->end)
            return false;
        if (*s->p < 0x20 && *s->p != '\t')
            return false;
        if (n < NODE_BYTES)
            out[n] = *s->p;
        n++;
    }
    *ret_n = MIN(n, (size_t)NODE_BYTES);
    return skip_char(s, '"');
}

/* What one element tells. */
struct element {
    uint32_t n_for;
    uint8_t node[NODE_BYTES];
    size_t n_node;
};

static bool take_pair(struct scan *s, struct element *e)
{
    uint8_t unused[NODE_BYTES];
    size_t n = 0;
    struct slice name = take_token(s);
    bool is_for = name.n == 3 && strncasecmp((const char *)name.p, "for", 3) == 0;
    uint8_t *to = is_for ? e->node : unused;
    if (name.n == 0 || !skip_char(s, '='))
        return false;
    if (s->p < s->end && *s->p == '"') {
        if (!take_quoted(s, to, &n))
            return false;
    } else {
        struct slice value = take_value(s);
        if (value.n == 0)
            return false;
        n = MIN(value.n, (size_t)NODE_BYTES);
        memcpy(to, value.p, n);
    }
    if (is_for) {
        e->n_for++;
        e->n_node = n;
    }
    return true;
}

static bool take_element(struct scan *s, struct element *e)
{
    *e = (struct element){0};
    do {
        skip_space(s);
        bool empty = s->p == s->end || *s->p == ',' || *s->p == ';';
        if (!empty && !take_pair(s, e))
            return false;
        skip_space(s);
    } while (skip_char(s, ';'));
    return true;
}

bool forwarded_client(struct slice value, char out[ADDRESS_BYTES])
{
    struct scan s = {value.p, value.p + value.n};
    struct element e;
    do {
        if (!take_element(&s, &e))
            return false;
    } while (skip_char(&s, ','));
    return s.p == s.end && e.n_for == 1 && address_of_node(slice_of(e.node, e.n_node), out);
}

static struct slice trimmed(struct slice s)
{
    while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
        s = slice_from(s, 1);
    while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
        s.n--;
    return s;
}

bool forwarded_x_client(struct slice value, char out[ADDRESS_BYTES])
{
    const uint8_t *comma = value.n ? memrchr(value.p, ',', value.n) : NULL;
    size_t before = comma ? (size_t)(comma - value.p) + 1 : 0;
    return address_of_node(trimmed(slice_from(value, before)), out);
}
