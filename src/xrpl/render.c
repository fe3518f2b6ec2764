/* SPDX-License-Identifier: Apache-2.0 */
/* The walk over an object's bytes: keys and containers. Values: render_value.c, render_asset.c. */
#include "base/mem.h"
#include "xrpl/names.h"
#include "xrpl/render_impl.h"
#include "xrpl/sto_guess.h"
#include "xrpl/sto_step.h"

#include <stdio.h>

/* Keys are copied in whole words; the writer's buffer must have room for that. */
#define KEY_COPY 32
_Static_assert(FIELD_KEY_MAX >= KEY_COPY, "a short key is copied by one block");

/* What is written, and where. */
struct pass {
    struct jw *w;
    const struct tables *tables;
    struct sto_nest nest;
    uint32_t floor; /* depth of the object's own members */
    field_id skip;  /* of those; 0 = none */
    struct render_note *notes;
    size_t n_notes;
};

/* `"Name":`, a comma before it if need be; elements of an array are objects of one member. */
static void put_key(struct pass *s, field_id id, const struct field_info *info)
{
    struct jw *w = s->w;
    bool in_array = sto_nest_in_array(&s->nest);
    if (info == NULL) {
        char name[32];
        int n = snprintf(name, sizeof name, "Field_%u_%u", field_type(id), field_nth(id));
        if (in_array)
            jw_obj_begin(w);
        jw_key_n(w, name, (size_t)n);
        return;
    }
    uint8_t *p = buf_reserve(w->out, FIELD_KEY_MAX + 2);
    uint8_t *start = p;
    *p = ',';
    p += w->comma;
    *p = '{';
    p += in_array;
    if (info->key_n <= KEY_COPY)
        memcpy(p, info->key, KEY_COPY);
    else
        memcpy(p, info->key, FIELD_KEY_MAX);
    buf_advance(w->out, (size_t)(p - start) + info->key_n);
    w->comma = false;
}

static void element_end(struct pass *s)
{
    if (sto_nest_in_array(&s->nest))
        jw_obj_end(s->w);
}

static void container_end(struct pass *s)
{
    if (sto_nest_in_array(&s->nest))
        jw_arr_end(s->w);
    else
        jw_obj_end(s->w);
    s->nest.depth--;
    element_end(s);
}

/* A field of a type that we do not know: its value as far as it seems to go, or, where nothing
 * fits, all the rest. */
static void put_unknown(struct pass *s, field_id id, struct slice rest)
{
    char name[32];
    int n = snprintf(name, sizeof name, "Unknown_%u_%u", field_type(id), field_nth(id));
    if (sto_nest_in_array(&s->nest))
        jw_obj_begin(s->w);
    jw_key_n(s->w, name, (size_t)n);
    jw_hex(s->w, rest);
    element_end(s);
}

/* Move `p` behind the container of which f is the header. */
static bool skip_field(const uint8_t **p, const uint8_t *end, struct sto_field *f)
{
    struct sto_iter it = {.p = f->whole.p, .end = end};
    bool good = sto_next(&it, f);
    *p = it.p;
    return good;
}

static bool open_container(struct pass *s, const struct sto_field *f)
{
    if (s->nest.depth == STO_MAX_DEPTH)
        return false;
    put_key(s, f->id, names_field(s->tables, f->id));
    (void)sto_nest_open(&s->nest, f->id);
    if (sto_nest_in_array(&s->nest))
        jw_arr_begin(s->w);
    else
        jw_obj_begin(s->w);
    return true;
}

static bool close_container(struct pass *s, field_id id)
{
    if (s->nest.depth == s->floor || sto_nest_in_array(&s->nest) != (id == STO_END_OF_ARRAY))
        return false;
    container_end(s);
    return true;
}

static bool put_field(struct pass *s, const struct sto_field *f)
{
    const struct field_info *info = names_field(s->tables, f->id);
    put_key(s, f->id, info);
    bool good = render_value(s->w, f, info);
    element_end(s);
    return good;
}

static void note(struct pass *s, const struct sto_field *f)
{
    for (size_t i = 0; i < s->n_notes; i++)
        if (s->notes[i].id == f->id && !s->notes[i].found) {
            s->notes[i].found = true;
            s->notes[i].field = *f;
        }
}

/* One pass over the bytes. The output is balanced whatever they are. */
static err walk(struct pass *s, struct slice bytes)
{
    const uint8_t *p = bytes.p, *end = bytes.p + bytes.n;
    bool good = true;
    for (;;) {
        struct sto_field f;
        const uint8_t *start = p;
        enum sto_step step = sto_step(&p, end, &f);
        bool on_top = s->nest.depth == s->floor, skipped = false;
        if (on_top && step != STO_STEP_END) {
            skipped = s->skip != 0 && f.id == s->skip;
            if (step == STO_STEP_VALUE)
                note(s, &f);
        }
        if (skipped &&
            (step == STO_STEP_VALUE || (step == STO_STEP_OPEN && skip_field(&p, end, &f))))
            continue;
        if (step == STO_STEP_VALUE) {
            good &= put_field(s, &f);
            continue;
        }
        if (step == STO_STEP_OPEN && open_container(s, &f))
            continue;
        if (step == STO_STEP_CLOSE && close_container(s, f.id))
            continue;
        if (step == STO_STEP_UNKNOWN && sto_guess_field(start, end, f.id, s->nest, s->floor, &f)) {
            if (!skipped)
                put_unknown(s, f.id, f.value);
            p = f.whole.p + f.whole.n;
            continue;
        }
        if (step == STO_STEP_UNKNOWN)
            put_unknown(
                s, f.id,
                slice_from(slice_of(start, (size_t)(end - start)), sto_guess_header(start, end)));
        else if (step != STO_STEP_END || !on_top)
            good = false;
        while (s->nest.depth > s->floor)
            container_end(s);
        return good ? OK
                    : FAIL(ERR_CORRUPT, "object: malformed, read up to byte %zu of %zu",
                           (size_t)(start - bytes.p), bytes.n);
    }
}

static struct pass pass_to(struct jw *w)
{
    return (struct pass){.w = w, .tables = tables_of(w)};
}

err render_members_noting(struct jw *w, struct slice object, struct render_note *notes, size_t n)
{
    struct pass s = pass_to(w);
    s.notes = notes;
    s.n_notes = n;
    return walk(&s, object);
}

err render_members_without(struct jw *w, struct slice object, field_id skip)
{
    struct pass s = pass_to(w);
    s.skip = skip;
    return walk(&s, object);
}

err render_members(struct jw *w, struct slice object)
{
    struct pass s = pass_to(w);
    return walk(&s, object);
}

err render_object(struct jw *w, struct slice object)
{
    jw_obj_begin(w);
    err e = render_members(w, object);
    jw_obj_end(w);
    return e;
}

static err render_array(struct jw *w, struct slice elements)
{
    struct pass s = pass_to(w);
    (void)sto_nest_open(&s.nest, FIELD_ID(FIELD_TYPE_ARRAY, 0));
    s.floor = s.nest.depth;
    jw_arr_begin(w);
    err e = walk(&s, elements);
    jw_arr_end(w);
    return e;
}

err render_field_value(struct jw *w, const struct sto_field *f)
{
    if (field_type(f->id) == FIELD_TYPE_OBJECT)
        return render_object(w, f->value);
    if (field_type(f->id) == FIELD_TYPE_ARRAY)
        return render_array(w, f->value);
    return render_value(w, f, names_field(tables_of(w), f->id))
               ? OK
               : FAIL(ERR_CORRUPT, "object: damaged value");
}
