/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/epochs.h"

#include "base/mem.h"
#include "test.h"

static void *discarded(struct epochs *es)
{
    void *p = xcalloc(1, 64);
    epochs_discard(es, p);
    epochs_next(es);
    epochs_collect(es);
    return p;
}

TEST(what_nobody_looks_at_is_freed_at_once)
{
    struct epochs es;
    epochs_init(&es, 2);
    ASSERT_INT(UINT64_MAX, epochs_oldest(&es));
    discarded(&es);
    ASSERT_INT(0, es.n_garbage);
    epochs_deinit(&es);
}

/* Under the address sanitizer this fails if memory is given back too early. */
TEST(memory_stays_for_those_who_pinned_before)
{
    struct epochs es;
    struct epochs_pin first, second;
    epochs_init(&es, 3);
    epochs_pin(&es, 2, &first);
    uint64_t epoch = epochs_oldest(&es);
    uint8_t *a = discarded(&es), *b = discarded(&es);
    epochs_pin(&es, 0, &second);
    uint8_t *c = discarded(&es);
    ASSERT_INT(epoch, epochs_oldest(&es));
    ASSERT_INT(3, es.n_garbage);
    ASSERT(a[0] == 0 && b[0] == 0 && c[0] == 0);
    epochs_unpin(&es, 2, &first);
    ASSERT(epochs_oldest(&es) > epoch);
    epochs_collect(&es);
    ASSERT_INT(1, es.n_garbage); /* the second one pinned before it */
    ASSERT(c[0] == 0);
    epochs_unpin(&es, 0, &second);
    epochs_collect(&es);
    ASSERT_INT(0, es.n_garbage);
    epochs_deinit(&es);
}

TEST(pins_of_a_slot_end_in_any_order)
{
    struct epochs es;
    struct epochs_pin pins[3];
    epochs_init(&es, 1);
    for (int i = 0; i < 3; i++) {
        epochs_pin(&es, 0, &pins[i]);
        epochs_next(&es);
    }
    uint64_t oldest = pins[0].epoch;
    epochs_unpin(&es, 0, &pins[1]);
    ASSERT_INT(oldest, epochs_oldest(&es));
    epochs_unpin(&es, 0, &pins[0]);
    ASSERT_INT(pins[2].epoch, epochs_oldest(&es));
    epochs_unpin(&es, 0, &pins[2]);
    ASSERT_INT(UINT64_MAX, epochs_oldest(&es));
    epochs_deinit(&es);
}
