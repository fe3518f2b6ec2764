/* SPDX-License-Identifier: Apache-2.0 */
#include "rt/clock.h"

#include "rt/core_impl.h"

#include <stdatomic.h>
#include <time.h>

static atomic_bool frozen;
static _Atomic int64_t frozen_now_ns;
static _Atomic int64_t frozen_wall_ns;

static int64_t read_ns(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * CLOCK_S + t.tv_nsec;
}

int64_t clock_now_ns(void)
{
    if (__builtin_expect(clock_test_frozen(), 0))
        return atomic_load(&frozen_now_ns);
    return read_ns(CLOCK_MONOTONIC);
}

int64_t clock_real_ns(void)
{
    return read_ns(CLOCK_MONOTONIC);
}

int64_t clock_wall_ns(void)
{
    if (__builtin_expect(clock_test_frozen(), 0))
        return atomic_load(&frozen_wall_ns);
    return read_ns(CLOCK_REALTIME);
}

uint32_t clock_ledger_s(void)
{
    int64_t s = clock_wall_ns() / CLOCK_S - CLOCK_LEDGER_EPOCH_S;
    return s < 0 ? 0 : s > UINT32_MAX ? UINT32_MAX : (uint32_t)s;
}

int64_t clock_cpu_ns(void)
{
    return read_ns(CLOCK_THREAD_CPUTIME_ID);
}

void clock_test_set(const int64_t *now_ns, int64_t wall_ns)
{
    if (now_ns) {
        atomic_store(&frozen_now_ns, *now_ns);
        atomic_store(&frozen_wall_ns, wall_ns);
    }
    atomic_store(&frozen, now_ns != NULL);
    core_poke_all();
}

void clock_test_advance(int64_t ns)
{
    atomic_fetch_add(&frozen_now_ns, ns);
    atomic_fetch_add(&frozen_wall_ns, ns);
    core_poke_all();
}

bool clock_test_frozen(void)
{
    return atomic_load_explicit(&frozen, memory_order_relaxed);
}
