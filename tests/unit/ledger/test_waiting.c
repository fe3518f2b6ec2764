/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/waiting.h"

#include "ledger/mirror_object.h"
#include "test.h"

static struct hash256 key_of(int i)
{
    return (struct hash256){{(uint8_t)(i % 7), (uint8_t)(i * 37), (uint8_t)i}};
}

/* In the file: 'f' and its number, under every third key. */
static void fill_file(struct mirror *m, MDB_txn *txn)
{
    for (int i = 0; i < 210; i += 3) {
        uint8_t object[] = {'f', (uint8_t)i};
        struct hash256 key = key_of(i);
        ASSERT_INT(0, mirror_object_put(m, txn, &key, slice_of(object, 2), 0));
    }
}

static char in_file(struct mirror *m, MDB_txn *txn, int i)
{
    struct hash256 key = key_of(i);
    struct slice object;
    MDB_cursor *c = NULL;
    ASSERT_INT(0, mdb_cursor_open(txn, m->state, &c));
    err e = mirror_get(m, c, &key, &object);
    mdb_cursor_close(c);
    ASSERT(e.code == 0 || e.code == ERR_NOT_FOUND);
    return e.code ? '-' : (char)object.p[0];
}

/* One slice, all of it, and nothing else. */
TEST(a_slice_is_written)
{
    struct mirror_opts opts = {.path = test_dir(), .max_readers = 16};
    struct mirror *m = NULL;
    ASSERT_OK(mirror_open(&opts, &m));
    struct undo *u = undo_new(&(struct undo_opts){1 << 20, 10, 1});
    struct versions *vs = undo_versions(u);
    undo_reset(u, 50);
    MDB_txn *txn = NULL;
    ASSERT_OK(mirror_write_begin(m, &txn));
    fill_file(m, txn);
    for (int i = 0; i < 210; i += 2) {
        struct hash256 key = key_of(i);
        versions_add(vs, &key, VERSIONS_WAITING, i % 4 ? slice_str("w") : SLICE_EMPTY);
        if (i % 5 == 0)
            versions_add(vs, &key, 50, slice_str("u")); /* is of no account */
    }
    for (int i = 0; i < 210; i += 7) { /* slice 0 */
        struct hash256 key = key_of(i);
        versions_add(vs, &key, 49, slice_str("u"));
    }
    uint64_t bytes = 0, all = versions_waiting_bytes(vs);
    ASSERT_OK(waiting_store(m, vs, txn, 3, &bytes));
    ASSERT(bytes > 0 && bytes < all);
    struct undo_run *r = undo_run_new(u, &(struct ledger_header){.seq = 50});
    waiting_written(vs, 3, r);
    ASSERT_INT(all - bytes, versions_waiting_bytes(vs));
    for (int i = 0; i < 210; i++) {
        struct hash256 key = key_of(i);
        char was = i % 3 == 0 ? 'f' : '-', is = i % 4 ? 'w' : '-';
        bool waits = i % 2 == 0, written = i % 7 == 3;
        ASSERT_INT(waits && written ? is : was, in_file(m, txn, i));
        ASSERT_INT(waits && !written, versions_waiting(vs, &key) != NULL);
    }
    ASSERT_OK(waiting_store(m, vs, txn, 3, &bytes));
    ASSERT_INT(0, (int64_t)bytes);
    undo_publish(u, r);
    mdb_txn_abort(txn);
    undo_free(u);
    mirror_close(m);
}
