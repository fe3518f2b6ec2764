/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/spill.h"

#include "base/bits.h"
#include "base/mem.h"
#include "test.h"

#include <stdlib.h>
#include <unistd.h>

struct seen {
    struct hash256 last;
    size_t n;
    bool any;
};

static err take(void *arg, const struct store_object *objects, size_t n, uint64_t done,
                uint64_t total)
{
    struct seen *s = arg;
    ASSERT(n > 0 && n <= 100 && done < total);
    for (size_t i = 0; i < n; i++, s->n++) {
        ASSERT(!s->any || hash256_cmp(&s->last, &objects[i].key) < 0);
        ASSERT(objects[i].data.n == bits_load32(objects[i].key.b + 4) % 5000);
        ASSERT(objects[i].data.n == 0 || objects[i].data.p[0] == objects[i].key.b[0]);
        s->last = objects[i].key;
        s->any = true;
    }
    return s->n > 40000 ? FAIL(ERR_CANCELLED, "too many") : OK;
}

TEST(what_comes_in_any_order_goes_out_in_order_each_once)
{
    CLEANUP(spill_freep) struct spill *s = NULL;
    CLEANUP(mem_freep) uint8_t *data = xcalloc(1, 5000);
    char path[512];
    struct seen seen = {.n = 0};
    snprintf(path, sizeof path, "%s/spill", test_dir());
    ASSERT_OK(spill_new(path, &s));
    srand(7);
    for (uint32_t i = 0; i < 20000; i++) {
        struct store_object o = {.key = {{0}}};
        for (size_t k = 0; k < 32; k += 2)
            bits_store16(o.key.b + k, (uint16_t)rand());
        if (i % 3 == 0)
            o.key.b[0] = 7; /* many in one file */
        o.data = slice_of(data, bits_load32(o.key.b + 4) % 5000);
        data[0] = o.key.b[0];
        ASSERT_OK(spill_add(s, &o));
        if (i % 10 == 0)
            ASSERT_OK(spill_add(s, &o)); /* twice */
    }
    ASSERT_OK(spill_each(s, 100, take, &seen));
    ASSERT_INT(20000, seen.n);
    s = spill_free(s);
    ASSERT(access(path, F_OK) != 0);
}

TEST(a_directory_that_cannot_be_made_is_named)
{
    struct spill *s;
    ASSERT_ERR(ERR_IO, spill_new("/dev/null/x", &s));
    ASSERT(strstr(err_text(), "/dev/null/x") != NULL);
}
