/* SPDX-License-Identifier: Apache-2.0 */
/* Objects of a ledger against its metadata; the whole state against the header. */
#include "etl/check_image.h"

#include "base/bits.h"
#include "base/mem.h"
#include "xrpl/txmeta.h"

#include <stdio.h>
#include <stdlib.h>

#define OBJECTS_AT_ONCE 256
#define PAGE 1024

static const char *key_text(const struct hash256 *key, char out[20])
{
    snprintf(out, 20, "%08X%08X...", bits_load32(key->b), bits_load32(key->b + 4));
    return out;
}

/* --- what the metadata says --- */

static int by_key(const void *a, const void *b)
{
    const struct check_named *x = a, *y = b;
    int c = hash256_cmp(&x->node.key, &y->node.key);
    return c ? c : (x->order > y->order) - (x->order < y->order);
}

/* The last word on each object, by key. */
static struct check_named *last_words(struct check *c, size_t *ret_n)
{
    size_t n = 0, n_kept = 0;
    struct txmeta_node node;
    for (size_t i = 0; i < c->n_txs; i++) {
        struct txmeta_iter it = txmeta_iter_of(c->txs[i].meta);
        while (txmeta_next(&it, &node))
            n++;
    }
    struct check_named *all = arena_array(c->arena, struct check_named, n);
    n = 0;
    for (size_t i = 0; i < c->n_txs; i++) {
        struct txmeta_iter it = txmeta_iter_of(c->txs[i].meta);
        for (; txmeta_next(&it, &node); n++)
            all[n] = (struct check_named){node, n, node.kind != TXMETA_CREATED};
    }
    if (n)
        qsort(all, n, sizeof *all, by_key);
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && hash256_eq(&all[i].node.key, &all[i - 1].node.key))
            all[i].existed = all[i - 1].existed; /* its first word */
        if (i + 1 == n || !hash256_eq(&all[i].node.key, &all[i + 1].node.key))
            all[n_kept++] = all[i];
    }
    *ret_n = n_kept;
    return all;
}

/* A transaction that says who touched the object before leaves its own mark there. */
static bool has_mark(const struct check *c, const struct txmeta_node *node, struct slice object)
{
    return node->kind != TXMETA_MODIFIED || node->prior_tx.n == 0 ||
           sto_u32(object, FIELD_PreviousTxnLgrSeq, 0) == c->header.seq;
}

bool check_agrees(const struct check *c, const struct txmeta_node *node, struct slice object)
{
    struct sto_iter it = sto_iter_of(node->fields);
    struct sto_field f;
    while (sto_next(&it, &f)) {
        struct slice value;
        if (!sto_get(object, f.id, &value) || !slice_eq(value, f.value))
            return false;
    }
    return has_mark(c, node, object);
}

/* This version of the object, in the ledger looked at. */
static bool mend_version(struct check *c, const struct hash256 *key, struct slice data)
{
    struct store_object object = {*key, data};
    struct store_ledger l = {.objects = &object, .n_objects = 1};
    return check_mend(c, &(struct store_repair){.put = &l, .at = c->header.seq});
}

static void check_object(struct check *c, const struct txmeta_node *node, struct slice object)
{
    char key[20];
    bool is_gone = node->kind == TXMETA_DELETED;
    if (is_gone && object.n > 0)
        check_say(c, mend_version(c, &node->key, SLICE_EMPTY),
                  "ledger %u: object %s was deleted, but is there", c->header.seq,
                  key_text(&node->key, key));
    else if (!is_gone && object.n == 0)
        check_say(c, check_mend_object(c, &node->key, node), "ledger %u: object %s is missing",
                  c->header.seq, key_text(&node->key, key));
    else if (!is_gone && !check_agrees(c, node, object))
        check_say(c, check_mend_object(c, &node->key, node),
                  "ledger %u: object %s is not what the metadata says", c->header.seq,
                  key_text(&node->key, key));
}

/* One damaged object must not hide the others. */
static ERR check_one(struct check *c, const struct txmeta_node *node)
{
    struct slice object;
    char key[20], text[300];
    err e = store_objects_get(c->s, c->header.seq, &node->key, 1, c->arena, &object, NULL);
    if (!check_is_damage(c, e)) {
        TRY(e);
        check_object(c, node, object);
        return OK;
    }
    snprintf(text, sizeof text, "%s", err_text());
    check_say(c, check_mend_object(c, &node->key, node), "ledger %u: object %s: %s", c->header.seq,
              key_text(&node->key, key), text);
    return OK;
}

/* Where files were lost, an older version can stand for one that is: of a directory metadata says
 * no more than that it was changed. Who has the ledger knows. */
static ERR mend_versions(struct check *c, const struct check_named *named, size_t n,
                         const uint32_t *seqs, bool *ret)
{
    bool lacks = false;
    *ret = false;
    for (size_t i = 0; i < n; i++)
        lacks |= named[i].node.kind != TXMETA_DELETED && seqs[i] != c->header.seq;
    return lacks && c->opts->lost ? check_mend_changes(c, ret) : OK;
}

static ERR check_some(struct check *c, const struct check_named *named, size_t n)
{
    struct hash256 *keys = arena_array(c->arena, struct hash256, n);
    struct slice *objects = arena_array(c->arena, struct slice, n);
    uint32_t *seqs = arena_array(c->arena, uint32_t, n);
    bool others = false;
    for (size_t i = 0; i < n; i++)
        keys[i] = named[i].node.key;
    check_pace(c, n);
    c->result.n_objects += n;
    err e = store_objects_get(c->s, c->header.seq, keys, n, c->arena, objects, seqs);
    if (!err_failed(e))
        TRY(mend_versions(c, named, n, seqs, &others));
    if (others)
        e = store_objects_get(c->s, c->header.seq, keys, n, c->arena, objects, seqs);
    if (err_failed(e) && e.code != ERR_CORRUPT)
        return e;
    for (size_t i = 0; i < n; i++) {
        if (err_failed(e))
            TRY(check_one(c, &named[i].node));
        else
            check_object(c, &named[i].node, objects[i]);
    }
    return OK;
}

/* What the ledger changed or removed was there before it. Looked at for repairs only: it costs as
 * much as all the rest. Objects are made from what they were before or after: so this is done
 * before the ledger's own are looked at, and again, the last time, behind that. */
static ERR check_before(struct check *c, const struct check_named *named, size_t n, bool last)
{
    struct hash256 *keys = arena_array(c->arena, struct hash256, n);
    struct slice *objects = arena_array(c->arena, struct slice, n);
    char key[20];
    size_t n_keys = 0;
    for (size_t i = 0; i < n; i++)
        if (named[i].existed)
            keys[n_keys++] = named[i].node.key;
    err e = store_objects_get(c->s, c->header.seq - 1, keys, n_keys, c->arena, objects, NULL);
    if (err_failed(e))
        return check_is_damage(c, e) ? OK : e; /* met where it is looked for */
    for (size_t i = 0; i < n_keys; i++) {
        if (objects[i].n > 0)
            continue;
        bool mended = check_mend_base(c, &keys[i]);
        if (mended || last)
            check_say(c, mended, "ledger %u: object %s is missing, which the next ledger changed",
                      c->header.seq - 1, key_text(&keys[i], key));
    }
    return OK;
}

/* Of the keys of a ledger's difference, those that no metadata names and that are to be looked at.
 */
static size_t keep_unnamed(const struct check *c, const struct check_named *named, size_t n_named,
                           struct hash256 *keys, size_t n)
{
    size_t at = 0, n_kept = 0;
    for (size_t i = 0; i < n; i++) {
        while (at < n_named && hash256_cmp(&named[at].node.key, &keys[i]) < 0)
            at++;
        bool is_named = at < n_named && hash256_eq(&named[at].node.key, &keys[i]);
        if (!is_named && check_looks_at(c, &keys[i]))
            keys[n_kept++] = keys[i];
    }
    return n_kept;
}

/* (what a history begins with has changed nothing) */
static bool is_first(const struct check *c)
{
    struct store_range held[STORE_MAX_RANGES];
    size_t n;
    store_ranges(c->s, held, &n);
    return n == 0 || c->header.seq <= held[0].first;
}

/* Changes that no metadata names: the ledger itself says which. */
static ERR check_unnamed(struct check *c, const struct check_named *named, size_t n_named)
{
    struct hash256 *keys = NULL;
    size_t n = 0;
    char text[20];
    err e = store_diff(c->s, c->header.seq, c->arena, &keys, &n);
    if (err_failed(e))
        return check_is_damage(c, e) ? OK : e;
    if (!is_first(c))
        TRY(check_image_unnamed(c, keys, n));
    n = keep_unnamed(c, named, n_named, keys, n);
    struct slice *objects = arena_array(c->arena, struct slice, n + 1);
    uint32_t *seqs = arena_array(c->arena, uint32_t, n + 1);
    e = store_objects_get(c->s, c->header.seq, keys, n, c->arena, objects, seqs);
    if (err_failed(e))
        return check_is_damage(c, e) ? OK : e;
    for (size_t i = 0; i < n; i++)
        if (seqs[i] != c->header.seq)
            check_say(c, check_mend_object(c, &keys[i], NULL),
                      "ledger %u: object %s was changed, but has no version of it", c->header.seq,
                      key_text(&keys[i], text));
    return OK;
}

/* Where the keys that a ledger changed are rows of their own: one for each version, and a version
 * for each. */

static ERR check_versions(struct check *c, const struct hash256 *keys, size_t n,
                          const struct hash256 *diff, size_t n_diff)
{
    struct slice *objects = arena_array(c->arena, struct slice, n + 1);
    uint32_t *seqs = arena_array(c->arena, uint32_t, n + 1);
    char text[20];
    check_pace(c, n);
    TRY(store_objects_get(c->s, c->header.seq, keys, n, c->arena, objects, seqs));
    for (size_t i = 0; i < n; i++) {
        bool listed = hash256_in(diff, n_diff, &keys[i]);
        if (seqs[i] == c->header.seq && !listed)
            check_say(c, mend_version(c, &keys[i], objects[i]),
                      "ledger %u: object %s is missing in diff", c->header.seq,
                      key_text(&keys[i], text));
    }
    return OK;
}

static ERR check_diff(struct check *c, const struct check_named *named, size_t n)
{
    struct hash256 *diff = NULL, *keys;
    size_t n_diff = 0, n_keys = 0, n_held;
    bool damaged;
    struct store_range held[STORE_MAX_RANGES];
    store_ranges(c->s, held, &n_held);
    if (!c->s->ops->unordered || n_held == 0 || c->header.seq == held[0].first)
        return OK;
    check_pace(c, 1);
    TRY(check_read(c, store_diff(c->s, c->header.seq, c->arena, &diff, &n_diff), "diff", &damaged));
    if (damaged)
        return OK;
    if (n_diff)
        qsort(diff, n_diff, sizeof *diff, hash256_order);
    keys = arena_array(c->arena, struct hash256, n + n_diff + 1);
    for (; n_keys < n_diff; n_keys++)
        keys[n_keys] = diff[n_keys];
    for (size_t i = 0; i < n; i++)
        if (!hash256_in(diff, n_diff, &named[i].node.key))
            keys[n_keys++] = named[i].node.key;
    for (size_t i = 0; i < n_keys; i += OBJECTS_AT_ONCE)
        TRY(check_versions(c, keys + i, MIN(n_keys - i, (size_t)OBJECTS_AT_ONCE), diff, n_diff));
    return OK;
}

static void drop_others(const struct check *c, struct check_named *named, size_t *n)
{
    size_t n_kept = 0;
    for (size_t i = 0; i < *n; i++)
        if (check_looks_at(c, &named[i].node.key))
            named[n_kept++] = named[i];
    *n = n_kept;
}

ERR check_objects(struct check *c)
{
    size_t n;
    struct check_named *named = last_words(c, &n);
    struct store_range held[STORE_MAX_RANGES];
    size_t n_held;
    drop_others(c, named, &n);
    store_ranges(c->s, held, &n_held);
    bool before = c->opts->repair && n_held > 0 && c->header.seq > held[0].first;
    if (before)
        TRY(check_before(c, named, n, false));
    for (size_t i = 0; i < n; i += OBJECTS_AT_ONCE)
        TRY(check_some(c, named + i, MIN(n - i, (size_t)OBJECTS_AT_ONCE)));
    if (before)
        TRY(check_before(c, named, n, true));
    TRY(check_unnamed(c, named, n));
    TRY(check_diff(c, named, n));
    if (c->opts->repair || n_held == 0 || c->header.seq <= held[0].first)
        return OK; /* for repairs: when no object is missing any more */
    return check_links(c, named, n);
}

ERR check_changed_list(struct check *c, uint32_t seq)
{
    struct store_txs_query all = {.first = seq, .last = seq};
    size_t n;
    arena_clear(c->arena);
    err e = store_header_get(c->s, seq, &c->header);
    if (e.code == 0)
        e = store_ledger_txs(c->s, &all, c->arena, &c->txs, &c->n_txs);
    if (e.code)
        return check_is_damage(c, e) ? OK : e; /* it has been said */
    const struct check_named *named = last_words(c, &n);
    return check_links(c, named, n);
}

/* --- the whole state --- */

ERR check_state(struct check *c)
{
    char text[CHECK_ROOT_TEXT], still[CHECK_ROOT_TEXT];
    size_t n = 0;
    bool right;
    bool list = c->look.list && (c->header.seq == c->first || check_wants_state(c, c->header.seq));
    TRY(check_root(c, list, &right, text));
    c->result.n_states++;
    if (right || text[0] == 0)
        return OK;
    TRY(check_mend_state(c, &n));
    if (n > 0)
        TRY(check_root(c, list, &right, still));
    check_say(c, right, "ledger %u: %s", c->header.seq, text);
    return OK;
}
