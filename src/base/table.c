/* SPDX-License-Identifier: Apache-2.0 */
/* Linear probing in a power-of-two array, at most 3/4 full. Deleting moves later entries of the run
 * back, so there are no tombstones and a table that shrinks gets fast again. */
#include "base/table.h"

#include "base/hash.h"
#include "base/mem.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define MIN_SLOTS 16

/* A slot is a value (NULL = free), then the key, padded to pointers. */
struct table {
    size_t key_bytes;
    size_t slot_bytes;
    size_t n_slots; /* power of two; 0 = nothing allocated yet */
    size_t count;
    uint64_t seed;
    uint8_t *slots;
};

static uint64_t process_seed;

static void make_seed(void)
{
    if (getrandom(&process_seed, sizeof process_seed, GRND_NONBLOCK) == sizeof process_seed)
        return;
    struct timespec t; /* early at boot: not secret, still different from process to process */
    clock_gettime(CLOCK_MONOTONIC, &t);
    process_seed = (uint64_t)t.tv_nsec << 32 ^ (uint64_t)getpid() ^ (uint64_t)(uintptr_t)&t;
}

uint64_t table_seed(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_seed);
    return process_seed;
}

struct table *table_new(size_t key_bytes)
{
    struct table *t = xcalloc(1, sizeof *t);
    t->key_bytes = key_bytes;
    t->slot_bytes =
        sizeof(void *) + (key_bytes + sizeof(void *) - 1) / sizeof(void *) * sizeof(void *);
    t->seed = table_seed();
    return t;
}

struct table *table_free(struct table *t)
{
    if (t) {
        free(t->slots);
        free(t);
    }
    return NULL;
}

void table_freep(struct table **t)
{
    *t = table_free(*t);
}

size_t table_count(const struct table *t)
{
    return t->count;
}

static void **slot_value(const struct table *t, size_t i)
{
    return (void **)(void *)(t->slots + i * t->slot_bytes);
}

static void *slot_key(const struct table *t, size_t i)
{
    return t->slots + i * t->slot_bytes + sizeof(void *);
}

static size_t home_of(const struct table *t, const void *key)
{
    return hash_fast(key, t->key_bytes, t->seed) & (t->n_slots - 1);
}

/* The slot of the key, or the free slot where it would go. There is always a free one. */
static size_t find(const struct table *t, const void *key)
{
    size_t i = home_of(t, key);
    while (*slot_value(t, i) && memcmp(slot_key(t, i), key, t->key_bytes) != 0)
        i = (i + 1) & (t->n_slots - 1);
    return i;
}

static void resize(struct table *t, size_t n_slots)
{
    struct table old = *t;
    t->n_slots = n_slots;
    t->slots = xcalloc(n_slots, t->slot_bytes);
    for (size_t i = 0; i < old.n_slots; i++)
        if (*slot_value(&old, i))
            memcpy(slot_value(t, find(t, slot_key(&old, i))), slot_value(&old, i), t->slot_bytes);
    free(old.slots);
}

void *table_get(const struct table *t, const void *key)
{
    return t->count ? *slot_value(t, find(t, key)) : NULL;
}

void *table_put(struct table *t, const void *key, void *value)
{
    assert(value);
    if (t->count + 1 > t->n_slots / 4 * 3)
        resize(t, t->n_slots ? t->n_slots * 2 : MIN_SLOTS);
    void **at = slot_value(t, find(t, key));
    void *before = *at;
    if (before == NULL) {
        memcpy(at + 1, key, t->key_bytes);
        t->count++;
    }
    *at = value;
    return before;
}

static void *remove_at(struct table *t, size_t hole)
{
    void *value = *slot_value(t, hole);
    size_t mask = t->n_slots - 1;
    for (size_t i = (hole + 1) & mask; *slot_value(t, i); i = (i + 1) & mask) {
        size_t home = home_of(t, slot_key(t, i));
        if (((i - home) & mask) < ((i - hole) & mask))
            continue; /* its home lies behind the hole: it would not be found there */
        memcpy(slot_value(t, hole), slot_value(t, i), t->slot_bytes);
        hole = i;
    }
    *slot_value(t, hole) = NULL;
    t->count--;
    return value;
}

void *table_del(struct table *t, const void *key)
{
    if (t->count == 0)
        return NULL;
    size_t i = find(t, key);
    return *slot_value(t, i) ? remove_at(t, i) : NULL;
}

void table_clear(struct table *t)
{
    free(t->slots);
    t->slots = NULL;
    t->n_slots = t->count = 0;
}

void *table_each(const struct table *t, size_t *at, const void **ret_key)
{
    while (*at < t->n_slots) {
        size_t i = (*at)++;
        if (*slot_value(t, i) == NULL)
            continue;
        if (ret_key)
            *ret_key = slot_key(t, i);
        return *slot_value(t, i);
    }
    return NULL;
}

void table_each_del(struct table *t, size_t *at)
{
    assert(*at > 0 && *slot_value(t, *at - 1));
    remove_at(t, --*at);
}
