/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rocks_manifest.h"

#include "base/mem.h"
#include "store/rocks_impl.h"
#include "store/rocks_options.h"
#include "unit/store/fixture.h"

#include <stdlib.h>

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
