/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of transactions are checked against recorded ones by the tests of txmeta; here is what
 * becomes of them. */
#include "etl/rows.h"

#include "base/hex.h"
#include "test.h"

static struct slice bytes_of(struct arena *a, const char *hex)
{
    size_t n = strlen(hex) / 2;
    uint8_t *p = arena_alloc(a, n);
    ASSERT(hex_decode(slice_str(hex), p, n));
    return slice_of(p, n);
}

static struct store_object object_of(struct arena *a, const char *key, const char *data)
{
    struct slice k = bytes_of(a, key);
    ASSERT_INT(32, k.n);
    return (struct store_object){hash256_of(k.p), bytes_of(a, data)};
}

#define OWNER "0102030405060708090A0B0C0D0E0F1011121314"
#define ISSUER "B5F762798A53D543A014CAF8B297CFF8F2F937E8"
#define TOKEN "000B0539" ISSUER "0000099B00000000"

TEST(tokens_of_an_initially_loaded_page_get_state_uri_and_issuer_rows)
{
    struct arena *a = arena_new(0);
    struct rows r = {.a = a};
    /* NFTokens: one with URI "ab", one without */
    struct store_object page = object_of(a, OWNER "FFFFFFFFFFFFFFFFFFFFFFFF",
                                         "110050FAEC5A" TOKEN "75026162E1EC5A"
                                         "000B0539" ISSUER "0000099B00000001"
                                         "E1F1");
    rows_add_object(&r, &page);
    ASSERT_INT(6, r.n);
    ASSERT_INT(STORE_INDEX_NFT_STATE, r.v[0].index);
    ASSERT(slice_eq(bytes_of(a, TOKEN), r.v[0].prefix));
    ASSERT(slice_eq(bytes_of(a, "00000000"), r.v[0].suffix)); /* at ledger 0, like the object */
    ASSERT(slice_eq(bytes_of(a, OWNER "00"), r.v[0].value));
    ASSERT_INT(STORE_INDEX_NFT_URI, r.v[1].index);
    ASSERT_SLICE("ab", r.v[1].value);
    ASSERT_INT(STORE_INDEX_NFT_ISSUER, r.v[2].index);
    ASSERT(slice_eq(bytes_of(a, ISSUER), r.v[2].prefix));
    ASSERT_INT(36, r.v[2].suffix.n);
    ASSERT_INT(STORE_INDEX_NFT_URI, r.v[4].index);
    ASSERT_INT(0, r.v[4].value.n);
    arena_free(a);
}

TEST(an_initially_loaded_holding_gets_a_holder_row)
{
    struct arena *a = arena_new(0);
    struct rows r = {.a = a};
    const char *issuance = "00000001" ISSUER;
    struct slice id = bytes_of(a, issuance);
    struct store_object o = object_of(a, OWNER "000000000000000000000000",
                                      "11007F8114" OWNER "0115"
                                      "00000001" ISSUER);
    rows_add_object(&r, &o);
    ASSERT_INT(1, r.n);
    ASSERT_INT(STORE_INDEX_MPT_HOLDER, r.v[0].index);
    ASSERT(slice_eq(id, r.v[0].prefix));
    ASSERT(slice_eq(bytes_of(a, OWNER), r.v[0].suffix));
    arena_free(a);
}

TEST(other_and_malformed_objects_have_no_rows)
{
    struct arena *a = arena_new(0);
    struct rows r = {.a = a};
    const char *const objects[] = {"1100612200000000", "110050", "110050FAEC5A00",
                                   "11007F8114",       "FF",     "11"};
    for (size_t i = 0; i < sizeof objects / sizeof *objects; i++) {
        struct store_object o = object_of(a, OWNER "000000000000000000000000", objects[i]);
        rows_add_object(&r, &o);
    }
    ASSERT_INT(0, r.n);
    arena_free(a);
}

static void put(struct rows *r, enum store_index index, const char *prefix, const char *value)
{
    r->v[r->n++] =
        (struct store_index_row){index, slice_str(prefix), SLICE_LIT("s"), slice_str(value)};
}

TEST(of_equal_rows_the_last_one_stays)
{
    struct arena *a = arena_new(0);
    struct store_index_row v[8];
    struct rows r = {.a = a, .v = v};
    put(&r, STORE_INDEX_NFT_STATE, "b", "1");
    put(&r, STORE_INDEX_NFT_STATE, "a", "2");
    put(&r, STORE_INDEX_ACCOUNT_TX, "x", "");
    put(&r, STORE_INDEX_NFT_URI, "a", "3");
    put(&r, STORE_INDEX_NFT_STATE, "a", "4");
    put(&r, STORE_INDEX_NFT_STATE, "b", "5");
    put(&r, STORE_INDEX_NFT_STATE, "a", "6");
    rows_settle(&r);
    ASSERT_INT(4, r.n);
    ASSERT_SLICE("x", r.v[0].prefix);
    ASSERT_SLICE("6", r.v[1].value);
    ASSERT_SLICE("5", r.v[2].value);
    ASSERT_SLICE("3", r.v[3].value);
    arena_free(a);
}
