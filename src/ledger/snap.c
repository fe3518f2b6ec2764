/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/snap.h"

#include "base/mem.h"
#include "ledger/guard.h"

#include <sched.h>
#include <stdlib.h>
#include <time.h>

enum { GUARD_FREE = 0, GUARD_OWNER, GUARD_WRITER };

void snap_set_init(struct snap_set *s, struct mirror *m, uint32_t n_slots)
{
    *s = (struct snap_set){.mirror = m, .n_slots = n_slots};
    s->generation = 1;
    if (posix_memalign((void **)&s->slots, 64, n_slots * sizeof *s->slots) != 0)
        abort();
    memset(s->slots, 0, n_slots * sizeof *s->slots);
}

static void snap_end(struct snap *snap)
{
    if (snap->running)
        mdb_txn_reset(snap->txn);
    snap->running = false;
}

static struct snap *snap_free(struct snap *snap)
{
    if (snap == NULL)
        return NULL;
    if (snap->cursor)
        mdb_cursor_close(snap->cursor);
    mdb_txn_abort(snap->txn);
    free(snap);
    return NULL;
}

static void clear_slot(struct snap_slot *slot)
{
    slot->current = snap_free(slot->current);
    while (slot->spare) {
        struct snap *next = slot->spare->next;
        snap_free(slot->spare);
        slot->spare = next;
    }
    slot->n_snaps = 0;
}

void snap_set_deinit(struct snap_set *s)
{
    for (uint32_t i = 0; s->slots && i < s->n_slots; i++)
        clear_slot(&s->slots[i]);
    free(s->slots);
    *s = (struct snap_set){0};
}

static err snap_new(const struct mirror *m, struct snap **ret)
{
    MDB_txn *txn = NULL;
    TRY(mirror_check(m, mdb_txn_begin(m->env, NULL, MDB_RDONLY, &txn), "begin reading"));
    struct snap *snap = xcalloc(1, sizeof *snap);
    snap->txn = txn;
    err e = mirror_check(m, mdb_cursor_open(txn, m->state, &snap->cursor), "open cursor");
    mdb_txn_reset(txn);
    if (e.code)
        snap_free(snap);
    else
        *ret = snap;
    return e;
}

struct begin {
    const struct mirror *m;
    struct snap *snap;
};

static err begin_guarded(void *arg)
{
    const struct mirror *m = ((struct begin *)arg)->m;
    struct snap *snap = ((struct begin *)arg)->snap;
    TRY(mirror_check(m, mdb_txn_renew(snap->txn), "begin reading"));
    snap->running = true;
    /* Whatever the writer did before this commit (the undo window) is visible from here on. */
    atomic_thread_fence(memory_order_seq_cst);
    TRY(mirror_check(m, mdb_cursor_renew(snap->txn, snap->cursor), "renew cursor"));
    struct mirror_meta meta;
    err e = mirror_meta_get(m, snap->txn, &meta);
    if (e.code != 0 && e.code != ERR_NOT_FOUND)
        return e;
    snap->complete = e.code == 0;
    if (snap->complete)
        snap->header = meta.header;
    return OK;
}

/* Let the transaction see the newest ledger. */
static err snap_begin(const struct mirror *m, uint64_t generation, struct snap *snap)
{
    struct begin b = {m, snap};
    TRY(guard_run(begin_guarded, &b, m->path));
    snap->generation = generation;
    return OK;
}

/* A snapshot that is not in use: the current one, if nobody has it. */
static err take_unused(struct snap_set *s, struct snap_slot *slot)
{
    if (slot->current && slot->current->refs == 0) {
        snap_end(slot->current);
        return OK;
    }
    struct snap *snap = slot->spare;
    if (snap) {
        slot->spare = snap->next;
        snap->next = NULL;
    } else if (slot->n_snaps == SNAP_MAX_PER_SLOT) {
        return FAIL(ERR_BUSY, "mirror: views of %u ledgers are open on one core",
                    SNAP_MAX_PER_SLOT);
    } else {
        TRY(snap_new(s->mirror, &snap));
        slot->n_snaps++;
    }
    slot->current = snap; /* an old one in use is found again by its users */
    return OK;
}

static void enter(struct snap_slot *slot)
{
    if (slot->n_users++ > 0)
        return;
    uint32_t expected = GUARD_FREE;
    while (!atomic_compare_exchange_weak_explicit(&slot->guard, &expected, GUARD_OWNER,
                                                  memory_order_acquire, memory_order_relaxed)) {
        expected = GUARD_FREE;
        sched_yield(); /* the writer ends one transaction: a store */
    }
}

static void leave(struct snap_slot *slot)
{
    if (--slot->n_users == 0)
        atomic_store_explicit(&slot->guard, GUARD_FREE, memory_order_release);
}

static err refresh(struct snap_set *s, struct snap_slot *slot, uint64_t generation)
{
    TRY(take_unused(s, slot));
    err e = snap_begin(s->mirror, generation, slot->current);
    if (e.code)
        snap_end(slot->current);
    return e;
}

ERR snap_acquire(struct snap_set *s, uint32_t slot_index, struct snap **ret)
{
    struct snap_slot *slot = &s->slots[slot_index];
    if (__builtin_expect(atomic_load_explicit(&s->shut, memory_order_relaxed), 0))
        return (err){ERR_STALE};
    enter(slot);
    if (__builtin_expect(atomic_load(&s->shut), 0)) { /* since then */
        leave(slot);
        return (err){ERR_STALE};
    }
    uint64_t generation = atomic_load_explicit(&s->generation, memory_order_acquire);
    struct snap *snap = slot->current;
    if (__builtin_expect(!snap || !snap->running || snap->generation != generation, 0)) {
        err e = refresh(s, slot, generation);
        if (e.code) {
            leave(slot);
            return e;
        }
        snap = slot->current;
    }
    snap->refs++;
    *ret = snap;
    return OK;
}

void snap_release(struct snap_set *s, uint32_t slot_index, struct snap *snap)
{
    struct snap_slot *slot = &s->slots[slot_index];
    if (--snap->refs == 0 && snap != slot->current) {
        snap_end(snap);
        snap->next = slot->spare;
        slot->spare = snap;
    }
    leave(slot);
}

static bool writer_takes(struct snap_slot *slot)
{
    uint32_t expected = GUARD_FREE;
    if (!atomic_compare_exchange_strong_explicit(&slot->guard, &expected, GUARD_WRITER,
                                                 memory_order_acquire, memory_order_relaxed))
        return false;
    if (slot->current)
        snap_end(slot->current);
    return true;
}

static void writer_gives_back(struct snap_slot *slot)
{
    atomic_store_explicit(&slot->guard, GUARD_FREE, memory_order_release);
}

void snap_set_advance(struct snap_set *s)
{
    atomic_fetch_add_explicit(&s->generation, 1, memory_order_release);
    for (uint32_t i = 0; i < s->n_slots; i++)
        if (writer_takes(&s->slots[i]))
            writer_gives_back(&s->slots[i]);
}

static bool freeze_all(struct snap_set *s)
{
    for (uint32_t i = 0; i < s->n_slots; i++) {
        if (writer_takes(&s->slots[i]))
            continue;
        while (i-- > 0) /* nobody waits for us while we wait for someone */
            writer_gives_back(&s->slots[i]);
        return false;
    }
    return true;
}

bool snap_set_freeze(struct snap_set *s, uint32_t wait_ms)
{
    const struct timespec pause = {0, 1000000};
    while (!freeze_all(s)) {
        if (wait_ms-- == 0)
            return false;
        nanosleep(&pause, NULL);
    }
    return true;
}

void snap_set_thaw(struct snap_set *s)
{
    for (uint32_t i = 0; i < s->n_slots; i++)
        writer_gives_back(&s->slots[i]);
}

void snap_set_shut(struct snap_set *s)
{
    atomic_store(&s->shut, true);
}

bool snap_set_clear(struct snap_set *s, uint32_t wait_ms)
{
    if (!snap_set_freeze(s, wait_ms))
        return false;
    for (uint32_t i = 0; i < s->n_slots; i++)
        clear_slot(&s->slots[i]);
    snap_set_thaw(s);
    return true;
}

void snap_set_unshut(struct snap_set *s)
{
    atomic_fetch_add(&s->generation, 1);
    atomic_store(&s->shut, false);
}
