/* SPDX-License-Identifier: Apache-2.0 */
#include "xrpl/sto_put.h"

#include "base/mem.h"
#include "test.h"
#include "xrpl/sto.h"

#include <stdlib.h>

/* A blob of n bytes under this id comes back. */
static void comes_back(field_id id, size_t n)
{
    CLEANUP(mem_freep) uint8_t *p = xcalloc(1, n + 6);
    size_t at = sto_put_id(id, p);
    at += sto_put_length(n, p + at);
    struct sto_iter it = sto_iter_of(slice_of(p, at + n));
    struct sto_field f;
    ASSERT(sto_next(&it, &f));
    ASSERT_INT(id, f.id);
    ASSERT_INT(n, f.value.n);
    ASSERT(!sto_next(&it, &f) && !it.failed);
}

TEST(lengths_are_put_as_they_are_read)
{
    static const size_t sizes[] = {0, 1, 192, 193, 448, 12480, 12481, 65536, 918744};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
        comes_back(FIELD_MemoData, sizes[i]);
    uint8_t longest[3], longer[3];
    ASSERT_INT(3, sto_put_length(918744, longest));
    ASSERT_INT(3, sto_put_length(10000000, longer));
    ASSERT(memcmp(longest, longer, 3) == 0);
}

TEST(ids_of_one_to_three_bytes_are_put_as_they_are_read)
{
    static const uint8_t flags[] = {0x22}, close[] = {0x20, 0x1B}, wide[] = {0x03, 0x10},
                         both[] = {0x00, 0x13, 0x11};
    static const struct {
        field_id id;
        const uint8_t *bytes;
        size_t n;
    } ids[] = {{2 << 16 | 2, flags, 1},
               {2 << 16 | 27, close, 2},
               {16 << 16 | 3, wide, 2},
               {19 << 16 | 17, both, 3}};
    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        uint8_t out[3];
        ASSERT_INT(ids[i].n, sto_put_id(ids[i].id, out));
        ASSERT(memcmp(out, ids[i].bytes, ids[i].n) == 0);
    }
}
