/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/epochs.h"

#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define IDLE UINT64_MAX

struct epochs_garbage {
    void *p;
    uint64_t epoch;
};

/* A reading thread: its pins, oldest first, and the oldest one's epoch for the writer to see. */
struct epochs_slot {
    _Alignas(64) _Atomic uint64_t epoch;
    struct list pins;
};

void epochs_init(struct epochs *es, uint32_t n_slots)
{
    *es = (struct epochs){.now = 1, .n_slots = n_slots};
    if (posix_memalign((void **)&es->slots, 64, n_slots * sizeof *es->slots) != 0)
        abort();
    for (uint32_t i = 0; i < n_slots; i++) {
        atomic_init(&es->slots[i].epoch, IDLE);
        list_init(&es->slots[i].pins);
    }
}

void epochs_deinit(struct epochs *es)
{
    epochs_next(es);
    epochs_collect(es);
    assert(es->n_garbage == 0);
    free(es->garbage);
    free(es->slots);
}

/* --- writer --- */

void epochs_discard(struct epochs *es, void *p)
{
    if (es->n_garbage == es->cap_garbage) {
        es->cap_garbage = es->cap_garbage ? es->cap_garbage * 2 : 1024;
        es->garbage = xrealloc(es->garbage, es->cap_garbage * sizeof *es->garbage);
    }
    uint64_t epoch = atomic_load_explicit(&es->now, memory_order_relaxed);
    es->garbage[es->n_garbage++] = (struct epochs_garbage){p, epoch};
}

uint64_t epochs_next(struct epochs *es)
{
    return atomic_fetch_add(&es->now, 1) + 1;
}

uint64_t epochs_oldest(const struct epochs *es)
{
    atomic_thread_fence(memory_order_seq_cst);
    uint64_t oldest = IDLE;
    for (uint32_t i = 0; i < es->n_slots; i++) {
        uint64_t epoch = atomic_load(&es->slots[i].epoch);
        oldest = epoch < oldest ? epoch : oldest;
    }
    return oldest;
}

void epochs_collect(struct epochs *es)
{
    uint64_t oldest = epochs_oldest(es);
    size_t n = 0;
    while (n < es->n_garbage && es->garbage[n].epoch < oldest)
        free(es->garbage[n++].p);
    es->n_garbage -= n;
    if (n && es->n_garbage)
        memmove(es->garbage, es->garbage + n, es->n_garbage * sizeof *es->garbage);
}

/* --- readers --- */

static void publish_oldest(struct epochs_slot *s)
{
    uint64_t epoch = IDLE;
    if (!list_empty(&s->pins))
        epoch = LIST_ENTRY(s->pins.next, struct epochs_pin, link)->epoch;
    atomic_store(&s->epoch, epoch);
}

void epochs_pin(struct epochs *es, uint32_t slot, struct epochs_pin *p)
{
    struct epochs_slot *s = &es->slots[slot];
    p->epoch = atomic_load(&es->now);
    list_push_back(&s->pins, &p->link);
    if (s->pins.next == &p->link)
        publish_oldest(s);
    atomic_thread_fence(memory_order_seq_cst);
}

void epochs_unpin(struct epochs *es, uint32_t slot, struct epochs_pin *p)
{
    struct epochs_slot *s = &es->slots[slot];
    bool was_oldest = s->pins.next == &p->link;
    list_unlink(&p->link);
    if (was_oldest)
        publish_oldest(s);
}
