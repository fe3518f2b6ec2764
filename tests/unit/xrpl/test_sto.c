/* SPDX-License-Identifier: Apache-2.0 */
#include "xrpl/sto.h"

#include "base/hex.h"
#include "base/mem.h"
#include "golden.h"
#include "test.h"
#include "xrpl/account.h"

#include <stdlib.h>

static struct slice bytes(const char *hex)
{
    static uint8_t out[2][4096];
    static int turn;
    turn ^= 1;
    size_t n = strlen(hex) / 2;
    ASSERT(hex_decode(slice_str(hex), out[turn], n));
    return slice_of(out[turn], n);
}

/* LedgerEntryType 0061, Flags 1, Sequence 7, Balance 1 drop, Account (20 x 0x22). */
#define ACCOUNT_ROOT                                                                               \
    "1100612200000001240000000762400000000000000181142222222222222222222222222222222222222222"

TEST(fields_are_read_in_order)
{
    struct sto_iter it = sto_iter_of(bytes(ACCOUNT_ROOT));
    static const field_id expected[] = {FIELD_LedgerEntryType, FIELD_Flags, FIELD_Sequence,
                                        FIELD_Balance, FIELD_Account};
    struct sto_field f;
    for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
        ASSERT(sto_next(&it, &f));
        ASSERT_INT(expected[i], f.id);
    }
    ASSERT_INT(20, f.value.n);
    ASSERT_INT(22, f.whole.n);
    ASSERT(!sto_next(&it, &f));
    ASSERT(!it.failed);
}

TEST(values_are_found_by_field_with_defaults)
{
    struct slice o = bytes(ACCOUNT_ROOT);
    ASSERT_INT(0x61, sto_entry_type(o));
    ASSERT_INT(0xFFFF, sto_tx_type(o));
    ASSERT_INT(7, sto_u32(o, FIELD_Sequence, 0));
    ASSERT_INT(99, sto_u32(o, FIELD_OwnerCount, 99));
    ASSERT_INT(5, sto_u8(o, FIELD_TickSize, 5));
    ASSERT_INT(6, sto_u64(o, FIELD_OwnerNode, 6));
    ASSERT(sto_has(o, FIELD_Balance));
    ASSERT(!sto_has(o, FIELD_Domain));
    struct account a;
    struct hash256 h;
    ASSERT(sto_account(o, FIELD_Account, &a) && a.b[19] == 0x22);
    ASSERT(!sto_account(o, FIELD_Owner, &a));
    ASSERT(!sto_hash256(o, FIELD_PreviousTxnID, &h));
    ASSERT_OK(sto_check(o));
    ASSERT_OK(sto_check(SLICE_EMPTY));
}

TEST(long_headers_name_types_and_fields_above_fifteen)
{
    struct sto_iter it = sto_iter_of(bytes("001005"
                                           "2014"
                                           "00000009"
                                           "00101001"));
    struct sto_field f;
    ASSERT(!sto_next(&it, &f)); /* a field number below 16 must not stand in a byte of its own */
    ASSERT(it.failed && !it.unknown);
    it = sto_iter_of(bytes("031005"
                           "201400000009"
                           "00101001"));
    ASSERT(sto_next(&it, &f));
    ASSERT_INT(FIELD_ID(16, 3), f.id);
    ASSERT(sto_next(&it, &f));
    ASSERT_INT(FIELD_QualityIn, f.id);
    ASSERT(sto_next(&it, &f));
    ASSERT_INT(FIELD_TickSize, f.id);
    ASSERT_INT(1, f.value.p[0]);
}

/* A blob field with a length prefix of each size and n bytes. */
static struct slice blob(size_t n, uint8_t *out)
{
    size_t k = 0;
    out[k++] = 0x7D;
    if (n <= 192) {
        out[k++] = (uint8_t)n;
    } else if (n <= 12480) {
        out[k++] = (uint8_t)(193 + ((n - 193) >> 8));
        out[k++] = (uint8_t)(n - 193);
    } else {
        out[k++] = (uint8_t)(241 + ((n - 12481) >> 16));
        out[k++] = (uint8_t)((n - 12481) >> 8);
        out[k++] = (uint8_t)(n - 12481);
    }
    memset(out + k, 0xAB, n);
    return slice_of(out, k + n);
}

TEST(lengths_of_one_to_three_bytes_are_read)
{
    static uint8_t room[920000];
    static const size_t sizes[] = {0, 1, 192, 193, 448, 449, 12480, 12481, 12482, 100000, 918744};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        struct slice o = blob(sizes[i], room), v;
        ASSERT(sto_get(o, FIELD_MemoData, &v));
        ASSERT_INT(sizes[i], v.n);
        ASSERT_OK(sto_check(o));
        ASSERT_ERR(ERR_PARSE, sto_check(slice_of(o.p, o.n - 1)));
    }
    ASSERT_ERR(ERR_PARSE, sto_check(bytes("7DFF000000")));
}

TEST(nested_objects_and_arrays_are_skipped_as_one_field)
{
    /* Memos [ Memo { MemoType 01, MemoData 02 } Memo {} ], Flags */
    struct slice o = bytes("F9EA7C01017D0102E1EAE1F12200000005"), memos;
    struct sto_iter it = sto_iter_of(o);
    struct sto_field f;
    ASSERT(sto_next(&it, &f));
    ASSERT_INT(FIELD_Memos, f.id);
    ASSERT_INT(12, f.whole.n);
    ASSERT_INT(5, sto_u32(o, FIELD_Flags, 0));
    ASSERT(sto_get(o, FIELD_Memos, &memos));
    it = sto_iter_of(memos);
    ASSERT(sto_next(&it, &f));
    ASSERT_INT(FIELD_Memo, f.id);
    ASSERT(sto_has(f.value, FIELD_MemoType));
    ASSERT(sto_next(&it, &f));
    ASSERT_INT(0, f.value.n);
    ASSERT(!sto_next(&it, &f) && !it.failed);
}

TEST(wrong_nesting_is_malformed)
{
    static const char *const bad[] = {"E1",     "F1",   "F9",   "EA",        "F9EAE1",
                                      "F9EAF1", "EAF1", "F9E1", "F9EAE1F1F1"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        ASSERT_ERR(ERR_PARSE, sto_check(bytes(bad[i])));
        struct sto_iter it = sto_iter_of(bytes(bad[i]));
        struct sto_field f;
        while (sto_next(&it, &f)) {
        }
        ASSERT(it.failed);
    }
}

TEST(nesting_is_bounded)
{
    uint8_t o[64];
    for (size_t depth = 15; depth <= 18; depth++) {
        memset(o, 0xEA, depth);
        memset(o + depth, 0xE1, depth);
        struct slice all = slice_of(o, 2 * depth);
        ASSERT_INT(depth <= 16 ? 0 : ERR_PARSE, sto_check(all).code);
        ASSERT(sto_has(all, FIELD_Memo) == (depth <= 16));
    }
}

TEST(an_unknown_type_is_told_from_malformed_bytes)
{
    struct slice o = bytes("2200000005"
                           "031B"
                           "0102030405");
    ASSERT_INT(5, sto_u32(o, FIELD_Flags, 0));
    ASSERT_ERR(ERR_UNSUPPORTED, sto_check(o));
    struct sto_iter it = sto_iter_of(o);
    struct sto_field f;
    ASSERT(sto_next(&it, &f));
    ASSERT(sto_next(&it, &f)); /* nothing else can follow: it takes the rest */
    ASSERT_INT(FIELD_ID(27, 3), f.id);
    ASSERT(slice_eq(f.value, slice_from(o, 7)));
    ASSERT(!sto_next(&it, &f) && !it.failed);
    o = bytes("EA" /* never closed */
              "031B"
              "0102030405");
    it = sto_iter_of(o);
    ASSERT(!sto_next(&it, &f));
    ASSERT(it.failed && it.unknown);
    ASSERT(it.p == o.p);
}

TEST(lengths_that_no_value_has_are_malformed)
{
    ASSERT_ERR(ERR_PARSE, sto_check(bytes("811301010101010101010101010101010101010101")));
    ASSERT_OK(sto_check(bytes("8100")));
    ASSERT_ERR(ERR_PARSE, sto_check(bytes("0113"
                                          "03"
                                          "010203")));
    ASSERT_ERR(ERR_PARSE, sto_check(bytes("0112"
                                          "02"))); /* a path step of no known kind */
    ASSERT_OK(sto_check(bytes("0112"
                              "00")));
}

TEST(issues_of_each_kind_are_read)
{
    struct asset a;
    ASSERT(sto_issue(bytes("0000000000000000000000000000000000000000"), &a));
    ASSERT_INT(ASSET_XRP, a.kind);
    ASSERT(sto_issue(bytes("0000000000000000000000005553440000000000"
                           "1111111111111111111111111111111111111111"),
                     &a));
    ASSERT_INT(ASSET_IOU, a.kind);
    ASSERT_INT('U', a.currency.b[12]);
    ASSERT_INT(0x11, a.issuer.b[0]);
    ASSERT(sto_issue(bytes("1111111111111111111111111111111111111111"
                           "0000000000000000000000000000000000000001"
                           "04030201"),
                     &a));
    ASSERT_INT(ASSET_MPT, a.kind);
    ASSERT_INT(1, a.mpt.b[0]);
    ASSERT_INT(4, a.mpt.b[3]);
    ASSERT_INT(0x11, a.mpt.b[4]);
    ASSERT(!sto_issue(bytes("00"), &a));
}

static void check_all_prefixes(const struct json *line, struct arena *a)
{
    struct slice o = golden_hex(line, "hex", a);
    ASSERT_OK(sto_check(o));
    for (size_t n = 0; n < o.n; n++) {
        uint8_t *exact = xmalloc(n ? n : 1); /* so that a sanitizer sees an overrun */
        memcpy(exact, o.p, n);
        err e = sto_check(slice_of(exact, n));
        ASSERT(e.code == 0 || e.code == ERR_PARSE);
        free(exact);
    }
}

TEST(every_golden_entry_is_well_formed_and_truncation_is_noticed)
{
    ASSERT(golden_each("entries.jsonl", check_all_prefixes) > 50);
}
