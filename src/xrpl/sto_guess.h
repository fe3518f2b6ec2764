/* SPDX-License-Identifier: Apache-2.0 */
/* Where a value of an unknown type ends. Nobody can know; but what stands behind it must read on:
 * fields in canonical order, every container closed by its own marker, up to the last byte. The
 * shortest length for which that holds is taken. So metadata with a field of tomorrow's type still
 * tells its other nodes and its result. Private to xrpl. */
#pragma once
#include "xrpl/sto_step.h"

/* Bytes of the header at p, which a step has read. */
static inline size_t sto_guess_header(const uint8_t *p, const uint8_t *end)
{
    field_id id;
    return (*p & 0xF0) != 0 && (*p & 0x0F) != 0 ? 1 : sto_long_header(p, end, &id);
}

/* The field of unknown type at `header` (a step said so; its id is `id`), inside `nest`, of which
 * the containers above `floor` are closed before `end`. On success *ret is the field (value and
 * whole). False: nothing fits, or too much would have to be tried. At `floor` itself a type beyond
 * all known ones takes all the rest: what follows there could only be unknown, too. */
bool sto_guess_field(const uint8_t *header, const uint8_t *end, field_id id, struct sto_nest nest,
                     uint32_t floor, struct sto_field *ret);
