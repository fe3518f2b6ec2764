/* SPDX-License-Identifier: Apache-2.0 */
#include "xrpl/sto_guess.h"

#include "base/mem.h"
#include "xrpl/names.h"

#define LAST_KNOWN_TYPE FIELD_TYPE_CURRENCY
/* Bounds of the search: lengths tried, steps of one try (then it fits), steps of all tries, riddles
 * behind each other. */
#define MAX_LENGTH 4096
#define MAX_STEPS 4096
#define MAX_WORK 65536
#define MAX_RIDDLES 4
/* What must have been read well before a riddle in another object is left for later. */
#define ENOUGH_STEPS 4

/* The field whose length is sought, and where it stands. */
struct guess {
    const uint8_t *end;
    struct sto_nest nest;
    uint32_t floor;
    field_id id;
    bool other_fields; /* unknown fields of known types may come */
    bool other_types;  /* further unknown types may come, not only this one */
    uint32_t n_before; /* riddles that wait for this one */
    uint32_t *work;    /* steps so far, of all */
};

/* The ids met last in the open containers: within an object they ascend. */
struct order {
    field_id last[STO_MAX_DEPTH + 1];
};

/* At the floor stand the reader's own bytes: the fields of an object or the elements of an array,
 * in any order but for those of the object in question. */
static bool ascends(const struct guess *g, struct order *o, const struct sto_nest *nest,
                    field_id id)
{
    bool known_type = field_type(id) <= LAST_KNOWN_TYPE;
    if (known_type && !g->other_fields && !names_field(tables_now(), id))
        return false;
    field_id *last = &o->last[nest->depth];
    bool free_order =
        sto_nest_in_array(nest) || (nest->depth == g->floor && g->nest.depth != g->floor);
    bool good = free_order || id > *last;
    *last = id;
    return good;
}

static bool find_end(const struct guess *g, const uint8_t *value, const uint8_t **ret_end);

/* The next field of unknown type, at `header`, after n_steps of which some closed a container. */
static bool next_riddle(const struct guess *g, const uint8_t *header, field_id id,
                        const struct sto_nest *nest, uint32_t n_steps, bool closed)
{
    const uint8_t *ignored;
    if (sto_nest_in_array(nest) || (!g->other_types && field_type(id) != field_type(g->id)))
        return false;
    if (closed && n_steps >= ENOUGH_STEPS && !g->other_types)
        return true;
    struct guess next = *g;
    next.nest = *nest;
    next.id = id;
    next.n_before++;
    return next.n_before < MAX_RIDDLES &&
           find_end(&next, header + sto_guess_header(header, g->end), &ignored);
}

/* A value that its type can have. */
static bool is_sound(const struct sto_field *f)
{
    struct amount amount;
    switch (field_type(f->id)) {
    case FIELD_TYPE_ACCOUNT: return f->value.n == 20 || f->value.n == 0;
    case FIELD_TYPE_VECTOR256: return f->value.n % 32 == 0;
    case FIELD_TYPE_AMOUNT: return !err_failed(amount_decode(f->value, &amount));
    default: return true;
    }
}

/* Does everything behind the value read on if it is over at p? */
static bool reads_on(const struct guess *g, const uint8_t *p)
{
    struct sto_nest nest = g->nest;
    struct order order = {0};
    struct sto_field f;
    bool closed = false;
    order.last[nest.depth] = g->id;
    for (uint32_t n = 0; n < MAX_STEPS; n++) {
        const uint8_t *start = p;
        ++*g->work;
        switch (sto_step(&p, g->end, &f)) {
        case STO_STEP_END: return nest.depth == g->floor;
        case STO_STEP_CLOSE:
            if (nest.depth == g->floor || !sto_nest_close(&nest, f.id))
                return false;
            /* whatever it was, what follows it comes later than any object (or array) */
            order.last[nest.depth] = MAX(order.last[nest.depth], f.id);
            closed = true;
            break;
        case STO_STEP_OPEN:
            if (!ascends(g, &order, &nest, f.id) || !sto_nest_open(&nest, f.id))
                return false;
            order.last[nest.depth] = 0;
            break;
        case STO_STEP_VALUE:
            if (sto_nest_in_array(&nest) || !ascends(g, &order, &nest, f.id) || !is_sound(&f))
                return false;
            break;
        case STO_STEP_UNKNOWN:
            return ascends(g, &order, &nest, f.id) && next_riddle(g, start, f.id, &nest, n, closed);
        default: return false;
        }
    }
    return true;
}

static bool find_end(const struct guess *g, const uint8_t *value, const uint8_t **ret_end)
{
    size_t most = MIN((size_t)(g->end - value), (size_t)MAX_LENGTH);
    for (size_t n = 0; n <= most && *g->work < MAX_WORK; n++) {
        *ret_end = value + n;
        if (reads_on(g, *ret_end))
            return true;
    }
    return false;
}

bool sto_guess_field(const uint8_t *header, const uint8_t *end, field_id id, struct sto_nest nest,
                     uint32_t floor, struct sto_field *ret)
{
    /* At first nothing else may be unknown: bytes that are no header look like one of a field that
     * nobody has heard of. Not so behind a type beyond all known ones: there only the end of the
     * object is taken for what follows, and it would be worse to swallow the next object because of
     * a field in it. */
    bool is_beyond = field_type(id) > LAST_KNOWN_TYPE;
    uint32_t work = 0;
    struct guess g = {.end = end, .nest = nest, .floor = floor, .id = id, .work = &work};
    const uint8_t *value = header + sto_guess_header(header, end), *value_end = end;
    bool found = nest.depth == floor && is_beyond;
    for (int pass = is_beyond; pass < 3 && !found; pass++) {
        work = 0;
        g.other_fields = pass > 0;
        g.other_types = pass > 1;
        found = find_end(&g, value, &value_end);
    }
    if (!found)
        return false;
    *ret = (struct sto_field){.id = id,
                              .value = slice_of(value, (size_t)(value_end - value)),
                              .whole = slice_of(header, (size_t)(value_end - header))};
    return true;
}
