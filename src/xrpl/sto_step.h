/* SPDX-License-Identifier: Apache-2.0 */
/* One step through serialized bytes, the heart of sto and render: reads a field header and, unless
 * it opens or closes a container, its value. Wire rules: the header is one byte (type, number) with
 * 0 for what stands in a byte of its own, which then is 16 or more; lengths take one to three
 * bytes; containers end with a marker. */
#pragma once
#include "base/bits.h"
#include "xrpl/amount.h"
#include "xrpl/sto.h"
#include "xrpl/tables.h"

enum sto_step {
    STO_STEP_END = 0, /* no bytes left */
    STO_STEP_VALUE,
    STO_STEP_OPEN,    /* an object or array begins; `value` is empty */
    STO_STEP_CLOSE,   /* its end marker: id is STO_END_OF_OBJECT or STO_END_OF_ARRAY */
    STO_STEP_UNKNOWN, /* a type whose length we do not know; p is at its header, id is set */
    STO_STEP_BAD      /* malformed; p is at the field's header */
};

#define STO_END_OF_OBJECT FIELD_ID(FIELD_TYPE_OBJECT, 1)
#define STO_END_OF_ARRAY FIELD_ID(FIELD_TYPE_ARRAY, 1)
#define STO_MAX_DEPTH 16

/* How the length of a type's values is found: 1..64 = it is that; else one of these. */
enum { STO_LENGTH_UNKNOWN = 0, STO_LENGTH_PREFIX = 100, STO_LENGTH_CONTAINER, STO_LENGTH_SPECIAL };
extern const uint8_t sto_lengths[32];

/* Length of an amount, path set, issue or bridge that starts at p; 0 if it is malformed. */
size_t sto_special_length(uint32_t type, const uint8_t *p, const uint8_t *end);
/* As below, for the headers of more than one byte. Returns 0 or the header's length. */
size_t sto_long_header(const uint8_t *p, const uint8_t *end, field_id *ret);

/* Length prefix at p; returns how many bytes it takes, 0 if malformed. */
static inline size_t sto_length_prefix(const uint8_t *p, const uint8_t *end, size_t *ret)
{
    size_t left = (size_t)(end - p);
    if (left == 0)
        return 0;
    if (p[0] <= 192) {
        *ret = p[0];
        return 1;
    }
    if (p[0] <= 240) {
        if (left < 2)
            return 0;
        *ret = 193 + (size_t)(p[0] - 193) * 256 + p[1];
        return 2;
    }
    if (p[0] == 255 || left < 3)
        return 0;
    *ret = 12481 + (size_t)(p[0] - 241) * 65536 + (size_t)p[1] * 256 + p[2];
    return 3;
}

static inline enum sto_step sto_step(const uint8_t **at, const uint8_t *end, struct sto_field *ret)
{
    const uint8_t *p = *at;
    if (p == end)
        return STO_STEP_END;
    size_t header = 1, n;
    if ((*p & 0xF0) != 0 && (*p & 0x0F) != 0)
        ret->id = FIELD_ID(*p >> 4, *p & 0x0F);
    else if ((header = sto_long_header(p, end, &ret->id)) == 0)
        return STO_STEP_BAD;
    uint32_t type = field_type(ret->id);
    uint8_t length = type < 32 ? sto_lengths[type] : (uint8_t)STO_LENGTH_UNKNOWN;
    if (__builtin_expect(length == STO_LENGTH_UNKNOWN, 0) && tables_is_prefixed(type))
        length = STO_LENGTH_PREFIX;
    const uint8_t *v = p + header;
    if (length == STO_LENGTH_PREFIX) {
        size_t prefix = sto_length_prefix(v, end, &n);
        if (prefix == 0)
            return STO_STEP_BAD;
        v += prefix;
    } else if (length == STO_LENGTH_CONTAINER) {
        ret->value = slice_of(v, 0);
        ret->whole = slice_of(p, header);
        *at = v;
        return field_nth(ret->id) == 1 ? STO_STEP_CLOSE : STO_STEP_OPEN;
    } else if (length == STO_LENGTH_SPECIAL) {
        if ((n = sto_special_length(type, v, end)) == 0)
            return STO_STEP_BAD;
    } else if (length == STO_LENGTH_UNKNOWN) {
        return STO_STEP_UNKNOWN;
    } else {
        n = length;
    }
    if ((size_t)(end - v) < n)
        return STO_STEP_BAD;
    ret->value = slice_of(v, n);
    ret->whole = slice_of(p, (size_t)(v + n - p));
    *at = v + n;
    return STO_STEP_VALUE;
}

/* The kinds of the open containers; a container may only be closed by its own marker. */
struct sto_nest {
    uint32_t depth;
    uint32_t arrays; /* bit per depth */
};

static inline bool sto_nest_open(struct sto_nest *n, field_id id)
{
    if (n->depth == STO_MAX_DEPTH)
        return false;
    uint32_t bit = 1u << n->depth++;
    n->arrays = field_type(id) == FIELD_TYPE_ARRAY ? n->arrays | bit : n->arrays & ~bit;
    return true;
}

static inline bool sto_nest_in_array(const struct sto_nest *n)
{
    return n->depth > 0 && (n->arrays >> (n->depth - 1) & 1) != 0;
}

static inline bool sto_nest_close(struct sto_nest *n, field_id id)
{
    if (n->depth == 0 || sto_nest_in_array(n) != (id == STO_END_OF_ARRAY))
        return false;
    n->depth--;
    return true;
}
