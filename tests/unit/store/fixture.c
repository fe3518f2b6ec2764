/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "unit/store/fixture.h"

#include "base/bits.h"
#include "store/memory.h"
#include "store/rocks_options.h"

#include <fcntl.h>
#include <unistd.h>

struct store *fixture_open(const char *path)
{
    struct store *s;
    ASSERT_OK(rocks_open(&(struct rocks_opts){.path = path}, &s));
    return s;
}

struct store *fixture_open_new(void)
{
    static int n;
    char path[512];
    snprintf(path, sizeof path, "%s/%d", test_dir(), n++);
    return fixture_open(path);
}

struct store *fixture_memory(uint64_t seed, uint32_t n)
{
    CLEANUP(mem_freep) struct model *m = model_new(seed);
    struct store *s = memory_new();
    model_load(m, s);
    model_write(m, s, n);
    return s;
}

void fixture_flip(const char *path, off_t at)
{
    uint8_t byte;
    int fd = open(path, O_RDWR);
    ASSERT(fd >= 0 && pread(fd, &byte, 1, at) == 1);
    byte ^= 0x10;
    ASSERT(pwrite(fd, &byte, 1, at) == 1);
    close(fd);
}

void fixture_file_of(struct store *s, enum rocks_cf cf, char path[600])
{
    struct rocks *r = rocks_of(s);
    const rocksdb_livefiles_t *live = rocksdb_livefiles(r->db);
    path[0] = 0;
    for (int i = 0; i < rocksdb_livefiles_count(live); i++)
        if (path[0] == 0 &&
            rocks_options_cf_by_name(rocksdb_livefiles_column_family_name(live, i)) == cf)
            snprintf(path, 600, "%s%s", r->path, rocksdb_livefiles_name(live, i));
    rocksdb_livefiles_destroy(live);
    ASSERT(path[0]);
}

struct store *fixture_bad_block(struct model *m)
{
    char path[600];
    struct store *s = fixture_open(test_dir());
    model_load(m, s);
    model_write(m, s, 20);
    ASSERT_OK(rocks_compact(s));
    fixture_file_of(s, ROCKS_CF_OBJECT, path);
    store_close(s);
    fixture_flip(path, 2000);
    return fixture_open(test_dir());
}
