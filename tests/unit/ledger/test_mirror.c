/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/mirror.h"

#include "base/bits.h"
#include "base/mem.h"
#include "ledger/mirror_object.h"
#include "test.h"

#include <unistd.h>

static struct mirror *open_here(void)
{
    struct mirror_opts opts = {.path = test_dir(), .max_readers = 16};
    struct mirror *m = NULL;
    ASSERT_OK(mirror_open(&opts, &m));
    return m;
}

TEST(second_opening_is_refused)
{
    struct mirror *m = open_here(), *other = NULL;
    struct mirror_opts opts = {.path = test_dir(), .max_readers = 16};
    ASSERT_ERR(ERR_LOCKED, mirror_open(&opts, &other));
    ASSERT(strstr(err_text(), test_dir()) != NULL);
    mirror_close(m);
    mirror_close(open_here());
}

TEST(path_that_cannot_be_made_is_an_error)
{
    struct mirror_opts opts = {.path = "/proc/nowhere/mirror", .max_readers = 16};
    struct mirror *m = NULL;
    ASSERT_ERR(ERR_IO, mirror_open(&opts, &m));
}

static void expect_empty(struct mirror *m)
{
    MDB_txn *txn = NULL;
    struct mirror_meta got;
    ASSERT_OK(mirror_write_begin(m, &txn));
    ASSERT_ERR(ERR_NOT_FOUND, mirror_meta_get(m, txn, &got));
    mdb_txn_abort(txn);
}

TEST(file_of_another_kind_is_thrown_away)
{
    char path[256];
    snprintf(path, sizeof path, "%s/data.mdb", test_dir());
    FILE *f = fopen(path, "w");
    for (int i = 0; i < 20000; i++)
        fputc('x', f);
    fclose(f);
    struct mirror_opts opts = {.path = test_dir(), .max_readers = 16};
    struct mirror *m = NULL;
    ASSERT_OK(mirror_open(&opts, &m));
    expect_empty(m);
    mirror_close(m);
}

/* Beyond the end of the file the map is no memory: it is found before anything is read. */
TEST(file_that_was_cut_off_is_thrown_away)
{
    struct mirror *m = open_here();
    MDB_txn *txn = NULL;
    static uint8_t big[100000];
    MDB_val key = {3, "key"}, value = {sizeof big, big};
    ASSERT_OK(mirror_write_begin(m, &txn));
    ASSERT_INT(0, mdb_put(txn, m->state, &key, &value, 0));
    ASSERT_OK(mirror_write_commit(m, txn));
    mirror_close(m);
    char path[256];
    snprintf(path, sizeof path, "%s/data.mdb", test_dir());
    ASSERT_INT(0, truncate(path, 40000));
    m = open_here();
    expect_empty(m);
    mirror_close(m);
}

TEST(a_mirror_can_be_begun_anew)
{
    struct mirror *m = open_here();
    struct mirror_meta meta = {.header.seq = 77};
    MDB_txn *txn = NULL;
    for (int i = 0; i < 3; i++) {
        ASSERT_OK(mirror_write_begin(m, &txn));
        ASSERT_OK(mirror_meta_put(m, txn, &meta));
        ASSERT_OK(mirror_write_commit(m, txn));
        ASSERT_OK(mirror_reset(m));
        expect_empty(m);
    }
    mirror_close(m);
}

TEST(meta_record_comes_back)
{
    struct mirror *m = open_here();
    struct mirror_meta meta = {
        .dataset = "0123456789abcde", .header = {.seq = 77, .drops = 5}, .turn = {71, 9, 75}};
    meta.header.hash = digest_ledger(&meta.header);
    MDB_txn *txn = NULL;
    ASSERT_OK(mirror_write_begin(m, &txn));
    struct mirror_meta got;
    ASSERT_ERR(ERR_NOT_FOUND, mirror_meta_get(m, txn, &got));
    ASSERT_OK(mirror_meta_put(m, txn, &meta));
    ASSERT_OK(mirror_write_commit(m, txn));
    mirror_close(m);
    m = open_here();
    ASSERT_OK(mirror_write_begin(m, &txn));
    ASSERT_OK(mirror_meta_get(m, txn, &got));
    ASSERT_INT(77, got.header.seq);
    ASSERT_INT(71, got.turn.since);
    ASSERT_INT(9, got.turn.next);
    ASSERT_INT(75, got.turn.begun);
    ASSERT(memcmp(got.dataset, meta.dataset, sizeof got.dataset) == 0);
    ASSERT(hash256_eq(&got.header.hash, &meta.header.hash));
    mdb_txn_abort(txn);
    ASSERT_OK(mirror_clear(m));
    ASSERT_OK(mirror_write_begin(m, &txn));
    ASSERT_ERR(ERR_NOT_FOUND, mirror_meta_get(m, txn, &got));
    mdb_txn_abort(txn);
    mirror_close(m);
}

/* Format 2 kept no nodes of older ledgers; format 3 those, but no objects. */
TEST(meta_records_of_the_formats_before_are_read)
{
    struct mirror *m = open_here();
    struct mirror_meta got;
    struct ledger_header header = {.seq = 77, .drops = 5};
    header.hash = digest_ledger(&header);
    uint8_t bytes[4 + 16 + LEDGER_HEADER_BYTES + 12] = {0}, *turn = bytes + sizeof bytes - 12;
    bits_store32(bytes, 2);
    digest_header_encode(&header, bytes + 20);
    MDB_val key = {6, "ledger"}, value = {sizeof bytes - 12, bytes};
    MDB_txn *txn = NULL;
    ASSERT_OK(mirror_write_begin(m, &txn));
    ASSERT_INT(0, mdb_put(txn, m->meta, &key, &value, 0));
    ASSERT_OK(mirror_meta_get(m, txn, &got));
    ASSERT_INT(77, got.turn.since);
    bits_store32(bytes, 3); /* and format 3 must say which */
    ASSERT_INT(0, mdb_put(txn, m->meta, &key, &value, 0));
    ASSERT_ERR(ERR_CORRUPT, mirror_meta_get(m, txn, &got));
    value.mv_size += 4;
    bits_store32(turn, 78); /* not a newer one */
    ASSERT_INT(0, mdb_put(txn, m->meta, &key, &value, 0));
    ASSERT_ERR(ERR_CORRUPT, mirror_meta_get(m, txn, &got));
    bits_store32(turn, 76);
    ASSERT_INT(0, mdb_put(txn, m->meta, &key, &value, 0));
    ASSERT_OK(mirror_meta_get(m, txn, &got));
    ASSERT_INT(76, got.turn.since);
    ASSERT_INT(76, got.turn.begun);
    bits_store32(bytes, 4); /* format 4 says more */
    ASSERT_INT(0, mdb_put(txn, m->meta, &key, &value, 0));
    ASSERT_ERR(ERR_CORRUPT, mirror_meta_get(m, txn, &got));
    value.mv_size += 8;
    for (uint32_t begun = 75; begun <= 78; begun++) {
        bits_store32(turn + 8, begun);
        ASSERT_INT(0, mdb_put(txn, m->meta, &key, &value, 0));
        ASSERT_INT(begun == 76 || begun == 77 ? 0 : ERR_CORRUPT,
                   mirror_meta_get(m, txn, &got).code);
    }
    mdb_txn_abort(txn);
    mirror_close(m);
}

TEST(unknown_format_and_damage_are_told_apart)
{
    struct mirror *m = open_here();
    uint8_t bytes[4 + 16 + LEDGER_HEADER_BYTES] = {0};
    bits_store32(bytes, 999);
    MDB_val key = {6, "ledger"}, value = {sizeof bytes, bytes};
    MDB_txn *txn = NULL;
    struct mirror_meta got;
    ASSERT_OK(mirror_write_begin(m, &txn));
    ASSERT_INT(0, mdb_put(txn, m->meta, &key, &value, 0));
    ASSERT_ERR(ERR_VERSION, mirror_meta_get(m, txn, &got));
    bits_store32(bytes, 2);
    value.mv_size--;
    ASSERT_INT(0, mdb_put(txn, m->meta, &key, &value, 0));
    ASSERT_ERR(ERR_CORRUPT, mirror_meta_get(m, txn, &got));
    mdb_txn_abort(txn);
    mirror_close(m);
}

static err fill(struct mirror *m, MDB_txn *txn, uint8_t first, size_t n)
{
    static uint8_t bytes[60000];
    for (size_t i = 0; i < n; i++) {
        struct hash256 key = {{first, (uint8_t)i}};
        struct slice v = slice_of(bytes, sizeof bytes);
        TRY(mirror_check(m, mirror_object_put(m, txn, &key, v, 0), "fill"));
    }
    return OK;
}

TEST(full_map_is_a_limit_and_can_grow)
{
    struct mirror_opts opts = {.path = test_dir(), .max_readers = 16, .map_bytes = 1 << 20};
    struct mirror *m = NULL;
    ASSERT_OK(mirror_open(&opts, &m));
    MDB_txn *txn = NULL;
    ASSERT_OK(mirror_write_begin(m, &txn));
    ASSERT_ERR(ERR_LIMIT, fill(m, txn, 1, 40));
    mdb_txn_abort(txn);
    uint64_t before = m->map_bytes;
    while (m->map_bytes < 8 << 20)
        ASSERT_OK(mirror_grow(m));
    ASSERT(m->map_bytes >= before * 8);
    ASSERT_OK(mirror_write_begin(m, &txn));
    ASSERT_OK(fill(m, txn, 1, 40));
    ASSERT_OK(mirror_write_commit(m, txn));
    ASSERT(mirror_bytes(m) > 40 * 60000);
    m = mirror_close(m);
    ASSERT_OK(mirror_open(&opts, &m)); /* the file is larger than what is asked for */
    ASSERT(m->map_bytes >= 40 * 60000);
    mirror_close(m);
}
