/* SPDX-License-Identifier: Apache-2.0 */
#include "xrpl/learn.h"

#include "base/arena.h"
#include "base/hash.h"
#include "base/hex.h"
#include "base/mem.h"
#include "test.h"
#include "xrpl/names.h"
#include "xrpl/render.h"
#include "xrpl/sto.h"

#include <stdio.h>
#include <string.h>

static struct learn_news news;

static err learn(const char *text)
{
    news = (struct learn_news){0};
    return learn_definitions(slice_str(text), "test", "9.9.9", &news);
}

#define FIELD(name, type, nth, vl)                                                                 \
    "[\"" name "\",{\"isSerialized\":true,\"isSigningField\":true,\"isVLEncoded\":" vl             \
    ",\"nth\":" #nth ",\"type\":\"" type "\"}]"

static const char *shown(const char *hex)
{
    static uint8_t bytes[256];
    static struct buf out;
    struct slice object = slice_of(bytes, strlen(hex) / 2);
    ASSERT(hex_decode(slice_str(hex), bytes, object.n));
    buf_clear(&out);
    struct jw w = jw_to(&out);
    ASSERT_OK(render_object(&w, object));
    buf_put_u8(&out, 0);
    return (const char *)out.p;
}

TEST(new_names_of_every_kind_are_learned_and_shown)
{
    ASSERT_STR("{\"Field_2_120\":5}", shown("207800000005"));
    ASSERT_OK(learn("{\"TYPES\":{\"UInt32\":2},\"FIELDS\":[" FIELD(
        "Novelty", "UInt32", 120,
        "false") "],"
                 "\"LEDGER_ENTRY_TYPES\":{\"NewThing\":300,\"Invalid\":-1},"
                 "\"TRANSACTION_TYPES\":{\"NewThingSet\":400},"
                 "\"TRANSACTION_RESULTS\":{\"tecNEW\":201,\"telLOCAL\":-390}}"));
    ASSERT_INT(1, news.n_fields);
    ASSERT_INT(1, news.n_entry_types);
    ASSERT_INT(1, news.n_tx_types);
    ASSERT_INT(1, news.n_tx_results);
    ASSERT_INT(0, news.n_renamed);
    const struct tables *t = tables_now();
    ASSERT_INT(1, t->generation);
    ASSERT_STR("test", t->origin);
    ASSERT_STR("9.9.9", t->version);
    ASSERT_STR("{\"Novelty\":5}", shown("207800000005"));
    ASSERT_STR("{\"LedgerEntryType\":\"NewThing\"}", shown("11012C"));
    ASSERT_STR("{\"TransactionType\":\"NewThingSet\"}", shown("120190"));
    ASSERT_STR("{\"TransactionResult\":\"tecNEW\"}", shown("0310C9"));
    ASSERT_INT(300, names_entry_by_name(t, SLICE_LIT("new_thing")));
    ASSERT_INT(300, names_entry_by_name(t, SLICE_LIT("NEWTHING")));
    ASSERT_STR("new_thing", names_entry_short(t, 300));
    ASSERT_INT(400, names_tx_by_name(t, SLICE_LIT("newthingset")));
    ASSERT_INT(FIELD_ID(2, 120), names_field_by_name(t, SLICE_LIT("Novelty")));
    ASSERT_INT(0, names_field_by_name(t, SLICE_LIT("novelty")));
    ASSERT_STR("NewThingSet", names_permission(t, 401));
}

TEST(a_request_goes_on_with_the_tables_it_began_with)
{
    struct buf out = {0};
    struct jw w = jw_to(&out);
    w.tables = tables_now();
    ASSERT_OK(learn("{\"FIELDS\":[" FIELD("Novelty", "UInt32", 120, "false") "]}"));
    static const uint8_t object[] = {0x20, 0x78, 0, 0, 0, 5};
    ASSERT_OK(render_object(&w, slice_of(object, sizeof object)));
    ASSERT(slice_is(buf_slice(&out), "{\"Field_2_120\":5}"));
    buf_deinit(&out);
}

TEST(values_of_a_new_type_that_begin_with_their_length_can_be_read)
{
    ASSERT_OK(
        learn("{\"TYPES\":{\"Parcel\":40},\"FIELDS\":[" FIELD("Box", "Parcel", 3, "true") "]}"));
    ASSERT_INT(1, news.n_prefixed);
    ASSERT_STR("{\"Flags\":1,\"Box\":\"AABB\",\"TickSize\":7}", shown("22000000010328"
                                                                      "02AABB"
                                                                      "00101007"));
}

TEST(what_is_known_brings_nothing_new)
{
    const struct tables *before = tables_now();
    ASSERT_OK(learn_definitions(before->definitions, "self", NULL, &news));
    ASSERT(!learn_is_news(&news));
    ASSERT_INT(0, news.n_renamed);
    ASSERT(tables_now() == before);
    const char *again = "{\"TRANSACTION_TYPES\":{\"NewThingSet\":400}}";
    ASSERT_OK(learn(again));
    before = tables_now();
    ASSERT_OK(learn(again));
    ASSERT(!learn_is_news(&news) && tables_now() == before);
}

TEST(what_was_learned_stays_when_more_is_learned)
{
    ASSERT_OK(learn("{\"TRANSACTION_TYPES\":{\"NewThingSet\":400}}"));
    ASSERT_OK(learn("{\"TRANSACTION_TYPES\":{\"Other\":300}}"));
    const struct tables *t = tables_now();
    ASSERT_INT(2, t->generation);
    ASSERT_INT(400, names_tx_by_name(t, SLICE_LIT("NewThingSet")));
    ASSERT_INT(300, names_tx_by_name(t, SLICE_LIT("Other")));
    ASSERT_INT(1, t->previous->generation);
}

TEST(another_name_of_a_known_code_is_no_contradiction)
{
    ASSERT_OK(learn("{\"FIELDS\":[" FIELD("MutableFlags", "UInt32", 53,
                                          "false") "],"
                                                   "\"TRANSACTION_TYPES\":{\"Novel\":401}}"));
    ASSERT_INT(1, news.n_renamed);
    ASSERT_INT(0, news.n_fields);
    ASSERT(slice_is(names_of_info(names_field(tables_now(), FIELD_ID(2, 53))), "ImmutableFlags"));
}

TEST(wrong_and_hostile_definitions_change_nothing)
{
    static const struct {
        int code;
        const char *text;
    } cases[] = {
        {ERR_PARSE, ""},
        {ERR_PARSE, "{"},
        {ERR_PARSE, "[]"},
        {ERR_PARSE, "{}"},
        {ERR_PARSE, "{\"error\":\"unknownCmd\"}"},
        {ERR_PARSE, "{\"result\":{\"error\":\"unknownCmd\"}}"},
        {ERR_PARSE, "{\"FIELDS\":{}}"},
        {ERR_PARSE, "{\"FIELDS\":[5]}"},
        {ERR_PARSE, "{\"FIELDS\":[[\"X\"]]}"},
        {ERR_PARSE, "{\"FIELDS\":[[\"X\",{}]]}"},
        {ERR_PARSE, "{\"FIELDS\":[" FIELD("New\\\",\\\"x", "UInt32", 120, "false") "]}"},
        {ERR_PARSE, "{\"FIELDS\":[" FIELD("", "UInt32", 120, "false") "]}"},
        {ERR_PARSE, "{\"FIELDS\":[" FIELD("ANameThatIsLongerThanAnyNameOfTheProtocolHasEverBeen",
                                          "UInt32", 120, "false") "]}"},
        {ERR_PARSE, "{\"FIELDS\":[" FIELD("New", "NoType", 120, "false") "]}"},
        {ERR_PARSE, "{\"TRANSACTION_TYPES\":{\"New\":\"400\"}}"},
        {ERR_PARSE, "{\"TRANSACTION_TYPES\":{\"New\":70000}}"},
        {ERR_PARSE, "{\"TRANSACTION_TYPES\":{\"New\":1.5}}"},
        {ERR_PARSE, "{\"TRANSACTION_TYPES\":[]}"},
        {ERR_PARSE, "{\"FIELDS\":[],\"TYPES\":7}"},
        /* contradictions of what is known; something new stands before and after each */
        {ERR_INVALID, "{\"TRANSACTION_TYPES\":{\"New\":400,\"Payment\":99,\"New2\":401}}"},
        {ERR_INVALID, "{\"TRANSACTION_TYPES\":{\"New\":400,\"payment\":99}}"},
        {ERR_INVALID, "{\"FIELDS\":[" FIELD("New", "UInt32", 120, "false") "," FIELD(
                          "Balance", "UInt32", 121, "false") "]}"},
        {ERR_INVALID, "{\"TYPES\":{\"UInt32\":3},\"FIELDS\":[]}"},
        {ERR_INVALID, "{\"FIELDS\":[" FIELD("New", "AccountID", 120, "false") "]}"},
        {ERR_INVALID, "{\"FIELDS\":[" FIELD("New", "UInt32", 120, "true") "]}"},
        {ERR_INVALID, "{\"FIELDS\":[],\"LEDGER_ENTRY_TYPES\":{\"AccountRoot\":98}}"},
        {ERR_INVALID, "{\"FIELDS\":[],\"TRANSACTION_RESULTS\":{\"tesSUCCESS\":100}}"},
        /* of themselves */
        {ERR_INVALID, "{\"TRANSACTION_TYPES\":{\"New\":400,\"New2\":400}}"},
        {ERR_INVALID, "{\"TRANSACTION_TYPES\":{\"New\":400,\"NEW\":401}}"},
        {ERR_INVALID, "{\"TYPES\":{\"P\":40},\"FIELDS\":[" FIELD("A", "P", 3, "true") "," FIELD(
                          "B", "P", 4, "false") "]}"},
    };
    const struct tables *before = tables_now();
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        err e = learn(cases[i].text);
        if (e.code != cases[i].code)
            test_fail(__FILE__, __LINE__, "%s: %s", cases[i].text, err_name(e));
        ASSERT(strlen(err_text()) > 10);
        ASSERT(tables_now() == before);
    }
}

TEST(too_large_too_many_too_often_is_refused)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct buf text = {0};
    buf_put_slice(&text, SLICE_LIT("{\"TRANSACTION_TYPES\":{\"A0\":1000"));
    for (int i = 1; i < 1500; i++) {
        const char *row = arena_printf(a, ",\"A%d\":%d", i, 1000 + i);
        buf_put_slice(&text, slice_str(row));
    }
    buf_put_slice(&text, SLICE_LIT("}}"));
    ASSERT_ERR(ERR_LIMIT, learn_definitions(buf_slice(&text), "t", NULL, &news));
    buf_clear(&text);
    for (size_t i = 0; i < LEARN_MAX_BYTES; i++)
        buf_put_u8(&text, ' ');
    buf_put_slice(&text, SLICE_LIT("{\"TRANSACTION_TYPES\":{\"New\":400}}"));
    ASSERT_ERR(ERR_LIMIT, learn_definitions(buf_slice(&text), "t", NULL, &news));
    ASSERT_INT(0, tables_now()->generation);
    for (int i = 0; i < LEARN_MAX_TIMES; i++)
        ASSERT_OK(learn(arena_printf(a, "{\"TRANSACTION_TYPES\":{\"B%d\":%d}}", i, 2000 + i)));
    ASSERT_ERR(ERR_LIMIT, learn("{\"TRANSACTION_TYPES\":{\"Last\":400}}"));
    ASSERT_INT(2000, names_tx_by_name(tables_now(), SLICE_LIT("B0")));
    buf_deinit(&text);
}

TEST(the_answer_to_server_definitions_grows)
{
    ASSERT_OK(
        learn("{\"result\":{\"hash\":\"00\",\"TRANSACTION_TYPES\":{\"NewThingSet\":400},"
              "\"TRANSACTION_FORMATS\":{\"NewThingSet\":[{\"name\":\"Fee\",\"optionality\":0}],"
              "\"Payment\":[{\"name\":\"Novelty\",\"optionality\":1}]}}}"));
    const struct tables *t = tables_now();
    struct hash256 h = hash_sha512half(&t->definitions, 1);
    char hex[65] = {0};
    hex_encode(hash256_slice(&h), hex);
    ASSERT_STR(hex, t->definitions_hash);
    ASSERT(memmem(t->definitions.p, t->definitions.n, "\"NewThingSet\":400", 17) != NULL);
    ASSERT(memmem(t->definitions.p, t->definitions.n, "\"Novelty\",\"optionality\":1", 25) != NULL);
    ASSERT(memmem(t->definitions.p, t->definitions.n, "\"hash\":", 7) == NULL);
    ASSERT(memmem(t->definitions.p, t->definitions.n, "\"Payment\":0", 11) != NULL);
}
