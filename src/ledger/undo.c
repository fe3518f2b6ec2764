/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/undo.h"

#include "base/bits.h"
#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>

#define MAX_HEIGHT 12 /* of 1/4 each: good for 16 million keys */
#define IDLE UINT64_MAX

/* One record: what ledger `ledger` replaced. */
struct version {
    _Atomic(struct version *) older;
    struct version *newer;
    struct undo_key *key;
    uint32_t ledger;
    uint32_t n; /* 0 = there was nothing */
    struct hash256 key_bytes;
    uint8_t data[];
};

/* A key and its records, newest first; a node of a skip list in key order. */
struct undo_key {
    struct hash256 key;
    _Atomic(struct version *) newest;
    struct version *oldest;
    uint32_t height;
    _Atomic(struct undo_key *) next[];
};

struct undo_run {
    struct ledger_header before;
    struct version **versions;
    size_t n, cap;
    uint64_t bytes;
};

/* Memory that readers may still look at. */
struct garbage {
    void *p;
    uint64_t epoch;
};

/* A reading thread: its pins, oldest first, and the oldest one's epoch for the writer to see. */
struct undo_slot {
    _Alignas(64) _Atomic uint64_t epoch;
    struct list pins;
};

struct undo {
    struct undo_opts opts;
    _Atomic uint32_t
        floor; /* ledger of the oldest run; one more than the mirror's ledger if there is none */
    _Atomic uint64_t epoch;
    _Atomic uint64_t bytes;
    _Atomic uint32_t n_runs;
    uint32_t next_ledger; /* of the next run */
    uint32_t ring_mask;
    _Atomic(struct undo_run *) *ring; /* runs by ledger */
    struct undo_key *head;            /* MAX_HEIGHT high, its key is never looked at */
    uint64_t random;
    struct garbage *garbage;
    size_t n_garbage, cap_garbage;
    struct undo_slot *slots;
};

static struct undo_key *key_new(const struct hash256 *key, uint32_t height)
{
    struct undo_key *k = xcalloc(1, sizeof *k + height * sizeof k->next[0]);
    k->key = *key;
    k->height = height;
    return k;
}

static uint64_t key_bytes(const struct undo_key *k)
{
    return sizeof *k + k->height * sizeof k->next[0];
}

static uint64_t version_bytes(const struct version *v)
{
    return sizeof *v + v->n;
}

struct undo *undo_new(const struct undo_opts *opts)
{
    struct undo *u = xcalloc(1, sizeof *u);
    u->opts = *opts;
    uint32_t size = 2;
    while (size < opts->max_ledgers + 2)
        size *= 2;
    u->ring_mask = size - 1;
    u->ring = xcalloc(size, sizeof *u->ring);
    u->head = key_new(&HASH256_ZERO, MAX_HEIGHT);
    u->random = 0x9e3779b97f4a7c15u;
    u->epoch = 1;
    if (posix_memalign((void **)&u->slots, 64, opts->n_slots * sizeof *u->slots) != 0)
        abort();
    for (uint32_t i = 0; i < opts->n_slots; i++) {
        atomic_init(&u->slots[i].epoch, IDLE);
        list_init(&u->slots[i].pins);
    }
    return u;
}

struct undo_run *undo_run_free(struct undo_run *r)
{
    if (r == NULL)
        return NULL;
    for (size_t i = 0; i < r->n; i++)
        free(r->versions[i]);
    free(r->versions);
    free(r);
    return NULL;
}

struct undo *undo_free(struct undo *u)
{
    if (u == NULL)
        return NULL;
    undo_reset(u, 0);
    undo_collect(u);
    assert(u->n_garbage == 0);
    free(u->garbage);
    free(u->slots);
    free(u->head);
    free(u->ring);
    free(u);
    return NULL;
}

struct undo_run *undo_run_new(const struct ledger_header *before)
{
    struct undo_run *r = xcalloc(1, sizeof *r);
    r->before = *before;
    return r;
}

void undo_run_add(struct undo_run *r, const struct hash256 *key, struct slice before)
{
    if (r->n == r->cap) {
        r->cap = r->cap ? r->cap * 2 : 256;
        r->versions = xrealloc(r->versions, r->cap * sizeof *r->versions);
    }
    struct version *v = xcalloc(1, sizeof *v + before.n);
    v->ledger = r->before.seq + 1;
    v->n = (uint32_t)before.n;
    v->key_bytes = *key;
    if (before.n)
        memcpy(v->data, before.p, before.n);
    r->versions[r->n++] = v;
}

size_t undo_run_count(const struct undo_run *r)
{
    return r->n;
}

const struct hash256 *undo_run_key(const struct undo_run *r, size_t i)
{
    return &r->versions[i]->key_bytes;
}

struct slice undo_run_before(const struct undo_run *r, size_t i)
{
    return slice_of(r->versions[i]->data, r->versions[i]->n);
}

/* --- the skip list; written by one thread, read by many --- */

static struct undo_key *next_at(const struct undo_key *k, uint32_t level)
{
    return atomic_load_explicit(&k->next[level], memory_order_acquire);
}

/* First key >= `key`; ret_before (may be NULL) gets the last node before it on each level. */
static struct undo_key *seek(const struct undo *u, const struct hash256 *key,
                             struct undo_key *ret_before[MAX_HEIGHT])
{
    struct undo_key *at = u->head, *next = NULL;
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

static uint32_t random_height(struct undo *u)
{
    u->random ^= u->random << 13;
    u->random ^= u->random >> 7;
    u->random ^= u->random << 17;
    uint32_t height = 1;
    for (uint64_t bits = u->random >> 20; height < MAX_HEIGHT && (bits & 3) == 0; bits >>= 2)
        height++;
    return height;
}

/* A new node with its first record, complete before anyone can see it. */
static struct undo_key *link_key(struct undo *u, struct version *v, struct undo_key **before)
{
    uint32_t height = random_height(u);
    struct undo_key *k = key_new(&v->key_bytes, height);
    k->oldest = v;
    atomic_init(&k->newest, v);
    for (uint32_t i = 0; i < height; i++)
        atomic_init(&k->next[i], next_at(before[i], i));
    for (uint32_t i = 0; i < height; i++)
        atomic_store_explicit(&before[i]->next[i], k, memory_order_release);
    u->bytes += key_bytes(k);
    return k;
}

static void link_version(struct undo *u, struct version *v)
{
    struct undo_key *before[MAX_HEIGHT];
    struct undo_key *k = seek(u, &v->key_bytes, before);
    u->bytes += version_bytes(v);
    if (k == NULL || !hash256_eq(&k->key, &v->key_bytes)) {
        v->key = link_key(u, v, before);
        return;
    }
    struct version *older = atomic_load_explicit(&k->newest, memory_order_relaxed);
    v->key = k;
    atomic_init(&v->older, older);
    older->newer = v;
    atomic_store_explicit(&k->newest, v, memory_order_release);
}

static void discard(struct undo *u, void *p)
{
    if (u->n_garbage == u->cap_garbage) {
        u->cap_garbage = u->cap_garbage ? u->cap_garbage * 2 : 1024;
        u->garbage = xrealloc(u->garbage, u->cap_garbage * sizeof *u->garbage);
    }
    uint64_t epoch = atomic_load_explicit(&u->epoch, memory_order_relaxed);
    u->garbage[u->n_garbage++] = (struct garbage){p, epoch};
}

static void unlink_key(struct undo *u, struct undo_key *k)
{
    struct undo_key *before[MAX_HEIGHT];
    seek(u, &k->key, before);
    for (uint32_t i = k->height; i-- > 0;)
        atomic_store_explicit(&before[i]->next[i], next_at(k, i), memory_order_release);
    u->bytes -= key_bytes(k);
    discard(u, k);
}

/* The record is its key's oldest or newest one. */
static void unlink_version(struct undo *u, struct version *v)
{
    struct undo_key *k = v->key;
    struct version *older = atomic_load_explicit(&v->older, memory_order_relaxed);
    if (v->newer == NULL && older == NULL) {
        unlink_key(u, k);
    } else if (v->newer == NULL) {
        older->newer = NULL;
        atomic_store_explicit(&k->newest, older, memory_order_release);
    } else {
        assert(k->oldest == v);
        k->oldest = v->newer;
        atomic_store_explicit(&v->newer->older, NULL, memory_order_release);
    }
    u->bytes -= version_bytes(v);
    discard(u, v);
}

static uint64_t run_bytes(const struct undo_run *r)
{
    return sizeof *r + r->n * sizeof *r->versions;
}

static void unlink_run(struct undo *u, uint32_t ledger)
{
    struct undo_run *r = atomic_exchange(&u->ring[ledger & u->ring_mask], NULL);
    u->n_runs--;
    u->bytes -= run_bytes(r);
    for (size_t i = 0; i < r->n; i++)
        unlink_version(u, r->versions[i]);
    free(r->versions);
    discard(u, r);
}

/* The floor is raised first: a reader that misses a record also sees that it may have. */
static void drop_oldest(struct undo *u)
{
    uint32_t ledger = atomic_load_explicit(&u->floor, memory_order_relaxed);
    atomic_store_explicit(&u->floor, ledger + 1, memory_order_seq_cst);
    unlink_run(u, ledger);
}

static void end_epoch(struct undo *u)
{
    atomic_fetch_add(&u->epoch, 1);
    undo_collect(u);
}

void undo_publish(struct undo *u, struct undo_run *r)
{
    assert(r->before.seq + 1 == u->next_ledger);
    if (u->n_runs == u->opts.max_ledgers)
        drop_oldest(u);
    for (size_t i = 0; i < r->n; i++)
        link_version(u, r->versions[i]);
    u->bytes += run_bytes(r);
    u->n_runs++;
    atomic_store_explicit(&u->ring[u->next_ledger & u->ring_mask], r, memory_order_release);
    u->next_ledger++;
    while (u->bytes > u->opts.max_bytes && u->n_runs)
        drop_oldest(u);
    end_epoch(u);
}

void undo_retract(struct undo *u, size_t n)
{
    for (; n && u->n_runs; n--)
        unlink_run(u, --u->next_ledger);
    u->next_ledger -= (uint32_t)n;
    if (u->n_runs == 0)
        atomic_store(&u->floor, u->next_ledger);
    end_epoch(u);
}

void undo_reset(struct undo *u, uint32_t seq)
{
    while (u->n_runs)
        drop_oldest(u);
    atomic_store(&u->floor, seq + 1);
    u->next_ledger = seq + 1;
    end_epoch(u);
}

void undo_collect(struct undo *u)
{
    atomic_thread_fence(memory_order_seq_cst);
    uint64_t oldest = IDLE;
    for (uint32_t i = 0; i < u->opts.n_slots; i++) {
        uint64_t epoch = atomic_load(&u->slots[i].epoch);
        oldest = epoch < oldest ? epoch : oldest;
    }
    size_t n = 0;
    while (n < u->n_garbage && u->garbage[n].epoch < oldest)
        free(u->garbage[n++].p);
    u->n_garbage -= n;
    if (n && u->n_garbage)
        memmove(u->garbage, u->garbage + n, u->n_garbage * sizeof *u->garbage);
}

/* --- readers --- */

static void publish_oldest(struct undo_slot *s)
{
    uint64_t epoch = IDLE;
    if (!list_empty(&s->pins))
        epoch = LIST_ENTRY(s->pins.next, struct undo_pin, link)->epoch;
    atomic_store(&s->epoch, epoch);
}

void undo_pin(struct undo *u, uint32_t slot, struct undo_pin *p)
{
    struct undo_slot *s = &u->slots[slot];
    p->epoch = atomic_load(&u->epoch);
    list_push_back(&s->pins, &p->link);
    if (s->pins.next == &p->link)
        publish_oldest(s);
    atomic_thread_fence(memory_order_seq_cst);
}

void undo_unpin(struct undo *u, uint32_t slot, struct undo_pin *p)
{
    struct undo_slot *s = &u->slots[slot];
    bool was_oldest = s->pins.next == &p->link;
    list_unlink(&p->link);
    if (was_oldest)
        publish_oldest(s);
}

bool undo_covers(const struct undo *u, uint32_t seq)
{
    return atomic_load_explicit(&u->floor, memory_order_acquire) <= (uint64_t)seq + 1;
}

bool undo_header(const struct undo *u, uint32_t seq, struct ledger_header *ret)
{
    const struct undo_run *r =
        atomic_load_explicit(&u->ring[(seq + 1) & u->ring_mask], memory_order_acquire);
    if (r == NULL || r->before.seq != seq)
        return false;
    *ret = r->before;
    return true;
}

const struct undo_key *undo_seek(const struct undo *u, const struct hash256 *key)
{
    return seek(u, key, NULL);
}

const struct undo_key *undo_next(const struct undo_key *k)
{
    return next_at(k, 0);
}

const struct hash256 *undo_key(const struct undo_key *k)
{
    return &k->key;
}

bool undo_at(const struct undo_key *k, uint32_t seq, struct slice *ret)
{
    const struct version *found = NULL;
    const struct version *v = atomic_load_explicit(&k->newest, memory_order_acquire);
    while (v && v->ledger > seq) {
        found = v;
        v = atomic_load_explicit(&v->older, memory_order_acquire);
    }
    if (found)
        *ret = slice_of(found->data, found->n);
    return found != NULL;
}

uint32_t undo_max_ledgers(const struct undo *u)
{
    return u->opts.max_ledgers;
}

uint64_t undo_bytes(const struct undo *u)
{
    return atomic_load_explicit(&u->bytes, memory_order_relaxed);
}

uint32_t undo_ledgers(const struct undo *u)
{
    return atomic_load_explicit(&u->n_runs, memory_order_relaxed);
}
