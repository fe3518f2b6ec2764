/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/mirror_object.h"

#include "test.h"

struct fixture {
    struct mirror *m;
    MDB_txn *txn;
    MDB_cursor *cursor;
};

/* Keys 0x10.., 0x30.., 0x50... */
static void fixture_init(struct fixture *f)
{
    ASSERT_OK(mirror_open(&(struct mirror_opts){.path = test_dir(), .max_readers = 8}, &f->m));
    ASSERT_OK(mirror_write_begin(f->m, &f->txn));
    for (int i = 0; i < 3; i++) {
        struct hash256 key = {{(uint8_t)(0x10 + 0x20 * i), [31] = 1}};
        ASSERT_INT(0, mirror_object_put(f->m, f->txn, &key, slice_str("an object"), 0));
    }
    ASSERT_INT(0, mdb_cursor_open(f->txn, f->m->state, &f->cursor));
}

static void fixture_deinit(struct fixture *f)
{
    mdb_cursor_close(f->cursor);
    mdb_txn_abort(f->txn);
    mirror_close(f->m);
}

TEST(an_object_comes_back_and_a_changed_bit_of_it_does_not)
{
    struct fixture f;
    fixture_init(&f);
    struct hash256 key = {{0x30, [31] = 1}};
    struct slice got;
    ASSERT_OK(mirror_get(f.m, f.cursor, &key, &got));
    ASSERT(slice_is(got, "an object"));
    uint8_t *bytes = (uint8_t *)(uintptr_t)got.p; /* a page of the transaction: may be written */
    for (size_t bit = 0; bit < 8 * (got.n + MIRROR_OBJECT_CHECK_BYTES); bit++) {
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        ASSERT_ERR(ERR_CORRUPT, mirror_get(f.m, f.cursor, &key, &got));
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    ASSERT_OK(mirror_get(f.m, f.cursor, &key, &got));
    fixture_deinit(&f);
}

TEST(a_changed_key_is_no_absent_object)
{
    struct fixture f;
    fixture_init(&f);
    MDB_val k, value;
    struct slice got;
    ASSERT_INT(0, mdb_cursor_get(f.cursor, &k, &value, MDB_FIRST));
    ASSERT_INT(0, mdb_cursor_get(f.cursor, &k, &value, MDB_NEXT));
    uint8_t *bytes = k.mv_data;
    for (int bit = 0; bit < 256; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        for (int i = 0; i < 3; i++) {
            struct hash256 key = {{(uint8_t)(0x10 + 0x20 * i), [31] = 1}};
            err e = mirror_get(f.m, f.cursor, &key, &got);
            ASSERT(e.code == 0 || e.code == ERR_CORRUPT);
            ASSERT(i != 1 || e.code == ERR_CORRUPT);
        }
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    fixture_deinit(&f);
}

TEST(what_was_never_there_is_absent)
{
    struct fixture f;
    fixture_init(&f);
    struct slice got;
    for (int i = 0; i < 256; i += 8) {
        struct hash256 key = {{(uint8_t)i}};
        err e = mirror_get(f.m, f.cursor, &key, &got);
        ASSERT(e.code == ERR_NOT_FOUND);
    }
    fixture_deinit(&f);
}

TEST(an_object_may_grow_and_shrink_in_its_place)
{
    struct fixture f;
    fixture_init(&f);
    static uint8_t bytes[9000];
    struct hash256 key = {{0x30, [31] = 1}};
    struct slice got;
    for (size_t n = 1; n <= sizeof bytes; n += 1499) {
        MDB_val k = mirror_val(hash256_slice(&key)), value;
        memset(bytes, (int)n, n);
        ASSERT_INT(0, mdb_cursor_get(f.cursor, &k, &value, MDB_SET));
        ASSERT_INT(0, mirror_object_put_at(f.cursor, &key, slice_of(bytes, n), MDB_CURRENT));
        ASSERT_OK(mirror_get(f.m, f.cursor, &key, &got));
        ASSERT(slice_eq(got, slice_of(bytes, n)));
    }
    ASSERT_INT(MDB_KEYEXIST, mirror_object_put_at(f.cursor, &key, slice_str("x"), MDB_NOOVERWRITE));
    ASSERT_OK(mirror_get(f.m, f.cursor, &key, &got));
    fixture_deinit(&f);
}
