/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/versions.h"

#include "base/mem.h"
#include "ledger/versions_keys.h"

#include <stdlib.h>

struct version {
    _Atomic(struct version *) older;
    struct version *newer;
    struct versions_key *key;
    _Atomic uint32_t until;
    uint32_t n; /* 0 = there was nothing */
    bool waited;
    uint8_t data[];
};

struct versions {
    struct epochs epochs;
    struct versions_keys keys;
    _Atomic uint64_t bytes;
    _Atomic uint64_t waiting_bytes;
};

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
    epochs_init(&vs->epochs, n_slots);
    versions_keys_init(&vs->keys);
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
    epochs_deinit(&vs->epochs);
    free_all(versions_keys_next(vs->keys.head, 0));
    versions_keys_deinit(&vs->keys);
    free(vs);
    return NULL;
}

struct epochs *versions_epochs(struct versions *vs)
{
    return &vs->epochs;
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
    v->key = versions_keys_find(&vs->keys, key);
    if (v->key) {
        link_version(v->key, v);
    } else {
        v->key = versions_keys_add(&vs->keys, key, v);
        vs->bytes += key_bytes(v->key);
    }
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
        vs->bytes -= key_bytes(k);
        versions_keys_remove(&vs->keys, k);
        epochs_discard(&vs->epochs, k);
    } else {
        if (older)
            older->newer = v->newer;
        else
            k->oldest = v->newer;
        atomic_store_explicit(v->newer ? &v->newer->older : &k->newest, older,
                              memory_order_release);
    }
    epochs_discard(&vs->epochs, v);
}

struct version *versions_waiting_at(const struct versions_key *k)
{
    struct version *v = atomic_load_explicit(&k->newest, memory_order_acquire);
    return v && until_of(v) == VERSIONS_WAITING ? v : NULL;
}

struct version *versions_waiting(const struct versions *vs, const struct hash256 *key)
{
    const struct versions_key *k = versions_keys_find(&vs->keys, key);
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

/* --- readers --- */

const struct versions_key *versions_find(const struct versions *vs, const struct hash256 *key)
{
    return versions_keys_find(&vs->keys, key);
}

const struct versions_key *versions_seek(const struct versions *vs, const struct hash256 *key)
{
    return versions_keys_seek(&vs->keys, key, NULL);
}

const struct versions_key *versions_seek_before(const struct versions *vs,
                                                const struct hash256 *key)
{
    struct versions_key *before[VERSIONS_KEYS_MAX_HEIGHT];
    versions_keys_seek(&vs->keys, key, before);
    return before[0] == vs->keys.head ? NULL : before[0];
}

const struct versions_key *versions_next(const struct versions_key *k)
{
    return versions_keys_next(k, 0);
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
