/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rocks_tidy.h"

#include "base/mem.h"
#include "store/rocks_iter.h"
#include "store/rocks_options.h"
#include "unit/store/fixture.h"
#include "unit/store/model.h"

#include <dirent.h>
#include <unistd.h>

static size_t count_files(struct rocks *r, enum rocks_cf cf)
{
    const rocksdb_livefiles_t *live = rocksdb_livefiles(r->db);
    size_t n = 0;
    for (int i = 0; i < rocksdb_livefiles_count(live); i++)
        n += rocks_options_cf_by_name(rocksdb_livefiles_column_family_name(live, i)) == cf;
    rocksdb_livefiles_destroy(live);
    return n;
}

/* Tables in the directory: those that are read, and those that something keeps alive. */
static size_t count_on_disk(void)
{
    size_t n = 0;
    DIR *dir = opendir(test_dir());
    for (struct dirent *e; (e = readdir(dir)) != NULL;)
        n += strstr(e->d_name, ".sst") != NULL;
    closedir(dir);
    return n;
}

static size_t count_live(struct rocks *r)
{
    const rocksdb_livefiles_t *live = rocksdb_livefiles(r->db);
    size_t n = (size_t)rocksdb_livefiles_count(live);
    rocksdb_livefiles_destroy(live);
    return n;
}

static void flush(struct rocks *r, enum rocks_cf cf)
{
    rocksdb_flushoptions_t *o = rocksdb_flushoptions_create();
    char *text = NULL;
    rocksdb_flush_cf(r->db, o, r->cf[cf], &text);
    ASSERT(text == NULL);
    rocksdb_flushoptions_destroy(o);
}

/* Files that do not overlap; moved down from level 0, as they are. */
static void write_files(struct store *s, struct model *m, int n)
{
    struct rocks *r = rocks_of(s);
    for (int i = 0; i < n; i++) {
        model_write(m, s, 1);
        flush(r, ROCKS_CF_TX);
        flush(r, ROCKS_CF_HEADER);
    }
    for (enum rocks_cf cf = ROCKS_CF_HEADER; cf <= ROCKS_CF_TX; cf++) {
        rocksdb_compactoptions_t *o = rocksdb_compactoptions_create();
        rocksdb_compactoptions_set_bottommost_level_compaction(o, 0);
        rocksdb_compact_range_cf_opt(r->db, r->cf[cf], o, NULL, 0, NULL, 0);
        rocksdb_compactoptions_destroy(o);
    }
}

TEST(rocks_tidy_merges_small_neighbours)
{
    CLEANUP(mem_freep) struct model *m = model_new(2);
    struct store *s = fixture_open(test_dir()), *brute = fixture_memory(2, 41);
    struct rocks *r = rocks_of(s);
    model_load(m, s);
    for (int i = 0; i < 5; i++)
        write_files(s, m, 8);
    size_t before = count_files(r, ROCKS_CF_HEADER);
    ASSERT(before >= 3);
    ASSERT_INT(0, rocks_tidy_once(r, (uint64_t)1 << 20, 100)); /* not enough for a file */
    ASSERT_INT(before, count_files(r, ROCKS_CF_HEADER));
    ASSERT(rocks_tidy_once(r, (uint64_t)1 << 20, 3) > 0);
    ASSERT(count_files(r, ROCKS_CF_HEADER) < before);
    model_write(m, s, 1);
    model_compare(m, s, brute, 1, 20);
    store_close(s);
    store_close(brute);
}

/* No ledger comes after the merge, whose commit would do it. */
TEST(rocks_tidy_gives_merged_files_back_that_iterators_keep)
{
    CLEANUP(mem_freep) struct model *m = model_new(3);
    struct store *s = fixture_open(test_dir());
    struct rocks *r = rocks_of(s);
    struct rocks_read rd = {r, true, NULL};
    struct hash256 next;
    model_load(m, s);
    write_files(s, m, 8);
    struct rocks_iter used = rocks_iter_take(&rd, ROCKS_ITER_OBJECT);
    ASSERT_OK(store_next(s, m->seq, &HASH256_ZERO, &next)); /* leaves idle ones */
    ASSERT_OK(rocks_compact(s));
    ASSERT(count_on_disk() > count_live(r));
    rocks_tidy_once(r, (uint64_t)1 << 30, 1000);
    ASSERT(count_on_disk() > count_live(r)); /* one is in use */
    rocks_iter_put(&used);
    while (count_on_disk() > count_live(r)) /* files are deleted in the background */
        usleep(1000);
    store_close(s);
}
