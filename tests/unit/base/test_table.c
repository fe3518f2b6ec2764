/* SPDX-License-Identifier: Apache-2.0 */
#include "base/table.h"

#include "base/mem.h"
#include "test.h"

#include <stdlib.h>

#define N_KEYS 500

static int values[N_KEYS];

/* Random puts and deletes against an array that knows the truth. */
TEST(a_table_agrees_with_an_array_over_random_changes)
{
    CLEANUP(table_freep) struct table *t = table_new(sizeof(uint32_t));
    bool present[N_KEYS] = {false};
    size_t count = 0;
    srand(42);
    for (int step = 0; step < 200000; step++) {
        uint32_t key = (uint32_t)rand() % N_KEYS;
        bool add = rand() % (step / 20000 % 2 ? 3 : 2) == 0;
        void *before = add ? table_put(t, &key, &values[key]) : table_del(t, &key);
        ASSERT(before == (present[key] ? &values[key] : NULL));
        count += add && !present[key];
        count -= !add && present[key];
        present[key] = add;
        ASSERT_INT(count, table_count(t));
    }
    for (uint32_t key = 0; key < N_KEYS; key++)
        ASSERT(table_get(t, &key) == (present[key] ? &values[key] : NULL));
}

TEST(keys_of_odd_length_are_compared_whole)
{
    CLEANUP(table_freep) struct table *t = table_new(5);
    int a, b;
    table_put(t, "abcd1", &a);
    table_put(t, "abcd2", &b);
    ASSERT(table_get(t, "abcd1") == &a && table_get(t, "abcd2") == &b);
    ASSERT(table_get(t, "abcd3") == NULL);
}

TEST(a_walk_gives_each_pair_once)
{
    CLEANUP(table_freep) struct table *t = table_new(sizeof(uint32_t));
    int seen[N_KEYS] = {0};
    for (uint32_t key = 0; key < N_KEYS; key++)
        table_put(t, &key, &values[key]);
    size_t at = 0;
    const void *key;
    for (int *v; (v = table_each(t, &at, &key)) != NULL;) {
        uint32_t k;
        memcpy(&k, key, sizeof k);
        ASSERT(v == &values[k]);
        seen[k]++;
    }
    for (int i = 0; i < N_KEYS; i++)
        ASSERT_INT(1, seen[i]);
}

TEST(a_walk_may_delete_and_misses_nothing)
{
    CLEANUP(table_freep) struct table *t = table_new(sizeof(uint32_t));
    for (uint32_t key = 0; key < N_KEYS; key++) {
        values[key] = (int)key;
        table_put(t, &key, &values[key]);
    }
    size_t at = 0;
    for (int *v; (v = table_each(t, &at, NULL)) != NULL;)
        if (*v % 3)
            table_each_del(t, &at);
    for (uint32_t key = 0; key < N_KEYS; key++)
        ASSERT((table_get(t, &key) != NULL) == (key % 3 == 0));
}

TEST(an_empty_table_answers)
{
    CLEANUP(table_freep) struct table *t = table_new(4);
    size_t at = 0;
    ASSERT(table_get(t, "abcd") == NULL && table_del(t, "abcd") == NULL);
    ASSERT(table_each(t, &at, NULL) == NULL);
    table_put(t, "abcd", t);
    table_clear(t);
    ASSERT_INT(0, table_count(t));
    ASSERT(table_get(t, "abcd") == NULL);
    ASSERT(table_free(NULL) == NULL);
    ASSERT(table_seed() == table_seed());
}
