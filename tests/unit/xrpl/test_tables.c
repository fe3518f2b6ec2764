/* SPDX-License-Identifier: Apache-2.0 */
#include "xrpl/tables.h"

#include "base/hash.h"
#include "base/hex.h"
#include "base/mem.h"
#include "json/json.h"
#include "test.h"

TEST(nothing_was_learned_at_first)
{
    const struct tables *t = tables_now();
    ASSERT_INT(0, t->generation);
    ASSERT(t->origin == NULL && t->previous == NULL);
    ASSERT(tables_by_code(&t->fields, FIELD_ID(2, 120)) == NULL);
    ASSERT(tables_by_name(&t->tx_types, SLICE_LIT("Payment")) == NULL);
    for (uint32_t type = 0; type < 300; type++)
        ASSERT(!tables_is_prefixed(type));
}

TEST(the_compiled_answer_is_json_and_has_its_hash)
{
    const struct tables *t = tables_now();
    struct hash256 h = hash_sha512half(&t->definitions, 1);
    char hex[65] = {0};
    hex_encode(hash256_slice(&h), hex);
    ASSERT_STR(hex, t->definitions_hash);
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct json v;
    ASSERT_OK(json_parse(t->definitions, NULL, a, &v, NULL));
    ASSERT_INT(10, v.n); /* the sections of the command's answer */
    ASSERT(json_get(json_get(&v, "TRANSACTION_TYPES"), "SponsorshipSet") != NULL);
}

TEST(a_set_is_searched_by_code_and_by_name)
{
    struct tables_name items[] = {
        {3, "Three", NULL}, {5, "Five", "five"}, {9, "Nine", NULL}, {10, "Ten", NULL}};
    uint16_t slots[8] = {0};
    struct tables_set s = {items, ARRAY_LEN(items), slots, ARRAY_LEN(slots)};
    tables_index(&s);
    for (size_t i = 0; i < ARRAY_LEN(items); i++) {
        ASSERT(tables_by_code(&s, items[i].code) == &items[i]);
        ASSERT(tables_by_name(&s, slice_str(items[i].name)) == &items[i]);
    }
    ASSERT(tables_by_name(&s, SLICE_LIT("FIVE")) == &items[1]);
    ASSERT(tables_by_name(&s, SLICE_LIT("six")) == NULL);
    ASSERT(tables_by_code(&s, 4) == NULL && tables_by_code(&s, 11) == NULL);
}

TEST(a_writer_may_bring_the_tables_of_its_request)
{
    static const struct tables other = {.generation = 7};
    struct buf out = {0};
    struct jw w = jw_to(&out);
    ASSERT(tables_of(&w) == tables_now());
    w.tables = &other;
    ASSERT(tables_of(&w) == &other);
    const struct tables *first = tables_now();
    ASSERT(!tables_replace(&other, &other) && tables_now() == first);
    ASSERT(tables_replace(first, &other) && tables_now() == &other);
    buf_deinit(&out);
}
