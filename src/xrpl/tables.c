/* SPDX-License-Identifier: Apache-2.0 */
#include "xrpl/tables.h"

#include "xrpl/names.h"

#include <stdatomic.h>

/* The answer to server_definitions that was compiled in. */
static const struct tables compiled = {.definitions =
                                           {
                                               (const uint8_t *)
#define T(piece) piece
#define H(hash)
#include "xrpl/definitions.def"
#undef T
#undef H
                                                   ,
                                               sizeof(
#define T(piece) piece
#define H(hash)
#include "xrpl/definitions.def"
#undef T
#undef H
                                                   ) -
                                                   1,
                                           },
                                       .definitions_hash =
#define T(piece)
#define H(hash) hash
#include "xrpl/definitions.def"
#undef T
#undef H
};

static const struct tables *_Atomic now = &compiled;

const struct tables *tables_now(void)
{
    return atomic_load_explicit(&now, memory_order_acquire);
}

bool tables_replace(const struct tables *before, const struct tables *t)
{
    return atomic_compare_exchange_strong(&now, &before, t);
}

const struct tables_name *tables_by_code(const struct tables_set *s, uint32_t code)
{
    uint32_t low = 0, high = s->n;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (s->items[middle].code == code)
            return &s->items[middle];
        if (s->items[middle].code < code)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const struct tables_name *tables_by_name(const struct tables_set *s, struct slice name)
{
    if (s->n_slots == 0)
        return NULL;
    uint32_t mask = s->n_slots - 1;
    for (uint32_t at = names_hash(name) & mask; s->slots[at]; at = (at + 1) & mask) {
        const struct tables_name *item = &s->items[s->slots[at] - 1];
        if (names_same(name, item->name))
            return item;
    }
    return NULL;
}

void tables_index(struct tables_set *s)
{
    uint32_t mask = s->n_slots - 1;
    for (uint32_t i = 0; i < s->n; i++) {
        uint32_t at = names_hash(slice_str(s->items[i].name)) & mask;
        while (s->slots[at])
            at = (at + 1) & mask;
        s->slots[at] = (uint16_t)(i + 1);
    }
}

bool tables_is_prefixed(uint32_t type)
{
    return type < 256 && (tables_now()->prefixed[type / 8] >> type % 8 & 1) != 0;
}
