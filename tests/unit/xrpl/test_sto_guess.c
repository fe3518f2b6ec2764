/* SPDX-License-Identifier: Apache-2.0 */
#include "xrpl/sto_guess.h"

#include "base/hex.h"
#include "base/mem.h"
#include "test.h"
#include "xrpl/render.h"
#include "xrpl/txmeta.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct slice bytes(const char *hex)
{
    static uint8_t room[8][70000];
    static int turn;
    uint8_t *p = room[turn++ % 8];
    size_t n = strlen(hex) / 2;
    ASSERT(hex_decode(slice_str(hex), p, n));
    return slice_of(p, n);
}

static const char *shown(struct slice object)
{
    static struct buf out;
    buf_clear(&out);
    struct jw w = jw_to(&out);
    err_ignore(render_object(&w, object)); /* what is damaged is shown all the same */
    buf_put_u8(&out, 0);
    return (const char *)out.p;
}

/* Metadata: a node with a value of unknown type (27), a second node, the result behind both. */
#define NODE_KEY(b) "56" b b b b b b b b b b b b b b b b b b b b b b b b b b b b b b b b
#define ACCOUNT(b) "8114" b b b b b b b b b b b b b b b b b b b b
#define META(value)                                                                                \
    "201C00000003"                                                                                 \
    "F8"                                                                                           \
    "E3"                                                                                           \
    "110345" NODE_KEY("11") "E8"                                                                   \
                            "2200000000" ACCOUNT(                                                  \
                                "AA") "011B" value "E1"                                            \
                                      "E1"                                                         \
                                      "E5"                                                         \
                                      "110061" NODE_KEY("22") "E7"                                 \
                                                              "2200000000" ACCOUNT("BB") "E1"      \
                                                                                         "E1"      \
                                                                                         "F1"      \
                                                                                         "031000"

static void expect_whole(const char *meta, const char *value)
{
    char wanted[300];
    struct slice m = bytes(meta);
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct account *accounts;
    size_t n;
    snprintf(wanted, sizeof wanted, "\"Unknown_27_1\":\"%s\"", value);
    if (!strstr(shown(m), wanted))
        test_fail(__FILE__, __LINE__, "no %s in %s", wanted, shown(m));
    ASSERT(strstr(shown(m), "\"TransactionResult\":\"tesSUCCESS\""));
    ASSERT_INT(0, txmeta_result(m));
    ASSERT_INT(3, txmeta_index(m));
    ASSERT_OK(txmeta_accounts(m, a, &accounts, &n));
    ASSERT_INT(2, n);
    ASSERT_INT(0xAA, accounts[0].b[0]);
    ASSERT_INT(0xBB, accounts[1].b[7]);
    ASSERT(!sto_is_plain(m));
}

TEST(what_stands_behind_a_value_of_unknown_type_is_read)
{
    expect_whole(META("01020304"), "01020304");
    expect_whole(META(""), "");
    expect_whole(META("03AABBCC"), "03AABBCC"); /* perhaps a length and three bytes */
    expect_whole(META("E1E1"), "E1E1");         /* looks like the end of the node */
    expect_whole(META("E1E1F1031000"), "E1E1F1031000");
    expect_whole(META("00000000000000000000000000000001"), "00000000000000000000000000000001");
}

TEST(two_in_a_row_and_one_in_every_node_are_read)
{
    expect_whole(META("0102"
                      "021B"
                      "0305"),
                 "0102");
    expect_whole("201C00000003F8"
                 "E3"
                 "110345" NODE_KEY("11") "E8" ACCOUNT("AA") "011B"
                                                            "0909"
                                                            "E1E1"
                                                            "E5"
                                                            "110061" NODE_KEY("22") "E7" ACCOUNT(
                                                                "BB") "011B"
                                                                      "0A0B0C"
                                                                      "E1E1"
                                                                      "F1031000",
                 "0909");
}

/* Before and after a change, beside fields that nobody knows: the fields behind it are not taken
 * for a part of the value. */
TEST(the_next_object_is_not_swallowed_because_of_an_unknown_field_in_it)
{
    const char *meta =
        "201C00000003F8"
        "E5"
        "110061" NODE_KEY("11") "E6"
                                "20C800000007"
                                "011B"
                                "ED91"
                                "E1"
                                "E7"
                                "20C800000008" ACCOUNT("AA") "011B"
                                                             "EE92E1"
                                                             "E1E1"
                                                             "E5"
                                                             "110061" NODE_KEY("22") "E7" ACCOUNT(
                                                                 "BB") "E1E1"
                                                                       "F1031000";
    expect_whole(meta, "ED91");
    expect_whole(meta, "EE92E1");
    ASSERT(strstr(shown(bytes(meta)), "\"FinalFields\":{\"Field_2_200\":8,"));
}

/* A type between the known ones: what comes behind it in the same object is known. */
TEST(known_fields_behind_an_unknown_type_are_read)
{
    struct slice o = bytes("2200000001"
                           "D1"
                           "0A0B0C0D"
                           "EA7D0102E1"
                           "031000");
    ASSERT_STR("{\"Flags\":1,\"Unknown_13_1\":\"0A0B0C0D\",\"Memo\":{\"MemoData\":\"02\"},"
               "\"TransactionResult\":\"tesSUCCESS\"}",
               shown(o));
    ASSERT_INT(0, sto_u8(o, FIELD_TransactionResult, 77));
}

TEST(at_the_end_of_an_object_it_takes_the_rest)
{
    struct slice o = bytes("2200000001"
                           "011B"
                           "0102"
                           "E1"
                           "F1");
    struct sto_iter it = sto_iter_of(o);
    struct sto_field f;
    ASSERT(sto_next(&it, &f) && sto_next(&it, &f));
    ASSERT(slice_eq(f.value, slice_from(o, 7)) && !sto_next(&it, &f) && !it.failed);
}

/* The longest search: nothing ever fits. */
TEST(the_search_is_bounded)
{
    struct buf b = {0};
    static const uint8_t head[] = {0xF8, 0xE3, 0x01, 0x1B};
    buf_put(&b, head, sizeof head);
    for (int i = 0; i < 20000; i++)
        buf_put(&b, (const uint8_t[]){0x22, 0, 0, 0, (uint8_t)i}, 5);
    struct sto_iter it = sto_iter_of(buf_slice(&b));
    struct sto_field f;
    ASSERT(!sto_next(&it, &f) && it.failed && it.unknown);
    buf_clear(&b);
    buf_put(&b, head, sizeof head);
    for (int i = 0; i < 60000; i++)
        buf_put_u8(&b, 0xE1);
    it = sto_iter_of(buf_slice(&b));
    ASSERT(!sto_next(&it, &f) && it.failed);
    buf_deinit(&b);
}

/* Now and then a value can be read as a shorter one and a field; then it is shown so, and nothing
 * is lost. */
TEST(random_values_are_found_whole_with_few_exceptions)
{
    const int n_rounds = 20000;
    int n_split = 0;
    srand(7);
    for (int round = 0; round < n_rounds; round++) {
        char value[200] = "", meta[1000];
        int n = rand() % 64;
        for (int i = 0; i < n; i++)
            snprintf(value + 2 * i, 3, "%02X", rand() % 256);
        snprintf(meta, sizeof meta, META("%s"), value);
        struct slice m = bytes(meta);
        ASSERT_INT(0, txmeta_result(m));
        snprintf(meta, sizeof meta, "\"Unknown_27_1\":\"%s\"}", value);
        n_split += strstr(shown(m), meta) == NULL;
    }
    if (n_split > n_rounds / 60)
        test_fail(__FILE__, __LINE__, "%d of %d values were split", n_split, n_rounds);
}

/* Bytes that end containers and begin headers are frequent. Nobody can tell what is what; it is
 * shown all the same. */
TEST(hostile_values_are_survived)
{
    srand(8);
    for (int round = 0; round < 20000; round++) {
        char value[200] = "", meta[1000];
        int n = rand() % 64;
        for (int i = 0; i < n; i++) {
            int byte = rand() % 3 ? rand() % 256 : "\xE1\xF1\x00\x01\x1B"[rand() % 5] & 0xFF;
            snprintf(value + 2 * i, 3, "%02X", byte);
        }
        snprintf(meta, sizeof meta, META("%s"), value);
        struct slice m = bytes(meta);
        ASSERT(strlen(shown(m)) > 100);
    }
}
