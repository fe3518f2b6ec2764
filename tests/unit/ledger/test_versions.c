/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/versions.h"

#include "base/bits.h"
#include "base/mem.h"
#include "test.h"

#include <stdlib.h>

#define KEYS 300
#define SEQS 12

/* What a naive list says. */
struct model {
    struct hash256 keys[KEYS];
    struct version *versions[KEYS][SEQS]; /* by `until`; the last one: waiting */
    uint8_t contents[KEYS][SEQS];         /* 0: nothing */
    uint64_t random;
};

static uint32_t pick(struct model *m, uint32_t below)
{
    m->random = m->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(m->random >> 33) % below;
}

static uint32_t until_of(int s)
{
    return s == SEQS - 1 ? VERSIONS_WAITING : 100 + (uint32_t)s;
}

static void add(struct model *m, struct versions *vs, size_t k, int s)
{
    uint8_t content = (uint8_t)pick(m, 5), bytes[5];
    if (m->versions[k][s])
        return;
    memset(bytes, content, sizeof bytes);
    m->contents[k][s] = content;
    m->versions[k][s] =
        versions_add(vs, &m->keys[k], until_of(s), slice_of(bytes, content ? 5 : 0));
    ASSERT(hash256_eq(versions_key_of(m->versions[k][s]), &m->keys[k]));
}

static void take(struct model *m, struct versions *vs, size_t k, int s)
{
    if (m->versions[k][s])
        versions_remove(vs, m->versions[k][s]);
    m->versions[k][s] = NULL;
}

static void check_key(const struct model *m, const struct versions *vs, size_t k)
{
    const struct versions_key *found = versions_find(vs, &m->keys[k]);
    const struct versions_key *sought = versions_seek(vs, &m->keys[k]);
    int n = 0;
    for (int s = 0; s < SEQS; s++)
        n += m->versions[k][s] != NULL;
    ASSERT_INT(n > 0, found != NULL);
    if (found)
        ASSERT(found == sought);
    ASSERT(versions_waiting(vs, &m->keys[k]) == m->versions[k][SEQS - 1]);
    for (uint32_t seq = 98; found && seq < 101 + SEQS; seq++) {
        struct slice got = SLICE_EMPTY;
        int s = 0;
        while (s < SEQS && (m->versions[k][s] == NULL || until_of(s) <= seq))
            s++;
        ASSERT_INT(s < SEQS, versions_at(found, seq, &got));
        if (s < SEQS) {
            ASSERT_INT(m->contents[k][s] ? 5 : 0, got.n);
            ASSERT(got.n == 0 || got.p[4] == m->contents[k][s]);
        }
    }
}

static int key_order(const void *a, const void *b)
{
    return memcmp(a, b, 32);
}

TEST(every_version_is_found_where_it_holds)
{
    static struct model m = {.random = 3};
    struct versions *vs = versions_new(1);
    for (size_t k = 0; k < KEYS; k++)
        for (size_t b = 0; b < 32; b += k % 3 ? 1 : 31) /* some differ in little */
            m.keys[k].b[b] = (uint8_t)pick(&m, 256);
    for (size_t k = 0; k < KEYS; k++)
        bits_store32(m.keys[k].b + 14, (uint32_t)k); /* all differ */
    qsort(m.keys, KEYS, 32, key_order);
    for (int i = 0; i < 20000; i++) {
        size_t k = pick(&m, KEYS);
        int s = (int)pick(&m, SEQS);
        if (pick(&m, 2))
            add(&m, vs, k, s);
        else
            take(&m, vs, k, s);
        check_key(&m, vs, k);
        epochs_next(versions_epochs(vs));
        epochs_collect(versions_epochs(vs));
        if (i % 1000)
            continue;
        const struct versions_key *at = versions_seek(vs, &HASH256_ZERO), *before = NULL;
        for (k = 0; k < KEYS; k++) {
            check_key(&m, vs, k);
            ASSERT(versions_seek_before(vs, &m.keys[k]) == before);
            if (at && hash256_eq(versions_key(at), &m.keys[k])) {
                before = at;
                at = versions_next(at);
            }
        }
        ASSERT(at == NULL);
    }
    uint64_t waiting = 0;
    for (size_t k = 0; k < KEYS; k++)
        if (m.versions[k][SEQS - 1])
            waiting += versions_bytes_of(m.versions[k][SEQS - 1]);
    ASSERT_INT(waiting, versions_waiting_bytes(vs));
    for (size_t k = 0; k < KEYS; k++)
        for (int s = 0; s < SEQS; s++)
            take(&m, vs, k, s);
    ASSERT_INT(0, versions_bytes(vs));
    ASSERT_INT(0, versions_waiting_bytes(vs));
    versions_free(vs);
}

/* So many that some have the same bucket, and the same bit of the filter. */
TEST(keys_with_the_same_hash_are_told_apart)
{
    enum { MANY = 20000 };
    struct versions *vs = versions_new(1);
    struct version **v = xcalloc(MANY, sizeof *v);
    struct hash256 key = {{1}};
    for (int round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < MANY; i++) {
            bits_store32(key.b + 20, i);
            if (v[i] == NULL)
                v[i] = versions_add(vs, &key, 9, SLICE_EMPTY);
        }
        for (uint32_t i = 0; i < MANY; i++) {
            bits_store32(key.b + 20, i);
            ASSERT(versions_find(vs, &key) != NULL);
            if (i % 2 != (uint32_t)round)
                continue;
            versions_remove(vs, v[i]);
            v[i] = NULL;
        }
        for (uint32_t i = 0; i < MANY; i++) {
            bits_store32(key.b + 20, i);
            ASSERT_INT(v[i] != NULL, versions_find(vs, &key) != NULL);
        }
    }
    free(v);
    versions_free(vs);
}

TEST(what_waits_may_hold_until_a_ledger_and_wait_again)
{
    struct versions *vs = versions_new(1);
    struct hash256 key = {{5}};
    struct slice got;
    struct version *v = versions_add(vs, &key, VERSIONS_WAITING, slice_str("abc"));
    uint64_t waiting = versions_waiting_bytes(vs);
    ASSERT(waiting > 0 && versions_has_waited(v));
    versions_hold(vs, v, 7);
    ASSERT_INT(0, versions_waiting_bytes(vs));
    ASSERT(versions_waiting(vs, &key) == NULL && versions_has_waited(v));
    ASSERT(versions_at(versions_find(vs, &key), 6, &got));
    ASSERT(!versions_at(versions_find(vs, &key), 7, &got));
    versions_hold(vs, v, VERSIONS_WAITING);
    ASSERT_INT(waiting, versions_waiting_bytes(vs));
    ASSERT(versions_at(versions_find(vs, &key), 7, &got) && got.n == 3);
    ASSERT(!versions_has_waited(versions_add(vs, &key, 3, SLICE_EMPTY)));
    versions_free(vs);
}

/* Under the address sanitizer this fails if memory is given back too early. */
TEST(pinned_memory_stays)
{
    struct versions *vs = versions_new(2);
    struct hash256 keys[3] = {{{1}}, {{2}}, {{3}}};
    struct version *v[3];
    struct epochs_pin first, second;
    struct slice got;
    for (int i = 0; i < 3; i++)
        v[i] = versions_add(vs, &keys[i], 9, slice_str("abc"));
    ASSERT_INT(UINT64_MAX, epochs_oldest(versions_epochs(vs)));
    epochs_pin(versions_epochs(vs), 1, &first);
    uint64_t epoch = epochs_oldest(versions_epochs(vs));
    const struct versions_key *k = versions_seek(vs, &HASH256_ZERO);
    for (int i = 0; i < 3; i++) {
        versions_remove(vs, v[i]);
        epochs_next(versions_epochs(vs));
        epochs_collect(versions_epochs(vs));
        if (i == 1)
            epochs_pin(versions_epochs(vs), 1, &second);
    }
    ASSERT_INT(epoch, epochs_oldest(versions_epochs(vs)));
    for (int i = 0; i < 3; i++, k = versions_next(k)) {
        ASSERT(hash256_eq(versions_key(k), &keys[i]));
        ASSERT(versions_at(k, 8, &got) && got.p[2] == 'c');
    }
    epochs_unpin(versions_epochs(vs), 1, &first);
    ASSERT(epochs_oldest(versions_epochs(vs)) > epoch);
    epochs_collect(versions_epochs(vs));
    epochs_unpin(versions_epochs(vs), 1, &second);
    epochs_collect(versions_epochs(vs));
    versions_free(vs);
}
