/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/successor.h"

#include "base/mem.h"
#include "xrpl/sto.h"

#include <stdlib.h>

#define ENTRY_DIRECTORY 0x0064

struct hash256 successor_last(void)
{
    struct hash256 h;
    memset(h.b, 0xFF, sizeof h.b);
    return h;
}

void successor_list_deinit(struct successor_list *l)
{
    free(l->rows);
    *l = (struct successor_list){0};
}

void successor_list_add(struct successor_list *l, const struct hash256 *key,
                        const struct hash256 *next)
{
    if (l->n == l->cap) {
        l->cap = l->cap ? l->cap * 2 : 64;
        l->rows = xrealloc(l->rows, l->cap * sizeof *l->rows);
    }
    l->rows[l->n++] = (struct store_successor){*key, *next};
}

void successor_list_sort(struct successor_list *l)
{
    if (l->n == 0)
        return;
    qsort(l->rows, l->n, sizeof *l->rows, hash256_order);
    size_t to = 1;
    for (size_t i = 1; i < l->n; i++)
        if (!hash256_eq(&l->rows[i].key, &l->rows[to - 1].key))
            l->rows[to++] = l->rows[i];
    l->n = to; /* rows of one key say the same: all were read from one state */
}

bool successor_is_book(struct slice object)
{
    return sto_entry_type(object) == ENTRY_DIRECTORY && !sto_has(object, FIELD_Owner);
}

struct hash256 successor_base(const struct hash256 *directory)
{
    struct hash256 base = *directory;
    memset(base.b + 24, 0, 8);
    return base;
}

ERR successor_after(struct merged *w, const struct hash256 *key, struct hash256 *ret)
{
    struct merged_entry next;
    merged_seek(w, key, true);
    err e = merged_next(w, &next);
    if (e.code == ERR_NOT_FOUND) {
        *ret = successor_last();
        return OK;
    }
    TRY(e);
    *ret = hash256_of(next.key);
    return OK;
}

/* Greatest key before `key`, or SUCCESSOR_FIRST. */
static err before(struct merged *w, const struct hash256 *key, struct hash256 *ret)
{
    struct merged_entry last;
    err e = merged_before(w, key, &last);
    if (e.code == ERR_NOT_FOUND) {
        *ret = SUCCESSOR_FIRST;
        return OK;
    }
    TRY(e);
    *ret = hash256_of(last.key);
    return OK;
}

static err add_neighbours(struct merged *w, const struct successor_change *c,
                          struct successor_list *ret)
{
    struct hash256 pred, succ;
    TRY(before(w, &c->key, &pred));
    TRY(successor_after(w, &c->key, &succ));
    if (c->created) {
        successor_list_add(ret, &pred, &c->key);
        successor_list_add(ret, &c->key, &succ);
    } else {
        successor_list_add(ret, &pred, &succ);
    }
    return OK;
}

/* A created directory that is the first of its book, and any deleted one, say what comes after the
 * base now. */
static err add_base(struct merged *w, const struct successor_change *c, struct successor_list *ret)
{
    struct hash256 base = successor_base(&c->key), first;
    TRY(successor_after(w, &base, &first));
    if (!c->created || hash256_eq(&first, &c->key))
        successor_list_add(ret, &base, &first);
    return OK;
}

static err add_all(struct merged *w, const struct successor_change *changes, size_t n,
                   struct successor_list *ret)
{
    for (size_t i = 0; i < n; i++) {
        TRY(add_neighbours(w, &changes[i], ret));
        if (changes[i].book)
            TRY(add_base(w, &changes[i], ret));
    }
    return OK;
}

ERR successor_of_changes(const struct mirror *m, const struct versions *versions, MDB_txn *txn,
                         const struct successor_change *changes, size_t n,
                         struct successor_list *ret)
{
    struct merged w = {m, versions, .seq = MERGED_NEWEST};
    TRY(mirror_check(m, mdb_cursor_open(txn, m->state, &w.cursor), "open cursor"));
    err e = add_all(&w, changes, n, ret);
    mdb_cursor_close(w.cursor);
    successor_list_sort(ret);
    return e;
}
