/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/tip.h"

#include <sched.h>
#include <stddef.h>

void tip_set(struct tip *t, const struct ledger_header *header)
{
    uint64_t words[TIP_WORDS] = {0};
    memcpy(words, header, sizeof *header);
    uint64_t version = atomic_load_explicit(&t->version, memory_order_relaxed);
    atomic_store_explicit(&t->version, version + 1, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
    for (size_t i = 0; i < TIP_WORDS; i++)
        atomic_store_explicit(&t->words[i], words[i], memory_order_relaxed);
    atomic_store_explicit(&t->version, version + 2, memory_order_release);
}

void tip_clear(struct tip *t)
{
    atomic_store(&t->version, 0);
}

static bool try_get(struct tip *t, uint64_t version, struct ledger_header *ret)
{
    uint64_t words[TIP_WORDS];
    for (size_t i = 0; i < TIP_WORDS; i++)
        words[i] = atomic_load_explicit(&t->words[i], memory_order_relaxed);
    atomic_thread_fence(memory_order_acquire);
    if (version % 2 || atomic_load_explicit(&t->version, memory_order_relaxed) != version)
        return false;
    memcpy(ret, words, sizeof *ret);
    return true;
}

/* The member at `at` of the header. One word is whole at any time; only before the first header is
 * there nothing in it. */
static inline bool get_u32(struct tip *t, size_t at, uint32_t *ret)
{
    for (;;) {
        uint64_t version = atomic_load_explicit(&t->version, memory_order_acquire);
        if (version == 0)
            return false;
        if (version > 1) {
            uint64_t word = atomic_load_explicit(&t->words[at / 8], memory_order_relaxed);
            memcpy(ret, (const char *)&word + at % 8, sizeof *ret);
            return true;
        }
        sched_yield(); /* the first is being written */
    }
}

bool tip_get_seq(struct tip *t, uint32_t *ret)
{
    return get_u32(t, offsetof(struct ledger_header, seq), ret);
}

bool tip_get_close_time(struct tip *t, uint32_t *ret)
{
    return get_u32(t, offsetof(struct ledger_header, close_time), ret);
}

bool tip_get(struct tip *t, struct ledger_header *ret)
{
    for (;;) {
        uint64_t version = atomic_load_explicit(&t->version, memory_order_acquire);
        if (version == 0)
            return false;
        if (try_get(t, version, ret))
            return true;
        sched_yield(); /* the writer copies a few words */
    }
}
