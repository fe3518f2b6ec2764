/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/versions.h"

#include "base/bits.h"
#include "base/mem.h"
#include "base/table.h"

#include <assert.h>
#include <stdlib.h>

#define MAX_HEIGHT 12 /* of 1/4 each: good for 16 million keys */
#define IDLE UINT64_MAX
#define BUCKETS ((size_t)1 << 17)
/* Most keys that are asked for have no versions. Bits stay in the processor's cache, where the keys
 * of a bucket do not: there are eight bits to a bucket. */
#define FILTER_BITS (BUCKETS * 8)

struct version {
    _Atomic(struct version *) older;
    struct version *newer;
    struct versions_key *key;
    _Atomic uint32_t until;
    uint32_t n; /* 0 = there was nothing */
    bool waited;
    uint8_t data[];
};

/* A key and its versions, newest first; a node of a skip list in key order, and of a list of those
 * with the same hash. */
struct versions_key {
    struct hash256 key;
    _Atomic(struct version *) newest;
    struct version *oldest;
    _Atomic(struct versions_key *) same_hash;
    uint32_t height;
    _Atomic(struct versions_key *) next[];
};

/* Memory that readers may still look at. */
struct garbage {
    void *p;
    uint64_t epoch;
};

/* A reading thread: its pins, oldest first, and the oldest one's epoch for the writer to see. */
struct versions_slot {
    _Alignas(64) _Atomic uint64_t epoch;
    struct list pins;
};

struct versions {
    _Atomic uint64_t epoch;
    _Atomic uint64_t bytes;
    _Atomic uint64_t waiting_bytes;
    uint64_t seed;
    _Atomic uint64_t *filter; /* by hash: 0 = no such key */
    _Atomic(struct versions_key *) *buckets;
    struct versions_key *head; /* MAX_HEIGHT high, its key is never looked at */
    uint64_t random;
    struct garbage *garbage;
    size_t n_garbage, cap_garbage;
    uint32_t n_slots;
    struct versions_slot *slots;
};

static struct versions_key *key_new(const struct hash256 *key, uint32_t height)
{
    struct versions_key *k = xcalloc(1, sizeof *k + height * sizeof k->next[0]);
    k->key = *key;
    k->height = height;
    return k;
}

static uint64_t key_bytes(const struct versions_key *k)
{
    return sizeof *k + k->height * sizeof k->next[0];
}

static uint64_t own_bytes(const struct version *v)
{
    return sizeof *v + v->n;
}

struct versions *versions_new(uint32_t n_slots)
{
    struct versions *vs = xcalloc(1, sizeof *vs);
    vs->seed = table_seed();
    vs->filter = xcalloc(FILTER_BITS / 64, sizeof *vs->filter);
    vs->buckets = xcalloc(BUCKETS, sizeof *vs->buckets);
    vs->head = key_new(&HASH256_ZERO, MAX_HEIGHT);
    vs->random = 0x9e3779b97f4a7c15u;
    vs->epoch = 1;
    vs->n_slots = n_slots;
    if (posix_memalign((void **)&vs->slots, 64, n_slots * sizeof *vs->slots) != 0)
        abort();
    for (uint32_t i = 0; i < n_slots; i++) {
        atomic_init(&vs->slots[i].epoch, IDLE);
        list_init(&vs->slots[i].pins);
    }
    return vs;
}

static void free_all(struct versions_key *k)
{
    while (k) {
        struct versions_key *next = atomic_load(&k->next[0]);
        for (struct version *v = atomic_load(&k->newest); v;) {
            struct version *older = atomic_load(&v->older);
            free(v);
            v = older;
        }
        free(k);
        k = next;
    }
}

struct versions *versions_free(struct versions *vs)
{
    if (vs == NULL)
        return NULL;
    versions_next_epoch(vs);
    versions_collect(vs);
    assert(vs->n_garbage == 0);
    free_all(vs->head);
    free(vs->garbage);
    free(vs->slots);
    free(vs->buckets);
    free(vs->filter);
    free(vs);
    return NULL;
}

/* --- the keys; written by one thread, read by many --- */

static struct versions_key *next_at(const struct versions_key *k, uint32_t level)
{
    return atomic_load_explicit(&k->next[level], memory_order_acquire);
}

/* First key >= `key`; ret_before (may be NULL) gets the last node before it on each level. */
static struct versions_key *seek(const struct versions *vs, const struct hash256 *key,
                                 struct versions_key *ret_before[MAX_HEIGHT])
{
    struct versions_key *at = vs->head, *next = NULL;
    for (uint32_t level = MAX_HEIGHT; level-- > 0;) {
        next = next_at(at, level);
        while (next && hash256_cmp(&next->key, key) < 0) {
            at = next;
            next = next_at(at, level);
        }
        if (ret_before)
            ret_before[level] = at;
    }
    return next;
}

/* Keys share beginnings or ends, so all of them counts; the seed keeps anybody from choosing keys
 * of one bucket. */
static uint64_t hash_of(const struct versions *vs, const struct hash256 *key)
{
    uint64_t w[4];
    memcpy(w, key->b, sizeof w);
    unsigned __int128 a = (unsigned __int128)(w[0] ^ vs->seed) * (w[1] ^ 0x9e3779b97f4a7c15u);
    unsigned __int128 b = (unsigned __int128)(w[2] ^ vs->seed) * (w[3] ^ 0xbf58476d1ce4e5b9u);
    uint64_t h = (uint64_t)a ^ (uint64_t)(a >> 64) ^ (uint64_t)b ^ (uint64_t)(b >> 64);
    return (h ^ h >> 32) & (FILTER_BITS - 1);
}

static _Atomic(struct versions_key *) *bucket_of(const struct versions *vs, uint64_t hash)
{
    return &vs->buckets[hash & (BUCKETS - 1)];
}

static struct versions_key *find(const struct versions *vs, const struct hash256 *key)
{
    uint64_t hash = hash_of(vs, key);
    uint64_t bits = atomic_load_explicit(&vs->filter[hash / 64], memory_order_acquire);
    if (__builtin_expect(!(bits >> hash % 64 & 1), 1))
        return NULL;
    struct versions_key *k = atomic_load_explicit(bucket_of(vs, hash), memory_order_acquire);
    while (k && !hash256_eq(&k->key, key))
        k = atomic_load_explicit(&k->same_hash, memory_order_acquire);
    return k;
}

static void filter_add(struct versions *vs, uint64_t hash)
{
    atomic_fetch_or_explicit(&vs->filter[hash / 64], (uint64_t)1 << hash % 64,
                             memory_order_release);
}

/* Keys that share a bit are in the same bucket. */
static void filter_remove(struct versions *vs, uint64_t hash)
{
    for (struct versions_key *k = atomic_load(bucket_of(vs, hash)); k;
         k = atomic_load(&k->same_hash))
        if (hash_of(vs, &k->key) == hash)
            return;
    atomic_fetch_and_explicit(&vs->filter[hash / 64], ~((uint64_t)1 << hash % 64),
                              memory_order_release);
}

static uint32_t random_height(struct versions *vs)
{
    vs->random ^= vs->random << 13;
    vs->random ^= vs->random >> 7;
    vs->random ^= vs->random << 17;
    uint32_t height = 1;
    for (uint64_t bits = vs->random >> 20; height < MAX_HEIGHT && (bits & 3) == 0; bits >>= 2)
        height++;
    return height;
}

/* A new node with its first version, complete before anyone can see it. */
static struct versions_key *link_key(struct versions *vs, const struct hash256 *key,
                                     struct version *v)
{
    struct versions_key *before[MAX_HEIGHT];
    seek(vs, key, before);
    uint32_t height = random_height(vs);
    struct versions_key *k = key_new(key, height);
    uint64_t hash = hash_of(vs, key);
    _Atomic(struct versions_key *) *bucket = bucket_of(vs, hash);
    k->oldest = v;
    atomic_init(&k->newest, v);
    atomic_init(&k->same_hash, atomic_load_explicit(bucket, memory_order_relaxed));
    for (uint32_t i = 0; i < height; i++)
        atomic_init(&k->next[i], next_at(before[i], i));
    for (uint32_t i = 0; i < height; i++)
        atomic_store_explicit(&before[i]->next[i], k, memory_order_release);
    atomic_store_explicit(bucket, k, memory_order_release);
    filter_add(vs, hash);
    vs->bytes += key_bytes(k);
    return k;
}

void versions_discard(struct versions *vs, void *p)
{
    if (vs->n_garbage == vs->cap_garbage) {
        vs->cap_garbage = vs->cap_garbage ? vs->cap_garbage * 2 : 1024;
        vs->garbage = xrealloc(vs->garbage, vs->cap_garbage * sizeof *vs->garbage);
    }
    uint64_t epoch = atomic_load_explicit(&vs->epoch, memory_order_relaxed);
    vs->garbage[vs->n_garbage++] = (struct garbage){p, epoch};
}

static void unlink_key(struct versions *vs, struct versions_key *k)
{
    struct versions_key *before[MAX_HEIGHT];
    seek(vs, &k->key, before);
    for (uint32_t i = k->height; i-- > 0;)
        atomic_store_explicit(&before[i]->next[i], next_at(k, i), memory_order_release);
    uint64_t hash = hash_of(vs, &k->key);
    _Atomic(struct versions_key *) *at = bucket_of(vs, hash);
    for (struct versions_key *one; (one = atomic_load(at)) != k;)
        at = &one->same_hash;
    atomic_store_explicit(at, atomic_load(&k->same_hash), memory_order_release);
    filter_remove(vs, hash);
    vs->bytes -= key_bytes(k);
    versions_discard(vs, k);
}

/* --- versions of a key --- */

static uint32_t until_of(const struct version *v)
{
    return atomic_load_explicit(&v->until, memory_order_acquire);
}

uint64_t versions_bytes_of(const struct version *v)
{
    return own_bytes(v) + key_bytes(v->key);
}

/* Behind those that hold longer. */
static void link_version(struct versions_key *k, struct version *v)
{
    struct version *newer = NULL;
    struct version *older = atomic_load_explicit(&k->newest, memory_order_relaxed);
    for (; older && until_of(older) > until_of(v); older = atomic_load(&older->older))
        newer = older;
    v->newer = newer;
    atomic_init(&v->older, older);
    if (older)
        older->newer = v;
    else
        k->oldest = v;
    atomic_store_explicit(newer ? &newer->older : &k->newest, v, memory_order_release);
}

struct version *versions_add(struct versions *vs, const struct hash256 *key, uint32_t until,
                             struct slice object)
{
    struct version *v = xcalloc(1, sizeof *v + object.n);
    atomic_init(&v->until, until);
    v->n = (uint32_t)object.n;
    v->waited = until == VERSIONS_WAITING;
    if (object.n)
        memcpy(v->data, object.p, object.n);
    v->key = find(vs, key);
    if (v->key)
        link_version(v->key, v);
    else
        v->key = link_key(vs, key, v);
    vs->bytes += own_bytes(v);
    if (v->waited)
        vs->waiting_bytes += versions_bytes_of(v);
    return v;
}

void versions_hold(struct versions *vs, struct version *v, uint32_t until)
{
    uint32_t was = until_of(v);
    if (was == VERSIONS_WAITING)
        vs->waiting_bytes -= versions_bytes_of(v);
    if (until == VERSIONS_WAITING)
        vs->waiting_bytes += versions_bytes_of(v);
    atomic_store_explicit(&v->until, until, memory_order_release);
}

void versions_remove(struct versions *vs, struct version *v)
{
    struct versions_key *k = v->key;
    struct version *older = atomic_load_explicit(&v->older, memory_order_relaxed);
    if (until_of(v) == VERSIONS_WAITING)
        vs->waiting_bytes -= versions_bytes_of(v);
    vs->bytes -= own_bytes(v);
    if (v->newer == NULL && older == NULL) {
        unlink_key(vs, k);
    } else {
        if (older)
            older->newer = v->newer;
        else
            k->oldest = v->newer;
        atomic_store_explicit(v->newer ? &v->newer->older : &k->newest, older,
                              memory_order_release);
    }
    versions_discard(vs, v);
}

struct version *versions_waiting_at(const struct versions_key *k)
{
    struct version *v = atomic_load_explicit(&k->newest, memory_order_acquire);
    return v && until_of(v) == VERSIONS_WAITING ? v : NULL;
}

struct version *versions_waiting(const struct versions *vs, const struct hash256 *key)
{
    const struct versions_key *k = find(vs, key);
    return k ? versions_waiting_at(k) : NULL;
}

const struct hash256 *versions_key_of(const struct version *v)
{
    return &v->key->key;
}

struct slice versions_object(const struct version *v)
{
    return slice_of(v->data, v->n);
}

bool versions_has_waited(const struct version *v)
{
    return v->waited;
}

/* --- memory --- */

uint64_t versions_next_epoch(struct versions *vs)
{
    return atomic_fetch_add(&vs->epoch, 1) + 1;
}

uint64_t versions_oldest_epoch(const struct versions *vs)
{
    atomic_thread_fence(memory_order_seq_cst);
    uint64_t oldest = IDLE;
    for (uint32_t i = 0; i < vs->n_slots; i++) {
        uint64_t epoch = atomic_load(&vs->slots[i].epoch);
        oldest = epoch < oldest ? epoch : oldest;
    }
    return oldest;
}

void versions_collect(struct versions *vs)
{
    uint64_t oldest = versions_oldest_epoch(vs);
    size_t n = 0;
    while (n < vs->n_garbage && vs->garbage[n].epoch < oldest)
        free(vs->garbage[n++].p);
    vs->n_garbage -= n;
    if (n && vs->n_garbage)
        memmove(vs->garbage, vs->garbage + n, vs->n_garbage * sizeof *vs->garbage);
}

/* --- readers --- */

static void publish_oldest(struct versions_slot *s)
{
    uint64_t epoch = IDLE;
    if (!list_empty(&s->pins))
        epoch = LIST_ENTRY(s->pins.next, struct versions_pin, link)->epoch;
    atomic_store(&s->epoch, epoch);
}

void versions_pin(struct versions *vs, uint32_t slot, struct versions_pin *p)
{
    struct versions_slot *s = &vs->slots[slot];
    p->epoch = atomic_load(&vs->epoch);
    list_push_back(&s->pins, &p->link);
    if (s->pins.next == &p->link)
        publish_oldest(s);
    atomic_thread_fence(memory_order_seq_cst);
}

void versions_unpin(struct versions *vs, uint32_t slot, struct versions_pin *p)
{
    struct versions_slot *s = &vs->slots[slot];
    bool was_oldest = s->pins.next == &p->link;
    list_unlink(&p->link);
    if (was_oldest)
        publish_oldest(s);
}

const struct versions_key *versions_find(const struct versions *vs, const struct hash256 *key)
{
    return find(vs, key);
}

const struct versions_key *versions_seek(const struct versions *vs, const struct hash256 *key)
{
    return seek(vs, key, NULL);
}

const struct versions_key *versions_seek_before(const struct versions *vs,
                                                const struct hash256 *key)
{
    struct versions_key *before[MAX_HEIGHT];
    seek(vs, key, before);
    return before[0] == vs->head ? NULL : before[0];
}

const struct versions_key *versions_next(const struct versions_key *k)
{
    return next_at(k, 0);
}

const struct hash256 *versions_key(const struct versions_key *k)
{
    return &k->key;
}

bool versions_at(const struct versions_key *k, uint32_t seq, struct slice *ret)
{
    const struct version *found = NULL;
    const struct version *v = atomic_load_explicit(&k->newest, memory_order_acquire);
    while (v && until_of(v) > seq) {
        found = v;
        v = atomic_load_explicit(&v->older, memory_order_acquire);
    }
    if (found)
        *ret = slice_of(found->data, found->n);
    return found != NULL;
}

uint64_t versions_bytes(const struct versions *vs)
{
    return atomic_load_explicit(&vs->bytes, memory_order_relaxed);
}

uint64_t versions_waiting_bytes(const struct versions *vs)
{
    return atomic_load_explicit(&vs->waiting_bytes, memory_order_relaxed);
}
