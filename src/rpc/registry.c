/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/registry.h"

#include "base/mem.h"
#include "rpc/method.h"

#include <pthread.h>

#define X(name) extern const struct method name##_method;
#include "rpc/methods.def"
#undef X

enum {
#define X(name) INDEX_##name,
#include "rpc/methods.def"
#undef X
#define X(name, cacheable) INDEX_##name,
#include "rpc/forwarded.def"
#undef X
    N_ENTRIES
};

#define N_SLOTS 256 /* power of two, sparse */
_Static_assert(N_ENTRIES < N_SLOTS / 2, "the table must stay sparse");

static const struct registry_entry entries[N_ENTRIES] = {
#define X(name) {#name, INDEX_##name, &name##_method, false},
#include "rpc/methods.def"
#undef X
#define X(name, cacheable) {#name, INDEX_##name, NULL, cacheable},
#include "rpc/forwarded.def"
#undef X
};

static const struct registry_entry *slots[N_SLOTS];
static pthread_once_t filled = PTHREAD_ONCE_INIT;

static uint32_t slot_of(const uint8_t *p, size_t n)
{
    uint32_t h = (uint32_t)n * 0x9E3779B1u;
    for (size_t i = 0; i < n; i++)
        h = (h ^ p[i]) * 0x01000193u;
    return (h ^ h >> 15) & (N_SLOTS - 1);
}

static void fill(void)
{
    for (uint32_t i = 0; i < N_ENTRIES; i++) {
        const char *name = entries[i].name;
        uint32_t slot = slot_of((const uint8_t *)name, strlen(name));
        while (slots[slot])
            slot = (slot + 1) & (N_SLOTS - 1);
        slots[slot] = &entries[i];
    }
}

const struct registry_entry *registry_find(struct slice name)
{
    pthread_once(&filled, fill);
    if (name.n == 0 || name.n > 64)
        return NULL;
    uint32_t slot = slot_of(name.p, name.n);
    for (; slots[slot]; slot = (slot + 1) & (N_SLOTS - 1))
        if (slice_is(name, slots[slot]->name))
            return slots[slot];
    return NULL;
}

uint32_t registry_count(void)
{
    return N_ENTRIES;
}

const struct registry_entry *registry_at(uint32_t index)
{
    return &entries[index];
}
