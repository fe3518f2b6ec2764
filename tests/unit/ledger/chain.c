/* SPDX-License-Identifier: Apache-2.0 */
#include "chain.h"

#include "base/mem.h"
#include "test.h"

#include <stdlib.h>

static uint64_t step(uint64_t *random)
{
    *random += 0x9e3779b97f4a7c15u;
    uint64_t z = *random;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint64_t chain_random(struct chain *c, uint64_t below)
{
    return step(&c->random) % below;
}

static struct hash256 random_key(uint64_t *random)
{
    struct hash256 k;
    for (int i = 0; i < 32; i += 8) {
        uint64_t v = step(random);
        memcpy(k.b + i, &v, 8);
    }
    return k;
}

static struct hash256 shaped_key(uint64_t *random)
{
    struct hash256 k = random_key(random);
    uint64_t shape = step(random) % 8, group = step(random) % 3;
    uint64_t fixed = 77 + group;
    struct hash256 base = random_key(&fixed);
    if (shape == 0) /* pages of one owner */
        memcpy(k.b, base.b, 20);
    else if (shape == 1) /* directories of one book, some of them neighbours */
        memcpy(k.b, base.b, 24);
    else if (shape == 2) { /* differ in the last bits only */
        k = base;
        k.b[31] = (uint8_t)(step(random) % 64);
    } else if (shape == 3) /* crowded */
        k.b[0] = (uint8_t)(group * 0x55), k.b[1] = 0;
    return k;
}

struct hash256 chain_key(struct chain *c)
{
    return shaped_key(&c->random);
}

/* Every third key has a directory, half of them without an owner. */
static struct slice random_object(struct chain *c, const struct hash256 *key)
{
    size_t n = 40 + chain_random(c, 60);
    if (chain_random(c, 40) == 0)
        n += 5000; /* does not fit a page of the mirror */
    uint8_t *p = arena_alloc(c->arena, n);
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)step(&c->random);
    const uint8_t head[] = {0x11, 0x00, 0x64, 0x22, 0, 0, 0, 0, 0x82, 20};
    const uint8_t plain[] = {0x11, 0x00, 0x61, 0x22, 0, 0, 0, 0, 0x81, 20};
    uint32_t kind = (key->b[22] ^ key->b[23]) % 6u; /* one kind in a book */
    if (kind == 0)
        memcpy(p, head, sizeof head);
    else if (kind == 1)
        memcpy(p, head, 8), n = 8;
    else
        memcpy(p, plain, sizeof plain);
    return slice_of(p, n);
}

static struct store_object random_new(struct chain *c)
{
    struct hash256 key = chain_key(c);
    return (struct store_object){key, random_object(c, &key)};
}

static int object_order(const void *a, const void *b)
{
    return memcmp(a, b, 32);
}

static struct hash256 root_of(const struct store_object *objects, size_t n)
{
    struct digest_leaf *leaves = xmalloc((n + 1) * sizeof *leaves);
    for (size_t i = 0; i < n; i++) {
        leaves[i].key = objects[i].key;
        leaves[i].hash = digest_state_leaf(objects[i].data, &objects[i].key);
    }
    struct hash256 root = digest_tree_root(leaves, n);
    free(leaves);
    return root;
}

static struct chain_ledger *push(struct chain *c)
{
    if (c->n == c->cap) {
        c->cap = c->cap ? c->cap * 2 : 16;
        c->ledgers = xrealloc(c->ledgers, c->cap * sizeof *c->ledgers);
    }
    struct chain_ledger *l = &c->ledgers[c->n++];
    *l = (struct chain_ledger){0};
    return l;
}

static void seal(struct chain *c, struct chain_ledger *l)
{
    struct ledger_header *h = &l->header;
    h->seq = c->first + (uint32_t)(c->n - 1);
    h->drops = 100000000000000000u - c->n;
    if (c->n > 1)
        h->parent_hash = l[-1].header.hash;
    h->close_time = 800000000 + h->seq;
    h->close_resolution = 10;
    h->state_hash = root_of(l->objects, l->n);
    h->hash = digest_ledger(h);
}

void chain_init(struct chain *c, uint64_t seed, uint32_t first, size_t n_objects)
{
    *c = (struct chain){.arena = arena_new(0), .random = seed, .first = first};
    struct chain_ledger *l = push(c);
    l->objects = arena_array(c->arena, struct store_object, n_objects + 1);
    for (size_t i = 0; i < n_objects; i++)
        l->objects[i] = random_new(c);
    qsort(l->objects, n_objects, sizeof *l->objects, object_order);
    for (size_t i = 0; i < n_objects; i++)
        if (i == 0 || object_order(&l->objects[i], &l->objects[l->n - 1]) != 0)
            l->objects[l->n++] = l->objects[i];
    seal(c, l);
}

void chain_set(struct chain *c, struct store_object *objects, size_t n)
{
    ASSERT_INT(1, c->n);
    struct chain_ledger *l = &c->ledgers[0];
    qsort(objects, n, sizeof *objects, object_order);
    l->objects = objects;
    l->n = n;
    seal(c, l);
}

void chain_widen(struct chain *c, size_t n)
{
    n = n < 256 * 30 ? 256 * 30 : n;
    struct store_object *objects = arena_array(c->arena, struct store_object, n);
    for (size_t i = 0; i < n; i++) {
        struct hash256 key;
        for (size_t b = 0; b < sizeof key.b; b++)
            key.b[b] = (uint8_t)chain_random(c, 256);
        key.b[0] = (uint8_t)i;
        objects[i] = (struct store_object){key, random_object(c, &key)};
    }
    chain_set(c, objects, n);
}

void chain_deinit(struct chain *c)
{
    free(c->ledgers);
    arena_free(c->arena);
}

static struct store_object random_change(struct chain *c, const struct chain_ledger *prev)
{
    uint64_t kind = chain_random(c, 10);
    if (prev->n == 0 || kind < 4)
        return random_new(c);
    struct hash256 key = prev->objects[chain_random(c, prev->n)].key;
    return (struct store_object){key, kind < 7 ? SLICE_EMPTY : random_object(c, &key)};
}

static void make_diff(struct chain *c, const struct chain_ledger *prev, struct chain_ledger *l,
                      size_t n)
{
    l->diff = arena_array(c->arena, struct store_object, n + 1);
    for (size_t i = 0; i < n; i++)
        l->diff[i] = random_change(c, prev);
    qsort(l->diff, n, sizeof *l->diff, object_order);
    for (size_t i = 0; i < n; i++)
        if (l->n_diff == 0 || object_order(&l->diff[i], &l->diff[l->n_diff - 1]) != 0)
            l->diff[l->n_diff++] = l->diff[i];
}

static void name_keys(struct chain *c, struct chain_ledger *l)
{
    l->unnamed = arena_array(c->arena, struct hash256, l->n_diff + 1);
    for (size_t i = 0; i < l->n_diff; i++)
        l->unnamed[i] = l->diff[i].key;
}

static void merge(struct chain *c, const struct chain_ledger *prev, struct chain_ledger *l)
{
    l->objects = arena_array(c->arena, struct store_object, prev->n + l->n_diff + 1);
    size_t i = 0, j = 0;
    while (i < prev->n || j < l->n_diff) {
        int order = i == prev->n     ? 1
                    : j == l->n_diff ? -1
                                     : object_order(&prev->objects[i], &l->diff[j]);
        struct store_object o = order < 0 ? prev->objects[i] : l->diff[j];
        i += order <= 0;
        j += order >= 0;
        if (o.data.n)
            l->objects[l->n++] = o;
    }
}

void chain_extend(struct chain *c, size_t n_changes)
{
    struct chain_ledger *l = push(c);
    const struct chain_ledger *prev = l - 1;
    make_diff(c, prev, l, n_changes);
    name_keys(c, l);
    merge(c, prev, l);
    seal(c, l);
}

void chain_extend_with(struct chain *c, const struct store_object *diff, size_t n)
{
    struct chain_ledger *l = push(c);
    const struct chain_ledger *prev = l - 1;
    l->diff = arena_array(c->arena, struct store_object, n + 1);
    memcpy(l->diff, diff, n * sizeof *diff);
    l->n_diff = n;
    name_keys(c, l);
    merge(c, prev, l);
    seal(c, l);
}

uint32_t chain_last(const struct chain *c)
{
    return c->first + (uint32_t)c->n - 1;
}

const struct chain_ledger *chain_at(const struct chain *c, uint32_t seq)
{
    ASSERT(seq >= c->first && seq <= chain_last(c));
    return &c->ledgers[seq - c->first];
}

/* Index of the first object with a key >= (or, `after`, >) the given one. */
static size_t lower(const struct chain_ledger *l, const struct hash256 *key, bool after)
{
    size_t lo = 0, hi = l->n;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        int order = hash256_cmp(&l->objects[mid].key, key);
        if (order < 0 || (after && order == 0))
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

const struct store_object *chain_find(const struct chain_ledger *l, const struct hash256 *key)
{
    size_t i = lower(l, key, false);
    return i < l->n && hash256_eq(&l->objects[i].key, key) ? &l->objects[i] : NULL;
}

const struct store_object *chain_after(const struct chain_ledger *l, const struct hash256 *key)
{
    size_t i = lower(l, key, true);
    return i < l->n ? &l->objects[i] : NULL;
}

struct apply_ledger chain_apply_ledger(const struct chain_ledger *l)
{
    return (struct apply_ledger){.header = l->header,
                                 .objects = l->diff,
                                 .n_objects = l->n_diff,
                                 .unnamed = l->unnamed,
                                 .n_unnamed = l->n_diff};
}

void chain_load(const struct chain *c, struct ledgers *l, uint32_t n_chains)
{
    const struct chain_ledger *first = &c->ledgers[0];
    ASSERT_OK(apply_load_begin(l, &first->header, n_chains));
    static size_t at[256], end[256];
    for (uint32_t i = 0; i < n_chains; i++) {
        struct hash256 from = HASH256_ZERO, to = HASH256_ZERO;
        from.b[0] = (uint8_t)(i * (256 / n_chains));
        to.b[0] = (uint8_t)((i + 1) * (256 / n_chains));
        at[i] = lower(first, &from, false);
        end[i] = i + 1 == n_chains ? first->n : lower(first, &to, false);
    }
    for (bool more = true; more;) {
        more = false;
        for (uint32_t i = 0; i < n_chains; i++) {
            size_t n = MIN(end[i] - at[i], (size_t)7 + i);
            ASSERT_OK(apply_load_add(l, i, first->objects + at[i], n, NULL, 0));
            at[i] += n;
            more |= n != 0;
        }
    }
    struct apply_ledger ledger = chain_apply_ledger(first);
    ASSERT_OK(apply_load_commit(l, &ledger));
}

void chain_apply(const struct chain *c, struct ledgers *l, uint32_t last, size_t per_batch)
{
    struct ledger_header tip;
    ASSERT(ledgers_tip(l, &tip));
    while (tip.seq < last) {
        struct apply *b = NULL;
        ASSERT_OK(apply_begin(l, &b));
        for (size_t i = 0; i < per_batch && tip.seq < last; i++) {
            struct apply_ledger ledger = chain_apply_ledger(chain_at(c, ++tip.seq));
            ASSERT_OK(apply_add(b, &ledger));
        }
        ASSERT_OK(apply_commit(b));
    }
}

void chain_write_wrong(const struct chain *c, struct store *s, uint32_t seq)
{
    struct apply_ledger in = chain_apply_ledger(chain_at(c, seq));
    struct store_object *objects = arena_array(c->arena, struct store_object, in.n_objects);
    size_t i = 0;
    memcpy(objects, in.objects, in.n_objects * sizeof *objects);
    while (objects[i].data.n == 0)
        i++;
    objects[i].data.n--;
    struct store_ledger wrong = {.header = in.header,
                                 .objects = objects,
                                 .n_objects = in.n_objects,
                                 .unnamed = in.unnamed,
                                 .n_unnamed = in.n_unnamed};
    ASSERT_OK(store_write(s, &wrong, 1));
}

static void check_get(struct view *v, const struct chain_ledger *l, const struct hash256 *key,
                      struct arena *a)
{
    const struct store_object *want = chain_find(l, key);
    struct slice got = SLICE_EMPTY;
    err e = view_get(v, key, a, &got);
    if (want == NULL) {
        ASSERT_INT(ERR_NOT_FOUND, e.code);
        return;
    }
    ASSERT_OK(e);
    ASSERT(slice_eq(want->data, got));
}

static void check_next(struct view *v, const struct chain_ledger *l, const struct hash256 *key,
                       struct arena *a)
{
    const struct store_object *want = chain_after(l, key);
    struct hash256 next;
    struct slice got = SLICE_EMPTY;
    err e = view_next(v, key, a, &next, &got);
    if (want == NULL) {
        ASSERT_INT(ERR_NOT_FOUND, e.code);
        return;
    }
    ASSERT_OK(e);
    ASSERT(hash256_eq(&want->key, &next));
    ASSERT(slice_eq(want->data, got));
}

static void check_page(struct view *v, const struct chain_ledger *l, const struct hash256 *key,
                       size_t n, struct arena *a)
{
    struct view_entry *got = arena_array(a, struct view_entry, n);
    size_t n_got = 0;
    ASSERT_OK(view_page(v, key, n, a, got, &n_got));
    size_t at = lower(l, key, true);
    ASSERT_INT(MIN(n, l->n - at), n_got);
    for (size_t i = 0; i < n_got; i++) {
        ASSERT(hash256_eq(&l->objects[at + i].key, &got[i].key));
        ASSERT(slice_eq(l->objects[at + i].data, got[i].object));
    }
}

void chain_probe(const struct chain *c, struct view *v, uint64_t *random, size_t n)
{
    const struct chain_ledger *l = chain_at(c, view_seq(v));
    ASSERT(hash256_eq(&l->header.hash, &view_header(v)->hash));
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    for (size_t i = 0; i < n; i++) {
        /* a key of this ledger, of any ledger, or of none */
        const struct chain_ledger *other = &c->ledgers[step(random) % c->n];
        struct hash256 key = shaped_key(random);
        if (other->n && step(random) % 4)
            key = other->objects[step(random) % other->n].key;
        check_get(v, l, &key, a);
        check_next(v, l, &key, a);
        if (i % 16 == 0)
            check_page(v, l, &key, 1 + step(random) % 40, a);
        arena_clear(a);
    }
}

static void check_all_keys(struct chain *c, struct view *v, const struct chain_ledger *l)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    check_page(v, l, &HASH256_ZERO, l->n + 1, a);
    struct hash256 *keys = arena_array(a, struct hash256, l->n + 1);
    struct slice *objects = arena_array(a, struct slice, l->n + 1);
    for (size_t i = 0; i < l->n; i++)
        keys[i] = l->objects[i].key;
    keys[l->n] = chain_key(c);
    ASSERT_OK(view_get_many(v, keys, l->n + 1, a, objects));
    for (size_t i = 0; i < l->n; i++) {
        bool exists = false;
        ASSERT(slice_eq(l->objects[i].data, objects[i]));
        ASSERT_OK(view_exists(v, &keys[i], &exists));
        ASSERT(exists);
    }
    if (chain_find(l, &keys[l->n]) == NULL)
        ASSERT_INT(0, objects[l->n].n);
}

void chain_check(struct chain *c, struct ledgers *l, uint32_t seq)
{
    CLEANUP(view_closep) struct view *v = NULL;
    ASSERT_OK(view_open(l, seq, &v));
    ASSERT_INT(seq, view_seq(v));
    check_all_keys(c, v, chain_at(c, seq));
    chain_probe(c, v, &c->random, 100);
}

struct ledgers *chain_open_with(struct ledgers_opts opts, const char *mirror_name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", test_dir(), mirror_name);
    opts.mirror_path = path;
    struct ledgers *l = NULL;
    ASSERT_OK(ledgers_open(&opts, &l));
    return l;
}

struct ledgers *chain_open(struct store *s, const char *mirror_name)
{
    struct ledgers_opts opts = {.store = s, .n_cores = 2, .lazy_undo = true};
    return chain_open_with(opts, mirror_name);
}
