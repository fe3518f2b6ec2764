/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that readers without locks may still look at after it was taken out of what they read. A
 * reader is pinned while it reads; what the one writer discards is freed once nobody is pinned who
 * pinned before that. */
#pragma once
#include "base/list.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct epochs_garbage;
struct epochs_slot;

struct epochs {
    _Atomic uint64_t now;
    struct epochs_garbage *garbage; /* oldest first */
    size_t n_garbage, cap_garbage;
    uint32_t n_slots;
    struct epochs_slot *slots;
};

void epochs_init(struct epochs *es, uint32_t n_slots); /* reading threads */
void epochs_deinit(struct epochs *es);                 /* nobody is pinned */

/* --- writer --- */

/* Freed later, with free(). */
void epochs_discard(struct epochs *es, void *p);
/* Begin another epoch: who pins from now on has it, or a later one. */
uint64_t epochs_next(struct epochs *es);
/* Epoch of the oldest pin; nobody pinned: UINT64_MAX. */
uint64_t epochs_oldest(const struct epochs *es);
/* Free what nobody looks at any more. */
void epochs_collect(struct epochs *es);

/* --- readers --- */

struct epochs_pin {
    struct list link;
    uint64_t epoch;
};
/* A slot belongs to one thread; pins of a slot may end in any order. */
void epochs_pin(struct epochs *es, uint32_t slot, struct epochs_pin *p);
void epochs_unpin(struct epochs *es, uint32_t slot, struct epochs_pin *p);
