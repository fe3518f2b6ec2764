/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/mirror_follow.h"

#include "base/mem.h"
#include "ledger/applied.h"
#include "ledger/repair.h"

#include <stdio.h>
#include <stdlib.h>

/* Bounds of one transaction, as for batches that come from sources. */
#define STEP_CHANGES 4000
#define STEP_LEDGERS 256

/* What a ledger changed, as the history has it; in `a`. */
static err read_ledger(struct ledgers *l, uint32_t seq, struct arena *a,
                       struct ledger_header *ret_header, struct store_object **ret, size_t *ret_n)
{
    struct hash256 *keys = NULL;
    size_t n = 0;
    TRY(store_header_get(l->store, seq, ret_header));
    TRY(store_diff(l->store, seq, a, &keys, &n));
    n = hash256_sort_unique(keys, n);
    struct slice *objects = arena_array(a, struct slice, n + 1);
    TRY(store_objects_get(l->store, seq, keys, n, a, objects, NULL));
    *ret = arena_array(a, struct store_object, n + 1);
    for (size_t i = 0; i < n; i++)
        (*ret)[i] = (struct store_object){keys[i], objects[i]};
    *ret_n = n;
    return OK;
}

/* --- ledgers of the history that are wrong --- */

/* The history has this ledger wrong, as the newest error says; the mirror is at the one before. */
static err suspect(struct ledgers *l, uint32_t seq)
{
    struct err_slot text;
    snprintf(text.text, sizeof text.text, "%s", err_text());
    atomic_store(&l->suspect, seq);
    return FAIL(ERR_CORRUPT, "%s: the history has ledger %u wrong", text.text, seq);
}

/* Does the history have all of the ledger that was staged last? */
static err judge(struct ledgers *l, struct stage *s)
{
    const struct stage_item *item = &s->items[s->n - 1];
    CLEANUP(applied_deinit)
    struct applied a = {
        .ledger = {.header = item->header, .objects = item->objects, .n_objects = item->n_objects}};
    if (l->judge == NULL)
        return OK;
    TRY(repair_note(l, applied_complete(&a, s)));
    err e = l->judge(l->judge_arg, &a.ledger);
    return e.code == ERR_CORRUPT || e.code == ERR_VERIFY ? suspect(l, item->header.seq) : e;
}

/* One ledger of the history. What does not match its root is the mirror's fault if that is damaged,
 * else the history's: another server may have written it. */
static err stage_one(struct ledgers *l, struct stage *s, struct arena *a, size_t *ret_n)
{
    struct ledger_header header;
    struct store_object *objects = NULL;
    uint32_t seq = s->newest.seq + 1;
    err e = read_ledger(l, seq, a, &header, &objects, ret_n);
    if (e.code == ERR_CORRUPT || e.code == ERR_NOT_FOUND)
        return suspect(l, seq);
    TRY(e);
    e = repair_note(l, stage_add(s, &header, objects, *ret_n));
    if (e.code == ERR_VERIFY) {
        struct err_slot text;
        snprintf(text.text, sizeof text.text, "%s", err_text());
        TRY(repair_acquit(l));
        err_ignore(FAIL(ERR_VERIFY, "%s", text.text));
        return suspect(l, seq);
    }
    TRY(e);
    return judge(l, s);
}

/* Some ledgers of the history, up to `to`. */
static err stage_history(struct ledgers *l, struct stage *s, uint32_t to, struct arena *a)
{
    size_t n_changes = 0;
    while (s->newest.seq < to && n_changes < STEP_CHANGES && s->n < STEP_LEDGERS) {
        size_t n = 0;
        TRY(stage_one(l, s, a, &n));
        n_changes += n;
    }
    return OK;
}

static err follow_some(struct ledgers *l, uint32_t to)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    CLEANUP(stage_freep) struct stage *s = TAKE_PTR(l->stage);
    if (s == NULL) {
        TRY(repair_note(l, stage_begin(l, &s)));
        TRY(stage_history(l, s, to, a));
    }
    return repair_note(l, stage_commit(TAKE_PTR(s)));
}

/* The ledgers before one that is wrong become visible first. */
static err follow_step(struct ledgers *l, uint32_t to)
{
    err e = follow_some(l, to);
    uint32_t wrong = atomic_load(&l->suspect);
    if (e.code == ERR_CORRUPT && wrong > l->meta.header.seq + 1)
        return follow_some(l, wrong - 1);
    if (e.code == 0 && wrong && wrong <= l->meta.header.seq)
        atomic_store(&l->suspect, 0);
    return e;
}

/* The newest ledger of the history; 0: none. */
static uint32_t newest_held(struct ledgers *l, uint32_t *ret_first)
{
    struct store_range ranges[STORE_MAX_RANGES];
    size_t n = 0;
    store_ranges(l->store, ranges, &n);
    *ret_first = n ? ranges[n - 1].first : 0;
    return n ? ranges[n - 1].last : 0;
}

static err follow(struct ledgers *l, uint32_t to)
{
    uint32_t first, last = newest_held(l, &first);
    if (l->stage == NULL && last > l->meta.header.seq && first > l->meta.header.seq + 1)
        return repair_doubt(l, "mirror: older than the newest part of the history");
    uint32_t begun = l->meta.header.seq;
    to = to ? MIN(to, last) : last;
    while (l->meta.header.seq < to) {
        if (atomic_load(&l->interrupted) && l->stage == NULL)
            return FAIL(ERR_CANCELLED, "mirror: stopping");
        bool read = l->stage == NULL;
        TRY(follow_step(l, to));
        if (read && l->on_progress)
            l->on_progress(l->arg, "replaying ledgers", l->meta.header.seq - begun, to - begun);
    }
    return OK;
}

/* Doubt that comes up on the way is met at once. */
ERR mirror_follow(struct ledgers *l, uint32_t to)
{
    err e = OK;
    if (!l->complete)
        return OK;
    for (int i = 0; i < 2; i++) {
        if (atomic_load(&l->doubtful))
            l->stage = stage_free(l->stage); /* the history has its ledgers */
        TRY(repair_mirror(l));
        e = follow(l, to);
        l->stage = stage_free(l->stage);
        if (e.code == 0 || !atomic_load(&l->doubtful))
            break;
    }
    return e;
}
