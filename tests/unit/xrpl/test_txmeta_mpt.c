/* SPDX-License-Identifier: Apache-2.0 */
#include "xrpl/txmeta_mpt.h"

#include "base/hex.h"
#include "base/mem.h"
#include "test.h"

#include <string.h>

#define ISSUER "B5F762798A53D543A014CAF8B297CFF8F2F937E8"
#define HOLDER "0102030405060708090A0B0C0D0E0F1011121314"
#define ID_1 "00000001" ISSUER
#define ID_2 "00000002" ISSUER
#define ID_3 "00000003" ISSUER
#define KEY "0000000000000000000000000000000000000000000000000000000000000001"
/* MPToken with id; MPTokenIssuance with a sequence */
#define TOKEN(node, fields, id) node "11007F56" KEY fields "0115" id "8114" HOLDER "E1E1"
#define ISSUANCE(node, fields, sequence)                                                           \
    node "11007E56" KEY fields "24" sequence "8414" ISSUER "E1E1"
#define META(nodes, result) "201C00000001F8" nodes "F10310" result
#define CREATED "E3"
#define MODIFIED "E5"
#define DELETED "E4"
#define NEW "E8"
#define FINAL "E7"
#define AMOUNT(id) "6160000000000000000A" id

static const char *ids_of(const char *tx, const char *meta)
{
    static char out[400];
    static uint8_t tx_bytes[1000], meta_bytes[1000];
    CLEANUP(arena_freep) struct arena *a = arena_new(0);
    struct mpt_id *ids;
    size_t n;
    ASSERT(hex_decode(slice_str(tx), tx_bytes, strlen(tx) / 2));
    ASSERT(hex_decode(slice_str(meta), meta_bytes, strlen(meta) / 2));
    ASSERT_OK(txmeta_mpt_issuances(slice_of(tx_bytes, strlen(tx) / 2),
                                   slice_of(meta_bytes, strlen(meta) / 2), a, &ids, &n));
    memset(out, 0, sizeof out);
    for (size_t i = 0; i < n; i++)
        hex_encode(slice_of(ids[i].b, 24), out + 48 * i);
    return out;
}

TEST(entries_that_were_touched_name_their_issuances_once)
{
    ASSERT_STR(ID_1, ids_of("120039", META(TOKEN(CREATED, NEW, ID_1), "00")));
    ASSERT_STR(ID_1 ID_2,
               ids_of("120000", META(TOKEN(MODIFIED, FINAL, ID_2) TOKEN(MODIFIED, FINAL, ID_1)
                                         ISSUANCE(MODIFIED, FINAL, "00000001"),
                                     "00")));
    ASSERT_STR(ID_3, ids_of("120037", META(ISSUANCE(DELETED, FINAL, "00000003"), "00")));
    ASSERT_STR(ID_3, ids_of("120036", META(ISSUANCE(CREATED, NEW, "00000003"), "00")));
}

TEST(fields_of_the_transaction_name_issuances)
{
    ASSERT_STR(ID_2, ids_of("120038"
                            "0115" ID_2,
                            META("", "00")));
    ASSERT_STR(ID_1, ids_of("120000" AMOUNT(ID_1), META("", "00")));
    ASSERT_STR("", ids_of("1200006140000000000F4240", META("", "00"))); /* drops */
    /* an issue: issuer, no account, sequence in the other order of bytes */
    ASSERT_STR(ID_1, ids_of("120041"
                            "0318" ISSUER "0000000000000000000000000000000000000001"
                            "01000000",
                            META("", "00")));
}

TEST(what_failed_counts_by_its_own_fields_only)
{
    ASSERT_STR(ID_1, ids_of("120000" AMOUNT(ID_1), META(TOKEN(MODIFIED, FINAL, ID_2), "64")));
}

TEST(nothing_to_do_with_issuances_names_none)
{
    ASSERT_STR("", ids_of("120003", META(MODIFIED "11006156" KEY "E7"
                                                  "8114" HOLDER "E1E1",
                                         "00")));
    ASSERT_STR("", ids_of("", ""));
}
