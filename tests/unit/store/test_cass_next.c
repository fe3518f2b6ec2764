/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "store/cass.h"
#include "store/memory.h"
#include "unit/store/cass_fixture.h"
#include "unit/store/cass_ledgers.h"
#include "unit/store/model.h"
#include "unit/test.h"

/* All keys of the model, whether they exist or not: guesses that are often wrong. */
static size_t guess(void *arg, const struct hash256 *key, bool before, size_t n,
                    struct hash256 *ret)
{
    const struct model *m = arg;
    size_t got = 0;
    for (size_t i = 0; i < MODEL_N_KEYS && got < n; i++) {
        const struct hash256 *k = &m->keys[before ? MODEL_N_KEYS - 1 - i : i];
        int c = hash256_cmp(k, key);
        if (before ? c < 0 : c > 0)
            ret[got++] = *k;
    }
    return got;
}

TEST(guesses_change_nothing_but_the_time)
{
    if (!cass_fixture_is_there())
        return;
    struct store *s = cass_fixture_open(), *brute = memory_new();
    CLEANUP(mem_freep) struct model *m = model_new(9), *m2 = model_new(9);
    model_load(m, s);
    model_load(m2, brute);
    model_write(m, s, 20);
    model_write(m2, brute, 20);
    cass_set_near(cass_of(s), guess, m);
    model_compare(m, s, brute, 3, 60);
    store_close(s);
    store_close(brute);
    cass_fixture_drop();
}

TEST(a_list_that_leads_astray_is_damage)
{
    if (!cass_fixture_is_there())
        return;
    struct store *s = cass_fixture_open();
    struct hash256 key = cass_ledgers_key(0x20, 1), next;
    cass_ledgers_load(s);
    cass_fixture_run(
        "UPDATE %s.successor SET next = "
        "0x1000000000000000000000000000000000000000000000000000000000000001 "
        "WHERE key = 0x2000000000000000000000000000000000000000000000000000000000000001 AND seq = "
        "10");
    ASSERT_ERR(ERR_CORRUPT, store_next(s, 10, &key, &next));
    cass_fixture_run("DELETE FROM %s.successor WHERE key = "
                     "0x2000000000000000000000000000000000000000000000000000000000000001");
    ASSERT_ERR(ERR_CORRUPT, store_next(s, 10, &key, &next));
    ASSERT(strstr(err_text(), "successor") != NULL);
    store_close(s);
    cass_fixture_drop();
}

/* Clio writes the row of the list's head under FF..FF, and zero as its end, now and then. */
TEST(swapped_ends_of_the_list_are_understood)
{
    if (!cass_fixture_is_there())
        return;
    struct store *s = cass_fixture_open();
    struct hash256 key = cass_ledgers_key(0x40, 1), next;
    struct store_object made = {cass_ledgers_key(0x10, 1), SLICE_LIT("ten")};
    struct store_successor rows[] = {{{{[0 ... 31] = 0xFF}}, made.key},
                                     {made.key, cass_ledgers_key(0x20, 1)},
                                     {key, HASH256_ZERO}};
    struct store_ledger l = cass_ledgers_make(11, 0);
    cass_ledgers_load(s);
    l.objects = &made;
    l.successors = rows;
    l.n_objects = 1;
    l.n_successors = 3;
    ASSERT_OK(store_write(s, &l, 1));
    ASSERT_ERR(ERR_NOT_FOUND, store_next(s, 11, &key, &next));
    ASSERT_OK(store_next(s, 11, &HASH256_ZERO, &next));
    ASSERT(hash256_eq(&made.key, &next));
    ASSERT_OK(store_next(s, 10, &HASH256_ZERO, &next));
    ASSERT_INT(0x20, next.b[0]);
    store_close(s);
    cass_fixture_drop();
}
