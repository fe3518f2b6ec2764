/* SPDX-License-Identifier: Apache-2.0 */
#include "store/memo.h"

#include "base/hash.h"
#include "base/list.h"
#include "base/mem.h"
#include "base/table.h"

#include <pthread.h>
#include <stdlib.h>

#define N_SHARDS 16 /* each with a lock of its own */
#define BYTES_PER_BUCKET 512

struct entry {
    struct list node; /* of its bucket */
    struct list age;  /* of the shard: the entry asked for last is the last one */
    uint64_t hash;
    uint32_t low, high;
    uint32_t key_n, value_n;
    uint8_t bytes[]; /* key, value */
};

struct shard {
    pthread_mutex_t lock;
    uint32_t epoch;
    size_t n_bytes;
    struct list ages;
    struct list *buckets;
};

struct memo {
    size_t shard_bytes;
    size_t n_buckets; /* of a shard; a power of two */
    struct shard shards[N_SHARDS];
};

struct memo *memo_new(size_t max_bytes)
{
    struct memo *m = xcalloc(1, sizeof *m);
    m->shard_bytes = max_bytes / N_SHARDS;
    m->n_buckets = 1;
    while (m->n_buckets * BYTES_PER_BUCKET < m->shard_bytes)
        m->n_buckets *= 2;
    for (size_t i = 0; i < N_SHARDS; i++) {
        struct shard *s = &m->shards[i];
        pthread_mutex_init(&s->lock, NULL);
        list_init(&s->ages);
        s->buckets = xcalloc(m->n_buckets, sizeof *s->buckets);
        for (size_t k = 0; k < m->n_buckets; k++)
            list_init(&s->buckets[k]);
    }
    return m;
}

static size_t size_of(const struct entry *e)
{
    return sizeof *e + e->key_n + e->value_n;
}

static void remove_entry(struct shard *s, struct entry *e)
{
    s->n_bytes -= size_of(e);
    list_unlink(&e->node);
    list_unlink(&e->age);
    free(e);
}

static void remove_all(struct shard *s)
{
    while (!list_empty(&s->ages))
        remove_entry(s, LIST_ENTRY(s->ages.next, struct entry, age));
}

struct memo *memo_free(struct memo *m)
{
    for (size_t i = 0; m && i < N_SHARDS; i++) {
        remove_all(&m->shards[i]);
        free(m->shards[i].buckets);
        pthread_mutex_destroy(&m->shards[i].lock);
    }
    free(m);
    return NULL;
}

static uint64_t hash_of(struct slice key)
{
    return hash_fast(key.p, key.n, table_seed());
}

static struct shard *shard_of(struct memo *m, uint64_t hash)
{
    return &m->shards[hash >> 32 & (N_SHARDS - 1)];
}

static struct list *bucket_of(struct memo *m, struct shard *s, uint64_t hash)
{
    return &s->buckets[hash & (m->n_buckets - 1)];
}

static bool has_key(const struct entry *e, uint64_t hash, struct slice key)
{
    return e->hash == hash && e->key_n == key.n && memcmp(e->bytes, key.p, key.n) == 0;
}

bool memo_get(struct memo *m, struct slice key, uint32_t at, struct arena *a, struct slice *ret,
              uint32_t *ret_low)
{
    uint64_t hash = hash_of(key);
    struct shard *s = shard_of(m, hash);
    struct list *bucket = bucket_of(m, s, hash);
    bool found = false;
    pthread_mutex_lock(&s->lock);
    for (struct list *n = bucket->next; n != bucket && !found; n = n->next) {
        struct entry *e = LIST_ENTRY(n, struct entry, node);
        found = e->low <= at && at <= e->high && has_key(e, hash, key);
        if (!found)
            continue;
        if (a)
            *ret = arena_dup(a, slice_of(e->bytes + e->key_n, e->value_n));
        *ret_low = e->low;
        list_unlink(&e->age);
        list_push_back(&s->ages, &e->age);
    }
    pthread_mutex_unlock(&s->lock);
    return found;
}

uint32_t memo_epoch(struct memo *m, struct slice key)
{
    struct shard *s = shard_of(m, hash_of(key));
    pthread_mutex_lock(&s->lock);
    uint32_t epoch = s->epoch;
    pthread_mutex_unlock(&s->lock);
    return epoch;
}

/* The entry with this key and `low`; NULL if there is none. */
static struct entry *find(struct list *bucket, uint64_t hash, struct slice key, uint32_t low)
{
    for (struct list *n = bucket->next; n != bucket; n = n->next) {
        struct entry *e = LIST_ENTRY(n, struct entry, node);
        if (e->low == low && has_key(e, hash, key))
            return e;
    }
    return NULL;
}

static struct entry *make(uint64_t hash, struct slice key, struct slice value)
{
    struct entry *e = xmalloc(sizeof *e + key.n + value.n);
    e->hash = hash;
    e->key_n = (uint32_t)key.n;
    e->value_n = (uint32_t)value.n;
    memcpy(e->bytes, key.p, key.n);
    if (value.n)
        memcpy(e->bytes + key.n, value.p, value.n);
    return e;
}

void memo_put(struct memo *m, uint32_t epoch, struct slice key, uint32_t low, uint32_t high,
              struct slice value)
{
    uint64_t hash = hash_of(key);
    struct shard *s = shard_of(m, hash);
    struct list *bucket = bucket_of(m, s, hash);
    if (key.n + value.n > MEMO_MAX_BYTES || sizeof(struct entry) + key.n + value.n > m->shard_bytes)
        return;
    struct entry *e = make(hash, key, value);
    pthread_mutex_lock(&s->lock);
    if (s->epoch == epoch) {
        struct entry *old = find(bucket, hash, key, low);
        e->low = low;
        e->high = old && old->high > high ? old->high : high;
        if (old)
            remove_entry(s, old);
        list_push_back(bucket, &e->node);
        list_push_back(&s->ages, &e->age);
        s->n_bytes += size_of(e);
        e = NULL;
        while (s->n_bytes > m->shard_bytes)
            remove_entry(s, LIST_ENTRY(s->ages.next, struct entry, age));
    }
    pthread_mutex_unlock(&s->lock);
    free(e);
}

void memo_drop(struct memo *m, struct slice key)
{
    uint64_t hash = hash_of(key);
    struct shard *s = shard_of(m, hash);
    struct list *bucket = bucket_of(m, s, hash), *next;
    pthread_mutex_lock(&s->lock);
    s->epoch++;
    for (struct list *n = bucket->next; n != bucket; n = next) {
        next = n->next;
        struct entry *e = LIST_ENTRY(n, struct entry, node);
        if (has_key(e, hash, key))
            remove_entry(s, e);
    }
    pthread_mutex_unlock(&s->lock);
}

void memo_clear(struct memo *m)
{
    for (size_t i = 0; i < N_SHARDS; i++) {
        struct shard *s = &m->shards[i];
        pthread_mutex_lock(&s->lock);
        s->epoch++;
        remove_all(s);
        pthread_mutex_unlock(&s->lock);
    }
}
