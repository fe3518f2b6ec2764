/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "unit/store/fixture.h"

#include "store/memory.h"

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
