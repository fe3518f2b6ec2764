/* SPDX-License-Identifier: Apache-2.0 */
#include "xrpl/learn_merge.h"

#include "base/mem.h"
#include "json/jw.h"

#include <stdlib.h>

/* Sections are lists and objects under names in capitals; the rest of an answer (hash, status) is
 * not of them. */
static bool is_section(const struct json_member *m)
{
    if (m->value.type != JSON_OBJECT && m->value.type != JSON_ARRAY)
        return false;
    for (size_t i = 0; i < m->key.n; i++)
        if (!(m->key.p[i] >= 'A' && m->key.p[i] <= 'Z') && m->key.p[i] != '_')
            return false;
    return true;
}

/* What an element of a list is about: the name in ["Name", {...}] or {"name": "Name", ...}. */
static struct slice subject(const struct json *v)
{
    const struct json *name =
        v->type == JSON_ARRAY && v->n > 0 ? &v->items[0] : json_get(v, "name");
    return json_is(name, JSON_STRING) ? name->s : v->raw;
}

static bool holds(const struct json *list, struct slice wanted)
{
    for (uint32_t i = 0; i < list->n; i++)
        if (slice_eq(subject(&list->items[i]), wanted))
            return true;
    return false;
}

static void merge_lists(struct jw *w, const struct json *known, const struct json *more)
{
    jw_arr_begin(w);
    for (uint32_t i = 0; i < known->n; i++)
        jw_value(w, &known->items[i]);
    for (uint32_t i = 0; i < more->n; i++)
        if (!holds(known, subject(&more->items[i])))
            jw_value(w, &more->items[i]);
    jw_arr_end(w);
}

static int by_key(const void *a, const void *b)
{
    return slice_cmp((*(const struct json_member *const *)a)->key,
                     (*(const struct json_member *const *)b)->key);
}

static void merge(struct jw *w, const struct json *known, const struct json *more,
                  struct arena *scratch, bool top);

static void merge_objects(struct jw *w, const struct json *known, const struct json *more,
                          struct arena *scratch, bool top)
{
    const struct json_member **order =
        arena_array(scratch, const struct json_member *, known->n + more->n + 1);
    size_t n = 0;
    for (uint32_t i = 0; i < known->n; i++)
        order[n++] = &known->members[i];
    for (uint32_t i = 0; i < more->n; i++)
        if (!json_get_slice(known, more->members[i].key) && (!top || is_section(&more->members[i])))
            order[n++] = &more->members[i];
    qsort(order, n, sizeof *order, by_key);
    jw_obj_begin(w);
    for (size_t i = 0; i < n; i++) {
        const struct json *other = json_get_slice(more, order[i]->key);
        jw_key_escaped(w, order[i]->key);
        merge(w, &order[i]->value, other ? other : &order[i]->value, scratch, false);
    }
    jw_obj_end(w);
}

/* Depth is bounded by the reader. */
static void merge(struct jw *w, const struct json *known, const struct json *more,
                  struct arena *scratch, bool top)
{
    if (known->type == JSON_OBJECT && more->type == JSON_OBJECT)
        merge_objects(w, known, more, scratch, top);
    else if (known->type == JSON_ARRAY && more->type == JSON_ARRAY)
        merge_lists(w, known, more);
    else
        jw_value(w, known);
}

err learn_merge(struct slice known, const struct json *more, struct arena *scratch,
                struct arena *kept, struct slice *ret)
{
    CLEANUP(buf_deinit) struct buf out = {0};
    struct jw w = jw_to(&out);
    struct json old;
    TRY(json_parse(known, NULL, scratch, &old, NULL));
    merge(&w, &old, more, scratch, true);
    if (out.n > LEARN_MERGE_MAX_BYTES || arena_over_budget(scratch))
        return FAIL(ERR_LIMIT, "definitions: with what is known, they are too large");
    *ret = arena_dup(kept, buf_slice(&out));
    return OK;
}
