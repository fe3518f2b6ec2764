/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rocks_manifest.h"

#include "base/mem.h"
#include "store/rocks_impl.h"
#include "store/rocks_options.h"
#include "unit/store/fixture.h"

#include <glob.h>
#include <stdlib.h>
#include <unistd.h>

/* Level and number of the file of a family; false: it has none. */
static bool file_of(struct store *s, enum rocks_cf cf, struct rocks_manifest_file *ret)
{
    struct rocks *r = rocks_of(s);
    bool found = false;
    const rocksdb_livefiles_t *live = rocksdb_livefiles(r->db);
    for (int i = 0; i < rocksdb_livefiles_count(live); i++) {
        const char *family = rocksdb_livefiles_column_family_name(live, i);
        if (strcmp(family, rocks_options_cf_name(cf)) != 0)
            continue;
        found = true;
        *ret =
            (struct rocks_manifest_file){rocksdb_column_family_handle_get_id(r->cf[cf]),
                                         (uint32_t)rocksdb_livefiles_level(live, i),
                                         strtoull(rocksdb_livefiles_name(live, i) + 1, NULL, 10)};
    }
    rocksdb_livefiles_destroy(live);
    return found;
}

TEST(rocks_manifest_loses_a_file_and_nothing_else)
{
    CLEANUP(mem_freep) struct model *m = model_new(6);
    struct rocks_manifest_file file = {0};
    struct store *s = fixture_open(test_dir());
    struct ledger_header h;
    uint32_t seq;
    model_load(m, s);
    model_write(m, s, 20);
    ASSERT_OK(store_header_get(s, m->seq, &h));
    ASSERT_OK(rocks_compact(s));
    ASSERT(file_of(s, ROCKS_CF_HASH, &file));
    store_close(s);
    ASSERT_OK(rocks_manifest_drop(test_dir(), &file, 1));
    s = fixture_open(test_dir());
    ASSERT(!file_of(s, ROCKS_CF_HASH, &file));
    ASSERT_OK(store_header_get(s, m->seq, &h));
    ASSERT_ERR(ERR_NOT_FOUND, store_seq_by_hash(s, &h.hash, &seq));
    store_close(s);
}

TEST(rocks_manifest_of_nothing_is_an_error)
{
    ASSERT_ERR(ERR_IO, rocks_manifest_drop("/nonexistent", NULL, 0));
}

/* A file of the store in the test's directory. */
static const char *file_like(const char *pattern)
{
    static char path[600];
    glob_t g;
    snprintf(path, sizeof path, "%s/%s", test_dir(), pattern);
    ASSERT_INT(0, glob(path, 0, NULL, &g));
    snprintf(path, sizeof path, "%s", g.gl_pathv[g.gl_pathc - 1]);
    globfree(&g);
    return path;
}

static void make_store(struct model *m)
{
    struct store *s = fixture_open(test_dir());
    model_load(m, s);
    model_write(m, s, 20);
    store_close(s);
}

TEST(rocks_manifest_is_named_again_when_current_is_lost_or_says_nothing)
{
    static const char *const texts[] = {"", "MANIFEST-000999\n", "\n", "MANIFEST-"};
    CLEANUP(mem_freep) struct model *m = model_new(6);
    struct ledger_header h;
    make_store(m);
    for (size_t i = 0; i <= ARRAY_LEN(texts); i++) {
        const char *current = file_like("CURRENT");
        ASSERT_INT(0, unlink(current));
        FILE *f = i < ARRAY_LEN(texts) ? fopen(current, "w") : NULL;
        if (f)
            ASSERT(fputs(texts[i], f) >= 0 && fclose(f) == 0);
        struct store *s = fixture_open(test_dir());
        ASSERT_OK(store_header_get(s, m->seq, &h));
        store_close(s);
    }
}

TEST(rocks_manifest_that_is_gone_is_said_and_no_table_is_thrown_away)
{
    CLEANUP(mem_freep) struct model *m = model_new(6);
    struct store *s;
    make_store(m);
    ASSERT_INT(0, unlink(file_like("MANIFEST-*")));
    for (int i = 0; i < 2; i++) {
        ASSERT_ERR(ERR_CORRUPT, rocks_open(&(struct rocks_opts){.path = test_dir()}, &s));
        ASSERT(strstr(err_text(), "move it away"));
        ASSERT_INT(0, access(file_like("*.sst"), F_OK));
        if (i == 0)
            ASSERT_INT(0, unlink(file_like("CURRENT")));
    }
}

TEST(rocks_manifest_that_is_damaged_is_said)
{
    CLEANUP(mem_freep) struct model *m = model_new(6);
    struct store *s;
    make_store(m);
    fixture_flip(file_like("MANIFEST-*"), 30);
    ASSERT_ERR(ERR_CORRUPT, rocks_open(&(struct rocks_opts){.path = test_dir()}, &s));
    ASSERT(strstr(err_text(), "move it away"));
}

TEST(rocks_own_rows_that_are_damaged_are_said)
{
    char path[600];
    CLEANUP(mem_freep) struct model *m = model_new(6);
    struct store *s = fixture_open(test_dir());
    model_load(m, s);
    ASSERT_OK(rocks_compact(s));
    fixture_file_of(s, ROCKS_CF_META, path);
    store_close(s);
    fixture_flip(path, 5);
    ASSERT_ERR(ERR_CORRUPT, rocks_open(&(struct rocks_opts){.path = test_dir()}, &s));
    ASSERT(strstr(err_text(), "move it away"));
}

TEST(rocks_manifest_of_a_store_that_was_not_made_to_its_end_is_made_anew)
{
    char path[600];
    snprintf(path, sizeof path, "%s/MANIFEST-000001", test_dir());
    FILE *f = fopen(path, "w");
    ASSERT(f && fputs("torn", f) >= 0 && fclose(f) == 0);
    store_close(fixture_open(test_dir()));
}
