/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/successor.h"

#include "base/mem.h"
#include "chain.h"
#include "ledger/mirror_object.h"
#include "test.h"

#include <stdlib.h>

/* The rows as a reader of the history sees them: the newest one of each key. */
struct map {
    struct store_successor *rows;
    size_t n;
};

static struct store_successor *find(struct map *m, const struct hash256 *key)
{
    for (size_t i = 0; i < m->n; i++)
        if (hash256_eq(&m->rows[i].key, key))
            return &m->rows[i];
    return NULL;
}

static void merge(struct map *m, const struct successor_list *l)
{
    m->rows = xrealloc(m->rows, (m->n + l->n) * sizeof *m->rows + 1);
    for (size_t i = 0; i < l->n; i++) {
        struct store_successor *row = find(m, &l->rows[i].key);
        if (row == NULL)
            row = &m->rows[m->n++];
        *row = l->rows[i];
    }
}

static struct hash256 after(const struct chain_ledger *l, const struct hash256 *key)
{
    const struct store_object *o = chain_after(l, key);
    return o ? o->key : successor_last();
}

/* From the head to the tail through all objects; and every book's base knows its first directory.
 */
static void check(struct map *m, const struct chain_ledger *l)
{
    struct hash256 at = SUCCESSOR_FIRST, last = successor_last();
    for (size_t i = 0; i <= l->n; i++) {
        struct store_successor *row = find(m, &at);
        ASSERT(row != NULL);
        ASSERT(hash256_eq(&row->next, i < l->n ? &l->objects[i].key : &last));
        at = row->next;
    }
    for (size_t i = 0; i < l->n; i++) {
        if (!successor_is_book(l->objects[i].data))
            continue;
        struct hash256 base = successor_base(&l->objects[i].key), first = after(l, &base);
        struct store_successor *row = find(m, &base);
        ASSERT(row != NULL);
        if (successor_is_book(chain_find(l, &first)->data))
            ASSERT(hash256_eq(&row->next, &first));
    }
}

static void add_change(const struct chain_ledger *before, const struct store_object *o,
                       struct successor_change *changes, size_t *n)
{
    const struct store_object *old = before ? chain_find(before, &o->key) : NULL;
    if ((old != NULL) == (o->data.n != 0))
        return;
    bool book = successor_is_book(old ? old->data : o->data);
    changes[(*n)++] = (struct successor_change){o->key, old == NULL, book};
}

static struct versions *versions;

/* Some wait, the others are in the file. */
static void put(struct mirror *m, MDB_txn *txn, const struct store_object *o)
{
    MDB_val key = mirror_val(hash256_slice(&o->key));
    struct version *old = versions_waiting(versions, &o->key);
    if ((o->key.b[0] ^ o->key.b[31] ^ o->key.b[24]) & 1) {
        versions_add(versions, &o->key, VERSIONS_WAITING, o->data);
        if (old)
            versions_remove(versions, old);
    } else if (o->data.n) {
        ASSERT_INT(0, mirror_object_put(m, txn, &o->key, o->data, 0));
    } else {
        (void)mdb_del(txn, m->state, &key, NULL);
    }
}

static void step(struct mirror *m, struct map *map, const struct chain_ledger *before,
                 const struct chain_ledger *l)
{
    const struct store_object *objects = before ? l->diff : l->objects;
    size_t n = before ? l->n_diff : l->n, n_changes = 0;
    struct successor_change *changes = xmalloc((n + 1) * sizeof *changes);
    MDB_txn *txn = NULL;
    ASSERT_OK(mirror_write_begin(m, &txn));
    for (size_t i = 0; i < n; i++) {
        add_change(before, &objects[i], changes, &n_changes);
        put(m, txn, &objects[i]);
    }
    struct successor_list rows = {0};
    ASSERT_OK(successor_of_changes(m, versions, txn, changes, n_changes, &rows));
    for (size_t i = 1; i < rows.n; i++)
        ASSERT(hash256_cmp(&rows.rows[i - 1].key, &rows.rows[i].key) < 0);
    merge(map, &rows);
    check(map, l);
    successor_list_deinit(&rows);
    ASSERT_OK(mirror_write_commit(m, txn));
    free(changes);
}

TEST(rows_lead_through_every_state)
{
    struct mirror_opts opts = {.path = test_dir(), .max_readers = 16};
    struct mirror *m = NULL;
    ASSERT_OK(mirror_open(&opts, &m));
    versions = versions_new(1);
    struct chain c;
    chain_init(&c, 21, 1, 150);
    struct map map = {0};
    step(m, &map, NULL, &c.ledgers[0]);
    for (int i = 0; i < 60; i++) {
        chain_extend(&c, 1 + chain_random(&c, 30));
        step(m, &map, &c.ledgers[c.n - 2], &c.ledgers[c.n - 1]);
    }
    free(map.rows);
    chain_deinit(&c);
    versions_free(versions);
    mirror_close(m);
}

TEST(emptied_book_points_to_what_follows)
{
    struct mirror_opts opts = {.path = test_dir(), .max_readers = 16};
    struct mirror *m = NULL;
    ASSERT_OK(mirror_open(&opts, &m));
    versions = versions_new(1);
    struct successor_change gone = {.key = {{5, [24] = 1}}, .created = false, .book = true};
    struct hash256 other = {{9}}, base = successor_base(&gone.key), last = successor_last();
    MDB_txn *txn = NULL;
    struct successor_list rows = {0};
    ASSERT_OK(mirror_write_begin(m, &txn));
    ASSERT_OK(successor_of_changes(m, versions, txn, &gone, 1, &rows));
    ASSERT_INT(2, rows.n);
    ASSERT(hash256_is_zero(&rows.rows[0].key) && hash256_eq(&rows.rows[0].next, &last));
    ASSERT(hash256_eq(&rows.rows[1].key, &base) && hash256_eq(&rows.rows[1].next, &last));
    rows.n = 0;
    ASSERT_INT(0, mirror_object_put(m, txn, &other, slice_str("x"), 0));
    ASSERT_OK(successor_of_changes(m, versions, txn, &gone, 1, &rows));
    ASSERT(hash256_eq(&rows.rows[1].key, &base) && hash256_eq(&rows.rows[1].next, &other));
    successor_list_deinit(&rows);
    mdb_txn_abort(txn);
    versions_free(versions);
    mirror_close(m);
}

TEST(only_ownerless_directories_are_books)
{
    ASSERT(successor_is_book(SLICE_LIT("\x11\x00\x64\x22\x00\x00\x00\x00")));
    uint8_t owned[] = {0x11, 0, 0x64, 0x22, 0, 0, 0, 0, 0x82, 20, [29] = 1};
    ASSERT(!successor_is_book(slice_of(owned, sizeof owned)));
    ASSERT(!successor_is_book(SLICE_LIT("\x11\x00\x61\x22\x00\x00\x00\x00")));
    ASSERT(!successor_is_book(SLICE_EMPTY));
}
