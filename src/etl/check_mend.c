/* SPDX-License-Identifier: Apache-2.0 */
/* What cannot be derived from the rest of the history: headers, transactions, objects. Others have
 * them; nothing of theirs counts before a hash says so. */
#include "etl/check_image.h"

#include "base/mem.h"

#include <stdlib.h>

#define PAGE 1024

const struct store_ledger *check_mend_fetched(struct check *c, uint32_t seq)
{
    const struct check_help *help = c->opts->help;
    if (!c->opts->repair || help == NULL || help->ledger == NULL)
        return NULL;
    if (!c->was_fetched) {
        err e = help->ledger(help->arg, seq, c->arena, &c->fetched);
        c->was_fetched = true;
        c->is_fetched = !err_failed(e) && c->fetched.header.seq == seq;
        if (err_failed(e))
            c->opts->say(c->opts->arg, err_text(), false);
    }
    return c->is_fetched ? &c->fetched : NULL;
}

/* --- headers --- */

/* The newest header that somebody else has verified. */
static bool others_newest(const struct check *c, struct ledger_header *ret)
{
    const struct check_help *help = c->opts->help;
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct store_object one;
    size_t n;
    return help->state && !err_failed(help->state(help->arg, &HASH256_ZERO, 1, a, ret, &one, &n));
}

/* What a ledger's hash must be. */
struct anchor {
    uint32_t seq;
    struct hash256 hash;
};

/* Of the first ledger from `seq` on whose hash is known: the next one names it, of the newest the
 * mirror has it. */
static bool find_anchor(struct check *c, uint32_t seq, struct anchor *ret)
{
    struct ledger_header h;
    for (uint32_t at = seq; at < c->last; at++) {
        if (err_failed(store_header_get(c->s, at + 1, &h)))
            continue;
        struct hash256 computed = digest_ledger(&h);
        *ret = (struct anchor){at, h.parent_hash};
        if (hash256_eq(&computed, &h.hash))
            return true;
    }
    if (!others_newest(c, &h) || h.seq < seq || h.seq > c->last)
        return false;
    *ret = (struct anchor){h.seq, h.hash};
    return true;
}

static bool put_header(struct check *c, const struct store_ledger *l)
{
    struct store_ledger put = {
        .header = l->header, .unnamed = l->unnamed, .n_unnamed = l->n_unnamed};
    return check_mend(c,
                      &(struct store_repair){.put = &put, .has_header = true, .at = l->header.seq});
}

/* The lost headers after `seq`, from the newest on: each tells the hash of the one before it. In
 * `from`: the one of `seq`. */
static bool mend_later_headers(struct check *c, uint32_t seq, struct anchor *from)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    for (; from->seq > seq; from->seq--) {
        struct store_ledger l;
        err e = c->opts->help->ledger(c->opts->help->arg, from->seq, a, &l);
        if (err_failed(e) || l.header.seq != from->seq ||
            !hash256_eq(&l.header.hash, &from->hash) || !put_header(c, &l))
            return false;
        check_say(c, true, "ledger %u: header: missing or wrong", from->seq);
        from->hash = l.header.parent_hash;
        arena_clear(a);
    }
    return true;
}

/* Where nobody knows the hash, which is so of the newest ones without a mirror, it must continue
 * the ledger before; and the newest must have our state. */
bool check_mend_header(struct check *c, uint32_t seq)
{
    const struct store_ledger *l = check_mend_fetched(c, seq);
    struct anchor from;
    if (l == NULL)
        return false;
    bool follows = c->has_previous && c->previous.seq + 1 == seq;
    if (follows && !hash256_eq(&c->previous.hash, &l->header.parent_hash))
        return false;
    if (find_anchor(c, seq, &from))
        follows = mend_later_headers(c, seq, &from) && hash256_eq(&from.hash, &l->header.hash);
    if (!follows || !put_header(c, l))
        return false;
    c->header = l->header;
    return true;
}

/* --- transactions --- */

bool check_mend_txs(struct check *c)
{
    const struct store_ledger *l = check_mend_fetched(c, c->header.seq);
    if (l == NULL || !hash256_eq(&l->header.hash, &c->header.hash))
        return false;
    struct store_ledger put = {.txs = l->txs, .tx_hashes = l->tx_hashes, .n_txs = l->n_txs};
    return check_mend(c, &(struct store_repair){.put = &put, .at = c->header.seq});
}

/* --- objects --- */

/* At ledger `at`, or 0; what stands there is remembered until the root of ledger `seq` has proven
 * the new one. */
static bool put_object(struct check *c, const struct hash256 *key, struct slice data, uint32_t at,
                       uint32_t seq)
{
    struct slice before = SLICE_EMPTY;
    uint32_t found = UINT32_MAX;
    struct store_object o = {*key, data};
    struct store_ledger l = {.objects = &o, .n_objects = 1};
    err e = store_objects_get(c->s, seq, key, 1, c->arena, &before, &found);
    if (err_failed(e) && !check_is_damage(c, e)) {
        c->put_off = true;
        return false;
    }
    if (!check_mend(c, &(struct store_repair){.put = &l, .at = at}))
        return false;
    if (c->n_put == c->cap_put) {
        c->cap_put = c->cap_put ? 2 * c->cap_put : 64;
        c->put = xrealloc(c->put, c->cap_put * sizeof *c->put);
    }
    struct check_put *p = &c->put[c->n_put++];
    *p = (struct check_put){.key = *key, .seq = seq, .at = at, .over = found == at};
    if (p->over && before.n)
        p->before = slice_of(memcpy(xmalloc(before.n), before.p, before.n), before.n);
    return true;
}

/* As a version of c's ledger. */
static bool put_here(struct check *c, const struct hash256 *key, struct slice data)
{
    return put_object(c, key, data, c->header.seq, c->header.seq);
}

/* As a version that was loaded with the first ledger. */
static bool put_first(struct check *c, const struct hash256 *key, struct slice data)
{
    struct store_range held[STORE_MAX_RANGES];
    size_t n;
    store_ranges(c->s, held, &n);
    return n > 0 && put_object(c, key, data, 0, held[0].first);
}

static bool fits(const struct check *c, const struct txmeta_node *node, struct slice object)
{
    return object.n > 0 && (node == NULL || check_agrees(c, node, object));
}

/* From what sources say the ledger changed. */
static bool from_ledger(struct check *c, const struct hash256 *key, const struct txmeta_node *node)
{
    const struct store_ledger *l = check_mend_fetched(c, c->header.seq);
    if (l == NULL || !hash256_eq(&l->header.hash, &c->header.hash))
        return false;
    for (size_t i = 0; i < l->n_objects; i++)
        if (hash256_eq(&l->objects[i].key, key))
            return fits(c, node, l->objects[i].data) && put_here(c, key, l->objects[i].data);
    return false;
}

static bool before_of(struct hash256 *key)
{
    for (size_t i = sizeof key->b; i-- > 0;)
        if (key->b[i]-- != 0)
            return true;
    return false; /* there is none before the zero key */
}

/* From a newer state: the object has not changed since, if the metadata says the same of it. */
static bool from_state(struct check *c, const struct hash256 *key, const struct txmeta_node *node)
{
    const struct check_help *help = c->opts->help;
    struct ledger_header header;
    struct store_object o;
    struct hash256 before = *key;
    size_t n = 0;
    if (!c->opts->repair || help == NULL || help->state == NULL || node == NULL)
        return false;
    if (!before_of(&before) ||
        err_failed(help->state(help->arg, &before, 1, c->arena, &header, &o, &n)))
        return false;
    return n == 1 && hash256_eq(&o.key, key) && fits(c, node, o.data) && put_here(c, key, o.data);
}

/* From the history itself, if that is at least so sure. */
static bool from_image(struct check *c, const struct hash256 *key, const struct txmeta_node *node,
                       enum txmeta_image least)
{
    struct slice image;
    if (!c->opts->repair || check_image_after(c, key, &image) < least || !fits(c, node, image) ||
        !put_here(c, key, image))
        return false;
    return true;
}

/* What was put may have been a guess (an object of another state, made from metadata), and a
 * version may be lost that no metadata misses. */
ERR check_mend_changes(struct check *c, bool *ret)
{
    const struct store_ledger *l = check_mend_fetched(c, c->header.seq);
    *ret = false;
    if (l == NULL || !hash256_eq(&l->header.hash, &c->header.hash))
        return OK;
    for (size_t i = 0; i < l->n_objects; i++) {
        struct slice ours = SLICE_EMPTY;
        const struct store_object *o = &l->objects[i];
        err e = store_objects_get(c->s, c->header.seq, &o->key, 1, c->arena, &ours, NULL);
        if (err_failed(e) && !check_is_damage(c, e))
            return e;
        if ((!err_failed(e) && slice_eq(ours, o->data)) || !put_here(c, &o->key, o->data))
            continue;
        c->put[c->n_put - 1].unsaid = true;
        *ret = true;
    }
    return OK;
}

bool check_mend_object(struct check *c, const struct hash256 *key, const struct txmeta_node *node)
{
    return from_state(c, key, node) || from_image(c, key, node, TXMETA_IMAGE_FOLLOWS) ||
           from_ledger(c, key, node) || from_image(c, key, node, TXMETA_IMAGE_LIKELY);
}

static bool from_source(struct check *c, uint32_t seq, const struct hash256 *key, struct slice *ret)
{
    const struct check_help *help = c->opts->help;
    return help && help->object && !err_failed(help->object(help->arg, seq, key, c->arena, ret)) &&
           ret->n > 0;
}

/* As it was before c's ledger: the same as in the history's first one. */
static bool old_from_source(struct check *c, const struct hash256 *key, struct slice *ret)
{
    struct store_range held[STORE_MAX_RANGES];
    size_t n;
    store_ranges(c->s, held, &n);
    return from_source(c, c->header.seq - 1, key, ret) ||
           (n > 0 && from_source(c, held[0].first, key, ret));
}

bool check_mend_base(struct check *c, const struct hash256 *key)
{
    struct slice old;
    uint32_t seq = 0;
    if (!c->opts->repair)
        return false;
    err e = store_objects_get(c->s, c->header.seq - 1, key, 1, c->arena, &(struct slice){0}, &seq);
    if (err_failed(e) || seq != UINT32_MAX)
        return false;
    if (old_from_source(c, key, &old))
        return put_first(c, key, old);
    return check_image_before(c, key, &old) != TXMETA_IMAGE_NONE && old.n > 0 &&
           put_first(c, key, old);
}

/* --- whole states --- */

/* One page of the state that is whole: what the history lacks of it was there from the beginning,
 * or it would have been missed where a ledger names it. */
static ERR compare_page(struct check *c, const struct store_object *page, size_t n, size_t *ret_n)
{
    struct hash256 *keys = arena_array(c->arena, struct hash256, n);
    struct slice *ours = arena_array(c->arena, struct slice, n);
    uint32_t *seqs = arena_array(c->arena, uint32_t, n);
    for (size_t i = 0; i < n; i++)
        keys[i] = page[i].key;
    TRY(store_objects_get(c->s, c->header.seq, keys, n, c->arena, ours, seqs));
    for (size_t i = 0; i < n; i++) {
        if (slice_eq(ours[i], page[i].data))
            continue;
        *ret_n += seqs[i] == UINT32_MAX ? put_first(c, &page[i].key, page[i].data)
                                        : put_here(c, &page[i].key, page[i].data);
    }
    return OK;
}

ERR check_mend_state(struct check *c, size_t *ret_n)
{
    const struct check_help *help = c->opts->help;
    struct store_object *page = arena_array(c->arena, struct store_object, PAGE);
    struct ledger_header header;
    struct hash256 at = HASH256_ZERO;
    size_t n = 0;
    *ret_n = 0;
    if (!c->opts->repair || help == NULL || help->state == NULL)
        return OK;
    do {
        struct arena_pos mark = arena_mark(c->arena);
        err e = help->state(help->arg, &at, PAGE, c->arena, &header, page, &n);
        if (err_failed(e) || !hash256_eq(&header.hash, &c->header.hash))
            return OK;
        TRY(compare_page(c, page, n, ret_n));
        if (n > 0)
            at = page[n - 1].key;
        arena_rewind(c->arena, mark);
    } while (n == PAGE);
    return OK;
}
