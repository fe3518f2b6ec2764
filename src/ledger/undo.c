/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/undo.h"

#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>

struct list_of_versions {
    struct version **items;
    size_t n, cap;
};

struct undo_run {
    struct undo *undo;
    struct ledger_header before;
    struct list_of_versions replaced;
    bool waits;     /* what came after was added, too */
    uint64_t bytes; /* as counted when published */
    struct list_of_versions written;
    uint64_t epoch; /* who is pinned in this one or later has a snapshot with the run's ledger; 0:
                       not known yet */
};

struct undo {
    struct undo_opts opts;
    struct versions *versions;
    _Atomic uint32_t
        floor; /* ledger of the oldest run; one more than the mirror's ledger if there is none */
    _Atomic uint64_t run_bytes;
    _Atomic uint32_t n_runs;
    uint32_t next_ledger; /* of the next run */
    uint32_t unreleased;  /* runs from this ledger on may have written versions */
    uint32_t ring_mask;
    _Atomic(struct undo_run *) *ring; /* runs by ledger */
};

struct undo *undo_new(const struct undo_opts *opts)
{
    struct undo *u = xcalloc(1, sizeof *u);
    u->opts = *opts;
    uint32_t size = 2;
    while (size < opts->max_ledgers + 2)
        size *= 2;
    u->ring_mask = size - 1;
    u->ring = xcalloc(size, sizeof *u->ring);
    u->versions = versions_new(opts->n_slots);
    return u;
}

struct undo *undo_free(struct undo *u)
{
    if (u == NULL)
        return NULL;
    undo_rewind(u, 0);
    versions_free(u->versions);
    free(u->ring);
    free(u);
    return NULL;
}

struct versions *undo_versions(const struct undo *u)
{
    return u->versions;
}

/* --- runs --- */

static void push(struct list_of_versions *l, struct version *v)
{
    if (l->n == l->cap) {
        l->cap = l->cap ? l->cap * 2 : 64;
        l->items = xrealloc(l->items, l->cap * sizeof(struct version *));
    }
    l->items[l->n++] = v;
}

static uint32_t ledger_of(const struct undo_run *r)
{
    return r->before.seq + 1;
}

struct undo_run *undo_run_new(struct undo *u, const struct ledger_header *before)
{
    struct undo_run *r = xcalloc(1, sizeof *r);
    r->undo = u;
    r->before = *before;
    return r;
}

static void take_back(struct undo_run *r, struct version *replaced)
{
    struct versions *vs = r->undo->versions;
    if (r->waits)
        versions_remove(vs, versions_waiting(vs, versions_key_of(replaced)));
    if (versions_has_waited(replaced))
        versions_hold(vs, replaced, VERSIONS_WAITING);
    else
        versions_remove(vs, replaced);
}

struct undo_run *undo_run_free(struct undo_run *r)
{
    if (r == NULL)
        return NULL;
    while (r->replaced.n)
        take_back(r, r->replaced.items[--r->replaced.n]);
    free(r->replaced.items);
    free(r->written.items);
    free(r);
    return NULL;
}

void undo_run_add(struct undo_run *r, const struct hash256 *key, struct slice before)
{
    push(&r->replaced, versions_add(r->undo->versions, key, ledger_of(r), before));
}

/* First what was, then what is: a reader who finds the second must find the first. */
void undo_run_change(struct undo_run *r, const struct hash256 *key, struct slice before,
                     struct slice after)
{
    struct versions *vs = r->undo->versions;
    struct version *waiting = versions_waiting(vs, key);
    if (waiting) {
        versions_hold(vs, waiting, ledger_of(r));
        push(&r->replaced, waiting);
    } else {
        undo_run_add(r, key, before);
    }
    versions_add(vs, key, VERSIONS_WAITING, after);
    r->waits = true;
}

void undo_run_written(struct undo_run *r, struct version *v)
{
    versions_hold(r->undo->versions, v, ledger_of(r));
    push(&r->written, v);
}

size_t undo_run_count(const struct undo_run *r)
{
    return r->replaced.n;
}

const struct hash256 *undo_run_key(const struct undo_run *r, size_t i)
{
    return versions_key_of(r->replaced.items[i]);
}

struct slice undo_run_before(const struct undo_run *r, size_t i)
{
    return versions_object(r->replaced.items[i]);
}

/* --- the window --- */

static uint64_t run_bytes(const struct undo_run *r)
{
    return sizeof *r + (r->replaced.n + r->written.n) * sizeof(struct version *);
}

static void remove_all(struct undo *u, struct list_of_versions *l)
{
    for (size_t i = 0; i < l->n; i++)
        versions_remove(u->versions, l->items[i]);
    free(l->items);
    *l = (struct list_of_versions){0};
}

static struct undo_run *run_at(const struct undo *u, uint32_t ledger)
{
    return atomic_load_explicit(&u->ring[ledger & u->ring_mask], memory_order_acquire);
}

/* The floor is raised first: a reader that misses a version also sees that it may have. */
static void drop_oldest(struct undo *u)
{
    uint32_t ledger = atomic_load_explicit(&u->floor, memory_order_relaxed);
    atomic_store_explicit(&u->floor, ledger + 1, memory_order_seq_cst);
    struct undo_run *r = atomic_exchange(&u->ring[ledger & u->ring_mask], NULL);
    u->n_runs--;
    u->run_bytes -= r->bytes;
    remove_all(u, &r->replaced);
    remove_all(u, &r->written);
    epochs_discard(versions_epochs(u->versions), r);
    u->unreleased = u->unreleased > ledger ? u->unreleased : ledger + 1;
}

void undo_publish(struct undo *u, struct undo_run *r)
{
    assert(ledger_of(r) == u->next_ledger);
    if (u->n_runs == u->opts.max_ledgers)
        drop_oldest(u);
    r->bytes = run_bytes(r);
    u->run_bytes += r->bytes;
    u->n_runs++;
    atomic_store_explicit(&u->ring[u->next_ledger & u->ring_mask], r, memory_order_release);
    u->next_ledger++;
    while (undo_bytes(u) > u->opts.max_bytes && u->n_runs)
        drop_oldest(u);
}

void undo_settle(struct undo *u)
{
    struct undo_run *r;
    uint64_t epoch = epochs_next(versions_epochs(u->versions));
    for (uint32_t at = u->next_ledger; (r = run_at(u, --at)) && ledger_of(r) == at && !r->epoch;)
        r->epoch = epoch;
    uint64_t oldest = epochs_oldest(versions_epochs(u->versions));
    for (; u->unreleased < u->next_ledger; u->unreleased++) {
        r = run_at(u, u->unreleased);
        if (r->epoch > oldest)
            break;
        remove_all(u, &r->written);
    }
    epochs_collect(versions_epochs(u->versions));
}

void undo_rewind(struct undo *u, uint32_t seq)
{
    while (u->n_runs)
        drop_oldest(u);
    atomic_store(&u->floor, seq + 1);
    u->next_ledger = u->unreleased = seq + 1;
    undo_settle(u);
}

void undo_reset(struct undo *u, uint32_t seq)
{
    undo_rewind(u, seq);
    const struct versions_key *k = versions_seek(u->versions, &HASH256_ZERO);
    while (k) {
        struct version *v = versions_waiting_at(k);
        k = versions_next(k);
        if (v)
            versions_remove(u->versions, v);
    }
    undo_settle(u);
}

/* --- readers --- */

bool undo_covers(const struct undo *u, uint32_t seq)
{
    return atomic_load_explicit(&u->floor, memory_order_acquire) <= (uint64_t)seq + 1;
}

bool undo_header(const struct undo *u, uint32_t seq, struct ledger_header *ret)
{
    const struct undo_run *r = run_at(u, seq + 1);
    if (r == NULL || r->before.seq != seq)
        return false;
    *ret = r->before;
    return true;
}

uint32_t undo_max_ledgers(const struct undo *u)
{
    return u->opts.max_ledgers;
}

uint64_t undo_bytes(const struct undo *u)
{
    uint64_t waiting = versions_waiting_bytes(u->versions);
    uint64_t all = versions_bytes(u->versions); /* another thread may be behind with one of both */
    return (all > waiting ? all - waiting : 0) +
           atomic_load_explicit(&u->run_bytes, memory_order_relaxed);
}

uint32_t undo_ledgers(const struct undo *u)
{
    return atomic_load_explicit(&u->n_runs, memory_order_relaxed);
}
