/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/ledgers.h"

#include "base/mem.h"
#include "ledger/apply.h"
#include "ledger/compact.h"
#include "ledger/ledgers_impl.h"
#include "ledger/repair.h"
#include "ledger/retree.h"
#include "ledger/stage.h"
#include "ledger/view_impl.h"
#include "rt/core.h"

#include <assert.h>
#include <stdlib.h>

#define UNDO_BYTES ((uint64_t)40 << 20)
#define UNDO_LEDGERS 256
#define GROW_WAIT_MS 20000
#define OTHER_READERS 4 /* verification, a copy */

static uint32_t n_slots(const struct ledgers *l)
{
    return l->n_cores + LEDGERS_OTHER_THREADS;
}

static void ledgers_freep(struct ledgers **l)
{
    ledgers_close(*l);
}

ERR ledgers_open(const struct ledgers_opts *opts, struct ledgers **ret)
{
    CLEANUP(ledgers_freep) struct ledgers *l = xcalloc(1, sizeof *l);
    l->store = opts->store;
    l->n_cores = opts->n_cores;
    l->lazy_undo = opts->lazy_undo;
    l->lazy_repair = opts->lazy_repair;
    l->lazy_follow = opts->lazy_follow;
    l->min_free_bytes = opts->min_free_bytes;
    l->compact_min_bytes = opts->compact_min_bytes;
    l->on_progress = opts->on_progress;
    l->arg = opts->arg;
    struct mirror_opts mirror = {
        .path = opts->mirror_path,
        .map_bytes = opts->mirror_map_bytes,
        .max_readers = n_slots(l) * SNAP_MAX_PER_SLOT + OTHER_READERS,
    };
    TRY(mirror_open(&mirror, &l->mirror));
    struct undo_opts undo = {
        .max_bytes = opts->undo_max_bytes ? opts->undo_max_bytes : UNDO_BYTES,
        .max_ledgers = opts->undo_max_ledgers ? opts->undo_max_ledgers : UNDO_LEDGERS,
        .n_slots = n_slots(l),
    };
    l->undo = undo_new(&undo);
    l->nodes = nodes_new(l->mirror);
    l->turns = (struct turns){
        .mirror = l->mirror,
        .nodes = l->nodes,
        .undo = l->undo,
        .max_node_bytes = TURNS_MAX_NODE_BYTES,
        .max_object_bytes =
            opts->waiting_max_bytes ? opts->waiting_max_bytes : TURNS_MAX_OBJECT_BYTES,
    };
    l->tree = tree_new(l->mirror, l->nodes, undo_versions(l->undo));
    verify_init(&l->verify, l->mirror, l->nodes, undo_versions(l->undo));
    snap_set_init(&l->snaps, l->mirror, n_slots(l));
    if (posix_memalign((void **)&l->slots, 64, n_slots(l) * sizeof *l->slots) != 0)
        abort();
    memset(l->slots, 0, n_slots(l) * sizeof *l->slots);
    TRY(repair_at_open(l));
    *ret = TAKE_PTR(l);
    return OK;
}

struct ledgers *ledgers_close(struct ledgers *l)
{
    if (l == NULL)
        return NULL;
    compact_stop(l);
    apply_load_abort(l);
    stage_free(l->stage);
    if (l->nodes)
        retree_save(l);
    for (uint32_t i = 0; l->slots && i < n_slots(l); i++)
        view_pool_free(&l->slots[i].free_views);
    free(l->slots);
    snap_set_deinit(&l->snaps);
    tree_free(l->tree);
    nodes_free(l->nodes);
    verify_deinit(&l->verify);
    undo_free(l->undo);
    mirror_close(l->mirror);
    free(l);
    return NULL;
}

ERR ledgers_slot_index(struct ledgers *l, uint32_t *ret)
{
    const struct core *core = core_current();
    if (core) {
        *ret = core_index(core);
        return *ret < l->n_cores ? OK
                                 : FAIL(ERR_INVALID, "ledgers: core %u of %u", *ret, l->n_cores);
    }
    uintptr_t me = (uintptr_t)pthread_self() + 1;
    for (uint32_t i = 0; i < LEDGERS_OTHER_THREADS; i++) {
        uintptr_t owner = atomic_load_explicit(&l->others[i], memory_order_relaxed);
        if (owner == 0 && atomic_compare_exchange_strong(&l->others[i], &owner, me))
            owner = me;
        if (owner == me) {
            *ret = l->n_cores + i;
            return OK;
        }
    }
    return FAIL(ERR_BUSY, "ledgers: more than %u threads beside the cores", LEDGERS_OTHER_THREADS);
}

void ledgers_from_file(struct ledgers *l)
{
    undo_reset(l->undo, l->meta.header.seq);
    turns_begin(&l->turns, &l->meta.turn);
}

void ledgers_show(struct ledgers *l, const struct ledger_header *header)
{
    l->complete = true;
    atomic_store_explicit(&l->mirror_bytes, mirror_bytes(l->mirror), memory_order_relaxed);
    snap_set_advance(&l->snaps); /* first: who has seen the tip must be able to open it */
    tip_set(&l->tip, header);
}

void ledgers_on_published(struct ledgers *l, ledgers_published_fn fn, void *arg)
{
    uint32_t n = atomic_load(&l->n_listeners);
    assert(n < LEDGERS_LISTENERS);
    l->listeners[n] = (struct ledgers_listener){fn, arg};
    atomic_store(&l->n_listeners, n + 1);
}

void ledgers_off_published(struct ledgers *l, ledgers_published_fn fn, void *arg)
{
    uint32_t n = atomic_load(&l->n_listeners), n_kept = 0;
    for (uint32_t i = 0; i < n; i++)
        if (l->listeners[i].fn != fn || l->listeners[i].arg != arg)
            l->listeners[n_kept++] = l->listeners[i];
    atomic_store(&l->n_listeners, n_kept);
}

void ledgers_tell(struct ledgers *l, const struct ledger_header *header)
{
    uint32_t n = atomic_load(&l->n_listeners);
    for (uint32_t i = 0; i < n; i++)
        l->listeners[i].fn(l->listeners[i].arg, header);
}

void ledgers_interrupt(struct ledgers *l, bool on)
{
    atomic_store(&l->interrupted, on);
}

void ledgers_set_judge(struct ledgers *l, ledgers_judge_fn fn, void *arg)
{
    l->judge = fn;
    l->judge_arg = arg;
}

uint32_t ledgers_suspect(struct ledgers *l)
{
    return atomic_load_explicit(&l->suspect, memory_order_relaxed);
}

bool ledgers_interrupted(struct ledgers *l)
{
    return atomic_load(&l->interrupted);
}

ERR ledgers_grow(struct ledgers *l)
{
    compact_stop(l);
    if (!snap_set_freeze(&l->snaps, GROW_WAIT_MS))
        return FAIL(ERR_LIMIT, "mirror: %s is full, and open views keep it from growing",
                    l->mirror->path);
    err e = mirror_grow(l->mirror);
    snap_set_thaw(&l->snaps);
    return e;
}

ERR ledgers_reserve(struct ledgers *l, uint64_t bytes)
{
    while (mirror_bytes(l->mirror) + bytes > l->mirror->map_bytes)
        TRY(ledgers_grow(l));
    return OK;
}

bool ledgers_has(struct ledgers *l, uint32_t seq)
{
    uint32_t tip;
    if (!tip_get_seq(&l->tip, &tip) || seq > tip)
        return false;
    struct store_range ranges[STORE_MAX_RANGES];
    size_t n = 0;
    store_ranges(l->store, ranges, &n);
    for (size_t i = 0; i < n; i++)
        if (ranges[i].first <= seq && seq <= ranges[i].last)
            return true;
    return false;
}

bool ledgers_range(struct ledgers *l, uint32_t *ret_first, uint32_t *ret_last)
{
    uint32_t tip;
    if (!tip_get_seq(&l->tip, &tip))
        return false;
    struct store_range ranges[STORE_MAX_RANGES];
    size_t n = 0;
    store_ranges(l->store, ranges, &n);
    *ret_first = n && ranges[n - 1].first <= tip ? ranges[n - 1].first : tip;
    *ret_last = tip;
    return true;
}

const char *ledgers_range_text(struct ledgers *l, struct arena *a)
{
    struct ledger_header tip;
    if (!tip_get(&l->tip, &tip))
        return "empty";
    struct store_range ranges[STORE_MAX_RANGES];
    size_t n = 0;
    store_ranges(l->store, ranges, &n);
    const char *text = "";
    for (size_t i = 0; i < n && ranges[i].first <= tip.seq; i++) {
        uint32_t last = MIN(ranges[i].last, tip.seq);
        const char *comma = i ? "," : "";
        text = ranges[i].first == last
                   ? arena_printf(a, "%s%s%u", text, comma, last)
                   : arena_printf(a, "%s%s%u-%u", text, comma, ranges[i].first, last);
    }
    return text;
}

bool ledgers_tip(struct ledgers *l, struct ledger_header *ret)
{
    return tip_get(&l->tip, ret);
}

bool ledgers_tip_close_time(struct ledgers *l, uint32_t *ret)
{
    return tip_get_close_time(&l->tip, ret);
}

bool ledgers_mirror_aside(struct ledgers *l)
{
    return atomic_load_explicit(&l->doubtful, memory_order_relaxed);
}

struct store *ledgers_store(struct ledgers *l)
{
    return l->store;
}

const char *ledgers_mirror_path(const struct ledgers *l)
{
    return l->mirror->path;
}

uint64_t ledgers_min_free_bytes(const struct ledgers *l)
{
    return atomic_load(&l->min_free_bytes);
}

void ledgers_get_stats(struct ledgers *l, struct ledgers_stats *ret)
{
    *ret = (struct ledgers_stats){
        .n_objects = atomic_load_explicit(&l->n_objects, memory_order_relaxed),
        .mirror_bytes = atomic_load_explicit(&l->mirror_bytes, memory_order_relaxed),
        .undo_bytes = undo_bytes(l->undo),
        .undo_ledgers = undo_ledgers(l->undo),
        .waiting_bytes = versions_waiting_bytes(undo_versions(l->undo)),
        .n_rebuilt = atomic_load_explicit(&l->n_rebuilt, memory_order_relaxed),
        .mirror_aside = atomic_load_explicit(&l->doubtful, memory_order_relaxed),
    };
    for (uint32_t i = 0; i < n_slots(l); i++) {
        const struct ledgers_slot *s = &l->slots[i];
        ret->reads_mirror += atomic_load_explicit(&s->reads_mirror, memory_order_relaxed);
        ret->reads_undo += atomic_load_explicit(&s->reads_undo, memory_order_relaxed);
        ret->reads_history += atomic_load_explicit(&s->reads_history, memory_order_relaxed);
    }
}
