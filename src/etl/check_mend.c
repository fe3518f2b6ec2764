/* SPDX-License-Identifier: Apache-2.0 */
/* What cannot be derived from the rest of the history: headers, transactions, objects. Others have
 * them; nothing of theirs counts before a hash says so. */
#include "etl/check_impl.h"

#include "base/mem.h"

#include <stdlib.h>

#define PAGE 1024

/* The ledger as others have it; NULL: nobody gives it. */
static const struct store_ledger *fetched(struct check *c, uint32_t seq)
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

/* Is it the header that was there? The next one names its hash; of the newest the mirror has it. */
static bool is_linked(struct check *c, const struct ledger_header *h)
{
    struct ledger_header next, newest;
    bool follows = c->has_previous && c->previous.seq + 1 == h->seq;
    if (follows && !hash256_eq(&c->previous.hash, &h->parent_hash))
        return false;
    if (!err_failed(store_header_get(c->s, h->seq + 1, &next))) {
        struct hash256 computed = digest_ledger(&next);
        if (hash256_eq(&computed, &next.hash))
            return hash256_eq(&next.parent_hash, &h->hash);
    }
    if (others_newest(c, &newest) && newest.seq == h->seq)
        return hash256_eq(&newest.hash, &h->hash);
    /* the next one is lost, too: when it comes, it must continue this one, and the newest must have
     * our state */
    return follows;
}

bool check_mend_header(struct check *c, uint32_t seq)
{
    const struct store_ledger *l = fetched(c, seq);
    if (l == NULL || !is_linked(c, &l->header))
        return false;
    struct store_ledger put = {
        .header = l->header, .unnamed = l->unnamed, .n_unnamed = l->n_unnamed};
    c->header = l->header;
    return check_mend(c, &(struct store_repair){.put = &put, .has_header = true, .at = seq});
}

/* --- transactions --- */

bool check_mend_txs(struct check *c)
{
    const struct store_ledger *l = fetched(c, c->header.seq);
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
    *p = (struct check_put){*key, seq, at, found == at, false, SLICE_EMPTY};
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

static bool fits(const struct txmeta_node *node, struct slice object)
{
    return object.n > 0 && (node == NULL || check_agrees(node, object));
}

/* From what sources say the ledger changed. */
static bool from_ledger(struct check *c, const struct hash256 *key, const struct txmeta_node *node)
{
    const struct store_ledger *l = fetched(c, c->header.seq);
    if (l == NULL || !hash256_eq(&l->header.hash, &c->header.hash))
        return false;
    for (size_t i = 0; i < l->n_objects; i++)
        if (hash256_eq(&l->objects[i].key, key))
            return fits(node, l->objects[i].data) && put_here(c, key, l->objects[i].data);
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
    return n == 1 && hash256_eq(&o.key, key) && fits(node, o.data) && put_here(c, key, o.data);
}

bool check_mend_object(struct check *c, const struct hash256 *key, const struct txmeta_node *node)
{
    return from_state(c, key, node) || from_ledger(c, key, node);
}

bool check_mend_base(struct check *c, const struct hash256 *key)
{
    const struct check_help *help = c->opts->help;
    struct slice old;
    uint32_t seq = 0;
    if (!c->opts->repair || help == NULL || help->object == NULL ||
        err_failed(help->object(help->arg, c->header.seq - 1, key, c->arena, &old)))
        return false;
    err e = store_objects_get(c->s, c->header.seq - 1, key, 1, c->arena, &(struct slice){0}, &seq);
    return !err_failed(e) && seq == UINT32_MAX && old.n > 0 && put_first(c, key, old);
}

static ERR take_out(struct check *c, struct check_put *p)
{
    struct store_object o = {p->key, p->before};
    struct store_ledger l = {.objects = &o, .n_objects = 1};
    struct store_repair back = {.put = &l, .at = p->at};
    struct store_repair drop = {.at = p->at, .drop_objects = &o.key, .n_drop_objects = 1};
    TRY(store_repair(c->s, p->over ? &back : &drop));
    p->done = true;
    c->result.n_mended -= c->result.n_mended > 0;
    return OK;
}

void check_mend_later(struct check *c, uint32_t seq)
{
    if (c->n_later > 0 && c->later[c->n_later - 1] == seq)
        return;
    if (c->n_later == c->cap_later) {
        c->cap_later = c->cap_later ? 2 * c->cap_later : 64;
        c->later = xrealloc(c->later, c->cap_later * sizeof *c->later);
    }
    c->later[c->n_later++] = seq;
}

static ERR prove(struct check *c, uint32_t seq)
{
    uint64_t n_wrong = c->result.n_wrong - c->result.n_mended;
    arena_clear(c->arena);
    err e = store_header_get(c->s, seq, &c->header);
    if (check_is_damage(c, e))
        return OK; /* it has been said */
    TRY(e);
    TRY(check_state(c));
    bool proven = c->result.n_wrong - c->result.n_mended <= n_wrong;
    /* the last first: what a key had before the first of them is what stays */
    for (size_t i = c->n_put; i-- > 0;) {
        if (c->put[i].seq != seq || c->put[i].done)
            continue;
        if (!proven)
            TRY(take_out(c, &c->put[i]));
        c->put[i].done = true;
    }
    return OK;
}

static int ascending(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* The newest state first: what it lacks, older ones may lack, too. */
ERR check_mend_prove(struct check *c)
{
    uint32_t newest = c->n_later ? c->later[c->n_later - 1] : 0;
    if (newest)
        TRY(check_patiently(c, prove, newest));
    for (size_t i = 0; i < c->n_put; i++)
        check_mend_later(c, c->put[i].seq);
    if (c->n_later)
        qsort(c->later, c->n_later, sizeof *c->later, ascending);
    for (size_t i = 0; i < c->n_later; i++)
        if (c->later[i] != newest && (i == 0 || c->later[i] != c->later[i - 1]))
            TRY(check_patiently(c, prove, c->later[i]));
    return OK;
}

void check_mend_forget(struct check *c)
{
    for (size_t i = c->n_put; i-- > 0;)
        if (!c->put[i].done && err_failed(take_out(c, &c->put[i])))
            check_say(c, false, "ledger %u: an object that is not proven stays: %s", c->put[i].at,
                      err_text());
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
