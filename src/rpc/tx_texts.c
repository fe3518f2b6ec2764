/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/tx_texts.h"

#include "base/mem.h"
#include "rt/core.h"

#include <stdlib.h>

#define N_SETS 1024 /* a power of two */
#define N_WAYS 4    /* texts that a set remembers: a page's texts must not drive each other out */
#define CORE_BYTES_MIN ((size_t)1 << 20)
#define KEEP_NS (60 * INT64_C(1000000000))

/* Bytes are counted on for ever; byte i of all stands at i modulo the ring's size. */
struct slot {
    struct tx_texts_key key;
    uint64_t at; /* 0 = none */
    size_t n;
};

struct set {
    uint32_t hashes[N_WAYS]; /* of the slots' keys */
    uint32_t seen[N_WAYS];   /* of what was written once, the newest first */
    struct slot slots[N_WAYS];
};

struct part {
    uint64_t end;       /* of what was written */
    uint64_t forgotten; /* what begins before it does not count any more */
    int64_t forget_ns;
    struct set sets[N_SETS];
    uint8_t ring[];
};

struct tx_texts {
    uint32_t n_cores;
    size_t ring_bytes;
    struct part *parts[];
};

struct tx_texts *tx_texts_new(uint32_t n_cores, size_t max_bytes)
{
    struct tx_texts *t = xcalloc(1, sizeof *t + n_cores * sizeof t->parts[0]);
    t->n_cores = n_cores;
    size_t each = n_cores ? max_bytes / n_cores : 0;
    t->ring_bytes = MAX(CORE_BYTES_MIN, each);
    return t;
}

struct tx_texts *tx_texts_free(struct tx_texts *t)
{
    if (!t)
        return NULL;
    for (uint32_t i = 0; i < t->n_cores; i++)
        free(t->parts[i]);
    free(t);
    return NULL;
}

static struct part *part_of(struct tx_texts *t)
{
    struct core *core = core_current();
    if (!t || !core || core_index(core) >= t->n_cores)
        return NULL;
    struct part **mine = &t->parts[core_index(core)];
    if (!*mine) {
        *mine = xcalloc(1, sizeof **mine + t->ring_bytes);
        (*mine)->end = (*mine)->forgotten = 1;
    }
    return *mine;
}

static uint32_t hash_of(const struct tx_texts_key *key)
{
    const uint64_t odd = 0x9E3779B97F4A7C15u;
    uint64_t h = ((uint64_t)key->pos.ledger_seq << 32 | key->pos.index) * odd;
    h = (h ^ h >> 32 ^ key->form) * odd;
    return (uint32_t)(h >> 32) | 1;
}

static struct set *set_of(struct part *p, uint32_t hash)
{
    return &p->sets[hash >> 1 & (N_SETS - 1)];
}

static bool same_key(const struct tx_texts_key *a, const struct tx_texts_key *b)
{
    return a->pos.ledger_seq == b->pos.ledger_seq && a->pos.index == b->pos.index &&
           a->form == b->form && a->network_id == b->network_id && a->names == b->names;
}

void tx_texts_begin(struct tx_texts *t, int64_t begun_ns)
{
    struct part *p = part_of(t);
    if (!p || begun_ns < p->forget_ns)
        return;
    p->forgotten = p->end;
    p->forget_ns = begun_ns + KEEP_NS;
}

/* The text of this key, or NULL. */
static const struct slot *find(const struct set *set, uint32_t hash, const struct tx_texts_key *key)
{
    for (int i = 0; i < N_WAYS; i++)
        if (set->hashes[i] == hash && same_key(&set->slots[i].key, key))
            return &set->slots[i];
    return NULL;
}

bool tx_texts_get(struct tx_texts *t, const struct tx_texts_key *key, struct slice *ret)
{
    struct part *p = part_of(t);
    if (!p)
        return false;
    uint32_t hash = hash_of(key);
    const struct slot *s = find(set_of(p, hash), hash, key);
    if (!s || s->at < p->forgotten || p->end - s->at > t->ring_bytes)
        return false;
    *ret = slice_of(p->ring + s->at % t->ring_bytes, s->n);
    return true;
}

/* Was it written before? */
static bool is_second(struct set *set, uint32_t hash)
{
    for (int i = 0; i < N_WAYS; i++)
        if (set->seen[i] == hash)
            return true;
    memmove(set->seen + 1, set->seen, sizeof set->seen - sizeof set->seen[0]);
    set->seen[0] = hash;
    return false;
}

/* Where the key's own text stands, else the oldest of the set. */
static int way_for(const struct set *set, uint32_t hash, const struct tx_texts_key *key)
{
    const struct slot *own = find(set, hash, key);
    int oldest = 0;
    for (int i = 1; i < N_WAYS; i++)
        if (set->slots[i].at < set->slots[oldest].at)
            oldest = i;
    return own ? (int)(own - set->slots) : oldest;
}

void tx_texts_put(struct tx_texts *t, const struct tx_texts_key *key, struct slice text)
{
    struct part *p = part_of(t);
    uint32_t hash = hash_of(key);
    if (!p || text.n > t->ring_bytes / 16 || !is_second(set_of(p, hash), hash))
        return;
    size_t at = p->end % t->ring_bytes;
    if (t->ring_bytes - at < text.n) /* in one piece */
        p->end += t->ring_bytes - at;
    struct set *set = set_of(p, hash);
    int way = way_for(set, hash, key);
    set->hashes[way] = hash;
    set->slots[way] = (struct slot){*key, p->end, text.n};
    memcpy(p->ring + p->end % t->ring_bytes, text.p, text.n);
    p->end += text.n;
}
