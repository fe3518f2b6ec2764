/* SPDX-License-Identifier: Apache-2.0 */
#include "mirrors.h"

#include "test.h"

struct mirror *mirrors_open(const char *name)
{
    char path[256];
    struct mirror *m = NULL;
    snprintf(path, sizeof path, "%s/%s", test_dir(), name);
    struct mirror_opts opts = {.path = path, .max_readers = 4};
    ASSERT_OK(mirror_open(&opts, &m));
    ASSERT_INT(0, mdb_env_set_flags(m->env, MDB_NOSYNC, 1)); /* bytes are counted */
    return m;
}

MDB_txn *mirrors_begin(struct mirror *m)
{
    MDB_txn *txn = NULL;
    ASSERT_OK(mirror_write_begin(m, &txn));
    return txn;
}
